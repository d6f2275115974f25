"""Hostile master files: each is loaded, or refused with its line, soon and in little memory."""

from __future__ import annotations

import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from enumlab import Zone, ZoneError, peers

ORIGIN = "e164.arpa."
TOP = """$TTL 1h
@ SOA ns root 1 3600 900 604800 300
@ NS ns.example.
"""
GOOD = '1 NAPTR 10 100 "u" "E2U+sip" "!^.*$!sip:a@b.example!" .\n'
MEGABYTE = 1_000_000


def below(text: str | bytes) -> bytes:
    """The lines, below a sound top, as a file's octets."""
    return TOP.encode() + (text if isinstance(text, bytes) else text.encode())


def soa(fields: str) -> bytes:
    return f"$TTL 1h\n@ SOA ns root {fields}\n@ NS ns.example.\n".encode()


def naptr(fields: str) -> bytes:
    return below(f"1 NAPTR {fields}\n")


LONG_NAME = ".".join(["a" * 63] * 3)  # 192 octets; below e164.arpa. 54 are left for one more label

# name -> the file. Small ones: what each server says of them is compared.
CORPUS: dict[str, bytes] = {
    "an empty file": b"",
    "nothing but the top": below(""),
    "one good record": below(GOOD),
    "no newline at the end": below(GOOD.rstrip()),
    # Not text
    "every octet": bytes(range(256)) * 16,
    "noise": random.Random(1).randbytes(4096),
    "a picture": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0\0\0\1\0\b\6\0\0\0",
    "UTF-16": (TOP + GOOD).encode("utf-16"),
    "ISO 8859-1 in a text": below(b'1 TXT "caf\xe9"\n'),
    "UTF-8 in a text": below('1 TXT "caf\u00e9"\n'),
    "UTF-8 in a comment": below("; caf\u00e9\n" + GOOD),
    "UTF-8 in an owner": below("caf\u00e9 TXT x\n"),
    "a byte order mark": b"\xef\xbb\xbf" + below(GOOD),
    "a byte order mark in the middle": below("\ufeff" + GOOD),
    "a line separator of Unicode": below("1 TXT a\u20282 TXT b\n"),
    "a NUL in a text": below('1 TXT "a\0b"\n'),
    "a NUL in an owner": below("a\0b TXT x\n"),
    "a NUL for a line": below("\0\n"),
    "NULs behind the end": below(GOOD) + b"\0" * 512,
    "control characters": below("1 TXT a\x01\x02\x7f\n"),
    "a form feed": below("\x0c" + GOOD),
    "a vertical tab between fields": below("1\x0bTXT\x0bx\n"),
    "a bell in an owner": below("a\x07b TXT x\n"),
    # Ends of lines
    "CR LF": below(GOOD).replace(b"\n", b"\r\n"),
    "a lone CR": below(GOOD).replace(b"\n", b"\r"),
    "a CR in a quoted text": below('1 TXT "a\rb"\n'),
    "a CR LF in a quoted text": below('1 TXT "a\r\nb"\n'),
    "a newline in a quoted text": below('1 TXT "a\nb"\n'),
    "LF CR": below(GOOD).replace(b"\n", b"\n\r"),
    # Directives
    "$INCLUDE of a password file": below("$INCLUDE /etc/passwd\n"),
    "$INCLUDE without end": below("$INCLUDE /dev/zero\n"),
    "$INCLUDE outside the folder": below("$INCLUDE ../../../../etc/hostname\n"),
    "$INCLUDE of itself": below("$INCLUDE zone\n"),
    "$INCLUDE of nothing": below("$INCLUDE\n"),
    "$include": below("$include /etc/passwd\n"),
    "$INCLUDE of a quoted file": below('$INCLUDE "/etc/passwd" sub\n'),
    "$ORIGIN of nothing": below("$ORIGIN\n1 TXT x\n"),
    "$ORIGIN, relative": below("$ORIGIN sub\n1 TXT x\n"),
    "$ORIGIN outside": below("$ORIGIN example.\n1 TXT x\n"),
    "$ORIGIN too long": below("$ORIGIN " + "a" * 64 + ".\n1 TXT x\n"),
    "$ORIGIN and more": below("$ORIGIN sub more\n1 TXT x\n"),
    "$TTL of nothing": below("$TTL\n1 TXT x\n"),
    "$TTL that is no time": below("$TTL soon\n1 TXT x\n"),
    "$TTL, the largest": below("$TTL 2147483647\n1 TXT x\n"),
    "$TTL above 2^31": below("$TTL 2147483648\n1 TXT x\n"),
    "$TTL above 2^32": below("$TTL 4294967296\n1 TXT x\n"),
    "$UNICODE": below("$UNICODE 2008\n1 TXT x\n"),
    "an unknown directive": below("$HELLO world\n"),
    "a lone dollar": below("$\n"),
    "a dollar in an owner": below("a$b TXT x\n"),
    "an indented directive": below("  $TTL 60\n1 TXT x\n"),
    # $GENERATE
    "$GENERATE": below("$GENERATE 1-9 x$ A 192.0.2.$\n"),
    "$GENERATE of nothing": below("$GENERATE\n"),
    "$GENERATE, no data": below("$GENERATE 1-9 x$\n"),
    "$GENERATE backwards": below("$GENERATE 9-1 x$ A 192.0.2.1\n"),
    "$GENERATE from below zero": below("$GENERATE -1-9 x$ A 192.0.2.1\n"),
    "$GENERATE, a step of zero": below("$GENERATE 1-9/0 x$ A 192.0.2.1\n"),
    "$GENERATE, a step too long": below("$GENERATE 1-9/100 x$ A 192.0.2.1\n"),
    "$GENERATE, all the same": below("$GENERATE 1-9 x A 192.0.2.1\n"),
    "$GENERATE, width": below("$GENERATE 1-9 x${0,5,d} A 192.0.2.1\n"),
    "$GENERATE, a width of a million": below("$GENERATE 1-9 x${0,1000000,d} A 192.0.2.1\n"),
    "$GENERATE, base z": below("$GENERATE 1-9 x${0,3,z} A 192.0.2.1\n"),
    "$GENERATE, an open brace": below("$GENERATE 1-9 x${0,3 A 192.0.2.1\n"),
    "$GENERATE, nibbles": below("$GENERATE 1-9 ${0,8,n} PTR x$\n"),
    "$GENERATE, label too long": below("$GENERATE 1-9 x${0,70,d} A 192.0.2.1\n"),
    "$GENERATE, address out of range": below("$GENERATE 1-300 x$ A 192.0.2.$\n"),
    "$GENERATE, CNAME twice": below("$GENERATE 1-2 x CNAME y$\n"),
    "$GENERATE, no type": below("$GENERATE 1-2 x$ NOTYPE y\n"),
    "$GENERATE with TTL and class": below("$GENERATE 1-9 x$ 60 IN A 192.0.2.1\n"),
    # Parentheses and quotes
    "a parenthesis not closed": below("1 TXT ( a\nb\nc\n"),
    "a parenthesis not opened": below("1 TXT a )\n"),
    "parentheses in parentheses": below("1 TXT ((a) (b\n) c)\n"),
    "parentheses around nothing": below("1 TXT x ( )\n( )\n"),
    "a parenthesis before the owner": below("( 1 TXT x )\n"),
    "a parenthesis in a comment": below("1 TXT x ; ( not one\n2 TXT y\n"),
    "a comment in parentheses": below("1 TXT ( a ; ) not the end\n b )\n"),
    "1,000 parentheses": below("1 TXT " + "(" * 1000 + "a" + ")" * 1000 + "\n"),
    "1,000 parentheses not closed": below("1 TXT " + "(" * 1000 + "\n"),
    "a quote not closed": below('1 TXT "a\n'),
    "a quote not closed at the very end": below('1 TXT "a'),
    "a quote in the middle of a word": below('1 TXT a"b\n'),
    "1,001 quotes": below("1 TXT " + '"' * 1001 + "\n"),
    "a quoted owner": below('"1" TXT x\n'),
    "a quoted type": below('1 "TXT" x\n'),
    # Escapes
    "a backslash at the end of a line": below("1 TXT a\\\n2 TXT b\n"),
    "a backslash at the very end": below("1 TXT a\\"),
    "an escape of three digits": below("1 TXT a\\065\n"),
    "an escape above 255": below("1 TXT a\\256\n"),
    "an escape of 999": below("1 TXT a\\999\n"),
    "an escape of two digits": below("1 TXT a\\25\n"),
    "an escape of a digit and letters": below("1 TXT a\\2xy\n"),
    "an escaped dot in an owner": below("a\\.b TXT x\n"),
    "an escaped parenthesis": below("1 TXT \\(\n"),
    "an escaped quote": below('1 TXT "a\\"b"\n'),
    "an escaped NUL in an owner": below("a\\000b TXT x\n"),
    "an escaped space in an owner": below("a\\ b TXT x\n"),
    # Names
    "a label of 63": below("a" * 63 + " TXT x\n"),
    "a label of 64": below("a" * 64 + " TXT x\n"),
    "a name of 255 octets": below(f"{LONG_NAME}.{'a' * 51} TXT x\n"),
    "a name of 256 octets": below(f"{LONG_NAME}.{'a' * 52} TXT x\n"),
    "an empty label": below("a..b TXT x\n"),
    "a dot for an owner": below(". TXT x\n"),
    "a dot before a name": below(".a TXT x\n"),
    "127 labels": below("1." * 115 + "1 TXT x\n"),
    "a name outside the zone": below("example.com. TXT x\n"),
    "an asterisk in the middle": below("a.*.b TXT x\n"),
    "no owner at the very start": b" " + below(""),
    # TTL, class, type
    "TTL 0": below("1 0 TXT x\n"),
    "TTL 2^31": below("1 2147483648 TXT x\n"),
    "TTL 2^32": below("1 4294967296 TXT x\n"),
    "TTL of 20 digits": below("1 99999999999999999999 TXT x\n"),
    "TTL of 5,000 digits": below("1 " + "9" * 5000 + " TXT x\n"),
    "TTL below zero": below("1 -1 TXT x\n"),
    "TTL in weeks and days": below("1 1w2d3h4m5s TXT x\n"),
    "TTL with a strange unit": below("1 1y TXT x\n"),
    "TTL twice": below("1 60 60 TXT x\n"),
    "TTL behind the class": below("1 IN 60 TXT x\n"),
    "two TTLs in one rrset": below("1 60 TXT x\n1 70 TXT y\n"),
    "class twice": below("1 IN IN TXT x\n"),
    "class CH": below("1 CH TXT x\n"),
    "class ANY": below("1 ANY TXT x\n"),
    "class CLASS1": below("1 CLASS1 TXT x\n"),
    "no type": below("1\n"),
    "an unknown type": below("1 NAPPTR x\n"),
    "TYPE65280": below("1 TYPE65280 \\# 3 abcdef\n"),
    "TYPE65280, length wrong": below("1 TYPE65280 \\# 4 abcdef\n"),
    "TYPE65280, not hexadecimal": below("1 TYPE65280 \\# 3 abcdeg\n"),
    "TYPE65280, no data": below("1 TYPE65280 \\# 0\n"),
    "TYPE99999": below("1 TYPE99999 \\# 0\n"),
    "TYPE0": below("1 TYPE0 \\# 0\n"),
    "type OPT": below("1 TYPE41 \\# 0\n"),
    "type ANY": below("1 ANY x\n"),
    "type AXFR": below("1 TYPE252 \\# 0\n"),
    "NAPTR as TYPE35, cut short": below("1 TYPE35 \\# 3 000a00\n"),
    # Data
    "A of three numbers": below("1 A 192.0.2\n"),
    "A of five numbers": below("1 A 192.0.2.1.1\n"),
    "A above 255": below("1 A 192.0.2.256\n"),
    "A in hexadecimal": below("1 A 0xc0000201\n"),
    "A and more": below("1 A 192.0.2.1 192.0.2.2\n"),
    "AAAA of nine groups": below("1 AAAA 1:2:3:4:5:6:7:8:9\n"),
    "MX without a name": below("1 MX 10\n"),
    "MX above 65535": below("1 MX 65536 a\n"),
    "TXT without a text": below("1 TXT\n"),
    "TXT, empty": below('1 TXT ""\n'),
    "TXT of 255": below(f'1 TXT "{"a" * 255}"\n'),
    "TXT of 256": below(f'1 TXT "{"a" * 256}"\n'),
    "TXT of 65,535 octets": below("1 TXT (" + f' "{"a" * 254}"\n' * 257 + ")\n"),
    "TXT of more than 65,535 octets": below("1 TXT (" + f' "{"a" * 254}"\n' * 258 + ")\n"),
    "LOC at the end of the world": below("1 LOC 91 0 0 N 0 0 0 E 0m\n"),
    "RRSIG of noise": below("1 RRSIG x y z\n"),
    "SVCB, a key twice": below("1 SVCB 1 . port=1 port=2\n"),
    "NAPTR, order above 65535": naptr('65536 100 "u" "E2U+sip" "!a!b!" .'),
    "NAPTR, order below zero": naptr('-1 100 "u" "E2U+sip" "!a!b!" .'),
    "NAPTR, a field too few": naptr('10 100 "u" "E2U+sip" "!a!b!"'),
    "NAPTR, a field too many": naptr('10 100 "u" "E2U+sip" "!a!b!" . .'),
    "NAPTR without quotes": naptr("10 100 u E2U+sip !a!b! ."),
    "NAPTR, all empty": naptr('0 0 "" "" "" .'),
    "NAPTR, one backslash": naptr('10 100 "u" "E2U+sip" "!^(.*)$!sip:\\1@x!" .'),
    "NAPTR, regexp of 255": naptr(f'10 100 "u" "E2U+sip" "!a!{"b" * 251}!" .'),
    "NAPTR, regexp of 256": naptr(f'10 100 "u" "E2U+sip" "!a!{"b" * 252}!" .'),
    "NAPTR, regexp and replacement": naptr('10 100 "u" "E2U+sip" "!a!b!" x'),
    "NAPTR, regexp without its end": naptr('10 100 "u" "E2U+sip" "!a!b" .'),
    "NAPTR, regexp not POSIX": naptr('10 100 "u" "E2U+sip" "!(!b!" .'),
    "NAPTR, regexp of repeats": naptr('10 100 "u" "E2U+sip" "!((a{200}){200}){200}!b!" .'),
    "NAPTR, regexp without end": naptr('10 100 "u" "E2U+sip" "!^(((.+)+)+)+x$!b!" .'),
    # The zone as a whole
    "no SOA": b"$TTL 1h\n@ NS ns.example.\n",
    "no NS": b"$TTL 1h\n@ SOA ns root 1 3600 900 604800 300\n",
    "no TTL anywhere": b"@ SOA ns root 1 3600 900 604800 300\n@ NS ns.example.\n",
    "two SOA records": below("@ SOA ns root 2 3600 900 604800 300\n"),
    "SOA below the top": below("sub SOA ns root 1 3600 900 604800 300\n"),
    "SOA, serial 2^32": soa("4294967296 3600 900 604800 300"),
    "SOA, serial below zero": soa("-1 3600 900 604800 300"),
    "SOA, the largest of all": soa("4294967295 4294967295 4294967295 4294967295 4294967295"),
    "SOA, a time of 2^32": soa("1 4294967296 900 604800 300"),
    "SOA, a field too few": soa("1 3600 900 604800"),
    "CNAME at the top": below("@ CNAME x\n"),
    "CNAME and another": below("1 CNAME 2\n1 TXT x\n"),
    "two CNAME records": below("1 CNAME 2\n1 CNAME 3\n"),
    "CNAME to itself": below("1 CNAME 1\n"),
    "a record twice": below("1 TXT x\n1 TXT x\n"),
    "a wildcard with NS": below("*.1 NS ns.example.\n"),
    "a name below a DNAME": below("1 DNAME 2\n9.1 TXT x\n"),
}

