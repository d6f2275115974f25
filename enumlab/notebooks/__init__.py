"""The notebooks as documents: linked, run, checked, and compared with a fresh run.

Only authors and tests come here; a learner's notebook never does.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from enumlab.errors import LabError
from enumlab.notebooks.checking import RULES, Problem, check
from enumlab.notebooks.comparing import Comparison, Difference, compare, differences
from enumlab.notebooks.files import notebook_files, read, tidy, write
from enumlab.notebooks.linking import links
from enumlab.notebooks.running import execute, run

__all__ = [
    "RULES",
    "Comparison",
    "Difference",
    "Problem",
    "check",
    "compare",
    "differences",
    "execute",
    "links",
    "main",
    "notebook_files",
    "read",
    "run",
    "tidy",
    "write",
]


def main(argv: Sequence[str]) -> int:
    """Do what the options name, in the order links, run, check, compare.

    Args:
        argv: such as `["--check"]` or `["--run", "notebooks/01-from-number-to-name.ipynb"]`.

    Returns:
        0 where all is well, 1 where a check or a comparison found something.

    Raises:
        LabError: no notebook there, or a cell of one raised an error.
    """
    parser = argparse.ArgumentParser(prog="enumlab notebooks", description=__doc__)
    parser.add_argument("--links", action="store_true", help="write contents and links anew")
    parser.add_argument("--run", action="store_true", help="write links and outputs anew")
    parser.add_argument("--check", action="store_true", help="look for slips, run nothing")
    parser.add_argument("--compare", action="store_true", help="are the outputs what a run gives?")
    parser.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="notebooks; default: folder notebooks"
    )
    chosen = parser.parse_args(argv)
    if not (chosen.links or chosen.run or chosen.check or chosen.compare):
        parser.print_help()
        return 0
    paths = chosen.paths or notebook_files(Path("notebooks"))
    if not paths:
        raise LabError(
            "no notebook in ./notebooks. Run this in the project's folder, or name the notebooks."
        )
    if chosen.links or chosen.run:
        for folder in sorted({path.parent for path in paths}):
            for path in links(folder):
                print(f"{path.name}: links written")
    if chosen.run:
        for path in paths:
            print(f"{path.name}: {run(path):.1f} s", flush=True)
    found: list[Problem | Difference] = []
    if chosen.check:
        found += [problem for path in paths for problem in check(path)]
    if chosen.compare:
        for path in paths:
            comparison = compare(path)
            print(f"{path.name}: {comparison.seconds:.1f} s, pictures by {comparison.pictures}")
            found += comparison.differences
    for finding in found:
        print(finding)
    if (chosen.check or chosen.compare) and not found:
        print("nothing found")
    return 1 if found else 0
