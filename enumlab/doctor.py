"""Does this machine have what the course needs? One line each, with a cure where it does not.

It tells a broken installation from a blocked port, so it leans on no package while it is loaded:
one that is missing is among what it has to report.
"""

from __future__ import annotations

import socket
import sys
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, requires, version

from enumlab.sockets import LOOPBACK, PORT

PROGRAMS = ("dig", "named", "nsd", "knotd", "kamailio", "sipp")
MODULES = {"dnspython": "dns"}  # where a package is imported by another name than its own
WAIT = 2.0  # seconds for a packet to go round


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


def find(program: str) -> str | None:
    """Path of a program, or None.

    Example:
        >>> find("no-such-program") is None
        True
    """
    from enumlab import peers

    return peers.find(program)


def _python() -> Finding:
    return Finding("Python", "ok", ".".join(map(str, sys.version_info[:3])))


def _packages() -> list[Finding]:
    try:
        lines = requires("enumlab") or []
    except PackageNotFoundError:
        cure = "Run `make lab` in the project's folder, or `pip install -e .` there."
        return [Finding("enumlab", "broken", "not installed in this Python", cure)]
    try:
        from packaging.requirements import Requirement
    except ImportError:
        return [Finding("packaging", "broken", "not installed", "Run `pip install packaging`.")]
    findings = []
    for requirement in map(Requirement, lines):
        name = requirement.name
        cure = f'The installation is broken. Run `pip install "{requirement}"`.'
        try:
            seen = version(name)
        except PackageNotFoundError:
            findings.append(Finding(name, "broken", "not installed", cure))
            continue
        if not requirement.specifier.contains(seen, prereleases=True):
            findings.append(Finding(name, "broken", seen, cure))
            continue
        findings.append(_imported(name, seen))
    return findings


def _imported(name: str, seen: str) -> Finding:
    """A package may be there in the right version, and be made for another machine."""
    try:
        import_module(MODULES.get(name, name))
    except Exception as error:
        told = f"{seen}, but it cannot be imported: {str(error).splitlines()[0]}"
        cure = f'The installation is broken. Run `pip install --force-reinstall "{name}=={seen}"`.'
        return Finding(name, "broken", told, cure)
    return Finding(name, "ok", seen)


def _loopback(transport: str) -> Finding:
    kind = socket.SOCK_DGRAM if transport == "UDP" else socket.SOCK_STREAM
    what = f"{transport} on the loopback"
    try:
        with socket.socket(type=kind) as server, socket.socket(type=kind) as client:
            server.bind((LOOPBACK, 0))
            server.settimeout(WAIT)
            client.settimeout(WAIT)
            if transport == "TCP":
                server.listen(1)
            client.connect(server.getsockname())
            client.send(b"hello")
            if transport == "TCP":
                with server.accept()[0] as accepted:
                    accepted.settimeout(WAIT)
                    accepted.recv(5)
            else:
                server.recv(5)
    except TimeoutError:
        cure = f"Something filters {transport}. Let the firewall or the container pass {LOOPBACK}."
        return Finding(what, "broken", f"nothing came within {WAIT:g} s", cure)
    except OSError as error:
        cure = "The loopback interface is down. On Linux, as root: `ip link set lo up`."
        return Finding(what, "broken", error.strerror or type(error).__name__, cure)
    return Finding(what, "ok", "a packet went round")


def _port() -> Finding:
    what = f"port {PORT}"
    for transport, kind in ("UDP", socket.SOCK_DGRAM), ("TCP", socket.SOCK_STREAM):
        with socket.socket(type=kind) as sock:
            try:
                sock.bind((LOOPBACK, PORT))
            except OSError as error:
                cure = (
                    "Nothing is broken: another lab server runs already, or another program has "
                    "the port. A new lab server takes any other port: see server.port."
                )
                seen = f"{transport}: {error.strerror or error}"
                return Finding(what, "missing", seen, cure)
    return Finding(what, "ok", "free")


def _programs() -> list[Finding]:
    try:
        from enumlab.peers import PACKAGES
    except ImportError as error:
        cure = "Mend the packages above first."
        return [Finding("programs", "missing", f"not looked for: {error}", cure)]
    findings = []
    for program in PROGRAMS:
        path = find(program)
        cure = f"On Debian or Ubuntu: apt-get install {PACKAGES[program]}. The course runs without."
        findings.append(
            Finding(program, "ok", path) if path else Finding(program, "missing", "not found", cure)
        )
    return findings
