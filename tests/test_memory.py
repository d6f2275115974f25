"""The lab without sockets and threads, as in a browser: the same answers, in memory."""

from __future__ import annotations

import gc
import sys
import threading
from types import SimpleNamespace

import pytest

import enumlab as lab
from enumlab import matching, memory, notice
from enumlab.client import look_up
from enumlab.dialects import Outcome, dialects
from enumlab.substitution import Substitution
from enumlab.volley import look_up_many


@pytest.fixture
def no_sockets(monkeypatch):
    monkeypatch.setattr(memory, "SOCKETS", False)
    monkeypatch.setattr("socket.socket", None)  # whoever opens one gets an error
    monkeypatch.setattr(threading.Thread, "start", None)


def domains():
    return [lab.to_domain(f"+612555{last:05}") for last in (1000, 2000, 2345, 2346, 9999)]


def tell(server):
    """Everything that a lookup gives and that does not differ from run to run."""
    found = [look_up(each, server) for each in domains()] + look_up_many(domains(), server)
    return [(each.domain, each.query[2:], each.response[2:]) for each in found]


def log_of(server):
    return [(entry.transport, entry.reply.name, entry.reply.why) for entry in server.queries]


def test_answers_and_log_are_those_of_the_socket_server(monkeypatch):
    with lab.serve("playground", rotation="none") as server:
        expected, logged = tell(server), log_of(server)
    assert memory.NOTE not in repr(server)
    monkeypatch.setattr(memory, "SOCKETS", False)
    with lab.serve("playground", rotation="none") as server:
        assert tell(server) == expected
        assert log_of(server) == logged


def test_it_says_so_while_it_runs(no_sockets):
    server = lab.serve("playground")
    assert server.running
    assert repr(server) == f"LabServer(running {memory.NOTE}, zone='e164.arpa.')"
    server.stop()
    assert repr(server) == "LabServer(stopped, zone='e164.arpa.')"


def test_a_notebook_is_told_once(no_sockets, monkeypatch):
    shown = []
    display = SimpleNamespace(display=lambda bundle, raw: shown.append(bundle["text/plain"]))
    shell = SimpleNamespace(user_ns={}, execution_count=1)
    ipython = SimpleNamespace(get_ipython=lambda: shell, display=display)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setattr(notice, "_said", set())
    for _ in range(2):
        lab.serve("playground").stop()
    assert shown == [f"Note: the lab's servers answer {memory.NOTE}."]


def test_the_address_is_enough(no_sockets):
    with lab.serve("playground") as server:
        assert server.address == ("127.0.0.1", 10164)
        assert lab.ask("+61355500911", "127.0.0.1").uris == ["sip:61355500912@10.0.1.98"]
        assert "NOERROR" in server.dig("+61355500911")


def test_a_port_is_taken_once_and_given_back(no_sockets):
    with lab.serve("playground", port=5353):
        with pytest.raises(lab.ServerError, match="port 5353: another server has port 5353"):
            lab.serve("playground", port=5353)
        with lab.serve("playground") as first, lab.serve("playground") as second:
            assert first.port != second.port
    lab.serve("playground", port=5353).stop()


def test_a_server_that_nobody_holds_gives_its_port_back(no_sockets):
    lab.serve("playground", port=5354)
    gc.collect()
    assert memory.listener("127.0.0.1", 5354) is None


def test_a_stopped_server_does_not_answer(no_sockets):
    server = lab.serve("playground")
    server.stop()
    with pytest.raises(lab.ServerError, match="no sockets to go further"):
        lab.ask("+61355500911", server)
    with pytest.raises(lab.ServerError, match="no sockets to go further"):
        look_up_many(domains(), server)


def test_long_answers_come_over_tcp(no_sockets):
    uri = "x" * 200
    lines = "\n".join(f'@ NAPTR {n} 1 "u" "E2U+sip" "!^.*$!sip:{uri}@h!" .' for n in range(30))
    zone = lab.Zone.named("playground").with_records(lines)
    with lab.serve(zone) as server:
        assert len(look_up("e164.arpa.", server).arrived) == 30
        assert [entry.transport for entry in server.queries] == ["udp", "tcp"]
        (found,) = look_up_many(["e164.arpa."], server)
        assert len(found.arrived) == 30


def test_lost_queries_are_asked_again(no_sockets):
    with lab.serve("playground", drop=0.5, seed=1) as server:
        found = look_up_many(domains() * 4, server, timeout=0.01)
        assert len(found) == 20
        server.drop = 1
        with pytest.raises(lab.ServerError, match=r"nothing came within 0\.01 s, twice"):
            look_up(domains()[0], server, timeout=0.01)
        server.drop = 0
        assert look_up(domains()[0], server).rcode == "NOERROR"


@pytest.fixture
def no_regex(monkeypatch):
    monkeypatch.setattr(matching, "regex", None)
    said = []
    monkeypatch.setattr(matching, "say", said.append)
    return said


@pytest.mark.parametrize(
    ("field", "span"),
    [
        (r"!^\+(.*)$!sip:\1@h!", (0, 6)),
        ("!^.*$!sip:a@h!", (0, 6)),
        ("!61[[:digit:]]{3}!x!", (1, 6)),
        (r"/\+61[^6-]/tel:\/1/i", (0, 4)),
    ],
)
def test_without_regex_what_leaves_no_choice_matches_alike(field, span, no_regex):
    assert Substitution.parse(field).match("+61255").span == span
    assert no_regex == []


def test_without_regex_a_choice_is_not_the_longest_and_that_is_said(no_regex):
    assert Substitution.parse(r"!(\+6|\+61)!x!").match("+61255").groups == ("+6",)
    assert no_regex == [matching.WITHOUT_REGEX]


def test_without_regex_and_its_clock_a_repeated_group_is_not_tried(no_regex):
    for pattern in ["^(a|aa)+$", "(a*)*", r"(\\\\)*", "(a+){2,}"]:
        with pytest.raises(lab.SubstitutionError, match="repeats a group"):
            Substitution.parse(f"!{pattern}!x!")
    for pattern in [r"\(a\)*", "[)*]+a*", "(a)(b|c)", "(a)?"]:
        Substitution.parse(f"!{pattern}!x!")


def test_without_processes_the_dialects_are_still_compared(no_sockets, monkeypatch):
    monkeypatch.setattr("subprocess.run", None)
    assert not dialects(r"(\+6|\+61)", "+61255").agree
    assert dialects(r"^\+\d+$", "+61").python == Outcome("matched", "+61")
    assert dialects("[[a]", "+61").python.kind == "no match"
    assert dialects("a**", "a").agree
    assert "not tried" in dialects("^(a|aa)+$", "a" * 64).python.text
