"""Packets without end: known ones with a few octets changed, and new ones put together by chance.

The same seed makes the same packets, so a fault that was seen once can be seen again.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator

import dns.name
from packets import MALFORMED, NUMBER, header, opt, question, record

from enumlab import Zone

# A name of every kind that the long way and the short way through the responder tell apart.
TOP = "e164.arpa."
RECORDS = r"""
ns A 127.0.0.1
1 CNAME 2
2 NAPTR 10 100 "u" "E2U+sip" "!^.*$!sip:a@b.example!" .
2 NAPTR 10 100 "u" "E2U+sip" "!^.*$!sip:c@b.example!" .
3 NAPTR 10 100 "" "" "" 2
*.4 CNAME 2
loop CNAME pool
pool CNAME loop
away CNAME elsewhere.example.
nothing CNAME gone
5 NS ns.5
5 NS ns.elsewhere.example.
ns.5 A 127.0.0.5
ns.5 AAAA ::5
7 DNAME 8
1.8 TXT "moved"
a.b.c.d TXT "below three empty names"
*.6 TXT "any" "thing"
*.6 A 127.0.0.6
Mixed.Case A 127.0.0.7
x\.y TXT "a dot in a label"
"""


def plain() -> Zone:
    """The playground and a large rrset: as much as stock dnslib reads."""
    return Zone.named("playground").with_records(_texts("big", 40))


def served() -> Zone:
    """What the torture asks about: the playground, and a name of every other kind."""
    shares = "".join(
        f'9 NAPTR 10 {number} "u" "E2U+sip" "!^.*$!sip:{number}@b.example!" .\n'
        for number in range(5)
    )
    long = f"long DNAME {'.'.join(letter * 63 for letter in 'abc')}\n"
    return plain().with_records(RECORDS + _texts("middling", 8) + shares + long)


def _texts(owner: str, number: int) -> str:
    return "".join(f'{owner} TXT "{count:03}{"x" * 100}"\n' for count in range(number))


NAMES = [
    *["@", "1", "2", "3", "9", "0.4", "4", "loop", "away", "nothing", "5", "0.5", "ns.5", "7"],
    *["1.7", "8", "d", "c.d", "a.b.c.d", "0.6", "0.0.6", "6", "*.6", "mIXED.cASE", "big"],
    *["middling", "gone", "x.long", "x" * 63 + ".long", "ns", "0.x", r"\*.6", r"x\.y"],
    *["2.1.9.0.0.5.5.5.3.1.6", "0.0.0.2.0.5.5.5.2.1.6", "9.9.3.2.0.5.5.5.2.1.6", "2.1.6"],
    *["5.4.3.2.0.5.5.5.2.1.6", "example.com.", ".", "arpa.", "E164.ARPA."],
]
ORIGIN = dns.name.from_text(TOP)
WIRES = [dns.name.from_text(name.replace("@", TOP), ORIGIN).to_wire() for name in NAMES]
TYPES = [35, 35, 35, 35, 1, 16, 16, 28, 6, 2, 5, 39, 43, 255, 33, 0, 41, 65535]
CLASSES = [1] * 12 + [3, 4, 254, 255, 0, 2]
OPTIONS = [3, 8, 9, 10, 11, 12, 15, 100]
TELLING = [0, 1, 2, 3, 11, 12, 0x3F, 0x40, 0x7F, 0x80, 0xC0, 0xFF]  # octets that mean something
TELLING_WORDS = [0, 1, 2, 41, 0x00FF, 0x0100, 0x7FFF, 0x8000, 0xC00C, 0xC000, 0xFFFF]
LONGEST = 4096  # octets of a mutated packet

SOUND = [
    *[header() + question(wire, rdtype) for wire in WIRES for rdtype in (35, 16, 1)],
    *[header(0x100, additionals=1) + question(wire) + opt() for wire in WIRES],
    *[header(additionals=1) + question(wire, 16) + opt(4096, flags=0x8000) for wire in WIRES],
]
SEEDS = [
    *MALFORMED.values(),
    *SOUND,
    header(additionals=1) + question() + opt(data=b"\0\x0a\0\x08" + b"cookieco"),
    header(answers=1, additionals=1) + question() + record(NUMBER, 35) + opt(),
    header(authorities=1) + question() + b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4\1\2\3\4",
]


def mutated(seed: int, number: int) -> Iterator[bytes]:
    """Known packets, each with one to four changes."""
    chance = random.Random(seed)
    for _ in range(number):
        packet = bytearray(chance.choice(SEEDS))
        for _ in range(chance.choice((1, 1, 2, 3, 4))):
            packet = _changed(packet, chance)
        yield bytes(packet[:LONGEST])


def _changed(packet: bytearray, chance: random.Random) -> bytearray:
    if len(packet) < 3:
        return packet + chance.randbytes(chance.randrange(20))
    # The ID says nothing, so it is left alone.
    at = chance.randrange(2, len(packet))
    match chance.randrange(12):
        case 0 | 1:
            packet[at] ^= 1 << chance.randrange(8)
        case 2 | 3:
            packet[at] = chance.randrange(256)
        case 4:
            packet[at] = chance.choice(TELLING)
        case 5:
            packet[at : at + 2] = struct.pack("!H", chance.choice(TELLING_WORDS))
        case 6:
            packet[at:at] = chance.randbytes(chance.choice((1, 1, 2, 5, 40)))
        case 7:
            del packet[at : at + chance.choice((1, 1, 2, 5, 40))]
        case 8:
            del packet[at:]
        case 9:
            # A piece of the packet once more: labels, records, pointers.
            start = chance.randrange(2, len(packet))
            packet[at:at] = packet[start : start + chance.randrange(1, 60)]
        case 10:
            other = chance.choice(SEEDS)
            packet[at:] = other[chance.randrange(len(other) + 1) :]
        case _:
            counter = chance.randrange(4, 12)
            packet[counter : counter + 1] = bytes((chance.choice((0, 1, 2, 255)),))
    return packet


def structured(seed: int, number: int) -> Iterator[bytes]:
    """Packets with the parts of a message, each part by chance right or strange."""
    chance = random.Random(seed)
    for _ in range(number):
        yield _message(chance)


def _message(chance: random.Random) -> bytes:
    flags = chance.choice((0, 0, 0x100, 0x100, 0x110, 0x30, chance.randrange(0x10000)))
    counts = [chance.choice((1, 1, 1, 1, 1, 1, 0, 2)), *_few(chance), *_few(chance)]
    counts.append(chance.choice((0, 1, 1, 1, 2, 3)))
    body = bytearray()
    for _ in range(counts[0]):
        kind, rdclass = chance.choice(TYPES), chance.choice(CLASSES)
        body += _name(chance) + struct.pack("!HH", kind, rdclass)
    for _ in range(counts[1] + counts[2]):
        body += _record(chance)
    for _ in range(counts[3]):
        body += _record(chance) if chance.random() < 0.2 else _edns(chance)
    if chance.random() < 0.1:
        counts[chance.randrange(4)] = chance.choice((0, 1, 2, 3, 255, 65535))
    if chance.random() < 0.1:
        del body[chance.randrange(len(body) + 1) :]
    if chance.random() < 0.05:
        body += chance.randbytes(chance.randrange(1, 40))
    return struct.pack("!6H", 0, flags, *counts) + body


def _few(chance: random.Random) -> tuple[int]:
    return (chance.choice((0, 0, 0, 0, 0, 1, 2, 5)),)


def _name(chance: random.Random) -> bytes:
    match chance.randrange(12):
        case 0:
            return b"\xc0" + bytes((chance.choice((0, 2, 12, 13, 14, 20, 200)),))
        case 1:
            return chance.choice(WIRES)[:-1] + b"\xc0" + bytes((chance.choice((12, 14, 30)),))
        case 2:
            labels = [chance.randbytes(chance.randrange(1, 64)) for _ in range(chance.randrange(6))]
            return b"".join(bytes((len(label),)) + label for label in labels) + b"\0"
        case 3:
            return chance.randbytes(chance.randrange(1, 30))
        case 4 | 5:
            below = bytes((1, chance.choice(b"0123456789*aZ\0.\xff")))
            return below * chance.choice((1, 1, 2, 3, 100, 127)) + chance.choice(WIRES)
        case 6:
            return chance.choice(WIRES).upper()
        case _:
            return chance.choice(WIRES)


def _record(chance: random.Random) -> bytes:
    kind, rdclass = chance.choice([*TYPES, 250, 24]), chance.choice(CLASSES)
    data = chance.randbytes(chance.choice((0, 1, 4, 4, 16, 40)))
    length = len(data) if chance.random() < 0.9 else chance.choice((0, 1, 5, 300, 65535))
    ttl = chance.choice((0, 60, 1 << 31, (1 << 32) - 1))
    return _name(chance) + struct.pack("!HHIH", kind, rdclass, ttl, length) + data


def _edns(chance: random.Random) -> bytes:
    data = b""
    for _ in range(chance.choice((0, 0, 0, 1, 2, 5))):
        content = chance.randbytes(chance.choice((0, 0, 2, 8, 16, 24)))
        length = len(content) if chance.random() < 0.95 else chance.randrange(40)
        data += struct.pack("!HH", chance.choice(OPTIONS), length) + content
    return opt(
        chance.choice((0, 511, 512, 600, 1232, 1232, 4096, 65535)),
        chance.choice((0, 0, 0, 0, 0, 0, 1, 255)),
        chance.choice((0, 0, 0x8000, 0xFFFF)),
        data,
        chance.choice((b"\0",) * 9 + (b"\1a\0",)),
        chance.choice((0, 0, 0, 1, 255)),
    )
