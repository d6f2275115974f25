"""Hostile master files: loaded, or refused with the line; soon, small, and without a sound."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import textwrap
import time

import dns.message
import pytest
from conftest import need
from torture import zones

import enumlab as lab
from enumlab import LabError, Zone, ZoneError, masterfile
from enumlab.responder import Responder

TOP_LINES = zones.TOP.count("\n")
# Faults of the whole zone, which no single line has.
OF_THE_ZONE = ("the zone has no ", "9.1.e164.arpa. is below ")


def judged(read, *arguments):
    """The zone, or the error that refuses it."""
    try:
        return read(*arguments)
    except ZoneError as error:
        return error


@pytest.mark.parametrize("name", zones.CORPUS)
def test_loaded_or_refused_with_its_line(name, tmp_path, capfd):
    path = tmp_path / "zone"
    path.write_bytes(zones.CORPUS[name])
    end = judged(Zone.from_file, path, zones.ORIGIN)
    if isinstance(end, Zone):
        answers_soundly(end)
    else:
        words = str(end)
        if not words.startswith(OF_THE_ZONE):
            lines = zones.CORPUS[name].replace(b"\r", b"\n").count(b"\n") + 1
            assert 1 <= end.line <= lines
            assert words.startswith(f"line {end.line}: ")
        assert len(words) < 1000
        assert words.isprintable()
    assert capfd.readouterr() == ("", "")


def answers_soundly(zone):
    """What was loaded can be asked for, and written, and read again."""
    responder = Responder(zone)
    for owner in zone.owners[-3:]:
        reply = responder.respond(dns.message.make_query(owner, "ANY").to_wire(), tcp=True)
        assert dns.message.from_wire(reply.wire).rcode() in (0, 2)  # 2: aliases without an end
    again = Zone.from_text(zone.to_text(), zone.origin)
    assert list(again) == list(zone)


@pytest.mark.parametrize(
    ("name", "line", "words"),
    [
        ("$TTL that is no time", TOP_LINES + 1, "Expected: $TTL seconds"),
        ("$ORIGIN of nothing", TOP_LINES + 1, "Expected: $ORIGIN name"),
        ("$GENERATE backwards", TOP_LINES + 1, "Expected: $GENERATE first-last"),
        ("an indented directive", TOP_LINES + 1, "left edge"),
        ("$UNICODE", TOP_LINES + 1, "Known are $ORIGIN, $TTL and $GENERATE"),
        ("no type", TOP_LINES + 1, "The line is: 1"),
        ("TTL of 5,000 digits", TOP_LINES + 1, "thousands of digits"),
        ("type OPT", TOP_LINES + 1, "a type for questions"),
        ("TXT of 65,535 octets", TOP_LINES + 1, "an answer carries no more than 65,507"),
        ("a parenthesis not closed", TOP_LINES + 1, "a parenthesis is not closed"),
    ],
)
def test_the_line_at_fault_is_the_one_that_is_named(name, line, words, tmp_path):
    path = tmp_path / "zone"
    path.write_bytes(zones.CORPUS[name])
    error = judged(Zone.from_file, path, zones.ORIGIN)
    assert error.line == line
    assert words in str(error)


def test_lines_are_counted_where_lone_crs_end_them():
    text = (zones.TOP + "1 NAPPTR x\n").replace("\n", "\r")
    with pytest.raises(ZoneError, match=r"^line 4: .* The line is: 1 NAPPTR x$"):
        Zone.from_text(text, zones.ORIGIN)


def test_a_record_as_large_as_an_answer_can_carry():
    text = zones.TOP + "x TXT (" + f' "{"a" * 254}"\n' * 256 + ' "{}" )\n'
    # Header; question; owner as a pointer and the fixed part; 256 full texts; length of the last.
    room = 65535 - 12 - (13 + 4) - (2 + 10) - 256 * 255 - 1
    zone = Zone.from_text(text.format("b" * room), zones.ORIGIN)
    query = dns.message.make_query("x.e164.arpa.", "TXT")
    reply = Responder(zone).respond(query.to_wire(), tcp=True)
    assert len(reply.wire) == 65535
    assert len(dns.message.from_wire(reply.wire).answer) == 1
    assert "Make several records" in zones.load(text.format("b" * (room + 1)))


@pytest.mark.peer
@pytest.mark.parametrize("checker", zones.CHECKERS)
def test_the_verdict_is_that_of_a_real_name_server(checker, tmp_path):
    need(zones.CHECKERS[checker][0])
    listed = [name for names in zones.ALLOWED[checker].values() for name in names]
    assert len(listed) == len(set(listed))
    other, _ = zones.disagreements(checker, tmp_path)
    assert other == set(listed)


# No end, and no memory


@pytest.mark.parametrize("name", zones.LARGE)
def test_a_large_text_is_judged_soon(name):
    size = 200_000 if "record" in name or "one owner" in name else 1_000_000
    text = zones.LARGE[name](size)
    start = time.process_time()
    end = zones.load(text)
    assert time.process_time() - start < 20  # a second or two, when nothing else runs
    assert end == "loaded" or re.match(r"line \d+: ", end)
    assert len(end) < 1000


SMALL = {"MOST_RECORDS": 300, "MOST_SIGNS": 50_000, "MOST_LINES": 100, "MOST_GENERATED": 100}


@pytest.fixture
def small(monkeypatch):
    """The bounds as they are, but small, so that to reach one takes no time."""
    for name, bound in SMALL.items():
        monkeypatch.setattr(masterfile, name, bound)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("records", "more than 300 records"),
        ("records outside", "more than 300 records"),
        ("one record many times", "more than 300 records"),
        ("comments", "too much of the text"),
        ("empty lines", "too much of the text"),
        ("directives", "too much of the text"),
        ("a parenthesis and no end", "more than 100 lines"),
        ("a parenthesis and comments", "more than 100 lines"),
        ("a parenthesis and texts", "more than 100 lines"),
        ("quotes on lines", "more than 100 lines"),
        ("one line", "longer than 1,000,000 signs"),
        ("parentheses in one line", "longer than 1,000,000 signs"),
        *[(name, "$GENERATE makes more than 100 records") for name in zones.BOMBS],
    ],
)
def test_each_bound_holds(name, words, small):
    text = zones.BOMBS[name] if name in zones.BOMBS else zones.LARGE[name](1_500_000)
    start = time.process_time()
    end = zones.load(text)
    assert time.process_time() - start < 5
    assert re.match(r"line \d+: ", end)
    assert words in end


def test_plain_records_are_not_bounded(small):
    plain = "".join(f'{n} NAPTR 1 1 "u" "E2U+sip" "!a!b!" .\n' for n in range(10))
    text = zones.TOP + "".join(f"$ORIGIN {n}.1.e164.arpa.\n{plain}" for n in range(50))
    assert len(Zone.from_text(text, zones.ORIGIN)) == 501


def test_a_generated_bomb_costs_seconds_and_little_memory():
    """With the true bound, in a process of its own."""
    (cost,) = zones.costs(0, ["$GENERATE of 2^31"], limit=60)
    assert "more than 100,000 records" in cost.end
    assert cost.said == ""
    assert cost.peak < 400  # MiB; 150 seen


# What is not a file


CHILD = """
import sys
from enumlab import Zone, ZoneError
try:
    print(Zone.from_file(sys.argv[1]))
