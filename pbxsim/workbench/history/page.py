"""The History page: calls of a running bridge that are over, found among a million, page by page, and opened one by one.

Decides how pages follow one another and what stands in the page's address. Leaves what may be asked to `filters.py`, the rows to
`calls_table.py`, one call to `one_call.py`, talking to the bridge to `live/bridge_client.py`. What may be read and heard is
decided by the bridge, by the scopes of the token it was given (R-23.12).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import panel as pn
import panel_material_ui

from pbxsim.workbench.document.draft import Draft
from pbxsim.workbench.history import calls_table
from pbxsim.workbench.history.calls_table import CallList
from pbxsim.workbench.history.filters import Filters, Refused
from pbxsim.workbench.history.one_call import OneCall
from pbxsim.workbench.history.relay import Tickets
from pbxsim.workbench.history.voice_messages import VoiceMessages
from pbxsim.workbench.live import bridge_client
from pbxsim.workbench.live.bridge_client import Bridge, BridgeError
from pbxsim.workbench.shell.columns import middle, side
from pbxsim.workbench.shell.shell import NARROW, STACKED, Session, beside, card, notice

pmui: Any = panel_material_ui  # its names are made when it is imported, where no type checker sees them

PAGE = 50

_ORDER = {NARROW: {**STACKED[NARROW], "& > .child-wrapper > .wb-second": {"order": 1}}}
"""On a telephone the calls come first, and what else may be asked below them."""


class HistoryPage:
    """One browser's History page."""

    def __init__(self, session: Session) -> None:
        self.session, self.texts = session, session.texts
        texts = self.texts
        self.calls: list[dict[str, Any]] = []
        self._pages: list[str] = [""]
        """Where each page up to this one begins, as the bridge names it; the first one at the latest call."""
        self._next = ""
        self._number = 0
        """Counts what was asked for: an answer that comes after a later question is left."""
        self._tickets, self._address = Tickets(session.visitor), ""
        session.at_end(self._tickets.drop)
        self.filters = Filters(texts, session.arguments, self._asked)
        self.notice = notice(texts("live.connecting"), "info", margin=(2, 10, 10, 10))
        self.list = CallList(self._chosen, sizing_mode="stretch_width", margin=0)
        self.title = pmui.Typography("", variant="subtitle2", margin=(0, 10, 0, 0), visible=False)
        self.title.param.watch(lambda event: setattr(self.title, "visible", bool(event.new)), "object")
        quiet = {"variant": "text", "size": "small", "margin": 0}
        self.newer = pmui.Button(label=texts("history.newer"), icon="chevron_left", disabled=True, **quiet)
        self.older = pmui.Button(label=texts("history.older"), end_icon="chevron_right", disabled=True, **quiet)
        self.again = pmui.Button(label=texts("history.refresh"), icon="refresh", **quiet)
        self.clear = pmui.Button(label=texts("history.clear"), variant="outlined", size="small", margin=(6, 0, 0, 0))
        self.export = pn.pane.HTML(margin=(0, 0, 0, 8), align="center", stylesheets=[calls_table.EXPORT_STYLE])
        self.newer.on_click(self._go_newer)
        self.older.on_click(self._go_older)
        self.again.on_click(self._asked)
        self.clear.on_click(self._clear)
        self.one = OneCall(session, self._back)
        self.messages = VoiceMessages(session)
        self.board: Any = None
        self.opened: Any = None
        if pn.state.curdoc is not None:
            pn.state.onload(self.begin)

    # --- asking the bridge -------------------------------------------------------------------------------------------

    async def begin(self) -> None:
        """Ask for the latest calls, and for the one that the address names."""
        try:
            found = bridge_client.configured(self.session.visitor)
            if found is None:
                words = f"**{self.texts('live.none')}.** {self.texts('history.none_help')}"
                self.notice.param.update(object=words, severity="info", visible=True)
                return
            async with found:
                await self._know(found)
                await self.messages.read(found)
        except BridgeError as error:
            self._say(error)
            return
        await self._first_page()
        asked = self.session.arguments.get("call")
        if asked:
            await self._chosen(asked)

    async def _know(self, found: Bridge) -> None:
        """Names for the filters; without the right to see versions they can be typed all the same."""
        try:
            versions = (await found.ask("GET", "/api/versions"))["versions"]
            live = Draft(await found.ask("GET", "/api/versions/live/document"))
        except BridgeError as error:
            if error.status != 403 and error.text != "refused.see":
                raise
            return
        self.filters.know(versions, live)

    async def _asked(self, _: Any) -> None:
        await self._first_page()

    async def _clear(self, _: Any) -> None:
        self.filters.clear()
        await self._first_page()

    async def _first_page(self) -> None:
        self._pages = [""]
        await self._read()

    async def _go_older(self, _: Any) -> None:
        if self._next:
            self._pages.append(self._next)
            await self._read()

    async def _go_newer(self, _: Any) -> None:
        if len(self._pages) > 1:
            self._pages.pop()
            await self._read()

    async def _read(self) -> None:
        """Ask for the page that stands last in `_pages`."""
        self._number += 1
        mine = self._number
        self.title.object = self.texts("history.searching")
        try:
            query = self.filters.query()
            found = bridge_client.configured(self.session.visitor)
            if found is None:
                return
            asked = {**query, "lang": self.texts.language, "limit": str(PAGE)}
            if self._pages[-1]:
                asked["before"] = self._pages[-1]
            async with found:
                answer = await found.ask("GET", "/api/history", params=asked)
        except Refused as refused:
            self.title.object = ""
            self.notice.param.update(object=str(refused), severity="warning", visible=True)
            return
        except BridgeError as error:
            self._say(error)
            return
        if mine != self._number:
            return
        self.calls, self._next = answer["calls"], _before(answer["next"])
        self._tickets.drop()
        self._address = self._tickets.address("/api/history.csv", {**query, "lang": self.texts.language})
        self.notice.visible = False
        self._draw()

    # --- what is shown -----------------------------------------------------------------------------------------------

    def _say(self, error: BridgeError) -> None:
        told = error.detail or bridge_client.configured_address()
        self.title.object = ""
        self.notice.param.update(object=self.texts(error.text, told), severity="error", visible=True)

    def _draw(self) -> None:
        first = PAGE * (len(self._pages) - 1)
        self.title.object = self.texts("history.shown", first + 1, first + len(self.calls)) if self.calls else ""
        self.newer.disabled, self.older.disabled = len(self._pages) == 1, not self._next
        self.export.object = calls_table.export_link(self._address, self.texts, self.session.dark)
        self.list.rows = {
            "drawn": self.list.rows["drawn"] + 1,
            "html": calls_table.rows(self.calls, self.texts, self.session.dark),
        }
        if self.board is not None and not self.opened.visible:
            self.board.visible = True

    async def _chosen(self, uuid: str) -> None:
        """Show one call in place of the list."""
        try:
            found = bridge_client.configured(self.session.visitor)
            if found is None:
                return
            async with found:
                await self.one.read(found, uuid)
        except BridgeError as error:
            if error.status == 404:
                self.notice.param.update(
                    object=self.texts("history.no_call", uuid[:80]), severity="warning", visible=True
                )
            else:
                self._say(error)
            return
        self.notice.visible = False
        self.session.show(call=uuid)
        self.board.visible, self.opened.visible = False, True

    def _back(self, _: Any) -> None:
        self.session.show(call="")
        self.opened.visible, self.board.visible = False, True

    def themed(self, theme: str) -> None:
        """Follow the page's theme."""
        self.one.themed(theme)
        if self._address:
            self._draw()

    def view(self) -> Any:
        """The page's content."""
        texts, filters = self.texts, self.filters
        left = side(
            card(
                texts("history.find"), filters.since, filters.until, filters.outcome, filters.direction, filters.queue,
                filters.member, filters.version, self.clear,
            ),
            self.messages.view,
        )  # fmt: skip
        left.css_classes = ["wb-second"]
        line = {"sizing_mode": "stretch_width", "sx": {"flexWrap": "wrap", "alignItems": "center"}}
        tools = pmui.Row(self.again, self.export, margin=0, **line)
        turn = pmui.Row(self.title, self.newer, self.older, margin=(0, 0, 4, 0), **line)
        right = middle(card("", filters.number, tools, turn, self.list))
        self.board = beside(left, right, visible=False, sx=_ORDER)
        self.opened = pmui.Column(self.one.view(), sizing_mode="stretch_both", margin=0, visible=False)
        return pmui.Column(self.notice, self.board, self.opened, sizing_mode="stretch_both", margin=0)


def _before(address: str | None) -> str:
    """Where the next page begins, of the address that leads there.

    >>> _before("/api/history?limit=50&before=5.c1&lang=en"), _before(None)
    ('5.c1', '')
    """
    return parse_qs(urlsplit(address or "").query).get("before", [""])[0]


def page() -> Any:
    """The History page of a new session."""
    session = Session("history")
    made = HistoryPage(session)
    return session.frame(made.view(), made.themed)
