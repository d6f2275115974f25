"""A POSIX ERE applied to a text: by the package `regex`, or by Python's `re` where it is missing.

`regex` finds the leftmost and longest match in its POSIX mode, and stops when its time is up. `re`
does neither. A browser may have only that; then one line says so wherever it could matter.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from enumlab.ere import Ere
from enumlab.errors import SubstitutionError
from enumlab.notice import say

try:
    import regex
except ModuleNotFoundError:
    regex = None  # type: ignore[assignment,unused-ignore]

WITHOUT_REGEX = (
    "the package regex is not here, so Python's re does the matching. Of several matches it takes "
    "the first that it finds, not the longest as POSIX does, and repeats no groups."
)
REPEATED_GROUP = re.compile(r"(?<!\\)(?:\\\\)*\)[*+{]")


def search(ere: Ere, ignore_case: bool = False) -> Callable[..., re.Match[str] | None]:
    r"""Give a function that finds the leftmost and longest match in a text.

    Args:
        ere: as `enumlab.ere.read` gives it.
        ignore_case: ASCII letters match in either case.

    Returns:
        Takes the text, and `timeout` in seconds, after which it raises TimeoutError.

    Raises:
        SubstitutionError: a group is repeated, and `regex` is not installed.

    Example:
        >>> from enumlab.ere import read
        >>> search(read(r"(\+6|\+61)"))("+61255", timeout=0.1).group()
        '+61'
    """
    library: Any = regex or re
    options = library.DOTALL | library.ASCII
    if ignore_case:
        options |= library.IGNORECASE
    if regex is not None:
        found: Callable[..., re.Match[str] | None]
        found = regex.compile(ere.pattern, options | regex.V0 | regex.POSIX).search
        return found
    if REPEATED_GROUP.search(ere.pattern):
        raise SubstitutionError(
            f"the pattern {ere.pattern!r} repeats a group, which may take for ever. The package "
            "regex, whose clock would stop it, is not here: such a pattern is not tried."
        )
    if not ere.quick:  # nothing to choose from otherwise: both find the same
        say(WITHOUT_REGEX)
    plain = re.compile(ere.pattern, options)
    return lambda text, timeout=None: plain.search(text)
