"""Does this machine have what the course needs? One line each, with a cure where it does not."""

from __future__ import annotations

import socket
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version

from enumlab.peers import PACKAGES, find
from enumlab.sockets import LOOPBACK, PORT

PROGRAMS = ("dig", "named", "nsd", "knotd")


@dataclass(frozen=True)
class Finding:
    """One thing looked at.

    Attributes:
        what: such as "UDP on the loopback".
        state: "ok", "missing" (the course works without it) or "broken".
        seen: what was found.
        cure: what to do; empty where all is well.
    """

    what: str
    state: str
    seen: str
    cure: str = ""


def examine() -> list[Finding]:
    """Look at versions, the loopback, the port, and the programs.

    Example:
        >>> {finding.state for finding in examine()} <= {"ok", "missing", "broken"}
        True
    """
    return [_python(), *_packages(), _loopback("UDP"), _loopback("TCP"), _port(), *_programs()]


def _python() -> Finding:
    return Finding("Python", "ok", ".".join(map(str, sys.version_info[:3])))


def _packages() -> list[Finding]:
    from packaging.requirements import Requirement

    findings = []
    try:
        needed = [Requirement(line) for line in requires("enumlab") or []]
    except PackageNotFoundError:
        cure = "Run `make lab` in the project's folder, or `pip install -e .` there."
        return [Finding("enumlab", "broken", "not installed", cure)]
    for requirement in needed:
        try:
            seen = version(requirement.name)
        except PackageNotFoundError:
            seen = "not installed"
        good = seen != "not installed" and requirement.specifier.contains(seen, prereleases=True)
        cure = "" if good else f'Run `pip install "{requirement}"`.'
        findings.append(Finding(requirement.name, "ok" if good else "broken", seen, cure))
    return findings


def _loopback(transport: str) -> Finding:
    kind = socket.SOCK_DGRAM if transport == "UDP" else socket.SOCK_STREAM
    what = f"{transport} on the loopback"
    try:
        with socket.socket(type=kind) as server, socket.socket(type=kind) as client:
            server.bind((LOOPBACK, 0))
            server.settimeout(2)
            client.settimeout(2)
            if transport == "TCP":
                server.listen(1)
            client.connect(server.getsockname())
            client.send(b"hello")
            if transport == "TCP":
                with server.accept()[0] as accepted:
                    accepted.settimeout(2)
                    accepted.recv(5)
            else:
                server.recv(5)
    except OSError as error:
        cure = f"Let the firewall or the container pass {transport} on {LOOPBACK}."
        return Finding(what, "broken", str(error) or type(error).__name__, cure)
    return Finding(what, "ok", "a packet went round")


def _port() -> Finding:
    what = f"port {PORT}"
    for kind in socket.SOCK_DGRAM, socket.SOCK_STREAM:
        with socket.socket(type=kind) as sock:
            try:
                sock.bind((LOOPBACK, PORT))
            except OSError as error:
                cure = (
                    "Another lab server runs already, or another program has the port. "
                    "A new lab server takes any other port: see server.port."
                )
                return Finding(what, "missing", error.strerror or str(error), cure)
    return Finding(what, "ok", "free")


def _programs() -> list[Finding]:
    findings = []
    for program in PROGRAMS:
        path = find(program)
        cure = f"On Debian or Ubuntu: apt-get install {PACKAGES[program]}. The course runs without."
        findings.append(
            Finding(program, "ok", path) if path else Finding(program, "missing", "not found", cure)
        )
    return findings
