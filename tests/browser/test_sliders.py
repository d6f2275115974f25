"""Sliders, boxes and buttons, moved by keyboard: picture and table follow, and soon."""

from __future__ import annotations

import ast
import statistics

import pytest

from .book import until

pytestmark = pytest.mark.browser

PICTURE = "__import__('hashlib').sha256(_.picture.png).hexdigest()"
TABLE = "[list(_.picture.table.headers), *map(list, _.picture.table.rows)]"

TIMES = """area => {
    const times = window.redraws = [], image = () => area.querySelector('img')?.src;
    let start, last = image();
    document.addEventListener('keydown', () => { start = performance.now(); }, true);
    new MutationObserver(() => {
        if (image() && image() !== last) {
            last = image();
            times.push(performance.now() - start);
        }
    }).observe(area, {attributes: true, childList: true, subtree: true});
}"""


class Panel:
    """The sliders of a notebook, after its cells up to them."""

    def __init__(self, book):
        self.book = book
        self.index = book.find("explore(records")
        for text in ("lab.serve(", "records = answer.records", "explore(records"):
            book.run(book.find(text))
        self.seen = self.both()

    def both(self):
        """Picture and table on the page, once they are those of the kernel."""

        def agreed():
            shown = self.book.shown(self.index)
            kernel = ast.literal_eval(self.book.value(f"({PICTURE}, {TABLE})"))
            return shown if shown == kernel else None

        return until(agreed, "the page shows what the kernel drew")

    def moved(self):
        """The same after a move; it fails if nothing changes."""
        until(
            lambda: self.book.value(PICTURE) != repr(self.seen[0]), "the kernel draws a new picture"
        )
        before, self.seen = self.seen, self.both()
        assert self.seen[0] != before[0]
        return before[1], self.seen[1]

    def column(self, name):
        """Name of the target -> cell of this column."""
        header, *rows = self.seen[1]
        return {row[0]: row[header.index(name)] for row in rows}


@pytest.fixture(scope="module")
def panel(open_module_book):
    return Panel(open_module_book("03"))


@pytest.mark.parametrize(("label", "column"), [
    ("server3 preference", "preference"), ("server1 preference", "preference"),
    ("server1 order", "order"), ("server2 order", "order"),
    ("server3 order", "order"),
])  # fmt: skip
def test_preference_and_order(panel, label, column):
    name, handle = label.partition(" ")[0], panel.book.slider(label)
    before = int(float(handle.get_attribute("aria-valuenow")))
    key, step = ("ArrowLeft", -1) if before == 200 else ("ArrowRight", 1)
    handle.press(key)
    panel.moved()
    if column in panel.seen[1][0]:  # the table has no orders if they are all the same
        assert panel.column(column)[name] == str(before + step)
    assert panel.book.page.get_by_label(label, exact=True).input_value() == str(before + step)


def test_seed(panel):
    panel.book.slider("seed").press("ArrowRight")
    before, after = panel.moved()
    assert before[0] == after[0]
    assert [row[:3] for row in before] == [row[:3] for row in after]  # the same plan, other lots


def test_number_box(panel):
    box = panel.book.page.get_by_label("calls", exact=True)
    box.fill("400")
    box.press("Enter")
    panel.moved()
    assert sum(int(count) for count in panel.column("observed").values()) == 400


def test_redraw_of_100_000_calls(panel, capsys):
    panel.book.slider("calls").press("End")
    panel.moved()
    assert sum(int(n.replace(",", "")) for n in panel.column("observed").values()) == 100_000
    area = panel.book.cell(panel.index).locator(".jp-OutputArea")
    area.evaluate(TIMES)
    for _ in range(15):
        panel.book.slider("seed").press("ArrowRight")
        panel.moved()
    times = panel.book.page.evaluate("window.redraws")
    assert len(times) == 15
    median = statistics.median(times)
    with capsys.disabled():
        print(f"\nkey to picture, 100,000 calls: median {median:.0f} ms of {len(times)} redraws")
    assert median < 1000  # 40 to 90 on a quiet machine


def test_down_and_reading(panel):
    """A target is taken down, by Space; then the reading is changed, by Enter."""
    panel.book.page.get_by_label("server2 down", exact=True).press("Space")
    panel.moved()
    assert panel.column("observed")["server2"] == "0"
    panel.book.page.get_by_role("radio", name="rfc").or_(
        panel.book.page.get_by_role("button", name="rfc", exact=True)
    ).first.press("Enter")
    panel.moved()
    assert panel.column("observed")["server3"] == "0"


def test_sliders_have_room(panel):
    """As wide as a hand needs, at the width of the window that the screenshots have."""
    sliders = panel.book.cell(panel.index).locator(".widget-hslider .slider-container")
    widths = sliders.evaluate_all("all => all.map(one => one.getBoundingClientRect().width)")
    assert len(widths) == 8
    assert min(widths) >= 80
    assert panel.book.wide() == []


def test_nothing_went_wrong(panel):
    assert panel.book.complaints + panel.book.outside == []
