"""Zones: reading, editing, writing, and what a name resolves to (RFC 1034 4.3.2, RFC 4592)."""

from __future__ import annotations

import subprocess

import dns.name
import masterlines
import pytest
import zones
from conftest import need
from hypothesis import given, settings
from hypothesis import strategies as st

import enumlab as lab
from enumlab import LabError, Zone, ZoneError, masterfile
from enumlab.found import Why

TOP = """$TTL 1h
@ SOA ns root 1 3600 900 604800 300
@ NS ns.example.
"""


def zone(text, origin="e164.arpa."):
    return Zone.from_text(TOP + text, origin)


# RFC 4592 section 2.2.1: the zone, and each answer that the section names

RFC4592 = Zone.from_text(
    """
$ORIGIN example.
example.                 3600 IN SOA ns.example.com. root.example. 1 3600 900 604800 300
example.                 3600 NS  ns.example.com.
example.                 3600 NS  ns.example.net.
*.example.               3600 TXT "this is a wildcard"
*.example.               3600 MX  10 host1.example.
sub.*.example.           3600 TXT "this is not a wildcard"
host1.example.           3600 A   192.0.2.1
_ssh._tcp.host1.example. 3600 SRV 0 0 22 host1.example.
_ssh._tcp.host2.example. 3600 SRV 0 0 22 host2.example.
subdel.example.          3600 NS  ns.example.com.
subdel.example.          3600 NS  ns.example.net.
""",
    origin="example.",
)


@pytest.mark.parametrize(
    ("name", "rdtype", "rcode", "why", "source", "closest_encloser"),
    [
        ("host3.example.", "MX", "NOERROR", "wildcard", "*.example.", "example."),
        ("host3.example.", "A", "NOERROR", "no such type", "*.example.", "example."),
        ("foo.bar.example.", "TXT", "NOERROR", "wildcard", "*.example.", "example."),
        ("host1.example.", "MX", "NOERROR", "no such type", "host1.example.", "host1.example."),
        ("sub.*.example.", "MX", "NOERROR", "no such type", "sub.*.example.", "sub.*.example."),
        (
            "_telnet._tcp.host1.example.",
            "SRV",
            "NXDOMAIN",
            "hidden by a closer encloser",
            "*.example.",
            "_tcp.host1.example.",
        ),
        ("host.subdel.example.", "A", "NOERROR", "delegated", "subdel.example.", "subdel.example."),
        (
            "ghost.*.example.",
            "MX",
            "NXDOMAIN",
            "hidden by a closer encloser",
            "*.example.",
            "*.example.",
        ),
        # Section 2.2.2: these exist without owning a record.
        ("host2.example.", "SRV", "NOERROR", "empty non-terminal", "host2.example.", None),
        ("_tcp.host2.example.", "A", "NOERROR", "empty non-terminal", "_tcp.host2.example.", None),
        # Section 2.1.3: asked for by its own name, the asterisk is a label like any other.
        ("*.example.", "TXT", "NOERROR", "exact", "*.example.", "*.example."),
    ],
)
def test_rfc4592_2_2_1(name, rdtype, rcode, why, source, closest_encloser):
    found = RFC4592.find(name, rdtype)
    assert (found.rcode, found.why, found.source) == (rcode, why, source)
    assert found.closest_encloser == (closest_encloser or name)


# The playground


def test_the_block_of_the_playground_has_a_hole_of_99():
    playground = Zone.named("playground")
    counts = {}
    for number in range(61255502000, 61255503000):
        why = playground.find(lab.to_domain(str(number))).why
        counts[why] = counts.get(why, 0) + 1
    assert counts == {Why.WILDCARD: 900, Why.EXACT: 1, Why.HIDDEN: 99}


def test_the_corrected_zone_has_no_hole():
    corrected = Zone.named("corrected")
    for number in range(61255502000, 61255503000):
        why = corrected.find(lab.to_domain(str(number))).why
        assert why == ("exact" if number == 61255502345 else "wildcard")


@pytest.mark.parametrize("number", ["+612555021", "+6125550299999999999999"])
def test_a_wildcard_takes_any_length(number):
    assert Zone.named("playground").find(lab.to_domain(number)).why == "wildcard"


