"""What a kernel goes through in a lesson: restart, interrupt, fork, kill, and ports of others."""

from __future__ import annotations

import errno
import gc
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import textwrap
import threading
import time
import warnings

import pytest
from classroom import network
from classroom.kernels import Kernel, environment
from classroom.network import LO_UP, NO_IPV6
from classroom.proc import bound, descriptors, lives, own_address, strangers, tree
from packets import header, question

import enumlab.sockets
from enumlab import ServerError, Zone, ask
from enumlab.server import LabServer

PLAYGROUND = Zone.named("playground")
NUMBER = "+61355500911"
URI = "sip:61355500912@10.0.1.98"
QUERY = header() + question()
RUNS = 4  # what leaks each time shows after so many; a kernel opens one or two more on its own


def free_port():
    with LabServer(PLAYGROUND, port=0) as server:
        return server.port


@pytest.fixture(scope="module")
def usual():
    """A port for these tests instead of 10164, which may be somebody's."""
    return free_port()


@pytest.fixture(scope="module")
def module_kernel(usual, tmp_path_factory):
    with Kernel(tmp_path_factory.mktemp("kernel")) as kernel:
        yield kernel
        assert kernel.stderr == ""


@pytest.fixture
def kernel(module_kernel, usual):
    """A kernel in which nothing has run yet but the import."""
    module_kernel.restart()
    begin(module_kernel, usual)
    return module_kernel


def begin(kernel, usual):
    kernel.run(f"import enumlab as lab, enumlab.sockets; enumlab.sockets.PORT = {usual}")


def is_answered(port, host="127.0.0.1"):
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.connect((host, port))
        sock.settimeout(2)
        sock.send(QUERY)
        try:
            return bool(sock.recv(4096))
        except OSError:
            return False


