"""What a server was asked last, oldest first."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from enumlab.quick import Told
from enumlab.responder import Reply

LOG_SIZE = 10_000  # queries; older ones make room
KEPT = 1232  # octets of an answer that the log keeps, or its memory would not be bounded

Note = tuple[float, str, Reply | Told]  # seconds since 1970, transport, what was told


class Entry(NamedTuple):
    """One query in the log.

    Attributes:
        time: seconds since 1970.
        transport: "udp" or "tcp".
        reply: what was answered.
    """

    time: float
    transport: str
    reply: Reply


class Log:
    """The last queries; what each of them says is worked out when somebody looks.

    Attributes:
        notes: what was noted of each.
    """

    def __init__(self) -> None:
        self.notes: deque[Note] = deque(maxlen=LOG_SIZE)

    def note(self, transport: str, told: Reply | Told) -> None:
        """Add a query that was answered now."""
        if len(told[0]) > KEPT:
            told = Reply.of(told)._replace(wire=told[0][:KEPT])
        self.notes.append((time.time(), transport, told))

    def clear(self) -> None:
        """Forget all."""
        self.notes.clear()

    def __len__(self) -> int:
        return len(self.notes)

    def __iter__(self) -> Iterator[Entry]:
        for at, transport, told in list(self.notes):
            yield Entry(at, transport, Reply.of(told))
