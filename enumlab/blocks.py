"""`block_map()`: which record answers each number of a block, by asking for every one of them."""

from __future__ import annotations

import operator
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import dnslib
import dnslib.server
import dnslib.zoneresolver

from enumlab import memory
from enumlab.client import Lookup, Server, look_up
from enumlab.errors import LabError
from enumlab.found import Found
from enumlab.naptr import Naptr
from enumlab.number import aus, to_domain
from enumlab.selection import tiers
from enumlab.volley import look_up_many
from enumlab.zone import Zone

if TYPE_CHECKING:
    import pandas as pd

    from enumlab.show.figure import Picture

MOST_DIGITS = 4
WILDCARD = re.compile(r"wildcard (\S+)")  # as `Found.explanation` has it
NO_RECORD = "NODATA"
REFERRAL = "referral"


class Cell(NamedTuple):
    """What one number gets.

    Attributes:
        number: with its +.
        source: owner of the records that answer; empty where none do.
        rcode: such as "NOERROR".
        uri: the first that a voice client would take; None where there is none.
        records: how many there are in the answer.
        why: what the server or the zone says of it; may be empty.
        label: the source, or else the reason: "NXDOMAIN", "NODATA", "referral", ...
    """

    number: str
    source: str
    rcode: str
    uri: str | None
    records: int
    why: str
    label: str


