"""Rows of the table about simulated calls and rewriting."""

from __future__ import annotations

import time
import tracemalloc
from statistics import median

import enumlab as lab

from .rows_client import each_in_turn
from .table import Row

MANY, LARGEST = 10**9, 16 * 2**20
RECORDS = [(10, 100), (10, 100), (10, 200), (20, 100)]
DOWN = {0: 0.1, 1: 0.25}
FIELD, NUMBER = r"!^\+(.*)$!sip:\1@example.com!", "+61355500915"
REWRITES = 100_000


def calls() -> list[Row]:
    """A thousand million calls: the totals drawn at once, or each call for itself."""
    lab.simulate(RECORDS)  # numpy is loaded
    tracemalloc.start()
    lab.simulate(RECORDS, 10**7, one_by_one=True)
    lab.simulate(RECORDS, 10**7, one_by_one=True, down=DOWN)
    memory = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    counts, singly, failover = each_in_turn(
        lambda: lab.simulate(RECORDS, MANY, down=DOWN).counts,
        lambda: lab.simulate(RECORDS[:3], MANY, one_by_one=True).counts,
        lambda: lab.simulate(RECORDS, MANY, one_by_one=True, down=DOWN).counts,
        rounds=5,
    )
    one, other = MANY / median(singly), MANY / median(failover)
    return [
        Row(
            "10^9 calls as counts, with outages",
            "< 5 ms",
            f"{median(counts) * 1e3:.2f} ms",
            "",
            "",
            median(counts) < 0.005,
        ),
        Row(
            "10^9 calls one by one: calls a second",
            ">= 2e8 in 16 MiB",
            f"{one:.1e}, {memory / 2**20:.1f} MiB",
            "",
            "",
            one >= 2e8 and memory <= LARGEST,
        ),
        Row(
            "the same with failover among four targets",
            ">= 5e7",
            f"{other:.1e}",
            "",
            "",
            other >= 5e7,
        ),
    ]


def rewrite() -> list[Row]:
    """One field, compiled once."""

    def many() -> float:
        start = time.process_time()
        for _ in range(REWRITES):
            lab.rewrite(FIELD, NUMBER)
        return REWRITES / (time.process_time() - start)

    rate = median(many() for _ in range(7))
    return [
        Row(
            "`rewrite`, compiled once: a second of processor time",
            ">= 500,000",
            f"{rate:,.0f}",
            "",
            "",
            rate >= 500_000,
        )
    ]
