"""The same packets to the lab and to BIND: the same rcode or silence, or a known reason why not."""

from __future__ import annotations

import socket
import struct
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from packets import header, question

from torture.volley import PROBE, Volley
from torture.watched import Watched

NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, NOTAUTH, BADVERS = *range(6), 9, 16
SILENCE = -1
NOTIFY, UPDATE = 4, 5
CHAOS, NONE, ANY = 3, 254, 255
OPT = 41
SIG = 24
BESIDE_ALIAS = {SIG, 25, 46, 47}  # KEY, RRSIG, NSEC
# LLQ, UL, client subnet, EXPIRE, KEY-TAG, extended error, client and server tag, report channel.
KNOWN_TO_BIND = {1, 2, 8, 9, 14, 15, 16, 17, 18}


class Parts(NamedTuple):
    """A packet, as far as it can be read.

    Attributes:
        opcode: as in the header.
        questions: how many the header promises.
        rdtype, rdclass: of the first question, or -1.
        records: types of the records, as far as they could be read.
        options: codes of the EDNS options, as far as they could be read.
    """

    opcode: int
    questions: int
    rdtype: int
    rdclass: int
    records: list[int]
    options: list[int]


def read(packet: bytes) -> Parts:
    if len(packet) < 12:
        return Parts(-1, -1, -1, -1, [], [])
    flags, questions, *counts = struct.unpack_from("!HHHHH", packet, 2)
    records: list[int] = []
    options: list[int] = []
    at, rdtype, rdclass = 12, -1, -1
    try:
        for number in range(questions):
            at = _behind_name(packet, at) + 4
            if number == 0:
                rdtype, rdclass = struct.unpack_from("!HH", packet, at - 4)
        for _ in range(sum(counts)):
            at = _behind_name(packet, at)
            kind, _, _, length = struct.unpack_from("!HHIH", packet, at)
            records.append(kind)
            at += 10
            if kind == OPT:
                options += _options(packet[at : at + length])
            at += length
    except (IndexError, struct.error):
        pass
    return Parts(flags >> 11 & 15, questions, rdtype, rdclass, records, options)


def _behind_name(packet: bytes, at: int) -> int:
    while 0 < packet[at] < 0x40:
        at += 1 + packet[at]
    return at + (2 if packet[at] >= 0xC0 else 1)


def _options(data: bytes) -> list[int]:
    codes, at = [], 0
    while at + 4 <= len(data):
        code, length = struct.unpack_from("!HH", data, at)
        codes.append(code)
        at += 4 + length
    return codes


# Why the lab may answer otherwise than BIND: the reason, and whether it holds for a packet and for
# what the lab and BIND made of it.
Holds = Callable[[Parts, int, int], bool]
REASONS: dict[str, Holds] = {
    "NOTIFY and UPDATE: BIND serves them, the lab says NOTIMP": lambda parts, ours, theirs: (
        parts.opcode in (NOTIFY, UPDATE) and ours == NOTIMP
    ),
    "BIND reads the data of each record of a query, the lab steps over it": (
        lambda parts, ours, theirs: theirs == FORMERR and any(kind != OPT for kind in parts.records)
    ),
    # RFC 6891 section 6.1.2: an option that is not known must be ignored.
    "BIND reads options that the lab does not know": lambda parts, ours, theirs: (
        theirs == FORMERR and bool(KNOWN_TO_BIND & {*parts.options})
    ),
    "no question: BIND looks at the class of the records, or for a COOKIE": (
        lambda parts, ours, theirs: parts.questions == 0 and ours == FORMERR
    ),
    "class CHAOS: BIND limits the rate of answers from its own zone": lambda parts, ours, theirs: (
        parts.rdclass == CHAOS and theirs == SILENCE
    ),
    "an opcode that nobody serves: BIND looks at the class first": lambda parts, ours, theirs: (
        parts.opcode > 0
        and parts.rdclass in (NONE, ANY)
        and ours in (NOTIMP, BADVERS)
        and theirs == FORMERR
    ),
    "two questions: BIND looks at the opcode and at EDNS first": lambda parts, ours, theirs: (
        parts.questions > 1 and ours == FORMERR and theirs in (NOTIMP, BADVERS)
    ),
    "a SIG record that signs nothing: BIND takes it as data": lambda parts, ours, theirs: (
        SIG in parts.records and ours == FORMERR
    ),
    "BIND has no zone of class CHAOS to transfer, the lab refuses the class": (
        lambda parts, ours, theirs: parts.rdclass == CHAOS and (ours, theirs) == (REFUSED, NOTAUTH)
    ),
    "a type that may stand beside a CNAME (RFC 4034): BIND does not follow the alias": (
        lambda parts, ours, theirs: (
            parts.rdtype in BESIDE_ALIAS and ours in (NXDOMAIN, SERVFAIL) and theirs == NOERROR
        )
    ),
    "class ANY: BIND takes records of every class with it, and then looks at EDNS": (
        lambda parts, ours, theirs: parts.rdclass == ANY and (ours, theirs) == (FORMERR, BADVERS)
    ),
}


