"""Order and preference: exact shares, the RFC's sequence, and Kamailio's."""

from __future__ import annotations

import random
from collections import Counter
from fractions import Fraction
from itertools import permutations
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import enumlab as lab
from enumlab.selection import READINGS, kamailio_q, sequence, shares, split, stages, tiers
from enumlab.srv import srv_sequence, srv_shares

LETTERS = "ABCDEFGHIJKLMNOPQRST"
DRAWS = 4000

# Records as order/preference, named A, B, ... as they arrive. Letters that stand together are equal
# to the reader, who tries them in any sequence; a space is a step to the next.
# RFC 3403 section 4.1: order from lowest to highest; within an order, low preference first, as with
# MX; "once a match is found the client MUST NOT consider records with a different Order".
# RFC 6116 section 5.2: the client sorts by order, then preference, whatever arrives first.
# Kamailio: as its sort was seen to work in 5.6.3, one signed number out of order and preference.
SEQUENCES = [
    # section, records, the RFC's sequence, Kamailio's
    ("3403 4.1, one record", "10/100", "A", "A"),
    ("3403 4.1, order 0 is an order", "0/100", "A", "A"),
    ("3403 4.1, preference 0 is a preference", "10/0", "A", "A"),
    ("3403 4.1, both fields 0", "0/0", "A", "A"),
    ("3403 4.1, both fields full", "65535/65535", "A", "A"),
    ("3403 4.1, order ascends", "10/100 20/100", "A", "A B"),
    ("3403 4.1, order ascends, arrival does not", "20/100 10/100", "B", "B A"),
    ("3403 4.1, three orders", "30/1 10/1 20/1", "B", "B C A"),
    ("3403 4.1, order before preference", "20/1 10/65535", "B", "B A"),
    ("3403 4.1, order by one", "10/0 9/65535", "B", "B A"),
    ("3403 4.1, MUST NOT leave the order", "10/5 10/6 20/1 30/1", "A B", "A B C D"),
    ("3403 4.1, MAY go on inside the order", "10/5 10/6 10/7", "A B C", "A B C"),
    ("3403 4.1, preference ascends", "10/100 10/200", "A B", "A B"),
    ("3403 4.1, preference is no weight", "10/1 10/65535", "A B", "A B"),
    ("3403 4.1, preference 0 comes first", "10/100 10/0", "B A", "B A"),
    ("3403 4.1, preference 65535 comes last", "10/65535 10/65534", "B A", "B A"),
    ("3403 4.1, as with MX: 10 before 20", "0/20 0/10", "B A", "B A"),
    ("3403 4.1, equal preferences", "10/100 10/100", "AB", "AB"),
    ("3403 4.1, equal and one after", "10/100 10/100 10/200", "AB C", "AB C"),
    ("3403 4.1, equal and one before", "10/100 10/100 10/50", "C AB", "C AB"),
    ("3403 4.1, two pairs", "10/20 10/10 10/20 10/10", "BD AC", "BD AC"),
    ("3403 4.1, the smaller weights of a split first", "10/10 10/10 10/5 10/5", "CD AB", "CD AB"),
    ("3403 4.1, equal preferences of two orders", "10/100 20/100 10/100", "AC", "AC B"),
    ("3403 4.1, all alike", "7/7 7/7 7/7 7/7 7/7", "ABCDE", "ABCDE"),
    ("3403 4.1, orders 1 to 3 of two each", "3/1 3/1 2/1 2/1 1/1 1/1", "EF", "EF CD AB"),
    ("3403 4.1, a hundred apart", "100/50 200/50 300/50", "A", "A B C"),
    ("3403 6.1, three services of one rank", "100/50 100/50 100/50", "ABC", "ABC"),
    ("3403 6.2, sip before mail by order", "100/10 102/10", "A", "A B"),
    ("3403 6.2, the same, mail first to arrive", "102/10 100/10", "B", "B A"),
    ("3761 4.1, sip, h323, msg", "10/100 10/101 10/102", "A B C", "A B C"),
    ("6116 4, sip, h323, email", "100/50 100/51 100/52", "A B C", "A B C"),
    ("6116 4, the same, backwards", "100/52 100/51 100/50", "C B A", "C B A"),
    ("6116 5.2, sorted whatever arrives", "20/2 10/2 20/1 10/1", "D B", "D B C A"),
    ("6116 5.2, order 100 and some 101", "101/10 100/20 101/10 100/10", "D B", "D B AC"),
    ("6116 5.2, one stray high order", "100/10 100/20 65535/0", "A B", "C A B"),
    ("3263 4.1, TLS, TCP, UDP by order", "50/50 90/50 100/50", "A", "A B C"),
    ("3263 4.1, the same, shuffled", "100/50 50/50 90/50", "B", "B C A"),
    ("3403 4.1, unsigned: 32767 before 32768", "32767/0 32768/0", "A", "B A"),
    ("3403 4.1, unsigned: 1 before 40000", "40000/1 1/1", "B", "A B"),
    ("3403 4.1, unsigned: among high orders", "65535/0 32768/0 40000/0", "B", "B C A"),
    ("3403 4.1, unsigned: high order, low preference", "10/65535 65535/0", "A", "B A"),
    ("3403 4.1, unsigned: preference never turns", "10/32768 10/32767", "B A", "B A"),
    (
        "3403 4.1, unsigned: as measured",
        "32768/100 10/100 10/200 20/100 40000/100",
        "B C",
        "A E B C D",
    ),
    (
        "3403 4.1, unsigned: as measured, the ends",
        "10/0 0/65535 65535/0 65535/65535 1/1",
        "B",
        "C D B E A",
    ),
    ("playground, number ...912", "10/100 10/100", "AB", "AB"),
    ("playground, number ...914", "10/100 20/100", "A", "A B"),
]


