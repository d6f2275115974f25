"""Numbers to try answers on: from ranges set aside for fiction, so that no telephone rings.

Australia +61 x 5550 xxxx, the United Kingdom +44 1632 960xxx, North America +1 xxx 555 01xx.
"""

from __future__ import annotations

from random import Random

AREAS = "2378"
SEED = 6116


def australian(count: int = 30) -> list[str]:
    """Numbers of +61 x 5550 xxxx: plus and digits, no two alike, the same each time.

    Example:
        >>> australian(1)[0][:3], australian(1)[0][4:8]
        ('+61', '5550')
    """
    rng = Random(SEED)
    lines = rng.sample(range(10_000), count)
    return [f"+61{AREAS[at % 4]}5550{line:04d}" for at, line in enumerate(lines)]


def foreign(count: int = 10) -> list[str]:
    """Numbers of the United Kingdom and of North America: plus and digits.

    Example:
        >>> foreign(2)[0][:8], foreign(2)[1][:6]
        ('+4416329', '+12125')
    """
    rng = Random(SEED)
    british = [f"+441632960{line:03d}" for line in rng.sample(range(1000), (count + 1) // 2)]
    american = [f"+12125550{line}" for line in rng.sample(range(100, 200), count // 2)]
    return [number for pair in zip(british, american, strict=False) for number in pair]


def spaced(number: str) -> str:
    """A number as people write it.

    Example:
        >>> spaced("+61355500912"), spaced("+441632960083"), spaced("+12125550100")
        ('+61 3 5550 0912', '+44 1632 960083', '+1 212 555 0100')
    """
    for code, groups in (("+61", (1, 4, 4)), ("+44", (4, 6)), ("+1", (3, 3, 4))):
        if number.startswith(code):
            rest, parts = number.removeprefix(code), [code]
            for size in groups:
                parts.append(rest[:size])
                rest = rest[size:]
            return " ".join(parts)
    return number
