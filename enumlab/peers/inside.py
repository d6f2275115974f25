"""What runs inside the private namespaces: DNS, Kamailio, targets, and the calls themselves.

Started by `enumlab.peers.switch` under unshare(1). It reads one JSON object a line: first what to
run, then what to do; and writes one JSON object a line. When its input ends, everything here ends:
it is process 1 of its own process namespace.
"""

from __future__ import annotations

import base64
import csv
import fcntl
import json
import random
import re
import shutil
import socket
import struct
import subprocess
import sys
import time
from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import Any

from enumlab.errors import LabError, ServerError
from enumlab.loop import Loop
from enumlab.peers.capture import Capture
from enumlab.peers.endpoints import Caller, Outcome, Targets
from enumlab.peers.hosts import CALLER, DNS, KAMAILIO, OWN, PORT, SIPP, host_zone, targets_of
from enumlab.peers.programs import require
from enumlab.peers.sip import Message
from enumlab.quick import Told
from enumlab.responder import Reply, Responder
from enumlab.zone import Zone

STARTING = 10.0  # seconds that Kamailio may take
MOST_FRAMES = 40  # kept; a call that goes round in a circle makes thousands, and long ones

# In a line of Kamailio's log: the process, and a place in memory. They differ from run to run.
NOT_THE_SAME = r"^ *\d+\(\d+\) | buf: 0x[0-9a-f]+,"

SIOCSIFFLAGS, SIOCSIFADDR, SIOCSIFNETMASK = 0x8914, 0x8916, 0x891C
IFF_UP = 1


class Zones(Responder):
    """Two zones behind one socket: what the first refuses, the second answers."""

    def __init__(self, numbers: Responder, hosts: Responder) -> None:
        super().__init__(numbers.zone)
        self.numbers, self.hosts = numbers, hosts

    def answer(self, query: bytes, tcp: bool) -> Reply | Told | None:
        """Give the answer of the zone that the name is in."""
        told = self.numbers.answer(query, tcp)
        if told is not None and Reply.of(told).rcode == "REFUSED":
            return self.hosts.answer(query, tcp)
        return told


