"""Kamailio, BIND and their neighbours, run for real: what happens to calls, and what is left."""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
from conftest import need

import enumlab as lab
from enumlab import Zone, peers, serve, simulate
from enumlab.exercises.tasks import tasks
from enumlab.exercises.zones import read_zone
from enumlab.peers import comparison, namespace, record
from enumlab.peers.export import export_bind
from enumlab.peers.namespace import CannotRunError
from enumlab.peers.packets import Packet
from enumlab.peers.recorded import recording
from enumlab.responder import Responder
from enumlab.selection import kamailio_q
from enumlab.show.ladder import ladder

HOST = "enum.nickvsnetworking.com"
BAD = '9.9 NAPTR 10 1 "u" "E2U+sip" "!(!sip:a@bad.example!" .'
GOOD = f'9.9 NAPTR 20 1 "u" "E2U+sip" "!^.*$!sip:a@server1.{HOST}!" .'

pytestmark = pytest.mark.peer


def real(zone="playground", **options):
    """A switch that runs; without it the test fails where CI=true, and is skipped elsewhere."""
    for program in ("kamailio", "unshare"):
        need(program)
    try:
        return peers.kamailio(zone, recorded=False, **options)
    except CannotRunError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def made():
    """Every call of the course, made now: (route, number, calls, what is special) -> answer."""
    with real():
        pass
    return {key(entry): entry["answer"] for entry in record.calls()}


def key(entry):
    request = entry["request"]
    down = [f"{name} {how}" for how in ("silent", "refusing") for name in request[how]]
    return entry["route"], request["number"], request["calls"], request["rotation"], *down


# One call


def test_one_call_packet_by_packet():
    with real() as switch:
        call = switch.call("+61 3 5550 0911")
    assert [(each.source, each.destination, each.summary) for each in call.packets] == [
        ("caller", "Kamailio", "INVITE"),
        ("Kamailio", "DNS", "NAPTR?"),
        ("DNS", "Kamailio", "NAPTR: 1 record"),
        ("Kamailio", "10.0.1.98", "INVITE"),
        ("10.0.1.98", "Kamailio", "200 OK"),
        ("Kamailio", "caller", "200 OK"),
        ("caller", "10.0.1.98", "ACK"),
        ("caller", "10.0.1.98", "BYE"),
        ("10.0.1.98", "caller", "200 OK"),
    ]
    assert call.packets[1].detail == "1.1.9.0.0.5.5.5.3.1.6.e164.arpa."
    assert call.packets[2].detail == '10 100 "u" "E2U+sip" "!^.*$!sip:61355500912@10.0.1.98!" .'
    assert call.packets[3].payload.startswith(b"INVITE sip:61355500912@10.0.1.98 SIP/2.0\r\n")
    times = [each.time for each in call.packets]
    assert times[0] == 0
    assert times == sorted(times)
    assert (call.status, call.counts, call.passed) == ("200 OK", {"10.0.1.98": 1, "lost": 0}, 9)
    assert (call.words, call.reasons, call.note) == ((), (), "")


def test_the_packets_open_in_wireshark(tmp_path):
    with real() as switch:
        call = switch.call("+61355500911")
    octets = call.save_pcap(tmp_path / "call.pcap").read_bytes()
    assert struct.unpack_from("<IHH", octets) == (0xA1B2C3D4, 2, 4)
    assert struct.unpack_from("<I", octets, 20) == (1,)  # Ethernet
    frames, at = [], 24
    while at < len(octets):
        *_, kept, whole = struct.unpack_from("<IIII", octets, at)
        assert kept == whole
        frames.append(octets[at + 16 : at + 16 + kept])
        at += 16 + kept
    assert frames == [packet.frame for packet in call.packets]
    with pytest.raises(lab.ServerError, match="Give the path of a new file"):
        call.save_pcap(tmp_path)


