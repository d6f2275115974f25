r"""Master-file text (RFC 1035 section 5) to records, or an error that names the line and the cure.

The reading is dnspython's. This room adds what a learner needs: the line that each record stands
on, and the reason, in plain words, why a line cannot be read. It also sets bounds, so that no text,
whatever is in it, keeps the reader busy for minutes or fills the memory.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TextIO, cast

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.tokenizer
import dns.transaction
import dns.ttl
import dns.zonefile

from enumlab.errors import ZoneError
from enumlab.naptr import lone_backslash
from enumlab.nodes import key_of, unpack
from enumlab.plainlines import Entry, PackedLines, PlainLines

Key = tuple[dns.name.Name, dns.rdatatype.RdataType]

SINGLETONS = {dns.rdatatype.CNAME, dns.rdatatype.DNAME, dns.rdatatype.SOA}
BESIDE_AN_ALIAS = {dns.rdatatype.RRSIG, dns.rdatatype.NSEC, dns.rdatatype.KEY}

NAPTR_FORM = 'owner [TTL] IN NAPTR order preference "flags" "service" "regexp" replacement'

DIRECTIVES = {
    "$ORIGIN": "$ORIGIN name",
    "$TTL": "$TTL seconds, or a time such as 1h or 2d",
    "$GENERATE": "$GENERATE first-last owner [TTL] type data, where $ is the number and the data a "
    "single word",
}

# Bounds on what is read. dnspython takes a second for 20,000 records, or for two million signs.
LONGEST_LINE = 1_000_000  # signs; a record's 65,535 octets need 262,140 at most
MOST_LINES = 100_000  # of one record, inside parentheses
MOST_RECORDS = 200_000  # not of the plain form, see `plainlines`
MOST_SIGNS = 20_000_000  # the same; a word counts for four signs more than it has
MOST_GENERATED = 100_000  # records made by $GENERATE
LARGEST = 65_535  # octets of an answer over TCP, the most there is
AROUND = 28  # octets of such an answer beside the record's data and its name, asked for in full
SHOWN = 160  # signs of a text that are quoted in an error


@dataclass
class Records:
    """What a master file holds.

    Attributes:
        rdatasets: one for each (owner, type), in file order; TTLs in seconds.
        lines: the line, counted from 1, on which each record starts.
        outside: (line, owner) of records that are not below the origin; they are not served.
        packed: NAPTR records of owners that have no entry in `rdatasets`, by key (see `nodes`).
    """

    rdatasets: dict[Key, dns.rdataset.Rdataset] = field(default_factory=dict)
    lines: dict[tuple[dns.name.Name, dns.rdata.Rdata], int] = field(default_factory=dict)
    outside: list[tuple[int, str]] = field(default_factory=list)
    packed: dict[bytes, bytes | tuple[bytes, ...]] = field(default_factory=dict)


def read(
    text: str,
    origin: dns.name.Name,
    default_ttl: int | None = None,
    onto: Records | None = None,
    plain: list[Entry] | None = None,
    packed: bool = False,
) -> Records:
    r"""Read master-file text.

    Args:
        text: the lines; `$ORIGIN`, `$TTL` and `$GENERATE` are understood, `$INCLUDE` is refused.
        origin: where relative names hang, and the top of the zone.
        default_ttl: seconds, for a record that states no TTL where no `$TTL` stands before it.
        onto: records that are there already; the new ones are added to them, in place.
        plain: where given, NAPTR records on lines of the plain form go here instead; that is
            some fifty times as fast.
        packed: keep NAPTR records on lines of the plain form as `Records.packed`, as fast.

    With `plain` or `packed`, 200,000 records may be of another form than the plain one.

    Raises:
        ZoneError: with the line number, the line, and what was expected.

    Example:
        >>> import dns.name
        >>> found = read("a 60 IN TXT hello", dns.name.from_text("example."))
        >>> list(found.lines.values())
        [1]
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    _refuse_long_lines(text)
    collector = _Collector(origin, onto or Records(), keep_lines=onto is None)
    bounded = packed or plain is not None
    # A text given to the tokenizer is copied, four octets a sign; bounded, it gets a file instead.
    reader = _Reader("" if bounded else text, collector, default_ttl, bounded)
    if plain is not None:
        reader.tok.file = cast(TextIO, PlainLines(text, origin, reader, plain))
    elif packed:
        lines = PackedLines(text, origin, reader, collector.found.packed, collector.owners)
        reader.tok.file = cast(TextIO, lines)
    try:
        reader.read()
    except ZoneError:
        raise
    except (dns.exception.DNSException, ValueError, KeyError, OverflowError) as error:
        raise _explained(text, collector, error) from None
    except Exception as error:  # whatever dnspython stumbles over, the text made it stumble
        raise _explained(text, collector, error) from error
    return collector.found


