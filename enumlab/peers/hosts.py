"""Who is who in the private network: an address for each host that a zone's records lead to."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from enumlab.naptr import Naptr
from enumlab.number import to_domain
from enumlab.peers.records import naptrs
from enumlab.targets import target_names
from enumlab.zone import Zone

PORT = 5060  # of SIP
KAMAILIO, CALLER, SIPP, DNS = "127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.53"
OWN = (KAMAILIO, CALLER, SIPP, DNS)
BEFORE_TARGETS = ipaddress.IPv4Address("127.0.1.0")

# The host in the SIP URI that a regexp writes, and its port.
HOST = re.compile(r"sips?:(?:[^@]*@)?([a-z0-9_.-]*[a-z0-9])(?::([0-9]+))?", re.IGNORECASE)


@dataclass(frozen=True)
class Target:
    """A server that calls are sent to.

    Attributes:
        name: short, as `enumlab.simulate` has it.
        host: as in the records.
        address: the host itself where that is an IPv4 address, else one of the loopback.
        ports: UDP ports that it listens on.
    """

    name: str
    host: str
    address: str
    ports: tuple[int, ...]


def targets_of(zone: Zone) -> tuple[Target, ...]:
    """The hosts in the SIP URIs of a zone, each with an address, in the sequence of the records.

    Example:
        >>> for target in targets_of(Zone.named("playground"))[2:4]:
        ...     print(target.name, target.address)
        10.0.1.98 10.0.1.98
        server1 127.0.1.3
    """
    ports: dict[str, list[int]] = {}
    first: dict[str, Naptr] = {}
    for _, record in naptrs(zone):
        found = HOST.search(record.regexp)
        if found:
            host = found[1].lower()
            first.setdefault(host, record)
            port = int(found[2] or PORT)
            if port not in ports.setdefault(host, []) and 0 < port < 65536:
                ports[host].append(port)
    names = target_names(list(first.values()))
    return tuple(
        Target(name, host, _address(host, place), tuple(ports[host]))
        for place, (name, host) in enumerate(zip(names, first, strict=True))
    )


def host_zone(targets: tuple[Target, ...]) -> Zone:
    """A zone for the whole of DNS in which these hosts, and nothing else, have addresses.

    Example:
        >>> host_zone(targets_of(Zone.named("playground"))).find(
        ...     "server1.enum.nickvsnetworking.com.", "A").records[0].to_text()
        '127.0.1.3'
    """
    lines = ["$TTL 1h", "@ IN SOA ns. root.ns. 1 3600 3600 3600 3600", "@ IN NS ns."]
    lines += [f"ns. IN A {DNS}"]
    lines += [f"{each.host}. IN A {each.address}" for each in targets if each.host != each.address]
    return Zone.from_text("\n".join(lines) + "\n", origin=".")


def _address(host: str, place: int) -> str:
    try:
        return str(ipaddress.IPv4Address(host))
    except ValueError:
        return str(BEFORE_TARGETS + place)


def leads_to(zone: Zone, number: str, suffix: str) -> tuple[str, ...]:
    """Names of the targets that a number's records lead to, in the sequence of the records.

    Example:
        >>> leads_to(Zone.named("playground"), "+61355500914", "e164.arpa.")
        ('firstchoice', 'secondchoice')
    """
    names = {target.host: target.name for target in targets_of(zone)}
    found = zone.find(to_domain(number, suffix), "NAPTR").records
    hosts = [HOST.search(record.regexp) for record in found if isinstance(record, Naptr)]
    return tuple(dict.fromkeys(names[host[1].lower()] for host in hosts if host))