except ZoneError as error:
    print("ZoneError", error)
"""


def from_file(path, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", CHILD, path],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.skipif(os.name == "nt", reason="no such paths")
@pytest.mark.parametrize(
    "path", ["fifo", "/dev/zero", "/dev/stdin", ".", "loop", "dangling", "", "x" * 5000, "zone/x"]
)
def test_a_path_that_leads_to_no_file(path, tmp_path):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "zone").write_text(zones.TOP)
    assert from_file(path, tmp_path).startswith("ZoneError ")
    assert from_file("zone", tmp_path).startswith("Zone(")


@pytest.mark.parametrize("path", ["a\0b", None, 7, b"\xff", ["zone"]])
def test_what_is_no_path(path):
    with pytest.raises(ZoneError):
        Zone.from_file(path)


# No other file is read


AUDIT = textwrap.dedent("""
    import os, sys, sysconfig
    import dns, enumlab
    from enumlab import Zone, ZoneError, lint, serve
    Zone.named("playground")  # so that all modules are there
    touched = []
    words = ("open", "os.", "socket", "subprocess", "shutil", "glob", "import", "exec")
    def watch(event, arguments):
        if event.startswith(words):
            touched.append((event, str(arguments[:2])))
    sys.addaudithook(watch)
    for path in sys.argv[1:]:
        try:
            Zone.from_file(path, "e164.arpa.")
        except ZoneError:
            pass
        text = "$TTL 1h\\n$INCLUDE " + path + "\\n"
        for read, argument in (
            (Zone.from_text, text),
            (Zone.named("playground").with_records, text),
            (lint, path),
        ):
            try:
                read(argument)
            except ZoneError:
                pass
    for event, arguments in touched:
        if event == "open" and any(repr(path) in arguments for path in sys.argv[1:]):
            continue
        if event == "import" or sysconfig.get_path("stdlib") in arguments:
            continue  # a codec, read when it is first needed
        if any(os.path.dirname(each.__file__) in arguments for each in (enumlab, dns)):
            continue  # zones of the course; modules for record types
        print(event, arguments)
