"""What was recorded by the same code, for machines on which the real programs cannot run."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from enumlab.errors import ServerError
from enumlab.zone import Zone

FILE = "recorded.json"


@cache
def recording() -> dict[str, Any]:
    """The file as it is: "date", "versions", "calls" and "answers"."""
    read: dict[str, Any] = json.loads((files("enumlab.peers") / FILE).read_text("utf-8"))
    return read


class Recorded:
    """Answers requests for calls as Kamailio did on the day of the recording.

    Args:
        zone: what is to be served.
        route: name of Kamailio's route, such as "first".
        why: why nothing runs here, as a sentence.
    """

    def __init__(self, zone: Zone, route: str, why: str) -> None:
        self._calls = [
            entry
            for entry in recording()["calls"]
            if entry["route"] == route and _same(zone, entry["zone"])
        ]
        self._why = why
        self.note = f"{why} These calls were recorded {_when('Kamailio')}."

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """The recorded answer to a request.

        Raises:
            ServerError: nobody recorded this one.
        """
        for entry in self._calls:
            if entry["request"] == request:
                answer: dict[str, Any] = entry["answer"]
                return answer
        raise ServerError(f"these calls cannot be made here, and nobody recorded them. {self._why}")

    running = True

    def stop(self) -> None:
        """Nothing runs; but what is stopped takes no requests."""
        self.running = False


def recorded_answers(zone: Zone, engine: str, numbers: list[str]) -> tuple[dict[str, str], str]:
    """What a name server said about these numbers, and when; empty where it was not recorded."""
    for entry in recording()["answers"]:
        answers: dict[str, str] = entry["answers"][engine]
        if _same(zone, entry["zone"]) and list(answers) == numbers:
            return answers, f"recorded {_when(engine)}"
    return {}, ""


def _same(zone: Zone, name: str) -> bool:
    return Zone.named(name).to_text() == zone.to_text()


def _when(program: str) -> str:
    day = date.fromisoformat(recording()["date"])
    return f"on {day.day} {day:%B %Y} with {recording()['versions'][program]}"
