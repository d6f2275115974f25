"""Contents, previous and next: written from the file names and each notebook's title."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from enumlab.notebooks.files import cells, headings, notebook_files, read, tags, write

MINUTES = re.compile(r"\b(\d+) minutes\b")


@dataclass(frozen=True)
class Entry:
    """One notebook of the course, as a table of contents names it.

    Attributes:
        file: the file's name.
        title: the first heading; the file's name where there is none.
        minutes: from the first line that says `... minutes`; empty where none does.
    """

    file: str
    title: str
    minutes: str

    @classmethod
    def of(cls, path: Path) -> Entry:
        """Read it off a file."""
        book = read(path)
        title = next((text for _, level, text in headings(book) if level == 1), path.stem)
        said = (MINUTES.search(cell.source) for _, cell in cells(book, "markdown"))
        return cls(path.name, title, next((match[1] for match in said if match), ""))


def links(folder: Path) -> list[Path]:
    """Write the contents list and the footers of every notebook in a folder anew.

    Returns:
        The files that changed; a second call changes none.
    """
    course = contents(folder)
    return [path for path in notebook_files(folder) if write(path, linked(path, course))]


def contents(folder: Path) -> list[Entry]:
    """The course: every notebook of a folder, in order."""
    return [Entry.of(path) for path in notebook_files(folder)]


def linked(path: Path, course: list[Entry]) -> NotebookNode:
    """A notebook with its footer as its last cell; in the first notebook also with the contents.

    Generated cells carry the tags `nav` and `contents`. A contents cell stays where it stands.
    """
    book = copy.deepcopy(read(path))
    book.cells = [cell for cell in book.cells if "nav" not in tags(cell)]
    place = [entry.file for entry in course].index(path.name)
    if place == 0:
        listed = [cell for cell in book.cells if "contents" in tags(cell)]
        if not listed:
            listed = [_cell("contents")]
            book.cells += listed
        listed[0].source = _contents(course)
    book.cells.append(_cell("nav"))
    book.cells[-1].source = _footer(course, place)
    return book


def _cell(tag: str) -> NotebookNode:
    cell: NotebookNode = nbformat.v4.new_markdown_cell(id=tag, metadata={"tags": [tag]})  # type: ignore[no-untyped-call]
    return cell


def _contents(course: list[Entry]) -> str:
    lines = ["## Contents", ""]
    for entry in course:
        number = re.match(r"\d+", entry.file)
        title = f"{number[0]} {entry.title}" if number else entry.title
        time = f", {entry.minutes} minutes" if entry.minutes else ""
        lines.append(f"- [{title}]({entry.file}){time}")
    return "\n".join(lines)


def _footer(course: list[Entry], place: int) -> str:
    parts = [f"[Contents]({course[0].file}#Contents)"]
    if place > 0:
        before = course[place - 1]
        parts.insert(0, f"[Previous: {before.title}]({before.file})")
    if place + 1 < len(course):
        after = course[place + 1]
        parts.append(f"[Next: {after.title}]({after.file})")
    return "---\n\n" + " | ".join(parts)
