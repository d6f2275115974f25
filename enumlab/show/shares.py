"""Expected and observed calls as a table and in words; pictures are drawn from the same rows."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from enumlab.calls import LOST, Calls
from enumlab.chance import fair_interval
from enumlab.show.plain import Table

AS_READ = {
    "split": "by the split rule",
    "rfc": "by the RFC's rule",
    "kamailio": "as Kamailio does it",
}


class Row(NamedTuple):
    """What one target should get and what it got.

    Attributes:
        name: of the target, or "lost".
        rank: (order, preference); None for "lost".
        share: exact share of the calls.
        observed: calls counted.
        low: 95 of 100 fair draws are no lower than this,
        high: and no higher than this.
        expected: share times calls.
    """

    name: str
    rank: tuple[int, int] | None
    share: Fraction
    observed: int
    low: int
    high: int
    expected: Fraction

    @property
    def inside(self) -> bool:
        """Whether chance alone explains the count well enough."""
        return self.low <= self.observed <= self.high


def share_rows(calls: Calls) -> list[Row]:
    """A row for each target, and one for lost calls where there are or may be any.

    Where targets are down for a time only, the interval is a little wider than it need be.

    Example:
        >>> from enumlab import simulate
        >>> [(row.name, row.observed, row.low, row.high) for row in share_rows(simulate([1, 3]))]
        [('A', 2476, 2415, 2585), ('B', 7524, 7415, 7585)]
    """
    counts = calls.counts
    ranks = dict(zip(calls.names, calls.ranks, strict=True))
    return [
        Row(
            name,
            ranks.get(name),
            share,
            counts[name],
            *fair_interval(calls.calls, share),
            share * calls.calls,
        )
        for name, share in calls.shares.items()
        if name != LOST or share or counts[name]
    ]


def share_table(calls: Calls) -> Table:
    """The split table: share, expected, observed, and how far chance may take it."""
    rows = share_rows(calls)
    orders = len({row.rank[0] for row in rows if row.rank}) > 1
    return Table(
        f"{so_many(calls.calls)} shared {AS_READ[calls.reading]} (seed {calls.seed})",
        (
            "target",
            *(("order",) if orders else ()),
            "preference",
            "share",
            "percent",
            "expected",
            "observed",
            "difference",
            "95 % of fair draws",
        ),
        [
            (
                row.name,
                *((str(row.rank[0]) if row.rank else "",) if orders else ()),
                str(row.rank[1]) if row.rank else "",
                fraction(row.share),
                percent(row.share),
                number(row.expected),
                f"{row.observed:,}",
                number(row.observed - row.expected, sign="+"),
                span(row),
            )
            for row in rows
        ],
    )


def share_sentence(calls: Calls) -> str:
    """One sentence on who got how much.

    Example:
        >>> from enumlab import simulate
        >>> share_sentence(simulate([1, 3]))[:80]
        'Of 10,000 calls, shared by the split rule, A got 2,476 (25 % expected) and B 7,5'
    """
    rows = share_rows(calls)
    got = [f"{row.name} {row.observed:,} ({percent(row.share)} expected)" for row in rows]
    got[0] = got[0].replace(" ", " got ", 1)
    outside = [row.name for row in rows if not row.inside]
    verdict = (
        f"outside what 95 of 100 fair draws give: {joined(outside)}"
        if outside
        else "each within what 95 of 100 fair draws give"
    )
    return f"Of {so_many(calls.calls)}, shared {AS_READ[calls.reading]}, {joined(got)}: {verdict}."


def share_alt(calls: Calls) -> str:
    """The same numbers as in `share_table`, for those who hear the picture."""
    told = [
        f"{row.name}: expected {number(row.expected)}, observed {row.observed:,}, "
        f"95 % of fair draws {span(row)}"
        for row in share_rows(calls)
    ]
    return f"Bar chart of calls {AS_READ[calls.reading]}. {'; '.join(told)}."


def span(row: Row) -> str:
    """The interval of a row, and a word where the count lies outside."""
    return f"{row.low:,} to {row.high:,}" + ("" if row.inside else " (outside)")


def fraction(share: Fraction) -> str:
    """An exact fraction, as long as it can be taken in.

    Example:
        >>> fraction(Fraction(1, 3)), fraction(Fraction(12345678, 67891011))
        ('1/3', '0.181846')
    """
    return str(share) if share.denominator < 10**6 else f"{float(share):.6f}"


def percent(share: Fraction | float) -> str:
    """A share in percent, with a decimal where it has one.

    Example:
        >>> percent(Fraction(1, 4)), percent(Fraction(1, 3)), percent(Fraction(1, 65536))
        ('25 %', '33.3 %', 'below 0.1 %')
    """
    if 0 < share < 0.001:
        return "below 0.1 %"
    if 0.999 < share < 1:
        return "above 99.9 %"
    return number(round(float(share) * 100, 6)) + " %"


def number(value: Fraction | float, sign: str = "") -> str:
    """A number with a decimal where it is not whole.

    Example:
        >>> number(Fraction(10000, 3)), number(-40, sign="+")
        ('3,333.3', '-40')
    """
    if not value:
        return "0"
    return f"{int(value):{sign},}" if value == int(value) else f"{float(value):{sign},.1f}"


def so_many(calls: int) -> str:
    """A number of calls in words.

    Example:
        >>> so_many(1), so_many(10_000)
        ('1 call', '10,000 calls')
    """
    return f"{calls:,} call" + ("s" if calls != 1 else "")


def joined(words: list[str]) -> str:
    """Words as they stand in a sentence.

    Example:
        >>> joined(["A", "B", "C"])
        'A, B and C'
    """
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else ""
