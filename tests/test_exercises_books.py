"""Exercises inside notebooks: run, shuffled, solved, handed out and marked."""

from __future__ import annotations

import importlib.util
import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from nbformat import NO_CONVERT, reads
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from enumlab import LabError
from enumlab.__main__ import main as terminal
from enumlab.exercises import books, judge, store
from enumlab.exercises.tasks import tasks
from enumlab.notebooks import execute, notebook_files, read
from enumlab.notebooks.files import WIDGET, as_text

COURSE = notebook_files(Path(__file__).parent.parent / "notebooks")
each_notebook = pytest.mark.parametrize("path", COURSE, ids=lambda path: path.name)

IMPORT = "import enumlab as lab"


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(store, "_unsaved", None)
    monkeypatch.delenv("ENUMLAB_STRICT", raising=False)


def book(*sources):
    return new_notebook(cells=[new_code_cell(source) for source in sources])


def plain_outputs(cell):
    return [output.data["text/plain"] for output in cell.outputs]


# In a kernel


def test_copied_moved_and_deleted_cells_are_judged_by_what_they_hold(tmp_path):
    """Each cell as if it were alone, whatever stands before it."""
    cells = []
    for number in ("1.1", "1.2", "3.1", "3.6", "4.1", "4.2", "5.1", "6.1", "9.1"):
        task = tasks()[number]
        answers = ["...", task.answer, task.also_right[0], *[w.answer for w in task.wrong[:3]]]
        cells += [(task, answer) for answer in answers]
    rng = random.Random(1)
    cells += rng.sample(cells, 12)
    rng.shuffle(cells)
    del cells[::7]
    sources = [task.cell(answer) for task, answer in cells]
    done = execute(book(IMPORT, *sources), tmp_path / "shuffled.ipynb")
    for (task, answer), cell in zip(cells, done.cells[1:], strict=True):
        found = judge(task, task.value(answer))
        [shown] = plain_outputs(cell)
        head, *_ = shown.splitlines()
        assert head.startswith(("✓", "✗", "○")[("right", "wrong").index(found.outcome)]
                               if found.outcome != "not attempted" else "○")  # fmt: skip
        assert (f"({found.misconception})" in head) is bool(found.misconception)
        assert "text/html" in cell.outputs[0].data
    assert json.loads((tmp_path / store.FILE).read_text())["exercises"]


def test_what_a_notebook_shows(tmp_path):
    source = (
        IMPORT,
        '@lab.exercise("1.1")\ndef to_name(number):\n    digits = number[99]\n    return digits',
        'lab.exercise("1.1")',
        'lab.hint("1.1")',
        'lab.hint("1.1")',
        'lab.predict("1.a", ["50/50", "100/0"])',
        'lab.predict("1.a", ["50/50", "100/0"], truth=[1, 1])',
        "lab.progress()",
        '@lab.exercise("2.2")\ndef offers_sip(service):\n    while True:\n        pass',
        "to_name",
    )
    first = execute(book(*source), tmp_path / "one.ipynb")
    (tmp_path / store.FILE).unlink()
    again = execute(book(*source[:8]), tmp_path / "two.ipynb")
    outputs = [cell.outputs for cell in first.cells]
    assert outputs[:8] == [cell.outputs for cell in again.cells]
    assert not [o for cell in outputs for o in cell if o.output_type in ("stream", "error")]
    [raised] = plain_outputs(first.cells[1])
    assert "your line  digits = number[99]" in raised
    assert "exercises" not in raised
    assert "hint 2 of" in plain_outputs(first.cells[4])[0]
    [prediction] = first.cells[5].outputs
    assert set(prediction.data) == {"text/html", "text/plain"}
    assert "What do you expect? 50/50 | 100/0" in prediction.data["text/html"]
    assert "Make a guess" in plain_outputs(first.cells[6])[0]
    assert {"image/png", "text/html", "text/plain"} == set(first.cells[7].outputs[0].data)
    assert "still running after 3 seconds" in plain_outputs(first.cells[8])[0]
    assert "to_name" in plain_outputs(first.cells[9])[0]


