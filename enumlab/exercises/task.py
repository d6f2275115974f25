"""What an exercise is made of, and what can be found out about an answer."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

HOLE = "..."  # what a learner replaces


class Outcome(StrEnum):
    """What became of an answer; each is also a plain string."""

    NOT_ATTEMPTED = "not attempted"
    RAISED = "raised"
    WRONG = "wrong"
    RIGHT = "right"


@dataclass(frozen=True)
class Finding:
    """What a check found out about an answer.

    Attributes:
        outcome: one of `Outcome`.
        message: why, in a sentence or two.
        rows: (what, value) pairs, such as ("expected", "'1.6.e164.arpa.'").
        misconception: the name of the mistake, where the answer shows which it is.
    """

    outcome: Outcome
    message: str
    rows: tuple[tuple[str, str], ...] = ()
    misconception: str = ""


@dataclass(frozen=True)
class Wrong:
    """A misconception, with an answer that shows it.

    Attributes:
        name: such as "kept the plus".
        answer: source text that takes the place of `...` in the stub.
        says: what a learner is told.
    """

    name: str
    answer: str
    says: str


@dataclass(frozen=True)
class Task:
    """An exercise.

    Attributes:
        number: of the notebook and, after a dot, of the exercise in it: "3.2".
        title: a few words.
        prompt: what to do, in Markdown; lines of a paragraph may be broken anywhere.
        stub: the notebook's cell before it is solved; `...` stands where the answer goes.
        check: (task, answer) -> Finding; the answer is never missing.
        hints: two to four, each saying more than the one before.
        answer: source text of the reference, to take the place of `...`.
        because: the reasoning, in Markdown.
        also_right: other answers that must pass.
        wrong: answers that must fail, each with its own message.
    """

    number: str
    title: str
    prompt: str
    stub: str
    check: Check = field(repr=False)
    hints: tuple[str, ...]
    answer: str
    because: str
    also_right: tuple[str, ...]
    wrong: tuple[Wrong, ...]

    def cell(self, answer: str) -> str:
        """The notebook's cell with an answer in place of `...`.

        Each line of the answer is indented as the `...` was.
        """
        before, _, after = self.stub.partition(HOLE)
        start = before.rpartition("\n")[2]
        indent = start if not start.strip() else ""
        return before + textwrap.indent(answer, indent).removeprefix(indent) + after

    def value(self, answer: str) -> Any:  # noqa: ANN401
        """What the cell with this answer passes to `lab.exercise`: a function, a value, a text."""
        catch = _Catch()
        exec(self.cell(answer), {"lab": catch})
        return catch.caught

    @cached_property
    def expected(self) -> Any:  # noqa: ANN401
        """The value of the reference answer."""
        return self.value(self.answer)

    @cached_property
    def wrong_values(self) -> list[tuple[Wrong, Any]]:
        """Each misconception with the value of its answer."""
        return [(wrong, self.value(wrong.answer)) for wrong in self.wrong]

    def fault(self, name: str, *rows: tuple[str, str], otherwise: str = "") -> Finding:
        """The finding for a misconception.

        Args:
            name: of the misconception.
            rows: as in `Finding`.
            otherwise: the message where this task does not list the misconception.
        """
        says = next((wrong.says for wrong in self.wrong if wrong.name == name), "")
        if not (says or otherwise):
            raise KeyError(f"exercise {self.number} lists no misconception {name!r}")
        return Finding(Outcome.WRONG, says or otherwise, rows, name)


Check = Callable[[Task, object], Finding]


class _Catch:
    """Stands in for the package while a cell runs, and keeps what the cell passes."""

    caught: object = None

    def exercise(self, number: str, *answer: object, zone: object = None) -> object:
        """As `enumlab.exercise` is called, but nothing is judged."""
        if answer or zone is not None:
            self.caught = answer[0] if answer else zone
            return None
        return self._keep

    def _keep(self, function: object) -> object:
        self.caught = function
        return function

    def __getattr__(self, name: str) -> object:
        import enumlab

        return getattr(enumlab, name)
