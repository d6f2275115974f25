"""ENUM (RFC 6116) taught by a real DNS server inside the notebook.

`import enumlab as lab` is light: each name below is loaded when it is first used (PEP 562), so that
a terminal user never waits for plots.

Example:
    >>> import enumlab as lab
    >>> lab.to_domain("+61 3 5550 0912")
    '2.1.9.0.0.5.5.5.3.1.6.e164.arpa.'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from enumlab import peers as peers
    from enumlab.blocks import block_map as block_map
    from enumlab.calls import simulate as simulate
    from enumlab.client import ask as ask
    from enumlab.errors import LabError as LabError
    from enumlab.errors import NoMatch as NoMatch
    from enumlab.errors import NumberError as NumberError
    from enumlab.errors import ServerError as ServerError
    from enumlab.errors import SubstitutionError as SubstitutionError
    from enumlab.errors import ZoneError as ZoneError
    from enumlab.exercises import exercise as exercise
    from enumlab.exercises import hint as hint
    from enumlab.exercises import predict as predict
    from enumlab.exercises import progress as progress
    from enumlab.exercises import solution as solution
    from enumlab.linting import lint as lint
    from enumlab.naptr import Naptr as Naptr
    from enumlab.number import to_domain as to_domain
    from enumlab.number import to_number as to_number
    from enumlab.selection import split as split
    from enumlab.selection import tiers as tiers
    from enumlab.server import serve as serve
    from enumlab.substitution import rewrite as rewrite
    from enumlab.volley import ask_many as ask_many
    from enumlab.zone import Zone as Zone

_ROOM_OF = {
    "to_domain": "number",
    "to_number": "number",
    "rewrite": "substitution",
    "Naptr": "naptr",
    "tiers": "selection",
    "split": "selection",
    "simulate": "calls",
    "Zone": "zone",
    "serve": "server",
    "ask": "client",
    "block_map": "blocks",
    "lint": "linting",
    "exercise": "exercises",
    "hint": "exercises",
    "solution": "exercises",
    "predict": "exercises",
    "progress": "exercises",
    "LabError": "errors",
    "NumberError": "errors",
    "SubstitutionError": "errors",
    "NoMatch": "errors",
    "ZoneError": "errors",
    "ServerError": "errors",
}

__all__ = list(_ROOM_OF)
_ROOM_OF["ask_many"] = "volley"  # `ask` for a list; the names above are those of the course
__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    if name == "peers":  # a room as a whole: lab.peers.bind(zone)
        return import_module("enumlab.peers")
    if name not in _ROOM_OF:
        raise AttributeError(f"module 'enumlab' has no attribute {name!r}")
    value = getattr(import_module(f"enumlab.{_ROOM_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_ROOM_OF})
