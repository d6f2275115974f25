"""The short way to an answer gives what the long way gives, and what BIND gives."""

from __future__ import annotations

import random
import socket
import struct

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import pytest
import zones
from conftest import need

from enumlab import Zone, peers, to_domain
from enumlab.quick import MOST_FORMS, MOST_READY, MOST_REASONS
from enumlab.responder import Reply, Responder
from enumlab.server import LabServer

QUERIES = 100_000  # through both ways, and through BIND
IN_FLIGHT = 64
EDNS = 41
TOP = "$TTL 60\n@ SOA ns root 1 2 3 4 5\n@ NS ns.example.\n"


def wire(number, name, rdtype, flags=0, edns=None):
    """A query, packed by hand; `edns` is (payload size, version, flags, options)."""
    counts = (1, 0, 0, 0 if edns is None else 1)
    packed = struct.pack("!HH4H", number, flags, *counts)
    for label in name.labels:
        packed += bytes((len(label),)) + label
    packed += struct.pack("!HH", dns.rdatatype.from_text(rdtype), 1)
    if edns is not None:
        size, version, bits, options = edns
        packed += struct.pack("!BHHBBHH", 0, EDNS, size, 0, version, bits, len(options)) + options
    return packed


def any_case(name, chance):
    """The name as a resolver asks for it that hides a few bits in the letter case."""
    return dns.name.Name(
        [bytes(chance.choice((label.upper(), label.lower()))) for label in name.labels]
    )


def asked(name, rdtype, chance, number=0):
    """A query for this name, in one of many forms."""
    edns = None
    if chance.random() < 0.5:
        options = chance.choice([b"", b"", b"\0\3\0\0", b"\0\x0a\0\x08" + chance.randbytes(8)])
        edns = chance.choice([512, 1232, 4096, 100]), 0, chance.choice([0, 0x8000]), options
    flags = chance.choice([0, 0x0100, 0x0110, 0x0020, 0x0130])
    return wire(number, any_case(name, chance), rdtype, flags, edns)


def numbers(chance, count):
    """Names of telephone numbers in and around the blocks of the playground."""
    for _ in range(count):
        start = chance.choice(["61255501", "61255502", "612555023", "613555009", "6", "61", "0011"])
        digits = "".join(chance.choices("0123456789", k=chance.randint(1, 5)))
        yield dns.name.from_text(to_domain(f"+{start}{digits}"))


def same(ours, theirs):
    """Two answers that differ in nothing but the bytes: how names are compressed, and sequence."""
    if ours == theirs:
        return True
    left, right = (dns.message.from_wire(bytes(each)) for each in (ours, theirs))
    return essence(left) == essence(right)


def essence(message):
    sections = [
        {(rrset.name, rrset.rdtype, rrset.ttl, rdata) for rrset in part for rdata in rrset}
        for part in (message.answer, message.authority, message.additional)
    ]
    options = [(option.otype, option.to_wire()) for option in message.options]
    edns = message.edns, message.payload, message.ednsflags, options
    return message.id, message.flags, message.question, sections, edns


