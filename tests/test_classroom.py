"""A class: many kernels on one machine, and many machines at one server."""

from __future__ import annotations

import json
import statistics
from contextlib import ExitStack

import nbformat
import pytest
from classroom import shared
from classroom.kernels import ROOT
from classroom.learners import attend
from classroom.proc import own_address

from enumlab import Zone, ask
from enumlab.server import LabServer

NOTEBOOK = "03-how-are-calls-shared"
CLASS = [f"learner{number}" for number in range(30)]


@pytest.fixture(scope="module")
def six(tmp_path_factory):
    """Six kernels run notebook 03 at the same time; twenty do in the long run."""
    return attend(NOTEBOOK, 6, tmp_path_factory.mktemp("class"))


def test_all_finish_every_cell(six):
    book = nbformat.read(ROOT / "notebooks" / f"{NOTEBOOK}.ipynb", 4)
    code = [cell for cell in book.cells if cell.cell_type == "code" and cell.source.strip()]
    assert [learner.cells for learner in six] == [len(code) + 1] * 6


def test_each_server_has_a_port_of_its_own(six):
    assert len({learner.port for learner in six}) == 6


def test_a_learner_costs_no_more_memory_than_readme_says(six):
    assert 40 < statistics.median(learner.memory for learner in six) < 150


def test_nobody_outside_can_reach_any_of_them(six):
    assert [learner.strangers for learner in six] == [[]] * 6


# One server for all


def test_thirty_learners_share_a_server_and_lose_nothing(tmp_path):
    """Over an address of this machine, so that the limit for strangers holds for them too."""
    path = tmp_path / "class.zone"
    path.write_text(shared.zone(["teacher", *CLASS]).to_text())
    with shared.terminal_server(path, own_address() or "127.0.0.1") as server:
        outcome = shared.ask_at_once(server, CLASS, 20, 1, tmp_path)
    assert {error.strip().rpartition("\n")[2] for error in outcome.errors} == {""}
    assert [json.loads(said) for said in outcome.answers] == [shared.expected(20, 1)] * len(CLASS)


def test_an_edit_of_one_branch_is_seen_there_only():
    with LabServer(shared.zone(["anna", "ben"]), port=0) as server:
        line = '1.1.9.0.0.5.5.5.3.1.6.anna NAPTR 5 1 "u" "E2U+sip" "!^.*$!sip:new@a.example!" .'
        server.zone = server.zone.with_records(line)
        first = {
            name: ask("+61355500911", server, suffix=f"{name}.{shared.TOP}").uris[0]
            for name in ("anna", "ben")
        }
    assert first == {"anna": "sip:new@a.example", "ben": "sip:61355500912@10.0.1.98"}


def test_thirty_servers_in_one_kernel():
    """Where each learner shall have a zone to edit: a server each, on the teacher's machine."""
    with ExitStack() as stack:
        servers = [stack.enter_context(LabServer(Zone.named("playground"), port=0)) for _ in CLASS]
        servers[7].zone = Zone.named("corrected")
        rcodes = [ask("+61255502346", server).rcode for server in servers]
    assert rcodes == ["NXDOMAIN"] * 7 + ["NOERROR"] + ["NXDOMAIN"] * 22
