"""What holds for every reply, whatever the query was."""

from __future__ import annotations

import re
import struct
from contextlib import suppress

import dns.exception
import dns.message
import dnslib

QR, OPCODE, TC, RD, RA, Z, AD, CD = 0x8000, 0x7800, 0x200, 0x100, 0x80, 0x40, 0x20, 0x10
PLAIN, LARGEST = 512, 1232  # octets over UDP: without EDNS, and the most that the lab sends
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, YXDOMAIN, NOTAUTH = *range(7), 9
# Of the header; BADVERS has 0 there.
RCODES = {NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, YXDOMAIN, NOTAUTH}
UPDATE = 5

UNASKED = "an answer to a response, or to less than a header"
LARGE = "more than the client takes"
EDNS = re.compile(rb"\0\0\x29(..)", re.DOTALL)  # root, type OPT; then the size


def complaints(query: bytes, wire: bytes | None, tcp: bool, *, parse: bool = True) -> list[str]:
    """What is wrong with a reply, or with silence; nothing, if all is well.

    Args:
        query: the bytes that came.
        wire: the bytes that were sent back; None for silence.
        tcp: how they came.
        parse: also read the whole reply, with dnspython and with dnslib.
    """
    silent = len(query) < 12 or query[2] & 0x80
    if wire is None or silent:
        wrong = {
            UNASKED: wire is not None,
            "silence": wire is None and not silent,
        }
    else:
        wrong = _header(query, wire) | _size(query, wire, tcp)
        wrong["the question is not repeated as it came"] = not _echoed(query, wire)
    found = [what for what, is_wrong in wrong.items() if is_wrong]
    if parse and wire is not None and not found:
        found = unreadable(wire)
    return found


def _header(query: bytes, wire: bytes) -> dict[str, bool]:
    asked, flags = (int.from_bytes(packet[2:4], "big") for packet in (query, wire))
    same = OPCODE | RD | CD
    return {
        "another ID": wire[:2] != query[:2],
        "QR is not set": not flags & QR,
        "another opcode, RD or CD": flags & same != asked & same,
        "RA, Z or AD is set": bool(flags & (RA | Z | AD)),
        "an rcode that a name server has no use for": flags & 15 not in RCODES,
    }


def _size(query: bytes, wire: bytes, tcp: bool) -> dict[str, bool]:
    limit = 65535
    if not tcp:
        sizes = [int.from_bytes(size, "big") for size in EDNS.findall(query)]
        limit = min(LARGEST, max([PLAIN, *sizes]))
    cut = wire[2] & 2
    return {
        f"{LARGE} ({limit} octets)": len(wire) > limit,
        "cut short, with records in it": bool(cut) and wire[6:10] != bytes(4),
    }


def _echoed(query: bytes, wire: bytes) -> bool:
    count = int.from_bytes(wire[4:6], "big")
    if count == 0:
        # Only where there was none that could be read.
        return wire[3] & 15 in (FORMERR, NOTIMP, NOTAUTH) or query[4:6] == b"\0\0"
    if count != 1:
        return False
    end = wire.find(0, 12) + 5
    return query[12:end] == wire[12:end] or _question(query) == _question(wire)


def _question(packet: bytes) -> tuple[list[bytes], bytes] | None:
    """Labels, and octets of type and class; dnspython refuses some pointers that BIND follows."""
    labels, at, behind = [], 12, 0
    with suppress(IndexError):
        while packet[at] and len(labels) < 128:
            if packet[at] >= 0xC0:
                behind = behind or at + 2
                at = (packet[at] & 0x3F) << 8 | packet[at + 1]
            else:
                labels.append(packet[at + 1 : at + 1 + packet[at]])
                at += 1 + packet[at]
        behind = behind or at + 1
        return labels, packet[behind : behind + 4]
    return None


def unreadable(wire: bytes) -> list[str]:
    """Why another library cannot read a reply."""
    found = []
    if wire[2] & 0x78 != UPDATE << 3:
        # A reply to UPDATE has a zone where the question is, and dnspython wants one.
        try:
            dns.message.from_wire(wire, keyring=False)
        except (dns.exception.DNSException, struct.error, ValueError) as error:
            found.append(f"dnspython: {type(error).__name__}")
    try:
        dnslib.DNSRecord.parse(wire)
    except dnslib.DNSError as error:
        # It takes no octet above 127 in a label, which the DNS allows (RFC 2181 section 11).
        if not re.search(r"Invalid label .*\\x[89a-f]", str(error)):
            found.append(f"dnslib: {type(error).__name__}")
    return found
