"""A block of numbers as a picture: one square a number, coloured by the record that answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from enumlab.blocks import BlockMap
from enumlab.show.figure import COLOURS, INK, NO_IMAGE, Picture, drawing, key, lost_look, png, room
from enumlab.show.plain import Table
from enumlab.show.shares import joined, percent

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_EXACT = 2  # owners of one number with a colour of their own; more share one
MOST_WILDCARDS = 4
SMALL = 3  # a group of so few numbers is hard to see, so an arrow points at it
NOBODY = "nobody: "
OWNER_HATCHES = ("", "..", "\\\\", "//", "--", "oo")  # the first covers most of the picture
NOBODY_HATCHES = {"NXDOMAIN": "xx", "NODATA": "**"}  # none that an owner may have


@dataclass
class Group:
    """Numbers that look alike in the picture.

    Attributes:
        name: as in the legend and in the table.
        places: of its numbers in the block, ascending.
        answered: whether they get records.
    """

    name: str
    answered: bool
    places: list[int] = field(default_factory=list)


def picture(block: BlockMap) -> Picture:
    """The block in rows of a hundred numbers, or of ten where there are no more than a hundred.

    Example:
        >>> from enumlab import Zone, block_map
        >>> print(picture(block_map(Zone.named("playground"), "+61255502")).table)
        Which record answers for +61255502xxx
        answered by                        numbers  percent         first          last
        *.2.0.5.5.5.2.1.6.e164.arpa.           900     90 %  +61255502000  +61255502999
        5.4.3.2.0.5.5.5.2.1.6.e164.arpa.         1    0.1 %  +61255502345  +61255502345
        nobody: NXDOMAIN                        99    9.9 %  +61255502300  +61255502399
    """
    groups = grouped(block)
    columns = 10 if block.digits < 3 else 100
    rows = len(block.cells) // columns
    looks = list(_looks(groups))
    image = NO_IMAGE
    with drawing(height={1: 1.9, 10: 4.0, 100: 7.6}[rows]) as figure:
        axes = figure.add_subplot()
        _squares(axes, groups, looks, rows, columns)
        _label(axes, block, rows, columns)
        _arrows(axes, block, groups, columns)
        axes.set_title(f"Which record answers for {_title(block)}", loc="left", pad=10)
        _place(figure, axes, groups, looks)
        image = png(figure)
    table = counts_table(block)
    told = "; ".join(
        f"{name}: {count} {'number' if count == '1' else 'numbers'}, {first}"
        + (f" to {last}" if last != first else "")
        for name, count, _, first, last in table.rows
    )
    alt = f"Map of the {len(block.cells):,} numbers {_title(block)}, a square each. {told}."
    return Picture(image, alt, sentence(block), table, ("numbers",))


def counts_table(block: BlockMap) -> Table:
    """How many numbers each owner answers for, and how many get nothing."""
    return Table(
        f"Which record answers for {_title(block)}",
        ("answered by", "numbers", "percent", "first", "last"),
        [
            (
                group.name,
                f"{len(group.places):,}",
                percent(len(group.places) / len(block.cells)),
                block.cells[group.places[0]].number,
                block.cells[group.places[-1]].number,
            )
            for group in grouped(block)
        ],
    )


def sentence(block: BlockMap) -> str:
    """How many numbers get an answer, from how many owners.

    Example:
        >>> from enumlab import Zone, block_map
        >>> sentence(block_map(Zone.named("playground"), "+61255502"))
        'Of 1,000 numbers, +61255502xxx, 901 get an answer, from 2 owners; 99 get none (NXDOMAIN).'
    """
    owners = {cell.source for cell in block.cells if cell.source}
    answered = sum(bool(cell.source) for cell in block.cells)
    reasons = [label for label in block.counts if label not in owners]
    missing = len(block.cells) - answered
    told = f"Of {len(block.cells):,} numbers, {_title(block)}, {answered:,} get an answer"
    if owners:
        told += f", from {len(owners):,} owner{'s' if len(owners) > 1 else ''}"
    if missing:
        told += f"; {missing:,} get none ({joined(reasons)})"
    return f"{told}."


def grouped(block: BlockMap) -> list[Group]:
    """What is told apart: wildcards by their count, exact owners, then those without an answer."""
    sources = [label for label in block.counts if label in {cell.source for cell in block.cells}]
    wildcards = [label for label in sources if label.startswith("*.")]
    exact = [label for label in sources if not label.startswith("*.")]
    names = {label: label for label in sources}
    if len(wildcards) > MOST_WILDCARDS:
        others = wildcards[MOST_WILDCARDS - 1 :]
        names |= dict.fromkeys(others, f"{len(others):,} other wildcards")
    if len(exact) > MOST_EXACT:
        names |= dict.fromkeys(exact, "the number's own records")
    groups: dict[str, Group] = {}
    for label in [*wildcards, *exact]:
        groups.setdefault(names[label], Group(names[label], answered=True))
    for label in block.counts:
        if label not in names:
            names[label] = NOBODY + label
            groups[names[label]] = Group(names[label], answered=False)
    for place, cell in enumerate(block.cells):
        groups[names[cell.label]].places.append(place)
    return list(groups.values())


def _title(block: BlockMap) -> str:
    return block.prefix + "x" * block.digits


def _looks(groups: list[Group]) -> Iterator[dict[str, Any]]:
    """Colour and hatch of each group: no two share a hatch, and grey is for nobody."""
    answered = 0
    for group in groups:
        if group.answered:
            hatch = OWNER_HATCHES[answered]
            yield {"facecolor": COLOURS[answered], "hatch": hatch, "edgecolor": INK}
            answered += 1
        else:
            hatch = NOBODY_HATCHES.get(group.name.removeprefix(NOBODY), "++")
            yield lost_look() | {"hatch": hatch}


def _squares(
    axes: Axes, groups: list[Group], looks: list[dict[str, Any]], rows: int, columns: int
) -> None:
    import numpy as np
    from matplotlib.collections import LineCollection, PolyCollection

    kinds = np.zeros(rows * columns, dtype=np.int64)
    for kind, group in enumerate(groups):
        kinds[group.places] = kind
    grid = kinds.reshape(rows, columns)
    for kind, look in enumerate(looks):
        strips = [
            ((start, y), (end, y), (end, y + 1), (start, y + 1))
            for y, row in enumerate(grid == kind)
            for start, end in _runs(row)
        ]
        axes.add_collection(PolyCollection(strips, linewidths=0, antialiaseds=False, **look))
    axes.add_collection(LineCollection(_borders(grid), colors=INK, linewidths=1.2))
    axes.set(xlim=(0, columns), ylim=(rows, 0))


def _runs(row: npt.NDArray[np.bool_]) -> list[list[int]]:
    """(start, end) of each stretch of True."""
    import numpy as np

    steps = np.diff(np.concatenate([[False], row, [False]]).astype(np.int8))
    return np.flatnonzero(steps).reshape(-1, 2).tolist()


def _borders(grid: npt.NDArray[np.int64]) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Lines between neighbours of different kinds."""
    import numpy as np

    upright = np.argwhere(grid[:, 1:] != grid[:, :-1])
    level = np.argwhere(grid[1:, :] != grid[:-1, :])
    return [((x + 1, y), (x + 1, y + 1)) for y, x in upright.tolist()] + [
        ((x, y + 1), (x + 1, y + 1)) for y, x in level.tolist()
    ]


