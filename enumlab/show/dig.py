"""An answer in the format of the program `dig`, without what differs from run to run."""

from __future__ import annotations

import dns.edns
import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from enumlab.client import Lookup, Server, look_up
from enumlab.number import to_domain

TAB = 8
QUESTION_STOPS = (32, 40)  # columns of class and type
RECORD_STOPS = (24, 32, 40, 48)  # columns of TTL, class, type and data


class DigText(str):
    """Text that a notebook shows as it is, line by line."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def dig(number: str, server: Server, rdtype: str = "NAPTR") -> DigText:
    """Ask a server, and give the answer in dig's format.

    The ID, the times, and the address of the server are left out: they differ from run to run.

    Args:
        number: a telephone number, or a domain name: text with a letter, or with a dot at its end.
        server: as in `enumlab.ask`.
        rdtype: the type to ask for.

    Example:
        >>> import enumlab as lab
        >>> with lab.serve("playground") as server:
        ...     print(server.dig("+61355500911").splitlines()[0])
        ;; ->>HEADER<<- opcode: QUERY, status: NOERROR
    """
    absolute = number.endswith(".") or any(sign.isalpha() for sign in number)
    domain = number if absolute else to_domain(number)
    return DigText(in_dig_format(look_up(domain, server, rdtype)))


def in_dig_format(lookup: Lookup) -> str:
    """The answer of one lookup, laid out as dig does."""
    message = lookup.message
    counts = ", ".join(
        f"{title}: {len_of}"
        for title, len_of in (
            ("QUERY", len(message.question)),
            ("ANSWER", _records(message.answer)),
            ("AUTHORITY", _records(message.authority)),
            ("ADDITIONAL", _records(message.additional) + (message.edns >= 0)),
        )
    )
    lines = [
        f";; ->>HEADER<<- opcode: {dns.opcode.to_text(message.opcode())}, "
        f"status: {dns.rcode.to_text(message.rcode())}",
        f";; flags: {dns.flags.to_text(message.flags).lower()}; {counts}",
        "",
        *_edns(message),
        ";; QUESTION SECTION:",
    ]
    for rrset in message.question:
        lines.append(_columns((f";{rrset.name}", *_class_and_type(rrset)), QUESTION_STOPS))
    for title in ("answer", "authority", "additional"):
        section: list[dns.rrset.RRset] = getattr(message, title)
        if section:
            lines += ["", f";; {title.upper()} SECTION:"]
            for rrset in section:
                for rdata in rrset:
                    cells = (str(rrset.name), str(rrset.ttl), *_class_and_type(rrset), str(rdata))
                    lines.append(_columns(cells, RECORD_STOPS))
    return "\n".join(lines)


def _records(section: list[dns.rrset.RRset]) -> int:
    return sum(len(rrset) for rrset in section)


def _class_and_type(rrset: dns.rrset.RRset) -> tuple[str, str]:
    return dns.rdataclass.to_text(rrset.rdclass), dns.rdatatype.to_text(rrset.rdtype)


def _edns(message: dns.message.Message) -> list[str]:
    if message.edns < 0:
        return []
    flags = " do" if message.ednsflags & dns.flags.DO else ""
    lines = [
        ";; OPT PSEUDOSECTION:",
        f"; EDNS: version: {message.edns}, flags:{flags}; udp: {message.payload}",
    ]
    for error in message.extended_errors():
        name = dns.edns.EDECode.to_text(error.code).replace("_", " ").title()
        lines.append(f"; EDE: {int(error.code)} ({name}): ({error.text})")
    return lines


def _columns(cells: tuple[str, ...], stops: tuple[int, ...]) -> str:
    """Cells at dig's tab stops; where a cell is too long for its stop, one space."""
    line = ""
    for cell, stop in zip(cells, (*stops, 0), strict=True):
        line += cell
        width = len(line.expandtabs(TAB))
        if stop:
            line += "\t" * -(-(stop - width) // TAB) if width < stop else " "
    return line
