"""A server in a kernel: starts and stops, restarts, and cells that compute while it serves."""

from __future__ import annotations

import gc
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import dnslib.server
import dnslib.zoneresolver
from classroom.kernels import Kernel
from classroom.proc import descriptors
from packets import header, question

from enumlab import Zone
from enumlab.server import LabServer

PLAYGROUND = Zone.named("playground")
QUERY = header() + question()
LOST = 1.0  # seconds after which an answer is given up

SERVERS = {
    "a thread": "import enumlab as lab; server = lab.serve(port=0); print(server.port)",
    "a process": (
        "import enumlab as lab; server = lab.serve(port=0, process=True); print(server.port)"
    ),
    "stock dnslib": (
        "import dnslib.server, dnslib.zoneresolver\n"
        "from importlib.resources import files\n"
        "text = files('enumlab.zones').joinpath('playground.zone').read_text()\n"
        "resolver = dnslib.zoneresolver.ZoneResolver(text, glob=True)\n"
        "logger = dnslib.server.DNSLogger('-send,-recv,-request,-reply,-error')\n"
        "server = dnslib.server.DNSServer(\n"
        "    resolver, port=0, address='127.0.0.1', logger=logger)\n"
        "server.start_thread(); print(server.server.server_address[1])"
    ),
}
CELLS = {
    "idle": "time.sleep({seconds})",
    "a loop in Python": "end = time.time() + {seconds}\nwhile time.time() < end: sum([1, 2])",
    "one long call": "end = time.time() + {seconds}\nwhile time.time() < end: sum(range(10**7))",
}


def rows(full: bool) -> Iterator[tuple[str, str, str, str]]:
    """Figures for the table: (what, figure, peer figure, note)."""
    times = 2000 if full else 200
    ours = _cycles(times, _lab)
    stock = _cycles(times // 10, _stock)
    yield (
        f"{times:,} servers started and stopped: threads and descriptors left over",
        f"{ours[0]} and {ours[1]}, {ours[2]:.1f} ms each",
        f"stock dnslib {stock[0]} and {stock[1]} after {times // 10}",
        "in one process",
    )
    with tempfile.TemporaryDirectory() as name, Kernel(Path(name)) as kernel:
        restarts = 20 if full else 3
        with LabServer(PLAYGROUND, port=0) as server:
            usual = server.port  # instead of 10164, which may be somebody's
        again = 0
        for _ in range(restarts):
            kernel.restart()
            kernel.run(f"import enumlab.sockets; enumlab.sockets.PORT = {usual}")
            port = kernel.run("import enumlab as lab; server = lab.serve(); print(server.port)")
            again += port == str(usual)
        yield (
            f"{restarts} restarts of a kernel with a server: the usual port again",
            f"{again} of {restarts}",
            "",
            f"on stderr: {kernel.stderr or 'nothing'}",
        )
        seconds = 10.0 if full else 2.0
        for cell, code in CELLS.items():
            kernel.restart()
            seen = {server: _while_computing(kernel, server, code, seconds) for server in SERVERS}
            yield (
                f"answer time while a cell computes, median / p99: {cell}",
                "; ".join(f"{server} {seen[server]}" for server in ("a thread", "a process")),
                f"stock dnslib {seen['stock dnslib']}",
                "asked from another process, 100 times a second",
            )


def _cycles(times: int, cycle: Callable[[], None]) -> tuple[int, int, float]:
    """Threads and descriptors more than before, and milliseconds a cycle."""
    cycle()
    gc.collect()
    before = threading.active_count(), descriptors()
    start = time.perf_counter()
    for _ in range(times):
        cycle()
    spent = time.perf_counter() - start
    return (
        threading.active_count() - before[0],
        descriptors() - before[1],
        1000 * spent / times,
    )


def _lab() -> None:
    with LabServer(PLAYGROUND, port=0):
        pass


_kept: list[dnslib.server.DNSServer] = []  # else the garbage collector would close the sockets


def _stock() -> None:
    resolver = dnslib.zoneresolver.ZoneResolver(PLAYGROUND.to_text(), glob=True)
    server = dnslib.server.DNSServer(resolver, port=0, address="127.0.0.1")
    server.start_thread()
    server.stop()
    server.thread.join()
    _kept.append(server)


def _while_computing(kernel: Kernel, server: str, code: str, seconds: float) -> str:
    """Median and 99th percentile of the answer time, and the share that got lost."""
    port = int(kernel.run(f"import time\n{SERVERS[server]}"))
    sent = kernel.send("print('now', flush=True)\n" + code.format(seconds=seconds))
    kernel.printed(sent, until="now")
    took = []
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.connect(("127.0.0.1", port))
        sock.settimeout(LOST)
        end = time.monotonic() + seconds - 0.2
        while time.monotonic() < end:
            begun = time.perf_counter()
            sock.send(QUERY)
            try:
                sock.recv(4096)
                took.append(time.perf_counter() - begun)
            except TimeoutError:
                took.append(float("inf"))
            time.sleep(0.01)
    assert not kernel.printed(sent).error
    kernel.run("server.stop()")
    p99 = sorted(took)[int(0.99 * len(took))]
    return f"{_milliseconds(statistics.median(took))} / {_milliseconds(p99)}"


def _milliseconds(seconds: float) -> str:
    return f"more than {LOST:g} s" if seconds == float("inf") else f"{1000 * seconds:.2f} ms"
