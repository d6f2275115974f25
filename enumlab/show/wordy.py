"""A table of words: like `Table`, but set to the left, and with marks that only HTML can show."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from enumlab.show.plain import Table
from enumlab.show.tables import Markup, table

# Light backgrounds, each with dark text on it, so that both themes of a notebook can show them.
TINTS = ("#cfe8fc", "#ffe3b3", "#c9f0df", "#f3d6e8", "#fbf5b5", "#d6dcf8", "#ffd9cc", "#e4e4e4")
INK = "#111"


class Rich(str):
    """Text that a terminal shows as it is, and a notebook as HTML.

    Attributes:
        html: the same in HTML.
    """

    __slots__ = ("html",)
    html: str

    def __new__(cls, text: str, html: str) -> Rich:
        """Make one from both forms."""
        self = super().__new__(cls, text)
        self.html = html
        return self


@dataclass(frozen=True, repr=False)
class Words(Table):
    """A table whose columns are words.

    Example:
        >>> Words("Steps", ("step", "value"), [("typed", code("+61")), ("digits", "61")])
        Steps
        step    value
        typed   +61
        digits  61
    """

    def lines(self) -> list[str]:
        """Header and rows in columns, all to the left."""
        columns = list(zip(self.headers, *self.rows, strict=True))
        widths = [max(map(len, column)) for column in columns]
        return [
            "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in (self.headers, *self.rows)
        ]

    def _repr_html_(self) -> str:
        rows = [[Markup(c.html) if isinstance(c, Rich) else c for c in row] for row in self.rows]
        return table(self.caption, self.headers, rows)


def code(text: str) -> Rich:
    """Text in the type of a terminal, its spaces kept."""
    return Rich(text, f'<code style="white-space:pre-wrap">{escape(text)}</code>')


def unbroken(text: str) -> Rich:
    """Text that a notebook keeps on one line."""
    return Rich(text, f'<span style="white-space:nowrap">{escape(text)}</span>')


def tinted(text: str, tint: int, label: str = "") -> str:
    """HTML of a text on a coloured ground, with a border, and a label that says the same.

    Example:
        >>> tinted("61", 0, "1").startswith('<span style="background:#cfe8fc;color:#111')
        True
    """
    style = f"background:{TINTS[tint % len(TINTS)]};color:{INK};border:1px solid #555"
    small = f"<sub>{escape(label)}</sub>" if label else ""
    return f'<span style="{style};padding:0 2px;font-family:monospace">{escape(text)}{small}</span>'