def rcode(replies: list[bytes]) -> int:
    """Of the first reply, with the upper bits that the EDNS record has; or SILENCE."""
    if not replies:
        return SILENCE
    wire = replies[0]
    low, at = wire[3] & 15, wire.rfind(b"\0\0\x29")
    return low | wire[at + 5] << 4 if at > 0 and wire[10:12] != b"\0\0" else low


def reason(packet: bytes, ours: int, theirs: int) -> str:
    """Why two servers may differ over a packet; nothing, if they must not."""
    parts = read(packet)
    return next((why for why, holds in REASONS.items() if holds(parts, ours, theirs)), "")


def by_tcp(address: tuple[str, int], packet: bytes) -> list[bytes]:
    """The replies to a packet over TCP, before that to a sound query; or before the end."""
    last = header(number=PROBE) + question()
    with socket.create_connection(address, 5) as sock, sock.makefile("rb") as stream:
        sock.sendall(b"".join(struct.pack("!H", len(each)) + each for each in (packet, last)))
        replies = []
        with suppress(ConnectionError):
            while wire := stream.read(int.from_bytes(stream.read(2), "big")):
                if wire[:2] == last[:2]:
                    break
                replies.append(wire)
    return replies


@dataclass
class Comparison:
    """How two servers dealt with the same packets.

    Attributes:
        packets: how many.
        same: packets with the same rcode, or the same silence.
        explained: reason -> packets.
        unexplained: (the lab's rcode, BIND's) -> packets; -1 is silence.
        examples: the first packets of these, in hexadecimal.
        cpu: seconds of CPU time, of the lab's server and of BIND.
    """

    packets: int = 0
    same: int = 0
    explained: Counter[str] = field(default_factory=Counter)
    unexplained: Counter[tuple[int, int]] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    cpu: tuple[float, float] = (0, 0)


def compare(lab: Watched, bind: Watched, packets: Callable[[], Iterable[bytes]]) -> Comparison:
    """Send the same packets to both."""
    found = Comparison()
    before = lab.cpu(), bind.cpu()
    with Volley(lab.address) as here, Volley(bind.address) as there:
        both = zip(here.all(packets()), there.all(packets()), strict=True)
        for (packet, replies), (_, others) in both:
            found.packets += 1
            ours, theirs = rcode(replies), rcode(others)
            if ours == theirs:
                found.same += 1
            elif why := reason(packet, ours, theirs):
                found.explained[why] += 1
            else:
                found.unexplained[ours, theirs] += 1
                if len(found.examples) < 40:
                    found.examples.append(f"{ours} {theirs} {packet.hex()}")
    found.cpu = lab.cpu() - before[0], bind.cpu() - before[1]
    return found
