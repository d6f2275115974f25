r"""POSIX extended regular expressions (ERE) in the words of the `regex` package.

RFC 3402 asks for POSIX EREs. Python's `re` and `regex` read another language, Perl's, in which `\d`
is a digit, `*?` is lazy, and a backslash escapes inside brackets. So the ERE is read here,
strictly, and written anew for `regex`, whose POSIX mode finds the leftmost and longest match, as
libc does.

What POSIX leaves undefined is refused wherever BIND's check of NAPTR records and glibc's `regcomp`
do not both take it in the same sense: a doubled operator (`a**`), an empty branch (`a||b`), a `{`
that starts no bound. Refused, too, are a backslash before a letter or a digit, whose sense differs
from one library to the next, and `[[.a.]]` and `[[=a=]]`, which need a locale. All take `()`, a
lone `)`, `]` or `}`, and a backslash before any other sign, and so does this.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from enumlab.errors import SubstitutionError

RE_DUP_MAX = 255  # POSIX's least maximum of a bound; BIND refuses more
MAX_DEPTH = 50  # parentheses within parentheses
MAX_SIZE = 1_000  # libc and `regex` copy a repeated part; ((a{200}){200}){200} takes gigabytes

CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": " \\t",
    "cntrl": "\\x00-\\x1f\\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": "!-/:-@\\[-`{-~",
    "space": " \\t-\\r",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}

PERL = {
    "d": "[0-9]",
    "D": "[^0-9]",
    "w": "[[:alnum:]_]",
    "W": "[^[:alnum:]_]",
    "s": "[[:space:]]",
    "S": "[^[:space:]]",
}

BOUND = re.compile(r"\{([0-9]+)(,?)([0-9]*)\}")


@dataclass(frozen=True)
class Ere:
    """An ERE that has been read.

    Attributes:
        pattern: the same, in the syntax of `regex` with the flags V0, POSIX and DOTALL.
        groups: how many pairs of parentheses it has.
        quick: it has no alternatives and one repeat at most, so the steps of a match cannot
            multiply: on 255 signs they stay below 100,000.
    """

    pattern: str
    groups: int
    quick: bool


def read(pattern: str, delimiter: str = "") -> Ere:
    r"""Read a POSIX ERE (POSIX.1, XBD section 9.4).

    Args:
        pattern: the ERE.
        delimiter: a sign whose escaped form means the sign itself inside brackets as well, where
            POSIX takes a backslash for a backslash.

    Raises:
        SubstitutionError: with the position, counted from 1, and what to write instead.

    Example:
        >>> read(r"^\+([[:digit:]]{2})(.*)$")
        Ere(pattern='^\\+([0-9]{2})(.*)\\Z', groups=2, quick=False)
    """
    return _Reader(pattern, delimiter).read()


class _Reader:
    """Reads from left to right; each method reads one thing and returns (its translation, size)."""

    def __init__(self, pattern: str, delimiter: str) -> None:
        self.text = pattern
        self.delimiter = delimiter
        self.at = 0
        self.groups = self.choices = self.repeats = 0

    def read(self) -> Ere:
        written, _ = self.alternation(depth=0)
        return Ere(written, self.groups, quick=self.choices == 0 and self.repeats <= 1)

    def wrong(self, at: int, what: str) -> SubstitutionError:
        return SubstitutionError(f"in the pattern {self.text!r}, character {at + 1}: {what}")

    def next_is(self, signs: str) -> bool:
        return self.text.startswith(signs, self.at)

    def alternation(self, depth: int) -> tuple[str, int]:
        branches, size = [], 0
        while True:
            written, branch_size = self.branch(depth)
            branches.append(written)
            size += branch_size
            if not self.next_is("|"):
                return "|".join(branches), size
            self.at += 1
            self.choices += 1

    def branch(self, depth: int) -> tuple[str, int]:
        start, pieces, size = self.at, [], 0
        while self.at < len(self.text) and self.text[self.at] not in ("|)" if depth else "|"):
            written, piece_size = self.piece(depth)
            pieces.append(written)
            size += piece_size
            if size > MAX_SIZE:
                raise self.wrong(
                    start,
                    f"written out in full, the repeats come to more than {MAX_SIZE} signs. "
                    "Use smaller bounds, or * and +.",
                )
        if not pieces and not (depth and self.text[start - 1 : start + 1] == "()"):
            raise self.wrong(
                start,
                "nothing here to match. Write each alternative with at least one sign; "
                "to make a part optional, put ? behind it.",
            )
        return "".join(pieces), size

    def piece(self, depth: int) -> tuple[str, int]:
        start, sign = self.at, self.text[self.at]
        if sign in "*+?{":
            raise self.wrong(start, self.lost_operator(sign))
        self.at += 1
        if sign == "(":
            written, size = self.group(start, depth)
        elif sign == "[":
            written, size = self.bracket(start), 1
        elif sign == "\\":
            written, size = self.escape(start), 1
        elif sign in "^$":
            written, size = "^" if sign == "^" else r"\Z", 1
            if self.at < len(self.text) and self.text[self.at] in "*+?{":
                raise self.wrong(
                    self.at, f"{self.text[self.at]} repeats {sign}, which matches no sign. Drop it."
                )
        elif sign == ".":
            written, size = ".", 1
        else:
            written, size = re.escape(sign), 1
        operator, times = self.repeat()
        return written + operator, size * times

    def lost_operator(self, sign: str) -> str:
        if self.text[max(0, self.at - 1) : self.at + 1] == "(?":
            return "(? starts nothing in POSIX. Write plain parentheses; they are groups."
        if self.at and self.text[self.at - 1] in "*+?}":
            return (
                f"{sign} repeats a repeat. POSIX has no lazy or possessive form: "
                "one operator is enough, and the longest match wins."
            )
        return f"{sign} has nothing before it to repeat. For the sign itself, write \\{sign}."

    def group(self, start: int, depth: int) -> tuple[str, int]:
        if depth == MAX_DEPTH:
            raise self.wrong(start, f"parentheses nested more than {MAX_DEPTH} deep. Use fewer.")
        self.groups += 1
        written, size = self.alternation(depth + 1)
        if not self.next_is(")"):
            raise self.wrong(
                start, "( is never closed. Add the ), or write \\( for the sign itself."
            )
        self.at += 1
        return f"({written})", size + 1

    def escape(self, start: int) -> str:
        if self.at == len(self.text):
            raise self.wrong(start, "a backslash with nothing behind it. For the sign, write \\\\.")
        sign = self.text[self.at]
        self.at += 1
        if sign in PERL:
            raise self.wrong(start, f"\\{sign} is Perl's, not POSIX. Write {PERL[sign]}.")
        if sign.isdigit():
            raise self.wrong(
                start, f"\\{sign} in the pattern. Groups are used in the replacement only."
            )
        if sign.isalpha() or sign in "<>`'":
            raise self.wrong(
                start,
                f"\\{sign} has no meaning in POSIX. For the sign itself, write {sign} alone.",
            )
        return re.escape(sign)

    def repeat(self) -> tuple[str, int]:
        """Read the operator behind an atom, if one stands there: (operator, copies at most)."""
        if self.at == len(self.text) or self.text[self.at] not in "*+?{":
            return "", 1
        self.repeats += 1
        sign = self.text[self.at]
        if sign != "{":
            self.at += 1
            return sign, 1
        found = BOUND.match(self.text, self.at)
        if not found:
            raise self.wrong(
                self.at,
                "{ starts no bound. Write {2}, {2,} or {2,4}; for the sign itself, write \\{.",
            )
        least = int(found[1])
        most = int(found[3]) if found[3] else least
        if most < least:
            raise self.wrong(self.at, f"{found[0]} ends below its start. Swap the two numbers.")
        if most > RE_DUP_MAX:
            raise self.wrong(
                self.at,
                f"{found[0]} repeats more than {RE_DUP_MAX} times, the most POSIX promises.",
            )
        self.at = found.end()
        # `regex` copies the part once more than it repeats: ((a{2}){2}){2} makes 27 of it.
        return found[0], most + 1 if most > 1 else 1

    def bracket(self, start: int) -> str:
        """Read a bracket expression (POSIX.1, XBD section 9.3.5); `[` has been read."""
        written = "["
        if self.next_is("^"):
            written += "^"
            self.at += 1
        first = self.at
        while self.at == first or not self.next_is("]"):
            name = self.bracket_class(start)
            if name:
                written += CLASSES[name]
                if self.next_is("-") and not self.next_is("-]"):
                    raise self.wrong(self.at, "a range cannot start with a class. Put - last.")
                continue
            low = high = self.member(start)
            if self.next_is("-") and not self.next_is("-]"):
                self.at += 1
                if self.bracket_class(start):
                    raise self.wrong(self.at, "a range cannot end with a class. Put - last.")
                high = self.member(start)
                if high < low:
                    raise self.wrong(
                        self.at - 1, f"the range {low}-{high} ends below its start. Swap the two."
                    )
                if self.next_is("-") and not self.next_is("-]"):
                    raise self.wrong(self.at, "a range cannot start where one ends. Put - last.")
            written += _code(low) if low == high else f"{_code(low)}-{_code(high)}"
        self.at += 1
        return written + "]"

    def member(self, start: int) -> str:
        if self.next_is("\\" + self.delimiter) and self.delimiter:
            self.at += 1
        if self.at == len(self.text):
            raise self.wrong(
                start,
                "[ is never closed. Add the ] (one right behind [ or [^ is a member of the set), "
                "or write \\[ for the sign itself.",
            )
        self.at += 1
        return self.text[self.at - 1]

    def bracket_class(self, start: int) -> str:
        """Read `[:digit:]` and the like, if one stands here, and give its name."""
        if self.next_is("[.") or self.next_is("[="):
            raise self.wrong(
                self.at,
                f"{self.text[self.at : self.at + 2]} needs a locale, which DNS has not. "
                "Write the sign itself.",
            )
        if not self.next_is("[:"):
            return ""
        end = self.text.find(":]", self.at + 2)
        name = self.text[self.at + 2 : end if end >= 0 else None]
        if name not in CLASSES or end < 0:
            raise self.wrong(
                self.at, f"[:{name}:] is not a class. Known are {', '.join(sorted(CLASSES))}."
            )
        self.at = end + 2
        return name


def _code(sign: str) -> str:
    return f"\\U{ord(sign):08x}"  # a set of `regex` has more special signs than POSIX has
