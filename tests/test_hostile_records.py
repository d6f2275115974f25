"""Hostile NAPTR records: stopped in time, in little memory, and the rest of the answer is used."""

from __future__ import annotations

import socket
import struct
import time
from contextlib import ExitStack

import dns.flags
import dns.message
import pytest
from conftest import need
from torture import records, zones

import enumlab as lab
from enumlab import LabError, ServerError, Zone, peers
from enumlab.server import LabServer
from enumlab.substitution import Substitution

NUMBER = records.NUMBER
OWNER = lab.to_domain(NUMBER)
GOOD = "sip:good@b.example"
# Each digit in 30 senses: 30 to the power of 11 ways through a number, and none ends well.
HOSTILE = "^.(" + "|".join(["[0-9]"] * 30) + ")*[xy]$"


def naptr(pattern, order=10, preference=100, uri="sip:bad@b.example"):
    regexp = f"!{pattern}!{uri}!".replace("\\", "\\\\").replace('"', '\\"')
    return f'{OWNER} 3600 IN NAPTR {order} {preference} "u" "E2U+sip" "{regexp}" .'


def zone(*lines):
    return Zone.from_text(zones.TOP + "\n".join(lines), zones.ORIGIN)


def served(*lines):
    return LabServer(zone(*lines), port=0)


# The limit


@pytest.mark.parametrize("text", [NUMBER, "+" + "1" * 254], ids=["a number", "255 signs"])
@pytest.mark.parametrize("kind", ["catastrophic", "bombs", "grammar"])
def test_no_pattern_takes_more_than_its_time_and_memory(kind, text):
    tried = {
        "catastrophic": records.CATASTROPHIC,
        "bombs": records.BOMBS + records.BACK_REFERENCES,
        "grammar": records.patterns(60, seed=len(text)),
    }[kind]
    trials, peak = records.run(tried, text)
    slowest = max(trials, key=lambda trial: trial.seconds)
    assert slowest.seconds < 0.3, slowest  # CPU; 0.102 seen
    assert peak < 200  # MiB of the whole process; 35 seen
    assert {trial.end.partition(":")[0] for trial in trials} <= {
        "matched",
        "NoMatch",
        "SubstitutionError",
    }
    if kind != "bombs":
        assert len(records.stopped(trials)) >= 2  # else nothing was tried
    # Had the matcher held the interpreter, another thread would have run once or twice in 100 ms.
    for trial in records.stopped(trials):
        assert trial.ticks > 8, trial


def test_a_compile_bomb_is_refused_before_it_is_compiled():
    # Nested in this way, `regex` needs 358 ms and 200 MB for it.
    bomb = "(" * 11 + ".?" + "){2}" * 11
    start = time.process_time()
    with pytest.raises(LabError, match="more than 1000 signs"):
        Substitution.parse(f"!{bomb}!x:y!")
    assert time.process_time() - start < 0.05


def test_the_largest_that_is_compiled_costs_little():
    for depth in range(3, 13):
        for inner in (".?", "a", "(a|b)", ".*"):
            field = "!" + "(" * depth + inner + "){2}" * depth + "!x:y!"
            start = time.process_time()
            try:
                Substitution.parse(field)
            except LabError:
                continue
            assert time.process_time() - start < 0.1, field  # 0.01 seen


def test_the_generator_makes_patterns_that_compile():
    made = records.patterns(300, seed=1)
    sound = 0
    for each in made:
        try:
            Substitution.parse(f"!{each}!x:y!")
        except LabError:
            continue
        sound += 1
    assert 150 < sound < 300
    assert max(map(len, made)) <= 240


# The rest of the answer


def test_beside_a_hostile_record_the_good_one_is_used():
    with served(naptr(HOSTILE, 10), naptr("^.*$", 20, uri=GOOD)) as server:
        answer = lab.ask(NUMBER, server)
    assert answer.uris == [GOOD]
    ((record, reason),) = answer.skipped
    assert record.order == 10
    assert "took longer than 100 ms, and was stopped" in reason


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("((a{200}){200}){200}", "more than 1000 signs"),
        ("(" * 60 + "a" + ")" * 60, "nested more than 50 deep"),
        (r"(.*)\1", "Groups are used in the replacement only"),
        ("(a", "( is never closed"),
        ("[[.a.]]", "needs a locale"),
    ],
)
def test_the_reason_is_named(pattern, words):
    with served(naptr(pattern), naptr("^.*$", 20, uri=GOOD)) as server:
        answer = lab.ask(NUMBER, server)
    assert answer.uris == [GOOD]
    assert words in answer.skipped[0][1]


def test_an_answer_full_of_hostile_records_takes_no_more_than_a_second_or_two():
    lines = [naptr(HOSTILE, 10, n) for n in range(40)]
    with served(*lines, naptr("^.*$", 20, uri=GOOD)) as server:
        start = time.process_time()
        answer = lab.ask(NUMBER, server)
        uris, skipped = answer.uris, answer.skipped
        took = time.process_time() - start
    assert uris == [GOOD]
    assert len(skipped) == 40
    assert took < 2.5  # CPU; with 100 ms for each it were 4


# What leads in a circle


def loop(*names):
    """Records of which each leads on to the next, and the last to the first."""
    pairs = zip(names, [*names[1:], names[0]], strict=True)
    return [f'{name} 3600 IN NAPTR 10 100 "" "" "" {target}' for name, target in pairs]


