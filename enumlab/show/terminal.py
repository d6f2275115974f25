"""The split table for a terminal: plain ASCII, and 80 columns for up to 10^9 calls."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from enumlab.selection import split
from enumlab.show.plain import Table
from enumlab.targets import target_names

COLUMNS = 80


def split_text(preferences: Sequence[int], calls: int | None = None, seed: int = 1) -> str:
    """Shares of calls by preference, and simulated calls beside them.

    Args:
        preferences: of records of one order.
        calls: how many to simulate; None for none.
        seed: of the simulation.

    Raises:
        LabError: as `enumlab.split` and `enumlab.simulate`.

    Example:
        >>> print(split_text([100, 100, 200]))
        target  preference  share  percent
        A              100    1/4     25 %  ####################
        B              100    1/4     25 %  ####################
        C              200    1/2     50 %  ########################################
    """
    from enumlab.show.shares import fraction, percent

    shares = split(preferences)
    names = target_names(preferences)
    table = Table(
        "",
        ("target", "preference", "share", "percent"),
        [
            (name, str(preference), fraction(share), percent(share))
            for name, preference, share in zip(names, preferences, shares, strict=True)
        ],
    )
    text = _with_bars(table, shares, shares)
    return text if calls is None else text + "\n\n" + _simulated(preferences, calls, seed)


def _simulated(preferences: Sequence[int], calls: int, seed: int) -> str:
    from enumlab.calls import simulate  # numpy is for those who simulate
    from enumlab.show.shares import number, share_rows, span

    rows = share_rows(simulate(preferences, calls, seed=seed))
    table = Table(
        "",
        ("target", "expected", "observed", "difference", "95 % of fair draws"),
        [
            (
                row.name,
                number(row.expected),
                f"{row.observed:,}",
                number(row.observed - row.expected, sign="+"),
                span(row),
            )
            for row in rows
        ],
    )
    seen = [Fraction(row.observed, max(calls, 1)) for row in rows]
    bars = _with_bars(table, seen, [row.share for row in rows])
    return f"{calls:,} calls, seed {seed} (# observed, | expected)\n{bars}"


def _with_bars(table: Table, seen: Sequence[Fraction], expected: Sequence[Fraction]) -> str:
    """The lines of a table, each with a bar in what is left of the width."""
    header, *lines = table.lines()
    used = max(map(len, [header, *lines])) + 2
    room = min(40, COLUMNS - used - 1)
    if room < 8:
        return "\n".join([header, *lines])
    longest = max([*seen, *expected])
    found = [header]
    for line, share, mark in zip(lines, seen, expected, strict=True):
        bar = "#" * round(share / longest * room)
        if seen is not expected:
            end = round(mark / longest * room)
            bar = bar.ljust(end)[:end] + "|" + bar[end + 1 :]
        found.append(f"{line:{used}}{bar}".rstrip())
    return "\n".join(found)
