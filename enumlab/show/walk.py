"""The walk from a number to a URI as a table, each digit in its own colour."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from enumlab.show.tables import Markup, table

if TYPE_CHECKING:
    from enumlab.client import Answer

# Light enough for dark text in either theme. The small number says the same as the colour.
HUES = (0, 32, 52, 85, 140, 172, 200, 225, 262, 300, 335)


def walk(answer: Answer) -> str:
    """HTML of an answer: one row a step, digits marked so that the eye can follow them."""
    digits = answer.aus[1:]
    marked = {
        "plus and digits": "+" + "".join(_digit(d, i) for i, d in enumerate(digits)),
        "digits reversed": ".".join(_digit(d, i) for i, d in [*enumerate(digits)][::-1]),
    }
    rows = []
    for step in answer.steps:
        value = marked.get(step.title) or "<br>".join(
            f"<code>{escape(line)}</code>" for line in step.value.splitlines()
        )
        rows.append((step.title, Markup(value), step.note))
    return table(f"From {answer.number} to a URI", ["step", "value", "note"], rows)


def _digit(digit: str, index: int) -> str:
    hue = HUES[index % len(HUES)]
    style = (
        f"background:hsl({hue},85%,85%);color:#111;padding:1px 4px;border-radius:3px;"
        "font-family:monospace"
    )
    return f'<span style="{style}">{digit}<sub style="color:#333">{index + 1}</sub></span>'
