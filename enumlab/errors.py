"""The errors a learner can meet; each says what was seen, what was expected, and what to do."""

from __future__ import annotations


class LabError(ValueError):
    """Base of every error this package raises on purpose.

    Example:
        >>> issubclass(NumberError, LabError) and issubclass(LabError, ValueError)
        True
    """


class NumberError(LabError):
    """The text is not a telephone number, or the name is not an ENUM name."""


class SubstitutionError(LabError):
    """The regexp field breaks the grammar of RFC 3402 section 3.2."""


class NoMatch(LabError):
    """The regexp field is sound, but its pattern does not match this text."""


class ZoneError(LabError):
    """The master file cannot be read.

    Attributes:
        line: line number in the master file, counted from 1; None where no single line is at fault.
    """

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


class ServerError(LabError):
    """The server or the question to it failed: no free port, no answer, not a server."""
