"""A DNS message taken apart: against dnspython, on any bytes, and what one changed octet does."""

from __future__ import annotations

import re

import dns.edns
import dns.exception
import dns.message
import dns.rdatatype
import dns.rrset
import pytest
import zones
from hypothesis import given, settings
from hypothesis import strategies as st

import enumlab as lab
from enumlab import LabError, Naptr, Zone
from enumlab.client import look_up
from enumlab.dissect import change, compare, dissect, locate
from enumlab.responder import Responder
from enumlab.show.forms import three_forms
from enumlab.show.packet import packet

PLAYGROUND = Responder(Zone.named("playground"), rotation="none")
NUMBER = "2.1.9.0.0.5.5.5.3.1.6.e164.arpa."
HOLE = "6.4.3.2.0.5.5.5.2.1.6.e164.arpa."
YES = look_up(NUMBER, PLAYGROUND).response
NO = look_up(HOLE, PLAYGROUND).response


def values(wire, part):
    return {field.name: field.value for field in dissect(wire) if field.part == part}


def whole(fields, wire):
    ends = [0, *(field.end for field in fields)]
    return [field.start for field in fields] == ends[:-1] and ends[-1] == len(wire)


def message(*rrsets, **options):
    made = dns.message.make_response(dns.message.make_query("a.example", "A", **options))
    for text in rrsets:
        made.answer.append(dns.rrset.from_text(*text))
    return made.to_wire()


# What the fields say


def test_rfc1035_4_1_1_header():
    assert values(YES, "header") == {
        "ID": "not shown",
        "flags": "response (QR 1), opcode QUERY, authoritative (AA), rcode NOERROR",
        "QDCOUNT": "1 question",
        "ANCOUNT": "2 records in the answer section",
        "NSCOUNT": "0 records in the authority section",
        "ARCOUNT": "1 record in the additional section",
    }


def test_rfc3403_4_naptr():
    assert values(YES, "answer 2") == {
        "owner": NUMBER,
        "type": "NAPTR",
        "class": "IN",
        "TTL": "3600 s (1 hour)",
        "length": "72 octets",
        "order": "10",
        "preference": "100",
        "flags": '"u"',
        "service": '"E2U+sip"',
        "regexp": '"!^.*$!sip:61355500912@server2.enum.nickvsnetworking.com!"',
        "replacement": ".",
    }


def test_rfc1035_4_1_4_pointers_are_explained():
    assert locate(YES, "owner", "answer 1").note == (
        "c0 0c points back to octet 12, the name of the question"
    )
    assert locate(NO, "rname").note.endswith("octet 34, inside the name of the question")


def test_rfc6891_6_1_edns_and_rfc8914():
    assert values(NO, "additional 1") == {
        "owner": ".",
        "type": "OPT",
        "UDP size": "1232 octets",
        "extended rcode": "0: NXDOMAIN",
        "version": "EDNS version 0",
        "EDNS flags": "none set",
        "length": "84 octets",
        "option code": "15 (Extended DNS Error)",
        "option length": "80 octets",
        "info code": "0 (Other)",
        "extra text": (
            '"wildcard *.2.0.5.5.5.2.1.6.e164.arpa. hidden by 4.3.2.0.5.5.5.2.1.6.e164.arpa."'
        ),
    }


def test_an_extended_rcode_is_told_whole():
    query = dns.message.make_query("a.example", "A", use_edns=0)
    query.set_rcode(16)
    assert locate(query.to_wire(), "extended rcode").value == "1: BADVERS"


