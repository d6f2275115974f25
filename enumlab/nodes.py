r"""The names that exist in a zone, in a form that stays small and quick with a million of them.

A name is kept as its wire form (RFC 1035 section 3.1) in lower case, without the closing zero; here
that is called a key. `b"\x012\x011"` is `2.1.`, and cutting `1 + key[0]` octets off the front gives
the key of the name above. A dict of keys then answers in a few steps what exists, and what the
closest encloser of a name is (RFC 4592 section 3.3.1).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdataset
import dns.rdatatype

NAPTR = dns.rdatatype.NAPTR
WILDCARD = b"\x01*"
LONGEST = 254  # octets of a key: a name has 255, its closing zero among them

# Owner as a pointer to the question, where it always stands; type, class, TTL, length of the data.
RECORD = struct.Struct("!HHHIH")
TO_THE_QUESTION = 0xC00C


class Node:
    """A name with records of any type; never changed once its zone is made.

    Attributes:
        owner: the name as the master file spells it.
        rdatasets: its rrsets by type, in the sequence of the file.
    """

    __slots__ = ("_packed", "owner", "rdatasets")

    def __init__(self, owner: dns.name.Name) -> None:
        self.owner = owner
        self.rdatasets: dict[dns.rdatatype.RdataType, dns.rdataset.Rdataset] = {}
        self._packed: dict[dns.rdatatype.RdataType, tuple[bytes, ...]] = {}

    def packed(self, rdtype: dns.rdatatype.RdataType) -> tuple[bytes, ...]:
        """The records of one type, ready for an answer; only for types without compression."""
        if rdtype not in self._packed:
            rdataset = self.rdatasets[rdtype]
            self._packed[rdtype] = tuple(pack(rdataset.ttl, each) for each in rdataset)
        return self._packed[rdtype]


# A name has one NAPTR record, several, records of any type, or only names below it.
Content = bytes | tuple[bytes, ...] | Node | None


def pack(ttl: int, rdata: dns.rdata.Rdata) -> bytes:
    """A record as it goes into an answer whose question carries the owner's name."""
    wire = rdata.to_wire() or b""
    return RECORD.pack(TO_THE_QUESTION, rdata.rdtype, rdata.rdclass, ttl, len(wire)) + wire


def unpack(records: bytes | tuple[bytes, ...]) -> dns.rdataset.Rdataset:
    """The rrset of packed NAPTR records.

    Example:
        >>> import dns.rdata
        >>> text = '10 100 "u" "E2U+sip" "!^.*$!sip:info@example.com!" .'
        >>> str(unpack(pack(60, dns.rdata.from_text("IN", "NAPTR", text)))[0]) == text
        True
    """
    packed = (records,) if isinstance(records, bytes) else records
    ttl = RECORD.unpack_from(packed[0])[3]
    rdataset = dns.rdataset.Rdataset(dns.rdataclass.IN, NAPTR, ttl=ttl)
    for record in packed:
        size = len(record) - RECORD.size
        rdataset.add(dns.rdata.from_wire(dns.rdataclass.IN, NAPTR, record, RECORD.size, size))
    return rdataset


def key_of(name: dns.name.Name) -> bytes:
    r"""The key of an absolute name.

    Example:
        >>> key_of(dns.name.from_text("2.1.E164.arpa."))
        b'\x012\x011\x04e164\x04arpa'
    """
    return b"".join(bytes((len(label),)) + label for label in name.labels[:-1]).lower()


def labels_of(key: bytes) -> Iterator[bytes]:
    """The labels of a key, the most specific first."""
    at = 0
    while at < len(key):
        yield key[at + 1 : at + 1 + key[at]]
        at += 1 + key[at]