def _refuse_long_lines(text: str) -> None:
    at = 0
    while len(text) - at > LONGEST_LINE:
        end = text.rfind("\n", at, at + LONGEST_LINE + 1)
        if end < 0:
            line = text.count("\n", 0, at) + 1
            raise ZoneError(
                f"line {line}: it is longer than {LONGEST_LINE:,} signs, and no record needs that "
                "many. Check that this is a master file.",
                line,
            )
        at = end + 1


class _Collector:
    """Takes each record from dnspython's reader, as a transaction would, and knows its line."""

    def __init__(self, origin: dns.name.Name, found: Records, keep_lines: bool) -> None:
        self.origin = origin
        self.found = found
        self.keep_lines = keep_lines  # line numbers of a second text would mislead
        self.types: dict[dns.name.Name, set[dns.rdatatype.RdataType]] = {}
        self.owners: set[bytes] = set()  # keys of those in `found.rdatasets`
        for owner, kind in found.rdatasets:
            self._note_type(owner, kind)
            self.owners.add(key_of(owner))
        self.line = 1  # on which the record or the directive at hand starts
        self.added = self.generated = 0
        self.generating = False
        self.bounded = False
        self.refusal: ZoneError | None = None  # dnspython may wrap it in an error of its own

    # The three names below are what dnspython's reader calls on its transaction.
    @property
    def manager(self) -> _Collector:
        return self

    def origin_information(self) -> tuple[dns.name.Name, bool, dns.name.Name]:
        # The reader drops names outside the origin it is told, without a word. Told the root, it
        # drops nothing, and `add` can say what was left out.
        return dns.name.root, False, dns.name.root

    def check_put_rdataset(self, check: object) -> None:
        pass  # `add` makes the same checks, and can name the line

    def _set_origin(self, origin: dns.name.Name) -> None:
        pass

    def add(self, owner: dns.name.Name, ttl: int, rdata: dns.rdata.Rdata) -> None:
        self._count(len(rdata.to_wire() or b"") + len(owner.to_wire() or b""))
        if not owner.is_subdomain(self.origin):
            self.found.outside.append((self.line, owner.to_text()))
            return
        self._unpack(owner)
        self._refuse(owner, rdata)
        key = (owner, rdata.rdtype)
        rdataset = self.found.rdatasets.get(key)
        if rdataset is None:
            rdataset = dns.rdataset.Rdataset(rdata.rdclass, rdata.rdtype, ttl=ttl)
            self.found.rdatasets[key] = rdataset
        before = len(rdataset)
        rdataset.add(rdata)  # the first TTL stands for the whole rrset, as in BIND
        if self.keep_lines and len(rdataset) > before:
            self.found.lines[owner, rdata] = self.line

    def _count(self, octets: int) -> None:
        """Refuse what no answer can carry, and what would take minutes."""
        if octets + AROUND > LARGEST:
            raise self.too_much(
                f"with its name the record has {octets:,} octets, and an answer carries no more "
                f"than {LARGEST - AROUND:,}. Make several records of it."
            )
        self.added += 1
        if self.bounded and self.added > MOST_RECORDS:
            raise self.too_much(
                f"there are more than {MOST_RECORDS:,} records that are not NAPTR records of the "
                "plain form. All else is read slowly: take a part of the zone."
            )
        if self.generating:
            self.generated += 1 + octets // 256  # a long record counts for several
            if self.generated > MOST_GENERATED:
                raise self.too_much(
                    f"$GENERATE makes more than {MOST_GENERATED:,} records here. Give it a smaller "
                    "range; for a block of numbers, one wildcard record does the same."
                )

    def too_much(self, what: str) -> ZoneError:
        self.refusal = ZoneError(f"line {self.line}: {what}", self.line)
        return self.refusal

    def _unpack(self, owner: dns.name.Name) -> None:
        """From now on, all records of this owner are kept in dnspython's form."""
        key = key_of(owner)
        self.owners.add(key)
        packed = self.found.packed.pop(key, None)
        if packed is not None:
            self.found.rdatasets[owner, dns.rdatatype.NAPTR] = unpack(packed)
            self._note_type(owner, dns.rdatatype.NAPTR)

    def _refuse(self, owner: dns.name.Name, rdata: dns.rdata.Rdata) -> None:
        kind, here = rdata.rdtype, self.found.rdatasets
        if kind == 0 or dns.rdatatype.is_metatype(kind):
            raise ZoneError(
                f"line {self.line}: {dns.rdatatype.to_text(kind)} is a type for questions, and no "
                "record can have it (RFC 6895 section 3.1). Drop the line.",
                self.line,
            )
        if kind in SINGLETONS and (owner, kind) in here and rdata not in here[owner, kind]:
            name = dns.rdatatype.to_text(kind)
            raise ZoneError(
                f"line {self.line}: {owner} has a second, different {name} record. "
                f"A name can have one {name} only: keep one of the two.",
                self.line,
            )
        if kind == dns.rdatatype.NS and owner.is_wild():
            raise ZoneError(
                f"line {self.line}: {owner} is a wildcard with an NS record, which name servers "
                "refuse (RFC 4592 section 4.2). Delegate each name by itself.",
                self.line,
            )
        if kind == dns.rdatatype.SOA and owner != self.origin:
            raise ZoneError(
                f"line {self.line}: the SOA record is at {owner}, but this zone starts at "
                f"{self.origin}. Give origin={owner.to_text()!r}, or move the record.",
                self.line,
            )
        types = self._note_type(owner, kind)
        if dns.rdatatype.CNAME in types and len(types) > 1:
            other = dns.rdatatype.to_text(min(types - {dns.rdatatype.CNAME}))
            raise ZoneError(
                f"line {self.line}: {owner} has a CNAME record and {other} as well. An alias has "
                "no other data (RFC 1034 section 3.6.2): drop one of the two.",
                self.line,
            )

    def _note_type(
        self, owner: dns.name.Name, kind: dns.rdatatype.RdataType
    ) -> set[dns.rdatatype.RdataType]:
        types = self.types.setdefault(owner, set())
        if kind not in BESIDE_AN_ALIAS:
            types.add(kind)
        return types


