"""The verbs `progress`, `solutions` and `assignment` of the terminal."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from nbformat import NotebookNode

from enumlab.errors import LabError
from enumlab.exercises import books
from enumlab.exercises.overview import overview, progress_merge
from enumlab.notebooks.files import as_text, notebook_files, read

BESIDE = "pictures"  # a folder beside the notebooks that they show


def progress(words: Sequence[str]) -> int:
    """Print what is done in the current folder, or a class's table as CSV."""
    parser = argparse.ArgumentParser(prog="enumlab progress", description=progress.__doc__)
    parser.add_argument(
        "--merge", nargs="+", type=Path, metavar="FILE", help="progress files of a class"
    )
    chosen = parser.parse_args(words)
    if chosen.merge:
        print(progress_merge(chosen.merge), end="")
    else:
        print(overview())
    return 0


def solutions(words: Sequence[str]) -> int:
    """Write the notebooks with every exercise solved."""
    chosen = _parsed("solutions", str(solutions.__doc__), words)
    return _write(chosen.notebooks, chosen.out, books.solved)


def assignment(words: Sequence[str]) -> int:
    """Write the notebooks as nbgrader's source notebooks, with its configuration."""
    chosen = _parsed("assignment", str(assignment.__doc__), words)
    status = _write(chosen.notebooks, chosen.out / "source" / "enum", books.assignment)
    (chosen.out / "nbgrader_config.py").write_text(books.NBGRADER_CONFIG, encoding="utf-8")
    print(f"Next: cd {chosen.out} && nbgrader generate_assignment enum")
    return status


def _parsed(verb: str, what: str, words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"enumlab {verb}", description=what)
    parser.add_argument("out", type=Path, metavar="OUT", help="folder to write to")
    parser.add_argument(
        "notebooks", nargs="*", type=Path, metavar="NOTEBOOK", help="default: folder notebooks"
    )
    return parser.parse_args(words)


def _write(paths: Sequence[Path], out: Path, change: Callable[[NotebookNode], NotebookNode]) -> int:
    paths = paths or notebook_files(Path("notebooks"))
    if not paths:
        raise LabError(
            "no notebook in ./notebooks. Run this in the project's folder, or name the notebooks."
        )
    targets = [out / path.name for path in paths]
    for path, target in zip(paths, targets, strict=True):
        if target.resolve() == path.resolve():
            raise LabError(f"{target} would be overwritten. Give another folder.")
    out.mkdir(parents=True, exist_ok=True)
    for path, target in zip(paths, targets, strict=True):
        try:
            target.write_text(as_text(change(read(path))), encoding="utf-8", newline="\n")
        except LabError as error:
            raise LabError(f"{path}: {error}") from None
        print(f"{target} written")
    for folder in {path.parent / BESIDE for path in paths}:
        if folder.is_dir():
            shutil.copytree(folder, out / BESIDE, dirs_exist_ok=True)
    return 0
