"""What a rule of the static checks is, and what it may look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from nbformat import NotebookNode

from enumlab.notebooks.linking import Entry, contents

Findings = Iterator[tuple[int, str]]  # number of the cell, 0 for none; what was seen


@dataclass(frozen=True)
class Notebook:
    """What a rule may look at.

    Attributes:
        path: the file.
        book: its contents, as read.
    """

    path: Path
    book: NotebookNode

    @cached_property
    def course(self) -> list[Entry]:
        """The notebooks of its folder."""
        return contents(self.path.parent)


@dataclass(frozen=True)
class Rule:
    """A rule that every notebook of the course keeps.

    Attributes:
        name: such as "long-cell".
        fix: what to do about its findings.
        find: the function that looks.
    """

    name: str
    fix: str
    find: Callable[[Notebook], Findings]


def rule(fix: str) -> Callable[[Callable[[Notebook], Findings]], Rule]:
    """Make a function a Rule of the same name."""
    return lambda find: Rule(find.__name__.replace("_", "-"), fix, find)
