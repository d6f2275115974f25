"""`ask()`: a telephone number in, real DNS queries, URIs out, and every step kept.

The client does what RFC 6116 section 5.2 asks of one. It holds no opinion on who answers: a
`LabServer`, BIND, or a responder without any socket.
"""

from __future__ import annotations

import socket
import struct
import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rdtypes.IN.NAPTR

from enumlab import memory
from enumlab.errors import LabError, ServerError
from enumlab.naptr import Naptr
from enumlab.number import aus as to_aus
from enumlab.number import to_domain
from enumlab.responder import Responder
from enumlab.selection import tiers

DEFAULT = "127.0.0.1:10164"
TIMEOUT = 2.0  # seconds for one query
TRIES = 2  # a datagram may get lost
DEEPEST = 5  # non-terminal records followed, one below the other (RFC 6116 section 5.2.1)


class HasAddress(Protocol):
    """Anything with a host and a port: a `LabServer`, or a peer."""

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""


Server = HasAddress | Responder | str | tuple[str, int]


@dataclass(frozen=True)
class Lookup:
    """One query and its answer.

    Attributes:
        domain: the name asked for, absolute.
        query: the bytes sent.
        response: the bytes that came back.
    """

    domain: str
    query: bytes = field(repr=False)
    response: bytes = field(repr=False)

    @cached_property
    def message(self) -> dns.message.Message:
        """The response as dnspython reads it."""
        return _parsed(self.response)

    @property
    def rcode(self) -> str:
        """Such as "NOERROR" or "NXDOMAIN"."""
        return dns.rcode.to_text(self.message.rcode())

    @cached_property
    def arrived(self) -> list[Naptr]:
        """The NAPTR records in the sequence in which the server sent them."""
        return [
            Naptr.from_rdata(rdata)
            for rrset in self.message.answer
            if rrset.rdtype == dns.rdatatype.NAPTR
            for rdata in rrset
            if isinstance(rdata, dns.rdtypes.IN.NAPTR.NAPTR)
        ]

    @property
    def extended_errors(self) -> list[str]:
        """What the server added as Extended DNS Errors (RFC 8914)."""
        return [error.text for error in self.message.extended_errors() if error.text]


@dataclass(frozen=True)
class Step:
    """One step of the way from number to URI.

    Attributes:
        title: what is done, such as "reverse the digits".
        value: what comes of it; one line for each record or URI.
        note: why, or what to look at; may be empty.
    """

    title: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Answer:
    """All that `ask` found, from the number to the URIs.

    Attributes:
        number: as typed.
        aus: the Application Unique String, "+" and digits (RFC 6116 section 3.1).
        domain: the name asked for, absolute.
        uris: for the wanted service, in the sequence of RFC 6116 section 5.2. A strict client
            uses those of the lowest order only.
        skipped: (record, reason) for each record that gave no URI.
        lookups: every query with its answer; more than one where non-terminal records lead on.
    """

    number: str
    aus: str
    domain: str
    uris: list[str]
    skipped: list[tuple[Naptr, str]] = field(repr=False)
    lookups: list[Lookup] = field(repr=False)
    service: str = field(default="sip", repr=False)

    @property
    def rcode(self) -> str:
        """Of the first lookup, such as "NOERROR" or "NXDOMAIN"."""
        return self.lookups[0].rcode

    @property
    def records(self) -> list[Naptr]:
        """Of the first lookup, sorted by order and preference."""
        return [record for tier in tiers(self.lookups[0].arrived) for record in tier]

    @property
    def arrived(self) -> list[Naptr]:
        """Of the first lookup, in the sequence in which the server sent them."""
        return self.lookups[0].arrived

    @property
    def query(self) -> bytes:
        """The bytes of the first query."""
        return self.lookups[0].query

    @property
    def response(self) -> bytes:
        """The bytes of the first response."""
        return self.lookups[0].response

    @property
    def why(self) -> str:
        """What the server said about its answer in an Extended DNS Error, or an empty text."""
        return "; ".join(self.lookups[0].extended_errors)

    @property
    def steps(self) -> list[Step]:
        """The way from number to URI, one step each.

        Example:
            >>> import enumlab as lab
            >>> with lab.serve("playground") as server:
            ...     for step in lab.ask("+61 3 5550 0911", server).steps[:4]:
            ...         print(f"{step.title}: {step.value}")
            typed: +61 3 5550 0911
            plus and digits: +61355500911
            digits reversed: 1.1.9.0.0.5.5.5.3.1.6
            name: 1.1.9.0.0.5.5.5.3.1.6.e164.arpa.
        """
        digits = self.aus[1:]
        found = "\n".join(record.to_text() for record in self.records) or "no NAPTR record"
        steps = [
            Step("typed", self.number),
            Step("plus and digits", self.aus, "the Application Unique String"),
            Step("digits reversed", ".".join(reversed(digits)), "the most specific digit first"),
            Step("name", self.domain, "the suffix says which tree to look in"),
            Step("query", f"{len(self.query)} bytes", "NAPTR, class IN"),
            Step("response", f"{self.rcode}, {len(self.response)} bytes", self.why),
            Step("records", found, "sorted by order, then preference"),
        ]
        for lookup in self.lookups[1:]:
            steps.append(Step("led on to", lookup.domain, f"a non-terminal record; {lookup.rcode}"))
        for record, reason in self.skipped:
            steps.append(Step("skipped", record.to_text(), reason))
        uris = "\n".join(self.uris) or "none"
        steps.append(Step("URI", uris, f"for the service {self.service}"))
        return steps

    def _repr_html_(self) -> str:
        from enumlab.show.walk import walk

        return walk(self)


