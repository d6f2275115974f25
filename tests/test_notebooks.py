"""The course's notebooks are clean, linked and fresh; and the tooling that says so can say no."""

from __future__ import annotations

import contextlib
import copy
import json
import os
import shutil
import socket
import sys
import time
from functools import cache
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from enumlab import LabError
from enumlab.__main__ import main as terminal
from enumlab.notebooks import (
    check,
    compare,
    differences,
    execute,
    links,
    main,
    notebook_files,
    read,
    run,
    running,
    tidy,
)
from enumlab.notebooks.checking import RULES
from enumlab.notebooks.comparing import matplotlib_is_locked
from enumlab.notebooks.files import INSTEAD_OF_WIDGET, WIDGET, as_text, without_code

FOLDER = Path(__file__).parent.parent / "notebooks"
COURSE = notebook_files(FOLDER)
each_notebook = pytest.mark.parametrize("path", COURSE, ids=lambda path: path.name)


# The course's notebooks


SECONDS: dict[str, float] = {}


@cache
def compared(path: Path):
    result = compare(path)
    SECONDS[path.name] = result.seconds
    return result


@pytest.fixture(scope="module", autouse=True)
def _total_time(request):
    """One line after this module's tests: what running the notebooks costs."""
    yield
    capture = request.config.pluginmanager.get_plugin("capturemanager")
    if SECONDS:
        with capture.global_and_fixture_disabled():
            print(f"\nnotebooks in fresh kernels: {len(SECONDS)}, {sum(SECONDS.values()):.1f} s")


def test_there_is_a_notebook():
    assert "00-start-here.ipynb" in [path.name for path in COURSE]


@each_notebook
def test_check_finds_nothing(path):
    assert "\n".join(map(str, check(path))) == ""


@each_notebook
def test_committed_outputs_are_fresh(path):
    assert "\n".join(map(str, compared(path).differences)) == ""


@each_notebook
def test_outputs_are_the_same_in_a_second_run_without_the_usual_port(path):
    first = compared(path).fresh
    with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        for sock in (tcp, udp):
            with contextlib.suppress(OSError):  # another program holds it: as good
                sock.bind(("127.0.0.1", 10164))
        assert as_text(execute(read(path), path)) == as_text(first)


@each_notebook
def test_each_cell_may_be_run_twice(path):
    book = read(path)
    twice = []
    for cell in book.cells:
        again = copy.deepcopy(cell)
        again.id = f"{cell.id}-again"
        twice += [cell, again] if cell.cell_type == "code" else [cell]
    book.cells = twice
    execute(book, path)  # raises LabError where a cell fails


def test_links_of_the_course_are_written_already(tmp_path):
    copied = shutil.copytree(FOLDER, tmp_path / "notebooks")
    assert links(copied) == []


# A small course that keeps every rule; each case breaks one of them


TITLE, PROSE, PRINTS, PICTURE, QUIET, NAV = range(6)
PNG = "iVBORw0KGgoAAAANSUhEUgAA"
GOOD_PROSE = """## The regexp

`!^.*$!` and ``a`b!`` in [00](00-start.ipynb), [here](#The-regexp), [RFC](https://rfc.example/!),
<a href="00-start.ipynb">there</a>, [a call](sip:61355500912@example.com), $n!$. ![A bar](bar.png)

```text
# no title, color! [no link](nowhere.ipynb) ![](x.png)
```

### Its parts"""


def picture(alt="A bar for each server", png=PNG):
    html = f'<img alt="{alt}" src="data:image/png;base64,{png}">'
    data = {"text/html": html, "image/png": png, "text/plain": alt}
    return new_output("display_data", data=data)


def stdout(text):
    return new_output("stream", name="stdout", text=text)


def shows(**data):
    return new_output(
        "display_data", data={key.replace("_", "/"): value for key, value in data.items()}
    )


def widget(model_id):
    view = {"model_id": model_id, "version_major": 2, "version_minor": 0}
    return new_output("display_data", data={WIDGET: view, "text/plain": "IntSlider(value=1)"})


def save(path: Path, book) -> Path:
    path.write_text(as_text(book), encoding="utf-8")
    return path


