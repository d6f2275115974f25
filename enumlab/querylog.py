"""What a server was asked last, oldest first."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from enumlab.quick import Told
from enumlab.responder import Reply

LOG_SIZE = 10_000  # queries; older ones make room

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
        note: adds one.
    """

    def __init__(self) -> None:
        self.notes: deque[Note] = deque(maxlen=LOG_SIZE)
        self.note = self.notes.append

    def clear(self) -> None:
        """Forget all."""
        self.notes.clear()

    def __len__(self) -> int:
        return len(self.notes)

    def __iter__(self) -> Iterator[Entry]:
        for at, transport, told in list(self.notes):
            yield Entry(at, transport, Reply.of(told))
