"""DNS packets built by hand, right and wrong, for the tests of the protocol."""

from __future__ import annotations

import struct

import dns.name

RD, QR, AA, TC, RA, Z, AD, CD = 0x100, 0x8000, 0x400, 0x200, 0x80, 0x40, 0x20, 0x10
NAPTR, A, TXT, ANY = 35, 1, 16, 255

NUMBER = "2.1.9.0.0.5.5.5.3.1.6.e164.arpa."


def header(flags=0, questions=1, answers=0, authorities=0, additionals=0, number=7):
    return struct.pack("!6H", number, flags, questions, answers, authorities, additionals)


def question(name=NUMBER, rdtype=NAPTR, rdclass=1):
    wire = name if isinstance(name, bytes) else dns.name.from_text(name).to_wire()
    return wire + struct.pack("!HH", rdtype, rdclass)


def opt(size=1232, version=0, flags=0, data=b"", owner=b"\0", extended_rcode=0):
    fixed = struct.pack("!HHBBHH", 41, size, extended_rcode, version, flags, len(data))
    return owner + fixed + data


def record(name=NUMBER, rdtype=A, rdclass=1, data=b"\x7f\0\0\1", length=None):
    wire = dns.name.from_text(name).to_wire()
    length = len(data) if length is None else length
    return wire + struct.pack("!HHIH", rdtype, rdclass, 0, length) + data


LONG = b"\x3f" + b"a" * 63

