"""Mutated and made-up UDP packets through the sockets of the lab, of BIND and of stock dnslib."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from torture import oracle
from torture.differ import compare
from torture.strange import mutated, structured
from torture.volley import Volley
from torture.watched import Vitals, Watched, bind, own

MUTATED, STRUCTURED = 1_000_000, 200_000
SHORT = 60  # the short form sends so many times fewer
WARM = 11_000  # packets before memory is measured: the log is bounded, and fills first
NOTHING = Vitals(0, 0, 0)


@dataclass
class Outcome:
    """What came of many packets.

    Attributes:
        packets: how many were sent.
        replies: how many came back.
        complaints: what was wrong with a reply -> how often.
        examples: what was wrong -> the first packet, in hexadecimal.
        cpu, took: seconds of CPU time of the server, and by the clock.
        before, after: what the server's processes held.
    """

    packets: int = 0
    replies: int = 0
    complaints: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    cpu: float = 0.0
    took: float = 0.0
    before: Vitals = NOTHING
    after: Vitals = NOTHING

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


def rows(full: bool) -> Iterator[tuple[str, str, str, str]]:
    """Figures for the table: (what, figure, peer figure, note)."""
    parts = 1 if full else SHORT
    with own("lab") as lab, own("stock") as stock:
        outcome = fire(lab, stream(1, parts))
        wrong = [*outcome.complaints, *lab.complaints()]
        simple = fire(stock, stream(1, SHORT * 2))
        tracebacks = stock.errors.read_text(errors="replace").count("Traceback")
        to_responses = simple.complaints[oracle.UNASKED]
        large = sum(times for what, times in simple.complaints.items() if oracle.LARGE in what)
    yield (
        f"{outcome.packets:,} hostile UDP packets",
        f"{outcome.replies:,} replies, {'; '.join(wrong) or 'nothing wrong'}; {grown(outcome)}",
        f"stock dnslib, {simple.packets:,} packets: {tracebacks:,} tracebacks, "
        f"{to_responses:,} answers to responses, {large:,} too large",
        "no exception, nothing on stderr, no answer to a response, none too large, all readable",
    )
    with own("lab") as lab, bind() as named:
        result = compare(lab, named, lambda: stream(2, parts))
    apart = sum(result.explained.values())
    yield (
        "the same packets to BIND: same rcode, or same silence",
        f"{result.same / result.packets:.2%} of {result.packets:,}",
        f"{apart:,} differ for a known reason, {sum(result.unexplained.values()):,} without",
        "; ".join(result.examples[:3]) or "REASONS in tests/torture/differ.py lists them",
    )
    ours, theirs = (cpu / result.packets * 1e6 for cpu in result.cpu)
    yield (
        "CPU time for one of these packets",
        f"{ours:.1f} us ({ours / theirs:.1f} times BIND's)",
        f"BIND {theirs:.1f} us, stock dnslib {simple.cpu / simple.packets * 1e6:.0f} us",
        "aim: twice BIND's",
    )
