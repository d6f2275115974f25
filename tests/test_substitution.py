"""The regexp field: RFC 3402 section 3.2, and POSIX EREs as libc and BIND read them."""

from __future__ import annotations

import ctypes
import platform
import subprocess
import time
from contextlib import suppress

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from enumlab import ere, substitution
from enumlab.errors import LabError, NoMatch, SubstitutionError
from enumlab.substitution import Match, Substitution, rewrite


def matched(pattern, text, flags=""):
    """The part of a text that a pattern matches, or None."""
    try:
        found = Substitution("!", pattern, "", flags).match(text)
    except NoMatch:
        return None
    return text[slice(*found.span)]


# ------------------------------------------------------------------------ RFC 3402 section 3.2


@pytest.mark.parametrize(("group", "expected"), [(1, "ABCDEFG"), (2, "BCDE"), (3, "C"), (4, "F")])
def test_rfc3402_3_2_the_nth_group_begins_at_the_nth_parenthesis(group, expected):
    assert rewrite(rf"!(A(B(C)DE)(F)G)!\{group}!", "ABCDEFG") == expected


@pytest.mark.parametrize("group", range(5, 10))
def test_rfc3402_3_2_a_missing_group_is_an_error(group):
    with pytest.raises(SubstitutionError, match=rf"\\{group}, but the pattern has 4 groups"):
        rewrite(rf"!(A(B(C)DE)(F)G)!\{group}!", "ABCDEFG")


@pytest.mark.parametrize("delimiter", "!/#|,:;~@%&=\"'<> \tabZ-_.+*?^$()[]{}")
def test_rfc3402_3_2_any_other_sign_can_be_the_delimiter(delimiter):
    d = delimiter
    assert rewrite(f"{d}1{d}x{d}", "+61") == "x"


@pytest.mark.parametrize("delimiter", "!/#|,-_.+*?^$()[]{}a")
def test_rfc3402_3_2_an_escaped_delimiter_is_the_sign_itself(delimiter):
    d = delimiter
    field = rf"{d}1\{d}{d}<\{d}>{d}"
    assert rewrite(field, f"1{d}") == f"<{d}>"
    with pytest.raises(NoMatch):
        rewrite(field, "1\\")


@pytest.mark.parametrize("delimiter", "!/#|,-_.+*?^$(){}a")
def test_rfc3402_3_2_an_escaped_delimiter_in_brackets_is_the_sign_itself(delimiter):
    d = delimiter
    field = rf"{d}1[x\{d}]2{d}y{d}"
    assert rewrite(field, f"1{d}2") == "y"
    with pytest.raises(NoMatch):
        rewrite(field, "1\\2")


def test_rfc3402_3_2_an_escaped_backslash_does_not_escape_the_delimiter():
    assert Substitution.parse(r"!a\\!b\\!") == Substitution("!", r"a\\", r"b\\", "")
    assert rewrite(r"!a\\!b\\!", "a\\") == "b\\"


def test_rfc3402_3_2_the_delimiter_is_unescaped():
    assert Substitution.parse(r"!^a\!b$!x\!y!") == Substitution("!", "^a!b$", "x!y")
    assert Substitution.parse(r"|^a\|b$|x\|y|") == Substitution("|", r"^a\|b$", "x|y")


def test_rfc3402_3_2_flag_i():
    assert rewrite(r"!^(SIP):!\1!i", "Sip:") == "Sip"
    with pytest.raises(NoMatch):
        rewrite(r"!^(SIP):!\1!", "Sip:")
    assert matched("[a-c]+[[:upper:]]", "ABCd", "i") == "ABCd"
    assert matched("k", "\N{KELVIN SIGN}", "i") is None


def test_rfc3402_the_result_is_the_replacement_alone():
    assert rewrite("!1632!-!", "+441632960083") == "-"


def test_rfc3403_6_1_urn():
    field = r"!^urn:cid:.+@([^\.]+\.)(.*)$!\2!i"
    assert rewrite(field, "urn:cid:199606121851.1@bar.example.com") == "example.com"
    assert rewrite(field, "URN:CID:199606121851.1@bar.example.com") == "example.com"


def test_the_plus_belongs_to_the_text():
    assert rewrite(r"!(^.*$)!sip:+1\1@H!", "+61355500915") == "sip:+1+61355500915@H"


