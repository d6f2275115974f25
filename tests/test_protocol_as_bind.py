"""Every strange packet, sent to BIND and to the lab: the same rcode, or the same silence."""

from __future__ import annotations

import random
import socket
import struct
from contextlib import ExitStack

import dns.message
import dns.rcode
import pytest
from conftest import need
from packets import MALFORMED, header, opt, question

from enumlab import Zone, peers
from enumlab.responder import Responder
from enumlab.server import LabServer

pytestmark = pytest.mark.peer

# What differs, and why that is right.
ALLOWED = {
    # BIND repeats both questions. The lab reads none where there must be one.
    "two questions": ("FORMERR", False, 0, 0, -1),
}


@pytest.fixture(scope="module")
def pair():
    need("named")
    zone = Zone.named("playground")
    with ExitStack() as stack:
        yield stack.enter_context(LabServer(zone, port=0)), stack.enter_context(peers.bind(zone))


def send(server, packet, wait=0.3):
    """The rcode, AA, and which sections are filled; or "silence"."""
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.settimeout(wait)
        sock.connect(server.address)
        sock.send(packet)
        try:
            wire = sock.recv(65535)
        except TimeoutError:
            return "silence"
    flags, questions, answers = struct.unpack_from("!HHH", wire, 2)
    rcode = flags & 15
    opcode = flags >> 11 & 15
    edns = None
    if opcode == 0:
        message = dns.message.from_wire(wire)
        rcode, edns = int(message.rcode()), message.edns
    return dns.rcode.to_text(rcode), bool(flags & 0x400), answers, questions, edns


@pytest.mark.parametrize("name", MALFORMED)
def test_a_strange_packet_is_treated_as_by_bind(pair, name):
    lab, bind = pair
    theirs = send(bind, MALFORMED[name])
    # Silence is waited for: the lab gets the time that BIND needed to show itself silent.
    assert send(lab, MALFORMED[name]) == ALLOWED.get(name, theirs)


def test_every_type_is_treated_as_by_bind(pair):
    lab, bind = pair
    types = [*range(0, 300), *range(300, 65536, 997), 32768, 32769, 65280, 65534, 65535]
    for rdtype in types:
        for edns in (b"", opt()):
            packet = header(additionals=bool(edns)) + question(rdtype=rdtype) + edns
            assert send(lab, packet) == send(bind, packet), rdtype


def test_mutated_packets_get_the_rcode_that_bind_gives(pair):
    """One octet changed in a query: the same verdict, but for what the lab does not read."""
    _, bind = pair
    responder = Responder(Zone.named("playground"))
    chance = random.Random(1)
    plain = header(additionals=1) + question() + opt(data=b"\0\x64\0\2hi")
    differ = []
    for _ in range(1500):
        packet = bytearray(plain)
        packet[chance.randrange(2, len(packet))] = chance.randrange(256)
        if packet[2] >> 3 & 15 in (4, 5):
            continue  # NOTIFY and UPDATE, which BIND knows and the lab answers with NOTIMP
        theirs = send(bind, bytes(packet), wait=0.15)
        reply = responder.respond(bytes(packet))
        ours = "silence" if reply is None else reply.rcode
        if ours != (theirs if theirs == "silence" else theirs[0]):
            differ.append((bytes(packet).hex(), ours, theirs))
    assert not differ, (len(differ), differ[:5])