# name -> packet: what a server must refuse, or must bear with.
MALFORMED = {
    "a response": header(QR) + question(),
    "a response with an error": header(QR | 3) + question(),
    "shorter than a header": header()[:11],
    "nothing": b"",
    "a header alone, no question": header(questions=0),
    "a header alone, one question promised": header(),
    "two questions": header(questions=2) + question() + question(rdtype=A),
    "65535 questions promised": header(questions=65535) + question(),
    "the same question twice": header(questions=2) + question() + question(),
    "class CHAOS": header() + question(rdclass=3),
    "class HESIOD": header() + question(rdclass=4),
    "class 0": header() + question(rdclass=0),
    "class 2": header() + question(rdclass=2),
    "class 5": header() + question(rdclass=5),
    "class NONE": header() + question(rdclass=254),
    "class ANY": header() + question(rdclass=255),
    "class 65535": header() + question(rdclass=65535),
    "type 0": header() + question(rdtype=0),
    "type OPT": header() + question(rdtype=41),
    "type TKEY": header() + question(rdtype=249),
    "type TSIG": header() + question(rdtype=250),
    "type IXFR": header() + question("e164.arpa.", rdtype=251),
    "type AXFR": header() + question("e164.arpa.", rdtype=252),
    "type AXFR below the top": header() + question(rdtype=252),
    "type MAILB": header() + question(rdtype=253),
    "type MAILA": header() + question(rdtype=254),
    "type 65535": header() + question(rdtype=65535),
    "a name outside the zone": header() + question("example.com."),
    "the root": header() + question("."),
    "the parent of the zone": header() + question("arpa."),
    "bytes behind the question": header() + question() + b"xx",
    "an answer in the query": header(answers=1) + question() + record(),
    "an authority in the query": header(authorities=1) + question() + record(),
    "an additional record": header(additionals=1) + question() + record(),
    "an answer promised, none there": header(answers=1) + question(),
    "65535 records promised": header(0, 1, 65535, 65535, 65535) + question(),
    "data of a record cut short": header(answers=1) + question() + record(length=9),
    "a name pointing at itself": header() + question(b"\xc0\x0c"),
    "a name pointing forward": header() + question(b"\xc0\x14") + b"\1a\0" * 9,
    "a name pointing into the header": header() + question(b"\xc0\x00"),
    "a name pointing past the end": header() + question(b"\xff\xff"),
    "two pointers in a circle": header() + b"\1a\xc0\x10\1a\xc0\x0c" + question(b"\xc0\x0c"),
    "label type 01": header() + question(b"\x41a\0"),
    "label type 10": header() + question(b"\x81a\0"),
    "a name of 255 octets": header() + question(LONG * 3 + b"\x3d" + b"a" * 61 + b"\0"),
    "a name of 256 octets": header() + question(LONG * 3 + b"\x3e" + b"a" * 62 + b"\0"),
    "a name of 5 labels of 63": header() + question(LONG * 5 + b"\0"),
    "a name cut short": header() + b"\5ab",
    "a name without its end": header() + b"\1a",
    "a question without its type": header() + question()[:-4],
    "a question without its class": header() + question()[:-2],
    "a label with a dot and a zero": header() + question(b"\3a.b\1\0\4e164\4arpa\0"),
    "flag AA": header(AA) + question(),
    "flag TC": header(TC) + question(),
    "flag RD": header(RD) + question(),
    "flag RA": header(RA) + question(),
    "flag Z": header(Z) + question(),
    "flag AD": header(AD) + question(),
    "flag CD": header(CD) + question(),
    "an rcode in the query": header(3) + question(),
    "every flag": header(0x7F & 0xFFFF | RD | AA | TC) + question(),
    "EDNS": header(additionals=1) + question() + opt(),
    "EDNS version 1": header(additionals=1) + question() + opt(version=1),
    "EDNS version 255": header(additionals=1) + question() + opt(version=255),
    "EDNS version 1, no such name": (
        header(additionals=1) + question("9.e164.arpa.") + opt(version=1)
    ),
    "EDNS version 1, no question": header(questions=0, additionals=1) + opt(version=1),
    "EDNS, no question": header(questions=0, additionals=1) + opt(),
    "EDNS, DO": header(additionals=1) + question() + opt(flags=0x8000),
    "EDNS, reserved flag": header(additionals=1) + question() + opt(flags=0x4000),
    "EDNS, unknown option": header(additionals=1) + question() + opt(data=b"\0\x64\0\2hi"),
    "EDNS, option too long": header(additionals=1) + question() + opt(data=b"\0\x64\0\x09hi"),
    "EDNS, option cut short": header(additionals=1) + question() + opt(data=b"\0\x64\0"),
    "EDNS, NSID asked": header(additionals=1) + question() + opt(data=b"\0\3\0\0"),
    "EDNS, size 0": header(additionals=1) + question() + opt(size=0),
    "EDNS, size 511": header(additionals=1) + question() + opt(size=511),
    "EDNS, size 65535": header(additionals=1) + question() + opt(size=65535),
    "EDNS, extended rcode": header(additionals=1) + question() + opt(extended_rcode=5),
    "EDNS twice": header(additionals=2) + question() + opt() + opt(),
    "EDNS with a name": header(additionals=1) + question() + opt(owner=b"\1a\0"),
    "EDNS among the answers": header(answers=1) + question() + opt(),
    "EDNS among the authorities": header(authorities=1) + question() + opt(),
    "EDNS, data cut short": header(additionals=1) + question() + opt(data=b"1234")[:-1],
    "EDNS, refused name": header(additionals=1) + question("example.com.") + opt(),
    "a TSIG record": header(additionals=1) + question() + record(".", 250, 255, b""),
    "a SIG(0) record": header(additionals=1) + question() + record(".", 24, 1, b""),
} | {f"opcode {code}": header(code << 11) + question() for code in (1, 2, 3, 6, 7, 15)}

