"""Voice messages of the boxes that whoever looks may see: heard, marked as new again, deleted; and the PIN of one's own box.

Decides what is offered: to hear is the right to listen, to mark and delete is for the user whose box it is and for who may act
(R-09.6). Leaves which messages those are, and whether an act is allowed, to the bridge.
"""

from __future__ import annotations

import datetime as dt
import functools
import html
from typing import Any
from urllib.parse import quote

import panel as pn
import panel_material_ui

from pbxsim.workbench.access.rights import Right
from pbxsim.workbench.diagram import trace_rows
from pbxsim.workbench.history.relay import Tickets
from pbxsim.workbench.live import bridge_client
from pbxsim.workbench.live.bridge_client import BridgeError
from pbxsim.workbench.shell.shell import Session, card, hint, notice

pmui: Any = panel_material_ui  # its names are made when it is imported, where no type checker sees them

SHOWN = 20
"""Messages shown, the latest ones; more of a box are heard by phone, or found by their calls."""


class VoiceMessages:
    """The card of one History page. `view` is hidden until something is known."""

    def __init__(self, session: Session) -> None:
        self.session, self.texts = session, session.texts
        self._tickets = Tickets(session.visitor)
        session.at_end(self._tickets.drop)
        self._may = {"listen": True, "download": False}
        self.lines = pmui.Column(sizing_mode="stretch_width", margin=0)
        self.told = notice(margin=(4, 0))
        self.pin = pmui.PasswordInput(
            label=self.texts("voicemail.pin"), size="small", sizing_mode="stretch_width", margin=0
        )
        self.give = pmui.Button(
            label=self.texts("voicemail.give"), icon="dialpad", variant="outlined", size="small", margin=(4, 0, 0, 0)
        )
        self.give.on_click(self._give_pin)
        own = [self.pin, self.give] if session.visitor.user is not None else []
        self.view = card(self.texts("history.messages"), self.told, self.lines, *own, visible=False)

    async def read(self, found: bridge_client.Bridge) -> None:
        """Ask for the messages and show them. Raises BridgeError."""
        if self.session.visitor.user is not None:
            self._may = await found.ask("GET", "/api/rights/own")
        messages = await found.ask("GET", "/api/voice-messages")
        self._tickets.drop()
        kept = messages[:SHOWN]
        lines: list[Any] = [self._line(one) for one in kept]
        if not kept:
            lines.append(hint(self.texts("voicemail.none")))
        elif len(messages) > SHOWN:
            lines.append(hint(self.texts("voicemail.more", len(messages) - SHOWN)))
        self.lines.objects = lines
        self.view.visible = True

    def _line(self, one: dict[str, Any]) -> Any:
        at = dt.datetime.fromisoformat(one["left_stamp"])
        length = trace_rows.clock(one["length_us"] / 1e6)
        caller = one["caller"] or self.texts("live.anonymous")
        mark = "" if one["heard"] else "● "
        said = self.texts("history.heard" if one["heard"] else "history.unheard")
        name = f"{mark}{self.texts.date(at.date())} {at:%H:%M} · {caller} → {one['box']} · {length}, {said}"
        player = pn.pane.HTML(sizing_mode="stretch_width", margin=0, visible=False)
        buttons: list[Any] = []
        if self.session.may(Right.LISTEN) and self._may["listen"] and one["there"]:
            buttons.append(
                self._button("play_arrow", "history.listen", functools.partial(self._play, one, player, name))
            )
        if self._acts_on(one):
            if one["heard"]:
                keep = functools.partial(self._mark, one["recording"], "new")
                buttons.append(self._button("mark_email_unread", "voicemail.keep", keep))
            buttons.append(
                self._button("delete", "voicemail.delete", functools.partial(self._mark, one["recording"], "deleted"))
            )
        row = pmui.Row(*buttons, margin=(0, 0, 8, 0), sx={"flexWrap": "wrap"})
        return pmui.Column(hint(name, margin=(0, 0, 2, 0)), player, row, sizing_mode="stretch_width", margin=0)

    def _button(self, icon: str, text: str, act: Any) -> Any:
        button = pmui.Button(label=self.texts(text), icon=icon, variant="text", size="small", margin=0)
        button.on_click(act)
        return button

    def _acts_on(self, one: dict[str, Any]) -> bool:
        user = self.session.visitor.user
        return user == one["box"] if user is not None else self.session.may(Right.ACT)

    async def _play(self, one: dict[str, Any], player: Any, name: str, _: Any) -> None:
        path = f"/api/voice-messages/{quote(one['recording'], safe='')}/audio"
        address = html.escape(self._tickets.address(path))
        player.param.update(
            object=f'<audio controls autoplay preload="none" controlslist="nodownload" style="width:100%" '
            f'aria-label="{html.escape(name)}" src="{address}"></audio>',
            visible=True,
        )

    async def _mark(self, recording: str, state: str, _: Any) -> None:
        place = f"/api/voice-messages/{quote(recording, safe='')}"
        whose = self.session.visitor.user
        method, path = ("DELETE", place) if state == "deleted" and whose is None else ("PUT", f"{place}/state")
        body = {} if method == "DELETE" else {"json": {"state": state}}

        async def act(found: bridge_client.Bridge) -> None:
            await found.ask(method, path, **body)
            await self.read(found)

        await self._ask(act, self.texts("voicemail.deleted") if state == "deleted" else "")

    async def _give_pin(self, _: Any) -> None:
        pin, self.pin.value = self.pin.value or "", ""

        async def act(found: bridge_client.Bridge) -> None:
            await found.ask("PUT", "/api/voicemail-pin", json={"pin": pin})

        await self._ask(act, self.texts("voicemail.pin_set", self.session.visitor.user))

    async def _ask(self, act: Any, done: str) -> None:
        try:
            found = bridge_client.configured(self.session.visitor)
            if found is None:
                return
            async with found:
                await act(found)
        except BridgeError as error:
            self.told.param.update(object=self.texts(error.text, error.detail), severity="error", visible=True)
            return
        self.told.param.update(object=done, severity="success", visible=bool(done))
