"""The short form of `python -m tests.torture`: hostile packets through real sockets."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
from conftest import need
from packets import MALFORMED, MORE, NUMBER, QR, RD, TXT, header, opt, question
from torture import __main__ as frame
from torture import (
    conversations,
    differ,
    fuzz,
    oracle,
    packets,
    standing,
    strange,
    volley,
    watched,
    worst,
)

from enumlab.responder import Responder

TESTS = Path(__file__).parent
# How the server may be run; each must stand the same.
WAYS = {"thread": {}, "process": {"process": True}}
CPU = 8  # times BIND's, for one hostile packet; 5 on a quiet machine, and 2 is the aim


@pytest.fixture(params=WAYS)
def server(request):
    with watched.own("lab", **WAYS[request.param]) as running:
        yield running
        assert running.complaints() == []


def flat(outcome, memory):
    """Whether no more than so many kilobytes were taken, and neither descriptors nor threads."""
    growth = [after - before for before, after in zip(outcome.before, outcome.after, strict=True)]
    return growth[0] < memory and growth[1:] == [0, 0]


# Packets and conversations


def test_mutated_and_made_up_packets(server):
    outcome = packets.fire(server, packets.stream(1, packets.SHORT))
    assert outcome.packets > 19_000
    assert outcome.complaints == {}, outcome.examples
    assert outcome.replies > 0.8 * outcome.packets
    assert flat(outcome, memory=8_000), (outcome.before, outcome.after)


def test_tcp_conversations(server):
    found = conversations.hold(server, conversations.CONVERSATIONS // conversations.SHORT)
    assert found.packets == 1000
    assert found.complaints == {}
    assert flat(found, memory=12_000), (found.before, found.after)


def test_every_kind_of_conversation_is_held():
    chance = random.Random(2)
    kinds = conversations.KINDS
    drawn = Counter(chance.choices([*kinds], [*kinds.values()], k=1000))
    assert min(drawn[kind] for kind in kinds) >= 3


# As BIND


@pytest.fixture(scope="module")
def pair():
    need("named")
    with watched.own("lab") as lab, watched.bind() as named:
        yield lab, named


def ask(server, packet, tcp):
    if tcp:
        return differ.by_tcp(server.address, packet)
    with volley.Volley(server.address) as sock:
        ((_, replies),) = sock.all([packet])
        assert not sock.lost
        return replies


NEEDED = set()


@pytest.mark.peer
@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
@pytest.mark.parametrize("name", MALFORMED | MORE)
def test_a_strange_packet_is_treated_as_by_bind(pair, name, tcp):
    packet = (MALFORMED | MORE)[name]
    ours, theirs = (differ.rcode(ask(server, packet, tcp)) for server in pair)
    if ours != theirs:
        why = differ.reason(packet, ours, theirs)
        assert why, (ours, theirs)
        NEEDED.add(why)


@pytest.mark.peer
def test_hostile_packets_are_treated_as_by_bind(pair):
    """The same rcode or the same silence, but for reasons that are listed, and all are needed."""
    found = differ.compare(*pair, lambda: packets.stream(2, packets.SHORT))
    assert found.unexplained == {}, found.examples
    assert found.same > 0.98 * found.packets
    if NEEDED:  # the test above ran as well
        assert NEEDED | set(found.explained) == set(differ.REASONS)
    ours, theirs = found.cpu
    assert ours < CPU * theirs


def test_a_difference_that_nobody_explains_is_seen():
    plain = header() + question()
    assert differ.reason(plain, 0, 3) == ""
    assert differ.reason(plain, 0, differ.SILENCE) == ""
    assert differ.reason(plain, 1, 4) == ""
    with_record = MORE["a record of 3 octets for an address"]
    assert differ.reason(with_record, 0, 1)
    assert differ.reason(with_record, 1, 0) == ""


# One packet at a time


def test_the_worst_packet_found():
    responder = Responder(strange.served())
    costs = {
        name: worst.timed(responder, make(worst.LARGEST - 2))
        for name, make in worst.FAMILIES.items()
    }
    # Twice the aim: other programs share the machine's caches.
    assert {name: cost for name, cost in costs.items() if cost > 2 * worst.LIMIT} == {}
    cost, _, packet = worst.search(rounds=40)
    assert cost < 2 * worst.LIMIT
    assert len(packet) <= worst.LARGEST


def test_a_fuzzer_finds_nothing():
    result = fuzz.run(fuzz.SHORT)
    assert result["packets"] > 2_000


def test_what_is_kept_changes_no_answer():
    """Without coverage; for machines where atheris is not installed."""
    examiner = fuzz.Examiner()
    for number, packet in enumerate([*strange.mutated(3, 3000), *strange.structured(3, 1500)]):
        examiner.examine(packet, tcp=bool(number & 1))
    assert examiner.replies > 3000


@pytest.mark.parametrize("wrong", ["kept", "lost", "oversized"])
def test_the_fuzzer_sees_a_fault(wrong):
    """A responder that keeps the first answer, or loses one, or sends too much."""
    examiner = fuzz.Examiner()
    real, kept = examiner._warm.respond, {}

    def respond(packet, tcp):
        reply = real(packet, tcp=tcp)
        if reply is None or packet[12:] != (header() + question())[12:]:
            return reply
        if wrong == "kept":
            first = kept.setdefault(packet[12:], reply.wire)
            return reply._replace(wire=packet[:2] + first[2:])
        return None if wrong == "lost" else reply._replace(wire=reply.wire + bytes(600))

    examiner.examine(MALFORMED["class CHAOS"], tcp=False)
    examiner._warm.respond = respond
    if wrong == "kept":
        examiner.examine(header() + question(), tcp=False)
    with pytest.raises(AssertionError):
        examiner.examine(header(RD) + question(), tcp=False)


QUERY = header(RD, additionals=1) + question(NUMBER) + opt(512)
BIG = header(additionals=1) + question("big.e164.arpa.", TXT) + opt(4096)


def sound(query=QUERY, tcp=False):
    return bytearray(Responder(strange.served()).respond(query, tcp=tcp).wire)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({0: 0xFF}, "another ID"),
        ({2: 0x05}, "QR is not set"),
        ({2: 0x84}, "another opcode, RD or CD"),
        ({2: 0x8D}, "another opcode, RD or CD"),
        ({3: 0x80}, "RA, Z or AD is set"),
        ({3: 0x20}, "RA, Z or AD is set"),
        ({3: 0x0F}, "an rcode that a name server has no use for"),
        ({2: 0x87}, "cut short, with records in it"),
        ({13: 0x39}, "the question is not repeated as it came"),
        ({5: 0x00}, "the question is not repeated as it came"),
        ({7: 0x09}, "dnspython: ShortHeader"),
    ],
)
def test_the_oracle_sees_what_is_wrong(change, complaint):
    wire = sound()
    assert oracle.complaints(QUERY, bytes(wire), tcp=False) == []
    for at, octet in change.items():
        wire[at] = octet
    found = oracle.complaints(QUERY, bytes(wire), tcp=False)
    assert found[0].split(":")[0] == complaint.split(":")[0]


def test_the_oracle_sees_silence_answers_to_responses_and_sizes():
    reply = bytes(sound())
    assert oracle.complaints(QUERY, None, tcp=False) == ["silence"]
    assert oracle.complaints(QUERY[:11], None, tcp=False) == []
    response = header(QR) + question()
    assert oracle.complaints(response, None, tcp=False) == []
    assert oracle.complaints(response, reply, tcp=False) == [oracle.UNASKED]
    whole = bytes(sound(BIG, tcp=True))
    assert oracle.complaints(BIG, whole, tcp=True) == []
    (large,) = oracle.complaints(BIG, whole, tcp=False)
    assert large.startswith(oracle.LARGE)
    plain = header() + question("middling.e164.arpa.", TXT)
    (large,) = oracle.complaints(plain, bytes(sound(plain, tcp=True)), tcp=False)
    assert large == f"{oracle.LARGE} (512 octets)"


# For a long time


def test_idle_and_slow_connections_hold_up_nobody(server):
    for stand in standing.idle, standing.slowly:
        seen = stand(server)
        assert seen.unanswered == 0
        assert seen.growth.threads == 0
        assert max(seen.udp[0], seen.tcp[0]) < 50  # milliseconds, median


def test_full_load_takes_no_more_memory(server):
    result = standing.load(server, standing.LOAD_SHORT)
    assert result.packets > 4_000
    assert result.growth.memory < 8_000, result
    assert result.growth[1:] == (0, 0), result


def test_two_servers_do_not_answer_each_other():
    with watched.own("lab") as one, watched.own("lab") as other:
        try:
            assert standing.between(one, other, seconds=1) == 1  # the spoofed response itself
        except PermissionError:
            pytest.skip("only root may send under another's address")


# The table


def test_a_part_that_runs_again_replaces_its_own_rows_only():
    parts = frame.there()
    rows = [["a", "1", "", "", frame.COMMAND.format(part)] for part in parts]
    text = f"before\n{frame.BEGIN}\n{frame.END}\nafter\n"
    full = frame.written(text, rows, "some machine")
    short = ["b", "2", "", "", frame.COMMAND.format(f"--short {parts[1]}")]
    again = frame.written(full, [short], "another")
    lines = [line for line in again.splitlines() if line.startswith(("| a ", "| b "))]
    assert [line.split("|")[1].strip() for line in lines] == ["a", "b", *"a" * (len(parts) - 2)]
    assert again.startswith("before")
    assert again.endswith("after\n")
    assert "some machine" not in again


def test_readme_has_rows_of_each_part():
    text = frame.README.read_text(encoding="utf-8")
    table = text[text.index(frame.BEGIN) : text.index(frame.END)]
    lines = [line.strip("| ").split(" | ") for line in table.splitlines() if "torture" in line]
    found = {frame.part_of(line) for line in lines}
    assert set(frame.there()) - found == set(), "run: python -m tests.torture --write PART"


def test_readme_names_every_module_of_the_tests():
    text = frame.README.read_text(encoding="utf-8")
    assert text == frame.listed(text), "run: python -m tests.torture --modules"
    for path in TESTS.rglob("test_*.py"):
        assert f"`{path.relative_to(TESTS).as_posix()}`" in text
