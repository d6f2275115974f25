"""A server in a process of its own, which answers whatever the notebook is busy with.

A thread of the kernel has to wait while a cell computes; a process has not. It is told what to do
through a pipe, and ends with the pipe, however its parent ends. Run as `python -m enumlab.child`
with the numbers of the file descriptors of pipe, UDP and TCP socket.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import weakref
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe
from typing import Any

from enumlab.errors import ServerError
from enumlab.loop import Loop
from enumlab.querylog import Log
from enumlab.ratelimit import RateLimit
from enumlab.responder import Responder, Rotation
from enumlab.zone import Zone

PATIENCE = 10.0  # seconds for the process to end before it is made to


class Child:
    """The parent's side: what `Loop` is to a server in this process.

    Args:
        zone: what to serve.
        rotation: see `Responder`.
        seed: for rotation and drops.
        drop: share of UDP queries, 0 to 1, that get no answer.
        udp: bound; closed here, and lives on in the process.
        tcp: listening; the same.
        limit: as in `Loop`.

    Raises:
        ServerError: this system cannot give a process its sockets, or the process did not start.
    """

    def __init__(
        self,
        zone: Zone,
        rotation: Rotation,
        seed: int | None,
        drop: float,
        udp: socket.socket,
        tcp: socket.socket,
        limit: RateLimit | None,
    ) -> None:
        self._pid, self._turn = os.getpid(), threading.Lock()
        self._control, theirs = Pipe()
        handed = [theirs.fileno(), udp.fileno(), tcp.fileno()]
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "enumlab.child", *map(str, handed)],
                pass_fds=handed,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # an interrupt is meant for the cell, not for the server
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        except (ValueError, OSError) as error:
            self._control.close()
            raise ServerError(
                f"a process of its own cannot be had here: {error}. Leave process=True out."
            ) from None
        finally:
            for each in theirs, udp, tcp:
                each.close()
        _children.add(self)
        self._ask("start", (zone, rotation, seed, drop, limit))

    def _ask(self, what: str, value: object = None) -> Any:  # noqa: ANN401
        try:
            with self._turn:
                self._control.send((what, value))
                return self._control.recv()
        except (OSError, EOFError):
            raise ServerError(
                "the process of this server has ended. Start another with lab.serve()."
            ) from None

    def change(self, name: str, value: object) -> None:
        """Set zone, rotation or drop of the server; one that is stopped has none."""
        if self.running:
            self._ask("change", (name, value))

    @property
    def log(self) -> Log:
        """The last queries, as they are now; none once it is stopped."""
        log = Log()
        if self.running:
            log.notes.extend(self._ask("log"))
        return log

    @property
    def failures(self) -> list[str]:
        """What went wrong in the server; empty unless there is a bug."""
        return list(self._ask("failures"))

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._pid == os.getpid() and self._process.poll() is None

    def stop(self) -> None:
        """End the process and wait until it has."""
        self._control.close()
        if self._pid != os.getpid():
            return  # a forked copy: the process is that of another
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def let_go(self) -> None:
        """Close the pipe in a forked copy, so that the server ends with the parent alone."""
        self._control.close()


_children: weakref.WeakSet[Child] = weakref.WeakSet()


def _leave_to_the_parent() -> None:
    for child in list(_children):
        child.let_go()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_to_the_parent)


def serve(control: Connection, udp: socket.socket, tcp: socket.socket) -> None:
    """The process's side: serve, and do as told, until the pipe ends."""
    _, (zone, rotation, seed, drop, limit) = control.recv()
    loop = Loop(Responder(zone, rotation, seed), udp, tcp, random.Random(seed), drop, limit)
    loop.start()
    control.send(None)
    while True:
        what, value = control.recv()
        if what == "change":
            loop.change(*value)
        answers = {"log": list(loop.log.notes), "failures": [repr(each) for each in loop.failures]}
        control.send(answers.get(what))


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pipe, *numbers = map(int, sys.argv[1:])
    listening = [socket.socket(fileno=number) for number in numbers]
    with suppress(EOFError, OSError):
        serve(Connection(pipe), *listening)
