"""Simulated calls: who answers how many, and after how long, under each reading of the records."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from enumlab.draws import draw_each
from enumlab.errors import LabError
from enumlab.fates import Fate, Rotation, fates, turns
from enumlab.outages import Down, Spell, seconds, spells
from enumlab.rng import Draws
from enumlab.selection import Rank, Reading, Record, as_list, ranks, stages
from enumlab.targets import several, target, target_names

if TYPE_CHECKING:
    import pandas as pd

    from enumlab.show.figure import Picture

LOST = "lost"
MOST_CALLS = 2**31 - 1  # numpy's frozen generator counts in C longs, 32 bits wide on Windows
MOST_ROWS = 10**8


class Group(NamedTuple):
    """Calls that all face the same chances, and how many of them met each fate.

    Attributes:
        spell: the stretch of time they fall into, and who is down in it.
        rows: their positions among all calls.
        chances: each fate and its probability.
        drawn: number of calls of each fate, in the same sequence.
    """

    spell: Spell
    rows: range
    chances: dict[Fate, Fraction]
    drawn: tuple[int, ...]


@dataclass(frozen=True)
class Calls:
    """The outcome of simulated calls; equal seeds give equal calls.

    Attributes:
        calls: how many were made.
        reading: "split", "rfc" or "kamailio".
        names: of the targets, in the sequence of the records.
        ranks: (order, preference) of each target.
        duration: seconds from the first call to the end; calls are evenly spaced.
        timeout: seconds that a caller waits for a silent target.
        seed: as given to `simulate`.
        groups: what was drawn.
    """

    calls: int
    reading: Reading
    names: tuple[str, ...]
    ranks: tuple[Rank, ...]
    duration: float
    timeout: float
    seed: int
    groups: tuple[Group, ...] = field(repr=False)

    @property
    def counts(self) -> dict[str, int]:
        """Calls that each target answered, and those "lost"; their sum is the number of calls.

        Example:
            >>> simulate([100, 100, 200], calls=1000).counts
            {'A': 246, 'B': 232, 'C': 522, 'lost': 0}
        """
        return self._tally(lambda fate: fate.answered)

    @property
    def first_tries(self) -> dict[str, int]:
        """Calls that tried each target first, whether it answered or not."""
        tally = self._tally(lambda fate: fate.first)
        return {name: tally[name] for name in self.names}

    @property
    def delays(self) -> dict[float, int]:
        """Seconds waited for silent targets -> calls, answered and lost.

        The time until the caller hears ringing is this and a round trip or two, which are left out.
        """
        found: Counter[float] = Counter()
        for group in self.groups:
            for fate, drawn in zip(group.chances, group.drawn, strict=True):
                found[fate.silent * self.timeout] += drawn
        return {delay: found[delay] for delay in sorted(found) if found[delay]}

    @cached_property
    def shares(self) -> dict[str, Fraction]:
        """Exact probability that a call is answered by each target, or "lost".

        Where targets are down for a time only, this is the mean over all calls.

        Example:
            >>> {n: str(s) for n, s in simulate([100, 100, 200], down="A").shares.items()}
            {'A': '0', 'B': '1/3', 'C': '2/3', 'lost': '0'}
        """
        found = dict.fromkeys((*self.names, LOST), Fraction(0))
        for group in self.groups:
            part = Fraction(len(group.rows), max(self.calls, 1))
            for fate, chance in group.chances.items():
                found[self._name(fate.answered)] += part * chance
        return found

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row a call, 15 bytes each, with exactly the totals of `counts`.

        The index "call" counts from 1. Columns: "time" in seconds after the first call, "first"
        (the target tried first), "answered" (the target that answered, or "lost"), "attempts", and
        "delay", the seconds waited for silent targets.

        Raises:
            LabError: more than 10^8 calls, 1.5 GB.

        Example:
            >>> calls = simulate([(10, 100), (20, 100)], calls=4, down="A")
            >>> print(calls.frame)
                    time first answered  attempts  delay
            call
            1        0.0     A        B         2    4.0
            2      900.0     A        B         2    4.0
            3     1800.0     A        B         2    4.0
            4     2700.0     A        B         2    4.0
        """
        from enumlab.rows import frame  # pandas is for those who ask for rows

        if self.calls > MOST_ROWS:
            raise LabError(
                f"a row for each of {self.calls:,} calls takes {self.calls * 15 / 1e9:.1f} GB; "
                f"expected at most {MOST_ROWS:,} calls: use .counts, or simulate fewer"
            )
        return frame(self)

    def plot(self, kind: str = "shares") -> Picture:
        """A picture, with its table and one sentence.

        Args:
            kind: "shares" (expected and observed), "convergence" (share against number of calls),
                "timeline" (who answered when) or "delays".

        Raises:
            LabError: an unknown kind.
        """
        from enumlab.show import outage, split

        kinds = {
            "shares": split.histogram,
            "convergence": split.convergence,
            "timeline": outage.timeline,
            "delays": outage.delays,
        }
        if kind not in kinds:
            raise LabError(f"saw kind {kind!r}, expected one of {', '.join(kinds)}")
        return kinds[kind](self)

    def __repr__(self) -> str:
        counts = ", ".join(f"{name}: {count:,}" for name, count in self.counts.items())
        return f"<Calls {self.calls:,} read as {self.reading}: {counts}>"

    def _repr_html_(self) -> str:
        from enumlab.show.shares import share_table

        return share_table(self)._repr_html_()

    def _name(self, index: int | None) -> str:
        return LOST if index is None else self.names[index]

    def _tally(self, column: Callable[[Fate], int | None]) -> dict[str, int]:
        found = dict.fromkeys((*self.names, LOST), 0)
        for group in self.groups:
            for fate, drawn in zip(group.chances, group.drawn, strict=True):
                found[self._name(column(fate))] += drawn
        return found


