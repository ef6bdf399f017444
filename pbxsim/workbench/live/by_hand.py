"""What is done by hand on the Live page: time rules held open or shut, numbers forgotten (R-25.10).

Decides the fields and what is shown of rules that are held. Leaves doing it, and keeping who and when, to the bridge.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

import panel as pn
import panel_material_ui as pmui

from engine.calendar.zones import Zone
from engine.contract.ids import SECOND_US
from pbxsim.workbench.access.rights import Right
from pbxsim.workbench.design.fields import WIDE
from pbxsim.workbench.live.rows import person
from pbxsim.workbench.shell import html_tables
from pbxsim.workbench.shell.shell import Session, card, hint
from pbxsim.workbench.shell.texts import Texts

MODES = ("mismatch", "match", "auto")
HOURS = (0, 1, 4, 12, 24)
"""For how long a rule may be held; 0 is until somebody says otherwise."""

Do = Callable[[str, str, dict[str, Any], str], Awaitable[None]]
"""Asks the bridge: method, path, body, and the sentence that is shown when it was done."""


class ByHand:
    """The cards of one Live page; `erased` is called when a number is taken out of the history."""

    def __init__(self, session: Session, do: Do, erased: Callable[[], None]) -> None:
        texts = self._texts = session.texts
        self._do, self._erased = do, erased
        self._why_not = "" if session.may(Right.ACT) else session.refusal(Right.ACT)
        self._rules: list[dict[str, Any]] = []
        self.shown = pn.pane.HTML(sizing_mode="stretch_width", margin=0, stylesheets=[html_tables.STYLE])
        self.rule = pmui.Select(label=texts("live.rule"), options={}, value=None, **{**WIDE, "margin": (14, 0, 8, 0)})
        self.mode = pmui.Select(
            label=texts("live.rule_mode"),
            options={texts(f"held.{mode}"): mode for mode in MODES},
            value=MODES[0],
            **WIDE,
        )
        self.hours = pmui.Select(
            label=texts("live.rule_until"),
            options={texts("live.rule_hours", hours) if hours else texts("live.rule_open"): hours for hours in HOURS},
            value=0,
            **WIDE,
        )
        self.hold = pmui.Button(label=texts("live.rule_do"), variant="outlined", size="small", margin=0)
        self.number = pmui.TextInput(label=texts("live.erase_number"), value="", **WIDE)
        self.erase = pmui.Button(label=texts("live.erase_do"), variant="outlined", size="small", margin=0)
        self.hold.on_click(self._hold)
        self.erase.on_click(self._erase)
        for field in (self.rule, self.mode, self.hours, self.hold, self.number, self.erase):
            field.visible = not self._why_not
        self.rules_card = card(
            texts("live.rules"), self.shown, self.rule, self.mode, self.hours, self.hold, self._hint()
        )
        self.rules_card.visible = False

    def cards(self) -> tuple[Any, Any]:
        """Time rules, shown where there are any; numbers."""
        return self.rules_card, card(self._texts("live.erase"), self.number, self.erase, self._hint())

    def _hint(self) -> Any:
        """Why nothing can be done here, to who may not."""
        return hint(self._why_not, visible=bool(self._why_not))

    def draw(self, rules: list[dict[str, Any]], zone: Zone, dark: bool) -> None:
        """Show how rules are held now."""
        texts = self._texts
        words = table(rules, zone, texts, dark)
        if self.shown.object != words:
            self.shown.object = words
        options = {f"{one['element']} {one['name']}".strip(): one["element"] for one in rules}
        if options != self.rule.options:
            chosen = self.rule.value if self.rule.value in options.values() else next(iter(options.values()), None)
            self.rule.param.update(options=options, value=chosen)
        self.rules_card.visible = bool(rules)

    async def _hold(self, _: Any) -> None:
        if self.rule.value is None:
            return
        wanted: dict[str, Any] = {"mode": self.mode.value}
        if self.hours.value and self.mode.value != "auto":
            wanted["until"] = round(time.time() * SECOND_US) + int(self.hours.value) * 3600 * SECOND_US
        done = self._texts("live.rule_done", self.rule.value, self._texts(f"held.{self.mode.value}"))
        await self._do("POST", f"/api/overrides/{self.rule.value}", wanted, done)

    async def _erase(self, _: Any) -> None:
        number = self.number.value.strip()
        if number:
            await self._do("POST", "/api/numbers/erase", {"number": number}, self._texts("live.erase_done"))
            self._erased()
            self.number.value = ""


def table(rules: list[dict[str, Any]], zone: Zone, texts: Texts, dark: bool) -> str:
    """Time rules: how each is held, until when, by whom."""
    rows = []
    for one in rules:
        until = one["until"]
        when = "" if until is None else texts.moment(zone.local(until))
        rows.append((f"{one['element']} {one['name']}".strip(), texts(f"held.{one['mode']}"), when, person(one["by"])))
    head = (texts("live.rule"), texts("live.rule_mode"), texts("live.rule_end"), texts("live.rule_by"))
    return html_tables.table(head, rows, dark) if rows else ""
