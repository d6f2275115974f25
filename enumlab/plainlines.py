r"""NAPTR lines of the plain form, taken out of a master file at speed.

dnspython reads some 10,000 records a second, sign by sign. Nearly every line of an ENUM zone is
plain: an owner of digits, a NAPTR record in quotes, no escape but a doubled backslash. `PlainLines`
is the file that dnspython's reader reads from. It keeps such lines to itself, and lets all others
through with their line numbers, so that the reader's state and its errors stay as they are.
`PackedLines` does the same, and keeps the records in the form in which they go into an answer.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Container
from typing import TYPE_CHECKING, NamedTuple

import dns.name
import dns.rdataclass
import dns.ttl

from enumlab.nodes import LONGEST, NAPTR, RECORD, TO_THE_QUESTION, key_of, labels_of

if TYPE_CHECKING:
    import dns.zonefile

TTL, SIGN = "[0-9]{1,9}[smhdwSMHDW]?", r"[ !#-\[\]-~]"
LINE = re.compile(
    rf"""((?:(?:\*\.)?[0-9](?:\.[0-9](?=[.\s]))*+|\*)  # owner, if there is one: digits,
    ((?:\.[0-9A-Za-z-]{{1,63}})+\.)?)?  # and a tail
    [ \t]+ (?:(?:({TTL})[ \t]+)?(?:[Ii][Nn][ \t]+)?|[Ii][Nn][ \t]+({TTL})[ \t]+)
    [Nn][Aa][Pp][Tt][Rr]
    [ \t]+([0-9]{{1,5}}) [ \t]+([0-9]{{1,5}})
    [ \t]+"({SIGN}*)" [ \t]+"({SIGN}*)" [ \t]+"((?:{SIGN}|\\\\)*)" [ \t]+\.
    [ \t]*(?:;[ -~]*)? (?=\n|\Z)""",
    re.VERBOSE,
)
MOST_OCTETS = 255  # in a character-string (RFC 1035 section 3.3)
MOST_PACKED = 16  # records of one owner; with more of them, the reader takes over


class Entry(NamedTuple):
    r"""One NAPTR record where it stands.

    Attributes:
        owner: its name, absolute.
        line: of the master file, counted from 1; None where it came by an edit.
        order: 0 to 65535.
        preference: 0 to 65535.
        flags: `u` for a terminal rule.
        service: such as `E2U+sip`.
        regexp: as on the wire, with one backslash in `\1`.
        replacement: the next name, absolute; `.` for none.
    """

    owner: str
    line: int | None
    order: int
    preference: int
    flags: str
    service: str
    regexp: str
    replacement: str


class PlainLines:
    r"""A file to read from, less its plain lines.

    Args:
        text: of the master file, with \n between lines.
        origin: the top of the zone.
        reader: the one that reads from here; its state says what a name hangs below.
        entries: where plain lines go.
    """

    def __init__(
        self,
        text: str,
        origin: dns.name.Name,
        reader: dns.zonefile.Reader,
        entries: list[Entry],
    ) -> None:
        self._text, self._at = text, 0
        self._reader, self._entries = reader, entries
        self._zone = origin
        self._below = _suffix(origin).lower()
        self._origin: dns.name.Name | None = None  # that of the reader, when last looked at
        self._suffix = ""
        self._owner = ""  # of the plain line just before, "" after any other line

    def read(self, size: int = 1) -> str:
        """The next sign, as the tokenizer asks for it."""
        if self._at == 0 or self._text[self._at - 1 : self._at] == "\n":
            self._take_plain_lines()
        sign = self._text[self._at : self._at + size]
        self._at += len(sign)
        return sign

    def close(self) -> None:
        """Nothing to close."""

    def _take_plain_lines(self) -> None:
        reader, token = self._reader, self._reader.tok
        if token.multiline or token.quoting:
            return  # inside parentheses, a line is not a record
        if not (reader.default_ttl_known or reader.last_ttl_known):
            return  # a record without TTL is an error here
        origin = reader.current_origin
        if origin is not self._origin:
            self._origin = origin
            self._suffix = _suffix(origin) if origin and origin.is_subdomain(self._zone) else ""
        while (match := LINE.match(self._text, self._at)) and self._take(match, token.line_number):
            self._at = min(match.end() + 1, len(self._text))
            token.line_number += match.end() < len(self._text)
        self._tell_owner()

    def _tell_owner(self) -> None:
        """A line without an owner may follow, for the reader to read."""
        if self._owner:
            self._reader.last_name = dns.name.from_text(self._owner)
            self._owner = ""

    def _take(self, match: re.Match[str], line: int) -> bool:
        """Keep a line, unless its owner or a value is such that the reader must judge it."""
        owner, absolute, _, _, order, preference, flags, service, regexp = match.groups()
        if not owner:
            owner = self._owner
        elif absolute:
            if not owner.lower().endswith(self._below):
                return False
        elif self._suffix:
            owner += self._suffix
        else:
            return False
        if not owner or len(owner) > MOST_OCTETS - 1:
            return False
        regexp = regexp.replace("\\\\", "\\")
        ranks = int(order), int(preference)
        if max(ranks) > 65535 or max(len(flags), len(service), len(regexp)) > MOST_OCTETS:
            return False
        self._owner = owner
        self._entries.append(Entry(owner, line, *ranks, flags, service, regexp, "."))
        return True


class PackedLines(PlainLines):
    r"""A file to read from, less its plain lines, which are packed.

    Args:
        text: of the master file, with \n between lines.
        origin: the top of the zone.
        reader: the one that reads from here.
        packed: where the records go, by key of the owner (see `nodes`).
        others: keys of owners whose lines must all go to the reader, one by one.
    """

    def __init__(
        self,
        text: str,
        origin: dns.name.Name,
        reader: dns.zonefile.Reader,
        packed: dict[bytes, bytes | tuple[bytes, ...]],
        others: Container[bytes],
    ) -> None:
        super().__init__(text, origin, reader, [])
        self._packed, self._others = packed, others
        self._apex = key_of(origin)
        self._key = b""  # of the plain line just before, empty after any other line
        # What was worked out for the lines before, which mostly say the same again.
        self._tails: dict[str, tuple[bytes, bool]] = {}
        self._starts: dict[tuple[str, str, str, str], bytes] = {}
        self._ttls: dict[str, int | None] = {}

    def _take(self, match: re.Match[str], line: int) -> bool:
        owner, absolute, ttl, same, order, preference, flags, service, regexp = match.groups()
        key = self._owner_key(owner, absolute or self._suffix) if owner else self._key
        start = self._starts.get((order, preference, flags, service))
        if start is None:
            start = self._start(order, preference, flags, service)
        text = regexp.replace("\\\\", "\\").encode()
        seconds = self._seconds(ttl or same or "")
        if not key or not start or len(text) > MOST_OCTETS or seconds is None:
            return False
        data = b"%b%c%b\0" % (start, len(text), text)
        before = self._packed.get(key)
        if before is None:
            head = RECORD.pack(TO_THE_QUESTION, NAPTR, dns.rdataclass.IN, seconds, len(data))
            self._packed[key] = head + data
        elif not self._join(key, before, data):
            return False
        self._key = key
        return True

    def _owner_key(self, owner: str, tail: str) -> bytes:
        """The key of an owner of digits and a tail; empty where the reader must judge it."""
        digits = owner.removesuffix(tail)
        if tail not in self._tails:
            name = dns.name.from_text(tail[1:] or ".")
            self._tails[tail] = key_of(name), bool(tail) and name.is_subdomain(self._zone)
        tail_key, below = self._tails[tail]
        key = b"\1" + digits.encode().replace(b".", b"\1") + tail_key
        # The top of the zone may itself begin with digits: each is two octets of the key.
        below = below or (key.endswith(self._apex) and (len(key) - len(self._apex)) % 2 == 0)
        return key if below and len(key) <= LONGEST and key not in self._others else b""

    def _start(self, order: str, preference: str, flags: str, service: str) -> bytes:
        """The fields before the regexp, packed; empty where one is out of range."""
        ranks, texts = (int(order), int(preference)), (flags.encode(), service.encode())
        fits = max(ranks) <= 65535 and max(map(len, texts)) <= MOST_OCTETS
        start = struct.pack("!HH", *ranks) if fits else b""
        for text in texts if fits else ():
            start += bytes((len(text),)) + text
        self._starts[order, preference, flags, service] = start
        return start

    def _seconds(self, ttl: str) -> int | None:
        """The TTL that a line states, or that holds where it states none."""
        if not ttl:
            return self._reader._implicit_ttl()
        if ttl not in self._ttls:
            try:
                self._ttls[ttl] = dns.ttl.from_text(ttl)
            except dns.ttl.BadTTL:
                self._ttls[ttl] = None
        seconds = self._ttls[ttl]
        if seconds is not None:
            self._reader.last_ttl, self._reader.last_ttl_known = seconds, True
        return seconds

    def _join(self, key: bytes, before: bytes | tuple[bytes, ...], data: bytes) -> bool:
        """Add a record to its rrset, whose first TTL stands for all, unless it is there already."""
        records = (before,) if isinstance(before, bytes) else before
        if len(records) == MOST_PACKED:
            return False
        *head, _ = RECORD.unpack_from(records[0])
        record = RECORD.pack(*head, len(data)) + data
        if record not in records:
            self._packed[key] = (*records, record)
        return True

    def _tell_owner(self) -> None:
        if self._key:
            self._reader.last_name = dns.name.Name([*labels_of(self._key), b""])
            self._key = b""


def _suffix(origin: dns.name.Name) -> str:
    return "." if origin == dns.name.root else f".{origin}"
