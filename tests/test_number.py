"""Numbers and names: RFC 6116 sections 3.1 and 3.2."""

from __future__ import annotations

import subprocess
import sys

import dns.e164
import dns.name
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enumlab.errors import LabError, NumberError
from enumlab.number import aus, to_domain, to_number

DIGITS = st.text("0123456789", min_size=1, max_size=40)
SEPARATED = st.lists(
    st.tuples(st.sampled_from("0123456789"), st.sampled_from(["", " ", ".", "-", ") (", "/"])),
    min_size=1,
    max_size=20,
).map(lambda pairs: "".join(digit + separator for digit, separator in pairs))


def test_rfc6116_3_1_application_unique_string():
    assert aus("+44-116-496-0348") == "+441164960348"


def test_rfc6116_3_2_first_well_known_rule():
    assert to_domain("+44-20-7946-0148") == "8.4.1.0.6.4.9.7.0.2.4.4.e164.arpa."


@pytest.mark.parametrize(
    "number",
    [
        "+61355500912",
        "61355500912",
        "+61 3 5550 0912",
        "61.3.5550.0912",
        "(+61) 3/5550-0912",
        "+61\N{NO-BREAK SPACE}3 5550\N{NON-BREAKING HYPHEN}0912",
        "\N{LEFT-TO-RIGHT EMBEDDING}+61355500912\N{POP DIRECTIONAL FORMATTING}",
        "\t+61355500912\n",
    ],
)
def test_separators_do_not_matter(number):
    assert to_domain(number) == "2.1.9.0.0.5.5.5.3.1.6.e164.arpa."
    assert aus(number) == "+61355500912"


@given(SEPARATED, st.booleans())
def test_what_dnspython_takes_is_taken(number, plus):
    expected = dns.e164.from_e164(number).to_text()
    assert to_domain("+" * plus + number) == expected


@given(DIGITS, st.sampled_from(["e164.arpa.", "e164.arpa", ".", "Enum.Example", "a\\.b.c"]))
def test_there_and_back(digits, suffix):
    domain = to_domain(digits, suffix)
    assert domain.endswith(".")
    assert to_number(domain, suffix) == "+" + digits
    assert to_number(domain.upper().rstrip("."), suffix.swapcase()) == "+" + digits


@pytest.mark.parametrize(
    ("suffix", "expected"),
    [
        ("e164.arpa", "2.1.e164.arpa."),
        ("e164.arpa.", "2.1.e164.arpa."),
        ("ims.MNC001.example", "2.1.ims.MNC001.example."),
        (".", "2.1."),
    ],
)
def test_any_domain_can_be_the_suffix(suffix, expected):
    assert to_domain("12", suffix) == expected


@pytest.mark.parametrize(
    ("number", "seen"),
    [
        ("", "no digits"),
        ("+", "no digits"),
        (" - ", "no digits"),
        ("1800 FLOWERS", "the letter 'F' in '1800 FLOWERS' at character 6"),
        ("tel:+61", "the letter 't'"),
        ("sip:612@example.com", "the letter 's'"),
        ("61+3", "a + that is not the first sign of the number in '61+3' at character 3"),
        ("++61", "at character 2"),
        ("+ +61", "at character 3"),
        ("*61", "'*'"),
        ("61#", "'#'"),
        ("\N{ARABIC-INDIC DIGIT THREE}61", "which is not one of 0 to 9"),
        ("61\N{FULLWIDTH DIGIT THREE}", "which is not one of 0 to 9"),
        ("61\N{SUPERSCRIPT TWO}", "which is not one of 0 to 9"),
        (61355500912, "not text but int"),
        (b"61", "not text but bytes"),
        (None, "not text but NoneType"),
    ],
)
def test_what_is_no_number(number, seen):
    for call in (to_domain, aus):
        with pytest.raises(NumberError) as caught:
            call(number)
        assert seen in str(caught.value)


@pytest.mark.parametrize(
    "suffix",
    ["", "a..b", "x" * 64, "b\N{LATIN SMALL LETTER U WITH DIAERESIS}cher.example", None, []],
)
def test_what_is_no_suffix(suffix):
    with pytest.raises(NumberError, match="the suffix"):
        to_domain("12", suffix)
    with pytest.raises(NumberError, match="the suffix"):
        to_number("2.1.e164.arpa.", suffix)


def test_more_than_15_digits_are_taken_while_the_name_fits():
    # e164.arpa. takes 11 of the 255 octets, a digit 2.
    assert to_number(to_domain("1" * 122)) == "+" + "1" * 122
    with pytest.raises(NumberError, match=r"123 digits below e164\.arpa\. .* more than 255 octets"):
        to_domain("1" * 123)


@pytest.mark.parametrize("number", ["(03) 5550 0912", "03-5550-0912", "+61 3 5550 0912"])
def test_region_reads_a_national_number(number):
    assert to_domain(number, region="AU") == "2.1.9.0.0.5.5.5.3.1.6.e164.arpa."
    assert aus(number, "AU") == "+61355500912"


def test_region_is_not_looked_at_behind_a_plus():
    number = "+6125550299999999999999"  # too long to be dialled, yet a wildcard answers it
    assert aus(number, "AU") == aus(number, "none such") == number


@pytest.mark.parametrize(
    ("number", "region", "seen"),
    [
        ("03 5550 0912", "au", "no region 'au'"),
        ("03 5550 0912", "ZZ", "no region 'ZZ'"),
        ("03 5550 0912", 61, "no region 61"),
        ("1", "AU", "not a number as dialled in AU"),
        ("9" * 30, "AU", "too long"),
        ("1800 FLOWERS", "AU", "the letter 'F'"),
        ("", "AU", "no digits"),
    ],
)
def test_region_errors(number, region, seen):
    with pytest.raises(NumberError, match=seen):
        to_domain(number, region=region)


@pytest.mark.parametrize(
    ("domain", "seen"),
    [
        ("*.2.0.5.5.5.2.1.6.e164.arpa.", r"every number that starts with \+61255502"),
        ("*.e164.arpa.", "wildcard"),
        ("1.*.6.e164.arpa.", "'\\*' of .* not a single digit"),
        ("12.6.e164.arpa.", "'12' of .* not a single digit"),
        ("www.e164.arpa.", "'www' of .* not a single digit"),
        ("e164.arpa.", "does not end in e164.arpa. with digits"),
        ("2.1.example.", "does not end in e164.arpa."),
        ("", "the domain ''"),
        ("1..2.e164.arpa.", "the domain '1..2.e164.arpa.'"),
        (None, "the domain None"),
    ],
)
def test_what_is_no_enum_name(domain, seen):
    with pytest.raises(NumberError, match=seen):
        to_number(domain)


@given(st.one_of(st.text(max_size=20), st.none(), st.integers()), st.text(max_size=20))
def test_nonsense_gets_a_lab_error_or_a_name(number, suffix):
    try:
        domain = to_domain(number, suffix)
    except LabError:
        return
    assert dns.name.from_text(domain).is_absolute()


def test_phonenumbers_is_loaded_only_for_a_region():
    code = (
        "import sys; from enumlab import to_domain; to_domain('+61'); "
        "assert 'phonenumbers' not in sys.modules; to_domain('0355500912', region='AU'); "
        "assert 'phonenumbers' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
