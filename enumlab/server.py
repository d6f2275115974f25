"""`LabServer`: a responder behind UDP and TCP sockets, in one thread of this process.

A lesson starts and stops many servers, so each gives back
its port, its sockets and its thread at once, and none prints anything.
Where a platform has no sockets and no threads, it answers in memory, and says so.
"""

from __future__ import annotations

import random
import sys
import warnings
import weakref
from pathlib import Path
from typing import TYPE_CHECKING

from enumlab import memory
from enumlab.errors import ServerError
from enumlab.loop import Loop
from enumlab.notice import Missing, say
from enumlab.querylog import Entry
from enumlab.ratelimit import RateLimit
from enumlab.responder import Responder, Rotation
from enumlab.sockets import LOOPBACK, bound, is_loopback, pair
from enumlab.zone import Zone

if TYPE_CHECKING:
    import pandas as pd

    from enumlab.child import Child
    from enumlab.show.plain import Table


class LabServer:
    """A DNS server for one zone on this machine.

    Args:
        zone: what to serve.
        host: address to listen on; anything but the loopback gives a warning.
        port: UDP and TCP port; None takes 10164 if it is free, else any.
        rotation: sequence of equal records, see `Responder`.
        seed: makes random rotation and drops repeatable.
        drop: share of UDP queries, 0 to 1, that get no answer: a fault to practise with.
        process: serve from a process of its own, which answers as quickly while a cell computes,
            even in one long call that lets no thread run. It takes a quarter of a second to start.

    Raises:
        ServerError: the port is taken, or the address is not one of this machine.

    Example:
        >>> from enumlab import Zone
        >>> with LabServer(Zone.named("playground")) as server:
        ...     server.host
        '127.0.0.1'
        >>> server
        LabServer(stopped, zone='e164.arpa.')
    """

    def __init__(
        self,
        zone: Zone,
        *,
        host: str = LOOPBACK,
        port: int | None = None,
        rotation: Rotation = "random",
        seed: int | None = None,
        drop: float = 0.0,
        process: bool = False,
    ) -> None:
        self._responder = Responder(zone, rotation, seed)
        _within("drop", drop)
        public = not is_loopback(host)
        if public:
            _warn(host)
        self._loop: Loop | Child | memory.MemoryLoop
        chance, limit = random.Random(seed), RateLimit(slip=1) if public else None
        self.host: str
        self.port: int
        if memory.SOCKETS:
            udp, tcp = bound(host, port, pair)
            self.host, self.port = udp.getsockname()[:2]
            if process:
                from enumlab.child import Child

                self._loop = Child(zone, rotation, seed, drop, udp, tcp, limit)
            else:
                self._loop = Loop(self._responder, udp, tcp, chance, drop, limit)
                self._loop.start()
        else:
            self._loop = memory.MemoryLoop(self._responder, chance, drop)
            self.host, self.port = bound(host, port, self._loop.listen)
            say(f"the lab's servers answer {memory.NOTE}.")
        self._drop = drop
        # A server that nobody refers to any more must not keep its port.
        self._finish = weakref.finalize(self, self._loop.stop)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        return self.host, self.port

    @property
    def running(self) -> bool:
        """Whether it answers queries."""
        return self._finish.alive and self._loop.running

    @property
    def zone(self) -> Zone:
        """What is served; give another zone to replace it while the server runs."""
        return self._responder.zone

    @zone.setter
    def zone(self, zone: Zone) -> None:
        self._responder.zone = zone
        self._loop.change("zone", zone)

    @property
    def rotation(self) -> Rotation:
        """Sequence of equal records in an answer; may be changed while the server runs."""
        return self._responder.rotation

    @rotation.setter
    def rotation(self, rotation: Rotation) -> None:
        self._responder.rotation = rotation
        self._loop.change("rotation", rotation)

    @property
    def drop(self) -> float:
        """Share of UDP queries, 0 to 1, that get no answer."""
        return self._drop

    @drop.setter
    def drop(self, share: float) -> None:
        self._drop = _within("drop", share)
        self._loop.change("drop", share)

    @property
    def queries(self) -> list[Entry]:
        """The last 10,000 queries, oldest first."""
        return list(self._loop.log)

    @property
    def log(self) -> pd.DataFrame:
        """The last 10,000 queries, oldest first, one row each.

        Columns: time (UTC), transport, name, type, rcode, why, bytes (octets of the answer).

        Raises:
            Missing: pandas is not here; `tail` shows the same without it.
        """
        try:
            import pandas as pd
        except ImportError:
            raise Missing("server.log", "pandas") from None

        rows = [
            (at, transport, reply.name, reply.rdtype, reply.rcode, reply.why, reply.size)
            for at, transport, reply in self.queries
        ]
        columns = ["time", "transport", "name", "type", "rcode", "why", "bytes"]
        frame = pd.DataFrame(rows, columns=columns)
        frame["time"] = pd.to_datetime(frame["time"], unit="s", utc=True)
        return frame

    def tail(self, number: int = 10) -> Table:
        """The last queries as a table, oldest first, without what differs from run to run.

        Args:
            number: how many queries at the most.
        """
        from enumlab.show.plain import Table

        replies = [entry.reply for entry in self.queries[-number:]] if number > 0 else []
        rows = [(reply.name, reply.rdtype, reply.rcode, reply.why) for reply in replies]
        return Table("What the server was asked", ("name", "type", "rcode", "why"), rows)

    def dig(self, number: str, rdtype: str = "NAPTR") -> str:
        """Ask this server, and give the answer in dig's format.

        Args:
            number: a telephone number, or a domain name: text with a letter, or with a dot at its
                end.
            rdtype: the type to ask for.
        """
        from enumlab.show.dig import dig

        return dig(number, self, rdtype)

    def stop(self) -> None:
        """Free the port at once; a second time does nothing."""
        self._finish()

    def __enter__(self) -> LabServer:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        # No port: it may differ from run to run, and a notebook keeps its outputs.
        state = "running" if self.running else "stopped"
        if self.running and not memory.SOCKETS:
            state += f" {memory.NOTE}"
        return f"LabServer({state}, zone={self.zone.origin!r})"


