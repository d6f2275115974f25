"""Readable by all: axe-core on every page of the site and on every notebook as HTML."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from .conftest import ROOT, SCREENSHOTS, html_pages
from .pages import Page

BOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NAMES = [path.stem for path in BOOKS]
SITE = [
    "index", "search",
    *(f"notebooks/{name}" for name in [*NAMES, "glossary"]),
    *(f"instructors/{name}" for name in ("plans", "room", "teaching", "marking", "trouble")),
]  # fmt: skip
SCHEMES = ["light", "dark"]
TO_LOOK_AT = ["index", "notebooks/05-a-thousand-numbers"]

# Our content in nbconvert's page. Its prompts, `Out[1]:`, are pale, and not ours.
OURS = [".jp-MarkdownOutput", ".jp-OutputArea-output"]
# Nor is its style sheet, in which links are told apart by colour alone. The site underlines them.
NOT_OURS = ("link-in-text-block",)


def test_every_page_of_the_site_is_looked_at(site):
    built = {str(path.relative_to(site).with_suffix("")) for path in html_pages(site)}
    assert built == set(SITE)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", SITE)
def test_page(site, reader, name, scheme):
    before = len(reader.elsewhere), len(reader.complaints)
    page = reader.open(site / f"{name}.html", scheme)
    assert page.evaluate("document.documentElement.dataset.theme") == scheme
    found = reader.findings(page)
    if name in TO_LOOK_AT:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"site-{Path(name).name}-{scheme}.png", full_page=True)
    page.close()
    assert found == []
    assert reader.elsewhere[before[0] :] == []
    assert reader.complaints[before[1] :] == []


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A notebook as nbconvert writes it, with the outputs that are committed."""
    from nbconvert import HTMLExporter

    folder = tmp_path_factory.mktemp("exported")

    def export(path, scheme):
        html = folder / f"{path.stem}-{scheme}.html"
        if not html.exists():
            body, _ = HTMLExporter(template_name="lab", theme=scheme).from_filename(str(path))
            html.write_text(body, encoding="utf-8")
        return html

    return export


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("path", BOOKS, ids=NAMES)
def test_notebook(exported, reader, path, scheme):
    page = reader.open(exported(path, scheme), scheme)
    assert page.locator(", ".join(OURS)).count() > 10
    found = reader.findings(page, OURS, NOT_OURS)
    page.close()
    assert found == []


@pytest.mark.parametrize("path", BOOKS, ids=NAMES)
def test_pictures_headings_and_tables_of_a_notebook(exported, site, path):
    for html in (exported(path, "light"), site / "notebooks" / f"{path.stem}.html"):
        page = Page(html)
        assert all(alt and len(alt) > 40 for alt in page.images), page.images
        assert not any("No description" in (alt or "") for alt in page.images)
        assert page.levels.count(1) == 1
        assert page.levels[0] == 1
        assert all(after - before <= 1 for before, after in pairwise(page.levels))
        made = [table for table in page.tables if "mathjax_ignore" in table.classes]
        assert all(table.caption and table.headers for table in made)
        assert [table.caption for table in made if table.unscoped] == []


@pytest.mark.parametrize("name", [name for name in SITE if name.startswith("in")])
def test_headings_and_pictures_of_a_page(site, name):
    page = Page(site / f"{name}.html")
    assert page.levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(page.levels))
    assert all(alt and len(alt) > 40 for alt in page.images)


SLIPS = {
    "image-alt": "<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>",
    "color-contrast": "<p style='color:#999;background:#fff'>pale words</p>",
    "label": "<input type='text'>",
}


@pytest.mark.parametrize("rule", SLIPS)
def test_a_slip_would_be_found(site, reader, rule):
    page = reader.open(site / "index.html")
    page.evaluate(
        "html => document.querySelector('article').insertAdjacentHTML('beforeend', html)",
        SLIPS[rule],
    )
    found = reader.findings(page)
    page.close()
    assert [line.split()[1] for line in found] == [f"{rule}:"]
