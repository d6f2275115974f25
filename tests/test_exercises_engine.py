"""The engine of the exercises: outcomes, readers, hints, progress, predictions."""

from __future__ import annotations

import csv
import io
import json
import re
import threading
import time
from fractions import Fraction
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import enumlab as lab
from enumlab.exercises import functions, judge, overview, pool, readers, store, values
from enumlab.exercises.overview import progress_merge
from enumlab.exercises.tasks import tasks
from enumlab.exercises.trials import run
from enumlab.exercises.verdict import html, plain


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(store, "_unsaved", None)
    monkeypatch.delenv("ENUMLAB_STRICT", raising=False)


def finding(number, answer):
    return judge(tasks()[number], answer)


# Outcomes


def empty(number): ...


def passing(number):
    pass


def documented(number):
    """What it will do."""


def returning_dots(number):
    return ...


def not_implemented(number):
    raise NotImplementedError


@pytest.mark.parametrize(
    "answer", [..., None, "...", empty, passing, documented, returning_dots, not_implemented]
)
def test_not_attempted(answer):
    assert finding("1.1", answer).outcome == "not attempted"


@pytest.mark.parametrize(("number", "answer"), [
    ("3.1", [..., ..., ...]), ("3.1", [1 / 4, ..., None]), ("5.1", "\n...\n"), ("5.1", ""),
    ("5.1", "; a comment\n...\n"), ("6.1", " ... "),
])  # fmt: skip
def test_not_attempted_in_part(number, answer):
    assert finding(number, answer).outcome == "not attempted"


def faulty(number):
    digits = [int(sign) for sign in number]
    return digits


def test_raised_shows_the_learners_own_line():
    found = finding("1.1", faulty)
    assert found.outcome == "raised"
    rows = dict(found.rows)
    assert rows["your line"] == "digits = [int(sign) for sign in number]"
    assert rows["error"].startswith("ValueError: invalid literal")
    assert rows["input"] == "'+61'"
    assert "exercises" not in repr(found.rows)


def test_raised_inside_the_lab_shows_the_line_that_called_it():
    def asks_nonsense(number):
        return lab.to_domain("letters")

    rows = dict(finding("1.1", asks_nonsense).rows)
    assert rows["your line"] == 'return lab.to_domain("letters")'
    assert rows["error"].startswith("NumberError: the letter 'l'")


def recursive(number):
    return recursive(number)


def exiting(number):
    raise SystemExit


@pytest.mark.parametrize(("answer", "error"), [
    (recursive, "RecursionError"), (exiting, "SystemExit"), (lambda number: 1 / 0, "ZeroDivision"),
])  # fmt: skip
def test_raised_whatever_it_is(answer, error):
    found = finding("1.1", answer)
    assert found.outcome == "raised"
    assert error in found.message


def test_endless_function_is_stopped():
    ticks = []

    def endless(number):
        while True:
            ticks.append(number)

    start = time.perf_counter()
    *done, last = run(endless, [("a",), ("b",)], limit=0.2)
    assert time.perf_counter() - start < 2
    assert (done, last.arguments) == ([], ("a",))
    assert "still running after 0.2 seconds" in str(last.error)
    reached = len(ticks)
    time.sleep(0.05)
    assert len(ticks) == reached
    assert threading.active_count() == 1 or not [
        t for t in threading.enumerate() if t.name.startswith("Thread-") and "work" in t.name
    ]


def test_endless_function_is_a_verdict(monkeypatch):
    def run_shortly(function, inputs):
        return run(function, inputs, 0.1)

    monkeypatch.setattr(functions, "run", run_shortly)

    def endless(number):
        while True:
            pass

    found = finding("1.1", endless)
    assert found.outcome == "raised"
    assert found.message == "Your function was still running after 0.1 seconds, so it was stopped."
    assert found.rows == (("input", "'+61'"),)


def test_what_a_function_prints_is_kept_for_the_counterexample(capfd):
    def talks(number):
        print("I see", number)
        return "no"

    found = finding("1.1", talks)
    assert dict(found.rows)["printed"] == "I see +61"
    assert capfd.readouterr() == ("", "")


def test_arguments_are_copies():
    def destroys(records):
        records.sort()
        result = list(records)
        records.clear()
        return result

    assert finding("2.1", destroys).outcome == "right"


