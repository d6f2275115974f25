"""The regexp field step by step, in its layers of escapes, and under two engines."""

from __future__ import annotations

import ast
import re
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enumlab import LabError, Naptr, SubstitutionError, ere, rewrite
from enumlab.dialects import dialects
from enumlab.show.layers import layers
from enumlab.show.stepper import _groups, stepper
from enumlab.substitution import Substitution


def rows(table):
    return {first: others for first, *others in table.rows}


# The steps


def test_every_step_of_a_substitution():
    steps = rows(stepper(r"!^\+(61)(.*)$!sip:\2@\1.example!i", "+61 3 5550 0912"))
    assert list(steps) == [
        "field",
        "AUS",
        "delimiter",
        "pattern",
        "replacement",
        "flags",
        "whole match",
        "group 1",
        "group 2",
        "result",
    ]
    assert steps["AUS"][0] == "+61355500912"
    assert steps["replacement"] == [r"sip:\2@\1.example", r"uses \2, \1"]
    assert steps["flags"] == ["i", "letters in either case"]
    assert steps["group 1"] == ["61", "characters 2 to 3"]
    assert steps["group 2"] == ["355500912", "characters 4 to 12"]
    assert steps["result"] == ["sip:355500912@61.example", "a URI"]


def test_the_doubled_plus_is_seen():
    steps = rows(stepper(r"!(^.*$)!sip:+1\1@h!", "+61355500915"))
    assert steps["group 1"] == ["+61355500915", "characters 1 to 12"]
    assert steps["result"][0] == "sip:+1+61355500915@h"


@pytest.mark.parametrize(
    ("field", "text"),
    [
        (r"!^\+(.*)$!sip:\1@x!", "+61355500912"),
        (r"!(x)?(\+)()!\1\2\3!", "+61"),
        (r"/a(b(c))/\2\1\2/", "abc"),
        (r"!^.*$!sip:a\!b@x!", "+1"),
        (r"!^\+61(2|3)?!tel:\\\1!", "+613"),
    ],
)
def test_the_result_is_that_of_rewrite(field, text):
    assert rows(stepper(field, text))["result"][0] == rewrite(field, text)


def test_a_group_that_took_no_part_and_an_empty_one():
    steps = rows(stepper(r"!(x)?(\+)()!\1\2!", "+61"))
    assert steps["group 1"] == ["nothing", "took no part in the match"]
    assert steps["group 2"] == ["+", "character 1"]
    assert steps["group 3"] == ["", "empty, before character 2"]
    assert steps["result"][1].startswith("not a URI")


def test_a_text_that_is_no_number_is_taken_as_it_is():
    steps = rows(stepper("!^hello!sip:a@b!", "hello"))
    assert steps["text"] == ["hello", "as given, for it is not a telephone number"]


def test_no_match_is_a_row():
    steps = rows(stepper(r"!^\+64(.*)$!sip:\1@x!", "+61"))
    assert steps["whole match"][0] == "none"
    assert "result" not in steps


@pytest.mark.parametrize(
    ("field", "why"),
    [
        ("", "is empty"),
        ("!a!b!c!", "4 times"),
        (r"!(a!b!", "( is never closed"),
        (r"!a!\1!", "has 0 groups"),
        ("1a1b1", "cannot be the delimiter"),
    ],
)
def test_an_error_is_a_row(field, why):
    steps = rows(stepper(field, "+61"))
    assert list(steps)[-1] == "error"
    assert why in steps["error"][1]


def test_a_hostile_pattern_is_stopped_and_told_without_a_time_of_this_run():
    once, again = (stepper("!^(a|aa)+$!x!", "a" * 64 + "b") for _ in range(2))
    assert "took longer than 100 ms, and was stopped" in rows(once)["error"][1]
    assert repr(once) == repr(again)


@pytest.mark.parametrize("bad", [(None, "+61"), ("!a!b!", 61)])
def test_what_is_no_text(bad):
    with pytest.raises(LabError, match="expected two texts"):
        stepper(*bad)


def test_html_numbers_each_group_wherever_it_appears():
    html = stepper(r"!^\+(61)((2|3).*)$!\3\1\2!", "+61355500912")._repr_html_()
    chips = re.findall(r"margin-right:2px\">(\d)</span>", html)
    # In the pattern, the replacement, a row of its own, and the result.
    assert {number: chips.count(number) for number in "123"} == {"1": 4, "2": 4, "3": 4}
    assert html.count("<span") == html.count("</span>")
    text = re.sub(r'<span style="background:#333[^>]*>\d</span>', "", html)
    assert "36135550091255500912" not in re.sub(r"<[^>]*>", " ", text)
    assert re.sub(r"<[^>]*>", "", text).count("3" + "61" + "355500912") == 1


def test_html_escapes_what_is_not_ours():
    assert "<b>" not in stepper("!<b>(.*)!<b>\\1!", "<b>x")._repr_html_()


# Where the groups of a pattern stand