# What find says


@pytest.mark.parametrize(
    ("name", "rdtype", "why", "words"),
    [
        ("1", "NAPTR", Why.EXACT, "exact match at 1.e164.arpa."),
        ("1", "TXT", Why.NO_SUCH_TYPE, "1.e164.arpa. exists, but has no TXT record"),
        ("9.2", "NAPTR", Why.WILDCARD, "wildcard *.2.e164.arpa."),
        ("9.5.2", "NAPTR", Why.HIDDEN, "wildcard *.2.e164.arpa. hidden by 5.2.e164.arpa."),
        ("5.2", "NAPTR", Why.EMPTY_NON_TERMINAL, "only because names below it do"),
        ("7.3", "NAPTR", Why.DELEGATED, "delegated at 3.e164.arpa."),
        ("4", "NAPTR", Why.ALIAS, "4.e164.arpa. is an alias"),
        ("9.9", "NAPTR", Why.NO_SUCH_NAME, "no wildcard at e164.arpa."),
        ("1.e164.org.", "NAPTR", Why.OUT_OF_ZONE, "is not in this zone"),
        ("x.6", "NAPTR", Why.EMPTY_NON_TERMINAL, "*.6.e164.arpa. exists only because"),
    ],
)
def test_find_says_why(name, rdtype, why, words):
    naptr = 'NAPTR 10 100 "u" "E2U+sip" "!^.*$!sip:a@b.example!" .'
    found = zone(
        f"""
1 {naptr}
*.2 {naptr}
1.5.2 {naptr}
3 NS ns.example.
4 CNAME 1
y.*.6 TXT "below an asterisk"
"""
    ).find(name, rdtype)
    assert found.why == why
    assert words in found.explanation


def test_records_are_naptr_where_they_are_naptr():
    (record,) = Zone.named("playground").find("1.1.9.0.0.5.5.5.3.1.6").records
    assert isinstance(record, lab.Naptr)
    (soa,) = Zone.named("playground").find("e164.arpa.", "SOA").records
    assert soa.serial == 2009010918


def test_letter_case_does_not_matter():
    playground = Zone.named("playground")
    assert playground.find("2.1.9.0.0.5.5.5.3.1.6.E164.ARPA.").why == "exact"
    assert zone('MiXed TXT "x"').find("mIxEd", "TXT").why == "exact"


@pytest.mark.parametrize("name", ["a..b", "x" * 64, "a." * 128, None, 7])
def test_a_name_that_is_none(name):
    with pytest.raises(LabError, match="not a domain name"):
        Zone.named("playground").find(name)


def test_a_type_that_is_none():
    with pytest.raises(LabError, match="not a record type"):
        Zone.named("playground").find("1", "NAPPTR")


# Reading: each fault with its line and its cure


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (r'1 NAPTR 10 100 "u" "E2U+sip" "!^(.*)$!sip:\1@x!" .', 4, r"regexp is written \\1"),
        ("1 NAPTRR 10 100", 4, "unknown rdatatype 'NAPTRR'"),
        ('\n\n1 NAPTR 10 "u" "E2U+sip" "!a!b!" .', 6, "Expected: owner [TTL] IN NAPTR order"),
        ('1 NAPTR 10 70000 "u" "E2U+sip" "!a!b!" .', 4, "70000 is not an unsigned 16-bit"),
        ("1 TXT ( a\nb\nc", 4, "parenthesis"),
        ("1 CH TXT a", 4, "class is not IN"),
        ("$INCLUDE /etc/hostname", 4, "$INCLUDE is not followed here"),
        ("$FOO", 4, "Known are $ORIGIN, $TTL and $GENERATE"),
        ("  $TTL 1h", 4, "left edge"),
        ("$TTL abc", 4, "cannot be read"),
        ("1 A 192.0.2.300", 4, "1 A 192.0.2.300"),
        ("a\0b\x07c", 4, "The line is: a\ufffdb\ufffdc"),
        ("1 CNAME 2\n1 A 192.0.2.1", 5, "CNAME record and A as well"),
        ("1 A 192.0.2.1\n1 CNAME 2", 5, "CNAME record and A as well"),
        ("1 CNAME 2\n1 CNAME 3", 5, "second, different CNAME"),
        ("*.1 NS ns.example.", 4, "wildcard with an NS record"),
        ("1 SOA ns root 1 3600 900 604800 300", 4, "this zone starts at e164.arpa."),
        ("x" * 64 + " TXT a", 4, "label"),
    ],
)
def test_a_bad_line_is_named_with_its_cure(text, line, words):
    with pytest.raises(ZoneError) as caught:
        zone(text)
    assert caught.value.line == line
    assert str(caught.value).startswith(f"line {line}: ")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no SOA record"),
        ("@ 60 SOA ns root 1 3600 900 604800 300", "no NS record"),
        (TOP + "1 DNAME 2\n9.1 TXT x", "DNAME moves all names below it"),
    ],
)
def test_a_zone_that_no_server_takes(text, words):
    with pytest.raises(ZoneError, match=words):
        Zone.from_text(text)


