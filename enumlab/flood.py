"""A flood of calls to numbers that anyone may look up and call, with and without a rate limit."""

from __future__ import annotations

import heapq
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from enumlab.errors import LabError
from enumlab.rng import legacy_rng

with suppress(ModuleNotFoundError):  # `legacy_rng` says that it is missing
    import numpy as np

if TYPE_CHECKING:
    from enumlab.show.figure import Picture
    from enumlab.show.plain import Table

Per = Literal["all", "source"]
MOST_CALLS = 2_000_000


@dataclass(frozen=True)
class Limit:
    """A rate limit by token bucket: a call takes a token, or is dropped where there is none.

    Attributes:
        per_minute: tokens that come back in a minute.
        burst: tokens that a full bucket holds, 1 or more.
        per: "all" callers share one bucket, or each "source" has its own.

    Raises:
        LabError: one of these is out of range.

    Example:
        >>> Limit(per_minute=6, burst=3)
        Limit(per_minute=6, burst=3, per='source')
    """

    per_minute: float
    burst: float = 3
    per: Per = "source"

    def __post_init__(self) -> None:
        if not self.per_minute > 0 or not self.burst >= 1 or self.per not in get_args(Per):
            raise LabError(
                f"{self!r}: expected per_minute above 0, burst of at least 1, and per 'all' or "
                "'source'."
            )


class Bucket:
    """A token bucket, full at first.

    Example:
        >>> bucket = Bucket(Limit(per_minute=60, burst=2))
        >>> [bucket.take(at) for at in (0.0, 0.0, 0.0, 1.0)]
        [True, True, False, True]
    """

    def __init__(self, limit: Limit) -> None:
        self.rate, self.size = limit.per_minute / 60, float(limit.burst)
        self.tokens, self.at = self.size, 0.0

    def take(self, at: float) -> bool:
        """Take a token, if there is one, at this second; calls come in order of time."""
        self.tokens = min(self.size, self.tokens + (at - self.at) * self.rate)
        self.at = at
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


@dataclass(frozen=True)
class Counts:
    """What became of the calls under one limit.

    Attributes:
        name: of the limit.
        limit: None for none.
        legit_answered: calls of real callers that found a free line.
        legit_dropped: calls of real callers that the limit dropped.
        legit_busy: calls of real callers that passed the limit and found all lines busy.
        flood_answered: calls of the flood that took a line.
        flood_dropped: calls of the flood that the limit dropped.
        flood_busy: calls of the flood that passed the limit and found all lines busy.
    """

    name: str
    limit: Limit | None
    legit_answered: int
    legit_dropped: int
    legit_busy: int
    flood_answered: int
    flood_dropped: int
    flood_busy: int

    @property
    def legit_lost(self) -> int:
        """Calls of real callers that were not answered."""
        return self.legit_dropped + self.legit_busy

    @property
    def legit_share(self) -> float:
        """The share of real calls that were answered; 0 where there were none."""
        return self.legit_answered / max(self.legit_answered + self.legit_lost, 1)


@dataclass(frozen=True)
class Flood:
    """The same calls under several limits; equal seeds give equal counts.

    Attributes:
        counts: one for each limit.
        legit_per_hour: calls of real callers.
        flood_per_hour: calls of the flood.
        sources: addresses that the flood comes from.
        lines: calls that can be held at once.
        hours: how long it lasts.
        seed: as given to `flood`.
    """

    counts: tuple[Counts, ...]
    legit_per_hour: float
    flood_per_hour: float
    sources: int
    lines: int
    hours: float
    seed: int

    @property
    def table(self) -> Table:
        """A row for each limit."""
        from enumlab.show.flood import flood_table

        return flood_table(self)

    def plot(self) -> Picture:
        """Real calls answered and lost, and what the flood got, under each limit."""
        from enumlab.show.flood import flood_picture

        return flood_picture(self)

    def __repr__(self) -> str:
        return repr(self.table)

    def _repr_html_(self) -> str:
        return self.table._repr_html_()


LIMITS: dict[str, Limit | None] = {
    "no limit": None,
    "one bucket for all": Limit(per_minute=30, burst=10, per="all"),
    "a bucket for each source": Limit(per_minute=2, burst=3, per="source"),
}


