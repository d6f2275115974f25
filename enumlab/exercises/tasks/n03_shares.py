"""Notebook 03: how calls are shared."""

from __future__ import annotations

from fractions import Fraction
from random import Random

from enumlab.exercises import pool
from enumlab.exercises.functions import function_check
from enumlab.exercises.readers import count, counts, shares
from enumlab.exercises.trials import Arguments
from enumlab.exercises.values import alike, value_check, within


def _sum_remark(found: tuple[Fraction, ...]) -> str:
    total = sum(found, Fraction(0))
    if abs(total - 1) > Fraction(1, 1000):
        return f"Shares of one whole add up to 100 %; these add up to {float(total * 100):.6g} %."
    return ""


def _preferences() -> list[Arguments]:
    rng = Random(pool.SEED)
    some = [[rng.choice([1, 5, 10, 50, 100, 200]) for _ in range(size)] for size in (2, 3, 4) * 12]
    return [(list(p),) for p in ([100], [100, 100], [100, 100, 200], [10, 10, 5, 5], *some)]


def _same_shares(expected: object, got: object) -> bool:
    return alike(shares(expected).value, shares(got).value)


def _rounded(got: tuple[Fraction, ...]) -> bool:
    thirtieths = (10, 10, 5, 5)
    return len(got) == len(thirtieths) and all(
        abs(share - Fraction(n, 30)) < Fraction(1, 100)
        for share, n in zip(got, thirtieths, strict=True)
    )


CHECKS = {
    "3.1": value_check(shares, remark=_sum_remark),
    "3.2": function_check(_preferences, _same_shares),
    "3.3": value_check(shares, remark=_sum_remark, when={"rounded": _rounded}),
    "3.4": value_check(
        count,
        within(6843, 7563),  # 7203, give or take 5 %
        when={
            "forgot the square": lambda got: 80 <= got <= 90,
            "worst case of one half": lambda got: 9500 <= got <= 10000,
        },
    ),
    "3.5": value_check(
        counts,
        lambda expected, got: sorted(expected) == sorted(got),
        when={"a rotating name server": lambda got: sum(got) == 400 and 160 <= got[0] <= 240},
    ),
    "3.6": value_check(shares, remark=_sum_remark),
}
