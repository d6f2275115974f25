"""The notebooks as pages: nothing runs there, so what needs a kernel says so."""

from __future__ import annotations

import re
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_output

from enumlab.notebooks.files import INSTEAD_OF_WIDGET, cells, read, tags
from enumlab.notebooks.linking import Entry
from enumlab.site.twins import twin_table

COPY = """\
:::{note}
You are reading a copy: nothing runs on this page. Exercises, guesses and sliders need a running
kernel. [Take the course home](../index.md#take-it-home) to run the cells yourself.
:::"""
NEEDS_KERNEL = "Answer it in a running notebook: it takes a kernel to check an exercise."
_EXERCISE = re.compile(r"^@?lab\.exercise\(", re.MULTILINE)


def page(path: Path) -> NotebookNode:
    """A notebook as the site shows it.

    The footer goes, for every page of the site has its own. A table takes the place of each slider.

    Raises:
        LabError: not a notebook, or a slider without a static twin.
    """
    book = read(path)
    book.metadata.kernelspec.display_name = "Python 3"
    book.cells = [cell for cell in book.cells if "nav" not in tags(cell)]
    for _, cell in cells(book, "code"):
        if _EXERCISE.search(cell.source):
            cell.outputs = [_shown(f"<p>{NEEDS_KERNEL}</p>", NEEDS_KERNEL)]
        cell.outputs = _with_twins(path.stem, cell.outputs)
    book.cells.insert(1, new_markdown_cell(COPY, id="copy"))  # type: ignore[no-untyped-call]
    return book


def listed(course: list[Entry]) -> str:
    """Markdown: the course as a table, and in the contents at the side.

    Example:
        >>> print(listed([Entry("01-from.ipynb", "How?", "20")]).splitlines()[2])
        | 01 | [How?](notebooks/01-from.ipynb) | 20 |
    """
    rows, places = ["| notebook | question | minutes |", "| --- | --- | --- |"], []
    for entry in course:
        number = entry.file[:2]
        rows.append(f"| {number} | [{entry.title}](notebooks/{entry.file}) | {entry.minutes} |")
        places.append(f"{number} {entry.title} <notebooks/{Path(entry.file).stem}>")
    tree = ["```{toctree}", ":hidden:", ":caption: The course", "", *places, "notebooks/glossary"]
    return "\n".join([*rows, "", *tree, "```"])


def _with_twins(name: str, outputs: list[NotebookNode]) -> list[NotebookNode]:
    shown: list[NotebookNode] = []
    for output in outputs:
        if output.get("data", {}).get("text/plain") == INSTEAD_OF_WIDGET:
            table = twin_table(name, shown[-1].data["text/plain"] if shown else "")
            output = _shown(table._repr_html_(), repr(table))
        shown.append(output)
    return shown


def _shown(html: str, text: str) -> NotebookNode:
    data = {"text/html": html, "text/plain": text}
    output: NotebookNode = new_output("display_data", data)  # type: ignore[no-untyped-call]
    return output
