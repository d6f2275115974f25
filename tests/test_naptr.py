"""The NAPTR record: RFC 3403 section 4, RFC 6116 sections 3.4 and 4, and their forebears."""

from __future__ import annotations

import copy
import pickle
import re

import dns.name
import dns.rdata
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enumlab.errors import LabError, NoMatch, NumberError, SubstitutionError, ZoneError
from enumlab.naptr import Enumservice, Naptr

TO_INFO = "!^.*$!sip:info@example.com!"


def services(service):
    return [str(offered) for offered in Naptr(1, 1, "u", service, TO_INFO).enumservices]


# ------------------------------------------------------------------------ examples of the RFCs


def test_rfc6116_4_examples():
    sip, h323, email = (
        Naptr.parse(text)
        for text in (
            r'100 50 "u" "E2U+sip" "!^(\\+441632960083)$!sip:\\1@example.com!" .',
            r'100 51 "u" "E2U+h323" "!^\\+441632960083$!h323:operator@example.com!" .',
            '100 52 "u" "E2U+email:mailto" "!^.*$!mailto:info@example.com!" .',
        )
    )
    number = "+44 1632 960083"
    assert sip.uri(number) == "sip:+441632960083@example.com"
    assert h323.uri(number) == "h323:operator@example.com"
    assert email.uri(number) == "mailto:info@example.com"
    assert all(record.usable and record.terminal for record in (sip, h323, email))
    assert [sip.offers("sip"), h323.offers("sip"), email.offers("sip")] == [True, False, False]
    assert email.enumservices == (Enumservice("email", "mailto"),)
    with pytest.raises(NoMatch):
        sip.uri("+44 1632 960084")


def test_rfc3761_4_1_example():
    records = [
        Naptr.parse('10 100 "u" "E2U+sip" "!^.*$!sip:info@example.com!" .'),
        Naptr.parse('10 101 "u" "E2U+h323" "!^.*$!h323:info@example.com!" .'),
        Naptr.parse('10 102 "u" "E2U+msg" "!^.*$!mailto:info@example.com!" .'),
    ]
    assert [record.preference for record in records] == [100, 101, 102]
    assert [record.uri("+441632960083") for record in records] == [
        "sip:info@example.com",
        "h323:info@example.com",
        "mailto:info@example.com",
    ]
    assert [record.offers("msg") for record in records] == [False, False, True]


def test_rfc3403_6_1_a_rule_that_is_not_terminal():
    urn = Naptr.parse(r'100 10 "" "" "!^urn:cid:.+@([^\\.]+\\.)(.*)$!\\2!i" .')
    assert urn.regexp == r"!^urn:cid:.+@([^\.]+\.)(.*)$!\2!i"
    assert (urn.terminal, urn.usable) == (False, True)


def test_rfc3403_6_1_as_printed_lacks_the_second_backslash():
    with pytest.raises(ZoneError, match=r"backslash before a lone digit, \\2.*written \\\\2"):
        Naptr.parse(r'100 10 "" "" "!^urn:cid:.+@([^\.]+\.)(.*)$!\2!i" .')


def test_rfc3403_6_1_flags_of_another_application():
    record = Naptr.parse('100 50 "a" "z3950+N2L+N2C" "" cidserver.example.com.')
    assert not record.usable
    assert record.problem.startswith("the flags are 'a', and ENUM knows only 'u'")


def test_rfc3403_6_2_the_older_order_of_the_service():
    sip = Naptr.parse('100 10 "u" "sip+E2U" "!^.*$!sip:information@foo.se!i" .')
    mail = Naptr.parse('102 10 "u" "smtp+E2U" "!^.*$!mailto:information@foo.se!i" .')
    assert (sip.offers("sip"), mail.offers("sip")) == (True, False)
    assert sip.uri("+1-770-555-1212") == "sip:information@foo.se"
    assert mail.uri("+1-770-555-1212") == "mailto:information@foo.se"