@pytest.mark.parametrize("answer", [lambda: 1, lambda number, suffix: 1])
def test_wrong_parameters_are_told_before_the_first_call(answer):
    found = finding("1.1", answer)
    assert found.outcome == "raised"
    assert "cannot be called" in found.message
    assert "def to_name(number):" in found.message


class Awkward:
    def __eq__(self, other):
        raise RuntimeError

    def __repr__(self):
        raise RuntimeError

    __hash__ = None


@pytest.mark.parametrize("result", [Awkward(), np.arange(3), b"bytes", float("nan"), [[]]])
def test_any_result_is_judged(result):
    for number in ("1.1", "1.2", "2.1", "2.2", "3.2", "4.1", "5.5"):
        found = finding(number, lambda *_: result)
        assert found.outcome == "wrong", number
        assert "got" in dict(found.rows)


@pytest.mark.parametrize(
    "answer",
    [Awkward(), object(), 1.5, True, "text", b"bytes", [], {}, [[1]], lambda x: x, np.nan, np.inf],
)
def test_any_value_is_judged(answer):
    for number in tasks():
        found = finding(number, answer)
        assert found.outcome in ("wrong", "raised"), number
        assert found.message


def test_counterexample_is_the_smallest():
    inputs = [(number,) for number in pool.australian(30) + pool.foreign(10)]
    reference = tasks()["1.1"].expected

    def wrong_for_long_ones(number):
        return reference(number) if len(number) < 13 else "?"

    rows = dict(finding("1.1", wrong_for_long_ones).rows)
    spaced = [pool.spaced(number) for (number,) in inputs]
    candidates = [n for n in [*[n for (n,) in inputs], *spaced] if len(n) >= 13]
    assert len(rows["input"]) - 2 <= min(map(len, candidates))
    assert rows["got"] == "'?'"


def test_unknown_mistake_has_no_misconception():
    found = finding("1.1", lambda number: "2.1.9.0.0.5.5.5.3.1.6.e164.arpa.")
    assert (found.outcome, found.misconception) == ("wrong", "")
    assert list(dict(found.rows)) == ["input", "expected", "got"]


def test_verdict_does_not_depend_on_what_was_judged_before():
    number = "3.1"
    before = lab.exercise(number, [1, 2, 3])
    lab.exercise(number, [1 / 4, 1 / 4, 1 / 2])
    assert lab.exercise(number, [1, 2, 3]) == before


# The public call


def test_decorator_gives_the_function_back():
    def to_name(number):
        return lab.to_domain(number)

    assert lab.exercise("1.1")(to_name) is to_name
    assert store.load()[0].exercises["1.1"].outcome == "right"


def test_function_may_be_passed_as_well():
    assert lab.exercise("1.1", lab.to_domain).right


def test_zone_and_answer_are_the_same():
    text = tasks()["5.1"].answer
    assert lab.exercise("5.1", text).right
    assert lab.exercise("5.1", zone=text).right


def test_zone_object_is_the_whole_zone():
    zone = lab.Zone.named("playground").with_records(tasks()["5.2"].answer)
    assert lab.exercise("5.2", zone=zone).right
    assert not lab.exercise("5.2", zone=lab.Zone.named("playground")).right


def test_records_that_are_left_out_are_told():
    finding = lab.exercise("5.1", zone='*.3.example. NAPTR 1 1 "u" "E2U+sip" "!.*!sip:a@b.c!" .')
    assert ("left out", "line 1: *.3.example. is not below e164.arpa.") in finding.finding.rows


def test_zone_error_is_shown_as_it_is():
    verdict = lab.exercise("5.1", zone="* NAPTR nonsense")
    rows = dict(verdict.finding.rows)
    assert rows["your line"] == "* NAPTR nonsense"
    assert rows["the server says"].startswith("line 1: ")


@pytest.mark.parametrize(
    ("number", "nearest"),
    [("3.9", "3.6"), ("8.9", "8.4"), ("3", "3.1"), ("x", "1.1"), (3.7, "3.6")],
)
@pytest.mark.parametrize("call", [lab.exercise, lab.hint, lab.solution])
def test_unknown_number_names_the_nearest(call, number, nearest):
    with pytest.raises(lab.LabError, match=f"nearest is '{nearest}'"):
        call(number)


