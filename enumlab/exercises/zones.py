"""Zone tasks: the learner's zone is served, and real queries tell where calls would go."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from enumlab.client import Answer, ask
from enumlab.errors import LabError, ZoneError
from enumlab.exercises.task import HOLE, Check, Finding, Outcome, Task
from enumlab.exercises.trials import shown
from enumlab.naptr import Naptr
from enumlab.server import LabServer
from enumlab.zone import Zone

EMPTY = """\
$TTL 1h
@ IN SOA ns.example. root.example. 1 3600 900 604800 300
@ IN NS  ns.example.
"""

REFUSED = "The server refuses this zone."
LONE_BACKSLASH = "one backslash"
NOT_RAW = "no r before the quotation marks"
CONTROL = (
    "The text holds a control character: Python made it of a backslash and a digit. Write `r` "
    "before the quotation marks, and each backslash stays."
)


@dataclass(frozen=True)
class Served:
    """A zone behind a running server.

    Attributes:
        zone: what is served.
        server: answers on the loopback.
    """

    zone: Zone
    server: LabServer

    def answer(self, number: str, service: str = "sip") -> Answer:
        """Ask for a number."""
        return ask(number, self.server, service=service)

    def uris(self, number: str, service: str = "sip") -> list[str]:
        """Where a number leads, in the sequence of RFC 6116 section 5.2."""
        return self.answer(number, service).uris

    def targets(self, number: str) -> list[tuple[Naptr, str]]:
        """The records that a SIP client can use for a number, each with the host it leads to."""
        found = []
        for record in self.answer(number).records:
            with suppress(LabError):
                if record.offers("sip"):
                    found.append((record, host(record.uri(number))))
        return found

    def leads_to(self, number: str, wanted: str) -> bool:
        """Whether the first URI of a number is at this host."""
        return [host(uri) for uri in self.uris(number)[:1]] == [wanted]


Judge = Callable[[Task, Served], Finding | None]


def zone_check(judge: Judge, base: Callable[[], Zone] | None = None) -> Check:
    """A check that serves the learner's zone and asks it.

    Args:
        judge: what is wrong, or None.
        base: the zone that the learner's records are added to; without it one that has its SOA and
            NS record only. A text with an SOA record, or a `Zone`, is taken as the whole zone.
    """

    def check(task: Task, answer: object) -> Finding:
        if isinstance(answer, str) and _is_empty(answer):
            return Finding(Outcome.NOT_ATTEMPTED, "")
        if isinstance(answer, str) and any(chr(code) in answer for code in range(1, 8)):
            return task.fault(NOT_RAW, otherwise=CONTROL)
        try:
            zone = read_zone(answer, base)
        except ZoneError as error:
            return _unreadable(task, answer, error)
        try:
            with LabServer(zone, port=0, rotation="none") as server:
                served = Served(zone, server)
                found = judge(task, served) or Finding(Outcome.RIGHT, task.because)
                return replace(found, rows=(*found.rows, *_left_out(zone)))
        except LabError as error:
            return Finding(Outcome.RAISED, str(error))

    return check


def read_zone(answer: object, base: Callable[[], Zone] | None = None) -> Zone:
    """The zone that a learner means by a text or a `Zone`.

    Raises:
        ZoneError: the text cannot be read; the line number is the learner's.

    Example:
        >>> read_zone('1.6 NAPTR 10 100 "u" "E2U+sip" "!^.*$!sip:info@example.com!" .')
        Zone('e164.arpa.', 2 owners, 3 records)
    """
    if isinstance(answer, Zone):
        return answer
    if not isinstance(answer, str):
        raise ZoneError(
            f"Saw {shown(answer)}, expected the lines of a master file as text, or a lab.Zone."
        )
    answer = re.sub(r"(?m)^### .*$", "", answer)  # nbgrader's markers around a solution
    start = base() if base else Zone.from_text(EMPTY)
    if any("SOA" in line.upper().split() for line in _lines(answer)):
        return Zone.from_text(answer, start.origin)
    return start.with_records(answer)


def _is_empty(text: str) -> bool:
    return all(line in ("", HOLE) for line in _lines(text))


def _lines(text: str) -> list[str]:
    """The lines without comments."""
    return [line.partition(";")[0].strip() for line in text.splitlines()]


def _left_out(zone: Zone) -> list[tuple[str, str]]:
    return [
        ("left out", f"line {line}: {owner} is not below {zone.origin}")
        for line, owner in zone.outside
    ]


def _unreadable(task: Task, answer: object, error: ZoneError) -> Finding:
    rows = [("the server says", str(error))]
    lines = answer.splitlines() if isinstance(answer, str) else []
    if error.line is not None and 0 < error.line <= len(lines):
        rows.append(("your line", lines[error.line - 1].strip()))
    if "backslash" in str(error):
        return task.fault(LONE_BACKSLASH, *rows, otherwise=REFUSED)
    return Finding(Outcome.WRONG, REFUSED, tuple(rows))


def host(uri: str) -> str:
    """The host of a SIP URI, in lower case, without port and parameters.

    Example:
        >>> host("sip:info@Example.com:5060;transport=udp")
        'example.com'
    """
    return uri.partition(":")[2].rpartition("@")[2].partition(";")[0].partition(":")[0].lower()
