"""Response-rate limiting: by simulation, and beside BIND's under the same stream of queries."""

from __future__ import annotations

import random
import select
import socket
import subprocess
import sys
import time
import tracemalloc
from collections import Counter

import dns.flags
import dns.message
import pytest

from enumlab import LabError, Zone
from enumlab.peers import nameservers
from enumlab.ratelimit import BUCKETS, RateLimit

NOERROR, NXDOMAIN, REFUSED = 0, 3, 5
ONE = "1.1.9.0.0.5.5.5.3.1.6.e164.arpa."
SOURCE = "192.0.2.7"


def verdicts(limit, times, source=SOURCE, name=ONE, rcode=NOERROR):
    letters = {"send": "s", "drop": "d", "slip": "t"}
    return "".join(letters[limit.judge(source, name, rcode, now)] for now in times)


# What an account earns and pays


def test_a_burst_gets_one_seconds_worth_then_every_other_answer_is_cut_short():
    assert verdicts(RateLimit(5), [0.3] * 12) == "ssssstdtdtdt"


@pytest.mark.parametrize(
    ("slip", "expected"), [(0, "ssdddddd"), (1, "sstttttt"), (2, "sstdtdtd"), (3, "sstddtdd")]
)
def test_slip_is_every_nth(slip, expected):
    assert verdicts(RateLimit(2, slip), [0.0] * 8) == expected


def test_errors_are_never_cut_short():
    assert verdicts(RateLimit(2), [0.0] * 6, rcode=REFUSED) == "ssdddd"


def test_at_the_rate_nothing_is_ever_held_back():
    limit = RateLimit(10)
    assert set(verdicts(limit, (tenth / 10 for tenth in range(3000)))) == {"s"}


def test_a_flood_gets_nothing_but_what_is_cut_short_and_its_end_is_seen():
    limit = RateLimit(5, window=4)
    flood = verdicts(limit, (number / 100 for number in range(1000)))  # 100 a second for 10 s
    assert Counter(flood) == {"s": 5, "t": 498, "d": 497}
    # The debt is 4 seconds' worth at the most, so 4 quiet seconds bring it to nothing.
    assert verdicts(limit, [12.9]) in "td"
    assert verdicts(limit, [14.0] * 5) == "sssst"


def test_quiet_time_is_not_saved_up():
    limit = RateLimit(5)
    verdicts(limit, [0.0])
    for now in 10.0, 3600.0:  # within the window, and beyond
        assert verdicts(limit, [now] * 6) == "ssssst"


def test_a_clock_that_is_set_back_neither_pays_nor_locks():
    limit = RateLimit(2)
    assert verdicts(limit, [1000.0, 1000.0, 5.0, 6.0]) == "ssts"


# Who shares an account


@pytest.mark.parametrize(
    ("other", "shared"),
    [
        ("192.0.2.250", True),
        ("192.0.3.7", False),
        ("::ffff:192.0.2.9", True),
        ("2001:db8:0:1::1", False),
    ],
)
def test_a_network_is_24_bits(other, shared):
    limit = RateLimit(1, slip=0)
    assert verdicts(limit, [0.0]) == "s"
    assert verdicts(limit, [0.0], source=other) == ("d" if shared else "s")


@pytest.mark.parametrize(
    ("other", "shared"), [("2001:db8:0:ff::9%eth0", True), ("2001:db8:0:100::1", False)]
)
def test_an_ipv6_network_is_56_bits(other, shared):
    limit = RateLimit(1, slip=0)
    assert verdicts(limit, [0.0], source="2001:db8::1") == "s"
    assert verdicts(limit, [0.0], source=other) == ("d" if shared else "s")


