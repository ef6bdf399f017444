"""Who is not listened to: addresses that guessed passwords, scanners, and floods.

Decides what counts as a failed attempt (R-15.9), which messages betray a scanner, and how many new requests one address may send.
Those who have proved themselves (operators' peers, phones that registered) are never counted, so a flood from one address does
not silence a phone behind another. Nothing is answered to the banned: an answer can be aimed at a third party.
"""

from __future__ import annotations

import re
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final

ADDRESSES_REMEMBERED: Final = 20_000
"""Sources looked at at once; the longest quiet are forgotten first, a ban never before its time."""

_SCANNERS: Final = re.compile(
    r"^(?:user-agent|server|from|contact)\s*:[^\r\n]*(?:friendly-scanner|sipvicious|sipcli|sip-scan|sundayddr|iwar|"
    r"siparmyknife|smap|vaxsipuseragent|pplsip|sipptk|eyebeam release 1003s stamp 31159 scan|nmap)",
    re.IGNORECASE | re.MULTILINE,
)


class _Source:
    """What is remembered of one address."""

    __slots__ = ("tokens", "at_s", "failures")

    def __init__(self, tokens: float, at_s: float) -> None:
        self.tokens = tokens
        self.at_s = at_s
        self.failures: deque[float] = deque()


class Admission:
    """One per bridge; not thread-safe. `now_s` is any clock in seconds that only goes forward."""

    def __init__(
        self,
        now_s: Callable[[], float],
        *,
        failures_to_ban: int = 10,
        failures_within_s: float = 300.0,
        ban_s: float = 3600.0,
        requests_per_s: float = 50.0,
        requests_burst: int = 200,
    ) -> None:
        self._now_s = now_s
        self._failures_to_ban = failures_to_ban
        self._failures_within_s = failures_within_s
        self._ban_s = ban_s
        self._rate = requests_per_s
        self._burst = requests_burst
        self._sources: OrderedDict[str, _Source] = OrderedDict()
        self._banned: dict[str, float] = {}
        self.trusted: Callable[[str], bool] = lambda host: False
        """Whether an address belongs to an operator or to a registered phone."""
        self.turned_away = 0
        """Messages not looked at."""

    def admit(self, text: str, address: tuple[str, int], transport: str) -> bool:
        """Whether to look at a message at all."""
        host = address[0]
        until = self._banned.get(host)
        if until is not None:
            if self._now_s() < until:
                self.turned_away += 1
                return False
            del self._banned[host]
        if text.startswith("SIP/") or self.trusted(host):
            return True
        if _SCANNERS.search(text, 0, 4096):
            self.ban(host)
            self.turned_away += 1
            return False
        if _in_dialog(text):
            return True
        source = self._source(host)
        now = self._now_s()
        source.tokens = min(self._burst, source.tokens + (now - source.at_s) * self._rate)
        source.at_s = now
        if source.tokens < 1:
            self.turned_away += 1
            return False
        source.tokens -= 1
        return True

    def failed(self, host: str) -> bool:
        """A wrong password from `host`. True if that was one too many and the address is banned now (R-15.9)."""
        now = self._now_s()
        failures = self._source(host).failures
        failures.append(now)
        while failures and failures[0] <= now - self._failures_within_s:
            failures.popleft()
        if len(failures) < self._failures_to_ban:
            return False
        failures.clear()
        self.ban(host)
        return True

    def ban(self, host: str) -> None:
        """Listen to `host` no more for the length of a ban."""
        self._banned[host] = self._now_s() + self._ban_s

    def pardon(self, host: str) -> bool:
        """Take a ban back; whether there was one."""
        return self._banned.pop(host, None) is not None

    def is_banned(self, host: str) -> bool:
        """Whether `host` is not listened to now. From any thread."""
        until = self._banned.get(host)
        return until is not None and self._now_s() < until

    def banned(self) -> dict[str, float]:
        """Banned addresses and the seconds they have left."""
        now = self._now_s()
        return {host: until - now for host, until in self._banned.items() if until > now}

    def _source(self, host: str) -> _Source:
        source = self._sources.get(host)
        if source is None:
            source = self._sources[host] = _Source(float(self._burst), self._now_s())
            if len(self._sources) > ADDRESSES_REMEMBERED:
                self._sources.popitem(last=False)
        else:
            self._sources.move_to_end(host)
        return source


_TO_TAG: Final = re.compile(r"^(?:to|t)\s*:[^\r\n]*;\s*tag=", re.IGNORECASE | re.MULTILINE)


def _in_dialog(text: str) -> bool:
    """Whether a request claims to belong to a dialog; those are cheap to refuse and must not be held up."""
    return _TO_TAG.search(text, 0, 8192) is not None
