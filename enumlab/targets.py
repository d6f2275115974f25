"""The names of the places that records lead calls to."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterable, Sequence

from enumlab.errors import LabError


def target_names(records: Sequence[object]) -> tuple[str, ...]:
    """A name for each target: from the host that its record leads to, else a letter.

    Of a host the first labels are enough, as many as it takes to tell the targets apart.

    Example:
        >>> target_names([100, 100, 200])
        ('A', 'B', 'C')
    """
    hosts = [_host(record) or _letter(index) for index, record in enumerate(records)]
    names = hosts
    for labels in range(max((host.count(".") for host in hosts), default=0), 0, -1):
        shorter = [_start(host, labels) for host in hosts]
        if len(set(shorter)) == len(set(hosts)):
            names = shorter
    seen = Counter(["lost"])  # the name of no target: it stands for calls without an answer
    found = []
    for name in names:
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name} #{seen[name]}")
    return tuple(found)


def target(name: object, names: tuple[str, ...]) -> int:
    """Index of the target that a name or an index means.

    Raises:
        LabError: there is no such target.

    Example:
        >>> target("B", ("A", "B")), target(0, ("A", "B"))
        (1, 0)
    """
    if isinstance(name, str) and name in names:
        return names.index(name)
    if not isinstance(name, (str, bool)) and hasattr(name, "__index__"):
        index = int(name.__index__())
        if 0 <= index < len(names):
            return index
    raise LabError(
        f"saw {name!r} as a target, expected one of {', '.join(names)}, "
        f"or an index from 0 to {len(names) - 1}"
    )


def several(names: Iterable[str | int] | str | int) -> list[str | int]:
    """Names as a list; one alone needs no brackets.

    Example:
        >>> several("A"), several(("A", "B"))
        (['A'], ['A', 'B'])
    """
    if isinstance(names, str) or not isinstance(names, Iterable):
        return [names]
    return list(names)


def _host(record: object) -> str | None:
    """The host in the URI that a record's regexp writes, or its replacement."""
    found = re.findall(r"@([\w.-]*\w)", getattr(record, "regexp", ""))
    replacement = getattr(record, "replacement", ".").rstrip(".")
    return found[-1] if found else replacement or None


def _start(host: str, labels: int) -> str:
    """Its first labels; an address stays whole."""
    return host if host[0].isdigit() else ".".join(host.split(".")[:labels])


def _letter(index: int) -> str:
    return string.ascii_uppercase[index] if index < 26 else f"T{index + 1}"
