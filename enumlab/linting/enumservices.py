"""IANA's Enumservices, and what is wrong with a service field (RFC 6116 section 3.4.3).

The list is that of the registry "Enumservice Registrations" (RFC 6117), last changed in 2022.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

# Type -> URI schemes that it may lead to.
WITHOUT_SUBTYPE = {
    "acct": ("acct",),
    "h323": ("h323",),
    "iax": ("iax",),
    "im": ("im",),
    "pres": ("pres",),
    "sip": ("sip", "sips"),
    "vcard": ("http", "https"),
    "xmpp": ("xmpp",),
}

# Type -> subtypes; a subtype is the URI scheme that it leads to.
WITH_SUBTYPE = {
    "email": ("mailto",),
    "ems": ("mailto", "tel"),
    "fax": ("tel",),
    "ft": ("ftp",),
    "ical-access": ("http", "https"),
    "ical-sched": ("mailto",),
    "ifax": ("mailto",),
    "mms": ("mailto", "tel"),
    "pstn": ("sip", "tel"),
    "sms": ("mailto", "tel"),
    "unifmsg": ("http", "https", "sip", "sips"),
    "videomsg": ("http", "https", "sip", "sips"),
    "voice": ("tel",),
    "voicemsg": ("http", "https", "sip", "sips", "tel"),
    "vpim": ("ldap", "mailto"),
    "web": ("http", "https"),
}

FORM = re.compile(r"[0-9a-z-]{1,32}(:[0-9a-z-]{1,32})*")


class Service(NamedTuple):
    """A service field that has been read.

    Attributes:
        offers: the Enumservices, in lower case; empty where the field is not of ENUM's form.
        schemes: URI schemes that they may lead to; empty where any may follow.
        fault: (rule, message, fix) for what is wrong with it, or None.
    """

    offers: tuple[str, ...]
    schemes: frozenset[str]
    fault: tuple[str, str, str] | None


@lru_cache(maxsize=1024)
def read(field: str) -> Service:
    """Read a service field.

    Example:
        >>> read("E2U+SIP").offers, read("E2U+SIP").fault
        (('sip',), None)
        >>> read("e2u-sip").fault[2]
        "Write 'E2U+sip'."
    """
    words = field.lower().split("+")
    old = words[-1] == "e2u" and words[0] != "e2u"
    offers = tuple(words[:-1] if old else words[1:])
    if "e2u" not in (words[0], words[-1]) or not (offers and all(map(FORM.fullmatch, offers))):
        return Service((), frozenset(), _misspelt(field))
    schemes = {offer: _schemes(offer) for offer in offers}
    fault = None
    if old:
        fault = (
            "service-obsolete",
            f"the service is {field!r}, the spelling of RFC 2916, which RFC 6116 no longer knows. "
            "Some clients skip the record.",
            f"Write {_written(offers)!r}.",
        )
    else:
        unknown = [offer for offer in offers if not schemes[offer]]
        if unknown:
            fault = _unregistered(unknown[0])
    named = all(schemes.values())
    return Service(offers, frozenset().union(*schemes.values()) if named else frozenset(), fault)


def _schemes(offer: str) -> tuple[str, ...]:
    kind, _, subtype = offer.partition(":")
    if not subtype:
        return WITHOUT_SUBTYPE.get(kind, ())
    return (subtype,) if subtype in WITH_SUBTYPE.get(kind, ()) else ()


def _unregistered(offer: str) -> tuple[str, str, str] | None:
    kind = offer.partition(":")[0]
    if kind.startswith("x-"):
        return None  # for experiments, by agreement
    if kind in WITH_SUBTYPE:
        fix = f"Registered are {', '.join(f'{kind}:{s}' for s in WITH_SUBTYPE[kind])}."
    elif kind in WITHOUT_SUBTYPE:
        fix = f"Write 'E2U+{kind}': this type has no subtype."
    else:
        fix = "Take one of IANA's list, such as sip, h323, email:mailto, web:http or voice:tel."
    return (
        "service-unregistered",
        f"the Enumservice {offer!r} is not on IANA's list (RFC 6117), so no client will ask for "
        "it unless you and its maker have agreed.",
        fix,
    )


def _misspelt(field: str) -> tuple[str, str, str]:
    known = WITH_SUBTYPE.keys() | WITHOUT_SUBTYPE.keys()
    words = re.split(r"[^0-9a-z:]+", field.lower())
    found = [word for word in words if word.split(":")[0] in known]
    return (
        "service-misspelt",
        f"the service is {field!r}. ENUM clients look for E2U, a + and an Enumservice "
        "(RFC 6116 section 3.4.3), and skip any other record.",
        f"Write {_written(found or ['sip'])!r}.",
    )


def _written(offers: tuple[str, ...] | list[str]) -> str:
    return "+".join(["E2U", *offers])
