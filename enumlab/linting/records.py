r"""Rules about one NAPTR record: its fields, and the URI that it makes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from enumlab.errors import NoMatch, SubstitutionError
from enumlab.linting import enumservices
from enumlab.linting.plan import Owner
from enumlab.linting.uris import legal_host, taken_apart
from enumlab.naptr import URI
from enumlab.plainlines import Entry
from enumlab.substitution import Substitution

Found = tuple[str, str, str]  # rule, message, fix

# Rules whose record no client can use.
FATAL = {
    "flags-unknown",
    "regexp-and-replacement",
    "regexp-missing",
    "service-misspelt",
    "bad-regexp",
    "pattern-without-match",
    "result-is-no-uri",
}

NUMBER_SCHEMES = ("sip", "sips", "tel", "h323")
PLUS_INSIDE = re.compile(r"[0-9+]+\+")
ALL_DIGITS = re.compile(r"\+?([0-9]+)")
E164_DIGITS = 15
FORM = "delimiter, pattern, delimiter, replacement, delimiter, as in !^.*$!sip:info@example.com!"


def faults(entry: Entry, owner: Owner, exact: set[str]) -> Iterator[Found]:
    """What is wrong with one record.

    Args:
        entry: the record.
        owner: where it stands.
        exact: every number that has records of its own in this zone.
    """
    service = enumservices.read(entry.service)
    of_enum = owner.number is not None or "e2u" in entry.service.lower()
    terminal = entry.flags.lower() == "u"
    if of_enum:
        yield from _fields(entry, service, terminal)
    if not entry.regexp:
        return
    try:
        substitution = parsed(entry.regexp)
    except SubstitutionError as error:
        yield (
            "bad-regexp",
            f"the regexp is not sound: {error} Clients skip the record; BIND refuses the zone.",
            f"Write {FORM}; \\1 to \\9 only for pairs of parentheses that the pattern has.",
        )
        return
    if owner.number is not None:
        yield from _applied(substitution, owner, terminal, service, exact)


def _fields(entry: Entry, service: enumservices.Service, terminal: bool) -> Iterator[Found]:
    if entry.flags and not terminal:
        yield (
            "flags-unknown",
            f"the flags are {entry.flags!r}; ENUM knows u, for a URI, and none, for a name to ask "
            "next (RFC 6116 section 3.4.2). Clients skip the record.",
            "Write 'u', or nothing where the result is the next name to ask for.",
        )
    elif entry.regexp and entry.replacement != ".":
        yield (
            "regexp-and-replacement",
            f"the record has a regexp and the replacement {entry.replacement} as well. RFC 3403 "
            "section 4.1 allows one of the two, so clients skip it.",
            "Keep the regexp and write . for the replacement, or empty the regexp.",
        )
    elif not entry.regexp and (terminal or entry.replacement == "."):
        yield (
            "regexp-missing",
            "there is no regexp, so there is nothing to make a URI from.",
            f"Write {FORM}.",
        )
    if service.fault and (terminal or service.fault[0] != "service-misspelt"):
        yield service.fault


def _applied(
    substitution: Substitution,
    owner: Owner,
    terminal: bool,
    service: enumservices.Service,
    exact: set[str],
) -> Iterator[Found]:
    """What happens to a number of this owner."""
    try:
        result = _first_result(substitution, owner)
        useless = result is None and (owner.aus or _matches_without_plus(substitution, owner))
    except SubstitutionError as error:
        yield "bad-regexp", str(error), "Write a pattern that can match a number in one way only."
        return
    if useless:
        yield (
            "pattern-without-match",
            f"the pattern {substitution.pattern!r} does not match {owner.numbers}, so nobody gets "
            "a URI. A pattern sees the number with its + (RFC 6116 section 3.1).",
            r"Start the pattern with ^\\+ or take any number with ^.*$.",
        )
    if result is None or not terminal:
        return
    if not URI.fullmatch(result):
        yield (
            "result-is-no-uri",
            f"the result is {result!r}, which is not a URI, so clients skip the record.",
            "Write a scheme, a colon and the rest with no spaces, as in sip:info@example.com.",
        )
        return
    yield from _uri(result, owner, service, exact)


def _uri(
    result: str, owner: Owner, service: enumservices.Service, exact: set[str]
) -> Iterator[Found]:
    uri = taken_apart(result)
    if service.schemes and uri.scheme.rstrip("s") not in {s.rstrip("s") for s in service.schemes}:
        yield (
            "wrong-scheme",
            f"the service promises {' or '.join(sorted(service.schemes))}, but the URI is "
            f"{result}. A client that asked for the one cannot use the other.",
            "Make service and URI agree.",
        )
    if uri.scheme in NUMBER_SCHEMES:
        if PLUS_INSIDE.match(uri.user):
            yield (
                "doubled-plus",
                f"the URI is {result}: what \\1 stands for starts with the + of the number "
                "already (RFC 6116 section 3.1).",
                "Put no + and no digits before it, as in !^(.*)$!sip:\\\\1@...!, or keep the + "
                "out of the group, as in !^\\\\+(.*)$!sip:\\\\1@...!.",
            )
        number = ALL_DIGITS.fullmatch(uri.user)
        if owner.aus and number and number[1] != owner.number and number[1] in exact:
            yield (
                "another-number",
                f"the URI is {result}, and +{number[1]} is another number of this zone.",
                f"Write {owner.number}, unless calls to this number are meant to ring there.",
            )
    if uri.host and not legal_host(uri.host):
        yield (
            "illegal-host",
            f"the URI leads to {uri.host}, which is not a legal host name: letters, digits and "
            "inner hyphens only (RFC 1123 section 2.1). Kamailio cannot parse such a URI.",
            "Rename the host, with a hyphen for an underscore.",
        )


@lru_cache(maxsize=1024)
def parsed(regexp: str) -> Substitution:
    """The regexp field, checked; many records share one."""
    return Substitution.parse(regexp)


def _first_result(substitution: Substitution, owner: Owner) -> str | None:
    """What the first number of this owner that matches becomes."""
    for number in samples(owner):
        try:
            return substitution.apply(number)
        except NoMatch:
            continue
    return None


def _matches_without_plus(substitution: Substitution, owner: Owner) -> bool:
    for number in samples(owner):
        try:
            substitution.apply(number[1:])
        except NoMatch:
            continue
        return True
    return False


def samples(owner: Owner) -> Iterator[str]:
    """The number, with its +; of a wildcard, numbers of each length that it answers for.

    Example:
        >>> owner = Owner("*.2.1.e164.arpa.", ("1", "2", "*"), "12", True, None)
        >>> len(list(samples(owner))), next(samples(owner))
        (130, '+120')
    """
    if owner.aus:
        yield owner.aus
    elif owner.number is not None:
        for more in range(1, max(E164_DIGITS - len(owner.number), 1) + 1):
            for digit in "0123456789":
                yield f"+{owner.number}{digit * more}"


def matches_all(substitution: Substitution, owner: Owner) -> bool:
    """Whether the pattern takes every number of this owner, as far as samples can tell."""
    try:
        for number in samples(owner):
            substitution.match(number)
    except (NoMatch, SubstitutionError):
        return False
    return True
