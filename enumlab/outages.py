"""Which targets are down, and when: what is written as `down=`, made into stretches of time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple, SupportsFloat

from enumlab.errors import LabError
from enumlab.targets import several, target

Window = tuple[float, float]
Outage = bool | float | Window | list[Window]
Down = Iterable[str | int] | Mapping[str, Outage] | Mapping[int, Outage] | str | int


class Spell(NamedTuple):
    """A stretch of time in which no target changes its state.

    Attributes:
        start: seconds after the first call.
        end: the first second after it.
        chances: of each target, the probability that a call finds it down.
    """

    start: Fraction
    end: Fraction
    chances: tuple[Fraction, ...]


def spells(down: Down, names: tuple[str, ...], duration: float) -> list[Spell]:
    """The whole duration cut wherever a target goes down or comes back.

    Args:
        down: names or indexes of targets that are down all the time; or a mapping from a name or
            index to True, to a probability (each call draws anew), to a window (start, end) in
            seconds, or to a list of windows. The end of a window is not part of it.
        names: the names of all targets.
        duration: seconds.

    Raises:
        LabError: a target that is not there, a probability outside 0 to 1, a window that ends
            before it starts or lies after the last call.

    Example:
        >>> for spell in spells({"A": (60, 90)}, ("A",), 300):
        ...     print(*map(int, (spell.start, spell.end, *spell.chances)))
        0 60 0
        60 90 1
        90 300 0
    """
    end = Fraction(duration)
    outages = {target(name, names): what for name, what in _pairs(down)}
    windows = {index: _windows(what, duration) for index, what in outages.items()}
    edges = {Fraction(0), end}
    edges |= {
        edge for each in windows.values() for start, stop, _ in each for edge in (start, stop)
    }
    inside = sorted(edge for edge in edges if edge <= end)

    def chance(index: int, at: Fraction) -> Fraction:
        covering = (p for start, stop, p in windows.get(index, []) if start <= at < stop)
        return max(covering, default=Fraction(0))

    return [
        Spell(start, stop, tuple(chance(index, start) for index in range(len(names))))
        for start, stop in pairwise(inside)
    ]


def seconds(value: object, what: str) -> float:
    """The value as seconds, 0 or more.

    Raises:
        LabError: it is not; `what` names it there.

    Example:
        >>> seconds(4, "timeout")
        4.0
    """
    number = math.nan if isinstance(value, bool) else _number(value)
    if not 0 <= number < math.inf:
        raise LabError(f"saw {value!r} as {what}, expected seconds: a number of 0 or more")
    return number


def _number(value: object) -> float:
    return float(value) if isinstance(value, SupportsFloat) else math.nan


def _pairs(down: Down) -> list[tuple[object, object]]:
    if isinstance(down, Mapping):
        return list(down.items())
    return [(name, True) for name in several(down)]


def _windows(what: object, duration: float) -> list[tuple[Fraction, Fraction, Fraction]]:
    """(start, end, probability) of one target's outages."""
    if isinstance(what, list):
        return [_window(window, duration) for window in what]
    if isinstance(what, tuple):
        return [_window(what, duration)]
    if not 0 <= _number(what) <= 1:
        raise LabError(
            f"saw {what!r} as an outage, expected True, a probability from 0 to 1, a window "
            "(start, end) in seconds, or a list of windows"
        )
    # By way of its text, so that 0.1 is one tenth.
    return [(Fraction(0), Fraction(duration), Fraction(str(_number(what))))]


def _window(window: object, duration: float) -> tuple[Fraction, Fraction, Fraction]:
    if not isinstance(window, tuple) or len(window) != 2:
        raise LabError(f"saw {window!r} as a window, expected a pair (start, end) in seconds")
    start, end = (seconds(edge, "the edge of a window") for edge in window)
    if start >= end:
        raise LabError(f"the window {window!r} ends before it starts, expected start < end")
    if start >= duration:
        raise LabError(
            f"the window {window!r} starts after the last call; "
            f"calls come for {duration:g} seconds: choose a longer duration"
        )
    return Fraction(start), Fraction(end), Fraction(1)
