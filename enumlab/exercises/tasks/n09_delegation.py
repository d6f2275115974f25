"""Notebook 09: why ENUM is not everywhere."""

from __future__ import annotations

import dns.message
import dns.rdatatype

from enumlab.client import look_up
from enumlab.exercises.readers import count, word
from enumlab.exercises.task import Finding, Outcome, Task
from enumlab.exercises.values import value_check, within
from enumlab.exercises.zones import Served, zone_check
from enumlab.number import to_domain
from enumlab.zone import Zone

SERVER = "ns.3.0.5.5.5.2.1.6.e164.arpa."
PORTED = "2.1.9.0.0.5.5.5.3"
NEW, OLD = "ns.banksia.example.", "ns2.acacia.example."


def _message(served: Served, number: str) -> dns.message.Message:
    return look_up(to_domain(number), served.server).message


def _referral(message: dns.message.Message) -> list[str]:
    """The name servers that a referral names; empty if it is none."""
    return [
        rdata.to_text().lower()
        for rrset in message.authority
        if rrset.rdtype == dns.rdatatype.NS and not message.answer
        for rdata in rrset
    ]


def _block(task: Task, served: Served) -> Finding | None:
    message = _message(served, "+61255503123")
    servers = _referral(message)
    rows = ("asked for", "+61255503123"), ("referred to", ", ".join(servers) or "nobody")
    if message.answer:
        return task.fault("an answer instead of a referral", rows[0])
    if any(owner.endswith("2.1.6.1.6.e164.arpa.") for owner in served.zone.owners):
        return task.fault("the suffix twice", *rows)
    if not servers and any("2.5.5.5.0.3" in owner for owner in served.zone.owners):
        return task.fault("not reversed", *rows)
    if _referral(_message(served, "+61255504123")):
        return task.fault("cut one digit too high", ("referred, too", "+61255504123"))
    if servers != [SERVER]:
        return Finding(Outcome.WRONG, f"A client is not referred to {SERVER}", rows)
    if not any(rrset.rdtype == dns.rdatatype.A for rrset in message.additional):
        return task.fault("no glue", *rows)
    return None


def _ported(task: Task, served: Served) -> Finding | None:
    message = _message(served, "+61355500912")
    servers = _referral(message)
    rows = ("asked for", "+61355500912"), ("referred to", ", ".join(servers) or "nobody")
    if message.answer:
        return task.fault("an answer instead of a referral", rows[0])
    if _referral(_message(served, "+61355500913")):
        return task.fault("took the neighbours along", ("referred, too", "+61355500913"))
    if {NEW, OLD} <= set(servers):
        return task.fault("kept the old provider too", *rows)
    if servers == [f"{NEW}1.6.e164.arpa."]:
        return task.fault("a relative server name", *rows)
    if servers != [NEW]:
        return Finding(Outcome.WRONG, f"A client is not referred to {NEW}", rows)
    return None


CHECKS = {
    "9.1": value_check(word),
    "9.2": zone_check(_block, lambda: Zone.named("tier1")),
    "9.3": zone_check(_ported, lambda: Zone.named("tier1").without(PORTED)),
    "9.4": value_check(count, within(54, 60)),
}