def test_strict_raises_the_same_message(monkeypatch):
    verdict = lab.exercise("3.1", [1, 2, 3])
    monkeypatch.setenv("ENUMLAB_STRICT", "1")
    with pytest.raises(AssertionError) as caught:
        lab.exercise("3.1", [1, 2, 3])
    assert str(caught.value) == repr(verdict)
    with pytest.raises(AssertionError, match="not attempted"):
        lab.exercise("3.1", ...)
    with pytest.raises(AssertionError, match="not reversed"):
        lab.exercise("1.1")(lambda n: ".".join(c for c in n if c.isdigit()) + ".e164.arpa")
    assert lab.exercise("3.1", ["25 %", "25 %", "50 %"]).right
    assert "What to do" not in repr(lab.exercise("1.1"))


def test_card_shows_prompt_and_stub():
    card = lab.exercise("1.1")
    task = tasks()["1.1"]
    assert task.stub in repr(card)
    assert "Write a function that gives the ENUM name" in repr(card)
    assert "<pre><code>@lab.exercise" in card._repr_html_()


def test_hints_come_one_by_one():
    task = tasks()["2.1"]
    notes = [lab.hint("2.1") for _ in range(len(task.hints) + 1)]
    for number, note in enumerate(notes[:-1], 1):
        assert f"hint {number} of {len(task.hints)}" in repr(note)
        assert [plain(h) in repr(note) for h in task.hints] == [
            at < number for at in range(len(task.hints))
        ]
    assert repr(notes[-1]) == repr(notes[-2])
    assert 'lab.solution("2.1")' in repr(notes[-1])
    assert "hint 1 of" in repr(lab.hint("2.2"))


def test_solution_shows_code_and_reasoning():
    for task in tasks().values():
        note = lab.solution(task.number)
        assert task.cell(task.answer) in repr(note)
        assert plain(task.because) in repr(note)


def every_outcome():
    return [
        lab.exercise("3.1", ...),
        lab.exercise("1.1", faulty),
        lab.exercise("3.1", [1, 2, 3]),
        lab.exercise("3.1", [1 / 4, 1 / 4, 1 / 2]),
    ]


def test_html_says_in_words_what_it_says_by_colour():
    words = ("not attempted yet", "stopped with an error", "not right", "right")
    signs = "○⚠✗✓"
    for verdict, word, sign in zip(every_outcome(), words, signs, strict=True):
        shown = verdict._repr_html_()
        text = unescape(re.sub(r"<[^>]*>", " ", shown))
        assert f"{sign} Exercise {verdict.number}" in text
        assert re.search(rf": {word}[. (]", text)
        assert re.sub(r"\s+", "", plain(verdict.message)) in re.sub(r"\s+", "", text)
        assert not re.search(r"(?<!border-left:4px solid )#[0-9A-F]{6}", shown)
        if verdict.finding.rows:
            assert 'scope="row"' in shown
            assert "<caption>" in shown


def test_html_is_escaped():
    shown = lab.exercise("1.4", "<script>alert(1)</script>")._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_markdown_of_a_list_and_of_code():
    text = "One:\n\n- a `b`\n- c\n\n```\nd  <e>\n```"
    assert html(text) == (
        "<p>One:</p><ul><li>a <code>b</code></li><li>c</li></ul>"
        "<pre><code>d  &lt;e&gt;</code></pre>"
    )
    assert plain(text) == "One:\n\n- a b\n- c\n\nd  <e>"


# Values


@pytest.mark.parametrize("answer", [
    1 / 4, 0.25, 25, "25 %", "25%", "1/4", "0.25", Fraction(1, 4), np.float64(0.25), 25.0, ".25",
    np.float32(25), "100/4 %",
])  # fmt: skip
def test_share_is_understood(answer):
    read = readers.share(answer)
    assert (read.value, read.said) == (Fraction(1, 4), "1/4 (25 %)")


@pytest.mark.parametrize(
    "answer", [True, "a quarter", None, object(), "1/0", "25 % %", float("nan"), [1], ""]
)
def test_share_is_refused(answer):
    with pytest.raises(lab.LabError, match=r"expected a number: a fraction such as 1/4"):
        readers.share(answer)


