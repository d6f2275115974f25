"""Random numbers that stay the same from one numpy to the next."""

from __future__ import annotations

import numpy as np


def legacy_rng(*seed: int) -> np.random.RandomState:
    """A generator whose draws no later numpy will change.

    NEP 19 freezes RandomState, and the stream of PCG64 beneath it, while the methods of Generator
    may give other numbers after any release. What is left to the platform is the last bit of its
    log and exp.

    Example:
        >>> legacy_rng(1).multinomial(100, [0.25, 0.25, 0.5]).tolist()
        [25, 32, 43]
    """
    return np.random.RandomState(np.random.PCG64(seed))
