"""Pictures of calls and what stands beside them: the table, the sentence, the alt text."""

from __future__ import annotations

import base64
import re
import struct
from html.parser import HTMLParser
from itertools import pairwise

import ipywidgets as widgets
import matplotlib as mpl
import pytest

import enumlab as lab
from enumlab.calls import simulate
from enumlab.show import figure, outage, sliders, split
from enumlab.show.plain import Table
from enumlab.show.shares import number, percent, share_rows
from enumlab.show.terminal import split_text

PAIRS = [(10, 100), (10, 200), (20, 50)]
DOWN = {"A": (600, 1500), "B": 0.25}


def pictures():
    """One of each kind, by name."""
    made = simulate(PAIRS, 4000, "split", DOWN)
    found = {kind: made.plot(kind) for kind in ("shares", "convergence", "timeline", "delays")}
    return found | {"readings": split.readings(PAIRS, 4000, down=DOWN)}


PICTURES = pictures()
each_picture = pytest.mark.parametrize("kind", PICTURES)


class Elements(HTMLParser):
    """Start tags and texts of a page."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.cells = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.cells.append(data)


@each_picture
def test_html_png_and_text_come_together(kind):
    picture = PICTURES[kind]
    bundle = picture._repr_mimebundle_(include=None, exclude=None)
    assert set(bundle) == {"text/html", "image/png", "text/plain"}
    assert base64.b64decode(bundle["image/png"]) == picture.png
    page = Elements(bundle["text/html"])
    [image] = [attrs for tag, attrs in page.tags if tag == "img"]
    assert image["alt"] == picture.alt
    assert image["src"] == f"data:image/png;base64,{bundle['image/png']}"
    assert "caption" in dict(page.tags)
    scopes = [attrs.get("scope") for tag, attrs in page.tags if tag == "th"]
    assert scopes.count("col") == len(picture.table.headers)
    assert scopes.count("row") == len(picture.table.rows)
    assert picture.sentence in page.cells
    assert picture.sentence in bundle["text/plain"]


@each_picture
def test_alt_text_has_the_numbers_of_the_table(kind):
    """Each count or share of the table is said, and nothing else is."""
    picture = PICTURES[kind]
    unsaid = {
        "shares": {"share", "percent", "difference", "order", "preference"},
        "convergence": {header for header in picture.table.headers if "fair" in header},
        "timeline": {"calls"},
        "delays": {"percent"},
        "readings": {"order", "preference"},
    }[kind]
    numbers = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
    cells = [
        cell
        for row in picture.table.rows
        for header, cell in zip(picture.table.headers, row, strict=True)
        if header not in unsaid
    ]
    in_table = {found for cell in cells for found in numbers.findall(cell)}
    in_alt = set(numbers.findall(picture.alt))
    assert in_table <= in_alt
    assert in_alt <= in_table | {"95", "4,000"}


@each_picture
def test_png_is_large_enough_and_the_same_each_time(kind):
    picture = PICTURES[kind]
    width, height = struct.unpack(">II", picture.png[16:24])
    assert width == 740
    assert 200 < height < 700
    assert pictures()[kind].png == picture.png


def test_png_does_not_depend_on_the_learners_style():
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red", "figure.dpi": 300}):
        assert simulate(PAIRS, 4000, "split", DOWN).plot().png == PICTURES["shares"].png


def test_no_two_targets_look_alike():
    looks = [(look["facecolor"], look["hatch"]) for look in map(figure.look, range(49))]
    assert len(set(looks)) == 49
    assert all(a[1] != b[1] for a, b in pairwise(looks))
    lost = figure.lost_look()
    assert lost["hatch"] not in figure.HATCHES


def test_split_table_adds_up():
    calls = simulate([10, 10, 5, 5], 10_000)
    rows = share_rows(calls)
    assert [str(row.share) for row in rows] == ["1/3", "1/3", "1/6", "1/6"]
    assert sum(row.observed for row in rows) == sum(row.expected for row in rows) == 10_000
    header, *lines = calls.plot().table.lines()
    assert header.split("  ")[0] == "target"
    for row, line in zip(rows, lines, strict=True):
        assert f"{row.observed:,}" in line
        assert number(row.observed - row.expected, sign="+") in line


def test_lost_calls_have_a_row_and_what_is_outside_is_said():
    table = simulate(PAIRS, 100, "rfc", [0, 1]).plot().table
    assert [row[0] for row in table.rows] == ["A", "B", "C", "lost"]
    outside = next(
        s
        for s in range(200)
        if not all(r.inside for r in share_rows(simulate([1, 1], 100, seed=s)))
    )
    picture = simulate([1, 1], 100, seed=outside).plot()
    assert "outside what 95 of 100 fair draws give: A and B" in picture.sentence
    assert "(outside)" in repr(picture.table)


def test_timeline_tells_who_was_down():
    table = outage.timeline(simulate([(10, 1), (20, 1)], 360, "kamailio", {"A": (600, 1500)})).table
    assert [row[:4] for row in table.rows] == [
        ("0", "600", "none", "60"),
        ("600", "1,500", "A", "90"),
        ("1,500", "3,600", "none", "210"),
    ]
    assert [row[4:] for row in table.rows] == [
        ("60", "0", "0"),
        ("0", "90", "0"),
        ("210", "0", "0"),
    ]


def test_delays_tell_lost_calls_apart():
    made = simulate([(10, 1), (20, 1)], 1000, "kamailio", {"A": 0.5, "B": (0, 900)})
    lost = made.counts["lost"]
    assert 0 < lost < 250
    rows = outage.delays(made).table.rows
    assert [row[0] for row in rows] == ["0", "4", "8"]
    assert [row[4] for row in rows] == ["0", "0", f"{lost:,}"]
    assert [row[3] for row in rows][2] == "0"


def test_convergence_ends_at_the_counts():
    calls = simulate([1, 3], 12_345)
    *_, thousand, _, last = calls.plot("convergence").table.rows
    so_far = (calls.frame["answered"][:1000] == "A").sum()
    assert thousand[:2] == ("1,000", percent(so_far / 1000))
    assert last[0] == "12,345"
    assert last[1] == percent(calls.counts["A"] / 12_345)
    with pytest.raises(lab.LabError, match="at least 10"):
        simulate([1, 3], 9).plot("convergence")


def test_readings_are_three_simulations():
    table = split.readings([100, 100, 200], 1000, seed=3).table
    for column, reading in enumerate(("split", "rfc", "kamailio"), 2):
        counts = simulate([100, 100, 200], 1000, reading, seed=3).counts
        assert [row[column] for row in table.rows] == [f"{counts[n]:,}" for n in "ABC"]


@pytest.mark.parametrize("calls", [0, 1, 10])
@pytest.mark.parametrize("kind", ["shares", "timeline", "delays"])
def test_few_calls_and_all_down_can_be_drawn(calls, kind):
    for down in ((), [0, 1, 2]):
        picture = simulate(PAIRS, calls, down=down).plot(kind)
        assert picture.png.startswith(b"\x89PNG")
        assert picture.table.rows or calls == 0


def test_an_unknown_kind_is_named():
    with pytest.raises(lab.LabError, match="shares, convergence, timeline, delays"):
        simulate(PAIRS, 10).plot("pie")


def test_calls_show_themselves_as_the_split_table():
    calls = simulate([100, 300], 400)
    assert repr(calls) == "<Calls 400 read as split: A: 100, B: 300, lost: 0>"
    assert "<caption>400 calls shared by the split rule (seed 1)</caption>" in calls._repr_html_()


def test_text_of_a_picture_can_be_escaped():
    table = Table("a < b", ("x",), [("<i>",)])
    assert "&lt;i&gt;" in table._repr_html_()
    picture = figure.Picture(b"PNG", 'say "<b>"', "1 < 2", table)
    html = picture._repr_mimebundle_()["text/html"]
    assert 'alt="say &quot;&lt;b&gt;&quot;"' in html
    assert ">1 &lt; 2</p>" in html


# In a terminal


@pytest.mark.parametrize(
    ("preferences", "calls"),
    [
        ([100, 100, 200], 10_000),
        ([10, 10, 5, 5], None),
        ([1], 1),
        ([1, 65535, 0], 10**9),
        (range(1, 31), 10**6),
    ],
)
def test_terminal_is_ascii_and_80_columns(preferences, calls):
    text = split_text(preferences, calls)
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 80


def test_terminal_has_the_numbers_of_the_table():
    table = simulate([100, 100, 200], 10_000, seed=3).plot().table
    text = split_text([100, 100, 200], 10_000, seed=3)
    for row in table.rows:
        for cell in row:
            assert cell in text
    first = text.splitlines()
    assert [line.count("#") for line in first[1:4]] == [20, 20, 40]


def test_terminal_refuses_what_split_refuses():
    with pytest.raises(lab.LabError, match="sum to 0"):
        split_text([0, 0])


# Sliders, moved without a browser


class Handle:
    """Keeps what a notebook would show."""

    def __init__(self):
        self.shown = []

    def update(self, shown):
        self.shown.append(shown)


@pytest.fixture(name="panel")
def _panel():
    zone = lab.Zone.named("playground")
    panel = sliders.explore(zone.find("3.1.9.0.0.5.5.5.3.1.6").records, calls=1000)
    panel._handle = Handle()
    return panel


def column(picture, header):
    place = picture.table.headers.index(header)
    return [row[place] for row in picture.table.rows]


def test_sliders_move_the_picture(panel):
    assert column(panel.picture, "share") == ["1/4", "1/4", "1/2"]
    panel.controls["server3 preference"].value = 100
    assert column(panel.picture, "share") == ["1/3", "1/3", "1/3"]
    panel.controls["server1 order"].value = 20
    assert column(panel.picture, "share") == ["0", "1/2", "1/2"]
    panel.controls["server2 down"].value = True
    assert column(panel.picture, "share") == ["0", "0", "1"]
    panel.controls["server3 down"].value = True
    assert column(panel.picture, "share") == ["1", "0", "0"]
    panel.controls["reading"].value = "rfc"
    assert column(panel.picture, "target")[-1] == "lost"
    assert column(panel.picture, "observed") == ["0", "0", "0", "1,000"]
    panel.controls["calls"].value = 500
    assert column(panel.picture, "observed") == ["0", "0", "0", "500"]
    assert panel._handle.shown[-1] is panel.picture
    assert len(panel._handle.shown) == 6


def test_seed_slider_draws_anew(panel):
    before = column(panel.picture, "observed")
    panel.controls["seed"].value = 2
    assert column(panel.picture, "observed") != before
    panel.controls["seed"].value = 1
    assert column(panel.picture, "observed") == before


def test_sliders_draw_what_simulate_draws(panel):
    panel.controls["server1 preference"].value = 50
    made = simulate([50, 100, 200], 1000)
    assert column(panel.picture, "observed") == [f"{made.counts[name]:,}" for name in "ABC"]


def test_every_slider_has_a_number_box_with_a_name(panel):
    pairs = [
        box.children
        for row in panel._box.children
        if isinstance(row, widgets.HBox)
        for box in row.children
        if isinstance(box, widgets.HBox)
    ]
    assert len(pairs) == 8
    for box, slider in pairs:
        assert isinstance(box, widgets.BoundedIntText)
        assert isinstance(slider, widgets.IntSlider)
        assert box.description
        assert slider.continuous_update is False
    box, slider = pairs[0]
    box.value = 7
    assert slider.value == 7
    slider.value = 9
    assert box.value == 9


def test_sliders_that_cannot_be_drawn_say_why_and_recover(panel):
    before = panel.picture
    for name in ("server1", "server2", "server3"):
        panel.controls[f"{name} preference"].value = 0
    assert "sum to 0" in panel._handle.shown[-1].text
    assert "<p>" in panel._handle.shown[-1]._repr_html_()
    assert panel.picture is not before
    panel.controls["server2 preference"].value = 1
    assert column(panel.picture, "share") == ["0", "1", "0"]


def test_sliders_start_where_they_are_told():
    panel = sliders.explore([(10, 1), (20, 300)], 50, "kamailio", "A", 5, kind="delays")
    values = {label: control.value for label, control in panel.controls.items()}
    assert values == {
        "A preference": 1,
        "A order": 10,
        "A down": True,
        "B preference": 300,
        "B order": 20,
        "B down": False,
        "calls": 50,
        "seed": 5,
        "reading": "kamailio",
    }
    assert (
        panel.picture.table
        == simulate([(10, 1), (20, 300)], 50, "kamailio", "A", 5).plot("delays").table
    )


@pytest.mark.parametrize(
    "arguments",
    [{"records": []}, {"reading": "bind"}, {"down": "Z"}, {"kind": "pie"}, {"calls": -1}],
)
def test_sliders_refuse_what_simulate_refuses(arguments):
    with pytest.raises(lab.LabError):
        sliders.explore(**arguments)


def test_a_picture_stands_above_the_sliders(panel, monkeypatch):
    shown = []
    monkeypatch.setattr(sliders, "display", lambda what, **_: shown.append(what))
    panel._ipython_display_()
    picture, bundle = shown
    assert picture == panel.picture
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == panel._box.model_id
    assert bundle["text/plain"] == sliders.INSTEAD  # what a saved notebook shows, opened again
