"""A caching resolver in front of a server: it asks once, and then remembers (RFC 1034, RFC 2308).

What a TTL saves and what it costs, over many resolvers and calls, is in `enumlab.staleness`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rdtypes.ANY.SOA

from enumlab.client import Lookup, Server, look_up
from enumlab.errors import LabError

LONGEST = 7 * 86400  # seconds; BIND's max-cache-ttl
LONGEST_NO = 3 * 3600  # seconds; RFC 2308 section 5, and BIND's max-ncache-ttl
TOP_BIT = 1 << 31

Key = tuple[dns.name.Name, dns.rdatatype.RdataType]


class Clock:
    """A clock that stands still until it is told to go on.

    Example:
        >>> clock = Clock()
        >>> clock.advance(90)
        >>> clock()
        90.0
    """

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Seconds since the start."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass.

        Raises:
            LabError: time cannot go back.
        """
        if not seconds >= 0:
            raise LabError(f"seconds={seconds!r}: time cannot go back. Expected 0 or more.")
        self.now += seconds


@dataclass(frozen=True)
class Entry:
    """An answer that is remembered.

    Attributes:
        lookup: the query and the answer as the server gave it.
        stored: when, in seconds of the resolver's clock.
        ttl: seconds that it may be used.
    """

    lookup: Lookup
    stored: float
    ttl: int


class CachingResolver:
    """Remembers answers as long as their TTL says, a "no" as well as a "yes".

    An answer is kept for the lowest TTL in it. NXDOMAIN is kept for all types of the name, and
    "no such type" for one, as long as the lower of the SOA record's TTL and its last field; no SOA
    record, no memory (RFC 2308 section 5). Failures are not kept.

    Args:
        server: whom to ask; whatever `enumlab.ask` takes as a server.
        clock: gives seconds; a `Clock` makes an hour pass at once.

    Attributes:
        hits: lookups answered from memory.
        misses: lookups for which the server was asked.

    Example:
        >>> from enumlab import Zone
        >>> from enumlab.responder import Responder
        >>> clock = Clock()
        >>> resolver = CachingResolver(Responder(Zone.named("playground")), clock)
        >>> for wait in 0, 1800, 1800:
        ...     clock.advance(wait)
        ...     lookup = resolver.look_up("1.1.9.0.0.5.5.5.3.1.6.e164.arpa.")
        >>> resolver
        CachingResolver(lookups=3, hits=1, misses=2)
    """

    def __init__(self, server: Server, clock: Callable[[], float] = time.monotonic) -> None:
        self.server = server
        self.clock = clock
        self.hits = self.misses = 0
        self._entries: dict[Key, Entry] = {}
        self._no_such_name: dict[dns.name.Name, Entry] = {}

    @property
    def lookups(self) -> int:
        """How often it was asked: hits and misses."""
        return self.hits + self.misses

    def look_up(self, domain: str, rdtype: str = "NAPTR") -> Lookup:
        """The answer from memory, its TTLs run down, or else from the server.

        Args:
            domain: the name to ask for.
            rdtype: the type to ask for.

        Raises:
            LabError: no such type, or not a name.
            ServerError: no answer came.
        """
        key = _key(domain, rdtype)
        now = self.clock()
        entry = self._no_such_name.get(key[0]) or self._entries.get(key)
        if entry is not None and now < entry.stored + entry.ttl:
            self.hits += 1
            return _aged(entry, key, int(now - entry.stored))
        self.misses += 1
        lookup = look_up(domain, self.server, rdtype)
        self._keep(key, lookup, now)
        return lookup

    def flush(self) -> None:
        """Forget every answer; the counters stay."""
        self._entries.clear()
        self._no_such_name.clear()

    def _keep(self, key: Key, lookup: Lookup, now: float) -> None:
        self._no_such_name.pop(key[0], None)
        self._entries.pop(key, None)
        message = lookup.message
        ttl = kept_for(message)
        if not ttl:
            return
        entry = Entry(lookup, now, ttl)
        if message.rcode() == dns.rcode.NXDOMAIN and not message.answer:
            self._no_such_name[key[0]] = entry
        else:
            self._entries[key] = entry

    def __repr__(self) -> str:
        return f"CachingResolver(lookups={self.lookups}, hits={self.hits}, misses={self.misses})"


def kept_for(message: dns.message.Message) -> int:
    """Seconds for which an answer may be remembered; 0 for not at all.

    Example:
        >>> from enumlab import Zone
        >>> from enumlab.responder import Responder
        >>> lookup = look_up("9.9.e164.arpa.", Responder(Zone.named("playground")))
        >>> lookup.rcode, kept_for(lookup.message)
        ('NXDOMAIN', 3600)
    """
    rcode = message.rcode()
    if message.flags & dns.flags.TC or rcode not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return 0
    ttls = [_sound(rrset.ttl) for rrset in message.answer]
    limit = LONGEST
    if not _says_yes(message):
        limit = LONGEST_NO
        soas = [rrset for rrset in message.authority if rrset.rdtype == dns.rdatatype.SOA]
        if not soas:
            return 0
        for rrset in soas:
            ttls += [_sound(rrset.ttl), *(_minimum(rdata) for rdata in rrset)]
    return min([*ttls, limit])


def _says_yes(message: dns.message.Message) -> bool:
    """Whether the answer section has what was asked for, and not aliases only."""
    if message.rcode() != dns.rcode.NOERROR or not message.question:
        return False
    wanted = message.question[0].rdtype
    return any(wanted in (rrset.rdtype, dns.rdatatype.ANY) for rrset in message.answer)


def _sound(ttl: int) -> int:
    return 0 if ttl >= TOP_BIT else ttl  # RFC 2181 section 8


def _minimum(rdata: object) -> int:
    assert isinstance(rdata, dns.rdtypes.ANY.SOA.SOA)
    return _sound(rdata.minimum)


def _aged(entry: Entry, key: Key, age: int) -> Lookup:
    """The remembered answer as a resolver passes it on: its TTLs run down, and no AA bit."""
    query = dns.message.make_query(*key, use_edns=0)
    message = dns.message.make_response(query)
    message.flags &= ~dns.flags.AA
    kept = entry.lookup.message
    message.set_rcode(kept.rcode())
    for section in "answer", "authority", "additional":
        for rrset in getattr(kept, section):
            copy = rrset.copy()
            copy.ttl = max(0, min(_sound(rrset.ttl), entry.ttl) - age)
            getattr(message, section).append(copy)
    return Lookup(key[0].to_text(), query.to_wire(), message.to_wire())


def _key(domain: str, rdtype: str) -> Key:
    try:
        if not isinstance(domain, str):
            raise TypeError(f"it is {type(domain).__name__}, not text")
        return dns.name.from_text(domain), dns.rdatatype.RdataType.make(rdtype)
    except (dns.exception.DNSException, ValueError, TypeError) as error:
        raise LabError(
            f"{domain!r} and {rdtype!r} cannot be asked for ({error}). Expected a domain name and "
            "a type such as 'NAPTR'."
        ) from None
