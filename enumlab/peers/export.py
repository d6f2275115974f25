"""A folder with all that a real server needs: for those who move on from the lab."""

from __future__ import annotations

import re
from pathlib import Path

from enumlab.errors import ServerError
from enumlab.zone import Zone

NAMED_CONF = """\
// BIND 9 as the only authority for {origin}
options {{
    // Answers for its own zone and looks nothing up for others.
    recursion no;
    allow-transfer {{ none; }};
    notify no;
    dnssec-validation no;
    listen-on {{ any; }};
    // Equal records come in random sequence. With "none" the first always comes first.
    rrset-order {{ order random; }};
    // So that it runs in any folder, and without root on a port above 1023.
    pid-file none;
    session-keyfile none;
}};

controls {{ }};

zone "{origin}" {{
    type primary;
    file "{file}";
}};
"""

DOCKERFILE = """\
FROM debian:12-slim
RUN apt-get update \\
    && apt-get install --yes --no-install-recommends bind9 \\
    && rm -rf /var/lib/apt/lists/*
WORKDIR /etc/enum
COPY named.conf {file} ./
EXPOSE 53/udp 53/tcp
CMD ["named", "-g", "-u", "bind", "-c", "named.conf"]
"""

README = """\
# {origin} on BIND 9

Check:       named-checkconf -z named.conf
Run here:    named -g -c named.conf -p 5300
Or in Docker:

    docker build -t enum .
    docker run --rm -p 127.0.0.1:5300:53/udp -p 127.0.0.1:5300:53/tcp enum

Ask:         dig @127.0.0.1 -p 5300 naptr {example}

After an edit of {file}, raise the serial number in its SOA record and start the server again.
Keep it in a private network: the public tree e164.arpa has servers of its own.
"""


def export_bind(zone: Zone, folder: str | Path, *, force: bool = False) -> list[Path]:
    """Write named.conf, the zone, a Dockerfile and a README into a folder.

    Args:
        zone: what the server is to answer for.
        folder: made if it is not there.
        force: whether files of these names may be written over.

    Raises:
        ServerError: there are such files already, or the folder cannot be written.
    """
    name = re.sub(r"[^a-z0-9.-]", "_", zone.origin.lower()).strip(".") or "root"
    words = {"origin": zone.origin, "file": f"{name}.zone", "example": _example(zone)}
    contents = {
        "named.conf": NAMED_CONF.format(**words),
        words["file"]: zone.to_text(),
        "Dockerfile": DOCKERFILE.format(**words),
        "README.md": README.format(**words),
    }
    place = Path(folder)
    there = [each for each in contents if (place / each).exists()]
    if there and not force:
        raise ServerError(
            f"{place} holds {', '.join(there)} already. Name another folder, or write over them "
            "with --force."
        )
    try:
        place.mkdir(parents=True, exist_ok=True)
        for each, text in contents.items():
            (place / each).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ServerError(
            f"cannot write to {place}: {error.strerror}. Name another folder."
        ) from None
    return [place / each for each in contents]


def _example(zone: Zone) -> str:
    """A name that has NAPTR records, no wildcard if it can be helped."""
    named = [owner for owner, rdataset in zone if rdataset.rdtype.name == "NAPTR"]
    return min(named, key=lambda owner: owner.startswith("*"), default=zone.origin)
