"""A flood with and without a rate limit, and what a walk through a block gives away."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enumlab import LabError, NumberError, ServerError, Zone, to_domain
from enumlab.client import ask
from enumlab.flood import LIMITS, Bucket, Limit, flood
from enumlab.leak import enumerate_block
from enumlab.responder import Responder
from enumlab.server import LabServer

TOP = """$TTL 60
@ SOA ns root 1 3600 900 604800 300
@ NS ns.example.
"""
BLOCK = "+6125550"


# Token buckets


@settings(deadline=None)
@given(st.lists(st.floats(0, 100), max_size=60), st.floats(0.1, 600), st.integers(1, 20))
def test_a_bucket_never_lets_through_more_than_its_rate_and_burst(times, per_minute, burst):
    bucket = Bucket(Limit(per_minute, burst))
    passed = [at for at in sorted(times) if bucket.take(at)]
    for first, start in enumerate(passed):
        for last, end in enumerate(passed[first:], 1):
            assert last <= burst + (end - start) * per_minute / 60 + 1e-6


def test_a_bucket_fills_again_but_no_further_than_its_burst():
    bucket = Bucket(Limit(per_minute=60, burst=2))
    assert [bucket.take(at) for at in (0, 0, 0, 0.5, 1.0, 100, 100, 100)] == [
        True,
        True,
        False,
        False,
        True,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize("bad", [(0,), (-1,), (1, 0), (1, 1, "number"), (float("nan"),)])
def test_a_limit_that_is_none(bad):
    with pytest.raises(LabError, match="expected per_minute above 0"):
        Limit(*bad)


# The flood


def test_every_call_is_counted_once_and_each_limit_meets_the_same_calls():
    counts = flood(seed=7).counts
    assert [each.name for each in counts] == list(LIMITS)
    real = {each.legit_answered + each.legit_dropped + each.legit_busy for each in counts}
    hostile = {each.flood_answered + each.flood_dropped + each.flood_busy for each in counts}
    assert len(real) == len(hostile) == 1
    for each in counts:
        assert each.legit_lost == each.legit_dropped + each.legit_busy
    assert counts[0].legit_dropped == counts[0].flood_dropped == 0


def erlang_b(load, lines):
    """The share of calls that find all lines busy (Erlang, 1917)."""
    blocked = 1.0
    for line in range(1, lines + 1):
        blocked = load * blocked / (line + load * blocked)
    return blocked


@pytest.mark.parametrize(
    ("legit", "hostile", "lines"), [(240, 0, 30), (600, 0, 20), (240, 3600, 30), (240, 36000, 30)]
)
def test_without_a_limit_erlangs_formula_holds(legit, hostile, lines):
    """The time that calls last is drawn from two exponentials; the formula holds for any law."""
    (counts,) = flood(
        {"none": None}, legit_per_hour=legit, flood_per_hour=hostile, lines=lines, hours=40
    ).counts
    load = (legit * 180 + hostile * 20) / 3600
    expected = erlang_b(load, lines)
    calls = counts.legit_answered + counts.legit_lost
    # Calls that are lost come in bunches, so the spread is wider than a binomial's.
    slack = 6 * math.sqrt(expected * (1 - expected) / calls) + 0.003
    assert counts.legit_lost / calls == pytest.approx(expected, abs=slack)


def test_one_bucket_for_all_hits_real_callers_as_hard_as_the_flood():
    limit = Limit(per_minute=60, burst=1, per="all")
    (counts,) = flood({"all": limit}, lines=10_000, hours=10).counts
    real = counts.legit_answered / (counts.legit_answered + counts.legit_lost)
    hostile = counts.flood_answered / (counts.flood_answered + counts.flood_dropped)
    assert real == pytest.approx(hostile, abs=0.03)
    assert counts.legit_answered + counts.flood_answered <= 60 * 600 + 1


def test_a_bucket_for_each_source_stops_few_sources_and_not_many():
    few, many = (flood(sources=sources).counts[2] for sources in (5, 20_000))
    assert few.legit_share == 1
    assert few.flood_answered <= 5 * (2 * 60 + 3)
    assert many.legit_share < 0.3
    assert many.flood_dropped == 0


def test_the_figures_that_the_course_names():
    answered = {each.name: each.legit_answered for each in flood().counts}
    assert answered == {"no limit": 37, "one bucket for all": 9, "a bucket for each source": 240}


def test_no_flood_no_loss():
    assert all(each.legit_busy == 0 for each in flood(flood_per_hour=0, legit_per_hour=60).counts)
    assert flood(legit_per_hour=0).counts[0].legit_share == 0


def test_equal_seeds_give_equal_floods():
    assert flood(seed=2) == flood(seed=2)
    assert flood(seed=2) != flood(seed=3)


@pytest.mark.parametrize(
    "bad",
    [
        {"sources": 0},
        {"lines": 0},
        {"lines": 2.5},
        {"seed": -1},
        {"hours": 0},
        {"hours": float("inf")},
        {"legit_per_hour": -1},
        {"flood_seconds": "long"},
        {"flood_per_hour": 1e9},
        {"limits": {"x": 5}},
    ],
)
def test_a_flood_of_nonsense(bad):
    with pytest.raises(LabError):
        flood(**bad)


def test_the_picture_of_a_flood():
    picture = flood().plot()
    assert picture.png.startswith(b"\x89PNG")
    assert picture.png == flood().plot().png
    for row in picture.table.rows:
        assert f"{row[0]}: of real calls {row[1]} answered, {row[2]} dropped" in picture.alt
    assert picture.sentence.endswith("240 with a bucket for each source.")
    assert "<caption>1 h, 30 lines" in flood()._repr_html_()
    assert repr(flood()).count("\n") == 4


# A walk through a block


def zone(numbers, extra=""):
    lines = [
        f'{to_domain(number)} NAPTR 10 100 "u" "E2U+sip" "!^.*$!sip:{number[1:]}@x!" .'
        for number in numbers
    ]
    return Zone.from_text(TOP + "\n".join(lines) + "\n" + extra)


def by_brute_force(server, digits):
    found = {}
    for number in (f"{BLOCK}{rest:0{digits}}" for rest in range(10**digits)):
        uris = ask(number, server).uris
        if uris:
            found[number] = tuple(uris)
    return found


def queries_of_a_walk(numbers, digits):
    """By hand: the block and a wildcard's probe, and ten below each name that exists."""
    inner = {number[: len(BLOCK) + d] for number in numbers for d in range(digits)}
    return 12 * len(inner) - (len(inner) - 1) if inner else 1


