"""Pictures of how calls are shared: expected and observed, convergence, the three readings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from enumlab.calls import LOST, Calls, simulate
from enumlab.chance import fair_interval
from enumlab.errors import LabError
from enumlab.outages import Down
from enumlab.rng import shuffled
from enumlab.selection import READINGS, Reading, Record, as_list
from enumlab.show.figure import (
    DRAWS,
    INK,
    NO_IMAGE,
    Picture,
    counted,
    drawing,
    key,
    line,
    look,
    lost_look,
    png,
    room,
    short,
)
from enumlab.show.plain import Table
from enumlab.show.shares import (
    AS_READ,
    Row,
    joined,
    percent,
    share_alt,
    share_rows,
    share_sentence,
    share_table,
    so_many,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

POINTS = 90  # at which convergence is drawn
BAND = 0.72  # height of the outline of what was expected


def histogram(calls: Calls) -> Picture:
    """Calls that each target answered, against what its share lets one expect.

    Example:
        >>> print(histogram(simulate([100, 300], calls=10_000)).table)
        10,000 calls shared by the split rule (seed 1)
        target  preference  share  percent  expected  observed  difference  95 % of fair draws
        A              100    1/4     25 %     2,500     2,476         -24      2,415 to 2,585
        B              300    3/4     75 %     7,500     7,524         +24      7,415 to 7,585
    """
    rows = share_rows(calls)
    image = NO_IMAGE
    with drawing(height=1.5 + 0.5 * len(rows)) as figure:
        axes = figure.add_subplot()
        _bars(axes, rows)
        axes.set_title(f"{so_many(calls.calls)} {AS_READ[calls.reading]}", loc="left")
        axes.set_xlabel("calls answered")
        inches = figure.get_figheight()
        left = room(row.name for row in rows)
        legend = key(figure, _key())
        figure.subplots_adjust(
            left=left, right=0.97, top=1 - 0.35 / inches, bottom=(0.55 + legend) / inches
        )
        image = png(figure)
    return Picture(
        image, share_alt(calls), share_sentence(calls), share_table(calls), ("observed",)
    )


def _bars(axes: Axes, rows: list[Row]) -> None:
    """A hatched bar for what was seen, an outline for what was expected, and the fair interval."""
    import numpy as np

    # One call for all bars of a kind: it is what keeps a slider quick.
    places = range(len(rows))
    looks = [lost_look() if row.name == LOST else look(place) for place, row in enumerate(rows)]
    axes.barh(
        places,
        [row.observed for row in rows],
        0.5,
        color=[each["facecolor"] for each in looks],
        hatch=[each["hatch"] for each in looks],
        edgecolor=INK,
    )
    middles = np.array([float(row.expected) for row in rows])
    axes.barh(places, middles, BAND, fill=False, edgecolor=INK, linestyle="--")
    spans = np.array([(row.low, row.high) for row in rows]).T
    axes.errorbar(
        middles,
        places,
        xerr=np.abs(spans - middles),
        fmt="none",
        ecolor=INK,
        capsize=5,
        elinewidth=1.8,
    )
    for place, row in enumerate(rows):
        furthest = max(row.observed, middles[place], row.high)
        axes.annotate(
            f"{row.observed:,}", (furthest, place), (6, 0), textcoords="offset points", va="center"
        )
    axes.set_yticks(range(len(rows)), [short(row.name) for row in rows])
    axes.invert_yaxis()
    digits = max(len(f"{row.observed:,}") for row in rows)
    furthest = max(max(row.observed, row.high) for row in rows)
    axes.set_xlim(0, max(furthest, 1) * (1.03 + 0.016 * digits))
    axes.grid(axis="x")
    counted(axes.xaxis, 5 if digits < 10 else 4)


def _key() -> list[Patch | Line2D]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

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
    rows = [row for row in share_rows(calls) if row.name != LOST]
    image = NO_IMAGE
    with drawing(height=4.2) as figure:
        axes = figure.add_subplot()
        import numpy as np
        from matplotlib.lines import Line2D

        codes = calls.frame["answered"].cat.codes.to_numpy()
        sizes = np.unique(np.geomspace(1, calls.calls, POINTS).round().astype(np.int64))
        seen = [
            np.cumsum(codes == place, dtype=np.int64)[sizes - 1] / sizes
            for place, _ in enumerate(rows)
        ]
        bands = {
            share: np.array([fair_interval(int(size), share) for size in sizes])
            for share in {row.share for row in rows}
        }
        for place, row in enumerate(rows):
            low, high = bands[row.share].T / sizes
            axes.fill_between(sizes, low, high, color=line(place)["color"], alpha=0.25, linewidth=0)
            axes.axhline(float(row.share), color=INK, linewidth=0.8, linestyle=":")
            axes.plot(sizes, seen[place], **line(place), markevery=(3 * place, POINTS // 8))
        axes.set_xscale("log")
        axes.set_ylim(0, 1)
        axes.set_xlim(1, calls.calls)
        axes.yaxis.set_major_formatter(lambda share, _: percent(round(share, 4)))
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.set_xlabel("calls so far (each step of the axis is ten times as many)")
        axes.set_title(f"Share of calls answered, {AS_READ[calls.reading]}", loc="left")
        axes.grid(axis="y")
        handles = [
            Line2D([], [], **line(place), label=f"{short(row.name)} ({percent(row.share)})")
            for place, row in enumerate(rows)
        ]
        handles.append(Line2D([], [], color="#BBBBBB", linewidth=8, label="95 % of fair draws"))
        bottom = (0.55 + key(figure, handles)) / figure.get_figheight()
        figure.subplots_adjust(left=0.1, right=0.95, top=0.92, bottom=bottom)
        image = png(figure)
    table = _convergence_table(calls, rows)
    last = table.rows[-1]
    ends = [f"{row.name} {last[1 + 2 * place]}" for place, row in enumerate(rows)]
    sentence = (
        f"After {last[0]} calls the shares are {joined(ends)}; the fair band narrows as calls grow."
    )
    told = "; ".join(
        f"after {row[0]} calls "
        + ", ".join(f"{each.name} {row[1 + 2 * i]}" for i, each in enumerate(rows))
        for row in table.rows
    )
    alt = f"Line chart of shares against number of calls: {told}."
    return Picture(image, alt, sentence, table, tuple(row.name for row in rows))


def _convergence_table(calls: Calls, rows: list[Row]) -> Table:
    answered = _answered(calls)
    sizes = [10**power for power in range(1, 10) if 10**power < calls.calls] + [calls.calls]
    headers = [part for row in rows for part in (row.name, f"{row.name}: fair")]
    lines = []
    for size in sizes:
        cells = [f"{size:,}"]
        for place, row in enumerate(rows):
            share = answered(size, place) / size
            low, high = fair_interval(size, row.share)
            cells += [percent(round(share, 6)), f"{percent(low / size)} to {percent(high / size)}"]
        lines.append(tuple(cells))
    return Table("Share of the calls so far", ("calls so far", *headers), lines)


def _answered(calls: Calls) -> Callable[[int, int], int]:
    """Of the first so many calls, how many the target of this index answered."""
    if not DRAWS:
        codes = shuffled(list(calls.counts.values()), calls.seed)
        return lambda size, place: codes[:size].count(place)
    import numpy as np

    drawn = calls.frame["answered"].cat.codes.to_numpy()
    return lambda size, place: int(np.count_nonzero(drawn[:size] == place))


def readings(
    records: Iterable[Record], calls: int = 10_000, seed: int = 1, down: Down = ()
) -> Picture:
    """The same records and calls under the three readings, side by side.

    Example:
        >>> print(readings([100, 100, 200], calls=400).table)
        400 calls to the same records, read in three ways (seed 1)
        target  preference  split  rfc  kamailio
        A              100    100  197       197
        B              100     90  203       203
        C              200    210    0         0
    """
    listed = as_list(records)
    each = {reading: simulate(listed, calls, reading, down, seed) for reading in READINGS}
    some = each["split"]
    lost = any(made.counts[LOST] for made in each.values())
    names = [*some.names, *([LOST] if lost else [])]
    image = NO_IMAGE
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
            axes.set_xlim(0, max(calls, 1) * (1.1 + 0.055 * len(f"{calls:,}")))
            axes.set_xticks([0, calls / 2, calls], ["0", "50 %" if calls < 10**6 else "", "100 %"])
            axes.grid(axis="x")
        panels[0].set_yticks(range(len(names)), [short(name) for name in names])
        panels[0].invert_yaxis()
        inches = figure.get_figheight()
        left = room(names)
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
    return Picture(image, alt, _readings_sentence(each), table, tuple(each))


def _readings_sentence(each: dict[Reading, Calls]) -> str:
    parts = []
    for reading, made in each.items():
        shares = [percent(share) for name, share in made.shares.items() if name != LOST]
        lost = f" ({percent(made.shares[LOST])} lost)" if made.shares[LOST] else ""
        parts.append(f"{joined(shares)} {AS_READ[reading]}{lost}")
    return f"To {joined(list(each['split'].names))}, expect {'; '.join(parts)}."