@pytest.mark.parametrize(("answer", "right"), [
    ([0.25, 0.25, 0.5], True), ([25, 25, 50], True), (["1/4", 0.25, "50 %"], True),
    (np.array([25, 25, 50]), True), ({"a": 25, "b": 25, "c": 50}, True), ("25 %; 25 %; 50 %", True),
    ([0.253, 0.25, 0.5], False), (["25.3 %", "25 %", "50 %"], False), ([25, 25], False),
    ([0.25, 0.25, 0.5, 0], False), ([0.2500001, 0.25, 0.5], True),
])  # fmt: skip
def test_shares_are_exact_but_for_the_last_digits(answer, right):
    assert (finding("3.1", answer).outcome == "right") is right


def test_verdict_says_what_was_understood():
    rows = dict(lab.exercise("3.1", [25, 25, "50.5 %"]).finding.rows)
    assert rows["understood as"] == "1/4 (25 %), 1/4 (25 %), 101/200 (50.5 %)"
    assert (
        "add up to 100 %; these add up to 100.5 %"
        in lab.exercise("3.1", [25, 25, "50.5 %"]).message
    )


@given(st.fractions(0, 1, max_denominator=1000))
def test_any_share_is_the_same_in_every_form(share):
    forms = [share, float(share), str(share), f"{float(share * 100)!r} %", f"{float(share)!r}"]
    assert all(values.alike(share, readers.share(form).value) for form in forms)


@given(st.integers(0, 10**9))
def test_any_count_is_the_same_in_every_form(number):
    forms = [number, float(number), str(number), f"{number:,}", f"{number:_}"]
    assert {readers.count(form).value for form in forms} == {number}


@pytest.mark.parametrize("answer", ["12 %", 1.5, "a few", [1]])
def test_count_is_whole(answer):
    with pytest.raises(lab.LabError, match="expected a"):
        readers.count(answer)


# Progress


def written():
    return json.loads(Path(store.FILE).read_text(encoding="utf-8"))


def test_progress_is_plain_and_holds_no_names_and_no_times():
    lab.exercise("3.1", [1, 2, 3])
    lab.exercise("3.1", [25, 25, 50])
    lab.exercise("3.3", ...)
    lab.predict("3.a", ["50/50", "100/0"], guess="50/50")
    assert written() == {
        "version": 1,
        "exercises": {"3.1": {"outcome": "right", "attempts": 2}},
        "predictions": {"3.a": "50/50"},
    }
    assert [path.name for path in Path().iterdir()] == [store.FILE]


def test_what_was_right_once_stays_right():
    lab.exercise("3.1", [25, 25, 50])
    lab.exercise("3.1", [1, 2, 3])
    assert written()["exercises"]["3.1"] == {"outcome": "right", "attempts": 1}


@pytest.mark.parametrize("text", ["{", "[]", "\udcff", "[" * 100_000, ""])
def test_damaged_file_is_kept_and_a_new_one_begins(text):
    Path(store.FILE).write_bytes(text.encode("utf-8", "surrogateescape"))
    verdict = lab.exercise("3.1", [25, 25, 50])
    assert verdict.right
    assert f"kept as {store.DAMAGED}" in repr(verdict)
    assert f"kept as {store.DAMAGED}" in verdict._repr_html_()
    assert Path(store.DAMAGED).read_bytes() == text.encode("utf-8", "surrogateescape")
    assert written()["exercises"]["3.1"]["outcome"] == "right"
    assert lab.exercise("3.1", [25, 25, 50]).note == ""


def test_odd_entries_are_left_out():
    Path(store.FILE).write_text(
        '{"exercises": {"1.1": {"outcome": "right", "attempts": 1}, "1.2": {"outcome": "best"},'
        ' "1.3": 5, "1.4": {"outcome": [], "attempts": 1}}, "predictions": {"a": 1, "b": "c"}}'
    )
    record, trouble = store.load()
    assert (set(record.exercises), record.predictions, trouble) == ({"1.1"}, {"b": "c"}, "")


def test_without_a_file_progress_lives_in_memory():
    Path(store.FILE).mkdir()  # a file that can be neither read nor written, for root too
    for _ in range(2):
        verdict = lab.exercise("3.1", [25, 25, 50])
        assert verdict.right
        assert "not saved" in verdict.note
    lab.predict("3.a", guess="x")
    assert lab.predict("3.a").guess == "x"
    assert f"1 of {len(tasks())}" in repr(lab.progress())
    assert "not saved" in repr(lab.progress())
    assert [path.name for path in Path().iterdir()] == [store.FILE]


