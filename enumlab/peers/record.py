"""Makes the calls of the course for real and keeps them: `python -m enumlab.peers.record`."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

from enumlab.peers.comparison import compare
from enumlab.peers.namespace import Namespace
from enumlab.peers.programs import require
from enumlab.peers.recorded import FILE
from enumlab.peers.routes import SUFFIX, settings
from enumlab.peers.switch import Switch
from enumlab.zone import Zone

ZONE = "playground"

VERSIONS = {
    "Kamailio": ["kamailio", "-v"],
    "BIND": ["named", "-v"],
    "NSD": ["nsd", "-v"],
    "Knot": ["knotd", "-V"],
}

# One of each kind in the playground, and numbers of the hole.
NUMBERS = (
    "+61355500911", "+61355500912", "+61355500913", "+61355500914", "+61355500915",
    "+61255501234", "+61255502000", "+61255502345", "+61255502300", "+61255502346", "+612555021",
)  # fmt: skip

# Route -> calls: number, how many, and what is special about them.
CALLS: dict[str, list[tuple[str, int, dict[str, Any]]]] = {
    "first": [
        ("+61355500911", 1, {}),
        ("+61355500912", 400, {}),
        ("+61355500913", 400, {}),
        ("+61355500914", 400, {}),
        ("+61355500912", 400, {"rotation": "none"}),
        ("+61355500914", 1, {"refusing": ["firstchoice"]}),
        ("+61355500914", 400, {"refusing": ["firstchoice"]}),
        ("+61355500915", 1, {}),
        ("+61255501234", 1, {}),
        ("+61255502000", 1, {}),
        ("+61255502345", 1, {}),
        ("+61255502300", 1, {}),
        ("+61255502346", 1, {}),
        ("+001144", 1, {}),
    ],
    "redirect": [(number, 1, {}) for number in NUMBERS[:5]],
    "all": [("+61355500913", 1, {}), ("+61355500914", 1, {})],
    "failover": [
        ("+61355500912", 400, {}),
        ("+61355500914", 1, {"silent": ["firstchoice"]}),
        ("+61355500914", 1, {"refusing": ["firstchoice"]}),
        ("+61355500914", 400, {"refusing": ["firstchoice"]}),
    ],
    "circle": [("+61355500911", 1, {}), ("+61255502300", 1, {})],
    "hops": [("+61255502300", 1, {})],
}


class Recorder:
    """Stands between a switch and its namespace, and notes what passes."""

    note = ""

    def __init__(self, line: Namespace) -> None:
        self._line = line
        self.heard: list[tuple[dict[str, Any], dict[str, Any]]] = []

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Hand a request on."""
        answer = self._line.ask(request)
        self.heard.append((request, answer))
        return answer

    @property
    def running(self) -> bool:
        """Whether requests are taken."""
        return self._line.running

    def stop(self) -> None:
        """End what runs."""
        self._line.stop()


def calls() -> list[dict[str, Any]]:
    """Make every call of the list, and give requests with their answers."""
    zone = Zone.named(ZONE)
    entries = []
    for route, wanted in CALLS.items():
        text = settings(route)
        line = Recorder(Namespace(zone, text))
        with Switch(zone, text, SUFFIX, "random", line) as switch:
            for number, many, special in wanted:
                options = dict(special)
                switch.rotation = options.pop("rotation", "random")
                if many == 1:
                    switch.call(number, **options)
                else:
                    switch.calls(number, many, **options)
        entries += [
            {"zone": ZONE, "route": route, "request": request, "answer": answer}
            for request, answer in line.heard
        ]
    return entries


def versions() -> dict[str, str]:
    """Program -> its name and version."""
    found = {}
    for program, (command, option) in VERSIONS.items():
        done = subprocess.run(
            [require(command), option], capture_output=True, text=True, check=False
        )
        number = re.search(r"\d+\.\d+\.\d+", done.stdout + done.stderr)
        found[program] = f"{program} {number[0] if number else 'of unknown version'}"
    return found


def main() -> None:
    """Write the recording."""
    recording = {
        "date": date.today().isoformat(),
        "versions": versions(),
        "answers": [{"zone": ZONE, "answers": compare(Zone.named(ZONE), NUMBERS).answers}],
        "calls": calls(),
    }
    path = Path(__file__).with_name(FILE)
    path.write_text(json.dumps(recording, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
