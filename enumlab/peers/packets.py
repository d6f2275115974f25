"""Packets of a real call: read, named, and written for Wireshark."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import dns.exception
import dns.message
import dns.rcode
import dns.rdatatype

from enumlab.errors import ServerError
from enumlab.peers.sip import Message

ETHERNET = 14  # octets of the header before IP; the loopback has one too, all zero
LINK_TYPE = 1  # Ethernet, in a pcap file
DNS_PORT = 53


@dataclass(frozen=True)
class Packet:
    """One datagram of a call.

    Attributes:
        time: seconds after the first packet.
        source: who sent it, such as "caller" or "server1".
        destination: who got it.
        protocol: "DNS" or "SIP".
        summary: what it says, in one line.
        detail: what matters in it, such as the record found; may be empty.
        frame: its octets, as captured.
    """

    time: float
    source: str
    destination: str
    protocol: str
    summary: str
    detail: str = ""
    frame: bytes = field(default=b"", repr=False)

    @property
    def payload(self) -> bytes:
        """The DNS or SIP message itself."""
        return _datagram(self.frame)[2]


def read_frames(
    frames: Iterable[tuple[float, bytes]], names: Mapping[str, str]
) -> tuple[Packet, ...]:
    """Captured frames as packets; what is neither DNS nor SIP over UDP is left out.

    Args:
        frames: time in seconds, and octets from the Ethernet header on.
        names: IPv4 address -> who has it.
    """
    found: list[Packet] = []
    seen: set[bytes] = set()
    start = None
    for moment, frame in frames:
        if frame[12:14] != b"\x08\x00" or frame[ETHERNET + 9] != 17:
            continue
        source, destination, payload = _datagram(frame)
        start = moment if start is None else start
        dns_port = DNS_PORT in (source[1], destination[1])
        summary, detail = _dns(payload) if dns_port else _sip(payload)
        if not dns_port and payload in seen:
            summary += " again"
        seen.add(payload)
        found.append(
            Packet(
                moment - start,
                names.get(source[0], source[0]),
                names.get(destination[0], destination[0]),
                "DNS" if dns_port else "SIP",
                summary,
                detail,
                frame,
            )
        )
    return tuple(found)


def write_pcap(packets: Iterable[Packet], path: str | Path) -> Path:
    """Write packets in the classic pcap format, which Wireshark and tcpdump open.

    Raises:
        ServerError: the file cannot be written.
    """
    # Magic number, version 2.4, two fields that nobody uses, longest frame, link type.
    octets = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, LINK_TYPE)
    for packet in packets:
        microseconds = round(packet.time * 1e6)
        size = len(packet.frame)
        octets += struct.pack("<IIII", *divmod(microseconds, 10**6), size, size) + packet.frame
    target = Path(path)
    try:
        target.write_bytes(octets)
    except OSError as error:
        raise ServerError(
            f"cannot write {target}: {error.strerror}. Give the path of a new file."
        ) from None
    return target


def _datagram(frame: bytes) -> tuple[tuple[str, int], tuple[str, int], bytes]:
    """Source, destination and payload of a UDP datagram in IPv4 in Ethernet."""
    ip = frame[ETHERNET:]
    udp = ip[(ip[0] & 15) * 4 :]
    source_port, destination_port, size = struct.unpack("!HHH", udp[:6])
    source, destination = (".".join(map(str, ip[start : start + 4])) for start in (12, 16))
    return (source, source_port), (destination, destination_port), udp[8:size]


def _dns(payload: bytes) -> tuple[str, str]:
    try:
        message = dns.message.from_wire(payload)
    except dns.exception.DNSException as error:
        return "unreadable", str(error)
    question = message.question[0]
    rdtype = dns.rdatatype.to_text(question.rdtype)
    if not message.flags & 0x8000:
        return f"{rdtype}?", question.name.to_text()
    records = [rdata.to_text() for rrset in message.answer for rdata in rrset]
    rcode = dns.rcode.to_text(message.rcode())
    found = f"{len(records)} record{'s' * (len(records) != 1)}" if records else rcode
    return f"{rdtype}: {found}", "\n".join(records) or rcode


def _sip(payload: bytes) -> tuple[str, str]:
    message = Message.parse(payload)
    if message.request:
        return message.method, message.first.split(" ")[1]
    return message.status, f"to {message.method}"
