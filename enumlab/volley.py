"""Many queries at once over one socket: a thousand numbers in the blink of an eye."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable, Sequence
from itertools import islice

from enumlab import memory, question
from enumlab.client import (
    DEFAULT,
    Answer,
    Lookup,
    Server,
    address_of,
    answered,
    belongs,
    checked,
    look_up,
    no_answer,
    over_tcp,
)
from enumlab.number import aus, to_domain
from enumlab.responder import Responder

IN_FLIGHT = 64  # queries that wait for an answer at the same time; more would overflow buffers
TIMEOUT = 0.5  # seconds before a query is sent again
TRIES = 6  # so that of a thousand queries none is lost for good where one in ten gets lost
IDS = 0x10000  # a DNS message has no more


def ask_many(
    numbers: Iterable[str],
    server: Server = DEFAULT,
    *,
    service: str = "sip",
    suffix: str = "e164.arpa.",
    region: str | None = None,
    timeout: float = TIMEOUT,
) -> list[Answer]:
    """`ask` for many numbers: the same answers, but the queries do not wait for one another.

    Args:
        numbers: telephone numbers, each as in `to_domain`.
        server: as in `enumlab.ask`, as are `service`, `suffix` and `region`.
        service: the Enumservice wanted.
        suffix: the domain in which the numbers are looked up.
        region: such as "AU", for numbers in national form.
        timeout: seconds to wait for each of six tries.

    Returns:
        One answer for each number, in the same sequence.

    Raises:
        NumberError: a text is no telephone number.
        ServerError: a query got no answer, or one that is not DNS.

    Example:
        >>> import enumlab as lab
        >>> with lab.serve("playground") as server:
        ...     answers = lab.ask_many(["+61255502346", "+61255502999"], server)
        >>> [answer.rcode for answer in answers]
        ['NXDOMAIN', 'NOERROR']
    """
    numbers = list(numbers)
    texts = [aus(number, region) for number in numbers]
    found = look_up_many([to_domain(text, suffix) for text in texts], server, timeout=timeout)
    return [
        answered(number, text, lookup, service, lambda name: look_up(name, server))
        for number, text, lookup in zip(numbers, texts, found, strict=True)
    ]


def look_up_many(
    domains: Sequence[str], server: Server, rdtype: str = "NAPTR", *, timeout: float = TIMEOUT
) -> list[Lookup]:
    """`look_up` for many names: the same queries, but not one after the other.

    Args:
        domains: the names to ask for.
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
    host, port = address_of(server)
    found: list[Lookup] = []
    try:
        for start in range(0, len(domains), IDS):
            volley = _Volley(domains[start : start + IDS], rdtype, timeout)
            with memory.datagrams(host, port) as sock:
                volley.fire(sock)
            found += volley.found(host, port)
    except OSError as error:
        raise no_answer(host, port, str(error) or type(error).__name__) from None
    return found


class _Volley:
    """The queries, which of them are on their way, and the answers; a query's ID is its place."""

    def __init__(self, domains: Sequence[str], rdtype: str, timeout: float) -> None:
        self.timeout = timeout
        asked = [question.packed(domain, rdtype) for domain in domains]
        self.names = [name for name, _ in asked]
        self.queries = [question.query(place, each) for place, (_, each) in enumerate(asked)]
        self.answers: list[bytes] = [b""] * len(domains)
        self.sent: dict[int, tuple[float, int]] = {}  # place -> (time, number of tries)

    def found(self, host: str, port: int) -> list[Lookup]:
        """The lookups; what did not fit a datagram is asked for again, over TCP."""
        lookups = []
        for name, query, answer in zip(self.names, self.queries, self.answers, strict=True):
            if answer[2] & question.TRUNCATED:
                answer = over_tcp(query, host, port, self.timeout * TRIES)
            lookups.append(checked(Lookup(name, query, answer)))
        return lookups

    def fire(self, sock: socket.socket | memory.Line) -> None:
        """Send, and receive, until every query has its answer."""
        waiting = iter(range(len(self.queries)))
        receive, queries, sent = sock.recv, self.queries, self.sent
        while True:
            now = time.monotonic()
            sock.settimeout(self.timeout)
            for place in islice(waiting, IN_FLIGHT - len(sent)):
                sent[place] = now, 1
                sock.send(queries[place])
            if not sent:
                return
            sock.settimeout(self._resend_late(sock))
            try:
                self._received(receive(65535))
                sock.settimeout(0)
                while sent:
                    self._received(receive(65535))
            except (BlockingIOError, TimeoutError):
                continue  # nothing more has come so far

    def _resend_late(self, sock: socket.socket | memory.Line) -> float:
        """Send again what has waited too long; gives the seconds until the next is late."""
        while True:
            place, (at, tries) = next(iter(self.sent.items()))  # the one sent first
            now = time.monotonic()
            if now < at + self.timeout:
                return at + self.timeout - now
            if tries == TRIES:
                raise TimeoutError(
                    f"nothing came for {self.names[place]} within {self.timeout:g} s, {TRIES} times"
                )
            del self.sent[place]
            self.sent[place] = now, tries + 1
            sock.send(self.queries[place])

    def _received(self, response: bytes) -> None:
        place = int.from_bytes(response[:2], "big")
        if len(response) > 1 and place in self.sent and belongs(self.queries[place], response):
            del self.sent[place]
            self.answers[place] = response
