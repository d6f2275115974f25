"""Answers to plain questions, put together from packed records in a few steps.

A question is plain if it asks for one name in class IN, with EDNS or without, and its answer needs
no alias, no referral and no other name. Nearly all questions of ENUM are. For any other, `Quick`
gives None, and `Responder` goes the long way, to which the tests compare this one.
What is kept from one question to the next is bounded, and goes with the zone it was made from.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

import dns.name
import dns.rdatatype

from enumlab import request as asked
from enumlab.found import OUT_OF_ZONE, Why
from enumlab.nodes import LONGEST, WILDCARD, Node, labels_of
from enumlab.request import Request
from enumlab.zone import Zone

NAPTR, SOA = dns.rdatatype.NAPTR, dns.rdatatype.SOA
# Types whose data holds no name that an answer would compress (RFC 3597 section 4).
PACKED = {NAPTR, dns.rdatatype.A, dns.rdatatype.AAAA, dns.rdatatype.TXT}
ALIASES = {dns.rdatatype.CNAME, dns.rdatatype.DNAME}

RESPONSE, AUTHORITATIVE, TRUNCATED = 0x8000, 0x0400, 0x0200
NXDOMAIN, REFUSED = 3, 5
OPCODE_0, ONE_QUESTION, IN = b"\7", b"\0\1\0\0\0\0", b"\0\1"
COUNTS = struct.Struct("!HHHHH")
UDP_PAYLOAD = 1232  # octets; the size that name servers agreed on in 2020 to avoid fragments
PLAIN_UDP = 512  # octets, for a sender without EDNS (RFC 1035 section 4.2.1)
LARGEST = 65535  # octets, over TCP

# Extended DNS Errors (RFC 8914): the "why" of an answer, for `dig` to show.
EDE_OPTION = 15
OTHER, NOT_AUTHORITATIVE, SYNTHESISED = 0, 20, 29
EDE = {
    Why.WILDCARD: SYNTHESISED,
    Why.HIDDEN: OTHER,
    Why.EMPTY_NON_TERMINAL: OTHER,
    Why.NO_SUCH_TYPE: OTHER,
    Why.NO_SUCH_NAME: OTHER,
    Why.OUT_OF_ZONE: NOT_AUTHORITATIVE,
}

MOST_FORMS = 128  # ways to ask that are remembered
MOST_REASONS = 4096  # sentences that are remembered
MOST_READY = 1024  # wildcards whose answers are remembered, for each way to ask

# What goes to the sender, and why; for an exact match the key of its owner, which tells as much.
Told = tuple[bytes, str | bytes]


class Form:
    """A way to ask: everything in a query but its ID and its name.

    Attributes:
        rdtype: the type asked for.
        flags: of the answer; the code for NXDOMAIN may come on top.
        edns: the EDNS record of an answer, less the length of its options; empty without EDNS.
        limit: octets that the sender takes over UDP.
        one: header, less the ID, of an answer with one record.
        cut: the same of an answer that does not fit, and has none.
        end: EDNS record without options.
        ready: what a wildcard with one record answers, by the key of its closest encloser: what
            stands behind the question, and why.
    """

    __slots__ = ("cut", "edns", "end", "flags", "limit", "one", "rdtype", "ready")

    def __init__(self, request: Request) -> None:
        self.rdtype = dns.rdatatype.RdataType.make(request.rdtype)
        kept = asked.RECURSION_DESIRED | asked.CHECKING_DISABLED
        self.flags = RESPONSE | AUTHORITATIVE | request.flags & kept
        self.edns, self.limit = b"", PLAIN_UDP
        if request.edns is not None:
            self.edns, self.limit = edns(request.edns), min(request.edns.size, UDP_PAYLOAD)
        self.one, self.cut = self.header(1, 0), self.header(0, 0, TRUNCATED)
        self.end = self.options(b"")
        self.ready: dict[bytes, tuple[bytes, str]] = {}

    def header(self, answers: int, authorities: int, flags: int = 0) -> bytes:
        """All of the header but the ID; a code such as NXDOMAIN is one of the flags to add."""
        return COUNTS.pack(self.flags + flags, 1, answers, authorities, 1 if self.edns else 0)

    def options(self, options: bytes) -> bytes:
        """The EDNS record of the answer; nothing where the query had none."""
        return self.edns and self.edns + len(options).to_bytes(2, "big") + options


class Quick:
    """Plain questions about one zone.

    Args:
        zone: what to answer from.
        rotated: puts equal records in sequence, for one answer.
        served: whether a query may be answered from a zone at all.
    """

    def __init__(
        self,
        zone: Zone,
        rotated: Callable[[list[bytes]], list[bytes]],
        served: Callable[[Request], bool],
    ) -> None:
        self.zone = zone
        self._nodes, self._there = zone.nodes, zone.nodes.there
        self._elsewhere = {
            key
            for key, content in self._there.items()
            if isinstance(content, Node) and _leads_elsewhere(content, key == zone.nodes.apex)
        }
        self._rotated, self._served = rotated, served
        self._forms: dict[bytes, Form] = {}
        self._reasons: dict[tuple[bytes, int, int], tuple[str, bytes]] = {}
        self._denials: dict[int, bytes] = {}

    def answer(self, query: bytes, tcp: bool) -> Told | None:
        """The answer to a query; None where it is not plain, or does not fit.

        Args:
            query: the bytes of one DNS message.
            tcp: whether it came by TCP.
        """
        end = query.find(0, asked.HEADER.size)  # of the name: no label of a known owner has a zero
        form = self._forms.get(query[2:12] + query[end:]) or self._learnt(query, end)
        if form is None:
            return None
        key = query[12:end].lower()
        content = self._there.get(key, self)
        told: Told | None
        if content.__class__ is bytes and form.rdtype == NAPTR:
            wire = query[:2] + form.one + query[12 : end + 5] + content + form.end
            told = wire, key
        elif content is self:
            told = self._below(query, end, form, key)
        else:
            told = self._at(query, end, form, key, key, Why.EXACT)
        if told is None or len(told[0]) <= (LARGEST if tcp else form.limit):
            return told
        if isinstance(told[1], str):
            return None  # without the sentence that says why, it may yet fit
        return query[:2] + form.cut + query[12 : end + 5] + form.end, key

    def _learnt(self, query: bytes, end: int) -> Form | None:
        """A form not seen before, if it is one that a plain question may have."""
        # A glance first: what is sent to break a server shall not be read twice.
        if query[2:3] > OPCODE_0 or query[4:10] != ONE_QUESTION or query[end + 3 : end + 5] != IN:
            return None
        request = asked.read(query)
        if request is None or request.problem or not request.question:
            return None
        # Any record but the EDNS record could point into the name, which the next query changes.
        alone = query[6:12] == (b"\0\0\0\0\0\1" if request.edns else b"\0\0\0\0\0\0")
        ends_there = end == asked.HEADER.size + len(request.question) - 5
        if not (alone and ends_there and self._served(request)):
            return None
        if len(self._forms) == MOST_FORMS:
            self._forms.clear()
        form = self._forms[query[2:12] + query[end:]] = Form(request)
        return form

    def _below(self, query: bytes, end: int, form: Form, key: bytes) -> Told | None:
        """A name that does not exist: the wildcard at the closest encloser answers, or nobody."""
        there, at, closest = self._there, 0, key
        try:
            while closest not in there:
                length = key[at]
                if length > 63:
                    return None  # a pointer, or no name at all
                at += length + 1
                closest = key[at:]
        except IndexError:
            return self._refuse(query, end, form) if at == len(key) <= LONGEST else None
        ready = form.ready.get(closest)
        if ready is not None and at <= len(key) <= LONGEST:
            return query[:2] + form.one + query[12 : end + 5] + ready[0], ready[1]
        if closest in self._elsewhere or not at <= len(key) <= LONGEST:
            return None
        source = WILDCARD + closest
        if source in there:
            told = self._at(query, end, form, key, source, Why.WILDCARD)
            content = there[source]
            if told is not None and isinstance(content, bytes) and form.rdtype == NAPTR:
                if len(form.ready) == MOST_READY:
                    form.ready.clear()
                form.ready[closest] = told[0][end + 5 :], str(told[1])
            return told
        return self._deny(query, end, form, key, closest, rcode=NXDOMAIN)

    def _at(
        self, query: bytes, end: int, form: Form, key: bytes, source: bytes, why: Why
    ) -> Told | None:
        """An answer from a name that exists, which may be a wildcard."""
        content, rdtype = self._there[source], form.rdtype
        records: tuple[bytes, ...] = ()
        if source in self._elsewhere:
            return None
        if isinstance(content, Node):
            if rdtype in content.rdatasets:
                if rdtype not in PACKED:
                    return None
                records = content.packed(rdtype)
        elif rdtype == NAPTR and content is not None:
            records = (content,) if isinstance(content, bytes) else content
        if not records:
            return self._deny(query, end, form, key, source)
        reason: str | bytes
        reason, options = (key, b"") if why is Why.EXACT else self._reason(key, source, rdtype)
        if len(records) == 1:
            head, body = form.one, records[0]
        else:
            head, body = form.header(len(records), 0), b"".join(self._rotated([*records]))
        return query[:2] + head + query[12 : end + 5] + body + form.options(options), reason

    def _deny(
        self, query: bytes, end: int, form: Form, key: bytes, about: bytes, rcode: int = 0
    ) -> Told:
        """No such name, or no such type: the SOA record says how long that may be remembered."""
        reason, options = self._reason(key, about, form.rdtype, rcode)
        origin = end - len(self._nodes.apex)
        soa = self._denials.get(origin) or self._denial(origin)
        head = query[:2] + form.header(0, 1, rcode) + query[12 : end + 5]
        return head + soa + form.options(options), reason

    def _refuse(self, query: bytes, end: int, form: Form) -> Told:
        """A name of another zone."""
        name = dns.name.from_wire(query[: end + 1], asked.HEADER.size)[0]
        reason = OUT_OF_ZONE.format(name)
        options = extended_error(EDE[Why.OUT_OF_ZONE], reason)
        head = query[:2] + form.header(0, 0, REFUSED - AUTHORITATIVE) + query[12 : end + 5]
        return head + form.options(options), reason

    def _denial(self, origin: int) -> bytes:
        """The SOA record, with pointers to where the origin stands in the question."""
        rdataset = self._nodes.rdatasets(self._nodes.apex)[SOA]
        soa = rdataset[0]
        names = [self._compressed(name, origin) for name in (soa.mname, soa.rname)]
        numbers = (soa.serial, soa.refresh, soa.retry, soa.expire, soa.minimum)
        data = b"".join(names) + struct.pack("!IIIII", *numbers)
        head = struct.pack("!HHIH", SOA, 1, min(rdataset.ttl, soa.minimum), len(data))
        denial = self._denials[origin] = self._compressed(self.zone.top, origin) + head + data
        return denial

    def _compressed(self, name: dns.name.Name, origin: int) -> bytes:
        if not self._nodes.apex or not name.is_subdomain(self.zone.top):
            return name.to_wire() or b""
        own = name.relativize(self.zone.top).labels
        return b"".join(bytes((len(label),)) + label for label in own) + struct.pack(
            "!H", 0xC000 | origin
        )

    def _reason(self, key: bytes, about: bytes, rdtype: int, rcode: int = 0) -> tuple[str, bytes]:
        """Why, in a sentence, and as an Extended DNS Error; the same for all names of one cause."""
        reason = self._reasons.get((about, rdtype, rcode))
        if reason is None:
            name = dns.name.Name([*labels_of(key), b""])
            found = self.zone.resolve(name, dns.rdatatype.RdataType.make(rdtype))
            sentence = found.explanation
            option = extended_error(EDE[found.why], sentence)
            if len(self._reasons) == MOST_REASONS:
                self._reasons.clear()
            reason = self._reasons[about, rdtype, rcode] = sentence, option
        return reason


def edns(query: asked.Edns, rcode: int = 0) -> bytes:
    """An EDNS record for the answer to a query that had one, less the length of its options.

    Args:
        query: that of the query.
        rcode: of the answer; its upper eight bits stand here (RFC 6891 section 6.1.3).
    """
    bits = rcode >> 4 << 24 | (0x8000 if query.dnssec_ok else 0)
    return struct.pack("!BHHI", 0, asked.OPT, UDP_PAYLOAD, bits)


def extended_error(code: int, sentence: str) -> bytes:
    """An EDNS option that says why (RFC 8914 section 2)."""
    text = sentence.encode()
    return struct.pack("!HHH", EDE_OPTION, 2 + len(text), code) + text


def _leads_elsewhere(node: Node, apex: bool) -> bool:
    """Whether a name is an alias or a zone cut; NS records make no cut at the top of the zone."""
    kinds = ALIASES if apex else ALIASES | {dns.rdatatype.NS}
    return not kinds.isdisjoint(node.rdatasets)
