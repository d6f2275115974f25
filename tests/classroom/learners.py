"""A class of learners: a kernel each, all running the same notebook at the same time."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

from classroom import proc
from classroom.kernels import ROOT, environment

# Once all is done: the last cell of a notebook stops its server, so one more is started.
AFTERWARDS = """
import sys
import pandas, matplotlib.pyplot
import enumlab as lab
server = lab.serve("playground")
print(server.port, "pandas" in sys.modules, lab.ask("+61355500911", server).uris[0])
"""
URI = "sip:61355500912@10.0.1.98"


@dataclass
class Learner:
    """What came of one of them.

    Attributes:
        seconds: from the start of the class to the end of the learner's last cell.
        memory: of the kernel with server, pandas and matplotlib, all others beside it; MB.
        port: of that server.
        cells: how many code cells ran.
        strangers: sockets that other machines could reach.
    """

    seconds: float
    memory: float
    port: int
    cells: int
    strangers: list[proc.Bound]


def attend(notebook: str, learners: int, folder: Path) -> list[Learner]:
    """Let a class run a notebook; every cell must end well.

    Args:
        notebook: its file name, without the ending.
        learners: how many.
        folder: for their folders.
    """
    return asyncio.run(_attend(notebook, learners, folder))


async def _attend(notebook: str, learners: int, folder: Path) -> list[Learner]:
    everyone_ready = asyncio.Barrier(learners)
    everyone_weighed = asyncio.Barrier(learners)
    start = time.perf_counter()

    async def one(number: int) -> Learner:
        own = folder / f"learner{number}"
        own.mkdir()
        book = nbformat.read(ROOT / "notebooks" / f"{notebook}.ipynb", 4)
        book.cells.append(nbformat.v4.new_code_cell(AFTERWARDS))
        manager = AsyncKernelManager(
            kernel_name="python3", kernel_spec_manager=KernelSpecManager(kernel_dirs=[])
        )
        client = NotebookClient(
            book,
            km=manager,
            timeout=120,
            resources={"metadata": {"path": str(own)}},
            extra_arguments=["--log-level=CRITICAL"],
        )
        async with client.async_setup_kernel(cleanup_kc=True, env=environment(own)):
            try:
                ran = 0
                for index, cell in enumerate(book.cells):
                    await client.async_execute_cell(cell, index)
                    ran += cell.cell_type == "code" and cell.execution_count is not None
                seconds = time.perf_counter() - start
                words = book.cells[-1].outputs[0].text.split()
                assert words[1:] == ["True", URI]
                await everyone_ready.wait()
            except BaseException:
                await everyone_ready.abort()  # nobody waits for who failed
                raise
            memory = proc.pss(manager.provisioner.pid)
            strangers = proc.strangers(manager.provisioner.pid)
            await everyone_weighed.wait()
            return Learner(seconds, memory, int(words[0]), ran, strangers)

    results = await asyncio.gather(*map(one, range(learners)), return_exceptions=True)
    failures = [each for each in results if isinstance(each, BaseException)]
    real = [each for each in failures if not isinstance(each, asyncio.BrokenBarrierError)]
    for failure in real or failures:
        raise failure
    return [each for each in results if isinstance(each, Learner)]
