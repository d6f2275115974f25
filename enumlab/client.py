"""`ask()`: a telephone number in, real DNS queries, URIs out, and every step kept.

The client does what RFC 6116 section 5.2 asks of one. It holds no opinion on who answers: a
`LabServer`, BIND, or a responder without any socket.
"""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Protocol

import dns.exception
import dns.rcode
import dns.rdatatype
import dns.rdtypes.IN.NAPTR

from enumlab import memory, question
from enumlab.errors import LabError, ServerError
from enumlab.naptr import Naptr
from enumlab.number import aus as to_aus
from enumlab.number import to_domain
from enumlab.responder import Responder
from enumlab.selection import tiers

if TYPE_CHECKING:
    import dns.message

DEFAULT = "127.0.0.1:10164"
TIMEOUT = 2.0  # seconds for one query
TRIES = 2  # a datagram may get lost
DEEPEST = 5  # non-terminal records followed, one below the other (RFC 6116 section 5.2.1)
MOST_LOOKUPS = 100  # for one number, where records lead on to many names
MATCH = 0.1  # seconds for one match
MATCHES = 1.0  # for all matches of one number
LEAST = 0.005  # for one match when those are up
CUT = "cut short over TCP as well: the records at this name have more than 65,535 octets"


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
        return parsed(self.response)

    @cached_property
    def told(self) -> question.Told | None:
        """What a plain response says; None where only `message` can tell."""
        return question.told(self.query, self.response)

    @property
    def rcode(self) -> str:
        """Such as "NOERROR" or "NXDOMAIN"."""
        return _rcode(self.told.rcode if self.told else self.message.rcode())

    @cached_property
    def arrived(self) -> list[Naptr]:
        """The NAPTR records in the sequence in which the server sent them."""
        if self.told:
            return list(self.told.records)
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
        if self.told:
            return list(self.told.why)
        return [error.text for error in self.message.extended_errors() if error.text]

    @property
    def referral(self) -> bool:
        """Whether the server names others who know (RFC 1034 section 4.3.1)."""
        if self.told:
            return self.told.referral
        return any(rrset.rdtype == dns.rdatatype.NS for rrset in self.message.authority)


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


@dataclass(frozen=True, repr=False)
class Answer:
    """All that `ask` found, from the number to the URIs; worked out when somebody looks.

    Attributes:
        number: as typed.
        aus: the Application Unique String, "+" and digits (RFC 6116 section 3.1).
        domain: the name asked for, absolute.
        lookups: every query with its answer; more than one where non-terminal records lead on.
        service: the Enumservice wanted.
        walked: the walk, where there was more than one lookup.
    """

    number: str
    aus: str
    domain: str
    lookups: list[Lookup]
    service: str = "sip"
    walked: Walk | None = field(default=None, compare=False)

    @cached_property
    def _walk(self) -> Walk:
        first = self.lookups[0]
        return self.walked or Walk(self.aus, self.domain, self.service, lambda _: first)

    @property
    def uris(self) -> list[str]:
        """For the wanted service, in the sequence of RFC 6116 section 5.2.

        A strict client uses those of the lowest order only.
        """
        return self._walk.uris

    @property
    def skipped(self) -> list[tuple[Naptr, str]]:
        """(record, reason) for each record that gave no URI."""
        return self._walk.skipped

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
        first = self.lookups[0]
        cut = [CUT] if first.response[2] & question.TRUNCATED else []
        return "; ".join([*first.extended_errors, *cut])

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

    def __repr__(self) -> str:
        shown = (f"{name}={getattr(self, name)!r}" for name in ("number", "aus", "domain", "uris"))
        return f"Answer({', '.join(shown)})"

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
    found = look_up(domain, server, timeout=timeout)
    return answered(
        number, text, found, service, lambda name: look_up(name, server, timeout=timeout)
    )


def answered(
    number: str, aus: str, found: Lookup, service: str, look_up: Callable[[str], Lookup]
) -> Answer:
    """The answer, once all names that the records lead on to have been asked for."""
    if all(record.terminal for record in found.arrived):
        return Answer(number, aus, found.domain, [found], service)
    kept = {found.domain: found}
    walk = Walk(aus, found.domain, service, lambda name: kept.get(name) or look_up(name))
    return Answer(number, aus, found.domain, walk.lookups, service, walk)


