"""A resolver that starts at the top and follows referrals down (RFC 1034 section 5.3.3).

All servers of the lab have the same address, and an address in DNS says nothing of a port. So a
server is found by its name, in a mapping; on the Internet one would use its address, which the
referral brings along as glue, or which is looked up first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, cast

import dns.flags
import dns.name
import dns.rdatatype
import dns.rrset

from enumlab.client import TIMEOUT, Lookup, Server, look_up
from enumlab.errors import LabError, ServerError
from enumlab.naptr import Naptr
from enumlab.number import aus, to_domain
from enumlab.selection import tiers

if TYPE_CHECKING:
    from enumlab.show.figure import Picture
    from enumlab.show.wordy import Words

# What answers under one name: a name server has many zones, a lab server one.
Servers = Mapping[str, Server | Sequence[Server]]

Kind = Literal["referral", "answer", "no such name", "no such type", "alias", "lame", "failed"]


@dataclass(frozen=True)
class Hop:
    """One server asked on the way down.

    Attributes:
        server: its name.
        zone: the zone for which it was asked.
        kind: "referral", "answer", "no such name", "no such type", "alias" (not followed), "lame"
            (it does not know its own zone), or "failed" (no server by this name, or no reply).
        lookup: the query and the reply; None where "failed".
        cut: for a referral, the name at which the zone ends and the next begins.
        leads_to: for a referral, the name servers of the next zone.
        glue: for a referral, the addresses that came along, such as "ns.example. 192.0.2.1".
        note: why it was of no use, if it was of none.
    """

    server: str
    zone: str
    kind: Kind
    lookup: Lookup | None = field(default=None, repr=False)
    cut: str = ""
    leads_to: tuple[str, ...] = ()
    glue: tuple[str, ...] = ()
    note: str = ""

    @property
    def rcode(self) -> str:
        """Such as "NOERROR"; empty where no reply came."""
        return self.lookup.rcode if self.lookup else ""

    @property
    def said(self) -> str:
        """The reply in words."""
        if self.kind == "referral":
            glue = f", with the address {self.glue[0].split()[1]} as glue" if self.glue else ""
            return f"ask {' or '.join(self.leads_to)} about {self.cut}{glue}"
        if self.kind == "answer" and self.lookup:
            count = len(self.lookup.arrived)
            return f"{count} NAPTR record{'' if count == 1 else 's'}"
        return f"{self.kind}: {self.note}" if self.note else self.kind


@dataclass(frozen=True, repr=False)
class Walk:
    """The way from the top to the answer.

    Attributes:
        number: as typed.
        domain: the name asked for; each server is asked for all of it.
        hops: one for each server asked.
        records: NAPTR records of the answer, sorted by order and preference.
        uris: what they make of the number, for the service asked for.
    """

    number: str
    domain: str
    hops: tuple[Hop, ...]
    records: tuple[Naptr, ...] = ()
    uris: tuple[str, ...] = ()

    @property
    def outcome(self) -> Kind:
        """How it ended: the kind of the last hop."""
        return self.hops[-1].kind

    @property
    def table(self) -> Words:
        """A row for each hop."""
        from enumlab.show.tree import hop_table

        return hop_table(self)

    def plot(self, servers: Servers) -> Picture:
        """The tree of zones that these servers hold, with the way through it."""
        from enumlab.show.tree import tree

        return tree(self, servers)

    def __repr__(self) -> str:
        return repr(self.table)

    def _repr_html_(self) -> str:
        return self.table._repr_html_()


def walk(
    number: str,
    servers: Servers,
    *,
    service: str = "sip",
    suffix: str = "e164.arpa.",
    start: str | None = None,
    timeout: float = TIMEOUT,
) -> Walk:
    """Find a number's records from the top of the tree, with a real query at each step.

    Args:
        number: as in `to_domain`.
        servers: name of each name server -> the server, or a list of servers, one for each of its
            zones. `enumlab.delegation` makes such a mapping.
        service: the Enumservice wanted.
        suffix: the zone at the top.
        start: the name server of that zone, the only one known beforehand; left out, the first
            in `servers`.
        timeout: seconds to wait for each of two tries.

    Raises:
        NumberError: the text is no telephone number.
        LabError: no servers, or `start` is not among them.

    Example:
        >>> from enumlab import Zone
        >>> from enumlab.responder import Responder
        >>> servers = {
        ...     "ns.e164.arpa.": Responder(Zone.named("tier0")),
        ...     "ns.1.6.e164.arpa.": Responder(Zone.named("tier1")),
        ...     "ns.acacia.example.": Responder(Zone.named("tier2-acacia")),
        ... }
        >>> found = walk("+61 2 5550 2345", servers)
        >>> [(hop.server, hop.kind) for hop in found.hops][1:]
        [('ns.1.6.e164.arpa.', 'referral'), ('ns.acacia.example.', 'answer')]
        >>> found.uris
        ('sip:night-clinic@acacia.example',)
    """
    text = aus(number)
    domain = to_domain(text, suffix)
    known = {_key(name): server for name, server in servers.items()}
    if not known or (start is not None and _key(start) not in known):
        raise LabError(
            f"no server {start or ''} to start with. Expected a mapping from names of name "
            "servers, such as 'ns.e164.arpa.', to servers, with the one for the top among them."
        )
    top = start or next(iter(servers))
    hops = _down(domain, known, (dns.name.from_text(top).to_text(),), suffix, timeout)
    last = hops[-1]
    arrived = last.lookup.arrived if last.kind == "answer" and last.lookup else []
    records = tuple(record for tier in tiers(arrived) for record in tier)
    return Walk(number, domain, tuple(hops), records, tuple(_uris(records, text, service)))


def _down(
    domain: str, servers: Servers, names: tuple[str, ...], zone: str, timeout: float
) -> list[Hop]:
    """Ask, and follow referrals; each must lead nearer, so this ends."""
    hops: list[Hop] = []
    while True:
        for name in names:
            hops.append(_hop(domain, name, servers, zone, timeout))
            if hops[-1].kind not in ("lame", "failed"):
                break
        if hops[-1].kind != "referral":
            return hops
        names, zone = hops[-1].leads_to, hops[-1].cut


def _hop(domain: str, name: str, servers: Servers, zone: str, timeout: float) -> Hop:
    """Ask what answers under a name: of several zones, the one that does not refuse."""
    hop = Hop(name, zone, "failed", note="no server by this name")
    here = servers.get(_key(name), [])
    for server in here if isinstance(here, list) else [cast(Server, here)]:
        hop = _asked(domain, name, server, zone, timeout)
        if hop.rcode != "REFUSED":
            break
    return hop


def _asked(domain: str, name: str, server: Server, zone: str, timeout: float) -> Hop:
    try:
        lookup = look_up(domain, server, timeout=timeout)
        message = lookup.message
    except ServerError:
        return Hop(name, zone, "failed", note="no reply")
    if lookup.rcode not in ("NOERROR", "NXDOMAIN"):
        return Hop(name, zone, "lame", lookup, note=f"it says {lookup.rcode}")
    if lookup.arrived:
        return Hop(name, zone, "answer", lookup)
    if message.flags & dns.flags.AA:
        kind: Kind = "no such name" if lookup.rcode == "NXDOMAIN" else "no such type"
        return Hop(name, zone, "alias" if message.answer else kind, lookup)
    for rrset in message.authority:
        if rrset.rdtype == dns.rdatatype.NS and _nearer(rrset.name, zone, domain):
            leads_to = tuple(rdata.target.to_text() for rdata in rrset)
            glue = _glue(message.additional)
            return Hop(name, zone, "referral", lookup, rrset.name.to_text(), leads_to, glue)
    return Hop(name, zone, "lame", lookup, note="it neither knows nor leads nearer")


def _nearer(cut: dns.name.Name, zone: str, domain: str) -> bool:
    here = dns.name.from_text(zone)
    return cut != here and cut.is_subdomain(here) and dns.name.from_text(domain).is_subdomain(cut)


def _glue(rrsets: Iterable[dns.rrset.RRset]) -> tuple[str, ...]:
    kinds = (dns.rdatatype.A, dns.rdatatype.AAAA)
    return tuple(f"{r.name} {rdata.address}" for r in rrsets if r.rdtype in kinds for rdata in r)


def _uris(records: Iterable[Naptr], text: str, service: str) -> Iterable[str]:
    for record in records:
        if record.problem or not record.terminal or not record.offers(service):
            continue
        try:
            yield record.uri(text)
        except LabError:
            continue  # this record only, as RFC 6116 section 5.2 has it


def _key(name: str) -> str:
    return name.rstrip(".").lower()