def simulate(
    records: Iterable[Record],
    calls: int = 10_000,
    reading: Reading = "split",
    down: Down = (),
    seed: int = 1,
    *,
    duration: float = 3600.0,
    timeout: float = 4.0,
    refusing: Iterable[str | int] | str | int = (),
    rotation: Rotation = "random",
    one_by_one: bool = False,
) -> Calls:
    """Make calls to the targets of these records, and see who answers.

    Calls come evenly spaced. A call finds each target up or down as it is when the call begins,
    tries targets in the sequence of the reading, and is lost when it has none left: by the "rfc"
    reading, when the lowest order has none.

    Args:
        records: `Naptr` records that match, (order, preference) pairs, or preferences.
        calls: how many. Any number up to 2^31 - 1 takes the same time, until rows are asked for.
        reading: "split", "rfc" or "kamailio"; see `enumlab.selection`.
        down: names or indexes of targets that are down all the time, or a mapping from each to
            True, a probability, a window (start, end) in seconds, or a list of windows.
        seed: 0 or more; the same seed gives the same calls.
        duration: seconds over which the calls are spread.
        timeout: seconds to wait for a silent target. After 4 s an INVITE over UDP has been sent
            four times (at 0, 0.5, 1.5 and 3.5 s; RFC 3261 section 17.1.1.2), and any live server
            has said "100 Trying". Left alone, SIP gives up after 32 s (Timer B).
        refusing: targets that, when down, refuse at once instead of keeping silent.
        rotation: how the name server arranges its answers. Read as "rfc" or "kamailio", equal
            records are tried as they arrive: spread evenly by "random", one place further each
            call by "cyclic", always alike by "none". A "split" caller draws for itself.
        one_by_one: whether each call draws a number of its own, a thousand million in a second or
            two. Left out, the totals are drawn at once: other counts, by the same chances.

    Raises:
        LabError: something above is not as described.

    Example:
        >>> simulate([(10, 100), (20, 100)], reading="rfc", down="A").counts
        {'A': 0, 'B': 0, 'lost': 10000}
        >>> simulate([(10, 100), (20, 100)], reading="kamailio", down={"A": (0, 900)}).counts
        {'A': 7500, 'B': 2500, 'lost': 0}
    """
    listed = as_list(records)
    names = target_names(listed)
    tried = stages(listed, reading)
    calls = _whole(calls, "calls", MOST_CALLS)
    seed = _whole(seed, "seed")
    duration = seconds(duration, "duration")
    if duration == 0:
        raise LabError("saw duration 0, expected more than 0 seconds")
    quiet = frozenset(target(name, names) for name in several(refusing))
    rng = Draws(seed)
    groups: list[Group] = []
    for spell in spells(down, names, duration):
        of_spell = range(*(math.ceil(at * calls / Fraction(duration)) for at in spell[:2]))
        for rows, turned in turns(of_spell, tried, reading, rotation):
            chances = fates(turned, spell.chances, quiet)
            if one_by_one:
                drawn = draw_each([*chances.values()], len(rows), seed, len(groups))
            else:
                drawn = rng.multinomial(len(rows), [float(chance) for chance in chances.values()])
            groups.append(Group(spell, rows, chances, drawn))
    waits = seconds(timeout, "timeout")
    return Calls(calls, reading, names, tuple(ranks(listed)), duration, waits, seed, tuple(groups))


def _whole(value: object, what: str, most: int | None = None) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__") or value.__index__() < 0:
        raise LabError(f"saw {value!r} as {what}, expected a whole number of 0 or more")
    number = int(value.__index__())
    if most is not None and number > most:
        raise LabError(f"saw {number:,} as {what}, expected at most {most:,}")
    return number
