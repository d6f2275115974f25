"""Static twins of the sliders: what they would show at a few positions, as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from enumlab.errors import LabError
from enumlab.naptr import Naptr
from enumlab.show.plain import Table
from enumlab.show.sliders import Panel, explore
from enumlab.zone import Zone

CAPTION = "The sliders at a few positions: calls observed, and percent expected"
STATE = {"True": "down", "False": "up"}


@dataclass(frozen=True)
class Twin:
    """A slider of the course, and where to put it.

    Attributes:
        owner: whose records it moves, in the playground zone.
        start: arguments of `explore`, as in the notebook.
        positions: for each row of the table, the controls that are moved from the start.
    """

    owner: str
    start: Mapping[str, Any]
    positions: tuple[Mapping[str, Any], ...] = field(default=())


# By the name of the notebook, without `.ipynb`.
TWINS = {
    "03-how-are-calls-shared": Twin(
        "3.1.9.0.0.5.5.5.3.1.6",
        {"calls": 10_000},
        (
            {"server3 preference": 100},
            {"server3 preference": 0},
            {"calls": 100},
            {"calls": 100, "seed": 2},
            {"calls": 100, "seed": 3},
            {"server3 down": True},
            {"reading": "rfc"},
        ),
    ),
    "04-first-choice-down": Twin(
        "4.1.9.0.0.5.5.5.3.1.6",
        {"calls": 10_000, "reading": "rfc", "down": "firstchoice"},
        (
            {"firstchoice down": False},
            {"reading": "split"},
            {"reading": "kamailio"},
            {"secondchoice order": 10},
            {"secondchoice order": 10, "secondchoice preference": 200},
        ),
    ),
}


def twin_table(name: str, seen: str) -> Table:
    """The table for a notebook's slider, each row by the slider's own code.

    Args:
        name: of the notebook, without `.ipynb`.
        seen: the text of the picture that the notebook shows above the slider.

    Raises:
        LabError: there is no twin for it, or it starts with another picture.
    """
    if name not in TWINS:
        raise LabError(
            f"{name} has a slider and no static twin. Add one to TWINS in enumlab/site/twins.py."
        )
    twin = TWINS[name]
    first = _panel(twin)
    if repr(first.picture) != seen:
        raise LabError(
            f"the static twin of {name} starts with another picture than the notebook:\n"
            f"{first.picture!r}\nMake TWINS in enumlab/site/twins.py follow the notebook."
        )
    rows = [("as it starts", *_calls(first))]
    for position in twin.positions:
        panel = _panel(twin)
        for label, value in position.items():
            panel.controls[label].value = value
        rows.append((_words(position), *_calls(panel)))
    targets = _column(first, "target")
    headers = ("moved", *(target for target in targets if target != "lost"), "lost")
    return Table(CAPTION, headers, rows)


def _panel(twin: Twin) -> Panel:
    found = Zone.named("playground").find(f"{twin.owner}.e164.arpa.", "NAPTR").records
    return explore([record for record in found if isinstance(record, Naptr)], **twin.start)


def _calls(panel: Panel) -> tuple[str, ...]:
    """Observed and expected calls of each target, and of nobody at the end."""
    columns = [_column(panel, header) for header in ("target", "observed", "percent")]
    got = {target: f"{seen} ({share})" for target, seen, share in zip(*columns, strict=True)}
    lost = got.pop("lost", "0")
    return (*got.values(), lost)


def _column(panel: Panel, header: str) -> list[str]:
    place = panel.picture.table.headers.index(header)
    return [row[place] for row in panel.picture.table.rows]


def _words(position: Mapping[str, Any]) -> str:
    """Controls and their values as they are said.

    Example:
        >>> _words({"server3 preference": 0, "server1 down": True, "server2 down": False})
        'server3 preference 0, server1 down, server2 up'
    """
    return ", ".join(
        f"{label.removesuffix(' down')} {STATE.get(str(value), value)}"
        for label, value in position.items()
    )