def test_what_every_reader_takes():
    text = "\ufeff$TTL 60\r\n@ SOA ns root 1 3600 900 604800 300\r\n@ NS ns.example.\r\n"
    assert len(Zone.from_text(text + '1 TXT "\u00e9"\r\n$GENERATE 1-3 x$ A 192.0.2.$\r\n')) == 5


def test_records_outside_the_zone_are_left_out_and_told():
    made = zone("other.example. TXT x\n1 TXT y")
    assert len(made) == 2
    assert made.outside == ((4, "other.example."),)


@pytest.mark.parametrize("bad", [None, b"bytes", 7])
def test_text_that_is_no_text(bad):
    with pytest.raises(ZoneError, match="expected the text of a master file"):
        Zone.from_text(bad)


def test_a_file_that_is_not_text(tmp_path):
    path = tmp_path / "z"
    path.write_bytes(TOP.encode() + b"\n1 TXT \xff\xfe\n")
    with pytest.raises(ZoneError, match=r"line 5: byte 0xff is not UTF-8"):
        Zone.from_file(path)
    with pytest.raises(ZoneError, match="cannot be read"):
        Zone.from_file(tmp_path)


def test_a_name_that_is_not_of_the_course():
    with pytest.raises(ZoneError, match="Known are: corrected"):
        Zone.named("../etc/passwd")


# Editing and writing


def test_an_edit_gives_a_new_zone():
    playground = Zone.named("playground")
    more = playground.with_records('9 NAPTR 10 100 "u" "E2U+sip" "!^.*$!sip:a@b.example!" .')
    assert (len(playground), len(more)) == (10, 11)
    assert more.find("9").ttl == 3600
    assert more.without("9").to_text() == playground.to_text()
    assert playground.find("9").rcode == "NXDOMAIN"


def test_an_edit_is_checked_like_a_file():
    with pytest.raises(ZoneError, match="CNAME record and NAPTR as well"):
        Zone.named("playground").with_records("1.1.9.0.0.5.5.5.3.1.6 CNAME x")
    with pytest.raises(ZoneError, match="second, different SOA"):
        Zone.named("playground").with_records("@ SOA ns root 1 1 1 1 1")
    with pytest.raises(ZoneError, match="owns no record"):
        Zone.named("playground").without("3.2.0.5.5.5.2.1.6")


def test_taking_the_exact_record_away_fills_the_hole():
    cured = Zone.named("playground").without("5.4.3.2.0.5.5.5.2.1.6")
    assert cured.find("6.4.3.2.0.5.5.5.2.1.6").why == "wildcard"


def test_lines_are_kept():
    playground = Zone.named("playground")
    rdata = playground.rdataset("1.1.9.0.0.5.5.5.3.1.6", "NAPTR")[0]
    assert playground.line("1.1.9.0.0.5.5.5.3.1.6", rdata) == 11
    more = playground.with_records("9 TXT x")
    assert more.line("9", more.rdataset("9", "TXT")[0]) is None


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_to_text_is_read_back_the_same(seed):
    made = zones.make(seed)
    again = Zone.from_text(made.to_text(), zones.ORIGIN)
    assert list(again) == list(made)


