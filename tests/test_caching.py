"""A resolver's memory (RFC 1035, RFC 2181, RFC 2308), and what TTLs save and cost."""

from __future__ import annotations

import math
import subprocess
import sys
from itertools import pairwise

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import numpy as np
import pytest

from enumlab import LabError, Zone
from enumlab.caching import CachingResolver, Clock, kept_for
from enumlab.client import ask
from enumlab.responder import Responder
from enumlab.server import LabServer
from enumlab.staleness import _live, cost_of_ttl

TEXT = """
$ORIGIN e164.arpa.
@ 600 SOA ns root 1 3600 900 604800 300
@ 600 NS ns.example.
1 60 NAPTR 10 100 "u" "E2U+sip" "!^.*$!sip:a@b.example!" .
2 0 NAPTR 10 100 "u" "E2U+sip" "!^.*$!sip:a@b.example!" .
3 60 CNAME 1
4 30 CNAME 9.9
5 2147483648 TXT "the first bit of the TTL is set"
6 800000 TXT "longer than a week"
1.7 60 TXT "below an empty non-terminal"
"""


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def resolver(clock):
    return CachingResolver(Responder(Zone.from_text(TEXT)), clock)


def counts(resolver):
    return resolver.lookups, resolver.hits, resolver.misses


def ttls(lookup):
    return [rrset.ttl for rrset in lookup.message.answer + lookup.message.authority]


# Memory


def test_an_answer_is_kept_for_its_ttl_and_not_longer(resolver, clock):
    for wait, expected in ((0, 60), (59, 1), (1, 60), (60, 60)):
        clock.advance(wait)
        assert ttls(resolver.look_up("1.e164.arpa.")) == [expected]
    assert counts(resolver) == (4, 1, 3)


def test_a_remembered_answer_says_the_same(resolver, clock):
    first = resolver.look_up("1.e164.arpa.")
    clock.advance(17.9)
    again = resolver.look_up("1.E164.ARPA")
    assert again.arrived == first.arrived
    assert again.message.question == first.message.question
    assert (again.rcode, ttls(again)) == ("NOERROR", [43])
    assert first.message.flags & dns.flags.AA
    assert not again.message.flags & dns.flags.AA
    assert counts(resolver) == (2, 1, 1)


def test_ttl_0_is_not_kept(resolver):
    for _ in range(2):
        resolver.look_up("2.e164.arpa.")
    assert counts(resolver) == (2, 0, 2)


def test_a_change_is_seen_when_the_ttl_has_run_out(clock):
    responder = Responder(Zone.from_text(TEXT))
    resolver = CachingResolver(responder, clock)
    resolver.look_up("1.e164.arpa.")
    responder.zone = Zone.from_text(TEXT.replace("sip:a@", "sip:new@"))
    seen = []
    for _ in range(4):
        clock.advance(20)
        seen.append("new" in resolver.look_up("1.e164.arpa.").arrived[0].regexp)
    assert seen == [False, False, True, True]


def test_each_type_is_kept_by_itself(resolver):
    resolver.look_up("1.e164.arpa.", "NAPTR")
    resolver.look_up("1.e164.arpa.", "TXT")
    resolver.look_up("1.e164.arpa.", "TXT")
    assert counts(resolver) == (3, 1, 2)


def test_rfc2181_8_a_ttl_with_its_first_bit_counts_as_0():
    message = dns.message.make_response(dns.message.make_query("5.e164.arpa.", "TXT"))
    message.answer.append(dns.rrset.from_text("5.e164.arpa.", 2**31, "IN", "TXT", "x"))
    assert kept_for(message) == 0


def test_no_answer_is_kept_for_more_than_a_week(resolver):
    assert kept_for(resolver.look_up("6.e164.arpa.", "TXT").message) == 7 * 86400


def test_rfc2308_5_a_name_that_is_not_there_is_not_there_for_any_type(resolver, clock):
    assert resolver.look_up("9.e164.arpa.", "NAPTR").rcode == "NXDOMAIN"
    clock.advance(299)
    again = resolver.look_up("9.e164.arpa.", "TXT")
    assert (again.rcode, ttls(again)) == ("NXDOMAIN", [1])
    clock.advance(1)
    resolver.look_up("9.e164.arpa.", "TXT")
    assert counts(resolver) == (3, 1, 2)