def test_the_ladder_tells_every_step():
    with real() as switch:
        picture = switch.call("+61355500911").ladder()
    assert picture.sentence == "9 packets passed: 2 of DNS (dashed) and 7 of SIP (solid)."
    assert picture.alt.endswith("8. caller to 10.0.1.98: BYE; 9. 10.0.1.98 to caller: 200 OK.")
    assert len(picture.table.rows) == 9
    assert picture.table.rows[3][1:5] == ("Kamailio", "10.0.1.98", "SIP", "INVITE")


def test_a_ladder_of_a_long_exchange_shows_how_it_begins():
    packets = tuple(Packet(i, "Kamailio", "Kamailio", "SIP", "INVITE") for i in range(40))
    call = peers.RealCalls("+61", 1, {}, {}, {}, (), {}, packets, passed=2388)
    assert ladder(call, 5).sentence.startswith("2,388 packets passed: the first 5 are shown")
    assert len(ladder(call, 5).table.rows) == 5
    with pytest.raises(lab.ServerError, match="no packets were kept"):
        peers.RealCalls("+61", 2, {}, {}, {}, (), {}).ladder()


# Many calls


def test_calls_are_spread_as_the_name_server_rotates(made):
    even = made["first", "+61355500912", 400, "random"]
    assert set(even["invites"]) == {"server1", "server2"}
    assert sum(even["invites"].values()) == 400
    assert min(even["invites"].values()) > 150
    assert made["first", "+61355500912", 400, "none"]["invites"] == {"server1": 400}
    assert even["lookups"]["NAPTR"] == 400


def test_preference_is_no_weight(made):
    calls = made["first", "+61355500913", 400, "random"]
    assert set(calls["invites"]) == {"server1", "server2"}  # none to server3
    assert min(calls["invites"].values()) > 150
    assert calls["taken"] == calls["invites"]


def test_the_kamailio_reading_is_what_kamailio_does(made):
    for number in ("+61355500912", "+61355500913", "+61355500914"):
        records = lab.ask(number, Responder(Zone.named("playground"))).records
        expected = simulate(records, 400, "kamailio").shares
        found = made["first", number, 400, "random"]["taken"]
        assert {name for name, share in expected.items() if share} == set(found)


@pytest.mark.parametrize(("number", "contacts"), [
    ("+61355500911", {"61355500912@10.0.1.98": 0.99}),
    ("+61355500912", {f"61355500912@server{n}.{HOST}": 0.99 for n in (1, 2)}),
    ("+61355500913", {f"61355500913@server{n}.{HOST}": q
                      for n, q in ((1, 0.99), (2, 0.99), (3, 0.98))}),
    ("+61355500914", {f"61355500914@firstchoice.{HOST}": 0.99,
                      f"61355500914@secondchoice.{HOST}": 0.98}),
    ("+61355500915", {f"+1+61355500915@{HOST}": 0.99}),
])  # fmt: skip
def test_contacts_and_their_q(made, number, contacts):
    answer = made["redirect", number, 1, "random"]
    found = {uri.removeprefix("sip:"): q for uri, q in answer["contacts"]}
    assert found == contacts
    records = Zone.named("playground").find(lab.to_domain(number)).records
    assert sorted(kamailio_q(records)) == sorted(found.values())


def test_sipp_counts_what_the_phone_counts(made):
    need("sipp")
    with real() as switch:
        calls = switch.calls("+61355500913", 400, caller="sipp")
    assert calls.statuses == {"200 OK": 400}
    phone = made["first", "+61355500913", 400, "random"]
    assert {name: count for name, count in calls.invites.items() if count} == phone["invites"]


def test_real_calls_beside_the_readings(made):
    with real() as switch:
        picture = switch.calls("+61355500913", 400).plot()
    assert picture.table.headers == ("target", "split", "rfc", "kamailio", "real calls")
    assert [row[-1] for row in picture.table.rows] == ["201", "199", "0"]
    assert "real calls: server1 201, server2 199, server3 0" in picture.alt


# Failover


