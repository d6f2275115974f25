"""A Jupyter server of our own: a copy of the notebooks, and nothing of the user's settings."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]-*.ipynb"))
FIRST_SECONDS = 90

SETTINGS = {
    # Every cell is drawn, also those below the edge of the screen.
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    # A save in the middle of a test would ask what to do with the other version.
    "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
}

# Extensions of the front ends. The tests' environment has more, which a learner's has not; one of
# them fails to load in JupyterLab, for it is made for another program.
EXTENSIONS = ("@jupyter-widgets", "@jupyter-notebook", "jupyterlab_pygments")


@dataclass(frozen=True)
class Jupyter:
    """A running server; JupyterLab and Notebook 7 are two front ends of the same one."""

    address: str
    token: str
    folder: Path  # holds the copies of the notebooks

    def lab(self, name: str) -> str:
        # A workspace of its own: pages that share one move each other's tabs.
        return f"{self.address}lab/workspaces/{Path(name).stem}/tree/{name}?token={self.token}"

    def classic(self, name: str) -> str:
        return f"{self.address}notebooks/{name}?token={self.token}"


@contextmanager
def serving(folder: Path) -> Iterator[Jupyter]:
    """Start a server below `folder`, which is empty, and stop it with all its kernels."""
    books = folder / "notebooks"
    books.mkdir(parents=True)
    for path in [*NOTEBOOKS, ROOT / "notebooks" / "glossary.md"]:
        shutil.copy(path, books)
    runtime = folder / "runtime"
    for name, setting in SETTINGS.items():
        path = folder / "settings" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(setting), encoding="utf-8")
    (folder / "extensions").mkdir()
    for name in EXTENSIONS:
        installed = Path(sys.prefix, "share", "jupyter", "labextensions", name)
        (folder / "extensions" / name).symlink_to(installed)
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
        f"--ServerApp.port={_free_port()}", f"--ServerApp.root_dir={books}",
    ]  # fmt: skip
    for app in ("LabApp", "JupyterNotebookApp"):
        command.append(f"--{app}.expose_app_in_browser=True")
        command.append(f"--{app}.labextensions_path={folder / 'extensions'}")
    log = folder / "log"
    with (
        log.open("wb") as stream,
        subprocess.Popen(
            command, cwd=folder, env=_environment(folder), stdout=stream, stderr=subprocess.STDOUT
        ) as process,
    ):
        try:
            yield _started(process, runtime, books, log)
        finally:
            process.terminate()  # the server ends its kernels
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def _environment(folder: Path) -> dict[str, str]:
    places = {
        "HOME": "home",
        "IPYTHONDIR": "ipython",
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
    }
    env = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")}
    env.pop("MPLBACKEND", None)
    for name, place in places.items():
        (folder / place).mkdir(exist_ok=True)
        env[name] = str(folder / place)
    return env


def _started(process: subprocess.Popen[bytes], runtime: Path, books: Path, log: Path) -> Jupyter:
    """Wait until it answers; its own file says at which port, should ours have been taken."""
    end = time.monotonic() + FIRST_SECONDS
    while time.monotonic() < end and process.poll() is None:
        for path in runtime.glob("jpserver-*.json"):
            said = json.loads(path.read_text(encoding="utf-8") or "{}")
            if said:
                with socket.socket() as sock:
                    if sock.connect_ex(("127.0.0.1", said["port"])) == 0:
                        address = f"http://127.0.0.1:{said['port']}/"
                        return Jupyter(address, said["token"], books)
        time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text(errors='replace')[-3000:]}")
