"""README's screenshots, of notebooks running in JupyterLab: python -m tests.browser.screenshots."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from enumlab import peers

from .book import Book, browsing
from .jupyter import ROOT, serving

FOLDER = ROOT / "notebooks" / "pictures"
COLOURS = 128  # a screenshot has few: a palette makes the file a third as long


def main() -> None:
    """Run two notebooks and keep one cell of each, with its outputs."""
    chromium = peers.find("chromium")
    if chromium is None:
        raise SystemExit("chromium is not on this machine (Debian package: chromium)")
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder, "jupyter")) as jupyter,
        sync_playwright() as driver,
        browsing(driver, chromium) as context,
    ):
        for name, source, picture in [
            ("03-how-are-calls-shared", "explore(records", "split-sliders.png"),
            ("05-a-thousand-numbers", "block.plot()", "block-map-lab.png"),
        ]:
            book = Book(context.new_page())
            book.open(jupyter.lab(f"{name}.ipynb")).run_all()
            if troubles := book.troubles():
                raise SystemExit("\n".join(troubles))
            keep(book, source, FOLDER / picture)
            book.close()


def keep(book: Book, source: str, path: Path) -> None:
    """Save one cell with its outputs as it is on the screen."""
    book.page.set_viewport_size({"width": 1140, "height": 1000})
    book.command("application:toggle-left-area")
    book.do("document.activeElement?.blur(); book.deselectAll(); book.activeCellIndex = 0;")
    cell = book.cell(book.find(source))
    cell.scroll_into_view_if_needed()
    book.page.mouse.move(0, 0)
    image = Image.open(io.BytesIO(cell.screenshot(animations="disabled"))).convert("RGB")
    image = image.quantize(COLOURS, dither=Image.Dither.NONE)
    image.save(path, optimize=True)
    print(
        f"{path.relative_to(ROOT)}: {image.width} x {image.height}, {path.stat().st_size:,} bytes"
    )


if __name__ == "__main__":
    main()
