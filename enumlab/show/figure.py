"""What all pictures share: colours with hatches, a fixed style, and words beside the image."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, cast

from enumlab.notice import say
from enumlab.show import svgbars
from enumlab.show.plain import Table
from enumlab.show.tables import NO_MATHS

if TYPE_CHECKING:
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

# Both are missing in a browser without Pyodide's own distribution.
DRAWS = all(find_spec(package) for package in ("matplotlib", "numpy"))
NO_IMAGE = b""  # of a picture that cannot be drawn
WITHOUT_MATPLOTLIB = (
    "matplotlib is not here, so a picture is a few plain bars, or only its table and its sentence."
)

# Okabe and Ito's colours: told apart by people with any kind of colour vision.
COLOURS = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F0E442", "#0072B2", "#D55E00")
HATCHES = ("//", "..", "\\\\", "xx", "--", "oo", "||")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
INK = "#222222"
LOST_COLOUR, LOST_HATCH = "#BBBBBB", "++"

STYLE = {
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.titley": 1.0,  # where it goes by itself, but at once
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
        bars: columns of the table to draw as plain bars where there is no PNG; may be none.
    """

    png: bytes = field(repr=False)
    alt: str
    sentence: str
    table: Table
    bars: tuple[str, ...] = ()

    def save(self, path: str | Path) -> None:
        """Write the PNG to a file; without matplotlib, SVG."""
        if not self.png:
            Path(path).write_text(svgbars.bars(self.table, self.bars, self.alt), encoding="utf-8")
            return
        Path(path).write_bytes(self.png)

    def __repr__(self) -> str:
        return f"{self.sentence}\n{self.table!r}"

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        below = f'<p class="{NO_MATHS}">{escape(self.sentence)}</p>{self.table._repr_html_()}'
        if not self.png:
            image = ""
            if self.bars:
                drawn = svgbars.bars(self.table, self.bars, self.alt).encode()
                image = self._image("image/svg+xml", base64.b64encode(drawn).decode("ascii"))
            return {"text/html": image + below, "text/plain": repr(self)}
        encoded = base64.b64encode(self.png).decode("ascii")
        return {
            "text/html": self._image("image/png", encoded) + below,
            "image/png": encoded,
            "text/plain": repr(self),
        }

    def _image(self, kind: str, encoded: str) -> str:
        source = f"data:{kind};base64,{encoded}"
        return f'<img src="{source}" alt="{escape(self.alt)}" style="max-width:100%">'


class _CannotDraw(Exception):
    """Ends the drawing of a picture where matplotlib is missing."""


class _NoFigure:
    def __getattr__(self, name: str) -> NoReturn:
        raise _CannotDraw


@contextmanager
def drawing(width: float = 7.4, height: float = 3.4) -> Iterator[Figure]:
    """A figure in the course's style, whatever the learner has set; sizes in inches.

    Where matplotlib is missing, the block that draws ends when it first touches the figure.

    Example:
        >>> with drawing() as figure:
        ...     axes = figure.add_subplot()
        ...     png(figure)[1:4]
        b'PNG'
    """
    if not DRAWS:
        say(WITHOUT_MATPLOTLIB)
        with suppress(_CannotDraw):
            yield cast("Figure", _NoFigure())
        return
    from matplotlib import style
    from matplotlib.figure import Figure

    with style.context(STYLE, after_reset=True):
        yield Figure(figsize=(width, height), dpi=DPI)


def png(figure: Figure) -> bytes:
    """The figure as PNG, the same bytes from run to run."""
    stream = io.BytesIO()
    figure.savefig(
        stream, format="png", dpi=DPI, metadata={"Software": None}, pil_kwargs={"compress_level": 1}
    )
    return stream.getvalue()


def look(index: int) -> dict[str, Any]:
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


def line(index: int) -> dict[str, Any]:
    """Colour and marker of a target's line."""
    return {
        "color": COLOURS[index % len(COLOURS)],
        "marker": MARKERS[(index + index // len(COLOURS)) % len(MARKERS)],
        "markeredgecolor": INK,
        "markersize": 7,
        "linewidth": 2,
    }


def lost_look() -> dict[str, Any]:
    """Grey, for calls that no one answered."""
    return {"facecolor": LOST_COLOUR, "hatch": LOST_HATCH, "edgecolor": INK}


def short(name: str) -> str:
    """A name that fits beside an axis.

    Example:
        >>> short("server1.enum.nickvsnetworking.com")
        'server1.enu...orking.com'
    """
    return name if len(name) <= 24 else f"{name[:11]}...{name[-10:]}"


def room(names: Iterable[str]) -> float:
    """Part of the width that the longest of these names takes."""
    return 0.03 + 0.0125 * max(len(short(name)) for name in names)


def key(figure: Figure, handles: Sequence[Patch | Line2D]) -> float:
    """A legend below the axes, in as many lines as it takes; gives their height in inches."""
    longest = max((len(str(handle.get_label())) for handle in handles), default=0)
    columns = max(1, min(len(handles), 84 // (longest + 8)))
    figure.legend(handles=handles, loc="lower center", ncols=columns)
    return 0.15 + 0.23 * math.ceil(len(handles) / columns)


def counted(axis: Axis, most: int = 7) -> None:
    """Ticks at whole numbers, with commas, and no more of them than there is room for."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(most, integer=True, steps=[1, 2, 5, 10]))
    axis.set_major_formatter("{x:,.0f}")
