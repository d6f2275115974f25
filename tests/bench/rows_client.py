"""Rows of the table about the client, and about what a learner waits for."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import dns.message
import dns.query

import enumlab as lab

from . import packets
from .rows_servers import workshop
from .servers import running
from .table import Row, ratio

ROUNDS = 7
FIRST = """
import enumlab as lab
with lab.serve("playground", port=0) as server:
    assert lab.ask("+61355500911", server).uris
"""
LIBRARIES = "import dnslib, dns.message, dns.query, dns.zone"
LIGHT = """
import sys, enumlab
assert not {"pandas", "matplotlib", "numpy", "IPython"} & set(sys.modules)
"""
NUMBERS = [f"+{number}" for number in packets.BLOCKS[:1000]]


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def each_in_turn(*works: Callable[[], object], rounds: int = ROUNDS) -> list[list[float]]:
    """Seconds of each, round by round; a round before the first does not count."""
    times = [[seconds(work) for work in works] for _ in range(rounds + 1)]
    return [list(column) for column in zip(*times[1:], strict=True)]


def process(program: str) -> Callable[[], object]:
    return lambda: subprocess.run([sys.executable, "-c", program], check=True)


def first() -> list[Row]:
    """From nothing to the first answer."""

    def warm() -> None:
        with lab.serve("playground", port=0) as server:
            assert lab.ask("+61355500911", server).uris

    [here] = each_in_turn(warm, rounds=50)
    fresh, libraries = each_in_turn(process(FIRST), process(LIBRARIES), rounds=11)
    slower = ratio(fresh, libraries)
    return [
        Row(
            "first answer, warm kernel: serve, ask, stop",
            "<= 2 ms",
            f"{median(here) * 1e3:.1f} ms",
            "",
            "",
            median(here) <= 0.002,
        ),
        Row(
            "first answer, fresh process",
            "<= 1.5 x importing dnslib and dnspython",
            f"{median(fresh) * 1e3:.0f} ms",
            f"imports {median(libraries) * 1e3:.0f} ms",
            f"{slower:.2f}",
            slower <= 1.5,
        ),
    ]


def light() -> list[Row]:
    """`import enumlab`, less what an empty process takes."""
    full, empty = each_in_turn(process(LIGHT), process("import sys"), rounds=11)
    took = median(a - b for a, b in zip(full, empty, strict=True))
    return [
        Row(
            "`import enumlab`, no pandas, no matplotlib",
            "<= 0.15 s",
            f"{took:.3f} s",
            "",
            "",
            took <= 0.15,
        )
    ]


def ask() -> list[Row]:
    """A thousand numbers in a kernel, beside dnspython's own client and dig, one by one."""

    def by_dnspython(host: str, port: int) -> None:
        for number in NUMBERS[:200]:
            query = dns.message.make_query(lab.to_domain(number), "NAPTR")
            assert dns.query.udp(query, host, port=port, timeout=5).answer

    def by_dig(port: int) -> None:
        for number in NUMBERS[:20]:
            words = ["@127.0.0.1", "-p", str(port), lab.to_domain(number), "NAPTR"]
            subprocess.run(["dig", "+short", *words], check=True, stdout=subprocess.DEVNULL)

    with workshop() as folder, lab.serve("playground", port=0) as here:
        zone = packets.playground_zone(folder / "zone")
        with running("ours", zone) as elsewhere:
            works = [
                lambda: lab.ask_many(NUMBERS, here),
                lambda: [each.uris for each in lab.ask_many(NUMBERS, here)],
                lambda: by_dnspython("127.0.0.1", elsewhere.port),
            ]
            if shutil.which("dig"):
                works.append(lambda: by_dig(elsewhere.port))
            batch, looked_at, udp, *dig = each_in_turn(*works)
    rates = [len(NUMBERS) / took for took in batch]
    faster = ratio(rates, [200 / took for took in udp])
    rows = [
        Row(
            "1,000 `ask` answers in a kernel, server in the same kernel",
            "<= 0.15 s",
            f"{median(batch) * 1e3:.0f} ms; {median(looked_at) * 1e3:.0f} ms with all URIs",
            "",
            "",
            median(looked_at) <= 0.15,
        ),
        Row(
            "the same, answers a second",
            ">= 5 x `dns.query.udp`",
            f"{median(rates):,.0f}",
            f"dnspython {200 / median(udp):,.0f}",
            f"{faster:.1f}",
            faster >= 5,
        ),
    ]
    if dig:
        faster = ratio(rates, [20 / took for took in dig[0]])
        rows.append(
            Row(
                "the same, answers a second",
                ">= 500 x `dig` a number",
                f"{median(rates):,.0f}",
                f"dig {20 / median(dig[0]):,.0f}",
                f"{faster:,.0f}",
                faster >= 500,
            )
        )
    return rows


def blocks() -> list[Row]:
    """Block maps by real queries to a server in the same kernel."""
    with lab.serve("playground", port=0) as server:
        small, large = each_in_turn(
            lambda: lab.block_map(server, "+61255502"),
            lambda: lab.block_map(server, "+6125550", digits=4),
        )
    return [
        Row(
            f"block map of {size} numbers, real queries",
            f"<= {aim} s",
            f"{median(times):.3f} s",
            "",
            "",
            median(times) <= aim,
        )
        for size, aim, times in (("1,000", 0.05, small), ("10,000", 0.5, large))
    ]


def notebooks() -> list[Row]:
    """All of them in fresh kernels, in a copy of the tree."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        copy = Path(folder) / "copy"
        hidden = shutil.ignore_patterns(".*", "node_modules", "__pycache__")
        shutil.copytree(Path.cwd(), copy, ignore=hidden)
        took = seconds(
            lambda: subprocess.run(
                [sys.executable, "-m", "enumlab", "notebooks", "--run"],
                cwd=copy,
                check=True,
                stdout=subprocess.DEVNULL,
            )
        )
    return [
        Row("all notebooks, fresh kernels", "<= 60 s", f"{took:.0f} s", "", "", took <= 60),
    ]