class _Tokenizer(dns.tokenizer.Tokenizer):
    """dnspython's tokenizer, which gives up on a text that does not end."""

    def __init__(self, text: str, collector: _Collector) -> None:
        super().__init__(text, "zone")
        self.collector = collector
        self.signs = 0

    def get(self, want_leading: bool = False, want_comment: bool = False) -> dns.tokenizer.Token:
        token = super().get(want_leading, want_comment)
        if want_leading and want_comment:  # only the first of a record or a directive is so asked
            # The newline behind the token may have been read already.
            self.collector.line = self.line_number - (self.ungotten_char == "\n")
        self.signs += len(token.value) + 4
        if self.signs > MOST_SIGNS and self.collector.bounded:
            raise self.collector.too_much(
                "up to here, too much of the text is not NAPTR records of the plain form. All else "
                "is read slowly: take a part of the zone."
            )
        return token

    def skip_whitespace(self) -> int:
        if self.multiline and self.line_number - self.collector.line > MOST_LINES:
            raise self._unending()
        skipped = 0
        while (sign := self._get_char()) in (" ", "\t") or (sign == "\n" and self.multiline):
            skipped += 1
            if skipped > LONGEST_LINE:
                raise self._unending()
        self._unget_char(sign)
        return skipped

    def _unending(self) -> ZoneError:
        return self.collector.too_much(
            f"the record that starts here goes on for more than {MOST_LINES:,} lines. A "
            "parenthesis is not closed."
        )