def test_file_that_cannot_be_written_is_told(monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "write_text", refuse)
    assert "not saved" in lab.exercise("3.1", [1, 2, 3]).note
    assert store.load()[0].exercises["3.1"].outcome == "wrong"


def test_overview_is_a_picture_with_its_table():
    lab.exercise("3.1", [25, 25, 50])
    lab.exercise("3.3", [1, 2, 3, 4])
    lab.exercise("1.1", faulty)
    shown = lab.progress()
    assert shown.sentence == f"1 of {len(tasks())} exercises are right."
    rows = {row[0]: row for row in shown.table.rows}
    assert rows["03"][1:5] == ("1 of 6", "✓", "○", "✗")
    assert rows["01"][1:3] == ("0 of 5", "⚠")
    assert all(len(row) == len(shown.table.headers) for row in shown.table.rows)
    bundle = shown._repr_mimebundle_()
    assert shown.sentence in re.search(r'alt="([^"]*)"', bundle["text/html"])[1]
    assert overview.overview().png == shown.png


def test_class_table(tmp_path):
    lab.exercise("3.1", [25, 25, 50])
    lab.exercise("3.3", [1, 2, 3, 4])
    Path(store.FILE).rename("one.json")
    Path("two.json").write_text("not JSON")
    rows = list(csv.DictReader(io.StringIO(progress_merge(["one.json", "two.json", "no.json"]))))
    assert [row["file"] for row in rows] == ["one.json", "two.json", "no.json"]
    assert [row["right"] for row in rows] == ["1", "0", "0"]
    assert [bool(row["problem"]) for row in rows] == [False, True, True]
    assert (rows[0]["3.1"], rows[0]["3.3"], rows[0]["3.2"]) == ("right", "wrong", "")
    assert list(rows[0])[3:] == list(tasks())


# Predictions


def test_prediction_without_a_guess_states_the_truth():
    note = lab.predict("3.a", ["50/50", "100/0"]).reconcile([498, 502])
    assert repr(note).splitlines()[1].startswith("It came out as 498 / 502. Make a guess")
    assert not Path(store.FILE).exists()
    assert "498 / 502" in note._repr_html_()


@pytest.mark.parametrize(("options", "guess", "truth", "held"), [
    (["50/50", "100/0"], "50/50", [498, 502], True),
    (["50/50", "100/0"], "100/0", [498, 502], False),
    (["25/25/50", "50/50/0", "33/33/33"], "50/50/0", (212, 188, 0), True),
    (["25/25/50", "50/50/0"], "25/25/50", {"a": 212, "b": 188, "c": 0}, False),
    (["0", "99", "999"], "99", 99, True),
    ([0, 99, 999], 0, 99, False),
    (["25 %", "50 %"], "25 %", 0.2483, True),
    (["25 %", "50 %"], "25 %", Fraction(1, 2), False),
    (["none", "all"], "none", "None", True),
    (["a.b", "b.a"], "a.b", "b.a", False),
    ((), "1/4", 0.2483, True),
    ((), "1/4", 0.2, False),
    ((), "50/50", [1, 2, 3], False),
    ((), "yes", True, False),
    ((), "True", True, True),
    ((), "0", 0, True),
    (["0", "5"], "0", 0, True),
    ((), "0/0", [0, 0], True),
])  # fmt: skip
def test_prediction_is_reconciled(options, guess, truth, held):
    note = lab.predict("3.b", options, guess=guess).reconcile(truth)
    assert ("✓ Your guess held" if held else "✗ Your guess did not hold") in repr(note)
    assert repr(lab.predict("3.b", options, truth=truth)) == repr(note)


def test_guess_is_remembered_and_must_be_an_option():
    prediction = lab.predict("3.c", ["a", "b"])
    assert "What do you expect? a | b" in repr(prediction)
    prediction.choose("b")
    assert "Your guess: b" in repr(lab.predict("3.c", ["a", "b"]))
    with pytest.raises(lab.LabError, match="one of: a, b"):
        prediction.choose("c")
    with pytest.raises(lab.LabError, match="expected a list"):
        lab.predict("3.c", "ab")
    assert lab.predict("3.c").guess == "b"


def test_prediction_outside_a_notebook_needs_no_widgets(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ipywidgets", None)
    bundle = lab.predict("3.d", ["a", "b"])._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert bundle["text/plain"] == repr(lab.predict("3.d", ["a", "b"]))
