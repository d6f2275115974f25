"""SIP messages (RFC 3261 section 7), as much of them as a lesson needs."""

from __future__ import annotations

import re
from dataclasses import dataclass

TAG = "lesson"  # every dialogue of a lesson has this one; Call-IDs tell them apart


@dataclass(frozen=True)
class Message:
    r"""A SIP request or response.

    Attributes:
        first: the request line or the status line.
        headers: name and value of each header field, in sequence.

    Example:
        >>> Message.parse(b"BYE sip:a@b SIP/2.0\r\nCSeq: 2 BYE\r\n\r\n").method
        'BYE'
    """

    first: str
    headers: tuple[tuple[str, str], ...]

    @classmethod
    def parse(cls, octets: bytes) -> Message:
        """Read a datagram; what stands behind the header fields is left out."""
        head = octets.decode("utf-8", "replace").partition("\r\n\r\n")[0]
        first, *lines = head.split("\r\n")
        fields = [line.partition(":") for line in lines]
        return cls(first, tuple((name.strip(), value.strip()) for name, _, value in fields))

    def to_octets(self) -> bytes:
        """The message as a datagram, without a body."""
        lines = [self.first, *(f"{name}: {value}" for name, value in self.headers)]
        return ("\r\n".join([*lines, "Content-Length: 0"]) + "\r\n\r\n").encode()

    @property
    def request(self) -> bool:
        """Whether it is a request."""
        return not self.first.startswith("SIP/2.0 ")

    @property
    def status(self) -> str:
        """Code and words of a response, such as "200 OK"; of a request, nothing."""
        return "" if self.request else self.first.removeprefix("SIP/2.0 ")

    @property
    def method(self) -> str:
        """Of a request its own method, of a response that of its request."""
        return self.first.split(" ")[0] if self.request else self.get("CSeq").split(" ")[-1]

    def all(self, name: str) -> list[str]:
        """The values of every header field of this name."""
        return [value for each, value in self.headers if each.lower() == name.lower()]

    def get(self, name: str) -> str:
        """The value of the first header field of this name, or an empty text."""
        return next(iter(self.all(name)), "")

    @property
    def contacts(self) -> list[tuple[str, float | None]]:
        """Each URI of the Contact fields, with its q (RFC 3261 section 20.10) or None.

        Example:
            >>> Message("", (("Contact", "<sip:a@b>;q=0.99, <sip:c@d>"),)).contacts
            [('sip:a@b', 0.99), ('sip:c@d', None)]
        """
        found = re.findall(r"<([^>]*)>([^,<]*)", ",".join(self.all("Contact")))
        ranks = [(uri, re.search(r";q=([\d.]+)", rest)) for uri, rest in found]
        return [(uri, float(rank[1]) if rank else None) for uri, rank in ranks]

    def response(self, status: str, contact: str = "") -> Message:
        """The response that a server gives to this request (RFC 3261 section 8.2.6)."""
        kept = [
            (name, value + f";tag={TAG}" if name == "To" and ";tag=" not in value else value)
            for name, value in self.headers
            if name in ("Via", "Record-Route", "From", "To", "Call-ID", "CSeq")
        ]
        more = [("Contact", f"<{contact}>")] if contact else []
        return Message(f"SIP/2.0 {status}", (*kept, *more))
