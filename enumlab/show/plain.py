"""A table that a notebook shows in HTML and a terminal in plain text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from enumlab.show.tables import table


@dataclass(frozen=True)
class Table:
    """Text in rows and columns; the first cell of a row names it.

    Attributes:
        caption: what the table shows.
        headers: one for each column.
        rows: as many cells as there are headers.

    Example:
        >>> Table("Shares", ("target", "share"), [("A", "1/4"), ("B", "3/4")])
        Shares
        target  share
        A         1/4
        B         3/4
    """

    caption: str
    headers: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]

    def lines(self) -> list[str]:
        """Header and rows in columns, names to the left and numbers to the right."""
        columns = list(zip(self.headers, *self.rows, strict=True))
        widths = [max(map(len, column)) for column in columns]
        return [
            "  ".join(
                cell.rjust(width) if column else cell.ljust(width)
                for column, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in (self.headers, *self.rows)
        ]

    def __repr__(self) -> str:
        return "\n".join([self.caption, *self.lines()])

    def _repr_html_(self) -> str:
        return table(self.caption, self.headers, self.rows)