def test_rfc4769_pstn():
    ported = Naptr.parse(
        '10 100 "u" "E2U+pstn:tel" "!^.*$!tel:+1-215-555-0123;npdi;rn=+1-215-555-0199!" .'
    )
    assert ported.uri("+12155550123") == "tel:+1-215-555-0123;npdi;rn=+1-215-555-0199"
    by_group = Naptr.parse(r'10 100 "u" "E2U+pstn:sip" "!(^.*)$!sip:\\1;npdi@gw.example.com!" .')
    assert by_group.uri("+12155550123") == "sip:+12155550123;npdi@gw.example.com"
    assert [ported.offers(s) for s in ("pstn", "pstn:tel", "pstn:sip", "tel")] == [
        *(True, True, False, False)
    ]


def test_rfc6116_3_1_the_plus_is_part_of_the_string():
    record = Naptr.parse(r'10 100 "u" "E2U+sip" "!(^.*$)!sip:+1\\1@H!" .')
    for number in ("+61355500915", "61355500915", "+61 (3) 5550-0915"):
        assert record.uri(number) == "sip:+1+61355500915@H"


# ------------------------------------------------------------------------ Enumservices


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ("E2U+sip", ["sip"]),
        ("e2u+SIP", ["sip"]),
        ("E2U+voice:sip+video:sip", ["voice:sip", "video:sip"]),
        ("E2U+x-skype", ["x-skype"]),
        ("E2U+voice:tel:x-mobile", ["voice:tel:x-mobile"]),
        ("sip+E2U", ["sip"]),
        ("E2U+" + "a" * 32, ["a" * 32]),
        ("", []),
        ("E2U", []),
        ("E2U+", []),
        ("+E2U", []),
        ("sip", []),
        ("E2Usip", []),
        ("E2U+sip+", []),
        ("E2U++sip", []),
        ("E2U+:sip", []),
        ("E2U+sip:", []),
        ("E2U+si p", []),
        ("E2U+" + "a" * 33, []),
        ("SIP+D2U", []),
    ],
)
def test_rfc6116_3_4_3_service_field(service, expected):
    assert services(service) == expected
    problem = Naptr(1, 1, "u", service, TO_INFO).problem
    assert (problem is None) == bool(expected)
    assert expected or problem.startswith(f"the service {service!r} is not E2U")


@pytest.mark.parametrize(
    ("wanted", "offered"),
    [
        ("voice", True),
        ("Voice:SIP", True),
        ("E2U+voice:sip", True),
        ("e2u+video", True),
        ("sip", False),
        ("voice:tel", False),
        ("voi", False),
        ("", False),
    ],
)
def test_offers(wanted, offered):
    assert Naptr(1, 1, "u", "E2U+voice:sip+video:sip", TO_INFO).offers(wanted) is offered


# ------------------------------------------------------------------------ use


@pytest.mark.parametrize(
    ("record", "seen"),
    [
        (Naptr(1, 1, "s", "E2U+sip", TO_INFO), "flags are 's'"),
        (Naptr(1, 1, "uu", "E2U+sip", TO_INFO), "flags are 'uu'"),
        (Naptr(1, 1, "u", "E2U+sip", TO_INFO, "example.com."), "both a regexp and a replacement"),
        (Naptr(1, 1, "u", "E2U+sip", "", "example.com."), "promises a URI, but there is no regexp"),
        (Naptr(1, 1, "u", "", TO_INFO), "service ''"),
        (Naptr(1, 1, "u", "E2U+sip", "!^(.*!x!"), r"not sound: .* character 2: \( is never closed"),
        (Naptr(1, 1, "u", "E2U+sip", "!.*!x"), "not sound: .* 2 times"),
        (Naptr(1, 1, "", "", "", "."), "neither a regexp nor a replacement"),
        (Naptr(1, 1, "", "", "!(!x!", "."), "not sound"),
    ],
)
def test_problem(record, seen):
    assert not record.usable
    with pytest.raises(SubstitutionError, match=seen):
        record.uri("+61")
    with pytest.raises(SubstitutionError, match="is not usable"):
        record.next_domain("+61")


@pytest.mark.parametrize("flags", ["u", "U"])
def test_flag_u_in_either_case(flags):
    record = Naptr(1, 1, flags, "E2U+sip", TO_INFO)
    assert (record.terminal, record.problem) == (True, None)