def test_leftmost_longest():
    found = Substitution.parse(r"!(\+6|\+61)!\1!").match("+61255")
    assert found == Match("+61255", ((0, 3), (0, 3)))
    assert (found.span, found.groups) == ((0, 3), ("+61",))
    assert matched("x*", "aaxx") == ""
    assert matched("a|ab|abc", "xabcd") == "abc"


def test_a_group_that_took_no_part():
    substitution = Substitution.parse(r"!^(7)?(.*)$!<\1|\2>!")
    assert substitution.match("61").groups == (None, "61")
    assert substitution.apply("61") == "<|61>"


@pytest.mark.parametrize(
    ("field", "seen"),
    [
        ("", "empty"),
        ("!", "1 times"),
        ("!a", "1 times"),
        ("!a!b", "2 times"),
        (r"!a!b\!", "2 times"),
        ("!a!b!!", "4 times"),
        ("![!]!b!", "4 times"),
        ("1a1b1", "'1' cannot be the delimiter"),
        ("0a0b0", "'0' cannot be the delimiter"),
        ("iaibi", "'i' cannot be the delimiter"),
        ("IaIbI", "'I' cannot be the delimiter"),
        (r"\a\b\\", "cannot be the delimiter"),
        ("\N{LATIN SMALL LETTER E WITH ACUTE}a", "cannot be the delimiter"),
        ("!a!b!g", "unknown flags 'g'"),
        ("!a!b!I", "unknown flags 'I'"),
        ("!a!b!i ", "unknown flags 'i '"),
        ("!a!b!sip:x", "unknown flags 'sip:x'"),
        (r"!a!\0!", "no group"),
        (r"!a!\1!", "the pattern has 0 groups"),
        (r"!a!b\c!", r"\\c. A backslash stands before"),
        ("!" + "a" * 252 + "!b!", "longer than 255 octets"),
        ("!a!\ud800!" + "i" * 255, "longer than 255 octets"),
        (None, "not NoneType"),
        (b"!a!b!", "not bytes"),
    ],
)
def test_what_is_no_regexp_field(field, seen):
    with pytest.raises(SubstitutionError, match=seen):
        Substitution.parse(field)
    with pytest.raises(SubstitutionError, match=seen):
        rewrite(field, "a")


def test_a_replacement_cannot_end_in_a_backslash():
    with pytest.raises(SubstitutionError, match="nothing behind it"):
        Substitution("!", "a", "b\\")


def test_255_octets_are_taken():
    assert rewrite("!" + "a" * 250 + "!bc!", "a" * 250) == "bc"


@given(st.text(max_size=30), st.text("+0123456789", max_size=15))
def test_nonsense_gets_a_lab_error_or_text(field, text):
    with suppress(LabError):
        assert isinstance(rewrite(field, text), str)


@given(st.text("!ia1\\()[]{},*+?|^$-:.", max_size=25))
def test_near_sense_gets_a_lab_error_or_text(field):
    with suppress(LabError):
        assert isinstance(rewrite("!" + field, "+61"), str)


def test_text_must_be_text():
    with pytest.raises(SubstitutionError, match="not to int"):
        rewrite("!.*!x!", 61)
    with pytest.raises(SubstitutionError, match="not to bytes"):
        rewrite("!.*!x!", b"61")


# ------------------------------------------------------------------------------ limits


@pytest.mark.parametrize("pattern", ["^(a|aa)+$", "((a?){20}){20}", "((()|a){15}){15}"])
def test_no_record_can_hang_the_reader(pattern):
    begun = time.perf_counter()
    with pytest.raises(SubstitutionError, match="longer than 50 ms"):
        rewrite(f"!{pattern}!x!", "a" * 64 + "!", timeout=0.05)
    assert time.perf_counter() - begun < 1


@pytest.mark.parametrize("pattern", ["((a{200}){200}){200}", "((((()|a){200}){200}){200}){200}"])
def test_no_record_can_fill_the_memory(pattern):
    begun = time.perf_counter()
    with pytest.raises(SubstitutionError, match="more than 1000 signs"):
        rewrite(f"!{pattern}!x!", "a")
    assert time.perf_counter() - begun < 0.1


