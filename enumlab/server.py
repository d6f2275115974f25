"""`LabServer`: a responder behind UDP and TCP sockets, in one thread of this process.

A lesson starts and stops many servers, so each gives back
its port, its sockets and its thread at once, and none prints anything.
Where a platform has no sockets and no threads, it answers in memory, and says so.
"""

from __future__ import annotations

import ipaddress
import os
import random
import socket
import sys
import threading
import warnings
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from enumlab import memory
from enumlab.errors import ServerError
from enumlab.loop import Entry, Loop
from enumlab.notice import say
from enumlab.responder import Responder, Rotation
from enumlab.zone import Zone

if TYPE_CHECKING:
    from types import TracebackType

    import pandas as pd

    from enumlab.show.plain import Table

PORT = 10164
LOOPBACK = "127.0.0.1"

Bound = TypeVar("Bound")


class LabServer:
    """A DNS server for one zone on this machine.

    Args:
        zone: what to serve.
        host: address to listen on; anything but the loopback gives a warning.
        port: UDP and TCP port; None takes 10164 if it is free, else any.
        rotation: sequence of equal records, see `Responder`.
        seed: makes random rotation and drops repeatable.
        drop: share of UDP queries, 0 to 1, that get no answer: a fault to practise with.

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
    ) -> None:
        self._responder = Responder(zone, rotation, seed)
        _warn_if_public(host)
        self.host: str
        self.port: int
        self._loop: Loop | memory.MemoryLoop
        self._thread: threading.Thread | None = None
        chance = random.Random(seed)
        if memory.SOCKETS:
            udp, tcp = _bound(host, port, _pair)
            self.host, self.port = udp.getsockname()[:2]
            self._loop = loop = Loop(self._responder, udp, tcp, chance, drop)
            self._thread = threading.Thread(
                target=loop.run, name=f"enumlab-{self.port}", daemon=True
            )
        else:
            self._loop = memory.MemoryLoop(self._responder, chance, drop)
            self.host, self.port = _bound(host, port, self._loop.listen)
            say(f"the lab's servers answer {memory.NOTE}")
        # A server that nobody refers to any more must not keep its port.
        self._finish = weakref.finalize(self, _stop, self._loop, self._thread)
        if self._thread is not None:
            self._thread.start()

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        return self.host, self.port

    @property
    def running(self) -> bool:
        """Whether it answers queries."""
        return self._finish.alive and (self._thread is None or self._thread.is_alive())

    @property
    def zone(self) -> Zone:
        """What is served; give another zone to replace it while the server runs."""
        return self._responder.zone

    @zone.setter
    def zone(self, zone: Zone) -> None:
        Responder(zone)  # refuses what is not a zone
        self._responder.zone = zone

    @property
    def rotation(self) -> Rotation:
        """Sequence of equal records in an answer; may be changed while the server runs."""
        return self._responder.rotation

    @rotation.setter
    def rotation(self, rotation: Rotation) -> None:
        self._responder.rotation = Responder(self.zone, rotation).rotation

    @property
    def drop(self) -> float:
        """Share of UDP queries, 0 to 1, that get no answer."""
        return self._loop.drop

    @drop.setter
    def drop(self, share: float) -> None:
        if not 0 <= share <= 1:
            raise ServerError(f"drop={share!r} is not a share. Expected a number from 0 to 1.")
        self._loop.drop = share

    @property
    def queries(self) -> list[Entry]:
        """The last 10,000 queries, oldest first."""
        return list(self._loop.log)

    @property
    def log(self) -> pd.DataFrame:
        """The last 10,000 queries, oldest first, one row each.

        Columns: time (UTC), transport, name, type, rcode, why, bytes (octets of the answer).
        """
        import pandas as pd

        rows = [
            (entry.time, entry.transport, reply.name, reply.rdtype, reply.rcode, reply.why, size)
            for entry in self.queries
            for reply, size in [(entry.reply, len(entry.reply.wire))]
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

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        # No port: it may differ from run to run, and a notebook keeps its outputs.
        state = "running" if self.running else "stopped"
        if self.running and self._thread is None:
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
    server = LabServer(wanted, host=host, port=port, rotation=rotation, seed=seed, drop=drop)
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


def _warn_if_public(host: str) -> None:
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = host == "localhost"
    if not loopback:
        warnings.warn(
            f"host={host!r} lets other machines ask this server. It is made for lessons: "
            "use it in a network that you trust, and stop it afterwards.",
            stacklevel=4,
        )


def _bound(host: str, port: int | None, bind: Callable[[str, int], Bound]) -> Bound:
    """What `bind` gives for the port that was asked for, or for one that is free."""
    if port is not None and not (isinstance(port, int) and 0 <= port <= 65535):
        raise ServerError(f"port={port!r} is not a port. Expected a number from 0 to 65535.")
    candidates = [PORT, *[0] * 20] if port is None else [port] if port else [0] * 20
    for candidate in candidates:
        try:
            return bind(host, candidate)
        except (OSError, OverflowError) as error:
            problem = error
    raise ServerError(
        f"cannot listen on {host} port {port or PORT}: {problem}. Stop the program that has the "
        "port, or leave the port out to take any that is free; host must be an address of this "
        "machine."
    )


def _pair(host: str, port: int) -> tuple[socket.socket, socket.socket]:
    """A UDP and a listening TCP socket on the same port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    udp, tcp = socket.socket(family, socket.SOCK_DGRAM), socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "nt":
            # There, two sockets may share a port unless one says otherwise, and one gets nothing.
            for each in udp, tcp:
                each.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            # For TCP only: connections of a server just stopped would block its port for a minute.
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        udp.bind((host, port))
        tcp.bind(udp.getsockname())
        tcp.listen(128)
        for each in udp, tcp:
            each.setblocking(False)
    except BaseException:
        udp.close()
        tcp.close()
        raise
    return udp, tcp


def _stop(loop: Loop | memory.MemoryLoop, thread: threading.Thread | None) -> None:
    loop.stop()
    if thread is not None and thread is not threading.current_thread():
        thread.join()
