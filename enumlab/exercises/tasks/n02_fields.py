"""Notebook 02: what the answer says."""

from __future__ import annotations

from random import Random

from enumlab.exercises import pool
from enumlab.exercises.functions import function_check
from enumlab.exercises.readers import amount, count, word
from enumlab.exercises.task import Finding, Outcome, Task
from enumlab.exercises.trials import Arguments
from enumlab.exercises.values import value_check, within
from enumlab.exercises.zones import Served, zone_check

NUMBER = "+61355500920"
WANTED = {
    "sip": "sip:info@voice.example",
    "email:mailto": "mailto:info@mail.example",
    "web:http": "http://www.example/",
}
SERVICES = (
    "E2U+sip E2U+SIP e2u+sip sip+E2U SIP+e2u E2U+email:mailto+sip E2U+sip+h323 E2U+h323+sip "
    "E2U+email:mailto E2U+web:http E2U+tel E2U+h323 E2U+pstn:sip E2U+pstn:tel SIP+D2U SIPS+D2T"
)


def _records() -> list[Arguments]:
    rng = Random(pool.SEED)
    every = [(order, preference) for order in (5, 10, 20, 100) for preference in (5, 20, 100, 200)]
    return [(rng.sample(every, size),) for size in (1, 2, 3, 4) * 10]


def _services() -> list[Arguments]:
    return [(service,) for service in SERVICES.split()]


def _several(task: Task, served: Served) -> Finding | None:
    records = served.answer(NUMBER).records
    for service, uri in WANTED.items():
        uris = served.uris(NUMBER, service)
        if uris == [uri]:
            continue
        rows = ("asked for", service), ("expected", uri), ("got", ", ".join(uris) or "nothing")
        if any(record.regexp and record.replacement != "." for record in records):
            return task.fault("regexp and replacement both", *rows)
        if any(not record.flags for record in records):
            return task.fault("no flag", *rows)
        if len(records) == 1 and len(records[0].enumservices) > 1:
            return task.fault("all services in one record", *rows)
        if records and not any(record.offers(service) for record in records):
            return task.fault("service misspelt", *rows)
        return Finding(Outcome.WRONG, "A client for this service does not get its URI.", rows)
    return None


CHECKS = {
    "2.1": function_check(_records),
    "2.2": function_check(_services),
    "2.3": value_check(amount, within(287, 289)),
    "2.4": value_check(word),
    "2.5": zone_check(_several),
    "2.6": value_check(count),
}
