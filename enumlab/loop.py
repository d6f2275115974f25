"""The thread behind a `LabServer`: one selector for UDP and TCP, and a bounded log.

A thread for each query would cost more than the answer does, and a thread for each TCP connection
would let five hundred silent ones fill a kernel.
"""

from __future__ import annotations

import os
import random
import selectors
import socket
import struct
import sys
import threading
import time
import weakref
from collections import deque
from contextlib import suppress
from typing import Any

from enumlab.querylog import Log
from enumlab.ratelimit import RateLimit
from enumlab.responder import Reply, Responder

IDLE = 10.0  # seconds until a silent TCP connection is closed (RFC 7766 section 6.2.3)
CONNECTIONS = 200  # TCP connections at once; one more closes the one that was silent longest
UNSENT = 256 * 1024  # octets waiting for a slow reader, at which its queries wait too
AT_ONCE = 64  # datagrams answered before the TCP connections have their turn
SHORT_TURN = 1e-4  # seconds


class Connection:
    """One TCP connection: bytes that came, bytes that wait to go."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self.inbox = bytearray()
        self.outbox = bytearray()
        self.last = time.monotonic()
        self.ended = False  # the sender will send no more

    def next_query(self) -> bytes | None:
        """Take a query out of the inbox, if one is complete; its length stands before it."""
        if len(self.inbox) < 2:
            return None
        end = 2 + int.from_bytes(self.inbox[:2], "big")
        if len(self.inbox) < end:
            return None
        query = bytes(self.inbox[2:end])
        del self.inbox[:end]
        return query


class Loop:
    """What the thread does; knows nothing of the `LabServer`, so that this can go away.

    Args:
        responder: gives the answers.
        udp: bound, and closed at the end.
        tcp: listening, and closed at the end.
        chance: decides which queries are dropped.
        drop: share of UDP queries, 0 to 1, that get no answer.
        limit: holds back answers over UDP where senders may be forged; None sends all.
    """

    def __init__(
        self,
        responder: Responder,
        udp: socket.socket,
        tcp: socket.socket,
        chance: random.Random,
        drop: float,
        limit: RateLimit | None = None,
    ) -> None:
        self.responder, self.udp, self.tcp = responder, udp, tcp
        self.chance, self.drop, self.limit = chance, drop, limit
        self.log = Log()
        self.failures: deque[Exception] = deque(maxlen=10)  # stays empty unless there is a bug
        self.connections: dict[int, Connection] = {}
        self.selector = selectors.DefaultSelector()
        self.wake, self.woken = socket.socketpair()
        self.woken.setblocking(False)
        for sock in udp, tcp, self.woken:
            self.selector.register(sock, selectors.EVENT_READ)
        port = udp.getsockname()[1]
        self.thread = threading.Thread(target=self.run, name=f"enumlab-{port}", daemon=True)

    @property
    def running(self) -> bool:
        """Whether it serves."""
        return self in _started and self.thread.is_alive()

    def start(self) -> None:
        """Serve, in a thread of this process."""
        _started.add(self)
        self.thread.start()
        _take_short_turns()

    def change(self, name: str, value: object) -> None:
        """Set zone or rotation of the responder, or the share of drops."""
        setattr(self if name == "drop" else self.responder, name, value)

    def stop(self) -> None:
        """End the thread and wait until it has; from any thread."""
        if self not in _started:
            return  # stopped before, or this process is a fork of the one that serves
        _started.discard(self)
        with suppress(OSError):
            self.wake.send(b"x")
        if self.thread is not threading.current_thread():
            self.thread.join()
        _take_short_turns()

    def let_go(self) -> None:
        """Close this process's copies of the sockets; another process serves on."""
        self.selector.close()
        for sock in self.udp, self.tcp, self.wake, self.woken:
            sock.close()
        for connection in self.connections.values():
            connection.socket.close()

    def run(self) -> None:
        """Serve until asked to stop, then close everything."""
        try:
            while True:
                timeout = 1.0 if self.connections else None
                ready = [key.fileobj for key, _ in self.selector.select(timeout)]
                if self.woken in ready:
                    return
                for sock in ready:
                    self._attend(sock)
                self._close_idle()
        finally:
            for connection in list(self.connections.values()):
                self._close(connection)
            self.selector.close()
            for sock in self.udp, self.tcp, self.wake, self.woken:
                sock.close()

    def _attend(self, sock: object) -> None:
        if sock is self.udp:
            self._datagrams()
        elif sock is self.tcp:
            self._accept()
        elif isinstance(sock, socket.socket) and sock.fileno() in self.connections:
            self._converse(self.connections[sock.fileno()])

    def _reply(
        self, query: bytes, transport: str, sender: tuple[Any, ...] | None = None
    ) -> bytes | None:
        """The answer to send, if there is one.

        Args:
            query: as it came.
            transport: "udp" or "tcp".
            sender: address of the sender where it may be forged.
        """
        try:
            told = self.responder.answer(query, transport == "tcp")
            if told is None:
                return None
            self.log.note(transport, told)
            if self.limit is None or sender is None:
                return told[0]
            return self._limited(query, Reply.of(told), sender[0])
        except Exception as error:  # a bug here must not end the lesson
            self.failures.append(error)
            return None

    def _limited(self, query: bytes, reply: Reply, source: str) -> bytes | None:
        """An answer, the same cut short, or none, as the limit says."""
        assert self.limit is not None
        cause = reply.why or reply.name  # the same for all names of one wildcard
        match self.limit.judge(source, cause, reply.wire[3] & 0xF, time.monotonic()):
            case "send":
                return reply.wire
            case "slip":
                return self.responder.cut_short(query)
            case _:
                return None

    def _datagrams(self) -> None:
        receive, send, reply = self.udp.recvfrom, self.udp.sendto, self._reply
        for _ in range(AT_ONCE):
            try:
                query, sender = receive(65535)
            except BlockingIOError:
                return
            except OSError:
                continue  # an earlier answer found nobody at home
            if self.drop and self.chance.random() < self.drop:
                continue
            wire = reply(query, "udp", sender)
            if wire is not None:
                try:
                    send(wire, sender)
                except OSError:
                    continue  # a full buffer, or an address that nothing can be sent to

    def _accept(self) -> None:
        for _ in range(AT_ONCE):
            try:
                sock, _sender = self.tcp.accept()
            except OSError:
                return
            sock.setblocking(False)
            if len(self.connections) >= CONNECTIONS:
                self._close(min(self.connections.values(), key=lambda each: each.last))
            self.connections[sock.fileno()] = Connection(sock)
            self.selector.register(sock, selectors.EVENT_READ)

    def _converse(self, connection: Connection) -> None:
        try:
            if len(connection.outbox) < UNSENT:
                received = connection.socket.recv(65536)
                connection.ended = connection.ended or not received
                connection.inbox += received
        except BlockingIOError:
            pass
        except OSError:
            self._close(connection)
            return
        try:
            self._answer(connection)
        except OSError:
            self._close(connection)
            return
        if connection.ended and not connection.outbox:
            self._close(connection)
            return
        full = len(connection.outbox) >= UNSENT
        events = 0 if connection.ended or full else selectors.EVENT_READ
        if connection.outbox:
            events |= selectors.EVENT_WRITE
        self.selector.modify(connection.socket, events)

    def _answer(self, connection: Connection) -> None:
        """Answer what is complete, and send, until the reader is slow or nothing is left."""
        while True:
            query = None
            while len(connection.outbox) < UNSENT:
                query = connection.next_query()
                if query is None:
                    break
                connection.last = time.monotonic()
                wire = self._reply(query, "tcp")
                if wire is not None:
                    connection.outbox += struct.pack("!H", len(wire)) + wire
            if connection.outbox:
                try:
                    sent = connection.socket.send(connection.outbox)
                except BlockingIOError:
                    return
                connection.last = time.monotonic()
                del connection.outbox[:sent]
            if query is None or connection.outbox:
                return

    def _close_idle(self) -> None:
        if self.connections:
            limit = time.monotonic() - IDLE
            for connection in [each for each in self.connections.values() if each.last < limit]:
                self._close(connection)

    def _close(self, connection: Connection) -> None:
        del self.connections[connection.socket.fileno()]
        self.selector.unregister(connection.socket)
        connection.socket.close()


_started: weakref.WeakSet[Loop] = weakref.WeakSet()  # in this process
_patience = sys.getswitchinterval()  # seconds that Python lets a busy thread go on, 5 ms as shipped


def _take_short_turns() -> None:
    """Let a cell that computes hand over often enough for a server to answer within a millisecond.

    A server needs three turns for an answer. At 5 ms a turn it would lose queries.
    """
    sys.setswitchinterval(min(_patience, SHORT_TURN) if _started else _patience)


def _leave_to_the_parent() -> None:
    """In a forked child: let go of the parent's servers, or their ports would outlive them."""
    for loop in list(_started):
        loop.let_go()
    _started.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_to_the_parent)
