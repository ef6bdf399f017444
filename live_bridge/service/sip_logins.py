"""Users who sign in by their phones: who may try now, the digits of each try, and what came of it (R-23.3 to R-23.11).

Decides that nothing tells whether an address is a user's: it is answered the same and as soon for one that nobody has, is locked
by the same tries, and fails at the same instant whatever the reason was. What came of a user's try stands in the audit trail, a
sign-in before it has any effect. Leaves lengths of time to `engine/account/sip_login.py`, the call to
`calls/ringing/login_calls.py`, sessions to the program that asks, keeping what was tried over a restart to `store/tries.py`.
Thread-safe; tries that are under way end with the bridge.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Literal

import msgspec

from engine.account import sip_login
from engine.account.sip_login import Outcome
from engine.contract.errors import PbxError
from engine.contract.ids import Instant
from live_bridge.service.user_rights import Trail
from live_bridge.store.store import now
from live_bridge.store.tries import Tries

log = logging.getLogger(__name__)

LOGINS_MOST: Final = 200
"""Tries at once."""

ADDRESSES_MOST: Final = 10_000
"""Addresses whose tries are remembered; the one tried longest ago goes first."""

HOST_CALLS: Final = 30
"""Tries from one place within `sip_login.WITHIN_US` that led to no session: nobody rings a whole office."""

TRIES: Final = "sip_login_tries"
CALLED: Final = "called"
WRONG: Final = "wrong"
HOST: Final = "host"

COUNTS_US: Final = sip_login.WITHIN_US + sip_login.LOCKED_US
"""So long a try can still lock an address."""

Ring = Callable[[int | None, str, Callable[[Outcome], None]], None]


class LoginRefused(PbxError):
    """It cannot be tried now; `until` says until when, None for as soon as there are fewer."""

    def __init__(self, until: Instant | None = None) -> None:
        self.until = until
        super().__init__(
            "too many sign-ins by phone are under way: try again in a minute (R-23.10)"
            if until is None
            else "too many sign-ins by phone were tried: wait a quarter of an hour (R-23.10)"
        )


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """A try: the name it is asked about by, the digits to be pressed, and until when it may last."""

    login: str
    digits: str
    until: Instant


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """How a try stands. `user` and `address` are given once, to whoever asks first after the right digits."""

    state: Literal["waiting", "done", "over"]
    user: int | None = None
    address: str = ""


class _Tries:
    """Of one address."""

    def __init__(self) -> None:
        self.called: list[Instant] = []
        self.wrong: list[Instant] = []


class _Login(msgspec.Struct, kw_only=True):
    digits: str
    begun_at: Instant
    key: str
    """The hash by which tries of the address are counted; `place` that of the host."""
    user: int | None
    by: str
    host: str
    place: str
    outcome: Outcome | None = None
    taken: bool = False


class SipLogins:
    """Those of one bridge. `ring` calls a user's devices and tells what came of it, in any thread."""

    def __init__(
        self,
        ring: Ring,
        trail: Trail,
        domain: Callable[[], str],
        is_user: Callable[[int], bool],
        folder: Path,
        clock: Callable[[], Instant] = now,
    ) -> None:
        self._ring, self._trail, self._domain, self._is_user, self._clock = ring, trail, domain, is_user, clock
        self._lock = threading.Lock()
        self._logins: OrderedDict[str, _Login] = OrderedDict()
        self._tries: OrderedDict[str, _Tries] = OrderedDict()
        self._hosts: OrderedDict[str, list[Instant]] = OrderedDict()
        self._writer = ThreadPoolExecutor(1, "sip-logins")
        self._kept = Tries(folder, TRIES, COUNTS_US, clock)
        for table, hidden, at in self._kept.at_start:
            if table == HOST:
                self._hosts.setdefault(hidden, []).append(at)
            else:
                tries = self._tries.setdefault(hidden, _Tries())
                (tries.called if table == CALLED else tries.wrong).append(at)

    def close(self) -> None:
        """Write down what is left."""
        self._writer.shutdown()

    def begin(self, address: str, by: str, host: str = "") -> Begun:
        """Somebody at `host` typed an address: its user's devices ring. Raises LoginRefused."""
        domain, at = self._domain(), self._clock()
        named = sip_login.user_of(address, domain)
        user = named if named is not None and self._is_user(named) else None
        key, place = self._kept.digest(sip_login.key_of(address, domain)), self._kept.digest(host)
        made = _Login(
            digits=f"{secrets.randbelow(10**sip_login.DIGITS):0{sip_login.DIGITS}}", begun_at=at, key=key, user=user,
            by=by, host=host, place=place,
        )  # fmt: skip
        name = secrets.token_urlsafe(24)
        with self._lock:
            self._forget(at)
            self._count(key, place, at)
            self._logins[name] = made
        log.info("a sign-in by phone is tried from %s", host or "somewhere")
        self._ring(user, made.digits, lambda outcome: self._over(made, outcome))
        return Begun(login=name, digits=made.digits, until=at + sip_login.TOLD_US)

    def state(self, login: str) -> Shown:
        """How a try stands; one that nobody knows is over. JournalUnavailable when a sign-in cannot be written down."""
        at = self._clock()
        with self._lock:
            found = self._logins.get(login)
            if found is None or found.taken or at - found.begun_at > sip_login.TOLD_US:
                return Shown(state="over")
            if found.outcome != "right" or found.user is None:
                return Shown(state="waiting")
            found.taken = True
        address = f"{found.user}@{self._domain()}"
        self._trail.keep_deed(
            "sip-login", "", f"user {found.user} via {found.by}", {"from": found.host, "outcome": "right"}
        )
        log.info("%s signed in by phone from %s", address, found.host or "somewhere")
        return Shown(state="done", user=found.user, address=address)

    def _over(self, login: _Login, outcome: Outcome) -> None:
        at = self._clock()
        with self._lock:
            login.outcome = outcome
            tries = self._tries.get(login.key)
            if outcome == "wrong" and tries is not None:
                tries.wrong.append(at)
                self._kept.add(WRONG, login.key, at)
            elif outcome == "right":
                self._take_back(login, tries)
        if outcome != "right" and login.user is not None:
            self._writer.submit(self._write, login, outcome)

    def _write(self, login: _Login, outcome: Outcome) -> None:
        try:
            said = {"from": login.host, "outcome": outcome}
            self._trail.keep_deed("sip-login", "", f"user {login.user} via {login.by}", said)
        except PbxError as error:
            log.error("a sign-in by phone that failed is not in the audit trail: %s", error)

    # --- how often ----------------------------------------------------------------------------------------------------

    def _count(self, key: str, place: str, at: Instant) -> None:
        """Count a call before it is made, so that many at once are not more than three. Raises LoginRefused."""
        if len(self._logins) >= LOGINS_MOST:
            raise LoginRefused
        tries = self._tries.setdefault(key, _Tries())
        self._tries.move_to_end(key)
        until = sip_login.locked_until(tries.called, tries.wrong)
        if until is not None and at < until:
            raise LoginRefused(until)
        from_host = self._hosts.setdefault(place, [])
        self._hosts.move_to_end(place)
        from_host[:] = [one for one in from_host if at - one <= sip_login.WITHIN_US]
        if len(from_host) >= HOST_CALLS:
            raise LoginRefused(from_host[0] + sip_login.WITHIN_US)
        from_host.append(at)
        for instants in (tries.called, tries.wrong):
            instants[:] = [one for one in instants if one > at - COUNTS_US]
        tries.called.append(at)
        self._kept.add(CALLED, key, at)
        self._kept.add(HOST, place, at)
        for remembered in (self._tries, self._hosts):
            if len(remembered) > ADDRESSES_MOST:
                remembered.popitem(last=False)

    def _take_back(self, login: _Login, tries: _Tries | None) -> None:
        """A call that led to a session counts against nobody: whoever has the phone is its user."""
        for table, hidden, instants in (
            (CALLED, login.key, None if tries is None else tries.called),
            (HOST, login.place, self._hosts.get(login.place)),
        ):
            if instants is not None and login.begun_at in instants:
                instants.remove(login.begun_at)
                self._kept.drop(table, hidden, login.begun_at)
        if tries is not None and tries.wrong:
            tries.wrong.clear()
            self._kept.drop(WRONG, login.key)

    def _forget(self, at: Instant) -> None:
        while self._logins:
            name, first = next(iter(self._logins.items()))
            if at - first.begun_at <= sip_login.TOLD_US:
                return
            del self._logins[name]
