"""The site: built without a warning, complete, alone, and good to read on a telephone."""

from __future__ import annotations

import re
import subprocess
import sys
from urllib.parse import unquote, urlsplit

import pytest

import enumlab as lab
from enumlab.notebooks.files import as_text, read
from enumlab.site import building, twins
from enumlab.site.books import NEEDS_KERNEL
from enumlab.site.books import page as as_page

from .conftest import ROOT, SCREENSHOTS, html_pages, notebook_cells
from .pages import Page

BOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NAMES = [path.stem for path in BOOKS]
OUTSIDE = re.compile(r"^(https?:)?//")
CSS_ADDRESS = re.compile(r"""(?:url\(\s*|@import\s+)["']?((?:https?:)?//[^"')\s]+)""")


@pytest.fixture(scope="module")
def pages(site):
    return [Page(path) for path in html_pages(site)]


def one(pages, stem):
    [found] = [page for page in pages if page.path.stem == stem]
    return found


# What is there


def test_each_notebook_is_a_page_and_stands_in_the_contents(pages):
    landing = one(pages, "index")
    for path in BOOKS:
        title = read(path).cells[0].source.partition("\n")[0]
        assert f"notebooks/{path.stem}.html" in landing.links
        assert title.removeprefix("# ") in landing.words


@pytest.mark.parametrize("name", ["plans", "room", "teaching", "marking", "trouble"])
def test_instructors_have_a_page(pages, name):
    assert len(one(pages, name).words.split()) > 250
    assert f"instructors/{name}.html" in one(pages, "index").links


def test_teaching_notes_say_the_minutes_of_each_notebook(pages):
    words = one(pages, "teaching").words
    for path in BOOKS:
        title, _, aims = read(path).cells[0].source.partition("\n\n")
        note = words.partition(f"{path.stem[:2]} {title.removeprefix('# ')}")[2]
        assert f"{aims.partition(' ')[0]} minutes" in note[:40], path.stem
        for part in ("Belief.", "Ask", "Minutes.", "Listen for."):
            assert part in note


def test_half_a_day_adds_up():
    text = (building.PAGES / "instructors" / "plans.md").read_text(encoding="utf-8")
    plans = [re.findall(r"^\| (\d+) \|", part, re.MULTILINE) for part in text.split("\n## ")]
    assert [sum(map(int, minutes)) for minutes in plans[1:3]] == [90, 210]


@pytest.mark.parametrize("path", BOOKS, ids=NAMES)
def test_each_exercise_says_that_it_needs_a_kernel(pages, path):
    exercises = [cell for cell in notebook_cells(path) if re.match(r"@?lab\.exercise\(", cell)]
    words = " ".join(one(pages, path.stem).words.split())
    assert words.count(NEEDS_KERNEL) == len(exercises)
    assert "not attempted yet" not in words


# Static twins of the sliders


@pytest.mark.parametrize("path", BOOKS, ids=NAMES)
def test_each_slider_has_a_static_twin(pages, path):
    sliders = [cell for cell in notebook_cells(path) if "explore(" in cell]
    captions = [table.caption for table in one(pages, path.stem).tables]
    assert len([text for text in captions if text.startswith("The sliders at")]) == len(sliders)
    assert (path.stem in twins.TWINS) == bool(sliders)
    assert "controls appear here" not in one(pages, path.stem).words


def test_the_twin_shows_what_the_calls_do():
    [path] = [path for path in BOOKS if path.stem.startswith("03-")]
    table = twins.twin_table(path.stem, _picture_of_slider(path))
    assert table.headers == ("moved", "server1", "server2", "server3", "lost")
    rows = {row[0]: row[1:] for row in table.rows}
    by_hand = lab.simulate([(10, 100), (10, 100), (10, 0)], calls=10_000).counts
    counts = f"{by_hand['A']:,} (50 %)", f"{by_hand['B']:,} (50 %)", "0 (0 %)", "0"
    assert rows["server3 preference 0"] == counts
    assert rows["server3 down"][2:] == ("0 (0 %)", "0")


def test_a_twin_that_starts_elsewhere_than_the_notebook_is_refused():
    with pytest.raises(lab.LabError, match="another picture"):
        twins.twin_table("03-how-are-calls-shared", "Of 10 calls")
    with pytest.raises(lab.LabError, match="no static twin"):
        twins.twin_table("05-a-thousand-numbers", "")


def _picture_of_slider(path):
    [cell] = [cell for cell in read(path).cells if "explore(" in cell.source and cell.outputs]
    return cell.outputs[0].data["text/plain"]


# Alone


def test_nothing_is_loaded_from_elsewhere(site, pages):
    assert [(p.path.name, a) for p in pages for a in p.fetched if OUTSIDE.match(a)] == []
    styles = {path: path.read_text(encoding="utf-8") for path in site.rglob("*.css")}
    styles |= {page.path: page.path.read_text(encoding="utf-8") for page in pages}
    assert {path.name: CSS_ADDRESS.findall(text) for path, text in styles.items()} == {
        path.name: [] for path in styles
    }


def test_no_link_leads_outside(pages):
    assert [(page.path.name, link) for page in pages for link in page.links if "://" in link] == []


def test_no_dead_link_and_no_dead_anchor(site, pages):
    assert dead_links(pages) == []
    assert sum(len(page.links) for page in pages) > 500