def soon(what):
    """Whether something comes true; a process that has lost its parent takes a moment to end."""
    deadline = time.monotonic() + 10
    while not (true := what()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return true


def nobody_has(port):
    """Whether both sockets can be bound, as a new server does."""
    with socket.socket(type=socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            udp.bind(("127.0.0.1", port))
            tcp.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


@pytest.fixture(params=["thread", "process"])
def serve(request):
    """How a cell starts its server: in the kernel, and beside it."""
    return "lab.serve()" if request.param == "thread" else "lab.serve(process=True)"


# Restart, the same cell again, and the end


def test_after_a_restart_the_usual_port_is_there_again(kernel, usual, serve):
    start = f"server = {serve}; print(server.port)"
    assert kernel.run(start) == str(usual)
    kernel.restart()
    assert soon(lambda: nobody_has(usual))
    begin(kernel, usual)
    assert kernel.run(start) == str(usual)
    assert is_answered(usual)


@pytest.mark.parametrize("cell", [None, "0f6e"], ids=["nameless cell", "cell with an id"])
def test_a_cell_run_again_takes_the_place_of_its_server(kernel, usual, cell, serve):
    start = f"server = {serve}; print(server.port)"
    kernel.run(start, cell)
    before = descriptors(kernel.pid)
    for _ in range(RUNS):
        assert kernel.run(start, cell) == str(usual)
    assert descriptors(kernel.pid) < before + RUNS
    assert kernel.run("print(lab.ask('+61355500911', server).uris)") == str([URI])


def test_a_kernel_that_is_killed_frees_the_port(tmp_path, serve):
    port = free_port()
    with Kernel(tmp_path) as kernel:
        begin(kernel, port)
        assert kernel.run(f"server = {serve}; print(server.port)") == str(port)
        everyone = tree(kernel.pid)
        kernel.kill()
        assert soon(lambda: nobody_has(port))
        assert soon(lambda: not any(map(lives, everyone)))


# Interrupt


@pytest.mark.parametrize(
    "asking",
    [
        "lab.ask('+61355500911', server, timeout=60)",
        "lab.block_map(server, '+61255502', digits=3)",
    ],
    ids=["ask", "block_map"],
)
def test_an_interrupted_query_leaves_nothing_behind(kernel, asking, serve):
    kernel.run(f"server = {serve}; {asking}; server.drop = 1.0")  # all is imported by now
    before = descriptors(kernel.pid)
    for _ in range(RUNS):
        sent = kernel.send(f"print('now', flush=True)\n{asking}")
        kernel.printed(sent, until="now")
        time.sleep(0.2)
        asked = time.monotonic()
        kernel.interrupt()
        _, error = kernel.printed(sent)
        assert error.startswith("KeyboardInterrupt")
        assert time.monotonic() - asked < 5  # not after the minute it would wait
    assert descriptors(kernel.pid) < before + RUNS
    assert kernel.run("server.drop = 0; print(lab.ask('+61355500911', server).uris)") == str([URI])


def test_an_interrupted_cell_leaves_the_server_of_another_cell_alone(kernel):
    port = int(kernel.run("server = lab.serve(); print(server.port)"))
    sent = kernel.send("print('now', flush=True)\nwhile True: pass")
    kernel.printed(sent, until="now")
    assert is_answered(port)
    kernel.interrupt()
    assert kernel.printed(sent).error.startswith("KeyboardInterrupt")
    assert is_answered(port)


# Several at once


def test_two_kernels_and_a_terminal_server_at_once(kernel, usual, tmp_path):
    """Each gets a port of its own, and only its own queries."""
    start = "server = lab.serve(); print(server.port)"
    ports = [int(kernel.run(start))]
    program = (
        f"import enumlab.sockets; enumlab.sockets.PORT = {usual}\n"
        "from enumlab.__main__ import main; main(['serve'])"
    )
    folder = tmp_path / "terminal"
    folder.mkdir()
    terminal = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(folder),
    )
    with Kernel(tmp_path) as second, terminal:
        try:
            begin(second, usual)
            ports.append(int(second.run(start)))
            words = [terminal.stdout.readline() for _ in range(2)][1].split()
            assert words[:3] == ["dig", "@127.0.0.1", "-p"]
            ports.append(int(words[3]))
            assert ports[0] == usual
            assert len(set(ports)) == 3
            for port, times in zip(ports, (1, 2, 3), strict=True):
                for _ in range(times):
                    assert ask(NUMBER, ("127.0.0.1", port)).uris == [URI]
            assert kernel.run("print(len(server.queries))") == "1"
            assert second.run("print(len(server.queries))") == "2"
            terminal.send_signal(signal.SIGINT)
            assert terminal.wait(10) == 0
            assert nobody_has(ports[2])
        finally:
            terminal.kill()


# Fork


FORKS = {
    "os._exit": "os._exit(0)",
    "stop": "server.stop(); os._exit(0)",
    "forgotten": "del server; gc.collect(); os._exit(0)",
}


@pytest.mark.parametrize("end", FORKS)
def test_a_forked_child_does_not_end_the_server(kernel, end, serve):
    port = int(kernel.run(f"import gc, os; server = {serve}; print(server.port)"))
    kernel.run(f"child = os.fork()\nif not child:\n    try: {FORKS[end]}\n    finally: os._exit(9)")
    assert kernel.run("print(os.waitpid(child, 0)[1], server.running)") == "0 True"
    assert is_answered(port)


def test_a_forked_child_that_ends_in_the_usual_way_does_not_end_the_server():
    """Outside of a notebook a child runs all that Python does at its end."""
    program = """
        import os, sys
        import enumlab as lab
        server = lab.serve(port=0)
        child = os.fork()
        if not child:
            sys.exit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert lab.ask("+61355500911", server, timeout=1).uris
    """
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_forked_child_gets_no_query_and_holds_no_port(kernel, usual, serve):
    """It lives on while the parent stops its server and starts it again."""
    kernel.run(f"import os, time; server = {serve}")
    kernel.run("child = os.fork()\nif not child:\n    time.sleep(60); os._exit(0)")
    child = int(kernel.run("print(child)"))
    try:
        assert not [each for each in bound(child) if each.port == usual]
        for _ in range(50):
            assert is_answered(usual)
        assert kernel.run("print(len(server.queries))") == "50"
        begun = time.monotonic()
        kernel.run("server.stop()")
        assert time.monotonic() - begun < 5
        assert nobody_has(usual)
        assert kernel.run(f"server = {serve}; print(server.port)") == str(usual)
        assert is_answered(usual)
    finally:
        os.kill(child, signal.SIGKILL)


def test_a_forked_child_may_serve_for_itself(kernel):
    program = """
        server = lab.serve()
        child = os.fork()
        if not child:
            try:
                with lab.serve(port=0) as own:
                    good = lab.ask("+61355500911", own).uris and len(own.queries) == 1
                os._exit(0 if good and not own.running and not server.running else 1)
            finally:
                os._exit(9)
        print(os.waitpid(child, 0)[1], len(server.queries))
    """
    assert kernel.run("import os\n" + textwrap.dedent(program)) == "0 0"


def test_multiprocessing_by_fork_ends(kernel):
    program = """
        import multiprocessing, warnings
        warnings.simplefilter("ignore")  # Python 3.12 says that a fork with threads is a risk
        server = lab.serve()
        with multiprocessing.get_context("fork").Pool(2) as pool:
            print(pool.map(len, ["enum", "dns"]), server.running)
    """
    assert kernel.run(textwrap.dedent(program)) == "[4, 3] True"
    assert kernel.run("print(lab.ask('+61355500911', server).uris)") == str([URI])


# Stop


def test_stop_from_many_threads_at_once():
    server = LabServer(PLAYGROUND, port=0)
    threads = [threading.Thread(target=server.stop) for _ in range(20)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(5)
    assert not any(each.is_alive() for each in threads)
    assert nobody_has(server.port)


def test_two_hundred_servers_leave_no_thread_and_no_descriptor():
    with LabServer(PLAYGROUND, port=0):
        pass
    gc.collect()
    before = descriptors(), threading.active_count()
    for _ in range(200):
        with LabServer(PLAYGROUND, port=0) as server:
            assert server.running
    gc.collect()
    assert (descriptors(), threading.active_count()) == before


# Ports of others


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM], ids=["UDP", "TCP"])
def test_a_port_that_is_half_taken(monkeypatch, kind):
    """Taken for one of the two protocols only: the server goes elsewhere, or says why not."""
    with socket.socket(type=kind) as other:
        other.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            other.listen()
        port = other.getsockname()[1]
        monkeypatch.setattr(enumlab.sockets, "PORT", port)
        before = descriptors()
        with LabServer(PLAYGROUND) as server:
            assert server.port != port
            assert is_answered(server.port)
        with pytest.raises(ServerError, match=f"port {port}.*leave the port out"):
            LabServer(PLAYGROUND, port=port)
        assert descriptors() == before


