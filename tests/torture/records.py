"""Hostile NAPTR records: patterns that never end, or that fill the memory before they begin."""

from __future__ import annotations

import contextlib
import json
import random
import re
import resource
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from enumlab import LabError
from enumlab.substitution import Substitution

NUMBER = "+61355500912"
LONGEST = "+999999999999999"  # E.164 has 15 digits at most
END = "[xy]$"  # no number ends so, and `regex` cannot see that before it starts

# Each keeps a backtracking matcher busy, on a telephone number or on a longer text.
CATASTROPHIC = [
    "^(((.+)+)+)+x$",
    f"^(((.+)+)+)+{END}",
    "^(a|aa)+$",
    f"^(.|..)+{END}",
    f"^(.*)*{END}",
    f"^([0-9+]|[0-9+])*{END}",
    f"^(.{{1,255}}){{1,3}}{END}",
    f"^(.*.*.*.*.*.*.*.*.*.*)+{END}",
    "(" * 19 + ".*" + ")*" * 19 + END,
    "(" + "|".join(["[0-9]"] * 35) + f")*{END}",
    f"^(.?.?.?.?.?.?.?.?){{100}}{END}",
    f"^(.{{0,99}}){{9}}{END}",
    f"(()*)*{END}",
    f"^(()|.)*{END}",
    f"(.{{0,9}}){{0,90}}{END}",
    "^" + ".*" * 110 + END,
    "^" + ".?" * 110 + "." * 12 + END,
    f"^((.*)(.*)(.*)(.*)(.*)(.*))*{END}",
    f"^(.+)+(.+)+(.+)+(.+)+{END}",
    "(.*)" * 50,
    "(((.*)|(.*))*|((.*)|(.*))*)*",
    f"^(.?){{255}}{END}",
    "^((.{0,9}){0,8}){0,7}",
    f"((((.?){{2}}){{2}}){{2}}){{2}}{END}",
    f"(.|(.|(.|(.|(.|(.|(.|.)*)*)*)*)*)*)*{END}",
    "^(([0-9+]+)+|(([0-9+])+)*)+",
    "(a?){99}(a{9}){9}",
    f"^(.|.)(.|.)(.|.)(.|.)(.|.)(.|.)(.|.)(.|.)(.|.)(.|.)*{END}",
]
# Small to write, large to compile.
BOMBS = [
    "((a{200}){200}){200}",
    "((((()|a){200}){200}){200}){200}",
    "(" * 11 + ".?" + "){2}" * 11,  # 200 MB in `regex`, if it were let through
    "(" * 49 + "a" + "){2}" * 49,
    "(" * 49 + "a" + "){1,2}" * 49,
    "(.{255}){255}",
    "((.?){0,90}){0,90}",
    "(((((a|b){0,6}){0,6}){0,6}){0,6}){0,6}",
    "(" * 120 + "a" + ")" * 120,
    "[" + "a-z" * 80 + "]{255}",
    "|".join("ab" for _ in range(84)),
    "(" + "|".join(["a{99}"] * 40) + ")",
    "a{255}" * 40,
    "a{0,255}" * 30,
]
BACK_REFERENCES = [r"(.*)\1", r"^(.+)+\1$", r"((.*)\2)*"]  # no POSIX ERE has them


def pattern(chance: random.Random, depth: int = 5) -> str:
    """A pattern by POSIX's grammar, of the kind that goes wrong: repeats within repeats."""
    if depth == 0 or chance.random() < 0.1:
        atoms = [".", ".*", ".?", ".+", "[0-9]", "[0-9+]*", "1", "()", "a?", "[^x]", "(.|..)"]
        return chance.choice(atoms)
    kind = chance.random()
    if kind < 0.65:
        few, more = sorted(chance.choices([0, 1, 2, 3, 5, 9, 20, 99], k=2))
        bounds = ["*", "+", "?", "*", "+", f"{{{more}}}", f"{{{few},{more}}}", f"{{{few},}}"]
        return f"({pattern(chance, depth - 1)}){chance.choice(bounds)}"
    if kind < 0.85:
        return pattern(chance, depth - 1) + pattern(chance, depth - 1)
    return f"({pattern(chance, depth - 1)}|{pattern(chance, depth - 1)})"


def patterns(number: int, seed: int) -> list[str]:
    """Patterns that fit into a record: half of them end in what no number has."""
    chance, made = random.Random(seed), []
    while len(made) < number:
        made.append(pattern(chance, chance.randrange(2, 8)) + chance.choice(["", END]))
        if len(made[-1]) > 240:
            made.pop()
    return made


