"""A broken installation, a blocked port, a package that is not what it was: who says so."""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import subprocess
import sys
import zipfile

import pytest
from classroom import network
from classroom.kernels import ROOT

from enumlab import doctor
from enumlab.sockets import LOOPBACK

# The doctor


def findings():
    return {finding.what: finding for finding in doctor.examine()}


def states(found):
    return {what: finding.state for what, finding in found.items() if finding.state == "broken"}


def test_a_package_that_is_not_there(monkeypatch):
    monkeypatch.setattr(doctor, "requires", lambda _: ["no-such-package>=1"])
    found = findings()
    assert states(found) == {"no-such-package": "broken"}
    assert found["no-such-package"].seen == "not installed"
    assert found["no-such-package"].cure.endswith('Run `pip install "no-such-package>=1"`.')


def test_a_package_of_another_version(monkeypatch):
    monkeypatch.setattr(doctor, "requires", lambda _: ["dnspython>=99", "dnslib"])
    found = findings()
    assert states(found) == {"dnspython": "broken"}
    assert found["dnspython"].seen == doctor.version("dnspython")


def test_a_package_made_for_another_machine(monkeypatch):
    monkeypatch.setitem(sys.modules, "regex", None)  # importing it fails from now on
    found = findings()
    assert states(found) == {"regex": "broken"}
    assert "cannot be imported" in found["regex"].seen
    assert "--force-reinstall" in found["regex"].cure


def test_nothing_is_installed_at_all():
    """Not even what the doctor's own rooms need: a finding, not a traceback."""
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); "
        "from enumlab.__main__ import main; sys.exit(main(['doctor']))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-I", "-c", program], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert re.search(r"^broken +enumlab +not installed", done.stdout, re.MULTILINE)
    assert re.search(r"^ok +UDP on the loopback", done.stdout, re.MULTILINE)


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM], ids=["UDP", "TCP"])
def test_a_taken_port_is_no_fault_of_the_installation(monkeypatch, kind):
    with socket.socket(type=kind) as other:
        other.bind((LOOPBACK, 0))
        port = other.getsockname()[1]
        monkeypatch.setattr(doctor, "PORT", port)
        found = findings()
    assert states(found) == {}
    assert found[f"port {port}"].state == "missing"
    assert found[f"port {port}"].seen.startswith("UDP" if kind == socket.SOCK_DGRAM else "TCP")
    assert "Nothing is broken" in found[f"port {port}"].cure


@pytest.mark.skipif(sys.platform != "linux", reason="the filter is Linux's")
def test_a_filter_is_no_fault_of_the_installation(monkeypatch):
    monkeypatch.setattr(doctor, "WAIT", 0.1)
    monkeypatch.setattr(socket, "socket", network.Filtered)
    found = findings()
    assert states(found) == {"UDP on the loopback": "broken"}
    assert "nothing came" in found["UDP on the loopback"].seen
    assert "filters UDP" in found["UDP on the loopback"].cure


def test_a_machine_whose_loopback_is_down(need, tmp_path):
    run = network.alone(need("unshare"), tmp_path)
    if run is None:
        pytest.skip("this machine gives no network namespaces")
    said = run("from enumlab.__main__ import main; main(['doctor'])")
    for transport in "UDP", "TCP":
        assert re.search(rf"^broken +{transport} on the loopback", said, re.MULTILINE)
    assert "ip link set lo up" in said
    assert "The installation is broken" not in said


@pytest.mark.parametrize("program", ["dig", "named", "kamailio", "sipp"])
def test_a_program_that_is_not_there_is_named_with_its_package(monkeypatch, program):
    monkeypatch.setattr(doctor, "find", lambda name: None if name == program else f"/bin/{name}")
    found = findings()
    assert states(found) == {}
    assert found[program].state == "missing"
    assert "apt-get install" in found[program].cure
    assert "The course runs without" in found[program].cure


# Locked packages

LOCKS = ["requirements.lock", "tests/requirements.lock"]
HASH = re.compile(r" --hash=sha256:[0-9a-f]{64}\b")


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_its_hashes(lock):
    text = (ROOT / lock).read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert len(lines) > 50
    for line in lines:
        name = line.split(" ")[0]
        assert re.fullmatch(r"[a-z0-9._-]+==[^=]+", name), name
        assert HASH.search(line), f"{name} has no hash"
        assert "://" not in line


@pytest.mark.parametrize("lock", LOCKS)
def test_make_installs_it_with_hashes_and_nothing_without(lock):
    installs = [
        line
        for line in (ROOT / "Makefile").read_text().splitlines()
        if line.strip().startswith("$(INSTALL)")
    ]
    assert any(f"--require-hashes -r {lock}" in line for line in installs)
    for line in installs:
        assert "--require-hashes" in line or "--no-deps --no-build-isolation" in line


@pytest.fixture
def wheel(tmp_path):
    """A package of one line."""
    path = tmp_path / "tiny_thing-1.0-py3-none-any.whl"
    _write_wheel(path, "x = 1\n")
    return path


def _write_wheel(path, source):
    about = "tiny_thing-1.0.dist-info"
    files = {
        "tiny_thing.py": source,
        f"{about}/METADATA": "Metadata-Version: 2.1\nName: tiny-thing\nVersion: 1.0\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
    }
    record = ""
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
            record += f"{name},sha256={digest.decode().rstrip('=')},{len(text)}\n"
            archive.writestr(name, text)
        archive.writestr(f"{about}/RECORD", f"{record}{about}/RECORD,,\n")


def pip_install(wheel, checked):
    """As the Makefile does, but from a file, and into a folder that goes away."""
    lock, site = wheel.parent / "lock", wheel.parent / "site"
    lock.write_text(f"{wheel} {checked}\n")
    command = [sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check", "install"]
    return subprocess.run(
        [*command, "--no-index", "--target", str(site), "--require-hashes", "-r", str(lock)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def hash_of(wheel):
    return f"--hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}"


def test_what_is_as_it_was_is_installed(wheel):
    done = pip_install(wheel, hash_of(wheel))
    assert done.returncode == 0, done.stderr
    assert (wheel.parent / "site" / "tiny_thing.py").read_text() == "x = 1\n"


def test_what_was_tampered_with_is_refused(wheel):
    checked = hash_of(wheel)
    _write_wheel(wheel, "x = 2\n")
    done = pip_install(wheel, checked)
    assert done.returncode != 0
    assert "DO NOT MATCH THE HASHES" in done.stderr
    assert not (wheel.parent / "site").exists()


def test_what_has_no_hash_is_refused(wheel):
    done = pip_install(wheel, "")
    assert done.returncode != 0
    assert "--require-hashes" in done.stderr
    assert not (wheel.parent / "site").exists()
