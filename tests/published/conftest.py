"""The site, built once, and one browser for all tests of this folder."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, sync_playwright

ROOT = Path(__file__).parent.parent.parent
AXE = ROOT / "tests" / "npm" / "node_modules" / "axe-core" / "axe.min.js"
SCREENSHOTS = ROOT / "artefacts" / "screenshots"
SWITCHES = [
    "--no-sandbox",  # root in a container has none
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
HERE = ("file:", "data:", "blob:")
# Standards A and AA. What is only advice is held elsewhere, or left to the theme.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass
class Reader:
    """A browser that keeps what it asked for elsewhere, and what went wrong on a page."""

    context: BrowserContext
    elsewhere: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, path, scheme="light", width=1200):
        """Show a page; the caller closes it."""
        page = self.context.new_page()
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        page.goto(path.as_uri() if isinstance(path, Path) else path)
        return page

    def findings(self, page, include=None, allowed=()):
        """Serious and critical findings of axe, a line each."""
        page.evaluate(axe())
        found = page.evaluate(
            "([where, options]) => axe.run(where || document, options)",
            [
                {"include": [[part] for part in include]} if include else None,
                {
                    "preload": False,  # it would fetch style sheets anew, which file: forbids
                    "resultTypes": ["violations"],
                    "runOnly": {"type": "tag", "values": TAGS},
                    "rules": {rule: {"enabled": False} for rule in allowed},
                },
            ],
        )
        return [
            f"{each['impact']} {each['id']}: {node['html'][:120]}"
            for each in found["violations"]
            if each["impact"] in ("serious", "critical")
            for node in each["nodes"]
        ]


def axe():
    """axe-core's source; without it a test fails where CI=true, and is skipped elsewhere."""
    if not AXE.exists():
        why = "axe-core is not there: npm ci --prefix tests/npm"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(why)
    return AXE.read_text(encoding="utf-8")


@pytest.fixture(scope="package")
def site(tmp_path_factory):
    """The folder that `make site` would write."""
    if importlib.util.find_spec("sphinx_book_theme") is None:
        why = "Sphinx and its theme are not installed: they are in the dependency group `site`"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(why)
    out = tmp_path_factory.mktemp("built") / "site"
    made = subprocess.run(
        [sys.executable, "-m", "enumlab.site", str(out)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    assert made.stderr == ""
    return out


# It ends with this folder: Playwright keeps an event loop running, which other tests cannot have.
@pytest.fixture(scope="package")
def reader(need):
    chromium = need("chromium")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=SWITCHES)
        context = browser.new_context(reduced_motion="reduce")
        reading = Reader(context)

        def asked(request):
            if not request.url.startswith(HERE):
                reading.elsewhere.append(request.url)

        def said(message):
            if message.type == "error":
                reading.complaints.append(f"{message.location['url']}: {message.text}")

        context.on("request", asked)
        context.on("console", said)
        context.on("weberror", lambda error: reading.complaints.append(str(error.error)))
        context.route("**/*", lambda route, request: (
            route.continue_() if request.url.startswith(HERE) else route.abort()
        ))  # fmt: skip
        yield reading
        context.close()
        browser.close()


def notebook_cells(path):
    """The code cells of a notebook, as text."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def html_pages(site):
    """The pages of a site; the theme keeps templates beside its style sheets."""
    return sorted(path for path in site.rglob("*.html") if "_static" not in path.parts)
