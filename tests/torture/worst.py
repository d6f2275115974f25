"""The packet that costs a server most, found by trying: families of packets, each made larger."""

from __future__ import annotations

import random
import socket
import struct
import time
from collections.abc import Callable, Iterator

from packets import NUMBER, TXT, header, opt, question

from enumlab.responder import Responder
from torture.conversations import frame
from torture.strange import SEEDS, WIRES, served
from torture.watched import Watched, bind, own

LARGEST = 65535
TIMES = 40  # how often a packet is sent to a server, for a mean
ROUNDS = 400  # of the search
LIMIT = 0.010  # seconds that the worst packet may take


def pointed(length: int) -> bytes:
    """Records whose names each point to the one before: a chain to follow again and again."""
    start = header(0, 1, 65535) + question()
    body, last = b"", 12
    while len(start) + len(body) < length - 16:
        at = len(start) + len(body)
        body += b"\1a" + struct.pack("!HHHIH", 0xC000 | last, 1, 1, 0, 0)
        last = min(at, 0x3FFF)
    return start + body


def chained(length: int) -> bytes:
    """A chain of bare pointers in the data of a record, and then records that begin at its end."""
    start = header(0, 1, 65535) + question()
    chain, at = b"", len(start) + 1 + 10
    first = at
    while at < 0x3FF0 and len(start) + len(chain) < length // 2:
        chain += struct.pack("!H", 0xC000 | (12 if at == first else at - 2))
        at += 2
    body = b"\0" + struct.pack("!HHIH", 16, 1, 0, len(chain)) + chain
    rest = struct.pack("!HHHIH", 0xC000 | (at - 2), 1, 1, 0, 0)
    return start + body + rest * ((length - len(start) - len(body)) // len(rest))


def long_by_pointer(length: int) -> bytes:
    """A question with 127 labels, and records whose names and data are pointers to it."""
    asked = question(b"\1a" * 126 + b"\0")
    each = b"\xc0\x0c" + struct.pack("!HHIH", 2, 1, 0, 2) + b"\xc0\x0c"
    count = (length - 12 - len(asked)) // len(each)
    return header(0, 1, count) + asked + each * count


def many(data: bytes, owner: bytes = b"\0", rdtype: int = 1) -> Callable[[int], bytes]:
    """As many records as there is room for."""
    each = owner + struct.pack("!HHIH", rdtype, 1, 0, len(data)) + data

    def make(length: int) -> bytes:
        start = header(0, 1, 65535) + question()
        count = (length - len(start)) // len(each)
        return header(0, 1, count) + question() + each * count

    return make


def optional(option: bytes) -> Callable[[int], bytes]:
    """An EDNS record full of options."""

    def make(length: int) -> bytes:
        count = (length - 60) // len(option)
        return header(additionals=1) + question() + opt(data=option * count)

    return make


def deep(length: int) -> bytes:
    """127 labels below a name that is there, and EDNS."""
    name = b"\1a" * 118 + WIRES[8]
    return header(additionals=1) + question(name[-255:]) + opt()


def labels(length: int) -> bytes:
    """Records with names of 127 labels, none of them pointing anywhere."""
    return many(b"", b"\1a" * 126 + b"\0")(length)


def questions(length: int) -> bytes:
    count = (length - 12) // len(question())
    return header(questions=count) + question() * count


def unending(length: int) -> bytes:
    """One name without an end."""
    return header() + b"\1a" * ((length - 12) // 2)


def alias(length: int) -> bytes:
    return header(additionals=1) + question("loop.e164.arpa.") + opt()


def big(length: int) -> bytes:
    """The answer is large, and so is the query."""
    return header(additionals=1) + question("big.e164.arpa.", TXT) + opt(data=b"\0\x64\0\0" * 9000)


FAMILIES: dict[str, Callable[[int], bytes]] = {
    "records that point to each other": pointed,
    "pointers to pointers": chained,
    "pointers to a name of 127 labels": long_by_pointer,
    "empty records": many(b""),
    "addresses": many(b"\1\2\3\4", b"\xc0\x0c"),
    "names of 127 labels": labels,
    "names in the data": many(b"\1a" * 100 + b"\0", rdtype=2),
    "SOA records": many(b"\xc0\x0c" * 2 + b"\0" * 20, b"\xc0\x0c", 6),
    "NAPTR records": many(b"\0\1\0\1\1u\0\0\0", b"\xc0\x0c", 35),
    "EDNS records": many(b"", rdtype=41),
    "empty options": optional(b"\0\x64\0\0"),
    "cookies": optional(b"\0\x0a\0\x08abcdefgh"),
    "client subnets": optional(b"\0\x08\0\x08\0\1\x20\0\1\2\3\4"),
    "extended errors": optional(b"\0\x0f\0\3\0\1x"),
    "questions": questions,
    "a name without an end": unending,
    "a deep name": deep,
    "aliases in a circle": alias,
    "a large answer, and a thousand options": big,
}


def timed(responder: Responder, packet: bytes, times: int = 5) -> float:
    """Seconds of CPU time that the responder takes at best, of several times."""
    best = 1e9
    for _ in range(times):
        start = time.thread_time()
        responder.respond(packet, tcp=True)
        best = min(best, time.thread_time() - start)
    return best


def search(seed: int = 1, rounds: int = ROUNDS) -> tuple[float, str, bytes]:
    """The worst packet: seconds, how it was made, its octets.

    It starts from each family at its largest, then changes what is worst: lengths, repeated pieces,
    octets that mean something; a change that costs more is kept.
    """
    responder, chance = Responder(served()), random.Random(seed)
    found = [
        (timed(responder, packet), name, packet)
        for name, make in FAMILIES.items()
        for packet in (make(LARGEST - 2), make(LARGEST // 4))
    ]
    pool = sorted(found, key=lambda each: each[0], reverse=True)[:12]
    for _ in range(rounds):
        _, name, packet = chance.choice(pool)
        changed = _grown(packet, chance)
        cost = timed(responder, changed, times=1)
        if cost > pool[-1][0]:
            cost = timed(responder, changed)  # not an interrupt of the machine
            pool = sorted([*pool, (cost, name, changed)], key=lambda each: each[0], reverse=True)
            del pool[12:]
    return pool[0]


def _grown(packet: bytes, chance: random.Random) -> bytes:
    data = bytearray(packet)
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(12, len(data))
        size = chance.choice((2, 12, 16, 60, 600, 6000))
        match chance.randrange(5):
            case 0:
                data[at:at] = data[max(12, at - size) : at]
            case 1:
                data[at] = chance.choice((0, 1, 2, 63, 0xC0, 0xFF))
            case 2:
                data[chance.randrange(2, 12)] = chance.choice((0, 1, 255))
            case 3:
                data[at:at] = chance.choice(SEEDS)[12:]
            case _:
                del data[at : at + size]
    return bytes(data[:LARGEST])


def cost(server: Watched, packet: bytes, times: int = TIMES, wait: float = 30) -> float:
    """Seconds of CPU time of a server for one such packet over TCP, the mean of several."""
    sound = header(number=0xFFFF) + question(NUMBER)
    with socket.create_connection(server.address, wait) as warm, warm.makefile("rb") as stream:
        warm.sendall(frame(sound))
        stream.read(int.from_bytes(stream.read(2), "big"))
    # Stock dnslib has a thread for each request, which is gone when the request is done.
    clock = server.cpu if server.name == "stock" else server.cpu_of_all
    before = clock()
    for _ in range(times):
        # A connection for each, since some servers close it; a reply, or the end, is waited for.
        with socket.create_connection(server.address, wait) as sock:
            sock.sendall(frame(packet))
            sock.shutdown(socket.SHUT_WR)
            try:
                while sock.recv(65536):
                    pass
            except ConnectionError:
                pass
    return (clock() - before) / times


def rows(full: bool) -> Iterator[tuple[str, str, str, str]]:
    """Figures for the table: (what, figure, peer figure, note)."""
    seconds, name, packet = search(rounds=ROUNDS * (10 if full else 1))
    packets = {name: make(LARGEST - 2) for name, make in FAMILIES.items()}
    packets["found by the search"] = packet
    worst = {}
    with own("lab") as lab, bind() as named, own("stock") as stock:
        for server, times in (lab, TIMES), (named, TIMES), (stock, 1):
            costs = {each: cost(server, packets[each], times) for each in packets}
            of, most = max(costs.items(), key=lambda each: each[1])
            worst[server.name] = f"{most * 1000:,.1f} ms ({of})"
    yield (
        "worst single packet of 64 KiB, in the responder",
        f"{seconds * 1000:.1f} ms",
        "",
        f"found by a search that began at: {name}; aim 10 ms",
    )
    yield (
        "worst single packet over TCP, CPU of the server with its connection",
        worst["lab"],
        f"BIND {worst['named']}, stock dnslib {worst['stock']}",
        f"{len(packets)} families of packets of 64 KiB, each server's own worst",
    )