def test_a_port_below_1024_without_rights(monkeypatch):
    def refuse(self, address):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(socket, "socket", type("Refusing", (socket.socket,), {"bind": refuse}))
    with pytest.raises(ServerError, match=r"port 53: .*Permission denied.*1024"):
        LabServer(PLAYGROUND, port=53)


# Machines with less network than usual


@pytest.fixture
def alone(need, tmp_path):
    """Runs a program in a network namespace of its own."""
    run = network.alone(need("unshare"), tmp_path)
    if run is None:
        pytest.skip("this machine gives no network namespaces")
    return run


SERVE = """
import enumlab as lab
try:
    with lab.serve(host={host!r}) as server:
        print(server.port, lab.ask("+61355500911", server).uris)
except lab.LabError as error:
    print(error)
"""


def test_in_an_empty_network_the_port_is_10164(alone):
    assert alone(LO_UP + SERVE.format(host="127.0.0.1")) == f"10164 {[URI]}\n"
    assert alone(LO_UP + SERVE.format(host="::1")) == f"10164 {[URI]}\n"


def test_a_machine_without_ipv6(alone):
    said = alone(LO_UP + NO_IPV6 + SERVE.format(host="::1"))
    assert "cannot listen on ::1" in said
    assert "not an address of this machine" in said
    assert "Stop the program" not in said
    assert alone(LO_UP + NO_IPV6 + SERVE.format(host="127.0.0.1")) == f"10164 {[URI]}\n"


def test_a_python_without_ipv6(monkeypatch):
    class Old(socket.socket):
        def __init__(self, family=-1, *args, **more):
            if family == socket.AF_INET6:
                raise OSError(errno.EAFNOSUPPORT, os.strerror(errno.EAFNOSUPPORT))
            super().__init__(family, *args, **more)

    monkeypatch.setattr(socket, "socket", Old)
    with pytest.raises(ServerError, match="cannot listen on ::1"):
        LabServer(PLAYGROUND, host="::1")


def test_a_machine_without_a_loopback(alone):
    said = alone(SERVE.format(host="127.0.0.1"))
    assert "127.0.0.1 port 10164" in said
    assert "doctor" in said
    assert "Stop the program" not in said


