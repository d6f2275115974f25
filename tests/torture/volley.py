"""Many UDP packets to a server, and which reply belongs to which."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable, Iterator
from itertools import islice

from packets import header, question

AT_ONCE = 48  # packets on their way
OCTETS_AT_ONCE = 48 * 1024  # fewer than a socket's buffer of 208 kB, with what each packet costs
PROBE = 0xFFFF  # the ID of a sound query, whose answer shows that all before it were read
WAIT = 5.0  # seconds


class Volley:
    """A client's socket.

    A server that reads its packets one after the other has read all, when it answers the sound
    query that ends a salvo: so silence need not be waited for.

    Attributes:
        strays: replies with the ID of no packet on its way.
        lost: how often the sound query got no answer.
    """

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.socket(type=socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_000_000)
        self.socket.connect(address)
        self.socket.settimeout(WAIT)
        self.strays: list[bytes] = []
        self.lost = 0
        self._next = 0

    def __enter__(self) -> Volley:
        return self

    def __exit__(self, *error: object) -> None:
        self.socket.close()

    def all(self, packets: Iterable[bytes]) -> Iterator[tuple[bytes, list[bytes]]]:
        """Each packet as it was sent, with an ID of its own, and the replies to it."""
        rest = iter(packets)
        while salvo := list(islice(rest, AT_ONCE)):
            while sum(map(len, salvo)) > OCTETS_AT_ONCE and len(salvo) > 1:
                half = len(salvo) // 2
                yield from self._salvo(salvo[:half])
                salvo = salvo[half:]
            yield from self._salvo(salvo)

    def _salvo(self, salvo: list[bytes]) -> Iterator[tuple[bytes, list[bytes]]]:
        sent: dict[bytes, bytes] = {}
        for packet in salvo:
            self._next = (self._next + 1) % PROBE
            number = struct.pack("!H", self._next)
            packet = number[: len(packet)] + packet[2:]
            sent[number] = packet
            self.socket.send(packet)
        # After the salvo, at once: most servers have not begun.
        self.socket.send(header(number=PROBE) + question())
        replies: dict[bytes, list[bytes]] = {number: [] for number in sent}
        ended = struct.pack("!H", PROBE)
        while True:
            try:
                wire = self.socket.recv(65535)
            except TimeoutError:
                self.lost += 1
                break
            except ConnectionRefusedError:
                self.lost += 1
                break
            if wire[:2] == ended:
                break
            replies.get(wire[:2], self.strays).append(wire)
        yield from ((packet, replies[number]) for number, packet in sent.items())
