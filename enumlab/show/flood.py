"""Who got through a flood: a table and a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from enumlab.flood import Flood
from enumlab.show.figure import NO_IMAGE, Picture, drawing, look, lost_look, png
from enumlab.show.plain import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ANSWERED, DROPPED, BUSY = "answered", "dropped by the limit", "all lines busy"


def flood_table(result: Flood) -> Table:
    """A row for each limit."""
    return Table(
        f"{result.hours:g} h, {result.lines} lines, {result.legit_per_hour:g} real calls an hour "
        f"and {result.flood_per_hour:,g} of a flood from {result.sources:,} sources "
        f"(seed {result.seed})",
        (
            "limit",
            "real: answered",
            "real: dropped",
            "real: busy",
            "flood: answered",
            "flood: dropped",
            "flood: busy",
        ),
        [
            (
                each.name,
                f"{each.legit_answered:,}",
                f"{each.legit_dropped:,}",
                f"{each.legit_busy:,}",
                f"{each.flood_answered:,}",
                f"{each.flood_dropped:,}",
                f"{each.flood_busy:,}",
            )
            for each in result.counts
        ],
    )


def flood_picture(result: Flood) -> Picture:
    """What became of real calls and of the flood's, in percent, one bar for each limit.

    Example:
        >>> from enumlab.flood import flood
        >>> flood_picture(flood()).sentence
        'Of 240 real calls were answered: 37 with no limit, 9 with one bucket for all, 240 with a
        bucket for each source.'
    """
    names = [each.name for each in result.counts]
    real = [(each.legit_answered, each.legit_dropped, each.legit_busy) for each in result.counts]
    hostile = [(each.flood_answered, each.flood_dropped, each.flood_busy) for each in result.counts]
    looks = {ANSWERED: look(2), DROPPED: look(1), BUSY: lost_look()}
    image = NO_IMAGE
    with drawing(height=1.5 + 0.5 * len(names)) as figure:
        left, right = figure.subplots(1, 2, sharey=True)
        _bars(left, real, looks)
        _bars(right, hostile, looks)
        left.set_title(f"{sum(real[0]):,} real calls", loc="left")
        right.set_title(f"{sum(hostile[0]):,} calls of the flood", loc="left")
        left.set_yticks(range(len(names)), names)
        left.invert_yaxis()
        from matplotlib.patches import Patch

        handles = [Patch(**style, label=label) for label, style in looks.items()]
        figure.legend(handles=handles, loc="lower center", ncols=3)
        inches = figure.get_figheight()
        figure.subplots_adjust(
            left=0.04 + 0.0122 * max(map(len, names)),
            right=0.96,
            top=1 - 0.35 / inches,
            bottom=0.72 / inches,
            wspace=0.32,  # "100 %" of the left and "0 %" of the right stay apart
        )
        image = png(figure)
    told = "; ".join(
        f"{each.name}: of real calls {each.legit_answered:,} answered, "
        f"{each.legit_dropped:,} dropped, "
        f"{each.legit_busy:,} met busy lines; of the flood {each.flood_answered:,} answered, "
        f"{each.flood_dropped:,} dropped, "
        f"{each.flood_busy:,} met busy lines"
        for each in result.counts
    )
    got = ", ".join(f"{each.legit_answered:,} with {each.name}" for each in result.counts)
    sentence = f"Of {sum(real[0]):,} real calls were answered: {got}."
    return Picture(
        image,
        f"Two stacked bar charts. {told}.",
        sentence,
        flood_table(result),
        ("real: answered", "flood: answered"),
    )


def _bars(axes: Axes, counts: list[tuple[int, int, int]], looks: dict[str, dict[str, Any]]) -> None:
    """A bar of 100 % for each limit, with the counts in the parts that have room for them."""
    for place, parts in enumerate(counts):
        total, at = max(sum(parts), 1), 0.0
        for part, style in zip(parts, looks.values(), strict=True):
            share = 100 * part / total
            axes.barh(place, share, 0.6, left=at, **style)
            text = f"{part:,}"
            if share > 4 + 3 * len(text):
                box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
                middle = at + share / 2
                axes.text(middle, place, text, ha="center", va="center", fontsize=9, bbox=box)
            at += share
    axes.set_xlim(0, 100)
    axes.xaxis.set_major_formatter("{x:g} %")
    axes.set_xticks([0, 50, 100])
