"""What a server bears for a long time: idle connections, slow ones, full load, and its own kind."""

from __future__ import annotations

import math
import random
import socket
import statistics
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import NamedTuple

import dns.name
from packets import QR, RD, header, opt, question

from torture.conversations import SOUND, fill, frame
from torture.strange import mutated
from torture.volley import Volley
from torture.watched import Vitals, Watched, bind, own

SILENT = 500  # connections
ASKED = 200  # queries of an honest client
TALK = 5.0  # seconds that two servers are watched
LOAD_FULL, LOAD_SHORT = 60.0, 5.0  # seconds at full load
FORMS = 200_000  # names and ways to ask that full load draws from


# Two servers, and a response that seems to come from the other


def spoof(source: tuple[str, int], to: tuple[str, int], packet: bytes) -> None:
    """Send a packet under the address of another program.

    Raises:
        PermissionError: only root may.
    """
    udp = struct.pack("!HHHH", source[1], to[1], 8 + len(packet), 0)  # checksum 0: none
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP) as sock:
        sock.sendto(udp + packet, (to[0], 0))


def between(one: Watched, other: Watched, seconds: float = TALK) -> int:
    """Datagrams between two servers after one spoofed response, as seen on the loopback."""
    ports = {one.address[1], other.address[1]}
    heard = 0
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003)) as ear:
        ear.bind(("lo", 0))
        ear.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8_000_000)
        ear.settimeout(0.2)
        spoof(one.address, other.address, header(QR) + question())
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with suppress(TimeoutError):
                data, (_, _, kind, *_) = ear.recvfrom(65535)
                # Each is seen as it goes out and as it comes in. Ethernet 14 octets, IP 20.
                if kind == socket.PACKET_OUTGOING and len(data) > 38 and data[23] == 17:
                    heard += {*struct.unpack_from("!HH", data, 34)} == ports
    return heard


# Connections that hold a place


class Standing(NamedTuple):
    """What an honest client sees beside connections that do nothing, or nearly nothing.

    Attributes:
        udp, tcp: milliseconds until an answer, median and worst; by TCP with a new connection.
        unanswered: queries without an answer.
        growth: what the server holds more than before.
    """

    udp: tuple[float, float]
    tcp: tuple[float, float]
    unanswered: int
    growth: Vitals

    def __str__(self) -> str:
        said = [f"{self.growth.threads:+} threads"]
        for name, (middle, worst) in {"UDP": self.udp, "TCP": self.tcp}.items():
            answered = f"{middle:.2f} ms (worst {worst:.0f})"
            said.append(f"{name} {'no answer' if math.isinf(middle) else answered}")
        return ", ".join(said)


def idle(server: Watched, number: int = SILENT) -> Standing:
    """Hundreds of connections without a word."""
    return _beside(server, number, lambda sock, at: None)


def slowly(server: Watched, number: int = SILENT) -> Standing:
    """Hundreds of connections that each send a query, one octet at a time."""
    octets = frame(SOUND)
    return _beside(server, number, lambda sock, at: sock.send(octets[at : at + 1]))


