"""Real name servers from their Debian packages, run on the loopback for a lesson or a test.

Each runs without root, in a folder of its own that goes away with it, and answers for one zone.
"""

from __future__ import annotations

import re
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import dns.exception
import dns.message
import dns.query

from enumlab.errors import ServerError
from enumlab.peers.programs import require
from enumlab.peers.records import faults
from enumlab.zone import Zone

STARTING = 20.0  # seconds that a server may take
READING = 1.0  # seconds that it may then take to read its zone
COMPLAINT = re.compile(r"\b(error|errors|failed|failure|not loaded)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Peer:
    """A name server that is running.

    Attributes:
        name: the program, such as "named".
        host: its address on the loopback.
        port: UDP and TCP port.
        folder: where its zone, its settings and its log are.
    """

    name: str
    host: str
    port: int = field(repr=False)  # it differs from run to run, and a notebook keeps its outputs
    folder: Path = field(repr=False)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port, as `enumlab.ask` takes them."""
        return self.host, self.port


@contextmanager
def bind(zone: Zone, *, order: str | None = None) -> Iterator[Peer]:
    """Serve a zone with BIND.

    Args:
        zone: what to serve; BIND is the only authority for it.
        order: BIND's `rrset-order`: "random" (its default), "cyclic" or "none".

    Raises:
        ServerError: BIND is missing, or refuses the zone; its own words are in the message.
    """
    settings = """
        options {{
            directory "{folder}"; pid-file none; session-keyfile none;
            listen-on port {port} {{ {host}; }}; listen-on-v6 {{ none; }};
            recursion no; allow-transfer {{ none; }}; notify no; dnssec-validation no;
            rate-limit {{ responses-per-second 0; }}; {order}
        }};
        controls {{ }};
        zone "{origin}" {{ type primary; file "zone"; check-names ignore; }};
    """
    rrset_order = f"rrset-order {{ order {order}; }};" if order else ""
    with _workshop(zone) as (folder, host, port):
        (folder / "settings").write_text(
            settings.format(
                folder=folder, host=host, port=port, order=rrset_order, origin=zone.origin
            )
        )
        command = ["named", "-g", "-c", str(folder / "settings"), "-n", "1"]
        with _running(command, zone, folder, host, port) as peer:
            yield peer


@contextmanager
def nsd(zone: Zone) -> Iterator[Peer]:
    """Serve a zone with NSD; see `bind`."""
    settings = """
server:
    ip-address: {host}@{port}
    port: {port}
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
remote-control:
    control-enable: no
zone:
    name: "{origin}"
    zonefile: "zone"
"""
    with _workshop(zone) as (folder, host, port):
        (folder / "settings").write_text(
            settings.format(folder=folder, host=host, port=port, origin=zone.origin)
        )
        command = ["nsd", "-d", "-c", str(folder / "settings")]
        with _running(command, zone, folder, host, port) as peer:
            yield peer


@contextmanager
def knot(zone: Zone) -> Iterator[Peer]:
    """Serve a zone with Knot DNS; see `bind`."""
    settings = """
server:
    listen: {host}@{port}
    rundir: "{folder}"
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: "{folder}"
log:
  - target: stderr
    any: info
zone:
  - domain: "{origin}"
    file: "{folder}/zone"
    semantic-checks: off
"""
    with _workshop(zone) as (folder, host, port):
        (folder / "settings").write_text(
            settings.format(folder=folder, host=host, port=port, origin=zone.origin)
        )
        command = ["knotd", "-c", str(folder / "settings")]
        with _running(command, zone, folder, host, port) as peer:
            yield peer


@contextmanager
def _workshop(zone: Zone) -> Iterator[tuple[Path, str, int]]:
    """A folder with the zone in it, and an address that is free."""
    with tempfile.TemporaryDirectory(prefix="enumlab-") as name:
        folder = Path(name)
        (folder / "zone").write_text(zone.to_text(), encoding="utf-8")
        yield folder, "127.0.0.1", _free_port()


def _free_port() -> int:
    """A port that is free for both UDP and TCP at this moment."""
    while True:
        with socket.socket(type=socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind(("127.0.0.1", 0))
            try:
                tcp.bind(udp.getsockname())
            except OSError:
                continue
            return int(udp.getsockname()[1])


@contextmanager
def _running(command: list[str], zone: Zone, folder: Path, host: str, port: int) -> Iterator[Peer]:
    program = require(command[0])
    log = folder / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [program, *command[1:]], stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
    try:
        _wait(process, zone, host, port, command[0], log)
        yield Peer(command[0], host, port, folder)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(
    process: subprocess.Popen[bytes], zone: Zone, host: str, port: int, name: str, log: Path
) -> None:
    """Return when the server answers for the zone with authority."""
    question = dns.message.make_query(zone.origin, "SOA")
    deadline = time.monotonic() + STARTING
    while time.monotonic() < deadline and process.poll() is None:
        try:
            answer = dns.query.udp(question, host, port=port, timeout=0.2, source=host)
        except (dns.exception.DNSException, OSError):
            pass
        else:
            if answer.answer:
                return
            # It is up, but without the zone. It may still be reading; that does not take long.
            deadline = min(deadline, time.monotonic() + READING)
        time.sleep(0.05)
    lines = log.read_text(errors="replace").splitlines()
    words = [line for line in lines if COMPLAINT.search(line)] or lines[-8:]
    ours = ["The lab says:", *faults(zone)] if faults(zone) else []
    told = "\n".join([*words, *ours])
    raise ServerError(f"{name} did not come up with the zone {zone.origin} Its own words:\n{told}")