# More of these; over some, the lab and BIND may differ (tests/torture/differ.py says why).
MORE = {
    "nothing but zeros": bytes(12),
    "nothing but ones": b"\xff" * 40,
    "a header of ones, no response": b"\0\7\x7f\xff" + b"\xff" * 8,
    "a response with two questions": header(QR, questions=2) + question() * 2,
    "a response of opcode 2": header(QR | 2 << 11) + question(),
    "a response with EDNS version 1": header(QR, additionals=1) + question() + opt(version=1),
    "a question whose name is cut after its length": header() + b"\x3f",
    "a pointer cut short": header() + b"\1a\xc0",
    "a pointer to a pointer": header(questions=1, additionals=1)
    + question()
    + b"\xc0\x0c"
    + struct.pack("!HHIH", A, 1, 0, 2)
    + b"\xc0\x0c",
    "a record whose name points at itself": header(answers=1)
    + question()
    + b"\xc0\x31"
    + b"\0" * 10,
    "a record with label type 10": header(answers=1) + question() + b"\x81a\0" + b"\0" * 10,
    "a record with a name of 256 octets": header(answers=1)
    + question()
    + (LONG * 3 + b"\x3e" + b"a" * 62 + b"\0")
    + struct.pack("!HHIH", A, 1, 0, 4)
    + b"\1\2\3\4",
    "127 labels": header() + question(b"\1a" * 127 + b"\0"),
    "128 labels": header() + question(b"\1a" * 128 + b"\0"),
    "127 labels below the zone": header() + question(b"\1a" * 122 + b"\4e164\4arpa\0"),
    "a name in capitals": header() + question(NUMBER.upper()),
    "a label of zeros": header() + question(b"\3\0\0\0\4e164\4arpa\0"),
    "an asterisk asked for": header() + question("*.2.0.5.5.5.2.1.6.e164.arpa."),
    "a record of class CHAOS": header(answers=1) + question() + record(rdclass=3),
    "a record of class ANY": header(answers=1) + question() + record(rdclass=255),
    "a record of class NONE": header(answers=1) + question() + record(rdclass=254),
    "a record with a negative TTL": header(answers=1)
    + question()
    + b"\0"
    + struct.pack("!HHIH", A, 1, 1 << 31, 4)
    + b"\1\2\3\4",
    "a record of 3 octets for an address": header(additionals=1) + question() + record(data=b"abc"),
    "bytes behind EDNS": header(additionals=1) + question() + opt() + b"xx",
    "an address before EDNS": header(additionals=2) + question() + record() + opt(),
    "an address behind EDNS": header(additionals=2) + question() + opt() + record(),
    "EDNS three times": header(additionals=3) + question() + opt() * 3,
    "EDNS twice, the second of version 1": header(additionals=2)
    + question()
    + opt()
    + opt(version=1),
    "EDNS version 1, two questions": header(questions=2, additionals=1)
    + question() * 2
    + opt(version=1),
    "EDNS version 1, opcode 2": header(2 << 11, additionals=1) + question() + opt(version=1),
    "EDNS version 1, class CHAOS": header(additionals=1) + question(rdclass=3) + opt(version=1),
    "EDNS version 1, a bad option": header(additionals=1)
    + question()
    + opt(version=1, data=b"\0\x64\0\x09hi"),
    "EDNS, opcode 2": header(2 << 11, additionals=1) + question() + opt(),
    "EDNS, opcode 2, no question": header(2 << 11, 0, additionals=1) + opt(),
    "EDNS, a pointer for an owner": header(additionals=1) + question() + opt(owner=b"\xc0\x0c"),
    "EDNS, a pointer to the root": header(additionals=1) + question() + opt(owner=b"\xc0\x2a"),
    "EDNS, an option of 60,000 octets": header(additionals=1)
    + question()
    + opt(data=struct.pack("!HH", 100, 60000) + bytes(60000)),
    "EDNS, a thousand options": header(additionals=1) + question() + opt(data=b"\0\x64\0\0" * 1000),
    "EDNS, keepalive with data": header(additionals=1) + question() + opt(data=b"\0\x0b\0\1a"),
    "EDNS, NSID with data": header(additionals=1) + question() + opt(data=b"\0\3\0\1a"),
    "EDNS, an extended error": header(additionals=1) + question() + opt(data=b"\0\x0f\0\2aa"),
    "EDNS, an extended error of 1 octet": header(additionals=1)
    + question()
    + opt(data=b"\0\x0f\0\1a"),
    "EDNS, EXPIRE with data": header(additionals=1) + question() + opt(data=b"\0\x09\0\1a"),
    "EDNS, client subnet of 2 octets": header(additionals=1)
    + question()
    + opt(data=b"\0\x08\0\2ab"),
    "EDNS, key tag of 1 octet": header(additionals=1) + question() + opt(data=b"\0\x0e\0\1a"),
    "EDNS, cookie": header(additionals=1) + question() + opt(data=b"\0\x0a\0\x08abcdefgh"),
    "EDNS, cookie of 7 octets": header(additionals=1)
    + question()
    + opt(data=b"\0\x0a\0\x07abcdefg"),
    "EDNS, cookie of 12 octets": header(additionals=1)
    + question()
    + opt(data=b"\0\x0a\0\x0cabcdefghabcd"),
    "EDNS, cookie, no question": header(questions=0, additionals=1)
    + opt(data=b"\0\x0a\0\x08abcdefgh"),
    "no question, a record": header(questions=0, additionals=1) + record("."),
    "no question, an answer": header(questions=0, answers=1) + record("."),
    "no question, a record of class 5": header(questions=0, additionals=1) + record(".", rdclass=5),
    "no question, a record of class CHAOS": header(questions=0, answers=1) + record(".", rdclass=3),
    "no question, a record of class ANY": header(questions=0, answers=1) + record(".", rdclass=255),
    "type TSIG, class 2": header() + question(rdtype=250, rdclass=2),
    "type TSIG, class HESIOD": header() + question(rdtype=250, rdclass=4),
    "type TSIG, class CHAOS": header() + question(rdtype=250, rdclass=3),
    "type TSIG, class ANY": header() + question(rdtype=250, rdclass=255),
    "type MAILB, class 2": header() + question(rdtype=253, rdclass=2),
    "type AXFR, class CHAOS": header() + question("e164.arpa.", rdtype=252, rdclass=3),
    "type AXFR, outside the zone": header() + question("example.com.", rdtype=252),
    "type ANY": header() + question(rdtype=255),
    "type ANY, with EDNS": header(additionals=1) + question(rdtype=255) + opt(),
    "opcode 2, no question": header(2 << 11, questions=0),
    "opcode 2, class 0": header(2 << 11) + question(rdclass=0),
    "opcode 2, class ANY": header(2 << 11) + question(rdclass=255),
    "opcode 2, two questions": header(2 << 11, questions=2) + question() * 2,
    "opcode 2, cut short": header(2 << 11) + question()[:-2],
    "class ANY, a record of class IN, EDNS version 1": header(additionals=2)
    + question(rdclass=255)
    + record()
    + opt(version=1),
    "NSEC of an alias to nothing": header() + question("nothing.e164.arpa.", 47),
    "NSEC of an alias": header() + question("1.e164.arpa.", 47),
    "SIG of an alias that does not end": header() + question("loop.e164.arpa.", 24),
    "a SIG record that signs nothing": header(additionals=1)
    + question()
    + record(rdtype=24, data=struct.pack("!HBBIIIH", 1, 8, 2, 60, 2, 1, 7) + b"\1a\0sign"),
    "opcode 8, two questions": header(8 << 11, questions=2) + question() + question(rdtype=A),
    "EDNS version 1, two equal questions": header(questions=2, additionals=1)
    + question() * 2
    + opt(version=1),
    "EDNS version 1, opcode 8, class ANY": header(8 << 11, additionals=1)
    + question(rdclass=255)
    + opt(version=1),
    "NOTIFY": header(4 << 11) + question("e164.arpa.", 6),
    "NOTIFY with an answer": header(4 << 11 | AA, answers=1) + question("e164.arpa.", 6) + record(),
    "UPDATE": header(5 << 11) + question("e164.arpa.", 6),
    "UPDATE of another zone": header(5 << 11) + question("example.com.", 6),
} | {f"opcode {code}": header(code << 11) + question() for code in range(8, 15)}
