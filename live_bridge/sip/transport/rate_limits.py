"""Which addresses are not listened to, and how much is taken from each: bans, scanners, floods (R-15.9).

Over UDP anybody can write anybody's address into a packet. So an address is banned only on evidence that came from it: over a
connection, or with a nonce that was sent there before. What anybody can forge is met with limits alone: a message of a scanner
is dropped, and each source has so many requests a second. Carriers are never banned. A ban of an address leaves out the phones
registered there, but for the ones the wrong passwords came from; and a request with a nonce of ours passes even while somebody
floods in its address's name.

Decides what counts as a scanner's message and what as a failed attempt. Leaves passwords to `live_bridge/sip/digest.py`, who is
registered to the registrar, bans over a restart to `kept_bans.py`. Nothing is answered to the banned: an answer can be aimed at a
third party.
"""

from __future__ import annotations

import logging
import re
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final, NamedTuple

from live_bridge.sip.transport.kept_bans import KeptBans

log = logging.getLogger(__name__)

ADDRESSES_REMEMBERED: Final = 20_000
"""Sources looked at at once; the longest quiet are forgotten first, a ban never before its time."""

BANS_AT_MOST: Final = 20_000
"""Addresses banned at once; the ban that ends first gives way."""

_SCANNERS: Final = re.compile(
    r"^(?:user-agent|server)[ \t]*:[ \t]*(?:[^\r\n]*[^\w\r\n-])?(?:friendly-scanner|friendly-request|sipvicious|sipcli|"
    r"sip-scan|sundayddr|iwar|siparmyknife|smap|vaxsipuseragent|pplsip|sipptk|nmap|"
    r"eyebeam release 1003s stamp 31159 scan)(?![\w-])",
    re.IGNORECASE | re.MULTILINE,
)
"""The programs' own names, as whole words, where a program writes its name. People's names are nobody's evidence."""

WRONG_PASSWORDS: Final = "wrong passwords"
SCANNER: Final = "scanner"
BY_HAND: Final = "by hand"
"""Why an address is banned."""

Address = tuple[str, int]


class Ban(NamedTuple):
    """One address that is not listened to."""

    address: str
    left_s: float
    reason: str


class _Source:
    """What is remembered of one address."""

    __slots__ = ("tokens", "at_s", "failures")

    def __init__(self, tokens: float, at_s: float) -> None:
        self.tokens = tokens
        self.at_s = at_s
        self.failures: deque[tuple[float, int]] = deque()
        """When, and from which port."""


