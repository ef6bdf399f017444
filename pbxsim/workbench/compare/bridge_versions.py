"""Versions of the running bridge on the Compare page: to choose from, what they showed, how they do now (R-25.8, R-25.9).

Decides which versions may be chosen, and when figures of a trial stand beside a comparison: when its two versions are those
that are compared. Leaves what is shown of a trial to `live/canary.py`. Without a bridge there is nothing to choose.
"""

from __future__ import annotations

import contextlib
from typing import Any

import panel as pn
import panel_material_ui

from engine.calendar import zones
from pbxsim.workbench.live import bridge_client, promotion, tables
from pbxsim.workbench.live.bridge_client import BridgeError
from pbxsim.workbench.live.canary import BRIDGE, CanaryCard
from pbxsim.workbench.shell import html_tables
from pbxsim.workbench.shell.shell import Session, card

pmui: Any = panel_material_ui  # its names are made when it is imported, where no type checker sees them

SHOWN = ("live", "canary", "simulated", "validated", "draft")
"""States of versions that may be chosen: a retired one is of interest no more."""

LOOK_MS = 5000
"""How often the figures of a trial are looked at."""


class BridgeVersions:
    """Those of one Compare page."""

    def __init__(self, session: Session) -> None:
        self.session, self.texts = session, session.texts
        self.options: dict[str, str] = {}
        """By what people read: `bridge:` and a digest."""
        self._known: dict[str, str] = {}
        """Texts of documents, by digest."""
        self._chosen: tuple[str, str] = ("", "")
        self._trial: dict[str, Any] = {}
        self.zone: Any = zones.parse("UTC")
        self.canary = CanaryCard(session)
        self.badge = pn.pane.HTML(sizing_mode="stretch_width", margin=0, stylesheets=[html_tables.STYLE])
        self.evidence = card(self.texts("bridge_evidence"), self.badge, visible=False)

    async def read(self) -> None:
        """Ask the bridge, if there is one, which versions it knows."""
        with contextlib.suppress(BridgeError):  # the page goes on without it
            found = bridge_client.configured(self.session.visitor)
            if found is None:
                return
            async with found:
                versions = (await found.ask("GET", "/api/versions"))["versions"]
            self.options = {
                self.texts("bridge_version", tables.said(one), self.texts(f"live.state.{one['state']}")): BRIDGE
                + one["flow"]
                for one in versions
                if one["state"] in SHOWN
            }
            if pn.state.curdoc is not None:
                look: Any = self._look
                pn.state.add_periodic_callback(look, period=LOOK_MS)

    async def text(self, key: str) -> str:
        """The document of a version that was chosen. Raises BridgeError."""
        digest = key.removeprefix(BRIDGE)
        if digest not in self._known:
            found = bridge_client.configured(self.session.visitor)
            if found is None:
                raise BridgeError("bridge_silent", "")
            async with found:
                self._known[digest] = await found.ask("GET", f"/api/versions/{digest}")
        return self._known[digest]

    async def chosen(self, old: str, new: str, zone: Any) -> None:
        """These are compared now: show what the bridge says of them."""
        self._chosen, self.zone = (old, new), zone
        await self._look()
        evidence = gate = None
        if new.startswith(BRIDGE):
            with contextlib.suppress(BridgeError):
                found = bridge_client.configured(self.session.visitor)
                if found is not None:
                    async with found:
                        gate = await found.ask_if_there("/api/versions/gate")
                        evidence = await found.ask_if_there(f"/api/versions/{new.removeprefix(BRIDGE)}/evidence")
        self.evidence.visible = gate is not None
        if gate is not None:
            asked_for = gate.get("gate") != "off"
            self.badge.object = promotion.badge(evidence, asked_for, self.texts, self.session.dark)

    async def _look(self) -> None:
        """The figures of the trial, while its versions are compared."""
        if not all(key.startswith(BRIDGE) for key in self._chosen):
            self._trial = {}
        else:
            with contextlib.suppress(BridgeError):
                found = bridge_client.configured(self.session.visitor)
                if found is not None:
                    async with found:
                        self._trial = await found.ask("GET", "/api/versions/canary")
        self.draw()

    def draw(self) -> None:
        """Show the trial, if it is between the two versions that are compared."""
        now = self._trial.get("canary")
        both = set() if now is None else {BRIDGE + now["live"], BRIDGE + now["flow"]}
        self.canary.draw({"canary": now} if both == set(self._chosen) else {}, self.zone)