def _label(axes: Axes, block: BlockMap, rows: int, columns: int) -> None:
    """Ticks that read as the number: its start at the left, its end below."""
    end = 1 if columns == 10 else 2
    each = max(rows // 10, 1)
    middle = block.digits - end
    starts = [
        block.prefix + (f"{row:0{middle}}" if middle else "") + "x" * end
        for row in range(0, rows, each)
    ]
    axes.set_yticks([row + 0.5 for row in range(0, rows, each)], starts)
    step = 1 if columns == 10 else 10
    ends = range(0, columns, step)
    axes.set_xticks([column + 0.5 for column in ends], [f"{column:0{end}}" for column in ends])
    axes.set_xlabel("last digit" if end == 1 else "last two digits")
    axes.tick_params(length=3)
    for spine in axes.spines.values():
        spine.set_visible(True)


def _arrows(axes: Axes, block: BlockMap, groups: list[Group], columns: int) -> None:
    """Point at what is too small to be seen."""
    if columns == 10:
        return
    for group in groups:
        if len(group.places) <= SMALL:
            y, x = divmod(group.places[0], columns)
            left = x > columns / 2
            axes.annotate(
                block.cells[group.places[0]].number,
                (x + 0.5, y + 0.5),
                (-60 if left else 60, 45 if y > 2 else -45),
                textcoords="offset points",
                ha="right" if left else "left",
                arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 1.5},
                bbox={"boxstyle": "round", "facecolor": "white", "edgecolor": INK},
            )


def _place(figure: Figure, axes: Axes, groups: list[Group], looks: list[dict[str, Any]]) -> None:
    from matplotlib.patches import Patch

    handles = [
        Patch(**look, label=f"{group.name}: {len(group.places):,}")
        for group, look in zip(groups, looks, strict=True)
    ]
    height = figure.get_figheight() + 0.25 * len(handles)
    figure.set_figheight(height)
    bottom = (0.55 + key(figure, handles)) / height
    left = room(label.get_text() for label in axes.get_yticklabels())
    figure.subplots_adjust(left=left, right=0.97, top=1 - 0.4 / height, bottom=bottom)
