"""The short form of `python -m tests.torture`: hostile packets through real sockets."""

from __future__ import annotations

import pytest
from conftest import need
from torture import conversations, oracle, packets, watched
from torture.strange import SEEDS

# How the server may be run; each must stand the same.
WAYS = {"thread": {}}


@pytest.fixture(params=WAYS)
def server(request):
    with watched.own("lab", **WAYS[request.param]) as running:
        yield running
        assert running.complaints() == []


def test_mutated_and_made_up_packets(server):
    outcome = packets.fire(server, packets.stream(1, packets.SHORT))
    assert outcome.packets > 39_000
    assert outcome.complaints == {}, outcome.examples
    assert outcome.replies > 0.8 * outcome.packets
    assert_flat(outcome, memory=6_000)


def test_tcp_conversations(server):
    found = conversations.hold(server, conversations.CONVERSATIONS // conversations.SHORT)
    assert found.packets == 1000
    assert found.complaints == {}
    assert_flat(found, memory=12_000)


def assert_flat(outcome, memory):
    """No more than so many kilobytes, and neither descriptors nor threads."""
    growth = [after - before for before, after in zip(outcome.before, outcome.after, strict=True)]
    assert growth[0] < memory
    assert growth[1:] == [0, 0]