@pytest.fixture
def good(tmp_path) -> Path:
    """Notebook 01 of a course of two, which keeps every rule."""
    start = new_notebook(cells=[
        new_markdown_cell("# From a call to a query\n\n5 minutes. Needs: nothing. Goal: a query.")
    ])  # fmt: skip
    book = new_notebook(cells=[
        new_markdown_cell("# How are calls shared?\n\n15 minutes. You need: 00. You can: share."),
        new_markdown_cell(GOOD_PROSE),
        new_code_cell("port = 10164\nprint(0x10)", execution_count=1, outputs=[stdout("16 0x1f")]),
        new_code_cell("draw()", execution_count=2, outputs=[picture()]),
        new_code_cell("serve(zone)", execution_count=3),
    ])  # fmt: skip
    save(tmp_path / "00-start.ipynb", start)
    path = save(tmp_path / "01-shares.ipynb", book)
    (tmp_path / "bar.png").touch()
    assert links(tmp_path) == [tmp_path / "00-start.ipynb", path]
    return path


def test_a_good_notebook_has_no_problem(good):
    assert check(good) == []
    assert check(good.parent / "00-start.ipynb") == []


def source(number, text):
    def edit(book):
        book.cells[number].source = text

    return edit


def more(text):
    def edit(book):
        book.cells[PROSE].source += f"\n\n{text}"

    return edit


def outputs(*outputs):
    def edit(book):
        book.cells[PRINTS].outputs = list(outputs)

    return edit


def no_title(book):
    book.cells[TITLE].source = book.cells[TITLE].source.replace("# How", "How")


def plain_title(book):
    book.cells[TITLE].source = book.cells[TITLE].source.replace("?", "")


def late_title(book):
    title, book.cells[TITLE].source = book.cells[TITLE].source.split("\n", 1)
    book.cells[PROSE].source = f"{title}\n\n{book.cells[PROSE].source}"


def count(book):
    book.cells[QUIET].execution_count = 7


def timing(book):
    book.cells[QUIET].metadata["execution"] = {"iopub.status.busy": "2026-11-23"}


def widget_state(book):
    book.metadata["widgets"] = {}


def footer(book):
    book.cells[NAV].source = "[Contents](00-start.ipynb)"


def no_footer(book):
    del book.cells[NAV]


BROKEN = [
    ("empty-cell", source(QUIET, " \n"), QUIET),
    ("empty-cell", source(PROSE, ""), PROSE),
    ("long-cell", source(QUIET, "serve(zone)\n" * 13), QUIET),
    ("execution-counts", count, QUIET),
    ("no-output", outputs(), PRINTS),
    ("no-output", source(QUIET, "serve(zone)\nzone"), QUIET),
    ("error-output", outputs(new_output("error", ename="NoMatch", evalue="x")), PRINTS),
    ("stderr-output", outputs(new_output("stream", name="stderr", text="Slow")), PRINTS),
    ("of-one-run", outputs(stdout("LabServer(127.0.0.1:40321)")), PRINTS),
    ("of-one-run", outputs(stdout(";; SERVER: 127.0.0.1#53(localhost)")), PRINTS),
    ("of-one-run", outputs(stdout("on port 40321")), PRINTS),
    ("of-one-run", outputs(shows(text_html="<td>10164</td>")), PRINTS),
    ("of-one-run", outputs(stdout("at 09:15:02")), PRINTS),
    ("of-one-run", outputs(stdout("2026-11-23")), PRINTS),
    ("of-one-run", outputs(stdout(";; Query time: 3 msec")), PRINTS),
    ("of-one-run", outputs(shows(text_plain="<Server at 0x7f3a2c1d9e50>")), PRINTS),
    ("of-one-run", outputs(stdout("saved as /tmp/x1/lab.zone")), PRINTS),
    ("of-one-run", outputs(shows(text_plain="/home" + "/ann/lab.zone")), PRINTS),
    ("output-alt", outputs(shows(image_png=PNG, text_plain="<Figure>")), PRINTS),
    ("output-alt", outputs(picture(alt="")), PRINTS),
    ("output-alt", outputs(picture(alt="No description has been provided")), PRINTS),
    ("output-alt", outputs(shows(text_html="<img src='bar.png'>")), PRINTS),
    ("output-alt", outputs(shows(text_html="<svg><path d=''/></svg>")), PRINTS),
    ("untidy", timing, QUIET),
    ("untidy", widget_state, -1),
    ("untidy", outputs(widget("1b0c")), PRINTS),
    ("one-title", no_title, -1),
    ("one-title", source(PROSE, "# The regexp?"), PROSE),
    ("one-title", late_title, PROSE),
    ("one-title", outputs(shows(text_html="<h1>Shares</h1>")), PRINTS),
    ("question-title", plain_title, TITLE),
    ("heading-order", more("##### Flags"), PROSE),
    ("first-cell", source(TITLE, "# How?\n\nYou need: 00. You can: share."), TITLE),
    ("first-cell", source(TITLE, "# How?\n\n15 minutes. You can: share."), TITLE),
    ("first-cell", source(TITLE, "# How?\n\n15 minutes. You need: 00."), TITLE),
    ("broken-link", more("[x](02-gone.ipynb)"), PROSE),
    ("broken-link", more("[x](#Nowhere)"), PROSE),
    ("broken-link", more("[x](00-start.ipynb#Nowhere)"), PROSE),
    ("broken-link", more("[x][1]\n\n[1]: gone.md"), PROSE),
    ("broken-link", more("<a href='gone.md'>x</a>"), PROSE),
    ("broken-link", more("![A bar](gone.png)"), PROSE),
    ("markdown-alt", more("![](bar.png)"), PROSE),
    ("markdown-alt", more("<img src='bar.png'>"), PROSE),
    ("exclamation-mark", more("It answers!"), PROSE),
    ("exclamation-mark", more("![A bar!](bar.png)"), PROSE),
    ("spelling", more("The Color of calls."), PROSE),
    ("spelling", more("Two neighbors."), PROSE),
    ("stale-links", footer, NAV),
    ("stale-links", no_footer, NAV - 1),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "edit", "cell"), BROKEN)
