"""What a learner has done: a plain JSON file beside the notebooks, with no names and no times."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from enumlab.exercises.task import Outcome

FILE = "progress.json"
DAMAGED = "progress-damaged.json"


@dataclass
class Done:
    """What is known of one exercise.

    Attributes:
        outcome: the best so far: "right", or that of the last attempt.
        attempts: answers judged, up to the first right one.
    """

    outcome: Outcome
    attempts: int


@dataclass
class Record:
    """What the file holds.

    Attributes:
        exercises: by number.
        predictions: number -> the guess.
    """

    exercises: dict[str, Done] = field(default_factory=dict)
    predictions: dict[str, str] = field(default_factory=dict)

    def add(self, number: str, outcome: Outcome) -> None:
        """Note an outcome; what has been right once stays right."""
        before = self.exercises.get(number, Done(outcome, 0))
        if before.attempts == 0 or before.outcome is not Outcome.RIGHT:
            self.exercises[number] = Done(outcome, before.attempts + 1)


NOT_SAVED = (
    f"Progress is kept until the kernel stops, but not saved: {FILE} cannot be read or written in "
    "this folder."
)

# Used once the file could not be read or written, and lost when the kernel stops.
_unsaved: Record | None = None


def read(path: Path) -> Record:
    """Read a progress file; what is not of its form is left out.

    Raises:
        ValueError: it is not JSON, or not an object.
        OSError: it cannot be read.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(data, dict):
        raise ValueError("not a JSON object")
    record = Record()
    for number, done in _pairs(data.get("exercises")):
        if not isinstance(done, dict):
            continue
        outcome, attempts = done.get("outcome"), done.get("attempts")
        if outcome in list(Outcome) and isinstance(attempts, int):
            record.exercises[number] = Done(Outcome(outcome), attempts)
    for number, guess in _pairs(data.get("predictions")):
        if isinstance(guess, str):
            record.predictions[number] = guess
    return record


def load() -> tuple[Record, str]:
    """The progress so far, and a sentence if something is wrong with the file."""
    if _unsaved is not None:
        return _unsaved, NOT_SAVED
    try:
        return read(Path(FILE)), ""
    except FileNotFoundError:
        return Record(), ""
    except ValueError:
        with suppress(OSError):
            Path(FILE).replace(DAMAGED)
        return Record(), f"{FILE} was damaged. It is kept as {DAMAGED}, and a new one begins."
    except OSError:
        return _keep_in_memory(Record()), NOT_SAVED


def save(record: Record) -> str:
    """Write the file, whole or not at all; a sentence if that is not possible."""
    if _unsaved is not None:
        return NOT_SAVED
    text = json.dumps({"version": 1, **asdict(record)}, indent=1, sort_keys=True) + "\n"
    part = Path(f".{FILE}.{os.getpid()}")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(FILE)
    except OSError:
        with suppress(OSError):
            part.unlink()
        _keep_in_memory(record)
        return NOT_SAVED
    return ""


def _keep_in_memory(record: Record) -> Record:
    global _unsaved
    _unsaved = record
    return record


def note_outcome(number: str, outcome: Outcome) -> str:
    """Add an outcome to the file; a sentence if something went wrong."""
    if outcome is Outcome.NOT_ATTEMPTED:
        return ""
    record, trouble = load()
    record.add(number, outcome)
    return save(record) or trouble


def note_guess(number: str, guess: str) -> str:
    """Add a guess to the file; a sentence if something went wrong."""
    record, trouble = load()
    record.predictions[number] = guess
    return save(record) or trouble


def guess_of(number: str) -> str | None:
    """The guess made, if any."""
    return load()[0].predictions.get(number)


def _pairs(data: object) -> list[tuple[str, object]]:
    return list(data.items()) if isinstance(data, dict) else []
