"""Zones and the questions about them, as a file that dnsperf reads (option -B).

Every other question has EDNS, and letters are large or small by chance.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterable, Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Literal

from enumlab import Zone

PLAYGROUND = ["61355500911", "61355500912", "61355500913", "61355500914", "61355500915"]
BLOCKS = [f"6125550{block}{last:03}" for block in (1, 2) for last in range(1000)]

HEADER = struct.pack("!HHHHHH", 0, 0x0100, 1, 0, 0, 0)
WITH_EDNS = struct.pack("!HHHHHH", 0, 0x0100, 1, 0, 0, 1)
QUESTION = struct.pack("!HH", 35, 1)
EDNS = struct.pack("!BHHIH", 0, 41, 1232, 0, 0)
SUFFIX = b"\x04e164\x04arpa\0"
SUFFIXES = sorted(
    {
        bytes(part.upper()[i] if mask >> i & 1 else part[i] for i in range(len(part)))
        for part in [SUFFIX]
        for mask in range(1 << len(part))
    }
)

TOP = """$ORIGIN e164.arpa.
$TTL 3600
@ IN SOA ns.e164.arpa. root.e164.arpa. 1 3600 900 604800 300
@ IN NS ns.e164.arpa.
ns IN A 127.0.0.1
"""


def number(place: int) -> str:
    """The number of a plain owner: +61 2 7, then eight digits."""
    return f"612{70_000_000 + place}"


def plain_lines(size: int, records: int = 1) -> Iterator[str]:
    """So many owners, each with so many NAPTR records, whose data differ."""
    for place in range(size):
        digits = number(place)
        owner = ".".join(reversed(digits))
        for at in range(records):
            host = f"h{at}" if at else "gw"
            regexp = f"!^.*$!sip:{digits}@{host}.example!"
            yield f'{owner} NAPTR 10 100 "u" "E2U+sip" "{regexp}" .\n'


def plain_zone(size: int, path: Path, records: int = 1) -> Path:
    """Write a zone of so many names."""
    with path.open("w") as file:
        file.write(TOP)
        file.writelines(plain_lines(size, records))
    return path


def playground_zone(path: Path, exact: int = 0) -> Path:
    """Write the playground, with so many names more."""
    path.write_text(Zone.named("playground").to_text() + "".join(plain_lines(exact)))
    return path


def questions(
    numbers: Iterable[str], size: int, path: Path, *, edns: Literal["half", "always"] = "half"
) -> Path:
    """Write so many questions, taking the numbers in turn, in random sequence."""
    chance = random.Random(1)
    asked = list(islice(cycle(numbers), size))
    chance.shuffle(asked)
    return _write(zip(asked, chance.choices(SUFFIXES, k=size), strict=True), path, edns)


def new_questions(size: int, exact: int, path: Path, seed: int) -> Path:
    """Write questions that come once only, also among files of other seeds below 12.

    Of ten, four go to names in the zone, each spelt in 32 ways; four to a wildcard; and two to
    names that are not there.
    """
    chance = random.Random(seed)
    asked = []
    ways = len(SUFFIXES)
    for at in range(size * seed // 10 * 4, size * seed // 10 * 4 + size // 10 * 4):
        asked.append((number(at // ways % exact), SUFFIXES[at % ways]))
    for at in range(size // 10 * 4):
        block = chance.choice(("1", "2"))
        wildcard = f"6125550{block}9{seed:02}{at:06}"
        asked.append((wildcard, chance.choice(SUFFIXES)))
    for at in range(size // 10 * 2):
        asked.append((f"61255502399{seed:02}{at:06}", chance.choice(SUFFIXES)))
    chance.shuffle(asked)
    return _write(asked, path, "half")


def _write(asked: Iterable[tuple[str, bytes]], path: Path, edns: Literal["half", "always"]) -> Path:
    """Two octets of length stand before each message, as over TCP."""
    with path.open("wb") as file:
        for at, (digits, suffix) in enumerate(asked):
            name = b"".join([b"\1" + digit.encode() for digit in reversed(digits)]) + suffix
            if at % 2 and edns == "half":
                query = HEADER + name + QUESTION
            else:
                query = WITH_EDNS + name + QUESTION + EDNS
            file.write(len(query).to_bytes(2, "big") + query)
    return path