@pytest.mark.parametrize("trouble", ["silent", "refusing"])
def test_the_second_choice_is_called_when_the_script_says_so(trouble):
    with real(route="failover") as switch:
        call = switch.call("+61355500914", **{trouble: ["firstchoice"]})
    assert call.invites == {"firstchoice": 1, "secondchoice": 1}
    assert call.counts == {"firstchoice": 0, "secondchoice": 1, "lost": 0}
    invites = [each for each in call.packets if each.summary.startswith("INVITE")]
    again = [each.summary for each in invites if each.destination == "firstchoice"]
    assert again == ["INVITE", *["INVITE again"] * (trouble == "silent")]


def test_without_the_script_a_call_ends_at_the_first_choice(made):
    answer = made["first", "+61355500914", 400, "random", "firstchoice refusing"]
    assert answer["statuses"] == {"503 Service Unavailable": 400}
    assert answer["invites"] == {"firstchoice": 400}


def test_contacts_of_one_q_ring_at_once_and_t_relay_rings_all(made):
    both = {"server1": 400, "server2": 400}
    assert made["failover", "+61355500912", 400, "random"]["taken"] == both
    everyone = made["all", "+61355500913", 1, "random"]["invites"]
    assert everyone == {"server1": 1, "server2": 1, "server3": 1}


# The hole


def test_a_number_of_the_hole_is_not_found():
    with real() as switch:
        found = [switch.call(f"+61255502{last}").status for last in ("345", "300", "346", "400")]
        reasons = switch.call("+61255502300").reasons
    assert found == ["200 OK", "404 Not in ENUM", "404 Not in ENUM", "200 OK"]
    assert "hidden by 3.2.0.5.5.5.2.1.6.e164.arpa." in reasons[0]


def test_a_call_goes_round_in_a_circle_when_the_return_code_is_ignored(made):
    round_and_round = made["circle", "+61255502300", 1, "random"]
    assert round_and_round["statuses"] == {"no answer": 1}
    assert 600 < round_and_round["lookups"]["NAPTR"] < 1000
    assert any("Message too long" in word for word in round_and_round["words"])
    bounded = made["hops", "+61255502300", 1, "random"]
    assert bounded["statuses"] == {"483 Too Many Hops": 1}
    assert bounded["lookups"] == {"NAPTR": 71}
    assert made["circle", "+61355500911", 1, "random"]["statuses"] == {"200 OK": 1}


def test_a_host_with_an_underscore_ends_the_call(made):
    answer = made["first", "+001144", 1, "random"]
    assert answer["statuses"] == {"no answer": 1}
    assert any("bad_uri" in word for word in answer["words"])


# Own zones, and what is refused


def test_a_zone_of_ones_own_routes_a_call():
    zone = Zone.from_text(
        "$TTL 1h\n@ SOA ns root 1 1 1 1 1\n@ NS ns\nns A 127.0.0.1\n"
        '*.4.4 NAPTR 10 10 "u" "E2U+sip" "!^\\\\+44(.*)$!sip:\\\\1@gw.example.net:5070!" .\n',
        origin="numbers.example.",
    )
    with real(zone, suffix="numbers.example.") as switch:
        call = switch.call("+44 1632 960083")
        assert call.counts == {"gw": 1, "lost": 0}
        assert "sip:1632960083@gw.example.net:5070" in [each.detail for each in call.packets]
        assert switch.call("+49 30 1").status == "404 Not in ENUM"


def test_a_lab_server_lends_its_zone_and_rotation():
    with serve("corrected", rotation="none") as server, real(server) as switch:
        assert switch.rotation == "none"
        assert switch.call("+61255502300").status == "200 OK"
        assert switch.calls("+61355500912", 40).invites == {"server1": 40, "server2": 0}


