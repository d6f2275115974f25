"""A DNS message as fields, each with its place and its meaning (RFC 1035 section 4).

Nothing is drawn here, and no bytes raise an error: what cannot be read is a field as well. The ID
differs from run to run, and so do cookies. Their octets are hidden, so that a notebook which shows
a message is the same each time it runs.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from html import escape

from enumlab.errors import LabError
from enumlab.wirefields import UNREADABLE, Field, Reader
from enumlab.wirewords import many

LONGEST = 100  # characters of a value in a sentence

__all__ = ["Changes", "Field", "change", "compare", "dissect", "locate"]


def dissect(wire: bytes) -> list[Field]:
    """Take a DNS message apart; the fields cover every octet, in sequence.

    Args:
        wire: any bytes. Where they are no DNS message, the last field is "unreadable", and its
            value says why.

    Raises:
        LabError: `wire` is not bytes.

    Example:
        >>> import dns.message
        >>> fields = dissect(dns.message.make_query("2.1.e164.arpa", "NAPTR").to_wire())
        >>> [(field.name, field.value) for field in fields[6:]]
        [('name', '2.1.e164.arpa.'), ('type', 'NAPTR'), ('class', 'IN')]
        >>> dissect(b"short")[-1].value
        'a message starts with a header of 12 octets, and this ends after 5'
    """
    return Reader(_bytes(wire)).read()


def locate(wire: bytes, name: str, part: str = "") -> Field:
    """The first field of this name.

    Args:
        wire: a DNS message.
        name: such as "preference".
        part: such as "answer 2"; left out, any part will do.

    Raises:
        LabError: there is no such field.

    Example:
        >>> import dns.message
        >>> wire = dns.message.make_query("2.1.e164.arpa", "NAPTR").to_wire()
        >>> locate(wire, "type").start
        27
    """
    fields = [field for field in dissect(wire) if part in ("", field.part)]
    for field in fields:
        if field.name == name:
            return field
    where = f" in the part {part!r}" if part else ""
    known = ", ".join(dict.fromkeys(field.name for field in fields)) or "none: no such part"
    raise LabError(f"no field is named {name!r}{where}. Expected one of these: {known}.")


def change(wire: bytes, offset: int, value: int) -> bytes:
    """A copy of a message with one octet changed.

    Args:
        wire: a DNS message.
        offset: of the octet, counted from 0.
        value: 0 to 255.

    Raises:
        LabError: there is no such octet, or no such value.

    Example:
        >>> change(b"abc", 1, 0x42)
        b'aBc'
    """
    octets = bytearray(_bytes(wire))
    for what, number, most in (("offset", offset, len(octets) - 1), ("value", value, 255)):
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= most:
            raise LabError(f"{what}={number!r} is out of range. Expected 0 to {most}.")
    octets[offset] = value
    return bytes(octets)


@dataclass(frozen=True, repr=False)
class Changes:
    """What differs between two messages, field by field.

    Attributes:
        changed: (before, after) of each field that says something else.
        moved: (before, after) of each field that says the same at another place.
        gone: fields that only the first message has.
        new: fields that only the second message has.
    """

    changed: tuple[tuple[Field, Field], ...]
    moved: tuple[tuple[Field, Field], ...]
    gone: tuple[Field, ...]
    new: tuple[Field, ...]

    @property
    def sentences(self) -> list[str]:
        """One for each field that changed; those that moved, went or came are taken together."""
        told = [
            f"{_called(before)}: another one, so whoever asked will not take this for the answer"
            if before.name == "ID"
            else f"{_called(before)}: {_short(before.value)} became {_short(after.value)}"
            for before, after in self.changed
        ]
        unreadable = [field for field in self.new if field.name == UNREADABLE]
        new = [field for field in self.new if field.name != UNREADABLE]
        if self.moved:
            steps = {after.start - before.start for before, after in self.moved}
            far = many(abs(min(steps)), "octet") if len(steps) == 1 else "some octets"
            way = "earlier" if min(steps) < 0 else "later"
            told.append(f"{_range([before for before, _ in self.moved])} now stands {far} {way}")
        if self.gone:
            told.append(f"{_range(self.gone)} is no longer there")
        if new:
            told.append(f"{_range(new)} is new")
        told += [
            f"From octet {field.start} on nothing can be read: {field.value}"
            for field in unreadable
        ]
        return told or ["nothing changed"]

    def __repr__(self) -> str:
        return "\n".join(self.sentences)

    def _repr_html_(self) -> str:
        from enumlab.show.tables import NO_MATHS

        told = "".join(f"<li>{escape(sentence)}</li>" for sentence in self.sentences)
        return f'<ul class="{NO_MATHS}">{told}</ul>'


def compare(before: bytes, after: bytes) -> Changes:
    """Which fields differ between two messages.

    Example:
        >>> import dns.message
        >>> query = dns.message.make_query("2.1.e164.arpa", "NAPTR").to_wire()
        >>> compare(query, change(query, locate(query, "type").start + 1, 1))
        question, type: NAPTR became A
    """
    was, now = _keyed(before), _keyed(after)
    both = [(was[key], now[key]) for key in was if key in now]
    changed = tuple(pair for pair in both if _differ(pair, before, after))
    return Changes(
        changed,
        tuple(pair for pair in both if pair not in changed and pair[0].start != pair[1].start),
        tuple(field for key, field in was.items() if key not in now),
        tuple(field for key, field in now.items() if key not in was),
    )


def _differ(pair: tuple[Field, Field], before: bytes, after: bytes) -> bool:
    """Other octets, or the same octets with another meaning, as of a pointer to a changed name."""
    was, now = pair
    return was.value != now.value or before[was.start : was.end] != after[now.start : now.end]


def _keyed(wire: bytes) -> dict[tuple[str, str, int], Field]:
    """The fields by part, name, and how many of that name stand before."""
    seen: Counter[tuple[str, str]] = Counter()
    found = {}
    for field in dissect(wire):
        key = field.part, field.name
        found[*key, seen[key]] = field
        seen[key] += 1
    return found


def _called(field: Field) -> str:
    return f"{field.part}, {field.name}"


def _short(value: str) -> str:
    return value if len(value) <= LONGEST else f"{value[: LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"


def _range(fields: list[Field] | tuple[Field, ...]) -> str:
    first, last = _called(fields[0]), _called(fields[-1])
    return first if len(fields) == 1 else f"What was read from {first} to {last}"


def _bytes(wire: bytes) -> bytes:
    if not isinstance(wire, bytes | bytearray | memoryview):
        raise LabError(
            f"expected the bytes of a DNS message, got {type(wire).__name__}. Give "
            "answer.response, or answer.query."
        )
    return bytes(wire)