@pytest.mark.parametrize(
    ("zone", "least", "count"),
    [
        pytest.param(Zone.named("playground"), 0.9, QUERIES // 2, id="playground"),
        pytest.param(Zone.named("corrected"), 0.9, QUERIES // 10, id="corrected"),
        *(
            pytest.param(zones.make(seed), 0.2, QUERIES // 20, id=f"random {seed}")
            for seed in range(8)
        ),
    ],
)
def test_the_short_way_gives_what_the_long_way_gives(zone, least, count):
    chance = random.Random(str(zone.owners))
    responder = Responder(zone, "none")
    if zone.origin == "e164.arpa.":
        questions = [(name, "NAPTR") for name in numbers(chance, count)]
        questions += [(zone.top, kind) for kind in ("SOA", "NS", "A", "NAPTR", "TXT")]
    else:
        questions = [*zones.questions(zone, 1, 2000)] or [(zone.top, "A")]
    short, met = 0, set()
    for number in range(count):
        name, rdtype = questions[number % len(questions)]
        rdtype = rdtype if chance.random() < 0.9 else chance.choice(zones.QTYPES)
        query = asked(dns.name.from_text(str(name)), rdtype, chance, number & 0xFFFF)
        told = responder._quick.answer(query, False)
        if told is None:
            continue
        short += 1
        reply, long = Reply.of(told), Reply.of(responder._at_length(query, tcp=False))
        # What stands behind the name is the same for many names, and compared once.
        end = query.index(0, 12) + 5
        kinds = (end, reply.wire[2:12] + reply.wire[end:], long.wire[2:12] + long.wire[end:])
        if kinds not in met:
            met.add(kinds)
            assert same(reply.wire, long.wire), query
        assert (reply.name, reply.rdtype, reply.rcode) == (long.name, long.rdtype, long.rcode)
        assert reply.why.lower() == long.why.lower()
    assert short >= least * count


def exchanged(address, queries):
    """The answers to many queries, by their ID; 64 are on their way at a time."""
    answers = {}
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.connect(address)
        sock.settimeout(2)
        waiting = iter(queries)
        for _ in range(IN_FLIGHT):
            sock.send(next(waiting))
        while len(answers) < len(queries):
            try:
                answer = sock.recv(65535)
            except TimeoutError:  # a datagram was lost
                for query in queries:
                    if query[:2] not in answers:
                        sock.send(query)
                        break
                continue
            if answer[:2] not in answers:
                answers[answer[:2]] = answer
                query = next(waiting, None)
                if query is not None:
                    sock.send(query)
    return [answers[query[:2]] for query in queries]


def without_edns(message):
    """What BIND and the lab must agree on."""
    kept = dns.flags.QR | dns.flags.AA | dns.flags.TC | dns.flags.RD | dns.flags.CD
    sections = [
        {(rrset.name, rrset.rdtype, rrset.ttl, rdata) for rrset in part for rdata in rrset}
        for part in (message.answer, [rrset for rrset in message.authority if rrset.rdtype == 6])
    ]
    return message.rcode(), message.flags & kept, message.question, sections, message.edns


@pytest.mark.peer
def test_a_hundred_thousand_queries_are_answered_as_by_bind():
    need("named")
    zone, chance, met = Zone.named("playground"), random.Random(7), set()
    with LabServer(zone, port=0, rotation="none") as lab, peers.bind(zone, order="none") as bind:
        for _ in range(QUERIES // 50_000):
            queries = [
                asked(name, "NAPTR", chance, number)
                for number, name in enumerate(numbers(chance, 50_000))
            ]
            ours, theirs = exchanged(lab.address, queries), exchanged(bind.address, queries)
            for query, left, right in zip(queries, ours, theirs, strict=True):
                # Names are asked for once; what stands behind them in the packets, again and again.
                end = query.index(0, 12) + 5
                kinds = (end, left[2:12] + left[end:], right[2:12] + right[end:])
                if kinds not in met:
                    met.add(kinds)
                    pair = [without_edns(dns.message.from_wire(each)) for each in (left, right)]
                    assert pair[0] == pair[1], query
            assert not lab._loop.failures
    assert len(met) > 50


def test_what_is_remembered_is_bounded_and_goes_with_the_zone():
    zone = Zone.from_text(
        "$TTL 60\n@ SOA ns root 1 2 3 4 5\n@ NS ns.example.\n"
        + "".join(
            f'*.{n} NAPTR 1 1 "u" "E2U+sip" "!^.*$!sip:a@b.example!" .\n' for n in range(5000)
        )
    )
    responder, chance = Responder(zone), random.Random(1)
    for number in range(6000):
        name = dns.name.from_text(f"1.{number}.e164.arpa.")
        assert responder.answer(wire(number, name, "NAPTR"), False)
        cookie = b"\0\x0a\0\x08" + chance.randbytes(8)
        assert responder.answer(wire(number, name, "TXT", 0, (1232, 0, 0, cookie)), False)
    quick = responder._quick
    assert 0 < len(quick._forms) <= MOST_FORMS
    assert 0 < len(quick._reasons) <= MOST_REASONS
    assert all(len(form.ready) <= MOST_READY for form in quick._forms.values())
    responder.zone = Zone.named("playground")
    reply = responder.respond(wire(1, dns.name.from_text("1.7.e164.arpa."), "NAPTR"))
    assert reply.rcode == "NXDOMAIN"


@pytest.mark.parametrize(
    ("query", "why"),
    [
        (wire(1, dns.name.from_text("e164.arpa."), "SOA"), "a name in the data"),
        (wire(1, dns.name.from_text("2.1.e164.arpa."), "ANY"), "ANY"),
        (wire(1, dns.name.from_text("1.e164.arpa."), "A", 0x2000), "an opcode"),
        (wire(1, dns.name.from_text("1.e164.arpa."), "A", 0, (512, 1, 0, b"")), "EDNS 1"),
        (wire(1, dns.name.from_text("1.e164.arpa."), "A")[:-1], "cut short"),
        (b"\0\1\0\0\0\1\0\0\0\0\0\0\1" + b"1\xc0\x0c\0\x23\0\1", "a pointer in the question"),
        (b"", "nothing"),
    ],
)
def test_what_is_not_plain_goes_the_long_way(query, why):
    assert Responder(Zone.named("playground"))._quick.answer(query, False) is None, why


def test_a_name_with_a_zero_in_a_label():
    """The end of a name is looked for as its first zero."""
    zone = Zone.from_text(
        "$TTL 60\n@ SOA ns root 1 2 3 4 5\n@ NS ns.example.\n"
        + r"a\000b A 192.0.2.1"
        + "\n* TXT x\n"
    )
    responder = Responder(zone)
    for label, rcode, kind in [(b"a\0b", "NOERROR", "A"), (b"a\0c", "NOERROR", "TXT")]:
        name = dns.name.Name([label, b"e164", b"arpa", b""])
        for number in range(3):
            reply = responder.respond(wire(number, name, kind))
            assert reply.rcode == rcode
            assert len(dns.message.from_wire(reply.wire).answer) == 1
