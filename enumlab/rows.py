"""One row a call, with exactly the totals that were drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from enumlab.rng import legacy_rng

if TYPE_CHECKING:
    from enumlab.calls import Calls

STEPS = 1 << 16  # every number of 16 bits stands for one fate
BLOCK = 1 << 16  # rows written at a time, few enough to stay in the processor's cache

Whole = npt.NDArray[np.int64]
Kinds = npt.NDArray[np.unsignedinteger[Any]]
Values = npt.NDArray[Any]


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
    for _, rows, fates, drawn in calls.groups:
        where = slice(rows.start, rows.stop, rows.step)
        known = [lost if fate.answered is None else fate.answered for fate in fates]
        columns = [
            (first[where], np.array([fate.first for fate in fates], small)),
            (answered[where], np.array(known, small)),
            (attempts[where], np.array([fate.attempts for fate in fates], small)),
            (delay[where], np.array([fate.silent * calls.timeout for fate in fates], np.float32)),
        ]
        _fill(columns, mix(np.array(drawn, np.int64), rng))
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
        pick(np.flatnonzero(places == kind), int(surplus[kind]), rng) for kind in kinds[surplus > 0]
    ]
    if spare:
        places[np.concatenate(spare)] = np.repeat(kinds, np.maximum(-surplus, 0))
    return places


def _fill(columns: list[tuple[Values, Values]], mixed: Kinds) -> None:
    """Write to each place of each column its value for the fate that stands there."""
    for start in range(0, len(mixed), BLOCK):
        block = slice(start, start + BLOCK)
        fates = mixed[block].astype(np.intp)
        for column, values in columns:
            column[block] = values[fates]


def pick(positions: Whole, number: int, rng: np.random.RandomState) -> Whole:
    """So many of the positions, every choice of them and every sequence equally likely.

    Example:
        >>> pick(np.arange(100), 3, legacy_rng(3)).tolist()
        [19, 5, 54]
    """
    if 4 * number > len(positions):
        return rng.permutation(positions)[:number]
    while True:
        drawn = rng.randint(len(positions), size=2 * number + 20, dtype=np.int64)
        _, first_seen = np.unique(drawn, return_index=True)
        if len(first_seen) >= number:
            chosen: Whole = positions[drawn[np.sort(first_seen)[:number]]]
            return chosen
