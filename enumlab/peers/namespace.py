"""Starts `enumlab.peers.inside` in private namespaces, and talks to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from enumlab.errors import ServerError
from enumlab.peers.programs import require
from enumlab.zone import Zone

STARTING = 30.0  # seconds
ANSWERING = 60.0  # seconds, and so many more for each call:
A_CALL = 0.2

# Own user, network, mounts and processes; all of it is killed with unshare itself.
UNSHARE = ["--user", "--map-root-user", "--net", "--mount", "--pid", "--fork", "--kill-child"]


class CannotRunError(ServerError):
    """A program is missing on this machine, or its kernel gives no namespaces."""


class Namespace:
    """A child process in a network of its own; `stop` ends all that runs there.

    Args:
        zone: what its name server answers for.
        settings: Kamailio's configuration.

    Raises:
        CannotRunError: a program or a permission is missing.
        ServerError: Kamailio refuses the settings; its own words are in the message.
    """

    note = ""

    def __init__(self, zone: Zone, settings: str) -> None:
        unshare = _available()
        self._folder = tempfile.TemporaryDirectory(prefix="enumlab-", ignore_cleanup_errors=True)
        folder = Path(self._folder.name)
        self._errors = folder / "errors"
        above = str(Path(__file__).parents[2])  # this very package, installed or not
        paths = os.pathsep.join(filter(None, [above, os.environ.get("PYTHONPATH")]))
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                [unshare, *UNSHARE, sys.executable, "-m", "enumlab.peers.inside"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={**os.environ, "PYTHONPATH": paths},
                start_new_session=True,  # an interrupted cell is no reason to end it
                text=True,
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        try:
            start = {"folder": str(folder), "zone": zone.to_text(), "settings": settings}
            answer = self._exchange(start, STARTING)
            if answer is None or "cannot" in answer:
                raise CannotRunError(_refusal(answer["cannot"] if answer else self._words()))
            if "error" in answer:
                raise ServerError(answer["error"])
        except BaseException:
            self.stop()
            raise

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Send a request to the child, and wait for its answer.

        Raises:
            ServerError: it ended, or took too long.
        """
        try:
            answer = self._exchange(request, ANSWERING + A_CALL * request["calls"])
            if answer is None:
                words = self._words() or "It said nothing."
                raise ServerError(f"the switch stopped in the middle of the calls. {words}")
        except BaseException:  # an interrupted cell, too: what comes back later answers nobody
            self.stop()
            raise
        return answer

    @property
    def running(self) -> bool:
        """Whether the child takes requests."""
        return self._process.poll() is None

    def stop(self) -> None:
        """End everything inside; a second time does nothing."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for stream in self._stdin, self._stdout:
            with suppress(OSError):  # what was still to be said, nobody hears any more
                stream.close()
        self._folder.cleanup()

    def _exchange(self, what: dict[str, Any], seconds: float) -> dict[str, Any] | None:
        """One line there, one line back; None if the child is gone or too slow."""
        alarm = threading.Timer(seconds, self._process.kill)
        alarm.start()
        try:
            self._stdin.write(json.dumps(what) + "\n")
            self._stdin.flush()
            line = self._stdout.readline()
        except (OSError, ValueError):
            return None
        finally:
            alarm.cancel()
        answer: dict[str, Any] | None = json.loads(line) if line.endswith("\n") else None
        return answer

    def _words(self) -> str:
        lines = self._errors.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""


def _refusal(words: str) -> str:
    return (
        f"This machine does not let this user have a private network ({words or 'no reason told'})."
        " Ask its administrator to allow unprivileged user namespaces, or run this as root."
    )


def _available() -> str:
    """Path of unshare, where all that it takes is on this machine."""
    if not sys.platform.startswith("linux"):
        raise CannotRunError("A private network for Kamailio needs Linux.")
    try:
        require("kamailio")
        return require("unshare")
    except ServerError as error:
        raise CannotRunError(str(error)) from None
