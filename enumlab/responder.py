"""Query bytes in, response bytes out: the DNS protocol of an authoritative server.

No sockets and no threads, so that tests and fuzzers can drive it, and a notebook without sockets
too. What the answer is, the zone decides; what goes on the wire and how, is decided here, in the
way that BIND does it. Plain questions are answered by `quick`; what stands here is the long way.
"""

from __future__ import annotations

import random
from itertools import count
from typing import Any, Literal, NamedTuple, TypeVar, cast, get_args

import dns.name
import dns.rdata
import dns.rdataset
import dns.rdatatype

from enumlab import request as asked
from enumlab.errors import LabError
from enumlab.found import Found, Why
from enumlab.nodes import labels_of
from enumlab.packing import (
    BADVERS,
    FORMERR,
    NOERROR,
    NOTAUTH,
    NOTIMP,
    NXDOMAIN,
    RCODES,
    REFUSED,
    SERVFAIL,
    YXDOMAIN,
    Draft,
    Line,
    pack,
    packed,
)
from enumlab.quick import EDE, Quick, Told
from enumlab.request import Request
from enumlab.zone import Zone

Rotation = Literal["random", "cyclic", "none"]
Item = TypeVar("Item")

LONGEST_CHAIN = 11  # aliases followed in one answer, as many as BIND follows

INTERNET, CHAOS, HESIOD, NONE, ANY_CLASS = 1, 3, 4, 254, 255
TRANSFERS = {251, 252}
MAIL_TYPES = {253, 254}
# Meta types that no question may carry (RFC 6895 section 3.1), but for the four above.
META_TYPES = {41, *range(128, 251)}


class Reply(NamedTuple):
    """An answer, and what the query log says of it.

    Attributes:
        wire: the bytes to send; in a log, the first of them.
        name: the name asked for, as text; empty if the packet had none.
        rdtype: the type asked for, as text.
        rcode: such as "NXDOMAIN".
        why: one sentence.
        size: octets to send.
    """

    wire: bytes
    name: str
    rdtype: str
    rcode: str
    why: str
    size: int

    @classmethod
    def of(cls, told: Reply | Told) -> Reply:
        """What `Responder.answer` gave, with everything that a log shows."""
        if isinstance(told, Reply):
            return told
        wire, why = told
        if isinstance(why, bytes):
            why = f"exact match at {dns.name.Name([*labels_of(why), b''])}"
        if wire[4:6] == b"\0\0":
            return cls(wire, "", "", RCODES[wire[3] & 0xF], why, len(wire))
        name, behind = dns.name.from_wire(wire, asked.HEADER.size)
        rdtype = int.from_bytes(wire[asked.HEADER.size + behind :][:2], "big")
        shown = dns.rdatatype.to_text(dns.rdatatype.RdataType.make(rdtype))
        return cls(wire, name.to_text(), shown, RCODES[wire[3] & 0xF], why, len(wire))


