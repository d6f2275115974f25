"""What came of real calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from enumlab.errors import ServerError
from enumlab.naptr import Naptr
from enumlab.peers.packets import Packet, write_pcap

if TYPE_CHECKING:
    from enumlab.show.figure import Picture
    from enumlab.show.plain import Table

LOST = "lost"


@dataclass(frozen=True)
class RealCalls:
    """Calls that went through a real switch to one number.

    Attributes:
        number: "+" and digits.
        calls: how many were made.
        statuses: final response, such as "200 OK" or "no answer" -> calls that ended with it.
        taken: target -> calls that it answered, those of this number's records first.
        invites: target -> INVITEs that reached it, retransmissions not counted.
        contacts: URI and q of each contact that a redirecting switch told the last caller.
        lookups: type -> DNS queries that the switch sent.
        packets: of a single call, what passed, in sequence; of very many, the first.
        words: what the switch complained of, in its own words.
        reasons: what this package says about records that gave no URI.
        passed: how many packets there were.
        records: what the number's name answers with, those that have a URI or not.
        note: where nothing ran here, when the calls were recorded, and why; else empty.
    """

    number: str
    calls: int
    statuses: Mapping[str, int]
    taken: Mapping[str, int]
    invites: Mapping[str, int]
    contacts: tuple[tuple[str, float | None], ...]
    lookups: Mapping[str, int]
    packets: tuple[Packet, ...] = field(default=(), repr=False)
    words: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    passed: int = 0
    records: tuple[Naptr, ...] = field(default=(), repr=False)
    note: str = ""

    @property
    def status(self) -> str:
        """The final response that most calls got."""
        return max(self.statuses, key=lambda status: self.statuses[status], default="")

    @property
    def counts(self) -> dict[str, int]:
        """Calls that each target took, and those "lost", as `enumlab.simulate` counts them."""
        well = sum(count for status, count in self.statuses.items() if status.startswith("2"))
        return {**self.taken, LOST: self.calls - well}

    @property
    def table(self) -> Table:
        """A row for each target."""
        from enumlab.show.plain import Table

        rows = [
            (name, f"{self.invites.get(name, 0):,}", f"{count:,}")
            for name, count in self.taken.items()
        ]
        return Table(self._caption, ("target", "INVITEs", "taken"), rows)

    def ladder(self, most: int = 20) -> Picture:
        """The first packets as a ladder diagram; see `enumlab.show.ladder`."""
        from enumlab.show.ladder import ladder

        return ladder(self, most)

    def plot(self) -> Picture:
        """The calls beside the three readings of the same records; see `enumlab.show.measured`."""
        from enumlab.show.measured import beside_the_readings

        return beside_the_readings(self)

    def save_pcap(self, path: str | Path) -> Path:
        """Write the packets to a file for Wireshark.

        Raises:
            ServerError: no packets were captured, or the file cannot be written.
        """
        return write_pcap(self.captured(), path)

    def captured(self) -> tuple[Packet, ...]:
        """The packets.

        Raises:
            ServerError: none were captured.
        """
        if not self.packets:
            raise ServerError(
                "no packets were kept of these calls. Those of one call are: switch.call(number)."
            )
        return self.packets

    def __repr__(self) -> str:
        return "\n".join([repr(self.table) if self.taken else self._caption, *self._remarks()])

    def _repr_html_(self) -> str:
        from html import escape

        remarks = "".join(f"<p>{escape(remark)}</p>" for remark in self._remarks())
        table = self.table._repr_html_() if self.taken else f"<p>{escape(self._caption)}</p>"
        return table + remarks

    def _remarks(self) -> list[str]:
        remarks = [f"The switch says: {word}" for word in self.words]
        remarks += [f"The lab says: {reason}" for reason in self.reasons]
        return remarks + ([self.note] if self.note else [])

    @property
    def _caption(self) -> str:
        made = f"{self.calls:,} real call{'s' * (self.calls != 1)} to {self.number}"
        told = [f"{count:,} {status}" for status, count in self.statuses.items()]
        return f"{made}: {', '.join(told) if len(told) > 1 else self.status}"
