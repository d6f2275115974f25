"""`python -m enumlab.site FOLDER` writes the site."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from enumlab.errors import LabError
from enumlab.site.building import build


def main(argv: Sequence[str] | None = None) -> int:
    """Build the site; 2 where that fails."""
    parser = argparse.ArgumentParser(prog="enumlab.site", description="Write the course's site.")
    parser.add_argument("folder", type=Path, help="where to, such as build/site")
    try:
        print(build(parser.parse_args(argv).folder))
    except LabError as error:
        print(f"enumlab: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
