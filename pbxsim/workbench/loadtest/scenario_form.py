"""The form of a scenario for a PBX that has none: arrivals drawn, pasted or from a profile, callers, people, shifts.

Decides labels, units and defaults. Leaves how texts are read and what scenario they make to `own_scenario.py`, the chart that is
dragged to `drawing.py`, keeping to `kept.py`.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import panel_material_ui

from engine.state.flow import Flow
from pbxsim.scenario.distributions import Distribution
from pbxsim.scenario.scenario import Scenario, ScenarioError
from pbxsim.workbench.access.rights import Right
from pbxsim.workbench.design.fields import WIDE
from pbxsim.workbench.loadtest import kept, own_scenario, profiles
from pbxsim.workbench.loadtest.drawing import Drawing
from pbxsim.workbench.loadtest.learning import Learned
from pbxsim.workbench.loadtest.own_scenario import FormAnswers, LineFault
from pbxsim.workbench.shell.number_texts import NoNumber, number_of
from pbxsim.workbench.shell.shell import STACKED_CARDS, Session, card, hint, notice

pmui: Any = panel_material_ui  # its names are made when it is imported, where no type checker sees them

TABLE = "table"
"""The shape is whatever the table says."""
TALK_SCV = 1.4
LONGEST_S = 36_000.0
"""Mean of a talk, a wait or work after a call, at most."""


class ScenarioForm:
    """One browser's form. `kept_as` is told the file of a scenario that was kept."""

    def __init__(self, session: Session, flow: Flow, drawing: Drawing, kept_as: Callable[[str], None]) -> None:
        self.session, self.texts, self.flow, self._kept_as = session, session.texts, flow, kept_as
        texts = self.texts
        pbx = str(flow.document.head.pbx)

        def maybe(text: str, shown: str = "") -> Any:
            return pmui.TextInput(label=text, value=shown, placeholder="–", **WIDE)

        def number(text: str, value: float, end: float, step: float = 5.0, **settings: Any) -> Any:
            return pmui.FloatInput(
                label=text, value=value, start=0, end=end, step=step, format="0[.]0[0]", **{**WIDE, **settings}
            )

        self.name = pmui.TextInput(label=texts("own.name"), value=texts("own.default_name", pbx), **WIDE)
        self.date = pmui.DatePicker(label=texts("own.date"), value=_next_monday(), format=texts.date_format, **WIDE)
        shapes = {texts(f"own.profile.{name}"): name for name in (*profiles.NAMES, TABLE)}
        self.profile = pmui.Select(label=texts("own.profile"), options=shapes, value="office", **WIDE)
        self.calls = number(texts("own.calls"), 200, 1e6, 50)
        self.cv = number(texts("own.cv"), 10, 300)
        self.table = pmui.TextAreaInput(label=texts("own.table"), value="", rows=8, max_rows=14, **WIDE)
        self.sum = hint("")
        trunks = list(flow.trunks)
        self.shares = {
            trunk: number(texts("own.share", flow.trunks[trunk].name or trunk), 100 if n == 0 else 0, 100)
            for n, trunk in enumerate(trunks)
        }
        self.keys = {
            number_: pmui.TextInput(
                label=texts("own.keys_at", f"{number_} {e.name}".strip()), value=_weights(e), **WIDE
            )
            for number_, e in flow.elements.items()
            if e.kind == "greeting" and getattr(e, "keys", None)
        }
        self.patience = maybe(texts("own.patience"), "120")
        self.redial = number(texts("own.redial"), 0, 100)
        self.talk = number(texts("own.talk"), 180, 36_000, 10)
        self.scv = number(texts("own.talk_scv"), TALK_SCV, 100, 0.1)
        queues = {n: f"{n} {e.name}".strip() for n, e in flow.elements.items() if e.is_queue}
        self.talks = {n: maybe(texts("own.talk_at", name)) for n, name in queues.items()}
        self.wraps = {n: maybe(texts("own.wrap_at", name)) for n, name in queues.items()}
        self.answer = number(texts("own.answer"), 5, 120, 1)
        self.no_answer = number(texts("own.no_answer"), 2, 100, 1)
        self.shifts = pmui.TextAreaInput(label=texts("own.shifts"), value=_shifts(flow), rows=3, max_rows=10, **WIDE)
        self.within = number(texts("own.within"), 20, 600)
        for field in ("date", "profile", "cv", "table", "redial", "scv", "answer", "no_answer", "within"):
            getattr(self, field).helper_text = texts(f"own.{field}_help")
        for widgets, field in ((self.shares, "share"), (self.keys, "keys")):
            for widget in widgets.values():
                widget.helper_text = texts(f"own.{field}_help")
        self.learned: dict[str, Distribution] = {}
        """Patience and talk as a log shows them, instead of the figures here."""
        self.learned_hint = notice("", "info", margin=(0, 0, 8, 0))
        self.said = notice(margin=(8, 0, 0, 0))
        self.keep = pmui.Button(
            label=texts("own.keep"), variant="contained", disable_elevation=True, on_click=self._keep,
            margin=(8, 8, 0, 0),
        )  # fmt: skip
        self.take = pmui.FileDownload(
            callback=self._yaml, filename="scenario.yaml", label=texts("own.take"), variant="outlined", embed=False,
            auto=True, icon="download", color="primary", margin=(8, 0, 0, 0),
        )  # fmt: skip
        self.drawing = drawing
        for widget in (self.profile, self.calls):
            widget.param.watch(lambda _: self._shape(), "value")
        self.table.param.watch(lambda _: self._tabled(), "value")
        self._quiet = False
        self._shape()
        drawing.dragged = self._dragged

    # --- arrivals ----------------------------------------------------------------------------------------------------

    def _shape(self) -> None:
        """Fill the table from the profile."""
        if self.profile.value != TABLE and not self._quiet:
            self._rates(profiles.spread(self.profile.value, float(self.calls.value or 0)))

    def _rates(self, rates: tuple[float, ...]) -> None:
        self._quiet = True
        self.table.value = own_scenario.table_text(rates)
        self._quiet = False
        self._summed(rates)
        self.drawing.show(rates)

    def _summed(self, rates: tuple[float, ...]) -> None:
        self.sum.object = self.texts("own.sum", self.texts.amount(round(sum(rates), 1)))

    def _tabled(self) -> None:
        """Follow what was written or pasted."""
        if self._quiet:
            return
        try:
            rates = own_scenario.table_of(self.table.value or "")
        except LineFault as fault:
            self._refuse(self.texts(fault.key, *fault.values))
            return
        self.said.visible = False
        self._becomes_table()
        self._summed(rates)
        self.drawing.show(rates)

    def _dragged(self, rates: tuple[float, ...]) -> None:
        """Follow a point that was dragged."""
        self._quiet = True
        self.table.value = own_scenario.table_text(rates)
        self._quiet = False
        self._becomes_table()
        self._summed(rates)

    def _becomes_table(self) -> None:
        self._quiet = True
        self.profile.value = TABLE
        self._quiet = False

    def take_over(self, found: Learned) -> None:
        """Take what a log shows into the form."""
        self._becomes_table()
        self._rates(found.rates)
        self.cv.value, self.date.value = round(100 * found.cv, 1), found.date
        self.learned = {"patience": found.patience, "talk": found.talk}
        self.patience.disabled = self.talk.disabled = self.scv.disabled = True
        self.patience.value, self.talk.value = f"{found.patience_s:.0f}", round(found.talk_s, 1)
        self.learned_hint.param.update(object=self.texts("own.learned", found.name), visible=True)

    # --- the scenario ------------------------------------------------------------------------------------------------

    def answers(self) -> FormAnswers:
        """What the form says. Raises LineFault."""
        talk: Any = self.learned.get("talk") or self._talk(float(self.talk.value or 0))
        patience: Any = self.learned.get("patience")
        if patience is None:
            mean = self._maybe(self.patience, LONGEST_S)
            patience = None if mean is None else {"kind": "exponential", "mean": mean}
        talks = {n: self._maybe(field, LONGEST_S) for n, field in self.talks.items()}
        wraps = {n: self._maybe(field, LONGEST_S) for n, field in self.wraps.items()}
        return FormAnswers(
            name=str(self.name.value).strip(),
            date=self.date.value,
            rates=own_scenario.table_of(self.table.value or ""),
            shares={trunk: float(field.value or 0) for trunk, field in self.shares.items()},
            busyness=round(float(self.cv.value or 0) / 100, 4),
            keys={n: own_scenario.keys_of(field.value or "") for n, field in self.keys.items()},
            patience=patience,
            talk=talk,
            talk_queues={n: self._talk(mean) for n, mean in talks.items() if mean is not None},
            wrap_up={n: _constant(mean) for n, mean in wraps.items() if mean is not None},
            answer_s=float(self.answer.value or 0),
            no_answer=float(self.no_answer.value or 0) / 100,
            shifts=own_scenario.shifts_of(self.shifts.value or ""),
            redial=float(self.redial.value or 0) / 100,
            within_s=float(self.within.value or 0),
        )

    def _maybe(self, field: Any, high: float) -> float | None:
        try:
            return number_of(field.value, 0, high)
        except NoNumber as error:
            raise LineFault("staff.no_number", field.label, error, self.texts.exact(high)) from None

    def _talk(self, mean: float) -> dict[str, Any]:
        return {"kind": "lognormal", "mean": mean, "scv": float(self.scv.value or TALK_SCV)}

    def scenario(self) -> Scenario | None:
        """The scenario, or None where a notice says what is wrong with the form."""
        try:
            return own_scenario.scenario_of(self.answers(), self.flow)
        except LineFault as fault:
            self._refuse(self.texts(fault.key, *fault.values))
        except ScenarioError as error:
            self._refuse(self.texts("own.faults", error))
        return None

    def _refuse(self, words: str) -> None:
        self.said.param.update(object=words, severity="error", visible=True)

    def _keep(self, _: Any = None) -> None:
        if not self.session.may(Right.SAVE_SCENARIO):
            self._refuse(self.session.refusal(Right.SAVE_SCENARIO))
            return
        scenario = self.scenario()
        if scenario is None:
            return
        try:
            path = kept.keep_scenario(self.session.file, scenario)
        except kept.NameRefused as refused:
            self._refuse(self.texts(refused.key, refused.name))
        except OSError as error:
            self._refuse(self.texts("own.unwritable", error))
        else:
            words = self.texts("own.kept", f"scenarios/{path.name}")
            self.said.param.update(object=words, severity="success", visible=True)
            self._kept_as(path.name.removesuffix(".yaml").replace("_", " "))

    def _yaml(self) -> io.StringIO:
        scenario = self.scenario()
        return io.StringIO(scenario.dump() if scenario is not None else "")

    def before(self) -> list[Any]:
        """What stands before the chart."""
        texts = self.texts
        return [
            card(texts("own.title"), hint(texts("own.hint")), self.name, self.date),
            card(texts("own.arrivals"), self.profile, self.calls, self.cv, *self.shares.values()),
        ]

    def after(self) -> list[Any]:
        """What stands after it."""
        texts = self.texts
        callers = card(
            texts("own.callers"), self.learned_hint, *self.keys.values(), self.patience, self.redial, self.talk, self.scv,
            margin=(0, 10, 10, 0),
        )  # fmt: skip
        people = card(
            texts("own.people"), *self.talks.values(), *self.wraps.values(), self.answer, self.no_answer, self.shifts,
            hint(texts("own.shifts_hint")), self.within, margin=(0, 0, 10, 0),
        )  # fmt: skip
        return [
            card("", self.sum, self.table),
            pmui.Row(callers, people, margin=0, sizing_mode="stretch_width", sx=STACKED_CARDS),
            card("", pmui.FlexBox(self.keep, self.take, margin=0, sizing_mode="stretch_width"), self.said),
        ]


def _next_monday() -> dt.date:
    today = dt.date.today()
    return today + dt.timedelta(days=7 - today.weekday())


def _weights(greeting: Any) -> str:
    """Every key alike, and one in ten who presses nothing."""
    keys = list(greeting.keys)
    return ", ".join([*(f"{key}: {90 / len(keys):.0f}" for key in keys), "none: 10"])


def _shifts(flow: Flow) -> str:
    """Everybody who serves a queue, nine to six."""
    members = sorted(
        {
            member.user
            for number, element in flow.elements.items()
            if element.is_queue
            for member in flow.document.elements[number].members  # type: ignore[attr-defined]  # a queue's parameters
        }
    )
    return f"{', '.join(map(str, members))} 09:00-18:00" if members else ""


def _constant(seconds: float) -> dict[str, Any]:
    return {"kind": "constant", "seconds": seconds}
