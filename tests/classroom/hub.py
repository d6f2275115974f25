"""A JupyterHub on the loopback, in throw-away folders, and learners who log in over HTTP."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import websocket

from classroom import proc
from classroom.kernels import ROOT, environment

PROXY = ROOT / "tests/npm/node_modules/configurable-http-proxy/bin/configurable-http-proxy"
WAIT = 180.0  # seconds, for eight servers that start at once on two cores

# DummyAuthenticator lets anyone in who knows one password: for a test on the loopback, no more.
SETTINGS = """
c = get_config()  # noqa
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub}"
c.JupyterHub.db_url = "sqlite:///{folder}/hub.sqlite"
c.JupyterHub.cookie_secret_file = "{folder}/cookie_secret"
c.JupyterHub.log_level = "ERROR"
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = "{password}"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = "{folder}/{{username}}"
c.Spawner.cmd = [{python!r}, "-m", "jupyterhub.singleuser"]
c.Spawner.args = ["--allow-root", "--log-level=ERROR", "--config={folder}/server.json"]
c.Spawner.ip = "127.0.0.1"
c.Spawner.start_timeout = c.Spawner.http_timeout = {wait}
c.ConfigurableHTTPProxy.command = [{node!r}, {proxy!r}]
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api}"
c.ConfigurableHTTPProxy.pid_file = "{folder}/proxy.pid"
"""

# What only instructors and tests install; a learner's server does without.
NOT_THE_LEARNERS = [
    "notebook",
    "nbgrader.server_extensions.formgrader",
    "nbgrader.server_extensions.validate_assignment",
    "nbgrader.server_extensions.assignment_list",
    "nbgrader.server_extensions.course_list",
]


@dataclass(frozen=True)
class Hub:
    """A hub that is running."""

    url: str
    password: str
    folder: Path
    pid: int


@contextmanager
def running(folder: Path, node: str) -> Iterator[Hub]:
    """Start a hub and its proxy; nothing of them is left afterwards.

    Args:
        folder: for its data base, its log, and the learners' homes.
        node: the program that runs the proxy.
    """
    port, hub, api = _free_ports(3)
    password = secrets.token_hex()
    settings = folder / "jupyterhub_config.py"
    settings.write_text(
        SETTINGS.format(
            port=port,
            hub=hub,
            api=api,
            folder=folder,
            password=password,
            python=sys.executable,
            wait=WAIT,
            node=node,
            proxy=str(PROXY),
        )
    )
    extensions = {"jpserver_extensions": dict.fromkeys(NOT_THE_LEARNERS, False)}
    (folder / "server.json").write_text(json.dumps({"ServerApp": extensions}))
    log = (folder / "log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyterhub", "-f", str(settings)],
        stdout=log,
        stderr=log,
        cwd=folder,
        env=environment(folder) | {"CONFIGPROXY_AUTH_TOKEN": secrets.token_hex()},
    )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(url, process, folder / "log")
        yield Hub(url, password, folder, process.pid)
    finally:
        everyone = proc.tree(process.pid)
        process.terminate()  # it ends its proxy and the learners' servers
        with suppress(subprocess.TimeoutExpired):
            process.wait(60)
        left = [pid for pid in everyone if proc.lives(pid)]
        for pid in left:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        process.wait()
        log.close()
    assert not left, f"still there after the hub: {left}"


@dataclass
class Visit:
    """What a learner did on the hub.

    Attributes:
        seconds: from the login page to the end of the last cell.
        memory: of the learner's server and kernel together, in MB.
        outputs: of each code cell, the text.
        errors: of cells that failed.
        strangers: sockets of both that other machines could reach.
    """

    seconds: float = 0.0
    memory: float = 0.0
    outputs: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    strangers: list[proc.Bound] = field(default_factory=list)


def visit(hub: Hub, name: str, notebook: str) -> Visit:
    """Log in, open a notebook, run all of its cells, save it, log out."""
    start = time.perf_counter()
    shutil.copytree(ROOT / "notebooks", hub.folder / name, dirs_exist_ok=True)
    with requests.Session() as session:
        return _Learner(hub, name, session).run(notebook, start)


class _Learner:
    def __init__(self, hub: Hub, name: str, session: requests.Session) -> None:
        self.hub, self.name, self.session = hub, name, session
        self.home = f"{hub.url}/user/{name}"
        session.get(f"{hub.url}/hub/login", timeout=WAIT).raise_for_status()
        form = {
            "username": name,
            "password": hub.password,
            "_xsrf": self._token("/hub/"),
        }
        # It goes on to the learner's own server, which starts by that.
        answer = session.post(f"{hub.url}/hub/login", data=form, timeout=WAIT)
        answer.raise_for_status()
        self._wait_for_server()

    def _token(self, path: str) -> str:
        """Against forged requests: what the cookie says must be said again."""
        return next(
            cookie.value or ""
            for cookie in self.session.cookies
            if cookie.name == "_xsrf" and cookie.path == path
        )

    def _wait_for_server(self) -> None:
        deadline = time.monotonic() + WAIT
        while time.monotonic() < deadline:
            page = self.session.get(f"{self.home}/lab", timeout=WAIT)
            if page.status_code == 200 and page.url.startswith(f"{self.home}/lab"):
                return
            time.sleep(0.5)
        raise AssertionError(f"no server for {self.name} within {WAIT:g} s")

    def _api(self, method: str, path: str, **more: Any) -> Any:
        headers = {"X-XSRFToken": self._token(f"/user/{self.name}/")}
        answer = self.session.request(
            method, f"{self.home}/api/{path}", headers=headers, timeout=WAIT, **more
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def run(self, notebook: str, start: float) -> Visit:
        path = f"{notebook}.ipynb"
        model = self._api("GET", f"contents/{path}")
        book = model["content"]
        request = {"path": path, "name": path, "type": "notebook", "kernel": {"name": "python3"}}
        opened = self._api("POST", "sessions", json=request)
        kernel = opened["kernel"]["id"]
        cookies = "; ".join(
            f"{cookie.name}={cookie.value}"
            for cookie in self.session.cookies
            if f"/user/{self.name}/".startswith(cookie.path)
        )
        channels = websocket.create_connection(
            f"{self.home}/api/kernels/{kernel}/channels".replace("http", "ws", 1),
            cookie=cookies,
            timeout=WAIT,
        )
        visit = Visit()
        try:
            for cell in book["cells"]:
                if cell["cell_type"] == "code":
                    output, error = _execute(channels, "".join(cell["source"]))
                    visit.outputs.append(output)
                    visit.errors += [error] if error else []
            visit.seconds = time.perf_counter() - start
            server = int(_execute(channels, "import os; print(os.getppid())")[0])
            visit.memory, visit.strangers = proc.pss(server), proc.strangers(server)
        finally:
            channels.close()
        self._api("PUT", f"contents/{path}", json={"type": "notebook", "content": book})
        self._api("DELETE", f"sessions/{opened['id']}")
        self.session.get(f"{self.hub.url}/hub/logout", timeout=WAIT).raise_for_status()
        return visit


def _execute(channels: websocket.WebSocket, code: str) -> tuple[str, str]:
    """Run a cell; its text, and its error."""
    sent = uuid.uuid4().hex
    header = {"msg_id": sent, "msg_type": "execute_request", "session": sent, "username": ""}
    content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
    channels.send(json.dumps({**message, "channel": "shell", "buffers": []}))
    text, error, replied, idle = "", "", False, False
    while not (replied and idle):
        message = json.loads(channels.recv())
        if message["parent_header"].get("msg_id") != sent:
            continue
        content = message["content"]
        match message["msg_type"]:
            case "stream":
                text += content["text"]
            case "execute_result" | "display_data":
                text += content["data"].get("text/plain", "")
            case "error":
                error = f"{content['ename']}: {content['evalue']}"
            case "execute_reply":
                replied = True
                if content["status"] != "ok":
                    error = error or content["status"]
            case "status":
                idle = idle or content["execution_state"] == "idle"
    return text, error


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + WAIT
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(f"{url}/hub/health", timeout=5).ok:
                return
        except requests.RequestException:
            pass
        time.sleep(0.1)
    raise AssertionError(f"the hub did not start:\n{log.read_text(errors='replace')}")


def _free_ports(number: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    try:
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
