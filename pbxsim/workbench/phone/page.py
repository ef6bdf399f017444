"""The Phone page: a phone in the browser that calls the flow, or is a user's.

Decides whose phone it may be, that its credential comes from the bridge for this page alone, is renewed while the page is there
and given back when it goes, and that every call is asked for in the person's name before it begins. Leaves SIP, sound and keys to
the browser (`js/`), the way there to `socket.py`, talking to the bridge to `live/bridge_client.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import panel as pn

from engine.numbers.phone_numbers import is_internal
from pbxsim.workbench.access.rights import Right
from pbxsim.workbench.live import bridge_client
from pbxsim.workbench.live.bridge_client import Bridge, BridgeError
from pbxsim.workbench.phone.component import Message, PhoneFace
from pbxsim.workbench.phone.socket import Ways
from pbxsim.workbench.phone.words import phone_texts
from pbxsim.workbench.shell.shell import Session

RENEW_S = 300.0
"""A pass is renewed so often, a third of its life."""


class Phone:
    """One browser's phone."""

    def __init__(self, session: Session) -> None:
        self.session, self.texts = session, session.texts
        self.login = ""
        self._ways = Ways(session.visitor)
        self._renewal: asyncio.Task[None] | None = None
        self.face = PhoneFace(
            self._heard,
            texts=phone_texts(session),
            book=self._book(),
            asked={name: session.arguments.get(name, "") for name in ("as", "to", "caller")},
            sizing_mode="stretch_width",
        )
        session.at_end(self._gone)

    def _book(self) -> dict[str, Any]:
        """Who and what can be called."""
        draft = self.session.draft

        def entries(section: str) -> list[dict[str, str]]:
            return [{"number": str(number), "title": draft.title(number)} for number in draft.section(section)]

        trunks = [
            {"number": str(trunk.get("number", "")), "title": draft.title(f"trunk:{key}")}
            for key, trunk in draft.section("trunks").items()
            if isinstance(trunk, dict)
        ]
        users = entries("users")
        return {
            "users": users,
            "trunks": trunks,
            "numbers": [*trunks, *entries("elements"), *users],
            "may": self.session.may(Right.CALL),
            "why_not": self.session.refusal(Right.CALL),
        }

    # --- what the browser asks ---------------------------------------------------------------------------------------

    def _heard(self, message: Message) -> None:
        kind = message.get("type")
        if kind == "begin":
            pn.state.execute(partial(self._begin, str(message.get("user", "")), str(message.get("caller", ""))))
        elif kind == "dial":
            pn.state.execute(partial(self._dial, str(message.get("to", ""))))
        elif kind == "end":
            pn.state.execute(self._end)

    def problem(self, detail: str, text: str, over: bool = False) -> None:
        """Say what went wrong and what to do; with `over` the phone is none any more."""
        self.face.tell({"type": "problem", "text": text, "detail": detail, "over": over})

    def _fail(self, error: BridgeError, over: bool = False) -> None:
        if error.text == "bridge_silent":
            self.problem(error.detail, self.texts("bridge_silent", bridge_client.configured_address()), over)
        elif error.status == 404 and not over:
            self.problem("", self.texts("phone.pass_over"), True)
        else:
            self.problem("", self.texts(error.text, error.detail), over)

    def _bridge(self) -> Bridge:
        """The bridge, asked in the person's name. Raises BridgeError."""
        found = bridge_client.configured(self.session.visitor)
        if found is None:
            raise BridgeError("live.none_help")
        return found

    async def _begin(self, user: str, caller: str) -> None:
        await self._end()
        wanted = {"user": int(user)} if is_internal(user) else {"caller": caller}
        try:
            async with self._bridge() as bridge:
                made = await bridge.ask("POST", "/api/phones", json=wanted)
        except BridgeError as error:
            self._fail(error, over=True)
            return
        self.login = made["login"]
        listener = self._listener(made["listeners"])
        told = {name: made[name] for name in ("login", "password", "domain", "user")}
        told |= {"socket": self._ways.address(listener), "via": urlsplit(listener).scheme.upper(), "caller": caller}
        self.face.tell({"type": "pass", "pass": told})
        self._renewal = asyncio.get_running_loop().create_task(self._renew())

    def _listener(self, listeners: list[dict[str, Any]]) -> str:
        """The address of the listener to use: encrypted, unless the bridge is on this machine. One that listens on every address
        is where the bridge's API is."""
        address = bridge_client.configured_address()
        here = urlsplit(address).hostname or ""
        plain = "ws" if here in bridge_client.HERE else "wss"
        found = next((one for one in listeners if one["transport"] == plain), listeners[0])
        host = str(found["host"])
        with contextlib.suppress(ValueError):
            if ipaddress.ip_address(host).is_unspecified:
                host = here
        host = f"[{host}]" if ":" in host else host
        return f"{found['transport']}://{host}:{found['port']}/"

    async def _dial(self, to: str) -> None:
        try:
            async with self._bridge() as bridge:
                await bridge.ask("POST", f"/api/phones/{self.login}/calls", json={"to": to})
        except BridgeError as error:
            self._fail(error)
            return
        self.face.tell({"type": "dial", "to": to})

    async def _renew(self) -> None:
        """Keep the pass while the page is there and the person may call."""
        while True:
            await asyncio.sleep(RENEW_S)
            try:
                async with self._bridge() as bridge:
                    await bridge.ask("PUT", f"/api/phones/{self.login}")
            except BridgeError as error:
                if error.text.startswith("refused."):
                    self._ways.drop()
                    self._fail(error, over=True)
                    return

    async def _end(self) -> None:
        """The phone is nobody's any more."""
        login, self.login = self.login, ""
        self._ways.drop()
        if self._renewal is not None:
            self._renewal.cancel()
            self._renewal = None
        if login:
            with contextlib.suppress(BridgeError):  # it ends by itself, too
                async with self._bridge() as bridge:
                    await bridge.ask("DELETE", f"/api/phones/{login}")

    def _gone(self) -> None:
        """The browser is gone."""
        asyncio.get_running_loop().create_task(self._end())

    def themed(self, theme: str) -> None:
        """Follow the page's theme."""
        self.face.theme = theme


def page() -> Any:
    """The Phone page of a new session."""
    session = Session("phone")
    made = Phone(session)
    return session.frame(made.face, made.themed)
