"""`Plan`: a zone as the rules look at it, by owner and by number; from a `Zone` or from text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import dns.name
import dns.rdata

from enumlab import masterfile
from enumlab.naptr import Naptr
from enumlab.plainlines import Entry
from enumlab.zone import Zone
from enumlab.zonetext import told_origin

PUBLIC = "e164.arpa."


@dataclass(slots=True)
class Owner:
    """A name that owns records, and the number or the block of numbers that it stands for.

    Attributes:
        name: absolute, as in the zone.
        labels: those below the origin, the most significant first; a wildcard's last is `*`.
        number: the digits, the most significant first, without the `*`; None for another name.
        wild: whether it is a wildcard.
        line: of its first record.
        entries: its NAPTR records, none twice.
        types: of its records.
    """

    name: str
    labels: tuple[str, ...]
    number: str | None
    wild: bool
    line: int | None
    entries: list[Entry] = field(default_factory=list)
    types: set[str] = field(default_factory=set)

    @property
    def aus(self) -> str | None:
        """The Application Unique String of an exact number; None for other names."""
        return f"+{self.number}" if self.number and not self.wild else None

    @property
    def numbers(self) -> str:
        """Such as +61355500912, or +61255502... for a block; the name for other names."""
        if self.number is None:
            return self.name
        return f"+{self.number}{'...' if self.wild else ''}"


@dataclass(frozen=True)
class Plan:
    """What a zone holds.

    Attributes:
        origin: the name at the top.
        suffix: the origin without leading digits: where numbers start.
        owners: by name in lower case, in the sequence of the file.
        others: (owner, record, line) of records that are not NAPTR.
        outside: (line, owner) of records that are not below the origin.
    """

    origin: str
    suffix: str
    owners: dict[str, Owner]
    others: list[tuple[str, dns.rdata.Rdata, int | None]]
    outside: tuple[tuple[int, str], ...]

    def domain(self, labels: Iterable[str]) -> str:
        """The name of labels below the origin, the most significant first."""
        own = ".".join(reversed([*labels]))
        return f"{own}.{self.origin}" if self.origin != "." else f"{own}."


def of_zone(zone: Zone) -> Plan:
    """The plan of a zone that stands in memory.

    Example:
        >>> plan = of_zone(Zone.named("playground"))
        >>> plan.owners["*.2.0.5.5.5.2.1.6.e164.arpa."].numbers
        '+61255502...'
    """
    return _plan(zone, [])


def of_text(text: str, origin: str | None = None) -> Plan:
    """The plan of a master file, without making a zone of all its lines.

    Raises:
        ZoneError: as `Zone.from_text`.
    """
    entries: list[Entry] = []
    top = told_origin(text) if origin is None else dns.name.from_text(origin)
    zone = Zone(top, masterfile.read(text, top, plain=entries))
    names = {entry.owner.lower() for entry in entries}
    for owner, rdataset in zone:
        alone = owner.lower()
        if (rdataset.rdtype.name == "CNAME" and alone in names) or (
            rdataset.rdtype.name == "DNAME" and any(name.endswith(f".{alone}") for name in names)
        ):
            Zone.from_text(text, origin)  # says what is wrong, and where
    return _plan(zone, entries)


def _plan(zone: Zone, entries: list[Entry]) -> Plan:
    others: list[tuple[str, dns.rdata.Rdata, int | None]] = []
    for owner, rdataset in zone:
        for rdata in rdataset:
            line = zone.line(owner, rdata)
            if rdataset.rdtype.name == "NAPTR":
                entries.append(_entry(owner, rdata, line))
            else:
                others.append((owner, rdata, line))
    entries.sort(key=lambda entry: entry.line or 0)
    labels = zone.origin.split(".")
    while len(labels) > 2 and _is_digit(labels[0]):
        del labels[0]
    suffix = ".".join(labels)
    plan = Plan(zone.origin, suffix, {}, others, zone.outside)
    seen = set()
    for entry in entries:
        owner_of = _owner(plan, entry.owner, entry.line)
        owner_of.types.add("NAPTR")
        data = (owner_of.name, *entry[2:])
        if data not in seen:
            seen.add(data)
            owner_of.entries.append(entry)
    for name, rdata, line in others:
        _owner(plan, name, line).types.add(rdata.rdtype.name)
    return plan


def _owner(plan: Plan, name: str, line: int | None) -> Owner:
    key = name.lower()
    found = plan.owners.get(key)
    if found is None:
        found = plan.owners[key] = _new_owner(plan, name, line)
    return found


def _new_owner(plan: Plan, name: str, line: int | None) -> Owner:
    below = name[: -len(plan.origin)].rstrip(".") if plan.origin != "." else name.rstrip(".")
    labels = tuple(reversed(_labels(below.lower()))) if below else ()
    wild = bool(labels) and labels[-1] == "*"
    top = plan.origin[: -len(plan.suffix)].replace(".", "")[::-1]
    digits = labels[:-1] if wild else labels
    of_number = bool(labels or top) and all(map(_is_digit, digits))
    number = top + "".join(digits) if of_number else None
    return Owner(name, labels, number, wild, line)


def _labels(below: str) -> list[str]:
    if "\\" not in below:
        return below.split(".")
    return [label.decode("latin-1") for label in dns.name.from_text(below, None).labels]


def _is_digit(label: str) -> bool:
    return len(label) == 1 and label in "0123456789"


def _entry(owner: str, rdata: dns.rdata.Rdata, line: int | None) -> Entry:
    naptr = Naptr.from_rdata(rdata)
    return Entry(
        owner,
        line,
        naptr.order,
        naptr.preference,
        naptr.flags,
        naptr.service,
        naptr.regexp,
        naptr.replacement,
    )
