"""Simulated calls: totals, rows, outages, and the chances behind them."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from fractions import Fraction
from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import enumlab as lab
from enumlab.calls import LOST, simulate
from enumlab.fates import Fate, fates, turns
from enumlab.lookups import first_answers
from enumlab.outages import spells
from enumlab.responder import Responder
from enumlab.rng import legacy_rng
from enumlab.rows import mix, pick
from enumlab.selection import READINGS, sequence, stages
from enumlab.targets import target_names

PAIRS = [(10, 100), (10, 100), (10, 200), (20, 50)]


def totals(calls):
    """What the rows add up to, in the form of `counts`."""
    seen = calls.frame["answered"].value_counts()
    return {name: int(seen[name]) for name in (*calls.names, LOST)}


# Counts


def test_the_facts():
    assert simulate([100, 100]).shares == {"A": Fraction(1, 2), "B": Fraction(1, 2), LOST: 0}
    by = {reading: simulate([100, 100, 200], reading=reading).shares for reading in READINGS}
    assert [str(share) for share in by["split"].values()] == ["1/4", "1/4", "1/2", "0"]
    assert [str(share) for share in by["rfc"].values()] == ["1/2", "1/2", "0", "0"]
    assert by["kamailio"] == by["rfc"]
    sites = simulate([10, 10, 5, 5], reading="kamailio").counts
    assert sites["A"] == sites["B"] == 0, "the two 5s are tried first"


def test_numbers_are_pinned():
    """NEP 19 promises these for every numpy; notebooks show such numbers in their outputs."""
    calls = simulate([100, 100, 200], down={"A": 0.1, "C": (0, 900)}, seed=7)
    assert calls.counts == {"A": 2843, "B": 3265, "C": 3892, LOST: 0}
    assert "".join(calls.frame["answered"][:24]) == "BBBBABBABBAAAABAAAABBABA"
    assert simulate([1, 2], 10**9, seed=3).counts == {"A": 333329294, "B": 666670706, LOST: 0}


def test_the_same_seed_gives_the_same_calls():
    assert simulate([1, 2], seed=5) == simulate([1, 2], seed=5)
    assert simulate([1, 2], seed=5).frame.equals(simulate([1, 2], seed=5).frame)
    assert simulate([1, 2], seed=5) != simulate([1, 2], seed=6)


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("down", [(), "A", {"A": 0.3, "C": 0.5}, {"B": (900, 1800)}])
def test_counts_are_drawn_with_their_chances_over_seeds(reading, down):
    calls, seeds = 1000, 300
    chi, freedom = 0.0, 0
    for seed in range(seeds):
        made = simulate(PAIRS, calls, reading, down, seed)
        for group in made.groups:
            expected = [float(chance) * len(group.rows) for chance in group.chances.values()]
            chi += sum((o - e) ** 2 / e for o, e in zip(group.drawn, expected, strict=True))
            freedom += len(expected) - 1
    if not freedom:
        assert chi == 0
        return
    # Too good a fit is as wrong as too bad a one.
    assert 0.001 < stats.chi2.cdf(chi, freedom) < 0.999


outage = st.one_of(
    st.booleans(),
    st.sampled_from([0.0, 0.25, 1.0]),
    st.sampled_from([(0, 10), (50.5, 99), (99, 1000), [(0, 30), (20, 40)], []]),
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3)), min_size=1, max_size=4),
    st.integers(0, 300),
    st.sampled_from(READINGS),
    st.dictionaries(st.integers(0, 3), outage),
    st.sampled_from(["random", "cyclic", "none"]),
    st.integers(0, 5),
)
def test_conservation(records, calls, reading, down, rotation, seed):
    down = {index: what for index, what in down.items() if index < len(records)}
    made = simulate(
        records, calls, reading, down, seed, duration=100.0, rotation=rotation, refusing=[0]
    )
    assert sum(made.counts.values()) == sum(made.first_tries.values()) == calls
    assert sum(made.delays.values()) == calls
    assert sum(made.shares.values()) == (1 if calls else 0)
    frame = made.frame
    assert len(frame) == calls
    assert totals(made) == made.counts
    assert Counter(frame["first"]) == Counter({n: c for n, c in made.first_tries.items() if c})
    assert Counter(frame["delay"].tolist()) == Counter(made.delays)
    check_rows(made, down)


def check_rows(made, down):
    """No row contradicts who was down when."""
    lowest = min(order for order, _ in made.ranks)
    offered = [
        name
        for name, (order, _) in zip(made.names, made.ranks, strict=True)
        if made.reading != "rfc" or order == lowest
    ]
    always = [name for i, name in enumerate(made.names) if is_down(down.get(i, False), None) == 1]
    for row in made.frame.itertuples():
        sure = [n for i, n in enumerate(made.names) if is_down(down.get(i, False), row.time) == 1]
        never = [n for i, n in enumerate(made.names) if is_down(down.get(i, False), row.time) == 0]
        assert row.first in offered
        assert row.answered not in sure
        assert (row.answered == row.first) == (row.attempts == 1 and row.answered != LOST)
        assert row.delay in {n * made.timeout for n in range(row.attempts + 1)}
        if row.answered == LOST:
            assert row.attempts == len(offered)
            assert not set(never) & set(offered)
    assert all(made.counts[name] == 0 for name in always)


def is_down(what, time):
    """Probability of being down at a time, or for `None` all the time."""
    if isinstance(what, (bool, int, float)):
        return float(what)
    windows = what if isinstance(what, list) else [what]
    return float(time is not None and any(start <= time < end for start, end in windows))


# Outages


def test_everything_down():
    for reading in READINGS:
        made = simulate(PAIRS, 100, reading, [0, 1, 2, 3])
        assert made.counts == {"A": 0, "B": 0, "C": 0, "D": 0, LOST: 100}
        tried = 3 if reading == "rfc" else 4
        assert made.delays == {4.0 * tried: 100}
        assert set(made.frame["attempts"]) == {tried}
    assert simulate([1] * 40, 10, down=range(40)).counts[LOST] == 10


def test_nothing_down():
    made = simulate(PAIRS, 100, down=())
    assert made.counts[LOST] == made.counts["D"] == 0
    assert made.delays == {0.0: 100}
    assert simulate(PAIRS, 100, down={"A": False, "B": 0.0, "C": []}) == made


@pytest.mark.parametrize("preference", [1, 100, 65535])
def test_one_record(preference):
    for reading in READINGS:
        assert simulate([preference], 9, reading).counts == {"A": 9, LOST: 0}
        assert simulate([preference], 9, reading, "A").counts == {"A": 0, LOST: 9}


def test_preferences_0_and_65535():
    assert simulate([0, 65535], 50).counts == {"A": 0, "B": 50, LOST: 0}
    assert simulate([0, 65535], 50, "rfc").counts == {"A": 50, "B": 0, LOST: 0}
    assert simulate([0, 65535], 50, down="B").counts == {"A": 50, "B": 0, LOST: 0}
    assert simulate([(0, 1), (65535, 1)], 50, "kamailio").counts == {"A": 0, "B": 50, LOST: 0}


def test_no_calls():
    made = simulate([1, 2], 0)
    assert made.counts == {"A": 0, "B": 0, LOST: 0}
    assert len(made.frame) == 0


def test_rfc3403_a_strict_client_never_leaves_the_first_order():
    failover = [(10, 100), (20, 100)]
    assert simulate(failover, 100, "rfc", "A").counts == {"A": 0, "B": 0, LOST: 100}
    assert simulate(failover, 100, "kamailio", "A").counts == {"A": 0, "B": 100, LOST: 0}
    assert simulate(failover, 100, "split", "A").counts == {"A": 0, "B": 100, LOST: 0}
    inside = [(10, 100), (10, 200), (20, 1)]
    assert simulate(inside, 100, "rfc", "A").counts == {"A": 0, "B": 100, "C": 0, LOST: 0}


def test_a_window_holds_exactly_its_calls():
    made = simulate([(10, 1), (20, 1)], 3600, "kamailio", {"A": (600, 1500)})
    assert made.counts == {"A": 2700, "B": 900, LOST: 0}
    hit = made.frame[made.frame["answered"] == "B"]
    assert (hit["time"].min(), hit["time"].max()) == (600.0, 1499.0)
    assert (hit.index[0], hit.index[-1]) == (601, 1500)


def test_windows_that_overlap_or_touch():
    made = simulate([1], 100, down={"A": [(0, 10), (5, 20), (20, 30)]}, duration=100)
    assert made.counts == {"A": 70, LOST: 30}
    beyond = simulate([1], 100, down={"A": (90, 10_000)}, duration=100)
    assert beyond.counts == {"A": 90, LOST: 10}


def test_silence_costs_the_timeout_and_a_refusal_nothing():
    failover = [(10, 1), (20, 1), (30, 1)]
    assert simulate(failover, 5, "kamailio", "A").delays == {4.0: 5}
    assert simulate(failover, 5, "kamailio", ["A", "B"], timeout=32).delays == {64.0: 5}
    assert simulate(failover, 5, "kamailio", ["A", "B"], refusing="A").delays == {4.0: 5}
    assert simulate(failover, 5, "kamailio", [0, 1], refusing=[0, 1]).delays == {0.0: 5}
    assert simulate(failover, 5, "kamailio", "A", timeout=0).delays == {0.0: 5}


def test_delay_has_a_distribution():
    made = simulate([(10, 1), (20, 1), (30, 1)], 90_000, "kamailio", {"A": 0.5, "B": 0.5})
    expected = {0.0: 45_000, 4.0: 22_500, 8.0: 22_500}
    assert stats.chisquare([made.delays[d] for d in expected], [*expected.values()]).pvalue > 0.001


# Rotation


def test_rotation_decides_who_is_first_of_equals():
    def counts(rotation, reading="rfc"):
        return list(simulate([100, 100, 200], 999, reading, rotation=rotation).counts.values())

    assert counts("none") == [999, 0, 0, 0]
    # C goes to the end, and A follows on C: cyclic answers favour whoever stands after it.
    assert counts("cyclic") == [666, 333, 0, 0]
    assert 430 < counts("random")[0] < 570
    assert counts("none", "split") == counts("cyclic", "split") == counts("random", "split")


def test_cyclic_answers_start_one_record_further_each_time():
    tried = [[(0, 1), (1, 1), (2, 1)]]
    starts = {
        row: [index for [(index, _)] in arrived]
        for rows, arrived in turns(range(4, 8), tried, "kamailio", "cyclic")
        for row in rows
    }
    assert starts == {4: [1, 2, 0], 5: [2, 0, 1], 6: [0, 1, 2], 7: [1, 2, 0]}


@pytest.mark.parametrize("rotation", ["random", "cyclic", "none"])
def test_rotation_as_the_lab_server_does_it(rotation):
    zone = lab.Zone.named("playground")
    responder = Responder(zone, rotation, seed=1)
    asked = Counter(
        lab.ask("+61355500913", responder).uris[0].split("@")[1].split(".")[0] for _ in range(300)
    )
    records = zone.find("3.1.9.0.0.5.5.5.3.1.6", "NAPTR").records
    made = simulate(records, 300, "rfc", rotation=rotation)
    if rotation == "random":
        low, high = stats.binom.ppf([0.0005, 0.9995], 300, 0.5)
        assert low <= asked["server1"] <= high
        assert asked["server3"] == 0
    else:
        # BIND's cyclic starts anywhere: the shares agree, not the first answer.
        assert sorted(asked.values()) == sorted(filter(None, made.counts.values()))


def test_first_answers():
    with lab.serve("playground", port=0, rotation="random", seed=1) as server:
        seen = first_answers(server, "+61355500912", 400)
        assert list(seen) == ["server1", "server2"]
        assert sum(seen.values()) == 400
        low, high = stats.binom.ppf([0.0005, 0.9995], 400, 0.5)
        assert low <= seen["server1"] <= high
        assert first_answers(server, "+61355500912", 5, service="email") == {}


# The chances behind it


def brute_force(tried, chances, refusing):
    """Fates by every sequence of tries and every state of the targets."""
    found = Counter()
    orders = [list(permutations(stage)) for stage in tried]
    for states in product((False, True), repeat=len(chances)):
        of_states = Fraction(1)
        for down, chance in zip(states, chances, strict=True):
            of_states *= chance if down else 1 - chance
        for each in product(*orders):
            chance = of_states
            for stage in each:
                left = sum(weight for _, weight in stage)
                for _, weight in stage:
                    chance *= Fraction(weight, left)
                    left -= weight
            walk = [index for stage in each for index, _ in stage]
            failed = []
            for index in walk:
                if not states[index]:
                    break
                failed.append(index)
            lost = len(failed) == len(walk)
            silent = len(set(failed) - refusing)
            fate = Fate(
                walk[0], None if lost else walk[len(failed)], len(failed) + (not lost), silent
            )
            if chance:
                found[fate] += chance
    return dict(found)


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize(
    "chances", [(0, 0, 0, 0), (1, 0, 0, 0), (1, 1, 1, 1), (1, 1, 1, 0), ("1/2", "1/3", 0, "1/7")]
)
@pytest.mark.parametrize("refusing", [frozenset(), frozenset({0, 2})])
def test_fates_are_those_of_every_case(reading, chances, refusing):
    chances = [Fraction(chance) for chance in chances]
    tried = stages([(10, 100), (10, 0), (10, 250), (20, 5)], reading)
    assert fates(tried, chances, refusing) == brute_force(tried, chances, refusing)


@pytest.mark.parametrize("reading", READINGS)
def test_fates_agree_with_calls_made_one_by_one(reading):
    rng = random.Random(3)
    chances = [Fraction(1, 2), Fraction(1, 4), Fraction(0), Fraction(1, 10)]
    expected = fates(stages(PAIRS, reading), chances)
    seen = Counter()
    numbered = [Numbered(*rank, index) for index, rank in enumerate(PAIRS)]
    for _ in range(6000):
        down = [rng.random() < chance for chance in chances]
        walk = [record.number for record in sequence(numbered, reading, rng)]
        up = next((i for i, index in enumerate(walk) if not down[index]), None)
        failed = len(walk) if up is None else up
        answered = None if up is None else walk[up]
        seen[Fate(walk[0], answered, failed + (up is not None), failed)] += 1
    assert seen.keys() <= expected.keys()
    pairs = [(seen[fate], float(chance) * 6000) for fate, chance in expected.items()]
    assert stats.chisquare(*zip(*pairs, strict=True)).pvalue > 0.001


class Numbered(tuple):
    """Order, preference and a number."""

    def __new__(cls, *parts):
        return super().__new__(cls, parts)

    order, preference, number = (property(lambda self, i=i: self[i]) for i in range(3))


def test_too_many_that_may_fail_is_said():
    with pytest.raises(lab.LabError, match="at most 10"):
        simulate(range(1, 20), down=range(11))


def test_mixing_favours_no_arrangement():
    rng = legacy_rng(9)
    seen = Counter("".join(map(str, mix(np.array([2, 1, 2]), rng))) for _ in range(9000))
    arrangements = {"".join(p) for p in permutations("00122")}
    assert seen.keys() == arrangements
    assert stats.chisquare([seen[a] for a in sorted(arrangements)]).pvalue > 0.001


@pytest.mark.parametrize(("size", "number"), [(12, 2), (5, 2), (9, 3), (4, 4)])
def test_picking_favours_no_place_and_no_sequence(size, number):
    rng = legacy_rng(11)
    seen = Counter(tuple(pick(np.arange(size), number, rng).tolist()) for _ in range(9000))
    choices = list(permutations(range(size), number))
    assert seen.keys() <= set(choices)
    assert stats.chisquare([seen[choice] for choice in choices]).pvalue > 0.001


def test_mixing_keeps_totals_of_any_size():
    rng = legacy_rng(10)
    for wanted in ([0, 5], [1, 0, 0], [70_000, 1, 3], [3] * 300, [0]):
        placed = np.bincount(mix(np.array(wanted), rng), minlength=len(wanted))
        assert placed.tolist() == wanted


def test_rows_do_not_depend_on_their_place():
    frame = simulate([1, 3], 200_000).frame
    halves = (frame["answered"] == "A").to_numpy().reshape(4, -1).sum(axis=1)
    assert stats.chisquare(halves).pvalue > 0.001
    runs = int((frame["answered"].cat.codes.diff()[1:] != 0).sum())
    assert abs(runs / (2 * 0.25 * 0.75 * 200_000) - 1) < 0.01


# Names, and what is refused


def test_names_come_from_the_uri():
    def record(host):
        return lab.Naptr(10, 100, "u", "E2U+sip", f"!^.*$!sip:1@{host}!")

    zone = lab.Zone.named("playground")
    assert target_names(zone.find("4.1.9.0.0.5.5.5.3.1.6").records) == (
        "firstchoice",
        "secondchoice",
    )
    assert target_names([record("10.0.1.98")]) == ("10.0.1.98",)
    assert target_names([record("a.x.org"), record("a.y.org")]) == ("a.x", "a.y")
    assert target_names([record("a.x.org"), record("a.x.org")]) == ("a", "a #2")
    assert target_names([record("lost.x.org")]) == ("lost #2",)
    assert target_names([record("[2001:db8::1]:5060")]) == ("A",)
    assert target_names(["tel"] * 27)[-1] == "T27"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"calls": -1}, "0 or more"),
        ({"calls": 1.5}, "1.5"),
        ({"calls": True}, "True"),
        ({"calls": "many"}, "many"),
        ({"calls": 2**31}, "at most 2,147,483,647"),
        ({"seed": -1}, "seed"),
        ({"seed": None}, "seed"),
        ({"reading": "bind"}, "split, rfc, kamailio"),
        ({"rotation": "fixed"}, "random, cyclic, none"),
        ({"duration": 0}, "duration"),
        ({"duration": float("nan")}, "duration"),
        ({"timeout": -1}, "timeout"),
        ({"timeout": float("inf")}, "timeout"),
        ({"down": "Z"}, "expected one of A, B, C, D"),
        ({"down": [4]}, "from 0 to 3"),
        ({"down": [-1]}, "from 0 to 3"),
        ({"down": None}, "None"),
        ({"down": {"Z": True}}, "expected one of A, B, C, D"),
        ({"down": {"A": 1.5}}, "1.5"),
        ({"down": {"A": "soon"}}, "soon"),
        ({"down": {"A": (5, 5)}}, "start < end"),
        ({"down": {"A": (9, 5)}}, "start < end"),
        ({"down": {"A": (-1, 5)}}, "-1"),
        ({"down": {"A": (1, 2, 3)}}, "pair"),
        ({"down": {"A": [5]}}, "pair"),
        ({"down": {"A": (4000, 5000)}}, "after the last call"),
        ({"refusing": "Z"}, "expected one of A, B, C, D"),
    ],
)
def test_nonsense_is_a_lab_error(arguments, said):
    with pytest.raises(lab.LabError, match=said):
        simulate(PAIRS, **arguments)


def test_rows_for_too_many_calls_are_refused():
    with pytest.raises(lab.LabError, match=r"2\.0 GB"):
        simulate([1], 133_333_333).frame


def test_a_row_takes_15_bytes():
    frame = simulate(PAIRS, 100_000, down={"A": 0.5}).frame
    assert 15 <= frame.memory_usage(index=False).sum() / 100_000 < 15.1


def test_spells_cover_the_duration():
    found = spells({"A": (10, 20), "B": [(15, 30)]}, ("A", "B"), 100)
    assert [(int(s.start), int(s.end)) for s in found] == [
        (0, 10),
        (10, 15),
        (15, 20),
        (20, 30),
        (30, 100),
    ]
    assert [s.chances for s in found] == [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]


def test_counting_loads_no_pandas():
    program = (
        "import sys, enumlab\n"
        "enumlab.simulate([1, 2], 10**9).counts\n"
        "assert not {'pandas', 'matplotlib', 'IPython', 'ipywidgets'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
