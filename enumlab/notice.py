"""One line for the learner, where this Python lacks something and the lab makes do without it."""

from __future__ import annotations

import sys
from html import escape

from enumlab.errors import LabError

_said: set[str] = set()


class Missing(LabError):
    """A package is needed that is not here; a notebook shows one line of it."""

    def __init__(self, what: str, package: str) -> None:
        super().__init__(
            f"{what} needs the package {package}, which is not here. "
            "Take the course on your own machine for this step."
        )

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


def say(text: str) -> None:
    """Show a line in the notebook, the first time only; outside a notebook nothing happens.

    Args:
        text: what is missing here, and what differs for that reason.
    """
    ipython = sys.modules.get("IPython")
    if text in _said or ipython is None or ipython.get_ipython() is None:
        return
    _said.add(text)
    ipython.display.display(
        {"text/html": f"<p><em>Note: {escape(text)}</em></p>", "text/plain": f"Note: {text}"},
        raw=True,
    )