@pytest.mark.parametrize("name", ["1", "7"])
def test_rfc2308_5_no_such_type_is_kept_for_that_type(resolver, clock, name):
    for rdtype in "MX", "MX", "SRV":
        assert resolver.look_up(f"{name}.e164.arpa.", rdtype).rcode == "NOERROR"
    assert counts(resolver) == (3, 1, 2)
    clock.advance(300)
    resolver.look_up(f"{name}.e164.arpa.", "MX")
    assert counts(resolver) == (4, 1, 3)


@pytest.mark.parametrize(
    ("ttl", "minimum", "kept"), [(600, 300, 300), (200, 300, 200), (600, 0, 0)]
)
def test_rfc2308_5_the_lower_of_the_soa_ttl_and_its_last_field(ttl, minimum, kept):
    message = dns.message.make_response(dns.message.make_query("9.e164.arpa.", "TXT"))
    message.set_rcode(dns.rcode.NXDOMAIN)
    soa = f"ns.example. root.example. 1 2 3 4 {minimum}"
    message.authority.append(dns.rrset.from_text("e164.arpa.", ttl, "IN", "SOA", soa))
    assert kept_for(message) == kept


def test_rfc2308_5_a_no_without_soa_or_beyond_three_hours():
    message = dns.message.make_response(dns.message.make_query("9.e164.arpa.", "TXT"))
    message.set_rcode(dns.rcode.NXDOMAIN)
    assert kept_for(message) == 0
    soa = "ns.example. root.example. 1 2 3 4 99999"
    message.authority.append(dns.rrset.from_text("e164.arpa.", 99999, "IN", "SOA", soa))
    assert kept_for(message) == 3 * 3600


def test_aliases_keep_the_lowest_ttl(resolver):
    assert kept_for(resolver.look_up("3.e164.arpa.").message) == 60
    no_such_target = resolver.look_up("4.e164.arpa.").message
    assert no_such_target.rcode() == dns.rcode.NXDOMAIN
    assert kept_for(no_such_target) == 30


@pytest.mark.parametrize("rcode", ["REFUSED", "SERVFAIL"])
def test_failures_are_not_kept(rcode, resolver):
    message = dns.message.make_response(dns.message.make_query("9.e164.arpa.", "TXT"))
    message.set_rcode(dns.rcode.from_text(rcode))
    assert kept_for(message) == 0
    for _ in range(2):
        resolver.look_up("elsewhere.example.")
    assert counts(resolver) == (2, 0, 2)


def test_flush(resolver):
    resolver.look_up("1.e164.arpa.")
    resolver.look_up("9.e164.arpa.")
    resolver.flush()
    resolver.look_up("1.e164.arpa.")
    resolver.look_up("9.e164.arpa.")
    assert repr(resolver) == "CachingResolver(lookups=4, hits=0, misses=4)"


def test_real_packets(clock):
    with LabServer(Zone.from_text(TEXT), port=0) as server:
        resolver = CachingResolver(server, clock)
        for _ in range(5):
            resolver.look_up("1.e164.arpa.")
        assert len(server.queries) == 1
        assert ask("+1", server).arrived == resolver.look_up("1.e164.arpa.").arrived


@pytest.mark.parametrize("bad", [("a..b", "TXT"), (None, "TXT"), ("a", "NOTYPE")])
def test_what_cannot_be_asked_for(resolver, bad):
    with pytest.raises(LabError, match="cannot be asked for"):
        resolver.look_up(*bad)


def test_time_does_not_go_back(clock):
    with pytest.raises(LabError, match="cannot go back"):
        clock.advance(-1)


# What a TTL costs


