"""Which record answers each number of a block: in a zone, from servers, and as a picture."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, nullcontext

import dns.message
import dnslib.server
import pytest
from conftest import need

import enumlab as lab
from enumlab import NumberError, ServerError, Zone
from enumlab.blocks import stock_dnslib
from enumlab.client import look_up
from enumlab.responder import Responder
from enumlab.server import LabServer
from enumlab.show.blockmap import grouped, sentence
from enumlab.volley import IN_FLIGHT, look_up_many

BLOCK = "+61255502"
WILDCARD = "*.2.0.5.5.5.2.1.6.e164.arpa."
PORTED = "5.4.3.2.0.5.5.5.2.1.6.e164.arpa."
HOLE = {WILDCARD: 900, "NXDOMAIN": 99, PORTED: 1}


@contextmanager
def lab_server(zone):
    with LabServer(zone, port=0) as server:
        yield server


def peer(name):
    @contextmanager
    def start(zone):
        need({"bind": "named", "nsd": "nsd", "knot": "knotd"}[name])
        from enumlab import peers

        with getattr(peers, name)(zone) as server:
            yield server

    return pytest.param(start, id=name, marks=pytest.mark.peer)


SERVERS = [
    pytest.param(nullcontext, id="zone"),
    pytest.param(lambda zone: nullcontext(Responder(zone)), id="responder"),
    pytest.param(lab_server, id="lab"),
    peer("bind"),
    peer("nsd"),
    peer("knot"),
]


@pytest.mark.parametrize("serving", SERVERS)
def test_the_hole_of_the_playground(serving):
    with serving(Zone.named("playground")) as server:
        block = lab.block_map(server, BLOCK, digits=3)
    assert block.counts == HOLE
    assert block.kinds == {"wildcard": 900, "NXDOMAIN": 99, "exact": 1}
    assert list(block.counts.values()) == [900, 99, 1]


@pytest.mark.parametrize("serving", [SERVERS[2], SERVERS[3]])
def test_no_hole_in_the_corrected_zone(serving):
    with serving(Zone.named("corrected")) as server:
        assert lab.block_map(server, BLOCK).kinds == {"wildcard": 999, "exact": 1}


def test_the_cure_takes_three_wildcards():
    assert list(lab.block_map(Zone.named("corrected"), BLOCK).counts.items()) == [
        (WILDCARD, 900),
        ("*.3.2.0.5.5.5.2.1.6.e164.arpa.", 90),
        ("*.4.3.2.0.5.5.5.2.1.6.e164.arpa.", 9),
        (PORTED, 1),
    ]


def test_stock_dnslib_hides_the_hole():
    with stock_dnslib(Zone.named("playground")) as server:
        block = lab.block_map(server, BLOCK)
    assert block.counts == {WILDCARD: 999, PORTED: 1}
    records = {cell.number: cell.records for cell in block.cells}
    assert records.pop("+61255502345") == 2  # the wildcard's as well as its own
    assert set(records.values()) == {1}


def test_stock_dnslib_is_quiet_and_leaves_nothing(capfd, monkeypatch):
    made = []
    start = dnslib.server.DNSServer.start_thread
    monkeypatch.setattr(
        dnslib.server.DNSServer, "start_thread", lambda self: [made.append(self), start(self)]
    )
    threads = threading.active_count()
    with stock_dnslib(Zone.named("playground")) as address:
        look_up(WILDCARD, address)
        with socket.socket(type=socket.SOCK_DGRAM) as sock:
            sock.sendto(b"nonsense", address)
        look_up(WILDCARD, address)
    assert threading.active_count() == threads
    assert made[0].server.socket.fileno() == -1
    assert capfd.readouterr() == ("", "")


def test_a_row_for_each_number():
    frame = lab.block_map(Zone.named("playground"), BLOCK).frame
    assert list(frame) == ["number", "source", "rcode", "uri", "records", "why"]
    assert list(frame["number"]) == [f"+61255502{n:03}" for n in range(1000)]
    assert (frame["rcode"] == "NXDOMAIN").sum() == 99
    row = frame.set_index("number").loc["+61255502345"]
    assert row["source"] == PORTED
    assert row["uri"] == "sip:staticroute@enum.nickvsnetworking.com"
    hidden = frame.set_index("number").loc["+61255502346"]
    assert not hidden["source"]
    assert hidden["why"].endswith("hidden by 4.3.2.0.5.5.5.2.1.6.e164.arpa.")


@pytest.mark.parametrize("name", ["playground", "corrected"])
def test_the_server_tells_what_the_zone_says(name):
    zone = Zone.named(name)
    with LabServer(zone, port=0, rotation="none") as server:
        asked, seen = (lab.block_map(source, BLOCK + "3", 2) for source in (server, zone))
    for one, other in zip(asked.cells, seen.cells, strict=True):
        assert one[:5] == other[:5]
        assert one.why in (other.why, "")
    assert asked.counts == seen.counts


MIXED = r"""
$TTL 1h
@ SOA ns root 1 3600 900 604800 300
@ NS ns
ns A 127.0.0.1
*.1 NAPTR 10 100 "u" "E2U+email:mailto" "!^.*$!mailto:info@example.com!" .
*.1 NAPTR 20 100 "u" "E2U+sip" "!^\\+1(.*)$!sip:\\1@b.example!" .
*.1 NAPTR 10 200 "u" "E2U+sip" "!^!sip:a@b.example" .
3.1 TXT "no NAPTR"
4.1 NS ns.elsewhere.example.
5.1 NAPTR 10 100 "u" "E2U+sip" "!^.*$!sip:own@b.example!" .
6.1 NAPTR 10 100 "u" "E2U+sip" "!^.*$!sip:own@b.example!" .
*.7.1 TXT "hides"
"""


@pytest.mark.parametrize("serving", [SERVERS[0], SERVERS[2]])
def test_every_kind_of_answer(serving):
    with serving(Zone.from_text(MIXED)) as server:
        block = lab.block_map(server, "+1", digits=1)
    rows = {cell.number: (cell.label, cell.uri) for cell in block.cells}
    assert rows == {
        "+13": ("NODATA", None),
        "+14": ("referral", None),
        "+15": ("5.1.e164.arpa.", "sip:own@b.example"),
        "+16": ("6.1.e164.arpa.", "sip:own@b.example"),
        "+17": ("NODATA", None),
        **{f"+1{n}": ("*.1.e164.arpa.", f"sip:{n}@b.example") for n in (0, 1, 2, 8, 9)},
    }


def test_another_suffix_and_another_zone():
    zone = Zone.from_text(MIXED, "enum.example.")
    assert lab.block_map(zone, "1", 1, suffix="enum.example").counts["*.1.enum.example."] == 5
    assert lab.block_map(zone, "1", 1).counts == {"REFUSED": 10}


# Many queries at once


def test_lost_queries_are_sent_again():
    with LabServer(Zone.named("playground"), port=0, seed=1, drop=0.2) as server:
        assert lab.block_map(server, BLOCK + "3", 2).counts == {"NXDOMAIN": 99, PORTED: 1}


def test_answers_too_long_for_a_datagram_come_over_tcp():
    lines = "\n".join(
        f'1.1 NAPTR 10 {n} "u" "E2U+sip" "!^.*$!sip:a{n}@b{"x" * 60}.example!" .' for n in range(30)
    )
    with LabServer(Zone.from_text(MIXED).with_records(lines), port=0) as server:
        cell = lab.block_map(server, "+1", digits=1).cells[1]
    assert (cell.records, cell.source) == (30, "1.1.e164.arpa.")


def test_a_dead_server_is_named_soon():
    with socket.socket(type=socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        with pytest.raises(ServerError, match=r"nothing came for .* within 0.02 s, 6 times"):
            look_up_many(["1.e164.arpa."] * 200, silent.getsockname(), timeout=0.02)
        address = silent.getsockname()
    with pytest.raises(ServerError, match="no answer from"):
        look_up_many(["1.e164.arpa."], address)


def test_only_the_answer_to_the_question_is_taken():
    """A forger who does not know the question guesses the ID, and fails."""
    ready = threading.Event()

    def forge(sock):
        ready.set()
        wire, sender = sock.recvfrom(65535)
        query = dns.message.from_wire(wire)
        other = dns.message.make_query("forged.example.", "NAPTR", id=query.id)
        sock.sendto(dns.message.make_response(other).to_wire(), sender)
        other.id = query.id + 1
        sock.sendto(dns.message.make_response(other).to_wire(), sender)
        answer = dns.message.make_response(query)
        answer.set_rcode(3)
        sock.sendto(answer.to_wire(), sender)

    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=forge, args=(sock,))
        thread.start()
        ready.wait()
        [lookup] = look_up_many(["1.e164.arpa."], sock.getsockname())
        thread.join()
    assert lookup.rcode == "NXDOMAIN"


def test_what_is_not_dns_is_told():
    def chatter(sock):
        wire, sender = sock.recvfrom(65535)
        sock.sendto(wire[:2] + b"hello", sender)

    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=chatter, args=(sock,))
        thread.start()
        with pytest.raises(ServerError, match="not a DNS message"):
            look_up_many(["1.e164.arpa."], sock.getsockname())
        thread.join()


def test_answers_come_in_the_sequence_of_the_names():
    numbers = [f"+6125550{n}" for n in (2345, 1000, 9999, 2346)] * IN_FLIGHT
    domains = [lab.to_domain(number) for number in numbers]
    with LabServer(Zone.named("playground"), port=0) as server:
        lookups = look_up_many(domains, server)
        assert [lookup.domain for lookup in lookups] == domains
        assert [lookup.rcode for lookup in lookups[:4]] == [
            look_up(domain, server).rcode for domain in domains[:4]
        ]
        assert look_up_many([], server) == []


# What is refused


@pytest.mark.parametrize("digits", [0, 5, -1, 2.5, "3", None])
def test_digits_are_1_to_4(digits):
    with pytest.raises(lab.LabError, match="1 to 4"):
        lab.block_map(Zone.named("playground"), BLOCK, digits)


def test_a_prefix_is_a_number():
    with pytest.raises(NumberError, match="letter"):
        lab.block_map(Zone.named("playground"), "block")


def test_a_server_is_a_server():
    with pytest.raises(ServerError, match="is not a server"):
        lab.block_map(7, BLOCK, 1)


# The picture


@pytest.mark.parametrize("digits", [1, 2, 3, 4])
def test_the_picture_says_in_words_what_its_table_says(digits):
    block = lab.block_map(Zone.named("playground"), "+61255502345"[: 12 - digits], digits)
    picture = block.plot()
    assert picture.png.startswith(b"\x89PNG")
    assert sum(int(row[1].replace(",", "")) for row in picture.table.rows) == 10**digits
    for name, count, _, first, last in picture.table.rows:
        assert f"{name}: {count} number" in picture.alt
        assert first in picture.alt
        assert last in picture.alt
    assert picture.sentence == sentence(block)
    assert f"{10**digits:,} numbers" in picture.sentence


def test_sentences():
    zone = Zone.named("playground")
    assert sentence(lab.block_map(zone, BLOCK)) == (
        "Of 1,000 numbers, +61255502xxx, 901 get an answer, from 2 owners; 99 get none (NXDOMAIN)."
    )
    assert sentence(lab.block_map(zone, "+61255501", 1)) == (
        "Of 10 numbers, +61255501x, 10 get an answer, from 1 owner."
    )
    assert sentence(lab.block_map(zone, "+7", 1)) == (
        "Of 10 numbers, +7x, 0 get an answer; 10 get none (NXDOMAIN)."
    )


def test_many_owners_share_a_colour():
    zone = Zone.named("corrected")
    good = 'NAPTR 10 100 "u" "E2U+sip" "!^.*$!sip:info@example.com!" .'
    for digit in range(6):
        zone = zone.with_records(f"{digit}.0.7.2.0.5.5.5.2.1.6 {good}\n")
        zone = zone.with_records(f"*.{digit}.8.2.0.5.5.5.2.1.6 {good}\n")
    block = lab.block_map(zone, BLOCK)
    groups = {group.name: len(group.places) for group in grouped(block)}
    assert list(groups) == [
        WILDCARD,
        "*.3.2.0.5.5.5.2.1.6.e164.arpa.",
        "*.0.8.2.0.5.5.5.2.1.6.e164.arpa.",
        "6 other wildcards",
        "the number's own records",
        "nobody: NXDOMAIN",
    ]
    assert groups["6 other wildcards"] == 5 * 10 + 9
    assert groups["the number's own records"] == 7
    assert sum(groups.values()) == 1000
    assert block.plot().png


def test_the_picture_is_the_same_from_run_to_run():
    block = lab.block_map(Zone.named("corrected"), BLOCK + "3", 2)
    assert block.plot().png == block.plot().png


def test_a_block_shows_itself():
    block = lab.block_map(Zone.named("playground"), BLOCK)
    assert repr(block) == (f"<BlockMap +61255502xxx: {WILDCARD}: 900, NXDOMAIN: 99, {PORTED}: 1>")
    assert "<caption>Which record answers for +61255502xxx</caption>" in block._repr_html_()
