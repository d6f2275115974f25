"""What can become of one call, with exact probabilities: who is tried, who answers, how late."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Literal, NamedTuple, get_args

from enumlab.errors import LabError
from enumlab.selection import Reading, Stage

Rotation = Literal["random", "cyclic", "none"]

MOST_DOWN = 10  # every set of failed targets is looked at, 2 ** 10 of them


class Fate(NamedTuple):
    """What became of a call.

    Attributes:
        first: index of the target that was tried first.
        answered: index of the target that answered; None where the call was lost.
        attempts: how many targets were tried.
        silent: how many of them said nothing, so that the caller waited for the timeout.
    """

    first: int
    answered: int | None
    attempts: int
    silent: int


def fates(
    stages: Sequence[Stage], chances: Sequence[Fraction], refusing: frozenset[int] = frozenset()
) -> dict[Fate, Fraction]:
    """Every fate a call can meet and its probability; they sum to 1.

    Args:
        stages: as `enumlab.selection.stages` gives them.
        chances: of each target, the probability of being down; one draw a call and target.
        refusing: indexes of targets that, when down, refuse at once; the others are silent.

    Raises:
        LabError: more than ten targets of one stage may be down while others may be up.

    Example:
        >>> from enumlab.selection import stages
        >>> found = fates(stages([100, 100, 200]), [Fraction(0), Fraction(0), Fraction(1)])
        >>> for fate, chance in found.items():
        ...     print(fate.first, fate.answered, fate.attempts, chance)
        0 0 1 1/4
        1 1 1 1/4
        2 0 2 1/4
        2 1 2 1/4
    """
    ended: dict[Fate, Fraction] = defaultdict(Fraction)
    going = {Fate(-1, None, 0, 0): Fraction(1)}
    for stage in stages:
        inside = _through(stage, chances, refusing)
        still: dict[Fate, Fraction] = defaultdict(Fraction)
        for before, reached in going.items():
            for then, chance in inside.items():
                whole = Fate(
                    then.first if before.attempts == 0 else before.first,
                    then.answered,
                    before.attempts + then.attempts,
                    before.silent + then.silent,
                )
                (still if then.answered is None else ended)[whole] += reached * chance
        going = still
    for fate, chance in going.items():
        ended[fate] += chance
    return dict(ended)


def turns(
    rows: range, stages: list[Stage], reading: Reading, rotation: Rotation
) -> Iterator[tuple[range, list[Stage]]]:
    """Calls to which the name server shows its records in the same sequence, and their stages.

    Args:
        rows: positions of the calls.
        stages: as `enumlab.selection.stages` gives them.
        reading: a "split" caller draws for itself; to the others equal records come as they arrive.
        rotation: "random", "cyclic" (one place further each call) or "none".

    Raises:
        LabError: an unknown rotation.

    Example:
        >>> for rows, tried in turns(range(10), [[(0, 1), (1, 1)]], "rfc", "cyclic"):
        ...     print(list(rows), tried)
        [0, 2, 4, 6, 8] [[(0, 1)], [(1, 1)]]
        [1, 3, 5, 7, 9] [[(1, 1)], [(0, 1)]]
    """
    if rotation not in get_args(Rotation):
        known = ", ".join(get_args(Rotation))
        raise LabError(f"saw rotation {rotation!r}, expected one of {known}")
    if reading == "split" or rotation == "random":
        yield rows, stages
        return
    records = max(index for stage in stages for index, _ in stage) + 1
    step = records if rotation == "cyclic" else 1
    for turn in range(step):
        arrived = [sorted(stage, key=lambda entry: (entry[0] - turn) % records) for stage in stages]
        yield (
            range(rows.start + (turn - rows.start) % step, rows.stop, step),
            [[entry] for stage in arrived for entry in stage],
        )


def _through(
    stage: Stage, chances: Sequence[Fraction], refusing: frozenset[int]
) -> dict[Fate, Fraction]:
    """Fates as if this stage were all; `answered` is None where all of it failed."""
    failing = [index for index, _ in stage if chances[index]]
    found: dict[Fate, Fraction] = defaultdict(Fraction)
    if len(failing) == len(stage) and all(chances[index] == 1 for index in failing):
        total = sum(weight for _, weight in stage)
        silent = len(set(failing) - refusing)
        for index, weight in stage:
            found[Fate(index, None, len(stage), silent)] += Fraction(weight, total)
        return found
    if len(failing) > MOST_DOWN:
        raise LabError(
            f"{len(failing)} targets of one order may be down, expected at most {MOST_DOWN}; "
            "let fewer fail, or all of them all the time"
        )
    # Who failed matters, not in which sequence: that keeps the number of cases small.
    reached = {(-1, frozenset[int]()): Fraction(1)}
    while reached:
        deeper: dict[tuple[int, frozenset[int]], Fraction] = defaultdict(Fraction)
        for (first, failed), chance in reached.items():
            left = [(index, weight) for index, weight in stage if index not in failed]
            silent = len(failed - refusing)
            if not left:
                found[Fate(first, None, len(failed), silent)] += chance
                continue
            total = sum(weight for _, weight in left)
            for index, weight in left:
                tried = chance * Fraction(weight, total)
                start = first if failed else index
                if chances[index] < 1:
                    answered = Fate(start, index, len(failed) + 1, silent)
                    found[answered] += tried * (1 - chances[index])
                if chances[index]:
                    deeper[start, failed | {index}] += tried * chances[index]
        reached = deeper
    return found
