"""The lab server behind real sockets: life, faults, TCP, log; what stock dnslib does wrong."""

from __future__ import annotations

import gc
import socket
import struct
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path

import dns.message
import dns.query
import dns.rcode
import packets
import pytest
from packets import NUMBER, header, question

import enumlab as lab
from enumlab import ServerError, Zone, loop, querylog, sockets
from enumlab.server import LabServer, serve
from enumlab.sockets import PORT

PLAYGROUND = Zone.named("playground")
QUERY = header() + question()
MANY = PLAYGROUND.with_records("\n".join(f'big TXT "{n:03} {"x" * 100}"' for n in range(40)))


@pytest.fixture
def server():
    with LabServer(PLAYGROUND, port=0) as running:
        yield running
        assert not running._loop.failures


def frame(packet):
    return struct.pack("!H", len(packet)) + packet


def connect(server):
    sock = socket.create_connection(server.address)
    sock.settimeout(5)
    return sock


def read_frame(sock):
    data = b""
    while len(data) < 2 or len(data) < 2 + struct.unpack("!H", data[:2])[0]:
        more = sock.recv(2 if len(data) < 2 else 2 + struct.unpack("!H", data[:2])[0] - len(data))
        if not more:
            return None
        data += more
    return data[2:]


def udp(server, packet, wait=2.0):
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.settimeout(wait)
        sock.connect(server.address)
        sock.send(packet)
        try:
            return sock.recv(65535)
        except TimeoutError:
            return None


def threads():
    return [each.name for each in threading.enumerate() if each.name.startswith("enumlab")]


def descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


# Life


def test_port_10164_if_free_else_any():
    with LabServer(PLAYGROUND) as first, LabServer(PLAYGROUND) as second:
        assert first.port != second.port
        assert udp(first, QUERY)
        assert udp(second, QUERY)


def test_udp_and_tcp_share_the_port(server):
    query = dns.message.make_query(NUMBER, "NAPTR")
    assert dns.query.udp(query, server.host, port=server.port, timeout=2).answer
    assert dns.query.tcp(query, server.host, port=server.port, timeout=2).answer


@pytest.mark.parametrize("times", [1, 2])
def test_stop_frees_the_port_and_the_thread_at_once(times):
    server = LabServer(PLAYGROUND, port=0)
    port = server.port
    with connect(server) as sock:
        sock.sendall(frame(QUERY))
        assert read_frame(sock)
        for _ in range(times):
            server.stop()
    assert not server.running
    assert threads() == []
    with LabServer(PLAYGROUND, port=port) as again:
        assert again.port == port
        assert udp(again, QUERY)


def test_a_hundred_servers_leave_nothing_behind():
    with LabServer(PLAYGROUND, port=0):
        pass
    gc.collect()
    before = descriptors()
    for _ in range(100):
        with LabServer(PLAYGROUND, port=0) as server:
            udp(server, QUERY)
    assert descriptors() == before
    assert threads() == []


def test_a_server_that_nobody_holds_gives_its_port_back():
    server = LabServer(PLAYGROUND, port=0)
    port = server.port
    del server
    gc.collect()
    with LabServer(PLAYGROUND, port=port) as again:
        assert udp(again, QUERY)


def test_a_second_server_on_a_port_is_refused_and_the_first_goes_on(server):
    with pytest.raises(ServerError, match=r"cannot listen on 127\.0\.0\.1 port"):
        LabServer(PLAYGROUND, port=server.port)
    assert udp(server, QUERY)


def test_a_udp_port_of_another_program_is_not_shared(server):
    with socket.socket(type=socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        with pytest.raises(ServerError):
            LabServer(PLAYGROUND, port=other.getsockname()[1])


@pytest.mark.parametrize("port", [-1, 65536, "53", 1.5])
def test_a_port_that_is_none(port):
    with pytest.raises(ServerError, match="from 0 to 65535"):
        LabServer(PLAYGROUND, port=port)


def test_an_address_of_another_machine():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ServerError, match="address of this machine"):
            LabServer(PLAYGROUND, host="192.0.2.1", port=0)


def test_listening_beyond_the_loopback_warns():
    with pytest.warns(UserWarning, match="lets other machines ask"):
        server = LabServer(PLAYGROUND, host="0.0.0.0", port=0)
    server.stop()


