"""The tree of zones, and the way of one lookup through it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from enumlab.client import Server
from enumlab.delegation import servers_of
from enumlab.errors import NumberError
from enumlab.number import to_number
from enumlab.resolver import Hop, Servers, Walk
from enumlab.show.figure import INK, NO_IMAGE, Picture, drawing, png
from enumlab.show.wordy import Words, code
from enumlab.zone import Zone

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 2.35, 0.9  # inches for a column and a row
BOX = (1.9, 0.72)  # inches
ON_THE_WAY, ELSEWHERE = "#FBF3A0", "#FFFFFF"


@dataclass
class _Node:
    """A zone in the tree, or the record at the end of the walk."""

    origin: str
    words: list[str]
    step: int = 0
    dashed: bool = False
    below: list[_Node] = field(default_factory=list)
    row: float = 0.0


def hop_table(walk: Walk) -> Words:
    """One row for each server asked."""
    rows = [
        (str(number), code(hop.server), code(hop.zone), hop.rcode or "none", hop.said)
        for number, hop in enumerate(walk.hops, 1)
    ]
    headers = ("hop", "server", "asked as the server of", "rcode", "what it said")
    end = ", ".join(walk.uris) or walk.outcome
    return Words(f"{walk.number} is asked for as {walk.domain}: {end}", headers, rows)


def tree(walk: Walk, servers: Servers) -> Picture:
    """The zones that these servers hold, and the numbered way through them.

    Args:
        walk: what to draw.
        servers: as given to `enumlab.resolver.walk`; only lab servers tell which zone they have.

    Example:
        >>> from enumlab.delegation import serve_tiers
        >>> from enumlab.resolver import walk
        >>> with serve_tiers(["tier0", "tier1"]) as servers:
        ...     print(tree(walk("+61 3 5550 0999", servers), servers).sentence)
        +61 3 5550 0999: ns.e164.arpa. refers to ns.1.6.e164.arpa.; ns.1.6.e164.arpa. says: no
        such name.
    """
    zones = _zones(servers)
    steps = {hop.zone: number for number, hop in enumerate(walk.hops, 1) if hop.kind != "failed"}
    root = _node(walk.hops[0].zone, "", [walk.hops[0].server], zones, steps)
    if walk.uris or walk.records:
        _add_answer(root, walk)
    rows = _place(root, 0)
    depth = _depth(root)
    width, height = WIDTH * depth - WIDTH + BOX[0] + 0.3, HEIGHT * rows + 0.2
    image = NO_IMAGE
    with drawing(width, height) as figure:
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(-0.15, width - 0.15), ylim=(height - 0.1, -0.1))
        axes.axis("off")
        _draw(axes, root, 0)
        image = png(figure)
    told = f"Tree of zones, from left to right.{_told(root)}"
    return Picture(image, told, _sentence(walk), hop_table(walk))


def _zones(servers: Servers) -> dict[str, Zone]:
    """The zones that the servers hold, by origin; the first of two that hold the same."""
    found: dict[str, Zone] = {}
    for here in servers.values():
        each: Iterable[Server] = here if isinstance(here, list) else [here]  # type: ignore[list-item]
        for server in each:
            zone = getattr(server, "zone", None)
            if isinstance(zone, Zone):
                found.setdefault(zone.origin.lower(), zone)
    return found


def _node(
    origin: str, above: str, names: list[str], zones: dict[str, Zone], steps: dict[str, int]
) -> _Node:
    zone = zones.get(origin.lower())
    label = origin.removesuffix("." + above) if above else origin
    words = [label, *_prefix(origin), *names[:1]]
    node = _Node(origin, words, steps.get(origin, 0), dashed=zone is None)
    if zone is not None:
        for cut in zone.owners:
            names = servers_of(zone, cut)
            if cut != zone.origin and names:
                node.below.append(_node(cut, origin, names, zones, steps))
    return node


def _prefix(origin: str) -> list[str]:
    try:
        return [f"numbers {to_number(origin)}\N{HORIZONTAL ELLIPSIS}"]
    except NumberError:
        return []


def _add_answer(node: _Node, walk: Walk) -> None:
    """Hang the answer below the zone that gave it."""
    last = walk.hops[-1].zone
    if node.origin == last:
        found = walk.uris[0] if walk.uris else f"{len(walk.records)} records, none for this"
        user, at, host = found.partition("@")
        words = ["answer:", user, at + host] if at else ["answer:", found]
        node.below.append(_Node("", words, step=len(walk.hops)))
    for each in node.below:
        _add_answer(each, walk)


def _place(node: _Node, row: float) -> float:
    """Give each node a row, parents in the middle of their children; the next free row."""
    if not node.below:
        node.row = row
        return row + 1
    for each in node.below:
        row = _place(each, row)
    node.row = (node.below[0].row + node.below[-1].row) / 2
    return row


def _depth(node: _Node) -> int:
    return 1 + max(map(_depth, node.below), default=0)


def _draw(axes: Axes, node: _Node, column: int) -> None:
    """A box with its words, the lines to what is below, and the numbers of the walk's steps."""
    from matplotlib.patches import Rectangle

    x, y = column * WIDTH, node.row * HEIGHT + 0.1
    for each in node.below:
        there = each.row * HEIGHT + 0.1 + BOX[1] / 2
        on_the_way = bool(each.step)
        axes.plot(
            [x + BOX[0], x + WIDTH],
            [y + BOX[1] / 2, there],
            color=INK,
            linewidth=2.6 if on_the_way else 1,
            linestyle=":" if each.dashed else "-",
            zorder=1,
        )
        _draw(axes, each, column + 1)
    axes.add_patch(
        Rectangle(
            (x, y),
            *BOX,
            facecolor=ON_THE_WAY if node.step else ELSEWHERE,
            edgecolor=INK,
            linewidth=2.2 if node.step else 1,
            linestyle=":" if node.dashed else "-",
        )
    )
    gap = (BOX[1] - 0.1) / len(node.words)
    for line, words in enumerate(node.words, 1):
        family = "sans-serif" if words.startswith(("numbers", "answer")) else "monospace"
        axes.text(
            x + 0.09, y + 0.05 + (line - 0.5) * gap, words, fontsize=8.5, va="center", family=family
        )
    if node.step and node.origin:
        badge = {"boxstyle": "circle,pad=0.25", "facecolor": INK, "edgecolor": INK}
        axes.text(x, y, str(node.step), color="white", fontsize=8, ha="center", bbox=badge)


def _told(node: _Node) -> str:
    """The tree in words: a sentence for each zone that has something to tell."""
    if not node.origin:
        return f" {' '.join(node.words).capitalize()}."
    told = node.origin[:-1]
    told += f" (asked as number {node.step})" * bool(node.step)
    told += " (no server here)" * node.dashed
    if not node.below:
        return f" {told}." if node.step or node.dashed else ""
    below = ", ".join(each.origin[:-1] or "the answer" for each in node.below)
    return f" {told} leads to {below}." + "".join(map(_told, node.below))


def _sentence(walk: Walk) -> str:
    """The walk in words."""
    told = [f"{hop.server} {_verb(hop)}" for hop in walk.hops[:-1]]
    last = walk.hops[-1]
    if walk.uris:
        told.append(f"{last.server} answers {', '.join(walk.uris)}")
    else:
        told.append(
            f"{last.server} says: {last.said}" if last.lookup else f"{last.server}: {last.note}"
        )
    return f"{walk.number}: {'; '.join(told)}."


def _verb(hop: Hop) -> str:
    if hop.kind == "referral":
        return f"refers to {' or '.join(hop.leads_to)}"
    return f"is of no use ({hop.note})"
