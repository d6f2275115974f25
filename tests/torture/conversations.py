"""TCP conversations of every kind: split, pipelined, half-closed, idle, slow, and nonsense."""

from __future__ import annotations

import asyncio
import logging
import random
import socket
import struct
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress

from packets import QR, TXT, header, question

from torture import oracle
from torture.packets import Outcome, grown
from torture.strange import SEEDS, mutated
from torture.watched import Watched, bind, own

CONVERSATIONS = 20_000
SHORT = 20  # the short form holds so many times fewer
AT_ONCE = 60
IDLE = 60  # connections that say nothing, all the while
WAIT = 10.0  # seconds that an answer may take
WARM = 500
LOG = 10_500  # queries; more than the server's log holds

SOUND = header() + question()
BIG = header() + question("big.e164.arpa.", TXT)
PIPELINED = 30
NEVER_READ = 2000  # queries of one who does not read the answers: 8 MB of them


def frame(packet: bytes) -> bytes:
    return struct.pack("!H", len(packet)) + packet


class Talk:
    """One connection, as the client sees it.

    Attributes:
        chance: what differs between conversations of one kind.
        reader, writer: as asyncio has them.
    """

    def __init__(
        self, chance: random.Random, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.chance, self.reader, self.writer = chance, reader, writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def reply(self) -> bytes:
        length = await self.reader.readexactly(2)
        return await self.reader.readexactly(int.from_bytes(length, "big"))

    async def sound(self) -> str:
        """What is wrong with the reply to a sound query that was sent; nothing, if all is well."""
        found = oracle.complaints(SOUND, await self.reply(), tcp=True)
        return found[0] if found else ""


# Each holds one conversation and gives back what was wrong.


async def whole(talk: Talk) -> str:
    await talk.send(frame(SOUND))
    return await talk.sound()


async def split(talk: Talk) -> str:
    data = frame(SOUND)
    at = talk.chance.choice((1, 1, 2, 3, talk.chance.randrange(1, len(data))))
    await talk.send(data[:at])
    await asyncio.sleep(0.001)
    await talk.send(data[at:])
    return await talk.sound()


async def slow(talk: Talk) -> str:
    for octet in frame(SOUND):
        await talk.send(bytes((octet,)))
        await asyncio.sleep(0.0005)
    return await talk.sound()


async def short(talk: Talk) -> str:
    """Frames of no octets, or of fewer than a header has, and then a sound query."""
    for _ in range(talk.chance.randrange(1, 4)):
        await talk.send(frame(b"x" * talk.chance.randrange(12)))
    await talk.send(frame(SOUND))
    return await talk.sound()


async def pipelined(talk: Talk) -> str:
    sent = {}
    for number in range(PIPELINED):
        packet = struct.pack("!H", number) + talk.chance.choice((SOUND, BIG))[2:]
        sent[packet[:2]] = packet
        talk.writer.write(frame(packet))
    for _ in range(PIPELINED):
        wire = await talk.reply()
        found = oracle.complaints(sent.pop(wire[:2]), wire, tcp=True, parse=False)
        if found:
            return found[0]
    return ""


async def strange(talk: Talk) -> str:
    """Mutated packets, each judged by what is sent back before the answer to a sound query."""
    packets = {}
    for number, packet in enumerate(mutated(talk.chance.randrange(1 << 30), 5)):
        packet = (struct.pack("!H", number) + packet[2:])[: len(packet)]
        packets[struct.pack("!H", number)] = packet
        talk.writer.write(frame(packet))
    await talk.send(frame(SOUND))
    replies = {}
    while (wire := await talk.reply())[:2] != SOUND[:2]:
        replies[wire[:2]] = wire
    for number, packet in packets.items():
        found = oracle.complaints(packet, replies.get(number), tcp=True)
        if found:
            return found[0]
    return ""


async def half_closed(talk: Talk) -> str:
    await talk.send(frame(SOUND))
    talk.writer.write_eof()
    found = await talk.sound()
    return found or ("more than was asked" if await talk.reader.read(1) else "")


async def broken_off(talk: Talk) -> str:
    """The sender ends in the middle of a query; the server has nothing to say, and ends too."""
    await talk.send(frame(SOUND)[: talk.chance.randrange(1, len(SOUND) + 2)])
    talk.writer.write_eof()
    return "an answer to half a query" if await talk.reader.read(1) else ""


async def silent(talk: Talk) -> str:
    """Gone again without a word, or in the middle of one."""
    await talk.send(frame(SOUND)[: talk.chance.randrange(0, 9)])
    return ""


async def reset(talk: Talk) -> str:
    talk.writer.write(frame(SOUND) * 3)
    sock = talk.writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    talk.writer.transport.abort()
    return ""


async def noise(talk: Talk) -> str:
    """Octets by chance; the length that they begin with may promise anything."""
    await talk.send(talk.chance.randbytes(talk.chance.randrange(1, 3000)))
    return ""


async def response(talk: Talk) -> str:
    """A response and then a query: only the query is answered."""
    await talk.send(frame(header(QR, number=1) + question()) + frame(SOUND))
    return await talk.sound()


async def large(talk: Talk) -> str:
    """The largest frame there is."""
    await talk.send(frame(talk.chance.choice(SEEDS).ljust(65535, b"\0")) + frame(SOUND))
    while (wire := await talk.reply())[:2] == SOUND[:2] and len(wire) < 20:
        pass  # to the large one, which has the same ID
    return ""


async def deaf(talk: Talk) -> str:
    """Asks and asks, and reads nothing."""
    with suppress(TimeoutError):
        await asyncio.wait_for(talk.send(frame(BIG) * NEVER_READ), 0.3)
    talk.writer.transport.abort()
    return ""


Kind = Callable[[Talk], Awaitable[str]]
KINDS: dict[Kind, int] = {
    whole: 10,
    split: 20,
    slow: 5,
    short: 10,
    pipelined: 5,
    strange: 20,
    half_closed: 10,
    broken_off: 5,
    silent: 5,
    reset: 5,
    noise: 5,
    response: 5,
    large: 2,
    deaf: 1,
}


async def _hold(server: Watched, kind: Kind, seed: int, wait: float) -> str:
    try:
        reader, writer = await asyncio.open_connection(*server.address)
    except OSError as error:
        return f"no connection: {type(error).__name__}"
    try:
        return await asyncio.wait_for(kind(Talk(random.Random(seed), reader, writer)), wait)
    except TimeoutError:
        return "no answer in time"
    except (asyncio.IncompleteReadError, ConnectionError):
        return "the server ended the conversation"
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def _hold_all(server: Watched, number: int, seed: int, wait: float, found: Outcome) -> None:
    chance = random.Random(seed)
    kinds = chance.choices([*KINDS], [*KINDS.values()], k=number)
    numbered = iter(enumerate(kinds))

    async def worker() -> None:
        for at, kind in numbered:
            found.packets += 1
            what = await _hold(server, kind, seed + at, wait)
            if what:
                found.complaints[f"{kind.__name__}: {what}"] += 1

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))