def test_nothing_is_printed_even_at_the_end_of_the_process():
    program = (
        "import enumlab as lab\n"
        "server = lab.serve(port=0)\n"
        "assert lab.ask('+61355500911', server).uris\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, timeout=30, check=True
    )
    assert (done.stdout, done.stderr) == (b"", b"")


# In a notebook


@pytest.fixture
def shell():
    from IPython.core.interactiveshell import InteractiveShell

    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    yield shell
    shell.reset(new_session=False)
    InteractiveShell.clear_instance()
    for each in list(threading.enumerate()):
        assert not each.name.startswith("enumlab") or not each.join(2)


def run(shell, cell):
    result = shell.run_cell(cell, store_history=True)
    result.raise_error()
    return shell.user_ns


def test_the_same_cell_again_replaces_its_server(shell, monkeypatch):
    with LabServer(PLAYGROUND, port=0) as other:
        usual = other.port  # free from here on; another program may have 10164
    monkeypatch.setattr(sockets, "PORT", usual)
    cell = "import enumlab as lab; server = lab.serve('playground')"
    first = run(shell, cell)["server"]
    port = first.port
    second = run(shell, cell)["server"]
    assert not first.running
    assert second.running
    assert second.port == port
    assert len(threads()) == 1


def test_one_cell_may_start_several_and_another_cell_leaves_them(shell):
    names = run(shell, "import enumlab as lab\nservers = [lab.serve(port=0) for _ in range(3)]")
    other = run(shell, "other = lab.serve(port=0)")["other"]
    assert all(server.running for server in [*names["servers"], other])
    old = names["servers"]
    new = run(shell, "import enumlab as lab\nservers = [lab.serve(port=0) for _ in range(3)]")
    assert not any(server.running for server in old)
    assert all(server.running for server in new["servers"])
    assert other.running
    for server in [*new["servers"], other]:
        server.stop()


# What is served


def test_the_zone_is_replaced_while_serving(server):
    name = "6.4.3.2.0.5.5.5.2.1.6.e164.arpa."
    query = header() + question(name)
    assert dns.message.from_wire(udp(server, query)).rcode() == dns.rcode.NXDOMAIN
    server.zone = Zone.named("corrected")
    assert dns.message.from_wire(udp(server, query)).answer
    with pytest.raises(lab.LabError, match="expected a Zone"):
        server.zone = "corrected"
    assert dns.message.from_wire(udp(server, query)).answer


def test_serve_takes_a_name_a_path_or_a_zone(tmp_path):
    path = tmp_path / "my.zone"
    path.write_text(PLAYGROUND.to_text())
    for zone in ("playground", path, str(path), PLAYGROUND):
        with serve(zone, port=0) as server:
            assert len(server.zone) == len(PLAYGROUND)
    with pytest.raises(lab.ZoneError, match="one of the names corrected"):
        serve("no-such-zone")


def test_rotation_shows_in_real_answers():
    for rotation, expected in [("none", {0}), ("cyclic", {0, 1})]:
        with LabServer(PLAYGROUND, port=0, rotation=rotation) as server:
            firsts = {
                int("server2" in lab.ask("+61355500912", server).arrived[0].regexp)
                for _ in range(10)
            }
        assert firsts == expected
    with pytest.raises(lab.LabError, match="random, cyclic, none"):
        LabServer(PLAYGROUND, port=0, rotation="often")


def test_drop_is_a_share_of_the_queries():
    with LabServer(PLAYGROUND, port=0, drop=0.5, seed=1) as server:
        answered = sum(udp(server, QUERY, wait=0.05) is not None for _ in range(60))
        assert 15 < answered < 45
        server.drop = 0
        assert udp(server, QUERY)
        with pytest.raises(ServerError, match="from 0 to 1"):
            server.drop = 7


# The log


def test_the_log_tells_name_type_rcode_and_why(server):
    udp(server, header() + question("6.4.3.2.0.5.5.5.2.1.6.e164.arpa."))
    lab.ask("+61355500911", server)
    frame = server.log
    assert list(frame.columns) == ["time", "transport", "name", "type", "rcode", "why", "bytes"]
    assert list(frame["rcode"]) == ["NXDOMAIN", "NOERROR"]
    assert "hidden by 4.3.2.0.5.5.5.2.1.6" in frame["why"][0]
    assert str(frame["time"].dt.tz) == "UTC"
    assert server.tail(1).rows == [
        ("1.1.9.0.0.5.5.5.3.1.6.e164.arpa.", "NAPTR", "NOERROR", server.queries[-1].reply.why)
    ]
    assert server.tail(0).rows == []


