"""Committed outputs compared with those of a fresh kernel."""

from __future__ import annotations

import difflib
import hashlib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from nbformat import NotebookNode

from enumlab.notebooks.files import cells, pictures, read, shown, tidy
from enumlab.notebooks.running import execute

MOST_LINES = 40


@dataclass(frozen=True)
class Difference:
    """A code cell whose outputs are not those of a fresh run.

    Attributes:
        file: the notebook's file name.
        cell: number of the cell, from 1, Markdown cells counted.
        diff: a unified diff, cut short where it is long.
    """

    file: str
    cell: int
    diff: str

    def __str__(self) -> str:
        fix = "If the new output is right, run `python -m enumlab notebooks --run` and commit."
        return f"{self.file}, cell {self.cell}: a fresh run gives other outputs. {fix}\n{self.diff}"


@dataclass(frozen=True)
class Comparison:
    """What came of comparing one notebook.

    Attributes:
        file: the notebook's file name.
        seconds: how long the fresh run took.
        pictures: "bytes", or "alt text" where matplotlib is not the locked one.
        differences: empty where the committed outputs are fresh.
        fresh: the notebook as the fresh run left it.
    """

    file: str
    seconds: float
    pictures: str
    differences: tuple[Difference, ...]
    fresh: NotebookNode = field(repr=False)


def compare(path: Path) -> Comparison:
    """Execute a notebook in a fresh kernel and compare with the outputs in the file.

    Text must be the same to the letter. Pictures must be the same to the byte under the version of
    matplotlib in requirements.lock, which stands beside the notebooks' folder; another version
    draws other bytes, so then their alt text, made from the same data, must do.

    Raises:
        LabError: a cell raised an error; see `execute`.
    """
    committed = read(path)
    start = time.perf_counter()
    fresh = execute(committed, path)
    seconds = time.perf_counter() - start
    by_bytes = matplotlib_is_locked(path.parent.absolute().parent / "requirements.lock")
    found = tuple(differences(path.name, committed, fresh, by_bytes=by_bytes))
    return Comparison(path.name, seconds, "bytes" if by_bytes else "alt text", found, fresh)


def matplotlib_is_locked(lock: Path) -> bool:
    """True where the installed matplotlib is one that a lock file names."""
    wanted = rf"^matplotlib=={re.escape(version('matplotlib'))}(?!\S)"
    return lock.exists() and bool(re.search(wanted, lock.read_text(encoding="utf-8"), re.MULTILINE))


def differences(
    file: str, committed: NotebookNode, fresh: NotebookNode, *, by_bytes: bool
) -> list[Difference]:
    """The cells whose outputs differ between two executions of the same notebook."""
    found = []
    pairs = zip(cells(tidy(committed), "code"), cells(tidy(fresh), "code"), strict=True)
    for (number, old), (_, new) in pairs:
        before, after = list(_lines(old, by_bytes)), list(_lines(new, by_bytes))
        if before != after:
            diff = list(difflib.unified_diff(before, after, "committed", "fresh", n=1, lineterm=""))
            cut = ["..."] if len(diff) > MOST_LINES else []
            found.append(Difference(file, number, "\n".join(diff[:MOST_LINES] + cut)))
    return found


def _lines(cell: NotebookNode, by_bytes: bool) -> Iterator[str]:
    """The outputs of a cell as lines: text as it is, a picture as the hash of its bytes."""
    for output in cell.outputs:
        for kind, text in shown(output).items():
            yield f"[{kind}]"
            yield from text.split("\n")
        for kind, picture in pictures(output).items():
            digest = hashlib.sha256("".join(picture.split()).encode()).hexdigest()[:12]
            yield f"[{kind}] {digest}" if by_bytes else f"[{kind}]"
