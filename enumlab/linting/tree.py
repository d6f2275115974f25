"""Rules about names above and below each other: wildcards and what hides them (RFC 4592)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from enumlab.linting.plan import Owner, Plan
from enumlab.linting.records import E164_DIGITS, Found

DIGITS = "0123456789"
MOST_NAMED = 4  # names or blocks written out in one message


@dataclass(slots=True)
class Node:
    """A name that exists, in the tree of digits.

    Attributes:
        labels: those below the origin, the most significant first.
        children: next label -> node.
        owner: None for an empty non-terminal, which exists because names below it do.
    """

    labels: tuple[str, ...]
    children: dict[str, Node] = field(default_factory=dict)
    owner: Owner | None = None

    @property
    def answers(self) -> bool:
        """Whether it gives a NAPTR record, by itself or as an alias."""
        return self.owner is not None and not self.owner.types.isdisjoint({"NAPTR", "CNAME"})

    @property
    def elsewhere(self) -> bool:
        """Whether another zone answers for what is below."""
        return (
            bool(self.labels)
            and self.owner is not None
            and not self.owner.types.isdisjoint({"NS", "DNAME"})
        )

    @property
    def digits(self) -> list[Node]:
        """Children that continue a number."""
        return [node for label, node in self.children.items() if label in DIGITS]

    @property
    def wildcard(self) -> Node | None:
        """The wildcard that answers for names below, if there is one."""
        star = self.children.get("*")
        return star if star is not None and star.answers else None


def grown(plan: Plan) -> Node:
    """The tree of all names of a zone; its root is the origin."""
    root = Node(())
    for owner in plan.owners.values():
        node = root
        for label in owner.labels:
            below = node.children.get(label)
            if below is None:
                below = node.children[label] = Node((*node.labels, label))
            node = below
        node.owner = owner
    return root


def faults(plan: Plan) -> Iterator[tuple[Owner, Found]]:
    """What is wrong with the wildcards of a zone."""
    waiting = [(grown(plan), False)]
    while waiting:
        node, cut = waiting.pop()
        cut = cut or node.elsewhere
        star = node.children.get("*")
        if star is not None:
            if star.children:
                yield from _beyond(star)
            if star.owner is not None and star.answers and star.owner.number is not None:
                yield from _wildcard(plan, node, star.owner, cut)
        waiting += [(below, cut) for label, below in node.children.items() if label != "*"]


def _beyond(star: Node) -> Iterator[tuple[Owner, Found]]:
    """Names below an asterisk: there it is a label like any other."""
    waiting = [*star.children.values()]
    while waiting:
        node = waiting.pop()
        waiting += node.children.values()
        if node.owner is not None:
            yield node.owner, _unreached("the * is not its first label, so it is no wildcard")


def _wildcard(plan: Plan, node: Node, owner: Owner, cut: bool) -> Iterator[tuple[Owner, Found]]:
    number = owner.number or ""
    if cut:
        yield owner, _unreached("its block is delegated, and another zone answers for it")
        return
    if len(number) >= E164_DIGITS:
        yield owner, _unreached(f"the numbers below it have more than {E164_DIGITS} digits")
        return
    if len(node.digits) == len(DIGITS):
        yield owner, _unreached("all ten digits below it have names of their own")
    hole = _hole(plan, node, number)
    if hole:
        yield owner, hole


def _unreached(why: str) -> Found:
    return (
        "wildcard-never-reached",
        f"no number is ever answered from here: {why} (RFC 4592 section 3.3).",
        "Drop it, or move it to the name whose numbers it should answer for.",
    )


def _hole(plan: Plan, node: Node, number: str) -> Found | None:
    """The numbers below a wildcard that it does not answer for, because a closer name exists."""
    inside = [below for below in _hidden(node) if below is not node]
    if not inside:
        return None
    deepest = max(inside, key=lambda below: len(below.labels) + (below.wildcard is not None))
    length = len(deepest.labels) + (deepest.wildcard is not None)
    lost = {below.labels: _lost_at(below, length) for below in inside}
    holes = sorted(labels for labels, count in lost.items() if count)
    if not holes:
        return None
    top = len(node.labels)
    outer = [h for h in holes if not any(lost.get(h[:end]) for end in range(top + 1, len(h)))]
    blocks = [f"+{number}{''.join(h[top:])}{'x' * (length - len(h))}" for h in outer]
    wildcards = [plan.domain((*h, "*")) for h in holes if len(h) < length]
    return (
        "hole-in-wildcard",
        f"{sum(lost.values()):,} of the {10 ** (length - top):,} numbers of "
        f"{len(number) - top + length} digits in this block get no answer, all in "
        f"{_named(blocks)}. A name below a wildcard, such as {plan.domain(deepest.labels)}, makes "
        "the names between the two exist, and for their neighbours the wildcard does not count "
        "(RFC 4592 section 3.3).",
        f"Repeat the wildcard's records at {_named(wildcards)} as well."
        if wildcards
        else f"Give {_named(blocks)} a NAPTR record.",
    )


def _hidden(node: Node) -> Iterator[Node]:
    """Nodes on the way down, up to those that answer for what is below them, and their leaves."""
    waiting = [node]
    while waiting:
        at = waiting.pop()
        yield at
        if at is node or not (at.wildcard or at.elsewhere):
            waiting += at.digits


def _lost_at(node: Node, length: int) -> int:
    """Numbers of a length that end here or leave the tree here, and get no answer."""
    left = length - len(node.labels)
    if left == 0:
        return 0 if node.answers or node.elsewhere else 1
    if node.wildcard or node.elsewhere:
        return 0
    return (len(DIGITS) - len(node.digits)) * int(10 ** (left - 1))


def _named(names: list[str]) -> str:
    shown = names[:MOST_NAMED]
    more = len(names) - len(shown)
    if more:
        shown.append(f"{more:,} more")
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))
