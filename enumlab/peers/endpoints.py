"""A phone that calls through a switch, and servers at the other end."""

from __future__ import annotations

import selectors
import socket
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from enumlab.errors import ServerError
from enumlab.peers.hosts import PORT
from enumlab.peers.sip import TAG, Message

Address = tuple[str, int]

AT_ONCE = 50  # calls that are open at the same time; more would overrun a socket's buffer
ROOM = 2**20  # octets wanted in that buffer; the kernel may give less
AFTERMATH = 0.1  # seconds in which late messages still come


class Targets:
    """Servers that calls are sent to, each at an address of its own, all in one thread.

    Each answers an INVITE with 200, or refuses it with 503, or keeps silent.

    Args:
        places: name of a target and where it listens; some may listen at several places.
    """

    def __init__(self, places: Iterable[tuple[str, Address]]) -> None:
        self.silent: frozenset[str] = frozenset()
        self.refusing: frozenset[str] = frozenset()
        self.invites: Counter[str] = Counter()
        self.taken: Counter[str] = Counter()
        self._branches: set[str] = set()
        self._selector = selectors.DefaultSelector()
        for name, address in places:
            sock = _bound(address)
            self._selector.register(sock, selectors.EVENT_READ, name)
        threading.Thread(target=self._run, daemon=True, name="targets").start()

    def behave(self, silent: Iterable[str], refusing: Iterable[str]) -> None:
        """Say who is down from now on, and count from nought."""
        self.silent, self.refusing = frozenset(silent), frozenset(refusing)
        self.invites, self.taken = Counter(), Counter()

    def _run(self) -> None:
        while True:
            for key, _ in self._selector.select():
                sock = key.fileobj
                assert isinstance(sock, socket.socket)
                octets, sender = sock.recvfrom(65535)
                for reply in self._replies(key.data, Message.parse(octets), sock.getsockname()):
                    sock.sendto(reply.to_octets(), sender)

    def _replies(self, name: str, message: Message, address: Address) -> list[Message]:
        if message.request and message.method == "INVITE":
            return self._to_invite(name, message, f"sip:{name}@{address[0]}:{address[1]}")
        if not message.request or message.method == "ACK" or name in self.silent:
            return []
        return [message.response("200 OK")]

    def _to_invite(self, name: str, invite: Message, contact: str) -> list[Message]:
        branch = invite.get("Via")
        first = branch not in self._branches  # else it is the same INVITE, sent again
        self._branches.add(branch)
        self.invites[name] += first
        if name in self.silent:
            return []
        if name in self.refusing:
            return [invite.response("503 Service Unavailable")]
        self.taken[name] += first
        return [invite.response("200 OK", contact)]


@dataclass
class Outcome:
    """How a call went.

    Attributes:
        status: of the last final response, such as "200 OK"; "no answer" until there is one.
        contacts: URI and q of each contact that a redirection (3xx) tells.
        open: answered calls that are not hung up yet.
    """

    status: str = "no answer"
    contacts: list[tuple[str, float | None]] = field(default_factory=list)
    open: int = 0

    @property
    def over(self) -> bool:
        """Whether nothing more is due."""
        return self.status != "no answer" and not self.open


class Caller:
    """A phone that calls, and hangs up as soon as someone answers.

    It sends each request once: on the loopback nothing gets lost.

    Args:
        address: its own.
        switch: where it sends each INVITE.
    """

    def __init__(self, address: Address, switch: Address) -> None:
        self.address, self.switch = address, switch
        self._made = 0
        self._socket = _bound(address)

    def call(self, number: str, calls: int, patience: float) -> list[Outcome]:
        """Call a number through the switch, many times.

        Args:
            number: a "+" and digits.
            calls: how many, up to `AT_ONCE` of them at the same time.
            patience: seconds without any message, after which open calls are given up.
        """
        made: dict[str, Outcome] = {}
        current: set[str] = set()
        while len(made) < calls or current:
            while len(made) < calls and len(current) < AT_ONCE:
                call_id = self._invite(number)
                made[call_id] = Outcome()
                current.add(call_id)
            heard = self._heard(made, patience)
            if heard is None:
                current.clear()
            elif heard in made and made[heard].over:
                current.discard(heard)
        while self._heard(made, AFTERMATH):
            pass
        return list(made.values())

    def _heard(self, made: dict[str, Outcome], patience: float) -> str | None:
        """Deal with the next message; the Call-ID it has, or None where none came."""
        self._socket.settimeout(patience)
        try:
            message = Message.parse(self._socket.recv(65535))
        except TimeoutError:
            return None
        call_id = message.get("Call-ID")
        outcome = made.get(call_id, Outcome())
        code = message.status[:3]
        if message.request or code < "200":
            return call_id
        if message.method == "BYE":
            outcome.open -= 1
            return call_id
        outcome.status = message.status
        if code < "300":
            uris = [uri for uri, _ in message.contacts]
            uri = uris[0] if uris else f"sip:switch@{self.switch[0]}:{self.switch[1]}"
            outcome.open += 1
            self._send("ACK", uri, message, 1)
            self._send("BYE", uri, message, 2)
        else:
            if code < "400":
                outcome.contacts = message.contacts
            # The ACK to a refusal goes the way of its INVITE (RFC 3261 section 17.1.1.3).
            number = message.get("To").partition("sip:")[2].partition("@")[0]
            self._send("ACK", f"sip:{number}@{self.switch[0]}", message, 1)
        return call_id

    def _invite(self, number: str) -> str:
        self._made += 1
        uri = f"sip:{number}@{self.switch[0]}"
        call_id = f"call-{self._made}"
        start = Message("", (("To", f"<{uri}>"), ("Call-ID", call_id)))
        self._send("INVITE", uri, start, 1)
        return call_id

    def _send(self, method: str, uri: str, about: Message, sequence: int) -> None:
        """Send a request of the call that a message is about."""
        host, port = self.address
        call_id = about.get("Call-ID")
        branch = "BYE" if method == "BYE" else "INVITE"
        if method == "ACK" and about.status < "300":
            branch = "ACK"  # of an answered call, the ACK stands alone
        request = Message(
            f"{method} {uri} SIP/2.0",
            (
                ("Via", f"SIP/2.0/UDP {host}:{port};branch=z9hG4bK-{call_id}-{branch}"),
                ("Max-Forwards", "70"),
                ("From", f"<sip:caller@{host}>;tag={TAG}"),
                ("To", about.get("To")),
                ("Call-ID", call_id),
                ("CSeq", f"{sequence} {method}"),
                ("Contact", f"<sip:caller@{host}:{port}>"),
            ),
        )
        answered = "200" <= about.status[:3] < "300"
        self._socket.sendto(request.to_octets(), _place(uri) if answered else self.switch)


def _bound(address: Address) -> socket.socket:
    sock = socket.socket(type=socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM)
    try:
        sock.bind(address)
    except OSError as error:
        raise ServerError(
            f"no server can listen on {address[0]} port {address[1]}: {error}"
        ) from None
    return sock


def _place(uri: str) -> Address:
    """Where a request to a contact goes: its host is an address here."""
    host, _, port = uri.partition("@")[2].partition(":")
    return host, int(port or PORT)
