r"""A question packed by hand, and a plain answer read by hand, many times as fast as with dnspython.

Nearly all answers of ENUM are plain: NAPTR records that belong to the name asked for, or none. What
is of another shape gives None here, and is left to dnspython.
"""

from __future__ import annotations

import re
import struct
from functools import lru_cache
from typing import NamedTuple

import dns.exception
import dns.name
import dns.rdatatype

from enumlab.naptr import Naptr

HEADER = 12  # octets
NS, OPT, NAPTR = 2, 41, 35
TO_THE_QUESTION = b"\xc0\x0c"  # a pointer to the name asked for (RFC 1035 section 4.1.4)
EDE = 15  # the option that says why (RFC 8914)
TRUNCATED = 0x02

# Header without the ID: a query with one question and an EDNS record. No recursion is desired: the
# lab and its peers know their zone, and ask no one else.
HEAD = struct.pack("!HHHHH", 0, 1, 0, 0, 1)
EDNS = struct.pack("!BHHIH", 0, OPT, 1232, 0, 0)

PLAIN_NAME = re.compile(r"(?:[0-9A-Za-z_*-]{1,63}\.)+")
LONGEST = 254  # signs of a plain name with its last dot: 255 octets

SHORT = 1500  # octets of an answer that is remembered
RECORD = struct.Struct("!HHIH")  # type, class, TTL, length of the data
RANK = struct.Struct("!HH")


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
    name = domain if domain.endswith(".") else domain + "."
    if len(name) <= LONGEST and PLAIN_NAME.fullmatch(name):
        wire = bytes(name, "ascii")
        labels = wire.split(b".")
        wire = b"".join([b"%c%b" % (len(label), label) for label in labels])
    else:
        found = dns.name.from_text(domain)
        name, wire = found.to_text(), found.to_wire() or b""
    return name, wire + _kind(rdtype)


@lru_cache(maxsize=64)
def _kind(rdtype: str) -> bytes:
    return struct.pack("!HH", dns.rdatatype.RdataType.make(rdtype), 1)


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
        >>> told(query(7, packed("1.arpa.")[1]), bytes.fromhex("00078003 0001 0000 0000 0000"))
        >>> told(query(7, b"\\0\\0#\\0\\1"), bytes.fromhex("00078003 000100000000 0000 0000230001"))
        Told(rcode=3, records=(), why=(), referral=False)
    """
    end = HEADER
    try:
        while length := sent[end]:
            end += 1 + length
        end += 5
        if response[HEADER:end] != sent[HEADER:end] or response[4:6] != b"\0\1":
            return None
        head, tail = response[3:12:8] + response[6:12], response[end:]
        return _kept(head, tail) if len(tail) <= SHORT else _read(head, tail)
    except IndexError:
        return None


def _read(head: bytes, tail: bytes) -> Told | None:
    """What stands behind the question; `head` is the octet with the rcode, then three counts."""
    return None
