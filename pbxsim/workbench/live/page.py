"""The Live page: a running bridge's wallboard, versions, trunks and rules, and what an operator does with them.

Decides what is seen here and what an operator may do. Leaves following the bridge to `following.py`, the wallboard to `board.py`
and what is done on it to `acts.py`, promotion to `promotion.py`, the version on trial to `canary.py`, tables to `tables.py`, a
television to `television.py`, the rest of the day to `rest_of_day.py`. What may be done is decided twice: by the roles of who
sits there, which `bridge_client.py` asks for, and by the bridge itself.
"""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

import panel as pn
import panel_material_ui

from pbxsim.workbench.access.rights import Right
from pbxsim.workbench.design.fields import WIDE
from pbxsim.workbench.live import outlook, tables
from pbxsim.workbench.live.acts import Acts
from pbxsim.workbench.live.board import Desk, Message
from pbxsim.workbench.live.bridge_client import BridgeError
from pbxsim.workbench.live.by_hand import ByHand
from pbxsim.workbench.live.canary import CanaryCard
from pbxsim.workbench.live.following import Following
from pbxsim.workbench.live.promotion import Promotion
from pbxsim.workbench.live.rest_of_day import RestOfDayCard
from pbxsim.workbench.live.television import Television
from pbxsim.workbench.live.webhooks import Webhooks
from pbxsim.workbench.phone import link
from pbxsim.workbench.shell import html_tables
from pbxsim.workbench.shell.columns import middle, side
from pbxsim.workbench.shell.shell import NARROW, STACKED, Session, beside, card, notice

pmui: Any = panel_material_ui  # its names are made when it is imported, where no type checker sees them

CALLS_FIRST: dict[str, Any] = {NARROW: {"& > .child-wrapper > .wb-main": {"order": -1}}}
BOARD_FIRST: dict[str, Any] = {NARROW: {"& > .child-wrapper > .wb-board": {"order": -1}}}
"""On a telephone the wallboard comes first, and in it the calls."""

TELEVISION = "tv"
"""In the address of a screen that nobody touches."""