def test_buttons_store_the_guess(tmp_path, monkeypatch):
    ipywidgets = pytest.importorskip("ipywidgets")
    from enumlab.exercises import predictions

    made = []
    monkeypatch.setattr(predictions, "_in_a_notebook", lambda: True)
    buttons = ipywidgets.ToggleButtons
    monkeypatch.setattr(
        ipywidgets, "ToggleButtons", lambda **k: made.append(buttons(**k)) or made[-1]
    )
    bundle = predictions.predict("3.a", ["50/50", "100/0"])._repr_mimebundle_()
    assert {WIDGET, "text/html", "text/plain"} <= set(bundle)
    [widget] = made
    assert widget.value is None
    assert widget.description == "Prediction 3.a"
    widget.value = "100/0"
    assert predictions.predict("3.a").guess == "100/0"
    predictions.predict("3.a", ["50/50", "100/0"])._repr_mimebundle_()
    assert made[1].value == "100/0"


# The course's notebooks


@each_notebook
def test_exercise_cells_are_the_stubs(path):
    notebook = read(path)
    books.solved(notebook)
    source = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    there = re.findall(r"lab\.exercise\(\"([\d.]+)\"", source)
    number = str(int(path.name[:2]))
    assert len(there) == len(set(there))
    assert all(each.partition(".")[0] == number for each in there)
    wanted = [each for each in tasks() if each.partition(".")[0] == number]
    if there:
        assert sorted(there) == wanted


@each_notebook
def test_unsolved_course_has_no_verdict_but_not_attempted(path):
    shown = [
        text
        for cell in read(path).cells
        if cell.cell_type == "code" and "lab.exercise(" in cell.source
        for text in plain_outputs(cell)
    ]
    assert all(text.startswith("○") for text in shown)


@each_notebook
def test_solved_course_is_right_in_strict_mode(path, tmp_path, monkeypatch):
    notebook = books.solved(read(path))
    solutions = [cell for cell in notebook.cells if "lab.exercise(" in cell.source]
    if not solutions:
        pytest.skip("no exercises in this notebook")
    monkeypatch.setenv("ENUMLAB_STRICT", "1")
    done = execute(notebook, tmp_path / path.name)
    verdicts = [
        text
        for cell in done.cells
        if cell.cell_type == "code" and "lab.exercise(" in cell.source
        for text in plain_outputs(cell)
    ]
    assert len(verdicts) == len([c for c in solutions if c.cell_type == "code"])
    assert all(text.startswith("✓") for text in verdicts)


def test_strict_mode_stops_an_unsolved_notebook(tmp_path, monkeypatch):
    monkeypatch.setenv("ENUMLAB_STRICT", "1")
    with pytest.raises(LabError, match=r"cell 2 .*not attempted yet"):
        execute(book(IMPORT, tasks()["3.1"].stub), tmp_path / "unsolved.ipynb")


# Solved, and handed out


def test_solved_keeps_everything_else():
    task = tasks()["3.1"]
    notebook = book(IMPORT, f"shares = 1\n{task.stub}", 'lab.exercise("3.2")')
    notebook.cells.insert(0, new_markdown_cell('# lab.exercise("9.9")'))
    done = books.solved(notebook)
    assert [cell.source for cell in done.cells] == [
        '# lab.exercise("9.9")', IMPORT, f"shares = 1\n{task.cell(task.answer)}",
        'lab.exercise("3.2")',
    ]  # fmt: skip
    assert [cell.id for cell in done.cells] == [cell.id for cell in notebook.cells]
    assert task.stub in notebook.cells[2].source


@pytest.mark.parametrize("source", ['lab.exercise("3.1", 1/4)', 'lab.exercise("3.99", ...)'])
@pytest.mark.parametrize("change", [books.solved, books.assignment])
def test_cell_that_is_no_stub_is_refused(source, change):
    with pytest.raises(LabError, match="Cell 2 "):
        change(book(IMPORT, source))


