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

host, port, learner, lookups = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
server = (host, port)
own = f"{learner}.class.example."
input()
found = [lab.ask("+61355500911", server, suffix="teacher.class.example.").uris]
for _ in range(lookups):
    found.append(lab.ask("+61355500911", server, suffix=own).uris)
found.append(lab.ask("+61255502346", server, suffix=own).rcode)
found.append(lab.block_map(server, "+612555023", digits=2, suffix=own).kinds)
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


def expected(lookups: int) -> list[object]:
    """What a learner prints who lost nothing."""
    uris = ["sip:61355500912@10.0.1.98"]
    return [*[uris] * (1 + lookups), "NXDOMAIN", {"NXDOMAIN": 99, "exact": 1}]


def ask_at_once(
    server: tuple[str, int], learners: list[str], lookups: int, folder: Path
) -> Outcome:
    """Every learner is a process; all begin in the same moment."""
    with ExitStack() as stack:
        clients = []
        for learner in learners:
            client = subprocess.Popen(
                [sys.executable, "-c", CLIENT, server[0], str(server[1]), learner, str(lookups)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env=environment(folder) | {"OPENBLAS_NUM_THREADS": "1"},
            )
            stack.callback(client.wait)
            stack.callback(client.kill)
            clients.append(client)
        start = time.perf_counter()
        for client in clients:
            assert client.stdin is not None
            client.stdin.write("\n")
            client.stdin.flush()
        said = [client.communicate(timeout=120) for client in clients]
        seconds = time.perf_counter() - start
    return Outcome([out.strip() for out, _ in said], [err for _, err in said], seconds)
