"""Real calls beside the three readings of the same records."""

from __future__ import annotations

from enumlab.calls import simulate
from enumlab.errors import LabError
from enumlab.peers.results import LOST, RealCalls
from enumlab.selection import READINGS
from enumlab.show.figure import (
    NO_IMAGE,
    Picture,
    counted,
    drawing,
    look,
    lost_look,
    png,
    room,
    short,
)
from enumlab.show.plain import Table
from enumlab.show.shares import joined

REAL = "real calls"


def beside_the_readings(calls: RealCalls, seed: int = 1) -> Picture:
    """Calls that each target took from a real switch, and what three readings would give it.

    Args:
        calls: from `switch.calls(number)`.
        seed: of the simulated calls.

    Raises:
        LabError: the number has no records.
    """
    if not calls.records:
        raise LabError(f"{calls.number} has no records to read. Take a number that has some.")
    made = {name: simulate(calls.records, calls.calls, name, seed=seed) for name in READINGS}
    counts = {name: dict(each.counts) for name, each in made.items()} | {REAL: calls.counts}
    names = [*next(iter(made.values())).names]
    if any(each[LOST] for each in counts.values()):
        names.append(LOST)
    highest = max(each.get(name, 0) for each in counts.values() for name in names)
    image = NO_IMAGE
    with drawing(height=1.3 + 0.42 * len(names)) as figure:
        panels = figure.subplots(1, len(counts), sharex=True, sharey=True)
        for axes, (title, each) in zip(panels, counts.items(), strict=True):
            for place, name in enumerate(names):
                bar = lost_look() if name == LOST else look(place)
                count = each.get(name, 0)
                axes.barh(place, count, 0.6, **bar)
                where = (count, place)
                axes.annotate(f"{count:,}", where, (3, 0), textcoords="offset points", va="center")
            axes.set_title(title, loc="left", weight="bold" if title == REAL else "normal")
            axes.set_xlim(0, highest * 1.35)
            counted(axes.xaxis, 3)
            axes.grid(axis="x")
        panels[0].set_yticks(range(len(names)), [short(name) for name in names])
        panels[0].invert_yaxis()
        inches = figure.get_figheight()
        figure.subplots_adjust(
            left=room(names), right=0.98, top=1 - 0.35 / inches, bottom=0.4 / inches, wspace=0.1
        )
        image = png(figure)
    rows = [(name, *(f"{each.get(name, 0):,}" for each in counts.values())) for name in names]
    told = [
        f"{title}: " + ", ".join(f"{name} {each.get(name, 0):,}" for name in names)
        for title, each in counts.items()
    ]
    real = [f"{calls.counts.get(name, 0):,} to {name}" for name in names]
    note = f" {calls.note}" if calls.note else ""
    return Picture(
        image,
        alt=f"Four bar charts of {calls.calls:,} calls to {calls.number}. {'; '.join(told)}.",
        sentence=f"Of {calls.calls:,} real calls to {calls.number} went {joined(real)}.{note}",
        table=Table(
            f"{calls.calls:,} calls to {calls.number}: three readings, simulated, and real calls",
            ("target", *counts),
            rows,
        ),
        bars=tuple(counts),
    )