@pytest.mark.parametrize("pattern", [".*b", "(.*)b", "(.........)*b", "[^x]{0,255}x", "()*b"])
def test_a_match_without_a_clock_is_quick(pattern):
    assert ere.read(pattern).quick
    begun = time.perf_counter()
    assert matched(pattern, "a" * 255) is None
    assert time.perf_counter() - begun < 0.05


@pytest.mark.parametrize("pattern", [".*.*b", "(a|aa)+", "(a*)*", "a{2}b{2}", "a|b"])
def test_the_clock_is_watched_where_steps_can_multiply(pattern):
    assert not ere.read(pattern).quick


def test_a_long_text_is_matched_with_the_clock():
    with pytest.raises(SubstitutionError, match="longer than 10 ms"):
        Substitution.parse("!([ab].*)c$!x!").match("a" * 200_000 + "c!", timeout=0.01)


def test_a_field_is_compiled_once(monkeypatch):
    calls = []
    compile_ = regex.compile
    monkeypatch.setattr(regex, "compile", lambda *a: calls.append(a) or compile_(*a))
    for number in range(100):
        rewrite(r"!^(.*)$!once:\1!", str(number))
    assert len(calls) == 1
    assert substitution._parsed.cache_info().maxsize is not None


# ------------------------------------------------------------------------------ POSIX EREs

# BIND 9.18 (named-checkzone) and glibc 2.36 (regcomp) both take these, and so does the reader.
TAKEN = [
    *("a", "^", "$", "^$", "^^a", "a$$", "a^b", "a$b", "(^a)", "(a$)", "a|^b", "()", "(()|b)"),
    *("(^)*", "(a*)*", "a{255}", "a{0}", "a{0,0}", "a{1,}", "a{1,02}", "}", "a}", "]", "a]"),
    *(")", "a)", "(a))", "[]a]", "[^]a]", "[a-]", "[-a]", "[^-a]", "[a-a]", "[--a]", "[%--]"),
    *("[--/]", "x[^^]", "[.]", "[*]", "[[]", "[:digit:]", "[[:digit:]]", "[[:alpha:][:digit:]]"),
    *(r"[\d]", "[\\]", r"[\.]", r"[a\]b]", r"\.", r"\+", r"\\", r"\-", r"\/", r"\@", r"\{1\}"),
]

# One of the two refuses these, or they read them differently.
REFUSED = {
    "": "nothing here to match",
    "|a": "nothing here to match",
    "a|": "nothing here to match",
    "a||b": "nothing here to match",
    "(|a)": "nothing here to match",
    "(a|)": "nothing here to match",
    "*a": r"\* has nothing before it",
    "+a": r"\+ has nothing before it.*write \\\+",
    "(*a)": r"\* has nothing before it",
    "a|*b": r"\* has nothing before it",
    "{1}a": r"\{ has nothing before it",
    "{": r"\{ has nothing before it.*write \\\{",
    "^*": r"\* repeats \^",
    "(^*a)": r"\* repeats \^",
    "a$+": r"\+ repeats \$",
    "a**": "repeats a repeat",
    "a+*": "repeats a repeat",
    "a*?": "no lazy or possessive",
    "a++": "no lazy or possessive",
    "a{2}{3}": "repeats a repeat",
    "a{2}*": "repeats a repeat",
    "a{": "starts no bound",
    "a{x": "starts no bound",
    "a{1": "starts no bound",
    "a{1,x}": "starts no bound",
    "a{,3}": "starts no bound",
    "a{}": "starts no bound",
    "a{ 1}": "starts no bound",
    "a{3,2}": "ends below its start",
    "a{256}": "more than 255 times",
    "a{99999999999}": "more than 255 times",
    "[": "never closed",
    "[a": "never closed",
    "[]": "never closed",
    "[^]": "never closed",
    "[a-": "never closed",
    "[c-a]": "range c-a ends below",
    "[a-c-e]": "cannot start where one ends",
    "[[:digit:]-z]": "cannot start with a class",
    "[a-[:digit:]]": "cannot end with a class",
    "[[:foo:]]": r"\[:foo:\] is not a class",
    "[[:ALPHA:]]": r"\[:ALPHA:\] is not a class",
    "[[:digit:": r"is not a class",
    "[[.hyphen.]]": "needs a locale",
    "[[=a=]]": "needs a locale",
    "[[.": "needs a locale",
    "(a": "never closed",
    "(?:a)": "plain parentheses",
    "(?i)a": "plain parentheses",
    "a\\": "nothing behind it",
    r"\d": r"Write \[0-9\]",
    r"\w": r"Write \[\[:alnum:\]_\]",
    r"\S": r"Write \[\^\[:space:\]\]",
    r"\n": r"no meaning in POSIX",
    r"\ba": r"no meaning in POSIX",
    r"\<a": r"no meaning in POSIX",
    r"(a)\1": "in the replacement only",
}


