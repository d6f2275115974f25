"""A table that answers to a few words of pandas, for where pandas is missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

from enumlab.notice import Missing
from enumlab.show.plain import Table

SHOWN = 10  # rows


class PlainFrame:
    """Rows and columns; the first column is the index once `set_index` has said so.

    Args:
        columns: their names.
        rows: a cell for each.
        index: the column that `loc` looks in, if there is one; it comes first.

    Example:
        >>> frame = PlainFrame(["number", "rcode"], [("+61", "NOERROR"), ("+62", "NXDOMAIN")])
        >>> frame.set_index("number")[["rcode"]].loc["+62":"+62"]
        1 of 2 rows (a plain table: pandas is not here)
        number     rcode
        +62     NXDOMAIN
    """

    def __init__(
        self, columns: Sequence[str], rows: Sequence[Sequence[object]], index: str = "", of: int = 0
    ) -> None:
        self.columns, self.rows, self.index = list(columns), list(rows), index
        self._of = of or len(self.rows)

    def set_index(self, column: str) -> PlainFrame:
        """The same rows, to be looked up by this column."""
        return self._with([column, *(each for each in self.columns if each != column)], column)

    @property
    def loc(self) -> PlainFrame:
        """Takes a slice of the index, both ends included."""
        return self

    def __getitem__(self, wanted: object) -> PlainFrame:
        if isinstance(wanted, list) and set(wanted) <= {*self.columns}:
            return self._with([self.index, *wanted] if self.index else wanted, self.index)
        if isinstance(wanted, slice) and self.index and wanted.step is None:
            keys = [row[0] for row in self.rows]
            start = 0 if wanted.start is None else keys.index(wanted.start)
            stop = None if wanted.stop is None else keys.index(wanted.stop) + 1
            return PlainFrame(self.columns, self.rows[start:stop], self.index, self._of)
        raise Missing(f"frame[{wanted!r}]", "pandas")

    def __len__(self) -> int:
        return len(self.rows)

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_"):  # whoever looks for a way to show it
            raise AttributeError(name)
        raise Missing(f"frame.{name}", "pandas")

    def __repr__(self) -> str:
        return repr(self._table())

    def _repr_html_(self) -> str:
        return self._table()._repr_html_()

    def _with(self, columns: Sequence[str], index: str) -> PlainFrame:
        places = [self.columns.index(each) for each in columns]
        rows = [tuple(row[place] for place in places) for row in self.rows]
        return PlainFrame(columns, rows, index, self._of)

    def _table(self) -> Table:
        shown = self.rows[:SHOWN]
        caption = f"{len(self):,} of {self._of:,} rows (a plain table: pandas is not here)"
        if len(shown) < len(self):
            caption += f", the first {SHOWN}"
        rows = [tuple("" if cell is None else str(cell) for cell in row) for row in shown]
        return Table(caption, tuple(self.columns), rows)


def frame(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Any:  # noqa: ANN401
    """A DataFrame, or a `PlainFrame` where pandas is missing.

    Example:
        >>> len(frame(["number"], [("+61",)]))
        1
    """
    try:
        import pandas as pd
    except ModuleNotFoundError:
        return PlainFrame(columns, rows)
    return pd.DataFrame(list(rows), columns=list(columns))
