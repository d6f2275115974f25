r"""`Naptr`, the record that ENUM is made of (RFC 3403 section 4): its fields, forms and meaning.

Escapes come in layers. The regexp on the wire, and in a `Naptr`, has one backslash in `\1`; its
master-file text, which `parse` reads and `to_text` writes, has two.
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass, fields
from functools import cached_property
from typing import NamedTuple, cast

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.IN.NAPTR

from enumlab.errors import SubstitutionError, ZoneError
from enumlab.number import aus
from enumlab.substitution import Substitution, rewrite

FORM = 'order preference "flags" "service" "regexp" replacement'

# RFC 6116 section 3.4.3: a type, then any number of subtypes, 1 to 32 signs each.
ENUMSERVICE = re.compile(r"[0-9a-z-]{1,32}(:[0-9a-z-]{1,32})*")

# RFC 3986: a scheme, then signs that a URI may hold; others are percent-encoded.
URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[]!#-;=?-[_a-z~]+")

# A backslash that no backslash stands before, then a digit, but not the three of a \DDD escape.
LONE_BACKSLASH = re.compile(r"(?<!\\)(?:\\\\)*(\\[0-9])(?![0-9]{2})")


class Enumservice(NamedTuple):
    """What a record offers (RFC 6116 section 3.4.3), in lower case: `voice:sip`, `sip`.

    Attributes:
        type: what the service is for, such as `sip`, `voice` or `email`.
        subtype: how it is reached, such as `sip` or `mailto`; empty where the type says it all.
    """

    type: str
    subtype: str = ""

    def __str__(self) -> str:
        return f"{self.type}:{self.subtype}" if self.subtype else self.type


@dataclass(frozen=True, repr=False)
class Naptr:
    r"""A NAPTR record's data (RFC 3403 section 4.1).

    Attributes:
        order: 0 to 65535; lower first.
        preference: 0 to 65535; lower first among records of one order.
        flags: `u` where the result is a URI; empty where it is a name to ask for next.
        service: the Enumservices, such as `E2U+sip`.
        regexp: the substitution, as on the wire; octets that are not UTF-8 are surrogates.
        replacement: the next name, used instead of the regexp; `.` for none. Kept absolute.

    Raises:
        ZoneError: if a field cannot stand in a record. What can stand there, but not be used, is
            told by `problem`.

    Example:
        >>> Naptr(10, 100, "u", "E2U+sip", "!^.*$!sip:info@example.com!").uri("+441632960083")
        'sip:info@example.com'
    """

    order: int
    preference: int
    flags: str
    service: str
    regexp: str
    replacement: str = "."

    def __post_init__(self) -> None:
        object.__setattr__(self, "order", _uint16("order", self.order))
        object.__setattr__(self, "preference", _uint16("preference", self.preference))
        for what in ("flags", "service", "regexp"):
            _octets(what, getattr(self, what))
        object.__setattr__(self, "replacement", _absolute(self.replacement))

    def __repr__(self) -> str:
        return f"Naptr({', '.join(repr(getattr(self, f.name)) for f in fields(self))})"

    def _repr_html_(self) -> str:
        from enumlab.show.tables import table

        note = f": not usable, {self.problem}" if self.problem else ""
        names = [each.name for each in fields(self)]
        return table(f"NAPTR record{note}", names, [[getattr(self, name) for name in names]])

    @classmethod
    def parse(cls, text: str) -> Naptr:
        r"""Read a record's data as a master file has it (RFC 1035 section 5.1, RFC 3403 section 4).

        Args:
            text: what stands behind the word NAPTR; `\\` for each backslash of the regexp.

        Raises:
            ZoneError: says what is wrong, a lone backslash such as `\1` above all.

        Example:
            >>> Naptr.parse(r'10 100 "u" "E2U+sip" "!^\\+(.*)$!sip:\\1@example.com!" .')
            Naptr(10, 100, 'u', 'E2U+sip', '!^\\+(.*)$!sip:\\1@example.com!', '.')
        """
        if not isinstance(text, str):
            raise ZoneError(f"NAPTR data is text, not {type(text).__name__}. Expected: {FORM}.")
        try:
            rdata = dns.rdata.from_text("IN", "NAPTR", text, dns.name.root, relativize=False)
        except (dns.exception.DNSException, ValueError) as error:
            raise ZoneError(f"{_reason(text, error)} The text is: {text}") from None
        return cls.from_rdata(rdata)

    @classmethod
    def from_rdata(cls, rdata: dns.rdata.Rdata) -> Naptr:
        """Take dnspython's record.

        Raises:
            ZoneError: if it is of another type, or its replacement is not absolute.
        """
        if not isinstance(rdata, dns.rdtypes.IN.NAPTR.NAPTR):
            raise ZoneError(f"expected the data of a NAPTR record, not {rdata!r}.")
        if not rdata.replacement.is_absolute():
            raise ZoneError(
                f"the replacement {rdata.replacement} is relative. Read the zone with "
                "relativize=False, so that each name is whole."
            )
        return cls(
            rdata.order,
            rdata.preference,
            rdata.flags.decode("utf-8", "surrogateescape"),
            rdata.service.decode("utf-8", "surrogateescape"),
            rdata.regexp.decode("utf-8", "surrogateescape"),
            rdata.replacement.to_text(),
        )

    @classmethod
    def from_wire(cls, wire: bytes) -> Naptr:
        """Read a record's data as it is in a DNS message, with no compression (RFC 3403 4.1).

        Raises:
            ZoneError: if the octets end too early, go on too long, or hold no name.

        Example:
            >>> Naptr.from_wire(Naptr(10, 100, "u", "", "").to_wire())
            Naptr(10, 100, 'u', '', '', '.')
        """
        try:
            rdata = dns.rdata.from_wire("IN", dns.rdatatype.NAPTR, bytes(wire), 0, len(wire))
        except (dns.exception.DNSException, ValueError, TypeError) as error:
            raise ZoneError(
                f"{wire!r} is not the data of a NAPTR record: {_said(error)}. "
                "Expected two 16-bit numbers, three strings with their lengths, and a name."
            ) from None
        return cls.from_rdata(rdata)

    def rdata(self) -> dns.rdtypes.IN.NAPTR.NAPTR:
        """Give dnspython's record."""
        return dns.rdtypes.IN.NAPTR.NAPTR(  # type: ignore[no-untyped-call]
            dns.rdataclass.IN,
            dns.rdatatype.NAPTR,
            self.order,
            self.preference,
            _octets("flags", self.flags),
            _octets("service", self.service),
            _octets("regexp", self.regexp),
            dns.name.from_text(self.replacement),
        )

    def to_text(self) -> str:
        r"""Write the data as a master file and dig have it: each backslash doubled.

        Example:
            >>> print(Naptr(10, 100, "u", "E2U+sip", r"!(^.*$)!sip:\1@example.com!").to_text())
            10 100 "u" "E2U+sip" "!(^.*$)!sip:\\1@example.com!" .
        """
        return self.rdata().to_text()

    def to_wire(self) -> bytes:
        """Give the data as octets, uncompressed."""
        return cast(bytes, self.rdata().to_wire())

    @property
    def terminal(self) -> bool:
        """Whether the rule is terminal: its result is a URI, and nothing else is asked for."""
        return self.flags.lower() == "u"

    @cached_property
    def enumservices(self) -> tuple[Enumservice, ...]:
        """What the record offers; empty if the service field is not of ENUM's form.

        Read are the form of RFC 6116 section 3.4.3 and the older one of RFC 2916, `sip+E2U`.

        Example:
            >>> [str(s) for s in Naptr(1, 1, "u", "E2U+voice:sip+email:mailto", "").enumservices]
            ['voice:sip', 'email:mailto']
        """
        words = self.service.lower().split("+")
        if words[0] == "e2u":
            words = words[1:]
        elif words[-1] == "e2u":
            words = words[:-1]
        else:
            return ()
        if not all(ENUMSERVICE.fullmatch(word) for word in words):
            return ()
        return tuple(Enumservice(*word.split(":", 1)) for word in words)

    def offers(self, service: str) -> bool:
        """Tell whether the record offers a service.

        Args:
            service: a type, which any subtype fits (`"voice"`), or type and subtype
                (`"voice:sip"`); in any letter case, with or without `E2U+`.

        Example:
            >>> Naptr(10, 100, "u", "E2U+voice:sip", "").offers("VOICE")
            True
        """
        wanted = service.lower().removeprefix("e2u+")
        return any(wanted in (offered.type, str(offered)) for offered in self.enumservices)

    @property
    def usable(self) -> bool:
        """Whether an ENUM client can use the record; `problem` says why not."""
        return self.problem is None

    @cached_property
    def problem(self) -> str | None:
        """Why an ENUM client must skip the record, in a sentence; None if it need not."""
        if self.flags and not self.terminal:
            return (
                f"the flags are {self.flags!r}, and ENUM knows only 'u' (RFC 6116 section 3.4.2)."
            )
        if self.regexp and self.replacement != ".":
            return "it has both a regexp and a replacement (RFC 3403 section 4.1 allows one)."
        if self.terminal and not self.regexp:
            return "the flag 'u' promises a URI, but there is no regexp to make it."
        if self.terminal and not self.enumservices:
            return (
                f"the service {self.service!r} is not E2U, a + and an Enumservice, "
                "as in 'E2U+sip' (RFC 6116 section 3.4.3)."
            )
        if not self.regexp and self.replacement == ".":
            return "it has neither a regexp nor a replacement, so nothing comes next."
        if self.regexp:
            try:
                Substitution.parse(self.regexp)
            except SubstitutionError as error:
                return f"the regexp is not sound: {error}"
        return None

    def uri(self, number: str, *, timeout: float = 0.1) -> str:
        r"""Apply a terminal rule to a number (RFC 6116 section 3.3).

        Args:
            number: digits, with or without + and separators; the rule sees + and digits.
            timeout: seconds that the match may take.

        Raises:
            NumberError: if this is no number.
            NoMatch: if the pattern does not match it.
            SubstitutionError: if the record is not usable or not terminal, the match takes too
                long, or the result is no URI.

        Example:
            >>> record = Naptr(10, 100, "u", "E2U+sip", r"!(^.*$)!sip:+1\1@example.com!")
            >>> record.uri("61 3 5550 0915")
            'sip:+1+61355500915@example.com'
        """
        self._check_usable()
        if not self.terminal:
            raise SubstitutionError(
                "the record has no flag 'u', so its result is a name to ask for next. "
                "Use next_domain()."
            )
        result = rewrite(self.regexp, aus(number), timeout=timeout)
        if not URI.fullmatch(result):
            raise SubstitutionError(
                f"{self.regexp!r} gives {result!r}, which is not a URI. Expected a scheme, a colon "
                "and the rest with no spaces, as in sip:info@example.com."
            )
        return result

    def next_domain(self, number: str, *, timeout: float = 0.1) -> str:
        """Give the name that a non-terminal rule leads to, absolute (RFC 3403 section 4.1).

        Args:
            number: as for `uri`; it matters only where the record has a regexp.
            timeout: as for `uri`.

        Raises:
            NumberError: if this is no number.
            NoMatch: if the pattern does not match it.
            SubstitutionError: if the record is not usable or is terminal, the match takes too
                long, or the result is no domain name.

        Example:
            >>> Naptr(10, 100, "", "", "", "other.example.com.").next_domain("+61355500912")
            'other.example.com.'
        """
        self._check_usable()
        if self.terminal:
            raise SubstitutionError("the flag 'u' ends the search with a URI. Use uri().")
        if not self.regexp:
            return self.replacement
        result = rewrite(self.regexp, aus(number), timeout=timeout)
        try:
            return _absolute(result)
        except ZoneError as error:
            raise SubstitutionError(f"{self.regexp!r} gives no domain name: {error}") from None

    def _check_usable(self) -> None:
        if self.problem:
            raise SubstitutionError(f"{self!r} is not usable: {self.problem}")


