"""What a learner does: guess, answer, restart, open two notebooks, come back the next day."""

from __future__ import annotations

import ast
import json

import pytest

from .book import until
from .test_sliders import Panel

pytestmark = pytest.mark.browser

KERNEL_AND_PORT = "(__import__('os').getpid(), server.port)"


def text(cell) -> str:
    return "\n".join(output["data"]["text/plain"] for output in cell["outputs"])


@pytest.fixture
def progress(jupyter):
    """The file of progress, which is not there at first."""
    path = jupyter.folder / "progress.json"
    path.unlink(missing_ok=True)
    yield path
    path.unlink(missing_ok=True)


def test_an_exercise_done_wrong_then_right(open_book, progress):
    book = open_book("03")
    book.run(book.find("lab.serve("))
    index = book.find('lab.exercise("3.1"')
    assert "not attempted" in text(book.run(index))
    assert not progress.exists()
    book.type(index, 'lab.exercise("3.1", [1/3, 1/3, 1/3])')
    assert "✗ Exercise 3.1" in text(book.run(index))
    assert book.value("lab.progress().sentence").startswith("'0 of ")
    book.type(index, 'lab.exercise("3.1", [1/4, 1/4, 1/2])')
    assert "✓ Exercise 3.1" in text(book.run(index))
    assert book.value("lab.progress().sentence").startswith("'1 of ")
    known = json.loads(progress.read_text(encoding="utf-8"))["exercises"]
    assert known == {"3.1": {"outcome": "right", "attempts": 2}}
    assert book.complaints + book.outside == []


def test_a_guess_by_keyboard(open_book, progress):
    book = open_book("03")
    for wanted in ("lab.serve(", "records = answer.records", "guess_912 = "):
        book.run(book.find(wanted))
    buttons = book.cell(book.find("guess_912 = ")).locator("button", has_text="50/50")
    buttons.press("Enter")
    until(progress.exists, "the guess is kept")
    assert "✓ Your guess held" in text(book.run(book.find("guess_912.reconcile")))


# JupyterLab asks the old kernel's debugger something, now and then, as it goes.
DEBUGGER = "Could not restore the debugger state: Canceled future"


def test_restart_while_the_server_runs(open_book):
    """The old kernel's server goes with it, so the new one finds its port free."""
    book = open_book("00")
    book.run(book.find("lab.serve("))
    old_kernel, old_port = ast.literal_eval(book.value(KERNEL_AND_PORT))
    book.page.evaluate(
        "() => { window.again = window.jupyterapp.commands.execute('notebook:restart-run-all'); }"
    )
    book.page.locator(".jp-Dialog .jp-mod-accept").click()
    book.do("await window.again;")
    book.page.wait_for_function(
        """() => window.jupyterapp.shell.currentWidget.content.widgets.every(
            ({model}) => model.type !== 'code' || model.executionState === 'idle')"""
    )
    assert [each for each in book.troubles() if not each.startswith(DEBUGGER)] == []
    kernel, port = ast.literal_eval(book.value(KERNEL_AND_PORT))
    assert kernel != old_kernel
    if old_port == 10164:  # else another program had it, and may have let go of it by now
        assert port == 10164


def test_two_notebooks_at_once(open_book):
    one, two = open_book("03"), open_book("05")
    for book in (one, two):
        book.run(book.find("lab.serve("))
    assert one.value("server.port") != two.value("server.port")
    start = "() => { window.all = window.jupyterapp.commands.execute('notebook:run-all-cells'); }"
    for book in (one, two):
        book.page.evaluate(start)
    for book in (one, two):
        book.do("await window.all;")
        assert [each for each in book.troubles() if "expected [" not in each] == []


def test_a_saved_notebook_opened_again(open_book, jupyter):
    """The picture as it was saved, and in place of the sliders a line that says what to do."""
    saved = (jupyter.folder / "03-how-are-calls-shared.ipynb").read_bytes()
    panel = Panel(open_book("03"))
    book, index = panel.book, panel.index
    try:
        book.slider("server3 preference").press("ArrowLeft")
        panel.moved()
        book.command("docmanager:save")
        book.open(book.page.url)
        assert book.shown(index) == panel.seen
        assert book.cell(index).get_by_text("Run this cell: its controls appear here.").is_visible()
        assert book.unseen() == [f"cell {index}: output 1 has no .jupyter-widgets"]
        book.run(index)
        until(lambda: book.cell(index).locator(".widget-hslider").count() == 8, "eight sliders")
        assert book.complaints == []
    finally:
        (jupyter.folder / "03-how-are-calls-shared.ipynb").write_bytes(saved)
