"""What a name server owes a client that uses EDNS, or does not: one check for each habit.

The habits are those that ISC's genreport asks about. The checks are written from the RFCs that each
one names, and put to a server through its sockets.
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import dns.name
import dns.rdatatype
import dnslib.server
import dnslib.zoneresolver
from packets import AA, AD, CD, QR, RA, RD, TC, Z, header, opt, question

from enumlab import Zone, peers
from enumlab.server import LabServer

TOP = "e164.arpa."
BIG = "9.9.e164.arpa."  # an rrset that does not fit into 512 octets
SOA, TXT, OPT, TSIG = 6, 16, 41, 250
NOERROR, FORMERR, NOTIMP, NOTAUTH, BADVERS = 0, 1, 4, 9, 16
DO = 0x8000

NSID, SUBNET, EXPIRE, COOKIE, KEEPALIVE, PADDING, EDE, UNKNOWN = 3, 8, 9, 10, 11, 12, 15, 100
CLIENT_COOKIE = bytes(range(1, 9))
ASKED = {
    NSID: b"",  # RFC 5001
    SUBNET: b"\0\1\0\0",  # RFC 7871: 0.0.0.0/0
    EXPIRE: b"",  # RFC 7314
    COOKIE: CLIENT_COOKIE,  # RFC 7873
    KEEPALIVE: b"",  # RFC 7828
    PADDING: b"\0" * 16,  # RFC 7830
    UNKNOWN: b"",  # RFC 6891 section 6.1.2: not assigned
}


def served() -> Zone:
    """The zone that all are asked about: the playground, and an rrset of 1,200 octets."""
    lines = [f'{BIG} 3600 IN TXT "{number:03}{"x" * 197}"' for number in range(6)]
    return Zone.named("playground").with_records("\n".join(lines))


@dataclass
class Reply:
    """A response taken apart, as far as the checks look."""

    size: int
    number: int
    flags: int
    rcode: int
    questions: list[tuple[dns.name.Name, int, int]] = field(default_factory=list)
    answers: list[tuple[dns.name.Name, int, bytes]] = field(default_factory=list)
    authorities: list[tuple[dns.name.Name, int, bytes]] = field(default_factory=list)
    additionals: list[tuple[dns.name.Name, int, bytes]] = field(default_factory=list)
    opts: list[tuple[dns.name.Name, int]] = field(default_factory=list)  # owner, the TTL field
    options: list[tuple[int, bytes]] = field(default_factory=list)

    @classmethod
    def read(cls, wire: bytes) -> Reply:
        number, flags, *counts = struct.unpack_from("!6H", wire)
        reply = cls(len(wire), number, flags, flags & 15)
        at = 12
        for _ in range(counts[0]):
            name, used = dns.name.from_wire(wire, at)
            rdtype, rdclass = struct.unpack_from("!HH", wire, at + used)
            reply.questions.append((name, rdtype, rdclass))
            at += used + 4
        sections = (reply.answers, reply.authorities, reply.additionals)
        for section, count in zip(sections, counts[1:], strict=True):
            for _ in range(count):
                name, used = dns.name.from_wire(wire, at)
                at += used + 10
                rdtype, _, ttl, length = struct.unpack_from("!HHIH", wire, at - 10)
                data = wire[at : at + length]
                at += length
                if rdtype == OPT:
                    reply.opts.append((name, ttl))
                    reply.rcode |= ttl >> 24 << 4
                    reply.options += _options(data)
                else:
                    section.append((name, rdtype, data))
        assert at == len(wire), "octets behind the last record"
        return reply


def _options(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        code, length = struct.unpack_from("!HH", data, at)
        yield code, data[at + 4 : at + 4 + length]
        at += 4 + length


@dataclass(frozen=True)
class Check:
    """One query, and what the reply must be.

    Attributes:
        what: the habit, and where an RFC states it.
        flags: of the header.
        edns: EDNS version, or None for a query without EDNS.
    """

    what: str
    flags: int = 0
    name: str = TOP
    rdtype: int = SOA
    edns: int | None = None
    size: int = 4096
    edns_flags: int = 0
    options: tuple[int, ...] = ()
    tcp: bool = False
    opcode: int = 0
    signed: bool = False
    cut: bool = False  # the answer does not fit
    rcode: int = NOERROR

    def packet(self) -> bytes:
        additionals = (self.edns is not None) + self.signed
        start = header(
            self.opcode << 11 | self.flags, 0 if self.opcode else 1, additionals=additionals
        )
        body = b"" if self.opcode else question(self.name, self.rdtype)
        if self.edns is not None:
            data = b"".join(
                struct.pack("!HH", code, len(ASKED[code])) + ASKED[code] for code in self.options
            )
            body += opt(self.size, self.edns, self.edns_flags, data)
        return start + body + (_signature() if self.signed else b"")

    def complaints(self, reply: Reply) -> list[str]:
        """What is wrong with a reply; nothing, if the server passes."""
        return [what for what, wrong in self._judged(reply) if wrong]

    def _judged(self, reply: Reply) -> Iterator[tuple[str, bool]]:
        flags = reply.flags
        yield "the number is another (RFC 1035 section 4.1.1)", reply.number != 7
        yield "it is not a response", not flags & QR
        yield "the opcode is another", flags >> 11 & 15 != self.opcode
        yield f"the rcode is {reply.rcode}, not {self.rcode}", reply.rcode != self.rcode
        yield "a reserved bit is set (RFC 1035 section 4.1.1)", bool(flags & Z)
        yield "AD is set, but the zone is not signed (RFC 4035 section 3.1.6)", bool(flags & AD)
        yield "TC is set, or is not, against the size", bool(flags & TC) != self.cut
        if self.flags & (RA | RD):
            yield "RA is set, where no recursion is offered", bool(flags & RA)
        limit = 65535 if self.tcp else 512 if self.edns is None else max(512, self.size)
        yield f"{reply.size} octets, and the client takes {limit}", reply.size > limit
        yield from self._data(reply)
        yield from self._edns(reply)
        if self.signed:
            tsig = [data for _, rdtype, data in reply.additionals if rdtype == TSIG]
            yield "no TSIG that says BADKEY (RFC 8945 section 5.2.1)", not any(map(_badkey, tsig))

    def _data(self, reply: Reply) -> Iterator[tuple[str, bool]]:
        name = dns.name.from_text(self.name)
        records = [*reply.answers, *reply.authorities]
        if self.opcode:
            yield "records in the reply to an unknown opcode", bool(records)
            yield "AA in the reply to an unknown opcode", bool(reply.flags & AA)
            return
        yield "the question is not repeated", reply.questions != [(name, self.rdtype, 1)]
        if self.rcode != NOERROR:
            yield "records beside an error", bool(records)
            return
        yield "AA is not set", not reply.flags & AA
        yield "RD is not copied (RFC 1035 section 4.1.1)", (reply.flags ^ self.flags) & RD != 0
        yield "CD is not copied (RFC 4035 section 3.1.6)", (reply.flags ^ self.flags) & CD != 0
        if self.cut:
            return
        if reply.answers:
            wrong = [owner for owner, rdtype, _ in reply.answers if rdtype != self.rdtype]
            yield "records of another type in the answer", bool(wrong)
            yield "records of another name", any(owner != name for owner, *_ in reply.answers)
        else:
            there = [owner for owner, rdtype, _ in reply.authorities if rdtype == SOA]
            yield "NODATA without an SOA record (RFC 2308 section 2.2)", len(there) != 1
        has = self.rdtype in (SOA, 2, 1) if self.name == TOP else True
        yield (
            "an answer where there is none, or none where there is one",
            (bool(reply.answers) != has),
        )

    def _edns(self, reply: Reply) -> Iterator[tuple[str, bool]]:
        if self.edns is None:
            yield "EDNS, and the client has none (RFC 6891 section 7)", bool(reply.opts)
            return
        yield "not one OPT record (RFC 6891 section 6.1.1)", len(reply.opts) != 1
        for owner, word in reply.opts:
            yield "the OPT record has a name", owner != dns.name.root
            yield f"EDNS version {word >> 16 & 255} claimed", word >> 16 & 255 != 0
            yield "unknown EDNS flags came back (section 6.1.4)", word & 0x7FFF != 0
            if self.rcode == NOERROR:
                yield "DO is not copied (RFC 3225 section 3)", (word ^ self.edns_flags) & DO != 0
        for code, data in reply.options:
            yield (
                f"option {code} came back as {data.hex() or 'nothing'}",
                not _allowed(code, data, self.options),
            )


def _allowed(code: int, data: bytes, asked: tuple[int, ...]) -> bool:
    """Whether an option may stand in a response; what was asked must not simply be echoed."""
    if code == EDE:
        return len(data) >= 2  # RFC 8914: needs not be asked for
    if code not in asked:
        return False
    if code == COOKIE:  # RFC 7873 section 4: the client's 8 octets, and 8 to 32 of the server's
        return data.startswith(CLIENT_COOKIE) and 16 <= len(data) <= 40
    if code == SUBNET:  # RFC 7871 section 7.2.1: family, length and address as they came
        return data == ASKED[SUBNET]
    return {NSID: len(data) > 0, EXPIRE: len(data) == 4, PADDING: True}.get(code, False)


def _signature() -> bytes:
    """A TSIG record of a key that no server has: the root's name, and 32 zeros (RFC 8945)."""
    algorithm = dns.name.from_text("hmac-sha256.").to_wire()
    now = int(time.time())
    data = struct.pack("!HIHH", now >> 32, now & 0xFFFFFFFF, 300, 32) + b"\0" * 32
    data = algorithm + data + struct.pack("!HHH", 7, 0, 0)
    return b"\0" + struct.pack("!HHIH", TSIG, 255, 0, len(data)) + data


