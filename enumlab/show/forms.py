"""One NAPTR record in its three forms, field by field: master file, dig, and octets."""

from __future__ import annotations

import re
from html import escape

import dns.message
import dns.name
import dns.rrset

from enumlab.dissect import dissect
from enumlab.errors import LabError
from enumlab.naptr import Naptr
from enumlab.number import to_domain
from enumlab.show.packet import in_hex, places
from enumlab.show.wordy import Rich, Words, code, unbroken

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\S+')
NAPTR_FIELDS = ("order", "preference", "flags", "service", "regexp", "replacement")
UNITS = ((604800, "w"), (86400, "d"), (3600, "h"), (60, "m"))


def three_forms(
    record: Naptr, number: str, *, ttl: int = 3600, suffix: str = "e164.arpa."
) -> Words:
    r"""What each field of a record looks like in a master file, in dig's output, and on the wire.

    The rows stand in the sequence of the text; the wire has type and class before the TTL. In a
    message a pointer may stand for the owner, which is written in full here.

    Args:
        record: the record's data.
        number: whose record it is.
        ttl: seconds.
        suffix: the origin of the zone that holds it.

    Raises:
        LabError: not a `Naptr`.
        NumberError: not a telephone number.

    Example:
        >>> record = Naptr(10, 100, "u", "E2U+sip", r"!^\+(.*)$!sip:\1@b.example!")
        >>> forms = three_forms(record, "+44")
        >>> forms.rows[1]
        ('TTL', '1h', '3600', '19 to 22', '00 00 0e 10')
        >>> print(*forms.rows[9][1:3])
        "!^\\+(.*)$!sip:\\1@b.example!" "!^\\+(.*)$!sip:\\1@b.example!"
    """
    if not isinstance(record, Naptr):
        raise LabError(
            f"expected a Naptr, got {type(record).__name__}. Take one of answer.records."
        )
    domain = to_domain(number, suffix)
    owner, origin = dns.name.from_text(domain), dns.name.from_text(suffix)
    data = dict(zip(NAPTR_FIELDS, TOKEN.findall(record.to_text()), strict=True))
    both = {"class": "IN", "type": "NAPTR", "length": "(not written)", **data}
    in_file = {"owner": owner.relativize(origin).to_text(), "TTL": _brief(ttl), **both}
    in_dig = {"owner": domain, "TTL": str(ttl), **both}
    message = dns.message.Message(0)
    message.answer.append(dns.rrset.from_rdata(owner, ttl, record.rdata()))
    wire = message.to_wire()
    fields = {field.name: field for field in dissect(wire) if field.part == "answer 1"}
    start = fields["owner"].start
    rows = [
        (
            name,
            _loose(in_file[name]),
            _loose(in_dig[name]),
            unbroken(places(fields[name], start)),
            code(in_hex(fields[name], wire)),
        )
        for name in in_file
    ]
    headers = ("field", "in a master file", "in dig", "octets", "in hex")
    return Words(f"One record of {domain} in three forms", headers, rows)


def _loose(text: str) -> Rich:
    """Like `code`, but a long word may break: it would take the room of the other columns."""
    style = "white-space:pre-wrap;overflow-wrap:anywhere"
    return Rich(text, f'<code style="{style}">{escape(text)}</code>')


def _brief(ttl: int) -> str:
    """Seconds as people write them in a master file."""
    for size, unit in UNITS:
        if ttl and ttl % size == 0:
            return f"{ttl // size}{unit}"
    return str(ttl)