@pytest.mark.parametrize("source", ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"])
def test_the_loopback_is_exempt(source):
    limit = RateLimit(1)
    assert set(verdicts(limit, [0.0] * 50, source=source)) == {"s"}
    assert len(limit) == 0


def test_each_name_has_its_account_whatever_the_case():
    limit = RateLimit(1, slip=0)
    assert verdicts(limit, [0.0], name="a.e164.arpa.") == "s"
    assert verdicts(limit, [0.0], name="A.E164.arpa.") == "d"
    assert verdicts(limit, [0.0], name="b.e164.arpa.") == "s"
    assert verdicts(limit, [0.0], name=b"\1A\4e164\4arpa\0") == "s"
    assert verdicts(limit, [0.0], name=b"\1a\4e164\4arpa\0") == "d"


@pytest.mark.parametrize("rcode", [NXDOMAIN, REFUSED])
def test_random_names_that_do_not_exist_are_one_kind(rcode):
    limit = RateLimit(5, slip=0)
    names = [f"{number}.9.e164.arpa." for number in range(100)]
    sent = [limit.judge(SOURCE, name, rcode, 0.0) for name in names].count("send")
    assert sent == 5
    assert limit.judge(SOURCE, ONE, NOERROR, 0.0) == "send"


# Bounds


def test_a_flood_of_forged_senders_takes_a_bounded_memory_and_the_victim_stays_known():
    chance = random.Random(1)
    limit = RateLimit(5, slip=0, buckets=1000)
    answered = 0
    for number in range(20_000):
        source = socket.inet_ntoa(chance.randbytes(4))
        if not source.startswith("127."):
            limit.judge(source, ONE, NOERROR, number / 10_000)
        if number % 100 == 0:  # all within two seconds
            answered += limit.judge(SOURCE, ONE, NOERROR, number / 10_000) == "send"
    assert len(limit) == 1000
    assert answered == 5


def test_the_default_size_in_octets():
    limit = RateLimit()
    tracemalloc.start()
    try:
        for number in range(BUCKETS + 1000):
            limit.judge(f"10.{number >> 8}.{number & 255}.1", f"{number}.{ONE}", NOERROR, 0.0)
        assert tracemalloc.get_traced_memory()[0] < 16e6
    finally:
        tracemalloc.stop()
    assert len(limit) == BUCKETS


@pytest.mark.parametrize(
    "wrong",
    [
        {"per_second": 0},
        {"per_second": 2.5},
        {"per_second": True},
        {"slip": 11},
        {"window": 0},
        {"buckets": 0},
    ],
)
def test_numbers_out_of_range(wrong):
    with pytest.raises(LabError, match=f"{next(iter(wrong))}=.* is not a number from"):
        RateLimit(**wrong)


def test_a_source_that_is_no_address():
    with pytest.raises(LabError, match=r"'localhost' is not an IP address"):
        RateLimit().judge("localhost", ONE, NOERROR, 0.0)


def test_no_clock_and_no_socket_is_touched():
    program = (
        "import sys, enumlab.ratelimit as room\n"
        "assert not {'time', 'socket', 'threading'} & set(vars(room))\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=30)


# BIND

SETTINGS = """
    options {{
        directory "{folder}"; pid-file none; session-keyfile none;
        listen-on port {port} {{ {host}; }}; listen-on-v6 {{ none; }};
        recursion no; allow-transfer {{ none; }}; notify no; dnssec-validation no;
        rate-limit {{ responses-per-second 5; slip 2; window 15; }};
    }};
    controls {{ }};
    zone "{origin}" {{ type primary; file "zone"; check-names ignore; }};
"""

# What is asked, and the account that the answer is held by: owner, response code.
STREAMS = {
    "one number": (lambda _: ONE, ONE, NOERROR),
    "below a wildcard": (
        lambda number: f"{number}.1.0.5.5.5.2.1.6.e164.arpa.",
        "*.1.0.5.5.5.2.1.6.e164.arpa.",
        NOERROR,
    ),
    "no such name": (lambda number: f"{number}.9.9.e164.arpa.", "", NXDOMAIN),
    "not its zone": (lambda number: f"{number}.example.", "", REFUSED),
    "below the limit": (lambda _: ONE, ONE, NOERROR),
}
BURSTS = [12, 12, 0, 9, 3]  # queries of each stream, second after second


@pytest.mark.peer
def test_the_same_verdicts_as_bind_second_by_second(need):
    need("named")
    zone = Zone.named("playground")
    with nameservers._workshop(zone) as (folder, host, port):
        (folder / "settings").write_text(
            SETTINGS.format(folder=folder, host=host, port=port, origin=zone.origin)
        )
        command = ["named", "-g", "-c", str(folder / "settings"), "-n", "1"]
        with nameservers._running(command, zone, folder, host, port):
            both = beside((host, port), first_network=1) or beside((host, port), first_network=11)
    assert both, "this machine is too busy: twice a burst did not end within its second"
    ours, theirs = both
    assert ours == theirs
    assert set(ours["below the limit"]) == {"s"}
    assert Counter(ours["one number"])["d"] >= 8


def beside(server, first_network):
    """Our verdicts and BIND's, by stream; None where a burst ran into the next second."""
    limit = RateLimit(5, slip=2, window=15)
    ours, theirs = dict.fromkeys(STREAMS, ""), dict.fromkeys(STREAMS, "")
    for burst in BURSTS:
        time.sleep(1.15 - time.time() % 1)  # well inside a second of the wall clock
        for network, (stream, (name, owner, rcode)) in enumerate(STREAMS.items(), first_network):
            size = min(burst, 5) if stream == "below the limit" else burst
            now = time.time()
            ours[stream] += verdicts(limit, [now] * size, f"198.51.{network}.1", owner, rcode)
            theirs[stream] += answers(map(name, range(size)), f"127.0.{network}.1", server)
            if int(time.time()) != int(now):
                return None
    return ours, theirs


def answers(names, source, server, quiet=0.1):
    """One letter for each query: s answered, t cut short, d nothing came."""
    letters = []
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.bind((source, 0))
        sock.connect(server)
        for number, name in enumerate(names):
            query = dns.message.make_query(name, "NAPTR", id=number)
            query.flags &= ~dns.flags.RD
            sock.send(query.to_wire())
            letters.append("d")
        while select.select([sock], [], [], quiet)[0]:
            response = dns.message.from_wire(sock.recv(4096))
            letters[response.id] = "t" if response.flags & dns.flags.TC else "s"
    return "".join(letters)
