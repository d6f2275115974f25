"""What all pictures share: colours with hatches, a fixed style, and an object with words beside it."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from enumlab.show.plain import Table

# Okabe and Ito's colours: told apart by people with any kind of colour vision.
COLOURS = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F0E442", "#0072B2", "#D55E00")
HATCHES = ("//", "..", "\\\\", "xx", "--", "oo", "||")
LINES = ("-", "--", "-.", ":")
INK = "#222222"
LOST_COLOUR, LOST_HATCH = "#BBBBBB", "++"

STYLE = {
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.edgecolor": INK,
    "text.color": INK,
    "grid.color": "#DDDDDD",
    "hatch.linewidth": 0.6,
    "legend.frameon": False,
}
DPI = 100


@dataclass(frozen=True)
class Picture:
    """A picture with its table and one sentence, all from the same data.

    A notebook gets HTML with an alt text, the PNG, and plain text together: alt texts in other
    places are lost on the way to JupyterLab, nbconvert or a book.

    Attributes:
        png: the image.
        alt: the picture in words.
        sentence: what to see in it.
        table: the numbers drawn.
    """

    png: bytes = field(repr=False)
    alt: str
    sentence: str
    table: Table

    def save(self, path: str | Path) -> None:
        """Write the PNG to a file."""
        Path(path).write_bytes(self.png)

    def __repr__(self) -> str:
        return f"{self.sentence}\n{self.table!r}"

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        encoded = base64.b64encode(self.png).decode("ascii")
        source = f"data:image/png;base64,{encoded}"
        image = f'<img src="{source}" alt="{escape(self.alt)}" style="max-width:100%">'
        return {
            "text/html": f"{image}<p>{escape(self.sentence)}</p>{self.table._repr_html_()}",
            "image/png": encoded,
            "text/plain": repr(self),
        }


@contextmanager
def drawing(width: float = 7.4, height: float = 3.4) -> Iterator[Figure]:
    """A figure in the course's style, whatever the learner has set; sizes in inches.

    Example:
        >>> with drawing() as figure:
        ...     axes = figure.add_subplot()
        ...     png(figure)[1:4]
        b'PNG'
    """
    with style.context(STYLE, after_reset=True):
        yield Figure(figsize=(width, height), dpi=DPI)


def png(figure: Figure) -> bytes:
    """The figure as PNG, the same bytes from run to run."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=DPI, metadata={"Software": None})
    return stream.getvalue()


def look(index: int) -> dict[str, str]:
    """Colour and hatch of a target's bars; no two of the first 49 targets look alike.

    Example:
        >>> look(0)["hatch"], look(7)["hatch"]
        ('//', '..')
    """
    return {
        "facecolor": COLOURS[index % len(COLOURS)],
        "hatch": HATCHES[(index + index // len(COLOURS)) % len(HATCHES)],
        "edgecolor": INK,
    }


def lost_look() -> dict[str, str]:
    """Grey, for calls that no one answered."""
    return {"facecolor": LOST_COLOUR, "hatch": LOST_HATCH, "edgecolor": INK}


def thousands(axes: Axes, axis: str = "x") -> None:
    """Numbers of that axis with commas."""
    (axes.xaxis if axis == "x" else axes.yaxis).set_major_formatter("{x:,.0f}")
