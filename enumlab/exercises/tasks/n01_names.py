"""Notebook 01: from number to name, and back."""

from __future__ import annotations

from enumlab.exercises import pool
from enumlab.exercises.functions import function_check
from enumlab.exercises.readers import Understood, text, word
from enumlab.exercises.trials import Arguments
from enumlab.exercises.values import value_check
from enumlab.number import aus, to_domain


def same_name(expected: str, got: object) -> bool:
    """Names are alike in any letter case, with or without the dot at the end."""
    return isinstance(got, str) and got.rstrip(".").lower() == expected.rstrip(".").lower()


def _numbers() -> list[Arguments]:
    numbers = pool.australian(20) + pool.foreign(10)
    spaced = [pool.spaced(number) for number in numbers]
    parts = ["+61", "+61 3", "+61 3 5550"]  # a country, an area, an exchange: names of zones
    return [(number,) for number in numbers + spaced + parts]


def _names() -> list[Arguments]:
    return [(to_domain(number),) for (number,) in _numbers()]


def _national() -> list[Arguments]:
    found: list[Arguments] = []
    for number in pool.australian(30):
        area, exchange, line = number[3], number[4:8], number[8:]
        found += [(f"0{area} {exchange} {line}",), (f"(0{area}) {exchange} {line}",)]
    return found


def _number(answer: object) -> Understood:
    digits = aus(text(answer))
    return Understood(digits, digits)


CHECKS = {
    "1.1": function_check(_numbers, same_name),
    "1.2": function_check(_names),
    "1.3": function_check(_national, same_name),
    "1.4": value_check(word),
    "1.5": value_check(
        _number,
        when={
            "the digit at the wrong end": lambda got: (
                got.startswith("+612550") and len(got) > len("+6125501234")
            ),
            "a digit too many": lambda got: (
                got.startswith("+61255501") and len(got) > len("+61255501234")
            ),
        },
    ),
}
