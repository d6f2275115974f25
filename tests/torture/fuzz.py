"""A coverage-guided fuzzer (atheris) for `Responder`, and a plain one where atheris is missing.

`python -m torture.fuzz SECONDS SEED` in the folder tests runs it; it ends with a traceback and the
packet where a reply is wrong, or where what the responder keeps from one query to the next changes
an answer.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from enumlab.responder import Reply

TESTS = Path(__file__).parents[1]
LONGEST = 1500  # octets of a packet
SWITCH = 1000  # packets between one zone and the next
FULL, SHORT = 600, 10  # seconds
ALL = 10_000_000  # packets that a long run asks for


class Examiner:
    """Puts packets to responders that have seen others before, and to one that has seen none.

    Attributes:
        packets, replies: how many there were.
    """

    def __init__(self) -> None:
        # Here, so that atheris can watch these modules from their import on.
        from enumlab import Zone
        from enumlab.responder import Responder
        from torture import oracle
        from torture.strange import SOUND, served

        self._fresh, self._oracle, self._sound = Responder, oracle, SOUND
        # Names that both hold, with other records at some.
        self._zones = [served(), Zone.named("corrected")]
        self._warm = Responder(self._zones[0], "none")
        self._turning = Responder(self._zones[0], "cyclic")
        self._known: set[int] = set()
        self.packets = self.replies = 0

    def examine(self, packet: bytes, tcp: bool) -> None:
        """Raise AssertionError if anything is wrong with what is answered."""
        self.packets += 1
        if self.packets % SWITCH == 1:
            self._turn()
        self._judge(packet, tcp)

    def _turn(self) -> None:
        """Another zone in place of the last; sound queries, so that something is kept of it."""
        self._warm.zone = self._turning.zone = self._zones[self.packets // SWITCH % 2]
        for packet in self._sound:
            self._judge(packet, tcp=False)

    def _judge(self, packet: bytes, tcp: bool) -> None:
        reply = self._warm.respond(packet, tcp=tcp)
        wire = reply and reply.wire
        first = self._first_time(wire)
        found = self._oracle.complaints(packet, wire, tcp, parse=first)
        assert not found, (found, packet.hex(), tcp)
        fresh = self._fresh(self._warm.zone, "none").respond(packet, tcp=tcp)
        assert _same(reply, fresh), ("kept answers differ", packet.hex(), tcp, reply, fresh)
        if self.packets % 3 == 0:
            turned = self._turning.respond(packet, tcp=tcp)
            assert _same(turned, fresh), ("turned answers differ", packet.hex(), tcp, turned, fresh)
        self.replies += reply is not None

    def _first_time(self, wire: bytes | None) -> bool:
        """Whether a reply, but for its ID, was not read before."""
        if wire is None:
            return False
        number = hash(wire[2:])
        if number in self._known:
            return False
        if len(self._known) > 500_000:
            self._known.clear()
        self._known.add(number)
        return True


def _same(one: Reply | None, other: Reply | None) -> bool:
    """Whether two replies say the same, whatever the sequence of equal records."""
    if one is None or other is None or one[1:] != other[1:]:
        return one is other
    return one.wire == other.wire or _parts(one.wire) == _parts(other.wire)


def _parts(wire: bytes) -> tuple[bytes, list[object]]:
    import dns.message

    message = dns.message.from_wire(wire)
    sections = message.answer, message.authority, message.additional
    records = [{(rrset.to_text(), *rrset) for rrset in _apart(section)} for section in sections]
    return wire[:12], [len(wire), message.question, message.options, *records]


def _apart(section: list) -> list:
    """A section's records one by one."""
    import dns.rrset

    return [
        dns.rrset.from_rdata(rrset.name, rrset.ttl, rdata) for rrset in section for rdata in rrset
    ]


def run(seconds: float, seed: int = 1) -> dict[str, float]:
    """Fuzz in a process of its own.

    Returns:
        packets; points of the code reached (0 without atheris); seconds.

    Raises:
        AssertionError: with the last words of a run that found something.
    """
    paths = os.pathsep.join(map(str, [TESTS, TESTS.parent]))
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="enumlab-fuzz-") as folder:
        done = subprocess.run(
            [sys.executable, "-m", "torture.fuzz", str(seconds), str(seed)],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": paths},
            capture_output=True,
            text=True,
            timeout=seconds * 2 + 120,
        )
    assert done.returncode == 0, done.stderr[-3000:]
    packets = re.findall(r"(?:stat::number_of_executed_units:|^packets:) *(\d+)", done.stderr, re.M)
    points = re.findall(r"\bcov: (\d+)", done.stderr)
    return {
        "packets": int(packets[-1]),
        "points": int(points[-1]) if points else 0,
        "seconds": time.perf_counter() - start,
    }


def rows(full: bool) -> Iterator[tuple[str, str, str, str]]:
    """Figures for the table: (what, figure, peer figure, note)."""
    result = run(FULL if full else SHORT)
    guided = (
        f"coverage-guided (atheris), {result['points']} points of the code reached"
        if result["points"]
        else "seeded, without coverage: atheris is not installed"
    )
    yield (
        f"packets through the responder in {result['seconds']:.0f} s",
        f"{result['packets']:,}, nothing wrong",
        "",
        f"{guided}; each reply read by dnspython and dnslib, and the same as that of a responder "
        "that keeps nothing",
    )


def main() -> None:
    seconds, seed = float(sys.argv[1]), int(sys.argv[2])
    if importlib.util.find_spec("atheris"):
        _guided(seconds, seed)
    else:
        _plain(seconds, seed)


def _guided(seconds: float, seed: int) -> None:
    import atheris

    with atheris.instrument_imports(include=["enumlab"]):
        examiner = Examiner()
    from torture.strange import SEEDS

    corpus = Path("corpus")
    corpus.mkdir()
    for number, packet in enumerate(SEEDS):
        (corpus / str(number)).write_bytes(bytes((number % 2,)) + packet)

    def one(data: bytes) -> None:
        # The first octet says whether it comes by TCP.
        if data:
            examiner.examine(data[1:], tcp=bool(data[0] & 1))

    options = [
        f"-max_total_time={seconds:.0f}",
        f"-seed={seed}",
        f"-max_len={LONGEST}",
        f"-runs={ALL}",
        "-print_final_stats=1",
        "-timeout=5",  # seconds that one packet may take
        "-rss_limit_mb=2048",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus)], one)
    atheris.Fuzz()


def _plain(seconds: float, seed: int) -> None:
    examiner = Examiner()
    from torture.strange import mutated, structured

    end = time.monotonic() + seconds
    while time.monotonic() < end and examiner.packets < ALL:
        for packets in mutated(seed, 500), structured(seed, 500):
            for number, packet in enumerate(packets):
                examiner.examine(packet, tcp=bool(number & 1))
        seed += 1
    print(f"packets: {examiner.packets}", file=sys.stderr)


if __name__ == "__main__":
    main()
