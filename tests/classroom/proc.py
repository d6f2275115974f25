"""What Linux says of a process and its children: memory, descriptors, sockets."""

from __future__ import annotations

import ipaddress
import socket
import struct
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

LISTENING = "0A"  # state of a TCP socket in /proc/net/tcp


class Bound(NamedTuple):
    """A socket that may receive what a stranger sends: bound UDP, or listening TCP."""

    kind: str
    address: ipaddress.IPv4Address | ipaddress.IPv6Address
    port: int


def tree(pid: int) -> list[int]:
    """A process and all below it, as far as they live."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    found = [pid]
    for each in found:
        found += children.get(each, [])
    return found


def pss(pid: int) -> float:
    """Memory of a process and those below it, in MB; what is shared counts by its share."""
    total = 0
    for each in tree(pid):
        with suppress(OSError):
            lines = Path(f"/proc/{each}/smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1000


def descriptors(pid: int | str = "self") -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def bound(pid: int) -> list[Bound]:
    """Sockets of a process and those below it, in this very network namespace."""
    here = Path("/proc/self/ns/net").readlink()
    inodes = set()
    for each in tree(pid):
        with suppress(OSError):
            if Path(f"/proc/{each}/ns/net").readlink() != here:
                continue  # it cannot reach anyone
            for link in Path(f"/proc/{each}/fd").iterdir():
                with suppress(OSError):
                    inodes.add(str(link.readlink()))
    found = []
    for kind in "udp", "udp6", "tcp", "tcp6":
        for line in Path(f"/proc/net/{kind}").read_text().splitlines()[1:]:
            words = line.split()
            host, _, port = words[1].partition(":")
            listening = kind.startswith("udp") or words[3] == LISTENING
            if listening and int(port, 16) and f"socket:[{words[9]}]" in inodes:
                found.append(Bound(kind[:3], _address(host), int(port, 16)))
    return found


def strangers(pid: int) -> list[Bound]:
    """Of the bound sockets, those that other machines could reach."""
    return [each for each in bound(pid) if not each.address.is_loopback]


def own_address() -> str | None:
    """An address of this machine that is not the loopback's; nothing is sent to find it."""
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        try:
            sock.connect(("192.0.2.1", 9))
        except OSError:
            return None
        address = sock.getsockname()[0]
    return None if ipaddress.ip_address(address).is_loopback else str(address)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The kernel writes addresses as 32-bit words of the machine's own byte order."""
    words = [int(text[at : at + 8], 16) for at in range(0, len(text), 8)]
    return ipaddress.ip_address(struct.pack(f"={len(words)}I", *words))


def lives(pid: int) -> bool:
    """Whether a process runs; one that only waits to be counted does not."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False
