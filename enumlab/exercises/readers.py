"""What a learner means by an answer: numbers, shares, texts, in whatever form they are written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from numbers import Rational, Real
from typing import Any

from enumlab.errors import LabError
from enumlab.exercises.trials import shown

TOLERANCE = Fraction(1, 10**6)  # a float of 1/3, or its first seven digits, is 1/3; 0.333 is not

_NUMBER = r"[+-]?(?:\d[\d_,]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_TEXT = re.compile(rf"({_NUMBER})\s*(?:/\s*({_NUMBER}))?\s*(%?)")


@dataclass(frozen=True)
class Understood:
    """A value with how it was read.

    Attributes:
        value: what is judged.
        said: what the learner is told, such as "1/4, that is 25 %".
    """

    value: Any
    said: str


Reader = Callable[[object], Understood]


def number(answer: object) -> Fraction:
    """Read a number; behind a percent sign, a hundredth of it.

    Raises:
        LabError: it is no number.

    Example:
        >>> number("25 %"), number(1e-1) == number("0.1")
        (Fraction(1, 4), True)
    """
    found, is_percent = _number(answer)
    return found / 100 if is_percent else found


def share(answer: object) -> Understood:
    """Read one share of a whole; a bare number above 1 is a percentage.

    Raises:
        LabError: it is no number, or no share.

    Example:
        >>> share("25 %").said, share(0.25).said, share(25).value
        ('1/4 (25 %)', '1/4 (25 %)', Fraction(1, 4))
    """
    number, is_percent = _number(answer)
    return _as_share(number / 100 if is_percent or abs(number) > 1 else number)


def shares(answer: object) -> Understood:
    """Read several shares; if a bare number among them is above 1, bare numbers are percentages.

    Raises:
        LabError: one is no number, or this is no list.

    Example:
        >>> shares([25, 25, 50]).said
        '1/4 (25 %), 1/4 (25 %), 1/2 (50 %)'
        >>> shares("1/4 1/4 1/2").value == shares([0.25, 0.25, 0.5]).value
        True
    """
    numbers = [_number(item) for item in items(answer)]
    percents = any(abs(number) > 1 for number, is_percent in numbers if not is_percent)
    found = [_as_share(n / 100 if is_percent or percents else n) for n, is_percent in numbers]
    return Understood(
        tuple(each.value for each in found), ", ".join(each.said for each in found) or "no share"
    )


def count(answer: object) -> Understood:
    """Read how many: a whole number, "2,500" and 2500.0 too.

    Raises:
        LabError: it is no whole number.

    Example:
        >>> count("2,500").value
        2500
    """
    number, is_percent = _number(answer)
    if is_percent or number.denominator != 1:
        raise LabError(f"Saw {shown(answer)}, expected a whole number: a count of things.")
    return Understood(int(number), f"{int(number):,}")


def amount(answer: object) -> Understood:
    """Read a number with no unit.

    Example:
        >>> amount("1/2").said
        '0.5'
    """
    number, is_percent = _number(answer)
    if is_percent:
        raise LabError(f"Saw {shown(answer)}, expected a number with no percent sign.")
    return Understood(number, f"{float(number):g}")


def counts(answer: object) -> Understood:
    """Read several whole numbers.

    Example:
        >>> counts((900, 1, 99)).value
        (900, 1, 99)
    """
    found = [count(item) for item in items(answer)]
    return Understood(tuple(f.value for f in found), ", ".join(f.said for f in found) or "none")


def word(answer: object) -> Understood:
    """Read a text; letter case, spaces around it and a dot at its end do not matter.

    Example:
        >>> word(" 1.6.E164.arpa. ").value
        '1.6.e164.arpa'
    """
    found = text(answer)
    return Understood(found.rstrip(".").casefold(), repr(found))


def text(answer: object) -> str:
    """Read a text; digits may stand there without quotation marks.

    Raises:
        LabError: it is something else.

    Example:
        >>> text(" a "), text(612)
        ('a', '612')
    """
    if isinstance(answer, bool) or not isinstance(answer, str | int):
        raise LabError(f"Saw {shown(answer)}, expected text between quotation marks.")
    return str(answer).strip()


def words(answer: object) -> Understood:
    """Read several texts.

    Example:
        >>> words(["A", "b"]).value
        ('a', 'b')
    """
    found = [word(item) for item in items(answer)]
    return Understood(tuple(f.value for f in found), ", ".join(f.said for f in found) or "none")


def items(answer: object) -> list[object]:
    """The things in a list, a tuple, an array, a mapping's values, or a text with commas.

    Raises:
        LabError: it is none of these.

    Example:
        >>> items("25 %, 75 %"), items({"a": 1}), items("1/4 3/4")
        (['25 %', '75 %'], [1], ['1/4', '3/4'])
    """
    if isinstance(answer, Mapping):
        return list(answer.values())
    if isinstance(answer, str):
        inside = answer.strip().strip("[]()")
        parts = re.split(r"[,;\n]", inside) if re.search(r"[,;\n]", inside) else inside.split()
        return [part.strip() for part in parts if part.strip()]
    if isinstance(answer, Iterable):
        return list(answer)
    raise LabError(f"Saw {shown(answer)}, expected a list such as [1, 2, 3].")


def _number(answer: object) -> tuple[Fraction, bool]:
    """The number, and whether a percent sign stood behind it."""
    try:
        if isinstance(answer, str):
            found = _TEXT.fullmatch(answer.strip())
            if found:
                top, bottom = (Fraction(re.sub("[_,]", "", n)) for n in (found[1], found[2] or "1"))
                return top / bottom, bool(found[3])
        elif type(answer).__name__.startswith("bool"):
            pass  # True is no number, though Python takes it for 1
        elif isinstance(answer, Rational):  # perhaps of numpy, whose integers overflow
            return Fraction(int(answer.numerator), int(answer.denominator)), False
        elif isinstance(answer, Decimal):
            return Fraction(answer), False
        elif isinstance(answer, Real) or hasattr(answer, "__float__"):
            return Fraction(repr(float(answer))), False  # 0.1 is one tenth
    except (ValueError, OverflowError, ZeroDivisionError, TypeError):
        pass
    raise LabError(
        f"Saw {shown(answer)}, expected a number: a fraction such as 1/4, a decimal such as 0.25, "
        'or a text such as "25 %".'
    )


def _as_share(value: Fraction) -> Understood:
    simple = value.limit_denominator(1000)
    percent = f"{float(value * 100):.6g} %"
    if abs(simple - value) > TOLERANCE or simple.denominator == 1:
        return Understood(value, percent)
    return Understood(value, f"{simple} ({percent})")
