"""Lines of master files, plain and other, in any sequence: all readers must read them alike."""

from __future__ import annotations

from hypothesis import strategies as st

GOOD = r'10 100 "u" "E2U+sip" "!^.*$!sip:info@example.com!" .'

LINES = [
    f"{{owner}} NAPTR {GOOD}",
    f"{{owner}}\t300 IN naptr\t{GOOD}  ; a comment",
    f"{{owner}} in 5m NAPTR {GOOD}",
    f"{{owner}}.e164.arpa. NAPTR {GOOD}",
    f"{{owner}}.E164.Arpa. NAPTR {GOOD}",
    f"{{owner}}.other.example. NAPTR {GOOD}",
    f"  NAPTR {GOOD.replace('100', '{n}')}",
    f"{{owner}} IN ( NAPTR\n {GOOD} )",
    "{owner} NAPTR {n} 100 u E2U+sip !^.*$!sip:info@example.com! .",
    r'{owner} NAPTR {n} 100 "u" "E2U+sip" "!^\\+(.*)$!sip:\\1@example.com!" .',
    r'{owner} NAPTR {n} 100 "u" "E2U+sip" "!^.*\049?$!sip:info@example.com!" .',
    '{owner} NAPTR {n} 100 "" "" "" next',
    "{owner} TXT {n}",
    "  TXT {n}",
    f"{{owner}} TXT ( a\n1.6 NAPTR {GOOD}\n)",
    "\n; a comment\n",
    "$ORIGIN {owner}.e164.arpa.",
    "$ORIGIN e164.arpa.",
    "$ORIGIN elsewhere.example.",
    "$TTL {n}",
]

OWNERS = ["1.6", "*.1.6", "2.1.6", "*", "5", "a", "_x"]


def _text(lines: list[tuple[str, str, int]]) -> str:
    return "\n".join(line.format(owner=owner, n=n) for line, owner, n in lines) + "\n"


TEXTS = st.lists(
    st.tuples(st.sampled_from(LINES), st.sampled_from(OWNERS), st.integers(1, 9)), max_size=12
).map(_text)
