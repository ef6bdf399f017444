"""The Live page: a running bridge's versions, calls, queues, members and trunks, as its events tell them.

Decides what is seen here and what an operator may do, and when the bridge is asked. Leaves promotion to `promotion.py`, the
version on trial to `canary.py`, talking to the bridge to `bridge_client.py`, what events add up to to `state.py`, rows to
`tables.py`. What may be done is decided twice: by the roles of who sits there, which `bridge_client.py` asks for, and by the
bridge itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any
from urllib.parse import quote

import panel as pn
import panel_material_ui

from engine.calendar import zones
from pbxsim.workbench.access.rights import Right
from pbxsim.workbench.design.fields import WIDE
from pbxsim.workbench.live import bridge_client, outlook, tables
from pbxsim.workbench.live.bridge_client import Bridge, BridgeError
from pbxsim.workbench.live.by_hand import ByHand
from pbxsim.workbench.live.canary import CanaryCard
from pbxsim.workbench.live.promotion import Promotion
from pbxsim.workbench.live.state import LiveState
from pbxsim.workbench.shell import html_tables, phone_link
from pbxsim.workbench.shell.shell import Session, beside, card, notice, side

pmui: Any = panel_material_ui  # its names are made when it is imported, where no type checker sees them

CANARY = "/api/versions/canary"

AGAIN_S = 3.0
"""Until a bridge that did not answer is asked again."""
DRAWN_EVERY_S = 1.0
ASKED_EVERY_S = 10.0
"""Registered devices and health are in no event, and asked for."""
CANARY_EVERY_S = 3.0
"""A canary's figures are in no event either, and looked at more often."""


