"""A server in a process of its own, so that its memory, descriptors and CPU time can be measured.

`python -m torture.serving lab '{"process": true}'` serves with `LabServer`, `... stock '{}'` with
the server that comes with dnslib. The first line printed is the port; then each line read is
answered with a line of JSON, until the end of the input.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from torture.strange import plain, served


def lab(stack: ExitStack, options: dict[str, Any]) -> tuple[int, Callable[[], dict[str, Any]]]:
    from enumlab.server import LabServer

    server = stack.enter_context(LabServer(served(), port=0, **options))

    def state() -> dict[str, Any]:
        failures = getattr(server._loop, "failures", ())
        return {
            "failures": [repr(failure) for failure in failures],
            "log": len(server.queries),
            "running": server.running,
        }

    return server.port, state


def stock(stack: ExitStack, options: dict[str, Any]) -> tuple[int, Callable[[], dict[str, Any]]]:
    """As dnslib's manual shows it: tracebacks go to stderr, and a thread serves each request."""
    from dnslib.server import DNSLogger, DNSServer
    from dnslib.zoneresolver import ZoneResolver

    resolver = ZoneResolver(plain().to_text(), glob=True)
    silent = DNSLogger(logf=lambda line: None, prefix=False)
    while True:
        port, servers = 0, []
        try:
            for tcp in (False, True):
                server = DNSServer(resolver, address="127.0.0.1", port=port, tcp=tcp, logger=silent)
                port = server.server.server_address[1]
                servers.append(server)
            break
        except OSError:
            servers[0].server.server_close()  # another program has the same port by TCP
    for server in servers:
        server.start_thread()
        stack.callback(server.stop)
    return port, dict


def main() -> None:
    makers = {"lab": lab, "stock": stock}
    with ExitStack() as stack:
        port, state = makers[sys.argv[1]](stack, json.loads(sys.argv[2]))
        print(port, flush=True)
        for _ in sys.stdin:
            print(json.dumps(state()), flush=True)


if __name__ == "__main__":
    main()
