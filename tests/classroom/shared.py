"""A workshop that shares one server: a branch of the zone for each learner."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from classroom.kernels import ROOT, environment
from enumlab import Zone

TOP = "class.example."

# What a learner runs. The first number is asked for by the whole class at the same name.
CLIENT = """
import json, sys
import enumlab as lab

host, learner = sys.argv[1], sys.argv[3]
port, lookups, digits = int(sys.argv[2]), int(sys.argv[4]), int(sys.argv[5])
server = (host, port)
own = f"{learner}.class.example."
lab.ask, lab.block_map  # loaded
print("ready", flush=True)
input()
more = {"timeout": 10}  # seconds: thirty processes on two cores wait for each other as well
found = [lab.ask("+61355500911", server, suffix="teacher.class.example.", **more).uris]
for _ in range(lookups):
    found.append(lab.ask("+61355500911", server, suffix=own, **more).uris)
found.append(lab.ask("+61255502346", server, suffix=own, **more).rcode)
prefix = "+61255502345"[: 12 - digits]
found.append(lab.block_map(server, prefix, digits=digits, suffix=own).kinds)
print(json.dumps(found))
"""


def zone(learners: list[str]) -> Zone:
    """One zone, in which each learner has the numbers of the playground under an own suffix."""
    playground = Zone.named("playground").to_text()
    numbers = "\n".join(line for line in playground.splitlines() if " NAPTR " in line)
    text = f"$ORIGIN {TOP}\n@ 3600 SOA ns root 1 3600 3600 3600 3600\n@ 3600 NS ns.example.\n"
    for learner in learners:
        text += f"$ORIGIN {learner}.{TOP}\n{numbers}\n"
    return Zone.from_text(text)


@contextmanager
def terminal_server(path: Path, host: str) -> Iterator[tuple[str, int]]:
    """A server as a teacher starts it, in a process of its own."""
    command = [sys.executable, "-W", "ignore", "-m", "enumlab", "serve", str(path)]
    server = subprocess.Popen(
        [*command, "--host", host, "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(path.parent),
        cwd=ROOT,
    )
    assert server.stdout is not None
    try:
        words = [server.stdout.readline() for _ in range(2)][1].split()
        yield host, int(words[3])
        server.send_signal(signal.SIGINT)
        assert server.wait(10) == 0
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


@dataclass
class Outcome:
    """What each learner printed, what went wrong, and the seconds that all of it took."""

    answers: list[str]
    errors: list[str]
    seconds: float


def expected(lookups: int, digits: int) -> list[object]:
    """What a learner prints who lost nothing: of the numbers in the map only 345 is answered."""
    uris = ["sip:61355500912@10.0.1.98"]
    return [*[uris] * (1 + lookups), "NXDOMAIN", {"NXDOMAIN": 10**digits - 1, "exact": 1}]


def ask_at_once(
    server: tuple[str, int], learners: list[str], lookups: int, digits: int, folder: Path
) -> Outcome:
    """Every learner is a process; all begin in the same moment.

    Args:
        server: host and port.
        learners: their names, which are their branches too.
        lookups: numbers that each looks up, one after the other.
        digits: 10^digits numbers that each then looks up at once.
        folder: for what the processes keep.
    """
    command = [sys.executable, "-c", CLIENT, server[0], str(server[1])]
    with ExitStack() as stack:
        clients = []
        for learner in learners:
            client = subprocess.Popen(
                [*command, learner, str(lookups), str(digits)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env=environment(folder) | {"OPENBLAS_NUM_THREADS": "1"},
            )
            stack.callback(client.wait)
            stack.callback(client.kill)
            clients.append(client)
        for client in clients:
            assert client.stdout is not None
            assert client.stdout.readline() == "ready\n"
        start = time.perf_counter()
        for client in clients:
            assert client.stdin is not None
            client.stdin.write("\n")
            client.stdin.flush()
        said = [client.communicate(timeout=120) for client in clients]
        seconds = time.perf_counter() - start
    return Outcome([out.strip() for out, _ in said], [err for _, err in said], seconds)
