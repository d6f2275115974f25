"""Notebook 07: a routing plan of one's own, judged by where calls go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from fractions import Fraction

from enumlab.exercises.task import Finding, Task
from enumlab.exercises.zones import EMPTY, Judge, Served, zone_check
from enumlab.selection import READINGS, split
from enumlab.zone import Zone

MELBOURNE, SYDNEY, NEW = "melbourne.example", "sydney.example", "newprovider.example"
WANTED = {MELBOURNE: Fraction(7, 10), SYDNEY: Fraction(3, 10)}
PORTED, FAX, FAX_URI = "+61255502345", "+61255502900", "tel:+61355500990"
# One number of each ten, so that no hole stays unseen; the two rows below are asked in full.
BLOCK = [f"+61255502{10 * ten + ten % 9 + 1:03d}" for ten in range(90) if ten // 10 != 3]
OTHERS = ["+61255503000", "+61255501234", "+61255500123", "+61255512000", "+61355502000"]
AROUND_PORTED = [f"+612555023{line:02d}" for line in range(100) if line != 45]
AROUND_FAX = [f"+612555029{line:02d}" for line in range(1, 100)]

Rows = tuple[tuple[str, str], ...]
Part = Callable[[Served], tuple[str, Rows] | None]


def judge(*parts: Part) -> Judge:
    """A judge that looks at one part of the plan after the other."""

    def look(task: Task, served: Served) -> Finding | None:
        for part in parts:
            found = part(served)
            if found:
                name, rows = found
                return task.fault(name, *rows, otherwise="This part of the plan is not met yet.")
        return None

    return look


def shares(served: Served, number: str) -> dict[str, Fraction]:
    """The share of each host by the split rule."""
    found: Counter[str] = Counter()
    targets = served.targets(number)
    if targets:
        for (_, host), share in zip(targets, split(r for r, _ in targets), strict=True):
            found[host] += share  # type: ignore[assignment]
    return {host: Fraction(share) for host, share in found.items() if share}


def sites(served: Served) -> tuple[str, Rows] | None:
    """The block goes to Melbourne and Sydney, 70 to 30, and no other block goes along."""
    beyond = [number for number in OTHERS if served.uris(number)]
    if beyond:
        return "a block too large", (("answered, but of another block", beyond[0]),)
    missing = [number for number in BLOCK if not served.targets(number)]
    if missing:
        return "a part of the block has no route", (("number", missing[0]),)
    return next(filter(None, (_seventy_thirty(served, number) for number in BLOCK)), None)


def _seventy_thirty(served: Served, number: str) -> tuple[str, Rows] | None:
    found = shares(served, number)
    if found == WANTED:
        return None
    said = ", ".join(f"{host} {float(share * 100):g} %" for host, share in found.items())
    rows = ("number", number), ("shares", said or "no route")
    if found == {MELBOURNE: Fraction(3, 10), SYDNEY: Fraction(7, 10)}:
        return "the shares the wrong way round", rows
    if len({record.order for record, _ in served.targets(number)}) > 1:
        return "order as a weight", rows
    if set(found.values()) == {Fraction(1, 2)}:
        return "half and half", rows
    return "the shares are not 70 and 30", rows


def ported(served: Served) -> tuple[str, Rows] | None:
    """One number goes to another provider, and its neighbours go where they went."""
    if not served.leads_to(PORTED, NEW) or len(shares(served, PORTED)) != 1:
        return "the number is not ported", (("number", PORTED), ("got", _first(served, PORTED)))
    taken = [number for number in BLOCK + AROUND_PORTED if NEW in shares(served, number)]
    if taken:
        return "neighbours ported, too", (("number", taken[0]), ("got", _first(served, taken[0])))
    return _hole(served, AROUND_PORTED, "4")


def _hole(served: Served, numbers: list[str], inner_digit: str) -> tuple[str, Rows] | None:
    missing = [number for number in numbers if not served.targets(number)]
    if missing:
        inner = [number for number in missing if number[-2] == inner_digit]
        rows = ("numbers without a route", str(len(missing))), ("the first of them", missing[0])
        if len(missing) == len(inner):
            return "forgot the inner empty non-terminal", rows
        if not inner:
            return "forgot the outer empty non-terminal", rows
        return "forgot the empty non-terminals", rows
    wrong = [number for number in numbers if shares(served, number) != WANTED]
    if wrong:
        return "other shares in the cure", (
            ("number", wrong[0]),
            ("hosts", ", ".join(shares(served, wrong[0]))),
        )
    return None


def fax(served: Served) -> tuple[str, Rows] | None:
    """One number takes faxes as well as calls, and its neighbours calls only."""
    offered = [number for number in BLOCK + AROUND_FAX if served.uris(number, "fax:tel")]
    if offered:
        return "a fax service for the whole block", (("offers fax:tel", offered[0]),)
    uris = served.uris(FAX, "fax:tel")
    if uris != [FAX_URI]:
        return "no such fax service", (("fax:tel at", FAX), ("got", ", ".join(uris) or "nothing"))
    if not served.targets(FAX):
        return "the fax number lost its voice", (("sip at", FAX), ("got", "nothing"))
    return _seventy_thirty(served, FAX) or _hole(served, AROUND_FAX, "0")


def failover(served: Served) -> tuple[str, Rows] | None:
    """Whichever site is down, no call is lost by any reading."""
    from enumlab.calls import simulate  # it needs numpy

    for number in (BLOCK[0], AROUND_PORTED[0], "+61255502344", FAX):
        targets = served.targets(number)
        for reading in READINGS if targets else ():
            for site in WANTED:
                down = [index for index, (_, host) in enumerate(targets) if host == site]
                calls = simulate([record for record, _ in targets], 1000, reading, down)
                if calls.counts["lost"]:
                    return "the next order as failover", (
                        ("number", number),
                        ("reading", reading),
                        ("down", site),
                        ("lost", f"{calls.counts['lost']:,} of 1,000"),
                    )
    return None


def _first(served: Served, number: str) -> str:
    return next(iter(served.uris(number)), "no route")


TWO_SITES = r"""
*.2.0.5.5.5.2.1.6     NAPTR 10 70 "u" "E2U+sip" "!^(.*)$!sip:\\1@melbourne.example!" .
*.2.0.5.5.5.2.1.6     NAPTR 10 30 "u" "E2U+sip" "!^(.*)$!sip:\\1@sydney.example!" .
"""
AND_PORTED = r"""
*.3.2.0.5.5.5.2.1.6   NAPTR 10 70 "u" "E2U+sip" "!^(.*)$!sip:\\1@melbourne.example!" .
*.3.2.0.5.5.5.2.1.6   NAPTR 10 30 "u" "E2U+sip" "!^(.*)$!sip:\\1@sydney.example!" .
*.4.3.2.0.5.5.5.2.1.6 NAPTR 10 70 "u" "E2U+sip" "!^(.*)$!sip:\\1@melbourne.example!" .
*.4.3.2.0.5.5.5.2.1.6 NAPTR 10 30 "u" "E2U+sip" "!^(.*)$!sip:\\1@sydney.example!" .
5.4.3.2.0.5.5.5.2.1.6 NAPTR 10 10 "u" "E2U+sip" "!^(.*)$!sip:\\1@newprovider.example!" .
"""

CHECKS = {
    "7.1": zone_check(judge(sites)),
    "7.2": zone_check(judge(ported), lambda: Zone.from_text(EMPTY + TWO_SITES)),
    "7.3": zone_check(judge(fax), lambda: Zone.from_text(EMPTY + TWO_SITES + AND_PORTED)),
    "7.4": zone_check(judge(failover, sites, ported, fax)),
}
