"""The DNS protocol of the lab, without sockets; and every packet that BIND was shown, compared."""

from __future__ import annotations

import struct
import time

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import packets
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packets import MALFORMED, NUMBER, header, opt, question

from enumlab import LabError, Zone
from enumlab.responder import Responder

PLAYGROUND = Zone.named("playground")
LONG = ".".join(letter * 63 for letter in "abc")
ZONE = Zone.from_text(
    rf"""
$TTL 1h
@ SOA ns root 1 3600 900 604800 60
@ NS ns
ns A 127.0.0.1
1 CNAME 2
2 NAPTR 10 100 "u" "E2U+sip" "!^.*$!sip:a@b.example!" .
loop CNAME pool
pool CNAME loop
away CNAME elsewhere.example.
nothing CNAME gone
5 NS ns.5
5 NS ns.elsewhere.example.
ns.5 A 127.0.0.5
ns.5 AAAA ::5
7 DNAME 8
1.8 TXT "moved"
long DNAME {LONG}
"""
)
BIG = ZONE.with_records("\n".join(f'big TXT "{n:03} {"x" * 100}"' for n in range(40)))
HUGE = ZONE.with_records("\n".join(f'big TXT "{n:04} {"x" * 60}"' for n in range(1200)))


def ask(zone, name, rdtype="NAPTR", tcp=False, rotation="none", **options):
    name = dns.name.from_text(name, dns.name.from_text("e164.arpa."))
    query = dns.message.make_query(name, rdtype, **options)
    reply = Responder(zone, rotation).respond(query.to_wire(), tcp=tcp)
    message = dns.message.from_wire(reply.wire)
    assert query.is_response(message)
    return message


def rcode(wire):
    if wire is None:
        return "silence"
    message = dns.message.from_wire(wire, question_only=False, ignore_trailing=False)
    return dns.rcode.to_text(message.rcode())


# What stock dnslib's server does wrong, each as it must be.


@pytest.mark.parametrize(
    ("packet", "expected"),
    [
        ("a response", "silence"),
        ("a response with an error", "silence"),
        ("shorter than a header", "silence"),
        ("nothing", "silence"),
        ("opcode 2", "NOTIMP"),
        ("class CHAOS", "REFUSED"),
        ("class 2", "NOTIMP"),
        ("class ANY", "FORMERR"),
        ("two questions", "FORMERR"),
        ("a header alone, no question", "FORMERR"),
        ("EDNS version 1", "BADVERS"),
        ("EDNS twice", "FORMERR"),
        ("EDNS with a name", "FORMERR"),
        ("a name outside the zone", "REFUSED"),
        ("a name of 256 octets", "FORMERR"),
        ("a name of 255 octets", "REFUSED"),
        ("label type 01", "FORMERR"),
        ("two pointers in a circle", "FORMERR"),
        ("a question without its class", "FORMERR"),
        ("a TSIG record", "FORMERR"),
        ("type AXFR", "REFUSED"),
        ("flag TC", "NOERROR"),
    ],
)
def test_rcode_for_a_strange_packet(packet, expected):
    reply = Responder(PLAYGROUND).respond(MALFORMED[packet])
    assert rcode(reply and reply.wire) == expected


@pytest.mark.parametrize("name", MALFORMED)
def test_no_flag_is_copied_but_rd_and_cd(name):
    packet = MALFORMED[name]
    reply = Responder(PLAYGROUND).respond(packet)
    if reply is None:
        return
    number, flags = struct.unpack_from("!HH", reply.wire)
    asked = struct.unpack_from("!H", packet, 2)[0]
    assert number == 7
    assert flags & packets.QR
    assert not flags & (packets.RA | packets.Z | packets.AD | packets.TC)
    assert flags & packets.RD == asked & packets.RD
    assert flags & packets.CD == asked & packets.CD
    assert flags & 0x7800 == asked & 0x7800


def test_an_answer_is_authoritative_and_a_refusal_is_not():
    assert ask(PLAYGROUND, NUMBER).flags & dns.flags.AA
    assert not ask(PLAYGROUND, "example.com.").flags & dns.flags.AA


@pytest.mark.parametrize("name", ["3.2.0.5.5.5.2.1.6", "e164.arpa.", "2.0.5.5.5.2.1.6"])
def test_no_data_is_noerror_with_soa(name):
    message = ask(PLAYGROUND, name, "NAPTR")
    assert message.rcode() == dns.rcode.NOERROR
    assert not message.answer
    assert [rrset.rdtype for rrset in message.authority] == [dns.rdatatype.SOA]


def test_no_name_is_nxdomain_with_soa_and_the_shorter_ttl():
    message = ask(ZONE, "9.9.9")
    assert message.rcode() == dns.rcode.NXDOMAIN
    (soa,) = message.authority
    assert (soa.rdtype, soa.ttl) == (dns.rdatatype.SOA, 60)


