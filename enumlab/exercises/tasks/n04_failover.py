"""Notebook 04: what if the first choice is down."""

from __future__ import annotations

from random import Random

from enumlab.exercises import pool
from enumlab.exercises.functions import function_check
from enumlab.exercises.readers import amount, count
from enumlab.exercises.task import Finding, Outcome, Task
from enumlab.exercises.trials import Arguments
from enumlab.exercises.values import value_check
from enumlab.exercises.zones import Served, zone_check
from enumlab.selection import READINGS

CITIES = ("melbourne", "sydney", "brisbane", "perth")
FIRST, SECOND = "melbourne.example", "sydney.example"
NUMBER = "+61355500930"
CALLS = 1000


def _outages() -> list[Arguments]:
    """Targets with different ranks, and who of them is down."""
    rng = Random(pool.SEED)
    found: list[Arguments] = []
    for _ in range(60):
        size = rng.choice([1, 2, 2, 3, 3, 4])
        ranks = rng.sample([(o, p) for o in (10, 20) for p in (50, 100, 200)], size)
        names = rng.sample(CITIES, size)
        targets = [(*rank, name) for rank, name in zip(ranks, names, strict=True)]
        down = {name for name in names if rng.random() < 0.4}
        found.append((targets, down))
    return found


def _design(task: Task, served: Served) -> Finding | None:
    from enumlab.calls import simulate  # it needs numpy

    targets = served.targets(NUMBER)
    records, hosts = [record for record, _ in targets], [host for _, host in targets]
    missing = {FIRST, SECOND} - set(hosts)
    seen = ("hosts found", ", ".join(hosts) or "none")
    if missing and hosts:
        return task.fault("one site only", seen, ("missing", ", ".join(sorted(missing))))
    if missing or set(hosts) - {FIRST, SECOND}:
        message = f"The number {NUMBER} must lead to {FIRST} and {SECOND}, and nowhere else."
        return Finding(Outcome.WRONG, message, (seen,))
    for reading in READINGS:
        for site in (FIRST, SECOND):
            down = [index for index, each in enumerate(hosts) if each == site]
            lost = simulate(records, CALLS, reading, down).counts["lost"]
            if lost:
                rows = ("reading", reading), ("down", site), ("lost", f"{lost:,} of {CALLS:,}")
                return task.fault("the next order as failover", *rows)
    first = simulate(records, CALLS, "rfc").first_tries.values()
    at_first = sum(n for n, each in zip(first, hosts, strict=True) if each == FIRST)
    if at_first == 0:
        return task.fault("the higher preference first", ("calls tried first", f"{SECOND}, all"))
    if at_first < CALLS:
        return task.fault(
            "equal preferences", (f"calls to {FIRST} first", f"{at_first:,} of {CALLS:,}")
        )
    return None


CHECKS = {
    "4.1": function_check(_outages),
    "4.2": function_check(_outages),
    "4.3": value_check(amount),
    "4.4": zone_check(_design),
    "4.5": value_check(count),
}
