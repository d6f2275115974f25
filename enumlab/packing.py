"""An answer before it is packed, and the packing: by dnslib, which compresses names.

What has no record in it but the EDNS record is put together by hand. Most of what is sent to break
a server is answered so, and must cost it no more than it costs the sender.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any

import dns.name
import dns.rdata
import dns.rdatatype
import dnslib

from enumlab import request as asked
from enumlab.quick import (
    AUTHORITATIVE,
    LARGEST,
    PLAIN_UDP,
    RESPONSE,
    TRUNCATED,
    UDP_PAYLOAD,
    edns,
    extended_error,
)
from enumlab.request import Request

NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, YXDOMAIN, NOTAUTH, BADVERS = (
    *range(7),
    9,
    16,
)
RCODES = {
    NOERROR: "NOERROR",
    FORMERR: "FORMERR",
    SERVFAIL: "SERVFAIL",
    NXDOMAIN: "NXDOMAIN",
    NOTIMP: "NOTIMP",
    REFUSED: "REFUSED",
    YXDOMAIN: "YXDOMAIN",
    NOTAUTH: "NOTAUTH",
    BADVERS: "BADVERS",
}

BADKEY = 17  # in a TSIG record
# Bits of a query that its answer repeats.
KEPT = asked.OPCODE_MASK | asked.RECURSION_DESIRED | asked.CHECKING_DISABLED

Line = tuple[dns.name.Name, int, dns.rdata.Rdata]  # owner, TTL in seconds, data


@dataclass(slots=True)
class Draft:
    """An answer before it is packed."""

    rcode: int = NOERROR
    authoritative: bool = False
    answer: list[Line] = field(default_factory=list)
    authority: list[Line] = field(default_factory=list)
    additional: list[Line] = field(default_factory=list)
    why: str = ""
    ede: int | None = None
    bare: bool = False  # without the question, as BIND replies to what it did not read


def packed(request: Request, draft: Draft, tcp: bool) -> bytes:
    """The bytes to send, cut with the TC bit set where they are more than the sender takes."""
    limit = LARGEST
    if not tcp:
        limit = min(request.edns.size, UDP_PAYLOAD) if request.edns else PLAIN_UDP
    wire = pack(request, draft, ede=True)
    if len(wire) > limit and draft.ede is not None:
        wire = pack(request, draft, ede=False)
    if len(wire) > limit:
        wire = pack(request, draft, ede=False, truncated=True)
    return wire


def pack(request: Request, draft: Draft, ede: bool, truncated: bool = False) -> bytes:
    """The bytes of an answer.

    Args:
        request: what was asked.
        draft: what is answered.
        ede: whether to add the Extended DNS Error, if there is one.
        truncated: leave all records away, and set the TC bit.
    """
    flags = RESPONSE | request.flags & KEPT | draft.rcode & 0xF
    flags |= AUTHORITATIVE * draft.authoritative | TRUNCATED * truncated
    question = b"" if draft.bare else request.question
    lines = () if truncated else (draft.answer, draft.authority, draft.additional)
    if any(lines):
        wire = _by_dnslib(request, flags, lines)
    else:
        wire = asked.HEADER.pack(request.id, flags, bool(question), 0, 0, 0) + question
    last = _last(request, draft, ede)
    additionals = int.from_bytes(wire[10:12], "big") + len(last)
    return b"".join((wire[:10], additionals.to_bytes(2, "big"), wire[12:], *last))


def _by_dnslib(request: Request, flags: int, lines: tuple[list[Line], ...]) -> bytes:
    record = dnslib.DNSRecord(dnslib.DNSHeader(id=request.id, bitmap=flags))
    question = dnslib.DNSQuestion(_label(request.name), request.rdtype, request.rdclass)
    record.add_question(question)
    for section, add in zip(
        lines, (record.add_answer, record.add_auth, record.add_ar), strict=True
    ):
        add(*map(_record, section))
    return bytes(record.pack())


def _last(request: Request, draft: Draft, ede: bool) -> list[bytes]:
    """The records that stand at the very end: of EDNS, and the answer to a signature."""
    last = []
    if request.edns is not None:
        options = b""
        if ede and draft.ede is not None:
            options = extended_error(draft.ede, draft.why)
        record = edns(request.edns, draft.rcode)
        last.append(record + len(options).to_bytes(2, "big") + options)
    if request.signature is not None and draft.rcode == NOTAUTH:
        last.append(_bad_key(request.signature))
    return last


def _bad_key(signature: asked.Signature) -> bytes:
    """Say that the key is not known, without a signature (RFC 8945 section 5.2.1)."""
    data = signature.algorithm + signature.when + struct.pack("!H", 0) + signature.original
    data += struct.pack("!HH", BADKEY, 0)
    head = asked.RECORD.pack(asked.TSIG, asked.ANY_CLASS, 0, len(data))
    return signature.key + head + data


def _record(line: Line) -> dnslib.RR:
    owner, ttl, rdata = line
    return dnslib.RR(_label(owner), rdata.rdtype, rdata.rdclass, ttl, _data(rdata))


def _label(name: dns.name.Name) -> dnslib.DNSLabel:
    return dnslib.DNSLabel(name.labels[:-1])


def _data(record: dns.rdata.Rdata) -> dnslib.RD:
    """Give the data dnslib's form; only types of RFC 1035 compress names (RFC 3597)."""
    rdata: Any = record
    match dns.rdatatype.to_text(record.rdtype):
        case "NS":
            return dnslib.NS(_label(rdata.target))
        case "CNAME":
            return dnslib.CNAME(_label(rdata.target))
        case "SOA":
            times = (rdata.serial, rdata.refresh, rdata.retry, rdata.expire, rdata.minimum)
            return dnslib.SOA(_label(rdata.mname), _label(rdata.rname), times)
        case _:
            return dnslib.RD(rdata.to_wire())
