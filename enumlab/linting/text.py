r"""What only the raw text of a master file shows: backslashes that do not do what they seem to."""

from __future__ import annotations

import re
from typing import NamedTuple

# A backslash that no backslash stands before, then what it escapes.
ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*\\([^\\])")
LONE = re.compile(r"(?<!\\)((?:\\\\)*)\\([0-9])(?![0-9]{2})")
LOST = re.compile(r'(?<!\\)(?:\\\\)*\\([^\\"0-9\n])')

STRING = r'"(?:[^"\\\n]|\\.)*"'
RECORD = re.compile(
    rf'(?:[^\n;"(\\]|\\.|;[^\n]*|{STRING}|\((?:[^);"\\]|\\.|;[^\n]*|{STRING})*\))*\n?', re.DOTALL
)
TOKEN = re.compile(rf'{STRING}|;[^\n]*|[()]|(?:[^\s;"()\\]|\\.)+', re.DOTALL)
REGEXP = 4  # fields behind the word NAPTR: order, preference, flags, service, regexp


class Slip(NamedTuple):
    """A backslash that is wrong.

    Attributes:
        rule: "lone-backslash" or "lost-backslash".
        line: on which the record starts, counted from 1.
        owner: as written, for want of anything better.
        message: what was seen.
        fix: what to write.
    """

    rule: str
    line: int
    owner: str
    message: str
    fix: str


def slips(text: str) -> list[Slip]:
    r"""Backslashes in the regexp of NAPTR records, which a master file reads as escapes.

    Example:
        >>> [slip.rule for slip in slips(r'1 NAPTR 10 100 "u" "E2U+sip" "!^\+(.*)$!tel:\1!" .')]
        ['lone-backslash', 'lost-backslash']
    """
    text = text.replace("\r\n", "\n")
    found: list[Slip] = []
    if not (LONE.search(text) or LOST.search(text)):
        return found
    line, owner = 1, ""
    for record in (match[0] for match in RECORD.finditer(text)):
        tokens = [token for token in TOKEN.findall(record) if token[0] not in "();"]
        if tokens and not record[0].isspace():
            owner = tokens[0]
        found += [Slip(rule, line, owner, *words) for rule, *words in _in_record(tokens)]
        line += record.count("\n")
    return found


def repaired(text: str) -> str:
    r"""The text with each lone `\1` doubled, so that the rest can be read.

    Example:
        >>> print(repaired(r"!^(.*)$!sip:\1@h!"), repaired(r"\\1 \049"))
        !^(.*)$!sip:\\1@h! \\1 \049
    """
    return LONE.sub(r"\1\\\\\2", text)


def _in_record(tokens: list[str]) -> list[tuple[str, str, str]]:
    upper = [token.upper() for token in tokens]
    if "NAPTR" not in upper:
        return []
    fields = tokens[upper.index("NAPTR") + 1 :]
    if len(fields) <= REGEXP:
        return []
    found = []
    lone = LONE.search(fields[REGEXP])
    if lone:
        found.append(
            (
                "lone-backslash",
                f"the regexp has \\{lone[2]}. In a master file a backslash starts an escape of "
                "three digits, so BIND, Knot and dnspython refuse the line.",
                f"Double the backslash: \\\\{lone[2]} (RFC 1035 section 5.1).",
            )
        )
    lost = LOST.search(fields[REGEXP])
    if lost:
        found.append(
            (
                "lost-backslash",
                f"the regexp has \\{lost[1]}. A master file takes the backslash away, without a "
                f"word, so the client gets {lost[1]} alone, which in a pattern means another "
                "thing.",
                f"Double the backslash: \\\\{lost[1]} (RFC 1035 section 5.1).",
            )
        )
    return found
