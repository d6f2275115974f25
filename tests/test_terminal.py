"""The terminal's verbs, and dig itself against the lab server."""

from __future__ import annotations

import re
import signal
import subprocess
import sys

import pytest
from conftest import need

from enumlab import Zone, __main__, doctor
from enumlab.server import LabServer
from enumlab.show.dig import dig


def enumlab(*words):
    return subprocess.run(
        [sys.executable, "-m", "enumlab", *words], capture_output=True, text=True, timeout=60
    )


def test_ask_shows_the_walk():
    done = enumlab("ask", "+61", "3", "5550", "0911")
    assert done.returncode == 0
    assert "1.1.9.0.0.5.5.5.3.1.6.e164.arpa." in done.stdout
    assert "sip:61355500912@10.0.1.98" in done.stdout
    assert done.stderr == ""


def test_ask_of_a_dead_number_exits_1_and_says_why():
    done = enumlab("ask", "+61255502346")
    assert done.returncode == 1
    assert "hidden by 4.3.2.0.5.5.5.2.1.6.e164.arpa." in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["ask", "abc"], "abc"),
        (["ask", "1", "--server", "nowhere"], "no answer from nowhere"),
        (["serve", "no-such-zone"], "cannot be read"),
        (["serve", "--port", "99999"], "from 0 to 65535"),
        (["split", "0", "0"], "0"),
    ],
)
def test_a_mistake_is_one_line_and_exit_2(words, said):
    done = enumlab(*words)
    assert done.returncode == 2
    assert done.stderr.startswith("enumlab: ")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_no_verb_shows_the_usage():
    done = enumlab()
    assert done.returncode == 2
    assert "usage: enumlab" in done.stderr
    assert "serve" in enumlab("--help").stdout


def test_split_by_hand():
    done = enumlab("split", "100", "100", "200")
    assert done.returncode == 0
    assert done.stdout.count("1/4") == 2
    assert done.stdout.count("1/2") == 1


def test_serve_until_ctrl_c():
    process = subprocess.Popen(
        [sys.executable, "-m", "enumlab", "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout.readline().startswith("Zone e164.arpa. is served.")
        words = process.stdout.readline().split()
        host, port = words[1].removeprefix("@"), words[3]
        done = enumlab("ask", "+61355500911", "--server", f"{host}:{port}")
        assert done.returncode == 0
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
        assert process.stderr.read() == ""


def test_doctor_finds_this_machine_fit():
    done = enumlab("doctor")
    assert done.returncode == 0, done.stdout
    assert "UDP on the loopback" in done.stdout
    for package in ("jupyterlab", "dnspython", "dnslib"):
        assert re.search(rf"^ok +{package} ", done.stdout, re.MULTILINE)


def test_doctor_tells_a_missing_package_from_a_blocked_port(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "requires", lambda _: ["no-such-package>=1", "dnspython>=99"])
    monkeypatch.setattr(doctor, "find", lambda _: None)
    with LabServer(Zone.named("playground")):
        assert __main__.main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert re.search(r"broken +no-such-package +not installed", out)
    assert 'pip install "dnspython>=99"' in out
    assert re.search(r"missing +port 10164", out)
    assert "apt-get install bind9-dnsutils" in out


# dig


@pytest.fixture(scope="module")
def server():
    with LabServer(Zone.named("playground"), port=0, rotation="none") as running:
        yield running


def real_dig(server, *words):
    command = [need("dig"), f"@{server.host}", "-p", str(server.port), "+norecurse", "+nocookie"]
    done = subprocess.run([*command, *words], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.peer
@pytest.mark.parametrize(
    "name",
    [
        "2.1.9.0.0.5.5.5.3.1.6.e164.arpa.",
        "6.4.3.2.0.5.5.5.2.1.6.e164.arpa.",
        "3.2.0.5.5.5.2.1.6.e164.arpa.",
        "e164.arpa.",
        "example.com.",
    ],
)
def test_our_dig_looks_like_dig(server, name):
    theirs = real_dig(server, name, "NAPTR")
    theirs = re.sub(r"(status: \w+), id: \d+", r"\1", theirs)
    body = theirs[theirs.index(";; ->>") : theirs.index("\n\n;; Query time")]
    assert str(dig(name, server)) == body


@pytest.mark.peer
def test_the_learners_own_terminal_shows_why(server):
    wild = real_dig(server, "0.0.0.2.0.5.5.5.2.1.6.e164.arpa.", "NAPTR")
    assert re.search(r"EDE: 29.*\(wildcard \*\.2\.0\.5\.5\.5\.2\.1\.6", wild)
    hidden = real_dig(server, "0.0.3.2.0.5.5.5.2.1.6.e164.arpa.", "NAPTR")
    assert re.search(r"EDE: 0 .*hidden by 3\.2\.0\.5\.5\.5\.2\.1\.6", hidden)


@pytest.mark.peer
def test_dig_over_tcp_and_without_edns(server):
    for words in (["+tcp"], ["+noedns"], ["+dnssec"], ["+bufsize=512"]):
        text = real_dig(server, "2.1.9.0.0.5.5.5.3.1.6.e164.arpa.", "NAPTR", *words)
        assert text.count("server") >= 2
        assert "WARNING" not in text


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("+61 3 5550 0911", "1.1.9.0.0.5.5.5.3.1.6.e164.arpa."),
        ("61355500911", "1.1.9.0.0.5.5.5.3.1.6.e164.arpa."),
        ("1.1.9.0.0.5.5.5.3.1.6.", "1.1.9.0.0.5.5.5.3.1.6."),
        ("e164.arpa", "e164.arpa."),
    ],
)
def test_dig_takes_a_number_or_a_name(server, asked, name):
    server.dig(asked)
    assert server.tail(1).rows[0][0] == name


def test_dig_text_is_shown_as_it_is(server):
    text = server.dig("+61 3 5550 0911")
    assert repr(text) == str(text)
    assert "id:" not in text
    assert str(server.port) not in text
