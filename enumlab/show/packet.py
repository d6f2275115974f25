"""A DNS message as a hex dump in which every field has a border, a number and a name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from itertools import groupby

from enumlab.client import Answer, Lookup
from enumlab.dissect import Field, dissect
from enumlab.show.tables import NO_MATHS
from enumlab.show.wordy import INK, TINTS, Words, code, unbroken
from enumlab.wirefields import UNREADABLE

ROW = 16  # octets
SHORT = {
    "QDCOUNT": "QD",
    "ANCOUNT": "AN",
    "NSCOUNT": "NS",
    "ARCOUNT": "AR",
    "preference": "pref",
    "replacement": "repl",
}

# One octet takes four characters of a terminal's type, so that the columns stand below each other.
TYPE = "font:13px monospace;text-align:left;padding:0 0 0 1ch"
CELL = f"{TYPE};border:1px solid #555;color:{INK};word-spacing:1ch;white-space:nowrap"
LABEL = "font:10px sans-serif;word-spacing:0"
TINT = {
    "owner": 0,
    "name": 0,
    "type": 5,
    "class": 6,
    "TTL": 1,
    "order": 2,
    "preference": 4,
    "flags": 5,
    "service": 1,
    "regexp": 3,
    "replacement": 2,
}
STRIPES = "repeating-linear-gradient(45deg,#fff,#fff 6px,#ddd 6px,#ddd 12px)"


@dataclass(frozen=True, repr=False)
class Packet:
    """A message taken apart; a notebook shows a hex dump and a table, a terminal plain text.

    Attributes:
        wire: the bytes.
        fields: see `enumlab.dissect`.
        title: what the message is.
    """

    wire: bytes
    fields: list[Field] = field(compare=False)
    title: str = ""

    @property
    def table(self) -> Words:
        """One row a field: number, part, name, offsets, octets in hex, meaning."""
        rows = [
            (
                str(number),
                unbroken(piece.part),
                piece.name,
                unbroken(places(piece)),
                code(in_hex(piece, self.wire)),
                piece.meaning,
            )
            for number, piece in enumerate(self.fields, 1)
        ]
        headers = ("no.", "part", "field", "octets", "in hex", "meaning")
        return Words(f"Fields of {self.title}", headers, rows)

    def __repr__(self) -> str:
        dump = [f"{start:04x}  {cells:47}  {text}" for start, cells, text in self._lines()]
        return "\n".join([self.title, *dump, "", repr(self.table)])

    def _repr_html_(self) -> str:
        return _dump(self) + self.table._repr_html_()

    def _octets(self) -> list[tuple[int, str, str]]:
        """Each octet: the index of its field, hex, and the sign that it would be as text."""
        return [
            (index, octet, "." if piece.hidden else _sign(self.wire[piece.start + place]))
            for index, piece in enumerate(self.fields)
            for place, octet in enumerate(piece.octets(self.wire))
        ]

    def _lines(self) -> Iterator[tuple[int, str, str]]:
        octets = self._octets()
        for start in range(0, len(octets), ROW):
            row = octets[start : start + ROW]
            yield start, " ".join(o for _, o, _ in row), "".join(sign for *_, sign in row)


def packet(message: bytes | Answer | Lookup, title: str = "") -> Packet:
    """Show a DNS message, octet by octet.

    The two octets of the ID are shown as `id`: they differ from run to run.

    Args:
        message: bytes, or what `ask` or `look_up` gave, of which the first response is taken.
        title: what to call it; left out, its length and kind.

    Raises:
        LabError: none of these.

    Example:
        >>> import dns.message
        >>> print(packet(dns.message.make_query("1.e164.arpa", "NAPTR").to_wire()))
        ... # doctest: +ELLIPSIS
        a DNS query of 29 octets
        0000  id id 01 00 00 01 00 00 00 00 00 00 01 31 04 65  .............1.e
        0010  31 36 34 04 61 72 70 61 00 00 23 00 01           164.arpa..#..
        <BLANKLINE>
        Fields of a DNS query of 29 octets
        no.  part      field    octets  in hex   ...
    """
    wire = message.response if isinstance(message, Answer | Lookup) else message
    fields = dissect(wire)
    kind = "response" if len(wire) > 2 and wire[2] & 0x80 else "query"
    return Packet(bytes(wire), fields, title or f"a DNS {kind} of {len(wire)} octets")


def _dump(shown: Packet) -> str:
    """The hex dump: sixteen octets a row, and a bordered cell for each field or part of one."""
    octets = shown._octets()
    column = f'scope="col" style="{TYPE};min-width:3ch"'
    head = "".join(f"<th {column}>{number:x}</th>" for number in range(ROW))
    body = ""
    for start, _, text in shown._lines():
        row = octets[start : start + ROW]
        cells = "".join(
            _cell(shown.fields[index], index, start, [octet for _, octet, _ in run])
            for index, run in groupby(row, key=lambda octet: octet[0])
        )
        if len(row) < ROW:
            cells += f'<td colspan="{ROW - len(row)}"></td>'
        label = f'<th scope="row" style="{TYPE};padding-right:1ch">{start:04x}</th>'
        body += f'<tr>{label}{cells}<td style="{TYPE};white-space:pre">{escape(text)}</td></tr>'
    return (
        f'<table class="{NO_MATHS}" style="border-collapse:collapse">'
        f"<caption>Hex dump of {escape(shown.title)}: "
        "each field has its number and name above its octets</caption>"
        f"<thead><tr><th {column}>at</th>{head}<th {column}>as text</th></tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )


def _cell(piece: Field, index: int, row: int, octets: list[str]) -> str:
    """The octets of one field in one row; the border is open where the field goes on."""
    went_on, goes_on = piece.start < row, piece.end > row + ROW
    edges = ";border-left:none" * went_on + ";border-right:none" * goes_on
    name = SHORT.get(piece.name, piece.name)
    label = f"{index + 1} {name}"
    if len(label) > 5 * len(octets):
        label = str(index + 1)
    label += "\N{HORIZONTAL ELLIPSIS}" * went_on
    ground = STRIPES if name == UNREADABLE else TINTS[_tint(piece)]
    return (
        f'<td colspan="{len(octets)}" style="{CELL};background:{ground}{edges}">'
        f'<span style="{LABEL}">{escape(label)}</span><br>{" ".join(octets)}</td>'
    )


def _tint(piece: Field) -> int:
    """Neighbours look different; the number says which field it is, not the colour."""
    if piece.part == "header" or piece.name in ("length", "unreadable"):
        return 7
    return TINT.get(piece.name, piece.start % 7)


def places(piece: Field, start: int = 0) -> str:
    """First and last offset of a field, counted from `start`."""
    first, last = piece.start - start, piece.end - 1 - start
    return str(first) if last <= first else f"{first} to {last}"


def in_hex(piece: Field, wire: bytes) -> str:
    """The octets of a field, the middle left out where there are many."""
    octets = piece.octets(wire)
    if len(octets) > ROW:
        octets = [*octets[:8], "\N{HORIZONTAL ELLIPSIS}", *octets[-4:]]
    return " ".join(octets)


def _sign(octet: int) -> str:
    return chr(octet) if 0x20 <= octet < 0x7F else "."
