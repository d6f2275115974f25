"""What is wrong with a zone, in a learner's words: each rule with its reason and its cure.

The package has another name than the function `enumlab.lint`, which it would hide otherwise.

Of the modules here, `text` looks at the master file as it is written, `records` at one NAPTR record
after the other, `rrsets` at the records of one owner, `tree` at names above and below each other,
and `names` at the names themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from enumlab.errors import LabError, ZoneError
from enumlab.linting import names, plan, records, rrsets, text, tree
from enumlab.linting.plan import Plan
from enumlab.linting.problems import Problem, Problems
from enumlab.zone import Zone
from enumlab.zonetext import file_text

__all__ = ["RULES", "Problem", "Problems", "lint"]

RULES = {
    "lone-backslash": "a backslash before one digit: name servers refuse the line",
    "lost-backslash": "a single backslash, which the master file takes away",
    "bad-regexp": "delimiter, pattern or group numbers break RFC 3402 section 3.2",
    "pattern-without-match": "the pattern does not match the number it belongs to",
    "result-is-no-uri": "the substitution gives no URI",
    "wrong-scheme": "the URI is not of the kind that the service promises",
    "doubled-plus": "a + or digits are written before a number that has its own +",
    "another-number": "the URI carries another number of the zone",
    "illegal-host": "the host is no host name, as with an underscore",
    "regexp-and-replacement": "both fields are filled, and only one may be",
    "regexp-missing": "neither field leads anywhere",
    "flags-unknown": "ENUM knows the flag u, and none",
    "service-misspelt": "the service is not E2U, a + and an Enumservice",
    "service-obsolete": "the service is spelt as in RFC 2916, sip+E2U",
    "service-unregistered": "the Enumservice is not on IANA's list",
    "unreachable-order": "a strict client has stopped at a lower order",
    "preference-as-weight": "preferences that look like shares of calls",
    "hole-in-wildcard": "names below a wildcard hide it from their neighbours",
    "wildcard-never-reached": "a wildcard that answers for no number",
    "dialled-prefix": "a number below e164.arpa that starts with 0",
    "number-too-long": "a number of more than 15 digits",
    "label-of-many-digits": "digits without dots between them",
    "too-many-records": "more records at one name than BIND loads",
    "outside-zone": "a record that is not below the origin, and is not served",
    "server-without-address": "a name server of this zone that has no address in it",
}


def lint(zone: Zone | str | Path, origin: str | None = None) -> Problems:
    r"""Look for what is wrong with a zone, or does not do what it seems to.

    A zone of 100,000 records takes a few seconds if it is given as a file.

    Args:
        zone: a `Zone`, a name such as "playground", or the path of a master file.
        origin: the top of the zone, for a file; see `Zone.from_text`.

    Returns:
        A list of `Problem`: rule, owner, line, message and fix, in the sequence of the file. A
        file that name servers refuse because of lone backslashes gives those as problems.

    Raises:
        ZoneError: the file cannot be read for any other reason.

    Example:
        >>> lint("playground").counts["doubled-plus"], lint("corrected")
        (3, no problems)
    """
    if isinstance(zone, str) and zone in Zone.names():
        zone = Zone.named(zone)
    if isinstance(zone, Zone):
        return _problems(plan.of_zone(zone), text.slips(zone.source or ""))
    if not isinstance(zone, str | Path):
        raise LabError(
            f"lint looks at a Zone, a name or a path, not at {type(zone).__name__}. Make a zone "
            "with Zone.from_text(text)."
        )
    source = file_text(zone, Zone.names())
    try:
        return _problems(plan.of_text(source, origin), text.slips(source))
    except ZoneError:
        slips = text.slips(source)
        if not any(slip.rule == "lone-backslash" for slip in slips):
            raise
    try:
        return _problems(plan.of_text(text.repaired(source), origin), slips)
    except ZoneError:
        return Problems(Problem(s.rule, s.owner, s.line, s.message, s.fix) for s in slips)


def _problems(found: Plan, slips: list[text.Slip]) -> Problems:
    """All problems, by line; where the cause is a lost backslash, nothing else is said of it."""
    listed = [*_of_text(found, slips)]
    slipped = {problem.line for problem in listed if problem.rule == "lost-backslash"}
    listed += [
        problem
        for problem in [*_of_owners(found), *_of_tree(found), *names.problems(found)]
        if not (problem.line in slipped and problem.rule in ("bad-regexp", "pattern-without-match"))
    ]
    listed.sort(key=lambda problem: problem.line or 0)
    return Problems(listed)


def _of_text(found: Plan, slips: list[text.Slip]) -> Iterator[Problem]:
    owners = {
        entry.line: owner.name
        for owner in (found.owners.values() if slips else ())
        for entry in owner.entries
    }
    for slip in slips:
        owner = owners.get(slip.line, slip.owner)
        yield Problem(slip.rule, owner, slip.line, slip.message, slip.fix)


def _of_owners(found: Plan) -> Iterator[Problem]:
    owners = [owner for owner in found.owners.values() if owner.entries]
    exact = {owner.number for owner in owners if owner.number and not owner.wild}
    for owner in owners:
        usable = []
        for entry in owner.entries:
            faults = [*records.faults(entry, owner, exact)]
            for rule, message, fix in faults:
                yield Problem(rule, entry.owner, entry.line, message, fix)
            if records.FATAL.isdisjoint(rule for rule, *_ in faults):
                usable.append(entry)
        for entry, fault in rrsets.faults(usable, owner):
            yield Problem(fault[0], entry.owner, entry.line, *fault[1:])


def _of_tree(found: Plan) -> Iterator[Problem]:
    for owner, (rule, message, fix) in tree.faults(found):
        yield Problem(rule, owner.name, owner.line, message, fix)
