"""The bar over the Design page: the flow on its canvas, or one of the other parts of the document.

Decides which part is shown and where a problem's place is. Leaves each part to its panel.
"""

from __future__ import annotations

from collections.abc import Callable

import panel_material_ui as pmui

from pbxsim.workbench.design.panels.base import Host, Panel
from pbxsim.workbench.design.panels.calendars import CalendarsPanel
from pbxsim.workbench.design.panels.outgoing import OutgoingPanel
from pbxsim.workbench.design.panels.pbxs import PbxsPanel
from pbxsim.workbench.design.panels.settings import SettingsPanel
from pbxsim.workbench.design.panels.sounds import SoundsPanel
from pbxsim.workbench.design.panels.trunks import TrunksPanel
from pbxsim.workbench.design.panels.users import UsersPanel
from pbxsim.workbench.design.panels.widgets import WidgetsPanel
from pbxsim.workbench.diagram.messages import Target
from pbxsim.workbench.shell.columns import middle

FLOW = "flow"
PANELS: dict[str, type[Panel]] = {
    kind.part: kind
    for kind in (
        UsersPanel,
        TrunksPanel,
        OutgoingPanel,
        CalendarsPanel,
        SoundsPanel,
        WidgetsPanel,
        SettingsPanel,
        PbxsPanel,
    )
}
PARTS = (FLOW, *PANELS)
_PART_OF = {
    "sip": "trunks",
    "rule": "outgoing",
    "outgoing": "outgoing",
    "calendar": "calendars",
    "widget": "widgets",
    "sounds": "sounds",
    "settings": "settings",
    "codes": "settings",
    "aliases": "settings",
    "head": "settings",
}
"""The panel of a part by the beginning of its id."""


class Parts:
    """The bar of one Design page; `changed` is told which part is shown."""

    def __init__(self, host: Host, changed: Callable[[str], None]) -> None:
        self._host, self._changed = host, changed
        self.shown = FLOW
        self._panels: dict[str, Panel] = {}
        self._buttons = {
            part: pmui.Button(
                label=host.texts(f"part.{part}"),
                size="small",
                variant="text",
                margin=(0, 4, 4, 0),
                sx={"px": 1.25},  # shown or not: nothing moves when another one is
                on_click=lambda _, part=part: self.show(part),
            )
            for part in PARTS
        }
        self.bar = pmui.FlexBox(*self._buttons.values(), margin=(2, 10, 2, 10), sizing_mode="stretch_width")
        self.view = middle(margin=(2, 0, 0, 10), visible=False)

    def show(self, part: str) -> None:
        """Show a part; an unknown one is the flow."""
        self.shown = part if part in PARTS else FLOW
        for name, button in self._buttons.items():
            button.variant = "contained" if name == self.shown else "text"
            button.disable_elevation = True
        self.view.visible = self.shown != FLOW
        if self.shown != FLOW:
            if self.shown not in self._panels:
                self._panels[self.shown] = PANELS[self.shown](self._host)
            self.refresh()
            self.view.objects = [self._panels[self.shown].view]
        self._changed(self.shown)

    def refresh(self) -> None:
        """Show the document as it is now, if a panel is open."""
        if self.shown in self._panels:
            self._panels[self.shown].show()

    def go(self, at: Target) -> str | None:
        """Show the panel of a place; gives the label of its field, or None where it has no panel."""
        part = _PART_OF.get(at.id.partition(":")[0])
        if part is None or part not in PANELS:
            return None
        self.show(part)
        return self._panels[part].go(at)
