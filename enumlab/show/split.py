"""Pictures of how calls are shared: expected and observed, convergence, the three readings."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from enumlab.calls import LOST, Calls, simulate
from enumlab.chance import fair_interval
from enumlab.errors import LabError
from enumlab.outages import Down
from enumlab.selection import READINGS, Record, as_list
from enumlab.show.figure import (
    COLOURS,
    INK,
    LINES,
    Picture,
    drawing,
    look,
    lost_look,
    png,
    thousands,
)
from enumlab.show.plain import Table
from enumlab.show.shares import (
    AS_READ,
    Row,
    joined,
    number,
    percent,
    share_alt,
    share_rows,
    share_sentence,
    share_table,
)

POINTS = 120  # at which convergence is drawn
BAND = 0.72  # height of the outline of what was expected


def histogram(calls: Calls) -> Picture:
    """Calls that each target answered, against what its share lets one expect.

    Example:
        >>> print(histogram(simulate([100, 300], calls=400)).table)
        400 calls shared by the split rule (seed 1)
        target  preference  share  percent  expected  observed  difference  95 % of fair draws
        A              100    1/4     25 %       100        92          -8           83 to 117
        B              300    3/4     75 %       300       308          +8          283 to 317
    """
    rows = share_rows(calls)
    with drawing(height=1.5 + 0.5 * len(rows)) as figure:
        axes = figure.add_subplot()
        _bars(axes, rows)
        axes.set_title(f"{calls.calls:,} calls {AS_READ[calls.reading]}", loc="left")
        axes.set_xlabel("calls answered")
        inches = figure.get_figheight()
        left = 0.03 + 0.0125 * max(len(row.name) for row in rows)
        figure.subplots_adjust(left=left, right=0.97, top=1 - 0.35 / inches, bottom=0.95 / inches)
        figure.legend(handles=_key(), loc="lower center", ncols=3)
        image = png(figure)
    return Picture(image, share_alt(calls), share_sentence(calls), share_table(calls))


def _bars(axes: Axes, rows: list[Row]) -> None:
    """A hatched bar for what was seen, an outline for what was expected, and the fair interval."""
    for place, row in enumerate(rows):
        bar = lost_look() if row.name == LOST else look(place)
        axes.barh(place, row.observed, 0.5, **bar)
        axes.barh(place, float(row.expected), BAND, fill=False, edgecolor=INK, linestyle="--")
        middle = float(row.expected)
        axes.errorbar(
            middle,
            place,
            xerr=[[middle - row.low], [row.high - middle]],
            color=INK,
            capsize=5,
            linewidth=1.8,
        )
        furthest = max(row.observed, middle, row.high)
        axes.annotate(
            f"{row.observed:,}", (furthest, place), (6, 0), textcoords="offset points", va="center"
        )
    axes.set_yticks(range(len(rows)), [row.name for row in rows])
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.grid(axis="x")
    thousands(axes)


def _key() -> list[Patch | Line2D]:
    return [
        Patch(facecolor="white", edgecolor=INK, hatch="//", label="observed"),
        Patch(fill=False, edgecolor=INK, linestyle="--", label="expected"),
        Line2D([], [], color=INK, marker="|", linewidth=1.8, label="95 % of fair draws"),
    ]


def convergence(calls: Calls) -> Picture:
    """Each target's share of the calls so far, against how many there were.

    Raises:
        LabError: fewer than 10 calls, or too many for a row each.
    """
    if calls.calls < 10:
        raise LabError(f"saw {calls.calls} calls, expected at least 10 to follow a share")
    answered = calls.frame["answered"]
    codes = answered.cat.codes.to_numpy()
    sizes = np.unique(np.geomspace(1, calls.calls, POINTS).round().astype(np.int64))
    rows = [row for row in share_rows(calls) if row.name != LOST]
    seen = {
        row.name: np.cumsum(codes == place, dtype=np.int64)[sizes - 1] / sizes
        for place, row in enumerate(rows)
    }
    with drawing(height=3.8) as figure:
        axes = figure.add_subplot()
        for place, row in enumerate(rows):
            band = np.array([fair_interval(int(size), row.share) for size in sizes])
            colour = COLOURS[place % len(COLOURS)]
            low, high = band.T / sizes
            axes.fill_between(sizes, low, high, color=colour, alpha=0.25, linewidth=0)
            axes.axhline(float(row.share), color=INK, linewidth=0.8, linestyle=":")
            style = LINES[place % len(LINES)]
            axes.plot(sizes, seen[row.name], color=INK, linewidth=3.2, linestyle=style)
            axes.plot(sizes, seen[row.name], color=colour, linewidth=1.8, linestyle=style)
        axes.set_xscale("log")
        axes.set_ylim(0, 1)
        axes.set_xlim(1, calls.calls)
        axes.yaxis.set_major_formatter(lambda share, _: percent(round(share, 4)))
        thousands(axes)
        axes.set_xlabel("calls so far (each step of the axis is ten times as many)")
        axes.set_title(f"Share of calls answered, {AS_READ[calls.reading]}", loc="left")
        axes.grid(axis="y")
        handles = [
            Line2D(
                [],
                [],
                color=COLOURS[place % len(COLOURS)],
                linestyle=LINES[place % len(LINES)],
                linewidth=2.5,
                label=f"{row.name} ({percent(row.share)})",
            )
            for place, row in enumerate(rows)
        ]
        handles.append(Line2D([], [], color="#BBBBBB", linewidth=8, label="95 % of fair draws"))
        figure.legend(handles=handles, loc="outside right upper")
        figure.subplots_adjust(left=0.1, right=0.73, top=0.9, bottom=0.15)
        image = png(figure)
    table = _convergence_table(calls, rows, codes)
    last = table.rows[-1]
    ends = [f"{row.name} {last[1 + 2 * place]}" for place, row in enumerate(rows)]
    sentence = (
        f"After {last[0]} calls the shares are {joined(ends)}; the fair band narrows as calls grow."
    )
    told = "; ".join(
        f"after {row[0]} calls " + ", ".join(f"{n} {row[1 + 2 * i]}" for i, n in enumerate(seen))
        for row in table.rows
    )
    return Picture(image, f"Line chart of shares against number of calls: {told}.", sentence, table)


def _convergence_table(calls: Calls, rows: list[Row], codes: np.ndarray) -> Table:
    sizes = [10**power for power in range(1, 10) if 10**power < calls.calls] + [calls.calls]
    headers = [part for row in rows for part in (row.name, f"{row.name}: fair")]
    lines = []
    for size in sizes:
        cells = [f"{size:,}"]
        for place, row in enumerate(rows):
            share = float(np.count_nonzero(codes[:size] == place)) / size
            low, high = fair_interval(size, row.share)
            cells += [percent(round(share, 6)), f"{percent(low / size)} to {percent(high / size)}"]
        lines.append(tuple(cells))
    return Table("Share of the calls so far", ("calls so far", *headers), lines)


def readings(
    records: Iterable[Record], calls: int = 10_000, seed: int = 1, down: Down = ()
) -> Picture:
    """The same records and calls under the three readings, side by side.

    Example:
        >>> print(readings([100, 100, 200], calls=400).table)
        400 calls to the same records, read in three ways (seed 1)
        target  preference  split  rfc  kamailio
        A              100     90  199       199
        B              100     99  201       201
        C              200    211    0         0
    """
    listed = as_list(records)
    each = {reading: simulate(listed, calls, reading, down, seed) for reading in READINGS}
    some = each["split"]
    lost = any(made.counts[LOST] for made in each.values())
    names = [*some.names, *([LOST] if lost else [])]
    with drawing(height=1.3 + 0.42 * len(names)) as figure:
        panels = figure.subplots(1, len(each), sharex=True, sharey=True)
        for axes, (reading, made) in zip(panels, each.items(), strict=True):
            for place, name in enumerate(names):
                bar = lost_look() if name == LOST else look(place)
                count = made.counts[name]
                axes.barh(place, count, 0.6, **bar)
                axes.annotate(
                    f"{count:,}", (count, place), (4, 0), textcoords="offset points", va="center"
                )
            axes.set_title(reading, loc="left")
            axes.set_xlim(0, max(calls, 1) * 1.32)
            axes.set_xticks([0, calls / 2, calls], ["0", "50 %", "100 %"])
            axes.grid(axis="x")
        panels[0].set_yticks(range(len(names)), names)
        panels[0].invert_yaxis()
        inches = figure.get_figheight()
        left = 0.03 + 0.0125 * max(map(len, names))
        figure.subplots_adjust(
            left=left, right=0.98, top=1 - 0.35 / inches, bottom=0.4 / inches, wspace=0.08
        )
        image = png(figure)
    ranks = dict(zip(some.names, some.ranks, strict=True))
    orders = len({order for order, _ in some.ranks}) > 1
    table = Table(
        f"{calls:,} calls to the same records, read in three ways (seed {seed})",
        ("target", *(("order",) if orders else ()), "preference", *each),
        [
            (
                name,
                *((str(ranks[name][0]) if name in ranks else "",) if orders else ()),
                str(ranks[name][1]) if name in ranks else "",
                *(f"{made.counts[name]:,}" for made in each.values()),
            )
            for name in names
        ],
    )
    told = [
        f"{reading}: " + ", ".join(f"{name} {made.counts[name]:,}" for name in names)
        for reading, made in each.items()
    ]
    alt = f"Three bar charts of {calls:,} calls. {'; '.join(told)}."
    return Picture(image, alt, _readings_sentence(each), table)


def _readings_sentence(each: dict[str, Calls]) -> str:
    parts = []
    for reading, made in each.items():
        shares = [percent(share) for name, share in made.shares.items() if name != LOST]
        parts.append(f"{joined(shares)} {AS_READ[reading]}")
    return f"To {joined(list(each['split'].names))}, expect {'; '.join(parts)}."


__all__ = ["convergence", "histogram", "number", "readings"]
