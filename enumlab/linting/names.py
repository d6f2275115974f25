"""Rules about the names themselves: numbers that are none, hosts, and the zone's own servers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from enumlab.linting.plan import PUBLIC, Owner, Plan
from enumlab.linting.problems import Problem
from enumlab.linting.records import E164_DIGITS
from enumlab.linting.uris import legal_host

ADDRESSES = {"A", "AAAA"}


def problems(plan: Plan) -> Iterator[Problem]:
    """What is wrong with names."""
    yield from chain.from_iterable(_owner(plan, owner) for owner in plan.owners.values())
    yield from _servers(plan)
    for line, name in plan.outside:
        yield Problem(
            "outside-zone",
            name,
            line,
            f"this record is not below {plan.origin}, so it is not served at all.",
            "If it belongs here, look for a dot too many at the end of the name, or for a wrong "
            "$ORIGIN above it.",
        )


def _owner(plan: Plan, owner: Owner) -> Iterator[Problem]:
    here = owner.name, owner.line
    number = owner.number or ""
    if number.startswith("0") and plan.suffix.lower() == PUBLIC:
        yield Problem(
            "dialled-prefix",
            *here,
            f"{owner.numbers} is something dialled, not a number: no country code starts with 0. "
            "Clients turn what is dialled into a full number first (RFC 6116 section 3.7).",
            "Drop it, and let the switch take the prefix off.",
        )
    if len(number) > E164_DIGITS and not owner.wild:
        yield Problem(
            "number-too-long",
            *here,
            f"+{number} has {len(number)} digits, and an E.164 number has {E164_DIGITS} at most.",
            "Look for a digit too many, or a part of the suffix written twice.",
        )
    if "NAPTR" in owner.types and owner.number is None and _runs_digits_together(owner):
        yield Problem(
            "label-of-many-digits",
            *here,
            "digits stand together in one label. A client asks for one digit a label "
            "(RFC 6116 section 3.2), so it never finds this name.",
            "Put a dot between any two digits.",
        )
    if ADDRESSES & owner.types and not (owner.wild or legal_host(owner.name)):
        yield Problem(
            "illegal-host",
            *here,
            "the name has an address, but is not a legal host name: letters, digits and inner "
            "hyphens only (RFC 1123 section 2.1). BIND refuses the zone for it.",
            "Rename the host, with a hyphen for an underscore.",
        )


def _runs_digits_together(owner: Owner) -> bool:
    labels = owner.labels[:-1] if owner.wild else owner.labels
    return bool(labels) and all(label.isascii() and label.isdigit() for label in labels)


def _servers(plan: Plan) -> Iterator[Problem]:
    for owner, rdata, line in plan.others:
        if rdata.rdtype.name != "NS" or owner.lower() != plan.origin.lower():
            continue
        target = rdata.target.to_text()  # type: ignore[attr-defined]
        there = plan.owners.get(target.lower())
        below = plan.origin == "." or f".{target}".lower().endswith(f".{plan.origin}".lower())
        if below and not (there and ADDRESSES & there.types):
            yield Problem(
                "server-without-address",
                owner,
                line,
                f"the name server {target} is in this zone, but has no address here. BIND refuses "
                "the zone.",
                "Add an A or AAAA record for it.",
            )