def serve(
    zone: str | Path | Zone = "playground",
    *,
    host: str = LOOPBACK,
    port: int | None = None,
    rotation: Rotation = "random",
    seed: int | None = None,
    drop: float = 0.0,
    process: bool = False,
) -> LabServer:
    """Start a DNS server on this machine.

    In a notebook, running the same cell again first stops the servers that it started before.

    Args:
        zone: a name such as "playground", the path of a master file, or a `Zone`.
        host: see `LabServer`, as for all that follow.
        port: UDP and TCP port; None takes 10164 if it is free, else any.
        rotation: "random", "cyclic" or "none".
        seed: makes random rotation and drops repeatable.
        drop: share of UDP queries that get no answer.
        process: serve from a process of its own, see `LabServer`.

    Raises:
        ZoneError: the zone cannot be read.
        ServerError: the port is taken.

    Example:
        >>> import enumlab as lab
        >>> with lab.serve("playground") as server:
        ...     lab.ask("+61355500911", server).uris
        ['sip:61355500912@10.0.1.98']
    """
    wanted = _zone(zone)
    cell = _running_cell()
    if cell is not None:
        name, run = cell
        earlier_run, servers = _by_cell.get(name, (run, []))
        if earlier_run != run:
            for earlier in servers:
                earlier_server = earlier()
                if earlier_server is not None:
                    earlier_server.stop()
            servers = []
        _by_cell[name] = (run, servers)
    server = LabServer(
        wanted, host=host, port=port, rotation=rotation, seed=seed, drop=drop, process=process
    )
    if cell is not None:
        servers.append(weakref.ref(server))
    return server


# Notebook cell -> (number of its run, servers it started in that run).
_by_cell: dict[str, tuple[int, list[weakref.ref[LabServer]]]] = {}


def _running_cell() -> tuple[str, int] | None:
    """The notebook cell that is running, and the number of its run; None outside a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None:
        return None
    parent = shell.get_parent() if hasattr(shell, "get_parent") else {}
    cell = parent.get("metadata", {}).get("cellId") if isinstance(parent, dict) else None
    if cell is None:
        # Not every front end names its cells; the same text in the same kernel is the same cell.
        cell = shell.user_ns.get("In", [""])[-1]
    return str(cell), int(shell.execution_count)


def _zone(zone: str | Path | Zone) -> Zone:
    if isinstance(zone, Zone):
        return zone
    if isinstance(zone, str) and zone in Zone.names():
        return Zone.named(zone)
    return Zone.from_file(zone)


def _within(what: str, share: float) -> float:
    if not 0 <= share <= 1:
        raise ServerError(f"{what}={share!r} is not a share. Expected a number from 0 to 1.")
    return share


def _warn(host: str) -> None:
    warnings.warn(
        f"host={host!r} lets other machines ask this server. It is made for lessons: "
        "use it in a network that you trust, and stop it afterwards.",
        stacklevel=4,
    )