@pytest.mark.parametrize(
    ("names", "lookups"), [([OWNER], 1), ([OWNER, "a.e164.arpa."], 2)], ids=["itself", "two"]
)
def test_non_terminal_records_in_a_circle_end(names, lookups):
    with served(*loop(*names)) as server:
        answer = lab.ask(NUMBER, server)
    assert answer.uris == []
    assert len(answer.lookups) == lookups
    assert answer.skipped[0][1].endswith("asked already: a loop")


def test_a_long_way_of_non_terminal_records_ends():
    names = [OWNER, *(f"n{step}.e164.arpa." for step in range(50))]
    with served(*loop(*names)) as server:
        answer = lab.ask(NUMBER, server)
    assert len(answer.lookups) == 6  # RFC 6116 section 5.2.1: five in a row are followed
    assert "in a row that leads on" in answer.skipped[0][1]


def test_non_terminal_records_that_spread_out_end():
    """Each name leads to ten more: 1,111 names for one number."""
    lines = [f'{OWNER} 3600 IN NAPTR 10 {n} "" "" "" {n}.e164.arpa.' for n in range(10)]
    names = [str(n) for n in range(10)]
    for _ in range(2):
        lines += [
            f'{name}.e164.arpa. 3600 IN NAPTR 10 {n} "" "" "" {n}.{name}.e164.arpa.'
            for name in names
            for n in range(10)
        ]
        names = [f"{n}.{name}" for name in names for n in range(10)]
    with served(*lines) as server:
        answer = lab.ask(NUMBER, server)
    assert len(answer.lookups) <= 200


@pytest.mark.parametrize("length", [1, 2, 5, 30])
def test_aliases_in_a_circle_end(length):
    names = [OWNER, *(f"alias{step}.e164.arpa." for step in range(length - 1))]
    pairs = zip(names, [*names[1:], names[0]], strict=True)
    start = time.process_time()
    with served(*(f"{name} 3600 IN CNAME {target}" for name, target in pairs)) as server:
        answer = lab.ask(NUMBER, server)
    assert time.process_time() - start < 2
    assert answer.uris == []
    assert answer.rcode in ("NOERROR", "SERVFAIL")


# Too many records for any answer


def many(count):
    uri = "sip:{:04}@a.target.of.this.record.example"
    return zone(*(naptr("^.*$", 10, n, uri.format(n)) for n in range(count)))


def asked(server, tcp, edns):
    """The response to the question for NAPTR, as bytes."""
    query = dns.message.make_query(OWNER, "NAPTR", use_edns=edns, payload=4096).to_wire()
    kind = socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM
    with socket.socket(type=kind) as sock:
        sock.settimeout(10)
        sock.connect(server.address)
        if not tcp:
            sock.send(query)
            return sock.recv(65535)
        sock.sendall(struct.pack("!H", len(query)) + query)
        with sock.makefile("rb") as stream:
            return stream.read(int.from_bytes(stream.read(2), "big"))


@pytest.mark.parametrize("edns", [0, None], ids=["EDNS", "plain"])
@pytest.mark.parametrize("tcp", [False, True], ids=["UDP", "TCP"])
def test_1200_records_at_one_name_give_a_sound_answer_that_is_cut(tcp, edns):
    """98 kB of records; RFC 2181 section 9: TC, where a set of records is not there in full."""
    with LabServer(many(1200), port=0) as server:
        reply = dns.message.from_wire(asked(server, tcp, edns))
        assert reply.flags & dns.flags.TC
        assert reply.flags & dns.flags.AA
        assert reply.answer == []
        assert lab.ask(NUMBER, server).uris == []  # and it comes back
        assert lab.ask("+61355500911", server).rcode == "NXDOMAIN"


def test_700_records_at_one_name_go_over_tcp_in_full():
    with LabServer(many(700), port=0) as server:
        assert dns.message.from_wire(asked(server, False, 0)).flags & dns.flags.TC
        reply = dns.message.from_wire(asked(server, True, 0))
        assert not reply.flags & dns.flags.TC
        assert len(reply.answer[0]) == 700
        assert len(lab.ask(NUMBER, server).uris) == 700


@pytest.mark.peer
def test_what_real_servers_do_with_1200_records_at_one_name():
    """BIND does not load them; NSD answers as the lab does; Knot says SERVFAIL over TCP."""
    for program in ("named", "nsd", "knotd"):
        need(program)
    large = many(1200)
    with pytest.raises(ServerError, match="too many records"), peers.bind(large):
        pass
    with ExitStack() as stack:
        ours = stack.enter_context(LabServer(large, port=0))
        nsd, knot = (stack.enter_context(peer(large)) for peer in (peers.nsd, peers.knot))
        for tcp in (False, True):
            for edns in (0, None):
                verdicts = [
                    (reply.flags & ~dns.flags.AD, reply.rcode(), len(reply.answer))
                    for server in (ours, nsd, knot)
                    for reply in [dns.message.from_wire(asked(server, tcp, edns))]
                ]
                assert verdicts[0] == verdicts[1]
                if tcp:
                    assert verdicts[2][1] == 2
                else:
                    assert verdicts[0] == verdicts[2]
