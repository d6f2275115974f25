"""Where the real programs are, and which Debian package has each."""

from __future__ import annotations

import os
import shutil

from enumlab.errors import ServerError

PACKAGES = {
    "named": "bind9",
    "named-checkconf": "bind9-utils",
    "named-checkzone": "bind9-utils",
    "dig": "bind9-dnsutils",
    "nsd": "nsd",
    "nsd-checkzone": "nsd",
    "knotd": "knot",
    "kzonecheck": "knot-dnssecutils",
    "kamailio": "kamailio",
    "sipp": "sip-tester",
    "unshare": "util-linux",
}


def find(program: str) -> str | None:
    """Path of a program, or None; also looks where Debian keeps servers.

    Example:
        >>> find("no-such-program") is None
        True
    """
    places = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", "/sbin"])
    return shutil.which(program, path=places)


def require(program: str) -> str:
    """Path of a program.

    Raises:
        ServerError: it is not on this machine; the message names its package.

    Example:
        >>> require("no-such-program")
        Traceback (most recent call last):
        enumlab.errors.ServerError: no-such-program is not on this machine.
    """
    path = find(program)
    if path is None:
        package = PACKAGES.get(program)
        cure = f" On Debian or Ubuntu: apt-get install {package}." if package else ""
        raise ServerError(f"{program} is not on this machine.{cure}")
    return path