def test_the_question_keeps_its_letter_case():
    wire = dns.name.from_text("2.1.9.0.0.5.5.5.3.1.6.E164.ArPa.").to_wire()
    reply = Responder(PLAYGROUND).respond(header() + question(wire))
    assert reply.wire[12 : 12 + len(wire)] == wire
    assert dns.message.from_wire(reply.wire).answer


# EDNS (RFC 6891) and size


def test_edns_only_for_who_sent_it():
    assert ask(PLAYGROUND, NUMBER).edns == -1
    message = ask(PLAYGROUND, NUMBER, use_edns=0)
    assert (message.edns, message.payload, message.options) == (0, 1232, ())


def test_do_comes_back_and_reserved_flags_do_not():
    for sent, expected in [(0x8000, 0x8000), (0x4000, 0), (0xFFFF, 0x8000)]:
        query = header(additionals=1) + question() + opt(flags=sent)
        message = dns.message.from_wire(Responder(PLAYGROUND).respond(query).wire)
        assert message.ednsflags & 0xFFFF == expected


def test_badvers_names_the_version_that_there_is():
    query = header(additionals=1) + question() + opt(version=7)
    message = dns.message.from_wire(Responder(PLAYGROUND).respond(query).wire)
    assert message.rcode() == dns.rcode.BADVERS
    assert message.edns == 0
    assert not message.answer


@pytest.mark.parametrize(
    ("size", "limit"), [(None, 512), (0, 512), (511, 512), (600, 600), (1232, 1232), (4096, 1232)]
)
def test_udp_never_exceeds_what_the_client_takes(size, limit):
    for zone in BIG, HUGE:
        packet = header(additionals=size is not None) + question("big.e164.arpa.", packets.TXT)
        packet += b"" if size is None else opt(size=size)
        reply = Responder(zone).respond(packet)
        assert len(reply.wire) <= limit
        message = dns.message.from_wire(reply.wire)
        assert message.flags & dns.flags.TC
        assert message.question


def test_tcp_carries_what_udp_cannot():
    message = ask(BIG, "big", "TXT", tcp=True)
    assert len(message.answer[0]) == 40
    assert not message.flags & dns.flags.TC


def test_more_than_tcp_can_carry_is_cut_with_tc():
    message = ask(HUGE, "big", "TXT", tcp=True)
    assert message.flags & dns.flags.TC


def test_an_explanation_never_costs_the_answer():
    text = "".join(f'a{"b" * 50} TXT "{n} {"x" * 200}"\n' for n in range(5))
    zone = ZONE.with_records(text.replace("a" + "b" * 50, "*." + "b" * 60))
    name = "a." + "b" * 60
    whole = ask(zone, name, "TXT", use_edns=0, payload=1232)
    assert len(whole.answer[0]) == 5
    assert len(whole.to_wire()) > 1100
    assert whole.extended_errors() == []  # it had one, which did not fit
    assert ask(zone, name, "TXT", tcp=True, use_edns=0).extended_errors()


def test_rfc8914_tells_dig_why():
    cases = {
        "0.0.0.2.0.5.5.5.2.1.6": (dns.edns.EDECode(29), "wildcard *.2.0.5.5.5.2.1.6"),
        "0.0.3.2.0.5.5.5.2.1.6": (dns.edns.EDECode.OTHER, "hidden by 3.2.0.5.5.5.2.1.6"),
        "3.2.0.5.5.5.2.1.6": (dns.edns.EDECode.OTHER, "only because names below it do"),
        "example.com.": (dns.edns.EDECode.NOT_AUTHORITATIVE, "not in this zone"),
    }
    for name, (code, text) in cases.items():
        (error,) = ask(PLAYGROUND, name, use_edns=0).extended_errors()
        assert error.code == code
        assert text in error.text
    assert not ask(PLAYGROUND, NUMBER, use_edns=0).extended_errors()


# Aliases and referrals


def test_an_alias_is_followed_inside_the_zone():
    message = ask(ZONE, "1")
    assert [rrset.rdtype for rrset in message.answer] == [5, 35]


def test_an_alias_out_of_the_zone_ends_there():
    message = ask(ZONE, "away")
    assert message.rcode() == dns.rcode.NOERROR
    assert message.flags & dns.flags.AA
    assert [rrset.rdtype for rrset in message.answer] == [5]


def test_an_alias_to_nothing_is_nxdomain():
    message = ask(ZONE, "nothing")
    assert message.rcode() == dns.rcode.NXDOMAIN
    assert [rrset.rdtype for rrset in message.answer] == [5]
    assert [rrset.rdtype for rrset in message.authority] == [6]


def test_a_loop_of_aliases_ends():
    assert ask(ZONE, "loop").rcode() == dns.rcode.SERVFAIL