""")


def test_no_file_is_read_that_was_not_asked_for(tmp_path):
    """Python's own audit events tell of every file, socket and process."""
    (tmp_path / "secret").write_text("1 TXT secret\n")
    asked = []
    for number, (name, octets) in enumerate(zones.CORPUS.items()):
        if "INCLUDE" in name or "include" in name or number % 7 == 0:
            path = tmp_path / f"{number}.zone"
            path.write_bytes(octets)
            asked.append(str(path))
    for number, target in enumerate(["secret", tmp_path / "secret", "./secret", "/dev/zero"]):
        path = tmp_path / f"include{number}.zone"
        path.write_bytes(zones.below(f"$INCLUDE {target}\n"))
        asked.append(str(path))
    done = subprocess.run(
        [sys.executable, "-c", AUDIT, *asked],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == ("", "")


# Mutations


def test_mutated_zones_are_loaded_or_refused(small, capfd):
    chance = random.Random(20_240)
    sources = [Zone.named(name).source for name in Zone.names()]
    loaded = slowest = 0
    for _ in range(1200):
        text = zones.mutated(chance.choice(sources), chance)
        start = time.process_time()
        end = judged(Zone.from_text, text)
        if isinstance(end, Zone):
            loaded += 1
            answers_soundly(end)
        else:
            assert end.line is None or str(end).startswith(f"line {end.line}: "), text
            assert str(end).isprintable(), text
        slowest = max(slowest, time.process_time() - start)
    assert 100 < loaded < 1100  # both ends are reached often
    assert slowest < 2
    assert capfd.readouterr() == ("", "")


# A server goes on


def test_the_old_zone_keeps_serving(tmp_path):
    path = tmp_path / "zone"
    with lab.serve("playground", port=0) as server:
        before = server.zone
        for octets in zones.CORPUS.values():
            path.write_bytes(octets)
            if isinstance(judged(Zone.from_file, path, zones.ORIGIN), ZoneError):
                with pytest.raises(ZoneError):
                    server.zone = Zone.from_file(path, zones.ORIGIN)
        for wrong in (None, "playground", b"", zones.TOP, 7):
            with pytest.raises(LabError):
                server.zone = wrong
        assert server.zone is before
        assert lab.ask("+61355500911", server).uris == ["sip:61355500912@10.0.1.98"]
