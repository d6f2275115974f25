"""Servers of a benchmark: each a process of its own, held to one core, with a zone from a file."""

from __future__ import annotations

import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

CORES = sorted(os.sched_getaffinity(0))
SERVER, CLIENT = CORES[0], CORES[-1]
STARTING = 90.0  # seconds
TICK = os.sysconf("SC_CLK_TCK")

BIND = """
options {{
    directory "{folder}"; pid-file none; session-keyfile none;
    listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
    recursion no; allow-transfer {{ none; }}; notify no; dnssec-validation no;
    minimal-responses yes;
}};
controls {{ }};
zone "e164.arpa." {{ type primary; file "{zone}"; check-names ignore; }};
"""

NSD = """
server:
    ip-address: 127.0.0.1@{port}
    username: ""
    chroot: ""
    zonesdir: "{folder}"
    database: ""
    pidfile: "{folder}/pid"
    xfrdfile: "{folder}/xfrd"
    xfrdir: "{folder}"
    zonelistfile: "{folder}/zones"
    server-count: 1
    rrl-ratelimit: 0
    minimal-responses: yes
remote-control:
    control-enable: no
zone:
    name: "e164.arpa."
    zonefile: "{zone}"
"""

KNOT = """
server:
    listen: 127.0.0.1@{port}
    rundir: "{folder}"
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: "{folder}"
zone:
  - domain: "e164.arpa."
    file: "{zone}"
    semantic-checks: off
"""

STOCK = """
import sys, time
from dnslib.server import DNSLogger, DNSServer
from dnslib.zoneresolver import ZoneResolver
resolver = ZoneResolver(open(sys.argv[1]).read(), glob=True)
silent = DNSLogger(logf=lambda line: None, prefix=False)
DNSServer(resolver, address="127.0.0.1", port=int(sys.argv[2]), logger=silent).start()
"""

Command = Callable[[Path, Path, int], list[str]]  # (folder, zone, port) -> program and words


@dataclass(frozen=True)
class Running:
    """A server that answers.

    Attributes:
        pid: of the process that was started.
        port: on 127.0.0.1.
        loading: seconds from its start to its first answer.
    """

    pid: int
    port: int
    loading: float

    def processes(self) -> list[int]:
        """It and its children."""
        found = [self.pid]
        for pid in found:
            for task in Path(f"/proc/{pid}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
        return found

    def seconds(self) -> float:
        """Processor time that it has used."""
        return (
            sum(
                sum(
                    map(
                        int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
                    )
                )
                for pid in self.processes()
            )
            / TICK
        )

    def mebibytes(self) -> float:
        """Memory that it holds now."""
        return (
            sum(
                int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
                for pid in self.processes()
            )
            / 2**20
        )


def ours(folder: Path, zone: Path, port: int) -> list[str]:
    """The lab server, query log on, as the terminal starts it."""
    return [sys.executable, "-m", "enumlab", "serve", str(zone), "--port", str(port)]


def stock(folder: Path, zone: Path, port: int) -> list[str]:
    """The server that comes with dnslib, with its resolver for zones."""
    return [sys.executable, "-c", STOCK, str(zone), str(port)]


def _peer(settings: str, *words: str) -> Command:
    def command(folder: Path, zone: Path, port: int) -> list[str]:
        text = settings.format(folder=folder, zone=zone, port=port)
        (folder / "settings").write_text(text)
        return [*words, str(folder / "settings")]

    return command


COMMANDS: dict[str, Command] = {
    "ours": ours,
    "BIND": _peer(BIND, "named", "-n", "1", "-g", "-c"),
    "NSD": _peer(NSD, "nsd", "-d", "-c"),
    "Knot": _peer(KNOT, "knotd", "-c"),
    "stock dnslib": stock,
}
PROGRAMS = {"BIND": "named", "NSD": "nsd", "Knot": "knotd"}


def there(name: str) -> bool:
    """Whether the program is on this machine."""
    return name not in PROGRAMS or shutil.which(PROGRAMS[name]) is not None


@contextmanager
def running(name: str, zone: Path) -> Iterator[Running]:
    """Start a server, and wait for its first answer."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        port = _free_port()
        log = stack.enter_context((folder / "log").open("wb"))
        start = time.monotonic()
        process = subprocess.Popen(
            ["taskset", "-c", str(SERVER), *COMMANDS[name](folder, zone.resolve(), port)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        stack.callback(process.wait)
        stack.callback(process.terminate)
        while not _answers(port):
            if process.poll() is not None or time.monotonic() - start > STARTING:
                raise RuntimeError(f"{name} did not start: {(folder / 'log').read_text()[-2000:]}")
            time.sleep(0.005)
        yield Running(process.pid, port, time.monotonic() - start)


def _answers(port: int) -> bool:
    """Whether the SOA record of the zone comes."""
    query = struct.pack("!HHHHHH", 7, 0, 1, 0, 0, 0) + b"\x04e164\x04arpa\0" + b"\0\6\0\1"
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.settimeout(0.5)
        try:
            sock.connect(("127.0.0.1", port))
            sock.send(query)
            answer = sock.recv(4096)
        except OSError:
            return False
        return answer[3] & 15 == 0 and answer[6:8] == b"\0\1"


def _free_port() -> int:
    while True:
        with socket.socket(type=socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind(("127.0.0.1", 0))
            try:
                tcp.bind(udp.getsockname())
            except OSError:
                continue
            return int(udp.getsockname()[1])