@pytest.mark.peer
@pytest.mark.parametrize("name", [*Zone.names(), *range(5)])
def test_to_text_loads_in_bind_nsd_and_knot(tmp_path, name):
    made = Zone.named(name) if isinstance(name, str) else zones.make(name)
    path = tmp_path / "zone"
    path.write_text(made.to_text())
    commands = [
        [need("named-checkzone"), "-k", "ignore", "-n", "ignore", made.origin, path],
        [need("nsd-checkzone"), made.origin, path],
    ]
    if isinstance(name, str):
        # kzonecheck wants glue that a zone made by chance lacks; knotd itself takes such a zone.
        commands.append([need("kzonecheck"), "-o", made.origin, path])
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, (command, done.stdout, done.stderr)


def test_repr_and_html():
    playground = Zone.named("playground")
    assert repr(playground) == "Zone('e164.arpa.', 10 owners, 16 records)"
    html = playground._repr_html_()
    assert "<caption>Zone e164.arpa.: 10 owners, 16 records</caption>" in html
    assert "&quot;u&quot;" in html


# Plain lines are packed at once; the others are read by dnspython's reader, one by one


def one_by_one(text, origin):
    top = dns.name.from_text(origin)
    return Zone(top, masterfile.read(text, top))


def outcome(read, text, origin="e164.arpa."):
    """The zone as text, and where its records stood, or the error; names in lower case."""
    try:
        zone = read(text, origin)
    except ZoneError as error:
        return str(error)
    lines = {
        (owner.lower(), rdata): zone.line(owner, rdata) for owner, rrset in zone for rdata in rrset
    }
    return zone.to_text().lower(), zone.outside, lines, len(zone), repr(zone)


@settings(max_examples=300, deadline=None)
@given(masterlines.TEXTS)
def test_a_zone_is_the_same_however_its_lines_are_read(lines):
    text = TOP + lines
    assert outcome(Zone.from_text, text) == outcome(one_by_one, text)


@pytest.mark.parametrize("origin", [".", "6.1.", "1.6.e164.arpa.", "E164.ARPA.", "arpa."])
def test_plain_lines_below_any_origin(origin):
    owners = ["1.6", "6.1.", "1.6.1.", "1.6.e164.arpa.", "2.1.6.E164.arpa.", "*", "*.6.1."]
    owners.append("7.arpa.")
    text = TOP.replace("ns.example.", "ns") + "".join(
        f'{owner} {ttl} NAPTR {order} 1 "u" "E2U+sip" "!^.*$!sip:{order}@b.example!" .\n'
        for order, owner in enumerate(owners * 2)
        for ttl in ("60", "", "2h IN", "IN 1w")
    )
    assert outcome(Zone.from_text, text, origin) == outcome(one_by_one, text, origin)


def test_more_records_at_one_name_than_are_packed():
    line = '1 NAPTR {} 1 "u" "E2U+sip" "!^.*$!sip:{}@b.example!" .\n'
    text = TOP + "".join(line.format(n // 2, n // 2) for n in range(120))
    assert outcome(Zone.from_text, text) == outcome(one_by_one, text)
    assert len(zone(text[len(TOP) :]).find("1").records) == 60


def test_a_plain_record_beside_an_alias_is_refused_at_its_line():
    for lines in ("1 CNAME 2\n1 {}\n", "1 {}\n1 CNAME 2\n"):
        text = lines.format('60 NAPTR 1 1 "u" "E2U+sip" "!^.*$!sip:a@b.example!" .')
        with pytest.raises(ZoneError, match="CNAME") as told:
            zone(text)
        assert told.value.line == TOP.count("\n") + 2


def test_an_edit_changes_packed_records_like_any_other():
    plain = zone('1 NAPTR 1 1 "u" "E2U+sip" "!^.*$!sip:a@b.example!" .\n2.2 TXT x')
    more = plain.with_records('1 NAPTR 2 1 "u" "E2U+sip" "!^.*$!sip:b@b.example!" .\n1 TXT y')
    assert [record.order for record in more.find("1").records] == [1, 2]
    assert [record.order for record in plain.find("1").records] == [1]
    assert more.rdataset("1", "TXT") is not None
    assert more.without("1").to_text() == plain.without("1").to_text()
    assert plain.without("2.2").find("2").why == "no such name"
