"""Regexp tasks: the learner's regexp field is applied to many numbers, the smallest first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from enumlab.errors import NoMatch, SubstitutionError
from enumlab.exercises.functions import COUNTEREXAMPLE, most_like
from enumlab.exercises.task import Check, Finding, Outcome, Task
from enumlab.exercises.trials import LONGEST, Trial, shown
from enumlab.substitution import rewrite

NO_MATCH = "no match"


def applied(field: str, number: str) -> str:
    """What a regexp field makes of a number, or the words "no match".

    Raises:
        SubstitutionError: the field is not sound.

    Example:
        >>> applied("!^.*$!sip:info@example.com!", "+61355500912")
        'sip:info@example.com'
    """
    try:
        return rewrite(field, number)
    except NoMatch:
        return NO_MATCH


def regexp_check(numbers: Callable[[], Iterable[str]]) -> Check:
    """A check that compares a regexp field, as on the wire, with the reference."""

    def check(task: Task, answer: object) -> Finding:
        if not isinstance(answer, str):
            message = (
                "A regexp field is text. Write it between quotation marks, with `r` before them."
            )
            return Finding(Outcome.WRONG, message, (("got", shown(answer)),))
        wrote = ("you wrote", answer[:LONGEST])
        trials = []
        try:
            for number in sorted(numbers(), key=lambda number: (len(number), number)):
                trials.append(Trial((number,), applied(answer, number)))
        except SubstitutionError as error:
            return _unsound(task, answer, error)

        def agrees(trial: Trial, field: str) -> bool:
            try:
                return applied(field, *trial.arguments) == trial.got
            except SubstitutionError:
                return False

        failed = [trial for trial in trials if not agrees(trial, task.expected)]
        if not failed:
            return Finding(Outcome.RIGHT, task.because, (("numbers tried", str(len(trials))),))
        wrong, telling = most_like(trials, failed, task.wrong_values, agrees)
        (number,) = telling.arguments
        expected = applied(task.expected, number)
        rows = wrote, ("input", number), ("expected", expected), ("got", str(telling.got))
        if wrong is None:
            return Finding(Outcome.WRONG, COUNTEREXAMPLE, rows)
        return task.fault(wrong.name, *rows)

    return check


def _unsound(task: Task, answer: str, error: SubstitutionError) -> Finding:
    """A field that breaks the grammar, as a misconception of the task may, too."""
    rows = ("you wrote", answer[:LONGEST]), ("the client says", str(error))
    for wrong, field in task.wrong_values:
        try:
            applied(field, "+61355500912")
        except SubstitutionError as known:
            if _reason(known) == _reason(error):
                return task.fault(wrong.name, *rows)
    return Finding(Outcome.WRONG, "A client cannot use this regexp, and skips the record.", rows)


def _reason(error: SubstitutionError) -> str:
    """What an error says, without the field that it says it of."""
    return re.sub(r"'.*'", "", str(error))
