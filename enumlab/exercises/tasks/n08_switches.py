"""Notebook 08: in real switches."""

from __future__ import annotations

from random import Random

from enumlab.exercises import pool
from enumlab.exercises.functions import function_check
from enumlab.exercises.readers import amount, count
from enumlab.exercises.task import Finding, Outcome, Task
from enumlab.exercises.trials import Arguments
from enumlab.exercises.values import value_check, within
from enumlab.exercises.zones import Served, zone_check
from enumlab.selection import kamailio_q

NUMBER = "+61355500940"
FIRST, PAIR = "melbourne.example", {"sydney.example", "brisbane.example"}


def _contacts() -> list[Arguments]:
    rng = Random(pool.SEED)
    names = ("melbourne", "sydney", "brisbane", "perth", "hobart")
    found: list[Arguments] = []
    for _ in range(60):
        chosen = rng.sample(names, rng.choice([1, 2, 2, 3, 3, 4, 5]))
        contacts = [(f"sip:info@{n}.example", rng.choice([0.99, 0.98, 0.97])) for n in chosen]
        found.append((contacts,))
    return found


def _same_rounds(expected: list[list[str]], got: list[list[str]]) -> bool:
    if any(isinstance(each, str) for each in got):
        return False
    return [sorted(each) for each in expected] == [sorted(each) for each in got]


def _design(task: Task, served: Served) -> Finding | None:
    targets = served.targets(NUMBER)
    hosts = [host for _, host in targets]
    if set(hosts) != {FIRST, *PAIR} or len(hosts) != 3:
        message = f"{NUMBER} must lead to {FIRST}, {' and '.join(sorted(PAIR))}, once to each."
        return Finding(Outcome.WRONG, message, (("hosts found", ", ".join(hosts) or "none"),))
    q = dict(zip(hosts, kamailio_q([record for record, _ in targets]), strict=True))
    told = ("q", ", ".join(f"{host} {value:.2f}" for host, value in q.items()))
    if len(set(q.values())) == 1:
        return task.fault("all three equal", told)
    if len(set(q.values())) == 3:
        return task.fault("one after the other", told)
    if q[FIRST] < max(q.values()) and len({q[host] for host in PAIR}) == 1:
        return task.fault("read as weights", told)
    if len({q[host] for host in PAIR}) == 2:
        return Finding(Outcome.WRONG, "Two of them ring together, but not the pair.", (told,))
    return None


CHECKS = {
    "8.1": function_check(_contacts, _same_rounds),
    "8.2": value_check(count),
    "8.3": value_check(
        amount,
        within(780, 810),
        when={"the whole INVITE each lap": lambda got: 220 <= got <= 230},
    ),
    "8.4": zone_check(_design),
}
