"""Every notebook, run in JupyterLab by a browser that can reach nothing but this machine."""

from __future__ import annotations

import pytest

from .jupyter import NOTEBOOKS, ROOT

pytestmark = pytest.mark.browser

SHOTS = ROOT / "artefacts" / "screenshots"
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}


@pytest.mark.parametrize("name", [path.stem for path in NOTEBOOKS])
def test_run_all(open_book, name):
    book = open_book(name)
    book.run_all()
    assert book.troubles() == []
    for word, theme in THEMES.items():
        book.theme(theme)
        book.screenshot(SHOTS / f"{name}-{word}.png")
    book.theme(THEMES["light"])
