"""Mutated and made-up UDP packets through the sockets of the lab, of BIND and of stock dnslib."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from torture import oracle
from torture.strange import mutated, structured
from torture.volley import Volley
from torture.watched import Vitals, Watched, bind, own

MUTATED, STRUCTURED = 1_000_000, 200_000
SHORT = 30  # the short form sends so many times fewer
WARM = 6_000  # packets before memory is measured: what is kept is bounded, and fills first


@dataclass
class Outcome:
    """What came of many packets.

    Attributes:
        packets: how many were sent.
        replies: how many came back.
        complaints: what was wrong with a reply -> how often.
        examples: what was wrong -> the first packet, in hexadecimal.
        rcodes: of each packet: the header's rcode, or None for silence.
        cpu, took: seconds of CPU time of the server, and by the clock.
        before, after: what the server's processes held.
    """

    packets: int = 0
    replies: int = 0
    complaints: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    cpu: float = 0.0
    took: float = 0.0
    before: Vitals = Vitals(0, 0, 0)
    after: Vitals = Vitals(0, 0, 0)

    def complain(self, what: str, packet: bytes) -> None:
        self.complaints[what] += 1
        self.examples.setdefault(what, packet.hex())


def stream(seed: int, parts: int = 1) -> Iterator[bytes]:
    """A million mutated and 200,000 made-up packets, or a part of these."""
    return chain(mutated(seed, MUTATED // parts), structured(seed, STRUCTURED // parts))


def fire(server: Watched, packets: Iterable[bytes], *, judge: bool = True) -> Outcome:
    """Send all packets to a server, and judge what comes back."""
    outcome = Outcome()
    with Volley(server.address) as volley:
        for _ in volley.all(mutated(0, WARM)):
            pass
        outcome.before, cpu, start = server.vitals(), server.cpu(), time.perf_counter()
        for packet, replies in volley.all(packets):
            outcome.packets += 1
            outcome.replies += len(replies)
            if len(replies) > 1:
                outcome.complain("more than one reply", packet)
            if judge:
                for what in oracle.complaints(packet, replies[0] if replies else None, tcp=False):
                    outcome.complain(what, packet)
        outcome.took, outcome.cpu = time.perf_counter() - start, server.cpu() - cpu
        outcome.after = server.vitals()
        for stray in volley.strays:
            outcome.complain("a reply to nothing", stray)
        if volley.lost:
            outcome.complaints["a sound query without an answer"] += volley.lost
    return outcome


def grown(outcome: Outcome) -> str:
    """How memory, descriptors and threads changed, in words."""
    memory, descriptors, threads = (
        after - before for before, after in zip(outcome.before, outcome.after, strict=True)
    )
    return f"{memory / 1000:+.1f} MB, {descriptors:+} descriptors, {threads:+} threads"
