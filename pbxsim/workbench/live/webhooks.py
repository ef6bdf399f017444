"""Webhooks on the Live page: which the bridge has, how many messages wait, and a sample event to try one (R-19.6).

Decides what is shown of a try. Leaves trying, and who may, to the bridge and `bridge_client.py`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote, urlsplit

import panel as pn
import panel_material_ui as pmui

from engine.translations import webhooks_ru
from pbxsim.workbench.access.rights import Right
from pbxsim.workbench.design.fields import WIDE
from pbxsim.workbench.shell import html_tables
from pbxsim.workbench.shell.shell import Session, card, notice
from pbxsim.workbench.shell.texts import Texts

Ask = Callable[[str, str], Awaitable[dict[str, Any] | None]]
"""The bridge's answer to a request; None when it was refused, which the page has said."""


class Webhooks:
    """The card of one Live page."""

    def __init__(self, session: Session, ask: Ask) -> None:
        texts = self._texts = session.texts
        self._ask = ask
        self.shown = pn.pane.HTML(sizing_mode="stretch_width", margin=0, stylesheets=[html_tables.STYLE])
        self.chosen = pmui.Select(label=texts("webhook.choose"), options=[], value=None, **WIDE)
        self.test = pmui.Button(label=texts("webhook.test"), variant="outlined", size="small", margin=0)
        self.test.on_click(self._test)
        self.came = notice("", "info", margin=(8, 0, 0, 0))
        for part in (self.chosen, self.test):
            part.visible = session.may(Right.ACT)
        self.card = card(texts("webhook.card"), self.shown, self.chosen, self.test, self.came)
        self.card.visible = False

    def draw(self, found: list[dict[str, Any]], dark: bool) -> None:
        """Show the webhooks as they are now."""
        words = table(found, self._texts, dark)
        if self.shown.object != words:
            self.shown.object = words
        names = [one["webhook"] for one in found]
        if names != self.chosen.options:
            kept = self.chosen.value if self.chosen.value in names else next(iter(names), None)
            self.chosen.param.update(options=names, value=kept)
        self.card.visible = bool(found)

    async def _test(self, _: Any) -> None:
        if not self.chosen.value:
            return
        self.test.disabled = True
        try:
            trial = await self._ask("POST", f"/api/webhooks/{quote(self.chosen.value, safe='')}/test")
        finally:
            self.test.disabled = False
        if trial is not None:
            severity = "success" if trial["ok"] else "error"
            self.came.param.update(object=told(trial, self._texts), severity=severity, visible=True)


def table(found: list[dict[str, Any]], texts: Texts, dark: bool) -> str:
    """Webhooks: name, server, messages that wait and that were given up."""
    rows = [
        (one["webhook"], urlsplit(one["url"]).hostname or "", str(one["waiting"]), str(one["failed"])) for one in found
    ]
    head = tuple(texts(f"webhook.{name}") for name in ("name", "server", "waiting", "failed"))
    return html_tables.table(head, rows, dark, right=(2, 3)) if rows else ""


def told(trial: dict[str, Any], texts: Texts) -> str:
    """What came of a try, and what to do."""
    if trial["ok"]:
        return texts("webhook.good", trial["webhook"], trial["event"], trial["status"], trial["took_ms"])
    why = f"HTTP {trial['status']}" if trial["status"] is not None else str(trial["problem"])
    remedy = webhooks_ru.REMEDIES.get(trial["problem"], "") if texts.language == "ru" else ""
    words = texts("webhook.bad", trial["webhook"], trial["event"], why, trial["took_ms"])
    return f"{words} {remedy or trial['remedy']}".strip()