def fill(server: Watched) -> None:
    """Fill the server's log, which is bounded, with long answers: only growth after it counts."""
    with (
        socket.create_connection(server.address) as sock,
        sock.makefile("rb") as stream,
        suppress(ConnectionError),  # stock dnslib takes one query a connection, and has no log
    ):
        for _ in range(LOG):
            sock.sendall(frame(BIG))
            stream.read(int.from_bytes(stream.read(2), "big"))


def hold(server: Watched, number: int, seed: int = 1, wait: float = WAIT) -> Outcome:
    """Hold many conversations, some at once, beside connections that say nothing."""
    found = Outcome()
    # It logs each attempt to write to a connection that the server has ended.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    asyncio.run(_hold_all(server, WARM, seed, wait, Outcome()))
    fill(server)
    time.sleep(0.5)
    found.before, cpu, start = server.vitals(), server.cpu(), time.perf_counter()
    idle = [socket.create_connection(server.address) for _ in range(IDLE)]
    asyncio.run(_hold_all(server, number, seed + 1, wait, found))
    for sock in idle:
        sock.close()
    found.took, found.cpu = time.perf_counter() - start, server.cpu() - cpu
    time.sleep(1.5)  # the server sees that they have gone
    found.after = server.vitals()
    return found


def rows(full: bool) -> Iterator[tuple[str, str, str, str]]:
    """Figures for the table: (what, figure, peer figure, note)."""
    number = CONVERSATIONS // (1 if full else SHORT)
    with own("lab") as lab:
        found = hold(lab, number)
        wrong = [*found.complaints, *lab.complaints()]
    # Those who do not answer in time cost time; a part of the conversations shows as much.
    ended = {}
    for name, server in {"BIND": bind(), "stock dnslib": own("stock")}.items():
        with server as running:
            ended[name] = sum(hold(running, 1000, wait=2).complaints.values())
    yield (
        f"{found.packets:,} TCP conversations, {AT_ONCE} at once",
        f"{'; '.join(wrong) or 'nothing wrong'}; {grown(found)}",
        ", ".join(f"{name} ends or fails {count:,} of 1,000" for name, count in ended.items()),
        ", ".join(kind.__name__.replace("_", " ") for kind in KINDS),
    )
