"""The course without numpy, pandas, matplotlib and regex, without threads and sockets.

That is how the JupyterLite site has it; here the same cells run in CPython, which is quicker.
"""

from __future__ import annotations

import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

import enumlab as lab
from enumlab.chance import _interval_in_plain_python, fair_interval
from enumlab.notice import Missing
from enumlab.show import svgbars
from enumlab.show.plain import Table
from enumlab.show.plainframe import PlainFrame

ROOT = Path(__file__).parents[1]

# Runs the cells of a notebook, then some more lines, with four packages hidden from `import`.
PROGRAM = """
import json, sys

finder = sys.meta_path.pop()

class Without:
    def find_spec(self, name, path=None, target=None):
        hidden = name.partition(".")[0] in ("numpy", "pandas", "matplotlib", "regex")
        return None if hidden else finder.find_spec(name, path, target)

sys.meta_path.append(Without())

import threading
from enumlab import memory
memory.SOCKETS = False

def start(thread):
    raise RuntimeError("can't start new thread")

threading.Thread.start = start
from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell.instance(colors="nocolor")
for source in json.loads(sys.stdin.read()):
    done = shell.run_cell(source, store_history=True)
    if done.result is not None and hasattr(done.result, "_repr_mimebundle_"):
        done.result._repr_mimebundle_()
    if not done.success:
        sys.exit("failed: " + source)
"""


def run_bare(tmp_path, name="", more=""):
    """Standard output of a notebook's cells and of these lines; the notebook may be none."""
    cells = []
    if name:
        (path,) = (ROOT / "notebooks").glob(f"{name}*.ipynb")
        book = json.loads(path.read_text(encoding="utf-8"))
        cells = ["".join(c["source"]) for c in book["cells"] if c["cell_type"] == "code"]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps([*cells, more]),
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "IPYTHONDIR": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.mark.parametrize("name", ["00", "01", "06", "07"])
def test_every_cell_runs(name, tmp_path):
    run_bare(tmp_path, name)


def test_03_the_shares(tmp_path):
    told = run_bare(
        tmp_path,
        "03",
        "print('SHARES', [str(share) for share in calls.shares.values()], calls.counts)\n"
        "picture = calls.plot()\n"
        "html = picture._repr_mimebundle_()['text/html']\n"
        "print('PICTURE', picture.png, 'data:image/svg' in html)",
    )
    assert "SHARES ['1/4', '1/4', '1/2', '0'] {'server1': 2564, 'server2': 2459" in told
    assert "PICTURE b'' True" in told
    assert "Note: numpy is not here" in told
    assert told.count("Note: matplotlib is not here") == 1


def test_05_the_hole(tmp_path):
    told = run_bare(tmp_path, "05", "print('MAPS', block.kinds, hidden.kinds)")
    assert (
        "MAPS {'wildcard': 900, 'NXDOMAIN': 99, 'exact': 1} {'wildcard': 999, 'exact': 1}" in told
    )
    assert "3 of 1,000 rows (a plain table: pandas is not here)" in told


def test_what_cannot_work_says_so_in_one_line(tmp_path):
    told = run_bare(
        tmp_path,
        more="from enumlab.flood import flood\n"
        "try:\n    flood()\nexcept Exception as error:\n    print(error._render_traceback_())",
    )
    assert "['this simulation needs the package numpy, which is not here." in told


def test_more_calls_than_can_be_drawn_one_by_one(tmp_path):
    told = run_bare(
        tmp_path,
        more="import enumlab as lab\n"
        "try:\n    lab.simulate([1, 1], 10**7)\nexcept lab.LabError as error:\n    print(error)",
    )
    assert "saw 10,000,000 calls, expected at most 1,000,000" in told


@pytest.mark.parametrize("calls", [1, 2, 7, 100, 9_999, 1_000_000])
@pytest.mark.parametrize("share", [Fraction(1, 1000), 0.25, Fraction(1, 3), 0.5, 0.999])
def test_the_interval_is_the_same_in_plain_python(calls, share):
    low, high = max(0, int(calls * share) - 9000), min(calls, int(calls * share) + 9000)
    assert _interval_in_plain_python(calls, float(share), low, high) == fair_interval(calls, share)


def test_bars_are_as_long_as_their_numbers():
    table = Table("a < b", ("name", "calls", "other"), [("A", "1,000", "x"), ("B", "500", "y")])
    drawn = svgbars.bars(table, ["calls"], "two <bars>")
    widths = [float(part.split('"')[0]) for part in drawn.split('" width="')[2:4]]
    assert widths[0] == pytest.approx(2 * widths[1], abs=0.1)
    assert "a &lt; b" in drawn
    assert "<title>two &lt;bars&gt;</title>" in drawn
    assert svgbars.bars(Table("none", ("name", "calls"), []), ["calls"], "").endswith("</svg>")


def test_a_plain_frame_does_what_the_course_asks_of_it():
    rows = [(f"+6{last}", "NOERROR", None) for last in range(30)]
    frame = PlainFrame(["number", "rcode", "uri"], rows)
    assert len(frame) == 30
    assert repr(frame).startswith("30 of 30 rows (a plain table: pandas is not here), the first 10")
    found = frame.set_index("number")[["uri"]].loc["+63":"+65"]
    assert (found.columns, found.rows) == (
        ["number", "uri"],
        [("+63", None), ("+64", None), ("+65", None)],
    )
    assert "<caption>3 of 30 rows" in found._repr_html_()
    with pytest.raises(Missing, match=r"frame\.groupby needs the package pandas"):
        frame.groupby("rcode")
    with pytest.raises(Missing, match=r"frame\['uri'\] needs the package pandas"):
        frame["uri"]
    assert issubclass(Missing, lab.LabError)
