"""Beside JupyterLab: Notebook 7 run for real, Binder's builder asked, the rest by rule."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys

import nbformat
import pytest

from .jupyter import NOTEBOOKS, ROOT
from .test_sliders import Panel

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


# What Notebook 7.6.5 raises while it loads, now and then, whatever the notebook is.
OF_NOTEBOOK_7 = {
    "Cannot read properties of undefined (reading 'schema')",
    "Command 'filebrowser:open-path' not registered.",
}


@pytest.mark.browser
def test_notebook_7_runs_all(open_book):
    book = open_book("00", "notebook")
    assert book.page.evaluate("window.jupyterapp.name") == "Jupyter Notebook"
    assert [each for each in book.run_all().troubles() if each not in OF_NOTEBOOK_7] == []
    assert book.wide() == []


@pytest.mark.browser
def test_sliders_in_notebook_7(open_book):
    """All of 03, and the controls by keyboard; it keeps the arrow keys for itself."""
    book = open_book("03", "notebook")
    assert [each for each in book.run_all().troubles() if each not in OF_NOTEBOOK_7] == []
    panel = Panel(book)
    book.slider("server3 preference").press("Home")
    panel.moved()
    assert panel.column("preference")["server3"] == "0"
    book.page.get_by_label("server1 preference", exact=True).press("ArrowUp")
    panel.moved()
    assert panel.column("preference")["server1"] == "101"
    book.page.get_by_label("server2 down", exact=True).press("Space")
    panel.moved()
    assert panel.column("observed")["server2"] == "0"


def test_binder_takes_conda_and_python_3_12(tmp_path):
    """repo2docker reads environment.yml and writes its Dockerfile; nothing is built."""
    for name in ("environment.yml", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "Building conda environment for python=3.12" in said
    assert 'env update -p ${NB_PYTHON_PREFIX} --file "environment.yml"' in said


@each_notebook
def test_any_front_end_can_take_the_notebook(path):
    """The plain kernel, no state of one program, and outputs that show without a kernel."""
    book = nbformat.read(path, as_version=4)
    assert book.metadata == {
        "kernelspec": {
            "display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3",
        },
        "language_info": {"name": "python"},
    }  # fmt: skip
    for cell in book.cells:
        assert set(cell.metadata) <= {"tags"}
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
