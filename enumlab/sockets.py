"""The sockets that a server listens on: UDP and TCP, on the same port, of the loopback mostly."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
from collections.abc import Callable
from typing import TypeVar

from enumlab.errors import ServerError

PORT = 10164
LOOPBACK = "127.0.0.1"
WAITING = 128  # TCP connections that wait to be taken

Bound = TypeVar("Bound")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address.

    Example:
        >>> is_loopback("::1"), is_loopback("0.0.0.0")
        (True, False)
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def bound(host: str, port: int | None, bind: Callable[[str, int], Bound]) -> Bound:
    """What `bind` gives for the port that was asked for, or for one that is free.

    Args:
        host: an address of this machine.
        port: None takes 10164 if it is free, else any; 0 takes any.
        bind: called with host and port, until it raises no OSError.

    Raises:
        ServerError: the port is taken, or the address is not one of this machine.
    """
    if port is not None and not (isinstance(port, int) and 0 <= port <= 65535):
        raise ServerError(f"port={port!r} is not a port. Expected a number from 0 to 65535.")
    for candidate in [PORT, *[0] * 20] if port is None else [port] if port else [0] * 20:
        try:
            return bind(host, candidate)
        except (OSError, OverflowError) as error:
            problem = error
    number = getattr(problem, "errno", None)
    if number == errno.EADDRINUSE:
        cure = "Stop the program that has the port, or leave the port out to take any that is free."
    elif number == errno.EACCES:
        cure = "Ports below 1024 are the system's: leave the port out to take any that is free."
    else:
        cure = (
            f"This is not an address of this machine. Leave host out to listen on {LOOPBACK}; "
            "`python -m enumlab doctor` looks whether this machine has a loopback."
        )
    raise ServerError(f"cannot listen on {host} port {port or PORT}: {problem}. {cure}")


def pair(host: str, port: int) -> tuple[socket.socket, socket.socket]:
    """A UDP and a listening TCP socket on the same port, neither of which blocks.

    Raises:
        OSError: one of the two cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    udp, tcp = socket.socket(family, socket.SOCK_DGRAM), socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "nt":
            # There, two sockets may share a port unless one says otherwise, and one gets nothing.
            for each in udp, tcp:
                each.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            # For TCP only: connections of a server just stopped would block its port for a minute.
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        udp.bind((host, port))
        tcp.bind(udp.getsockname())
        tcp.listen(WAITING)
        for each in udp, tcp:
            each.setblocking(False)
    except BaseException:
        udp.close()
        tcp.close()
        raise
    return udp, tcp
