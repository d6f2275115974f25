"""The same regexp as it is written on the wire, in a master file, and in Python."""

from __future__ import annotations

import ast
import warnings
from html import escape

from enumlab.errors import LabError, ZoneError
from enumlab.naptr import Naptr
from enumlab.show.wordy import INK, Rich, Words, code
from enumlab.substitution import MAX_OCTETS

QUOTES = ('"', "'", '"""', "'''")


def layers(regexp: str) -> Words:
    r"""How a regexp is written in each place, and what becomes of one backslash too few.

    Args:
        regexp: as on the wire: one backslash in `\1`.

    Raises:
        LabError: not text, or too long for a record.

    Example:
        >>> for row in layers(r"!^\+(.*)$!sip:\1@x!").rows:
        ...     print(*row[:3])
        on the wire !^\+(.*)$!sip:\1@x! 2
        in a master file, and in dig "!^\\+(.*)$!sip:\\1@x!" 4
        in Python, raw r"!^\+(.*)$!sip:\1@x!" 2
        in Python "!^\\+(.*)$!sip:\\1@x!" 4
    """
    if not isinstance(regexp, str) or len(regexp.encode("utf-8", "replace")) > MAX_OCTETS:
        raise LabError(
            f"{regexp!r} is not a regexp field. Expected text of at most {MAX_OCTETS} octets."
        )
    record = Naptr(10, 100, "u", "E2U+sip", regexp)
    in_file = record.to_text()[len('10 100 "u" "E2U+sip" ') : -len(" .")]
    raw = _literal("r", regexp, regexp) or "(not possible)"
    plain = _literal("", regexp.replace("\\", "\\\\"), regexp) or repr(regexp)
    rows = [
        ("on the wire", regexp, ""),
        ("in a master file, and in dig", in_file, _forgotten_in_file(regexp)),
        ("in Python, raw", raw, "nothing: a raw string keeps them"),
        ("in Python", plain, _forgotten_in_python(regexp)),
    ]
    return Words(
        "One regexp, written in each place",
        ("place", "written", "backslashes", "without the doubled backslashes it becomes"),
        [
            (place, _marked(text), str(text.count("\\")), lost if "\\" in regexp else "")
            for place, text, lost in rows
        ],
    )


def _forgotten_in_file(regexp: str) -> str:
    quoted = regexp.replace('"', '\\"')
    try:
        read = Naptr.parse(f'10 100 "u" "E2U+sip" "{quoted}" .').regexp
    except ZoneError as error:
        return f"refused: {error}".partition(" The text is:")[0]
    return _marked(read)


def _forgotten_in_python(regexp: str) -> str:
    read = None
    for quote in QUOTES:
        read = read or _evaluated(f"{quote}{regexp}{quote}")
    if read is None:
        return "refused: a syntax error"
    if read == regexp:
        return "the same, and a warning: Python knows no such escape"
    odd = {sign: f"\\x{ord(sign):02x}" for sign in read if sign < " "}
    shown = "".join(odd.get(sign, sign) for sign in read)
    note = "".join(f"; {escaped} is one control character" for escaped in odd.values())
    return Rich(shown + note, code(shown).html + note)


def _literal(prefix: str, text: str, meant: str) -> str:
    """A Python literal that means what is meant, with the plainest quotes that will do."""
    literals = (f"{prefix}{quote}{text}{quote}" for quote in QUOTES)
    return next((each for each in literals if _evaluated(each) == meant), "")


def _evaluated(literal: str) -> str | None:
    """The string that a Python literal stands for; None where it is not one."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return str(ast.literal_eval(literal))
    except (SyntaxError, ValueError):
        return None


def _marked(text: str) -> Rich:
    """Text whose backslashes stand out by weight and ground."""
    style = f"background:#ffe3b3;color:{INK};font-weight:bold"
    html = escape(text).replace("\\", f'<span style="{style}">\\</span>')
    return Rich(text, f'<code style="white-space:nowrap">{html}</code>')
