"""One line for the learner, where this Python lacks something and the lab makes do without it."""

from __future__ import annotations

import sys
from html import escape

_said: set[str] = set()


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
