"""Value tasks: a number, a list, a text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from enumlab.errors import LabError
from enumlab.exercises.readers import TOLERANCE, Reader
from enumlab.exercises.task import Check, Finding, Outcome, Task
from enumlab.exercises.trials import shown


def value_check(
    read: Reader,
    same: Callable[[Any, Any], bool] | None = None,
    remark: Callable[[Any], str] = lambda value: "",
    when: Mapping[str, Callable[[Any], bool]] | None = None,
) -> Check:
    """A check that compares a value with the reference.

    Args:
        read: understands the learner's form of the value, or raises LabError.
        same: (expected, got) -> whether got passes; `alike` without it.
        remark: what to say of a wrong value that shows no known misconception.
        when: name of a misconception -> whether a value shows it; without an entry a value shows
            it that is like the one in the task.
    """
    patterns = when or {}

    def check(task: Task, answer: object) -> Finding:
        if _unfinished(answer):
            return Finding(Outcome.NOT_ATTEMPTED, "")
        wrote = ("you wrote", shown(answer))
        try:
            understood = read(answer)
        except LabError as error:
            return Finding(Outcome.WRONG, str(error), (wrote,))
        got, rows = understood.value, (wrote, ("understood as", understood.said))
        if (same or alike)(read(task.expected).value, got):
            return Finding(Outcome.RIGHT, task.because, rows)
        for wrong, value in task.wrong_values:
            pattern = patterns.get(wrong.name)
            if pattern(got) if pattern else alike(read(value).value, got):
                return task.fault(wrong.name, *rows)
        said = remark(got) or "This is another value than the expected one."
        return Finding(Outcome.WRONG, said, rows)

    return check


def _unfinished(answer: object) -> bool:
    if isinstance(answer, list | tuple):
        return any(item is None or item is ... for item in answer)
    return False


def alike(expected: Any, got: Any) -> bool:  # noqa: ANN401
    """Whether values are the same, but for the last digits of a float.

    Example:
        >>> alike((Fraction(1, 3),), (Fraction(1 / 3),)), alike(Fraction(1, 4), Fraction("0.253"))
        (True, False)
    """
    if isinstance(expected, tuple):
        return len(expected) == len(got) and all(map(alike, expected, got))
    if isinstance(expected, Fraction):
        return bool(abs(expected - got) <= TOLERANCE)
    return bool(expected == got)


def within(low: float, high: float) -> Callable[[Any, Any], bool]:
    """A comparison that takes any number of a range, both ends included."""
    return lambda expected, got: bool(low <= got <= high)
