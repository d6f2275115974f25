"""An HTML page as the tests look at it: its pictures, links, headings and tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

# What a browser fetches by itself, with nobody clicking.
FETCHED = {
    ("audio", "src"),
    ("embed", "src"),
    ("iframe", "src"),
    ("img", "src"),
    ("img", "srcset"),
    ("input", "src"),
    ("link", "href"),
    ("object", "data"),
    ("script", "src"),
    ("source", "src"),
    ("source", "srcset"),
    ("track", "src"),
    ("video", "poster"),
    ("video", "src"),
}
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


@dataclass
class Table:
    """A table: its caption, and its headers that do not say what they are headers of."""

    caption: str = ""
    headers: int = 0
    unscoped: int = 0
    classes: str = ""


@dataclass
class Page(HTMLParser):
    """What is on a page.

    Attributes:
        fetched: addresses that the browser loads by itself.
        links: targets of `<a href>`.
        ids: what a link may point to.
        images: alt text of each, None where there is none; pictures only, not those of the theme.
        levels: of the headings, in sequence; on a page of the site, those of the article.
        tables: in sequence.
        words: all text; on a page of the site, that of the article.
    """

    path: Path
    fetched: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    images: list[str | None] = field(default_factory=list)
    levels: list[int] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    words: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self._in: list[str] = []
        self._over = False
        self.feed(self.path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.fetched += [v for k, v in attrs if (tag, k) in FETCHED and v]
        if tag == "article":
            self.levels, self.words = [], ""
        if tag == "a" and values.get("href"):
            self.links.append(values["href"] or "")
        self.ids |= {values[key] or "" for key in ("id", "name") if key in values}
        if tag == "img":
            self.images.append(values.get("alt"))
        if tag in HEADINGS and not self._over:
            self.levels.append(int(tag[1]))
        if tag == "table":
            self.tables.append(Table(classes=values.get("class") or ""))
        if tag == "th" and self.tables:
            self.tables[-1].headers += 1
            self.tables[-1].unscoped += "scope" not in values
        if tag in ("caption", "script", "style"):
            self._in.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._in and self._in[-1] == tag:
            self._in.pop()
        self._over = self._over or tag == "article"

    def handle_data(self, data: str) -> None:
        if "caption" in self._in:
            self.tables[-1].caption += data
        if not self._over and not {"script", "style"} & set(self._in):
            self.words += data
