"""`ask`: from number to URI by real queries; what it follows, skips, and says."""

from __future__ import annotations

import re
import socket
import struct
import threading

import dns.message
import pytest
from conftest import need

import enumlab as lab
from enumlab import NumberError, ServerError, Zone, peers
from enumlab.client import address_of, ask, look_up
from enumlab.responder import Responder
from enumlab.server import LabServer

PLAYGROUND = Zone.named("playground")
H = "enum.nickvsnetworking.com"


@pytest.fixture(scope="module")
def server():
    with LabServer(PLAYGROUND, port=0) as running:
        yield running


def with_records(text):
    return Responder(PLAYGROUND.with_records(text), "none")


@pytest.mark.parametrize(
    ("number", "uris"),
    [
        ("+61 3 5550 0911", ["sip:61355500912@10.0.1.98"]),
        ("+61 3 5550 0914", [f"sip:61355500914@{x}choice.{H}" for x in ("first", "second")]),
        ("+61 3 5550 0915", [f"sip:+1+61355500915@{H}"]),
        ("+61255501234", [f"sip:61255501_numbers@{H}"]),
        ("+61255502345", [f"sip:staticroute@{H}"]),
        ("+61255502346", []),
        ("+612555021", [f"sip:+1+612555021@{H}"]),
    ],
)
def test_the_playground(server, number, uris):
    answer = ask(number, server)
    assert answer.uris == uris
    assert answer.rcode == ("NOERROR" if uris else "NXDOMAIN")


def test_every_step_is_kept(server):
    answer = ask("+61 3 5550 0913", server)
    titles = [step.title for step in answer.steps]
    assert titles == [
        "typed",
        "plus and digits",
        "digits reversed",
        "name",
        "query",
        "response",
        "records",
        "URI",
    ]
    assert answer.domain == "3.1.9.0.0.5.5.5.3.1.6.e164.arpa."
    assert dns.message.from_wire(answer.query).question[0].name.to_text() == answer.domain
    assert dns.message.from_wire(answer.response).answer
    assert [record.preference for record in answer.records] == [100, 100, 200]
    assert {record.regexp for record in answer.arrived} == {r.regexp for r in answer.records}


def test_the_server_says_why(server):
    assert ask("+61255502999", server).why == "wildcard *.2.0.5.5.5.2.1.6.e164.arpa."
    assert "hidden by 3.2.0.5.5.5.2.1.6" in ask("+61255502399", server).why


def test_html_walks_the_digits(server):
    html = ask("+61 3 5550 0911", server)._repr_html_()
    assert html.count("<sub") == 22  # eleven digits, twice
    assert re.search('<th scope="row"[^>]*>digits reversed</th>', html)
    assert "sip:61355500912@10.0.1.98" in html


def test_html_shows_what_was_typed_as_text():
    answer = ask("<+61 3 5550 0911>".strip("<>"), Responder(PLAYGROUND), service="<b>")
    assert "<b>" not in answer._repr_html_()


# Services and unusable records


MIXED = r"""
9 NAPTR 10 10 "u" "E2U+email:mailto" "!^.*$!mailto:info@b.example!" .
9 NAPTR 10 20 "u" "E2U+voice:sip+video:sip" "!^.*$!sip:both@b.example!" .
9 NAPTR 10 30 "u" "sip+E2U" "!^.*$!sip:old@b.example!" .
9 NAPTR 10 40 "x" "E2U+sip" "!^.*$!sip:flag@b.example!" .
9 NAPTR 10 50 "u" "E2U+sip" "!^\\+1(.*)$!sip:\\1@b.example!" .
9 NAPTR 10 60 "u" "E2U+sip" "!^((.*$!sip:bad@b.example!" .
9 NAPTR 20 10 "U" "e2u+SIP" "!^.*$!sip:later@b.example!" .
"""


def test_rfc6116_5_2_a_client_skips_what_it_cannot_use():
    answer = ask("9", with_records(MIXED))
    assert answer.uris == ["sip:old@b.example", "sip:later@b.example"]
    reasons = {record.preference: reason for record, reason in answer.skipped}
    assert set(reasons) == {10, 20, 40, 50, 60}
    assert "does not offer sip" in reasons[10]
    assert all(reasons.values())


def test_the_service_is_chosen_by_the_caller():
    responder = with_records(MIXED)
    assert ask("9", responder, service="email:mailto").uris == ["mailto:info@b.example"]
    assert ask("9", responder, service="voice:sip").uris == ["sip:both@b.example"]
    assert ask("9", responder, service="h323").uris == []


# Non-terminal records and aliases


def chain(length):
    lines = [f'{n} NAPTR 10 10 "" "" "" {n + 1}' for n in range(1, length + 1)]
    lines.append(f'{length + 1} NAPTR 10 10 "u" "E2U+sip" "!^.*$!sip:end@b.example!" .')
    return with_records("\n".join(lines))


def test_a_non_terminal_record_leads_on():
    answer = ask("1", chain(1))
    assert answer.uris == ["sip:end@b.example"]
    assert [lookup.domain for lookup in answer.lookups] == ["1.e164.arpa.", "2.e164.arpa."]
    assert "led on to" in [step.title for step in answer.steps]


