"""The course as a JupyterLite site, in a browser that reaches one plain file server only."""

from __future__ import annotations

import functools
import http.server
import json
import os
import threading
import time
from pathlib import Path

import pytest

from enumlab.site import lite

from .book import Book, until

pytestmark = pytest.mark.browser

SHOTS = Path(__file__).parents[2] / "artefacts" / "screenshots"
# Its own files, which a server on this machine gives; JupyterLite looks for these two in vain.
HARMLESS = ("/favicon.ico", "/api/translations")


class Files(http.server.SimpleHTTPRequestHandler):
    """Any static web server would do; this one says nothing."""

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Address of the site, built as `make lite` does; the test adds a way to look inside."""
    if not (lite.CORE / lite.LOCK).exists():
        if os.environ.get("CI") == "true":
            pytest.fail("run: npm ci --prefix tests/npm", pytrace=False)
        pytest.skip("npm ci --prefix tests/npm was not run")
    folder = tmp_path_factory.mktemp("lite") / "site"
    lite.build(folder)
    settings = json.loads((folder / "jupyter-lite.json").read_text())
    settings["jupyter-config-data"]["exposeAppInBrowser"] = True
    (folder / "jupyter-lite.json").write_text(json.dumps(settings))
    handler = functools.partial(Files, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def run_all(site, browser_context, capsys):
    """Open a notebook of the site, run all its cells, look for all that may be wrong."""
    asked, refused, opened = [], [], []
    # JupyterLite keeps what was open in the browser's storage, and would open it again.
    context = browser_context.browser.new_context()
    # The service worker's requests come here, and no page sees them.
    context.on("request", lambda request: asked.append(request.url))
    context.on("response", lambda got: refused.append(got.url) if got.status >= 400 else None)

    def run(name: str, address: str = "") -> Book:
        start = time.perf_counter()
        book = Book(context.new_page())
        opened.append(book)
        book.open(f"{site}/{address or f'lab/index.html?path=notebooks/{name}.ipynb'}")
        ready = time.perf_counter()
        book.run_all()
        done = time.perf_counter()
        book.screenshot(SHOTS / f"lite-{name}.png")
        with capsys.disabled():
            print(f"\nJupyterLite, {name}: ready {ready - start:.1f} s, cells {done - ready:.1f} s")
        code = [cell for cell in book.cells() if cell["type"] == "code"]
        outputs = [output for cell in code for output in cell["outputs"]]
        assert not ["\n".join(o["traceback"]) for o in outputs if o["output_type"] == "error"]
        assert not [each["text"] for each in outputs if each.get("name") == "stderr"]
        assert [cell["count"] for cell in code] == list(range(1, len(code) + 1))
        assert not [url for url in asked if not url.startswith((site, "data:", "blob:"))]
        assert not book.outside
        assert not [url for url in refused if not url.partition("?")[0].endswith(HARMLESS)]
        assert "in memory: here are no threads and no sockets" in text(code[0])
        return book

    yield run
    for book in opened:
        book.close()
    context.close()


def value(book, expression: str) -> str:
    """What an expression is in the kernel; this one knows no `user_expressions`."""
    return book.do(
        """const asked = {code: `print(${given[0]})`, store_history: false};
        const future = panel.sessionContext.session.kernel.requestExecute(asked);
        let told = '';
        future.onIOPub = message => { told += message.content.text ?? ''; };
        await future.done;
        return told.trim();""",
        expression,
    )


def text(cell) -> str:
    """All that a cell shows, as plain text."""
    parts = [each.get("text") or each["data"].get("text/plain", "") for each in cell["outputs"]]
    return "\n".join("".join(part) for part in parts)


def shown(book, source: str) -> str:
    return text(book.cells()[book.find(source)])


def pictures(book, source: str) -> list[str]:
    """Alternative texts of the pictures under a cell, each of which has loaded."""
    images = book.cell(book.find(source)).locator(".jp-OutputArea img")
    assert all(width > 100 for width in images.evaluate_all("all => all.map(i => i.naturalWidth)"))
    assert all(images.evaluate_all("all => all.map(i => i.src.startsWith('data:image/svg+xml'))"))
    return images.evaluate_all("all => all.map(i => i.alt)")


def test_the_first_page_opens_the_first_notebook(run_all):
    book = run_all("00-start-here", address="index.html")
    assert "LabServer(running in memory" in shown(book, "server = lab.serve")
    assert "sip:61355500912@10.0.1.98" in shown(book, 'lab.ask("+61 3 5550 0911", server)')
    assert "hidden by 4.3.2.0.5.5.5.2.1.6.e164.arpa." in shown(book, '"].why')


def test_01_number_to_name(run_all):
    book = run_all("01-from-number-to-name")
    assert shown(book, "lab.to_number(") == "'+61355500912'"
    assert "The first digit, 6, stands last" in shown(book, "reversal(")
    # Without threads a learner's function is still judged.
    cell = book.find('@lab.exercise("1.1")')
    answer = '@lab.exercise("1.1")\ndef to_name(number):\n    return number'
    book.do("book.widgets[given[0]].model.sharedModel.setSource(given[1]);", cell, answer)
    judged = text(book.run(cell))
    assert "not right" in judged
    assert "'1.6.e164.arpa.'" in judged


def test_03_split_fractions(run_all):
    book = run_all("03-how-are-calls-shared")
    assert "50 / 50." in shown(book, "guess_912.reconcile")
    assert "25 / 25 / 50." in shown(book, "guess_913.reconcile")
    assert value(book, "[str(share) for share in lab.split(records)]") == "['1/4', '1/4', '1/2']"
    assert value(book, "[str(s) for s in lab.split([10, 10, 5, 5])]") == (
        "['1/3', '1/3', '1/6', '1/6']"
    )
    rows = [line.split()[:5] for line in shown(book, "calls.plot()").splitlines()]
    for row in (
        ["server1", "100", "1/4", "25", "%"],
        ["server2", "100", "1/4", "25", "%"],
        ["server3", "200", "1/2", "50", "%"],
    ):
        assert row in rows
    assert value(book, "sum(calls.counts.values()), calls.counts['lost']") == "10000 0"
    assert "numpy is not here" in shown(book, "calls.plot()")
    (alt,) = pictures(book, "calls.plot()")
    assert alt.startswith("Bar chart of calls by the split rule. server1: expected 2,500")
    # A slider moves the picture here, too.
    cell = book.find("explore(records, calls=10_000)")
    handle = book.cell(cell).locator(".noUi-handle[role=slider]").first
    handle.focus()
    handle.press("ArrowRight")
    until(lambda: "101" in text(book.cells()[cell]), "the table follows the slider")
    book.cell(cell).screenshot(path=SHOTS / "lite-slider.png")


def test_05_the_hole(run_all):
    book = run_all("05-a-thousand-numbers")
    hole = [f"+612555023{last:02}" for last in range(100) if last != 45]
    asked = "[cell.number for cell in block.cells if cell.rcode == 'NXDOMAIN']"
    assert value(book, asked) == repr(hole)
    assert len(hole) == 99
    answered, one, nobody = shown(book, "block.plot()").splitlines()[-3:]
    assert answered.split()[:2] == ["*.2.0.5.5.5.2.1.6.e164.arpa.", "900"]
    assert one.split()[:2] == ["5.4.3.2.0.5.5.5.2.1.6.e164.arpa.", "1"]
    assert nobody.split()[:3] == ["nobody:", "NXDOMAIN", "99"]
    (alt,) = pictures(book, "block.plot()")
    assert "nobody: NXDOMAIN: 99 numbers, +61255502300 to +61255502399" in alt
    assert "nobody" not in shown(book, "with_records(cure)")
    assert value(book, "hidden.kinds") == "{'wildcard': 999, 'exact': 1}"
    assert "pandas is not here" in shown(book, "hidden.frame")
