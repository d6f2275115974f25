"""What a learner sees: a verdict, the card of an exercise, a hint, a solution."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import TypeVar

from enumlab.exercises.task import Finding, Outcome, Task
from enumlab.show.tables import NO_MATHS, Markup, table

Function = TypeVar("Function", bound=Callable[..., object])

# Sign, words, and a colour of Okabe and Ito for the line at the left; the words say it all.
LOOKS = {
    Outcome.NOT_ATTEMPTED: ("○", "not attempted yet", "#56B4E9"),
    Outcome.RAISED: ("⚠", "stopped with an error", "#E69F00"),
    Outcome.WRONG: ("✗", "not right", "#D55E00"),
    Outcome.RIGHT: ("✓", "right", "#009E73"),
}
NEUTRAL = "#56B4E9"


@dataclass(frozen=True, repr=False)
class Verdict:
    """What was found out about one answer.

    Attributes:
        number: of the exercise, such as "3.2".
        title: of the exercise.
        finding: outcome, message, rows and misconception.
        note: what else to know, such as that progress could not be saved.
    """

    number: str
    title: str
    finding: Finding
    note: str = ""

    @property
    def outcome(self) -> Outcome:
        """One of "not attempted", "raised", "wrong" and "right"."""
        return self.finding.outcome

    @property
    def right(self) -> bool:
        """Whether the answer passed."""
        return self.outcome is Outcome.RIGHT

    @property
    def message(self) -> str:
        """Why, in a sentence or two."""
        return self.finding.message

    @property
    def misconception(self) -> str:
        """The name of the mistake, or an empty text."""
        return self.finding.misconception

    @property
    def _head(self) -> str:
        sign, words, _ = LOOKS[self.outcome]
        named = f" ({self.misconception})" if self.misconception else ""
        return f"{sign} Exercise {self.number}, {self.title}: {words}{named}."

    @property
    def _help(self) -> str:
        if self.right:
            return ""
        return f'Help: lab.hint("{self.number}")'

    def __repr__(self) -> str:
        width = max((len(what) for what, _ in self.finding.rows), default=0)
        rows = [f"  {what:{width}}  {value}" for what, value in self.finding.rows]
        lines = [self._head, *plain(self.message).split("\n"), *rows, self._help, self.note]
        return "\n".join(line for line in lines if line)

    def _repr_html_(self) -> str:
        parts = [f"<p><strong>{escape(self._head)}</strong></p>", html(self.message)]
        if self.finding.rows:
            rows = [
                (what, Markup(f'<code style="white-space:pre-wrap">{escape(value)}</code>'))
                for what, value in self.finding.rows
            ]
            parts.append(table(f"Exercise {self.number}", ("what", "value"), rows))
        parts += [html(text) for text in (self._help, self.note) if text]
        return boxed("".join(parts), LOOKS[self.outcome][2])


@dataclass(frozen=True, repr=False)
class Note:
    """A heading and some Markdown: a hint, or a solution."""

    head: str
    text: str

    def __repr__(self) -> str:
        return f"{self.head}\n{plain(self.text)}"

    def _repr_html_(self) -> str:
        return boxed(f"<p><strong>{escape(self.head)}</strong></p>{html(self.text)}", NEUTRAL)


class Card:
    """An exercise with no answer yet; called with a function, it judges that function."""

    def __init__(self, task: Task, judge: Callable[[object], Verdict]) -> None:
        self._task, self._judge = task, judge

    def __call__(self, function: Function) -> Function:
        """Judge a function, show the verdict, and give the function back as it was."""
        verdict = self._judge(function)
        _show(verdict)
        return function

    def __repr__(self) -> str:
        return repr(self._note)

    def _repr_html_(self) -> str:
        return self._note._repr_html_()

    @property
    def _note(self) -> Note:
        task = self._task
        return Note(
            f"Exercise {task.number}, {task.title}",
            f"{task.prompt}\n\n```\n{task.stub}\n```",
        )


def _show(verdict: Verdict) -> None:
    """A decorator's cell has no last value to show, so the verdict is shown from here."""
    ipython = sys.modules.get("IPython")
    if ipython and ipython.get_ipython():
        ipython.display.display(verdict)


def boxed(inside: str, colour: str) -> str:
    """HTML with a coloured line at its left."""
    style = f"border-left:4px solid {colour};padding-left:1em"
    return f'<div class="{NO_MATHS}" style="{style}">{inside}</div>'


_FENCE = re.compile(r"```\n(.*?)\n```", re.DOTALL)


def plain(markdown: str) -> str:
    r"""Markdown as text for a terminal: no backticks, a line for each paragraph.

    Example:
        >>> plain("Use `lab.ask`, or\nread on.")
        'Use lab.ask, or read on.'
    """
    pieces = _FENCE.split(markdown)  # text and code take turns
    for at in range(0, len(pieces), 2):
        unwrapped = re.sub(r"(?<!\n)\n(?!\n|- )", " ", pieces[at].strip("\n"))
        pieces[at] = unwrapped.replace("`", "")
    return "\n\n".join(filter(None, pieces))


def html(markdown: str) -> str:
    """The little Markdown that exercises use: paragraphs, code spans, fenced code, lists.

    Example:
        >>> html("Use `<b>`.")
        '<p>Use <code>&lt;b&gt;</code>.</p>'
    """
    pieces = _FENCE.split(markdown)  # text and code take turns
    out = []
    for at, piece in enumerate(pieces):
        if at % 2:
            out.append(f"<pre><code>{escape(piece)}</code></pre>")
            continue
        for block in filter(None, (block.strip() for block in piece.split("\n\n"))):
            text = re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(block))
            if block.startswith("- "):
                items = re.split(r"\n(?=- )", text)
                out.append(f"<ul>{''.join(f'<li>{item[2:]}</li>' for item in items)}</ul>")
            else:
                out.append(f"<p>{text}</p>")
    return "".join(out)