def records(text):
    """Pairs of (order, preference)."""
    return [tuple(map(int, part.split("/"))) for part in text.split()]


class Named(NamedTuple):
    """A record with a name, as selection takes any object with an order and a preference."""

    order: int
    preference: int
    name: str


def named(text):
    """Records with the names A, B, ..."""
    return [Named(*record, name) for name, record in zip(LETTERS, records(text), strict=False)]


def told(text, reading):
    """The stages of a reading in the notation of the table."""
    return " ".join(
        "".join(LETTERS[index] for index, _ in stage) for stage in stages(records(text), reading)
    )


def test_the_table_is_long_enough():
    assert len(SEQUENCES) >= 40
    assert len({section for section, *_ in SEQUENCES}) == len(SEQUENCES)


@pytest.mark.parametrize(("section", "text", "rfc", "kamailio"), SEQUENCES)
def test_sequence_of_rfc_and_kamailio(section, text, rfc, kamailio):
    assert told(text, "rfc") == rfc
    assert told(text, "kamailio") == kamailio
    rng = random.Random(1)
    for reading, expected in (("rfc", rfc), ("kamailio", kamailio)):
        drawn = [record.name for record in sequence(named(text), reading, rng)]
        at = 0
        for stage in expected.split():
            assert set(drawn[at : at + len(stage)]) == set(stage)
            at += len(stage)
        assert at == len(drawn)


@pytest.mark.parametrize(
    ("preferences", "expected"),
    [
        ([100, 100], "1/2 1/2"),
        ([100, 100, 200], "1/4 1/4 1/2"),
        ([10, 10, 5, 5], "1/3 1/3 1/6 1/6"),
        ([100], "1"),
        ([0, 5], "0 1"),
        ([65535, 65535], "1/2 1/2"),
        ([1, 65535], "1/65536 65535/65536"),
        ([(10, 100), (10, 100), (20, 500)], "1/2 1/2 0"),
        ([(20, 500), (10, 1), (10, 2)], "0 1/3 2/3"),
        ([(65535, 7), (0, 7)], "0 1"),
        ([(10, 100), (20, 0)], "1 0"),
        (range(1, 5), "1/10 1/5 3/10 2/5"),
    ],
)
def test_split_in_exact_fractions(preferences, expected):
    assert split(preferences) == [Fraction(part) for part in expected.split()]
    assert sum(split(preferences)) == 1


@pytest.mark.parametrize(
    ("given_records", "said"),
    [
        ([], "at least one"),
        ([0], "sum to 0"),
        ([0, 0], "sum to 0"),
        ([(10, 0), (20, 100)], "order 10 sum to 0"),
        ([-1], "0 to 65535"),
        ([65536], "0 to 65535"),
        ([100, 2.0], "2.0"),
        ([True], "True"),
        (["100"], "'100'"),
        ([None], "None"),
        ([(10, 100, 1)], "pair"),
        ([(10, -5)], "preference"),
        ([(-5, 10)], "order"),
        (100, r"\[100\]"),
        (None, "expected a list"),
    ],
)
def test_nonsense_is_a_lab_error(given_records, said):
    with pytest.raises(lab.LabError, match=said):
        split(given_records)


def test_an_unknown_reading_is_named():
    with pytest.raises(lab.LabError, match="split, rfc, kamailio"):
        shares([100], "bind")


def test_a_numpy_integer_is_an_integer():
    assert split(np.array([1, 3])) == [Fraction(1, 4), Fraction(3, 4)]


def test_the_playgrounds_own_records():
    found = lab.Zone.named("playground").find("3.1.9.0.0.5.5.5.3.1.6", "NAPTR").records
    assert split(found) == [Fraction(1, 4), Fraction(1, 4), Fraction(1, 2)]
    assert tiers(found) == [list(found[:2]), [found[2]]]
    assert shares(found, "rfc") == shares(found, "kamailio") == [Fraction(1, 2)] * 2 + [0]


def test_rfc6116_section_5_2_tiers_keep_the_arrival_order():
    listed = [(20, 1), (10, 2), (10, 1), (10, 2), (20, 1)]
    assert tiers(listed) == [[(10, 1)], [(10, 2), (10, 2)], [(20, 1), (20, 1)]]
    first, second = (
        lab.Naptr(1, 1, "u", "E2U+sip", "!a!b!"),
        lab.Naptr(1, 1, "u", "E2U+tel", "!a!b!"),
    )
    assert tiers([second, first]) == [[second, first]]
    assert tiers([]) == []


