"""Random numbers that stay the same from one numpy to the next."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from enumlab.errors import LabError
from enumlab.notice import Missing, say

if TYPE_CHECKING:
    import numpy as np

MOST_PLAIN = 1_000_000  # calls drawn one by one
WITHOUT_NUMPY = (
    "numpy is not here, so Python's own random draws the calls: fairly, and alike for equal seeds, "
    "but not the numbers that the text names."
)


def legacy_rng(*seed: int) -> np.random.RandomState:
    """A generator whose draws no later numpy will change.

    NEP 19 freezes RandomState, and the stream of PCG64 beneath it, while the methods of Generator
    may give other numbers after any release. What is left to the platform is the last bit of its
    log and exp.

    Raises:
        Missing: numpy is not here.

    Example:
        >>> legacy_rng(1).multinomial(100, [0.25, 0.25, 0.5]).tolist()
        [25, 32, 43]
    """
    try:
        import numpy as np
    except ModuleNotFoundError:
        raise Missing("this simulation", "numpy") from None
    return np.random.RandomState(np.random.PCG64(seed))


class Draws:
    """Draws of how many of so many calls meet each fate; without numpy, by Python's own random.

    Args:
        seed: 0 or more.

    Example:
        >>> Draws(1).multinomial(100, [0.25, 0.25, 0.5])
        (25, 32, 43)
    """

    def __init__(self, seed: int) -> None:
        try:
            self.rng: np.random.RandomState | random.Random = legacy_rng(seed)
        except Missing:
            say(WITHOUT_NUMPY)
            self.rng = random.Random(seed)

    def multinomial(self, calls: int, chances: Sequence[float]) -> tuple[int, ...]:
        """How many calls meet each fate.

        Raises:
            LabError: more calls than can be drawn one by one, where numpy is missing.
        """
        if not isinstance(self.rng, random.Random):
            return tuple(self.rng.multinomial(calls, chances).tolist())
        if calls > MOST_PLAIN:
            raise LabError(
                f"saw {calls:,} calls, expected at most {MOST_PLAIN:,}: numpy is not here, and "
                "without it calls are drawn one by one."
            )
        drawn = Counter(self.rng.choices(range(len(chances)), chances, k=calls) if calls else ())
        return tuple(drawn[fate] for fate in range(len(chances)))


def shuffled(counts: Sequence[int], seed: int) -> list[int]:
    """Numbers 0, 1, ... in random order, each as often as its count says.

    Example:
        >>> sorted(shuffled([1, 2], seed=1))
        [0, 1, 1]
    """
    kinds = [kind for kind, count in enumerate(counts) for _ in range(count)]
    random.Random(seed).shuffle(kinds)
    return kinds
