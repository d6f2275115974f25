"""Every rule of lint, with a zone that breaks it and one that does not; and lint as a whole."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import time

import dns.name
import masterlines
import pytest
from conftest import need
from hypothesis import given, settings
from hypothesis import strategies as st

import enumlab as lab
from enumlab import Zone, ZoneError, __main__, masterfile
from enumlab.linting import RULES, Problem, Problems, plan
from enumlab.linting.enumservices import WITH_SUBTYPE, WITHOUT_SUBTYPE
from enumlab.linting.rrsets import looks_like_shares

TOP = """$TTL 1h
@ SOA ns root 1 3600 900 604800 300
@ NS ns
ns A 127.0.0.1
"""
NUMBER = "2.1.9.0.0.5.5.5.3.1.6"  # +61355500912
LONG = ".".join("1" * 40)  # long enough for a hostile pattern to take its time
BLOCK = "2.0.5.5.5.2.1.6"  # +61255502...
GOOD = r'10 100 "u" "E2U+sip" "!^.*$!sip:info@example.com!" .'


def record(regexp=r"!^.*$!sip:info@example.com!", *, service="E2U+sip", flags="u", rest="."):
    return f'10 100 "{flags}" "{service}" "{regexp}" {rest}'


def naptr(owner=NUMBER, **fields):
    return f"{owner} NAPTR {record(**fields)}"


def regexp(text, owner=NUMBER):
    return naptr(owner, regexp=text)


def naptr_to(host):
    return regexp(f"!^.*$!sip:info@{host}.example!")


def ranked(*ranks, owner=NUMBER, service="E2U+sip"):
    return "\n".join(
        f'{owner} NAPTR {rank} "u" "{service}" "!^.*$!sip:{n}@example.com!" .'
        for n, rank in enumerate(ranks)
    )


# rule -> (records that break it, records that come close but do not)
CASES = {
    "lone-backslash": [
        (regexp(r"!^(.*)$!sip:\1@example.com!"), regexp(r"!^(.*)$!sip:\\1@example.com!")),
        (regexp(r"!^(.*)$!sip:\\\1@example.com!"), 'x TXT "\\049"'),
        (f"{NUMBER} NAPTR ( 10 100 u\n E2U+sip ; why\n !^.*$!sip:\\1@b! . )", "; sip:\\1@x"),
        (regexp(r"!^(.*)$!sip:\12@b!"), regexp(r"!^(.*)$!sip:\049@b!")),
    ],
    "lost-backslash": [
        (regexp(r"!^\+(.*)$!sip:\\1@example.com!"), regexp(r"!^\\+(.*)$!sip:\\1@example.com!")),
        (regexp(r"!^.*\.?$!sip:a@example.com!"), naptr() + r"  ; in a comment, \+ is nothing"),
        (
            f'{NUMBER} NAPTR 10 100 ( "u" "E2U+sip"\n "!^.*\\.?$!sip:a@b.example!" . )',
            r'k._domainkey TXT "v=DKIM1\; p=" ; of no concern here',
        ),
    ],
    "bad-regexp": [
        (regexp("1^.*$1sip:info@example.com1"), regexp("/^.*$/sip:info@example.com/")),
        (regexp("!^*$!sip:info@example.com!"), regexp("!^.*$!sip:info@example.com!i")),
        (regexp(r"!^.*$!sip:\\1@example.com!"), regexp(r"!^(.*)$!sip:\\1@example.com!")),
        (regexp("!^.*$!sip:info@example.com"), naptr()),
        (naptr("sip", flags="", regexp="no delimiter"), naptr("sip", flags="", regexp="")),
        (regexp("!^(.|..)+$!sip:a@b!", LONG), regexp("!^(.|..)+$!sip:a@b!")),
        (regexp("!^([0-9]|[0-9]{2})+$!sip:a@b!", f"*.{LONG}"), regexp("!^[0-9]+$!sip:a@b!")),
    ],
    "pattern-without-match": [
        (regexp("!^613(.*)$!sip:info@example.com!"), regexp("!^.613(.*)$!sip:info@example.com!")),
        (regexp("!^[0-9]+$!sip:info@b!", f"*.{BLOCK}"), regexp("!9{4}!sip:a@b!", f"*.{BLOCK}")),
    ],
    "result-is-no-uri": [
        (regexp("!^.*$!info@example.com!"), regexp("!^.*$!sip:info!")),
        (regexp("!^.*$!sip:a b@example.com!"), naptr(flags="", service="", regexp="!.*!next!")),
    ],
    "wrong-scheme": [
        (regexp("!^.*$!mailto:info@example.com!"), regexp("!^.*$!sips:info@example.com!")),
        (
            naptr(service="E2U+fax:tel"),
            naptr(service="E2U+fax:tel", regexp="!^.*$!tel:+61355500912!"),
        ),
        (
            naptr(service="E2U+sip+email:mailto", regexp="!^.*$!tel:+1!"),
            naptr(service="E2U+sip+email:mailto", regexp="!^.*$!mailto:info@example.com!"),
        ),
        (naptr(service="E2U+im"), naptr(service="E2U+spi")),
    ],
    "doubled-plus": [
        (regexp(r"!(^.*$)!sip:+1\\1@example.com!"), regexp(r"!(^.*$)!sip:\\1@example.com!")),
        (regexp(r"!(^.*$)!sip:+\\1@example.com!"), regexp(r"!^\\+(.*$)!sip:+\\1@example.com!")),
        (regexp(r"!(^.*$)!sip:0\\1@example.com!", f"*.{BLOCK}"), regexp("!.*!sip:a+b@c.example!")),
    ],
    "another-number": [
        (
            regexp("!^.*$!sip:61355500911@b!") + "\n" + naptr("1.1.9.0.0.5.5.5.3.1.6"),
            regexp("!^.*$!sip:61355500912@b!") + "\n" + naptr("1.1.9.0.0.5.5.5.3.1.6"),
        ),
        (
            regexp("!^.*$!sip:+61355500911@b!") + "\n" + naptr("1.1.9.0.0.5.5.5.3.1.6"),
            regexp("!^.*$!sip:61355500911@b!"),
        ),
        (
            regexp("!^.*$!tel:+61355500911!") + "\n" + naptr("1.1.9.0.0.5.5.5.3.1.6"),
            regexp("!^.*$!sip:61355500912@b!", f"*.{BLOCK}") + "\n" + naptr(),
        ),
    ],
    "illegal-host": [
        (regexp("!^.*$!sip:info@sip_1.example.com!"), regexp("!^.*$!sip:info_1@sip-1.example!")),
        (regexp("!^.*$!sip:info@10.0.0.256!"), regexp("!^.*$!sip:info@10.0.0.255:5080!")),
        (
            naptr(service="E2U+web:http", regexp="!^.*$!http://a_b.example/x!"),
            naptr(service="E2U+web:http", regexp="!^.*$!http://a.example:80/a_b!"),
        ),
        ("a_b A 127.0.0.1", "a_b TXT x\n*.c A 127.0.0.1"),
    ],
    "regexp-and-replacement": [(naptr(rest="next"), naptr(flags="", regexp="", rest="next"))],
    "regexp-missing": [
        (naptr(regexp=""), naptr(flags="", service="", regexp="", rest="next")),
        (naptr(regexp="", rest="next"), naptr("_sip._udp", flags="s", service="SIP+D2U")),
    ],
    "flags-unknown": [
        (naptr(flags="s"), naptr(flags="U")),
        (naptr(flags="uu"), naptr("server", service="SIP+D2U", flags="s")),
    ],
    "service-misspelt": [
        (naptr(service="e2u-sip"), naptr(service="e2u+SIP")),
        (naptr(service="E2U"), naptr(flags="", service="", regexp="", rest="next")),
        (naptr(service="sip"), naptr("server", service="SIP+D2U", flags="s", regexp="")),
    ],
    "service-obsolete": [(naptr(service="sip+E2U"), naptr(service="E2U+sip"))],
    "service-unregistered": [
        (naptr(service="E2U+spi"), naptr(service="E2U+x-spi")),
        (naptr(service="E2U+voice:sip"), naptr(service="E2U+pstn:sip")),
        (naptr(service="E2U+sip:udp"), naptr(service="E2U+sip")),
    ],
    "unreachable-order": [
        (ranked("10 100", "20 100"), ranked("10 100", "10 101")),
        (
            ranked("10 100", "20 100", owner=f"*.{BLOCK}"),
            # The first takes only some numbers of the block, so the second is needed.
            f'*.{BLOCK} NAPTR 10 100 "u" "E2U+sip" "!^.612555021!sip:a@b!" .\n'
            f'*.{BLOCK} NAPTR 20 100 "u" "E2U+sip" "!^.*$!sip:c@b!" .',
        ),
        (
            ranked("10 1", "20 1") + "\n" + ranked("5 1", service="E2U+pstn:sip"),
            ranked("20 1") + "\n" + ranked("5 1", service="E2U+pstn:sip"),
        ),
        (ranked("10 1", "20 1", "30 1"), ranked("20 1") + "\n" + naptr(flags="x")),
        (
            ranked("10 1") + "\n" + ranked("20 1", service="E2U+sip"),
            ranked("10 1") + "\n" + ranked("20 1", service="E2U+sip+pstn:sip"),
        ),
    ],
    "preference-as-weight": [
        (ranked("10 100", "10 100", "10 200"), ranked("10 100", "10 101")),
        (ranked("10 70", "10 30"), ranked("10 10", "10 20", "10 30", "10 40")),
        (ranked("10 10", "10 10", "10 5", "10 5"), ranked("10 10", "10 10")),
        (
            ranked("10 70", "10 30", owner=f"*.{BLOCK}"),
            ranked("10 70") + "\n" + ranked("10 30", service="E2U+pstn:sip"),
        ),
    ],
    "hole-in-wildcard": [
        (naptr(f"*.{BLOCK}") + "\n" + naptr(f"5.4.3.{BLOCK}"), naptr(f"*.{BLOCK}")),
        (
            "\n".join(naptr(f"{name}.{BLOCK}") for name in ("*", "5.4.3", "*.3")),
            "\n".join(naptr(f"{name}.{BLOCK}") for name in ("*", "5.4.3", "*.3", "*.4.3")),
        ),
        (
            naptr(f"*.{BLOCK}") + f"\n4.3.{BLOCK} TXT x",
            naptr(f"*.{BLOCK}") + "\n" + naptr(f"3.{BLOCK}"),
        ),
        (
            naptr("*") + "\n" + naptr(f"*.{BLOCK}"),
            naptr(f"*.{BLOCK}") + f"\n3.{BLOCK} NS ns\n*.4.{BLOCK} CNAME *.{BLOCK}",
        ),
        (
            naptr(f"*.{BLOCK}") + f"\n3.{BLOCK} TXT x",
            naptr(f"*.{BLOCK}") + f"\n3.{BLOCK} NS ns\n" + naptr(f"5.4.3.{BLOCK}"),
        ),
        (naptr("*") + "\n" + naptr("5.4"), naptr(f"*.{BLOCK}") + f"\n1\\.2.{BLOCK} TXT x"),
    ],
    "wildcard-never-reached": [
        (
            "\n".join(naptr(f"{name}.{BLOCK}") for name in "*0123456789"),
            "\n".join(naptr(f"{name}.{BLOCK}") for name in "*012345678"),
        ),
        (naptr(f"5.*.{BLOCK}"), naptr(f"*.5.{BLOCK}")),
        (naptr(f"*.1.2.{BLOCK}") + f"\n2.{BLOCK} NS ns", naptr(f"*.1.2.{BLOCK}")),
        (naptr(f"*.7.6.5.4.3.2.1.{BLOCK}"), naptr(f"*.6.5.4.3.2.1.{BLOCK}")),
    ],
    "dialled-prefix": [
        (naptr("*.1.1.0.0"), naptr("*.1.1")),
        (naptr("2.1.9.0.0.5.5.5.3.0"), naptr("0.2.1.9.0.0.5.5.5.3")),
    ],
    "number-too-long": [
        (naptr(f"8.7.6.5.4.3.2.1.{BLOCK}"), naptr(f"7.6.5.4.3.2.1.{BLOCK}")),
    ],
    "label-of-many-digits": [
        (naptr("0912.5.5.5.3.1.6"), naptr("9.1.2")),
        (naptr("*.612"), naptr("gateway-1")),
    ],
    "outside-zone": [
        (naptr(f"{NUMBER}.e164.example."), naptr(f"{NUMBER}.E164.ARPA.")),
        ("$ORIGIN e164.example.\n" + naptr("1"), "$ORIGIN 1.6.e164.arpa.\n" + naptr("2")),
    ],
    "too-many-records": [
        tuple("\n".join(map(naptr_to, range(count))) for count in (101, 100)),
    ],
    "server-without-address": [
        ("@ NS ns2", "@ NS ns2\nns2 AAAA ::1"),
        ("@ NS ns2\nns2 CNAME ns", "@ NS ns.example."),
    ],
}
PAIRS = [(rule, *pair) for rule, pairs in CASES.items() for pair in pairs]


@pytest.fixture
def file(tmp_path):
    """Write records below a proper top, and give the path."""

    def write(records, top=TOP):
        path = tmp_path / "some.zone"
        path.write_text(f"{top}{records}\n", encoding="utf-8")
        return path

    return write


def test_every_rule_has_its_zones():
    assert set(CASES) == set(RULES)


@pytest.mark.parametrize(("rule", "bad", "good"), PAIRS)
def test_a_zone_that_breaks_the_rule_and_one_that_does_not(file, rule, bad, good):
    problems = lab.lint(file(bad))
    assert rule in {problem.rule for problem in problems}, problems
    for problem in problems:
        assert problem.message
        assert problem.fix
        assert problem.line
        assert "  " not in problem.message + problem.fix
    assert rule not in {problem.rule for problem in lab.lint(file(good))}


@pytest.mark.parametrize(("rule", "bad", "good"), PAIRS)
def test_a_zone_in_memory_is_judged_as_its_file_is(file, rule, bad, good):
    for records in (bad, good):
        path = file(records)
        try:
            zone = Zone.from_file(path)
        except ZoneError:
            assert rule == "lone-backslash"
        else:
            assert lab.lint(zone) == lab.lint(path)


def test_the_playground_has_its_known_faults_and_no_other():
    problems = lab.lint("playground")
    assert problems.counts == {
        "doubled-plus": 3,
        "another-number": 1,
        "preference-as-weight": 1,
        "unreachable-order": 1,
        "hole-in-wildcard": 1,
        "illegal-host": 1,
        "dialled-prefix": 1,
    }
    lines = [problem.line for problem in problems]
    assert lines == sorted(lines)
    where = {
        (problem.rule, lab.to_number(problem.owner.removeprefix("*."))) for problem in problems
    }
    assert where == {
        ("another-number", "+61355500911"),
        ("preference-as-weight", "+61355500913"),
        ("unreachable-order", "+61355500914"),
        ("doubled-plus", "+61355500915"),
        ("doubled-plus", "+61255502"),
        ("hole-in-wildcard", "+61255502"),
        ("doubled-plus", "+0011"),
        ("illegal-host", "+0011"),
        ("dialled-prefix", "+0011"),
    }
    [hole] = [problem for problem in problems if problem.rule == "hole-in-wildcard"]
    assert "99 of the 1,000 numbers of 11 digits" in hole.message
    assert "+612555023xx." in hole.message
    assert "*.3.2.0.5.5.5.2.1.6.e164.arpa. and *.4.3.2.0.5.5.5.2.1.6.e164.arpa." in hole.fix


@pytest.mark.parametrize("name", sorted(set(Zone.names()) - {"playground"}))
def test_the_other_zones_of_the_course_have_none(name):
    assert lab.lint(name) == []


def test_a_problem_names_the_line_of_its_record(file):
    path = file("\n; a comment\n" + naptr("1.6") + "\n" + naptr("2.6", flags="x"))
    [problem] = lab.lint(path)
    assert problem.line == path.read_text().split("\n").index(naptr("2.6", flags="x")) + 1
    edited = Zone.from_file(path).with_records(naptr("3.6", flags="y"))
    assert [problem.line for problem in lab.lint(edited)] == [None, problem.line]


def test_lone_backslashes_do_not_hide_the_rest(file):
    path = file(regexp(r"!^\+(.*)$!sip:\1@a_b!") + "\n" + naptr("1.6", flags="x"))
    with pytest.raises(ZoneError):
        Zone.from_file(path)
    found = [(problem.rule, problem.owner, problem.line) for problem in lab.lint(path)]
    assert found == [
        ("lone-backslash", f"{NUMBER}.e164.arpa.", 5),
        ("lost-backslash", f"{NUMBER}.e164.arpa.", 5),
        ("flags-unknown", "1.6.e164.arpa.", 6),
    ]


def test_lone_backslashes_are_told_even_if_another_line_cannot_be_read(file):
    path = file(regexp(r"!^(.*)$!sip:\1@b!") + '\n NAPTR 10 100 "u\n')
    assert [(p.rule, p.owner) for p in lab.lint(path)] == [("lone-backslash", NUMBER)]


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ("1.6 NAPTR 10 100", "NAPTR record cannot be read"),
        ("1.6 CNAME x\n" + naptr("1.6"), "CNAME"),
        ("6 DNAME x\n" + naptr("1.6"), "DNAME"),
        (f"1.6 NAPTR 70000 {GOOD[3:]}", "NAPTR record cannot be read"),
        (f"1..6 NAPTR {GOOD}", "cannot be read"),
        (f'1.6 NAPTR 10 100 "u" "E2U+sip" "!^.*$!sip:{"a" * 300}@b!" .', "cannot be read"),
        ('x TXT "\\1"', "backslash"),
    ],
)
def test_what_no_rule_covers_is_an_error(file, records, said):
    with pytest.raises(ZoneError, match=said):
        Zone.from_file(file(records))
    with pytest.raises(ZoneError, match=said):
        lab.lint(file(records))


def test_a_zone_without_a_top_is_an_error(file):
    with pytest.raises(ZoneError, match="SOA"):
        lab.lint(file(naptr(), top="$TTL 1h\n"))
    with pytest.raises(ZoneError, match="TTL"):
        lab.lint(file(naptr(), top=""))


@pytest.mark.parametrize("nonsense", [None, 7, ["playground"], b"x"])
def test_nonsense_is_refused(nonsense):
    with pytest.raises(lab.LabError, match="a name or a path"):
        lab.lint(nonsense)


def test_a_private_tree_may_hold_what_it_likes(tmp_path):
    path = tmp_path / "private.zone"
    path.write_text(f"$ORIGIN enum.example.\n{TOP}{naptr('1.0')}\n")
    assert lab.lint(path) == []


def test_the_digits_of_the_origin_belong_to_the_number(tmp_path):
    path = tmp_path / "country.zone"
    good = regexp(r"!^.613(.*)$!sip:\\1@example.com!", "2.1.9.0.0.5.5.5.3")
    path.write_text(f"$ORIGIN 1.6.e164.arpa.\n{TOP}{good}\n*.5.5.5.3 NAPTR {GOOD}\n")
    [problem] = lab.lint(path)
    assert problem.rule == "hole-in-wildcard"
    assert "of 11 digits" in problem.message
    assert "+613555" in problem.message


def brute_force(zone, prefix, digits):
    """Numbers of a block that the wildcard at its prefix does not answer, nor anything else."""
    from enumlab.blocks import block_map

    return sum(not cell.source for cell in block_map(zone, prefix, digits).cells)


@settings(max_examples=20, deadline=None)
@given(st.sets(st.text("0123", min_size=3, max_size=3), min_size=1, max_size=12), st.data())
def test_the_hole_is_as_large_as_asking_every_number_says(exact, data):
    inner = data.draw(st.sets(st.sampled_from(sorted({e[:n] for e in exact for n in (1, 2)}))))
    owners = [f"{'.'.join(reversed(e))}.{BLOCK}" for e in sorted(exact)]
    owners += [f"*.{'.'.join(reversed(e))}.{BLOCK}" for e in sorted(inner)] + [f"*.{BLOCK}"]
    zone = Zone.from_text(TOP + "\n".join(map(naptr, owners)))
    told = 0
    for problem in lab.lint(zone):
        assert problem.rule == "hole-in-wildcard"
        told += int(problem.message.split()[0])
    assert told == brute_force(zone, "+61255502", 3)


def test_the_cure_of_a_hole_cures_it():
    zone = Zone.named("playground")
    [hole] = [p for p in lab.lint(zone) if p.rule == "hole-in-wildcard"]
    for name in re.findall(r"\*\S+", hole.fix):
        zone = zone.with_records(naptr(name))
    assert "hole-in-wildcard" not in lab.lint(zone).counts


@settings(max_examples=150, deadline=None)
@given(masterlines.TEXTS)
def test_plain_lines_are_read_as_dnspython_reads_them(lines):
    text = TOP + lines
    quick, slow = outcome(plan.of_text, text), outcome(slowly, text)
    assert quick == slow


def slowly(text, origin):
    top = dns.name.from_text(origin)
    return plan.of_zone(Zone(top, masterfile.read(text, top)))


def outcome(read, text):
    """What a reader makes of a text: owners and what is outside, or its complaint."""
    try:
        found = read(text, "e164.arpa.")
    except ZoneError as error:
        return str(error)
    return {name: comparable(owner) for name, owner in found.owners.items()}, set(found.outside)


def comparable(owner):
    entries = {(entry.line, *entry[2:]) for entry in owner.entries}
    return owner.labels, owner.number, owner.wild, owner.types, entries


def big_zone(path, number):
    lines = [
        f"{'.'.join(reversed(str(61255000000 + n * 7)))} IN NAPTR 10 100 "
        rf'"u" "E2U+sip" "!^\\+(.*)$!sip:\\1@h{n % 50}.example.com!" .'
        for n in range(number)
    ]
    path.write_text(TOP + "*.5.5.2.1.6 NAPTR " + GOOD + "\n" + "\n".join(lines) + "\n")


def test_a_large_zone_takes_seconds(tmp_path):
    path = tmp_path / "large.zone"
    big_zone(path, 20_000)
    start = time.process_time()
    [problem] = lab.lint(path)
    assert time.process_time() - start < 4  # seconds; measured 0.8
    assert problem.rule == "hole-in-wildcard"
    assert "980,000 of the 1,000,000 numbers" not in problem.message
    assert len(problem.message) < 600


def test_many_problems_in_one_place_take_no_longer(tmp_path):
    path = tmp_path / "hostile.zone"
    one_owner = "\n".join(
        f'1.6 NAPTR {n} 1 "x" "sip+E2U" "!^\\+(.*)$!sip:\\1@a_{n}!" .' for n in range(3000)
    )
    path.write_text(TOP + one_owner + "\n")
    start = time.process_time()
    problems = lab.lint(path)
    assert time.process_time() - start < 15
    assert problems.counts["lone-backslash"] == 3000
    assert "and 11941 more" in repr(problems)
    assert problems._repr_html_().count("<tr>") < 70


# What BIND says


def bind_loads(path):
    done = subprocess.run(
        [need("named-checkzone"), "-k", "fail", "e164.arpa", path], capture_output=True, text=True
    )
    return done.returncode == 0


@pytest.mark.peer
@pytest.mark.parametrize(("rule", "bad", "good"), PAIRS)
def test_what_bind_refuses_lint_reports(file, rule, bad, good):
    for records in (bad, good):
        path = file(records)
        if not bind_loads(path):
            assert lab.lint(path), records


@pytest.mark.peer
def test_lint_reports_every_regexp_that_bind_refuses(file):
    chance = random.Random(1)
    whole = r"!^\\+([0-9]{2,3})(.*)$!sip:\\2@example.com!"
    refused = 0
    for _ in range(150):
        at = chance.randrange(len(whole))
        sign = chance.choice(["", "!", "*", "(", ")", "[", "]", "{", r"\\", "|", "9", "a"])
        path = file(regexp(whole[:at] + sign + whole[at + chance.randrange(2) :]))
        if not bind_loads(path):
            refused += 1
            try:
                problems = lab.lint(path)
            except ZoneError:
                continue
            assert {"bad-regexp", "lone-backslash", "lost-backslash"} & set(problems.counts)
    assert refused > 20


# The terminal


def test_the_terminal_exits_0_1_or_2(file, capsys):
    assert __main__.main(["lint", "corrected"]) == 0
    assert capsys.readouterr().out == "corrected: no problems\n"
    path = str(file(naptr(flags="x")))
    assert __main__.main(["lint", path]) == 1
    out = capsys.readouterr().out
    assert out.startswith(f"{path}:5: flags-unknown: {NUMBER}.e164.arpa.\n")
    assert out.endswith(f"{path}: 1 problem\n")
    assert __main__.main(["lint", "no-such-file"]) == 2
    assert "cannot be read" in capsys.readouterr().err
    assert __main__.main(["lint", str(file("x Y z"))]) == 2
    assert capsys.readouterr().out == ""


def test_the_terminal_speaks_json(capsys):
    assert __main__.main(["lint", "--json", "playground"]) == 1
    problems = json.loads(capsys.readouterr().out)
    assert len(problems) == 9
    assert [Problem(**problem) for problem in problems] == lab.lint("playground")
    assert __main__.main(["lint", "corrected", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_the_terminal_takes_an_origin(file):
    path = str(file(naptr()))
    assert __main__.main(["lint", path, "--origin", "enum.example."]) == 0
    done = subprocess.run(
        [sys.executable, "-m", "enumlab", "lint", "--help"], capture_output=True, text=True
    )
    assert done.returncode == 0
    assert all(rule in done.stdout for rule in RULES)


# Small parts


def test_problems_show_themselves():
    problems = lab.lint("playground")
    assert repr(problems).startswith("9 problems\nline 11: another-number: 1.1.9.0.0.")
    html = problems._repr_html_()
    assert "<caption>9 problems</caption>" in html
    assert html.count("<tr>") == 10
    assert repr(Problems()) == "no problems"


@pytest.mark.parametrize("owner", [*WITH_SUBTYPE, *WITHOUT_SUBTYPE])
def test_iana_services_are_not_reported(file, owner):
    offers = [f"{owner}:{subtype}" for subtype in WITH_SUBTYPE.get(owner, [])] or [owner]
    records = [naptr(service=f"E2U+{offer.upper()}") for offer in offers]
    found = lab.lint(file("\n".join(records))).counts
    assert not {rule for rule in found if rule.startswith("service-")}


@given(st.lists(st.integers(0, 65535), min_size=1, max_size=6))
def test_equal_preferences_never_look_like_shares(preferences):
    assert not looks_like_shares([preferences[0]] * len(preferences))
    assert looks_like_shares(preferences) == looks_like_shares(sorted(preferences))
