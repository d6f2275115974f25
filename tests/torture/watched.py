"""Servers in processes of their own, and what Linux says of these."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from classroom.proc import tree

from enumlab import peers
from torture.strange import served

TESTS = Path(__file__).parents[1]


class Vitals(NamedTuple):
    """What a server's processes hold: kilobytes of memory, open descriptors, threads."""

    memory: int
    descriptors: int
    threads: int


@dataclass
class Watched:
    """A server that runs in a process of its own.

    Attributes:
        name: such as "lab".
        address: host and port, UDP and TCP.
        pid: its process; the processes below it count as well.
        errors: the file that its stderr goes to.
    """

    name: str
    address: tuple[str, int]
    pid: int
    errors: Path
    process: subprocess.Popen[str] | None = None

    def vitals(self) -> Vitals:
        found = [0, 0, 0]
        for pid in tree(self.pid):
            with suppress(OSError):
                status = dict(
                    line.split(":", 1)
                    for line in Path(f"/proc/{pid}/status").read_text().splitlines()
                )
                found[0] += int(status["VmRSS"].split()[0])
                found[1] += len(list(Path(f"/proc/{pid}/fd").iterdir()))
                found[2] += int(status["Threads"])
        return Vitals(*found)

    def cpu(self) -> float:
        """Seconds of CPU time so far; of threads that have ended too, to a tick of 10 ms."""
        ticks = 0
        for pid in tree(self.pid):
            with suppress(OSError):
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def cpu_of_all(self) -> float:
        """Seconds of CPU time so far, to the nanosecond; threads that have ended do not count."""
        total = 0
        for pid in tree(self.pid):
            for task in Path(f"/proc/{pid}/task").iterdir():
                with suppress(OSError):
                    total += int((task / "schedstat").read_text().split()[0])
        return total / 1e9

    def state(self) -> dict[str, Any]:
        """What the server says of itself: its failures, the length of its log."""
        assert self.process is not None
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        assert line, self.errors.read_text(errors="replace")[-3000:]
        return dict(json.loads(line))

    def complaints(self) -> list[str]:
        """What must be empty at the end: failures, and words on stderr."""
        said = self.errors.read_text(errors="replace")
        return [*self.state().get("failures", []), *([said[-500:]] if said else [])]


@contextmanager
def own(kind: str, **options: Any) -> Iterator[Watched]:
    """`lab` or `stock`, as `torture.serving` has them."""
    paths = os.pathsep.join(map(str, [TESTS, TESTS.parent]))
    with tempfile.TemporaryDirectory(prefix="enumlab-torture-") as folder:
        errors = Path(folder) / "stderr"
        with errors.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "torture.serving", kind, json.dumps(options)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=out,
                text=True,
                env=os.environ | {"PYTHONPATH": paths, "PYTHONWARNINGS": "default"},
            )
        with process:
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                line = process.stdout.readline()
                assert line, errors.read_text()
                yield Watched(kind, ("127.0.0.1", int(line)), process.pid, errors, process)
                process.stdin.close()
                process.wait(20)
            finally:
                process.kill()


@contextmanager
def bind() -> Iterator[Watched]:
    with peers.bind(served()) as peer:
        (pid,) = [pid for pid in tree(os.getpid()) if f"{peer.folder}/settings" in _command(pid)]
        yield Watched("named", peer.address, pid, peer.folder / "log")


def _command(pid: int) -> list[str]:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    return []
