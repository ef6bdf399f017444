"""The version on trial: figures beside the live version's, the decision, the plan, a way back (R-25.6, R-25.9).

Decides what is shown when, and which buttons there are. Leaves rows to `canary_tables.py`, and every decision to the bridge.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn
import panel_material_ui

from pbxsim.workbench.access.rights import Right
from pbxsim.workbench.live import canary_tables
from pbxsim.workbench.live.by_hand import Do
from pbxsim.workbench.shell import html_tables
from pbxsim.workbench.shell.shell import Session, card, notice

pmui: Any = panel_material_ui  # its names are made when it is imported, where no type checker sees them

BRIDGE = "bridge:"
"""Before a digest, in an address of the Compare page: a version of the running bridge."""


class CanaryCard:
    """The card of one page; hidden while no version is on trial and none was of late. Without `do` and `ask_rollback` it only
    shows."""

    def __init__(
        self, session: Session, do: Do | None = None, ask_rollback: Callable[[Any], None] | None = None
    ) -> None:
        self.session, self.texts = session, session.texts
        self._do = do
        self._paused = False
        texts, pane = self.texts, {"sizing_mode": "stretch_width", "margin": 0, "stylesheets": [html_tables.STYLE]}
        self.title = pmui.Typography("", variant="subtitle2", margin=(0, 0, 8, 0))
        self.decision = notice(margin=(0, 0, 10, 0))
        self.figures, self.facts, self.compare = (pn.pane.HTML(**pane) for _ in range(3))
        self.facts.margin = (12, 0, 0, 0)
        self.pause = pmui.Button(label="", variant="outlined", size="small", margin=(0, 8, 0, 0))
        self.pause.on_click(self._pause)
        self.rollback = pmui.Button(
            label=texts("live.rollback"), variant="outlined", size="small", color="error", margin=(0, 14, 0, 0)
        )
        if ask_rollback is not None:
            self.rollback.on_click(ask_rollback)
        self.compare.param.update(sizing_mode=None, align="center")
        self._may = session.may(Right.PROMOTE)
        self.rollback.visible = self._may
        self.actions = pmui.Row(self.pause, self.rollback, self.compare, margin=(10, 0, 0, 0))
        self.shown = card("", self.title, self.decision, self.figures, self.facts, self.actions, visible=False)

    def draw(self, report: dict[str, Any], zone: Any) -> None:
        """Show what the bridge says of its canary."""
        texts, dark = self.texts, self.session.dark
        now, ended = report.get("canary"), report.get("ended")
        self.shown.visible = now is not None or ended is not None
        for part in (self.figures, self.facts):
            part.visible = now is not None
        self.actions.visible = now is not None and self._do is not None
        if now is None:
            self.title.object = texts("canary.last")
            if ended is not None:
                self._decide(*canary_tables.ended(ended, zone, texts))
            return
        self._put(self.title, canary_tables.title(now, texts))
        self._decide(*canary_tables.decision(now, texts))
        self._put(self.figures, canary_tables.figures(now, texts, dark))
        self._put(self.facts, canary_tables.facts(now, zone, texts, dark))
        address = self.session.address("versions", old=BRIDGE + now["live"], new=BRIDGE + now["flow"])
        link = html_tables.link(address, texts("canary.compare"))
        self._put(self.compare, f'<div class="wb{" dark" if dark else ""}">{link}</div>')
        plan = now.get("plan")
        self._paused = bool(plan and plan.get("paused"))
        self.pause.visible = self._may and bool(plan and plan["shares"])
        self._label(texts("canary.resume" if self._paused else "canary.pause"))

    def _decide(self, words: str, severity: str) -> None:
        if (self.decision.object, self.decision.severity) != (words, severity):
            self.decision.param.update(object=words, severity=severity)
        self.decision.visible = True

    def _label(self, words: str) -> None:
        if self.pause.label != words:
            self.pause.label = words

    @staticmethod
    def _put(pane: Any, words: str) -> None:
        if pane.object != words:
            pane.object = words

    async def _pause(self, _: Any) -> None:
        """Let the plan rest or go on."""
        if self._do is None:
            return
        wanted = not self._paused
        done = self.texts("canary.paused" if wanted else "canary.resumed")
        await self._do("POST", "/api/versions/canary/plan", {"paused": wanted}, done)
