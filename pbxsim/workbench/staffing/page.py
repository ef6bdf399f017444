"""The Staffing page: how many members, when and in which shifts, so that targets are kept (R-25.3).

Decides what happens when, and what is shown of a day; a week is shown by `week_part.py`. Leaves what is asked to `form.py`, the
search to `pbxsim.staffing` in a process of its own (`work.py`, `workbench/loadtest/tasks.py`), words to `tables.py`, the picture
to `chart.py`.
"""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar, cast

import panel as pn
import panel_material_ui

from engine.contract.errors import PbxError
from pbxsim.scenario.check import check
from pbxsim.scenario.scenario import Scenario, ScenarioError
from pbxsim.workbench.access.rights import Right
from pbxsim.workbench.design.fields import WIDE
from pbxsim.workbench.loadtest import days, figures, jobs, scenario_names, tasks
from pbxsim.workbench.loadtest.courses import BLUE, LEGEND_STYLE, Course, busy_hours
from pbxsim.workbench.shell import html_tables
from pbxsim.workbench.shell.columns import middle, side
from pbxsim.workbench.shell.page_task import NotDone, PageTask, Work
from pbxsim.workbench.shell.shell import Session, beside, card, hint, notice
from pbxsim.workbench.staffing import chart, documents, plan_parts, tables, week_work
from pbxsim.workbench.staffing.form import FormFault, StaffingForm
from pbxsim.workbench.staffing.week_part import WeekPart
from pbxsim.workbench.staffing.week_work import WeekOrder
from pbxsim.workbench.staffing.work import Found, Order, work

pmui: Any = panel_material_ui  # its names are made when it is imported, where no type checker sees them

In = TypeVar("In")
Out = TypeVar("Out")

KINDS = ("day", "week")