def _badkey(data: bytes) -> bool:
    _, used = dns.name.from_wire(data, 0)
    (length,) = struct.unpack_from("!H", data, used + 8)
    return struct.unpack_from("!HH", data, used + 10 + length)[1] == 17


EVERY = RD | RA | TC | AA | Z | AD | CD
OPTION_NAMES = {NSID: "NSID", COOKIE: "COOKIE", EXPIRE: "EXPIRE", SUBNET: "client subnet"}

COMPLIANCE = [
    Check("plain DNS"),
    Check("AA in the query is not looked at", AA),
    Check("AD in the query asks for AD, and an unsigned zone has none", AD),
    Check("CD is copied", CD),
    Check("RA in the query is not looked at", RA),
    Check("RD is copied, and no recursion offered", RD),
    Check("TC in the query is not looked at", TC),
    Check("Z in the query is not looked at", Z),
    Check("opcode 15", opcode=15, rcode=NOTIMP),
    Check("opcode 15, every flag set", EVERY, opcode=15, rcode=NOTIMP),
    Check("an unknown type", rdtype=666),
    Check("plain DNS over TCP", tcp=True),
    Check("EDNS", edns=0),
    Check("EDNS version 1", edns=1, rcode=BADVERS),
    Check("EDNS, 512 octets, an answer that is larger", 0, BIG, TXT, 0, 512, DO, cut=True),
    Check("EDNS, unknown option", edns=0, options=(UNKNOWN,)),
    Check("EDNS version 1, unknown option", edns=1, options=(UNKNOWN,), rcode=BADVERS),
    Check("EDNS, DO", edns=0, edns_flags=DO),
    Check("EDNS, DO and CD", CD, edns=0, edns_flags=DO),
    Check("EDNS version 1, DO", edns=1, edns_flags=DO, rcode=BADVERS),
    Check("EDNS, unknown flag", edns=0, edns_flags=0x80),
    Check("EDNS, four options", edns=0, options=(NSID, SUBNET, EXPIRE, COOKIE)),
    *[Check(f"EDNS, {name}", edns=0, options=(code,)) for code, name in OPTION_NAMES.items()],
    *[
        Check(f"EDNS version 1, {name}", edns=1, options=(code,), rcode=BADVERS)
        for code, name in OPTION_NAMES.items()
    ],
    Check("EDNS over TCP, larger than the size that UDP has", 0, BIG, TXT, 0, 512, DO, tcp=True),
    Check("as BIND 9.11 asks", edns=0, edns_flags=DO, options=(COOKIE,)),
    Check("as dig 9.11 asks", RD | AD, edns=0, options=(COOKIE,)),
    Check("signed with a key that nobody has", signed=True, rcode=NOTAUTH),
]

