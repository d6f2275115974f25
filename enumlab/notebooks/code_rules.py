"""Rules about code cells and their outputs."""

from __future__ import annotations

import ast
import re

from nbformat import NotebookNode

from enumlab.notebooks.files import as_text, cells, pictures, shown, tidy
from enumlab.notebooks.rule import Findings, Notebook, rule

LONGEST_CELL = 12
RUN_AGAIN = "Run `python -m enumlab notebooks --run`."

NO_ALT = ("", "no description has been provided")
_IMG = re.compile(r"<img\b[^>]*>")
_SVG = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
_ALT = re.compile(r"\balt=(?:\"([^\"]*)\"|'([^']*)')")
_SVG_NAME = re.compile(r"\baria-label=|<title\b|aria-hidden=[\"']?true")

OF_ONE_RUN = {
    "port": re.compile(
        r"\b10164\b|(?:127\.0\.0\.1|0\.0\.0\.0|localhost|\[::1\])[:#]\d+|\bport\W{1,3}\d{5}\b",
        re.IGNORECASE,
    ),
    "time": re.compile(
        r"(?<![\w:.])\d{1,2}:\d{2}:\d{2}(?![\w:])|\b20\d\d-\d\d-\d\d\b"
        r"|(?:Query|Wall|CPU) time\b[^\n]*|\bCPU times\b[^\n]*|;; WHEN:[^\n]*"
    ),
    "address": re.compile(r"\b0x[0-9a-fA-F]{8,}\b"),
    "path": re.compile(
        r"(?<![\w.-])/(?:tmp|var/folders|home|Users|root)/[\w.-]+|\b[A-Z]:\\+Users\b"
        r"|\bsite-packages\b|\bipykernel_\d+"
    ),
}


@rule("Remove the cell, or say something in it.")
def empty_cell(notebook: Notebook) -> Findings:
    """A cell with nothing in it."""
    for number, cell in enumerate(notebook.book.cells, 1):
        if not cell.source.strip():
            yield number, f"an empty {cell.cell_type} cell"


@rule(f"Split it, or move code into the package: {LONGEST_CELL} lines at most.")
def long_cell(notebook: Notebook) -> Findings:
    """A code cell that does not fit a glance."""
    for number, cell in cells(notebook.book, "code"):
        lines = len(cell.source.strip().splitlines())
        if lines > LONGEST_CELL:
            yield number, f"a code cell of {lines} lines"


@rule(RUN_AGAIN)
def execution_counts(notebook: Notebook) -> Findings:
    """Code cells not run from top to bottom in a fresh kernel: 1, 2, 3, ..."""
    for expected, (number, cell) in enumerate(cells(notebook.book, "code"), 1):
        if cell.execution_count != expected:
            yield number, f"execution count {cell.execution_count}, expected {expected}"


@rule(RUN_AGAIN)
def no_output(notebook: Notebook) -> Findings:
    """A cell that ends by showing something, and shows nothing."""
    for number, cell in cells(notebook.book, "code"):
        if not cell.outputs and _shows(cell.source):
            yield number, f"no output of {cell.source.strip().splitlines()[-1].strip()!r}"


def _shows(source: str) -> bool:
    """Surely shows something; what another call gives cannot be told from its source."""
    try:
        body = ast.parse(source).body
    except SyntaxError:  # `!dig` and the like
        return False
    if not body or not isinstance(body[-1], ast.Expr) or source.rstrip().endswith(";"):
        return False
    last = body[-1].value
    if isinstance(last, ast.Call):
        return isinstance(last.func, ast.Name) and last.func.id in ("print", "display")
    return not isinstance(last, ast.Await | ast.NamedExpr)


@rule("Mend the cell; to show an error, catch it and show its message.")
def error_output(notebook: Notebook) -> Findings:
    """A traceback."""
    for number, output in _outputs(notebook):
        if output.output_type == "error":
            yield number, f"error output {output.ename}"


@rule("Mend what warns; nothing belongs on stderr.")
def stderr_output(notebook: Notebook) -> Findings:
    """Warnings, logs, progress bars."""
    for number, output in _outputs(notebook):
        if output.output_type == "stream" and output.name == "stderr":
            yield number, f"stderr output {output.text.strip().splitlines()[0][:80]!r}"


@rule("Leave it out of the output: it is another one in the next run or on another machine.")
def of_one_run(notebook: Notebook) -> Findings:
    """Ports, times of day, addresses of objects, paths."""
    for number, output in _outputs(notebook):
        text = "\n".join(shown(output).values())
        for what, pattern in OF_ONE_RUN.items():
            match = pattern.search(text)
            if match:
                yield number, f"a {what} in the output, {match[0]!r}"


@rule("Show an object whose mime bundle has text/html with <img alt=...>; the alt says the result.")
def output_alt(notebook: Notebook) -> Findings:
    """A picture among the outputs that a screen reader passes over in silence."""
    for number, output in _outputs(notebook):
        html = output.get("data", {}).get("text/html", "")
        for seen in pictures(output):
            if not (_IMG.search(html) or _SVG.search(html)):
                yield number, f"{seen} without alt text"
        yield from ((number, seen) for seen in unnamed_pictures(html))


def unnamed_pictures(html: str) -> list[str]:
    """The `<img>` without alt text and the `<svg>` without a name in HTML or Markdown.

    Example:
        >>> unnamed_pictures('<img src="a.png" alt="Two bars"> <img src="b.png">')
        ['an <img> without alt text']
    """
    found = []
    for image in _IMG.findall(html):
        alt = _ALT.search(image)
        if not alt or (alt[1] or alt[2] or "").strip().rstrip(".").lower() in NO_ALT:
            found.append("an <img> without alt text")
    found += [
        "an <svg> without aria-label" for svg in _SVG.findall(html) if not _SVG_NAME.search(svg)
    ]
    return found


@rule(RUN_AGAIN)
def untidy(notebook: Notebook) -> Findings:
    """What `tidy` would remove: widget state, timings, kernel details, another order of keys."""
    text = notebook.path.read_text(encoding="utf-8")
    clean = tidy(notebook.book)
    if text != as_text(clean):
        pairs = zip(notebook.book.cells, clean.cells, strict=True)
        where = [number for number, (old, new) in enumerate(pairs, 1) if old != new]
        yield where[0] if where else 0, "details of one run in the file, or another layout"


def _outputs(notebook: Notebook) -> list[tuple[int, NotebookNode]]:
    return [
        (number, output) for number, cell in cells(notebook.book, "code") for output in cell.outputs
    ]