def _uint16(what: str, value: int) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        number = -1
    if not 0 <= number <= 65535:
        raise ZoneError(f"the {what} is {value!r}. Expected a whole number, 0 to 65535.")
    return number


def _octets(what: str, text: str) -> bytes:
    try:
        octets = text.encode("utf-8", "surrogateescape")
    except (AttributeError, UnicodeEncodeError):
        raise ZoneError(f"the {what} field is {text!r}. Expected text.") from None
    if len(octets) > 255:
        raise ZoneError(
            f"the {what} field has {len(octets)} octets. A record can carry 255 "
            "(RFC 1035 section 3.3): make it shorter."
        )
    return octets


def _absolute(text: str) -> str:
    if not isinstance(text, str) or not text.isascii() or not text:
        raise ZoneError(
            f"{text!r} is not a domain name in ASCII. Write '.' for none, and an internationalised "
            "name in its xn-- form."
        )
    if text == ".":
        return text
    try:
        return dns.name.from_text(text).to_text()
    except dns.exception.DNSException as error:
        raise ZoneError(
            f"{text!r} is not a domain name: {_said(error)}. "
            "Expected labels of 1 to 63 octets with dots between them, 255 octets in all."
        ) from None


def lone_backslash(text: str) -> str | None:
    r"""Explain the commonest slip in master-file text, a `\1` for `\\1`; None if it is not there.

    Example:
        >>> lone_backslash(r"!^(.*)$!sip:\1@example.com!").partition(".")[0]
        'a backslash before a lone digit, \\1'
    """
    lone = LONE_BACKSLASH.search(text)
    return lone and (
        f"a backslash before a lone digit, {lone[1]}. In a master file a backslash starts an "
        f"escape, so the {lone[1]} of a regexp is written \\{lone[1]} (RFC 1035 section 5.1)."
    )


def _reason(text: str, error: Exception) -> str:
    lone = lone_backslash(text)
    if lone:
        return lone
    return f"the NAPTR data cannot be read ({_said(error)}). Expected: {FORM}."


def _said(error: Exception) -> str:
    return str(error).rstrip(".") or type(error).__name__
