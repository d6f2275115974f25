"""Who is first in real answers: what a caller gets who takes the first record of each."""

from __future__ import annotations

from collections import Counter

from enumlab.client import Server
from enumlab.naptr import Naptr
from enumlab.number import to_domain
from enumlab.targets import target_names
from enumlab.volley import look_up_many


def first_answers(
    server: Server, number: str, lookups: int = 1000, service: str = "sip"
) -> dict[str, int]:
    """Ask a server many times, and count which record it sends first.

    A caller who takes that one spreads calls only as the server rotates its records.

    Args:
        server: as in `enumlab.ask`.
        number: a telephone number.
        lookups: how many queries to send.
        service: the Enumservice wanted; other records are passed over.

    Returns:
        Name of the target -> number of answers that it led; empty if no record fits.

    Raises:
        NumberError: the text is no telephone number.
        ServerError: no answer, or an answer that is not DNS.

    Example:
        >>> import enumlab as lab
        >>> with lab.serve("playground", rotation="none") as server:
        ...     first_answers(server, "+61355500912", lookups=10)
        {'server1': 10, 'server2': 0}
    """
    domain = to_domain(number)
    led: Counter[Naptr] = Counter()
    for lookup in look_up_many([domain] * lookups, server):
        fitting = [record for record in lookup.arrived if record.offers(service)]
        led.update(fitting[:1])
        led.update(dict.fromkeys(fitting, 0))
    records = sorted(led, key=Naptr.to_text)
    return {name: led[record] for name, record in zip(target_names(records), records, strict=True)}
