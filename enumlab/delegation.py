"""The public tree in small: a name server for each tier, all on this machine."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from enumlab.errors import LabError
from enumlab.server import LabServer, serve
from enumlab.zone import Zone

if TYPE_CHECKING:
    from types import TracebackType

ZONES = ("tier0", "tier1", "tier2-acacia", "tier2-banksia", "tier2-number")


class Tiers(dict[str, LabServer]):
    """Name of each name server -> the server; in a `with` block all stop at its end."""

    def stop(self) -> None:
        """Stop every server."""
        for server in self.values():
            server.stop()

    def __enter__(self) -> Tiers:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return "\n".join(f"{name} serves {server.zone.origin}" for name, server in self.items())

    def _repr_html_(self) -> str:
        from enumlab.show.tables import table

        rows = [(name, server.zone.origin, len(server.zone)) for name, server in self.items()]
        return table("Name servers of the tree", ["name server", "zone", "owners"], rows)


def serve_tiers(zones: Iterable[str | Zone] = ZONES) -> Tiers:
    """Start a name server for each zone, under the name that its NS record gives.

    Args:
        zones: names of zones of the course, or zones; the top of the tree first.

    Raises:
        ZoneError: no such zone.
        LabError: two zones name the same server; a lab server holds one zone.

    Example:
        >>> from enumlab.resolver import walk
        >>> with serve_tiers() as servers:
        ...     print(walk("+61 3 5550 0912", servers).uris)
        ('sip:61355500912@acacia.example',)
    """
    started = Tiers()
    try:
        for zone in zones:
            made = Zone.named(zone) if isinstance(zone, str) else zone
            for name in servers_of(made):
                if name in started:
                    raise LabError(
                        f"{name} would serve {started[name].zone.origin} and {made.origin}. A lab "
                        "server holds one zone: give one of the two zones another NS record."
                    )
                started[name] = serve(made)
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
