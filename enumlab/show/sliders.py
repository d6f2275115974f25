"""Sliders under a picture of calls: move one, and the picture and its table follow."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from html import escape
from typing import cast

import ipywidgets as widgets
from IPython.display import DisplayHandle, display

from enumlab.calls import simulate
from enumlab.errors import LabError
from enumlab.selection import READINGS, Rank, Ranked, Reading, Record, as_list, ranks
from enumlab.show.figure import Picture
from enumlab.targets import several, target, target_names

MOST_CALLS = 100_000  # a redraw stays quick even where it needs a row for each call
MOST_SEED = 999
INSTEAD = "Run this cell: its controls appear here."

# Sliders share what room there is, and go to the next line before they are too short to use.
ROW = {"flex_flow": "row wrap"}
PAIR = {"flex": "1 1 auto", "max_width": "420px"}


class Panel:
    """A picture with sliders below it.

    A slider has no name that a screen reader could say, so each has a number box beside it: both
    hold the same value. The picture is an output of its own, so it stays when the notebook is saved
    and opened where nothing runs.

    Attributes:
        picture: as it is now.
        controls: what a learner can move, by its label, such as "A preference" or "seed".
    """

    def __init__(
        self,
        records: Iterable[Record],
        calls: int,
        reading: Reading,
        down: Iterable[str | int] | str | int,
        seed: int,
        kind: str,
    ) -> None:
        self._records = as_list(records)
        self._names = target_names(self._records)
        self._kind = kind
        self._handle: DisplayHandle | None = None
        self.controls: dict[str, widgets.Widget] = {}
        listed = ranks(self._records)
        failing = {target(name, self._names) for name in several(down)}
        self.picture = self._draw(listed, calls, reading, failing, seed)
        most = 200 if max(max(rank) for rank in listed) <= 200 else 65535
        rows = [
            widgets.HBox(
                [
                    self._number(f"{name} preference", preference, most),
                    self._number(f"{name} order", order, most),
                    self._check(f"{name} down", index in failing),
                ],
                layout=ROW,
            )
            for index, (name, (order, preference)) in enumerate(
                zip(self._names, listed, strict=True)
            )
        ]
        numbers = [
            self._number("calls", calls, max(MOST_CALLS, calls)),
            self._number("seed", seed, max(MOST_SEED, seed)),
        ]
        buttons = widgets.ToggleButtons(options=READINGS, value=reading, description="reading")
        last = [widgets.HBox(numbers, layout=ROW), self._add("reading", buttons)]
        self._box = widgets.VBox([*rows, *last])

    def _ipython_display_(self) -> None:
        self._handle = display(self.picture, display_id=True)  # type: ignore[no-untyped-call]
        # A saved notebook that is opened again has no controls until the cell is run.
        instead = {"text/html": f"<p>{INSTEAD}</p>", "text/plain": INSTEAD}
        display(self._box._repr_mimebundle_() | instead, raw=True)  # type: ignore[no-untyped-call]

    def _add(self, label: str, control: widgets.Widget) -> widgets.Widget:
        self.controls[label] = control
        control.observe(self._moved, "value")
        return control

    def _check(self, label: str, value: bool) -> widgets.Widget:
        fixed = widgets.Layout(width="auto", flex="0 0 auto")
        return self._add(
            label, widgets.Checkbox(value, description=label, indent=False, layout=fixed)
        )

    def _number(self, label: str, value: int, most: int) -> widgets.Widget:
        """A slider from 0, and a number box that holds the same value."""
        slider = widgets.IntSlider(
            value,
            0,
            most,
            continuous_update=False,
            readout=False,
            layout=widgets.Layout(
                width="auto", min_width="90px", flex="1 1 90px", margin="2px 16px"
            ),
        )
        box = widgets.BoundedIntText(
            value,
            min=0,
            max=most,
            description=label,
            style={"description_width": "initial"},
            layout=widgets.Layout(width=f"{80 + 7 * len(label)}px", flex="0 0 auto"),
        )
        widgets.link((slider, "value"), (box, "value"))
        self._add(label, slider)
        return widgets.HBox([box, slider], layout=PAIR)

    def _moved(self, _: object) -> None:
        values = {label: control.value for label, control in self.controls.items()}
        listed = [(values[f"{name} order"], values[f"{name} preference"]) for name in self._names]
        failing = {i for i, name in enumerate(self._names) if values[f"{name} down"]}
        shown: Picture | Notice
        try:
            shown = self.picture = self._draw(
                listed, values["calls"], values["reading"], failing, values["seed"]
            )
        except LabError as error:
            shown = Notice(str(error))
        if self._handle is not None:
            self._handle.update(shown)  # type: ignore[no-untyped-call]

    def _draw(
        self, listed: list[Rank], calls: int, reading: Reading, failing: set[int], seed: int
    ) -> Picture:
        records = [
            _moved_to(record, rank) for record, rank in zip(self._records, listed, strict=True)
        ]
        return simulate(records, calls, reading, failing, seed).plot(self._kind)


@dataclasses.dataclass(frozen=True)
class Notice:
    """Words in the place of a picture that cannot be drawn."""

    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return f"<p>{escape(self.text)}</p>"


def explore(
    records: Iterable[Record] = (100, 100, 200),
    calls: int = 10_000,
    reading: Reading = "split",
    down: Iterable[str | int] | str | int = (),
    seed: int = 1,
    kind: str = "shares",
) -> Panel:
    """Sliders for preferences, orders, calls, seed, reading, and which targets are down.

    Args:
        records: as in `enumlab.simulate`.
        calls: number of calls at the start.
        reading: "split", "rfc" or "kamailio".
        down: names or indexes of targets that are down at the start.
        seed: at the start.
        kind: of picture, as in `Calls.plot`.

    Raises:
        LabError: as `enumlab.simulate`.

    Example:
        >>> panel = explore([100, 100], calls=100)
        >>> panel.controls["B preference"].value = 0
        >>> panel.picture.table.rows[0][:4]
        ('A', '100', '1', '100 %')
    """
    return Panel(records, calls, reading, down, seed, kind)


def _moved_to(record: object, rank: Rank) -> Record:
    """The record with another order and preference; its URI, and so its name, stay."""
    if dataclasses.is_dataclass(record) and not isinstance(record, type):
        return cast(Ranked, dataclasses.replace(record, order=rank[0], preference=rank[1]))
    return rank
