"""dnsperf against servers in turn."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from .servers import CLIENT, Running

ROUNDS = 5
SECONDS = 2.0
EXPECTED = {"NOERROR", "NXDOMAIN"}


@dataclass
class Runs:
    """What one server did, round by round.

    Attributes:
        rates: queries a second.
        costs: its processor time a query, in microseconds.
        lost: queries without an answer, of all rounds.
    """

    rates: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    lost: int = 0

    @property
    def rate(self) -> float:
        return median(self.rates)

    @property
    def cost(self) -> float:
        return median(self.costs)


def in_turn(
    servers: Mapping[str, Running],
    questions: Path | Callable[[int], Path] | Mapping[str, Path],
    *,
    rounds: int = ROUNDS,
    seconds: float = SECONDS,
    clients: int = 8,
    waiting: int = 100,
    once: bool = False,
) -> dict[str, Runs]:
    """Load each server in turn, round after round.

    Args:
        servers: by name.
        questions: a file; or a function that gives one for each round; or one for each server.
        rounds: how many count.
        seconds: length of one load.
        clients: sockets that dnsperf sends from.
        waiting: queries that wait for an answer at one time.
        once: whether to stop at the end of the file.
    """
    runs = {name: Runs() for name in servers}
    first = 0 if once else -1  # what is warmed up does not count
    for number in range(first, rounds):
        for name, server in servers.items():
            if isinstance(questions, Path):
                file = questions
            else:
                file = questions[name] if isinstance(questions, Mapping) else questions(number)
            words = ["-n", "1"] if once else ["-l", str(seconds if number >= 0 else 0.5)]
            words += ["-c", str(clients), "-q", str(waiting)]
            before = server.seconds()
            told = _dnsperf(server.port, file, words)
            spent = server.seconds() - before
            if number < 0:
                continue
            completed = _figure(told, "Queries completed")
            runs[name].rates.append(_figure(told, "Queries per second"))
            runs[name].costs.append(spent / completed * 1e6)
            runs[name].lost += round(_figure(told, "Queries lost"))
            codes = set(re.findall(r"([A-Z]+) \d+ \(", told.partition("Response codes:")[2]))
            if not codes <= EXPECTED:
                raise RuntimeError(f"{name} answered with {codes}:\n{told}")
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return runs


def _dnsperf(port: int, questions: Path, words: list[str]) -> str:
    command = ["taskset", "-c", str(CLIENT), "dnsperf", "-s", "127.0.0.1", "-p", str(port)]
    command += ["-B", "-d", str(questions), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _figure(told: str, what: str) -> float:
    found = re.search(rf"{what}:\s+([\d.]+)", told)
    if found is None:
        raise RuntimeError(f"dnsperf does not say {what!r}:\n{told}")
    return float(found[1])
