"""A learner's function is called: with a time limit, and with what it prints and raises kept."""

from __future__ import annotations

import copy
import ctypes
import io
import threading
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass
from typing import Any

LIMIT = 3.0  # seconds for all inputs of one function
LONGEST = 300  # characters of a value that are shown

Arguments = tuple[Any, ...]


@dataclass(frozen=True)
class Trial:
    """One call of a function.

    Attributes:
        arguments: what it was given.
        got: what it returned.
        error: what it raised instead.
        printed: what it printed.
    """

    arguments: Arguments
    got: object = None
    error: BaseException | None = None
    printed: str = ""


class _Stopped(BaseException):
    """Raised inside a learner's function when its time is up."""


def run(
    function: Callable[..., object], inputs: Sequence[Arguments], limit: float = LIMIT
) -> list[Trial]:
    """Call a function with each tuple of arguments, as far as the time limit allows.

    It runs in a daemon thread, so that a loop without an end cannot hold up the notebook. What it
    prints is kept in the trials. A call that is cut short is the last trial, with a TimeoutError.

    Example:
        >>> [trial.got for trial in run(len, [("ab",), ("abc",)])]
        [2, 3]
    """
    trials: list[Trial] = []
    printed = io.StringIO()

    def work() -> None:
        with suppress(_Stopped):
            for arguments in inputs:
                trials.append(_called(function, arguments, printed))

    thread = threading.Thread(target=work, daemon=True)
    with redirect_stdout(printed):
        try:
            thread.start()
        except RuntimeError:  # Python in a browser has no threads
            work()
        else:
            thread.join(limit)
    if thread.is_alive():
        done = list(trials)
        _stop(thread)
        late = TimeoutError(f"still running after {limit:g} seconds, so it was stopped")
        return [*done, Trial(inputs[len(done)], error=late)]
    return trials


def _called(function: Callable[..., object], arguments: Arguments, printed: io.StringIO) -> Trial:
    printed.seek(0)
    printed.truncate()
    try:
        got = function(*copy.deepcopy(arguments))
    except _Stopped:
        raise
    except BaseException as error:  # SystemExit and the like must not end the kernel
        return Trial(arguments, error=error, printed=printed.getvalue())
    return Trial(arguments, got, printed=printed.getvalue())


def _stop(thread: threading.Thread) -> None:
    """Raise an error in the thread, so that it does not go on for ever."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread.ident or 0), ctypes.py_object(_Stopped)
    )
    thread.join(0.5)


def shown(value: object) -> str:
    """The repr of a learner's value, cut short; even if its repr fails."""
    try:
        text = repr(value)
    except Exception as error:
        text = f"a {type(value).__name__} whose repr raises {type(error).__name__}"
    return text if len(text) <= LONGEST else text[:LONGEST] + " ..."
