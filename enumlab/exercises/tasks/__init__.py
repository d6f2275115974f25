"""All exercises: for each notebook the texts in a TOML file, and the checks in a module."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import import_module
from importlib.resources import files

from enumlab.exercises.task import Task, Wrong

SHEETS = (
    "n01_names",
    "n02_fields",
    "n03_shares",
    "n04_failover",
    "n05_wildcards",
    "n06_regexps",
    "n07_plan",
    "n08_switches",
    "n09_delegation",
)


@cache
def tasks() -> dict[str, Task]:
    """Every task by its number, in the sequence of the course.

    Example:
        >>> tasks()["3.1"].title
        'Shares of three servers'
    """
    return {task.number: task for sheet in SHEETS for task in _read(sheet)}


def _read(sheet: str) -> list[Task]:
    checks = import_module(f"{__name__}.{sheet}").CHECKS
    text = files(__name__).joinpath(f"{sheet}.toml").read_text(encoding="utf-8")
    return [
        Task(
            **entry
            | {
                "check": checks[entry["number"]],
                "hints": tuple(entry["hints"]),
                "also_right": tuple(entry["also_right"]),
                "wrong": tuple(Wrong(**wrong) for wrong in entry["wrong"]),
            }
        )
        for entry in tomllib.loads(text)["task"]
    ]