@settings(max_examples=25, deadline=None)
@given(st.sets(st.integers(0, 99), max_size=12))
def test_a_walk_finds_what_brute_force_finds(rests):
    numbers = {f"{BLOCK}{rest:02}" for rest in rests}
    server = Responder(zone(numbers))
    leak = enumerate_block(server, BLOCK, 2)
    assert leak.numbers == by_brute_force(server, 2)
    assert set(leak.numbers) == numbers
    assert leak.wildcards == {}
    assert leak.queries == queries_of_a_walk(numbers, 2)


@settings(max_examples=25, deadline=None)
@given(st.sets(st.integers(0, 99), max_size=6))
def test_a_walk_finds_numbers_that_differ_from_the_wildcard(rests):
    numbers = {f"{BLOCK}{rest:02}" for rest in rests}
    star = f"*.{to_domain(BLOCK)}"
    extra = f'{star} NAPTR 10 100 "u" "E2U+sip" "!^.*$!sip:all@x!" .'
    leak = enumerate_block(Responder(zone(numbers, extra)), BLOCK, 2)
    assert set(leak.numbers) == numbers
    assert [record.regexp for record in leak.wildcards[BLOCK]] == ["!^.*$!sip:all@x!"]
    assert leak.queries < 150


def test_the_figures_of_the_delegation_zones():
    with LabServer(Zone.named("tier2-acacia"), port=0) as server:
        leak = enumerate_block(server, "+61255502")
        assert len(server.queries) == leak.queries == 111
    assert (len(leak.numbers), len(leak.uris), leak.brute_force) == (8, 9, 1000)
    assert leak.numbers["+61255502001"] == (
        "sip:j.nguyen@acacia.example",
        "mailto:j.nguyen@acacia.example",
    )
    wild = enumerate_block(Responder(Zone.named("tier2-banksia")), "+61255501")
    assert (wild.numbers, list(wild.wildcards), wild.queries) == ({}, ["+61255501"], 12)


def test_rfc8020_nothing_below_a_name_that_does_not_exist():
    leak = enumerate_block(Responder(zone([])), BLOCK, 6)
    assert (leak.queries, leak.numbers, leak.brute_force) == (1, {}, 1_000_000)


def test_wildcards_within_wildcards_and_shorter_numbers():
    playground = enumerate_block(Responder(Zone.named("playground")), "+61255502")
    assert list(playground.numbers) == ["+61255502345"]
    assert list(playground.wildcards) == ["+61255502"]
    corrected = enumerate_block(Responder(Zone.named("corrected")), "+61255502")
    assert list(corrected.wildcards) == ["+61255502", "+612555023", "+6125550234"]
    short = enumerate_block(Responder(zone([BLOCK + "1", BLOCK + "12"])), BLOCK, 2)
    assert list(short.numbers) == [BLOCK + "1", BLOCK + "12"]


def test_a_block_below_a_wildcard_has_no_numbers_of_its_own():
    leak = enumerate_block(Responder(Zone.named("playground")), "+612555010", 2)
    assert (leak.numbers, list(leak.wildcards), leak.queries) == ({}, ["+612555010"], 12)


def test_a_block_that_the_server_does_not_have():
    for name in "tier1", "tier2-banksia":
        with pytest.raises(ServerError, match="does not know"):
            enumerate_block(Responder(Zone.named(name)), "+61255502")


@pytest.mark.parametrize("digits", [0, 7, 2.0, True, None])
def test_digits_out_of_range(digits):
    with pytest.raises(LabError, match="1 to 6"):
        enumerate_block(Responder(zone([])), BLOCK, digits)


def test_a_prefix_that_is_no_number():
    with pytest.raises(NumberError):
        enumerate_block(Responder(zone([])), "block")


def test_a_leak_is_shown():
    leak = enumerate_block(Responder(Zone.named("playground")), "+61255502")
    assert "1 number and 1 URI from 34 queries" in repr(leak)
    html = leak._repr_html_()
    assert "<caption>+61255502 and 3 digits" in html
    assert "(a wildcard)" in html
