"""Notebooks executed in fresh kernels."""

from __future__ import annotations

import copy
import os
import sys
import tempfile
import time
from pathlib import Path

from nbformat import NotebookNode

from enumlab.errors import LabError
from enumlab.notebooks.files import read, tidy, write

SECONDS_A_CELL = 120

# They would change what a cell shows: the picture's back end, widths, colours.
_LEFT_OUT = ("MPLBACKEND", "COLUMNS", "LINES", "FORCE_COLOR", "NO_COLOR", "PYTHONWARNINGS")


def run(path: Path) -> float:
    """Execute a notebook in a fresh kernel and write its outputs into the file.

    Returns:
        The seconds it took, start of the kernel included.

    Raises:
        LabError: a cell raised an error or took too long; the file is as it was.
    """
    start = time.perf_counter()
    book = execute(read(path), path)
    seconds = time.perf_counter() - start
    write(path, book)
    return seconds


def execute(book: NotebookNode, path: Path) -> NotebookNode:
    """A tidy copy of a notebook, with the outputs that a fresh kernel gives.

    The kernel is this interpreter, activated or not, whatever kernels the user has installed. It
    works in the folder of `path` and reads no IPython profile.

    Raises:
        LabError: a cell raised an error or took too long, or the kernel died.
    """
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    book = copy.deepcopy(book)
    at = 0

    def note(cell: NotebookNode, cell_index: int) -> None:
        nonlocal at
        at = cell_index + 1

    # No folders of kernels: what is left is the one of this very interpreter.
    manager = AsyncKernelManager(
        kernel_name="python3", kernel_spec_manager=KernelSpecManager(kernel_dirs=[])
    )
    client = NotebookClient(
        book,
        km=manager,
        timeout=SECONDS_A_CELL,
        store_widget_state=False,
        on_cell_start=note,
        resources={"metadata": {"path": str(path.parent.absolute())}},
        # Else some versions warn on stderr that the loopback is not encrypted.
        extra_arguments=["--log-level=CRITICAL"],
    )
    with tempfile.TemporaryDirectory() as profile:
        try:
            client.execute(cleanup_kc=True, env=_environment(profile))
        except CellExecutionError as error:
            seen = f"raised {error.ename}: {error.evalue}"
        except CellTimeoutError:
            seen = f"took longer than {SECONDS_A_CELL} s"
        except DeadKernelError:
            seen = "ended its kernel"
        else:
            return tidy(book)
    raise LabError(
        f"{path.name}, cell {at} {seen.rstrip('.')}. "
        "Run it in JupyterLab, with Restart Kernel and Run All Cells, and mend it."
    )


def _environment(profile: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key not in _LEFT_OUT}
    # So that `!python -m enumlab ...` in a cell is this Python too.
    path = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)])
    return kept | {"IPYTHONDIR": profile, "PATH": path}
