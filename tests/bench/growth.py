"""Cost as work grows: the lab's server beside BIND, measured and drawn."""

from __future__ import annotations

import random
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from . import packets
from .load import in_turn
from .rows_servers import workshop
from .servers import running
from .table import Row, ratio

SIZES = (10, 100, 1_000, 10_000, 100_000, 1_000_000)
CLIENTS = (1, 4, 16, 64, 256)
RECORDS = (1, 2, 4, 8, 16)
PICTURE = Path("notebooks/pictures/growth.png")
NAMES = ("ours", "BIND")
ASKED = 200_000  # questions at most

# Okabe and Ito's colours; marker and line differ as well.
STYLES: Mapping[str, Mapping[str, str]] = {
    "ours": {"label": "enumlab", "color": "#0072B2", "marker": "o", "linestyle": "-"},
    "BIND": {"label": "BIND", "color": "#D55E00", "marker": "s", "linestyle": "--"},
}


@dataclass
class Curve:
    """One panel: what is varied, and the points of each server."""

    across: str
    up: str
    points: dict[str, dict[int, float]] = field(
        default_factory=lambda: {name: {} for name in NAMES}
    )


def size() -> list[Row]:
    """Ten names to a million: queries a second; and the picture of all that grows."""
    rate = Curve("names in the zone", "queries a second")
    memory = Curve("names in the zone", "memory, MiB")
    loading = Curve("names in the zone", "seconds to load")
    rates: dict[str, dict[int, list[float]]] = {name: {} for name in NAMES}
    with workshop() as folder, ExitStack() as stack:
        servers, files = {}, {}
        for names in SIZES:
            zone = packets.plain_zone(names, folder / f"zone-{names}")
            places = random.Random(1).sample(range(names), min(names, ASKED))
            numbers = [packets.number(place) for place in places]
            file = packets.questions(numbers, max(len(numbers), 1_000), folder / f"asked-{names}")
            for name in NAMES:
                server = stack.enter_context(running(name, zone))
                loading.points[name][names] = server.loading
                memory.points[name][names] = server.mebibytes()
                servers[f"{name} {names}"], files[f"{name} {names}"] = server, file
        for key, runs in in_turn(servers, files, seconds=1.0).items():
            name, names = key.split()
            rates[name][int(names)] = runs.rates
            rate.points[name][int(names)] = runs.rate
    curves = [rate, memory, loading, _by_clients(), _by_records()]
    draw(curves)
    print(f"Alt text of {PICTURE}: {sentence(curves)}")
    kept = {name: ratio(rates[name][SIZES[-1]], rates[name][SIZES[0]]) for name in NAMES}
    return [
        Row(
            "zone of 10 names, then of 1,000,000: queries a second",
            "falls by less than 25 %",
            _fall(rate.points["ours"], kept["ours"]),
            "BIND " + _fall(rate.points["BIND"], kept["BIND"]),
            f"{kept['ours']:.2f}",
            kept["ours"] > 0.75,
        )
    ]


def _fall(points: Mapping[int, float], kept: float) -> str:
    return f"{points[SIZES[0]]:,.0f}, then {points[SIZES[-1]]:,.0f} ({kept - 1:+.0%})"


def _by_clients() -> Curve:
    """Each client waits for its answer before it asks again."""
    curve = Curve("clients, one query in flight each", "queries a second")
    with workshop() as folder, ExitStack() as stack:
        zone = packets.playground_zone(folder / "zone")
        file = packets.questions(packets.BLOCKS, 10_000, folder / "questions")
        servers = {name: stack.enter_context(running(name, zone)) for name in NAMES}
        for clients in CLIENTS:
            runs = in_turn(servers, file, rounds=3, seconds=1.0, clients=clients, waiting=clients)
            for name in NAMES:
                curve.points[name][clients] = runs[name].rate
    return curve


def _by_records() -> Curve:
    """All of them fit into a datagram of 1,232 octets; every question has EDNS."""
    curve = Curve("records of each name", "queries a second")
    for records in RECORDS:
        with workshop() as folder, ExitStack() as stack:
            zone = packets.plain_zone(1_000, folder / "zone", records)
            numbers = [packets.number(at) for at in range(1_000)]
            file = packets.questions(numbers, 10_000, folder / "questions", edns="always")
            servers = {name: stack.enter_context(running(name, zone)) for name in NAMES}
            runs = in_turn(servers, file, rounds=3, seconds=1.0)
            for name in NAMES:
                curve.points[name][records] = runs[name].rate
    return curve


def draw(curves: list[Curve], path: Path = PICTURE) -> None:
    """One panel a curve, both servers in each."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator

    figure = Figure(figsize=(10, 6), dpi=110, layout="constrained")
    panels = figure.subplots(2, 3).flat
    for panel, curve in zip(panels, curves, strict=False):
        for name, style in STYLES.items():
            points = curve.points[name]
            panel.plot(list(points), list(points.values()), linewidth=2, markersize=7, **style)
        panel.set_xscale("log")
        panel.set_xlabel(curve.across, fontsize=12)
        panel.set_title(curve.up, fontsize=13, loc="left")
        panel.tick_params(labelsize=11)
        panel.grid(alpha=0.3)
        if curve.up == "queries a second":
            panel.set_ylim(bottom=0)
            panel.yaxis.set_major_formatter(lambda value, _: f"{value / 1000:g}k" if value else "0")
        else:
            panel.set_yscale("log")
            panel.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            panel.yaxis.set_major_formatter("{x:g}")
            panel.yaxis.minorticks_off()
        ticks = list(curve.points["ours"])
        panel.set_xticks(ticks, [f"{tick:,}" if tick < 10**4 else _short(tick) for tick in ticks])
        panel.xaxis.minorticks_off()
    panels[5].axis("off")
    handles, labels = panels[0].get_legend_handles_labels()
    panels[5].legend(handles, labels, loc="center", fontsize=14, frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Software": None})


def _short(number: int) -> str:
    return f"{number // 10**6}M" if number >= 10**6 else f"{number // 10**3}k"


def sentence(curves: list[Curve]) -> str:
    """What the picture shows, for those who do not see it."""
    rate, memory, loading, clients, records = curves

    def both(curve: Curve, at: int, form: str) -> str:
        ours, bind = (format(curve.points[name][at], form) for name in NAMES)
        return f"{ours} and {bind}"

    return (
        "Ten lines in five panels, enumlab beside BIND. "
        f"From 10 to 1,000,000 names, queries a second go from {both(rate, 10, ',.0f')} to "
        f"{both(rate, 1_000_000, ',.0f')}; a million names take {both(loading, 1_000_000, '.1f')} "
        f"seconds to load and {both(memory, 1_000_000, ',.0f')} MiB. "
        f"One client gets {both(clients, 1, ',.0f')} answers a second, 256 get "
        f"{both(clients, 256, ',.0f')}. With 16 records a name it is "
        f"{both(records, 16, ',.0f')}."
    )
