"""One call of the history: facts, its path on the canvas of its own version, its rules, its ladder, its sounds (R-24.1, R-25.6).

Decides what is shown of a call and when the bridge is asked for a sound: when somebody wants to hear it, and not before, because
every play is written down (R-23.12). Leaves the path to `call_path.py`, the drawing of the ladder to `ladder.py`, the way of a
sound to the browser to `relay.py`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import html
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import panel as pn
import panel_material_ui

from pbxsim.results.html import Raw
from pbxsim.workbench.access.rights import Right
from pbxsim.workbench.canvas.component import FlowCanvas
from pbxsim.workbench.canvas.words import canvas_texts
from pbxsim.workbench.diagram import graph, kind_styles, trace_rows
from pbxsim.workbench.document.draft import Draft
from pbxsim.workbench.history import call_path, calls_table, ladder
from pbxsim.workbench.history.relay import Tickets
from pbxsim.workbench.live.bridge_client import Bridge, BridgeError
from pbxsim.workbench.shell import html_tables
from pbxsim.workbench.shell.columns import middle, side
from pbxsim.workbench.shell.shell import Session, beside, card, hint, notice

pmui: Any = panel_material_ui  # its names are made when it is imported, where no type checker sees them

DOCUMENTS_KEPT = 8
"""Versions whose documents a session remembers."""


class OneCall:
    """The view of one call; `back` is called by the button that leads to the list."""

    def __init__(self, session: Session, back: Callable[[Any], Any]) -> None:
        self.session, self.texts = session, session.texts
        texts = self.texts
        self.call: dict[str, Any] = {}
        self._rungs: list[dict[str, Any]] = []
        self._draft: Draft | None = None
        self._documents: dict[str, Draft] = {}
        self._tickets = Tickets(session.visitor)
        self._people = False
        session.at_end(self._tickets.drop)
        self.canvas = FlowCanvas(
            texts={**canvas_texts(texts), "empty": texts("nothing_to_show")}, kinds=kind_styles.bricks(texts),
            readonly=True, sizing_mode="stretch_both", min_height=300,
        )  # fmt: skip
        self.canvas.on("people", lambda message: self._show_people(bool(message["shown"])))
        self.back = pmui.Button(
            label=texts("history.back"), icon="arrow_back", variant="outlined", size="small", margin=(0, 0, 10, 0)
        )
        self.back.on_click(back)
        self.notice = notice(severity="warning", margin=(0, 0, 10, 0))
        pane = {"sizing_mode": "stretch_width", "margin": 0}
        self.facts = pn.pane.HTML(stylesheets=[html_tables.STYLE], **pane)
        self.steps = pn.pane.HTML(stylesheets=[trace_rows.STYLE], **pane)
        self.ladder = pn.pane.HTML(stylesheets=[ladder.STYLE], **pane)
        self.sounds = pmui.Column(sizing_mode="stretch_width", margin=0)
        self.messages = pmui.Column(sizing_mode="stretch_width", margin=0)
        self._may = {"listen": True, "download": False}
        """What may be done with recordings; of who signed in by phone the bridge says it."""
        self._messages_card = card(texts("history.messages"), self.messages, visible=False)

    async def read(self, found: Bridge, uuid: str) -> None:
        """Ask the bridge for a call and show it. Raises BridgeError."""
        place = f"/api/history/{quote(uuid, safe='')}"
        call, steps = await asyncio.gather(
            found.ask("GET", place, params={"lang": self.texts.language}), found.ask("GET", f"{place}/ladder")
        )
        self._tickets.drop()
        self.call, self._rungs = call, steps["rungs"]
        self._draft = None
        self.notice.visible = False
        if self.session.may(Right.SEE):
            try:
                self._draft = await self._document(found, call["flow"])
            except BridgeError as error:
                told = error.detail or error.text
                self.notice.param.update(object=self.texts("history.no_document", told), visible=True)
        else:
            self._may = await found.ask("GET", "/api/rights/own")
        self.canvas.graph = self._picture()
        self._sounds()
        self.draw()
        self.canvas.point_at(None, fit=True)

    async def _document(self, found: Bridge, flow: str) -> Draft:
        if flow not in self._documents:
            text = await found.ask("GET", f"/api/versions/{quote(flow, safe='')}/document")
            self._documents[flow] = await asyncio.to_thread(Draft, text)
            while len(self._documents) > DOCUMENTS_KEPT:
                del self._documents[next(iter(self._documents))]
        return self._documents[flow]

    def _picture(self) -> dict[str, Any]:
        if self._draft is None:
            return {"nodes": [], "edges": [], "people": False}
        return graph.picture(self._draft, self.texts, self._people, editable=False)

    def _show_people(self, shown: bool) -> None:
        self._people = shown
        self.canvas.graph = self._picture()
        self.canvas.point_at(None, fit=True)
        self.draw()

    # --- what is shown -----------------------------------------------------------------------------------------------

    def draw(self) -> None:
        """Show the call in the page's theme."""
        if not self.call:
            return
        call, texts, dark = self.call, self.texts, self.session.dark
        at = dt.datetime.fromisoformat(call["start_stamp"])
        caller = call["caller_id_number"] or texts("live.anonymous")
        name = f" ({call['caller_id_name']})" if call["caller_id_name"] not in ("", call["caller_id_number"]) else ""
        version = f"{html.escape(calls_table.version(call))} <code>{html.escape(call['flow'][:10])}</code>"
        self.facts.object = html_tables.facts(
            [
                (texts("history.when").capitalize(), f"{texts.date(at.date())} {at:%H:%M:%S}"),
                (texts("history.from").capitalize(), caller + name),
                (texts("history.to").capitalize(), call["destination_number"]),
                (texts("history.outcome"), calls_table.outcome(call, texts)),
                (texts("history.ended").capitalize(), texts(f"history.party.{call['party']}")),
                (texts("history.lasted"), trace_rows.clock(call["duration"])),
                (texts("history.talk").capitalize(), trace_rows.clock(call["user_talk_time"])),
                (texts("history.version"), Raw(version)),
                (texts("history.id").capitalize(), Raw(f"<code>{html.escape(call['uuid'])}</code>")),
            ],
            dark,
        )
        draft = self._draft if self._draft is not None else Draft("")
        lines = call_path.lines_of(call, draft, texts)
        self.canvas.overlay = call_path.overlay_of(call, lines, draft, self.canvas.graph)
        self.steps.object = trace_rows.table_html(lines, call_path.ending_of(call, self._draft, texts), texts, dark)
        self.ladder.object = ladder.drawn(self._rungs, texts, dark)

    def themed(self, theme: str) -> None:
        """Follow the page's theme."""
        self.canvas.theme = theme
        self.draw()

    # --- sounds ------------------------------------------------------------------------------------------------------

    def _sounds(self) -> None:
        call, texts = self.call, self.texts
        talks = [
            self._sound(
                texts("history.recording", place), one["there"], f"/api/history/{quote(call['uuid'], safe='')}/recording",
                {"recording": one["recording"]},
            )
            for place, one in enumerate(call["recordings"], start=1)
        ]  # fmt: skip
        told = hint(texts("history.listened") if talks else texts("history.no_recordings"))
        if (talks or call["messages"]) and not self._listens():
            told = hint(
                texts("rights.no_listen") if self.session.may(Right.LISTEN) else self.session.refusal(Right.LISTEN)
            )
        self.sounds.objects = [*talks, told]
        messages = []
        for one in call["messages"]:
            length = trace_rows.clock(one["length"])
            said = texts("history.heard" if one["heard"] else "history.unheard")
            name = texts("history.message", one["box"], f"{length}, {said}")
            place = f"/api/voice-messages/{quote(one['recording'], safe='')}/audio"
            messages.append(self._sound(name, one["there"], place, {}))
        self.messages.objects = messages
        self._messages_card.visible = bool(messages)

    def _sound(self, name: str, is_there: bool, path: str, query: dict[str, str]) -> Any:
        """A line with a button; the sound is asked for when it is pressed."""
        if not is_there:
            return hint(f"{name}: {self.texts('history.gone')}", margin=(0, 0, 6, 0))
        if not self._listens():
            return hint(name, margin=(0, 0, 6, 0))
        player = pn.pane.HTML(sizing_mode="stretch_width", margin=(0, 0, 6, 0), visible=False)
        listen = pmui.Button(
            label=self.texts("history.listen"), icon="play_arrow", variant="outlined", size="small", margin=(0, 0, 6, 0),
        )  # fmt: skip

        def play(_: Any) -> None:
            address = html.escape(self._tickets.address(path, query))
            player.param.update(
                object=f'<audio controls autoplay preload="none" controlslist="nodownload" style="width:100%" '
                f'aria-label="{html.escape(name)}" src="{address}"></audio>',
                visible=True,
            )
            listen.visible = False

        listen.on_click(play)
        parts = [hint(name, margin=(0, 0, 4, 0)), listen, player]
        if self._may["download"]:
            address = html.escape(self._tickets.address(path, {**query, "download": "true"}))
            link = f'<a href="{address}" download>{html.escape(self.texts("history.download"))}</a>'
            parts.append(pn.pane.HTML(link, margin=(0, 0, 8, 0)))
        return pmui.Column(*parts, sizing_mode="stretch_width", margin=0)

    def _listens(self) -> bool:
        return self.session.may(Right.LISTEN) and bool(self._may["listen"])

    def view(self) -> Any:
        """The call's part of the page."""
        texts = self.texts
        left = side(
            self.back, self.notice, card(texts("history.call"), self.facts),
            card(texts("history.recordings"), self.sounds), self._messages_card, width=340,
        )  # fmt: skip
        frame = pmui.Paper(
            self.canvas, visible=self.session.may(Right.SEE),
            css_classes=["wb-frame"], elevation=0, margin=(2, 0, 10, 0), height=430, sizing_mode="stretch_width",
            sx={"border": "1px solid", "borderColor": "divider", "overflow": "hidden", "display": "flex"},
        )  # fmt: skip
        right = middle(
            frame, card(texts("steps"), self.steps), card(texts("history.ladder"), self.ladder), margin=(0, 10, 10, 10)
        )
        return beside(left, right)
