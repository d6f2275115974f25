"""A ladder diagram: who sent what to whom, in the sequence in which it was captured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from enumlab.peers.packets import Packet
from enumlab.peers.results import RealCalls
from enumlab.show.figure import INK, NO_IMAGE, Picture, drawing, png
from enumlab.show.plain import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FIRST = ("caller", "Kamailio", "DNS")  # their places, from the left; targets follow
COLOURS = {"DNS": "#0072B2", "SIP": "#D55E00"}
LINES = {"DNS": (0, (4, 2)), "SIP": "solid"}
WIDTH, ROW, HEAD, LETTER = 7.4, 0.36, 0.5, 0.073  # inches; a letter of a label is so wide


def ladder(calls: RealCalls, most: int = 20) -> Picture:
    """The packets of a call as arrows between vertical lines, time running down.

    DNS is dashed, SIP is solid. Of a long exchange the first packets are drawn.

    Args:
        calls: one call with its packets, from `switch.call(number)`.
        most: packets that are drawn.

    Raises:
        ServerError: no packets were captured.

    Example:
        >>> packets = (Packet(0.0, "caller", "Kamailio", "SIP", "INVITE"),)
        >>> call = RealCalls("+61", 1, {}, {}, {}, (), {}, packets, passed=1)
        >>> ladder(call).sentence
        '1 packet passed: 0 of DNS (dashed) and 1 of SIP (solid).'
    """
    packets = calls.captured()[:most]
    seen = dict.fromkeys(name for packet in packets for name in (packet.source, packet.destination))
    names = [name for name in FIRST if name in seen] + [name for name in seen if name not in FIRST]
    rows = [_row(number, packet) for number, packet in enumerate(packets, 1)]
    height = HEAD + ROW * len(packets)
    image = NO_IMAGE
    with drawing(WIDTH, height) as figure:
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(-0.5, len(names) - 0.5), ylim=(height, 0))
        axes.axis("off")
        for place, name in enumerate(names):
            box = {"boxstyle": "square,pad=0.35", "facecolor": "white", "edgecolor": INK}
            axes.text(place, 0.25, name, ha="center", va="center", weight="bold", bbox=box)
            axes.plot([place, place], [0.42, height - 0.05], color="#999999", linewidth=1, zorder=0)
        for number, packet in enumerate(packets, 1):
            _arrow(axes, names, number, packet)
        image = png(figure)
    told = "; ".join(
        f"{number}. {source} to {to}: {said}" for number, source, to, _, said, _ in rows
    )
    return Picture(
        image,
        alt=f"Ladder diagram of a call to {calls.number}. {told}.",
        sentence=_sentence(calls, len(packets)),
        table=Table(
            f"Packets of a call to {calls.number}",
            ("packet", "from", "to", "protocol", "message", "detail"),
            rows,
        ),
    )


def _arrow(axes: Axes, names: Sequence[str], number: int, packet: Packet) -> None:
    start, end = names.index(packet.source), names.index(packet.destination)
    y = HEAD + ROW * (number - 0.3)
    style = {"arrowstyle": "-|>", "linestyle": LINES[packet.protocol], "linewidth": 1.6}
    style |= {"color": COLOURS[packet.protocol], "mutation_scale": 12, "shrinkA": 0, "shrinkB": 0}
    axes.text(-0.47, y, str(number), fontsize=9, va="center", color=INK)
    if start == end:  # to itself: out to the side and back, a little lower
        style["connectionstyle"] = "arc3,rad=-1.2"
        axes.annotate("", (end, y + 0.1), (start, y - 0.14), arrowprops=style)
        axes.text(start + 0.1, y, f"{packet.summary} to itself", fontsize=9, va="center", color=INK)
        return
    axes.annotate("", (end, y), (start, y), arrowprops=style)
    box = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
    label = _label(packet, abs(end - start) * WIDTH / len(names))
    axes.text((start + end) / 2, y - 0.06, label, ha="center", fontsize=9, color=INK, bbox=box)


def _label(packet: Packet, inches: float) -> str:
    """What it says; of an INVITE and a question also about whom, where there is room."""
    summary = packet.summary.partition(" --")[0]  # of Kamailio's "100 trying", the number and word
    about = packet.detail.removeprefix("sip:").partition("@")[0]
    words = f"{summary} {about}"
    wanted = summary in ("INVITE", "NAPTR?", "SRV?", "A?") and len(words) * LETTER < inches
    return words if wanted else summary


def _row(number: int, packet: Packet) -> tuple[str, ...]:
    detail = packet.detail.replace("\n", "; ")
    return (
        str(number), packet.source, packet.destination, packet.protocol, packet.summary, detail
    )  # fmt: skip


def _sentence(calls: RealCalls, drawn: int) -> str:
    many = f"{calls.passed:,} packet{'s' * (calls.passed != 1)} passed"
    dns = sum(packet.protocol == "DNS" for packet in calls.packets[:drawn])
    parts = f"{dns} of DNS (dashed) and {drawn - dns} of SIP (solid)"
    first = f"the first {drawn} are shown, " if calls.passed > drawn else ""
    note = f" {calls.note}" if calls.note else ""
    return f"{many}: {first}{parts}.{note}"