def test_the_log_is_a_ring(monkeypatch):
    assert querylog.LOG_SIZE == 10_000
    monkeypatch.setattr(querylog, "LOG_SIZE", 3)
    with LabServer(PLAYGROUND, port=0) as server:
        for digit in range(5):
            udp(server, header() + question(f"{digit}.e164.arpa."))
        assert [row[0] for row in server.tail(9).rows] == [f"{d}.e164.arpa." for d in (2, 3, 4)]


def test_what_is_no_query_is_not_logged(server):
    udp(server, header(packets.QR) + question(), wait=0.1)
    assert server.queries == []


# TCP


def test_many_queries_on_one_connection(server):
    with connect(server) as sock:
        for _ in range(20):
            sock.sendall(frame(QUERY))
            assert read_frame(sock)


def test_pipelined_queries_are_all_answered():
    with LabServer(MANY, port=0) as server, connect(server) as sock:
        query = header() + question("big.e164.arpa.", packets.TXT)
        total = 400  # 2 MB of answers: more than the server keeps for a slow reader
        sender = threading.Thread(target=sock.sendall, args=(frame(query) * total,))
        sender.start()
        sizes = [len(read_frame(sock)) for _ in range(total)]
        sender.join()
        assert min(sizes) == max(sizes) > 4000


def test_a_length_in_two_segments_and_a_query_byte_by_byte(server):
    with connect(server) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in frame(QUERY):
            sock.send(bytes([byte]))
            time.sleep(0.002)
        assert read_frame(sock)


def test_a_slow_client_holds_up_nobody(server):
    with connect(server) as slow:
        slow.sendall(frame(QUERY)[:5])
        start = time.perf_counter()
        for _ in range(50):
            assert udp(server, QUERY)
        with connect(server) as quick:
            quick.sendall(frame(QUERY))
            assert read_frame(quick)
        assert time.perf_counter() - start < 2


def test_a_half_closed_connection_still_gets_its_answer(server):
    with connect(server) as sock:
        sock.sendall(frame(QUERY))
        sock.shutdown(socket.SHUT_WR)
        assert read_frame(sock)
        assert sock.recv(1) == b""


@pytest.mark.parametrize("junk", [b"\0\0", b"\0\1x", frame(b"x" * 11), frame(b"\xff" * 65535)])
def test_junk_frames_do_not_end_the_conversation(server, junk):
    with connect(server) as sock:
        sock.sendall(junk + frame(QUERY))
        assert read_frame(sock)


def test_an_idle_connection_is_closed(monkeypatch):
    monkeypatch.setattr(loop, "IDLE", 0.2)
    with LabServer(PLAYGROUND, port=0) as server, connect(server) as sock:
        sock.sendall(frame(QUERY))
        assert read_frame(sock)
        assert sock.recv(1) == b""


def test_hundreds_of_idle_connections_cost_no_thread(server):
    silent = [connect(server) for _ in range(loop.CONNECTIONS + 50)]
    try:
        with connect(server) as sock:
            sock.sendall(frame(QUERY))
            assert read_frame(sock)
        assert len(threads()) == 1
        assert len(server._loop.connections) <= loop.CONNECTIONS
    finally:
        for sock in silent:
            sock.close()


def test_a_reset_connection_is_forgotten(server):
    sock = connect(server)
    sock.sendall(frame(QUERY))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()
    assert udp(server, QUERY)


# Two servers and a spoofed packet


def test_two_servers_do_not_talk_to_each_other():
    with LabServer(PLAYGROUND, port=0) as one, LabServer(PLAYGROUND, port=0) as other:
        # A response, as if it came from the other one: neither may answer it.
        reply = dns.message.from_wire(udp(one, QUERY)).to_wire()
        for server in one, other:
            assert udp(server, reply, wait=0.2) is None
        assert len(one.queries) == 1
        assert other.queries == []


def test_default_port_is_what_the_course_says():
    assert PORT == 10164