class _Reader(dns.zonefile.Reader):
    """dnspython's reader, which also tells the collector on which line a record starts."""

    def __init__(
        self, text: str, collector: _Collector, default_ttl: int | None, bounded: bool
    ) -> None:
        super().__init__(
            _Tokenizer(text, collector),
            dns.rdataclass.IN,
            cast(dns.transaction.Transaction, collector),
            allow_directives=("$ORIGIN", "$TTL", "$GENERATE"),
            default_ttl=default_ttl,
        )
        self.current_origin = self.last_name = collector.origin
        self.collector = collector
        collector.bounded = bounded

    def _generate_line(self) -> None:
        self.collector.generating = True
        cast(Any, super())._generate_line()
        self.collector.generating = False


def _explained(text: str, collector: _Collector, error: Exception) -> ZoneError:
    """Turn dnspython's complaint into a sentence about the line at fault."""
    if collector.refusal is not None:
        return collector.refusal
    said = re.sub(r"^zone:\d+: ", "", str(error) or type(error).__name__)
    at = collector.line
    text = text.replace("\r", "\n")  # which ends a line for the tokenizer as well
    line = _line(text, at).rstrip()
    reason = _reason(line, _shown(said))
    return ZoneError(f"line {at}: {reason} The line is: {_shown(line.strip())}", at)


def _line(text: str, number: int) -> str:
    """A line, counted from 1; it may be far down, so the lines above it are not copied."""
    start = 0
    if number > 1:
        newline = next(islice(re.finditer("\n", text), number - 2, None), None)
        if newline is None:
            return ""
        start = newline.end()
    return text[start : start + LONGEST_LINE].partition("\n")[0]


def _shown(text: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:SHOWN])


def _reason(line: str, said: str) -> str:
    lone = lone_backslash(line)
    if lone:
        return lone
    if "integer string conversion" in said:
        return "a number in it has thousands of digits."
    if "$INCLUDE" in said:
        return "$INCLUDE is not followed here. Put the records of that file in this one."
    if "directive" in said:
        return f"{said}. Known are $ORIGIN, $TTL and $GENERATE."
    form = DIRECTIVES.get(line.split(maxsplit=1)[0].upper()) if line.strip() else None
    if form:
        if line.startswith("$"):
            return f"the directive cannot be read ({said}). Expected: {form}."
        return "a line with a $ directive must start at the left edge, without spaces before it."
    if "rdatatype" in said:
        return f"{said}. Expected: {NAPTR_FORM}."
    if "default TTL" in said:
        return "the record has no TTL. Put a line such as `$TTL 1h` above it."
    if "class" in said:
        return "the class is not IN, the only one that this lab serves."
    if "parenthes" in said:
        return "a parenthesis is not closed, or closed twice."
    if "quot" in said or "newline" in said:
        return 'a quoted text is not closed: look for a missing ".'
    if "NAPTR" in line.upper():
        return f"the NAPTR record cannot be read ({said}). Expected: {NAPTR_FORM}."
    return f"the line cannot be read ({said}). Expected: owner [TTL] IN type data."