def dead_links(pages):
    by_path = {page.path: page for page in pages}
    dead = []
    for page in pages:
        for link in [*page.links, *page.fetched]:
            parts = urlsplit(link)
            if parts.scheme:
                continue
            target = page.path
            if parts.path:
                target = (page.path.parent / unquote(parts.path)).resolve()
            there = target.is_file()
            if there and parts.fragment and target in by_path:
                there = unquote(parts.fragment) in by_path[target].ids
            if not there:
                dead.append((page.path.name, link))
    return dead


def test_a_dead_link_would_be_found(tmp_path):
    path = tmp_path / "page.html"
    path.write_text(
        '<a href="#here" id="here">x</a><a href="#gone">x</a><a href="page.html">x</a>'
        '<a href="gone.html">x</a><a href="page.html#gone">x</a><img src="gone.png">'
    )
    dead = [link for _, link in dead_links([Page(path)])]
    assert dead == ["#gone", "gone.html", "page.html#gone", "gone.png"]


# In the browser


def test_search_finds_a_word_with_no_network(site, reader):
    page = reader.open(f"{(site / 'search.html').as_uri()}?q=encloser")
    page.wait_for_selector("#search-results li a")
    found = page.locator("#search-results li a").evaluate_all("all => all.map(a => a.href)")
    page.close()
    assert any("05-a-thousand-numbers.html" in address for address in found)
    assert any("glossary.html" in address for address in found)
    assert not any("03-how-are-calls-shared.html" in address for address in found)


PHONE = 390
TO_LOOK_AT = ["index", "05-a-thousand-numbers"]


def test_no_page_is_wider_than_a_telephone(pages, reader):
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    too_wide = []
    for each in pages:
        page = reader.open(each.path, width=PHONE)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > PHONE:
            too_wide.append((each.path.stem, width))
        if each.path.stem in TO_LOOK_AT:
            page.screenshot(path=SCREENSHOTS / f"site-{each.path.stem}-{PHONE}.png", full_page=True)
        page.close()
    assert too_wide == []


SCROLLING = """() => [...document.querySelectorAll("main *")].filter(part =>
    part.scrollWidth > part.clientWidth + 1
    && ["auto", "scroll"].includes(getComputedStyle(part).overflowX)
)"""


@pytest.mark.parametrize("name", ["02-what-the-answer-says", "08-in-real-switches"])
def test_what_scrolls_is_reached_and_moved_by_keyboard(site, reader, name):
    [path] = site.rglob(f"{name}.html")
    page = reader.open(path, width=PHONE)
    parts = page.evaluate_handle(SCROLLING)
    tabs = parts.evaluate("parts => parts.map(part => part.tabIndex)")
    assert tabs
    assert set(tabs) == {0}
    parts.evaluate("parts => parts[0].focus()")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("parts => parts[0].scrollLeft > 0", arg=parts)
    page.close()


RINGED = """() => {
    const style = getComputedStyle(document.activeElement);
    return style.outlineStyle != "none" || /[1-9]px/.test(style.boxShadow);
}"""


def test_the_tab_key_starts_with_a_way_past_the_menu_and_shows_where_it_is(site, reader):
    page = reader.open(site / "index.html")
    page.keyboard.press("Tab")
    first = page.evaluate("document.activeElement.textContent.trim()")
    for _ in range(3):
        page.keyboard.press("Tab")
        page.wait_for_function(RINGED)
    page.close()
    assert first == "Skip to main content"


# The command


def test_sphinx_is_loaded_by_the_build_only():
    program = (
        "import sys, enumlab, enumlab.site, enumlab.site.building\n"
        "assert not {'sphinx', 'docutils', 'myst_nb', 'matplotlib'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_without_sphinx_one_line_says_what_to_do(tmp_path):
    program = (
        "import importlib.util as u, sys\n"
        "find = u.find_spec\n"
        "u.find_spec = lambda name, *more: None if name == 'sphinx' else find(name, *more)\n"
        "from enumlab.site.__main__ import main\n"
        f"sys.exit(main([{str(tmp_path / 'out')!r}]))\n"
    )
    made = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert made.returncode == 2
    [line] = made.stderr.splitlines()
    assert line.startswith("enumlab: the site needs sphinx")
    assert "make site" in line


def test_a_folder_with_other_things_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(lab.LabError, match="something else"):
        building.build(tmp_path)
    with pytest.raises(lab.LabError, match="is a file"):
        building.build(tmp_path / "thesis.txt")
    with pytest.raises(lab.LabError, match="no course in"):
        building.build(tmp_path / "out", tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")  # of Sphinx, on its extensions
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("text", "seen"), [
    ("# Title\n\n[gone](gone.md)\n", "gone"),
    ("# Title\n\n[gone](#gone)\n", "gone"),
    ("# Title\n\n### Deep\n", "Non-consecutive header"),
    ("# Title\n\n![Bar](gone.png)\n", "gone.png"),
])  # fmt: skip
def test_a_warning_stops_the_build(tmp_path, monkeypatch, text, seen):
    pages, books = tmp_path / "pages", tmp_path / "books"
    (pages / "_static").mkdir(parents=True)
    (books / "pictures").mkdir(parents=True)
    (pages / "index.md").write_text(f"---\norphan: true\n---\n{text}")
    (books / "glossary.md").write_text("---\norphan: true\n---\n# Words\n")
    monkeypatch.setattr(building, "PAGES", pages)
    with pytest.raises(lab.LabError, match=seen):
        building.build(tmp_path / "out", books)


def test_a_page_leaves_the_notebook_as_it_was():
    before = as_text(read(BOOKS[1]))
    changed = as_page(BOOKS[1])
    assert as_text(read(BOOKS[1])) == before
    assert len(changed.cells) == len(read(BOOKS[1]).cells)  # without its footer, with a note