# Every type with data of its own that the registry of IANA lists up to here, and two without name.
NUMBERS = [*range(1, 41), *range(42, 54), *range(55, 65), *range(99, 110), *range(256, 262)]
TYPES = [
    Check(f"type {dns.rdatatype.to_text(number)}", rdtype=number)
    for number in [*NUMBERS, 1000, 32768, 32769, 65280]
]

# Not in genreport's set.
BEYOND = [
    Check("EDNS, padding", edns=0, options=(PADDING,)),
    Check("EDNS, keepalive over UDP (RFC 7828 section 3.2.1)", edns=0, options=(KEEPALIVE,)),
    Check("EDNS, an answer of 1,300 octets", 0, BIG, TXT, 0, 1400, cut=True),
    Check("plain DNS, an answer that is larger than 512 octets", 0, BIG, TXT, cut=True),
    Check("plain DNS over TCP, an answer of 1,300 octets", 0, BIG, TXT, tcp=True),
    Check("EDNS, size 0 counts as 512 (RFC 6891 section 6.2.3)", edns=0, size=0),
    Check("EDNS version 255", edns=255, rcode=BADVERS),
    Check("EDNS, every flag", edns=0, edns_flags=0xFFFF),
    Check("EDNS, an unknown type", rdtype=666, edns=0),
    Check("EDNS over TCP, version 1", edns=1, tcp=True, rcode=BADVERS),
    *[Check(f"opcode {code}", opcode=code, rcode=NOTIMP) for code in (3, 6, 7, 8, 14)],
    Check("every flag in the header", EVERY),
]