@pytest.mark.parametrize(("length", "found"), [(5, True), (6, False)])
def test_five_in_a_row_and_no_more(length, found):
    answer = ask("1", chain(length))
    assert bool(answer.uris) == found
    assert len(answer.lookups) == 6
    assert found or "6th record in a row" in answer.skipped[0][1]


def test_a_loop_of_non_terminal_records_ends():
    text = '1 NAPTR 10 10 "" "" "" 2\n2 NAPTR 10 10 "" "" "" 1\n'
    answer = ask("1", with_records(text))
    assert answer.uris == []
    assert "a loop" in answer.skipped[0][1]


def test_an_alias_is_followed_by_the_server(server):
    answer = ask("8", with_records("8 CNAME 1.1.9.0.0.5.5.5.3.1.6"))
    assert answer.uris == ["sip:61355500912@10.0.1.98"]


# Servers, good and bad


def test_a_private_suffix_and_a_national_number():
    zone = Zone.from_text(
        PLAYGROUND.to_text().replace("e164.arpa.", "lab.example."), "lab.example."
    )
    answer = ask("(03) 5550 0911", Responder(zone), region="AU", suffix="lab.example")
    assert answer.domain == "1.1.9.0.0.5.5.5.3.1.6.lab.example."
    assert answer.uris


@pytest.mark.peer
def test_bind_is_asked_in_the_same_way():
    need("named")
    with peers.bind(PLAYGROUND) as bind:
        answer = ask("+61355500911", bind)
        assert answer.uris == ["sip:61355500912@10.0.1.98"]
        assert ask("+61355500911", bind.address).uris == answer.uris
        assert ask("+61355500911", f"{bind.host}:{bind.port}").uris == answer.uris


def test_a_big_answer_comes_over_tcp():
    text = "\n".join(
        f'9 NAPTR {n} 10 "u" "E2U+sip" "!^.*$!sip:{"x" * 150}{n}@b.example!" .' for n in range(40)
    )
    with LabServer(PLAYGROUND.with_records(text), port=0) as server:
        assert len(ask("9", server).uris) == 40
        assert [entry.transport for entry in server.queries] == ["udp", "tcp"]


def test_no_server_is_told_with_a_cure():
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        address = sock.getsockname()
        with pytest.raises(ServerError, match=r"nothing came within 0.05 s, twice.*lab\.serve"):
            ask("1", address, timeout=0.05)
    with pytest.raises(ServerError, match="Is the server running"):
        ask("1", address, timeout=0.5)


def answering(make):
    """A UDP server whose one answer is made from the query."""
    sock = socket.socket(type=socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    sock.settimeout(5)

    def serve():
        with sock:
            query, sender = sock.recvfrom(4096)
            for wire in make(query):
                sock.sendto(wire, sender)

    threading.Thread(target=serve).start()
    return sock.getsockname()


def test_an_answer_that_is_not_dns():
    with pytest.raises(ServerError, match="not a DNS message"):
        ask("1", answering(lambda query: [b"hello"]), timeout=1)


def test_an_answer_to_another_question_is_passed_over():
    good = Responder(PLAYGROUND)

    def make(query):
        wire = good.respond(query).wire
        return [struct.pack("!H", struct.unpack("!H", wire[:2])[0] ^ 1) + wire[2:], wire]

    assert ask("+61355500911", answering(make), timeout=1).uris


@pytest.mark.parametrize(
    "server", ["", "127.0.0.1:", "host:0", "host:99999", "host:x", None, 7, ("a",), object()]
)
def test_what_is_no_server(server):
    with pytest.raises(ServerError, match="is not a server"):
        ask("1", server)


def test_addresses():
    assert address_of("[::1]:5300") == ("::1", 5300)
    assert address_of("[::1]") == ("::1", 10164)
    assert address_of(("127.0.0.1", 53)) == ("127.0.0.1", 53)


@pytest.mark.parametrize("number", ["", "abc", "+", None])
def test_what_is_no_number(server, number):
    with pytest.raises(NumberError):
        ask(number, server)


def test_ipv6_if_this_machine_has_it():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
            sock.bind(("::1", 0))
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    with LabServer(PLAYGROUND, host="::1", port=0) as server:
        assert lab.ask("+61355500911", server).uris


def test_a_lookup_in_memory_needs_no_socket(monkeypatch):
    monkeypatch.setattr(socket, "socket", None)
    assert look_up("1.1.9.0.0.5.5.5.3.1.6.e164.arpa.", Responder(PLAYGROUND)).arrived


def test_an_answer_that_is_too_long_for_tcp_says_so():
    line = '1 60 TXT "{}"\n1 60 NAPTR 10 {} "u" "E2U+sip" "!^.*$!sip:{}@b.example!" .\n'
    text = "@ 60 SOA ns root 1 2 3 4 5\n@ 60 NS ns.example.\n"
    text += "".join(line.format(n, n, "x" * 150) for n in range(600))
    with lab.serve(lab.Zone.from_text(text), port=0) as server:
        answer = lab.ask("+1", server)
    assert (answer.rcode, answer.records, answer.uris) == ("NOERROR", [], [])
    assert "65,535" in answer.why
    assert any("65,535" in step.note for step in answer.steps)
