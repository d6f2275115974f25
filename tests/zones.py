"""Random zones and queries for the tests that compare name servers."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress

import dns.name

from enumlab import Zone, ZoneError

ORIGIN = "t.example."
TOP = """
$TTL 300
@ SOA ns root 1 3600 900 604800 200
@ NS ns
ns A 127.0.0.1
"""
LABELS = ["0", "1", "2", "*", "a", "B", r"x\.y", r"\042", r"\000", r"\\1", "_sip", "-"]
TYPES = ["NAPTR", "A", "TXT", "CNAME", "NS", "DNAME"]
WEIGHTS = [6, 3, 3, 3, 2, 1]
QTYPES = ["NAPTR", "A", "TXT", "ANY", "CNAME", "NS", "DS", "SOA"]


def make(seed: int) -> Zone:
    """A zone of some 40 records: wildcards, empty non-terminals, aliases, cuts, odd labels."""
    chance = random.Random(seed)
    zone = Zone.from_text(TOP, ORIGIN)
    for number in range(40):
        owner = _owner(chance)
        kind = chance.choices(TYPES, WEIGHTS)[0]
        if kind == "DNAME" and owner.startswith("*"):
            continue  # undefined (RFC 6672 section 3.3): BIND and NSD take it as a name, Knot not
        # Refused are, for one, an alias beside other data and data below a DNAME.
        with suppress(ZoneError):
            zone = zone.with_records(f"{owner} {kind} {_data(chance, kind, number)}")
    return zone


def _owner(chance: random.Random) -> str:
    return (
        ".".join(chance.choices(LABELS[:6], k=chance.randint(1, 4)))
        if (chance.random() < 0.8)
        else ".".join(chance.choices(LABELS, k=chance.randint(1, 4)))
    )


def _data(chance: random.Random, kind: str, number: int) -> str:
    target = chance.choice([_owner(chance), _owner(chance), "elsewhere.example."])
    match kind:
        case "NAPTR":
            order = chance.choice([10, 10, 20])
            return rf'{order} 100 "u" "E2U+sip" "!^(.*)$!sip:\\1@h{number}.example!" .'
        case "A":
            return f"127.0.1.{number}"
        case "TXT":
            return rf'"text {number} \"quoted\" \\ \255"'
        case _:
            return target


def questions(zone: Zone, seed: int, number: int) -> Iterator[tuple[dns.name.Name, str]]:
    """Names that exist, names next to them, below them and above them; some in capitals."""
    chance = random.Random(seed)
    owners = [dns.name.from_text(owner) for owner in zone.owners]
    top = dns.name.from_text(zone.origin)
    for _ in range(number):
        name = chance.choice(owners)
        match chance.randint(0, 6):
            case 0 | 1:
                pass
            case 2 if name != top:
                name = name.parent()
            case 3 | 4 if name != top:
                name = dns.name.from_text(chance.choice(LABELS), name.parent())
            case 5:
                name = dns.name.from_text(f"{chance.choice(LABELS)}.{chance.choice(LABELS)}", name)
            case _:
                name = dns.name.from_text(chance.choice(LABELS), name)
        if chance.random() < 0.2:
            name = dns.name.Name([label.upper() for label in name.labels])
        if len(name.to_wire()) > 200:
            continue
        yield name, chance.choices(QTYPES, [6, 2, 2, 2, 1, 1, 1, 1])[0]
