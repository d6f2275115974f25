"""The same pattern read by two engines: POSIX, as RFC 3402 asks, and Python's `re`."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import warnings
from dataclasses import dataclass
from typing import Literal

from enumlab import memory
from enumlab.errors import LabError, NoMatch, SubstitutionError
from enumlab.matching import REPEATED_GROUP
from enumlab.substitution import Substitution

LIMIT = 0.1  # seconds

# `re` has no time limit, and lets nothing else run while it works; so it runs in a process of its
# own, which a watchdog thread outside Python's reach ends in time.
_CHILD = """
import faulthandler, json, os, re, sys, warnings
asked = json.load(sys.stdin)
warnings.simplefilter("ignore")
faulthandler.dump_traceback_later(asked["limit"], exit=True, file=open(os.devnull, "w"))
try:
    found = re.search(asked["pattern"], asked["text"])
    said = ["matched", found.group()] if found else ["no match", ""]
except (re.error, RecursionError) as error:
    said = ["refused", str(error)]
faulthandler.cancel_dump_traceback_later()
json.dump(said, sys.stdout)
"""

Kind = Literal["matched", "no match", "refused", "stopped"]


@dataclass(frozen=True)
class Outcome:
    """What one engine makes of a pattern.

    Attributes:
        kind: "matched", "no match", "refused" or "stopped".
        text: what it matched, or why it refused.
    """

    kind: Kind
    text: str = ""


@dataclass(frozen=True, repr=False)
class Dialects:
    """What two engines make of the same pattern and text.

    Attributes:
        pattern: as given.
        text: as given.
        posix: the engine of this course: POSIX extended, leftmost and longest.
        python: Python's `re`: Perl's language, leftmost and first alternative.
        limit: seconds after which either is stopped.
    """

    pattern: str
    text: str
    posix: Outcome
    python: Outcome
    limit: float = LIMIT

    @property
    def agree(self) -> bool:
        """Whether both found the same; two that refuse do agree, each in its own words."""
        if self.posix.kind == self.python.kind == "refused":
            return True
        return self.posix == self.python

    def __repr__(self) -> str:
        return repr(_table(self))

    def _repr_html_(self) -> str:
        return str(_table(self)._repr_html_())  # type: ignore[attr-defined]


def dialects(pattern: str, text: str, limit: float = LIMIT) -> Dialects:
    r"""Try a pattern on a text with both engines.

    Only the whole match is compared: what groups catch differs from one C library to the next.

    Args:
        pattern: a regular expression without delimiters.
        text: what to search, such as "+61355500912".
        limit: seconds that each may take.

    Raises:
        LabError: pattern or text is not text, or the limit is not above 0.

    Example:
        >>> dialects(r"(\+6|\+61)", "+61255")
        (\+6|\+61) on +61255: they differ
        engine                 result   what
        POSIX (RFC 3402)       matched  +61
        re, Python's standard  matched  +6
    """
    if not isinstance(pattern, str) or not isinstance(text, str):
        raise LabError(f"expected two strings, got {pattern!r} and {text!r}.")
    if not limit > 0:
        raise LabError(f"limit={limit!r} is no time. Expected seconds above 0.")
    return Dialects(
        pattern, text, _posix(pattern, text, limit), _python(pattern, text, limit), limit
    )


def _posix(pattern: str, text: str, limit: float) -> Outcome:
    try:
        substitution = Substitution("!", pattern, "")
    except SubstitutionError as error:
        return Outcome("refused", str(error))
    try:
        found = substitution.match(text, timeout=limit)
    except NoMatch:
        return Outcome("no match")
    except SubstitutionError:
        return Outcome("stopped")
    start, end = found.span
    return Outcome("matched", text[start:end])


def _python(pattern: str, text: str, limit: float) -> Outcome:
    if not memory.SOCKETS:  # in a browser, where there are no processes either
        return _python_here(pattern, text)
    asked = json.dumps({"pattern": pattern, "text": text, "limit": limit})
    try:
        child = subprocess.run(
            [sys.executable, "-I", "-c", _CHILD],
            input=asked,
            capture_output=True,
            text=True,
            timeout=limit + 60,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LabError(
            f"Python's re could not be tried: {type(error).__name__}. It needs a process of its "
            "own, which this platform or its load does not give."
        ) from None
    if not child.stdout:
        return Outcome("stopped")
    kind, what = json.loads(child.stdout)
    return Outcome(kind, what)


def _python_here(pattern: str, text: str) -> Outcome:
    if REPEATED_GROUP.search(pattern):
        return Outcome("refused", "not tried: it repeats a group, and nothing here could stop it")
    try:
        with warnings.catch_warnings(action="ignore"):
            found = re.search(pattern, text)
    except (re.error, RecursionError) as error:
        return Outcome("refused", str(error))
    return Outcome("matched", found.group()) if found else Outcome("no match")


def _table(tried: Dialects) -> object:
    from enumlab.show.wordy import Words, code

    rows = [
        (
            name,
            outcome.kind,
            f"after {tried.limit * 1000:g} ms" if outcome.kind == "stopped" else code(outcome.text),
        )
        for name, outcome in (
            ("POSIX (RFC 3402)", tried.posix),
            ("re, Python's standard", tried.python),
        )
    ]
    verdict = "they agree" if tried.agree else "they differ"
    if tried.posix.kind == tried.python.kind == "stopped":
        verdict = "both had to be stopped"
    caption = f"{tried.pattern} on {tried.text}: {verdict}"
    return Words(caption, ("engine", "result", "what"), rows)