def test_theory():
    """Renewal theory: a lookup for one call in 1 + rT, and (rT)²/(2(1 + rT)) stale calls."""
    rate = 30 / 3600
    made = cost_of_ttl([5, 60, 600, 7200], 30, 6, resolvers=2000, seed=3)
    for cost in made.costs:
        load = rate * cost.ttl
        assert cost.lookups / cost.calls == pytest.approx(1 / (1 + load), rel=0.02)
        mean = 2000 * load**2 / (2 * (1 + load))
        # A resolver's stale calls: a Poisson number over what is left of a TTL, or none at all.
        spread = math.sqrt(2000 * (load**2 / 2 + load**3 / 3) / (1 + load))
        assert abs(cost.stale - mean) < 4 * spread + 4
        assert cost.expected_stale == pytest.approx(mean)
        assert 0 <= cost.last_stale <= cost.ttl


def test_a_resolver_starts_in_the_middle_of_its_life():
    made = cost_of_ttl([60], 60, 1e-6, resolvers=4000)
    assert made.costs[0].stale == pytest.approx(4000 / 4, rel=0.1)


def test_longer_ttls_save_more_and_cost_more():
    costs = cost_of_ttl(resolvers=50).costs
    assert all(a.lookups > b.lookups for a, b in pairwise(costs))
    assert all(a.stale <= b.stale for a, b in pairwise(costs))
    assert len({cost.calls for cost in costs}) == 1
    assert costs[0].saved < 0.05
    assert costs[-1].saved > 0.99


def test_a_real_resolver_counts_the_same(clock):
    """The very calls of a simulation, made through a `CachingResolver`, with a real change."""
    ttl, change, end = 900, 7200.0, 14400.0
    responder = Responder(Zone.from_text(TEXT.replace("1 60 NAPTR", f"1 {ttl} NAPTR")))
    resolver = CachingResolver(responder, clock)
    calls = np.sort(np.random.RandomState(5).random_sample(400) * end)
    stale, last = 0, 0.0
    for call in calls:
        clock.advance(call - clock())
        if call > change:
            responder.zone = Zone.from_text(TEXT.replace("sip:a@", "sip:new@"))
        if "new" not in resolver.look_up("1.e164.arpa.").arrived[0].regexp and call > change:
            stale, last = stale + 1, call - change
    counted = _live(calls, np.zeros(1), end, change, ttl, np.zeros(1))
    assert stale > 0
    assert (counted[1], counted[2]) == (stale, pytest.approx(last))
    # After the change the TTL is 60 s again: count the lookups before it only.
    before = calls[calls < change]
    assert _live(before, np.zeros(1), change, change, ttl, np.zeros(1))[0] == _misses(before, ttl)


def _misses(calls, ttl):
    clock = Clock()
    zone = Zone.from_text(TEXT.replace("1 60 NAPTR", f"1 {ttl} NAPTR"))
    resolver = CachingResolver(Responder(zone), clock)
    for call in calls:
        clock.advance(call - clock())
        resolver.look_up("1.e164.arpa.")
    assert resolver.lookups == len(calls)
    return resolver.misses


def test_equal_seeds_give_equal_costs():
    assert cost_of_ttl([60], seed=4) == cost_of_ttl([60], seed=4)
    assert cost_of_ttl([60], seed=4) != cost_of_ttl([60], seed=5)


@pytest.mark.parametrize(
    "bad",
    [
        {"ttls": []},
        {"ttls": [0]},
        {"ttls": ["x"]},
        {"calls_per_hour": -1},
        {"change_at": 0},
        {"resolvers": 0},
        {"resolvers": 1.5},
        {"seed": -1},
        {"calls_per_hour": 1e9},
    ],
)
def test_costs_of_nonsense(bad):
    with pytest.raises(LabError):
        cost_of_ttl(**bad)


def test_the_picture_says_what_the_table_says():
    made = cost_of_ttl([60, 3600, 86400])
    picture = made.plot()
    assert picture.png.startswith(b"\x89PNG")
    assert picture.png == cost_of_ttl([60, 3600, 86400]).plot().png
    for row in picture.table.rows:
        assert f"TTL {row[0]}: {row[3].removesuffix(' %')} % saved" in picture.alt
    assert "1 h saves 98" in picture.sentence
    assert repr(made).count("\n") == 4
    assert "<caption>" in made._repr_html_()


def test_rooms_without_pictures_load_nothing_heavy():
    program = "import sys, enumlab.caching, enumlab.dissect, enumlab.resolver, enumlab.leak\n"
    program += "assert not {'numpy', 'pandas', 'matplotlib'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
