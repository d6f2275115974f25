"""The real programs, from their Debian packages, run on the loopback for a lesson or a test.

Name servers (`bind`, `nsd`, `knot`) answer for one zone. `kamailio` is a switch that routes real
calls by ENUM, in a network of its own. Each runs without root, in a folder of its own that goes
away with it.
"""

from enumlab.peers.comparison import Comparison, compare
from enumlab.peers.nameservers import Peer, bind, knot, nsd
from enumlab.peers.programs import PACKAGES, find, require
from enumlab.peers.results import RealCalls
from enumlab.peers.routes import ROUTES, settings
from enumlab.peers.switch import Switch, kamailio

__all__ = [
    "PACKAGES", "ROUTES", "Comparison", "Peer", "RealCalls", "Switch",
    "bind", "compare", "find", "kamailio", "knot", "nsd", "require", "settings",
]  # fmt: skip
