"""Function tasks: the learner's function runs on many inputs, the smallest first."""

from __future__ import annotations

import copy
import dis
import inspect
import linecache
import operator
import traceback
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from enumlab.exercises.task import Check, Finding, Outcome, Task, Wrong
from enumlab.exercises.trials import LONGEST, Arguments, Trial, run, shown

COUNTEREXAMPLE = "The table shows the smallest input found for which the result differs."

STUB = {"RESUME", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST", "NOP"}


def function_check(
    inputs: Callable[[], Iterable[Arguments]],
    same: Callable[[Any, Any], bool] = operator.eq,
) -> Check:
    """A check that compares a function with the reference on generated inputs.

    Args:
        inputs: gives tuples of arguments; they are tried in order of size, so that the first
            counterexample is the smallest.
        same: (expected, got) -> whether they mean the same.
    """

    def check(task: Task, answer: object) -> Finding:
        if not callable(answer):
            return Finding(
                Outcome.WRONG,
                f'This exercise wants a function. Write `@lab.exercise("{task.number}")` on the '
                "line above `def`.",
                (("got", shown(answer)),),
            )
        if _is_stub(answer):
            return Finding(Outcome.NOT_ATTEMPTED, "")
        by_size = sorted(inputs(), key=lambda arguments: (len(repr(arguments)), repr(arguments)))
        refused = _cannot_take(answer, by_size[0], task)
        if refused:
            return Finding(Outcome.RAISED, refused)
        return _judged(task, answer, by_size, same)

    return check


def _judged(
    task: Task,
    function: Callable[..., object],
    inputs: Sequence[Arguments],
    same: Callable[[Any, Any], bool],
) -> Finding:
    trials = run(function, inputs)
    if isinstance(trials[0].error, NotImplementedError) or trials[0].got is ...:
        return Finding(Outcome.NOT_ATTEMPTED, "")

    def agrees(trial: Trial, other: Callable[..., object]) -> bool:
        return trial.error is None and _safely(same, other(*trial.arguments), trial.got)

    failed = [trial for trial in trials if not agrees(trial, task.expected)]
    if not failed:
        return Finding(Outcome.RIGHT, task.because, (("inputs tried", str(len(trials))),))
    if failed[0].error is not None:
        return _raised(failed[0], function)
    wrong, telling = most_like(trials, failed, task.wrong_values, agrees)
    if wrong is None:
        return Finding(Outcome.WRONG, COUNTEREXAMPLE, _rows(telling, task))
    return task.fault(wrong.name, *_rows(telling, task))


def most_like(
    trials: Sequence[Trial],
    failed: Sequence[Trial],
    wrongs: Sequence[tuple[Wrong, Any]],
    agrees: Callable[[Trial, Any], bool],
) -> tuple[Wrong | None, Trial]:
    """The misconception that explains most failures, if it explains half of them.

    With it comes the first of the failures that it explains; if it can be, one that no other
    misconception explains.
    """
    best, score, telling = None, (-(-len(failed) // 2), 0), failed[0]
    for wrong, value in wrongs:
        explained = [trial for trial in failed if agrees(trial, value)]
        reached = len(explained), sum(agrees(trial, value) for trial in trials)
        if explained and reached > score:
            others = [other for each, other in wrongs if each is not wrong]
            explained.sort(key=lambda trial: any(agrees(trial, other) for other in others))
            best, score, telling = wrong, reached, explained[0]
    return best, telling


def _rows(trial: Trial, task: Task) -> tuple[tuple[str, str], ...]:
    rows = [
        ("input", _arguments(trial)),
        ("expected", shown(task.expected(*copy.deepcopy(trial.arguments)))),
        ("got", shown(trial.got)),
    ]
    if trial.printed:
        rows.append(("printed", trial.printed.rstrip()[:LONGEST]))
    return tuple(rows)


def _raised(trial: Trial, function: Callable[..., object]) -> Finding:
    error = trial.error
    assert error is not None
    rows = [("input", _arguments(trial))]
    if isinstance(error, TimeoutError) and error.__traceback__ is None:
        return Finding(Outcome.RAISED, f"Your function was {error}.", tuple(rows))
    line = _own_line(error, function)
    if line:
        rows.append(("your line", line))
    rows.append(("error", shown(error) if not str(error) else f"{type(error).__name__}: {error}"))
    return Finding(Outcome.RAISED, f"Your function raised {type(error).__name__}.", tuple(rows))


def _arguments(trial: Trial) -> str:
    return ", ".join(shown(argument) for argument in trial.arguments)


def _own_line(error: BaseException, function: Callable[..., object]) -> str:
    """The deepest line of the learner's own source that the error passed through."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    frames = [
        (frame.f_code.co_filename, number)
        for frame, number in traceback.walk_tb(error.__traceback__)
        if code and frame.f_code.co_filename == code.co_filename
    ]
    return linecache.getline(*frames[-1]).strip() if frames else ""


def _is_stub(function: Callable[..., object]) -> bool:
    """Whether a function does nothing but return None or `...`."""
    code = getattr(function, "__code__", None)
    if code is None:
        return False
    steps = list(dis.get_instructions(code))
    constants = [step.argval for step in steps if "CONST" in step.opname]
    return all(step.opname in STUB for step in steps) and all(c in (None, ...) for c in constants)


def _cannot_take(function: Callable[..., object], arguments: Arguments, task: Task) -> str:
    """Why a function cannot be called with these arguments; empty if it can."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # some built-in functions have none
        return ""
    try:
        signature.bind(*arguments)
    except TypeError as error:
        stub = task.stub.splitlines()[1]
        return f"Your function cannot be called as the exercise does: {error}. Expected `{stub}`"
    return ""


def _safely(same: Callable[[Any, Any], bool], expected: object, got: object) -> bool:
    """Compare; a value that cannot even be compared is not the same."""
    try:
        return bool(same(expected, got))
    except Exception:
        return False
