"""Plain bars in SVG, from the columns of a table: for where matplotlib is missing."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from enumlab.show.plain import Table

WIDTH, ROW, BAR, TITLE = 740, 26, 18, 34  # pixels
LETTER = 7.5  # so wide is a letter of 13 pixels, at the most
COLOURS = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F0E442")
INK = "#222222"
MOST_BARS = 60


def bars(table: Table, columns: Sequence[str], alt: str) -> str:
    """A bar for each row and each of these columns, with its number beside it.

    Args:
        table: what is drawn; the first cell of a row names it.
        columns: headers of columns that hold numbers.
        alt: the picture in words.

    Returns:
        SVG, complete in itself.

    Example:
        >>> table = Table("Shares", ("target", "calls"), [("A", "1,000"), ("B", "500")])
        >>> drawn = bars(table, ["calls"], "Two bars.")
        >>> drawn.count("<rect"), "1,000</text>" in drawn
        (3, True)
    """
    wanted = [(place, header) for place, header in enumerate(table.headers) if header in columns]
    lines = [
        (row[0] if not nth else "", f"{header}: " if len(wanted) > 1 else "", row[place], nth)
        for row in table.rows
        for nth, (place, header) in enumerate(wanted)
    ][:MOST_BARS]
    left = 24 + LETTER * max((len(name) for name, *_ in lines), default=0)
    beside = 12 + LETTER * max((len(head + cell) for _, head, cell, _ in lines), default=0)
    longest = max((number(cell) for _, _, cell, _ in lines), default=0) or 1
    drawn = []
    for line, (name, head, cell, nth) in enumerate(lines):
        y = TITLE + ROW * line
        width = max(number(cell) / longest * (WIDTH - left - beside), 0)
        drawn.append(
            _text(left - 8, y, name, ' text-anchor="end"')
            + f'<rect x="{left:.0f}" y="{y}" width="{width:.1f}" height="{BAR}" '
            f'fill="{COLOURS[nth % len(COLOURS)]}" stroke="{INK}"/>'
            + _text(left + width + 6, y, head + cell)
        )
    height = TITLE + ROW * len(lines) + 8
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" role="img" font-family="sans-serif" font-size="13" fill="{INK}">'
        f'<title>{escape(alt)}</title><rect width="{WIDTH}" height="{height}" fill="white"/>'
        f"{_text(8, 4, table.caption)}{''.join(drawn)}</svg>"
    )


def number(cell: str) -> float:
    """The number that a cell begins with; 0 where it holds none.

    Example:
        >>> number("1,234"), number("33.3 %"), number("")
        (1234.0, 33.3, 0.0)
    """
    try:
        return float(cell.split(" ")[0].replace(",", ""))
    except ValueError:
        return 0.0


def _text(x: float, y: int, words: str, more: str = "") -> str:
    return f'<text x="{x:.0f}" y="{y + 14}"{more}>{escape(words)}</text>' if words else ""