class _Banned(NamedTuple):
    until_s: float
    reason: str
    ports: frozenset[int]
    """Where the evidence came from: a phone registered there is banned too."""


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
        kept: KeptBans | None = None,
    ) -> None:
        """`kept` is where bans outlive a restart; without it they end with the bridge."""
        self._now_s = now_s
        self._kept = kept
        self._failures_to_ban = failures_to_ban
        self._failures_within_s = failures_within_s
        self._ban_s = ban_s
        self._rate = requests_per_s
        self._burst = requests_burst
        self._sources: OrderedDict[str | Address, _Source] = OrderedDict()
        self._banned: dict[str, _Banned] = {}
        self.carrier: Callable[[Address], bool] = lambda address: False
        """Whether an address and port are a carrier's, who cannot be banned; port 0 asks for every port."""
        self.trusted: Callable[[str], bool] = lambda host: False
        """Whether a carrier sends from an address, by whatever port: as much is taken as it sends."""
        self.registered: Callable[[Address], bool] = lambda address: False
        """Whether a phone is registered at an address and port."""
        self.proves: Callable[[str, str], bool] = lambda text, host: False
        """Whether a request has a nonce in it that we sent to a host."""
        self.turned_away = 0
        """Messages not looked at: of the banned, of scanners, and above what is taken."""
        self.scanners = 0
        """Messages of scanners."""

    def admit(self, text: str, address: Address, transport: str) -> bool:
        """Whether to look at a message at all."""
        host = address[0].strip("[]")
        if self._kept is not None:
            self._recognise(host, self._kept)
        if self._banned and self._is_out(address):
            return self._turn_away()
        if text.startswith("SIP/") or self.trusted(host):
            return True
        if _SCANNERS.search(text, 0, 4096):
            self.scanners += 1
            if transport != "udp":
                self.ban(host, SCANNER, address[1])
            return self._turn_away()
        if _in_dialog(text):
            return True
        if self.registered(address) and self._take(address):
            return True
        if self._take(host) or (self.proves(text, host) and self._take(f"{host} proved")):
            return True
        return self._turn_away()

    def _turn_away(self) -> bool:
        self.turned_away += 1
        return False

    def _take(self, key: str | Address) -> bool:
        """One request of a source's, if there is one left."""
        source = self._source(key)
        now = self._now_s()
        source.tokens = min(self._burst, source.tokens + (now - source.at_s) * self._rate)
        source.at_s = now
        if source.tokens < 1:
            return False
        source.tokens -= 1
        return True

    # --- bans ---------------------------------------------------------------------------------------------------------

    def failed(self, host: str, port: int = 0) -> bool:
        """A wrong password came from an address, and was proved to come from there. True if that was one too many and the
        address is banned now (R-15.9)."""
        host = host.strip("[]")
        now = self._now_s()
        failures = self._source(host).failures
        failures.append((now, port))
        while failures and failures[0][0] <= now - self._failures_within_s:
            failures.popleft()
        if len(failures) < self._failures_to_ban:
            return False
        ports = [port for _, port in failures]
        failures.clear()
        return self.ban(host, WRONG_PASSWORDS, *ports)

    def ban(self, host: str, reason: str = BY_HAND, *ports: int) -> bool:
        """Listen to `host` no more for the length of a ban, which is logged; False for a carrier, who cannot be banned. Phones
        registered there go on, but for those at `ports`."""
        host = host.strip("[]")
        if self.carrier((host, 0)):
            log.warning("%s is a carrier's address and is not banned for %s: look at its trunk", host, reason)
            return False
        self.pardon(host)
        self._note(host, _Banned(self._now_s() + self._ban_s, reason, frozenset(ports)))
        if self._kept is not None:
            self._kept.add(host, reason, frozenset(ports))
        log.warning("%s is banned for %d min: %s (R-15.9)", host, round(self._ban_s / 60), reason)
        return True

    def pardon(self, host: str) -> bool:
        """Take a ban back; whether there was one."""
        host = host.strip("[]")
        if self._kept is not None:
            self._recognise(host, self._kept)
        ban = self._banned.pop(host, None)
        if ban is not None and self._kept is not None:
            self._kept.drop(host, ban.reason, ban.ports)
        return ban is not None

    def unheard(self) -> int:
        """How many addresses, banned before the start, have sent nothing since: nobody can name them, and they stay banned."""
        return 0 if self._kept is None else self._kept.unheard()

    def _recognise(self, host: str, kept: KeptBans) -> None:
        """An address that was banned before the start is heard again."""
        found = kept.recognise(host)
        if found is not None:
            ban, left_s = found
            self._note(host, _Banned(self._now_s() + left_s, ban.reason, ban.ports))
            log.warning("%s is banned since before the start, for %d min more: %s", host, left_s // 60 + 1, ban.reason)

    def _note(self, host: str, ban: _Banned) -> None:
        if len(self._banned) >= BANS_AT_MOST:
            del self._banned[min(self._banned, key=lambda one: self._banned[one].until_s)]
        self._banned[host] = ban

    def is_banned(self, host: str) -> bool:
        """Whether `host` is not listened to now. From any thread."""
        host = host.strip("[]")
        ban = self._banned.get(host)
        if ban is None:
            return self._kept is not None and self._kept.holds(host)
        return self._now_s() < ban.until_s

    def banned(self) -> dict[str, float]:
        """Banned addresses and the seconds they have left, the next one to be free first."""
        return {ban.address: ban.left_s for ban in self.bans()}

    def bans(self) -> list[Ban]:
        """All bans, the next one to end first."""
        now = self._now_s()
        found = [Ban(host, ban.until_s - now, ban.reason) for host, ban in self._banned.items() if ban.until_s > now]
        return sorted(found, key=lambda ban: ban.left_s)

    def _is_out(self, address: Address) -> bool:
        """Whether a ban holds for an address, its port considered."""
        host = address[0].strip("[]")
        ban = self._banned.get(host)
        if ban is None:
            return False
        if self._now_s() >= ban.until_s:
            del self._banned[host]
            return False
        if self.carrier(address):
            return False
        return address[1] in ban.ports or not self.registered(address)

    def _source(self, key: str | Address) -> _Source:
        source = self._sources.get(key)
        if source is None:
            source = self._sources[key] = _Source(float(self._burst), self._now_s())
            if len(self._sources) > ADDRESSES_REMEMBERED:
                self._sources.popitem(last=False)
        else:
            self._sources.move_to_end(key)
        return source


_TO_TAG: Final = re.compile(r"^(?:to|t)\s*:[^\r\n]*;\s*tag=", re.IGNORECASE | re.MULTILINE)


def _in_dialog(text: str) -> bool:
    """Whether a request claims to belong to a dialog; those are cheap to refuse and must not be held up."""
    return _TO_TAG.search(text, 0, 8192) is not None
