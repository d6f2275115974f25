"""The text of a zone: from a file, and what it tells of its own origin."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path

import dns.exception
import dns.name

from enumlab.errors import ZoneError

LARGEST = 1 << 28  # octets of a master file: some three million records


def file_text(path: str | Path, instead: Iterable[str] = ()) -> str:
    """The text of a master file.

    Args:
        path: of a regular file; anything else could make a reader wait for ever.
        instead: names that could be given in place of a path.

    Raises:
        ZoneError: says why there is no text.
    """
    try:
        with open(Path(path), "rb", opener=_open_at_once) as file:
            seen = os.fstat(file.fileno())
            if not stat.S_ISREG(seen.st_mode):
                raise ZoneError(f"{path} is not a file. Give the path of a master file.")
            if seen.st_size > LARGEST:
                raise ZoneError(
                    f"{path} has {seen.st_size:,} octets, and {LARGEST:,} are the most that is "
                    "read. Split the zone, or check that it is the right file."
                )
            octets = file.read(LARGEST)
    except ZoneError:
        raise
    except (OSError, ValueError, TypeError) as error:
        raise ZoneError(
            f"{path} cannot be read: {getattr(error, 'strerror', None) or error}. Give the path of "
            f"a master file, or one of the names {', '.join(instead)}."
        ) from None
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        raise ZoneError(
            f"line {line}: byte 0x{octets[error.start]:02x} is not UTF-8 text. A master "
            "file is plain text: save it as UTF-8, or check that it is the right file.",
            line,
        ) from None


def _open_at_once(path: str, flags: int) -> int:
    """Open a file, without waiting for a writer where the path is a pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def told_origin(text: str) -> dns.name.Name:
    """The owner of the SOA record as the text tells it; a fault in it is left to the reader."""
    told = "e164.arpa."
    for match in re.finditer(r"[^\r\n]+", text.removeprefix("\ufeff")):
        line = match.group()
        words = line.partition(";")[0].split()
        if words[1:] and words[0].upper() == "$ORIGIN" and words[1].endswith("."):
            told = words[1]
        elif "SOA" in map(str.upper, words):
            told = words[0] if line.startswith(words[0]) and words[0].endswith(".") else told
            break
    try:
        return dns.name.from_text(told)
    except dns.exception.DNSException:
        return dns.name.from_text("e164.arpa.")
