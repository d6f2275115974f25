"""What a measurement hands back, and the table that is made of it."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median

HEAD = ("what", "aim", "ours", "peer", "ratio", "met")


@dataclass(frozen=True)
class Row:
    """One line of the table; `met` is None where there is no aim."""

    what: str
    aim: str
    ours: str
    peer: str
    ratio: str
    met: bool | None = None

    def cells(self) -> tuple[str, ...]:
        met = {True: "yes", False: "**no**", None: ""}[self.met]
        return self.what, self.aim, self.ours, self.peer, self.ratio, met


def markdown(rows: Iterable[Row]) -> str:
    lines = [HEAD, ("---",) * len(HEAD), *(row.cells() for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def ratio(ours: list[float], peer: list[float]) -> float:
    """Median of the ratios round by round, so that what slows a round down slows both."""
    return median(a / b for a, b in zip(ours, peer, strict=True))


def machine() -> str:
    """One line about the machine and the programs."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    told = [
        model[1] if model else platform.processor(),
        f"{len(os.sched_getaffinity(0))} cores",
        f"{memory:.0f} GiB",
        f"{platform.system()} {platform.release().split('-')[0]}",
        f"{platform.python_implementation()} {platform.python_version()}",
        *(first_line(*command) for command in (("named", "-v"), ("nsd", "-v"), ("knotd", "-V"))),
        *(f"{name} {version(name)}" for name in ("dnspython", "dnslib")),
    ]
    return ", ".join(each for each in told if each)


def first_line(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return re.sub(r"[-( ]*(Debian|Extended).*", "", (done.stdout + done.stderr).partition("\n")[0])
