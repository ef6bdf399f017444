"""Promotion on the Live page: a dialog that shows what a version showed before, and asks who decides (R-25.5, R-25.8).

Decides what is asked before anything is sent: a name always, that of who signed in where somebody did, and a reason where a
version goes without evidence. Leaves what is allowed to the bridge, whose history keeps both, and who may promote to
`workbench/access/`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import panel as pn
import panel_material_ui

from engine.translations import gate_ru
from pbxsim.workbench.access.rights import Right
from pbxsim.workbench.design.fields import WIDE
from pbxsim.workbench.live import canary_tables, tables
from pbxsim.workbench.live.bridge_client import Bridge, BridgeError
from pbxsim.workbench.loadtest import scenario_names
from pbxsim.workbench.shell import html_tables
from pbxsim.workbench.shell.shell import Session, hint, notice
from pbxsim.workbench.shell.texts import Texts
from pbxsim.workbench.year.landings import told_place

pmui: Any = panel_material_ui  # its names are made when it is imported, where no type checker sees them

SHARES = (1.0, 0.5, 0.2, 0.1, 0.05, 0.01)
MOVES_SHOWN = 4
"""Changes of landing that the question names, the most frequent first."""

PLAN = (0.05, 0.2, 0.5, 1.0)
"""The plan that is offered: each share for half an hour and 200 calls, as the bridge has it by itself."""

BY_PLAN = 0.0
"""Stands for the plan among the shares."""

PROMOTABLE = ("canary", "simulated", "validated")
"""States of versions that may take new calls, as the bridge names them."""

GOOD, LACKS = "#16a34a", "#d97706"

Say = Callable[[str, str], None]
"""Shows a sentence and how serious it is."""


class Promotion:
    """Choosing a version, and the dialog. `bridge` gives the bridge while it answers, `done` is called after a deed."""

    def __init__(
        self, session: Session, bridge: Callable[[], Bridge | None], say: Say, done: Callable[[], None]
    ) -> None:
        self.session, self.texts = session, session.texts
        self._bridge, self._say, self._done = bridge, say, done
        self._versions: list[dict[str, Any]] = []
        self._wanted: dict[str, Any] | None = None
        """The version that is to be promoted; None for a roll-back."""
        self._gate: dict[str, Any] = {}
        self._lacks = False
        """Whether it would go without evidence, where that is asked for."""
        texts = self.texts
        self.which = pmui.Select(label=texts("live.choose"), options={}, value=None, **WIDE)
        shares = {tables.percent(share, texts): share for share in SHARES}
        by_plan = texts("promote.by_plan", " → ".join(tables.percent(share, texts) for share in PLAN))
        self.share = pmui.Select(
            label=texts("live.choose_share"), options={**shares, by_plan: BY_PLAN}, value=1.0, **WIDE
        )
        self.promote = pmui.Button(label=texts("live.promote"), variant="contained", size="small", margin=(0, 8, 0, 0))
        self.rollback = pmui.Button(label=texts("live.rollback"), variant="outlined", size="small", margin=0)
        self.only = hint(texts("live.one_version"), margin=(8, 0, 0, 0), visible=False)
        self._may = session.may(Right.PROMOTE)
        self.why_not = hint(session.refusal(Right.PROMOTE), margin=(8, 0, 0, 0), visible=not self._may)
        self.promote.on_click(self._ask_promote)
        self.rollback.on_click(self.ask_rollback)
        self.question = pmui.Typography("", variant="body2", margin=(0, 0, 10, 0))
        self.badge = pn.pane.HTML(sizing_mode="stretch_width", margin=(0, 0, 8, 0), stylesheets=[html_tables.STYLE])
        person = session.visitor.name if session.visitor.is_signed_in else ""
        self.person = pmui.TextInput(
            label=texts("promote.person"), value=person, max_length=64, disabled=bool(person), **WIDE
        )
        self.why = pmui.TextInput(label=texts("promote.why"), value="", max_length=400, **WIDE)
        self.missing = notice(margin=(4, 0, 10, 0))
        self.confirm = pmui.Button(label="", variant="contained", size="small", margin=(8, 8, 0, 0))
        self.cancel = pmui.Button(label=texts("live.cancel"), variant="outlined", size="small", margin=(8, 0, 0, 0))
        self.confirm.on_click(self._confirmed)
        self.cancel.on_click(self._cancelled)
        self.dialog = pmui.Dialog(
            self.question, self.badge, self.person, self.why, self.missing, pmui.Row(self.confirm, self.cancel),
            open=False, close_on_click=True, width_option="sm",
        )  # fmt: skip
        self.controls = pmui.Column(
            self.which, self.share, pmui.Row(self.promote, self.rollback, margin=0), self.only,
            self.why_not,
            sizing_mode="stretch_width", margin=(10, 0, 0, 0),
        )  # fmt: skip

    def draw(self, versions: list[dict[str, Any]]) -> None:
        """Offer what may be promoted now."""
        self._versions = versions
        others = {
            f"{tables.said(one)} · {one['flow'][: tables.SHORT]} · {self.texts('live.state.' + one['state'])}": one[
                "flow"
            ]
            for one in versions[1:]
            if one["state"] in PROMOTABLE
        }
        if others != self.which.options:
            chosen = self.which.value if self.which.value in others.values() else next(iter(others.values()), None)
            self.which.param.update(options=others, value=chosen)
        for widget in (self.which, self.share, self.promote, self.rollback):
            widget.visible = self._may and bool(others)
        self.only.visible = self._may and not others

    # --- asking ------------------------------------------------------------------------------------------------------

    async def _ask_promote(self, _: Any) -> None:
        found, texts = self._bridge(), self.texts
        wanted = next((one for one in self._versions if one["flow"] == self.which.value), None)
        if found is None or wanted is None:
            return
        self._wanted = wanted
        name = tables.said(wanted)
        part = PLAN[0] if self.share.value == BY_PLAN else float(self.share.value)
        try:
            self._gate, evidence = await _evidence(found, wanted["flow"])
            elsewhere = await found.ask_if_there(f"/api/versions/{quote(wanted['flow'], safe='')}/elsewhere")
        except BridgeError as error:
            self._say(texts(error.text, error.detail), "error")
            return
        words = texts("live.ask_promote_help", name, tables.percent(part, texts))
        if self.share.value == BY_PLAN:
            words += " " + texts("promote.plan_help")
        mode = self._gate.get("gate", "off")
        self._lacks = mode != "off" and not (evidence and evidence["counts"])
        self.badge.object = badge(evidence, self._lacks, texts, self.session.dark) if self._gate else ""
        if elsewhere is not None:
            self.badge.object += landings(elsewhere, texts, self.session.dark)
        self.badge.visible = bool(self.badge.object)
        label = texts("promote.why_without" if self._lacks and mode == "required" else "promote.why")
        self._question("promote", texts("live.ask_promote", name), words, label)

    def ask_rollback(self, _: Any) -> None:
        """Ask whether to go back, and who says so."""
        self._wanted, self._lacks, self.badge.visible = None, False, False
        texts = self.texts
        self._question("rollback", texts("live.ask_rollback"), texts("live.ask_rollback_help"), texts("promote.why"))

    def _question(self, what: str, title: str, words: str, why: str) -> None:
        self.question.object = words
        self.missing.visible = False
        self.confirm.label = self.texts(f"live.confirm_{what}")
        self.why.param.update(label=why, value="", value_input="")
        self.dialog.param.update(title=title, open=True)

    def _cancelled(self, _: Any) -> None:
        self.dialog.open = False

    # --- doing -------------------------------------------------------------------------------------------------------

    def _must_reason(self) -> bool:
        return self._lacks and self._gate.get("gate") == "required"

    async def _confirmed(self, _: Any) -> None:
        """Do what was asked about, in somebody's name; the bridge may refuse."""
        person, why = ((field.value_input or field.value or "").strip() for field in (self.person, self.why))
        if self.session.visitor.is_signed_in:
            person = self.session.visitor.name  # whatever the page says
        if not person or (self._must_reason() and not why):
            self.missing.param.update(
                object=self.texts("promote.person_missing" if not person else "promote.why_missing"), visible=True
            )
            return
        self.dialog.open = False
        found, wanted, texts = self._bridge(), self._wanted, self.texts
        if found is None:
            return
        message = f"{person}: {why}" if why else person
        try:
            if wanted is None:
                answer = await found.ask("POST", "/api/versions/rollback", json={"message": message})
                words = texts("live.rolled_back", canary_tables.called({"flow": answer["live"], **answer}))
            else:
                words = await self._promoted(found, wanted, person, why, message)
        except BridgeError as error:
            self._say(texts(error.text, error.detail), "error")
            return
        self._say(words, "success")
        self._done()

    async def _promoted(self, found: Bridge, wanted: dict[str, Any], person: str, why: str, message: str) -> str:
        body: dict[str, Any] = {"message": message}
        part = float(self.share.value)
        if self.share.value == BY_PLAN:
            part, body["plan"] = PLAN[0], {"shares": list(PLAN)}
        else:
            body["share"] = part
        if self._must_reason():
            body |= {"skip_gate_by": person, "reason": why}
        await found.ask("POST", f"/api/versions/{quote(wanted['flow'], safe='')}/promote", json=body)
        return self.texts("live.promoted", tables.said(wanted), tables.percent(part, self.texts))