class Walk:
    """Follows records from name to name, and keeps what it saw.

    Args:
        aus: the Application Unique String.
        domain: where to start.
        service: the Enumservice wanted.
        look_up: gives what is found at a name.
    """

    def __init__(
        self, aus: str, domain: str, service: str, look_up: Callable[[str], Lookup]
    ) -> None:
        self.aus, self.service, self.look_up = aus, service, look_up
        self.lookups: list[Lookup] = []
        self.skipped: list[tuple[Naptr, str]] = []
        self.seen: set[str] = set()
        self.spent = 0.0  # seconds, on matches
        self.uris = self._uris(domain, 0)

    def _uris(self, domain: str, depth: int) -> list[str]:
        self.seen.add(domain.lower())
        lookup = self.look_up(domain)
        self.lookups.append(lookup)
        found: list[str] = []
        for record in (record for tier in tiers(lookup.arrived) for record in tier):
            try:
                if record.problem:
                    self.skipped.append((record, record.problem))
                elif not record.terminal:
                    found += self._led_on(record, depth)
                elif record.offers(self.service):
                    found.append(self._matched(record.uri))
                else:
                    self.skipped.append((record, f"does not offer {self.service}"))
            except LabError as error:
                if isinstance(error, ServerError):
                    raise
                self.skipped.append((record, str(error)))
        return found

    def _led_on(self, record: Naptr, depth: int) -> list[str]:
        domain = self._matched(record.next_domain)
        if domain.lower() in self.seen:
            self.skipped.append((record, f"leads to {domain}, which was asked already: a loop"))
            return []
        if depth == DEEPEST:
            self.skipped.append((record, f"the {DEEPEST + 1}th record in a row that leads on"))
            return []
        if len(self.lookups) >= MOST_LOOKUPS:
            self.skipped.append((record, f"{MOST_LOOKUPS} names were asked for already"))
            return []
        return self._uris(domain, depth + 1)

    def _matched(self, match: Callable[..., str]) -> str:
        """Apply a rule; hostile patterns, however many, get a second between them, and a little."""
        start = time.perf_counter()
        try:
            return match(self.aus, timeout=max(LEAST, min(MATCH, MATCHES - self.spent)))
        finally:
            self.spent += time.perf_counter() - start


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
    name, asked = question.packed(domain, rdtype)
    query = question.query(int.from_bytes(os.urandom(2), "big"), asked)
    if isinstance(server, Responder):
        return checked(Lookup(name, query, _in_memory(query, server)))
    host, port = address_of(server)
    try:
        response = _over_udp(query, host, port, timeout)
        if response[2] & question.TRUNCATED:
            response = over_tcp(query, host, port, timeout)
    except OSError as error:
        raise no_answer(host, port, str(error) or type(error).__name__) from None
    return checked(Lookup(name, query, response))


def checked(lookup: Lookup) -> Lookup:
    """The lookup, if its response is a DNS message.

    Raises:
        ServerError: it is not.
    """
    if lookup.told is None:
        lookup.message  # noqa: B018, which raises it
    return lookup


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


def _over_udp(query: bytes, host: str, port: int, timeout: float) -> bytes:
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
                if belongs(query, response):
                    return response
    raise no_answer(host, port, f"nothing came within {timeout:g} s, twice")


def belongs(query: bytes, response: bytes) -> bool:
    """Whether a response answers this query: the ID, the question, and that it is a response.

    Raises:
        ServerError: it is not a DNS message.
    """
    if question.fits(query, response):
        return True
    return parsed(query).is_response(parsed(response))  # in other letters, or with no question


def over_tcp(query: bytes, host: str, port: int, timeout: float) -> bytes:
    """Send a query over TCP, and give the response (RFC 7766).

    Raises:
        ServerError: no answer, or one to another question.
        OSError: there is no connection.
    """
    near = memory.listener(host, port)
    if near is not None:
        return near(query, True) or b""
    with socket.create_connection((host, port), timeout) as sock, sock.makefile("rb") as stream:
        sock.sendall(struct.pack("!H", len(query)) + query)
        prefix = stream.read(2)
        response = stream.read(int.from_bytes(prefix, "big"))
    if len(prefix) < 2 or len(response) < int.from_bytes(prefix, "big"):
        raise no_answer(host, port, "the TCP connection ended in the middle of the answer")
    if not belongs(query, response):
        raise no_answer(host, port, "what came over TCP answers another question")
    return response


@lru_cache(maxsize=256)
def _rcode(number: int) -> str:
    return dns.rcode.to_text(dns.rcode.Rcode(number))


def _in_memory(query: bytes, responder: Responder) -> bytes:
    reply = responder.respond(query, tcp=True)
    if reply is None:
        raise ServerError("the responder kept silent, as it must for what is not a query.")
    return reply.wire


def parsed(message: bytes) -> dns.message.Message:
    """A message as dnspython reads it.

    Raises:
        ServerError: it is not a DNS message.
    """
    import dns.message  # 10 ms to load; what is plain does without

    try:
        return dns.message.from_wire(message, ignore_trailing=True)
    except dns.exception.DNSException as error:
        raise ServerError(
            f"the answer is not a DNS message ({error}). Expected a name server at this address: "
            "check host and port."
        ) from None


def no_answer(host: str, port: int, seen: str) -> ServerError:
    """The error that says what was seen of a server, and what to do."""
    return ServerError(
        f"no answer from {host} port {port}: {seen}. Is the server running? In a notebook, run "
        "the cell with lab.serve() again and give its result to lab.ask(). If it is, "
        "`python -m enumlab doctor` says whether this machine lets UDP through."
    )
