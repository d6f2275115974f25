"""`Problem` and `Problems`: what lint found, for eyes, notebooks and programs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

MOST_SHOWN = 60  # in a notebook or at a prompt; more would push the next cell off the screen


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, or that does not do what it seems to.

    Attributes:
        rule: its name, such as "hole-in-wildcard"; `enumlab.linting.RULES` says what each means.
        owner: the name in the zone, absolute.
        line: of the master file, counted from 1; None where the record came by an edit.
        message: what was seen, and what comes of it.
        fix: what to write instead.
    """

    rule: str
    owner: str
    line: int | None
    message: str
    fix: str

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        return f"{where}{self.rule}: {self.owner}\n    {self.message}\n    Fix: {self.fix}"


class Problems(list[Problem]):
    """A list of problems, in the sequence of the master file.

    Example:
        >>> Problems([Problem("number-too-long", "1.e164.arpa.", 7, "too long.", "Shorten it.")])
        1 problem
        line 7: number-too-long: 1.e164.arpa.
            too long.
            Fix: Shorten it.
        >>> Problems()
        no problems
    """

    @property
    def counts(self) -> dict[str, int]:
        """How often each rule was broken, most often first."""
        return dict(Counter(problem.rule for problem in self).most_common())

    @property
    def title(self) -> str:
        """Such as "3 problems"."""
        return f"{len(self) or 'no'} problem{'s' if len(self) != 1 else ''}"

    def __repr__(self) -> str:
        left = len(self) - MOST_SHOWN
        more = [f"and {left} more"] if left > 0 else []
        return "\n".join([self.title, *map(str, self[:MOST_SHOWN]), *more])

    def _repr_html_(self) -> str:
        from enumlab.show.tables import table

        title = self.title
        if not self:
            return f"<p>{title.capitalize()}.</p>"
        if len(self) > MOST_SHOWN:
            title += f"; the first {MOST_SHOWN} are shown"
        rows = [(p.rule, p.owner, p.line or "", p.message, p.fix) for p in self[:MOST_SHOWN]]
        return table(title.capitalize(), ["rule", "owner", "line", "what is wrong", "cure"], rows)
