"""A question packed by hand, and a plain answer read by hand: many times as fast as by dnspython.

Nearly all answers of ENUM are plain: NAPTR records that belong to the name asked for, or none. What
is of another shape gives None here, and is left to dnspython.
"""

from __future__ import annotations

import re
import struct
from functools import lru_cache
from typing import NamedTuple

import dns.name
import dns.rdatatype

from enumlab.naptr import Naptr

HEADER = 12  # octets
NS, OPT, NAPTR = 2, 41, 35
ADDRESSES = {1, 28}  # of name servers: A and AAAA
TO_THE_QUESTION = b"\xc0\x0c"  # a pointer to the name asked for (RFC 1035 section 4.1.4)
EDE = 15  # the option that says why (RFC 8914)
TRUNCATED = 0x02

# Header without the ID: a query with one question and an EDNS record. No recursion is desired: the
# lab and its peers know their zone, and ask no one else.
HEAD = struct.pack("!HHHHH", 0, 1, 0, 0, 1)
EDNS = struct.pack("!BHHIH", 0, OPT, 1232, 0, 0)

DIGITS = re.compile(r"(?:[0-9]\.(?=.))*")
LONGEST = 255 + 4  # octets of a name, then type and class (RFC 1035 section 4.1.2)

SHORT = 1500  # octets of an answer that is remembered
RECORD = struct.Struct("!HHIH")  # type, class, TTL, length of the data
OPTION = struct.Struct("!HH")


class Told(NamedTuple):
    """What a plain answer says.

    Attributes:
        rcode: with the upper bits, which the EDNS record has.
        records: as they arrived.
        why: texts of the Extended DNS Errors.
        referral: whether it has NS records in its authority section.
    """

    rcode: int
    records: tuple[Naptr, ...]
    why: tuple[str, ...]
    referral: bool


def packed(domain: str, rdtype: str = "NAPTR") -> tuple[str, bytes]:
    r"""A name, absolute, and the question about it as octets.

    Raises:
        dns.exception.DNSException: the name or the type is none.

    Example:
        >>> packed("1.6.e164.arpa")
        ('1.6.e164.arpa.', b'\x011\x016\x04e164\x04arpa\x00\x00#\x00\x01')
    """
    found = DIGITS.match(domain)
    end = found.end() if found else 0
    name, wire = _rest(domain[end:], rdtype)
    if end + len(wire) > LONGEST:
        dns.name.from_text(domain)  # which says that it is too long
    digits = "".join([f"\1{digit}" for digit in domain[:end:2]])
    return domain[:end] + name, digits.encode() + wire


@lru_cache(maxsize=64)
def _rest(domain: str, rdtype: str) -> tuple[str, bytes]:
    """The same for what stands behind the digits of a name."""
    name = dns.name.from_text(domain)
    kind = struct.pack("!HH", dns.rdatatype.RdataType.make(rdtype), 1)
    return name.to_text(), (name.to_wire() or b"") + kind


def query(ident: int, question: bytes) -> bytes:
    """A query: header, question, EDNS record."""
    return ident.to_bytes(2, "big") + HEAD + question + EDNS


def fits(sent: bytes, response: bytes) -> bool:
    """Whether a response has the ID and, in the same letters, the question of a query."""
    end = len(sent) - len(EDNS)
    return (
        response[:2] == sent[:2]
        and response[HEADER:end] == sent[HEADER:end]
        and response[2] & 0xF8 == 0x80
        and response[4:6] == b"\0\1"
    )


def told(sent: bytes, response: bytes) -> Told | None:
    """What a response to this query says; None where it is not plain.

    Example:
        >>> sent = query(7, packed("1.6.e164.arpa.")[1])
        >>> told(sent, sent[:2] + bytes.fromhex("8403 0001 0000 0000 0000") + sent[12:-11])
        Told(rcode=3, records=(), why=(), referral=False)
    """
    end = HEADER
    try:
        while length := sent[end]:
            end += 1 + length
        end += 5
        if response[HEADER:end] != sent[HEADER:end] or response[4:6] != b"\0\1":
            return None
        head, tail = response[3:4] + response[6:HEADER], response[end:]
        return _kept(head, tail) if len(tail) <= SHORT else _read(head, tail)
    except (IndexError, struct.error, UnicodeDecodeError):
        return None


def _read(head: bytes, tail: bytes) -> Told | None:
    """Read what stands behind the question; `head` is the octet with the rcode, and the counts."""
    rcode, answers, authorities, additionals = struct.unpack("!BHHH", head)
    rcode &= 15
    records: dict[bytes, None] = {}  # as a set, which keeps the sequence: none counts twice
    why: list[str] = []
    referral, at = False, 0
    for place in range(answers + authorities + additionals):
        start = at
        while (length := tail[at]) and length < 0xC0:
            at += 1 + length
        at += 2 if length else 1
        kind, of_class, ttl, size = RECORD.unpack_from(tail, at)
        at += RECORD.size + size
        if at > len(tail):
            return None
        if place < answers:
            if kind != NAPTR or of_class != 1 or tail[start : start + 2] != TO_THE_QUESTION:
                return None
            records[tail[at - size : at]] = None
        elif place < answers + authorities:
            referral = referral or kind == NS
        elif kind == OPT and not tail[start] and rcode < 16:
            rcode |= ttl >> 24 << 4
            why += _extended_errors(tail[at - size : at])
        elif kind not in ADDRESSES:
            return None
    return Told(rcode, tuple(map(_naptr, records)), tuple(why), referral)


_kept = lru_cache(maxsize=4096)(_read)


def _extended_errors(options: bytes) -> list[str]:
    """Texts of the Extended DNS Errors among the options of an EDNS record."""
    found, at = [], 0
    while at < len(options):
        option, size = OPTION.unpack_from(options, at)
        at += OPTION.size + size
        if option == EDE:
            found.append(options[at - size + 2 : at].removesuffix(b"\0").decode())
    return [text for text in found if text]


def _naptr(data: bytes) -> Naptr:
    """A record's data: two numbers, three strings with their lengths, the root for no name."""
    order, preference = OPTION.unpack_from(data)
    texts, at = [], 4
    for _ in range(3):
        end = at + 1 + data[at]
        texts.append(data[at + 1 : end].decode("utf-8", "surrogateescape"))
        at = end
    if data[at:] != b"\0":
        raise IndexError("a replacement, which may be a pointer, is left to dnspython")
    return Naptr(order, preference, *texts)
