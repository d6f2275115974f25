"""E.164 numbers and ENUM domain names, each from the other.

A number is read from left to right: country, area, exchange, line. A domain name is read from right
to left: `arpa`, then `e164`, then what stands below. So the digits are reversed, and each becomes a
label of its own; then the DNS can delegate a country, an area or a block at any digit.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import dns.exception
import dns.name

from enumlab.errors import NumberError

SEPARATORS = {"Zs", "Cf", "Pd", "Ps", "Pe"}  # Unicode: spaces, invisible marks, dashes, brackets


def to_domain(number: str, suffix: str = "e164.arpa.", *, region: str | None = None) -> str:
    """Give the domain name under which a number's NAPTR records stand (RFC 6116 section 3.2).

    Args:
        number: digits, with or without a leading `+`; spaces, dots, dashes, brackets and slashes
            between them are dropped. Any count of digits that fits a domain name is taken, because
            a wildcard answers for any length.
        suffix: the domain below which the names hang; `"."` for the root.
        region: two letters, such as `"AU"`, if `number` is a national one, as dialled there.

    Returns:
        The absolute name, with its trailing dot.

    Raises:
        NumberError: if this is no number, no domain, or the name would be too long for the DNS.

    Example:
        >>> to_domain("+61 3 5550 0912")
        '2.1.9.0.0.5.5.5.3.1.6.e164.arpa.'
        >>> to_domain("(03) 5550 0912", region="AU")
        '2.1.9.0.0.5.5.5.3.1.6.e164.arpa.'
    """
    digits = aus(number, region)
    # As dns.e164 does, without all that it loads: each digit is a label, of two octets.
    below, octets = (_below if isinstance(suffix, str) else _below.__wrapped__)(suffix)
    if 2 * (len(digits) - 1) + octets > 255:
        raise NumberError(
            f"{len(digits) - 1} digits below {suffix} make a domain name of more than 255 octets, "
            "the most that DNS allows. Give fewer digits: E.164 numbers have at most 15."
        )
    return ".".join(digits[:0:-1]) + below


def to_number(domain: str, suffix: str = "e164.arpa.") -> str:
    """Read the number back from an ENUM domain name.

    Args:
        domain: a name below `suffix`, one digit a label, in any letter case, with or without the
            trailing dot.
        suffix: the domain below which the names hang; `"."` for the root.

    Returns:
        `+` and the digits.

    Raises:
        NumberError: if the name is not below the suffix, or holds anything but single digits. So
            does a wildcard owner, which stands for many numbers.

    Example:
        >>> to_number("2.1.9.0.0.5.5.5.3.1.6.e164.arpa.")
        '+61355500912'
    """
    name, origin = _name(domain, "domain"), _name(suffix, "suffix")
    if not name.is_subdomain(origin) or name == origin:
        raise NumberError(
            f"{domain} does not end in {origin} with digits before it. "
            "Expected one digit a label, and then the suffix."
        )
    labels = [label.decode("latin-1") for label in name.relativize(origin).labels]
    if all(len(label) == 1 and label in "0123456789" for label in labels):
        return "+" + "".join(reversed(labels))
    if labels[0] == "*":
        raise NumberError(
            f"{domain} is a wildcard owner: it stands for every number that starts with "
            f"+{''.join(reversed(labels[1:]))} and has no name of its own (RFC 4592). "
            "Put a digit in place of the *."
        )
    odd = next(label for label in labels if len(label) != 1 or label not in "0123456789")
    raise NumberError(
        f"the label {odd!r} of {domain} is not a single digit. An ENUM name has one digit a label."
    )


def aus(number: str, region: str | None = None) -> str:
    """Give the Application Unique String: `+` and the digits (RFC 6116 section 3.1).

    This is the string that a record's regexp is applied to, so the `+` counts.

    Args:
        number: as for `to_domain`.
        region: as for `to_domain`; not looked at if `number` has a `+`.

    Raises:
        NumberError: if there are no digits, or anything that is neither digit nor separator.

    Example:
        >>> aus("61 (3) 5550-0912")
        '+61355500912'
    """
    if not isinstance(number, str):
        raise NumberError(
            f"{number!r} is not text but {type(number).__name__}. "
            "Write the number as a string, so that its + and leading zeros stay."
        )
    if region is not None and "+" not in number:
        return _international(number, region)
    return "+" + _digits(number)


def _digits(number: str) -> str:
    plain = number.removeprefix("+")
    if plain.isascii() and plain.isdigit():
        return plain
    digits = ""
    for at, sign in enumerate(number):
        if "0" <= sign <= "9":
            digits += sign
        elif sign == "+" and not digits and "+" not in number[:at]:
            continue
        elif not (sign in "./" or sign.isspace() or unicodedata.category(sign) in SEPARATORS):
            raise NumberError(f"{_reason(sign)} in {number!r} at character {at + 1}. {_cure(sign)}")
    if not digits:
        raise NumberError(
            f"no digits in {number!r}. Expected a telephone number such as '+61 3 5550 0912'."
        )
    return digits


def _reason(sign: str) -> str:
    if sign == "+":
        return "a + that is not the first sign of the number"
    if sign.isalpha():
        return f"the letter {sign!r}"
    if sign.isdigit():
        return f"the digit {sign!r}, which is not one of 0 to 9,"
    return f"{sign!r}, which no telephone number has,"


def _cure(sign: str) -> str:
    if sign == "+":
        return "Write one + at most, before the country code."
    if sign.isalpha():
        return "Write the digits that the letters stand for."
    return "Write digits, with spaces, dots, dashes, brackets or slashes between them."


def _international(number: str, region: str) -> str:
    import phonenumbers  # 0.1 s to load; only national numbers need it

    _digits(number)  # phonenumbers would read letters as on a dial pad, and extensions
    if region not in phonenumbers.SUPPORTED_REGIONS:
        raise NumberError(
            f"no region {region!r}. Expected two capital letters of ISO 3166, such as 'AU'."
        )
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException as error:
        raise NumberError(
            f"{number!r} is not a number as dialled in {region}: {str(error).rstrip('.')}. "
            "Write it with + and the country code, or give another region."
        ) from None
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


@lru_cache(maxsize=64)
def _below(suffix: str) -> tuple[str, int]:
    """What follows the digits, with the dot before it, and the octets that it takes."""
    origin = _name(suffix, "suffix")
    return "." + origin.to_text().lstrip("."), len(origin.to_wire() or b"")


def _name(text: str, what: str) -> dns.name.Name:
    if not isinstance(text, str) or not text.isascii() or not text:
        raise NumberError(
            f"the {what} {text!r} is not a domain name in ASCII. "
            "Write an internationalised name in its xn-- form, and the root as '.'."
        )
    try:
        return dns.name.from_text(text)
    except dns.exception.DNSException as error:
        raise NumberError(
            f"the {what} {text!r} is not a domain name: {str(error).rstrip('.')}. "
            "Expected labels of 1 to 63 octets with dots between them, 255 octets in all."
        ) from None
