"""Rules about titles, headings, links and words."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

from enumlab.notebooks.code_rules import NO_ALT, unnamed_pictures
from enumlab.notebooks.files import cells, headings, read, shown, without_code
from enumlab.notebooks.linking import MINUTES, linked
from enumlab.notebooks.rule import Findings, Notebook, rule

BRITISH = {
    "analyze": "analyse",
    "behavior": "behaviour",
    "canceled": "cancelled",
    "center": "centre",
    "color": "colour",
    "dialed": "dialled",
    "dialing": "dialling",
    "favor": "favour",
    "favorite": "favourite",
    "fulfill": "fulfil",
    "gray": "grey",
    "honor": "honour",
    "labeled": "labelled",
    "neighbor": "neighbour",
    "signaling": "signalling",
    "traveled": "travelled",
}

_AMERICAN = re.compile(rf"\b({'|'.join(BRITISH)})(?:s|d|ed|ing|al)?\b", re.IGNORECASE)
_TARGET = re.compile(r"\]\(\s*<?([^\s)>]+)|^ {0,3}\[[^\]]+\]:\s*<?([^\s>]+)", re.MULTILINE)
_ATTRIBUTE = re.compile(r"\b(?:href|src)=[\"']([^\"']+)")
_IMAGE = re.compile(r"!\[([^\]]*)\]")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_NOT_PROSE = re.compile(r"<!--.*?-->|<[^>]+>|\$[^$\n]+\$|\]\([^)]*\)|https?://\S+", re.DOTALL)


@rule("Write one line `# ...`, at the top of the first cell; start every other heading with `##`.")
def one_title(notebook: Notebook) -> Findings:
    """Exactly one heading of level 1, outputs included."""
    places = [number for number, level, _ in headings(notebook.book) if level == 1]
    for number, cell in cells(notebook.book, "code"):
        for output in cell.outputs:
            places += [number] * len(re.findall(r"<h1\b", shown(output).get("text/html", "")))
    if not places:
        yield 0, "no heading of level 1"
    for index, number in enumerate(places):
        if index > 0:
            yield number, "a second heading of level 1"
        elif number != 1:
            yield number, "the title is not in the first cell"


@rule("Ask what the notebook answers; only the first one, 00, has a plain title.")
def question_title(notebook: Notebook) -> Findings:
    """A title that is no question."""
    for number, level, text in headings(notebook.book):
        if level == 1 and not text.endswith("?") and not notebook.path.name.startswith("00"):
            yield number, f"the title {text!r} is no question"


@rule("Go down one level at a time.")
def heading_order(notebook: Notebook) -> Findings:
    """A level left out: a screen reader's user looks for the section that is not there."""
    before = 0
    for number, level, text in headings(notebook.book):
        if level > before + 1 and before:
            yield number, f"heading {text!r} of level {level} after level {before}"
        before = level


@rule('Write under the title: "N minutes. You need: ... You will be able to: ..."')
def first_cell(notebook: Notebook) -> Findings:
    """No line that says how long it takes, what one needs first, what one can do afterwards."""
    first = notebook.book.cells[0] if notebook.book.cells else None
    text = first.source if first and first.cell_type == "markdown" else ""
    wanted = {
        "minutes": MINUTES.pattern,
        "need": r"\bneeds?\b",
        "able to": r"\bable to\b|\bgoal\b|\bcan\b",
    }
    missing = [
        what for what, pattern in wanted.items() if not re.search(pattern, text, re.IGNORECASE)
    ]
    if missing:
        yield 1, f"the first cell says nothing of {', '.join(missing)}"


@rule("Correct the target, or take the link out.")
def broken_link(notebook: Notebook) -> Findings:
    """A relative link, or a link to a heading, that leads nowhere."""
    for number, cell in cells(notebook.book, "markdown"):
        text = without_code(cell.source)
        targets = [one or other for one, other in _TARGET.findall(text)] + _ATTRIBUTE.findall(text)
        for target in targets:
            if not _SCHEME.match(target) and not _resolves(notebook, target):
                yield number, f"a link to {target!r}, which is not there"


def _resolves(notebook: Notebook, target: str) -> bool:
    name, _, fragment = unquote(target).partition("#")
    path = notebook.path.parent / name if name else notebook.path
    if name and (Path(name).is_absolute() or not path.exists()):
        return False
    if not fragment or path.suffix != ".ipynb":
        return True
    titles = [re.sub(r"[`*]", "", text) for _, _, text in headings(read(path))]
    return fragment in [title.replace(" ", "-") for title in titles]


@rule("Say in the alt text what the picture shows: ![...](...).")
def markdown_alt(notebook: Notebook) -> Findings:
    """A picture in Markdown that a screen reader passes over in silence."""
    for number, cell in cells(notebook.book, "markdown"):
        text = without_code(cell.source)
        for alt in _IMAGE.findall(text):
            if alt.strip().rstrip(".").lower() in NO_ALT:
                yield number, "an image without alt text"
        yield from ((number, seen) for seen in unnamed_pictures(text))


@rule("End the sentence with a full stop; put code and regexps between backticks.")
def exclamation_mark(notebook: Notebook) -> Findings:
    """An exclamation mark in prose."""
    for number, text in _prose(notebook):
        for match in re.finditer(r"[^\n]{0,30}!", text):
            yield number, f"an exclamation mark after {match[0][:-1].strip()!r}"


@rule("Write British English.")
def spelling(notebook: Notebook) -> Findings:
    """An American spelling, of a short list."""
    for number, text in _prose(notebook):
        for match in _AMERICAN.finditer(text):
            yield number, f"{match[0]!r}, in British English {BRITISH[match[1].lower()]!r}"


def _prose(notebook: Notebook) -> list[tuple[int, str]]:
    """The Markdown without code, formulas, HTML tags, link targets, and the `!` of images."""
    return [
        (number, _NOT_PROSE.sub(" ", re.sub(r"!\[", "[", without_code(cell.source))))
        for number, cell in cells(notebook.book, "markdown")
    ]


@rule("Run `python -m enumlab notebooks --links`.")
def stale_links(notebook: Notebook) -> Findings:
    """Contents or footer are not those that the files of the folder give."""
    if notebook.book.cells != linked(notebook.path, notebook.course).cells:
        yield len(notebook.book.cells), "the contents list or the footer is out of date"
