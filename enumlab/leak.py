"""What a block of numbers gives away to someone who walks the tree below it (RFC 8020)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from enumlab.client import Server, look_up
from enumlab.errors import LabError, ServerError
from enumlab.naptr import Naptr
from enumlab.number import aus, to_domain
from enumlab.wirewords import many

if TYPE_CHECKING:
    from enumlab.show.wordy import Words

MOST_DIGITS = 6
Records = tuple[Naptr, ...]

NO_DIGIT = "x"  # no number has such a label, so only a wildcard can answer for it


@dataclass(frozen=True, repr=False)
class Leak:
    """What a walk through a block found.

    Attributes:
        prefix: the digits that all numbers of the block start with, with their +.
        digits: how many follow.
        numbers: number -> its URIs, for each number with records of its own, shorter ones as well.
        wildcards: prefix -> records, for each part of the block that one wildcard answers for.
        queries: how many the walk took.
    """

    prefix: str
    digits: int
    numbers: dict[str, tuple[str, ...]]
    wildcards: dict[str, tuple[Naptr, ...]]
    queries: int

    @property
    def brute_force(self) -> int:
        """Queries that it takes to ask for each number of the block."""
        return int(10**self.digits)

    @property
    def uris(self) -> list[str]:
        """All different URIs of the numbers, sorted."""
        return sorted({uri for uris in self.numbers.values() for uri in uris})

    @property
    def table(self) -> Words:
        """A row for each number found, and for each wildcard."""
        from enumlab.show.wordy import Words, code

        rows = [(number, code(", ".join(uris))) for number, uris in self.numbers.items()]
        rows += [
            (f"{prefix}\N{HORIZONTAL ELLIPSIS} (a wildcard)", code(_told(records)))
            for prefix, records in self.wildcards.items()
        ]
        caption = (
            f"{self.prefix} and {many(self.digits, 'digit')}: {many(len(self.numbers), 'number')} "
            f"and {many(len(self.uris), 'URI')} from {self.queries} queries; "
            f"to ask for each number takes {self.brute_force:,}"
        )
        return Words(caption, ("number", "what it tells"), rows)

    def __repr__(self) -> str:
        return repr(self.table)

    def _repr_html_(self) -> str:
        return self.table._repr_html_()


def enumerate_block(
    server: Server, prefix: str, digits: int = 3, *, suffix: str = "e164.arpa.", timeout: float = 2
) -> Leak:
    """Find the numbers of a block that have records, with real queries, digit by digit.

    NXDOMAIN says that nothing is below a name either (RFC 8020), so one such answer rules out all
    numbers that start so. No error and no data, an empty non-terminal, says that there is more
    below. Below a wildcard every name answers, and hides who has a number: a label that is no digit
    tells that there is one, and what looks like it is not walked. A number with the same records
    as the wildcard above it goes unnoticed.

    Args:
        server: as in `enumlab.ask`; a zone of one's own, for others are not ours to walk.
        prefix: the digits that all numbers of the block start with.
        digits: how many follow, 1 to 6.
        suffix: the domain below which numbers are looked up.
        timeout: seconds to wait for each of two tries.

    Raises:
        NumberError: the prefix is no number.
        LabError: digits out of range.
        ServerError: no answer, or one that is neither "yes" nor "no", such as a referral.

    Example:
        >>> from enumlab import Zone
        >>> from enumlab.responder import Responder
        >>> leak = enumerate_block(Responder(Zone.named("tier2-acacia")), "+61255502")
        >>> len(leak.numbers), leak.queries, leak.brute_force
        (8, 111, 1000)
    """
    if isinstance(digits, bool) or not isinstance(digits, int) or not 1 <= digits <= MOST_DIGITS:
        raise LabError(f"digits={digits!r}: expected a whole number, 1 to {MOST_DIGITS}.")
    start = aus(prefix)
    walker = _Walker(server, suffix, len(start) + digits, timeout)
    walker.visit(start, None)
    return Leak(start, digits, walker.numbers, walker.wildcards, walker.queries)


@dataclass
class _Walker:
    """Asks, and counts what it asks."""

    server: Server
    suffix: str
    length: int
    timeout: float
    numbers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    wildcards: dict[str, Records] = field(default_factory=dict)
    queries: int = 0

    def visit(self, number: str, above: Records | None) -> None:
        """Look at a number, or the start of one; `above` is what a wildcard above it says."""
        records = self.ask(to_domain(number, self.suffix))
        if records is None or (records and records == above):
            return
        wildcard: Records | None = None
        if len(number) < self.length:
            wildcard = self.ask(f"{NO_DIGIT}.{to_domain(number, self.suffix)}") or None
            if wildcard:
                self.wildcards[number] = wildcard
        if records and records != wildcard:
            self.numbers[number] = _uris(records, number)
        if len(number) < self.length:
            for digit in "0123456789":
                self.visit(number + digit, wildcard)

    def ask(self, domain: str) -> Records | None:
        """The records, none for an empty non-terminal, and None where nothing is at or below."""
        self.queries += 1
        lookup = look_up(domain, self.server, timeout=self.timeout)
        if lookup.rcode == "NXDOMAIN":
            return None
        if lookup.rcode != "NOERROR" or not _authoritative(lookup.response):
            raise ServerError(
                f"the server does not know {domain} itself ({lookup.rcode}). Ask the server that "
                "has the zone of this block."
            )
        return tuple(sorted(lookup.arrived, key=lambda record: record.to_wire()))


def _authoritative(response: bytes) -> bool:
    return bool(response[2] & 0x04)


def _uris(records: Records, number: str) -> tuple[str, ...]:
    """What usable records say, whatever their service."""
    found = []
    for record in records:
        try:
            found.append(record.uri(number))
        except LabError:
            continue
    return tuple(found)


def _told(records: Records) -> str:
    return "; ".join(record.regexp or record.replacement for record in records)
