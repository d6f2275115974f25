"""Every notebook, run in JupyterLab by a browser that can reach nothing but this machine."""

from __future__ import annotations

import pytest
from nbformat import write
from nbformat.v4 import new_code_cell, new_notebook

from .jupyter import NOTEBOOKS, ROOT

pytestmark = pytest.mark.browser

SHOTS = ROOT / "artefacts" / "screenshots"
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}


@pytest.mark.parametrize("name", [path.stem for path in NOTEBOOKS])
def test_committed_outputs_and_run_all(open_book, name):
    """A picture stands wherever one will stand, before anything runs; then everything runs."""
    book = open_book(name)
    assert book.unseen() == []
    before = pictures(book)
    book.run_all()
    assert book.troubles() == []
    assert pictures(book) == before
    assert book.wide() == []
    for word, theme in THEMES.items():
        book.theme(theme)
        book.screenshot(SHOTS / f"{name}-{word}.png")
    book.theme(THEMES["light"])


def pictures(book) -> list[tuple[int, int]]:
    """Cells with pictures, and how many."""
    found = []
    for index, cell in enumerate(book.cells()):
        count = sum("image/png" in output.get("data", {}) for output in cell["outputs"])
        if count:
            found.append((index, count))
    return found


BROKEN = [
    "import sys\nprint('slow', file=sys.stderr)",
    'from IPython.display import HTML\nHTML(\'<img src="http://192.0.2.1/far.png" alt="">\')',
    "HTML('<div style=\"width:3000px\">wide</div>')",
    "HTML('')",
    "1 / 0",
    "'never run'",
]


def test_the_watch_sees_what_it_must(jupyter, open_book):
    """Each kind of trouble at once, so that silence in the other tests means something."""
    cells = [new_code_cell(source) for source in BROKEN]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    write(new_notebook(cells=cells, metadata=metadata), jupyter.folder / "broken.ipynb")
    book = open_book("broken")
    book.run_all()
    book.page.evaluate("console.error('complaint')")
    troubles = "\n".join(book.troubles())
    for seen in [
        "cell 0: stderr: slow",
        "cell 1: a picture that does not load",
        "cell 3: output 0 cannot be seen",
        "cell 4: ZeroDivisionError: division by zero",
        "cell 5: idle, [None], expected [6]",
        "complaint",
        "http://192.0.2.1/far.png",
    ]:
        assert seen in troubles
    assert [each.partition(":")[0] for each in book.wide()] == ["cell 2"]
