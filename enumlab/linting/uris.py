"""URIs and host names, as far as the rules look at them."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import NamedTuple

LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


class Uri(NamedTuple):
    """A URI taken apart as far as the rules look.

    Attributes:
        scheme: in lower case.
        user: what stands before the @, or, of a `tel:` URI, the number.
        host: name or address; empty where there is none.
    """

    scheme: str
    user: str
    host: str


def taken_apart(uri: str) -> Uri:
    """Scheme, user and host of a URI.

    Example:
        >>> taken_apart("sip:+61@h.example:5060;transport=tcp")
        Uri(scheme='sip', user='+61', host='h.example')
        >>> taken_apart("https://h.example/61"), taken_apart("tel:+61;npdi").user
        (Uri(scheme='https', user='', host='h.example'), '+61')
    """
    scheme, _, rest = uri.partition(":")
    scheme = scheme.lower()
    if rest.startswith("//"):
        user, _, host = re.split(r"[/?#]", rest[2:])[0].rpartition("@")
    else:
        rest = re.split(r"[?;]", rest)[0]
        user, _, host = rest.rpartition("@")
        if "@" not in rest and scheme not in ("sip", "sips"):
            user, host = rest, ""
    if not host.startswith("["):
        host = host.split(":")[0]
    return Uri(scheme, user.split(";")[0].split(":")[0], host)


@lru_cache(maxsize=1024)
def legal_host(host: str) -> bool:
    """Whether a text is a host name (RFC 1123 section 2.1) or an address.

    Example:
        >>> [legal_host(h) for h in ("h-1.example", "10.0.1.98", "[::1]", "a_b.example", "10.1")]
        [True, True, True, False, False]
    """
    labels = host.removesuffix(".").split(".")
    if host.startswith("[") or labels[-1].isdigit():
        try:
            ipaddress.ip_address(host.strip("[]"))
        except ValueError:
            return False
        return True
    return len(host) <= 253 and all(map(LABEL.fullmatch, labels))
