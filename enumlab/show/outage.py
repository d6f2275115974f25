"""Pictures of outages: who answered when, and how long callers waited."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from enumlab.calls import LOST, Calls
from enumlab.outages import Spell
from enumlab.show.figure import (
    INK,
    NO_IMAGE,
    Picture,
    counted,
    drawing,
    key,
    look,
    lost_look,
    png,
    room,
    short,
)
from enumlab.show.plain import Table
from enumlab.show.shares import joined, number, percent, so_many

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_BARS = 60


def timeline(calls: Calls) -> Picture:
    """Who answered when: bars of calls over time, and below them who was down.

    Example:
        >>> from enumlab import simulate
        >>> made = simulate([(10, 100), (20, 100)], 600, "kamailio", {"A": (600, 1200)})
        >>> print(timeline(made).table)
        Who answered while who was down
        from (s)  to (s)  down  calls    A    B  lost
        0            600  none    100  100    0     0
        600        1,200     A    100    0  100     0
        1,200      3,600  none    400  400    0     0
    """
    spells = _by_spell(calls)
    names = [*calls.names, LOST]
    failing = [i for i in range(len(calls.names)) if any(spell.chances[i] for spell in spells)]
    image = NO_IMAGE
    with drawing(height=4.2 + 0.28 * len(failing)) as figure:
        bars, strip = figure.subplots(
            2, 1, sharex=True, height_ratios=(9, 0.4 + len(failing)), gridspec_kw={"hspace": 0.25}
        )
        shown = _stacks(bars, calls)
        _strips(strip, calls, spells, failing)
        bars.set_ylabel("calls")
        bars.set_title(f"Who answered when, {so_many(calls.calls)}", loc="left")
        strip.set_xlabel("seconds after the first call")
        from matplotlib.patches import Patch

        handles = [
            Patch(**(lost_look() if names[i] == LOST else look(i)), label=short(names[i]))
            for i in shown
        ]
        bottom = (0.55 + key(figure, handles)) / figure.get_figheight()
        left = max(0.12, room(calls.names[i] for i in failing) if failing else 0)
        figure.subplots_adjust(left=left, right=0.95, top=0.92, bottom=bottom)
        image = png(figure)
    table = Table(
        "Who answered while who was down",
        ("from (s)", "to (s)", "down", "calls", *names),
        [
            (
                number(spell.start),
                number(spell.end),
                _who(spell, calls.names),
                f"{sum(tally.values()):,}",
                *(f"{tally[name]:,}" for name in names),
            )
            for spell, tally in spells.items()
        ],
    )
    told = "; ".join(
        f"{row[0]} to {row[1]} s, down {row[2]}: "
        + ", ".join(f"{name} {cell}" for name, cell in zip(names, row[4:], strict=True))
        for row in table.rows
    )
    return Picture(
        image, f"Bars of calls over time. {told}.", _lost_sentence(calls), table, ("calls",)
    )


def delays(calls: Calls) -> Picture:
    """How long callers waited for silent targets, answered and lost calls apart.

    Example:
        >>> from enumlab import simulate
        >>> print(delays(simulate([(10, 100), (20, 100)], 400, "kamailio", {"A": 0.25})).table)
        Seconds waited for silent targets (timeout 4 s)
        delay (s)  calls  percent  answered  lost
        0            300     75 %       300     0
        4            100     25 %       100     0
    """
    answered, lost = Counter[float](), Counter[float]()
    for group in calls.groups:
        for fate, drawn in zip(group.chances, group.drawn, strict=True):
            (lost if fate.answered is None else answered)[fate.silent * calls.timeout] += drawn
    waits = sorted(delay for delay, count in (answered + lost).items() if count)
    image = NO_IMAGE
    with drawing() as figure:
        axes = figure.add_subplot()
        import numpy as np
        from matplotlib.patches import Patch

        places = np.arange(len(waits))
        below = np.array([answered[wait] for wait in waits])
        above = np.array([lost[wait] for wait in waits])
        axes.bar(places, below, 0.6, **look(0))
        axes.bar(places[above > 0], above[above > 0], 0.6, below[above > 0], **lost_look())
        for place, wait in enumerate(waits):
            axes.annotate(
                f"{answered[wait] + lost[wait]:,}",
                (place, answered[wait] + lost[wait]),
                (0, 3),
                textcoords="offset points",
                ha="center",
            )
        axes.set_xticks(places, [f"{wait:g}" for wait in waits])
        axes.set_xlim(-0.8, max(len(waits), 3) - 0.2)
        axes.set_ylim(0, max([*(below + above), 1]) * 1.12)
        axes.grid(axis="y")
        counted(axes.yaxis)
        axes.set_xlabel("seconds waited for silent targets")
        axes.set_ylabel("calls")
        axes.set_title(f"Delay before the call rings, {so_many(calls.calls)}", loc="left")
        handles = [Patch(**look(0), label="answered"), Patch(**lost_look(), label="lost")]
        bottom = (0.55 + key(figure, handles)) / figure.get_figheight()
        figure.subplots_adjust(left=0.14, right=0.97, top=0.91, bottom=bottom)
        image = png(figure)
    table = Table(
        f"Seconds waited for silent targets (timeout {calls.timeout:g} s)",
        ("delay (s)", "calls", "percent", "answered", "lost"),
        [
            (
                f"{wait:g}",
                f"{answered[wait] + lost[wait]:,}",
                percent((answered[wait] + lost[wait]) / calls.calls),
                f"{answered[wait]:,}",
                f"{lost[wait]:,}",
            )
            for wait in waits
        ],
    )
    told = "; ".join(
        f"{row[0]} s: {row[1]} calls, {row[3]} answered, {row[4]} lost" for row in table.rows
    )
    at_once = answered[0.0]
    total = sum(answered.values())
    mean = sum(wait * count for wait, count in answered.items()) / max(total, 1)
    sentence = (
        f"Of {total:,} answered calls {at_once:,} did not wait; the mean wait is {mean:.2f} s."
    )
    return Picture(image, f"Bar chart of delays. {told}.", sentence, table, ("calls",))


def _by_spell(calls: Calls) -> dict[Spell, Counter[str]]:
    """Calls answered by each target in each stretch of time."""
    found: dict[Spell, Counter[str]] = defaultdict(Counter)
    for group in calls.groups:
        for fate, drawn in zip(group.chances, group.drawn, strict=True):
            found[group.spell][LOST if fate.answered is None else calls.names[fate.answered]] += (
                drawn
            )
    return found


def _stacks(axes: Axes, calls: Calls) -> list[int]:
    """Stacked bars over time; gives the indexes of those that appear."""
    import numpy as np

    codes = calls.frame["answered"].cat.codes.to_numpy()
    bars = min(MOST_BARS, max(calls.calls // 10, 1))
    which = np.arange(calls.calls) * bars // max(calls.calls, 1)
    kinds = len(calls.names) + 1
    tally = np.bincount(which * kinds + codes, minlength=bars * kinds).reshape(bars, kinds)
    edges = np.linspace(0, calls.duration, bars + 1)
    bottom = np.zeros(bars)
    shown = [int(kind) for kind in np.flatnonzero(tally.sum(axis=0))]
    for kind in shown:
        bar = lost_look() if kind == kinds - 1 else look(kind)
        axes.stairs(bottom + tally[:, kind], edges, baseline=bottom, fill=True, **bar)
        bottom += tally[:, kind]
    axes.set_xlim(0, calls.duration)
    axes.set_ylim(0, max(bottom.max(), 1) * 1.05)
    counted(axes.xaxis)
    counted(axes.yaxis)
    return shown


def _strips(
    axes: Axes, calls: Calls, spells: dict[Spell, Counter[str]], failing: list[int]
) -> None:
    """A bar for each stretch in which a target was down; its height is the probability."""
    for place, index in enumerate(failing):
        for spell in spells:
            chance = float(spell.chances[index])
            width = float(spell.end - spell.start)
            axes.barh(place, width, 0.7 * chance, left=float(spell.start), color=INK, linewidth=0)
    axes.set_yticks(range(len(failing)), [short(calls.names[index]) for index in failing])
    axes.set_ylim(len(failing) - 0.4 if failing else 1, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.set_title("down" if failing else "no target was down", loc="left", fontsize=11)


def _who(spell: Spell, names: tuple[str, ...]) -> str:
    down = [
        name if chance == 1 else f"{name} ({percent(chance)} of calls)"
        for name, chance in zip(names, spell.chances, strict=True)
        if chance
    ]
    return joined(down) or "none"


def _lost_sentence(calls: Calls) -> str:
    counts = calls.counts
    got = [f"{name} answered {counts[name]:,}" for name in calls.names if counts[name]]
    lost = counts[LOST]
    share = percent(lost / calls.calls) if calls.calls else "0 %"
    return f"Of {so_many(calls.calls)} {joined([*got, f'{lost:,} were lost'])} ({share})."
