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


@pytest.fixture
def open_book(jupyter, browser_context):
    """Open a notebook by its name, or its first two digits, in JupyterLab or in Notebook 7."""
    opened = []

    def open_one(name: str, front: str = "lab") -> Book:
        [path] = jupyter.folder.glob(f"{name}*.ipynb")
        book = Book(browser_context.new_page())
        opened.append(book)
        address = jupyter.lab(path.name) if front == "lab" else jupyter.classic(path.name)
        return book.open(address)

    yield open_one
    for book in opened:
        book.close()