class Live:
    """One browser's Live page."""

    def __init__(self, session: Session) -> None:
        self.session, self.texts = session, session.texts
        self.state = LiveState()
        self.versions: list[dict[str, Any]] = []
        self.health: dict[str, Any] = {}
        self.bans: list[dict[str, Any]] = []
        self.rules: list[dict[str, Any]] = []
        self.forecast: dict[str, Any] = {}
        self.trial: dict[str, Any] = {}
        """What the bridge says of its canary."""
        self.by_hand = ByHand(session, self._do)
        self.address = ""
        self.zone: Any = zones.parse("UTC")
        self._task: asyncio.Task[None] | None = None
        self._stale = asyncio.Event()
        self._bridge: Bridge | None = None
        self.notice = notice(self.texts("live.connecting"), "info", margin=(0, 0, 10, 0))
        self.done = notice("", "success", margin=(0, 0, 10, 0))
        pane = {"sizing_mode": "stretch_width", "margin": 0, "stylesheets": [html_tables.STYLE]}
        self.about, self.known, self.calls, self.queues, self.members, self.trunks, self.banned, self.outlook = (
            pn.pane.HTML(**pane) for _ in range(8)
        )
        self.phone = pn.pane.HTML(
            session.phone_link(self.texts("phone.open"), "call") if session.may(Right.CALL) else "",
            sizing_mode="stretch_width",
            margin=(8, 0, 0, 0),
            stylesheets=[phone_link.STYLE],
        )
        self.pardoned = pmui.Select(label=self.texts("live.choose_ban"), options=[], value=None, **WIDE)
        self.pardon = pmui.Button(label=self.texts("live.pardon"), variant="outlined", size="small", margin=0)
        self.pardon.on_click(self._pardon)
        self.pardon.visible = session.may(Right.ACT)
        self.bans_card = card(self.texts("live.bans"), self.banned, self.pardoned, self.pardon)
        self.bans_card.visible = False
        self.calls_title = pmui.Typography("", variant="subtitle2", margin=(0, 0, 8, 0))
        self.promotion = Promotion(session, lambda: self._bridge, self._told, self._stale.set)
        self.canary = CanaryCard(session, self._do, self.promotion.ask_rollback)
        self.board: Any = None
        session.at_end(self._stop)
        if pn.state.curdoc is not None:
            pn.state.onload(self.begin)

    # --- following the bridge ----------------------------------------------------------------------------------------

    async def begin(self) -> None:
        """Follow the bridge until the browser goes."""
        self._task = asyncio.create_task(self._follow_always())

    def _stop(self) -> None:
        task = self._task
        if task is not None:
            task.get_loop().call_soon_threadsafe(task.cancel)

    async def _follow_always(self) -> None:
        while True:
            try:
                found = bridge_client.configured(self.session.visitor)
            except BridgeError as error:
                self._say(error)  # a token may still come: `pbx run` makes it when the bridge is there
                await asyncio.sleep(AGAIN_S)
                continue
            if found is None:
                self.notice.param.update(
                    object=f"**{self.texts('live.none')}.** {self.texts('live.none_help')}", severity="info"
                )
                return
            self.address = found.address
            async with found:
                self._bridge = found
                try:
                    await self._follow(found)
                except BridgeError as error:
                    self._say(error)
                finally:
                    self._bridge = None
            await asyncio.sleep(AGAIN_S)

    async def _follow(self, found: Bridge) -> None:
        await self._ask(found)
        told = asyncio.create_task(self._listen(found))
        try:
            asked = looked = time.monotonic()
            while not told.done():
                self._draw()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stale.wait(), DRAWN_EVERY_S)
                if self._stale.is_set() or time.monotonic() - asked > ASKED_EVERY_S:
                    self._stale.clear()
                    await self._ask(found)
                    asked = looked = time.monotonic()
                elif self.trial.get("canary") and time.monotonic() - looked > CANARY_EVERY_S:
                    self.trial, looked = await found.ask("GET", CANARY), time.monotonic()
            await told
        finally:
            told.cancel()
        raise BridgeError("bridge_silent", found.address)

    async def _ask(self, found: Bridge) -> None:
        """Everything that is not told by events."""
        versions, calls, users, status, bans, rules, self.forecast, trial = await asyncio.gather(
            found.ask("GET", "/api/versions"),
            found.ask("GET", "/api/calls"),
            found.ask("GET", "/api/users"),
            found.ask("GET", "/api/status"),
            found.ask("GET", "/api/bans"),
            found.ask("GET", "/api/overrides"),
            found.ask("GET", "/api/twin"),
            found.ask("GET", CANARY),
        )
        self.trial = trial
        self.versions, self.health, self.bans, self.rules = versions["versions"], status, bans["bans"], rules
        document = await found.ask("GET", f"/api/versions/{self.versions[0]['flow']}/document")
        self.state.begin(calls["run"], calls["calls"], users, document)
        if self.state.flow is not None:
            self.zone = self.state.flow.zone

    async def _listen(self, found: Bridge) -> None:
        async for event in found.events(self.state.run, self.state.seq):
            if event["type"] == "hello" and event["run"] != self.state.run:
                return  # the bridge was started again: everything is asked for again
            if self.state.take(event):
                self._stale.set()

    # --- what is shown -----------------------------------------------------------------------------------------------

    def _say(self, error: BridgeError) -> None:
        told = self.address if error.text == "bridge_silent" else error.detail
        self.notice.param.update(object=self.texts(error.text, told), severity="error", visible=True)
        if self.board is not None:
            self.board.visible = False

    def _draw(self) -> None:
        if self.board is None or not self.versions:
            return
        now, dark, texts, state = time.time_ns() // 1000, self.session.dark, self.texts, self.state
        shown = {
            self.about: tables.health(self.health, self.address, texts, dark),
            self.known: tables.versions(self.versions, self.zone, texts, dark),
            self.calls: tables.calls(state, now, texts, dark),
            self.queues: tables.queues(state, now, texts, dark),
            self.members: tables.members(state, now, texts, dark),
            self.trunks: tables.trunks(state, texts, dark),
            self.calls_title: texts("live.calls", len(state.calls)),
            self.outlook: outlook.shown(*outlook.forecast_of(self.forecast), self.zone, texts, dark),
            self.banned: tables.bans(self.bans, texts, dark),
        }
        for pane, words in shown.items():
            if pane.object != words:
                pane.object = words
        self.promotion.draw(self.versions)
        self.canary.draw(self.trial, self.zone)
        addresses = [one["address"] for one in self.bans]
        if addresses != self.pardoned.options:
            chosen = self.pardoned.value if self.pardoned.value in addresses else next(iter(addresses), None)
            self.pardoned.param.update(options=addresses, value=chosen)
        self.bans_card.visible = bool(addresses)
        self.by_hand.draw(self.rules, self.zone, dark)
        self.notice.visible = False
        self.board.visible = True

    def themed(self, theme: str) -> None:
        """Follow the page's theme."""
        self._draw()

    # --- what is done ------------------------------------------------------------------------------------------------

    def _told(self, words: str, severity: str) -> None:
        self.done.param.update(object=words, severity=severity, visible=True)

    async def _pardon(self, _: Any) -> None:
        """Let the bridge listen to an address again."""
        address = self.pardoned.value
        if address:
            await self._do("DELETE", f"/api/bans/{quote(address, safe='')}", {}, self.texts("live.pardoned", address))

    async def _do(self, method: str, path: str, body: dict[str, Any], words: str) -> None:
        """Ask the bridge for something and show `words`, or why it refuses."""
        found = self._bridge
        if found is None:
            return
        try:
            await found.ask(method, path, **({"json": body} if body else {}))
        except BridgeError as error:
            self._told(self.texts(error.text, error.detail), "error")
            return
        self._told(words, "success")
        self._stale.set()

    def view(self) -> Any:
        """The page's content."""
        texts = self.texts
        left = side(
            card(texts("live.bridge"), self.about, self.phone),
            card(texts("live.versions"), self.done, self.known, self.promotion.controls),
            card(texts("live.trunks"), self.trunks),
            self.bans_card,
            *self.by_hand.cards(),
            width=380,
        )
        right = pmui.Column(
            self.canary.shown,
            card("", self.calls_title, self.calls),
            card(texts("live.queues"), self.queues),
            card(texts("twin.card"), self.outlook),
            card(texts("live.members"), self.members),
            sizing_mode="stretch_both",
            scroll="y",
            margin=(2, 10, 10, 10),
        )
        self.board = beside(left, right, visible=False)
        self.notice.margin = (2, 10, 10, 10)
        return pmui.Column(self.notice, self.board, self.promotion.dialog, sizing_mode="stretch_both", margin=0)


def page() -> Any:
    """The Live page of a new session."""
    session = Session("live")
    made = Live(session)
    return session.frame(made.view(), made.themed)
