"""One row a call, with exactly the totals that were drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from enumlab.rng import legacy_rng

if TYPE_CHECKING:
    from enumlab.calls import Calls

STEPS = 1 << 16  # every number of 16 bits stands for one fate

Whole = npt.NDArray[np.int64]
Kinds = npt.NDArray[np.unsignedinteger[Any]]


def frame(calls: Calls) -> pd.DataFrame:
    """The rows of `Calls.frame`, which says what they hold.

    Example:
        >>> from enumlab import simulate
        >>> len(frame(simulate([100, 200], calls=60)))
        60
    """
    lost = len(calls.names)
    small = np.dtype(np.int8 if lost < 127 else np.int32)
    first, answered, attempts = (np.empty(calls.calls, small) for _ in range(3))
    delay = np.empty(calls.calls, np.float32)
    rng = legacy_rng(calls.seed, 1)  # not the stream that drew the totals
    for rows, fates, drawn in calls.groups:
        mixed = mix(drawn, rng)
        where = slice(rows.start, rows.stop, rows.step)
        _fill(first[where], [fate.first for fate in fates], mixed)
        known = [lost if fate.answered is None else fate.answered for fate in fates]
        _fill(answered[where], known, mixed)
        _fill(attempts[where], [fate.attempts for fate in fates], mixed)
        _fill(delay[where], [fate.silent * calls.timeout for fate in fates], mixed)
    time = np.arange(calls.calls, dtype=np.float64)
    time *= calls.duration / max(calls.calls, 1)
    targets = pd.Index([*calls.names, "lost"])
    return pd.DataFrame(
        {
            "time": time,
            "first": pd.Categorical.from_codes(first, targets),
            "answered": pd.Categorical.from_codes(answered, targets),
            "attempts": attempts,
            "delay": delay,
        },
        index=pd.RangeIndex(1, calls.calls + 1, name="call"),
        copy=False,
    )


def mix(totals: Whole, rng: np.random.RandomState) -> Kinds:
    """Numbers 0, 1, ... in random order, each as often as `totals` says; all orders equally likely.

    A shuffle takes longer than all the rest of a row. Here each place first draws for itself, with
    about the right chances; then places picked at random change from what there is too much of to
    what there is too little of. Neither step knows one place from another, so no order is favoured.

    Example:
        >>> mix(np.array([3, 1]), legacy_rng(1)).tolist()
        [1, 0, 0, 0]
    """
    size = int(totals.sum())
    kinds: Kinds = np.arange(len(totals), dtype=np.uint8 if len(totals) <= 256 else np.uint16)
    table: Kinds = np.repeat(kinds, np.diff(np.cumsum(totals) * STEPS // max(size, 1), prepend=0))
    if not size:
        return table[:0]
    places: Kinds = table[np.frombuffer(rng.bytes(2 * size), "<u2")]
    surplus = np.array([np.count_nonzero(places == kind) for kind in kinds]) - totals
    spare = [
        _pick(np.flatnonzero(places == kind), int(surplus[kind]), rng)
        for kind in kinds[surplus > 0]
    ]
    if spare:
        changed = np.concatenate(spare)
        rng.shuffle(changed)
        places[changed] = np.repeat(kinds, np.maximum(-surplus, 0))
    return places


def _fill(column: npt.NDArray[np.generic], values: Sequence[float], mixed: Kinds) -> None:
    """Write to each place of a column the value of the fate that stands there."""
    if len(set(values)) == 1:
        column[:] = values[0]
    else:
        column[:] = np.array(values, column.dtype)[mixed]


def _pick(positions: Whole, number: int, rng: np.random.RandomState) -> Whole:
    """So many of the positions, every choice of them equally likely."""
    if 4 * number > len(positions):
        return rng.permutation(positions)[:number]
    while True:
        drawn = rng.randint(len(positions), size=2 * number + 20, dtype=np.int64)
        _, first_seen = np.unique(drawn, return_index=True)
        if len(first_seen) >= number:
            chosen: Whole = positions[drawn[np.sort(first_seen)[:number]]]
            return chosen