def ask(
    number: str,
    server: Server = DEFAULT,
    *,
    service: str = "sip",
    suffix: str = "e164.arpa.",
    region: str | None = None,
    timeout: float = TIMEOUT,
) -> Answer:
    """Look a telephone number up, as a calling switch does (RFC 6116 section 5.2).

    Args:
        number: as in `to_domain`.
        server: a `LabServer`, "host:port", (host, port), or a `Responder` to ask in memory.
        service: the Enumservice wanted, such as "sip" or "email:mailto".
        suffix: the domain in which the number is looked up.
        region: such as "AU", for a number in national form.
        timeout: seconds to wait for each of two tries.

    Raises:
        NumberError: the text is no telephone number.
        ServerError: no answer, or an answer that is not DNS.

    Example:
        >>> import enumlab as lab
        >>> with lab.serve("playground") as server:
        ...     answer = lab.ask("+61 3 5550 0914", server)
        >>> answer.rcode, [record.order for record in answer.records]
        ('NOERROR', [10, 20])
        >>> answer.uris[0]
        'sip:61355500914@firstchoice.enum.nickvsnetworking.com'
    """
    text = to_aus(number, region=region)
    domain = to_domain(text, suffix)
    walk = _Walk(text, server, service, timeout)
    uris = walk.uris(domain, 0)
    return Answer(number, text, domain, uris, walk.skipped, walk.lookups, service)


class _Walk:
    """Follows records from name to name, and keeps what it saw."""

    def __init__(self, aus: str, server: Server, service: str, timeout: float) -> None:
        self.aus, self.server, self.service, self.timeout = aus, server, service, timeout
        self.lookups: list[Lookup] = []
        self.skipped: list[tuple[Naptr, str]] = []
        self.seen: set[str] = set()

    def uris(self, domain: str, depth: int) -> list[str]:
        self.seen.add(domain.lower())
        lookup = look_up(domain, self.server, timeout=self.timeout)
        self.lookups.append(lookup)
        found: list[str] = []
        for record in (record for tier in tiers(lookup.arrived) for record in tier):
            try:
                if record.problem:
                    self.skipped.append((record, record.problem))
                elif not record.terminal:
                    found += self._led_on(record, depth)
                elif record.offers(self.service):
                    found.append(record.uri(self.aus))
                else:
                    self.skipped.append((record, f"does not offer {self.service}"))
            except LabError as error:
                if isinstance(error, ServerError):
                    raise
                self.skipped.append((record, str(error)))
        return found

    def _led_on(self, record: Naptr, depth: int) -> list[str]:
        domain = record.next_domain(self.aus)
        if domain.lower() in self.seen:
            self.skipped.append((record, f"leads to {domain}, which was asked already: a loop"))
            return []
        if depth == DEEPEST:
            self.skipped.append((record, f"the {DEEPEST + 1}th record in a row that leads on"))
            return []
        return self.uris(domain, depth + 1)