@pytest.mark.parametrize("pattern", TAKEN)
def test_ere_taken(pattern):
    ere.read(pattern)


@pytest.mark.parametrize("pattern", REFUSED)
def test_ere_refused(pattern):
    with pytest.raises(SubstitutionError, match=REFUSED[pattern]) as caught:
        ere.read(pattern)
    assert str(caught.value).startswith(f"in the pattern {pattern!r}, character ")


def test_ere_error_names_the_character():
    with pytest.raises(SubstitutionError, match=r"character 5: \\d is Perl's"):
        ere.read(r"^\+(\d+)$")
    with pytest.raises(SubstitutionError, match="nested more than 50 deep"):
        ere.read("(" * 51 + "a" + ")" * 51)


@pytest.mark.parametrize(
    ("pattern", "text", "part"),
    [
        ("a.b", "a\nb", "a\nb"),
        ("a$", "a\n", None),
        ("^b", "a\nb", None),
        ("[]a]+", "x]a]", "]a]"),
        ("[^]a]+", "]xy]", "xy"),
        (r"[\d]+", r"1d\d", r"d\d"),
        (r"[^\.]+", r"\.x", "x"),
        ("[+--]+", "*+,-.", "+,-"),
        ("[a-]+", "b-a", "-a"),
        ("[[:digit:][:blank:]]+", "a1 2\tb", "1 2\t"),
        ("[^[:alnum:]]+", "a+-b", "+-"),
        (
            "[[:punct:]]+",
            "a!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~b",
            "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
        ),
        ("a{2}", "aaa", "aa"),
        ("a{2,}", "aaa", "aaa"),
        ("(ab){1,2}", "ababab", "abab"),
        ("a{0}b", "ab", "b"),
        ("a}", "a}", "a}"),
        ("a)", "a)", "a)"),
        ("&&||~~--", None, None),
        ("[&&~~||a]+", "&~|a", "&~|a"),
        ("\N{LATIN SMALL LETTER E WITH ACUTE}.", "\N{LATIN SMALL LETTER E WITH ACUTE}a", "\xe9a"),
        ("[\udcfe-\udcff]+", "a\udcff\udcfe", "\udcff\udcfe"),
    ],
)
def test_ere_means_what_posix_says(pattern, text, part):
    if text is None:
        with pytest.raises(SubstitutionError):
            ere.read(pattern)
    else:
        assert matched(pattern, text) == part


# ------------------------------------------------------------------------------ against libc


class _Span(ctypes.Structure):
    _fields_ = (("start", ctypes.c_int), ("end", ctypes.c_int))


REG_EXTENDED, REG_ICASE = 1, 2


@pytest.fixture(scope="module")
def libc():
    """A function (pattern, text, flags) -> spans, None, or "bad": glibc's regcomp and regexec."""
    if platform.libc_ver()[0] != "glibc":
        pytest.skip("no glibc here: its regexec is the referee")
    library = ctypes.CDLL(None)

    def search(pattern, text, flags=""):
        compiled = ctypes.create_string_buffer(256)  # regex_t is 64 octets on the usual machines
        options = REG_EXTENDED | (REG_ICASE if flags else 0)
        if library.regcomp(compiled, pattern.encode(), options):
            return "bad"
        spans = (_Span * 10)()
        missed = library.regexec(compiled, text.encode(), 10, spans, 0)
        library.regfree(compiled)
        return None if missed else [(span.start, span.end) for span in spans]

    return search


SIGNS = ("a", "b", "1", "A", ".", r"\+", r"\.", "]", "}")
SETS = ("[ab]", "[^a]", "[]a]", "[^]b]", "[a-]", "[a-c]", r"[\a]", "[[:digit:]]", "[^[:upper:]+]")
ATOMS = st.sampled_from(SIGNS + SETS)
REPEATS = st.sampled_from(["*", "+", "?", "{2}", "{1,2}", "{0,1}", "{2,}", "{0}"])


