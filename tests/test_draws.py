"""Calls drawn one by one follow the very chances that totals are drawn by."""

from __future__ import annotations

import tracemalloc
from fractions import Fraction

import pytest
from scipy import stats

from enumlab import LabError, simulate
from enumlab.draws import AT_ONCE, STEPS, draw_each

THIRDS = [Fraction(1, 3)] * 3
CHANCES = [
    THIRDS,
    [Fraction(1)],
    [Fraction(1, 4), Fraction(1, 4), Fraction(1, 2)],
    [Fraction(0), Fraction(2, 7), Fraction(5, 7), Fraction(0)],
    [Fraction(1, STEPS), Fraction(STEPS - 1, STEPS)],
    [Fraction(1, 10 * STEPS)] * 5 + [1 - Fraction(5, 10 * STEPS)],
]


@pytest.mark.parametrize("chances", CHANCES, ids=str)
@pytest.mark.parametrize("calls", [0, 1, 5, AT_ONCE, 3 * AT_ONCE + 7])
def test_every_call_is_drawn_once(chances, calls):
    drawn = draw_each(chances, calls, 1)
    assert sum(drawn) == calls
    assert all(count == 0 for count, chance in zip(drawn, chances, strict=True) if not chance)


@pytest.mark.parametrize("chances", [THIRDS, CHANCES[3], CHANCES[5]], ids=str)
def test_the_shares_are_fair(chances):
    calls, rounds = 2_000_000, 40
    totals = [0] * len(chances)
    for seed in range(rounds):
        totals = [a + b for a, b in zip(totals, draw_each(chances, calls, seed), strict=True)]
    expected = [float(chance) * calls * rounds for chance in chances]
    kept = [index for index, chance in enumerate(chances) if chance]
    found = stats.chisquare([totals[i] for i in kept], [expected[i] for i in kept])
    assert found.pvalue > 1e-4


def test_one_number_in_65536_is_shared_as_its_chances_say():
    """Where one number stands for several fates, its calls draw again."""
    calls = 50_000_000
    drawn = draw_each(CHANCES[5], calls, 3)
    expected = [float(chance) * calls for chance in CHANCES[5]]
    assert stats.chisquare(drawn, expected).pvalue > 1e-4


def test_equal_seeds_give_equal_calls():
    assert draw_each(THIRDS, 1000, 1) == draw_each(THIRDS, 1000, 1)
    assert draw_each(THIRDS, 1000, 1) != draw_each(THIRDS, 1000, 2)


def test_simulate_draws_each_call():
    records, down = [(10, 100), (10, 100), (20, 100)], {0: 0.5, 1: (0, 900)}
    singly = simulate(records, 1_000_000, down=down, one_by_one=True)
    at_once = simulate(records, 1_000_000, down=down)
    assert singly.shares == at_once.shares
    assert singly.counts != at_once.counts
    for name, share in singly.shares.items():
        assert singly.counts[name] == pytest.approx(float(share) * 1e6, abs=3000)
    assert singly.frame["answered"].value_counts()["A"] == singly.counts["A"]
    with pytest.raises(LabError):
        simulate(records, -1, one_by_one=True)


def test_it_takes_little_memory():
    simulate([100, 200], one_by_one=True)
    tracemalloc.start()
    simulate([100, 200], 20_000_000, one_by_one=True)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 2 * 2**20
