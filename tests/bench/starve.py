"""Rows about a server in a kernel that computes: how long a query from outside waits."""

from __future__ import annotations

import inspect
import socket
import struct
import time
from statistics import median

from jupyter_client.manager import KernelManager

import enumlab as lab

from .table import Row

SECONDS = 3.0  # that each cell computes
EVERY = 0.002  # seconds between two queries
PATIENCE = 1.0  # seconds until a query counts as lost

# Cells that compute; the last one is a single call that never lets another thread in.
CELLS = {
    "while loop": "n = 0\nwhile time.time() < end: n += 1",
    "sums": "while time.time() < end: sum(i * i for i in range(10**5))",
    "joins of text": "while time.time() < end: ','.join([str(i) for i in range(10**5)])",
    "JSON": "while time.time() < end: json.dumps([{'n': i} for i in range(10**5)])",
    "regular expressions": "while time.time() < end: re.findall('(a|b)+', 'abab ' * 10**4)",
    "sorting": "while time.time() < end: sorted(random.random() for _ in range(10**5))",
    "one long call in C": "while time.time() < end: n = 7 ** 10**6",
}

QUERY = (
    struct.pack("!HHHHHH", 7, 0, 1, 0, 0, 0)
    + b"\x011\x011\x019\x010\x010\x015\x015\x015\x013\x011\x016\x04e164\x04arpa\0"
    + struct.pack("!HH", 35, 1)
)


def starve() -> list[Row]:
    """The server in the kernel's own process, then in a child of it, where there is that."""
    ways = {"server in the kernel": ""}
    if "process" in inspect.signature(lab.serve).parameters:
        ways["server in a process of its own (`process=True`)"] = ", process=True"
    rows = []
    for way, option in ways.items():
        found = measured(option)
        worst = max(late for _, late, _ in found.values())
        shown = "; ".join(
            f"{kind} {late * 1e3:.2f}" + (f" ({lost} lost)" if lost else "")
            for kind, (_, late, lost) in found.items()
        )
        middle = median(middle for middle, _, _ in found.values())
        rows.append(
            Row(
                f"query from outside while a cell computes, {way}: p99, ms",
                "<= 1 ms",
                shown,
                "",
                f"median {middle * 1e6:.0f} us",
                worst <= 0.001 and not any(lost for _, _, lost in found.values()),
            )
        )
    return rows


def measured(option: str) -> dict[str, tuple[float, float, int]]:
    """Median, 99th percentile, and lost queries, for each kind of cell."""
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        told: list[str] = []
        client.execute_interactive(
            "import json, random, re, time\nimport enumlab as lab\n"
            f"server = lab.serve('playground', port=0{option})\nprint(server.port)",
            output_hook=lambda message: told.append(message["content"].get("text", "")),
            timeout=60,
        )
        port = int("".join(told))
        found = {}
        for kind, cell in CELLS.items():
            client.execute(f"end = time.time() + {SECONDS}\n{cell}", silent=True)
            time.sleep(0.3)
            found[kind] = _asked(port, SECONDS - 0.8)
            client.execute_interactive("pass", timeout=60)
        return found
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def _asked(port: int, duration: float) -> tuple[float, float, int]:
    """Ask one query after the other, with a pause, from this process."""
    waits, lost = [], 0
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.connect(("127.0.0.1", port))
        sock.settimeout(PATIENCE)
        end = time.perf_counter() + duration
        number = 0
        while (start := time.perf_counter()) < end:
            number = (number + 1) % 0x10000
            ident = number.to_bytes(2, "big")
            sock.send(ident + QUERY[2:])
            try:
                while sock.recv(4096)[:2] != ident:
                    pass
            except TimeoutError:
                lost += 1
            waits.append(time.perf_counter() - start)
            time.sleep(EVERY)
    waits.sort()
    return median(waits), waits[int(len(waits) * 0.99)], lost