# name -> (the text of a file, of about this many octets). What these cost is measured.
LARGE: dict[str, Callable[[int], str]] = {
    "one line": lambda size: TOP + "1 TXT " + "a" * size,
    "one line of spaces": lambda size: TOP + " " * size,
    "one comment": lambda size: TOP + ";" + "a" * size,
    "one owner of digits": lambda size: TOP + "1." * (size // 2) + " NAPTR x",
    "owners of digits": lambda size: TOP + ("1." * 400_000 + "! x\n") * (size // 800_000 + 1),
    "comments": lambda size: TOP + "; a comment as long as a line is\n" * (size // 33),
    "empty lines": lambda size: TOP + "\n" * size,
    "empty lines, then a fault": lambda size: TOP + "\n" * size + "1 NAPPTR x",
    "parentheses in one line": lambda size: TOP + "1 TXT " + "(" * size,
    "parentheses, each on a line": lambda size: TOP + "1 TXT " + "(\n" * (size // 2),
    "a parenthesis and no end": lambda size: TOP + "1 TXT (" + "\n" * size,
    "a parenthesis and comments": lambda size: TOP + "1 TXT (" + ";\n" * (size // 2),
    "a parenthesis and texts": lambda size: TOP + "1 TXT (\n" + '"a"\n' * (size // 4) + ")\n",
    "quotes": lambda size: TOP + "1 TXT " + '"' * size,
    "quotes on lines": lambda size: TOP + "1 TXT (\n" + '"" "" ""\n' * (size // 9) + ")\n",
    "backslashes": lambda size: TOP + ("1 TXT " + "\\" * 900_000 + "\n") * (size // 900_000 + 1),
    "labels": lambda size: TOP + ("a." * 400_000 + " TXT x\n") * (size // 800_000 + 1),
    "one record many times": lambda size: TOP + "1 TXT a\n" * (size // 8),
    "records": lambda size: TOP + "".join(f"x{n} TXT a\n" for n in range(size // 14)),
    "one NAPTR many times": lambda size: TOP + GOOD * (size // len(GOOD)),
    "NAPTR, one owner": lambda size: (
        TOP
        + "".join(f'1 NAPTR 1 {n % 65536} "u" "E2U+sip" "!a!{n}!" .\n' for n in range(size // 42))
    ),
    "records outside": lambda size: TOP + "".join(f"{n}. TXT a\n" for n in range(size // 14)),
    "directives": lambda size: TOP + "$TTL 60\n" * (size // 8),
    "origins": lambda size: TOP + "$ORIGIN a\n" * (size // 10),
    "octets of all kinds": lambda size: TOP + "".join(map(chr, range(32, 1024))) * (size // 1900),
}
BOMBS = {
    "$GENERATE of 2^31": TOP + "$GENERATE 0-2147483647 x$ A 192.0.2.1\n",
    "$GENERATE of 10^30": TOP + f"$GENERATE 0-{10**30} x$ A 192.0.2.1\n",
    "$GENERATE of one record": TOP + "$GENERATE 0-2147483647 x A 192.0.2.1\n",
    "$GENERATE outside": TOP + "$GENERATE 0-2147483647 x$.example. A 192.0.2.1\n",
    "$GENERATE in many lines": TOP + "$GENERATE 0-9999 x$ A 192.0.2.1\n" * 10_000,
    "$GENERATE of wide names": TOP + "$GENERATE 0-9999999 ${0,60}.${0,60}.${0,60} A 192.0.2.1\n",
    "$GENERATE of wide data": TOP + f"$GENERATE 0-99999 x$ TXT {'${0,125}' * 2}\n",
}


def load(text: str) -> str:
    """What becomes of a text: "loaded", or the sentence of its refusal."""
    try:
        Zone.from_text(text, ORIGIN)
    except ZoneError as error:
        return str(error)
    return "loaded"


def ours(path: Path) -> bool:
    """Whether the lab loads a file."""
    try:
        Zone.from_file(path, ORIGIN)
    except ZoneError:
        return False
    return True


CHECKERS = {
    "BIND": ["named-checkzone", "-k", "ignore", "-n", "ignore", "-i", "none", ORIGIN],
    "NSD": ["nsd-checkzone", ORIGIN],
    "Knot": ["kzonecheck", "-o", ORIGIN],
}


def theirs(checker: str, path: Path, wait: float = 20) -> bool | None:
    """Whether a real name server's checker loads a file; None if it comes to no end."""
    program, *arguments = CHECKERS[checker]
    bounded = ["sh", "-c", 'ulimit -v 2097152; exec "$@"', "sh"]  # 2 GiB of memory
    command = [*bounded, peers.require(program), *arguments, str(path)]
    try:
        done = subprocess.run(
            command,
            cwd=path.parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=wait,
        )
    except subprocess.TimeoutExpired:
        return None
    return None if done.returncode < 0 else done.returncode == 0


# server -> reason -> the files on which its verdict may be another than the lab's.
ALLOWED: dict[str, dict[str, list[str]]] = {
    "BIND": {
        "the lab reads UTF-8 only, and names the octet that is not": ["ISO 8859-1 in a text"],
        "the lab leaves out the mark that editors put before UTF-8": ["a byte order mark"],
        "a label may hold any octet (RFC 2181 section 11)": ["a NUL in an owner"],
        "a name is no quoted text (RFC 1035 section 5.1)": ["a quoted owner"],
        "names below a DNAME are refused, as NSD and Knot do": ["a name below a DNAME"],
        "a bad regexp is for the client to skip (RFC 6116 section 5.2); lint names it": [
            "NAPTR, regexp without its end",
            "NAPTR, regexp not POSIX",
        ],
    },
    "NSD": {
        "the lab reads UTF-8 only, and names the octet that is not": ["ISO 8859-1 in a text"],
        "the lab leaves out the mark that editors put before UTF-8": ["a byte order mark"],
        "a name is no quoted text (RFC 1035 section 5.1)": ["a quoted owner"],
        "NSD goes on behind a fault, or cuts a number short; BIND refuses": [
            "$TTL above 2^32",
            "$GENERATE of nothing",
            "a parenthesis not closed",
            "a quoted type",
            "a newline in a quoted text",
            "a CR LF in a quoted text",
            "a backslash at the end of a line",
            "a backslash at the very end",
            "an escape above 255",
            "an escape of 999",
            "an escape of two digits",
            "an escape of a digit and letters",
            "TTL 2^32",
            "TTL of 20 digits",
            "TTL of 5,000 digits",
            "TYPE65280, length wrong",
            "MX above 65535",
            "LOC at the end of the world",
            "NAPTR, order above 65535",
            "NAPTR, order below zero",
            "NAPTR, one backslash",
            "SOA, serial 2^32",
            "SOA, a time of 2^32",
        ],
        "no record has a type for questions (RFC 6895 section 3.1)": ["type OPT", "type AXFR"],
        "no answer can carry it": ["TXT of 65,535 octets"],
        "a zone has NS records at its top (RFC 1034 section 4.2.1)": ["no NS"],
        "RFC 4592 section 4.2": ["a wildcard with NS"],
        "NSD has no $GENERATE": [
            "$GENERATE",
            "$GENERATE, a step too long",
            "$GENERATE, all the same",
            "$GENERATE, width",
            "$GENERATE, nibbles",
            "$GENERATE with TTL and class",
        ],
        "records outside the zone are left out, as BIND does": [
            "$ORIGIN outside",
            "a name outside the zone",
            "a dot for an owner",
        ],
        "RFC 1035 section 5.1 allows it": [
            "$ORIGIN, relative",
            "parentheses in parentheses",
            "a parenthesis before the owner",
            "1,000 parentheses",
        ],
    },
    "Knot": {
        "Knot takes no control sign and nothing beyond ASCII": [
            "UTF-8 in a text",
            "UTF-8 in an owner",
            "a byte order mark",
            "a byte order mark in the middle",
            "a line separator of Unicode",
            "a NUL in a text",
            "a NUL in an owner",
            "control characters",
            "a form feed",
            "a bell in an owner",
            "CR LF",
            "a lone CR",
            "a CR in a quoted text",
            "LF CR",
            "a dollar in an owner",
        ],
        "Knot has no $GENERATE": [
            "$GENERATE",
            "$GENERATE, a step too long",
            "$GENERATE, all the same",
            "$GENERATE, width",
            "$GENERATE, nibbles",
            "$GENERATE with TTL and class",
        ],
        "RFC 1035 section 5.1 and RFC 3597 section 5 allow it": [
            "$ORIGIN, relative",
            "parentheses in parentheses",
            "1,000 parentheses",
            "class CLASS1",
        ],
        "no record has a type for questions (RFC 6895 section 3.1)": [
            "TYPE0",
            "type OPT",
            "type AXFR",
        ],
        "a character-string has 255 octets at most (RFC 1035 section 3.3)": ["TXT of 256"],
        "no answer can carry it": ["TXT of 65,535 octets"],
        "Knot leaves the wrong SOA record out": ["two SOA records", "SOA below the top"],
        "RFC 4592 section 4.2": ["a wildcard with NS"],
    },
}


# What a checker says of these depends on time and memory: it is only counted whether it ends.
ENDLESS = {"$INCLUDE without end", "$INCLUDE of itself"}


def disagreements(checker: str, folder: Path) -> tuple[set[str], int]:
    """The files on which a checker's verdict is another, and on how many it came to no end."""
    path, other, hung = folder / "zone", set(), 0
    for name, octets in CORPUS.items():
        path.write_bytes(octets)
        if name in ENDLESS:
            hung += theirs(checker, path, 2) is None
        elif theirs(checker, path) != ours(path):
            other.add(name)
    return other, hung


def mutated(text: str, chance: random.Random) -> str:
    """A text with faults: signs changed, cut out or doubled, lines moved, hostile words put in."""
    words = [
        "(",
        ")",
        '"',
        "\\",
        ";",
        "\0",
        "\r",
        "$",
        "$GENERATE 0-9 ",
        "$ORIGIN ",
        "@",
        "é",
        "\n",
    ]
    words += [" ", "\t", "NAPTR ", "CNAME x\n", "99999999999", "-1", ".", "..", "*", "\\999", "{"]
    for _ in range(chance.randrange(1, 6)):
        at, length = chance.randrange(len(text) + 1), chance.randrange(1, 30)
        kind = chance.randrange(5)
        if kind == 0:
            text = text[:at] + chance.choice(words) + text[at:]
        elif kind == 1:
            text = text[:at] + text[at + length :]
        elif kind == 2:
            text = text[:at] + text[at : at + length] * chance.randrange(2, 5) + text[at:]
        elif kind == 3:
            text = text[:at] + chr(chance.choice([*range(256), 0x20AC, 0x1F600])) + text[at + 1 :]
        else:
            lines = text.split("\n")
            chance.shuffle(lines)
            text = "\n".join(lines) if chance.random() < 0.2 else text
    return text


CHILD = """
import sys, time
sys.path.insert(0, sys.argv[1])
from torture import records, zones
for name in sys.argv[3:]:
    text = zones.LARGE[name](int(sys.argv[2])) if name in zones.LARGE else zones.BOMBS[name]
    start = time.process_time()
    end = zones.load(text)
    used = time.process_time() - start
    seen = [name, round(used, 3), len(text.encode()), records.peak() // 1024, end]
    print(*seen, sep="\\t", flush=True)
"""


@dataclass(frozen=True)
class Cost:
    """What the loading of a large text took.

    Attributes:
        name: of the text.
        seconds: of CPU.
        octets: of the text.
        peak: MiB of memory of the whole process so far.
        end: "loaded", or the sentence of its refusal.
        said: what went to stderr.
    """

    name: str
    seconds: float
    octets: int
    peak: int
    end: str
    said: str


def costs(size: int, names: Iterable[str], limit: int = 600) -> Iterator[Cost]:
    """Load large texts, each in a process of its own.

    Args:
        size: octets of each, about.
        names: of `LARGE` or `BOMBS`.
        limit: seconds of CPU that one may take, before the system ends it.
    """
    tests = str(Path(__file__).parents[1])
    for name in names:
        done = subprocess.run(
            [sys.executable, "-c", CHILD, tests, str(size), name],
            capture_output=True,
            text=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (limit, limit)),
        )
        words = done.stdout.rstrip("\n").split("\t")
        if done.returncode or len(words) != 5:
            yield Cost(name, limit, size, 0, f"died: {done.returncode}", done.stderr)
            continue
        seconds, octets, peak = float(words[1]), int(words[2]), int(words[3])
        yield Cost(name, seconds, octets, peak, words[4], done.stderr)


def rows(full: bool) -> Iterator[tuple[str, str, str, str]]:
    """Figures for the table: (what, figure, peer figure, note)."""
    with tempfile.TemporaryDirectory() as name:
        for checker, reasons in ALLOWED.items():
            other, hung = disagreements(checker, Path(name))
            listed = {name for names in reasons.values() for name in names}
            compared = len(CORPUS) - len(ENDLESS)
            same = f"{compared - len(other)} of {compared}"
            note = f"the {len(listed)} that may differ are listed with their reasons"
            yield (
                f"hostile master files judged as by {checker}",
                same,
                f"came to no end on {hung} more, the lab on 0",
                note if other <= listed else f"NOT LISTED: {sorted(other - listed)}",
            )
    size = 100_000_000 if full else 500_000
    seen = [*costs(size, LARGE), *costs(size, BOMBS if full else [*BOMBS][:1])]
    worst = max(seen, key=lambda cost: cost.seconds)
    unsound = [cost.name for cost in seen if cost.said or cost.end.startswith("died")]
    peak = max(cost.peak for cost in seen)
    yield (
        f"{len(seen)} hostile texts of {size / 1e6:g} MB: the longest to load or refuse",
        f"{worst.seconds:.1f} s, {peak} MiB at most",
        "",
        f"{worst.name}; something on stderr, or no end: {unsound or 'none'}",
    )
    start, results = time.process_time(), Counter[str]()
    times = 100_000 if full else 1000
    sources = [Zone.named(name).source or "" for name in Zone.names()]
    chance = random.Random(8)
    for _ in range(times):
        end = load(mutated(chance.choice(sources), chance))
        results["loaded" if end == "loaded" else "refused"] += 1
    yield (
        f"{times:,} mutated zones of the course",
        f"{results['loaded']:,} loaded, {results['refused']:,} refused",
        "",
        f"{(time.process_time() - start) / times * 1000:.2f} ms each",
    )
