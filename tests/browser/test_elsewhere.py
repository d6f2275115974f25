"""The places beside JupyterLab: Notebook 7 run for real, Binder's builder asked, the rest by rule."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys

import nbformat
import pytest

from .book import until
from .jupyter import NOTEBOOKS, ROOT
from .test_sliders import PICTURE, Panel

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@pytest.mark.browser
@pytest.mark.parametrize("name", ["00", "03"])
def test_notebook_7_runs_all(open_book, name):
    book = open_book(name, "notebook")
    assert book.page.evaluate("window.jupyterapp.name") == "Jupyter Notebook"
    assert book.run_all().troubles() == []
    assert book.wide() == []


@pytest.mark.browser
def test_sliders_move_in_notebook_7(open_book):
    panel = Panel(open_book("03", "notebook"))
    panel.book.slider("server3 preference").press("ArrowLeft")
    panel.moved()
    assert panel.column("preference")["server3"] == "199"


@pytest.mark.browser
def test_sliders_come_back_after_a_reload(open_book):
    """Saved, and loaded again while the kernel lives: the sliders are there, and so is the picture."""
    panel = Panel(open_book("03"))
    book, index = panel.book, panel.index
    book.command("docmanager:save")
    book.open(book.page.url)
    until(lambda: book.cell(index).locator(".widget-hslider").count() == 8, "eight sliders")
    assert book.shown(index)[0] == ast.literal_eval(book.value(PICTURE))


def test_binder_takes_conda_and_python_3_12(tmp_path):
    """repo2docker reads environment.yml and writes its Dockerfile; nothing is built."""
    for name in ("environment.yml", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "Using CondaBuildPack builder" in said
    assert "environment.py-3.12" in said


@each_notebook
def test_any_front_end_can_take_the_notebook(path):
    """The plain kernel, no state of one program, and a picture or text for whoever cannot run it."""
    book = nbformat.read(path, as_version=4)
    assert book.metadata == {
        "kernelspec": {
            "display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3",
        },
        "language_info": {"name": "python"},
    }  # fmt: skip
    for cell in book.cells:
        assert cell.metadata == {}
        for output in cell.get("outputs", []):
            if "data" in output:
                kinds = set(output.data)
                assert "text/plain" in kinds
                assert kinds <= {"text/plain", "text/html", "image/png"}


@each_notebook
def test_no_cell_needs_one_front_end(path):
    """Python and enumlab only: no magics, no shell, no calls to a program around the kernel."""
    book = nbformat.read(path, as_version=4)
    sources = "\n".join(cell.source for cell in book.cells if cell.cell_type == "code")
    modules = set()
    for node in ast.walk(ast.parse(sources)):  # a magic or a shell line is no Python
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules.add(node.module)
    standard = {name for name in modules if name.partition(".")[0] in sys.stdlib_module_names}
    assert {name.partition(".")[0] for name in modules - standard} == {"enumlab"}
