"""Static checks of a notebook: nothing is executed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from enumlab.notebooks import code_rules, prose_rules
from enumlab.notebooks.files import read
from enumlab.notebooks.rule import Notebook, Rule

RULES = [
    value
    for module in (code_rules, prose_rules)
    for value in vars(module).values()
    if isinstance(value, Rule)
]


@dataclass(frozen=True)
class Problem:
    """One slip.

    Attributes:
        rule: name of the rule.
        file: the notebook's file name.
        cell: number of the cell, from 1; 0 for the whole notebook.
        seen: what was found.
        fix: what to do.
    """

    rule: str
    file: str
    cell: int
    seen: str
    fix: str

    def __str__(self) -> str:
        where = f"{self.file}, cell {self.cell}" if self.cell else self.file
        return f"{where}: {self.seen}. {self.fix} [{self.rule}]"


def check(path: Path) -> list[Problem]:
    """Apply every rule to one notebook.

    Returns:
        The problems, sorted by cell.

    Raises:
        LabError: the file cannot be read; see `read`.
    """
    notebook = Notebook(path, read(path))
    found = [
        Problem(rule.name, path.name, cell, seen, rule.fix)
        for rule in RULES
        for cell, seen in rule.find(notebook)
    ]
    return sorted(found, key=lambda problem: problem.cell)
