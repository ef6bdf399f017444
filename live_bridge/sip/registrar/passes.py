"""Short-lived credentials of telephones that are web pages: made for a person by a program that knows who they are.

Decides how long such a pass lives, whose telephone it makes of a page (a user's, or that of a caller from outside), and that each
call it places was asked for in a person's name just before. A pass is in memory only and ends with the bridge. Leaves who may
have one to `api/phones/in_browser.py`, proofs to `digest.py`. Loop's thread only.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Final

import msgspec

from live_bridge.sip.digest import Account

PREFIX: Final = "web-"
"""Begins every login: no user's number does."""

PASS_S: Final = 900.0
"""Life of a pass that nobody renews: a page that is gone leaves nothing behind for longer."""

ASKED_S: Final = 60.0
"""So long after it was asked for a call may begin: the browser asks for the microphone in between."""

PASSES_MOST: Final = 1000


class PassRefused(Exception):
    """There are too many passes, or there is none of this login."""


class Pass(msgspec.Struct, kw_only=True):
    """One page's credential."""

    login: str
    password: str
    by: str
    """The person and the program they use, as the audit trail has them."""
    user: int | None = None
    """Whose telephone the page is; None for a caller from outside."""
    caller: str = ""
    """The number of a caller from outside."""
    expires_at_s: float = 0.0
    asked: dict[str, float] = msgspec.field(default_factory=dict)
    """Numbers that were asked for, and until when they may be called."""


class Passes:
    """All passes of one bridge. `now_s` is any clock in seconds that only goes forward."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._by_login: dict[str, Pass] = {}

    def make(self, by: str, user: int | None, caller: str) -> Pass:
        """A new pass. PassRefused when there are too many."""
        now = self._now_s()
        self._by_login = {login: one for login, one in self._by_login.items() if one.expires_at_s > now}
        if len(self._by_login) >= PASSES_MOST:
            raise PassRefused(f"there are {PASSES_MOST} phones in browsers already: close some")
        made = Pass(
            login=PREFIX + secrets.token_hex(8), password=secrets.token_urlsafe(24), by=by, user=user, caller=caller,
            expires_at_s=now + PASS_S,
        )  # fmt: skip
        self._by_login[made.login] = made
        return made

    def get(self, login: str) -> Pass | None:
        """The pass of a login, if it is in force."""
        found = self._by_login.get(login)
        return found if found is not None and found.expires_at_s > self._now_s() else None

    def renew(self, login: str) -> Pass:
        """Let a pass live on. PassRefused when it is over."""
        found = self.get(login)
        if found is None:
            raise PassRefused("this phone is not known any more: begin again")
        found.expires_at_s = self._now_s() + PASS_S
        return found

    def ask(self, login: str, called: str) -> Pass:
        """A call to this number is about to begin. PassRefused when the pass is over."""
        found, now = self.renew(login), self._now_s()
        found.asked = {number: until for number, until in found.asked.items() if until > now}
        found.asked[called] = now + ASKED_S
        return found

    def may_call(self, login: str, called: str) -> bool:
        """Whether a call was asked for, once: it may begin one time."""
        found = self.get(login)
        return found is not None and found.asked.pop(called, 0.0) > self._now_s()

    def drop(self, login: str) -> None:
        """The page is gone."""
        self._by_login.pop(login, None)

    def account(self, login: str) -> Account | None:
        """What proves that somebody has a pass."""
        found = self.get(login)
        return None if found is None else Account(password=found.password)
