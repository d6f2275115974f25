"""The habits of ISC's compliance report, put to the lab, to BIND and to stock dnslib."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from conftest import need
from torture import edns

from enumlab import peers
from enumlab.server import LabServer

EVERY = [*edns.COMPLIANCE, *edns.TYPES, *edns.BEYOND]


@pytest.fixture(scope="module")
def lab():
    with LabServer(edns.served(), port=0) as server:
        yield server


@pytest.mark.parametrize("check", EVERY, ids=lambda check: check.what)
def test_the_lab_passes(lab, check):
    assert edns.verdict(lab.address, check) == []


@pytest.mark.peer
def test_bind_passes_all_and_stock_dnslib_few():
    need("named")
    zone = edns.served()
    with ExitStack() as stack:
        bind = stack.enter_context(peers.bind(zone))
        stock = stack.enter_context(edns.stock_dnslib(zone))
        failed = {check.what: edns.verdict(bind.address, check) for check in EVERY}
        passed = [check for check in EVERY if not edns.verdict(stock, check)]
    assert {what: wrong for what, wrong in failed.items() if wrong} == {}
    assert len(edns.COMPLIANCE) == 34
    # If dnslib ever passes more, the checks have gone soft, or dnslib has become better.
    assert len(set(passed) & set(edns.COMPLIANCE)) <= 8
    assert len(set(passed) & set(edns.TYPES)) <= 3


def reply(check, lab):
    return edns.Reply.read(edns.ask(lab.address, check.packet(), check.tcp))


@pytest.mark.parametrize(
    ("what", "change", "words"),
    [
        ("plain DNS", {"rcode": 3}, "rcode is 3"),
        ("plain DNS", {"flags": 0x8440}, "reserved bit"),
        ("plain DNS", {"flags": 0x8420}, "AD is set"),
        ("plain DNS", {"flags": 0x8000}, "AA is not set"),
        ("plain DNS", {"flags": 0x8600}, "TC is set"),
        ("plain DNS", {"size": 513}, "the client takes 512"),
        ("plain DNS", {"answers": []}, "NODATA without an SOA"),
        ("plain DNS", {"questions": []}, "question is not repeated"),
        ("RD is copied, and no recursion offered", {"flags": 0x8580}, "RA is set"),
        ("EDNS", {"opts": []}, "not one OPT"),
        ("EDNS", {"options": [(100, b"")]}, "option 100 came back"),
        ("EDNS, unknown option", {"options": [(100, b"")]}, "option 100 came back"),
        ("EDNS, COOKIE", {"options": [(10, edns.CLIENT_COOKIE)]}, "option 10 came back"),
        ("EDNS, EXPIRE", {"options": [(9, b"")]}, "option 9 came back"),
        ("EDNS, client subnet", {"options": [(8, b"\0\1\x18\0")]}, "option 8 came back"),
        ("EDNS, padding", {"options": [(12, b"\0")]}, ""),
    ],
)
def test_the_checks_see_what_is_wrong(lab, what, change, words):
    """A sound reply, changed in one place, is complained of."""
    check = next(check for check in EVERY if check.what == what)
    sound = reply(check, lab)
    assert check.complaints(sound) == []
    for name, value in change.items():
        setattr(sound, name, value)
    complaints = check.complaints(sound)
    assert words in complaints[0] if words else complaints == []


@pytest.mark.parametrize(
    ("what", "word"),
    [("EDNS, DO", 0x0000), ("EDNS", 0x8080), ("EDNS version 1", 1 << 24 | 1 << 16)],
)
def test_the_checks_see_wrong_edns_flags(lab, what, word):
    check = next(check for check in EVERY if check.what == what)
    sound = reply(check, lab)
    ((owner, _),) = sound.opts
    sound.opts = [(owner, word)]
    assert check.complaints(sound) != []
