"""Rows of the table in which dnsperf asks: queries a second, memory, time to load."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from . import packets
from .load import ROUNDS, in_turn
from .servers import Running, running, there
from .table import Row, ratio

PEERS = ("ours", "BIND", "NSD", "Knot")
EXACT = 25_000
NEW = 200_000
MILLION = 1_000_000


@contextmanager
def all_running(names: Sequence[str], zone: Path) -> Iterator[dict[str, Running]]:
    with ExitStack() as stack:
        yield {name: stack.enter_context(running(name, zone)) for name in names if there(name)}


@contextmanager
def workshop() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        yield Path(name)


def udp() -> list[Row]:
    """The playground and two blocks, asked over and over."""
    with workshop() as folder:
        zone = packets.playground_zone(folder / "zone")
        numbers = packets.PLAYGROUND * 20 + packets.BLOCKS
        file = packets.questions(numbers, 40_000, folder / "questions")
        with all_running(PEERS, zone) as servers:
            runs = in_turn(servers, file)
    ours, bind = runs["ours"], runs["BIND"]
    faster = ratio(ours.rates, bind.rates)
    cheaper = ratio(ours.costs, bind.costs)
    others = "; ".join(f"{name} {runs[name].rate:,.0f}" for name in runs if name != "ours")
    costs = "; ".join(f"{name} {runs[name].cost:.1f}" for name in runs if name != "ours")
    what = "playground and two 1,000-number blocks, UDP, query log on"
    return [
        Row(
            f"{what}: queries a second",
            ">= 1.0 x BIND, none lost",
            f"{ours.rate:,.0f}, {ours.lost} lost",
            others,
            f"{faster:.2f}",
            faster >= 1 and not ours.lost,
        ),
        Row(
            "the same: processor time a query, us",
            "<= 0.9 x `named -n 1`",
            f"{ours.cost:.1f}",
            costs,
            f"{cheaper:.2f}",
            cheaper <= 0.9,
        ),
    ]


def new() -> list[Row]:
    """Every question comes once: no answer can be kept from before."""
    with workshop() as folder:
        zone = packets.playground_zone(folder / "zone", EXACT)
        files = [
            packets.new_questions(NEW, EXACT, folder / f"questions-{seed}", seed)
            for seed in range(ROUNDS)
        ]
        with all_running(PEERS, zone) as servers:
            runs = in_turn(servers, lambda number: files[number], once=True)
    ours, bind = runs["ours"], runs["BIND"]
    faster = ratio(ours.rates, bind.rates)
    others = "; ".join(f"{name} {runs[name].rate:,.0f}" for name in runs if name != "ours")
    return [
        Row(
            f"every question new ({NEW * ROUNDS:,} of them): queries a second",
            ">= 0.8 x BIND",
            f"{ours.rate:,.0f}, {ours.lost} lost",
            others,
            f"{faster:.2f}",
            faster >= 0.8 and not ours.lost,
        )
    ]


def stock() -> list[Row]:
    """dnslib's own server and resolver."""
    rows = []
    with workshop() as folder:
        zones = {
            "the playground": (packets.playground_zone(folder / "small"), packets.PLAYGROUND, 20),
            "1,000 exact names": (
                packets.plain_zone(1000, folder / "large"),
                [packets.number(at) for at in range(1000)],
                500,
            ),
        }
        for what, (zone, numbers, aim) in zones.items():
            file = packets.questions(numbers, 10_000, folder / "questions")
            with all_running(("ours", "stock dnslib"), zone) as servers:
                runs = in_turn(servers, file)
            ours, peer = runs["ours"], runs["stock dnslib"]
            faster = ratio(ours.rates, peer.rates)
            rows.append(
                Row(
                    f"against dnslib's own server, {what}: queries a second",
                    f">= {aim} x",
                    f"{ours.rate:,.0f} ({ours.cost:.1f} us of processor time each)",
                    f"dnslib {peer.rate:,.0f} ({peer.cost:,.0f} us)",
                    f"{faster:,.0f}",
                    faster >= aim,
                )
            )
    return rows


def load() -> list[Row]:
    """A million names: how long until the first answer, and how much memory."""
    times: dict[str, list[float]] = {"ours": [], "BIND": []}
    sizes: dict[str, list[float]] = {"ours": [], "BIND": []}
    with workshop() as folder:
        zone = packets.plain_zone(MILLION, folder / "zone")
        for _ in range(ROUNDS):
            for name, seconds in times.items():
                with running(name, zone) as server:
                    seconds.append(server.loading)
                    sizes[name].append(server.mebibytes())
    slower = ratio(times["ours"], times["BIND"])
    larger = ratio(sizes["ours"], sizes["BIND"])
    return [
        Row(
            "1,000,000 plain NAPTR owners: seconds from start to first answer",
            "<= 2 x BIND",
            f"{median(times['ours']):.1f}",
            f"BIND {median(times['BIND']):.1f}",
            f"{slower:.2f}",
            slower <= 2,
        ),
        Row(
            "the same: memory, MiB",
            "<= 1.5 x BIND",
            f"{median(sizes['ours']):,.0f}",
            f"BIND {median(sizes['BIND']):,.0f}",
            f"{larger:.2f}",
            larger <= 1.5,
        ),
    ]