@pytest.mark.parametrize(
    ("pattern", "groups"),
    [
        (r"(a)(b)", ["(a)", "(b)"]),
        (r"((a)b)", ["((a)b)", "(a)"]),
        (r"\((a)\)", ["(a)"]),
        (r"[(](a)[])]", ["(a)"]),
        (r"[^])(](a)", ["(a)"]),
        (r"([[:digit:])]+)", ["([[:digit:])]+)"]),
        (r"(a))", ["(a)"]),
        ("()", ["()"]),
    ],
)
def test_groups_are_found_in_the_pattern(pattern, groups):
    found = _groups(pattern)
    assert [pattern[start:end] for start, end, _ in sorted(found, key=lambda s: s[2])] == groups


@settings(deadline=None)
@given(st.text(alphabet=r"()[]^\ab|*-:digit", max_size=14))
def test_as_many_groups_as_the_reader_of_eres_finds(pattern):
    try:
        wanted = ere.read(pattern).groups
    except SubstitutionError:
        return
    assert len(_groups(pattern)) == wanted


# Layers


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from(list("!\\1+\"'$^.*()xnu{}0é ")), max_size=20))
def test_each_layer_means_the_regexp(regexp):
    written = {place: text for place, text, *_ in layers(regexp).rows}
    assert written["on the wire"] == regexp
    quoted = written["in a master file, and in dig"]
    assert Naptr.parse(f'10 100 "u" "E2U+sip" {quoted} .').regexp == regexp
    assert ast.literal_eval(written["in Python"]) == regexp
    raw = written["in Python, raw"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert raw == "(not possible)" or ast.literal_eval(raw) == regexp


def test_a_field_that_ends_as_it_must_can_be_written_raw():
    assert rows(layers(r"!^\+(.*)$!sip:\1@x!"))["in Python, raw"][0] == r'r"!^\+(.*)$!sip:\1@x!"'


def test_what_a_forgotten_layer_does():
    one = rows(layers(r"!^\+(.*)$!sip:\1@x!"))
    assert one["in a master file, and in dig"][2].startswith("refused: a backslash before a lone")
    assert one["in Python"][2] == r"!^\+(.*)$!sip:\x01@x!; \x01 is one control character"
    two = rows(layers(r"!^\+61.*$!sip:a@x!"))
    assert two["in a master file, and in dig"][2] == "!^+61.*$!sip:a@x!"
    assert "a warning" in two["in Python"][2]
    assert rows(layers("!a!b!"))["in Python"][2] == ""
    assert rows(layers(r"!\x!b!"))["in Python"][2] == "refused: a syntax error"


@pytest.mark.parametrize("bad", [None, 7, "x" * 256])
def test_layers_of_what_is_no_field(bad):
    with pytest.raises(LabError, match="not a regexp field"):
        layers(bad)


# Dialects


@pytest.mark.parametrize(
    ("pattern", "text", "posix", "python"),
    [
        (r"(\+6|\+61)", "+61255", ("matched", "+61"), ("matched", "+6")),
        (r"[[:digit:]]+", "+61", ("matched", "61"), ("no match", "")),
        (r"^\+61", "+61", ("matched", "+61"), ("matched", "+61")),
        ("x", "+61", ("no match", ""), ("no match", "")),
    ],
)
def test_two_engines(pattern, text, posix, python):
    tried = dialects(pattern, text)
    assert (tried.posix.kind, tried.posix.text) == posix
    assert (tried.python.kind, tried.python.text) == python
    assert tried.agree == (posix == python)


def test_perls_language_is_refused_by_one():
    tried = dialects(r"\d+?", "+61")
    assert tried.posix.kind == "refused"
    assert "Write [0-9]" in tried.posix.text
    assert tried.python.text == "6"
    assert not tried.agree


def test_both_refuse_a_lone_parenthesis():
    tried = dialects("(", "x")
    assert (tried.posix.kind, tried.python.kind, tried.agree) == ("refused", "refused", True)


def test_a_hostile_pattern_is_stopped_in_both():
    shown = {repr(dialects(r"^(a|aa)+$", "a" * 64 + "b", limit=0.05)) for _ in range(2)}
    (text,) = shown
    assert "both had to be stopped" in text
    assert text.count("stopped   after 50 ms") + text.count("stopped  after 50 ms") == 2


def test_not_ascii_reaches_the_other_process():
    assert dialects("é+", "aéé").python.text == "éé"


@pytest.mark.parametrize("bad", [(None, "a"), ("a", 7), ("a", "b", 0), ("a", "b", -1)])
def test_dialects_of_nonsense(bad):
    with pytest.raises(LabError):
        dialects(*bad)


def test_posix_is_the_engine_of_the_course():
    field = r"!(a|ab)(c|bcd)*!x!"
    assert dialects(r"(a|ab)(c|bcd)*", "abcd").posix.text == "abcd"
    assert Substitution.parse(field).match("abcd").span == (0, 4)