def test_rfc6672_a_dname_moves_what_is_below_it():
    message = ask(ZONE, "1.7", "TXT")
    assert [rrset.rdtype for rrset in message.answer] == [39, 5, 16]
    assert ask(ZONE, "7", "TXT").answer == []


def test_rfc6672_a_name_that_grows_too_long():
    message = ask(ZONE, "x" * 63 + ".long", "TXT")
    assert message.rcode() == dns.rcode.YXDOMAIN


def test_a_referral_has_servers_and_glue_but_no_authority():
    message = ask(ZONE, "1.2.5")
    assert not message.flags & dns.flags.AA
    assert not message.answer
    (servers,) = message.authority
    assert servers.name.to_text() == "5.e164.arpa."
    assert len(servers) == 2
    assert {rrset.rdtype for rrset in message.additional} == {1, 28}


def test_the_parent_answers_for_ds_at_the_cut():
    message = ask(ZONE, "5", "DS")
    assert message.flags & dns.flags.AA
    assert [rrset.rdtype for rrset in message.authority] == [6]


def test_any_gives_every_rrset():
    assert {rrset.rdtype for rrset in ask(ZONE, "e164.arpa.", "ANY").answer} == {2, 6}


# Rotation


def firsts(rotation, seed=1, times=400):
    responder = Responder(PLAYGROUND, rotation, seed)
    query = dns.message.make_query(NUMBER, "NAPTR").to_wire()
    found = []
    for _ in range(times):
        answer = dns.message.from_wire(responder.respond(query).wire).answer[0]
        assert len(answer) == 2
        found.append(b"server1" in answer[0].regexp)
    return found


def test_rotation_random_shares_the_first_place_about_evenly():
    assert 160 < sum(firsts("random")) < 240
    assert firsts("random", seed=3) == firsts("random", seed=3) != firsts("random", seed=4)


def test_rotation_cyclic_takes_turns():
    assert firsts("cyclic") == [True, False] * 200


def test_rotation_none_keeps_the_order_of_the_file():
    assert firsts("none") == [True] * 400


# Bad arguments, and any bytes at all


def test_bad_arguments_are_refused_with_a_reason():
    with pytest.raises(LabError, match="cyclic"):
        Responder(PLAYGROUND, "sometimes")
    with pytest.raises(LabError, match="expected a Zone, got str"):
        Responder("playground")


def check_sound(wire):
    """Read the reply to its last octet, as dnspython does."""
    flags, questions, *counts = struct.unpack_from("!5H", wire, 2)
    if flags >> 11 & 15 == 5:
        # dnspython reads a reply to UPDATE as an update, which wants a zone where the question is.
        assert flags & packets.QR
        assert flags & 15 in (dns.rcode.FORMERR, dns.rcode.NOTIMP, dns.rcode.BADVERS & 15)
        assert questions <= 1
        assert counts[:2] == [0, 0]
        return
    dns.message.from_wire(wire)


@given(st.binary(max_size=600), st.booleans())
@example(header(0x2800) + question(), False)
def test_any_bytes_get_silence_or_a_sound_message(packet, tcp):
    reply = Responder(PLAYGROUND).respond(packet, tcp=tcp)
    if reply is not None:
        check_sound(reply.wire)
        assert reply.wire[:2] == packet[:2]
        assert tcp or len(reply.wire) <= 1232


@given(st.sampled_from(sorted(MALFORMED)), st.data())
def test_a_mutated_query_gets_silence_or_a_sound_message(name, data):
    packet = bytearray(MALFORMED[name])
    for _ in range(data.draw(st.integers(1, 4))):
        if packet:
            packet[data.draw(st.integers(0, len(packet) - 1))] = data.draw(st.integers(0, 255))
    reply = Responder(ZONE).respond(bytes(packet))
    if reply is not None:
        check_sound(reply.wire)


@pytest.mark.parametrize(
    "packet",
    [
        header(0, 1, 65535) + question() + packets.record(".") * 4300,
        header(0, 1, 65535)
        + question()
        + b"".join(
            b"\1a" + struct.pack("!HHHIH", 0xC000 | (46 + 14 * max(0, n - 1)) % 0x4000, 1, 1, 0, 0)
            for n in range(4600)
        ),
        header(0, 1, 65535) + question() + (b"\0" + struct.pack("!HHIH", 1, 1, 0, 0)) * 5900,
        header() + b"\1a" * 30000,
        header(additionals=1) + question() + opt(data=b"\0\x64\0\0" * 16000),
    ],
)
def test_the_worst_frame_is_read_quickly(packet):
    responder = Responder(PLAYGROUND)
    assert len(packet) < 65536
    best = min(_timed(responder, packet) for _ in range(5))
    assert best < 0.05  # seconds; a server that parses all of it needs some 4 s


def _timed(responder, packet):
    start = time.perf_counter()
    responder.respond(packet, tcp=True)
    return time.perf_counter() - start
