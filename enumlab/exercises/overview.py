"""Which exercises are done: one learner's overview, and a class's table."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from enumlab.exercises import store
from enumlab.exercises.task import Outcome
from enumlab.exercises.tasks import tasks
from enumlab.exercises.verdict import LOOKS
from enumlab.show.figure import INK, NO_IMAGE, Picture, drawing, png
from enumlab.show.plain import Table

HATCHES = {Outcome.RIGHT: "", Outcome.WRONG: "xx", Outcome.RAISED: "//", None: ".."}


def overview() -> Picture:
    """The progress kept in the current folder."""
    record, trouble = store.load()
    done = {number: known.outcome for number, known in record.exercises.items()}
    notebooks = _by_notebook()
    widest = max(map(len, notebooks.values()))
    rows = []
    for notebook, numbers in notebooks.items():
        marks = [_sign(done.get(number)) for number in numbers]
        solved = sum(done.get(number) is Outcome.RIGHT for number in numbers)
        blanks = [""] * (widest - len(numbers))
        rows.append((notebook, f"{solved} of {len(numbers)}", *marks, *blanks))
    solved = sum(done.get(number) is Outcome.RIGHT for number in tasks())
    sentence = f"{solved} of {len(tasks())} exercises are right."
    if trouble:
        sentence += f" {trouble}"
    legend = "✓ right, ✗ not right, ⚠ stopped with an error, ○ not attempted"
    headers = ("notebook", "right", *(str(n) for n in range(1, widest + 1)))
    table = Table(f"Exercises by notebook: {legend}", headers, rows)
    alt = f"A square for each exercise, one row for each notebook. {sentence}"
    return Picture(_drawn(done), alt, sentence, table)


def progress_merge(paths: Iterable[str | Path]) -> str:
    """A class's table as CSV: a row for each progress file, a column for each exercise.

    Args:
        paths: progress files; a row is named after its file's path.

    Returns:
        Columns: file, right (how many), problem (why a file could not be read), and the outcome of
        each exercise, empty where it was not attempted.

    Example:
        >>> print(progress_merge(["nobody.json"])[:64])  # doctest: +ELLIPSIS
        file,right,problem,1.1,...
    """
    numbers = list(tasks())
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["file", "right", "problem", *numbers])
    for path in paths:
        record, problem = store.Record(), ""
        try:
            record = store.read(Path(path))
        except OSError as error:
            problem = error.strerror or "cannot be read"
        except ValueError:
            problem = "not a progress file"
        done = {number: known.outcome for number, known in record.exercises.items()}
        right = sum(done.get(number) is Outcome.RIGHT for number in numbers)
        writer.writerow([path, right, problem, *(done.get(number, "") for number in numbers)])
    return out.getvalue()


def _by_notebook() -> dict[str, list[str]]:
    found = defaultdict(list)
    for number in tasks():
        found[f"{int(number.partition('.')[0]):02d}"].append(number)
    return dict(found)


def _sign(outcome: Outcome | None) -> str:
    return LOOKS[outcome or Outcome.NOT_ATTEMPTED][0]


def _drawn(done: dict[str, Outcome]) -> bytes:
    """Squares with sign, hatch and number; the colour says nothing that these do not."""
    notebooks = _by_notebook()
    widest = max(map(len, notebooks.values()))
    image = NO_IMAGE
    with drawing(1 + 0.9 * widest, 0.4 + 0.55 * len(notebooks)) as figure:
        axes = figure.add_axes((0.14, 0.02, 0.84, 0.96))
        for row, numbers in enumerate(notebooks.values()):
            for column, number in enumerate(numbers):
                outcome = done.get(number)
                axes.bar(
                    column,
                    0.84,
                    0.9,
                    bottom=row - 0.42,
                    facecolor=LOOKS[outcome][2] if outcome else "#FFFFFF",
                    hatch=HATCHES.get(outcome),
                    edgecolor=INK,
                )
                axes.text(
                    column,
                    row,
                    f"{_sign(outcome)} {number}",
                    ha="center",
                    va="center",
                    bbox={"facecolor": "#FFFFFF", "edgecolor": "none", "pad": 1.5},
                )
        axes.set(xlim=(-0.5, widest - 0.5), ylim=(len(notebooks) - 0.5, -0.5), xticks=[])
        axes.set_yticks(range(len(notebooks)), list(notebooks))
        axes.tick_params(length=0)
        for side in axes.spines.values():
            side.set_visible(False)
        image = png(figure)
    return image