async def _evidence(found: Bridge, flow: str) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """What the bridge's gate asks for, and a version's evidence; nothing of a bridge that has no gate. Raises BridgeError."""
    gate = await found.ask_if_there("/api/versions/gate")
    if gate is None:
        return {}, None
    return gate, await found.ask_if_there(f"/api/versions/{flow}/evidence")


def badge(evidence: dict[str, Any] | None, asked_for: bool, texts: Texts, dark: bool) -> str:
    """What a version showed before, in a few lines: whether it passed, how it was simulated, who would land elsewhere."""
    if evidence is None:
        color, said, rows = (LACKS if asked_for else tables.GREY), texts("promote.no_evidence"), []
    else:
        report = evidence["report"]
        good = bool(evidence["counts"])
        color, said = (GOOD, texts("promote.passed")) if good else (LACKS, texts("promote.not_passed"))
        scenario = scenario_names.named(report["scenario"], texts.language)
        rows = [
            (texts("promote.scenario"), texts("promote.simulated", scenario, report["replications"])),
            *((texts("promote.lacks"), gate_ru.reason(one, texts.language)) for one in evidence["reasons"]),
        ]
    facts = html_tables.facts(rows, dark) if rows else ""
    return f'<div class="wb{" dark" if dark else ""}">{html_tables.swatch(color, said)}</div>{facts}'


def landings(found: dict[str, Any], texts: Texts, dark: bool) -> str:
    """Who would land elsewhere from now on: minutes of a year, calls of the bridge's own last days, and from where to where."""
    year = (
        texts("promote.minutes", texts.amount(round(found["minutes"]))) if found["minutes"] else texts("promote.nobody")
    )
    rows = [(texts("promote.elsewhere"), year)]
    if found["logged"]:
        rows.append(
            (texts("promote.own_calls", found["days"]), texts("promote.logged", found["moved"], found["logged"]))
        )
    moves = found["by_change"] or [(old, new, None) for _, _, old, new, _ in found["landings"]]
    shown = list(dict.fromkeys((old, new, calls) for old, new, calls in moves))[:MOVES_SHOWN]
    rows += [
        (f"{told_place(old, texts)} → {told_place(new, texts)}", "" if calls is None else texts.amount(calls))
        for old, new, calls in shown
    ]
    return f'<div class="wb{" dark" if dark else ""}">{html_tables.facts(rows, dark)}</div>'
