"""Tables in HTML, with a caption and marked headers, so that a screen reader can walk them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

import dns.rdatatype

if TYPE_CHECKING:
    from enumlab.zone import Zone

# Records at the top of a long zone; more would push the next cell off the screen.
MOST_ROWS = 60


# JupyterLab takes text between two $ signs for a formula, and a regexp is full of them.
NO_MATHS = "mathjax_ignore"

# JupyterLab sets text to the right, which suits numbers only.
LEFT = ' style="text-align:left"'
LONG = ' style="text-align:left;min-width:9em;overflow-wrap:anywhere"'
LONG_WORD = 24  # letters

TAG = re.compile(r"<[^>]*>")
UNIT = re.compile(r"(?<=\d) (?=(?:%|s|min|h|days?)(?!\w))")


class Markup(str):
    """Text that is HTML already and must not be escaped again."""

    __slots__ = ()


def table(caption: str, headers: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """An HTML table; the first cell of each row is its header.

    Example:
        >>> table("Two", ["name", "value"], [["a", "<b>"]]).partition("<thead>")[0]
        '<table class="mathjax_ignore"><caption>Two</caption>'
    """
    head = "".join(f'<th scope="col"{LEFT}>{escape(header)}</th>' for header in headers)
    body = ""
    for first, *others in rows:
        cells = "".join(f"<td{_style(value)}>{_cell(value)}</td>" for value in others)
        body += f'<tr><th scope="row"{_style(first)}>{_cell(first)}</th>{cells}</tr>'
    return (
        f'<table class="{NO_MATHS}"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _cell(value: object) -> str:
    """A cell's HTML; a number and its unit stay on one line.

    Example:
        >>> _cell("<1 % of 15 min"), _cell(Markup("<b>1 %</b>"))
        ('&lt;1&nbsp;% of 15&nbsp;min', '<b>1 %</b>')
    """
    if isinstance(value, Markup):
        return str(value)
    return UNIT.sub("&nbsp;", escape(str(value)))


def _style(value: object) -> str:
    """A long word, such as a name, may break anywhere, or the table is too wide for its place."""
    text = TAG.sub("", value) if isinstance(value, Markup) else str(value)
    longest = max(map(len, text.split()), default=0)
    return LEFT if longest <= LONG_WORD else LONG


def zone_table(zone: Zone) -> str:
    """The records of a zone, one row each."""
    rows = [
        (owner.removesuffix("." + zone.origin), rdataset.ttl, _type(rdataset.rdtype), rdata)
        for owner, rdataset in zone
        for rdata in rdataset
    ]
    caption = f"Zone {zone.origin}: {len(zone)} owners, {len(rows)} records"
    if len(rows) > MOST_ROWS:
        caption += f"; the first {MOST_ROWS} are shown"
    return table(caption, ["owner", "TTL (s)", "type", "data"], rows[:MOST_ROWS])


def _type(rdtype: dns.rdatatype.RdataType) -> str:
    return dns.rdatatype.to_text(rdtype)