class Nodes:
    """The names of one zone.

    Args:
        origin: the name at the top.
        contents: (key, content) of each name that owns records, all at or below the origin.

    Attributes:
        apex: key of the origin.
        there: content by key; None for an empty non-terminal. Names below a zone cut are not here.
        hidden: content by key of the names below a zone cut: addresses of name servers, mostly.
    """

    def __init__(self, origin: dns.name.Name, contents: Iterable[tuple[bytes, Content]]) -> None:
        self.origin, self.apex = origin, key_of(origin)
        self.there: dict[bytes, Content] = dict(contents)
        self.hidden: dict[bytes, Content] = {}
        self.size = len(self.there)
        self._fill_up()
        self._hide()

    def _fill_up(self) -> None:
        """Add the names that exist only because names below them do (RFC 4592 section 2.2.2)."""
        there, apex = self.there, self.apex
        there.setdefault(apex, None)
        for owner in list(there):
            above = owner[1 + owner[0] :] if owner != apex else apex
            while above not in there:
                there[above] = None
                above = above[1 + above[0] :]

    def _hide(self) -> None:
        """Set apart what another zone answers for (RFC 1034 section 4.2.1)."""
        cuts = {key for key in self._with(dns.rdatatype.NS) if key != self.apex}
        for key in [key for key in self.there if cuts and self._is_below(key, cuts)]:
            self.hidden[key] = self.there.pop(key)

    def _with(self, rdtype: int) -> Iterator[bytes]:
        for key, content in self.there.items():
            if isinstance(content, Node) and rdtype in content.rdatasets:
                yield key

    def _is_below(self, key: bytes, tops: set[bytes]) -> bool:
        return any(above in tops for above in self.above(key))

    def below_a_dname(self) -> tuple[dns.name.Name, dns.name.Name] | None:
        """A name below another that has a DNAME record, and that other; None if there is none."""
        dnames = {*self._with(dns.rdatatype.DNAME)}
        for key in self.owners if dnames else ():
            for above in self.above(key):
                if above in dnames:
                    return self.name(key), self.name(above)
        return None

    def above(self, key: bytes) -> Iterator[bytes]:
        """The keys of the names above, the closest first, up to the top of the zone."""
        while key != self.apex and key:
            key = key[1 + key[0] :]
            yield key

    def get(self, key: bytes) -> Content:
        """What a name owns, on either side of a zone cut; None where it owns nothing."""
        return self.there.get(key) or self.hidden.get(key)

    def closest(self, key: bytes) -> bytes | None:
        """The name itself or the closest one above that exists; None outside the zone."""
        if key in self.there:
            return key
        return next((above for above in self.above(key) if above in self.there), None)

    def hidden_wildcard(self, key: bytes) -> bytes | None:
        """The wildcard that would answer below a name, if that name did not exist."""
        wildcards = (WILDCARD + above for above in self.above(key))
        return next((each for each in wildcards if self.there.get(each) is not None), None)

    def name(self, key: bytes) -> dns.name.Name:
        """The name of a key at or below the origin, in the spelling of the zone."""
        content = self.get(key)
        if isinstance(content, Node):
            return content.owner
        own = len(key) - len(self.apex)
        return dns.name.Name([*labels_of(key[:own]), *self.origin.labels])

    def rdatasets(self, key: bytes) -> dict[dns.rdatatype.RdataType, dns.rdataset.Rdataset]:
        """The rrsets at a name, by type."""
        content = self.get(key)
        if isinstance(content, Node):
            return content.rdatasets
        return {} if content is None else {NAPTR: unpack(content)}

    @cached_property
    def owners(self) -> list[bytes]:
        """Keys of the names with records, in canonical DNS order (RFC 4034 section 6.1)."""
        parts = (self.there, self.hidden)
        owners = (key for part in parts for key in part if part[key] is not None)
        return sorted(owners, key=lambda key: [*labels_of(key)][::-1])

    def count(self) -> int:
        """The number of records."""
        return sum(
            1
            if isinstance(content, bytes)
            else sum(map(len, content.rdatasets.values()))
            if isinstance(content, Node)
            else len(content or ())
            for part in (self.there, self.hidden)
            for content in part.values()
        )

    def __getstate__(self) -> dict[str, Any]:
        state = dict(self.__dict__)
        state.pop("owners", None)  # made again when asked for
        return state
