"""A class on a JupyterHub: eight learners log in and run notebook 00 from end to end."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import nbformat
import pytest
from classroom import hub, proc
from classroom.kernels import ROOT

NOTEBOOK = "00-start-here"
LEARNERS = 8


@pytest.fixture(scope="module")
def visits(need, tmp_path_factory):
    """What each of them did, and who could have looked in while the hub ran."""
    node = need("node")
    if not hub.PROXY.exists():
        why = "the hub's proxy is not there: npm ci --prefix tests/npm"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(why)
    with (
        hub.running(tmp_path_factory.mktemp("hub"), node) as running,
        ThreadPoolExecutor(LEARNERS) as pool,
    ):
        names = [f"learner{number}" for number in range(LEARNERS)]
        done = list(pool.map(lambda name: hub.visit(running, name, NOTEBOOK), names))
        assert proc.strangers(running.pid) == []
    return done


def test_no_cell_fails(visits):
    assert [visit.errors for visit in visits] == [[]] * LEARNERS


def test_each_cell_shows_what_the_committed_notebook_shows(visits):
    book = nbformat.read(ROOT / "notebooks" / f"{NOTEBOOK}.ipynb", 4)
    committed = [shown(cell) for cell in book.cells if cell.cell_type == "code"]
    for visit in visits:
        assert visit.outputs == committed


def test_nobody_outside_can_reach_a_learners_server(visits):
    assert [visit.strangers for visit in visits] == [[]] * LEARNERS


def test_memory_and_time_of_each(visits):
    """Readme says what a learner costs; the time holds a hang off, no more."""
    assert max(visit.memory for visit in visits) < 260
    assert max(visit.seconds for visit in visits) < 170


def shown(cell):
    """The text of a cell's outputs."""
    return "".join(
        output["text"] if output.output_type == "stream" else output["data"].get("text/plain", "")
        for output in cell.outputs
    )