def _compound(inner):
    # glibc goes round for ever on some repeats of what can be empty, as (a?|b|())* on "bc", and
    # misreads anchors within a repeat. So only single signs are repeated, and groups of them.
    group = inner.map(lambda ere: f"({ere})")
    solid = st.lists(ATOMS, min_size=1, max_size=3).map("".join)
    repeated = st.tuples(ATOMS | solid.map(lambda ere: f"({ere})"), REPEATS).map("".join)
    choice = st.tuples(solid, solid).map(lambda two: f"({two[0]}|{two[1]})")
    repeated_choice = st.tuples(choice, REPEATS).map("".join)
    joined = st.lists(inner | group | repeated | repeated_choice, min_size=1, max_size=3)
    return group | repeated | joined.map("".join) | st.tuples(inner, inner).map("|".join)


ERES = st.tuples(
    st.sampled_from(["", "^"]),
    st.recursive(ATOMS, _compound, max_leaves=6),
    st.sampled_from(["", "$"]),
).map("".join)


@settings(max_examples=500, deadline=None)
@given(ERES, st.lists(st.text("abcA1+.]-}", max_size=8), min_size=1, max_size=4), st.booleans())
def test_match_and_span_as_glibc(libc, pattern, texts, either_case):
    flags = "i" if either_case else ""
    substitution = Substitution("!", pattern, "", flags)
    for text in texts:
        try:
            ours = substitution.match(text).span
        except NoMatch:
            ours = None
        theirs = libc(pattern, text, flags)
        assert ours == (theirs and theirs[0]), (pattern, text, flags)


@settings(deadline=None)
@given(st.text("ab1+*?{,}()[]^$|.\\-:", max_size=8))
def test_what_is_taken_glibc_takes_too(libc, pattern):
    try:
        ere.read(pattern)
    except SubstitutionError:
        return
    assert libc(pattern, "") != "bad"


@pytest.mark.parametrize("pattern", TAKEN)
def test_ere_taken_by_glibc(libc, pattern):
    assert libc(pattern, "") != "bad"


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"^\+(61)([23])(.*)$", "+61355500912"),
        ("(a(b(c)d)e)", "abcde"),
        ("^(.)(.)(.)(.)(.)(.)(.)(.)(.)$", "123456789"),
        ("^([^@]+)@(.*)$", "info@example.com"),
    ],
)
def test_groups_as_glibc(libc, pattern, text):
    ours = Substitution("!", pattern, "").match(text).spans
    assert list(ours) == libc(pattern, text)[: len(ours)]


# ------------------------------------------------------------------------------ against BIND


def _checkzone(program, folder, fields):
    lines = ["$TTL 60", "@ SOA a b 1 1 1 1 1", "@ NS a", "a A 127.0.0.1"]
    for number, field in enumerate(fields):
        text = field.replace("\\", "\\\\").replace('"', '\\"')
        lines.append(f'n{number} NAPTR 1 1 "u" "E2U+sip" "{text}" .')
    path = folder / "zone"
    path.write_text("\n".join(lines) + "\n")
    command = [program, "example.", str(path)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.peer
def test_what_is_taken_bind_takes_too(need, tmp_path):
    fields = [f"#{pattern}#sip:x#" for pattern in TAKEN]
    fields += ["!a!!", "!a!b!ii", r"|a\|b|x|", r"!a\\!b\\!", " a b ", "^a^b^"]
    for field in fields:
        Substitution.parse(field)
    assert _checkzone(need("named-checkzone"), tmp_path, fields)


BIND_REFUSES = [
    *(
        "!",
        "!a!b",
        "!a!b!!",
        "!a!b!I",
        "!a!b!g",
        "1a1b1",
        "iaibi",
        r"!a!\0!",
        r"!(a)!\2!",
        r"!a!b\!",
    ),
    *("!!x!", "!a**!x!", "!a||b!x!", "!(|a)!x!", "!^*!x!", "!a{256}!x!", "![c-a]!x!", "!(a!x!"),
]


@pytest.mark.peer
@pytest.mark.parametrize("field", BIND_REFUSES)
def test_what_bind_refuses_is_refused(need, tmp_path, field):
    assert not _checkzone(need("named-checkzone"), tmp_path, [field])
    with pytest.raises(SubstitutionError):
        Substitution.parse(field)
