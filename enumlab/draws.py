"""Calls drawn one by one: each has a random number of its own, and only the totals are kept."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate, pairwise

from enumlab.rng import legacy_rng

STEPS = 1 << 16  # a random number has 16 bits
AT_ONCE = 1 << 17  # calls whose numbers are in memory at the same time, a quarter of a mebibyte


def draw_each(chances: Sequence[Fraction], calls: int, *seed: int) -> tuple[int, ...]:
    """How many of so many calls meet each of these chances.

    Where the limit between two chances lies inside one of the 65,536 numbers, the calls that drew
    this number draw again, so that the shares are right to the last bit.

    Args:
        chances: their sum is 1.
        calls: how many numbers are drawn; for any number of them, half a mebibyte is enough.
        seed: as for `legacy_rng`.

    Example:
        >>> draw_each([Fraction(1, 4), Fraction(1, 4), Fraction(1, 2)], 10**6, 1)
        (250258, 249500, 500242)
    """
    rng = legacy_rng(*seed, 1)
    limits = [STEPS * upto for upto in accumulate(chances, initial=Fraction(0))]
    marks = sorted({rounded(limit) for limit in limits for rounded in (math.floor, math.ceil)})
    below = dict(zip(marks, _below(marks, calls, seed), strict=True))
    found = [0] * len(chances)
    for start, end in pairwise(marks):
        since, upto = Fraction(start), Fraction(end)
        inside = [
            float(max(Fraction(0), min(high, upto) - max(low, since)) / (end - start))
            for low, high in pairwise(limits)
        ]
        drawn = rng.multinomial(below[end] - below[start], inside).tolist()
        found = [total + more for total, more in zip(found, drawn, strict=True)]
    return tuple(found)


def _below(marks: Sequence[int], calls: int, seed: tuple[int, ...]) -> list[int]:
    """How many numbers are below each mark."""
    import numpy as np

    found = [0] * len(marks)
    raw = np.random.PCG64(seed)
    smaller = np.empty(AT_ONCE, bool)
    for start in range(0, calls, AT_ONCE):
        size = min(AT_ONCE, calls - start)
        drawn = raw.random_raw((size + 3) // 4).astype("<u8", copy=False).view("<u2")[:size]
        for place, mark in enumerate(marks):
            if mark == STEPS:
                found[place] += size
            elif mark:
                np.less(drawn, np.uint16(mark), out=smaller[:size])
                found[place] += int(np.count_nonzero(smaller[:size]))
    return found