# What notebook 08 tells of single records: data of a record -> q and URI, or None if it is skipped.
MADE_OF = {
    r'10 1 "u" "E2U+sip" "!(^.*$)!sip:\\1@a.example!" .': "sip:+6199{n}@a.example",
    r'10 1 "u" "E2U+sip" "!^(\\+6|\\+61)!sip:\\1@a.example!" .': "sip:+61@a.example",
    r'10 1 "u" "E2U+sip" "!^\\+(\\d*)$!sip:\\1@a.example!" .': None,
    r'10 1 "u" "E2U+sip" "/^.*$/sip:a@a.example/" .': None,
    r'10 1 "u" "E2U+sip" "!^.*$!sip:a@a.example!i" .': "sip:a@a.example",
    r'10 1 "u" "sip+E2U" "!^.*$!sip:a@a.example!" .': "sip:a@a.example",
    r'10 1 "u" "E2U+sip+email:mailto" "!^.*$!sip:a@a.example!" .': None,
    r'10 1 "" "" "" 1.1.9.0.0.5.5.5.3.1.6.e164.arpa.': None,
}


def test_what_kamailio_makes_of_single_records():
    lines = [f"{n}.9.9.1.6 NAPTR {data}" for n, data in enumerate(MADE_OF)]
    sip = '"u" "E2U+sip" "!^.*$!sip:{}@a.example!" .'
    lines += [f"1.8.9.1.6 NAPTR {order} 1 " + sip.format(order) for order in (10, 40000)]
    lines += [f"2.8.9.1.6 NAPTR 10 {n} " + sip.format(n) for n in range(15)]
    zone = Zone.named("playground").with_records("\n".join(lines))
    with real(zone, route="redirect") as switch:
        for n, expected in enumerate(MADE_OF.values()):
            call = switch.call(f"+6199{n}")
            found = [uri for uri, _ in call.contacts]
            assert found == ([expected.format(n=n)] if expected else []), lines[n]
        late = switch.call("+61981").contacts
        many = switch.call("+61982").contacts
    assert [uri for uri, _ in late] == ["sip:40000@a.example", "sip:10@a.example"]
    assert [uri for uri, _ in many] == [f"sip:{n}@a.example" for n in range(12)]


def test_exercises_of_notebook_08_are_as_it_happens(made):
    call = made["failover", "+61355500914", 1, "random", "firstchoice silent"]
    assert sum(call["lookups"].values()) == tasks()["8.2"].expected
    laps = made["circle", "+61255502300", 1, "random"]["lookups"]["NAPTR"]
    assert laps - 1 == tasks()["8.3"].expected
    with real(read_zone(tasks()["8.4"].expected), route="failover") as switch:
        call = switch.call("+61355500940", refusing=["melbourne"])
    assert call.invites == {"melbourne": 1, "sydney": 1, "brisbane": 1}
    assert call.counts == {"melbourne": 0, "sydney": 1, "brisbane": 1, "lost": 0}


def test_kamailio_skips_a_record_that_it_cannot_use_and_both_say_so():
    zone = Zone.named("playground").with_records(f"{BAD}\n{GOOD}")
    with real(zone) as switch:
        call = switch.call("+99")
    assert call.counts == {"bad": 0, "server1": 1, "lost": 0}
    assert any("Regexp replace failed" in word for word in call.words)
    assert "the regexp is not sound" in call.reasons[0]
    assert "The switch says: ERROR" in repr(call)
    assert "The lab says: 10 1" in call._repr_html_()


def test_bind_refuses_a_zone_in_its_words_and_ours():
    need("named")
    start = time.monotonic()
    with pytest.raises(lab.ServerError) as refusal:
        peers.bind(Zone.named("playground").with_records(BAD)).__enter__()
    assert time.monotonic() - start < 10
    assert "not loaded due to errors" in str(refusal.value)
    assert "The lab says:\n9.9.e164.arpa.: the regexp is not sound" in str(refusal.value)


@pytest.mark.parametrize(("old", "new", "words"), [
    ("enum_query()", "enum_qery()", "failed to find command enum_qery"),
    ('loadmodule "enum.so"', "", "unknown command, missing loadmodule"),
    ("request_route {", "request_route {{", "syntax error"),
])  # fmt: skip
def test_kamailio_refuses_settings_in_its_own_words(old, new, words):
    with pytest.raises(lab.ServerError, match=words):
        real(route=peers.settings("first").replace(old, new, 1))


