"""The public tree in small: a name server for each tier, all on this machine."""

from __future__ import annotations

from collections.abc import Iterable

from enumlab.server import LabServer, serve
from enumlab.zone import Zone

ZONES = ("tier0", "tier1", "tier2-acacia", "tier2-banksia", "tier2-number")


class Tiers(dict[str, list[LabServer]]):
    """Name of each name server -> its lab servers, one for each zone that it has.

    In a `with` block all of them stop at its end.
    """

    def add(self, zone: Zone) -> LabServer:
        """Start a server for a zone, under the names that its NS records give.

        Raises:
            ServerError: no port is free.
        """
        server = serve(zone)
        for name in servers_of(zone):
            self.setdefault(name, []).append(server)
        return server

    def stop(self) -> None:
        """Stop every server."""
        for servers in self.values():
            for server in servers:
                server.stop()

    @property
    def zones(self) -> list[tuple[str, Zone]]:
        """(name server, zone) for each zone, in the sequence in which they were added."""
        return [(name, server.zone) for name, servers in self.items() for server in servers]

    def __enter__(self) -> Tiers:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return "\n".join(f"{name} serves {zone.origin}" for name, zone in self.zones)

    def _repr_html_(self) -> str:
        from enumlab.show.tables import table

        rows = [(name, zone.origin, len(zone)) for name, zone in self.zones]
        return table("Name servers of the tree", ["name server", "zone", "owners"], rows)


def serve_tiers(zones: Iterable[str | Zone] = ZONES) -> Tiers:
    """Start a name server for each zone, under the name that its NS record gives.

    Args:
        zones: names of zones of the course, or zones; the top of the tree first.

    Raises:
        ZoneError: no such zone.

    Example:
        >>> from enumlab.resolver import walk
        >>> with serve_tiers() as servers:
        ...     print(walk("+61 3 5550 0912", servers).uris)
        ('sip:61355500912@acacia.example',)
    """
    started = Tiers()
    try:
        for zone in zones:
            started.add(Zone.named(zone) if isinstance(zone, str) else zone)
    except BaseException:
        started.stop()
        raise
    return started


def servers_of(zone: Zone, cut: str | None = None) -> list[str]:
    """The name servers of a zone, or of what it delegates at a cut.

    Example:
        >>> servers_of(Zone.named("tier0"), "1.6.e164.arpa.")
        ['ns.1.6.e164.arpa.']
    """
    rdataset = zone.rdataset(cut or zone.origin, "NS")
    return [rdata.target.to_text() for rdata in rdataset or ()]
