"""A capture of everything that passes over the loopback, from a raw socket (Linux only)."""

from __future__ import annotations

import socket
import struct
import threading
import time

EVERY_PROTOCOL = 3  # ETH_P_ALL
OUTGOING = 4  # PACKET_OUTGOING: on the loopback each packet is seen twice, going and coming
SO_TIMESTAMPNS = 35
ROOM = 4 * 2**20  # octets that may wait to be read


class Capture:
    """Captures from its start to `stop`, in a thread.

    Raises:
        OSError: the user may not capture here.
    """

    def __init__(self) -> None:
        self.frames: list[tuple[float, bytes]] = []
        self._socket = socket.socket(
            socket.AF_PACKET, socket.SOCK_RAW, socket.htons(EVERY_PROTOCOL)
        )
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM)
        self._socket.bind(("lo", 0))
        self._socket.settimeout(0.05)
        self._going = True
        self._thread = threading.Thread(target=self._run, daemon=True, name="capture")
        self._thread.start()

    def stop(self) -> list[tuple[float, bytes]]:
        """Time in seconds since 1970 and octets of each frame, in sequence."""
        self._going = False
        self._thread.join()
        self._socket.close()
        return self.frames

    def _run(self) -> None:
        while self._going:
            try:
                frame, extras, _, (_, _, kind, *_) = self._socket.recvmsg(65600, 64)
            except TimeoutError:
                continue
            if kind != OUTGOING:
                # The kernel's own clock: by the time this line runs, much may have happened.
                stamps = [struct.unpack("qq", data) for _, kind, data in extras if len(data) == 16]
                moment = stamps[0][0] + stamps[0][1] / 1e9 if stamps else time.time()
                self.frames.append((moment, frame))
