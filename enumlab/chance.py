"""How far from its share a fair draw strays: the binomial distribution, exactly."""

from __future__ import annotations

import math
from bisect import bisect_left
from fractions import Fraction
from itertools import accumulate

from enumlab.errors import LabError


def fair_interval(calls: int, share: Fraction | float) -> tuple[int, int]:
    """The counts, from lowest to highest, that a fair draw keeps to 95 times in 100.

    At most 2.5 % of draws fall below, and at most 2.5 % above: the central interval of the binomial
    distribution itself, not of a normal curve in its place.

    Args:
        calls: number of calls drawn.
        share: probability that one call is counted.

    Example:
        >>> fair_interval(10_000, 0.25)
        (2415, 2585)
        >>> fair_interval(10, 1)
        (10, 10)
    """
    p = float(share)
    if calls == 0 or p in (0.0, 1.0):
        return (0, 0) if p == 0.0 else (calls, calls)
    mode = min(int((calls + 1) * p), calls)
    # Ten standard deviations and a few counts more: what lies outside is below 1e-15.
    reach = int(10 * math.sqrt(calls * p * (1 - p))) + 60
    low, high = max(0, mode - reach), min(calls, mode + reach)
    try:
        import numpy as np
    except ModuleNotFoundError:
        return _interval_in_plain_python(calls, p, low, high)
    counts = np.arange(low, high + 1, dtype=np.float64)
    # Each probability from its neighbour's by their ratio: no factorials, and no overflow.
    rises = np.log((calls - counts[:-1]) / counts[1:] * (p / (1 - p)))
    logs = np.concatenate([[0.0], np.cumsum(rises)])
    weights = np.exp(logs - logs.max())
    upto = np.cumsum(weights) / weights.sum()
    first, last = np.searchsorted(upto, [0.025, 0.975])
    return int(counts[first]), int(counts[last])


def _interval_in_plain_python(calls: int, p: float, low: int, high: int) -> tuple[int, int]:
    """The same steps, for where numpy is missing."""
    counts = range(low, high + 1)
    odds = p / (1 - p)
    rises = (math.log((calls - count + 1) / count * odds) for count in counts[1:])
    logs = list(accumulate(rises, initial=0.0))
    most = max(logs)
    upto = list(accumulate(math.exp(each - most) for each in logs))
    first, last = (bisect_left(upto, part * upto[-1]) for part in (0.025, 0.975))
    return counts[first], counts[last]


def calls_needed(share: Fraction | float, within: float = 0.01) -> int:
    """How many calls it takes to see a share, 95 times in 100, no further off than `within`.

    Args:
        share: the true share, between 0 and 1.
        within: distance; 0.01 is one point of 100.

    Raises:
        LabError: a share outside 0 to 1, or a distance that is not above 0.

    Example:
        >>> calls_needed(0.25)
        7203
    """
    p = float(share)
    if not 0 <= p <= 1 or not within > 0:
        raise LabError(f"saw share {share} and within {within}, expected 0 to 1, and above 0")
    return math.ceil(p * (1 - p) * (1.959964 / within) ** 2)