def test_what_makes_no_sense_is_refused():
    with pytest.raises(lab.ServerError, match="'second' is not a route"):
        peers.kamailio("playground", route="second")
    with real() as switch:
        for calls in (0, True, 2.5, 1001):
            with pytest.raises(lab.ServerError, match="expected a whole number, 1 to 1,000"):
                switch.calls("+61355500911", calls)
        with pytest.raises(lab.ServerError, match="'server9' is no target"):
            switch.call("+61355500911", silent=["server9"])
        with pytest.raises(lab.NumberError):
            switch.call("nobody")
        with pytest.raises(lab.ServerError, match="no packets were kept"):
            switch.calls("+61355500911", 2).ladder()
        assert repr(switch) == "Switch(running, zone='e164.arpa.')"
    assert repr(switch) == "Switch(stopped, zone='e164.arpa.')"
    with pytest.raises(lab.ServerError, match="this switch is stopped"):
        switch.call("+61355500911")


# Nothing leaks


def test_two_at_the_same_time_do_not_collide():
    with real() as one, real(route="failover") as other:
        first, second = one.calls("+61355500914", 40), other.calls("+61355500914", 40)
        assert first.statuses == second.statuses == {"200 OK": 40}
        assert other.call("+61355500914", silent=["firstchoice"]).taken["secondchoice"] == 1
        assert one.call("+61355500914").taken["firstchoice"] == 1


