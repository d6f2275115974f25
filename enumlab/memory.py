"""Queries answered in memory, where a platform has neither threads nor sockets (Pyodide).

A server listens there at an address like any other, so that a client need not know the difference.
"""

from __future__ import annotations

import random
import socket
import sys
import time
from collections import deque
from collections.abc import Callable

from enumlab.querylog import Log
from enumlab.responder import Responder

SOCKETS = sys.platform != "emscripten"
NOTE = "in memory: here are no threads and no sockets"

Listener = Callable[[bytes, bool], bytes | None]  # (query, over TCP) -> answer, if there is one

_listening: dict[tuple[str, int], Listener] = {}


class MemoryLoop:
    """What a `Loop` does, without a thread: `exchange` answers a query when it is called."""

    def __init__(self, responder: Responder, chance: random.Random, drop: float) -> None:
        self.responder, self.chance, self.drop = responder, chance, drop
        self.log = Log()
        self.address: tuple[str, int] | None = None

    def listen(self, host: str, port: int) -> tuple[str, int]:
        """Be found at this address until `stop`, and return it."""
        self.address = listen(self.exchange, host, port)
        return self.address

    def exchange(self, query: bytes, tcp: bool = False) -> bytes | None:
        """Answer one query; None where it gets lost, or deserves no answer."""
        if self.drop and not tcp and self.chance.random() < self.drop:
            return None
        told = self.responder.answer(query, tcp)
        if told is None:
            return None
        self.log.note("tcp" if tcp else "udp", told)
        return told[0]

    @property
    def running(self) -> bool:
        """Whether it can be found."""
        return self.address is not None

    def change(self, name: str, value: object) -> None:
        """Set zone or rotation of the responder, or the share of drops."""
        setattr(self if name == "drop" else self.responder, name, value)

    def stop(self) -> None:
        """Free the address."""
        if self.address:
            close(self.address)
        self.address = None


def listen(listener: Listener, host: str, port: int = 0) -> tuple[str, int]:
    """Let a listener answer at this address, and return it.

    Args:
        listener: called with each query.
        host: the address; nothing is looked up.
        port: 0 takes any that is free.

    Raises:
        OSError: the port is taken.

    Example:
        >>> address = listen(lambda query, tcp: query.upper(), "127.0.0.1")
        >>> with datagrams(*address) as line:
        ...     line.send(b"query")
        ...     line.recv(512)
        5
        b'QUERY'
        >>> close(address)
    """
    if not port:
        port = next(free for free in range(49152, 65536) if (host, free) not in _listening)
    if (host, port) in _listening:
        raise OSError(f"another server has port {port}")
    _listening[host, port] = listener
    return host, port


def close(address: tuple[str, int]) -> None:
    """Free an address; one that is free already stays so."""
    _listening.pop(address, None)


def listener(host: str, port: int) -> Listener | None:
    """Who answers in memory at this address."""
    return _listening.get((host, port))


class Line:
    """The few methods of a connected UDP socket that a client needs."""

    def __init__(self, answer: Listener) -> None:
        self.answer = answer
        self.inbox: deque[bytes] = deque()
        self.patience: float | None = None

    def settimeout(self, seconds: float | None) -> None:
        """How long `recv` waits."""
        self.patience = seconds

    def send(self, query: bytes) -> int:
        """Ask; the answer is there at once, or never."""
        response = self.answer(query, False)
        if response is not None:
            self.inbox.append(response)
        return len(query)

    def recv(self, size: int) -> bytes:
        """Take the next answer.

        Raises:
            TimeoutError: there is none, after the wait that it costs elsewhere, too.
        """
        if not self.inbox:
            time.sleep(self.patience or 0)
            raise TimeoutError
        return self.inbox.popleft()[:size]

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *error: object) -> None:
        self.inbox.clear()


def datagrams(host: str, port: int) -> socket.socket | Line:
    """A UDP socket connected to this address, or what stands in for one.

    Raises:
        OSError: there is no way to this address.
    """
    answer = listener(host, port)
    if answer is not None:
        return Line(answer)
    if not SOCKETS:
        raise ConnectionRefusedError("nothing listens there, and here are no sockets to go further")
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.connect((host, port))
    except OSError:
        sock.close()
        raise
    return sock
