"""One Jupyter server and one browser for all tests of this folder."""

from __future__ import annotations

import pytest
from playwright.sync_api import sync_playwright

from .book import Book, browsing
from .jupyter import serving


# Both end with this folder: Playwright keeps an event loop running, which other tests cannot have.
@pytest.fixture(scope="package")
def jupyter(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("jupyter")) as running:
        yield running


@pytest.fixture(scope="package")
def browser_context(need):
    chromium = need("chromium")
    with sync_playwright() as driver, browsing(driver, chromium) as context:
        yield context


def _opener(jupyter, browser_context):
    """Open notebooks by the start of their names, in JupyterLab or in Notebook 7."""
    opened = []

    def open_one(name: str, front: str = "lab") -> Book:
        [path] = jupyter.folder.glob(f"{name}*.ipynb")
        book = Book(browser_context.new_page())
        opened.append(book)
        return book.open(jupyter.lab(path.name) if front == "lab" else jupyter.classic(path.name))

    yield open_one
    for book in opened:
        book.close()


open_book = pytest.fixture(_opener, name="open_book")
open_module_book = pytest.fixture(_opener, scope="module", name="open_module_book")
