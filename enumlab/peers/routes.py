"""What Kamailio does with a call: its configuration, a file for each way."""

from __future__ import annotations

from importlib.resources import files

from enumlab.errors import ServerError

SUFFIX = "e164.arpa."
ROUTES = ("first", "redirect", "all", "failover", "circle", "hops")


def settings(route: str = "first", suffix: str = SUFFIX) -> str:
    """Kamailio's configuration for a lesson, with comments.

    Args:
        route: what it does with a call: "first" sends it to the best contact, "redirect" tells the
            caller all contacts, "all" rings all of them, "failover" tries one after the other,
            "circle" ignores what the lookup returned, "hops" does so too but counts hops.
        suffix: the domain in which numbers are looked up.

    Raises:
        ServerError: there is no such route.

    Example:
        >>> [line for line in settings().splitlines() if "domain_suffix" in line]
        ['modparam("enum", "domain_suffix", "e164.arpa.")']
    """
    if route not in ROUTES:
        raise ServerError(
            f"{route!r} is not a route. Expected one of {', '.join(ROUTES)}; or the text of a "
            "whole configuration."
        )
    folder = files("enumlab.peers") / "settings"
    head, tail = ((folder / f"{name}.cfg").read_text("utf-8") for name in ("head", route))
    return head.replace(f'"{SUFFIX}"', f'"{suffix}"') + tail
