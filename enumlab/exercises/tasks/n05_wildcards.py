"""Notebook 05: a thousand numbers in one line."""

from __future__ import annotations

from random import Random

from enumlab.exercises import pool
from enumlab.exercises.functions import function_check
from enumlab.exercises.readers import Understood, count, items, text
from enumlab.exercises.task import Finding, Outcome, Task
from enumlab.exercises.trials import Arguments
from enumlab.exercises.values import value_check
from enumlab.exercises.zones import Served, zone_check
from enumlab.number import aus
from enumlab.zone import Zone

GATEWAY = "gw.example"
PLAYGROUND = "enum.nickvsnetworking.com"
PORTED = "+61255502345"


def _one_line(task: Task, served: Served) -> Finding | None:
    inside = [f"+61255503{line:03d}" for line in (*range(0, 1000, 37), 999)]
    beside = [f"+6125550{line}" for line in (2999, 4000, 4123)] + ["+61355503123"]
    stars = [owner for owner in served.zone.owners if "*" in owner.split(".")]
    missed = [number for number in inside if not served.leads_to(number, GATEWAY)]
    taken = [number for number in beside if served.uris(number)]
    rows = [("owner", owner) for owner in stars]
    rows += [("no route to gw.example", missed[0])] if missed else []
    rows += [("answered, but of another block", taken[0])] if taken else []
    if any(owner.count("*") > 1 for owner in stars):
        return task.fault("a star for each digit", *rows)
    if any(not owner.startswith("*") for owner in stars):
        return task.fault("the star at the wrong end", *rows)
    if any("6.1.2.5.5.5.0.3" in owner for owner in stars):
        return task.fault("not reversed", *rows)
    if taken:
        return task.fault("a block too large", *rows)
    if len(missed) == len(inside):
        return Finding(Outcome.WRONG, "No number of the block leads to gw.example.", tuple(rows))
    return task.fault("a block too small", *rows) if missed else None


def _cure(task: Task, served: Served) -> Finding | None:
    hole = [f"+612555023{line:02d}" for line in range(100)]
    others = [f"+61255502{line:03d}" for line in (0, 123, 299, 400, 999)]
    missed = [number for number in hole + others if not served.leads_to(number, PLAYGROUND)]
    if not missed:
        first = served.uris(PORTED)[0]
        if first.startswith("sip:staticroute@"):
            return None
        return task.fault("the ported number lost", ("number", PORTED), ("got", first))
    rows = ("numbers without a route", str(len(missed))), ("the first of them", missed[0])
    inner = [number for number in missed if number[-2] == "4"]
    if len(missed) == len(inner) == 9:
        return task.fault("forgot the inner empty non-terminal", *rows)
    if len(missed) == 90 and not inner:
        return task.fault("forgot the outer empty non-terminal", *rows)
    if len(missed) == 99:
        deep = any(owner.startswith("*.5.4.3.2.0.") for owner in served.zone.owners)
        return task.fault("one level too deep" if deep else "a better order", *rows)
    return Finding(Outcome.WRONG, "Some numbers of the block have no such route.", rows)


def _numbers(answer: object) -> Understood:
    found = sorted({aus(text(item)) for item in _listed(answer)})
    return Understood(tuple(found), ", ".join(found) or "none")


def _listed(answer: object) -> list[object]:
    # A text is cut at its commas only: numbers may hold spaces.
    return list(answer.split(",")) if isinstance(answer, str) else items(answer)


def _trees() -> list[Arguments]:
    """Small zones of numbers, and names in and beside them."""
    rng = Random(pool.SEED)
    top = "2.0.5.5.5.2.1.6.e164.arpa"
    found: list[Arguments] = []
    for _ in range(60):
        lines = ["".join(rng.choice("01") for _ in range(rng.choice([1, 2, 3]))) for _ in range(3)]
        names = [".".join((*line, top)) for line in lines]
        owners = ["e164.arpa", f"*.{top}", *names[: rng.choice([0, 1, 2])]]
        found.append((owners, rng.choice([names[2], owners[-1], "1.1.5.5.5.3.1.6.e164.arpa"])))
    return found


CHECKS = {
    "5.1": zone_check(_one_line),
    "5.2": zone_check(_cure, lambda: Zone.named("playground")),
    "5.3": value_check(count),
    "5.4": value_check(
        _numbers,
        when={
            "the block itself": lambda got: "+61255502" in got,
            "forgot the hole": lambda got: "+61255502346" in got,
            "another block": lambda got: "+61255503123" in got,
            "numbers of full length only": lambda got: len(got) < 3,
        },
    ),
    "5.5": function_check(_trees),
}
