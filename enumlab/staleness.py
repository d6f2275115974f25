"""What a TTL saves and what it costs: lookups spared, against calls to an old target."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from enumlab.errors import LabError
from enumlab.rng import legacy_rng

with suppress(ModuleNotFoundError):  # `legacy_rng` says that it is missing
    import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from enumlab.show.figure import Picture
    from enumlab.show.plain import Table

    Times = npt.NDArray[np.float64]

TTLS = (1, 10, 30, 60, 300, 900, 3600, 4 * 3600, 12 * 3600, 86400)  # seconds
MOST_CALLS = 5_000_000


@dataclass(frozen=True)
class Cost:
    """What one TTL did to the same calls.

    Attributes:
        ttl: seconds.
        calls: how many were made.
        lookups: calls for which a resolver had to ask the name server.
        stale: calls after the change that went to the old target.
        last_stale: seconds after the change at which the last of these was made; 0 if none was.
        expected_lookups: what theory expects, see `cost_of_ttl`.
        expected_stale: what theory expects.
    """

    ttl: float
    calls: int
    lookups: int
    stale: int
    last_stale: float
    expected_lookups: float
    expected_stale: float

    @property
    def saved(self) -> float:
        """The share of calls answered from memory, 0 to 1."""
        return 1 - self.lookups / self.calls if self.calls else 0.0


@dataclass(frozen=True)
class TtlCost:
    """The costs of several TTLs; equal seeds give equal costs.

    Attributes:
        costs: one for each TTL.
        calls_per_hour: at each resolver, on average.
        resolvers: how many there are, each with a memory of its own.
        change_at: hours after the start at which the record changes.
        seed: as given to `cost_of_ttl`.
    """

    costs: tuple[Cost, ...]
    calls_per_hour: float
    resolvers: int
    change_at: float
    seed: int

    @property
    def table(self) -> Table:
        """A row for each TTL."""
        from enumlab.show.ttl import ttl_table

        return ttl_table(self)

    def plot(self) -> Picture:
        """Two curves over the TTL: lookups saved, and calls to the old target."""
        from enumlab.show.ttl import ttl_picture

        return ttl_picture(self)

    def __repr__(self) -> str:
        return repr(self.table)

    def _repr_html_(self) -> str:
        return self.table._repr_html_()


def cost_of_ttl(
    ttls: Iterable[float] = TTLS,
    calls_per_hour: float = 60,
    change_at: float = 24,
    *,
    resolvers: int = 100,
    seed: int = 1,
) -> TtlCost:
    """Make the same calls under each TTL, change the record once, and count.

    Calls come at random to each resolver (a Poisson process). A resolver asks when it remembers
    nothing, and then keeps the answer for its TTL. Each starts in the middle of its life: with an
    answer of random age, or with none. The calls go on after the change until the longest TTL has
    run out.

    With r calls a second and a TTL of T seconds, theory expects a lookup for one call in 1 + rT,
    and at each resolver (rT)² / (2 (1 + rT)) calls to the old target.

    Args:
        ttls: seconds, each above 0.
        calls_per_hour: at each resolver, on average.
        change_at: hours after the start.
        resolvers: how many memories there are between the callers and the server.
        seed: 0 or more.

    Raises:
        LabError: one of these is out of range, or the calls are too many.

    Example:
        >>> cost = cost_of_ttl([60, 3600], resolvers=10).costs
        >>> [(round(each.saved, 2), each.stale) for each in cost]
        [(0.5, 2), (0.98, 189)]
    """
    listed = [_positive(ttl, "TTL") for ttl in ttls]
    if not listed:
        raise LabError("no TTL was given. Expected seconds, such as [60, 3600].")
    rate = _positive(calls_per_hour, "calls_per_hour") / 3600
    change = _positive(change_at, "change_at") * 3600
    for what, number, least in (("resolvers", resolvers, 1), ("seed", seed, 0)):
        if isinstance(number, bool) or not isinstance(number, int) or number < least:
            raise LabError(f"{what}={number!r}: expected a whole number of at least {least}.")
    end = change + max(listed)
    if rate * end * resolvers > MOST_CALLS:
        raise LabError(
            f"that would be {rate * end * resolvers:,.0f} calls; expected at most "
            f"{MOST_CALLS:,}. Take fewer resolvers, fewer calls an hour, or shorter TTLs."
        )
    rng = legacy_rng(seed)
    # All resolvers stand on one line, each in a stretch of its own that is long enough for two.
    starts = np.arange(resolvers, dtype=np.float64) * 2.0 * float(end)
    calls = np.sort(
        np.concatenate([s + end * rng.random_sample(rng.poisson(rate * end)) for s in starts])
    )
    costs = []
    for ttl in listed:
        age = rng.random_sample(resolvers) * (ttl + 1 / rate)
        lookups, stale, last = _live(calls, starts, end, change, ttl, np.maximum(ttl - age, 0))
        load = rate * ttl
        costs.append(
            Cost(
                ttl,
                len(calls),
                lookups,
                stale,
                last,
                len(calls) / (1 + load),
                resolvers * load**2 / (2 * (1 + load)),
            )
        )
    return TtlCost(tuple(costs), calls_per_hour, resolvers, change_at, seed)


def _live(
    calls: Times, starts: Times, end: float, change: float, ttl: float, first: Times
) -> tuple[int, int, float]:
    """Follow every resolver from lookup to lookup: (lookups, stale calls, time of the last)."""
    behind = np.searchsorted(calls, starts + end)
    changed = np.searchsorted(calls, starts + change)
    lookups, stale, last = 0, 0, 0.0
    alive = np.arange(len(starts))
    expiry, old = starts + first, np.ones(len(starts), dtype=bool)
    while alive.size:
        # The next call that memory cannot answer; up to it, an old answer makes calls stale.
        index = np.searchsorted(calls, expiry)
        late = old & (index > changed[alive])
        stale += int((index - changed[alive])[late].sum())
        if late.any():
            last = max(last, float((calls[index[late] - 1] - starts[alive[late]]).max()) - change)
        going = index < behind[alive]
        alive, index = alive[going], index[going]
        lookups += alive.size
        expiry = calls[index] + ttl
        old = index < changed[alive]
    return lookups, stale, last


def _positive(value: float, what: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = 0.0
    if not 0 < number < float("inf"):
        raise LabError(f"{what}={value!r}: expected a number above 0.")
    return number
