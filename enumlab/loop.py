"""The thread behind a `LabServer`: one selector for UDP and TCP, and a bounded log.

A thread for each query would cost more than the answer does, and a thread for each TCP connection
would let five hundred silent ones fill a kernel.
"""

from __future__ import annotations

import random
import selectors
import socket
import struct
import time
from collections import deque
from contextlib import suppress
from typing import NamedTuple

from enumlab.responder import Reply, Responder

LOG_SIZE = 10_000  # queries; older ones make room
IDLE = 10.0  # seconds until a silent TCP connection is closed (RFC 7766 section 6.2.3)
CONNECTIONS = 200  # TCP connections at once; one more closes the one that was silent longest
UNSENT = 256 * 1024  # octets waiting for a slow reader, at which its queries wait too
AT_ONCE = 64  # datagrams answered before the TCP connections have their turn


class Entry(NamedTuple):
    """One query in the log.

    Attributes:
        time: seconds since 1970.
        transport: "udp" or "tcp".
        reply: what was answered.
    """

    time: float
    transport: str
    reply: Reply


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
    """What the thread does; knows nothing of the `LabServer`, so that this can go away."""

    def __init__(
        self,
        responder: Responder,
        udp: socket.socket,
        tcp: socket.socket,
        chance: random.Random,
        drop: float,
    ) -> None:
        self.responder, self.udp, self.tcp = responder, udp, tcp
        self.chance, self.drop = chance, drop
        self.log: deque[Entry] = deque(maxlen=LOG_SIZE)
        self.failures: deque[Exception] = deque(maxlen=10)  # stays empty unless there is a bug
        self.connections: dict[int, Connection] = {}
        self.selector = selectors.DefaultSelector()
        self.wake, self.woken = socket.socketpair()
        self.woken.setblocking(False)
        for sock in udp, tcp, self.woken:
            self.selector.register(sock, selectors.EVENT_READ)

    def stop(self) -> None:
        """Ask the thread to end; from any thread."""
        with suppress(OSError):
            self.wake.send(b"x")

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

    def _reply(self, query: bytes, transport: str) -> bytes | None:
        try:
            reply = self.responder.respond(query, tcp=transport == "tcp")
        except Exception as error:  # a bug here must not end the lesson
            self.failures.append(error)
            return None
        if reply is None:
            return None
        self.log.append(Entry(time.time(), transport, reply))
        return reply.wire

    def _datagrams(self) -> None:
        for _ in range(AT_ONCE):
            try:
                query, sender = self.udp.recvfrom(65535)
            except BlockingIOError:
                return
            except OSError:
                continue  # an earlier answer found nobody at home
            if self.drop and self.chance.random() < self.drop:
                continue
            wire = self._reply(query, "udp")
            if wire is not None:
                with suppress(OSError):
                    self.udp.sendto(wire, sender)

    def _accept(self) -> None:
        try:
            sock, _ = self.tcp.accept()
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