@dataclass(frozen=True)
class Trial:
    """What one pattern cost, compiled and matched once.

    Attributes:
        pattern: as in the record.
        seconds: of CPU.
        ticks: how often another thread ran meanwhile, that sleeps for a millisecond each time.
        gap: the longest time, in seconds, in which it did not run.
        end: "matched", or the class and the sentence of the error.
    """

    pattern: str
    seconds: float
    ticks: int
    gap: float
    end: str


class Ticker(threading.Thread):
    """The rest of a kernel: a thread that wants to run for a moment, every millisecond."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.ticks, self.gap, self.last, self.going = 0, 0.0, time.perf_counter(), True

    def run(self) -> None:
        while self.going:
            time.sleep(0.001)
            now = time.perf_counter()
            self.gap, self.last, self.ticks = max(self.gap, now - self.last), now, self.ticks + 1


def child() -> None:
    """Read patterns and a text from stdin, and write a trial of each, then the peak, as JSON."""
    given = json.load(sys.stdin)
    ticker = Ticker()
    ticker.start()
    trials = []
    for each in given["patterns"]:
        ticker.gap, ticker.last, before = 0.0, time.perf_counter(), ticker.ticks
        start = time.process_time()
        end = "matched"
        try:
            Substitution.parse(f"!{each}!sip:a@b.example!").apply(given["text"])
        except LabError as error:
            end = f"{type(error).__name__}: {error}"
        seconds = time.process_time() - start
        gap = max(ticker.gap, time.perf_counter() - ticker.last)
        trials.append([each, seconds, ticker.ticks - before, gap, end])
    ticker.going = False
    json.dump([trials, peak() // 1024], sys.stdout)


def peak() -> int:
    """The most memory that this process has had, in KiB.

    What `getrusage` tells begins with the memory of the process that started this one.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0])


def run(tried: list[str], text: str) -> tuple[list[Trial], int]:
    """Try patterns in a process of its own, with 1 GiB; the trials, and the peak in MiB."""
    code = f"import sys; sys.path.insert(0, {str(Path(__file__).parents[1])!r})\n"
    done = subprocess.run(
        [sys.executable, "-c", code + "from torture import records\nrecords.child()"],
        input=json.dumps({"patterns": tried, "text": text}),
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30)),
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr[-2000:]
    trials, most = json.loads(done.stdout)
    return [Trial(*each) for each in trials], most


def stopped(trials: list[Trial]) -> list[Trial]:
    """Those that ran into the limit of 100 ms."""
    return [trial for trial in trials if "longer than 100 ms" in trial.end]


def hangs_re(tried: list[str], text: str, seconds: float = 0.2) -> int:
    """How many patterns keep Python's own `re` busy beyond a time; only in the main thread."""

    def ring(*_: object) -> None:
        raise TimeoutError

    before, count = signal.signal(signal.SIGALRM, ring), 0
    for each in tried:
        with contextlib.suppress(re.error, OverflowError, RuntimeError):
            compiled = re.compile(each)
            signal.setitimer(signal.ITIMER_REAL, seconds)
            try:
                compiled.search(text)
            except TimeoutError:
                count += 1
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)
    return count


def rows(full: bool) -> Iterator[tuple[str, str, str, str]]:
    """Figures for the table: (what, figure, peer figure, note)."""
    sets = {
        "patterns that hang": CATASTROPHIC,
        "compile bombs, back-references": BOMBS + BACK_REFERENCES,
        "patterns made by a grammar": patterns(3000 if full else 60, seed=3),
    }
    for what, tried in sets.items():
        for text in (NUMBER, LONGEST, "+" + "1" * 254):
            trials, peak = run(tried, text)
            slow = stopped(trials)
            most = max(trial.seconds for trial in trials)
            gap = statistics.median([trial.gap for trial in slow] or [0])
            ticks = statistics.median([trial.ticks for trial in slow] or [0])
            peer = ""
            if len(tried) <= 3000 and text != LONGEST:
                peer = f"Python's re: {hangs_re(tried, text)} run for more than 200 ms"
            yield (
                f"{len(tried):,} {what}, on {len(text)} signs",
                f"{most * 1000:.0f} ms of CPU for one at most, {peak} MiB",
                peer,
                f"{len(slow)} stopped at 100 ms; a thread that sleeps 1 ms at a time ran "
                f"{ticks:.0f} times meanwhile, and waited {gap * 1000:.1f} ms at most (medians)",
            )
