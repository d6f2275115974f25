"""Kamailio with its enum module, in a network of its own, routing real calls by a zone.

Kamailio has no setting for the name server: it asks the one in /etc/resolv.conf, on port 53. So it
runs where both can be had without touching the machine: in a private user, network, mount and
process namespace, which Linux gives to any user where the kernel allows.
"""

from __future__ import annotations

import base64
import weakref
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from enumlab.client import Answer, ask
from enumlab.errors import ServerError
from enumlab.number import aus
from enumlab.peers.hosts import CALLER, DNS, KAMAILIO, leads_to, targets_of
from enumlab.peers.namespace import CannotRunError, Namespace
from enumlab.peers.packets import read_frames
from enumlab.peers.recorded import Recorded
from enumlab.peers.results import RealCalls
from enumlab.peers.routes import SUFFIX, settings
from enumlab.responder import Responder, Rotation
from enumlab.server import LabServer
from enumlab.zone import Zone

MOST_CALLS = 1000  # the name server's log holds what they look up
PATIENCE = 2.5  # seconds without any message, after which a caller gives up


class Line(Protocol):
    """Where requests for calls go: a namespace, or a recording."""

    note: str

    @property
    def running(self) -> bool:
        """Whether requests are taken."""

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Have a request answered."""

    def stop(self) -> None:
        """End what runs."""


def kamailio(
    zone: str | Path | Zone | LabServer = "playground",
    *,
    route: str = "first",
    suffix: str = SUFFIX,
    recorded: bool = True,
) -> Switch:
    """Start Kamailio, with a zone in its DNS and a server behind every host that the zone names.

    Where it cannot run, the calls of the course were recorded; each result then says so.

    Args:
        zone: a name such as "playground", the path of a master file, a `Zone`, or a `LabServer`,
            whose zone and rotation are taken over.
        route: see `settings`; or the text of a whole configuration.
        suffix: the domain in which numbers are looked up.
        recorded: False where only real calls will do.

    Raises:
        ServerError: Kamailio refuses the configuration, with its own words; or it cannot run here
            and there is no recording.
        ZoneError: the zone cannot be read.
    """
    rotation: Rotation = "random"
    if isinstance(zone, LabServer):
        rotation, served = zone.rotation, zone.zone
    elif isinstance(zone, Zone):
        served = zone
    else:
        served = Zone.named(str(zone)) if zone in Zone.names() else Zone.from_file(zone)
    text = route if "\n" in route else settings(route, suffix)
    line: Line
    try:
        line = Namespace(served, text)
    except CannotRunError as error:
        if not recorded:
            raise
        line = Recorded(served, route, str(error))
    return Switch(served, text, suffix, rotation, line)


def _reasons(found: Answer) -> tuple[str, ...]:
    """What this package says about records that give no URI."""
    if not found.records:
        return (f"{found.rcode}. {found.why}",)
    return tuple(f"{record.to_text()}: {reason}" for record, reason in found.skipped)


class Switch:
    """Kamailio, running; made by `kamailio`.

    Attributes:
        zone: what its DNS answers for.
        settings: its configuration.
        rotation: of equal records, "random", "cyclic" or "none"; may be changed.
        note: empty, or why the calls come from a recording.
    """

    def __init__(
        self,
        zone: Zone,
        settings: str,
        suffix: str,
        rotation: Rotation,
        line: Line,
    ) -> None:
        self.zone, self.settings, self.rotation, self.note = zone, settings, rotation, line.note
        self._suffix, self._line = suffix, line
        self._stop = weakref.finalize(self, line.stop)

    @property
    def running(self) -> bool:
        """Whether it takes calls."""
        return self._line.running

    def call(
        self,
        number: str,
        *,
        silent: Iterable[str] = (),
        refusing: Iterable[str] = (),
        seed: int = 1,
    ) -> RealCalls:
        """Make one call, and keep every packet.

        Args:
            number: as in `enumlab.to_domain`.
            silent: targets that say nothing, by the names of `enumlab.simulate`.
            refusing: targets that answer 503.
            seed: of the rotation of equal records in the name server.

        Raises:
            NumberError: the text is no telephone number.
            ServerError: no such target, or the switch is stopped.
        """
        return self._placed(number, 1, silent, refusing, seed, capture=True)

    def calls(
        self,
        number: str,
        calls: int = 400,
        *,
        silent: Iterable[str] = (),
        refusing: Iterable[str] = (),
        seed: int = 1,
        caller: str = "phone",
    ) -> RealCalls:
        """Make many calls, up to 100 of them at the same time; arguments as for `call`.

        Args:
            calls: how many, 1 to 1,000.
            caller: "phone", or "sipp" to have the program of that name call.
        """
        if isinstance(calls, bool) or not isinstance(calls, int) or not 0 < calls <= MOST_CALLS:
            raise ServerError(f"saw {calls!r} calls, expected a whole number, 1 to {MOST_CALLS:,}.")
        return self._placed(number, calls, silent, refusing, seed, caller=caller)

    def _placed(
        self,
        number: str,
        calls: int,
        silent: Iterable[str],
        refusing: Iterable[str],
        seed: int,
        *,
        capture: bool = False,
        caller: str = "phone",
    ) -> RealCalls:
        if not self.running:
            raise ServerError(
                "this switch is stopped. Start another: enumlab.peers.kamailio(zone)."
            )
        dialled = aus(number)
        request = {
            "number": dialled,
            "calls": calls,
            "silent": self._targets(silent),
            "refusing": self._targets(refusing),
            "rotation": self.rotation,
            "seed": seed,
            "capture": capture,
            "caller": caller,
            "patience": PATIENCE,
        }
        return self._told(dialled, calls, self._line.ask(request))

    def _told(self, number: str, calls: int, answer: dict[str, Any]) -> RealCalls:
        if "error" in answer:
            raise ServerError(answer["error"])
        expected = dict.fromkeys(leads_to(self.zone, number, self._suffix), 0)
        found = ask(number, Responder(self.zone, "none"), suffix=self._suffix)
        names = {KAMAILIO: "Kamailio", CALLER: "caller", DNS: "DNS"}
        names |= {target.address: target.name for target in targets_of(self.zone)}
        frames = [(moment, base64.b64decode(frame)) for moment, frame in answer["frames"]]
        return RealCalls(
            number,
            calls,
            answer["statuses"],
            expected | answer["taken"],
            expected | answer["invites"],
            tuple((uri, q) for uri, q in answer["contacts"]),
            answer["lookups"],
            read_frames(frames, names),
            tuple(answer["words"]),
            _reasons(found),
            answer["passed"],
            tuple(found.records),
            self.note,
        )

    def _targets(self, names: Iterable[str]) -> list[str]:
        known = [target.name for target in targets_of(self.zone)]
        listed = [names] if isinstance(names, str) else list(names)
        for name in listed:
            if name not in known:
                raise ServerError(
                    f"{name!r} is no target of this zone. Expected one of {', '.join(known)}."
                )
        return listed

    def stop(self) -> None:
        """End Kamailio and all that runs with it; a second time does nothing."""
        self._stop()

    def __enter__(self) -> Switch:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        state = "running" if self.running else "stopped"
        words = f"Switch({state}, zone={self.zone.origin!r})"
        return f"{words}\n{self.note}" if self.note else words
