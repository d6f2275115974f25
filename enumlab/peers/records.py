"""The NAPTR records of a zone, and what this package has to say about them."""

from __future__ import annotations

from collections.abc import Iterator

import dns.rdatatype

from enumlab.naptr import Naptr
from enumlab.zone import Zone


def naptrs(zone: Zone) -> Iterator[tuple[str, Naptr]]:
    """Each NAPTR record of a zone, with its owner."""
    for owner, rdataset in zone:
        if rdataset.rdtype == dns.rdatatype.NAPTR:
            for rdata in rdataset:
                yield owner, Naptr.from_rdata(rdata)


def faults(zone: Zone) -> list[str]:
    r"""A line for each record that no client can use.

    Example:
        >>> zone = Zone.named("playground").with_records('9 NAPTR 1 1 "u" "E2U+sip" "!(!x!" .')
        >>> faults(zone)[0][:28]
        '9.e164.arpa.: the regexp is '
    """
    return [f"{owner}: {record.problem}" for owner, record in naptrs(zone) if record.problem]