def ask(address: tuple[str, int], packet: bytes, tcp: bool, wait: float = 1.0) -> bytes | None:
    """The reply to a packet; None where none came."""
    kind = socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM
    with socket.socket(type=kind) as sock:
        sock.settimeout(wait)
        sock.connect(address)
        try:
            if not tcp:
                sock.send(packet)
                return sock.recv(65535)
            sock.sendall(struct.pack("!H", len(packet)) + packet)
            with sock.makefile("rb") as stream:
                return stream.read(int.from_bytes(stream.read(2), "big")) or None
        except (TimeoutError, ConnectionError):
            return None


def verdict(address: tuple[str, int], check: Check) -> list[str]:
    """What a server does wrong; nothing, if it passes."""
    wire = ask(address, check.packet(), check.tcp)
    if wire is None:
        return ["no reply"]
    try:
        reply = Reply.read(wire)
    except (struct.error, AssertionError, dns.exception.DNSException) as error:
        return [f"the reply cannot be read: {error!r}"]
    return check.complaints(reply)


@contextmanager
def stock_dnslib(zone: Zone) -> Iterator[tuple[str, int]]:
    """The server and the zone resolver that come with dnslib, as their manual shows them."""
    resolver = dnslib.zoneresolver.ZoneResolver(zone.to_text(), glob=True)
    silent = dnslib.server.DNSLogger(logf=lambda line: None, prefix=False)
    with ExitStack() as stack:
        udp, tcp = _on_one_port(resolver, silent)
        for server in udp, tcp:
            server.server.handle_error = lambda *_: None  # tracebacks on stderr
            stack.callback(server.server.server_close)
            server.start_thread()
            stack.callback(server.stop)
        yield "127.0.0.1", udp.server.server_address[1]


def _on_one_port(*given: object) -> tuple[dnslib.server.DNSServer, dnslib.server.DNSServer]:
    """A server for UDP and one for TCP, which find the same port free."""
    resolver, logger = given
    while True:
        udp = dnslib.server.DNSServer(resolver, address="127.0.0.1", port=0, logger=logger)
        port = udp.server.server_address[1]
        try:
            tcp = dnslib.server.DNSServer(
                resolver, address="127.0.0.1", port=port, tcp=True, logger=logger
            )
        except OSError:  # another program has it for TCP
            udp.server.server_close()
        else:
            return udp, tcp


def rows(full: bool) -> Iterator[tuple[str, str, str, str]]:
    """Figures for the table: (what, figure, peer figure, note)."""
    zone = served()
    with LabServer(zone, port=0) as lab, peers.bind(zone) as bind, stock_dnslib(zone) as stock:
        sets = {
            "EDNS compliance": COMPLIANCE,
            "one query for each type": TYPES,
            "more of the same": BEYOND,
        }
        for what, checks in sets.items():
            counts = [
                sum(not verdict(address, check) for check in checks)
                for address in (lab.address, bind.address, stock)
            ]
            ours, theirs, simple = (f"{count} of {len(checks)}" for count in counts)
            yield what, ours, f"BIND {theirs}, stock dnslib {simple}", "checks passed"
