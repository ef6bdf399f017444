"""Signing in by phone: the page that shows the digits and waits until they were pressed (R-23.3 to R-23.7).

Decides that only the browser that asked sees the digits and gets the session, and that the page says the same whatever went
wrong. It has no script: it comes again by itself. Leaves calling, and what was right, to the bridge, sessions to
`phone_sessions.py`.
"""

from __future__ import annotations

import asyncio
import html
import logging
import secrets
from collections import OrderedDict
from typing import Any, Final

import msgspec

from engine.account import sip_login
from engine.contract.ids import SECOND_US
from pbxsim.workbench.access import gate as gates
from pbxsim.workbench.access.plain_page import Page
from pbxsim.workbench.live import bridge_client
from pbxsim.workbench.live.bridge_client import BridgeError

log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 2
KEPT: Final = 500
"""Tries that pages wait for; the bridge has a bound of its own."""

WAIT_S: Final = sip_login.TOLD_US // SECOND_US + 60


class WaitingBrowser(msgspec.Struct, frozen=True):
    """What one browser waits for."""

    login: str
    digits: str
    wanted: str
    """The page it goes on to."""


_waiting: OrderedDict[str, WaitingBrowser] = OrderedDict()
"""By the secret in the browser's cookie."""


async def begin(page: Page, address: str, wanted: str) -> str:
    """Have the bridge call, and lead the browser to the page that waits; else what is said instead."""
    texts = page.texts
    try:
        found = bridge_client.configured(None)
        if found is None:
            raise BridgeError("live.none")
        async with found:
            body = {"address": address, "host": page.request.remote_ip or ""}
            begun = await found.ask("POST", "/api/sip-logins", json=body)
    except BridgeError as error:
        if error.status == 429:
            page.set_status(429)
            return texts("phone_login.locked", sip_login.LOCKED_US // SECOND_US // 60)
        page.set_status(503)
        log.error("nobody can sign in by phone: %s", error)
        return texts("phone_login.away")
    secret = secrets.token_urlsafe(24)
    _waiting[secret] = WaitingBrowser(begun["login"], begun["digits"], wanted)
    while len(_waiting) > KEPT:
        _waiting.popitem(last=False)
    page.set_cookie(_cookie(page), secret, max_age=WAIT_S, **page.gate.cookie_settings())
    page.redirect(page.gate.path + gates.BY_PHONE, status=303)
    return ""


def _cookie(page: Page) -> str:
    return page.gate.cookie.replace("-session-", "-phone-")


class ByPhone(Page):
    """Shows the digits, waits, and lets in who pressed them."""

    async def get(self) -> None:
        """How it stands."""
        secret = self.request.cookies.get(_cookie(self))
        mine = None if secret is None else _waiting.get(secret.value)
        if mine is None:
            self._leave()
            return
        try:
            told = await self._ask(mine.login)
        except BridgeError as error:
            log.error("nobody can sign in by phone: %s", error)
            told = {"state": "over"}
        if told["state"] == "waiting":
            self._show(mine)
            return
        _waiting.pop(secret.value if secret is not None else "", None)
        self.clear_cookie(_cookie(self), path=self.gate.path)
        if told["state"] != "done":
            self._failed()
            return
        self.end_session()
        sessions = self.gate.phone_sessions
        self.begin_session(await asyncio.to_thread(sessions.begin, int(told["user"]), str(told["address"])))
        log.info("%s signed in by phone from %s", told["address"], self.request.remote_ip)
        self.redirect(self.gate.path + (mine.wanted if gates.is_for_employees(mine.wanted) else gates.EMPLOYEES_PAGE))

    async def _ask(self, login: str) -> dict[str, Any]:
        found = bridge_client.configured(None)
        if found is None:
            raise BridgeError("live.none")
        async with found:
            return dict(await found.ask("GET", f"/api/sip-logins/{login}"))

    def _show(self, mine: WaitingBrowser) -> None:
        texts = self.texts
        title = texts("phone_login.title")
        steps = "".join(
            f"<li>{html.escape(texts(f'phone_login.{step}', sip_login.CALLER, sip_login.PRESS_US // SECOND_US))}</li>"
            for step in ("answer", "press")
        )
        digits = " ".join(mine.digits)
        self.show(
            title,
            f'<h1>{html.escape(title)}</h1><p class="digits" aria-label="{html.escape(digits)}">{html.escape(mine.digits)}</p>'
            f'<ol>{steps}</ol><p role="status">{html.escape(texts("phone_login.waiting"))}</p>'
            f'<p class="quiet">{html.escape(texts("phone_login.silent"))}</p>{self._back(texts("phone_login.cancel"))}',
            again_s=LOOK_EVERY_S,
        )

    def _failed(self) -> None:
        texts = self.texts
        title = texts("phone_login.title")
        self.show(
            title,
            f'<h1>{html.escape(title)}</h1><p role="alert">{html.escape(texts("phone_login.over"))}</p>'
            f"{self._back(texts('phone_login.again'))}",
        )

    def _back(self, words: str) -> str:
        return f'<p><a href="{html.escape(self.gate.path + gates.SIGN_IN)}">{html.escape(words)}</a></p>'

    def _leave(self) -> None:
        self.redirect(self.gate.path + gates.SIGN_IN)


PATTERNS: Final = [(f"/{gates.BY_PHONE}", ByPhone)]
"""Below the server's own prefix."""