@pytest.mark.parametrize(
    ("replacement", "result"),
    [
        (r"sip:\1@example.com;user=phone?x=%20", "sip:+61@example.com;user=phone?x=%20"),
        ("sip:[2001:db8::1]", "sip:[2001:db8::1]"),
        ("h323:a_b", "h323:a_b"),
        (r"\1", None),
        ("info@example.com", None),
        (":x", None),
        ("1sip:x", None),
        ("sip:", None),
        ("sip:a b", None),
        ("sip:a\tb", None),
        ("sip:a\r\nb", None),
        ("<sip:a>", None),
        ("sip:\N{LATIN SMALL LETTER E WITH ACUTE}", None),
        ("", None),
    ],
)
def test_uri_must_be_a_uri(replacement, result):
    record = Naptr(1, 1, "u", "E2U+sip", f"!(.*)!{replacement}!")
    if result:
        assert record.uri("+61") == result
    else:
        with pytest.raises(SubstitutionError, match="which is not a URI"):
            record.uri("+61")


def test_uri_needs_a_number():
    with pytest.raises(NumberError, match="no digits"):
        Naptr(1, 1, "u", "E2U+sip", TO_INFO).uri("")


def test_next_domain():
    by_name = Naptr(1, 1, "", "", "", "6.1.enum.example")
    assert by_name.next_domain("+61") == "6.1.enum.example."
    by_regexp = Naptr(1, 1, "", "", r"!^\+61(.)(.*)$!z\1.example.net!")
    assert by_regexp.next_domain("+61 3 5550 0912") == "z3.example.net."
    with pytest.raises(NoMatch):
        by_regexp.next_domain("+64 3")
    with pytest.raises(SubstitutionError, match="gives no domain name"):
        Naptr(1, 1, "", "", "!.*!a..b!").next_domain("+61")
    with pytest.raises(SubstitutionError, match=r"Use uri\(\)"):
        Naptr(1, 1, "u", "E2U+sip", TO_INFO).next_domain("+61")
    with pytest.raises(SubstitutionError, match=r"Use next_domain\(\)"):
        by_name.uri("+61")


# ------------------------------------------------------------------------ forms


FIELDS = st.binary(max_size=255).map(lambda octets: octets.decode("utf-8", "surrogateescape"))
LABELS = st.lists(st.text("abcXYZ019-_*", min_size=1, max_size=10), max_size=5)
RECORDS = st.builds(
    Naptr,
    st.integers(0, 65535),
    st.integers(0, 65535),
    FIELDS,
    FIELDS,
    FIELDS,
    LABELS.map(lambda labels: ".".join([*labels, ""]) or "."),
)


@given(RECORDS)
def test_every_form_there_and_back(record):
    assert Naptr.parse(record.to_text()) == record
    assert Naptr.from_wire(record.to_wire()) == record
    assert Naptr.from_rdata(record.rdata()) == record
    assert eval(repr(record)) == record
    assert pickle.loads(pickle.dumps(record)) == copy.deepcopy(record) == record
    assert hash(copy.deepcopy(record)) == hash(record)


@given(RECORDS, st.sampled_from(["+61355500912", "61", ""]))
def test_any_record_is_judged_without_a_crash(record, number):
    assert record.usable == (record.problem is None)
    for use in (record.uri, record.next_domain):
        try:
            assert isinstance(use(number), str)
        except LabError:
            continue
        assert record.usable


def test_escapes_come_in_layers():
    record = Naptr(10, 100, "u", "E2U+sip", r"!^\+(.*)$!sip:\1@example.com!")
    assert record.to_text() == r'10 100 "u" "E2U+sip" "!^\\+(.*)$!sip:\\1@example.com!" .'
    assert rb"!^\+(.*)$!sip:\1@example.com!" in record.to_wire()
    assert repr(Naptr(10, 100, "u", "E2U+sip", "!^.*$!sip:a@b!")) == (
        "Naptr(10, 100, 'u', 'E2U+sip', '!^.*$!sip:a@b!', '.')"
    )