def left(marker):
    """Processes whose command line or environment holds a marker."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            told = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
        except OSError:
            continue
        if marker.encode() in told and int(folder.name) != os.getpid():
            found.append(folder.name)
    return found


def gone(marker):
    deadline = time.monotonic() + 10
    while left(marker) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left(marker) == []


def test_nothing_is_left_running(monkeypatch, tmp_path):
    marker = f"enumlab-marker-{os.getpid()}"
    monkeypatch.setenv("ENUMLAB_MARKER", marker)
    resolver = Path("/etc/resolv.conf").read_bytes()
    switch = real()
    folder = Path(switch._line._folder.name)
    assert len(left(marker)) >= 4  # unshare, Python inside, and Kamailio's processes
    assert Path("/etc/resolv.conf").read_bytes() == resolver
    switch.stop()
    switch.stop()
    assert gone(marker)
    assert not folder.exists()


def test_nothing_is_left_running_after_a_kernel_was_killed():
    real().stop()
    marker = f"enumlab-killed-{os.getpid()}"
    program = (
        "from enumlab import peers\n"
        "switch = peers.kamailio('playground', recorded=False)\n"
        "print(switch._line._folder.name, flush=True)\n"
        "input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], env={**os.environ, "ENUMLAB_MARKER": marker},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as kernel:  # fmt: skip
        folder = Path(kernel.stdout.readline().strip())
        assert folder.exists()
        assert len(left(marker)) >= 4
        kernel.send_signal(signal.SIGKILL)
    assert gone(marker)
    assert not folder.exists()


def test_a_switch_that_dies_in_the_middle_says_so():
    with real() as switch:
        death = threading.Timer(0.3, switch._line._process.kill)
        death.start()
        with pytest.raises(lab.ServerError, match="stopped in the middle of the calls"):
            switch.call("+61355500911", silent=["10.0.1.98"])
        assert not switch.running


def test_an_interrupted_call_leaves_no_switch_that_answers_late():
    with real() as switch:
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            switch.call("+61355500911", silent=["10.0.1.98"])
        assert not switch.running


def test_a_user_without_any_privilege_can_run_it():
    real().stop()
    program = (
        "import os; from enumlab import peers\n"
        "status = open('/proc/self/status').read()\n"
        "assert os.getuid() == 1000 and 'CapEff:\\t0000000000000000' in status\n"
        "with peers.kamailio('playground', recorded=False) as switch:\n"
        "    print(switch.call('+61355500911').status)\n"
    )
    unshare = [need("unshare"), "--user", "--map-user=1000", "--map-group=1000"]
    done = subprocess.run(
        [*unshare, sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("200 OK\n", "")


def test_where_the_kernel_gives_no_namespaces_a_plain_sentence_says_so():
    real().stop()
    program = (
        "from enumlab import peers\n"
        "switch = peers.kamailio('playground')\n"
        "print(switch.call('+61355500911').status, switch.note)\n"
        "peers.kamailio('playground', recorded=False)\n"
    )
    shell = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'
    command = [need("unshare"), "--user", "--map-root-user", "sh", "-c", shell, "sh"]
    done = subprocess.run(
        [*command, sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("200 OK This machine does not let this user have a private net")
    assert "These calls were recorded on" in done.stdout
    assert "Ask its administrator" in done.stderr.splitlines()[-1]


def test_namespaces_that_are_good_for_nothing_are_seen_as_such(monkeypatch):
    real().stop()
    kept = [word for word in namespace.UNSHARE if word != "--map-root-user"]
    monkeypatch.setattr(namespace, "UNSHARE", kept)  # nobody inside, so nothing is allowed
    with pytest.raises(CannotRunError, match=r"private network \(.*not permitted"):
        peers.kamailio("playground", recorded=False)


# The recording


def test_the_recording_is_what_happens(made):
    for entry in recording()["calls"]:
        now, then = made[key(entry)], entry["answer"]
        for what in ("statuses", "taken", "invites", "contacts", "lookups", "words"):
            assert now[what] == then[what], (key(entry), what)
        if len(now["taken"]) < 2:  # where two ring at once, a CANCEL may come too late to be sent
            assert now["passed"] == then["passed"], key(entry)
    assert len(made) == len(recording()["calls"])


def test_notebook_08_runs_where_nothing_is_installed(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(namespace, "require", lambda name: peers.require(f"no-{name}"))
    monkeypatch.setattr(comparison, "find", lambda program: None)
    path = Path(__file__).parent.parent / "notebooks" / "08-in-real-switches.ipynb"
    names = {}
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code" and "lab.exercise(" not in source:
            exec(source, names)
    assert "These calls were recorded on" in names["switch"].note
    assert names["circle"].note == names["circling"].note != ""


def test_without_kamailio_the_recording_answers_and_says_so(monkeypatch):
    monkeypatch.setattr(namespace, "require", lambda name: peers.require(f"no-{name}"))
    with peers.kamailio("playground") as switch:
        call = switch.call("+61355500911")
        assert call.packets[3].summary == "INVITE"
        assert call.note == switch.note
        assert "no-kamailio is not on this machine" in call.note
        assert "with Kamailio 5." in call.note
        assert call.note in repr(call)
        assert call.note in call._repr_html_()
        assert call.note in call.ladder().sentence
        assert switch.calls("+61355500913").note in switch.calls("+61355500913").plot().sentence
        assert repr(switch) == f"Switch(running, zone='e164.arpa.')\n{switch.note}"
        with pytest.raises(lab.ServerError, match="nobody recorded them"):
            switch.call("+61355500999")
    with pytest.raises(lab.ServerError, match="no-kamailio is not on this machine"):
        peers.kamailio("playground", recorded=False)
    with peers.kamailio("corrected") as other, pytest.raises(lab.ServerError, match="recorded"):
        other.call("+61355500911")


# Name servers


def test_all_name_servers_say_the_same():
    for program in ("named", "nsd", "knotd", "dig"):
        need(program)
    found = peers.compare(Zone.named("playground"), record.NUMBERS)
    assert list(found.answers) == ["lab", "BIND", "NSD", "Knot"]
    assert (found.same, found.note, found.asked_with) == (True, "", "dig")
    assert {row[2:] for row in found.table.rows} == {("same", "same", "same")}
    assert found.answers["BIND"]["+61355500914"].splitlines() == [
        "NOERROR",
        f'10 100 "u" "E2U+sip" "!^.*$!sip:61355500914@firstchoice.{HOST}!" .',
        f'20 100 "u" "E2U+sip" "!^.*$!sip:61355500914@secondchoice.{HOST}!" .',
    ]
    assert found.answers["NSD"]["+61255502300"] == "NXDOMAIN"
    assert recording()["answers"][0]["answers"] == found.answers


def test_a_difference_would_be_seen(monkeypatch):
    need("named")
    other = Zone.named("corrected")
    monkeypatch.setattr(comparison, "ENGINES", {"BIND": lambda zone: peers.bind(other)})
    found = peers.compare(Zone.named("playground"), ["+61355500912", "+61255502300"])
    assert not found.same
    assert [row[2] for row in found.table.rows] == ["same", "differs"]


def test_missing_name_servers_are_recorded_and_dig_is_not_needed(monkeypatch):
    monkeypatch.setattr(comparison, "find", lambda program: None)
    found = peers.compare(Zone.named("playground"), record.NUMBERS)
    assert found.same
    assert found.asked_with == "enumlab"
    assert "named is not on this machine: recorded on" in found.note
    assert found.note in repr(found)
    assert found.note in found._repr_html_()
    fewer = peers.compare(Zone.named("playground"), ["+61355500912"])
    assert list(fewer.answers) == ["lab"]
    assert "knotd is not on this machine: left out." in fewer.note


# Export


def test_export_writes_what_bind_loads(tmp_path, capsys):
    checkconf, named = need("named-checkconf"), need("named")
    from enumlab.__main__ import main

    folder = tmp_path / "new" / "bind"
    assert main(["export", "bind", str(folder)]) == 0
    written = capsys.readouterr().out.split()
    assert [Path(each).name for each in written] == [
        "named.conf", "e164.arpa.zone", "Dockerfile", "README.md"
    ]  # fmt: skip
    done = subprocess.run(
        [checkconf, "-z", "named.conf"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "zone e164.arpa/IN: loaded serial 2009010918\n")
    assert "COPY named.conf e164.arpa.zone ./" in (folder / "Dockerfile").read_text()

    with serve("playground", port=0) as free:
        port = free.port
    with subprocess.Popen(
        [named, "-g", "-c", "named.conf", "-p", str(port)], cwd=folder,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        try:
            uris, deadline = [], time.monotonic() + 10
            while not uris and time.monotonic() < deadline:
                with suppress(lab.ServerError):  # not up yet
                    uris = lab.ask("+61355500911", f"127.0.0.1:{port}", timeout=0.2).uris
            assert uris == ["sip:61355500912@10.0.1.98"]
        finally:
            process.terminate()


def test_export_writes_over_nothing_unless_told(tmp_path, capsys):
    from enumlab.__main__ import main

    (tmp_path / "Dockerfile").write_text("mine")
    assert main(["export", "bind", str(tmp_path)]) == 2
    assert "holds Dockerfile already" in capsys.readouterr().err
    assert [each.name for each in tmp_path.iterdir()] == ["Dockerfile"]
    assert main(["export", "bind", str(tmp_path), "--force", "--zone", "corrected"]) == 0
    assert (tmp_path / "Dockerfile").read_text() != "mine"
    zone = Zone.from_file(tmp_path / "e164.arpa.zone")
    assert zone.to_text() == Zone.named("corrected").to_text()
    with pytest.raises(lab.ServerError, match="Name another folder"):
        export_bind(zone, tmp_path / "Dockerfile")


def test_every_setting_of_the_course_is_explained_and_small():
    for route in peers.ROUTES:
        text = peers.settings(route, "numbers.example.")
        assert 'modparam("enum", "domain_suffix", "numbers.example.")' in text
        assert text.count("#") >= 6
        assert "enum_query()" in text
    assert json.dumps(recording()).isascii()
