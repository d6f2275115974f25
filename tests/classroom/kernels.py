"""A real IPython kernel, to restart, interrupt and kill."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import NamedTuple

from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

ROOT = Path(__file__).parents[2]
WAIT = 60.0  # seconds; none of the cells takes more than a few


class Result(NamedTuple):
    """What a cell printed, and the error that ended it: such as "KeyboardInterrupt: ", or ""."""

    text: str
    error: str


class Kernel:
    """One kernel of this very interpreter, with folders of its own.

    Args:
        folder: where it works and keeps its profile.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manager = KernelManager(
            kernel_name="python3", kernel_spec_manager=KernelSpecManager(kernel_dirs=[])
        )
        self._errors = (folder / "stderr").open("wb")
        self.manager.start_kernel(
            cwd=str(folder),
            env=environment(folder),
            extra_arguments=["--log-level=CRITICAL"],
            stderr=self._errors,
        )
        self.client: BlockingKernelClient = self._connected()

    def _connected(self) -> BlockingKernelClient:
        client = self.manager.blocking_client()
        client.start_channels()
        client.wait_for_ready(WAIT)
        return client

    @property
    def pid(self) -> int:
        return self.manager.provisioner.pid

    def send(self, code: str, cell: str | None = None) -> str:
        """Begin a cell; a front end gives a cell's identity with it."""
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
        metadata = {"cellId": cell} if cell else {}
        message = self.client.session.msg("execute_request", content, metadata=metadata)
        self.client.shell_channel.send(message)
        return message["header"]["msg_id"]

    def printed(self, sent: str, *, until: str | None = None) -> Result:
        """What a cell printed, when it has ended, or when it has printed some text."""
        text, error = "", ""
        deadline = time.monotonic() + WAIT
        while True:
            message = self.client.get_iopub_msg(timeout=deadline - time.monotonic())
            if message["parent_header"].get("msg_id") != sent:
                continue
            content = message["content"]
            match message["msg_type"]:
                case "stream":
                    text += content["text"]
                case "error":
                    error = f"{content['ename']}: {content['evalue']}"
                case "status" if content["execution_state"] == "idle":
                    return Result(text.strip(), error)
            if until is not None and until in text:
                return Result(text.strip(), error)

    def run(self, code: str, cell: str | None = None) -> str:
        """Run a cell to its end; it must not fail."""
        text, error = self.printed(self.send(code, cell))
        assert not error, error
        return text

    def interrupt(self) -> None:
        self.manager.interrupt_kernel()

    def restart(self) -> None:
        self.client.stop_channels()
        self.manager.restart_kernel(now=False)
        self.client = self._connected()

    def kill(self) -> None:
        """As the machine does when memory is short."""
        self.manager.signal_kernel(9)
        deadline = time.monotonic() + WAIT
        while self.manager.is_alive() and time.monotonic() < deadline:
            time.sleep(0.02)

    def __enter__(self) -> Kernel:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()
        self._errors.close()

    @property
    def stderr(self) -> str:
        """What went past the notebook."""
        return (self.folder / "stderr").read_text(errors="replace")


def environment(folder: Path) -> dict[str, str]:
    """Variables for a process that reads no settings of the user, and finds this very tree."""
    paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    left_out = ("MPLBACKEND", "PYTHONWARNINGS")
    kept = {key: value for key, value in os.environ.items() if key not in left_out}
    own = {
        "HOME": str(folder),
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "PATH": path,
        "PYTHONPATH": paths,
    }
    return kept | own
