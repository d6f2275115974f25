"""SRV's weighted draw (RFC 2782), to set beside the split rule: real weights live in SRV records.

All records are taken to be of one priority.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import accumulate
from operator import itemgetter
from random import Random

from enumlab.errors import LabError
from enumlab.selection import of_16_bits


def srv_shares(weights: Iterable[int]) -> list[Fraction]:
    """Probability that each record is drawn first (RFC 2782, "Weight").

    The number drawn lies between 0 and the sum of weights, both included, so the first of the list
    gets a little more than its weight. Records of weight 0 go to the front; for the rest, and among
    the weights 0, the order given is kept.

    Raises:
        LabError: no weights, or one that is not a whole number of 16 bits.

    Example:
        >>> [str(share) for share in srv_shares([100, 100, 200])]
        ['101/401', '100/401', '200/401']
        >>> [str(share) for share in srv_shares([1, 0])]
        ['1/2', '1/2']
    """
    listed = _weights(weights)
    found = [Fraction(0)] * len(listed)
    below = -1
    for index, upto in _running(list(enumerate(listed))):
        found[index] = Fraction(upto - below, sum(listed) + 1)
        below = upto
    return found


def srv_sequence(weights: Iterable[int], rng: Random) -> list[int]:
    """Indexes of the records in the sequence that one client draws (RFC 2782, "Weight").

    Raises:
        LabError: as `srv_shares`.

    Example:
        >>> srv_sequence([100, 100, 200], Random(1))
        [0, 2, 1]
    """
    left = list(enumerate(_weights(weights)))
    drawn: list[int] = []
    while left:
        running = _running(left)
        number = rng.randint(0, running[-1][1])
        index = next(index for index, upto in running if upto >= number)
        drawn.append(index)
        left = [(i, weight) for i, weight in left if i != index]
    return drawn


def _weights(weights: Iterable[int]) -> list[int]:
    listed = [of_16_bits(weight, "a weight") for weight in weights]
    if not listed:
        raise LabError("saw no weights, expected at least one")
    return listed


def _running(left: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """(index, running sum) with the weights 0 at the front."""
    ordered = sorted(left, key=lambda entry: entry[1] > 0)
    return list(
        zip(map(itemgetter(0), ordered), accumulate(map(itemgetter(1), ordered)), strict=True)
    )
