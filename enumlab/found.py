"""What a name in a zone resolves to, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import dns.name
import dns.rdata
import dns.rdataset
import dns.rdatatype
import dns.rdtypes.IN.NAPTR

from enumlab.naptr import Naptr

OUT_OF_ZONE = "{} is not in this zone"
Record = Naptr | dns.rdata.Rdata


class Why(StrEnum):
    """The reason for an answer; each is also a plain string."""

    EXACT = "exact"
    WILDCARD = "wildcard"
    ALIAS = "alias"
    NO_SUCH_TYPE = "no such type"
    EMPTY_NON_TERMINAL = "empty non-terminal"
    HIDDEN = "hidden by a closer encloser"
    NO_SUCH_NAME = "no such name"
    DELEGATED = "delegated"
    OUT_OF_ZONE = "out of zone"


@dataclass(frozen=True)
class Found:
    """What one name resolves to, and why; aliases are not followed.

    Attributes:
        name: the name asked for, absolute.
        rdtype: the type asked for, as text.
        rcode: "NOERROR", "NXDOMAIN" or "REFUSED".
        why: one of `Why`; compares equal to plain text such as "wildcard".
        closest_encloser: the longest existing ancestor of the name, or the name itself where it
            exists (RFC 4592 section 3.3.1); None outside the zone.
        source: owner in the zone that gave the answer: the name, the wildcard, the zone cut, or
            the wildcard that would have answered but for the closest encloser.
        ttl: seconds; None where there are no records.
        rdatasets: dnspython's form of the records, for the wire.
    """

    name: str
    rdtype: str
    rcode: str
    why: Why
    closest_encloser: str | None = None
    source: str | None = None
    ttl: int | None = None
    rdatasets: tuple[dns.rdataset.Rdataset, ...] = field(default=(), repr=False, compare=False)

    @cached_property
    def records(self) -> tuple[Record, ...]:
        """A `Naptr` for each NAPTR record, dnspython's rdata for any other type.

        Example:
            >>> from enumlab import Zone
            >>> Zone.named("playground").find("1.1.9.0.0.5.5.5.3.1.6").records[0].order
            10
        """
        return tuple(_record(rdata) for rdataset in self.rdatasets for rdata in rdataset)

    @property
    def explanation(self) -> str:
        """One sentence that says why, with the names that decided.

        Example:
            >>> from enumlab import Zone
            >>> Zone.named("playground").find("6.4.3.2.0.5.5.5.2.1.6", "NAPTR").explanation
            'wildcard *.2.0.5.5.5.2.1.6.e164.arpa. hidden by 4.3.2.0.5.5.5.2.1.6.e164.arpa.'
        """
        match self.why:
            case Why.EXACT:
                return f"exact match at {self.source}"
            case Why.WILDCARD:
                return f"wildcard {self.source}"
            case Why.ALIAS:
                return f"{self.source} is an alias"
            case Why.NO_SUCH_TYPE:
                return f"{self.source} exists, but has no {self.rdtype} record"
            case Why.EMPTY_NON_TERMINAL:
                return f"{self.source} exists only because names below it do"
            case Why.HIDDEN:
                return f"wildcard {self.source} hidden by {self.closest_encloser}"
            case Why.DELEGATED:
                return f"delegated at {self.source}"
            case Why.OUT_OF_ZONE:
                return OUT_OF_ZONE.format(self.name)
            case _:
                return f"no such name, and no wildcard at {self.closest_encloser}"

    @classmethod
    def of(
        cls,
        name: dns.name.Name,
        rdtype: dns.rdatatype.RdataType,
        rcode: str,
        why: Why,
        closest_encloser: dns.name.Name | None = None,
        source: dns.name.Name | None = None,
        *rdatasets: dns.rdataset.Rdataset | None,
    ) -> Found:
        """Make one from dnspython's objects; a missing rrset may be given as None."""
        there = tuple(rdataset for rdataset in rdatasets if rdataset is not None)
        return cls(
            name.to_text(),
            dns.rdatatype.to_text(rdtype),
            rcode,
            why,
            closest_encloser.to_text() if closest_encloser else None,
            source.to_text() if source else None,
            min((rdataset.ttl for rdataset in there), default=None),
            there,
        )


def _record(rdata: dns.rdata.Rdata) -> Record:
    return Naptr.from_rdata(rdata) if isinstance(rdata, dns.rdtypes.IN.NAPTR.NAPTR) else rdata