def look_up(
    domain: str, server: Server = DEFAULT, rdtype: str = "NAPTR", *, timeout: float = TIMEOUT
) -> Lookup:
    """Send one query, with EDNS, over UDP, and over TCP where the answer was cut short.

    Example:
        >>> from enumlab import Zone
        >>> responder = Responder(Zone.named("playground"))
        >>> look_up("3.2.0.5.5.5.2.1.6.e164.arpa.", responder).extended_errors
        ['3.2.0.5.5.5.2.1.6.e164.arpa. exists only because names below it do']
    """
    message = dns.message.make_query(domain, rdtype, use_edns=0, payload=1232)
    message.flags &= ~dns.flags.RD  # the lab and its peers know their zone, and ask no one else
    query = message.to_wire()
    if isinstance(server, Responder):
        return Lookup(message.question[0].name.to_text(), query, _in_memory(query, server))
    host, port = address_of(server)
    try:
        response = _over_udp(message, query, host, port, timeout)
        if _parsed(response).flags & dns.flags.TC:
            response = _over_tcp(query, host, port, timeout)
    except OSError as error:
        raise _no_answer(host, port, str(error) or type(error).__name__) from None
    return Lookup(message.question[0].name.to_text(), query, response)


def address_of(server: Server) -> tuple[str, int]:
    """Host and port of whatever `ask` takes as a server.

    Example:
        >>> address_of("[::1]:53"), address_of("127.0.0.1")
        (('::1', 53), ('127.0.0.1', 10164))
    """
    if isinstance(server, tuple) and len(server) == 2:
        return server
    if isinstance(server, str):
        host, colon, port = server.rpartition(":")
        if not colon or server.endswith("]"):
            host, port = server, DEFAULT.rpartition(":")[2]
        if port.isascii() and port.isdigit() and 0 < int(port) < 65536 and host:
            return host.strip("[]"), int(port)
    elif hasattr(server, "address"):
        host, number = server.address
        return host, number
    raise ServerError(
        f"{server!r} is not a server. Expected what lab.serve() returns, or text such as "
        f"{DEFAULT!r}."
    )


def _over_udp(
    message: dns.message.Message, query: bytes, host: str, port: int, timeout: float
) -> bytes:
    with memory.datagrams(host, port) as sock:
        for _ in range(TRIES):
            sock.send(query)
            deadline = time.monotonic() + timeout
            while (left := deadline - time.monotonic()) > 0:
                sock.settimeout(left)
                try:
                    response = sock.recv(65535)
                except TimeoutError:
                    break
                if message.is_response(_parsed(response)):
                    return response
    raise _no_answer(host, port, f"nothing came within {timeout:g} s, twice")


def _over_tcp(query: bytes, host: str, port: int, timeout: float) -> bytes:
    near = memory.listener(host, port)
    if near is not None:
        return near(query, True) or b""
    with socket.create_connection((host, port), timeout) as sock, sock.makefile("rb") as stream:
        sock.sendall(struct.pack("!H", len(query)) + query)
        prefix = stream.read(2)
        response = stream.read(int.from_bytes(prefix, "big"))
    if len(prefix) < 2 or len(response) < int.from_bytes(prefix, "big"):
        raise _no_answer(host, port, "the TCP connection ended in the middle of the answer")
    return response


def _in_memory(query: bytes, responder: Responder) -> bytes:
    reply = responder.respond(query, tcp=True)
    if reply is None:
        raise ServerError("the responder kept silent, as it must for what is not a query.")
    return reply.wire


def _parsed(response: bytes) -> dns.message.Message:
    try:
        return dns.message.from_wire(response, ignore_trailing=True)
    except dns.exception.DNSException as error:
        raise ServerError(
            f"the answer is not a DNS message ({error}). Expected a name server at this address: "
            "check host and port."
        ) from None


def _no_answer(host: str, port: int, seen: str) -> ServerError:
    return ServerError(
        f"no answer from {host} port {port}: {seen}. Is the server running? In a notebook, run "
        "the cell with lab.serve() again and give its result to lab.ask()."
    )
