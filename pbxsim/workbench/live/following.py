"""Following a running bridge for one page: what it said last, and when the page is to be drawn again.

Decides when the bridge is asked (after events that change figures, else every ten seconds), and that a page is drawn after
something happened, at most once a second, and not at all while nothing does: how long something lasts is counted in the browser.
Leaves talking to `bridge_client.py`, what events add up to to `state.py`, and what is shown to the pages.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any

import panel as pn

from engine.calendar import zones
from pbxsim.workbench.live import bridge_client, thresholds
from pbxsim.workbench.live.bridge_client import Bridge, BridgeError
from pbxsim.workbench.live.state import LiveState
from pbxsim.workbench.live.thresholds import Thresholds
from pbxsim.workbench.shell.shell import Session

CANARY = "/api/versions/canary"

AGAIN_S = 3.0
"""Until a bridge that did not answer is asked again."""
DRAWN_EVERY_S = 1.0
ASKED_EVERY_S = 10.0
"""Registered devices and health are in no event, and asked for."""
CANARY_EVERY_S = 3.0
"""A canary's figures are in no event either, and looked at more often."""


class Following:
    """Of one session. `draw` shows what is known, `lost` why nothing is, or None where the workbench knows no bridge."""

    def __init__(self, session: Session, draw: Callable[[], None], lost: Callable[[BridgeError | None], None]) -> None:
        self.session, self._draw, self._lost = session, draw, lost
        self.state = LiveState()
        self.versions: list[dict[str, Any]] = []
        self.health: dict[str, Any] = {}
        self.bans: list[dict[str, Any]] = []
        self.rules: list[dict[str, Any]] = []
        self.webhooks: list[dict[str, Any]] = []
        self.forecast: dict[str, Any] = {}
        self.trial: dict[str, Any] = {}
        """What the bridge says of its canary."""
        self.today: dict[str, Any] = {}
        """Figures of queues."""
        self.thresholds = Thresholds()
        self.address = ""
        self.zone: Any = zones.parse("UTC")
        self.bridge: Bridge | None = None
        """While it answers."""
        self._task: asyncio.Task[None] | None = None
        self._is_stale = False
        self._news = asyncio.Event()
        session.at_end(self._stop)
        if pn.state.curdoc is not None:
            pn.state.onload(self._begin)

    def ask_again(self) -> None:
        """What was asked for is to be asked again: something was done."""
        self._is_stale = True
        self._news.set()

    def words(self, error: BridgeError) -> str:
        """Why there is nothing to see, for people."""
        return self.session.texts(error.text, self.address if error.text == "bridge_silent" else error.detail)

    async def do(self, method: str, path: str, body: dict[str, Any]) -> Any:
        """Ask the bridge for something; its answer. Raises BridgeError; None without a bridge, which the page says by itself."""
        if self.bridge is None:
            return None
        answer = await self.bridge.ask(method, path, **({"json": body} if body else {}))
        self.ask_again()
        return answer

    async def _begin(self) -> None:
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
                self._lost(error)  # a token may still come: `pbx run` makes it when the bridge is there
                await asyncio.sleep(AGAIN_S)
                continue
            if found is None:
                self._lost(None)
                return
            self.address = found.address
            async with found:
                self.bridge = found
                try:
                    await self._follow(found)
                except BridgeError as error:
                    self._lost(error)
                finally:
                    self.bridge = None
            await asyncio.sleep(AGAIN_S)

    async def _follow(self, found: Bridge) -> None:
        await self._ask(found)
        told = asyncio.create_task(self._listen(found))
        told.add_done_callback(lambda _: self._news.set())
        try:
            asked = looked = time.monotonic()
            counted = self.state.counts
            while not told.done():
                self._draw()
                drawn = time.monotonic()
                is_on_trial = bool(self.trial.get("canary"))
                with contextlib.suppress(TimeoutError):
                    wait_s = CANARY_EVERY_S if is_on_trial else ASKED_EVERY_S
                    await asyncio.wait_for(self._news.wait(), wait_s)
                await asyncio.sleep(max(0.0, DRAWN_EVERY_S - (time.monotonic() - drawn)))
                self._news.clear()
                if told.done():
                    break
                now = time.monotonic()
                if self._is_stale or now - asked >= ASKED_EVERY_S:
                    self._is_stale, counted = False, self.state.counts
                    await self._ask(found)
                    asked = looked = time.monotonic()
                    continue
                if counted != self.state.counts:
                    counted = self.state.counts
                    self.today = await self._figures(found)
                if is_on_trial and now - looked >= CANARY_EVERY_S:
                    self.trial, looked = await found.ask("GET", CANARY), now
            await told
        finally:
            told.cancel()
        raise BridgeError("bridge_silent", found.address)

    async def _ask(self, found: Bridge) -> None:
        """Everything that is not told by events."""
        self._look_up_thresholds()
        (
            versions,
            calls,
            users,
            status,
            bans,
            rules,
            hooks,
            self.forecast,
            self.trial,
            self.today,
        ) = await asyncio.gather(
            found.ask("GET", "/api/versions"),
            found.ask("GET", "/api/calls"),
            found.ask("GET", "/api/users"),
            found.ask("GET", "/api/status"),
            found.ask("GET", "/api/bans"),
            found.ask("GET", "/api/overrides"),
            found.ask_if_there("/api/webhooks"),
            found.ask("GET", "/api/twin"),
            found.ask("GET", CANARY),
            self._figures(found),
        )
        self.versions, self.health, self.bans, self.rules = versions["versions"], status, bans["bans"], rules
        self.webhooks = hooks or []
        self._look_up_thresholds()
        document = await found.ask("GET", f"/api/versions/{self.versions[0]['flow']}/document")
        self.state.begin(calls["run"], calls["calls"], users, document)
        if self.state.flow is not None:
            self.zone = self.state.flow.zone

    def _look_up_thresholds(self) -> None:
        self.thresholds = thresholds.kept(self.session.file) or thresholds.usual(self.today.get("targets", {}))

    async def _figures(self, found: Bridge) -> dict[str, Any]:
        answer: dict[str, Any] = await found.ask("GET", f"/api/queues?within_s={self.thresholds.within_s:g}")
        return answer

    async def _listen(self, found: Bridge) -> None:
        async for event in found.events(self.state.run, self.state.seq):
            if event["type"] == "hello" and event["run"] != self.state.run:
                return  # the bridge was started again: everything is asked for again
            if self.state.take(event):
                self._is_stale = True
            self._news.set()
