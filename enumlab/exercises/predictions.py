"""Predictions: a learner commits to a guess, and the server or the simulation says what is so."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from fractions import Fraction
from html import escape
from typing import Any

from enumlab.errors import LabError
from enumlab.exercises import readers, store
from enumlab.exercises.verdict import NEUTRAL, Note, boxed


class Prediction:
    """A question with a few possible answers, and perhaps the learner's guess.

    Attributes:
        number: such as "3.a".
        options: what can be guessed, as text; empty where they were not given.
    """

    def __init__(self, number: str, options: Sequence[object]) -> None:
        self.number = number
        self.options = [str(option) for option in options]
        self._trouble = ""

    @property
    def guess(self) -> str | None:
        """The guess made, if any; also one made in an earlier session."""
        return store.guess_of(self.number)

    def choose(self, guess: object) -> Prediction:
        """Make a guess; what buttons do in a notebook.

        Raises:
            LabError: the guess is not one of the options.
        """
        text = str(guess)
        if self.options and text not in self.options:
            raise LabError(f"Saw the guess {text!r}, expected one of: {', '.join(self.options)}.")
        self._trouble = store.note_guess(self.number, text)
        return self

    def reconcile(self, truth: object) -> Note:
        """Say in one sentence whether the guess held.

        Args:
            truth: a number, several numbers, or text. Among options that are numbers, the one
                nearest to the truth holds; "25/25/50" stands for numbers in these proportions.
        """
        head = f"Prediction {self.number}"
        said = _said(truth).removesuffix(".")  # a name may end in one, and the sentence does
        if self.guess is None:
            return Note(head, f"It came out as {said}. Make a guess, and run this cell again.")
        held = _holds(self.guess, truth, self.options)
        verdict = "✓ Your guess held" if held else "✗ Your guess did not hold"
        return Note(head, f"{verdict}: you said {self.guess}, and it came out as {said}.")

    def _lines(self) -> list[str]:
        guess = self.guess
        lines = [f"Prediction {self.number}"]
        if self.options:
            lines.append("What do you expect? " + " | ".join(self.options))
        if guess is None:
            lines.append(f'In words: lab.predict("{self.number}", guess=...)')
        else:
            lines.append(f"Your guess: {guess}")
        return [line for line in (*lines, self._trouble) if line]

    def __repr__(self) -> str:
        return "\n".join(self._lines())

    def _repr_html_(self) -> str:
        head, *lines = self._lines()
        body = "".join(f"<p>{escape(line)}</p>" for line in lines)
        return boxed(f"<p><strong>{escape(head)}</strong></p>{body}", NEUTRAL)

    def _repr_mimebundle_(self, **_: object) -> dict[str, object]:
        bundle: dict[str, object] = {"text/html": self._repr_html_(), "text/plain": repr(self)}
        return _buttons(self) | bundle if self.options and _in_a_notebook() else bundle


def predict(
    number: str,
    options: Iterable[object] = (),
    *,
    guess: object = None,
    truth: object = None,
) -> Prediction | Note:
    """Ask for a guess, make one, or reconcile it with the truth; see `enumlab.exercises`."""
    if isinstance(options, str):
        raise LabError(f"Saw the options {options!r}, expected a list such as ['50/50', '100/0'].")
    prediction = Prediction(str(number), list(options))
    if guess is not None:
        prediction.choose(guess)
    return prediction if truth is None else prediction.reconcile(truth)


def _holds(guess: str, truth: object, options: Sequence[str]) -> bool:
    if isinstance(truth, str):
        return guess.casefold().split() == truth.casefold().split()
    try:
        wanted = _numbers(truth)
        off = {option: _distance(option, wanted) for option in {guess, *options}}
    except LabError:
        return guess.casefold().split() == str(truth).casefold().split()
    if len(off) == 1:
        return off[guess] <= Fraction(1, 20)
    return off[guess] == min(off.values())


def _distance(option: str, wanted: list[Fraction]) -> Fraction:
    """How far an option is from the truth: one number by itself, several by their proportions."""
    if len(wanted) == 1:
        return abs(readers.number(option) - wanted[0]) / (abs(wanted[0]) or 1)
    found = _numbers(option.split("/"))
    if len(found) != len(wanted):
        return Fraction(sum(map(abs, wanted)) + len(found))
    total, whole = sum(found) or 1, sum(wanted) or 1
    return max(abs(f / total - w / whole) for f, w in zip(found, wanted, strict=True))


def _numbers(value: object) -> list[Fraction]:
    if isinstance(value, list | tuple) or hasattr(value, "tolist") or isinstance(value, dict):
        return [readers.number(item) for item in readers.items(value)]
    return [readers.number(value)]


def _said(truth: object) -> str:
    """A truth as a learner reads it: several numbers with strokes, floats with four digits."""
    if isinstance(truth, str):
        return truth
    if isinstance(truth, float):
        return f"{truth:.4g}"
    try:
        return " / ".join(_said(item) for item in readers.items(truth))
    except LabError:
        return str(truth)


def _in_a_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return getattr(shell, "kernel", None) is not None


def _buttons(prediction: Prediction) -> dict[str, Any]:
    """The MIME bundle of one button for each option."""
    try:
        import ipywidgets
    except ImportError:
        return {}
    guess = prediction.guess
    buttons = ipywidgets.ToggleButtons(
        options=prediction.options,
        value=guess if guess in prediction.options else None,
        description=f"Prediction {prediction.number}",
        style={"description_width": "initial", "button_width": "auto"},
    )
    text = ipywidgets.HTML(_status(prediction))

    def chosen(change: dict[str, Any]) -> None:
        if change["new"] is not None:
            prediction.choose(change["new"])
            text.value = _status(prediction)

    buttons.observe(chosen, "value")
    bundle: dict[str, Any] = ipywidgets.VBox([buttons, text])._repr_mimebundle_()
    return bundle


def _status(prediction: Prediction) -> str:
    *_, last = prediction._lines()
    return escape(last)