def flood(
    limits: dict[str, Limit | None] | None = None,
    *,
    legit_per_hour: float = 240,
    flood_per_hour: float = 36_000,
    sources: int = 5,
    lines: int = 30,
    legit_seconds: float = 180,
    flood_seconds: float = 20,
    hours: float = 1,
    seed: int = 1,
) -> Flood:
    """Let real callers and a flood call the same numbers for a while, and count who gets through.

    Calls come at random (two Poisson processes) and hold a line for a random time (exponential). A
    call that finds every line busy is lost. Each real caller has an address of its own; the flood
    has a few. Every limit meets the very same calls.

    Args:
        limits: name -> limit, None for none; left out, `LIMITS`.
        legit_per_hour: calls of real callers.
        flood_per_hour: calls of the flood.
        sources: addresses that the flood comes from, 1 or more.
        lines: calls that can be held at once.
        legit_seconds: how long a real call lasts, on average.
        flood_seconds: how long a call of the flood lasts, on average.
        hours: how long all this goes on.
        seed: 0 or more.

    Raises:
        LabError: one of these is out of range, or the calls are too many.

    Example:
        >>> for counts in flood().counts:
        ...     print(f"{counts.name}: {counts.legit_share:.0%} of real calls answered")
        no limit: 15% of real calls answered
        one bucket for all: 4% of real calls answered
        a bucket for each source: 100% of real calls answered
    """
    _check_whole(1, sources=sources, lines=lines)
    _check_whole(0, seed=seed)
    _check(legit_per_hour=legit_per_hour, flood_per_hour=flood_per_hour)
    _check(legit_seconds=legit_seconds, flood_seconds=flood_seconds, hours=hours)
    if (legit_per_hour + flood_per_hour) * hours > MOST_CALLS:
        raise LabError(f"that would be more than {MOST_CALLS:,} calls. Take fewer hours or calls.")
    chosen = LIMITS if limits is None else limits
    for limit in chosen.values():
        if limit is not None and not isinstance(limit, Limit):
            raise LabError(f"{limit!r} is not a limit. Expected Limit(...), or None for none.")
    rng = legacy_rng(seed)
    legit, attack = (int(rng.poisson(rate * hours)) for rate in (legit_per_hour, flood_per_hour))
    at = 3600 * hours * rng.random_sample(legit + attack)
    lasts = rng.standard_exponential(legit + attack)
    lasts[:legit] *= legit_seconds
    lasts[legit:] *= flood_seconds
    # Sources 0, 1, ... are the flood's; each real call has one of its own.
    source = np.concatenate([sources + np.arange(legit), rng.randint(0, sources, attack)])
    order = np.argsort(at, kind="stable")
    calls = list(
        zip(at[order].tolist(), lasts[order].tolist(), source[order].tolist(), strict=True)
    )
    counts = tuple(_count(name, limit, calls, sources, lines) for name, limit in chosen.items())
    return Flood(counts, legit_per_hour, flood_per_hour, sources, lines, hours, seed)


def _count(
    name: str,
    limit: Limit | None,
    calls: list[tuple[float, float, int]],
    sources: int,
    lines: int,
) -> Counts:
    """Take the calls one by one, in order of time."""
    ends: list[float] = []  # when each busy line becomes free
    buckets: dict[int, Bucket] = {}
    answered, dropped, busy = [0, 0], [0, 0], [0, 0]  # of real callers, of the flood
    for at, lasts, source in calls:
        who = source < sources
        if limit is not None:
            key = source if limit.per == "source" else -1
            bucket = buckets.setdefault(key, Bucket(limit))
            if not bucket.take(at):
                dropped[who] += 1
                continue
        while ends and ends[0] <= at:
            heapq.heappop(ends)
        if len(ends) == lines:
            busy[who] += 1
            continue
        heapq.heappush(ends, at + lasts)
        answered[who] += 1
    real, hostile = zip(answered, dropped, busy, strict=True)
    return Counts(name, limit, *real, *hostile)


def _check_whole(least: int, **numbers: int) -> None:
    for what, number in numbers.items():
        if isinstance(number, bool) or not isinstance(number, int) or number < least:
            raise LabError(f"{what}={number!r}: expected a whole number of at least {least}.")


def _check(**numbers: float) -> None:
    for what, number in numbers.items():
        least_is_zero = what.endswith("per_hour")
        try:
            sound = 0 <= number < float("inf") and (least_is_zero or number > 0)
        except TypeError:
            sound = False
        if not sound:
            least = "0 or more" if least_is_zero else "above 0"
            raise LabError(f"{what}={number!r}: expected a number, {least}.")
