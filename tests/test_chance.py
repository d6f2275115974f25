"""The interval of fair draws is the binomial's own."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from scipy import stats

import enumlab as lab
from enumlab.calls import simulate
from enumlab.chance import calls_needed, fair_interval
from enumlab.show.shares import share_rows


def test_interval_is_that_of_scipy():
    rng = random.Random(4)
    for _ in range(600):
        calls = int(10 ** rng.uniform(0, 9))
        share = rng.choice([rng.random(), 10 ** rng.uniform(-8, -1), 1 / 3, 1 / 4, 1 / 2])
        expected = stats.binom.ppf([0.025, 0.975], calls, share)
        assert fair_interval(calls, share) == tuple(expected), (calls, share)


@pytest.mark.parametrize(
    ("calls", "share", "expected"),
    [(0, 0.5, (0, 0)), (9, 0, (0, 0)), (9, 1, (9, 9)), (1, Fraction(1, 2), (0, 1))],
)
def test_interval_at_the_edges(calls, share, expected):
    assert fair_interval(calls, share) == expected


@pytest.mark.parametrize("down", [(), {"A": 0.2}])
def test_fair_draws_stay_inside_95_times_in_100(down):
    inside = total = 0
    for seed in range(500):
        for row in share_rows(simulate([100, 100, 200], 10_000, "split", down, seed)):
            inside += row.inside
            total += 1
    # Whole counts make the interval cover a little more than 95 %, never less.
    assert 0.94 < inside / total < 0.97


def test_calls_needed_is_enough_and_hardly_more():
    needed = calls_needed(0.25)
    low, high = fair_interval(needed, 0.25)
    assert 0.2399 < low / needed < high / needed < 0.2601
    low, high = fair_interval(needed * 9 // 10, 0.25)
    assert high / (needed * 9 // 10) > 0.26
    assert calls_needed(0) == 0
    for share, within in ((1.5, 0.01), (0.5, 0), (0.5, float("nan"))):
        with pytest.raises(lab.LabError):
            calls_needed(share, within)
