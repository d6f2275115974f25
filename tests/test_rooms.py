"""The rooms of the package: imports point one way, and what must stay light stays light."""

from __future__ import annotations

import ast
import graphlib
import subprocess
import sys
from pathlib import Path

import pytest

import enumlab

PACKAGE = Path(enumlab.__file__).parent

# In the order in which a call flows; a room may import what stands above it.
ROOMS = [
    "errors",
    "notice",
    "number",
    "substitution",
    "naptr",
    "selection",
    "nodes",
    "masterfile",
    "zone",
    "request",
    "quick",
    "packing",
    "responder",
    "querylog",
    "ratelimit",
    "sockets",
    "loop",
    "memory",
    "child",
    "server",
    "client",
    "peers",
    "calls",
    "blocks",
    "linting",
    "show",
    "exercises",
    "site",
    "__main__",
]


def imports(path):
    """Rooms that a file imports when it is itself imported: not in functions, not for types."""
    tree = ast.parse(path.read_text())
    found = set()
    for node in _at_import(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "enumlab" and len(parts) > 1:
                found.add(parts[1])
    return {room for room in found if _room_exists(room)}


def _at_import(tree):
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        yield node
        yield from _at_import(node)


def _room_exists(room):
    return (PACKAGE / f"{room}.py").exists() or (PACKAGE / room).is_dir()


def _room(path):
    relative = path.relative_to(PACKAGE)
    return relative.parts[0].removesuffix(".py")


def graph():
    found = {}
    for path in PACKAGE.rglob("*.py"):
        room = _room(path)
        found.setdefault(room, set()).update(imports(path) - {room})
    found.pop("__init__")
    return found


def test_no_circle():
    list(graphlib.TopologicalSorter(graph()).static_order())


def test_imports_point_up():
    rooms = graph()
    reach = {}
    for room in graphlib.TopologicalSorter(rooms).static_order():
        reach[room] = set().union(*[{each} | reach[each] for each in rooms[room]])
    for index, room in enumerate(ROOMS):
        if room in reach:
            assert not reach[room] & set(ROOMS[index + 1 :]), room


@pytest.mark.parametrize(
    "module",
    ["enumlab.number", "enumlab.zone", "enumlab.responder", "enumlab.server", "enumlab.client"],
)
def test_what_a_terminal_needs_loads_nothing_heavy(module):
    program = (
        f"import sys, {module}\n"
        "heavy = {'pandas', 'numpy', 'matplotlib', 'IPython', 'ipywidgets', 'phonenumbers'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_every_public_name_is_there_and_explained():
    for name in enumlab.__all__:
        value = getattr(enumlab, name)
        assert value.__doc__, name
        assert name in dir(enumlab)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        enumlab.nothing
