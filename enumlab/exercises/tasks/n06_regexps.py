"""Notebook 06: rewriting the number."""

from __future__ import annotations

from enumlab.errors import LabError
from enumlab.exercises import pool
from enumlab.exercises.readers import Understood, text
from enumlab.exercises.regexps import applied, regexp_check
from enumlab.exercises.task import Finding, Outcome, Task
from enumlab.exercises.trials import shown
from enumlab.exercises.values import value_check
from enumlab.exercises.zones import Served, zone_check
from enumlab.number import aus

NUMBER = "+61355500915"
WANTED = "sip:61355500915@gw.example"
BREAKABLE = r"!^.*61(.*)$!sip:0\1@gw.example!"


def _numbers() -> list[str]:
    return pool.australian(20) + pool.foreign(10)


def _backslashes(task: Task, served: Served) -> Finding | None:
    records = served.answer(NUMBER).records
    uris = served.uris(NUMBER)
    if uris == [WANTED]:
        return None
    regexp = records[0].regexp if records else ""
    rows = ("on the wire", regexp or "no record"), ("got", ", ".join(uris) or "no URI")
    if "^+" in regexp:
        return task.fault("one backslash before the plus", *rows)
    if r"\\1" in regexp:
        return task.fault("four backslashes", *rows)
    if uris == [WANTED.replace(":", ":+")]:
        return task.fault("the plus taken along", *rows)
    return Finding(Outcome.WRONG, f"The number {NUMBER} does not lead to {WANTED}.", rows)


def _breaks(task: Task, answer: object) -> Finding:
    try:
        number = aus(text(answer))
    except LabError as error:
        return Finding(Outcome.WRONG, str(error), (("you wrote", shown(answer)),))
    wanted = f"sip:0{number.removeprefix('+61')}@gw.example"
    got = applied(BREAKABLE, number)
    rows = ("input", number), ("wanted", wanted), ("got", got)
    if not number.startswith("+61"):
        return task.fault("another country", ("input", number), ("got", got))
    if len(number) != len(NUMBER) or number[4:8] != "5550":
        return task.fault("of another form", *rows)
    if got == wanted:
        return task.fault("this one is cut rightly", *rows)
    return Finding(Outcome.RIGHT, task.because, rows)


def _group(answer: object) -> Understood:
    return Understood(text(answer), shown(answer))


CHECKS = {
    "6.1": regexp_check(_numbers),
    "6.2": regexp_check(_numbers),
    "6.3": zone_check(_backslashes),
    "6.4": _breaks,
    "6.5": value_check(_group),
}