@pytest.mark.skipif(sys.platform != "linux", reason="the filter is Linux's")
def test_udp_on_the_loopback_is_filtered(monkeypatch):
    """The message names the doctor, who tells a filter from a server that does not run."""

    monkeypatch.setattr(socket, "socket", network.Filtered)
    with (
        LabServer(PLAYGROUND, port=0) as server,
        pytest.raises(ServerError, match=r"nothing came within .*doctor"),
    ):
        ask(NUMBER, server, timeout=0.1)


# Nothing beyond the loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_a_server_listens_on_the_loopback_only(host):
    try:
        with LabServer(PLAYGROUND, host=host, port=0) as server:
            mine = [each for each in bound(os.getpid()) if each.port == server.port]
            assert {each.kind for each in mine} == {"udp", "tcp"}
            assert all(each.address.is_loopback for each in mine)
    except ServerError as error:
        if host == "::1" and "not an address" in str(error):
            pytest.skip("this machine has no IPv6")
        raise


@pytest.mark.peer
@pytest.mark.parametrize("program", ["bind", "nsd", "knot", "kamailio"])
def test_a_peer_listens_on_the_loopback_only(need, program):
    from enumlab import peers

    need({"bind": "named", "knot": "knotd"}.get(program, program))
    with getattr(peers, program)(PLAYGROUND):
        assert strangers(os.getpid()) == []
        if program != "kamailio":  # it has a network of its own
            assert len({each.kind for each in bound(os.getpid())}) == 2


def test_the_check_for_strangers_sees_one():
    with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        for sock in tcp, udp:
            sock.bind(("", 0))
        tcp.listen()
        ports = {tcp.getsockname()[1], udp.getsockname()[1]}
        assert {each.port for each in strangers(os.getpid())} == ports


def test_beyond_the_loopback_only_where_asked_and_with_a_warning():
    address = own_address()
    if address is None:
        pytest.skip("this machine has no address but the loopback's")
    with LabServer(PLAYGROUND, port=0) as server:
        assert not is_answered(server.port, address)
    with pytest.warns(UserWarning, match="lets other machines ask"):
        server = LabServer(PLAYGROUND, host="0.0.0.0", port=0)
    with server:
        assert is_answered(server.port, address)


# To a public server: what it must not do for strangers

TRANSFERS = {"AXFR": 252, "IXFR": 251}
RD, RA = 0x0100, 0x0080


@pytest.fixture
def public():
    address = own_address() or "127.0.0.1"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = LabServer(PLAYGROUND, host="0.0.0.0", port=0)
    with server:
        yield address, server.port


@pytest.mark.parametrize("rdtype", TRANSFERS)
def test_no_zone_transfer(public, rdtype):
    query = header() + question("e164.arpa.", TRANSFERS[rdtype])
    with socket.create_connection(public, 2) as sock:
        sock.sendall(struct.pack("!H", len(query)) + query)
        stream = sock.makefile("rb")
        response = stream.read(int.from_bytes(stream.read(2), "big"))
        stream.close()
    assert response[3] & 0xF == 5  # REFUSED
    assert response[6:8] == b"\0\0"  # no record


def test_no_recursion(public):
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.connect(public)
        sock.settimeout(2)
        for name in "1.1.9.0.0.5.5.5.3.1.6.e164.arpa.", "example.com.":
            sock.send(header(RD) + question(name))
            flags = int.from_bytes(sock.recv(4096)[2:4], "big")
            assert not flags & RA
    assert flags & 0xF == 5  # REFUSED, and asked nobody


def test_a_flood_from_one_network_is_limited(public):
    """500 of the same query in a moment: an eavesdropper's victim gets few whole answers."""
    if public[0] == "127.0.0.1":
        pytest.skip("the loopback is exempt, and this machine has nothing else")
    whole = cut = 0
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.connect(public)
        for _ in range(500):
            sock.send(QUERY)
            while select.select([sock], [], [], 0)[0]:
                short = bool(sock.recv(4096)[2] & 2)
                whole, cut = whole + (not short), cut + short
        while select.select([sock], [], [], 0.3)[0]:
            short = bool(sock.recv(4096)[2] & 2)
            whole, cut = whole + (not short), cut + short
    assert 1 <= whole <= 80
    assert cut >= 50
    assert ask(NUMBER, public).uris == [URI]  # a real client still gets through