def test_rfc3403_4_1_wire_format():
    record = Naptr(1, 258, "u", "E2U+sip", "!a!b!", "a.example.")
    assert record.to_wire() == b"\0\1\1\2\1u\7E2U+sip\5!a!b!\1a\7example\0"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (r'10 100 "u" "E2U+sip" "!(^.*$)!sip:\1@H!" .', r"lone digit, \\1.*is written \\\\1"),
        (r'10 100 "u" "E2U+sip" "!(.)(.)!sip:\\1\2@H!" .', r"lone digit, \\2"),
        (r'10 100 "u" "E2U+sip" "!(.*)!sip:\12@H!" .', r"lone digit, \\1"),
        ('10 100 "u" "E2U+sip"', "cannot be read.*Expected: order preference"),
        ('x IN NAPTR 10 100 "u" "E2U+sip" "" .', "expecting an integer"),
        ('70000 1 "u" "" "" .', "70000"),
        ('1 1 "u" "" "" . more', "more"),
        ('1 1 "u "" "" .', "cannot be read"),
        ('1 1 "u" "" "" a..b', "label is empty"),
        (f'1 1 "u" "" "{"x" * 256}" .', "too long"),
        ("", "cannot be read"),
        (None, "not NoneType"),
    ],
)
def test_parse_explains(text, seen):
    with pytest.raises(ZoneError, match=seen):
        Naptr.parse(text)


def test_three_digits_behind_a_backslash_are_an_octet():
    assert Naptr.parse(r'1 1 "\117" "" "\195\169" .').flags == "u"
    assert (
        Naptr.parse(r'1 1 "\117" "" "\195\169" .').regexp == "\N{LATIN SMALL LETTER E WITH ACUTE}"
    )
    assert Naptr.parse(r'1 1 "u" "" "\255" .').regexp == "\udcff"


@pytest.mark.parametrize(
    ("fields", "seen"),
    [
        ((-1, 1, "", "", ""), "the order is -1"),
        ((1, 65536, "", "", ""), "the preference is 65536"),
        (("10", 1, "", "", ""), "the order is '10'"),
        ((1, 1.5, "", "", ""), "the preference is 1.5"),
        ((1, 1, None, "", ""), "the flags field is None"),
        ((1, 1, "", b"E2U", ""), "the service field is b'E2U'"),
        ((1, 1, "", "", "x" * 256), "the regexp field has 256 octets"),
        ((1, 1, "", "", "\N{LATIN SMALL LETTER E WITH ACUTE}" * 128), "has 256 octets"),
        ((1, 1, "", "", "\ud800"), "the regexp field is"),
        ((1, 1, "", "", "", "a..b"), "'a..b' is not a domain name"),
        ((1, 1, "", "", "", ""), "'' is not a domain name"),
        ((1, 1, "", "", "", "b\N{LATIN SMALL LETTER U WITH DIAERESIS}cher"), "xn--"),
        ((1, 1, "", "", "", None), "None is not a domain name"),
    ],
)
def test_what_cannot_stand_in_a_record(fields, seen):
    with pytest.raises(ZoneError, match=seen):
        Naptr(*fields)


@pytest.mark.parametrize("wire", [b"", b"\0\1\0\2\1u", b"\0\1\0\2\0\0\0\0more", "text", 5, None])
def test_what_is_no_wire_form(wire):
    with pytest.raises(ZoneError, match="is not the data of a NAPTR record"):
        Naptr.from_wire(wire)


def test_from_rdata_wants_a_whole_naptr():
    with pytest.raises(ZoneError, match="expected the data of a NAPTR"):
        Naptr.from_rdata(dns.rdata.from_text("IN", "A", "127.0.0.1"))
    relative = dns.rdata.from_text("IN", "NAPTR", '1 1 "" "" "" www', dns.name.root)
    with pytest.raises(ZoneError, match="www is relative"):
        Naptr.from_rdata(relative)


def test_replacement_is_kept_absolute():
    assert Naptr(1, 1, "", "", "", "example.com") == Naptr(1, 1, "", "", "", "example.com.")


def test_html_is_a_table_with_caption_and_headers():
    html = Naptr(10, 100, "u", "E2U+sip", "!<b>!&!")._repr_html_()
    assert "<caption>NAPTR record</caption>" in html
    assert re.search('<th scope="col"[^>]*>preference</th>', html)
    assert "!&lt;b&gt;!&amp;!" in html
    assert "not usable, the flags are" in Naptr(1, 1, "z", "", "")._repr_html_()
