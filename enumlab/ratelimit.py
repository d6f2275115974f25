"""Response-rate limiting in the manner of BIND's `rate-limit`: which answers not to send.

Whoever forges the sender of a query makes a name server shoot at a third party, with answers larger
than the queries. So each network that answers go to has an account for each kind of answer. An
account earns so much a second and pays for every answer; while it is in debt, answers are held
back. Some of them are sent cut short instead, so that a client that is really there comes back
over TCP, where senders cannot be forged.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from functools import lru_cache
from typing import Literal

from enumlab.errors import LabError

Verdict = Literal["send", "drop", "slip"]

PER_SECOND = 20  # the number in the manual of BIND, which by itself sets no limit
SLIP = 2  # as BIND, as are the next four
WINDOW = 15
BUCKETS = 20_000
IPV4_BLOCK, IPV6_BLOCK = 24, 56

NOERROR, NXDOMAIN = 0, 3


class RateLimit:
    """Accounts of the answers sent over UDP; it opens nothing and reads no clock.

    Args:
        per_second: answers of one kind that one network gets each second, 1 to 1000.
        slip: 1 cuts every answer short that is held back, 2 every other one, up to 10; 0 none.
        window: seconds of debt at the most, 1 to 3600: so long must a flood pause.
        buckets: accounts kept; a new one takes the place of the one that was silent longest.

    Raises:
        LabError: a number is out of its range.

    Example:
        >>> limit = RateLimit(per_second=2)
        >>> [limit.judge("192.0.2.7", "2.1.6.e164.arpa.", 0, now=0.0) for _ in range(5)]
        ['send', 'send', 'slip', 'drop', 'slip']
        >>> limit.judge("127.0.0.1", "2.1.6.e164.arpa.", 0, now=0.0)
        'send'
    """

    def __init__(
        self,
        per_second: int = PER_SECOND,
        slip: int = SLIP,
        window: int = WINDOW,
        *,
        buckets: int = BUCKETS,
    ) -> None:
        self.per_second = _within("per_second", per_second, 1, 1000)
        self.slip = _within("slip", slip, 0, 10)
        self.window = _within("window", window, 1, 3600)
        self.buckets = _within("buckets", buckets, 1, 10_000_000)
        self._accounts: OrderedDict[_Kind, _Account] = OrderedDict()

    def __len__(self) -> int:
        return len(self._accounts)

    def __repr__(self) -> str:
        return f"RateLimit({self.per_second}, slip={self.slip}, window={self.window})"

    def judge(self, source: str, name: bytes | str, rcode: int, now: float) -> Verdict:
        """Decide about one answer, and charge it.

        Args:
            source: the address that the query came from. The loopback has no account.
            name: the owner of the records in the answer. Where a wildcard answers, this is the
                wildcard, or the names below it, of which there is no end, would have an account
                each. It counts with NOERROR only: all NXDOMAIN to a network are one kind, and so
                are all errors of one response code.
            rcode: of the answer.
            now: seconds on any clock. Accounts earn when a whole second begins, as BIND's do.

        Returns:
            "send", "drop", or "slip": send the header and the question only, with the TC bit set.
            An error is small and never cut short, as with BIND.

        Raises:
            LabError: the source is not an IP address.
        """
        network = _network(source)
        if network is None:
            return "send"
        account = self._account((network, rcode, name.lower() if rcode == NOERROR else ""))
        account.earn(int(now), self.per_second, self.window)
        account.balance -= 1
        if account.balance >= 0:
            return "send"
        account.balance = max(account.balance, -self.window * self.per_second)
        if not self.slip or rcode not in (NOERROR, NXDOMAIN):
            return "drop"
        turn, account.held = account.held, (account.held + 1) % self.slip
        return "drop" if turn else "slip"

    def _account(self, kind: _Kind) -> _Account:
        account = self._accounts.get(kind)
        if account is not None:
            self._accounts.move_to_end(kind)
            return account
        if len(self._accounts) >= self.buckets:
            self._accounts.popitem(last=False)
        account = self._accounts[kind] = _Account(self.per_second)
        return account


_Kind = tuple[tuple[int, int], int, bytes | str]  # network, response code, name


class _Account:
    __slots__ = ("balance", "held", "second")

    def __init__(self, balance: int) -> None:
        self.balance = balance  # answers
        self.held = 0  # answers held back since the last one that was cut short
        self.second: int | None = None  # when it last earned

    def earn(self, second: int, per_second: int, window: int) -> None:
        """Add what the seconds since the last answer have brought, up to one second's worth."""
        age = 0 if self.second is None else second - self.second
        self.second = second
        if age <= 0:  # the same second, or a clock that was set back
            return
        earned = self.balance + age * per_second
        if age > window or earned > per_second:
            self.balance, self.held = per_second, 0
        else:
            self.balance = earned


@lru_cache(4096)
def _network(source: str) -> tuple[int, int] | None:
    """The block that an address is in, as (IP version, number); None for the loopback."""
    try:
        address = ipaddress.ip_address(source)
    except ValueError:
        raise LabError(f"{source!r} is not an IP address. Expected such as '192.0.2.7'.") from None
    address = getattr(address, "ipv4_mapped", None) or address
    if address.is_loopback:
        return None
    length = IPV4_BLOCK if address.version == 4 else IPV6_BLOCK
    return address.version, int(address) >> (address.max_prefixlen - length)


def _within(what: str, number: int, least: int, most: int) -> int:
    if not (type(number) is int and least <= number <= most):
        raise LabError(f"{what}={number!r} is not a number from {least} to {most:,}.")
    return number
