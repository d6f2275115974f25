"""Notebook files: found, read, tidied, written; and the words in them."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import nbformat
from nbformat import NotebookNode

from enumlab.errors import LabError

METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
CELL_METADATA = {"tags", "jupyter"}
WIDGET = "application/vnd.jupyter.widget-view+json"
INSTEAD_OF_WIDGET = "Run this cell: its controls appear here."

_FENCE = re.compile(r"^ {0,3}(```+|~~~+).*?^ {0,3}\1[^\n]*$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
_IMAGE_DATA = re.compile(r"data:image/[^\"')]*")


def notebook_files(folder: Path) -> list[Path]:
    """The notebooks of a folder, in the order of the course: by file name."""
    return sorted(folder.glob("*.ipynb"))


def read(path: Path) -> NotebookNode:
    """Read a notebook.

    Raises:
        LabError: no such file, not a notebook, or one of a format without cell ids.
    """
    try:
        book = nbformat.reads(path.read_text(encoding="utf-8"), as_version=nbformat.NO_CONVERT)  # type: ignore[no-untyped-call]
        nbformat.validate(book)
    except OSError as error:
        raise LabError(f"{path}: {error.strerror}. Is the name right?") from None
    except (ValueError, AttributeError, nbformat.ValidationError) as error:
        first = str(error).partition("\n")[0]
        raise LabError(f"{path} is not a notebook: {first}. Restore it or remove it.") from None
    if (book.nbformat, book.nbformat_minor) < (4, 5):
        seen = f"{book.nbformat}.{book.nbformat_minor}"
        raise LabError(f"{path} has format {seen}, 4.5 is needed. Save it in JupyterLab once.")
    return cast(NotebookNode, book)


def write(path: Path, book: NotebookNode) -> bool:
    """Write the tidy form of a notebook; False where the file held just that already."""
    text = as_text(tidy(book))
    if path.exists() and path.read_bytes() == text.encode():
        return False
    path.write_text(text, encoding="utf-8", newline="\n")
    return True


def as_text(book: NotebookNode) -> str:
    """The text of the file: keys sorted, one space of indent, a newline at the end."""
    return str(nbformat.writes(book)).rstrip("\n") + "\n"  # type: ignore[no-untyped-call]


def tidy(book: NotebookNode) -> NotebookNode:
    """A copy without what changes from run to run or from machine to machine.

    Widgets go too: without a kernel they show an error or a Python repr. A sentence takes their
    place; a picture or a table in the same output stays.
    """
    book = copy.deepcopy(book)
    book.metadata = nbformat.from_dict(METADATA)  # type: ignore[no-untyped-call]
    for cell in book.cells:
        for key in set(cell.metadata) - CELL_METADATA:
            del cell.metadata[key]
        if cell.cell_type == "code":
            cell.outputs = _tidy_outputs(cell.outputs)
    return book


def _tidy_outputs(outputs: list[NotebookNode]) -> list[NotebookNode]:
    kept: list[NotebookNode] = []
    for output in outputs:
        if output.output_type == "stream":
            output.text = output.text.replace("\r\n", "\n")  # of a pseudo-terminal, after `!`
            # How many pieces a stream arrives in is chance.
            if kept and kept[-1].output_type == "stream" and kept[-1].name == output.name:
                kept[-1].text += output.text
                continue
        elif WIDGET in output.get("data", {}):
            del output.data[WIDGET]
            if set(output.data) <= {"text/plain"}:
                output.data["text/plain"] = INSTEAD_OF_WIDGET
                output.data["text/html"] = f"<p>{INSTEAD_OF_WIDGET}</p>"
        kept.append(output)
    return kept


def cells(book: NotebookNode, kind: str) -> Iterator[tuple[int, NotebookNode]]:
    """Cells of one kind, "markdown" or "code", with their numbers from 1."""
    for number, cell in enumerate(book.cells, 1):
        if cell.cell_type == kind:
            yield number, cell


def tags(cell: NotebookNode) -> list[str]:
    """The tags of a cell."""
    return list(cell.metadata.get("tags", []))


def without_code(markdown: str) -> str:
    """Markdown with each fenced block and code span replaced by the word `code`.

    Example:
        >>> without_code("Write `sip!` here.")
        'Write code here.'
    """
    return _SPAN.sub("code", _FENCE.sub("code", markdown))


def headings(book: NotebookNode) -> list[tuple[int, int, str]]:
    """Cell number, level and text of each heading of the Markdown cells."""
    return [
        (number, len(marks), text)
        for number, cell in cells(book, "markdown")
        for marks, text in _HEADING.findall(_FENCE.sub("", cell.source))
    ]


def shown(output: NotebookNode) -> dict[str, str]:
    """What an output shows as text, by MIME type or by stream name; image data is left out.

    JSON, and the bytes of pictures, are no text.
    """
    if output.output_type == "stream":
        return {output.name: output.text}
    if output.output_type == "error":
        return {"error": "\n".join([f"{output.ename}: {output.evalue}", *output.traceback])}
    data: dict[str, Any] = output.data
    return {
        kind: _IMAGE_DATA.sub("data:image", data[kind]) if kind == "text/html" else data[kind]
        for kind in sorted(data)
        if kind.startswith("text/")
    }


def pictures(output: NotebookNode) -> dict[str, str]:
    """The pictures of an output, by MIME type: base64 text, or SVG."""
    data: dict[str, str] = output.get("data", {})
    return {kind: data[kind] for kind in sorted(data) if kind.startswith("image/")}
