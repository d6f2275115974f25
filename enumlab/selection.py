"""Order and preference: which records, in which sequence, with which share.

The same records are read in three ways:

- "split": the playground's rule. Preference is a weight among the records of one order; the next
  order is for when none of this one answers.
- "rfc": RFC 3403 section 4.1 taken at its word. Low preference first, as with MX; where preferences
  are equal, calls spread evenly; never a record of a second order.
- "kamailio": what Kamailio 5.6.3 was measured to do. Every order is kept, low order first, then low
  preference; equal records carry the same q.

Records are taken to be those that match: leave others out first, with `Naptr.offers`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import accumulate, groupby
from random import Random
from typing import Literal, Protocol, TypeVar, get_args

from enumlab.errors import LabError


class Ranked(Protocol):
    """Anything with an order and a preference, such as a `Naptr`."""

    @property
    def order(self) -> int:
        """Lower is first, to those who keep to RFC 3403 the only one."""
        ...

    @property
    def preference(self) -> int:
        """A rank or a weight: that depends on the reading."""
        ...


Record = Ranked | tuple[int, int] | int  # a pair is (order, preference), an int a preference
Rank = tuple[int, int]
Stage = list[tuple[int, int]]
Reading = Literal["split", "rfc", "kamailio"]
READINGS: tuple[Reading, ...] = get_args(Reading)

AnyRecord = TypeVar("AnyRecord", bound=Record)


def ranks(records: Iterable[Record]) -> list[Rank]:
    """(order, preference) of each record; a plain preference has order 0.

    Raises:
        LabError: a value is not a whole number of 16 bits (RFC 3403 section 4.1).

    Example:
        >>> ranks([(10, 100), (20, 100)]), ranks([100, 200])
        ([(10, 100), (20, 100)], [(0, 100), (0, 200)])
    """
    return [_rank(record) for record in as_list(records)]


def tiers(records: Iterable[AnyRecord]) -> list[list[AnyRecord]]:
    """Records in the sequence of RFC 6116 section 5.2, equal order and preference together.

    Records of one tier keep the order in which they arrived.

    Raises:
        LabError: as `ranks`.

    Example:
        >>> tiers([(20, 100), (10, 200), (10, 100), (10, 200)])
        [[(10, 100)], [(10, 200), (10, 200)], [(20, 100)]]
    """
    listed = as_list(records)
    return [[listed[i] for i in tier] for tier in _grouped(ranks(listed))]


def split(records_or_preferences: Iterable[Record]) -> list[Fraction]:
    """Share of calls that each record gets by the playground's rule, as exact fractions.

    Share = preference / sum of preferences, among the records of the lowest order; 0 for the
    others. No RFC says so: RFC 3403 section 4.1 means preference as in MX, low first.

    Returns:
        As many fractions as there were records, in the same sequence; their sum is 1.

    Raises:
        LabError: no records, preferences that sum to 0, or as `ranks`.

    Example:
        >>> [str(share) for share in split([10, 10, 5, 5])]
        ['1/3', '1/3', '1/6', '1/6']
    """
    return shares(records_or_preferences, "split")


def shares(records: Iterable[Record], reading: Reading = "split") -> list[Fraction]:
    """Probability that each record is the first to be tried.

    Raises:
        LabError: as `stages`.

    Example:
        >>> [[str(s) for s in shares([100, 100, 200], reading)] for reading in READINGS]
        [['1/4', '1/4', '1/2'], ['1/2', '1/2', '0'], ['1/2', '1/2', '0']]
    """
    listed = ranks(records)
    first = stages(listed, reading)[0]
    total = sum(weight for _, weight in first)
    found = [Fraction(0)] * len(listed)
    for index, weight in first:
        found[index] = Fraction(weight, total)
    return found


def stages(records: Iterable[Record], reading: Reading = "split") -> list[Stage]:
    """What one caller tries, as stages of (index of the record, weight).

    A stage is tried to its end before the next begins. Inside a stage each next try is drawn by
    weight from those left. The "rfc" reading leaves out every order but the lowest.

    Raises:
        LabError: no records, an unknown reading, or, by the "split" reading, preferences of the
            lowest order that sum to 0; also as `ranks`.

    Example:
        >>> stages([(10, 100), (10, 100), (10, 200), (20, 5)], "rfc")
        [[(0, 1), (1, 1)], [(2, 1)]]
        >>> stages([(10, 100), (10, 0), (20, 5)], "split")
        [[(0, 100)], [(1, 1)], [(2, 5)]]
    """
    listed = ranks(records)
    if not listed:
        raise LabError("saw no records, expected at least one; give records or preferences")
    if reading == "split":
        return _split_stages(listed)
    if reading == "rfc":
        lowest = min(order for order, _ in listed)
        return [_even(tier) for tier in _grouped(listed) if listed[tier[0]][0] == lowest]
    if reading == "kamailio":
        return [_even(tier) for tier in _grouped([_as_kamailio_sorts(rank) for rank in listed])]
    raise LabError(f"saw reading {reading!r}, expected one of {', '.join(READINGS)}")


def sequence(records: Iterable[AnyRecord], reading: Reading, rng: Random) -> list[AnyRecord]:
    """The records in the sequence in which one caller tries them.

    Raises:
        LabError: as `stages`.

    Example:
        >>> sequence([(10, 100), (20, 50), (10, 200)], "kamailio", Random(1))
        [(10, 100), (10, 200), (20, 50)]
    """
    listed = as_list(records)
    tried: list[AnyRecord] = []
    for stage in stages(listed, reading):
        left = list(stage)
        while left:
            running = list(accumulate(weight for _, weight in left))
            drawn = rng.randrange(running[-1])
            index, _ = left.pop(next(i for i, upto in enumerate(running) if drawn < upto))
            tried.append(listed[index])
    return tried


def kamailio_q(records: Iterable[Record]) -> list[float]:
    """The q that Kamailio's enum module gives each contact, aligned with the records.

    Measured with 5.6.3: 0.99 for the first, 0.01 less each time order or preference rises. An order
    of 32768 or more is negative in its sort and so comes first; but the step of q compares without
    a sign, so the orders after it all share one q. (Of more than 12 contacts it keeps the first 12,
    and `t_load_contacts` lets contacts of one q ring at the same time; neither is modelled here.)

    Raises:
        LabError: as `ranks`.

    Example:
        >>> kamailio_q([(10, 200), (10, 100), (10, 100)])
        [0.98, 0.99, 0.99]
    """
    listed = ranks(records)
    found = [0.0] * len(listed)
    hundredths, highest = 100, (-1, -1)
    for index in sorted(range(len(listed)), key=lambda i: _as_kamailio_sorts(listed[i])):
        if listed[index] > highest:
            hundredths, highest = hundredths - 1, listed[index]
        found[index] = hundredths / 100
    return found


def as_list(records: Iterable[AnyRecord]) -> list[AnyRecord]:
    """The records as a list.

    Raises:
        LabError: this is not a collection of records.

    Example:
        >>> as_list((100, 200))
        [100, 200]
    """
    try:
        return list(records)
    except TypeError:
        raise LabError(f"saw {records!r}, expected a list: for one record, [{records!r}]") from None


def of_16_bits(value: object, what: str) -> int:
    """The value as an int, where it fits an unsigned field of 16 bits.

    Raises:
        LabError: it does not; `what` names it there.

    Example:
        >>> of_16_bits(65535, "an order")
        65535
    """
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise LabError(f"saw {value!r} as {what}, expected a whole number from 0 to 65535")
    number = value.__index__()
    if not 0 <= number <= 0xFFFF:
        raise LabError(f"saw {number} as {what}, expected 0 to 65535: the field has 16 bits")
    return int(number)


def _rank(record: object) -> Rank:
    if hasattr(record, "order") and hasattr(record, "preference"):
        order, preference = record.order, record.preference
    elif isinstance(record, tuple):
        if len(record) != 2:
            raise LabError(f"saw {record!r}, expected a pair (order, preference)")
        order, preference = record
    else:
        order, preference = 0, record
    return of_16_bits(order, "an order"), of_16_bits(preference, "a preference")


def _grouped(listed: Sequence[Rank]) -> list[list[int]]:
    """Indexes in ascending order of rank, equal ranks together."""
    ordered = sorted(range(len(listed)), key=lambda i: listed[i])
    return [list(group) for _, group in groupby(ordered, key=lambda i: listed[i])]


def _even(tier: list[int]) -> Stage:
    return [(index, 1) for index in tier]


def _split_stages(listed: Sequence[Rank]) -> list[Stage]:
    found: list[Stage] = []
    for members in _grouped([(order, 0) for order, _ in listed]):
        weighted = [(index, listed[index][1]) for index in members if listed[index][1]]
        if not weighted and not found:
            raise LabError(
                f"the preferences of order {listed[members[0]][0]} sum to 0, and a share is "
                "preference / sum; give at least one of them a preference above 0"
            )
        # A share of 0 means never first, but such a record is still there when the others fail.
        found += filter(None, [weighted, _even([i for i in members if not listed[i][1]])])
    return found


def _as_kamailio_sorts(rank: Rank) -> Rank:
    """Order and preference as one signed number of 32 bits, so high orders are negative."""
    order, preference = rank
    return (order - 0x10000 if order >= 0x8000 else order), preference
