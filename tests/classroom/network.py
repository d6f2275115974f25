"""Machines with less network than usual: no loopback, no IPv6, a filter."""

from __future__ import annotations

import ctypes
import socket
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from classroom.kernels import ROOT, environment

UNSHARE = ["--user", "--map-root-user", "--net"]
SO_ATTACH_FILTER = 26

# For the beginning of a program: in a network namespace of its own even lo is down.
LO_UP = """
import fcntl, socket, struct
with socket.socket(type=socket.SOCK_DGRAM) as sock:
    fcntl.ioctl(sock, 0x8914, struct.pack("16sH14x", b"lo", 1))
"""
NO_IPV6 = "open('/proc/sys/net/ipv6/conf/all/disable_ipv6', 'w').write('1')\n"


def alone(unshare: str, folder: Path) -> Callable[[str], str] | None:
    """What runs a program in a network of its own, and gives what it prints; None if it cannot."""
    command = [unshare, *UNSHARE]
    if subprocess.run([*command, "true"], capture_output=True, check=False).returncode:
        return None

    def run(program: str) -> str:
        done = subprocess.run(
            [*command, sys.executable, "-c", program],
            capture_output=True,
            text=True,
            timeout=60,
            env=environment(folder),
            cwd=ROOT,
            check=False,
        )
        assert done.stderr == ""
        return done.stdout

    return run


class Filtered(socket.socket):
    """A socket for which the system drops all UDP that comes, as a firewall does."""

    def bind(self, address: object) -> None:
        super().bind(address)  # type: ignore[arg-type]
        if self.type == socket.SOCK_DGRAM:
            drop_all = struct.pack("HBBI", 6, 0, 0, 0)  # BPF: return 0 octets
            program = ctypes.create_string_buffer(drop_all)
            described = struct.pack("HP", 1, ctypes.addressof(program))
            self.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, described)
