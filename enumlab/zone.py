"""A zone, and what a name in it resolves to and why (RFC 1034 section 4.3.2, RFC 4592).

`nodes` keeps the names and the records. What stands here is the decision: which records answer,
and the reason in plain words.
"""

from __future__ import annotations

from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import dns.exception
import dns.name
import dns.rdata
import dns.rdataset
import dns.rdatatype

from enumlab import masterfile
from enumlab.errors import LabError, ZoneError
from enumlab.found import Found, Why
from enumlab.nodes import WILDCARD, Content, Node, Nodes, key_of

if TYPE_CHECKING:
    from collections.abc import Iterator
from enumlab.zonetext import file_text, told_origin

NS, CNAME, DNAME = dns.rdatatype.NS, dns.rdatatype.CNAME, dns.rdatatype.DNAME


class Zone:
    """A zone that never changes: an edit gives a new one.

    Attributes:
        origin: the name at the top, absolute.
        outside: (line, owner) of records in the master file that are not below the origin; as in
            BIND they are left out.
        source: the text that was read; None where the zone was made by an edit.

    Example:
        >>> zone = Zone.named("playground")
        >>> zone
        Zone('e164.arpa.', 10 owners, 16 records)
        >>> zone.find("5.4.3.2.0.5.5.5.2.1.6.e164.arpa.", "NAPTR").why
        <Why.EXACT: 'exact'>
    """

    def __init__(self, origin: dns.name.Name, records: masterfile.Records) -> None:
        """Use `from_text`, `from_file` or `named`."""
        self._origin = origin
        self._lines = records.lines
        self.outside: tuple[tuple[int, str], ...] = tuple(records.outside)
        self.source: str | None = None
        self._numbering: _Numbering | None = None
        self.nodes = Nodes(origin, _contents(records).items())
        self._refuse_below_dname()
        self._require(dns.rdatatype.SOA, "@ IN SOA ns.example. root.example. 1 3600 900 604800 300")
        self._require(NS, "@ IN NS ns.example.")

    def _require(self, kind: dns.rdatatype.RdataType, example: str) -> None:
        if kind not in self.nodes.rdatasets(self.nodes.apex):
            name = dns.rdatatype.to_text(kind)
            raise ZoneError(
                f"the zone has no {name} record at its top, {self._origin}; name servers refuse "
                f"such a zone. Add a line such as `{example}`."
            )

    def _refuse_below_dname(self) -> None:
        pair = self.nodes.below_a_dname()
        if pair is not None:
            owner, dname = pair
            raise ZoneError(
                f"{owner} is below {dname}, which has a DNAME record. A DNAME moves all "
                "names below it (RFC 6672 section 2.4): drop one of the two."
            )

    # Reading and writing

    @classmethod
    def from_text(cls, text: str, origin: str | None = None) -> Zone:
        """Read a zone from master-file text (RFC 1035 section 5).

        Args:
            text: the lines of the master file.
            origin: the name at the top of the zone; relative names hang below it. Left out, it is
                the owner of the SOA record where `$ORIGIN` or that line tells it, else e164.arpa.

        Raises:
            ZoneError: with line number, line and cure.

        Example:
            >>> Zone.from_text('''
            ... $TTL 1h
            ... @ SOA ns.example. root.example. 1 3600 900 604800 300
            ... @ NS  ns.example.
            ... * NAPTR 10 100 "u" "E2U+sip" "!^.*$!sip:info@example.com!" .
            ... ''', origin="1.6.e164.arpa.")
            Zone('1.6.e164.arpa.', 2 owners, 3 records)
        """
        if not isinstance(text, str):
            raise ZoneError(
                f"expected the text of a master file, got {type(text).__name__}; "
                "use Zone.from_file(path) for a file."
            )
        top = told_origin(text) if origin is None else _name(origin)
        zone = cls(top, masterfile.read(text, top, packed=True))
        zone.source, zone._numbering = text, _Numbering(text, top)
        return zone

    @classmethod
    def from_file(cls, path: str | Path, origin: str | None = None) -> Zone:
        """Read a zone from a master file; see `from_text`.

        Example:
            >>> Zone.from_file("no-such-file.zone")  # doctest: +ELLIPSIS
            Traceback (most recent call last):
            ...
            enumlab.errors.ZoneError: no-such-file.zone cannot be read: No such file...
        """
        return cls.from_text(file_text(path, cls.names()), origin)

    @classmethod
    def named(cls, name: str) -> Zone:
        """One of the zones that come with the course; `Zone.names()` lists them.

        Example:
            >>> Zone.named("corrected")
            Zone('e164.arpa.', 11 owners, 15 records)
        """
        if name not in cls.names():
            raise ZoneError(
                f"there is no zone named {name!r} in the course. "
                f"Known are: {', '.join(cls.names())}."
            )
        return cls.from_text(files("enumlab.zones").joinpath(f"{name}.zone").read_text("utf-8"))

    @staticmethod
    def names() -> list[str]:
        """Names of the zones that come with the course, sorted.

        Example:
            >>> "playground" in Zone.names()
            True
        """
        shelf = files("enumlab.zones").iterdir()
        return sorted(f.name.removesuffix(".zone") for f in shelf if f.name.endswith(".zone"))

    def to_text(self) -> str:
        """The zone as master-file text that BIND, NSD and Knot load; names relative to `$ORIGIN`.

        Example:
            >>> print(Zone.named("playground").to_text()[:72])
            $ORIGIN e164.arpa.
            @ 3600 IN SOA ns root 2009010918 3600 3600 3600 3600
        """
        lines = [f"$ORIGIN {self.origin}"]
        for key in self.nodes.owners:
            owner = self.nodes.name(key).relativize(self._origin)
            for rdataset in self.nodes.rdatasets(key).values():
                lines.append(rdataset.to_text(owner, self._origin, relativize=True))
        return "\n".join(lines) + "\n"

    def with_records(self, text: str) -> Zone:
        """A new zone with more records; a record without TTL takes the zone's SOA TTL.

        Example:
            >>> zone = Zone.named("playground")
            >>> len(zone.with_records('9.9 NAPTR 10 100 "u" "E2U+sip" "!^.*$!sip:a@b.example!" .'))
            11
        """
        soa = self.rdataset(self.origin, "SOA")
        everything = self._records()
        masterfile.read(text, self._origin, soa.ttl if soa else None, onto=everything, packed=True)
        return self._edited(everything)

    def without(self, owner: str) -> Zone:
        """A new zone without any record at this owner; names below it stay.

        Raises:
            ZoneError: where nothing is at this owner.

        Example:
            >>> len(Zone.named("playground").without("5.4.3.2.0.5.5.5.2.1.6"))
            9
        """
        name = self._absolute(owner)
        if self.nodes.get(key_of(name)) is None:
            raise ZoneError(
                f"{name} owns no record in this zone, so there is nothing to take away. "
                "zone.owners lists the names that do."
            )
        rest = self._records()
        rest.packed.pop(key_of(name), None)
        for key in [key for key in rest.rdatasets if key[0] == name]:
            del rest.rdatasets[key]
        return self._edited(rest)

    def _edited(self, records: masterfile.Records) -> Zone:
        zone = Zone(self._origin, records)
        zone._numbering = self._numbering
        return zone

    # Looking

    @property
    def origin(self) -> str:
        """The name at the top of the zone, absolute."""
        return self._origin.to_text()

    @property
    def top(self) -> dns.name.Name:
        """The origin, as dnspython's object."""
        return self._origin

    @property
    def owners(self) -> list[str]:
        """The names that own records, in canonical DNS order (RFC 4034 section 6.1)."""
        return [self.nodes.name(key).to_text() for key in self.nodes.owners]

    def __len__(self) -> int:
        return self.nodes.size

    def __iter__(self) -> Iterator[tuple[str, dns.rdataset.Rdataset]]:
        """Each owner with each of its rrsets, in canonical DNS order."""
        for key in self.nodes.owners:
            owner = self.nodes.name(key).to_text()
            for rdataset in self.nodes.rdatasets(key).values():
                yield owner, rdataset

    def rdataset(self, owner: str | dns.name.Name, rdtype: str) -> dns.rdataset.Rdataset | None:
        """The records of one type at exactly this owner, or None; no wildcards, no cuts."""
        return self.nodes.rdatasets(key_of(self._absolute(owner))).get(_rdtype(rdtype))

    def line(self, owner: str, rdata: dns.rdata.Rdata) -> int | None:
        """The line of the master file on which a record starts, or None if it came by an edit."""
        record = (self._absolute(owner), rdata)
        if record not in self._lines and self._numbering is not None:
            return self._numbering.lines.get(record)
        return self._lines.get(record)

    def find(self, name: str, rdtype: str = "NAPTR") -> Found:
        """What a name resolves to, and why (RFC 1034 section 4.3.2, RFC 4592 section 3.3).

        Args:
            name: a domain name; relative names hang below the origin.
            rdtype: a type such as "NAPTR", or "ANY".

        Example:
            >>> zone = Zone.named("playground")
            >>> zone.find("0.0.0.2.0.5.5.5.2.1.6", "NAPTR").source
            '*.2.0.5.5.5.2.1.6.e164.arpa.'
            >>> zone.find("3.2.0.5.5.5.2.1.6", "NAPTR").why
            <Why.EMPTY_NON_TERMINAL: 'empty non-terminal'>
        """
        return self.resolve(self._absolute(name), _rdtype(rdtype))

    def resolve(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> Found:
        """`find`, for callers that hold dnspython's objects."""
        nodes, key = self.nodes, key_of(name)
        closest = nodes.closest(key)
        if closest is None:
            return Found.of(name, rdtype, "REFUSED", Why.OUT_OF_ZONE)
        here = nodes.rdatasets(closest)
        encloser = nodes.name(closest)
        if NS in here and closest != nodes.apex and (closest != key or rdtype != dns.rdatatype.DS):
            return Found.of(name, rdtype, "NOERROR", Why.DELEGATED, encloser, encloser, here[NS])
        if closest == key:
            if nodes.there[key] is None:
                empty = Why.EMPTY_NON_TERMINAL
                return Found.of(name, rdtype, "NOERROR", empty, encloser, encloser)
            return self._at(name, rdtype, key, encloser, Why.EXACT)
        if DNAME in here:
            return Found.of(name, rdtype, "NOERROR", Why.ALIAS, encloser, encloser, here[DNAME])
        return self._by_wildcard(name, rdtype, closest)

    def _by_wildcard(
        self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType, closest: bytes
    ) -> Found:
        nodes, source = self.nodes, WILDCARD + closest
        encloser = nodes.name(closest)
        if source not in nodes.there:
            hidden = nodes.hidden_wildcard(closest)
            if hidden is None:
                return Found.of(name, rdtype, "NXDOMAIN", Why.NO_SUCH_NAME, encloser)
            shown = nodes.name(hidden)
            return Found.of(name, rdtype, "NXDOMAIN", Why.HIDDEN, encloser, shown)
        if nodes.there[source] is None:
            there = nodes.name(source)
            return Found.of(name, rdtype, "NOERROR", Why.EMPTY_NON_TERMINAL, encloser, there)
        return self._at(name, rdtype, source, encloser, Why.WILDCARD)

    def _at(
        self,
        name: dns.name.Name,
        rdtype: dns.rdatatype.RdataType,
        key: bytes,
        closest_encloser: dns.name.Name,
        why: Why,
    ) -> Found:
        """The answer from a name with records: the type, an alias, or neither."""
        here, source = self.nodes.rdatasets(key), self.nodes.name(key)
        if rdtype == dns.rdatatype.ANY:
            every = here.values()
            return Found.of(name, rdtype, "NOERROR", why, closest_encloser, source, *every)
        rdataset = here.get(rdtype)
        if rdataset is None:
            rdataset = here.get(CNAME)
            why = Why.NO_SUCH_TYPE if rdataset is None else Why.ALIAS
        return Found.of(name, rdtype, "NOERROR", why, closest_encloser, source, rdataset)

    def _absolute(self, name: str | dns.name.Name) -> dns.name.Name:
        return _name(name, self._origin)

    def _records(self) -> masterfile.Records:
        """A copy of what the zone holds, to edit."""
        copy = masterfile.Records(lines=dict(self._lines), outside=[*self.outside])
        for part in self.nodes.there, self.nodes.hidden:
            for key, content in part.items():
                if isinstance(content, Node):
                    for kind, rdataset in content.rdatasets.items():
                        copy.rdatasets[content.owner, kind] = _copied(rdataset)
                elif content is not None:
                    copy.packed[key] = content
        return copy

    def __repr__(self) -> str:
        return f"Zone({self.origin!r}, {len(self)} owners, {self.nodes.count()} records)"

    def _repr_html_(self) -> str:
        from enumlab.show.tables import zone_table

        return zone_table(self)


class _Numbering:
    """The line on which each record of a master file starts, read when somebody asks."""

    def __init__(self, text: str, origin: dns.name.Name) -> None:
        self._text, self._origin = text, origin

    @cached_property
    def lines(self) -> dict[tuple[dns.name.Name, dns.rdata.Rdata], int]:
        return masterfile.read(self._text, self._origin).lines


def _contents(records: masterfile.Records) -> dict[bytes, Content]:
    contents: dict[bytes, Content] = {**records.packed}
    for (owner, kind), rdataset in records.rdatasets.items():
        node = contents.setdefault(key_of(owner), Node(owner))
        assert isinstance(node, Node)  # no owner stands in both
        node.rdatasets[kind] = rdataset
    return contents


def _copied(rdataset: dns.rdataset.Rdataset) -> dns.rdataset.Rdataset:
    copy = dns.rdataset.Rdataset(rdataset.rdclass, rdataset.rdtype, ttl=rdataset.ttl)
    for rdata in rdataset:
        copy.add(rdata)
    return copy


def _name(text: str | dns.name.Name, origin: dns.name.Name = dns.name.root) -> dns.name.Name:
    if isinstance(text, dns.name.Name):
        return text
    try:
        if not isinstance(text, str):
            raise TypeError(f"it is {type(text).__name__}, not text")
        return dns.name.from_text(text, origin)
    except (dns.exception.DNSException, TypeError) as error:
        raise LabError(
            f"{text!r} is not a domain name ({error}). Expected labels of 1 to 63 characters, with "
            "dots between them, 255 octets in all."
        ) from None


def _rdtype(text: str) -> dns.rdatatype.RdataType:
    try:
        return dns.rdatatype.RdataType.make(text)
    except (dns.exception.DNSException, ValueError, TypeError):
        raise LabError(
            f"{text!r} is not a record type. Expected a name such as 'NAPTR', 'A' or 'ANY'."
        ) from None
