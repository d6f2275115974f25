"""The same zone under the lab, BIND, NSD and Knot, asked for the same numbers."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from enumlab.client import HasAddress, ask
from enumlab.errors import ServerError
from enumlab.number import aus, to_domain
from enumlab.peers.nameservers import bind, knot, nsd
from enumlab.peers.programs import find
from enumlab.peers.recorded import recorded_answers
from enumlab.server import LabServer
from enumlab.zone import Zone

if TYPE_CHECKING:
    from enumlab.show.plain import Table

ENGINES = {"BIND": bind, "NSD": nsd, "Knot": knot}
LAB = "lab"


@dataclass(frozen=True)
class Comparison:
    """What several servers say about the same numbers.

    Attributes:
        answers: server -> number -> rcode and records, one a line, sorted.
        asked_with: "dig", or "enumlab" where dig is missing.
        note: which servers are missing or recorded, and why; else empty.
    """

    answers: dict[str, dict[str, str]]
    asked_with: str
    note: str = ""

    @property
    def same(self) -> bool:
        """Whether all servers say the same about every number."""
        return all(answers == self.answers[LAB] for answers in self.answers.values())

    @property
    def table(self) -> Table:
        """A row for each number: what the lab says, and "same" or "differs" for the others."""
        from enumlab.show.plain import Table

        others = [name for name in self.answers if name != LAB]
        rows = []
        for number, told in self.answers[LAB].items():
            rcode, *records = told.splitlines()
            count = f"{len(records)} record{'s' * (len(records) != 1)}" if records else "no record"
            verdicts = (
                "same" if self.answers[each][number] == told else "differs" for each in others
            )
            rows.append((number, f"{rcode}, {count}", *verdicts))
        return Table(f"One zone, asked with {self.asked_with}", ("number", LAB, *others), rows)

    def __repr__(self) -> str:
        return "\n".join(filter(None, [repr(self.table), self.note]))

    def _repr_html_(self) -> str:
        from html import escape

        return self.table._repr_html_() + (f"<p>{escape(self.note)}</p>" if self.note else "")


def compare(zone: Zone, numbers: Iterable[str]) -> Comparison:
    """Serve a zone with the lab, BIND, NSD and Knot, and ask each of them for the same numbers.

    Args:
        zone: what to serve.
        numbers: telephone numbers, as in `enumlab.to_domain`.

    Raises:
        NumberError: a text is no telephone number.
        ServerError: a server refuses the zone; its own words are in the message.
    """
    listed = [aus(number) for number in numbers]
    answers: dict[str, dict[str, str]] = {}
    notes = []
    with ExitStack() as stack:
        answers[LAB] = _asked(stack.enter_context(LabServer(zone, port=0)), listed)
        for name, engine in ENGINES.items():
            program = {"BIND": "named", "NSD": "nsd", "Knot": "knotd"}[name]
            if find(program):
                answers[name] = _asked(stack.enter_context(engine(zone)), listed)
                continue
            kept, when = recorded_answers(zone, name, listed)
            if kept:
                answers[name] = kept
            notes.append(f"{program} is not on this machine: {when or 'left out'}.")
    return Comparison(answers, "dig" if find("dig") else "enumlab", " ".join(notes))


def _asked(server: HasAddress, numbers: list[str]) -> dict[str, str]:
    """Number -> rcode and records."""
    dig = find("dig")
    if dig is None:
        found = {number: ask(number, server) for number in numbers}
        return {
            number: "\n".join([answer.rcode, *sorted(each.to_text() for each in answer.records)])
            for number, answer in found.items()
        }
    host, port = server.address
    words = [word for number in numbers for word in (to_domain(number), "NAPTR")]
    options = ["+norec", "+noall", "+comments", "+answer", "+tries=2", "+time=2"]
    done = subprocess.run(
        [dig, f"@{host}", "-p", str(port), *options, *words],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    parts = re.split(r"^;; ->>HEADER<<-.*status: (\w+),.*$", done.stdout, flags=re.MULTILINE)
    if len(parts) != 2 * len(numbers) + 1:
        raise ServerError(f"dig got no answer from {host} port {port}: {done.stdout[-300:]}")
    told = {}
    for number, rcode, text in zip(numbers, parts[1::2], parts[2::2], strict=True):
        records = re.findall(r"^[^;\s].*\sNAPTR\s+(.*)$", text, flags=re.MULTILINE)
        told[number] = "\n".join([rcode, *sorted(records)])
    return told
