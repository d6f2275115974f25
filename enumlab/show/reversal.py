"""A picture of a number as it turns round into a name."""

from __future__ import annotations

from colorsys import hls_to_rgb

from enumlab.number import aus, to_domain
from enumlab.show.figure import INK, NO_IMAGE, Picture, drawing, png
from enumlab.show.plain import Table
from enumlab.show.walk import HUES


def reversal(number: str, suffix: str = "e164.arpa.", *, region: str | None = None) -> Picture:
    """Each digit of a number, and the label that it becomes.

    Args:
        number: as in `enumlab.to_domain`.
        suffix: the domain below which the number is looked up.
        region: such as "AU", for a number in national form.

    Raises:
        NumberError: the text is no telephone number.

    Example:
        >>> reversal("+61 3 5550 0912").sentence
        'The first digit, 6, stands last, before e164.arpa; the last digit, 2, stands first.'
    """
    text = aus(number, region)
    domain = to_domain(text, suffix)
    digits = text[1:]
    last = len(digits) - 1
    image = NO_IMAGE
    with drawing(max(5.0, 0.5 * len(digits) + 2), 3.0) as figure:
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(-1.2, last + 3.2), ylim=(-0.42, 1.36))
        axes.axis("off")
        for place, digit in enumerate(digits):
            fill = hls_to_rgb(HUES[place % len(HUES)] / 360, 0.85, 0.85)
            axes.plot([place, last - place], [0.88, 0.12], color=INK, linewidth=0.8, zorder=1)
            for x, y in (place, 1.0), (last - place, 0.0):
                box = {"boxstyle": "square,pad=0.35", "facecolor": fill, "edgecolor": INK}
                axes.text(x, y, digit, ha="center", va="center", family="monospace", bbox=box)
            axes.text(place, 1.2, str(place + 1), ha="center", fontsize=8)
            axes.text(last - place, -0.28, str(place + 1), ha="center", fontsize=8)
            axes.text(last - place + 0.5, -0.04, ".", ha="center", va="center", fontsize=14)
        axes.text(-0.75, 1.0, "+", ha="center", va="center", family="monospace", fontsize=14)
        axes.text(last + 0.75, 0.0, suffix.rstrip("."), va="center", family="monospace")
        image = png(figure)
    rows = [(str(n + 1), digit, str(last - n + 1)) for n, digit in enumerate(digits)]
    shown = suffix.rstrip(".")
    return Picture(
        image,
        alt=f"The digits of {text} above, the labels of {domain} below, each digit joined "
        "to its label; the lines cross, since the sequence is reversed.",
        sentence=f"The first digit, {digits[0]}, stands last, before {shown}; "
        f"the last digit, {digits[-1]}, stands first.",
        table=Table(
            f"{text} and its name", ("place in the number", "digit", "place in the name"), rows
        ),
    )