@pytest.mark.parametrize(
    ("rdtype", "text", "expected"),
    [
        ("A", "192.0.2.1", {"address": "192.0.2.1"}),
        ("AAAA", "2001:db8::1", {"address": "2001:db8::1"}),
        ("NS", "ns.a.example.", {"target": "ns.a.example."}),
        ("CNAME", "b.example.", {"target": "b.example."}),
        ("MX", "5 mx.example.", {"preference": "5", "exchange": "mx.example."}),
        ("SRV", "1 2 5060 b.", {"priority": "1", "weight": "2", "port": "5060", "target": "b."}),
        ("TXT", '"one" "two"', {"text": '"two"'}),
        ("CAA", '0 issue "ca"', {"data": "9 octets"}),
        (
            "SOA",
            "a. b. 7 60 90 0 86400",
            {"serial": "7", "expire": "0 s", "refresh": "60 s (1 minute)"},
        ),
    ],
)
def test_other_types(rdtype, text, expected):
    found = values(message(("a.example.", 60, "IN", rdtype, text)), "answer 1")
    assert expected.items() <= found.items()


def test_rfc2181_8_a_ttl_with_its_first_bit_set():
    wire = message(("a.example.", 60, "IN", "A", "192.0.2.1"))
    wire = change(wire, locate(wire, "TTL").start, 0x80)
    assert "counts as 0 s" in locate(wire, "TTL").value


@pytest.mark.parametrize(
    ("flags", "note"), [("u", "a URI"), ("", "a name to ask"), ("s", "does not know")]
)
def test_naptr_flags(flags, note):
    text = f'10 100 "{flags}" "E2U+sip" "" b.example.'
    wire = message(("a.example.", 60, "IN", "NAPTR", text))
    notes = {field.name: field.note for field in dissect(wire) if field.part == "answer 1"}
    assert note in notes["flags"]
    assert notes["regexp"] == "none: the replacement is used"
    assert notes["replacement"] == "the name to ask for next"


# Any bytes


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_raise_and_every_octet_has_its_field(wire):
    assert whole(dissect(wire), wire)


@settings(deadline=None)
@given(st.data())
def test_changed_messages_are_read_as_far_as_they_go(data):
    wire = bytearray(data.draw(st.sampled_from([YES, NO])))
    for _ in range(data.draw(st.integers(1, 4))):
        wire[data.draw(st.integers(0, len(wire) - 1))] = data.draw(st.integers(0, 255))
    wire = bytes(wire[: data.draw(st.integers(0, len(wire)))])
    fields = dissect(wire)
    assert whole(fields, wire)
    assert all(field.name != "unreadable" for field in fields[:-1])


def test_what_dnspython_refuses_is_unreadable():
    """Cut short anywhere, and with any length octet changed, both readers give up, or neither."""
    lengths = [field.start for field in dissect(YES) if field.name in ("service", "regexp")]
    lengths += [locate(YES, "length").start + 1, locate(YES, "QDCOUNT").start + 1, 12]
    broken = [YES[:size] for size in range(len(YES))]
    broken += [change(YES, at, value) for at in lengths for value in range(256)]
    given_up = 0
    for wire in broken:
        try:
            dns.message.from_wire(wire)
            refused = False
        except dns.exception.DNSException:
            refused = True
        unreadable = dissect(wire)[-1].name == "unreadable"
        if refused and not unreadable:
            # Only where the change made another type of it, which is not taken apart here.
            assert any(field.name == "data" for field in dissect(wire)), wire
        else:
            assert refused == unreadable, wire
        given_up += unreadable
    assert given_up > len(YES)


@pytest.mark.parametrize(
    ("wire", "why"),
    [
        (b"", "a header of 12 octets, and this ends after 0"),
        (YES[:13], "name does not end before the bytes do"),
        (YES[:40], "name does not end before the bytes do"),
        (YES[:46], "type takes 2 octets, but the message ends after 1"),
        (YES[:49], "the header says 2 records in the answer section, but the bytes end after 0"),
        (YES[:70], "the length is 72, but the message ends after 9 octets more"),
        (YES + b"?", "the header counts no record here"),
        (change(YES, 49, 0x41), "a label that starts with 41"),
        (change(YES, 50, 49), "a pointer to octet 49; a pointer must lead back"),
        (change(YES, 50, 3), "a pointer to octet 3; a pointer must lead back"),
        (change(YES, 60, 73), "the length is 73, but the data ends after 72"),
        (change(YES, 67, 200), "service takes 201 octets, but the data of the record ends after"),
        (change(NO, 107, 81), "the option takes 81 octets"),
    ],
)
def test_the_reason_is_told(wire, why):
    last = dissect(wire)[-1]
    assert last.name == "unreadable"
    assert why in last.value