ranked = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3)) | st.tuples(*[st.integers(0, 65535)] * 2),
    min_size=1,
    max_size=6,
)


@given(ranked, st.integers(0, 9))
def test_what_holds_for_any_records(listed, seed):
    lowest = [record for record in listed if record[0] == min(order for order, _ in listed)]
    for reading in READINGS:
        if reading == "split" and not sum(preference for _, preference in lowest):
            with pytest.raises(lab.LabError):
                shares(listed, reading)
            continue
        first = shares(listed, reading)
        assert sum(first) == 1
        numbered = [Named(*record, number) for number, record in enumerate(listed)]
        tried = [record.name for record in sequence(numbered, reading, random.Random(seed))]
        assert first[tried[0]] > 0
        assert sorted(tried) == (
            [i for i, record in enumerate(listed) if record in lowest]
            if reading == "rfc"
            else list(range(len(listed)))
        )


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("text", ["10/100 10/100 10/200", "10/10 10/10 10/5 10/5 20/9", "1/3 2/1"])
def test_first_tries_are_drawn_with_their_shares(reading, text):
    rng = random.Random(5)
    listed = named(text)
    first = Counter(sequence(listed, reading, rng)[0].name for _ in range(DRAWS))
    expected = {LETTERS[i]: share for i, share in enumerate(shares(listed, reading)) if share}
    assert first.keys() <= expected.keys()
    if len(expected) > 1:
        observed = [first[name] for name in expected]
        assert (
            stats.chisquare(observed, [float(s) * DRAWS for s in expected.values()]).pvalue > 0.001
        )


def test_whole_sequences_of_a_split_are_drawn_by_weight_at_each_step():
    weights = {"A": 1, "B": 2, "C": 5}
    expected = {}
    for tried in permutations(weights):
        left, chance = sum(weights.values()), 1.0
        for name in tried:
            chance *= weights[name] / left
            left -= weights[name]
        expected["".join(tried)] = chance * DRAWS
    rng = random.Random(6)
    listed = [Named(0, weight, name) for name, weight in weights.items()]
    seen = Counter(
        "".join(record.name for record in sequence(listed, "split", rng)) for _ in range(DRAWS)
    )
    assert stats.chisquare([seen[k] for k in expected], list(expected.values())).pvalue > 0.001


def test_a_share_of_zero_is_tried_last():
    listed = [Named(0, 0, "A"), Named(0, 1, "B"), Named(0, 0, "C")]
    drawn = {
        "".join(record.name for record in sequence(listed, "split", random.Random(seed)))
        for seed in range(50)
    }
    assert drawn == {"BAC", "BCA"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10/100 10/100 10/200", [0.99, 0.99, 0.98]),
        ("10/100 20/100", [0.99, 0.98]),
        ("20/100 10/100", [0.98, 0.99]),
        ("10/100 10/100 10/200 32767/65535", [0.99, 0.99, 0.98, 0.97]),
        # With an order that has the highest bit set the first step of q is the last one.
        ("32768/100 10/100 10/200 20/100 40000/100", [0.99, 0.98, 0.98, 0.98, 0.98]),
        ("65535/0 10/1 20/1", [0.99, 0.99, 0.99]),
        ("10/0 0/65535 65535/0 65535/65535 1/1", [0.98, 0.98, 0.99, 0.98, 0.98]),
    ],
)
def test_kamailio_q_as_measured(text, expected):
    assert kamailio_q(records(text)) == expected


@pytest.mark.parametrize("weights", [[100, 100, 200], [0, 0, 1], [3, 0, 1, 0], [0], [5], [1, 1]])
def test_rfc2782_every_number_from_0_to_the_sum(weights):
    ordered = sorted(range(len(weights)), key=lambda i: weights[i] > 0)
    hits = Counter()
    for number in range(sum(weights) + 1):
        running = 0
        for index in ordered:
            running += weights[index]
            if running >= number:
                hits[index] += 1
                break
    expected = [Fraction(hits[i], sum(weights) + 1) for i in range(len(weights))]
    assert srv_shares(weights) == expected
    assert sum(expected) == 1


def test_rfc2782_draws():
    rng = random.Random(7)
    weights = [0, 3, 1]
    drawn = [tuple(srv_sequence(weights, rng)) for _ in range(DRAWS)]
    assert set(map(tuple, map(sorted, drawn))) == {(0, 1, 2)}
    first = Counter(each[0] for each in drawn)
    expected = [float(share) * DRAWS for share in srv_shares(weights)]
    assert stats.chisquare([first[i] for i in range(3)], expected).pvalue > 0.001
    # Where 3 went first, 0 and 1 share the numbers 0 and 1.
    second = Counter(each[1] for each in drawn if each[0] == 1)
    assert stats.chisquare([second[0], second[2]]).pvalue > 0.001


@pytest.mark.parametrize("weights", [[], [-1], [1.5], [65536]])
def test_rfc2782_nonsense_is_a_lab_error(weights):
    with pytest.raises(lab.LabError):
        srv_shares(weights)
    with pytest.raises(lab.LabError):
        srv_sequence(weights, random.Random(1))
