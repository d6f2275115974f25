"""Rules about the records of one owner, taken together: order and preference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from enumlab.linting import enumservices
from enumlab.linting.plan import Owner
from enumlab.linting.records import Found, matches_all, parsed
from enumlab.plainlines import Entry

ROUND = {100, 1000}  # sums of preferences that were meant as percent or per mille
MOST_RECORDS = 100  # of one type at one name, that BIND loads since 9.18.28 (max-records-per-type)
MOST_TIMES = 10  # the largest preference over the smallest, if they were meant as shares


def faults(usable: list[Entry], owner: Owner) -> Iterator[tuple[Entry, Found]]:
    """What is wrong with the records of one owner, each with the record to look at first."""
    if len(owner.entries) > MOST_RECORDS:
        yield owner.entries[0], _too_many(len(owner.entries))
    terminal = [entry for entry in usable if entry.flags]
    yield from _unreachable(terminal, owner)
    terminal.sort(key=_order_and_service)
    for (order, service), group in groupby(terminal, _order_and_service):
        same = list(group)
        preferences = [entry.preference for entry in same]
        if looks_like_shares(preferences):
            yield same[0], _weights(order, service, preferences)


def _too_many(number: int) -> Found:
    return (
        "too-many-records",
        f"{number} NAPTR records at one name. BIND loads no zone with more than {MOST_RECORDS} of "
        "one type at a name (max-records-per-type), and no client looks at so many.",
        "Keep the few that a call can use.",
    )


def looks_like_shares(preferences: Iterable[int]) -> bool:
    """Whether unequal preferences look as if they were meant to share out calls.

    They do if they sum to 100 or 1,000, or if some are equal and the others are multiples of the
    smallest; but not if they rise in even steps, as ranks do.

    Example:
        >>> [looks_like_shares(p) for p in ([100, 100, 200], [10, 10, 5, 5], [70, 30])]
        [True, True, True]
        >>> [looks_like_shares(p) for p in ([100, 101], [10, 20, 30, 40], [10, 10], [1, 1, 11])]
        [False, False, False, False]
    """
    listed = sorted(preferences)
    least, distinct = listed[0], sorted(set(listed))
    if len(distinct) == 1 or least == 0:
        return False
    if len(distinct) == len(listed):
        in_steps = distinct == [least * step for step in range(1, len(listed) + 1)]
        return sum(listed) in ROUND and not in_steps
    multiples = all(preference % least == 0 for preference in listed)
    return sum(listed) in ROUND or (multiples and listed[-1] <= MOST_TIMES * least)


def _order_and_service(entry: Entry) -> tuple[int, str]:
    return entry.order, entry.service.lower()


def _unreachable(terminal: list[Entry], owner: Owner) -> Iterator[tuple[Entry, Found]]:
    if len({entry.order for entry in terminal}) < 2:
        return
    lowest: dict[str, int] = {}  # service -> the order at which a strict client stops
    for entry in sorted(terminal, key=lambda entry: entry.order):
        offers = enumservices.read(entry.service).offers
        stops = [lowest.get(offer, entry.order) for offer in offers]
        if all(stop < entry.order for stop in stops):
            yield entry, _unread(entry, max(stops), " and ".join(offers))
        elif matches_all(parsed(entry.regexp), owner):
            for offer in offers:
                lowest.setdefault(offer, entry.order)


def _unread(entry: Entry, stop: int, offers: str) -> Found:
    return (
        "unreachable-order",
        f"order {entry.order} comes after order {stop}, which offers {offers} already. A client "
        "that keeps to RFC 3403 section 4.1 never looks at it, even when nobody answers.",
        f"To fail over, give it order {stop} and a higher preference.",
    )


def _weights(order: int, service: str, preferences: list[int]) -> Found:
    least = min(preferences)
    first = preferences.count(least)
    who = f"{first} records with {least} are" if first > 1 else f"record with {least} is"
    return (
        "preference-as-weight",
        f"the preferences of order {order} are {', '.join(map(str, preferences))}, as if they "
        f"were shares of the calls. By RFC 3403 section 4.1 the {who} tried first, and the "
        "others only when no one answers there.",
        "To share calls unevenly, lead to one name and put the weights in its SRV records "
        f"(RFC 2782). To rank, count up: {least}, {least + 1}.",
    )
