"""What is wrong with the document, as a list in which every line leads to the place where it is mended.

Decides what is told and in which order. Leaves the words to `workbench/diagram/messages.py`, going there to the page.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel_material_ui as pmui

from engine.document.faults import Fault
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
        self._told: object = None
        self._calls: object = None
        """What the list is made of: it is made again only when that has changed."""
        self.view = pmui.Column(sizing_mode="stretch_width", margin=0)

    def refresh(self) -> None:
        """Show what is wrong now."""
        draft = self.session.draft
        faults = draft.faults
        errors = sum(1 for fault in faults if fault.severity == "error")
        ordered = sorted(faults, key=lambda fault: fault.severity)
        shown = ordered if self._all else ordered[:PROBLEMS_SHOWN]
        flow = draft.flow if draft.checked else None
        lines = [(self._text(fault), fault.severity, messages.target(fault)) for fault in shown]
        calls = [trace_rows.link_of(one.example, flow.zone) if flow and one.example else None for one in shown]
        told = (len(faults), errors, lines, bool(faults) or draft.checked)
        if told == self._told and (calls == self._calls or (faults and not draft.checked)):
            return  # calls are found again in a moment
        self._told, self._calls = told, calls
        if not faults:
            self.view.objects = [self._nothing() if draft.checked else hint(self.texts("problems_sought"))]
            return
        chips = [
            pmui.Chip(label=self.texts(name, count), color=color, size="small", margin=(0, 6, 4, 0))
            for name, color, count in (("errors", "error", errors), ("warnings", "warning", len(faults) - errors))
            if count
        ]
        rows: list[Any] = [pmui.Row(*chips, margin=0)]
        for (text, severity, at), call in zip(lines, calls, strict=True):
            rows.append(self._line(text, severity == "error", at))
            if call is not None:
                rows.append(self._try(call))
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

    def _text(self, fault: Fault) -> str:
        draft = self.session.draft
        place = messages.where(fault, draft, self.texts)
        line = "" if place or not fault.line else f" · {self.texts('line', fault.line)}"
        return f"{place + ': ' if place else ''}{messages.told(fault, draft, self.texts)} {fault.rule}{line}"

    def _line(self, text: str, bad: bool, at: Target) -> Any:
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

    def _try(self, asked: dict[str, str]) -> Any:
        """A link to the call that shows a problem."""
        return pmui.Button(
            label=self.texts("try_call"),
            icon="play_arrow",
            href=self.session.address("preview", **asked),
            target="_self",
            variant="text",
            size="small",
            margin=(0, 0, 4, 22),
        )