@dataclass(frozen=True)
class BlockMap:
    """Which record answers each number of a block.

    Attributes:
        prefix: + and the digits that all numbers of the block start with.
        digits: how many more digits each number has.
        cells: one for each number, in ascending sequence.
    """

    prefix: str
    digits: int
    cells: tuple[Cell, ...]

    @cached_property
    def counts(self) -> dict[str, int]:
        """Owner of the records that answer, or the reason why none do -> numbers, most first.

        Example:
            >>> block_map(Zone.named("playground"), "+61255502").counts
            ...     # doctest: +NORMALIZE_WHITESPACE
            {'*.2.0.5.5.5.2.1.6.e164.arpa.': 900, 'NXDOMAIN': 99,
             '5.4.3.2.0.5.5.5.2.1.6.e164.arpa.': 1}
        """
        return dict(Counter(cell.label for cell in self.cells).most_common())

    @property
    def kinds(self) -> dict[str, int]:
        """The same counts, with all wildcards taken together, and all exact owners.

        Example:
            >>> block_map(Zone.named("corrected"), "+61255502").kinds
            {'wildcard': 999, 'exact': 1}
        """
        found = Counter[str]()
        for cell in self.cells:
            if not cell.source:
                found[cell.label] += 1
            else:
                found["wildcard" if cell.source.startswith("*.") else "exact"] += 1
        return dict(found.most_common())

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row a number.

        Columns: number, source (owner of the records that answer, or empty), rcode, uri (the first
        that a voice client would take), records (how many), why.
        """
        from enumlab.show.plainframe import frame

        found: pd.DataFrame = frame(Cell._fields[:-1], [cell[:-1] for cell in self.cells])
        return found

    def plot(self) -> Picture:
        """A picture of the block, one square a number, with its table and one sentence."""
        from enumlab.show.blockmap import picture

        return picture(self)

    def __repr__(self) -> str:
        counts = ", ".join(f"{label}: {count:,}" for label, count in self.counts.items())
        return f"<BlockMap {self.prefix}{'x' * self.digits}: {counts}>"

    def _repr_html_(self) -> str:
        from enumlab.show.blockmap import counts_table

        return counts_table(self)._repr_html_()


def block_map(
    server_or_zone: Server | Zone, prefix: str, digits: int = 3, *, suffix: str = "e164.arpa."
) -> BlockMap:
    """Ask for every number of a block, and see which record answers.

    A server gets 10^digits real queries. It does not say where in its zone an answer stands, but
    for the lab's own, which tells it in an Extended DNS Error (RFC 8914). Of another server it is
    found out: numbers with equal answers are taken together, and if the wildcard above all of them,
    or one further up, holds the very same records, it is taken for their source. A number whose
    answer is its own is taken to have an owner of its own.

    Args:
        server_or_zone: as in `enumlab.ask`, or a `Zone` to look into directly.
        prefix: what all numbers of the block start with.
        digits: how many digits follow it, 1 to 4.
        suffix: the domain in which numbers are looked up.

    Raises:
        NumberError: the prefix is no number.
        LabError: digits is not 1 to 4.
        ServerError: a query got no answer.

    Example:
        >>> import enumlab as lab
        >>> with lab.serve("playground") as server:
        ...     lab.block_map(server, "+612555023", digits=2).kinds
        {'NXDOMAIN': 99, 'exact': 1}
    """
    start = aus(prefix)
    try:
        digits = operator.index(digits)
    except TypeError:
        raise LabError(f"saw digits={digits!r}, expected a whole number, 1 to 4.") from None
    if not 1 <= digits <= MOST_DIGITS:
        raise LabError(
            f"saw digits={digits}, expected 1 to {MOST_DIGITS}: a block of 10 to 10,000 numbers."
        )
    numbers = [f"{start}{last:0{digits}}" for last in range(10**digits)]
    domains = [to_domain(number, suffix) for number in numbers]
    if isinstance(server_or_zone, Zone):
        cells = [
            _from_zone(number, server_or_zone.find(domain, "NAPTR"))
            for number, domain in zip(numbers, domains, strict=True)
        ]
    else:
        lookups = dict(zip(numbers, look_up_many(domains, server_or_zone), strict=True))
        sources = _sources(lookups, server_or_zone, suffix)
        cells = [
            _from_server(number, lookup, sources[number]) for number, lookup in lookups.items()
        ]
    return BlockMap(start, digits, tuple(cells))


@contextmanager
def stock_dnslib(zone: Zone) -> Iterator[tuple[str, int]]:
    """Serve a zone with dnslib's own server and `ZoneResolver(glob=True)`, for a comparison.

    Its resolver takes every owner that matches as a pattern, exact or not, so it hides the hole in
    a wildcard that RFC 4592 demands. UDP only; it prints nothing.

    Yields:
        Its address, as `enumlab.ask` and `block_map` take it.

    Example:
        >>> with stock_dnslib(Zone.named("playground")) as server:
        ...     block_map(server, "+61255502").kinds
        {'wildcard': 999, 'exact': 1}
    """
    resolver = dnslib.zoneresolver.ZoneResolver(zone.to_text(), glob=True)
    if not memory.SOCKETS:
        address = memory.listen(lambda query, _: _stock_answer(resolver, query), "127.0.0.1")
        try:
            yield address
        finally:
            memory.close(address)
        return
    silent = dnslib.server.DNSLogger(logf=lambda line: None, prefix=False)
    server = dnslib.server.DNSServer(resolver, address="127.0.0.1", port=0, logger=silent)
    server.start_thread()
    try:
        yield server.server.server_address
    finally:
        server.stop()
        server.server.server_close()  # which its stop() leaves out
        server.thread.join()


def _stock_answer(resolver: dnslib.zoneresolver.ZoneResolver, query: bytes) -> bytes:
    return bytes(resolver.resolve(dnslib.DNSRecord.parse(query), None).pack())


def _from_zone(number: str, found: Found) -> Cell:
    records = [record for record in found.records if isinstance(record, Naptr)]
    source = (found.source or "") if records else ""
    label = source or _reason(found.rcode, referral=found.why == "delegated")
    uri = _uri(records, number)
    return Cell(number, source, found.rcode, uri, len(records), found.explanation, label)


def _from_server(number: str, lookup: Lookup, source: str) -> Cell:
    why = "; ".join(lookup.extended_errors)
    label = source or _reason(lookup.rcode, lookup.referral)
    uri = _uri(lookup.arrived, number)
    return Cell(number, source, lookup.rcode, uri, len(lookup.arrived), why, label)


def _reason(rcode: str, referral: bool) -> str:
    if rcode != "NOERROR":
        return rcode
    return REFERRAL if referral else NO_RECORD


def _uri(records: Sequence[Naptr], number: str) -> str | None:
    if not records:
        return None
    for record in (record for tier in tiers(records) for record in tier):
        if record.usable and record.terminal and record.offers("sip"):
            try:
                return record.uri(number)
            except LabError:
                continue
    return None


def _sources(lookups: dict[str, Lookup], server: Server, suffix: str) -> dict[str, str]:
    """Owner of the records that answer each number; empty where none do."""
    sources = dict.fromkeys(lookups, "")
    alike: dict[frozenset[Naptr], list[str]] = defaultdict(list)
    for number, lookup in lookups.items():
        if lookup.arrived:
            alike[frozenset(lookup.arrived)].append(number)
    if any(lookup.extended_errors for lookup in lookups.values()):
        for number in chain.from_iterable(alike.values()):
            told = WILDCARD.match("; ".join(lookups[number].extended_errors))
            sources[number] = told[1] if told else lookups[number].domain
        return sources
    for records, numbers in alike.items():
        source = _wildcard_above(records, numbers, server, suffix) if len(numbers) > 1 else None
        for number in numbers:
            sources[number] = source or lookups[number].domain
    return sources


def _wildcard_above(
    records: frozenset[Naptr], numbers: list[str], server: Server, suffix: str
) -> str | None:
    """The closest wildcard above all these numbers that holds these records, if there is one."""
    first, last = numbers[0], numbers[-1]  # which start alike as far as all between them do
    shared = next(at for at in range(len(first)) if first[at] != last[at])
    for end in range(shared, 1, -1):
        wildcard = f"*.{to_domain(first[:end], suffix)}"
        if frozenset(look_up(wildcard, server).arrived) == records:
            return wildcard
    return None