def test_assignment_is_right_as_the_teacher_has_it():
    source = books.assignment(book(IMPORT, *[task.stub for task in tasks().values()]))
    tests = [cell for cell in source.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    assert len(tests) == len(tasks())
    assert len({cell.id for cell in source.cells}) == len(source.cells)
    names = {}
    for cell in source.cells:
        exec(cell.source, names)  # a test raises where an answer is not right


@pytest.mark.parametrize("verb", ["solutions", "assignment"])
def test_terminal_writes_notebooks(tmp_path, capsys, verb):
    Path("notebooks/pictures").mkdir(parents=True)
    Path("notebooks/pictures/a.png").write_bytes(b"")
    for name, number in (("03-a.ipynb", "3.1"), ("05-b.ipynb", "5.1")):
        Path("notebooks", name).write_text(as_text(book(IMPORT, tasks()[number].stub)))
    assert terminal([verb, "out"]) == 0
    folder = Path("out") if verb == "solutions" else Path("out/source/enum")
    for name in ("03-a.ipynb", "05-b.ipynb"):
        reads((folder / name).read_text(), as_version=NO_CONVERT)
    assert (folder / "pictures/a.png").exists()
    assert "03-a.ipynb written" in capsys.readouterr().out
    assert terminal(["solutions", "notebooks"]) == 2
    assert "would be overwritten" in capsys.readouterr().err
    assert Path("out/nbgrader_config.py").exists() is (verb == "assignment")


def test_terminal_says_what_is_wrong(capsys):
    assert terminal(["solutions", "out"]) == 2
    assert "no notebook in ./notebooks" in capsys.readouterr().err
    Path("a.ipynb").write_text(as_text(book(IMPORT, 'lab.exercise("3.1", 2)')))
    assert terminal(["assignment", "out", "a.ipynb"]) == 2
    assert "a.ipynb: Cell 2 is not the stub of exercise 3.1" in capsys.readouterr().err


def test_terminal_shows_progress(capsys):
    store.note_outcome("3.1", judge(tasks()["3.1"], [25, 25, 50]).outcome)
    assert terminal(["progress"]) == 0
    assert f"1 of {len(tasks())} exercises are right" in capsys.readouterr().out
    assert terminal(["progress", "--merge", store.FILE, "nobody.json"]) == 0
    header, one, nobody = capsys.readouterr().out.splitlines()
    assert header.startswith("file,right,problem,1.1,")
    assert one.startswith("progress.json,1,,,")
    assert nobody.startswith("nobody.json,0,No such file")


# nbgrader's own programs

CLASS = """
import json, sys
from nbgrader.apps import NbGraderAPI
from traitlets.config import Config

config = Config()
exec(open("nbgrader_config.py").read(), {"get_config": lambda: config})
api = NbGraderAPI(config=config)
results = [api.generate_assignment("enum")]
results += [api.autograde("enum", student) for student in sys.argv[1:]]
for result in results:
    assert result["success"], result
with api.gradebook as gradebook:
    print(json.dumps({s: gradebook.find_submission("enum", s).score for s in sys.argv[1:]}))
"""


def test_class_is_marked_by_nbgrader(tmp_path):
    """A perfect, a half-right and an empty submission, through generate and autograde."""
    if importlib.util.find_spec("nbgrader") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("nbgrader is missing: it is in the dependency group `class`")
        pytest.skip("nbgrader is not installed: it is in the dependency group `class`")
    chosen = [tasks()[number] for number in ("1.1", "3.1", "5.1", "6.1")]
    Path("all.ipynb").write_text(as_text(book(IMPORT, *[task.stub for task in chosen])))
    terminal(["assignment", ".", "all.ipynb"])
    solved = read(Path("source/enum/all.ipynb"))
    for student in ("perfect", "half", "empty"):
        submission = books.assignment(book(IMPORT, *[task.stub for task in chosen]))
        for at, task in enumerate(chosen):
            cell = submission.cells[1 + 2 * at]
            answer = {
                "perfect": task.also_right[0],
                "half": task.answer if at % 2 else task.wrong[0].answer,
                "empty": "...",
            }[student]
            marker = re.compile(r"( *)### BEGIN SOLUTION\n.*### END SOLUTION", re.DOTALL)
            written = answer if at in (0, 2) else books._passed(task.cell(answer))
            cell.source = marker.sub(
                lambda found, written=written: "\n".join(
                    found[1] + line for line in written.splitlines()
                ),
                cell.source,
            )
            folder = Path("submitted", student, "enum")
        folder.mkdir(parents=True)
        (folder / "all.ipynb").write_text(as_text(submission))
    assert len(solved.cells) == 9
    run = subprocess.run(
        [sys.executable, "-c", CLASS, "perfect", "half", "empty"],
        capture_output=True, text=True, check=False, timeout=300,
        env=os.environ | {
            "JUPYTER_CONFIG_DIR": str(tmp_path),
            "IPYTHONDIR": str(tmp_path / "i"),
            # nbgrader calls its helpers by name, and the environment may not be activated.
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        },
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout.splitlines()[-1]) == {"perfect": 4, "half": 2, "empty": 0}
    released = read(Path("release/enum/all.ipynb"))
    text = "\n".join(cell.source for cell in released.cells)
    assert "SOLUTION" not in text
    for task in chosen:
        assert task.answer not in text
