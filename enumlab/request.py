"""A DNS query taken apart, or the reason why it cannot be (RFC 1035 section 4, RFC 6891).

Only what an answer depends on is read: header, question, and the EDNS record. Every other record
is stepped over, with its bounds checked. No name in a packet can make the reading long.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import dns.name

HEADER = struct.Struct("!HHHHHH")
TYPE_AND_CLASS = struct.Struct("!HH")
RECORD = struct.Struct("!HHIH")

LONGEST = 255  # octets of a name, its closing zero among them (RFC 1035 section 3.1)
OPT = 41
NO_QUESTION = "no question in the packet"
SIG, TSIG = 24, 250
ANY_CLASS = 255
COOKIE = 10  # an EDNS option: 8 octets of a client, 8 to 32 of a server (RFC 7873 section 4)

RESPONSE, RECURSION_DESIRED, CHECKING_DISABLED = 0x8000, 0x0100, 0x0010
OPCODE_MASK = 0x7800


class Malformed(Exception):
    """The bytes are not a query that can be answered; the sender is told FORMERR."""


@dataclass(frozen=True, slots=True)
class Edns:
    """The sender's EDNS record (RFC 6891 section 6).

    Attributes:
        size: octets of UDP payload that the sender takes, never below 512.
        version: 0 is the only one there is.
        dnssec_ok: the DO bit.
    """

    size: int
    version: int
    dnssec_ok: bool


@dataclass(frozen=True, slots=True)
class Signature:
    """The sender's TSIG record (RFC 8945 section 4.2), as far as a refusal repeats it.

    Attributes:
        key: the name of the key, in wire form.
        algorithm: its name, in wire form.
        when: time signed and fudge, 8 octets.
        original: the ID of the message when it was signed, 2 octets.
    """

    key: bytes
    algorithm: bytes
    when: bytes
    original: bytes


@dataclass(slots=True)
class Request:
    """What was asked; the fields below `flags` keep their defaults where reading stopped early.

    Attributes:
        id: the number that the answer repeats.
        flags: header bits as they came.
        owner: the name asked for, in wire form and in the letter case of the sender.
        rdtype: type asked for, as a number.
        rdclass: class asked for, as a number; 1 is the Internet.
        question: the bytes of the question section, or none if they could not be read.
        edns: the sender's EDNS record, if there is one.
        signature: the sender's TSIG record, if there is one.
        problem: why the packet is malformed, or an empty text.
    """

    id: int
    flags: int
    owner: bytes = b"\0"
    rdtype: int = 0
    rdclass: int = 0
    question: bytes = b""
    edns: Edns | None = None
    signature: Signature | None = None
    problem: str = ""

    @property
    def name(self) -> dns.name.Name:
        """The name asked for, in the letter case of the sender."""
        return dns.name.from_wire(self.owner, 0)[0]

    @property
    def opcode(self) -> int:
        """0 is a query; no other is served."""
        return (self.flags & OPCODE_MASK) >> 11


def read(packet: bytes) -> Request | None:
    """Take a packet apart; None for what must not be answered: too short, or itself an answer.

    Example:
        >>> import dns.message
        >>> query = dns.message.make_query("2.1.e164.arpa", "NAPTR", use_edns=0)
        >>> request = read(query.to_wire())
        >>> request.name.to_text(), request.rdtype, request.edns.version, request.problem
        ('2.1.e164.arpa.', 35, 0, '')
        >>> read(b"too short") is None
        True
    """
    if len(packet) < HEADER.size:
        return None
    number, flags, questions, *counts = HEADER.unpack_from(packet)
    if flags & RESPONSE:
        return None
    request = Request(number, flags)
    try:
        at = _question(packet, questions, request)
        _records(packet, at, counts, request)
    except Malformed as problem:
        request.problem, request.edns = str(problem), None
    return request


def _question(packet: bytes, count: int, request: Request) -> int:
    if count > 1:
        raise Malformed(f"{count} questions in one packet; there must be one")
    if count == 0:
        # Not an error yet: the records after it may hold an EDNS version to complain of first.
        request.problem = NO_QUESTION
        return HEADER.size
    request.owner, at = _name(packet, HEADER.size)
    if at + 4 > len(packet):
        raise Malformed("the question is cut short")
    request.rdtype, request.rdclass = TYPE_AND_CLASS.unpack_from(packet, at)
    request.question = request.owner + packet[at : at + 4]
    return at + 4


def _records(packet: bytes, at: int, counts: list[int], request: Request) -> None:
    """Step over the records; keep the EDNS record, which may stand in the last section only."""
    answers, authorities, additionals = counts
    sizes: dict[int, int] = {}
    for index in range(answers + authorities + additionals):
        start, at = at, _skip_name(packet, at, sizes)
        if at + RECORD.size > len(packet):
            raise Malformed("a record is cut short")
        rdtype, rdclass, ttl, length = RECORD.unpack_from(packet, at)
        at += RECORD.size
        if at + length > len(packet):
            raise Malformed("the data of a record is cut short")
        if rdtype == SIG:
            raise Malformed("the packet is signed, and the signature cannot be checked")
        if rdtype == TSIG:
            if index < answers + authorities or index < sum(counts) - 1 or rdclass != ANY_CLASS:
                raise Malformed("a TSIG record that is not the last, or not of class ANY")
            request.signature = _signature(packet, start, at, at + length)
        elif rdtype == OPT:
            if index < answers + authorities or packet[start] != 0 or request.edns is not None:
                raise Malformed("an EDNS record twice, with a name, or in the wrong section")
            _check_options(packet[at : at + length])
            version, dnssec_ok = (ttl >> 16) & 0xFF, bool(ttl & 0x8000)
            request.edns = Edns(max(512, rdclass), version, dnssec_ok)
        elif request.question and rdclass != request.rdclass:
            raise Malformed("a record of another class than the question")
        at += length


def _signature(packet: bytes, owner: int, at: int, end: int) -> Signature:
    algorithm, when = _name(packet, at)
    mac = when + 10
    if mac > end:
        raise Malformed("a TSIG record is cut short")
    original = mac + int.from_bytes(packet[mac - 2 : mac], "big")
    behind = original + 6
    if behind > end or behind + int.from_bytes(packet[behind - 2 : behind], "big") != end:
        raise Malformed("the lengths in a TSIG record do not add up")
    if packet[at:when] != algorithm:
        raise Malformed("the algorithm of a TSIG record is compressed")
    fields = algorithm, packet[when : when + 8], packet[original : original + 2]
    return Signature(_name(packet, owner)[0], *fields)


def _check_options(data: bytes) -> None:
    at = 0
    while at < len(data):
        if at + 4 > len(data):
            raise Malformed("an EDNS option is cut short")
        option, length = TYPE_AND_CLASS.unpack_from(data, at)
        if option == COOKIE and length != 8 and not 16 <= length <= 40:
            raise Malformed("a COOKIE option of a length that none has")
        at += 4 + length
    if at != len(data):
        raise Malformed("an EDNS option is longer than its record")


def _name(packet: bytes, start: int) -> tuple[bytes, int]:
    """The name at an offset, without pointers, and the offset behind it."""
    parts: list[bytes] = []
    at = first = lowest = start
    size, behind = 1, 0
    while True:
        if at >= len(packet):
            raise Malformed("a name is cut short")
        length = packet[at]
        if length >= 0xC0:
            parts.append(packet[first:at])
            behind = behind or at + 2
            first = at = lowest = _pointed(packet, at, lowest)
        elif length >= 0x40:
            raise Malformed("a label type that does not exist")
        elif length == 0:
            parts.append(packet[first : at + 1])
            return b"".join(parts), behind or at + 1
        else:
            size += length + 1
            if size > LONGEST or at + 1 + length > len(packet):
                raise Malformed("a name is longer than 255 octets, or cut short")
            at += 1 + length


def _pointed(packet: bytes, at: int, lowest: int) -> int:
    """Where a pointer leads: backwards only, or a name might have no end."""
    if at + 1 >= len(packet):
        raise Malformed("a pointer is cut short")
    target = (packet[at] & 0x3F) << 8 | packet[at + 1]
    if target >= lowest:
        raise Malformed("a pointer in a name does not lead backwards")
    return target


def _skip_name(packet: bytes, start: int, sizes: dict[int, int]) -> int:
    """Check a name that nobody needs to read; return the offset behind it.

    Args:
        packet: the whole message.
        start: offset of the name.
        sizes: octets of each name that a pointer led to, by offset. They keep the work in
            proportion to the packet, however many of its names point into each other.
    """
    at = start
    try:
        while 0 < (length := packet[at]) < 0x40:
            at += length + 1
    except IndexError:
        raise Malformed("a name is cut short") from None
    size, behind = at - start + 1, at + 1
    if length >= 0xC0:
        target = _pointed(packet, at, start)
        size, behind = at - start + _size(packet, target, sizes), at + 2
    elif length:
        raise Malformed("a label type that does not exist")
    if size > LONGEST:
        raise Malformed("a name is longer than 255 octets")
    return behind


def _size(packet: bytes, at: int, sizes: dict[int, int]) -> int:
    """Octets of the name at an offset that a pointer led to, its closing zero among them."""
    lowest = at
    walked: list[tuple[int, int]] = []
    while at not in sizes:
        if at >= len(packet):
            raise Malformed("a name is cut short")
        length = packet[at]
        if length >= 0xC0:
            walked.append((at, 0))
            at = lowest = _pointed(packet, at, lowest)
        elif length >= 0x40:
            raise Malformed("a label type that does not exist")
        elif length == 0:
            sizes[at] = 1
        else:
            walked.append((at, length + 1))
            at += length + 1
    size = sizes[at]
    for at, octets in reversed(walked):
        size += octets
        if size > LONGEST:
            raise Malformed("a name is longer than 255 octets")
        sizes[at] = size
    return size
