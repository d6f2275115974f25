"""`python -m tests.torture [--short] [--write] [PART ...]`: hostile runs, and a table of figures.

Without a part, all run. `--write` also puts the rows into tests/README.md, in place of those that
the same parts gave before. `--modules` runs nothing, and writes the list of modules there.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import platform
import sys
import time
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]
README = TESTS / "README.md"
BEGIN, END = "<!-- torture: begin -->", "<!-- torture: end -->"
MODULES = "<!-- modules: begin -->", "<!-- modules: end -->"
HEAD = ["what", "figure", "peers", "note", "command"]
COMMAND = "`python -m tests.torture {}`"  # of a part; with --short before it for a short run
PARTS = [
    *["packets", "conversations", "fuzz", "worst", "standing", "edns", "zones", "records"],
    *["kernels", "classroom"],
]


def machine() -> str:
    """Cores and processor of this machine, and the Python that ran."""
    cpus = Path("/proc/cpuinfo")
    lines = cpus.read_text().splitlines() if cpus.exists() else []
    models = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    name = models[0] if models else platform.processor() or platform.machine()
    return f"{len(models) or 1} cores of {name}, Python {platform.python_version()}"


def there() -> list[str]:
    """The parts whose module exists."""
    return [part for part in PARTS if (TESTS / "torture" / f"{part}.py").exists()]


def rows(part: str, full: bool) -> Iterator[list[str]]:
    """The rows of a part, as the table has them."""
    module = importlib.import_module(f"torture.{part}")
    command = COMMAND.format(part if full else f"--short {part}")
    for row in module.rows(full):
        yield [*(str(cell).replace("|", "/").replace("\n", " ") for cell in row), command]


def part_of(row: list[str]) -> str:
    return row[-1].strip("`").split()[-1]


def table(head: list[str], lines: list[list[str]]) -> str:
    every = [head, ["---"] * len(head), *lines]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in every)


def written(text: str, new: list[list[str]], how: str) -> str:
    """A README with new rows between its marks; rows of parts that did not run stay."""
    start, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    old = [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in text[start:end].splitlines()
        if line.startswith("| ") and not line.startswith(("| what |", "| --- |"))
    ]
    ran = {part_of(row) for row in new}
    merged = [row for row in old if part_of(row) not in ran] + new
    merged.sort(key=lambda row: PARTS.index(part_of(row)))
    return f"{text[:start]}\n\n{how}\n\n{table(HEAD, merged)}\n\n{text[end:]}"


def modules() -> str:
    """A table of all modules of tests/, each with the first sentence of its docstring."""
    lines = []
    for path in sorted(TESTS.rglob("*.py"), key=lambda each: (len(each.parts), each)):
        if path.name == "__init__.py" or "node_modules" in path.parts:
            continue
        said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        first = said.partition("\n\n")[0].replace("\n", " ").replace("|", "/")
        lines.append([f"`{path.relative_to(TESTS).as_posix()}`", first])
    return table(["module", "what it is"], lines)


def listed(text: str) -> str:
    """A README with the list of modules as they are."""
    start, end = text.index(MODULES[0]) + len(MODULES[0]), text.index(MODULES[1])
    return f"{text[:start]}\n\n{modules()}\n\n{text[end:]}"


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(there())}")
    parser.add_argument("--short", action="store_true", help="as `make test` has it")
    parser.add_argument("--write", action="store_true", help="put the rows into tests/README.md")
    parser.add_argument("--modules", action="store_true", help="only list the modules there")
    given = parser.parse_args(words)
    if given.modules:
        README.write_text(listed(README.read_text(encoding="utf-8")), encoding="utf-8")
        return
    parts = given.parts or there()
    if unknown := {*parts} - {*there()}:
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(there())}")
    start, found = time.monotonic(), []
    for part in parts:
        for row in rows(part, not given.short):
            print("\n".join(f"{name:8}{cell}" for name, cell in zip(HEAD, row, strict=True)))
            print(flush=True)
            found.append(row)
    how = f"Measured on {machine()}."
    print(how, f"It took {(time.monotonic() - start) / 60:.0f} minutes.")
    if given.write:
        README.write_text(written(README.read_text(encoding="utf-8"), found, how), encoding="utf-8")


if __name__ == "__main__":
    sys.path[:0] = [str(TESTS), str(TESTS.parent)]
    main()