def _beside(server: Watched, number: int, poke: Callable[[socket.socket, int], object]) -> Standing:
    udp, tcp, unanswered = [], [], 0
    before = server.vitals()
    with ExitStack() as stack:
        crowd = [stack.enter_context(socket.socket()) for _ in range(number)]
        for sock in crowd:
            sock.setblocking(False)
            sock.connect_ex(server.address)  # not every server lets all of them in
            time.sleep(0.001)
        time.sleep(0.5)
        client = stack.enter_context(socket.socket(type=socket.SOCK_DGRAM))
        client.connect(server.address)
        client.settimeout(2)
        for at in range(ASKED):
            for sock in crowd[at % 10 :: 10]:
                with suppress(OSError):  # the server has closed it, which is its right
                    poke(sock, at // 10)
            start = time.perf_counter()
            try:
                client.send(SOUND)
                client.recv(65535)
                udp.append(time.perf_counter() - start)
                start = time.perf_counter()
                with (
                    socket.create_connection(server.address, 2) as sock,
                    sock.makefile("rb") as stream,
                ):
                    sock.sendall(frame(SOUND))
                    if not stream.read(int.from_bytes(stream.read(2), "big")):
                        raise ConnectionError
                tcp.append(time.perf_counter() - start)
            except OSError:
                unanswered += 1
                if unanswered > 5:
                    break
        after = server.vitals()
    growth = Vitals(*(new - old for old, new in zip(before, after, strict=True)))
    return Standing(_middle_and_worst(udp), _middle_and_worst(tcp), unanswered, growth)


def _middle_and_worst(times: list[float]) -> tuple[float, float]:
    if not times:
        return float("inf"), float("inf")
    return statistics.median(times) * 1000, max(times) * 1000


# Full load


class Load(NamedTuple):
    """What came of some time at full load.

    Attributes:
        packets: how many were sent.
        slope: kilobytes of memory a minute, over the second half.
        growth: what the server held more at the end than when its log was full.
    """

    packets: int
    slope: float
    growth: Vitals


def load(server: Watched, seconds: float) -> Load:
    """Queries for ever other names, in ever other ways, and mutated packets between them."""
    fill(server)
    sent, start, samples = 0, time.monotonic(), []
    with Volley(server.address) as volley:
        for _ in volley.all(_ever_other(0, 10_000)):
            pass
        before = server.vitals()
        start = time.monotonic()
        while (now := time.monotonic() - start) < seconds:
            samples.append((now, server.vitals().memory))
            for packets in _ever_other(sent, 4000), mutated(sent, 500):
                sent += sum(1 for _ in volley.all(packets))
        after = server.vitals()
    times, memory = zip(*samples[len(samples) // 2 :], strict=True)
    slope = statistics.linear_regression(times, memory).slope * 60
    return Load(sent, slope, Vitals(*(new - old for old, new in zip(before, after, strict=True))))


def _ever_other(seed: int, number: int) -> Iterator[bytes]:
    """Queries by chance, of more names, types, flags and EDNS sizes than any cache should keep."""
    chance = random.Random(seed)
    tops = ["1.0.5.5.5.2.1.6", "2.0.5.5.5.2.1.6", "0.0.5.5.5.3.1.6", "6", "4", "x", "d"]
    wires = [dns.name.from_text(f"{top}.e164.arpa.").to_wire() for top in tops]
    for _ in range(number):
        at = chance.randrange(FORMS)
        digits = b"".join(b"\1" + str(at)[-place:][:1].encode() for place in range(1, 7))
        flags = chance.choice((0, RD, 0x10, 0x20, RD | 0x20))
        name = digits + chance.choice(wires)
        rdtype = chance.choice((35, 35, 35, 1, 16, chance.randrange(256, 60_000)))
        edns = opt(chance.randrange(512, 4096), flags=chance.choice((0, 0x8000)))
        body = question(name, rdtype) + edns
        yield header(flags, additionals=1) + body


def rows(full: bool) -> Iterator[tuple[str, str, str, str]]:
    """Figures for the table: (what, figure, peer figure, note)."""
    yield from _two_servers()
    for what, stand in {"idle": idle, "slow (an octet at a time)": slowly}.items():
        figures = {}
        for name, make in {"lab": _lab, "BIND": bind, "stock dnslib": _stock}.items():
            with make() as server:
                figures[name] = str(stand(server))
        peers = "; ".join(f"{name}: {figures[name]}" for name in ("BIND", "stock dnslib"))
        yield f"{SILENT} {what} TCP connections, an honest client", figures["lab"], peers, ""
    seconds = LOAD_FULL if full else LOAD_SHORT
    found = {}
    for name, make in {"lab": _lab, "BIND": bind}.items():
        with make() as server:
            result = load(server, seconds)
            found[name] = (
                f"{result.growth.memory / 1000:+.1f} MB, {result.slope / 1000:+.1f} MB a minute, "
                f"{result.growth.descriptors:+} descriptors, {result.growth.threads:+} threads "
                f"({result.packets:,} packets)"
            )
    yield (
        f"{seconds:.0f} s at full load",
        found["lab"],
        f"BIND {found['BIND']}",
        ("ever other names, types, flags and EDNS sizes, and hostile packets; log full before"),
    )


def _two_servers() -> Iterator[tuple[str, str, str, str]]:
    what = f"datagrams between two servers, {TALK:.0f} s after one spoofed response"
    heard = {}
    for name, make in {"lab": _lab, "BIND": bind, "stock dnslib": _stock}.items():
        with make() as one, make() as other:
            try:
                heard[name] = between(one, other) - 1  # the spoofed one itself
            except PermissionError:
                yield what, "not measured", "", "only root may spoof"
                return
    yield (
        what,
        f"{heard['lab']:,}",
        (f"BIND {heard['BIND']:,}, stock dnslib {heard['stock dnslib']:,}"),
        "",
    )


@contextmanager
def _lab() -> Iterator[Watched]:
    with own("lab") as server:
        yield server


@contextmanager
def _stock() -> Iterator[Watched]:
    with own("stock") as server:
        yield server
