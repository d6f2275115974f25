"""A class: many kernels on one machine, many machines at one server, and a JupyterHub."""

from __future__ import annotations

import json
import shutil
import statistics
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from classroom import hub, proc, shared
from classroom.kernels import ROOT, Kernel
from classroom.learners import attend

from enumlab import peers

SHARED = "03-how-are-calls-shared"
ON_THE_HUB = "00-start-here"


def rows(full: bool) -> Iterator[tuple[str, str, str, str]]:
    """Figures for the table: (what, figure, peer figure, note)."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        yield _memory(folder)
        yield _class(folder, 20 if full else 6)
        yield from _workshop(folder, 30)
        node = shutil.which("node")
        if node and hub.PROXY.exists():
            yield _hub(folder, node, 8)
        else:
            yield "a class on a JupyterHub", "not run", "", "node, or npm ci --prefix tests/npm"
        if full:
            yield _notebooks(folder)


def _memory(folder: Path) -> tuple[str, str, str, str]:
    with Kernel(_made(folder / "memory")) as kernel:
        seen = [proc.pss(kernel.pid)]
        for code in (
            "import enumlab as lab; server = lab.serve(); lab.ask('+61355500911', server)",
            "import numpy, pandas, matplotlib.pyplot",
        ):
            kernel.run(code)
            seen.append(proc.pss(kernel.pid))
    return (
        "memory of a kernel: empty, with a server, with pandas and matplotlib too",
        " / ".join(f"{each:.0f} MB" for each in seen),
        "",
        "one kernel alone, proportional set size",
    )


def _class(folder: Path, learners: int) -> tuple[str, str, str, str]:
    done = attend(SHARED, learners, _made(folder / "class"))
    ports = {learner.port for learner in done}
    assert len(ports) == learners
    assert not any(learner.strangers for learner in done)
    return (
        f"{learners} kernels run notebook 03 at once",
        f"all ended, {len(ports)} ports, {max(learner.seconds for learner in done):.0f} s, "
        f"{statistics.median(learner.memory for learner in done):.0f} MB each",
        "",
        "with server, pandas and matplotlib; nothing listens beyond the loopback",
    )


def _workshop(folder: Path, learners: int) -> Iterator[tuple[str, str, str, str]]:
    names = [f"learner{number}" for number in range(learners)]
    zone = shared.zone(["teacher", *names])
    path = _made(folder / "shared") / "class.zone"
    path.write_text(zone.to_text())
    hosts = {"over the loopback": "127.0.0.1"}
    address = proc.own_address()
    if address:
        hosts["over the network, limited"] = address
    for way, host in hosts.items():
        with ExitStack() as stack:
            server = stack.enter_context(shared.terminal_server(path, host))
            ours = _outcome(server, names, folder)
            theirs = ""
            if host == "127.0.0.1" and peers.find("named"):
                theirs = "BIND " + _outcome(
                    stack.enter_context(peers.bind(zone)).address, names, folder
                )
        yield (
            f"{learners} clients at one server, {way}",
            ours,
            theirs,
            "each a process: 21 numbers one by one and a map of 100, all at the same time",
        )


def _outcome(server: tuple[str, int], names: list[str], folder: Path) -> str:
    outcome = shared.ask_at_once(server, names, 20, 2, folder)
    good = sum(
        bool(said) and json.loads(said) == shared.expected(20, 2) for said in outcome.answers
    )
    return f"{good} of {len(names)} lost nothing, {outcome.seconds:.1f} s"


def _hub(folder: Path, node: str, learners: int) -> tuple[str, str, str, str]:
    with hub.running(_made(folder / "hub"), node) as running, ThreadPoolExecutor() as pool:
        names = [f"learner{number}" for number in range(learners)]
        visits = list(pool.map(lambda name: hub.visit(running, name, ON_THE_HUB), names))
        reachable = proc.strangers(running.pid)
    failed = sum(bool(visit.errors) for visit in visits)
    return (
        f"{learners} learners log in to a JupyterHub and run notebook 00",
        f"{learners - failed} without an error, "
        f"{statistics.median(visit.seconds for visit in visits):.0f} s and "
        f"{statistics.median(visit.memory for visit in visits):.0f} MB each",
        "",
        f"login to last cell; JupyterLab's server and kernel; reachable from outside: "
        f"{reachable or 'nothing'}",
    )


def _notebooks(folder: Path) -> tuple[str, str, str, str]:
    """Every notebook runs, and whatever it starts is looked at, twenty times a second."""
    import os

    from enumlab.notebooks.files import read
    from enumlab.notebooks.running import execute

    seen: set[proc.Bound] = set()
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            seen.update(proc.bound(os.getpid()))

    copy = folder / "notebooks"
    shutil.copytree(ROOT / "notebooks", copy)
    paths = sorted(copy.glob("[0-9]*.ipynb"))
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        for path in paths:
            execute(read(path), path)
    finally:
        done.set()
        watcher.join()
    outside = [each for each in seen if not each.address.is_loopback]
    return (
        f"sockets that {len(paths)} notebooks and the servers they start listen on",
        f"{len(seen)}, of these {len(outside)} beyond the loopback",
        "",
        "from /proc/net, 20 times a second",
    )


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
