"""Long, hostile runs: `python -m tests.torture` prints what they measured."""
