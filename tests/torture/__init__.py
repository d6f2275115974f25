"""Long, hostile runs: `python -m torture` in the folder tests prints what they measured."""