def test_a_name_of_more_than_255_octets():
    wire = YES[:12] + b"\x3f" * 64 * 5 + b"\0" + YES[45:]
    assert "longer than 255 octets" in dissect(wire)[-1].value


@pytest.mark.parametrize("bad", [None, "text", 7])
def test_what_is_not_bytes(bad):
    with pytest.raises(LabError, match="expected the bytes of a DNS message"):
        dissect(bad)


def test_no_such_field():
    with pytest.raises(LabError, match=r"'prio'. Expected one of these: ID, flags, .*preference"):
        locate(YES, "prio")
    with pytest.raises(LabError, match="no such part"):
        locate(YES, "owner", "answer 9")


# One octet changed


def changed(at, value, wire=YES):
    return compare(wire, change(wire, at, value)).sentences


def test_a_number_changes_and_nothing_else():
    at = locate(YES, "preference", "answer 2").start + 1
    assert changed(at, 200) == ["answer 2, preference: 100 became 200"]


def test_the_letter_of_the_question_changes_every_name_that_points_to_it():
    other = "3" + NUMBER[1:]
    assert changed(13, ord("3")) == [
        f"question, name: {NUMBER} became {other}",
        f"answer 1, owner: {NUMBER} became {other}",
        f"answer 2, owner: {NUMBER} became {other}",
    ]


def test_a_length_moves_what_stands_behind():
    told = changed(locate(YES, "service").start, 6)
    assert told[0] == 'answer 1, service: "E2U+sip" became "E2U+si"'
    assert told[1].startswith("What was read from answer 1, regexp to additional 1, length")
    assert "From octet 74 on nothing can be read" in told[2]


def test_lengths_that_make_up_for_each_other_move_one_field():
    at = locate(YES, "service").start
    # Shorter by one octet, which goes to the regexp; then its old length is its first sign.
    wire = change(YES, at, 6)
    wire = wire[: at + 7] + b"\x39" + b"!" + wire[at + 9 :]
    told = compare(YES, wire).sentences
    assert told[0] == 'answer 1, service: "E2U+sip" became "E2U+si"'
    assert told[1].startswith("answer 1, regexp: ")
    assert len(told) == 2


def test_nothing_changed():
    assert compare(YES, YES).sentences == ["nothing changed"]


def test_the_id_is_named_but_not_shown():
    other = changed(0, YES[0] ^ 1)
    assert other == ["header, ID: another one, so whoever asked will not take this for the answer"]


def test_moved_fields_are_taken_together():
    short = message(("a.example.", 60, "IN", "TXT", '"x" "y"'))
    at = locate(short, "text").start
    longer = short[: at + 1] + b"z" + short[at + 1 :]
    longer = change(change(longer, at, 2), at - 1, 5)
    told = compare(short, longer).sentences
    assert "answer 1, text now stands 1 octet later" in told


def test_a_long_value_is_cut():
    assert max(map(len, changed(12, 2))) < 300


@pytest.mark.parametrize(
    ("at", "value"), [(len(YES), 0), (-1, 0), (0, 256), (0, -1), (0, "a"), (True, 0)]
)
def test_no_such_octet_or_value(at, value):
    with pytest.raises(LabError, match="out of range"):
        change(YES, at, value)


# What is shown


def test_the_dump_holds_every_octet_but_those_of_the_id():
    dump = repr(packet(YES)).split("\n\n")[0].splitlines()[1:]
    assert [int(line[:4], 16) for line in dump] == list(range(0, len(YES), 16))
    octets = " ".join(line[6:53] for line in dump).split()
    assert octets[:2] == ["id", "id"]
    assert bytes.fromhex("".join(octets[2:])) == YES[2:]
    assert dump[4].endswith("  d.u.E2U+sip8!^.*")