def test_check_finds_the_one_slip(good, rule, edit, cell):
    book = read(good)
    edit(book)
    [problem] = check(save(good, book))
    assert (problem.rule, problem.cell, problem.file) == (rule, cell + 1, good.name)
    assert problem.seen
    assert problem.fix in str(problem)


def test_every_rule_has_a_case():
    assert {rule for rule, *_ in BROKEN} == {rule.name for rule in RULES}


def test_check_wants_a_newline_at_the_end(good):
    good.write_text(good.read_text(encoding="utf-8").rstrip("\n"), encoding="utf-8")
    assert [problem.rule for problem in check(good)] == ["untidy"]


def test_code_is_no_prose():
    seen = without_code("a `b!` ``c`!`` d\n\n~~~\ne!\n~~~\n\n```py\nf!\n```\ng")
    assert "!" not in seen
    assert all(letter in seen for letter in "adg")


# Links


def test_links_twice_change_nothing_the_second_time(good):
    assert links(good.parent) == []


def test_links_of_first_and_last(good):
    first, last = (read(path) for path in notebook_files(good.parent))
    assert "- [01 How are calls shared?](01-shares.ipynb), 15 minutes" in first.cells[1].source
    assert first.cells[-1].source.endswith(
        "[Contents](00-start.ipynb#Contents) | [Next: How are calls shared?](01-shares.ipynb)"
    )
    assert last.cells[-1].source.endswith(
        "[Previous: From a call to a query](00-start.ipynb) | [Contents](00-start.ipynb#Contents)"
    )


def test_links_follow_a_new_notebook_and_keep_the_contents_cell_where_it_is(good):
    first = good.parent / "00-start.ipynb"
    book = read(first)
    book.cells.insert(2, new_markdown_cell("## After the contents"))
    save(first, book)
    new = good.parent / "02-more.ipynb"
    save(new, new_notebook(cells=[new_markdown_cell("# What more?")]))
    assert links(good.parent) == [first, good, new]
    assert "(02-more.ipynb)" in read(first).cells[1].source
    assert "[Next: What more?](02-more.ipynb)" in read(good).cells[-1].source


# Running


def code(*sources):
    return new_notebook(cells=[new_code_cell(text) for text in sources])


