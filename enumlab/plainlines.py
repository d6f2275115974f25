r"""NAPTR lines of the plain form, taken out of a master file at speed.

dnspython reads some 10,000 records a second, sign by sign. Nearly every line of an ENUM zone is
plain: an owner of digits, a NAPTR record in quotes, no escape but a doubled backslash. `PlainLines`
is the file that dnspython's reader reads from. It keeps such lines to itself, and lets all others
through with their line numbers, so that the reader's state and its errors stay as they are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import dns.name

if TYPE_CHECKING:
    import dns.zonefile

TTL, SIGN = "[0-9]{1,9}[smhdwSMHDW]?", r"[ !#-\[\]-~]"
LINE = re.compile(
    rf"""((?:(?:\*\.)?[0-9](?:\.[0-9])*|\*)((?:\.[0-9A-Za-z-]{{1,63}})+\.)?)?  # owner, if one
    [ \t]+ (?:(?:{TTL}[ \t]+)?(?:[Ii][Nn][ \t]+)?|[Ii][Nn][ \t]+{TTL}[ \t]+) [Nn][Aa][Pp][Tt][Rr]
    [ \t]+([0-9]{{1,5}}) [ \t]+([0-9]{{1,5}})
    [ \t]+"({SIGN}*)" [ \t]+"({SIGN}*)" [ \t]+"((?:{SIGN}|\\\\)*)" [ \t]+\.
    [ \t]*(?:;[ -~]*)? (?=\n|\Z)""",
    re.VERBOSE,
)
MOST_OCTETS = 255  # in a character-string (RFC 1035 section 3.3)


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
        if self._owner:
            reader.last_name = dns.name.from_text(self._owner)
            self._owner = ""

    def _take(self, match: re.Match[str], line: int) -> bool:
        """Keep a line, unless its owner or a value is such that the reader must judge it."""
        owner, absolute, order, preference, flags, service, regexp = match.groups()
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


def _suffix(origin: dns.name.Name) -> str:
    return "." if origin == dns.name.root else f".{origin}"