class Live:
    """One browser's Live page."""

    def __init__(self, session: Session) -> None:
        self.session, self.texts = session, session.texts
        self.following = Following(session, self._draw, self._lost)
        self.by_hand = ByHand(session, self._do, lambda: self.rest_of_day.earlier.forget())
        self.webhooks = Webhooks(session, self._answer)
        self.rest_of_day = RestOfDayCard(session, self.following)
        self.acts = Acts(session, self._do, self._told, self.following.ask_again)
        self.desk = Desk(session.texts, self._asked, css_classes=["wb-board"])
        self._running: set[asyncio.Task[None]] = set()
        self.notice = notice(self.texts("live.connecting"), "info", margin=(0, 0, 10, 0))
        self.done = notice("", "success", margin=(0, 0, 10, 0))
        pane = {"sizing_mode": "stretch_width", "margin": 0, "stylesheets": [html_tables.STYLE]}
        self.about, self.known, self.trunks, self.banned, self.outlook = (pn.pane.HTML(**pane) for _ in range(5))
        self.phone = pn.pane.HTML(
            session.phone_link(self.texts("phone.open"), "call") if session.may(Right.CALL) else "",
            sizing_mode="stretch_width",
            margin=(8, 0, 0, 0),
            stylesheets=[link.STYLE],
        )
        self.pardoned = pmui.Select(label=self.texts("live.choose_ban"), options=[], value=None, **WIDE)
        self.pardon = pmui.Button(label=self.texts("live.pardon"), variant="outlined", size="small", margin=0)
        self.pardon.on_click(self._pardon)
        self.pardon.visible = session.may(Right.ACT)
        self.bans_card = card(self.texts("live.bans"), self.banned, self.pardoned, self.pardon)
        self.bans_card.visible = False
        self.promotion = Promotion(session, lambda: self.following.bridge, self._told, self.following.ask_again)
        self.canary = CanaryCard(session, self._do, self.promotion.ask_rollback)
        self.board: Any = None

    # --- what is shown -----------------------------------------------------------------------------------------------

    def _lost(self, error: BridgeError | None) -> None:
        if error is None:
            words, severity = f"**{self.texts('live.none')}.** {self.texts('live.none_help')}", "info"
        else:
            words, severity = self.following.words(error), "error"
        self.notice.param.update(object=words, severity=severity, visible=True)
        if self.board is not None:
            self.board.visible = False

    def _draw(self) -> None:
        known = self.following
        if self.board is None or not known.versions:
            return
        dark, texts = self.session.dark, self.texts
        self.desk.show_now(known, texts, self._rights(), self.session.address("live", **{TELEVISION: "1"}))
        shown = {
            self.about: tables.health(known.health, known.address, texts, dark),
            self.known: tables.versions(known.versions, known.zone, texts, dark),
            self.trunks: tables.trunks(known.state, texts, dark),
            self.outlook: outlook.shown(*outlook.forecast_of(known.forecast), known.zone, texts, dark),
            self.banned: tables.bans(known.bans, texts, dark),
        }
        for pane, words in shown.items():
            if pane.object != words:
                pane.object = words
        self.promotion.draw(known.versions)
        self.canary.draw(known.trial, known.zone)
        addresses = [one["address"] for one in known.bans]
        if addresses != self.pardoned.options:
            chosen = self.pardoned.value if self.pardoned.value in addresses else next(iter(addresses), None)
            self.pardoned.param.update(options=addresses, value=chosen)
        self.bans_card.visible = bool(addresses)
        self.by_hand.draw(known.rules, known.zone, dark)
        self.webhooks.draw(known.webhooks, dark)
        self.notice.visible = False
        self.board.visible = True

    def _rights(self) -> frozenset[Right]:
        """Of what may be done on the wallboard."""
        return frozenset(right for right in (Right.ACT, Right.LISTEN) if self.session.may(right))

    def themed(self, theme: str) -> None:
        """Follow the page's theme."""
        self.desk.theme = theme
        self.rest_of_day.draw()
        self._draw()

    # --- what is done ------------------------------------------------------------------------------------------------

    def _asked(self, message: Message) -> None:
        task = asyncio.ensure_future(self.acts.take(message))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def _told(self, words: str, severity: str) -> None:
        self.done.param.update(object=words, severity=severity, visible=True)

    async def _pardon(self, _: Any) -> None:
        """Let the bridge listen to an address again."""
        address = self.pardoned.value
        if address:
            await self._do("DELETE", f"/api/bans/{quote(address, safe='')}", {}, self.texts("live.pardoned", address))

    async def _do(self, method: str, path: str, body: dict[str, Any], words: str) -> None:
        """Ask the bridge for something and show `words`, or why it refuses."""
        try:
            await self.following.do(method, path, body)
        except BridgeError as error:
            self._told(self.texts(error.text, error.detail), "error")
            return
        self._told(words, "success")

    async def _answer(self, method: str, path: str) -> dict[str, Any] | None:
        """The bridge's answer; where it refuses the page says why."""
        try:
            answer: dict[str, Any] | None = await self.following.do(method, path, {})
        except BridgeError as error:
            self._told(self.texts(error.text, error.detail), "error")
            return None
        return answer

    def view(self) -> Any:
        """The page's content."""
        texts = self.texts
        left = side(
            card(texts("live.bridge"), self.about, self.phone),
            card(texts("live.versions"), self.known, self.promotion.controls),
            card(texts("live.trunks"), self.trunks),
            self.bans_card,
            *self.by_hand.cards(),
            self.webhooks.card,
            width=370,
        )
        right = middle(
            self.canary.shown,
            self.desk,
            card(texts("twin.card"), self.outlook, margin=(10, 0, 10, 0)),
            self.rest_of_day.card,
            css_classes=["wb-main"],
            sx=BOARD_FIRST,
        )
        self.board = beside(left, right, visible=False, sx={NARROW: {**STACKED[NARROW], **CALLS_FIRST[NARROW]}})
        self.notice.margin = self.done.margin = (2, 10, 10, 10)
        return pmui.Column(
            self.notice, self.done, self.board, self.promotion.dialog, sizing_mode="stretch_both", margin=0
        )


def page() -> Any:
    """The Live page of a new session."""
    session = Session("live")
    if session.arguments.get(TELEVISION):
        television = Television(session)
        return session.frame(television.wall, television.themed, is_bare=True)
    made = Live(session)
    return session.frame(made.view(), made.themed)