def test_kernel_is_this_interpreter_though_another_is_installed(tmp_path, monkeypatch):
    """No venv activated, and a kernel of the same name that does not work."""
    spec = {"argv": [shutil.which("false") or "false"], "display_name": "x", "language": "python"}
    kernel = tmp_path / "jupyter" / "kernels" / "python3" / "kernel.json"
    kernel.parent.mkdir(parents=True)
    kernel.write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("PATH", os.defpath)
    monkeypatch.setenv("MPLBACKEND", "agg")
    book = code(
        "import os, pathlib, sys\nprint(sys.executable)",
        "print(pathlib.Path.cwd())",
        "!python -c 'import sys; print(sys.prefix)'",
        "print(os.environ['MPLBACKEND'])",
        "import ipywidgets\nipywidgets.IntSlider()",
        "print(1)\nprint(2, file=sys.stderr)\nprint(3)",
    )
    book.metadata["widgets"] = {"state": {}}
    book.cells[0].metadata = {"tags": ["kept"], "execution": {}, "scrolled": True}
    path = save(tmp_path / "x.ipynb", book)
    run(path)
    done = read(path)
    assert as_text(tidy(done)) == path.read_text(encoding="utf-8")
    shown = ["".join(output.get("text", "") for output in cell.outputs) for cell in done.cells]
    assert shown[:3] == [f"{sys.executable}\n", f"{tmp_path}\n", f"{sys.prefix}\n"]
    assert "inline" in shown[3]
    assert done.cells[4].outputs[0].data["text/plain"] == INSTEAD_OF_WIDGET
    assert [cell.execution_count for cell in done.cells] == [1, 2, 3, 4, 5, 6]
    assert [cell.id for cell in done.cells] == [cell.id for cell in book.cells]
    assert done.cells[0].metadata == {"tags": ["kept"]}
    assert set(done.metadata) == {"kernelspec", "language_info"}


def test_run_again_writes_the_same_bytes(tmp_path):
    path = save(tmp_path / "x.ipynb", code("print({'a', 'b'} >= {'a'})", "{'b': 1, 'a': 2}"))
    run(path)
    first = path.read_bytes()
    run(path)
    assert path.read_bytes() == first


@pytest.mark.parametrize(("text", "seen"), [
    ("1 / 0", "ZeroDivisionError: division by zero"),
    ("import os; os._exit(1)", "ended its kernel"),
    ("import time; time.sleep(60)", "longer than 1 s"),
], ids=["error", "dead", "slow"])  # fmt: skip
def test_run_names_the_cell_that_fails_and_leaves_the_file(tmp_path, monkeypatch, text, seen):
    monkeypatch.setattr(running, "SECONDS_A_CELL", 1)
    path = save(tmp_path / "x.ipynb", code("x = 1", text))
    before = path.read_bytes()
    with pytest.raises(LabError, match=r"x\.ipynb, cell 2 ") as error:
        run(path)
    assert seen in str(error.value)
    assert path.read_bytes() == before


def test_pieces_of_a_stream_are_joined_and_widgets_give_way_to_their_picture():
    pieces = [stdout("a\r\n"), stdout("b\n"), picture(), stdout("c\n")]
    both = picture()
    both.data[WIDGET] = {"model_id": "1"}
    book = code("x")
    book.cells[0].outputs = [*pieces, both]
    assert tidy(book).cells[0].outputs == [stdout("a\nb\n"), picture(), stdout("c\n"), picture()]


@pytest.mark.parametrize(("text", "seen"), [
    (None, "No such file"),
    ("", "not a notebook"),
    ("[]", "not a notebook"),
    ('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{}]}', "not a notebook"),
    ('{"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": []}', "4.5 is needed"),
    ('{"nbformat": 9, "nbformat_minor": 0, "metadata": {}, "cells": []}', "not a notebook"),
])  # fmt: skip
def test_read_explains_what_it_cannot_read(tmp_path, text, seen):
    path = tmp_path / "x.ipynb"
    if text is not None:
        path.write_text(text)
    with pytest.raises(LabError, match=seen):
        read(path)


# Comparing


def one_cell(*outputs):
    return new_notebook(cells=[
        new_markdown_cell("x", id="a"), new_code_cell("x", id="b", outputs=list(outputs)),
    ])  # fmt: skip


