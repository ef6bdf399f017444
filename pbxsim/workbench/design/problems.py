"""What is wrong with the document, as a list in which every line leads to the place where it is mended.

Decides what is told and in which order. Leaves the words to `workbench/diagram/messages.py`, going there to the page.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel_material_ui as pmui

from engine.calendar.zones import Zone
from engine.document.faults import Fault, TrialCall
from pbxsim.workbench.design.widgets import small_button
from pbxsim.workbench.diagram import messages, trace_rows
from pbxsim.workbench.diagram.messages import Target
from pbxsim.workbench.shell.shell import Session, hint

PROBLEMS_SHOWN = 12
LINE = {"justifyContent": "flex-start", "textAlign": "left", "fontWeight": 400, "lineHeight": 1.35, "py": 0.5}


class Problems:
    """The list of one Design page; `go` leads to a place."""

    def __init__(self, session: Session, go: Callable[[Target], None]) -> None:
        self.session, self.texts, self._go = session, session.texts, go
        self._all = False
        self.view = pmui.Column(sizing_mode="stretch_width", margin=0)

    def refresh(self) -> None:
        """Show what is wrong now."""
        draft = self.session.draft
        faults = draft.faults
        errors = sum(1 for fault in faults if fault.severity == "error")
        if not faults:
            self.view.objects = [self._nothing() if draft.checked else hint(self.texts("problems_sought"))]
            return
        chips = [
            pmui.Chip(label=self.texts(name, count), color=color, size="small", margin=(0, 6, 4, 0))
            for name, color, count in (("errors", "error", errors), ("warnings", "warning", len(faults) - errors))
            if count
        ]
        rows: list[Any] = [pmui.Row(*chips, margin=0)]
        ordered = sorted(faults, key=lambda fault: fault.severity)
        shown = ordered if self._all else ordered[:PROBLEMS_SHOWN]
        for fault in shown:
            rows.append(self._line(fault))
            if fault.example is not None and draft.checked and draft.flow is not None:
                rows.append(self._try(fault.example, draft.flow.zone))
        if len(faults) > len(shown):
            rows.append(small_button(self.texts("more_rows", len(faults) - len(shown)), "expand_more", self._show_all))
        self.view.objects = rows

    def _show_all(self) -> None:
        self._all = True
        self.refresh()

    def _nothing(self) -> Any:
        return pmui.Chip(
            label=self.texts("problems_none"),
            icon="check_circle",
            color="success",
            variant="outlined",
            size="small",
            margin=0,
        )

    def _line(self, fault: Fault) -> Any:
        draft = self.session.draft
        place = messages.where(fault, draft, self.texts)
        line = "" if place or not fault.line else f" · {self.texts('line', fault.line)}"
        text = f"{place + ': ' if place else ''}{messages.told(fault, draft, self.texts)} {fault.rule}{line}"
        bad = fault.severity == "error"
        at = messages.target(fault)
        return pmui.Button(
            label=text,
            icon="error_outline" if bad else "warning_amber",
            variant="text",
            size="small",
            color="error" if bad else "warning",
            sizing_mode="stretch_width",
            margin=0,
            sx=LINE,
            on_click=lambda _: self._go(at),
        )

    def _try(self, call: TrialCall, zone: Zone) -> Any:
        """A link to the call that shows a problem."""
        asked = trace_rows.link_of(call, zone)
        return pmui.Button(
            label=self.texts("try_call"),
            icon="play_arrow",
            href=self.session.address("preview", **asked),
            target="_self",
            variant="text",
            size="small",
            margin=(0, 0, 4, 22),
        )
