"""What a TTL saves and what it costs: a table and a picture."""

from __future__ import annotations

from enumlab.show.figure import INK, NO_IMAGE, Picture, drawing, line, png
from enumlab.show.plain import Table
from enumlab.staleness import Cost, TtlCost

UNITS = ((86400, "day"), (3600, "h"), (60, "min"))
MOST_OF_IT = 0.9  # a share saved that the sentence points out
SAVED = "lookups saved, of all calls"
STALE = "calls to the old target, of a day's calls"


def ttl_table(cost: TtlCost) -> Table:
    """A row for each TTL: what was counted, and what theory expects."""
    each = cost.costs[0]
    return Table(
        f"{each.calls:,} calls through {cost.resolvers:,} resolvers, "
        f"{cost.calls_per_hour:g} an hour at each; the record changes once (seed {cost.seed})",
        (
            "TTL",
            "lookups",
            "expected",
            "saved",
            "calls to the old target",
            "expected",
            "of a day's calls",
            "the last, after the change",
        ),
        [
            (
                brief(each.ttl),
                f"{each.lookups:,}",
                f"{each.expected_lookups:,.0f}",
                f"{each.saved:.1%}".replace("%", " %"),
                f"{each.stale:,}",
                f"{each.expected_stale:,.0f}",
                f"{of_a_day(cost, each):.1%}".replace("%", " %"),
                f"{each.last_stale:,.0f} s" if each.stale else "none",
            )
            for each in cost.costs
        ],
    )


def ttl_picture(cost: TtlCost) -> Picture:
    """Both shares over the TTL, on a logarithmic axis.

    Example:
        >>> from enumlab.staleness import cost_of_ttl
        >>> picture = ttl_picture(cost_of_ttl([60, 3600], resolvers=10))
        >>> picture.sentence.partition(", and")[0]
        'From a TTL of 1 min to one of 1 h, the lookups saved rise from 49.9 % to 98.4 %'
    """
    costs = sorted(cost.costs, key=lambda each: each.ttl)
    ttls = [each.ttl for each in costs]
    series = {
        SAVED: [100 * each.saved for each in costs],
        STALE: [100 * of_a_day(cost, each) for each in costs],
    }
    image = NO_IMAGE
    with drawing(height=3.9) as figure:
        axes = figure.add_subplot()
        for place, (name, values) in enumerate(series.items()):
            axes.plot(ttls, values, **line(place), label=name)
        axes.set_xscale("log")
        axes.set_xticks(ttls, [brief(ttl) for ttl in ttls], rotation=40, ha="right")
        axes.minorticks_off()
        axes.set_ylim(-3, 105)
        axes.yaxis.set_major_formatter("{x:g} %")
        axes.grid(axis="y")
        axes.set_xlabel("TTL (logarithmic axis)", color=INK)
        axes.set_title("What a TTL saves, and what it costs after a change", loc="left")
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.36), ncols=2)
        figure.subplots_adjust(left=0.1, right=0.97, top=0.91, bottom=0.36)
        image = png(figure)
    told = "; ".join(
        f"TTL {brief(ttl)}: {saved:.1f} % saved, {stale:.1f} % stale"
        for ttl, saved, stale in zip(ttls, *series.values(), strict=True)
    )
    alt = f"Line chart with two rising curves over the TTL, lookups saved and stale calls. {told}."
    return Picture(
        image, alt, _sentence(cost, costs), ttl_table(cost), ("saved", "of a day's calls")
    )


def of_a_day(cost: TtlCost, each: Cost) -> float:
    """Calls to the old target, as a share of the calls that a day brings."""
    return each.stale / (24 * cost.calls_per_hour * cost.resolvers)


def brief(seconds: float) -> str:
    """A time in its largest whole unit.

    Example:
        >>> brief(30), brief(900), brief(86400)
        ('30 s', '15 min', '1 day')
    """
    for size, unit in UNITS:
        if seconds % size == 0:
            return f"{seconds // size:g} {unit}{'s' * (unit == 'day' and seconds > size)}"
    return f"{seconds:g} s"


def _sentence(cost: TtlCost, costs: list[Cost]) -> str:
    low, high = costs[0], costs[-1]
    told = (
        f"From a TTL of {brief(low.ttl)} to one of {brief(high.ttl)}, the lookups saved rise from "
        f"{100 * low.saved:.1f} % to {100 * high.saved:.1f} %, and the calls to the old target "
        f"from {low.stale:,} to {high.stale:,}, which is {100 * of_a_day(cost, low):.1f} % to "
        f"{100 * of_a_day(cost, high):.1f} % of a day's"
    )
    enough = next((each for each in costs if each.saved >= MOST_OF_IT), None)
    if enough is None or enough is low:
        return told + "."
    return f"{told}; {brief(enough.ttl)} saves {100 * enough.saved:.1f} %."
