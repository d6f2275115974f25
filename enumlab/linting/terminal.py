"""`python -m enumlab lint FILE`: problems as text or JSON, and an exit status for scripts."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict

from enumlab.linting import RULES, Problem, lint


def main(argv: Sequence[str]) -> int:
    """Lint one zone, and print what is wrong with it.

    Returns:
        0 if nothing is wrong, 1 if something is. A file that cannot be read is a ZoneError, which
        `enumlab.__main__` turns into status 2.

    Example:
        >>> main(["corrected"])
        corrected: no problems
        0
    """
    width = max(map(len, RULES))
    parser = argparse.ArgumentParser(
        prog="enumlab lint",
        description="Look for what is wrong with a zone, or does not do what it seems to.",
        epilog="Exit status: 0 if nothing is wrong, 1 if something is, 2 if the file cannot be "
        "read.\n\nRules:\n"
        + "\n".join(f"  {rule:{width}}  {sentence}" for rule, sentence in RULES.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", help="a master file, or a name such as playground")
    parser.add_argument("--json", action="store_true", help="a list of objects, for a program")
    parser.add_argument("--origin", help="the top of the zone, where the file does not tell")
    arguments = parser.parse_args(argv)
    problems = lint(arguments.file, arguments.origin)
    if arguments.json:
        print(json.dumps([asdict(problem) for problem in problems], indent=2))
    else:
        for problem in problems:
            print(_line(arguments.file, problem))
        print(f"{arguments.file}: {problems.title}")
    return 1 if problems else 0


def _line(file: str, problem: Problem) -> str:
    where = f"{file}:{problem.line}" if problem.line else file
    said = f"{problem.message}\n    Fix: {problem.fix}"
    return f"{where}: {problem.rule}: {problem.owner}\n    {said}"