SAME = [
    (one_cell(stdout("ab\n")), one_cell(stdout("a"), stdout("b\n")), True),
    (one_cell(picture()), one_cell(picture()), True),
    (one_cell(picture()), one_cell(picture(png="AAAA")), False),
    (one_cell(widget("1")), one_cell(widget("2")), True),
]
OTHER = [
    (one_cell(stdout("ab\n")), one_cell(stdout("ac\n")), False, "-ab\n+ac"),
    (one_cell(stdout("ab\n")), one_cell(), False, "-ab"),
    (one_cell(stdout("a")), one_cell(shows(text_plain="a")), False, "-[stdout]\n+[text/plain]"),
    (one_cell(shows(text_plain="1")), one_cell(shows(text_plain="2")), False, "-1\n+2"),
    (one_cell(shows(text_html="<b>1")), one_cell(shows(text_html="<b>2")), False, "-<b>1\n+<b>2"),
    (one_cell(picture()), one_cell(picture(png="AAAA")), True, "-[image/png]"),
    (one_cell(picture()), one_cell(picture(alt="No bar")), False, "+No bar"),
    (one_cell(picture()), one_cell(shows(text_plain="A bar")), False, "-[image/png]"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "by_bytes"), SAME)
def test_no_difference(old, new, by_bytes):
    assert differences("x.ipynb", old, new, by_bytes=by_bytes) == []


@pytest.mark.parametrize(("old", "new", "by_bytes", "seen"), OTHER)
def test_a_difference(old, new, by_bytes, seen):
    [found] = differences("x.ipynb", old, new, by_bytes=by_bytes)
    assert (found.file, found.cell) == ("x.ipynb", 2)
    assert seen in found.diff
    assert found.diff in str(found)


def test_a_long_difference_is_cut():
    old, new = (one_cell(stdout("\n".join([word] * 500))) for word in ("a", "b"))
    [found] = differences("x.ipynb", old, new, by_bytes=True)
    assert found.diff.endswith("\n...")
    assert len(found.diff.splitlines()) < 50


def test_compare_runs_the_notebook(tmp_path):
    path = save(tmp_path / "x.ipynb", code("x = 6", "x * 7"))
    start = time.perf_counter()
    result = compare(path)
    assert 0 < result.seconds < time.perf_counter() - start
    assert result.pictures == "alt text"  # there is no lock file
    assert [(found.cell, found.diff.splitlines()[-1]) for found in result.differences] == [
        (2, "+42")
    ]


def test_pictures_go_by_bytes_only_under_the_locked_matplotlib(tmp_path, monkeypatch):
    monkeypatch.setattr("enumlab.notebooks.comparing.version", lambda name: "3.11.2")
    lock = tmp_path / "requirements.lock"
    assert not matplotlib_is_locked(lock)
    lock.write_text("matplotlib-inline==3.11.2 \\\nmatplotlib==3.11.20 \\\n")
    assert not matplotlib_is_locked(lock)
    lock.write_text("numpy==2.5 \\\nmatplotlib==3.11.2 \\\n    --hash=sha256:00\n")
    assert matplotlib_is_locked(lock)


# The terminal's way in


def test_main_prints_problems_and_says_so_to_the_shell(good, capsys):
    assert main(["--check", str(good)]) == 0
    assert capsys.readouterr().out == "nothing found\n"
    book = read(good)
    footer(book)
    save(good, book)
    assert main(["--check", str(good)]) == 1
    assert "01-shares.ipynb, cell 6: " in capsys.readouterr().out
    assert main(["--links", "--check", str(good)]) == 0


def test_main_runs_and_compares(tmp_path, capsys):
    path = save(tmp_path / "x.ipynb", code("6 * 7"))
    assert main(["--run", "--compare", str(path)]) == 0
    assert "nothing found" in capsys.readouterr().out
    book = read(path)
    book.cells[0].outputs[0].data["text/plain"] = "43"
    save(path, book)
    assert main(["--compare", str(path)]) == 1
    assert "-43\n+42" in capsys.readouterr().out


def test_verb_of_the_terminal(good, capsys):
    assert terminal(["notebooks", "--check", str(good)]) == 0
    assert capsys.readouterr().out == "nothing found\n"


def test_main_without_notebooks_says_where_to_go(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LabError, match="project's folder"):
        main(["--check"])


def test_nbformat_writes_what_jupyterlab_would(good):
    """A save in JupyterLab without a change must not change the layout of the file."""
    assert nbformat.writes(read(good)) + "\n" == good.read_text(encoding="utf-8")