class Staffing:
    """One browser's Staffing page."""

    def __init__(self, session: Session) -> None:
        self.session, self.texts, self.draft = session, session.texts, session.draft
        texts = self.texts
        self.files = days.scenarios(session.file)
        names = list(self.files)
        first = days.first_of(names, str(self.draft.data.get("pbx", "")))
        kinds = {texts(f"week.kind.{kind}"): kind for kind in KINDS}
        self.kind = pmui.RadioButtonGroup(
            label=texts("week.kind"), options=kinds, value=KINDS[0], size="small", color="primary", margin=(0, 0, 8, 0),
            sizing_mode="stretch_width",
        )  # fmt: skip
        self.week: WeekPart | None = None
        """Made when it is first asked for: what is not looked at costs a page's opening nothing."""
        shown = scenario_names.options(self.files, texts.language)
        self.scenario = pmui.Select(label=texts("scenario"), options=shown, value=first, **WIDE)
        self.about = hint("", margin=(0, 0, 4, 0))
        self.form = StaffingForm(texts, self.draft.flow)
        self.task = PageTask(session, texts("staff.find"), self.run, self._fail, texts("staff.ready"))
        self.error = notice(margin=(0, 0, 10, 0))
        self.verdict = notice("", "success", margin=(0, 0, 10, 0))
        pane = {"sizing_mode": "stretch_width", "margin": 0, "stylesheets": [html_tables.STYLE]}
        self.tiles = pn.pane.HTML(sizing_mode="stretch_width", margin=(0, 0, 10, 0), stylesheets=[figures.STYLE])
        self.team = plan_parts.team_select(self.form.teams, texts)
        self.members = pn.pane.HTML(sizing_mode="stretch_width", margin=0, stylesheets=[chart.STYLE])
        self.legend = pn.pane.HTML(sizing_mode="stretch_width", margin=0, stylesheets=[LEGEND_STYLE])
        self.level = Course(self.texts, BLUE, percent=True, height=220)
        self.binding, self.needed, self.shifts = (pn.pane.HTML(**pane) for _ in range(3))
        self.notes = hint("", margin=(0, 0, 8, 0))
        self.files_hint = hint("", margin=(8, 0, 0, 0))
        self.csv = plan_parts.download(texts, "staff.take_csv", "required.csv", self._csv)
        self.shifts_csv = plan_parts.download(texts, "staff.take_shifts", "shifts.csv", self._shifts_csv)
        self.yaml = plan_parts.download(texts, "staff.take_scenario", "plan.scenario.yaml", self._yaml)
        self.pbx = plan_parts.download(texts, "staff.take_pbx", "pbx-with-plan.yaml", self._pbx)
        self.empty = card("", hint(texts("staff.no_results")))
        self._before, self._after = (pmui.Column(sizing_mode="stretch_width", margin=0) for _ in range(2))
        self.shown: Any = None
        self.left: Any = None
        self.right: Any = None
        self.shifts_card: Any = None
        self.found: Found | None = None
        self._planned_for = ""
        """The text of the document the plan is for."""
        self.kind.param.watch(lambda _: self._turn(), "value")
        self.scenario.param.watch(lambda _: self._describe(), "value")
        self.team.param.watch(lambda _: self._draw(), "value")
        self._describe()
        self._look()

    def _look(self) -> None:
        """What keeps a search from beginning at all."""
        wrong = (
            "staff.errors" if self.draft.flow is None
            else "staff.no_teams" if not self.form.teams
            else "staff.no_scenario" if not self.files
            else ""
        )  # fmt: skip
        if wrong:
            self._fail(self.texts(wrong))
        self.may_run = not wrong and self.session.may(Right.SIMULATE)
        self.task.allow(self.may_run)
        self.kind.disabled = bool(wrong)

    def _read(self) -> Scenario | None:
        """The scenario chosen, if it can be read and fits the flow."""
        path, flow = self.files.get(self.scenario.value or ""), self.draft.flow
        if path is None:
            return None
        try:
            scenario = days.scenario(path)
            if flow is not None:
                check(scenario, flow)
        except ScenarioError as error:
            self._fail(self.texts("staff.not_of_this_pbx", error))
            return None
        except (PbxError, OSError) as error:
            self._fail(str(error))
            return None
        return scenario

    def _describe(self) -> None:
        self.error.visible = False
        scenario = self._read()
        self.about.object = scenario_names.about(scenario, self.texts.language) if scenario is not None else ""
        if scenario is not None:
            self.form.follow(scenario)
            if self.week is not None:
                self.week.form.follow(scenario)

    # --- a day or a week ---------------------------------------------------------------------------------------------

    @property
    def is_week(self) -> bool:
        """Whether a week is planned, and not a day."""
        return bool(self.kind.value == "week") and self.week is not None

    def _turn(self) -> None:
        """Ask for, and show, what was chosen."""
        flow, texts = self.draft.flow, self.texts
        if self.kind.value == "week" and self.week is None and flow is not None:
            self.week = WeekPart(self.session, flow, self.form.teams, self._found_scenarios)
            self.left.append(self.week.side)
            self.right.append(self.week.view)
            self._describe()
        is_week = self.is_week
        for part in self.form.of_day:
            part.visible = not is_week
        if self.week is not None:
            self.week.side.visible = self.week.view.visible = is_week
        self.task.go.label = texts("week.find" if is_week else "staff.find")
        if not self.task.runs:
            self.task.say(texts("week.ready" if is_week else "staff.ready"), 0)
        self.error.visible = False
        self._uncover()

    def _uncover(self) -> None:
        self.empty.visible = not self.is_week and self.found is None
        self.shown.visible = not self.is_week and self.found is not None

    def _found_scenarios(self) -> None:
        """There are new scenarios beside the document."""
        self.files = days.scenarios(self.session.file)
        self.scenario.options = scenario_names.options(self.files, self.texts.language)

    def _fail(self, text: str) -> None:
        self.error.param.update(object=text, visible=True)

    # --- the search --------------------------------------------------------------------------------------------------

    def _order(self) -> Order | WeekOrder | None:
        """What is asked for, or None where a notice says what is wrong."""
        flow, scenario = self.draft.flow, self._read()
        if flow is None or scenario is None:
            return None
        reps, processes = int(self.form.days.value or 2), jobs.shared().workers
        try:
            if self.week is not None and self.is_week:
                return self.week.order(
                    self.form.scenario(scenario), self.form.targets(), self.form.prices(), reps, processes
                )
            return Order(
                document=flow.document,
                scenario=self.form.scenario(scenario),
                targets=self.form.targets(),
                costs=self.form.prices(),
                patterns=self.form.patterns(),
                shrinkage=self.form.lost,
                days=reps,
                prove=bool(self.form.prove.value),
                processes=processes,
            )
        except (FormFault, PbxError) as error:
            self._fail(str(error))
            return None

    async def run(self, _: Any = None) -> None:
        """Start a search; it goes on after this returns."""
        if self.task.runs:
            return
        if not self.session.may(Right.SIMULATE):
            self._fail(self.session.refusal(Right.SIMULATE))
            return
        self.error.visible = False
        order, text = self._order(), self.draft.text
        if order is not None:
            search: Work = (
                partial(self._of_week, order, text)
                if isinstance(order, WeekOrder)
                else partial(self._of_day, order, text)
            )
            self.task.begin(search, lambda: self.texts("staff.cancelled"))

    async def _of_day(self, order: Order, text: str) -> None:
        """Raises NotDone."""
        found, took = await self._search(work, order)
        self.task.say(self.texts("staff.finished", took, self.texts.amount(found.simulated_calls)), 100)
        self.found, self._planned_for = found, text
        self.task.later(self._draw)

    async def _of_week(self, order: WeekOrder, text: str) -> None:
        """Raises NotDone."""
        week = self.week
        assert week is not None  # it gave the order
        found, took = await self._search(week_work.work, order)
        self.task.say(self.texts("week.finished", took), 100)
        self.task.later(lambda: week.show(found, text))

    async def _search(self, function: Callable[[In, tasks.Tell], Out], order: In) -> tuple[Out, str]:
        """What was found, and the seconds that it took. Raises NotDone."""
        say = self.task.say
        say(self.texts("staff.waits"), 0)
        began = time.monotonic()

        def begin() -> None:
            nonlocal began
            began = time.monotonic()
            say(self.texts("staff.progress", 0, "0"), 0)

        def hear(share: float, _: str) -> None:
            took = time.monotonic() - began
            left = took / share - took if share > 0.1 else 0.0
            words = self.texts("staff.progress", round(100 * share), f"{took:.0f}")
            say(words + (self.texts("staff.left", f"{left:.0f}") if left >= 1 else ""), round(100 * share))

        try:
            found = await tasks.shared().run(function, order, hear, begin)
        except tasks.TaskDied:
            raise NotDone(self.texts("staff.died")) from None
        except tasks.TaskFailed as error:
            raise NotDone(self._why(error)) from error
        return found, self.texts.number(time.monotonic() - began)

    def _why(self, error: tasks.TaskFailed) -> str:
        """Why there is no plan: the targets out of reach one by one, or what was raised."""
        flow, told = self.draft.flow, cast(Any, error.data)
        if error.kind == "OutOfReach" and told is not None and flow is not None:
            return tables.out_of_reach(told, flow, self.texts)
        why = self.week.why(error) if self.week is not None else ""
        if why:
            return why
        return self.texts("staff.failed", error)

    # --- the plan ----------------------------------------------------------------------------------------------------

    def _draw(self) -> None:
        found, texts, dark = self.found, self.texts, self.session.dark
        if found is None or self.shown is None:
            return
        if self.shifts_card is None:
            self._fill()
        said = texts("staff.met" if found.met else "staff.not_met", found.check.replications)
        self.verdict.param.update(object=said, severity="success" if found.met else "warning", visible=True)
        self.notes.param.update(object=" ".join(found.notes), visible=bool(found.notes))
        self.tiles.object = tables.tiles(found, texts, dark)
        team = self.team.value or plan_parts.WHOLE
        self.members.object = chart.picture(found, team, texts, dark)
        self.legend.object = chart.legend(found, team, texts, dark)
        begin, end = busy_hours(found.check.day("offered"))
        self.level.show(found.check.day("service_level"), begin, end)
        self.binding.object = tables.binding(found, texts, dark)
        self.needed.object = tables.needed(found, texts, dark)
        self.shifts.object = tables.shifts(found, texts, dark)
        self.shifts_card.visible = self.shifts_csv.visible = found.shifts is not None
        self.pbx.visible = bool(found.newcomers)
        self.files_hint.object = plan_parts.what_to_do("staff.take_hint", found.newcomers, texts)
        self._uncover()

    def _fill(self) -> None:
        """Make what shows a plan, once there is one. The chart is there already: Bokeh's are not added to a page that is open."""
        texts = self.texts
        self.shifts_card = card(texts("staff.shifts"), self.shifts)
        self._before.objects = [
            self.verdict, self.notes, self.tiles,
            card(texts("staff.chart"), self.team, self.legend, self.members, hint(texts("staff.chart_hint"))),
            card(texts("staff.binding"), hint(texts("staff.binding_hint"), margin=(0, 0, 6, 0)), self.binding),
            self.shifts_card,
            card(texts("staff.needed"), self.needed),
        ]  # fmt: skip
        self._after.objects = [
            card(
                texts("staff.take"),
                pmui.FlexBox(self.csv, self.shifts_csv, self.yaml, self.pbx, margin=0, sizing_mode="stretch_width"),
                self.files_hint,
            )
        ]

    def _csv(self) -> io.StringIO:
        assert self.found is not None
        return plan_parts.csv(self.found.required)

    def _shifts_csv(self) -> io.StringIO:
        assert self.found is not None
        return plan_parts.csv(self.found.shifts)

    def _yaml(self) -> io.StringIO:
        assert self.found is not None
        name = re.sub(r"\W+", " ", f"{self.scenario.value} staffed").strip()
        return io.StringIO(self.found.scenario.replace(scenario=name).dump())

    def _pbx(self) -> io.StringIO:
        assert self.found is not None
        return io.StringIO(documents.with_newcomers(self._planned_for, self.found.newcomers, self.draft.name))

    def themed(self, theme: str) -> None:
        """Follow the page's theme."""
        self.level.themed(theme)
        self._draw()
        if self.week is not None:
            self.week.draw()

    def view(self) -> Any:
        """The page's content."""
        texts, may_run = self.texts, self.session.may(Right.SIMULATE)
        self.left = side(
            self.error,
            card(
                texts("page.staffing"), self.kind, self.scenario, self.about,
                self.task.buttons(visible=may_run),
                hint(self.session.refusal(Right.SIMULATE), visible=not may_run),
                self.task.bar, self.task.status,
            ),
            *self.form.cards(),
        )  # fmt: skip
        level = pn.pane.Bokeh(self.level.plot, sizing_mode="stretch_width", margin=0)
        self.shown = pmui.Column(
            self._before, card(texts("staff.check"), level), self._after,
            sizing_mode="stretch_width", margin=0, visible=False,
        )  # fmt: skip
        self.right = middle(self.empty, self.shown)
        return beside(self.left, self.right)


def page() -> Any:
    """The Staffing page of a new session."""
    session = Session("staffing")
    made = Staffing(session)
    return session.frame(made.view(), made.themed)
