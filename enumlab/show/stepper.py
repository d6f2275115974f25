"""A substitution step by step: from the field and the number to the result."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from enumlab.errors import LabError, NoMatch, NumberError, SubstitutionError
from enumlab.naptr import URI
from enumlab.number import aus
from enumlab.show.wordy import INK, TINTS, Rich, Words, code
from enumlab.substitution import Match, Substitution

Span = tuple[int, int, int]  # start, end, number of the group
Row = tuple[str, str, str]

CHIP = "background:#333;color:#fff;font-size:75%;padding:0 3px;margin-right:2px"


def stepper(field: str, number: str) -> Words:
    r"""Take a regexp field apart, and apply it to a number; errors are rows, too.

    A group has the same number and colour wherever it appears: in the pattern, in the text that it
    caught, in the replacement and in the result.

    Args:
        field: the regexp as on the wire.
        number: a telephone number, of which the Application Unique String is taken; any other text
            is taken as it is.

    Raises:
        LabError: not two texts.

    Example:
        >>> stepper(r"!^\+(.*)$!sip:\1@example.com!", "+61 3 5550 0912")
        One substitution, step by step
        step         value                          note
        field        !^\+(.*)$!sip:\1@example.com!  as on the wire
        AUS          +61355500912                   the Application Unique String (RFC 6116 3.1)
        delimiter    !                              the first character of the field
        pattern      ^\+(.*)$                       groups: 1
        replacement  sip:\1@example.com             uses \1
        flags        none
        whole match  +61355500912                   characters 1 to 12 of 12
        group 1      61355500912                    characters 2 to 12
        result       sip:61355500912@example.com    a URI
    """
    if not isinstance(field, str) or not isinstance(number, str):
        raise LabError(f"expected two texts, got {field!r} and {number!r}.")
    return Words("One substitution, step by step", ("step", "value", "note"), _rows(field, number))


def _rows(field: str, number: str) -> list[Row]:
    try:
        step, text, note = "AUS", aus(number), "the Application Unique String (RFC 6116 3.1)"
    except NumberError:
        step, text, note = "text", number, "as given, for it is not a telephone number"
    rows: list[Row] = [("field", code(field), "as on the wire"), (step, code(text), note)]
    try:
        substitution = Substitution.parse(field)
        rows += _parts(substitution)
        rows += _matched(substitution, substitution.match(text))
    except NoMatch:
        rows.append(("whole match", "none", "the pattern fits no part of it: no result"))
    except SubstitutionError as error:
        rows.append(("error", "the steps end here", str(error)))
    return rows


def _parts(substitution: Substitution) -> list[Row]:
    groups = _groups(substitution.pattern)
    uses = _uses(substitution.replacement)
    told = ", ".join(f"\\{number}" for *_, number in uses)
    return [
        ("delimiter", code(substitution.delimiter), "the first character of the field"),
        ("pattern", _marked(substitution.pattern, groups), f"groups: {len(groups)}"),
        (
            "replacement",
            _marked(substitution.replacement, uses),
            f"uses {told}" if told else "uses no group",
        ),
        (
            "flags",
            code(substitution.flags) if substitution.flags else "none",
            "letters in either case" if substitution.flags else "",
        ),
    ]


def _matched(substitution: Substitution, match: Match) -> list[Row]:
    text, (start, end) = match.text, match.span
    rows: list[Row] = [
        ("whole match", code(text[start:end]), f"{_where(start, end)} of {len(text)}")
    ]
    for number, span in enumerate(match.spans[1:], 1):
        if span is None:
            rows.append((f"group {number}", "nothing", "took no part in the match"))
        else:
            caught = text[span[0] : span[1]]
            marked = _marked(caught, [(0, len(caught), number)])
            rows.append((f"group {number}", marked, _where(*span)))
    result, origins = "", []
    for part in substitution.parts:
        piece = part if isinstance(part, str) else match.groups[part - 1] or ""
        if isinstance(part, int):
            origins.append((len(result), len(result) + len(piece), part))
        result += piece
    kind = "a URI" if URI.fullmatch(result) else "not a URI: a scheme, a colon and the rest"
    rows.append(("result", _marked(result, origins), kind))
    return rows


def _where(start: int, end: int) -> str:
    if start == end:
        return f"empty, before character {start + 1}"
    return f"characters {start + 1} to {end}" if end - start > 1 else f"character {end}"


def _uses(replacement: str) -> list[Span]:
    found = re.finditer(r"\\(.)", replacement, re.DOTALL)
    return [(use.start(), use.end(), int(use[1])) for use in found if use[1] in "123456789"]


def _groups(pattern: str) -> list[Span]:
    """Where each pair of parentheses stands in a sound ERE, by the place of its (."""
    found: list[Span] = []
    opened: list[tuple[int, int]] = []
    count = at = 0
    while at < len(pattern):
        sign = pattern[at]
        if sign == "\\":
            at += 1
        elif sign == "[":
            at = _bracket_end(pattern, at)
        elif sign == "(":
            count += 1
            opened.append((at, count))
        elif sign == ")" and opened:
            start, number = opened.pop()
            found.append((start, at + 1, number))
        at += 1
    return sorted(found)


def _bracket_end(pattern: str, at: int) -> int:
    """The place of the ] that ends a bracket expression; one right behind [ or [^ is a member."""
    end = at + 1 + (pattern[at + 1] == "^")
    end += pattern[end] == "]"
    while pattern[end] != "]":
        end = pattern.index(":]", end) + 2 if pattern.startswith("[:", end) else end + 1
    return end


def _marked(text: str, spans: Iterable[Span]) -> Rich:
    """Text with a bordered, coloured and numbered box around each span; spans may nest."""
    html, at = "", 0
    open_ends: list[int] = []
    last = (len(text), len(text), 0)
    for start, end, number in [*sorted(spans, key=lambda s: (s[0], -s[1], s[2])), last]:
        while open_ends and open_ends[-1] <= start:
            stop = open_ends.pop()
            html += escape(text[at:stop]) + "</span>"
            at = stop
        html += escape(text[at:start])
        at = start
        if number:
            html += f'<span style="{_box(number)}"><span style="{CHIP}">{number}</span>'
            open_ends.append(end)
    return Rich(text, f'<code style="white-space:pre-wrap">{html}</code>')


def _box(number: int) -> str:
    ground = TINTS[(number - 1) % len(TINTS)]
    return f"background:{ground};color:{INK};border:1px solid #555;padding-right:2px"
