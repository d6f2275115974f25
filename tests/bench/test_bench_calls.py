"""How fast calls are drawn, counted, and shown."""

from __future__ import annotations

import random
import time

import pytest

from enumlab.calls import simulate
from enumlab.show import sliders

pytestmark = pytest.mark.bench

ROWS = 10**7
DOWN = {"A": 0.1, "B": (0, 900)}


def test_counts_of_1e8_calls(benchmark):
    """Goal: under 1 ms."""
    counts = benchmark(lambda: simulate([100, 100, 200], 10**8).counts)
    assert sum(counts.values()) == 10**8
    assert benchmark.stats.stats.median < 0.001


def test_counts_of_1e8_calls_with_outages(benchmark):
    """Goal: a few milliseconds."""
    counts = benchmark(lambda: simulate([100, 100, 200], 10**8, down=DOWN).counts)
    assert sum(counts.values()) == 10**8


@pytest.fixture(name="one_by_one", scope="module")
def _one_by_one():
    """Seconds that random.choices takes for as many calls."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        random.Random(1).choices("ABC", [100, 100, 200], k=ROWS)
        times.append(time.perf_counter() - start)
    return min(times)


@pytest.mark.parametrize("down", [(), DOWN], ids=["all up", "outages"])
def test_a_row_for_each_of_1e7_calls(benchmark, one_by_one, down):
    """Goal: 5 times as fast as random.choices, which gives one column of the five."""

    def rows():
        return simulate([100, 100, 200], ROWS, down=down).frame

    frame = benchmark.pedantic(rows, rounds=5, warmup_rounds=1)
    times = benchmark.stats.stats
    benchmark.extra_info["times as fast as random.choices"] = round(one_by_one / times.min, 1)
    benchmark.extra_info["bytes per call"] = int(frame.memory_usage(index=False).sum()) / ROWS
    assert one_by_one / times.min >= 5


def test_a_slider_moves_at_1e5_calls(benchmark):
    """Goal: under 100 ms in the browser; this is the kernel's part of it."""
    panel = sliders.explore([100, 100, 200], calls=100_000)
    preference = panel.controls["A preference"]

    def move():
        preference.value = preference.value % 200 + 1

    benchmark(move)
    assert benchmark.stats.stats.median < 0.1
