"""The numbers in a DNS message in words."""

from __future__ import annotations

import dns.edns
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype

COOKIE, EDE = 10, 15
OPTIONS = {3: "name server ID", COOKIE: "cookie", 12: "padding", EDE: "Extended DNS Error"}

BITS = (
    (0x0400, "authoritative (AA)"),
    (0x0200, "cut short (TC)"),
    (0x0100, "recursion desired (RD)"),
    (0x0080, "recursion available (RA)"),
    (0x0040, "reserved bit (Z)"),
    (0x0020, "authentic data (AD)"),
    (0x0010, "checking disabled (CD)"),
)


def many(count: int, what: str, section: str = "") -> str:
    """A count and its noun.

    Example:
        >>> many(1, "octet"), many(2, "record", "answer")
        ('1 octet', '2 records in the answer section')
    """
    where = f" in the {section} section" if section else ""
    return f"{count} {what}{'' if count == 1 else 's'}{where}"


def flags(bits: int) -> str:
    """The second field of the header.

    Example:
        >>> flags(0x8403)
        'response (QR 1), opcode QUERY, authoritative (AA), rcode NXDOMAIN'
    """
    opcode = dns.opcode.to_text(dns.opcode.from_flags(bits))
    told = [f"{'response' if bits & 0x8000 else 'query'} (QR {bits >> 15})", f"opcode {opcode}"]
    told += [word for bit, word in BITS if bits & bit]
    return ", ".join([*told, f"rcode {rcode(bits)}"])


def rcode(bits: int, extended: int = 0) -> str:
    """The return code, from the header's flags and the upper eight bits in the EDNS record."""
    return dns.rcode.to_text(dns.rcode.from_flags(bits, extended << 24))


def rdtype(number: int) -> str:
    """A type, as text such as "NAPTR", or "TYPE65280" where it has no name."""
    return dns.rdatatype.to_text(dns.rdatatype.RdataType.make(number))


def rdclass(number: int) -> str:
    """A class, as text such as "IN", or "CLASS7" where it has no name."""
    return dns.rdataclass.to_text(dns.rdataclass.RdataClass.make(number))


def seconds(number: int) -> str:
    """A time, and the same in a larger unit where it comes out even.

    Example:
        >>> seconds(3600), seconds(90)
        ('3600 s (1 hour)', '90 s')
    """
    for size, unit in (86400, "day"), (3600, "hour"), (60, "minute"):
        if number and number % size == 0:
            return f"{number} s ({many(number // size, unit)})"
    return f"{number} s"


def ttl(number: int) -> str:
    """A TTL; the first bit must not be set."""
    if number >= 1 << 31:
        return f"{number}, which counts as 0 s: the first bit must be 0 (RFC 2181 section 8)"
    return seconds(number)


def option(code: int) -> str:
    """An EDNS option."""
    return f"{code} ({OPTIONS[code]})" if code in OPTIONS else str(code)


def extended_error(code: int) -> str:
    """The info code of an Extended DNS Error (RFC 8914)."""
    name = dns.edns.EDECode.to_text(dns.edns.EDECode.make(code)).replace("_", " ").capitalize()
    return f"{code} ({name})"


def text(raw: bytes) -> str:
    """Octets as text; what cannot be shown becomes a replacement character."""
    decoded = raw.decode("utf-8", "replace")
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in decoded)
