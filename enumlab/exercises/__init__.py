"""Exercises that know when an answer is wrong, and why.

    lab.exercise("3.1", 1 / 4)            -> Verdict
    lab.exercise("5.1", zone=r\"\"\"...\"\"\")  -> Verdict
    @lab.exercise("1.1")                  above a function: shows the Verdict, keeps the function
    lab.exercise("3.1")                   -> Card: what is asked, and the cell to start from
    lab.hint("3.1")                       -> Note: one more hint each time
    lab.solution("3.1")                   -> Note: code and reasoning
    lab.progress()                        -> Picture of what is done, with its table
    lab.predict("3.a", ["50/50", "100/0"])    -> Prediction: buttons in a notebook
    lab.predict("3.a", guess="50/50")         the same in words
    lab.predict("3.a", truth=[498, 502])      -> Note: whether the guess held
    prediction.reconcile([498, 502])          the same, and it knows the options

An answer of `...` or None, or a function of nothing but `...`, is not attempted. A verdict depends
on nothing but what the cell passes, so cells may be copied, moved and deleted. It never raises,
unless the environment has ENUMLAB_STRICT=1: then anything but a right answer is an AssertionError.

A reconciled truth is a number, several numbers, or text. Where the options are numbers, the nearest
one holds; an option "25/25/50" stands for numbers in these proportions.

For authors: `tasks()["3.1"].stub` is the cell of the notebook, `.prompt` the Markdown above it.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING, overload

from enumlab.errors import LabError
from enumlab.exercises import store
from enumlab.exercises.predictions import Prediction as Prediction
from enumlab.exercises.predictions import predict as predict
from enumlab.exercises.task import HOLE, Finding, Outcome, Task
from enumlab.exercises.tasks import tasks
from enumlab.exercises.verdict import Card, Note, Verdict

if TYPE_CHECKING:
    from enumlab.show.figure import Picture

START = "Put your answer in place of `...`, and run the cell again."

_NOT_GIVEN = object()
_hints_given: Counter[str] = Counter()


@overload
def exercise(number: str) -> Card: ...
@overload
def exercise(number: str, answer: object) -> Verdict: ...
@overload
def exercise(number: str, *, zone: object) -> Verdict: ...
def exercise(
    number: str, answer: object = _NOT_GIVEN, *, zone: object = _NOT_GIVEN
) -> Verdict | Card:
    """Judge an answer, or, with no answer, show the exercise; also a decorator.

    Args:
        number: such as "3.1".
        answer: a number, a list, a text or a function, as the exercise asks.
        zone: the lines of a master file, or a `Zone`.

    Raises:
        LabError: there is no such exercise.
        AssertionError: the answer is not right, and the environment has ENUMLAB_STRICT=1.

    Example:
        >>> exercise("3.1", ...)
        ○ Exercise 3.1, Shares of three servers: not attempted yet.
        Put your answer in place of ..., and run the cell again.
        Help: lab.hint("3.1")
    """
    task = find(number)
    if zone is not _NOT_GIVEN:
        answer = zone
    if answer is _NOT_GIVEN:
        return Card(task, lambda function: _verdict(task, function))
    return _verdict(task, answer)


def hint(number: str) -> Note:
    """One more hint to an exercise each time; the earlier ones stay.

    Raises:
        LabError: there is no such exercise.

    Example:
        >>> print(hint("3.1"))  # doctest: +ELLIPSIS
        Exercise 3.1, hint 1 of ...
    """
    task = find(number)
    total = len(task.hints)
    given = _hints_given[number] = min(_hints_given[number] + 1, total)
    head = f"Exercise {task.number}, hint {given} of {total}"
    last = f'\n\nThat was the last one. The solution: `lab.solution("{task.number}")`'
    return Note(head, "\n\n".join(task.hints[:given]) + (last if given == total else ""))


def solution(number: str) -> Note:
    """The solution of an exercise: the cell and the reasoning.

    Raises:
        LabError: there is no such exercise.
    """
    task = find(number)
    head = f"Exercise {task.number}, {task.title}: a solution"
    return Note(head, f"```\n{task.cell(task.answer)}\n```\n\n{task.because}")


def progress() -> Picture:
    """What is done: a table and a picture, from `progress.json` in the current folder."""
    from enumlab.exercises.overview import overview  # it draws

    return overview()


def find(number: str) -> Task:
    """The task of a number.

    Raises:
        LabError: there is none; the nearest is named.

    Example:
        >>> find("3.1").number
        '3.1'
    """
    text = str(number).strip()
    if text in tasks():
        return tasks()[text]
    raise LabError(
        f"There is no exercise {number!r}. The nearest is {_nearest(text)!r}. "
        "The first digit is the notebook's: lab.progress() shows them all."
    )


def judge(task: Task, answer: object) -> Finding:
    """What an answer is worth; keeps no trace of it.

    Example:
        >>> judge(find("3.1"), ["25 %", "25 %", "50 %"]).outcome
        <Outcome.RIGHT: 'right'>
    """
    if answer is None or answer is ... or (isinstance(answer, str) and answer.strip() == HOLE):
        return Finding(Outcome.NOT_ATTEMPTED, START)
    found = task.check(task, answer)
    if found.outcome is Outcome.NOT_ATTEMPTED:
        return Finding(Outcome.NOT_ATTEMPTED, START)
    return found


def _verdict(task: Task, answer: object) -> Verdict:
    finding = judge(task, answer)
    trouble = store.note_outcome(task.number, finding.outcome)
    verdict = Verdict(task.number, task.title, finding, trouble)
    if os.environ.get("ENUMLAB_STRICT") == "1" and not verdict.right:
        raise AssertionError(repr(verdict))
    return verdict


def _nearest(text: str) -> str:
    """The task whose number differs least; the notebook counts more than what follows."""

    def key(number: str) -> list[float]:
        try:
            return [float(part) for part in number.split(".")]
        except ValueError:
            return []

    wanted = key(text)
    return min(
        tasks(),
        key=lambda number: [abs(a - b) for a, b in zip(key(number), wanted, strict=False)],
    )
