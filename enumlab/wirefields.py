"""The fields of a DNS message, read from left to right; see `enumlab.dissect`."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import dns.name

from enumlab import wirewords as words

UNREADABLE = "unreadable"
HEADER = 12  # octets
MOST_POINTERS = 126  # a name has at most 127 labels, so more lead nowhere
OPT = 41

COUNTS = (("ANCOUNT", "answer"), ("NSCOUNT", "authority"), ("ARCOUNT", "additional"))

# What the data of a record consists of; any other type is one field, "data".
LAYOUTS = {
    "A": "address:ipv4",
    "AAAA": "address:ipv6",
    "CNAME": "target:name",
    "DNAME": "target:name",
    "MX": "preference:u16 exchange:name",
    "NAPTR": "order:u16 preference:u16 flags:string service:string regexp:string replacement:name",
    "NS": "target:name",
    "PTR": "target:name",
    "SOA": "mname:name rname:name serial:u32 refresh:time retry:time expire:time minimum:time",
    "SRV": "priority:u16 weight:u16 port:u16 target:name",
    "TXT": "text:strings",
}
NOTES = {
    ("NAPTR", "order"): "the lowest order is read first",
    ("NAPTR", "preference"): "within one order, the lowest goes first",
    ("NAPTR", "service"): "what the record offers",
    ("NAPTR", "regexp"): "makes the result out of the number",
    ("SOA", "minimum"): "how long a negative answer may be kept",
}
FLAGS = {"u": "the result is a URI", "": "the result is a name to ask for next"}


@dataclass(frozen=True)
class Field:
    """Some octets of a message that belong together.

    Attributes:
        part: "header", "question", "answer 1", "authority 1", "additional 1", ...
        name: such as "owner", "TTL", "preference", or "unreadable".
        start: offset of the first octet.
        end: offset behind the last octet.
        value: what stands there.
        note: what to think of it; may be empty.
        hidden: the octets differ from run to run, and are not shown.
    """

    part: str
    name: str
    start: int
    end: int
    value: str
    note: str = ""
    hidden: bool = False

    @property
    def meaning(self) -> str:
        """Value and note."""
        return f"{self.value}; {self.note}" if self.note else self.value

    def octets(self, wire: bytes) -> list[str]:
        """Each of its octets in hex, or `id` where they are hidden."""
        mine = wire[self.start : self.end]
        return ["id"] * len(mine) if self.hidden else [f"{octet:02x}" for octet in mine]


class Unreadable(Exception):
    """Why reading stops; never leaves this module."""


class Reader:
    """Reads from left to right; `at` is the next octet, `limit` the end of what may be read."""

    def __init__(self, wire: bytes) -> None:
        self.wire = wire
        self.at, self.limit = 0, len(wire)
        self.part = "header"
        self.fields: list[Field] = []

    def read(self) -> list[Field]:
        """Every field; the last is "unreadable" where the bytes are no DNS message."""
        try:
            self.message()
        except Unreadable as why:
            self.add(UNREADABLE, len(self.wire) - self.at, str(why))
        return self.fields

    def message(self) -> None:
        """Header, question, and the records that the header counts."""
        if self.limit < HEADER:
            raise Unreadable(
                f"a message starts with a header of {HEADER} octets, and this ends after "
                f"{self.limit}"
            )
        self.add("ID", 2, "not shown", "an answer repeats the ID of its query", hidden=True)
        flags = self.number("flags", 2, words.flags)
        questions = self.number("QDCOUNT", 2, partial(words.many, what="question"))
        counts = [
            self.number(name, 2, partial(words.many, what="record", section=section))
            for name, section in COUNTS
        ]
        for number in range(questions):
            self.part = "question" if questions == 1 else f"question {number + 1}"
            self.promised(number, words.many(questions, "question"))
            self.domain("name")
            self.number("type", 2, words.rdtype)
            self.number("class", 2, words.rdclass)
        for (_, section), count in zip(COUNTS, counts, strict=True):
            for number in range(count):
                self.part = f"{section} {number + 1}"
                self.promised(number, words.many(count, "record", section))
                self.record(flags)
        if self.at < self.limit:
            self.part = "rest"
            raise Unreadable("the header counts no record here, so nobody reads on")

    def promised(self, number: int, many: str) -> None:
        """See that there is something left for a record that the header counts."""
        if self.at == self.limit:
            raise Unreadable(f"the header says {many}, but the bytes end after {number}")

    # Fields of any kind

    def add(self, name: str, size: int, value: str, note: str = "", hidden: bool = False) -> None:
        """Note a field, and step over it."""
        end = self.at + size
        self.fields.append(Field(self.part, name, self.at, end, value, note, hidden))
        self.at = end

    def need(self, name: str, size: int) -> bytes:
        """The next octets, if they are there."""
        if self.at + size > self.limit:
            whose = "the data of the record" if self.limit < len(self.wire) else "the message"
            raise Unreadable(
                f"{name} takes {words.many(size, 'octet')}, but {whose} ends after "
                f"{self.limit - self.at}"
            )
        return self.wire[self.at : self.at + size]

    def number(self, name: str, size: int, say: Callable[[int], str] = str, note: str = "") -> int:
        """A number of so many octets, the most significant first; `say` puts it into words."""
        number = int.from_bytes(self.need(name, size), "big")
        self.add(name, size, say(number), note)
        return number

    def string(self, name: str, note: str = "") -> None:
        """A character-string: its length, and so many octets (RFC 1035 section 3.3)."""
        size = self.need(name, 1)[0]
        text = words.text(self.need(name, 1 + size)[1:])
        if name == "flags":
            note = FLAGS.get(text.lower(), "a flag that ENUM does not know")
        elif name == "regexp" and not text:
            note = "none: the replacement is used"
        self.add(name, 1 + size, f'"{text}"', note)

    def domain(self, name: str) -> None:
        """A domain name, which may end with a pointer (RFC 1035 section 4.1.4)."""
        labels: list[bytes] = []
        at = lowest = self.at
        end, pointers, note = 0, 0, ""
        while True:
            limit = len(self.wire) if end else self.limit
            length = self.wire[at] if at < limit else 256
            if length == 0:
                break
            if length < 0x40 and at + length < limit:
                labels.append(self.wire[at + 1 : at + 1 + length])
                at += 1 + length
                if sum(map(len, labels)) + len(labels) > 254:
                    raise Unreadable(f"{name} is longer than 255 octets")
            elif 0xC0 <= length < 256 and at + 1 < limit:
                target = (length & 0x3F) << 8 | self.wire[at + 1]
                pointers += 1
                if target >= lowest or target < HEADER or pointers > MOST_POINTERS:
                    raise Unreadable(
                        f"{name} has a pointer to octet {target}; a pointer must lead back to "
                        "a name that stands before it"
                    )
                if not end:
                    pair = f"{self.wire[at]:02x} {self.wire[at + 1]:02x}"
                    note = f"{pair} points back to octet {target}, {self.whereabouts(target)}"
                    end = at + 2
                at = lowest = target
            elif 0x40 <= length < 0xC0:
                raise Unreadable(
                    f"{name} has a label that starts with {length:02x}; a length is at most 3f, "
                    "and a pointer starts with c0 or more"
                )
            else:
                raise Unreadable(f"{name} does not end before the bytes do")
        text = dns.name.Name([*labels, b""]).to_text()
        if name == "replacement" and not note:
            note = "none: the regexp is used" if text == "." else "the name to ask for next"
        self.add(name, (end or at + 1) - self.at, text, note)

    def whereabouts(self, offset: int) -> str:
        """The field at an offset, as a sentence has it."""
        for field in self.fields:
            if field.start <= offset < field.end:
                how = "the" if field.start == offset else "inside the"
                return f"{how} {field.name} of {'the ' * field.part.isalpha()}{field.part}"
        return "inside this name"

    # Records

    def record(self, flags: int) -> None:
        """One record; the header's flags are for EDNS, which holds more of the return code."""
        self.domain("owner")
        rdtype = self.number("type", 2, words.rdtype)
        if rdtype == OPT:
            self.opt(flags)
            return
        rdclass = self.number("class", 2, words.rdclass)
        self.number("TTL", 4, words.ttl, "how long the record may be kept")
        layout = LAYOUTS.get(words.rdtype(rdtype), "") if rdclass == 1 else ""
        self.data(partial(self.layout, words.rdtype(rdtype), layout))

    def data(self, inside: Callable[[], None]) -> None:
        """The length, and what it covers: as many octets as it says, no more and no fewer."""
        length = self.number("length", 2, partial(words.many, what="octet"))
        end, outer = self.at + length, self.limit
        if end > outer:
            raise Unreadable(
                f"the length is {length}, but the message ends after {outer - self.at} octets more"
            )
        self.limit = end
        inside()
        if self.at < end:
            raise Unreadable(
                f"the length is {length}, but the data ends after {length - end + self.at}"
            )
        self.limit = outer

    def layout(self, rdtype: str, layout: str) -> None:
        """The data of a record, as its type lays it out."""
        if not layout and self.at < self.limit:
            size = self.limit - self.at
            self.add("data", size, words.many(size, "octet"), "not taken apart here")
        for part in layout.split():
            name, _, kind = part.partition(":")
            note = NOTES.get((rdtype, name), "")
            match kind:
                case "u16":
                    self.number(name, 2, note=note)
                case "u32":
                    self.number(name, 4, note=note)
                case "time":
                    self.number(name, 4, words.seconds, note)
                case "name":
                    self.domain(name)
                case "string":
                    self.string(name, note)
                case "strings":
                    while self.at < self.limit:
                        self.string(name)
                case _:
                    size = 4 if kind == "ipv4" else 16
                    self.add(name, size, str(ipaddress.ip_address(self.need(name, size))))

    def opt(self, flags: int) -> None:
        """The EDNS record, where class and TTL mean something else (RFC 6891 section 6.1.3)."""
        self.number("UDP size", 2, partial(words.many, what="octet"), "the most the sender takes")
        self.number("extended rcode", 1, lambda upper: f"{upper}: {words.rcode(flags, upper)}")
        self.number("version", 1, lambda version: f"EDNS version {version}")
        self.number("EDNS flags", 2, lambda bits: "DO: DNSSEC wanted" if bits >> 15 else "none set")
        self.data(self.options)

    def options(self) -> None:
        """EDNS options: code, length and data, as many as fit (RFC 6891 section 6.1.2)."""
        outer = self.limit
        while self.at < outer:
            code = self.number("option code", 2, words.option)
            size = self.number("option length", 2, partial(words.many, what="octet"))
            self.need("the option", size)
            self.limit = self.at + size
            if code == words.EDE:
                self.number("info code", 2, words.extended_error)
                text = words.text(self.wire[self.at : self.limit])
                self.add("extra text", self.limit - self.at, f'"{text}"', "why, in words")
            elif size:
                hidden = code == words.COOKIE
                self.add("option data", size, words.many(size, "octet"), hidden=hidden)
            self.limit = outer
