r"""The regexp field of a NAPTR record: delimiter, POSIX ERE, replacement, flags (RFC 3402 3.2).

The result of a substitution is the replacement alone, with the groups filled in. It is not sed's
edit in place: text outside the match does not appear. That is how RFC 3402's result becomes a whole
URI or domain name, and what Kamailio does.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from enumlab import ere
from enumlab.errors import NoMatch, SubstitutionError
from enumlab.matching import search

MAX_OCTETS = 255  # a DNS character-string holds no more (RFC 1035 section 3.3)
FORM = (
    "Expected: delimiter, pattern, delimiter, replacement, delimiter, flags; as in !^.*$!sip:a@b!"
)

# As a delimiter, a sign that means something in an ERE keeps its backslash when it is unescaped:
# RFC 3402 wants the sign itself, and \| is how an ERE says |.
KEEPS_ITS_BACKSLASH = frozenset(".[]()*+?{}|^$-")


@dataclass(frozen=True)
class Match:
    """Where a pattern matched.

    Attributes:
        text: what the pattern was applied to.
        spans: (start, end) of the whole match, then of each group; None for a group that took no
            part. Counted from 0; the end is the first position behind.
    """

    text: str
    spans: tuple[tuple[int, int] | None, ...]

    @property
    def span(self) -> tuple[int, int]:
        """(start, end) of the whole match."""
        whole = self.spans[0]
        assert whole is not None
        return whole

    @property
    def groups(self) -> tuple[str | None, ...]:
        r"""What `\1`, `\2`, ... stand for; None for a group that took no part."""
        return tuple(s and self.text[s[0] : s[1]] for s in self.spans[1:])


@dataclass(frozen=True)
class Substitution:
    r"""A regexp field, taken apart and checked (RFC 3402 section 3.2).

    Attributes:
        delimiter: one ASCII sign; not a digit, a backslash, or the flag `i`.
        pattern: a POSIX ERE, the delimiter unescaped.
        replacement: text with `\1` to `\9` for the groups, and `\\` for a backslash.
        flags: empty, or `i` to match ASCII letters in either case.

    Raises:
        SubstitutionError: from the constructor, too: no instance is unsound.

    Example:
        >>> Substitution.parse(r"!^\+(.*)$!sip:\1@example.com!").pattern
        '^\\+(.*)$'
    """

    delimiter: str
    pattern: str
    replacement: str
    flags: str = ""
    parts: tuple[str | int, ...] = field(init=False, repr=False, compare=False)
    _search: Callable[..., re.Match[str] | None] = field(init=False, repr=False, compare=False)
    _quick: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _check_delimiter(self.delimiter)
        if self.flags.strip("i"):
            raise SubstitutionError(
                f"unknown flags {self.flags!r} behind the last {self.delimiter}. The only flag is "
                "i, in lower case, to match letters in either case."
            )
        read = ere.read(self.pattern, self.delimiter)
        parts = _parts(self.replacement, read.groups)
        object.__setattr__(self, "parts", parts)
        object.__setattr__(self, "_search", search(read, bool(self.flags)))
        object.__setattr__(self, "_quick", read.quick)

    @classmethod
    def parse(cls, text: str) -> Substitution:
        r"""Take a regexp field apart.

        Args:
            text: the field as on the wire: one backslash in `\1`.

        Raises:
            SubstitutionError: says what breaks the grammar, where, and what to write.

        Example:
            >>> Substitution.parse(r"/^\+61(.*)$/tel:0\1/").replacement
            'tel:0\\1'
        """
        return cls(*_split(text))

    def apply(self, text: str, timeout: float = 0.1) -> str:
        r"""Give the replacement, with each `\N` filled in from the match.

        A group that took no part in the match is empty.

        Args:
            text: for ENUM the Application Unique String, `+` and digits.
            timeout: seconds that the match may take.

        Raises:
            NoMatch: if the pattern does not match.
            SubstitutionError: if the match takes longer than `timeout`.

        Example:
            >>> Substitution.parse(r"!(^.*$)!sip:+1\1@example.com!").apply("+61355500915")
            'sip:+1+61355500915@example.com'
        """
        found = self._found(text, timeout)
        return "".join([p if isinstance(p, str) else found[p] or "" for p in self.parts])

    def match(self, text: str, timeout: float = 0.1) -> Match:
        r"""Give where the pattern matches: leftmost, and of those the longest.

        Args and errors: as for `apply`.

        Example:
            >>> Substitution.parse(r"!(\+6|\+61)!x!").match("+61255").groups
            ('+61',)
        """
        found = self._found(text, timeout)
        spans = [found.span(n) for n in range(found.re.groups + 1)]
        return Match(text, tuple(span if span[0] >= 0 else None for span in spans))

    def _found(self, text: str, timeout: float) -> re.Match[str]:
        try:
            if self._quick and len(text) <= MAX_OCTETS:
                found = self._search(text)  # to watch the clock would take longer than the match
            else:
                found = self._search(text, timeout=timeout)
        except TimeoutError:
            raise SubstitutionError(
                f"matching {self.pattern!r} took longer than {timeout * 1000:g} ms, and was "
                "stopped. Write the pattern so that a text can match in one way only: not (a|aa)+."
            ) from None
        except TypeError:
            if isinstance(text, str):
                raise
            raise SubstitutionError(
                f"a pattern is applied to text, not to {type(text).__name__}. Give a string."
            ) from None
        if found is None:
            raise NoMatch(
                f"{self.pattern!r} does not match {text!r}. The pattern sees every sign of it, "
                "and the string of a number starts with + (RFC 6116 section 3.1)."
            )
        return found


def rewrite(field: str, text: str, *, timeout: float = 0.1) -> str:
    r"""Apply a regexp field to a text, and give the result: a URI, or the next domain name.

    Args:
        field: the regexp as on the wire: one backslash in `\1`. Checked once, then kept.
        text: the very text to match, for ENUM `+` and digits; see `enumlab.number.aus`.
        timeout: seconds that the match may take.

    Raises:
        NoMatch: the field is sound, but its pattern does not match this text.
        SubstitutionError: the field breaks RFC 3402 section 3.2, or the match takes too long.

    Example:
        >>> rewrite(r"!^\+(.*)$!sip:\1@example.com!", "+61355500912")
        'sip:61355500912@example.com'
    """
    return _parsed(field).apply(text, timeout)


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Substitution:
    return Substitution.parse(text)


def _split(text: str) -> tuple[str, str, str, str]:
    """Split at the delimiters that no backslash stands before, and unescape the others."""
    if not isinstance(text, str):
        raise SubstitutionError(f"a regexp field is text, not {type(text).__name__}. {FORM}")
    if not text:
        raise SubstitutionError(f"the regexp field is empty. {FORM}")
    if len(text.encode("utf-8", "replace")) > MAX_OCTETS:
        raise SubstitutionError(
            f"the regexp field is longer than {MAX_OCTETS} octets, the most a record can carry."
        )
    delimiter = text[0]
    _check_delimiter(delimiter)
    parts, escaped = [""], False
    for sign in text[1:]:
        if sign == delimiter and not escaped:
            parts.append("")
        elif sign == delimiter and (len(parts) > 1 or sign not in KEEPS_ITS_BACKSLASH):
            parts[-1] = parts[-1][:-1] + sign
        else:
            parts[-1] += sign
        escaped = sign == "\\" and not escaped
    if len(parts) != 3:
        raise SubstitutionError(
            f"{text!r} has the delimiter {delimiter} {len(parts)} times without a backslash before "
            f"it, not 3 times. {FORM}. For the sign itself, write \\{delimiter}."
        )
    return delimiter, parts[0], parts[1], parts[2]


def _check_delimiter(sign: str) -> None:
    if len(sign) != 1 or not sign.isascii() or sign.isdigit() or sign in "\\iI\0":
        raise SubstitutionError(
            f"{sign!r} cannot be the delimiter. RFC 3402 section 3.2 takes any single sign but a "
            "digit, a backslash and the flag i. Start the field with ! or /."
        )


def _parts(replacement: str, groups: int) -> tuple[str | int, ...]:
    r"""Cut a replacement into plain text and group numbers."""
    parts: list[str | int] = []
    at = 0
    for found in re.finditer(r"\\(.?)", replacement, re.DOTALL):
        parts.append(replacement[at : found.start()])
        sign, at = found[1], found.end()
        if sign == "\\":
            parts.append(sign)
        elif sign in "123456789" and sign:
            if int(sign) > groups:
                raise SubstitutionError(
                    f"the replacement {replacement!r} uses \\{sign}, but the pattern has {groups} "
                    "groups. Put parentheses around the part of the pattern that it stands for."
                )
            parts.append(int(sign))
        else:
            raise SubstitutionError(
                f"the replacement {replacement!r} has {_seen(sign)}. A backslash stands before "
                "a group number 1 to 9, the delimiter, or another backslash."
            )
    parts.append(replacement[at:])
    return tuple(part for part in parts if part != "")


def _seen(sign: str) -> str:
    if sign == "0":
        return "\\0, which is no group: for the whole match put parentheses around the pattern"
    return f"\\{sign}" if sign else "a backslash with nothing behind it"