class Responder:
    """Answers for one zone.

    Args:
        zone: what to answer from; may be replaced at any time.
        rotation: the sequence of equal records in an answer: "random" shuffles them as BIND does
            unless told otherwise, "cyclic" starts one further each time, "none" keeps the order of
            the master file as NSD and Knot do.
        seed: makes "random" repeatable.

    Example:
        >>> import dns.message
        >>> query = dns.message.make_query("6.4.3.2.0.5.5.5.2.1.6.e164.arpa", "NAPTR")
        >>> reply = Responder(Zone.named("playground")).respond(query.to_wire())
        >>> print(reply.rcode, reply.why)
        NXDOMAIN wildcard *.2.0.5.5.5.2.1.6.e164.arpa. hidden by 4.3.2.0.5.5.5.2.1.6.e164.arpa.
    """

    def __init__(self, zone: Zone, rotation: Rotation = "random", seed: int | None = None) -> None:
        self._rotation = _known(rotation)
        self._random = random.Random(seed)
        self._turn = count()
        self._quick = Quick(_zone(zone), self._rotated, self._serves)

    @property
    def zone(self) -> Zone:
        """What the answers are taken from; may be replaced at any time."""
        return self._quick.zone

    @zone.setter
    def zone(self, zone: Zone) -> None:
        if _zone(zone) is not self.zone:
            self._quick = Quick(zone, self._rotated, self._serves)

    @property
    def rotation(self) -> Rotation:
        """The sequence of equal records; may be changed at any time."""
        return self._rotation

    @rotation.setter
    def rotation(self, rotation: Rotation) -> None:
        self._rotation = _known(rotation)

    def respond(self, query: bytes, *, tcp: bool = False) -> Reply | None:
        """The reply to a query; None where the DNS demands silence.

        Args:
            query: the bytes of one DNS message, without the length that TCP puts before it.
            tcp: over TCP an answer may be 65,535 octets long; over UDP it is cut, with the TC bit
                set, at what the sender takes.
        """
        told = self.answer(query, tcp)
        return told and Reply.of(told)

    def answer(self, query: bytes, tcp: bool) -> Reply | Told | None:
        """`respond`, for a server: what the log says of it is left for `Reply.of` to work out."""
        return self._quick.answer(query, tcp) or self._at_length(query, tcp)

    def cut_short(self, query: bytes) -> bytes | None:
        """An answer that only says: ask again over TCP."""
        request = asked.read(query)
        return None if request is None else pack(request, Draft(), ede=False, truncated=True)

    def _at_length(self, query: bytes, tcp: bool) -> Reply | Told | None:
        request = asked.read(query)
        if request is None:
            return None
        answer = self._decide(request)
        wire = packed(request, answer, tcp)
        if answer.rcode < BADVERS and not answer.bare:
            return wire, answer.why  # the wire says the rest
        name, rdtype = ("", "")
        if request.question:
            name, rdtype = request.name.to_text(), dns.rdatatype.to_text(_rdtype(request))
        return Reply(wire, name, rdtype, RCODES[answer.rcode], answer.why, len(wire))

    def _serves(self, request: Request) -> bool:
        """Whether a query asks for something that a zone may hold, in the plainest way."""
        if request.opcode != 0 or (request.edns is not None and request.edns.version != 0):
            return False
        return request.rdtype != dns.rdatatype.ANY and self._refusal(request) is None

    def _decide(self, request: Request) -> Draft:
        """Refuse what must be refused, in the sequence in which BIND looks at a query."""
        if request.problem and request.problem != asked.NO_QUESTION:
            return Draft(FORMERR, why=request.problem)
        if request.edns is not None and request.edns.version != 0:
            return Draft(BADVERS, why=f"EDNS version {request.edns.version} does not exist")
        if request.signature is not None and not request.problem:
            bare = request.opcode != 0
            return Draft(NOTAUTH, why="signed with a key that is not known here", bare=bare)
        if request.opcode != 0:
            return Draft(NOTIMP, why=f"opcode {request.opcode} is not a query", bare=True)
        if request.problem:
            return Draft(FORMERR, why=request.problem)
        refusal = self._refusal(request)
        return self._look_up(request) if refusal is None else refusal

    def _refusal(self, request: Request) -> Draft | None:
        rdclass, rdtype = request.rdclass, request.rdtype
        meta = rdtype in META_TYPES and rdclass in (INTERNET, CHAOS)
        if rdclass in (0, NONE, ANY_CLASS) or meta:
            return Draft(FORMERR, why="no question may ask for this type or class")
        if rdclass in (CHAOS, HESIOD):
            return Draft(REFUSED, why="only class IN is served")
        if rdclass != INTERNET or rdtype in MAIL_TYPES:
            return Draft(NOTIMP, why="this type or class is not served by anyone")
        if rdtype in TRANSFERS:
            at_top = request.name.to_text().lower() == self.zone.origin.lower()
            return Draft(REFUSED if at_top else NOTAUTH, why="no zone transfers here")
        return None

    def _look_up(self, request: Request) -> Draft:
        """Follow aliases to the end (RFC 1034 section 4.3.2), collecting what they say."""
        answer = Draft()
        zone, name, rdtype = self.zone, request.name, _rdtype(request)
        followed: set[dns.name.Name] = set()
        while True:
            found = zone.resolve(name, rdtype)
            if not followed:
                answer.why, answer.ede = found.explanation, EDE.get(found.why)
            if found.why is not Why.ALIAS:
                self._finish(answer, zone, name, found, first=not followed)
                return answer
            answer.authoritative = True
            if name in followed or len(followed) == LONGEST_CHAIN:
                answer.rcode, answer.why = SERVFAIL, f"the aliases from {request.name} do not end"
                return answer
            followed.add(name)
            try:
                name = self._follow(answer, name, found)
            except dns.name.NameTooLong:
                answer.rcode, answer.why = YXDOMAIN, "the alias makes a name that is too long"
                return answer
            if rdtype in (dns.rdatatype.CNAME, dns.rdatatype.ANY):
                return answer  # the CNAME made from a DNAME is what was asked for

    def _follow(self, answer: Draft, name: dns.name.Name, found: Found) -> dns.name.Name:
        """Add an alias to the answer; return where it leads (CNAME, or DNAME by RFC 6672)."""
        (rdataset,) = found.rdatasets
        alias: Any = rdataset[0]
        if rdataset.rdtype == dns.rdatatype.CNAME:
            answer.answer.append((name, rdataset.ttl, alias))
            return cast(dns.name.Name, alias.target)
        owner = dns.name.from_text(found.source or ".")
        answer.answer.append((owner, rdataset.ttl, alias))
        target = name.relativize(owner).concatenate(alias.target)
        made = dns.rdata.from_text("IN", "CNAME", target.to_text())
        answer.answer.append((name, rdataset.ttl, made))
        return target

    def _finish(
        self, answer: Draft, zone: Zone, name: dns.name.Name, found: Found, first: bool
    ) -> None:
        """What stands at the end of the aliases: records, a referral, nothing, or another zone."""
        if found.why is Why.OUT_OF_ZONE:
            answer.rcode = REFUSED if first else NOERROR
        elif found.why is Why.DELEGATED:
            self._refer(answer, zone, found)
        else:
            answer.authoritative = True
            answer.rcode = NXDOMAIN if found.rcode == "NXDOMAIN" else NOERROR
            for rdataset in found.rdatasets:
                answer.answer += self._lines(name, rdataset)
            if not found.rdatasets:
                _deny(answer, zone)

    def _refer(self, answer: Draft, zone: Zone, found: Found) -> None:
        """Name the servers below a zone cut, with the addresses that only this zone knows."""
        (servers,) = found.rdatasets
        cut = dns.name.from_text(found.source or ".")
        answer.authority += self._lines(cut, servers)
        for server in servers:
            if server.target.is_subdomain(cut):
                for kind in ("A", "AAAA"):
                    glue = zone.rdataset(server.target, kind)
                    if glue is not None:
                        answer.additional += self._lines(server.target, glue)

    def _lines(self, owner: dns.name.Name, rdataset: dns.rdataset.Rdataset) -> list[Line]:
        return [(owner, rdataset.ttl, rdata) for rdata in self._rotated(list(rdataset))]

    def _rotated(self, records: list[Item]) -> list[Item]:
        """Equal records in the sequence that this answer gives them."""
        if self._rotation == "random":
            self._random.shuffle(records)
        elif self._rotation == "cyclic" and len(records) > 1:
            start = next(self._turn) % len(records)
            return records[start:] + records[:start]
        return records


def _zone(zone: Zone) -> Zone:
    if not isinstance(zone, Zone):
        raise LabError(f"expected a Zone, got {type(zone).__name__}; see Zone.from_text.")
    return zone


def _known(rotation: Rotation) -> Rotation:
    if rotation not in get_args(Rotation):
        raise LabError(
            f"rotation={rotation!r} is not known. Expected one of: {', '.join(get_args(Rotation))}."
        )
    return rotation


def _rdtype(request: Request) -> dns.rdatatype.RdataType:
    return dns.rdatatype.RdataType.make(request.rdtype)


def _deny(answer: Draft, zone: Zone) -> None:
    """Add the SOA record, whose TTL says how long "no" may be remembered (RFC 2308 section 3)."""
    soa = zone.rdataset(zone.origin, "SOA")
    assert soa is not None  # a Zone without one cannot be made
    answer.authority.append((zone.top, min(soa.ttl, soa[0].minimum), soa[0]))
