"""The lab server against BIND, NSD and Knot, on the same zones, asked the same questions."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import pytest
import zones
from conftest import need

from enumlab import Zone, peers, to_domain
from enumlab.found import Why
from enumlab.server import LabServer

SEEDS = range(8)
QUESTIONS = 350  # in each zone

pytestmark = pytest.mark.peer


def ask(address, name, rdtype, **options):
    query = dns.message.make_query(name, rdtype, **options)
    query.flags &= ~dns.flags.RD
    return dns.query.udp_with_fallback(query, address[0], port=address[1], timeout=5)[0]


def section(rrsets, types=None):
    """A section as a set, without regard to sequence or to the letter case of names."""
    return {
        (rrset.name, rrset.ttl, dns.rdatatype.to_text(rrset.rdtype), rdata)
        for rrset in rrsets
        if types is None or dns.rdatatype.to_text(rrset.rdtype) in types
        for rdata in rrset
    }


def essence(message, rdtype):
    """What must be the same: rcode, AA, answers, SOA, and for a referral its servers and glue."""
    authoritative = bool(message.flags & dns.flags.AA)
    servers, glue = set(), set()
    if not authoritative:
        # BIND may add the zone's own servers to an answer; in a referral they are the answer.
        servers = section(message.authority, {"NS"})
        cuts = {name for name, *_ in servers}
        glue = {
            record
            for record in section(message.additional, {"A", "AAAA"})
            if any(record[0].is_subdomain(cut) for cut in cuts)
        }
    denial = section(message.authority, {"SOA"})
    if rdtype == "SOA":
        # Only BIND sets TTL 0 here, so that no resolver keeps it (its option zero-no-soa-ttl).
        denial = {(name, data) for name, _, _, data in denial}
    rcode = dns.rcode.to_text(message.rcode())
    return rcode, authoritative, section(message.answer), denial, servers, glue


def differences(zone, lab, others, questions):
    found = []
    for name, rdtype in questions:
        ours = essence(ask(lab.address, name, rdtype), rdtype)
        for peer in others:
            if rdtype == "ANY" and peer.name != "named":
                continue  # NSD and Knot give one rrset only (RFC 8482)
            if ours[0] == "SERVFAIL" and peer.name != "named":
                continue  # a loop of aliases: only BIND calls it a failure
            theirs = essence(ask(peer.address, name, rdtype), rdtype)
            if ours != theirs:
                found.append((peer.name, str(name), rdtype, ours, theirs))
    return found


@pytest.fixture
def side_by_side():
    """The lab server, BIND, NSD and Knot with the same zone."""
    for program in ("named", "nsd", "knotd"):
        need(program)

    with ExitStack() as stack:

        def start(zone):
            lab = stack.enter_context(LabServer(zone, port=0))
            makers = (peers.bind, peers.nsd, peers.knot)
            return lab, [stack.enter_context(peer(zone)) for peer in makers]

        yield start


@pytest.mark.parametrize("seed", SEEDS)
def test_a_generated_zone_answers_as_under_bind_nsd_and_knot(side_by_side, seed):
    zone = zones.make(seed)
    lab, others = side_by_side(zone)
    asked = list(zones.questions(zone, seed, QUESTIONS))
    assert len(asked) > 0.8 * QUESTIONS
    assert differences(zone, lab, others, asked) == []


def test_the_generated_questions_meet_every_kind_of_answer():
    kinds, asked = Counter(), 0
    for seed in SEEDS:
        zone = zones.make(seed)
        for name, rdtype in zones.questions(zone, seed, QUESTIONS):
            kinds[zone.find(name, rdtype).why] += 1
            asked += 1
    assert asked >= 2000
    assert all(kinds[why] >= 10 for why in Why if why is not Why.OUT_OF_ZONE), kinds


@pytest.mark.parametrize("name", Zone.names())
def test_a_zone_of_the_course_answers_as_under_bind_nsd_and_knot(side_by_side, name):
    zone = Zone.named(name)
    lab, others = side_by_side(zone)
    numbers = [*range(61355500900, 61355500920), *range(61255501000, 61255501020)]
    numbers += [*range(61255502000, 61255503000), 6, 61, 11, 1100]
    numbers += [612555021, 6125550299999999999999]
    asked = [(to_domain(str(number)), "NAPTR") for number in numbers]
    asked += [(owner, "NAPTR") for owner in zone.owners]
    assert differences(zone, lab, others, asked) == []


def test_the_hole_in_the_block_of_the_playground(side_by_side):
    lab, others = side_by_side(Zone.named("playground"))
    for server in [lab, *others]:
        counts = Counter()
        for number in range(61255502000, 61255503000):
            message = ask(server.address, to_domain(str(number)), "NAPTR")
            text = str(message.answer)
            kind = "exact" if "staticroute" in text else "wildcard" if text != "[]" else "none"
            counts[kind, dns.rcode.to_text(message.rcode())] += 1
        assert counts == {
            ("wildcard", "NOERROR"): 900,
            ("exact", "NOERROR"): 1,
            ("none", "NXDOMAIN"): 99,
        }, server
