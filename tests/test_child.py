"""A server in a process of its own: the same answers, whatever this process is busy with."""

from __future__ import annotations

import gc
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from contextlib import suppress

import dns.message
import dns.query
import pytest

import enumlab as lab
from enumlab import ServerError, Zone
from enumlab.server import LabServer

PLAYGROUND = Zone.named("playground")
NUMBERS = ["+61355500911", "+61355500913", "+61255501234", "+61255502346", "+61255502345"]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="sockets cannot be handed over there")


@pytest.fixture(name="server")
def _server():
    with LabServer(PLAYGROUND, port=0, process=True, rotation="none") as server:
        yield server


def is_free(port):
    with socket.socket(type=socket.SOCK_DGRAM) as sock, suppress(OSError):
        sock.bind(("127.0.0.1", port))
        return True
    return False


def until(happened, seconds=10):
    end = time.monotonic() + seconds
    while not happened() and time.monotonic() < end:
        time.sleep(0.02)
    return happened()


def test_it_answers_as_a_server_in_this_process(server):
    with LabServer(PLAYGROUND, port=0, rotation="none") as near:
        for number in NUMBERS:
            far, here = (lab.ask(number, each) for each in (server, near))
            assert (far.rcode, far.uris, far.why) == (here.rcode, here.uris, here.why)
        assert [entry.reply[1:] for entry in server.queries] == [
            entry.reply[1:] for entry in near.queries
        ]
    assert list(server.log["name"][:1]) == ["1.1.9.0.0.5.5.5.3.1.6.e164.arpa."]
    assert server._loop.failures == []


def test_over_tcp(server):
    query = dns.message.make_query("2.1.9.0.0.5.5.5.3.1.6.e164.arpa", "NAPTR")
    assert len(dns.query.tcp(query, "127.0.0.1", port=server.port, timeout=5).answer[0]) == 2


def test_zone_rotation_and_drop_may_be_changed(server):
    assert lab.ask("+61255502346", server).rcode == "NXDOMAIN"
    server.zone = Zone.named("corrected")
    assert lab.ask("+61255502346", server).rcode == "NOERROR"
    assert server.zone.to_text() == Zone.named("corrected").to_text()
    server.zone = PLAYGROUND.with_records('9 NAPTR 1 1 "u" "E2U+sip" "!^.*$!sip:a@b.example!" .')
    assert lab.ask("+9", server).uris == ["sip:a@b.example"]
    server.rotation = "cyclic"
    first = [lab.ask("+61355500912", server).arrived[0].regexp for _ in range(4)]
    assert first[0] == first[2] != first[1] == first[3]
    server.drop = 1
    with pytest.raises(ServerError, match="nothing came"):
        lab.ask("+9", server, timeout=0.05)
    with pytest.raises(ServerError, match="not a share"):
        server.drop = 2


def test_stop_frees_the_port_at_once_and_may_come_twice(server):
    pid, port = server._loop._process.pid, server.port
    server.stop()
    server.stop()
    assert not server.running
    assert is_free(port)
    assert not os.path.exists(f"/proc/{pid}")  # noqa: PTH110
    assert server.queries == []
    server.zone = PLAYGROUND  # as with any server that is stopped


def test_a_server_that_nobody_holds_ends():
    server = LabServer(PLAYGROUND, port=0, process=True)
    process, port = server._loop._process, server.port
    del server
    gc.collect()
    assert process.poll() is not None
    assert is_free(port)


def test_a_port_that_is_taken_is_told_as_for_any_server(server):
    with pytest.raises(ServerError, match="Stop the program"):
        LabServer(PLAYGROUND, port=server.port, process=True)


def test_a_process_that_was_killed(server):
    os.kill(server._loop._process.pid, signal.SIGKILL)
    assert until(lambda: not server.running)
    with pytest.raises(ServerError, match="process of this server has ended"):
        server._loop._ask("log")
    assert until(lambda: is_free(server.port))


def program(text):
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(text)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_it_ends_when_its_parent_is_killed():
    parent = program("""
        import enumlab as lab, time
        server = lab.serve(port=0, process=True)
        print(server.port, flush=True)
        time.sleep(60)
    """)
    port = int(parent.stdout.readline())
    assert not is_free(port)
    parent.kill()
    parent.communicate()
    assert until(lambda: is_free(port))


def test_an_interrupt_is_for_the_cell_and_not_for_the_server():
    """A kernel is interrupted with all processes of its group."""
    parent = program("""
        import enumlab as lab, time
        server = lab.serve(port=0, process=True)
        try:
            print(flush=True)
            time.sleep(60)
        except KeyboardInterrupt:
            print(lab.ask("+61355500911", server).uris[0])
    """)
    parent.stdout.readline()
    os.killpg(parent.pid, signal.SIGINT)
    out, err = parent.communicate(timeout=30)
    assert (out.strip(), err) == ("sip:61355500912@10.0.1.98", "")


def test_it_answers_while_one_long_call_lets_no_thread_run(server):
    """A number of half a million digits is worked out in one call; no thread runs meanwhile."""
    asker = program(f"""
        import socket, time, dns.message
        query = dns.message.make_query("1.1.9.0.0.5.5.5.3.1.6.e164.arpa", "NAPTR").to_wire()
        sock = socket.socket(type=socket.SOCK_DGRAM)
        sock.connect(("127.0.0.1", {server.port}))
        sock.settimeout(5)
        print(flush=True)
        end, waits = time.time() + 1.5, []
        while time.time() < end:
            start = time.perf_counter()
            sock.send(query)
            sock.recv(4096)
            waits.append(time.perf_counter() - start)
            time.sleep(0.001)
        waits.sort()
        print(len(waits), waits[len(waits) // 2], waits[-1])
    """)
    asker.stdout.readline()
    longest = 0.0
    while asker.poll() is None:
        start = time.perf_counter()
        assert 7 ** (600_000 + asker.pid)
        longest = max(longest, time.perf_counter() - start)
    out, err = asker.communicate()
    assert err == ""
    count, median, _ = map(float, out.split())
    assert count > 100
    assert median < 0.01
    assert longest > 0.02


def test_a_forked_copy_leaves_it_alone(server):
    child = os.fork()
    if not child:
        server.stop()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert server.running
    assert lab.ask("+61355500911", server).uris
