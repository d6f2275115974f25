"""Notebooks with the exercises solved, and as an assignment that nbgrader marks."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterator

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from enumlab.errors import LabError
from enumlab.exercises.task import Task
from enumlab.exercises.tasks import tasks

POINTS = 1
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"

# Beside the folder `source`. What nbgrader puts in place of a solution must keep a cell runnable.
NBGRADER_CONFIG = """\
c = get_config()
c.CourseDirectory.course_id = "enumlab"
c.ClearSolutions.code_stub = {"python": "..."}
"""

_CALL = re.compile(r"lab\.exercise\(\s*[\"']([^\"']+)[\"']")


def solved(notebook: NotebookNode) -> NotebookNode:
    """A copy with the reference solution in each exercise's cell, and without outputs.

    Raises:
        LabError: the cell of an exercise is not its stub.
    """
    book = _without_outputs(notebook)
    for cell, task in _exercises(book):
        cell.source = cell.source.replace(task.stub, task.cell(task.answer))
    return book


def assignment(notebook: NotebookNode) -> NotebookNode:
    """A copy as a source notebook of nbgrader: solutions between markers, a test behind each.

    Every exercise is worth one point. The test judges what the cell before it defines, whatever the
    environment.

    Raises:
        LabError: the cell of an exercise is not its stub.
    """
    book = _without_outputs(notebook)
    tests = {}
    for cell, task in _exercises(book):
        source, name = _marked(task)
        cell.source = cell.source.replace(task.stub, source)
        slug = task.number.replace(".", "-")
        cell.metadata.nbgrader = _graded(f"answer-{slug}", solution=True)
        test = new_code_cell(  # type: ignore[no-untyped-call]
            f'verdict = lab.exercise("{task.number}", {name})\nassert verdict.right, verdict',
            id=f"test-{slug}",
            metadata={"nbgrader": _graded(f"test-{slug}", solution=False)},
        )
        tests[id(cell)] = test
    book.cells = [
        each for cell in book.cells for each in (cell, tests.get(id(cell))) if each is not None
    ]
    return book


def _exercises(book: NotebookNode) -> Iterator[tuple[NotebookNode, Task]]:
    """Each code cell that holds the stub of a task."""
    for at, cell in enumerate(book.cells, 1):
        if cell.cell_type != "code":
            continue
        for number in _CALL.findall(cell.source):
            task = tasks().get(number)
            if task is None:
                raise LabError(f"Cell {at} has an exercise {number!r}, which does not exist.")
            if task.stub in cell.source:
                yield cell, task
            elif cell.source.strip() != f'lab.exercise("{number}")':
                raise LabError(
                    f"Cell {at} is not the stub of exercise {number}. Expected:\n{task.stub}"
                )


def _marked(task: Task) -> tuple[str, str]:
    """The solved cell with nbgrader's markers, and the name of what it defines."""
    if task.stub.startswith("@"):
        tree = ast.parse(task.stub)
        function = next(node for node in tree.body if isinstance(node, ast.FunctionDef))
        return task.cell(_region(task.answer)), function.name
    name = f"answer_{task.number.replace('.', '_')}"
    if "zone=" in task.stub:
        value = _passed(task.cell(_region(task.answer)))
    else:
        value = f"(\n{_region(_passed(task.cell(task.answer)))}\n)"
    return f'{name} = {value}\nlab.exercise("{task.number}", {name})', name


def _passed(cell: str) -> str:
    """The source of the answer that a call of `lab.exercise` passes."""
    call = next(node for node in ast.walk(ast.parse(cell)) if isinstance(node, ast.Call))
    value = call.keywords[0].value if call.keywords else call.args[1]
    return ast.get_source_segment(cell, value) or ""


def _region(answer: str) -> str:
    return f"{BEGIN}\n{answer}\n{END}"


def _graded(name: str, *, solution: bool) -> dict[str, object]:
    """Metadata of a cell: a student's answer, or a test that gives a point."""
    found: dict[str, object] = {
        "schema_version": 3,
        "grade_id": name,
        "solution": solution,
        "grade": not solution,
        "locked": not solution,
        "task": False,
    }
    return found if solution else found | {"points": POINTS}


def _without_outputs(notebook: NotebookNode) -> NotebookNode:
    book = copy.deepcopy(notebook)
    for cell in book.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return book