class Inside:
    """A small network of one machine: a name server, a switch, a caller and its targets.

    Args:
        folder: for settings and logs.
        zone: the zone of numbers.
        settings: Kamailio's configuration.
    """

    def __init__(self, folder: Path, zone: Zone, settings: str) -> None:
        self.folder, self.zone = folder, zone
        targets = targets_of(zone)
        _give_addresses([each.address for each in targets if not each.address.startswith("127.")])
        self.zones = Zones(Responder(zone), Responder(host_zone(targets)))
        self.dns = _name_server(self.zones)
        self.targets = Targets(
            (each.name, (each.address, port))
            for each in targets
            for port in each.ports
            if each.address not in OWN
        )
        self.caller = Caller((CALLER, PORT), (KAMAILIO, PORT))
        self.log = folder / "kamailio.log"
        self._start_kamailio(settings)

    def _start_kamailio(self, settings: str) -> None:
        config = self.folder / "kamailio.cfg"
        config.write_text(settings, encoding="utf-8")
        command = [require("kamailio"), "-DD", "-E", "-m", "32", "-M", "4"]
        command += ["-Y", str(self.folder), "-f", str(config)]
        with self.log.open("wb") as out:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=self.folder
            )
        deadline = time.monotonic() + STARTING
        while process.poll() is None:
            # A configuration of one's own may not answer, and yet take calls.
            if self._alive() or time.monotonic() > deadline:
                return
        words = "\n".join(self._words(0) or self.log.read_text(errors="replace").splitlines()[-5:])
        raise ServerError(f"Kamailio did not come up with these settings. Its own words:\n{words}")

    def _alive(self) -> bool:
        """Whether Kamailio answers OPTIONS, which is how switches are asked if they are there."""
        fields = {
            "Via": f"SIP/2.0/UDP {CALLER}:5099;branch=z9hG4bK-alive-{time.monotonic_ns()}",
            "Max-Forwards": "70",
            "From": f"<sip:alive@{CALLER}>;tag=alive",
            "To": f"<sip:{KAMAILIO}>",
            "Call-ID": "alive",
            "CSeq": "1 OPTIONS",
        }
        question = Message(f"OPTIONS sip:{KAMAILIO} SIP/2.0", tuple(fields.items()))
        with socket.socket(type=socket.SOCK_DGRAM) as sock:
            sock.bind((CALLER, 5099))
            sock.settimeout(0.1)
            sock.sendto(question.to_octets(), (KAMAILIO, PORT))
            try:
                return bool(sock.recv(65535))
            except TimeoutError:
                return False

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Do what a request asks for: calls to a number, and what was seen of them."""
        self.zones.numbers = Responder(self.zone, request["rotation"], request["seed"])
        self.dns.log.clear()
        self.targets.behave(request["silent"], request["refusing"])
        start = self.log.stat().st_size
        capture = Capture() if request["capture"] else None
        if request["caller"] == "sipp":
            outcomes = self._sipp(request["number"], request["calls"])
        else:
            outcomes = self.caller.call(request["number"], request["calls"], request["patience"])
        frames = capture.stop() if capture else []
        return {
            "statuses": Counter(outcome.status for outcome in outcomes),
            "taken": self.targets.taken,
            "invites": self.targets.invites,
            "contacts": outcomes[-1].contacts if outcomes else [],
            "lookups": Counter(entry.reply.rdtype for entry in self.dns.log),
            "words": self._words(start),
            "passed": len(frames),
            "frames": [
                (moment, base64.b64encode(frame).decode("ascii"))
                for moment, frame in frames[:MOST_FRAMES]
            ],
        }

    def _sipp(self, number: str, calls: int) -> list[Outcome]:
        """The same calls, made by sipp; it tells only how many went well."""
        scenario = str(files("enumlab.peers") / "settings" / "sipp.xml")
        command = [require("sipp"), "-sf", scenario, "-s", number, "-m", str(calls), "-r", "200"]
        command += ["-i", SIPP, "-nostdin", "-timeout", "30", "-trace_stat", "-stf", "sipp.csv"]
        subprocess.run(
            [*command, f"{KAMAILIO}:{PORT}"],
            cwd=self.folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        with (self.folder / "sipp.csv").open(encoding="ascii") as told:
            last = list(csv.DictReader(told, delimiter=";"))[-1]
        well = int(last["SuccessfulCall(C)"])
        return [Outcome("200 OK")] * well + [Outcome()] * (calls - well)

    def _words(self, start: int) -> list[str]:
        """What Kamailio logged since, each line once and without process numbers."""
        with self.log.open("rb") as log:
            log.seek(start)
            lines = log.read().decode("utf-8", "replace").splitlines()
        told = [re.sub(NOT_THE_SAME, "", line.replace(f"{self.folder}/", "")) for line in lines]
        return list(dict.fromkeys(line for line in told if re.match("WARNING|ERROR|CRIT", line)))


def _name_server(responder: Responder) -> Loop:
    udp, tcp = socket.socket(type=socket.SOCK_DGRAM), socket.socket()
    for sock in udp, tcp:
        sock.bind((DNS, 53))
        sock.setblocking(False)
    tcp.listen()
    loop = Loop(responder, udp, tcp, random.Random(), 0.0)
    loop.start()
    return loop


def _raise_loopback() -> None:
    """Bring lo up: in a new network namespace it is down."""
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))


def _give_addresses(addresses: list[str]) -> None:
    """Let lo have addresses outside of 127.0.0.0/8."""
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        for index, address in enumerate(addresses):
            for request, value in (SIOCSIFADDR, address), (SIOCSIFNETMASK, "255.255.255.255"):
                name = f"lo:{index}".encode()
                packed = struct.pack("16sHxx4s8x", name, socket.AF_INET, socket.inet_aton(value))
                try:
                    fcntl.ioctl(sock, request, packed)
                except OSError as error:
                    raise ServerError(
                        f"no server can have the address {address}: {error}"
                    ) from None


def _use_resolver(folder: Path) -> None:
    """Put a resolv.conf of our own over the machine's, for this mount namespace only."""
    own = folder / "resolv.conf"
    own.write_text(f"nameserver {DNS}\n", encoding="ascii")
    command = [require("mount"), "--bind", str(own), "/etc/resolv.conf"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ServerError(
            f"cannot replace /etc/resolv.conf in the namespace: {done.stderr.strip()}"
        )


def _say(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)


def main() -> None:
    """Start, then answer until the input ends."""
    start = json.loads(sys.stdin.readline())
    folder = Path(start["folder"])
    try:
        _raise_loopback()
        _use_resolver(folder)
    except (LabError, OSError) as error:  # a kernel may give namespaces that are good for nothing
        _say({"cannot": str(error)})
        return
    try:
        inside = Inside(folder, Zone.from_text(start["zone"]), start["settings"])
    except (LabError, OSError) as error:
        _say({"error": str(error)})
        return
    _say({"ready": True})
    for line in sys.stdin:
        try:
            answer = inside.answer(json.loads(line))
        except LabError as error:
            answer = {"error": str(error)}
        _say(answer)
    # Nobody is there any more. Whoever stops a switch removes its folder; who was killed does not.
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
