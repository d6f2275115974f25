"""Many queries at once over one socket: a thousand numbers in a second or so."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence

import dns.exception
import dns.flags
import dns.message

from enumlab import memory
from enumlab.client import Lookup, Server, address_of, look_up
from enumlab.errors import ServerError
from enumlab.responder import Responder

IN_FLIGHT = 64  # queries that wait for an answer at the same time; more would overflow buffers
TIMEOUT = 0.5  # seconds before a query is sent again
TRIES = 6  # so that of a thousand queries none is lost for good where one in ten gets lost


def look_up_many(
    domains: Sequence[str], server: Server, rdtype: str = "NAPTR", *, timeout: float = TIMEOUT
) -> list[Lookup]:
    """`look_up` for many names: the same queries, but not one after the other.

    Args:
        domains: the names to ask for, 65,536 at most.
        server: as in `enumlab.ask`.
        rdtype: the type to ask for.
        timeout: seconds to wait for each of six tries.

    Returns:
        One for each name, in the same sequence.

    Raises:
        ServerError: a query got no answer, or one that is not DNS.

    Example:
        >>> import enumlab as lab
        >>> with lab.serve("playground") as server:
        ...     found = look_up_many(["1.1.9.0.0.5.5.5.3.1.6.e164.arpa.", "9.e164.arpa."], server)
        >>> [lookup.rcode for lookup in found]
        ['NOERROR', 'NXDOMAIN']
    """
    if isinstance(server, Responder):
        return [look_up(domain, server, rdtype) for domain in domains]
    if len(domains) > 0x10000:
        raise ServerError(
            f"{len(domains):,} names at once are more than a DNS message has IDs for. "
            "Ask for 65,536 at most."
        )
    volley = _Volley(domains, rdtype, timeout)
    host, port = address_of(server)
    try:
        with memory.datagrams(host, port) as sock:
            volley.fire(sock)
    except OSError as error:
        raise ServerError(
            f"no answer from {host} port {port}: {error or type(error).__name__}. Is the server "
            "running?"
        ) from None
    # What did not fit a datagram is asked for again, over TCP.
    return [
        look_up(lookup.domain, server, rdtype) if lookup.message.flags & dns.flags.TC else lookup
        for lookup in volley.found
    ]


class _Volley:
    """The queries, which of them are on their way, and the answers; a query's ID is its place."""

    def __init__(self, domains: Sequence[str], rdtype: str, timeout: float) -> None:
        self.timeout = timeout
        self.queries = [_query(domain, rdtype, place) for place, domain in enumerate(domains)]
        self.answers: dict[int, bytes] = {}
        self.sent: dict[int, tuple[float, int]] = {}  # place -> (time, number of tries)

    @property
    def found(self) -> list[Lookup]:
        return [
            Lookup(query.question[0].name.to_text(), query.to_wire(), self.answers[place])
            for place, query in enumerate(self.queries)
        ]

    def fire(self, sock: socket.socket | memory.Line) -> None:
        waiting = iter(range(len(self.queries)))
        while len(self.answers) < len(self.queries):
            while len(self.sent) < IN_FLIGHT and (place := next(waiting, None)) is not None:
                self._send(sock, place, tries=1)
            sock.settimeout(self._resend_late(sock))
            try:
                self._receive(sock.recv(65535))
            except TimeoutError:
                continue

    def _send(self, sock: socket.socket | memory.Line, place: int, tries: int) -> None:
        self.sent[place] = time.monotonic(), tries
        sock.send(self.queries[place].to_wire())

    def _resend_late(self, sock: socket.socket | memory.Line) -> float:
        """Send again what has waited too long; gives the seconds until the next is late."""
        while True:
            place, (at, tries) = next(iter(self.sent.items()))  # the one sent first
            left = at + self.timeout - time.monotonic()
            if left > 0:
                return left
            if tries == TRIES:
                raise TimeoutError(
                    f"nothing came for {self.queries[place].question[0].name} within "
                    f"{self.timeout:g} s, {TRIES} times"
                )
            del self.sent[place]
            self._send(sock, place, tries + 1)

    def _receive(self, wire: bytes) -> None:
        place = int.from_bytes(wire[:2], "big")
        if place not in self.sent:
            return
        try:
            response = dns.message.from_wire(wire, ignore_trailing=True)
        except dns.exception.DNSException as error:
            raise ServerError(
                f"the answer is not a DNS message ({error}). Expected a name server at this "
                "address: check host and port."
            ) from None
        if self.queries[place].is_response(response):
            del self.sent[place]
            self.answers[place] = wire


def _query(domain: str, rdtype: str, place: int) -> dns.message.QueryMessage:
    query = dns.message.make_query(domain, rdtype, use_edns=0, payload=1232, id=place)
    query.flags &= ~dns.flags.RD
    return query
