"""`python -m tests.bench [NAME ...]`: measure, and print the table of README.

Names: udp new stock size load first import ask map starve calls rewrite notebooks; all of them
without one. Nothing else should run on the machine.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from . import growth, rows_client, rows_rest, rows_servers, starve
from .table import Row, machine, markdown

ROWS: dict[str, Callable[[], list[Row]]] = {
    "udp": rows_servers.udp,
    "new": rows_servers.new,
    "stock": rows_servers.stock,
    "size": growth.size,
    "load": rows_servers.load,
    "first": rows_client.first,
    "import": rows_client.light,
    "ask": rows_client.ask,
    "map": rows_client.blocks,
    "starve": starve.starve,
    "calls": rows_rest.calls,
    "rewrite": rows_rest.rewrite,
    "notebooks": rows_client.notebooks,
}


def main(names: list[str]) -> int:
    unknown = set(names) - set(ROWS)
    if unknown:
        print(f"no row named {', '.join(sorted(unknown))}. Known: {' '.join(ROWS)}")
        return 2
    rows: list[Row] = []
    for name in names or ROWS:
        start = time.monotonic()
        print(f"{name} ", end="", file=sys.stderr, flush=True)
        rows += ROWS[name]()
        print(f"{name}: {time.monotonic() - start:.0f} s", file=sys.stderr)
    print(markdown(rows))
    print(f"\nMeasured on: {machine()}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