def test_shown_the_same_whatever_the_id():
    other = change(change(YES, 0, YES[0] ^ 0xFF), 1, YES[1] ^ 0xFF)
    assert repr(packet(other)) == repr(packet(YES))
    assert packet(other)._repr_html_() == packet(YES)._repr_html_()


def test_a_cookie_is_hidden():
    shown = set()
    for cookie in b"12345678", b"abcdefgh":
        option = dns.edns.GenericOption(dns.edns.OptionType.COOKIE, cookie)
        query = dns.message.make_query("a.example", "A", use_edns=0, options=[option])
        shown.add(packet(query.to_wire())._repr_html_() + repr(packet(query.to_wire())))
    assert len(shown) == 1


def test_html_says_with_numbers_and_words_what_it_says_with_colours():
    shown = packet(YES)
    html = shown._repr_html_()
    labels = [int(n) for n in re.findall(r'<span style="font:10px[^>]*>(\d+)', html)]
    assert sorted(set(labels)) == list(range(1, len(shown.fields) + 1))
    assert html.count("<caption>") == 2
    for name in {field.name for field in shown.fields}:
        assert f'<td style="text-align:left">{name}</td>' in html, name
    for style in re.findall(r'<td colspan="\d+" style="([^"]*)"', html):
        assert "border:1px" in style
        assert "background:#" in style
        assert "color:#111" in style


def test_what_can_be_shown():
    with lab.serve("playground", port=0, rotation="none") as server:
        answer = lab.ask("+61355500912", server)
    assert repr(packet(answer)) == repr(packet(YES))
    assert packet(answer.query).title == f"a DNS query of {len(answer.query)} octets"
    assert packet(YES, "mine").table.caption == "Fields of mine"
    assert "unreadable" in repr(packet(b"\xff" * 20))


@settings(deadline=None)
@given(st.binary(max_size=80))
def test_any_bytes_can_be_shown(wire):
    shown = packet(wire)
    assert repr(shown)
    assert shown._repr_html_()


# Three forms


def test_the_three_forms_are_the_same_record():
    record = Naptr(10, 100, "u", "E2U+s", r"!\+1!a\\!")
    forms = three_forms(record, "+44", ttl=5400)
    rows = {name: others for name, *others in forms.rows}
    assert rows["TTL"][:2] == ["90m", "5400"]
    assert rows["owner"][:2] == ["4.4", "4.4.e164.arpa."]
    for column in 0, 1:
        text = " ".join(others[column] for others in list(rows.values())[5:])
        assert Naptr.parse(text) == record
    in_place = sorted(rows.values(), key=lambda cells: int(cells[2].split()[0]))
    hexes = " ".join(cells[3] for cells in in_place).replace("\N{HORIZONTAL ELLIPSIS}", "")
    wire = bytes.fromhex(hexes)
    assert wire[:9] == b"\x014\x014\x04e164"[:9]
    assert wire.endswith(record.to_wire())


def test_three_forms_of_nothing():
    with pytest.raises(LabError, match="expected a Naptr"):
        three_forms("10 100", "+44")


def test_a_long_regexp_is_cut_in_the_middle():
    record = Zone.named("playground").find(NUMBER).records[0]
    row = {name: others for name, *others in three_forms(record, "+61355500912").rows}["regexp"]
    assert "\N{HORIZONTAL ELLIPSIS}" in row[3]
    assert row[0] == f'"{record.regexp}"'


def test_random_zones_are_read_whole():
    for seed in range(3):
        zone = zones.make(seed)
        responder = Responder(zone, "none")
        for name, rdtype in zones.questions(zone, seed, 60):
            wire = look_up(str(name), responder, rdtype).response
            fields = dissect(wire)
            assert fields[-1].name != "unreadable", (seed, name, rdtype)
            assert whole(fields, wire)
            assert packet(wire)._repr_html_()
