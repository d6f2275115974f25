"""A notebook open in a browser: run it, read what Jupyter itself knows of its cells, look at it."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Locator, Page, Playwright

ARGUMENTS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",
    "--no-sandbox",  # Chromium refuses to start as root without it
    # A name that leads out of this machine leads nowhere.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
WIDTH, HEIGHT = 1200, 1000
MOST_HEIGHT = 16_000  # Chromium draws no larger surface
SECONDS = 150

# The notebook on screen, in JupyterLab and in Notebook 7.
PANEL = "const panel = window.jupyterapp.shell.currentWidget, book = panel.content;"

STATE = f"""() => {{ {PANEL}
  return book.widgets.map(({{model}}) => ({{
    type: model.type,
    source: model.sharedModel.getSource(),
    count: model.executionCount ?? null,
    state: model.executionState ?? null,
    outputs: model.outputs ? model.outputs.toJSON() : [],
  }})); }}"""

WITHIN = """(work, seconds) => Promise.race([work, new Promise((_, no) =>
    setTimeout(() => no(new Error(`not done within ${seconds} s`)), 1000 * seconds))])"""


class Book:
    """A notebook in a page of its own.

    Attributes:
        page: Playwright's.
        outside: addresses asked for that are not on this machine.
        complaints: what the browser's console shows as errors, and errors of the page's scripts.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.outside: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self._note(request.url))
        page.on("websocket", lambda socket: self._note(socket.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                self.complaints.append(f"{message.text} ({message.location.get('url')})")
                if message.type == "error"
                else None
            ),
        )

    def _note(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob") and parts.hostname != "127.0.0.1":
            self.outside.append(url)

    def open(self, address: str) -> Book:
        """Load the page; ready when the notebook's kernel is."""
        self.page.goto(address)
        self.page.wait_for_function(
            "window.jupyterapp?.shell?.currentWidget?.sessionContext && "
            "window.jupyterapp.shell.currentWidget.content.widgets.length > 1",
            timeout=1000 * SECONDS,
        )
        self.do("await panel.sessionContext.ready; await panel.context.ready;")
        self.page.wait_for_function(
            f"() => {{ {PANEL} return panel.sessionContext.session?.kernel?.status === 'idle'; }}",
            timeout=1000 * SECONDS,
        )
        return self

    def do(self, work: str, *given: Any) -> Any:
        """Run JavaScript with `panel`, `book` and `given`; fails after some minutes."""
        return self.page.evaluate(
            f"""given => ({WITHIN})((async () => {{ {PANEL} {work} }})(), {SECONDS})""", list(given)
        )

    def command(self, name: str, arguments: Any = None) -> None:
        """A command of the front end's menus; done when what it starts is."""
        self.do("await window.jupyterapp.commands.execute(...given);", name, arguments or {})

    def run_all(self) -> Book:
        self.command("notebook:run-all-cells")
        return self

    def run(self, index: int) -> dict[str, Any]:
        """Run one cell as a learner does, with Shift+Enter; the cell as it is then."""
        # A count from the file would look like one of this run.
        self.do("book.widgets[given[0]].model.sharedModel.execution_count = null;", index)
        self.cell(index).locator(".cm-content").press("Shift+Enter")
        self.page.wait_for_function(
            f"""() => {{ {PANEL} const {{model}} = book.widgets[{index}];
            return model.executionCount !== null && model.executionState === 'idle'; }}""",
            timeout=1000 * SECONDS,
        )
        return self.cells()[index]

    def type(self, index: int, text: str) -> None:
        """Replace a cell's source by keyboard."""
        self.cell(index).locator(".cm-content").click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(text)
        assert self.cells()[index]["source"] == text

    def cells(self) -> list[dict[str, Any]]:
        """All cells, from the front end's own model."""
        return self.page.evaluate(STATE)

    def find(self, text: str) -> int:
        """Index of the one code cell whose source has this text."""
        [index] = [
            at for at, cell in enumerate(self.cells())
            if cell["type"] == "code" and text in cell["source"]
        ]  # fmt: skip
        return index

    def cell(self, index: int) -> Locator:
        return self.page.locator(".jp-Notebook .jp-Cell").nth(index)

    def value(self, expression: str) -> str:
        """What an expression is in the kernel, as `repr` shows it."""
        reply = self.do(
            """const asked = {code: '', silent: true, user_expressions: {it: given[0]}};
            const future = panel.sessionContext.session.kernel.requestExecute(asked);
            return (await future.done).content.user_expressions.it;""",
            expression,
        )
        assert reply["status"] == "ok", reply
        return reply["data"]["text/plain"]

    def troubles(self) -> list[str]:
        """All that is wrong after Run All; nothing, if all is well."""
        found, expected = [], 1
        for at, cell in enumerate(self.cells()):
            if cell["type"] != "code":
                continue
            if (cell["count"], cell["state"]) != (expected, "idle"):
                found.append(
                    f"cell {at}: {cell['state']}, [{cell['count']}], expected [{expected}]"
                )
            expected += 1
            for output in cell["outputs"]:
                if output["output_type"] == "error":
                    found.append(f"cell {at}: {output['ename']}: {output['evalue']}")
                if output.get("name") == "stderr":
                    found.append(f"cell {at}: stderr: {output['text']}")
        if expected == 1:
            found.append("there is no code cell")
        return found + self.unseen() + self.complaints + self.outside

    def unseen(self) -> list[str]:
        """Outputs of the model that the page does not show, or shows as an error."""
        return self.do("""
            const found = [];
            book.widgets.forEach((cell, at) => {
                const area = cell.node.querySelector('.jp-OutputArea');
                (cell.model.outputs?.toJSON() ?? []).forEach((output, number) => {
                    const node = area?.querySelectorAll(
                        ':scope > .jp-OutputArea-child')[number]?.querySelector(
                        '.jp-OutputArea-output');
                    const data = output.data ?? {};
                    const wanted = data['application/vnd.jupyter.widget-view+json']
                        ? '.jupyter-widgets' : data['image/png'] ? 'img' : null;
                    if (!node?.innerText.trim() && !node?.querySelector('img, svg'))
                        found.push(`cell ${at}: output ${number} cannot be seen`);
                    else if (wanted && !node.querySelector(wanted))
                        found.push(`cell ${at}: output ${number} has no ${wanted}`);
                    if (node?.querySelector('.jupyter-widgets-error-widget'))
                        found.push(`cell ${at}: a widget in error`);
                });
                for (const image of cell.node.querySelectorAll('img'))
                    if (!image.complete || image.naturalWidth === 0)
                        found.push(`cell ${at}: a picture that does not load`);
            });
            return found;""")

    def wide(self) -> list[str]:
        """Outputs that do not fit into the width they have."""
        return self.do("""
            const found = [];
            book.widgets.forEach((cell, at) => {
                for (const {scrollWidth, clientWidth} of
                        cell.node.querySelectorAll('.jp-OutputArea-output'))
                    if (scrollWidth > clientWidth + 1)
                        found.push(`cell ${at}: ${scrollWidth} of ${clientWidth} pixels`);
            });
            return found;""")

    def shown(self, index: int) -> tuple[str, list[list[str]]]:
        """What the page shows of a cell with one picture: its PNG's digest, and the table's cells.

        The first row of the table is its header.
        """
        source, rows = (
            self.cell(index)
            .locator(".jp-OutputArea")
            .evaluate("""area => [
            area.querySelector('img').src,
            [...area.querySelectorAll('table tr')].map(
                row => [...row.cells].map(cell => cell.textContent.replace(/\\u00a0/g, ' ')))]""")
        )
        return hashlib.sha256(base64.b64decode(source.partition(",")[2])).hexdigest(), rows

    def slider(self, label: str) -> Locator:
        """What a keyboard moves of the slider beside the number box of this name."""
        pair = self.page.get_by_label(label, exact=True).locator(
            "xpath=ancestor::div[contains(@class, 'widget-hbox')][1]"
        )
        return pair.locator(".noUi-handle[role=slider]")

    def theme(self, name: str) -> None:
        """Change JupyterLab's theme; done when its colours are there."""
        self.command("apputils:change-theme", {"theme": name})
        self.page.wait_for_function(
            "name => document.body.dataset.jpThemeName === name", arg=name, timeout=60_000
        )

    def screenshot(self, path: Path) -> None:
        """The notebook from its first to its last cell."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
        tall = self.do("""
            document.activeElement?.blur();
            const outer = book.node.querySelector('.jp-WindowedPanel-outer') ?? book.node;
            outer.scrollTop = 0;
            return outer.scrollHeight + window.innerHeight - outer.clientHeight;""")
        self.page.set_viewport_size({"width": WIDTH, "height": min(int(tall), MOST_HEIGHT)})
        self.page.wait_for_function(
            f"""() => {{ {PANEL}
            const outer = book.node.querySelector('.jp-WindowedPanel-outer') ?? book.node;
            outer.scrollTop = 0;
            return outer.clientHeight > 0; }}"""
        )
        self.page.screenshot(path=path)
        self.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})

    def close(self) -> None:
        """End the kernel and leave the page; nothing is saved."""
        self.do("await panel.sessionContext.shutdown();")
        self.page.close(run_before_unload=False)


@contextmanager
def browsing(driver: Playwright, chromium: str) -> Iterator[BrowserContext]:
    """A browser with an empty profile of its own."""
    browser: Browser = driver.chromium.launch(executable_path=chromium, args=ARGUMENTS)
    try:
        context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
        context.set_default_timeout(60_000)
        yield context
    finally:
        browser.close()


def until(seen: Any, what: str, seconds: float = 30) -> Any:
    """Wait until a call gives something true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := seen():
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds:g} s: {what}")
