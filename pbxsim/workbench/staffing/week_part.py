"""The week of the Staffing page: its settings, the roster that was found, and files to work by. Made when it is first asked for.

Decides what is shown and taken away. Leaves what is asked to `week_form.py`, the search to `pbxsim.rostering` in a process of its
own (`week_work.py`), words to `week_tables.py`, pictures to `week_chart.py`.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, cast

import panel as pn
import panel_material_ui

from engine.state.flow import Flow
from pbxsim.scenario.scenario import Scenario
from pbxsim.staffing.targets import Targets
from pbxsim.staffing.teams import Team
from pbxsim.workbench.access.rights import Right
from pbxsim.workbench.loadtest import figures, kept
from pbxsim.workbench.loadtest.courses import LEGEND_STYLE
from pbxsim.workbench.loadtest.tasks import TaskFailed
from pbxsim.workbench.shell.shell import Session, card, hint, notice
from pbxsim.workbench.staffing import documents, plan_parts, week_chart, week_tables
from pbxsim.workbench.staffing.week_form import WeekForm
from pbxsim.workbench.staffing.week_work import WeekFound, WeekOrder

pmui: Any = panel_material_ui  # its names are made when it is imported, where no type checker sees them


class WeekPart:
    """One browser's week. `kept_days` is told when days were kept as scenarios."""

    def __init__(self, session: Session, flow: Flow, teams: tuple[Team, ...], kept_days: Callable[[], None]) -> None:
        self.session, self.texts, self.flow, self._kept_days = session, session.texts, flow, kept_days
        texts = self.texts
        self.form = WeekForm(texts, flow, teams)
        self.side = pmui.Column(*self.form.cards(), sizing_mode="stretch_width", margin=0)
        self.view = pmui.Column(card("", hint(texts("week.no_results"))), sizing_mode="stretch_width", margin=0)
        self.found: WeekFound | None = None
        self._planned_for = ""
        """The text of the document the week is for."""
        self._filled = False

    def order(
        self, scenario: Scenario, targets: Targets, costs: Mapping[str, float], days: int, processes: int
    ) -> WeekOrder:
        """What is asked for. Raises FormFault."""
        return WeekOrder(self.flow.document, scenario, targets, costs, self.form.workforce(scenario), days, processes)

    def show(self, found: WeekFound, text: str) -> None:
        """Show what was found for the document `text`."""
        self.found, self._planned_for = found, text
        self.draw()

    def why(self, error: TaskFailed) -> str:
        """Why there is no roster, as Markdown; empty where a day of its own would say it alike."""
        told = cast(Any, error.data)
        return week_tables.misfits(told, self.texts) if error.kind == "ContractsDoNotFit" and told else ""

    # --- the roster --------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        """Show the roster in the page's theme."""
        found, texts, dark = self.found, self.texts, self.session.dark
        if found is None:
            return
        if not self._filled:
            self._fill(found)
        self.verdict.param.update(
            object=week_tables.verdict(found, texts), severity="success" if found.met else "warning", visible=True
        )
        self.tiles.object = week_tables.tiles(found, texts, dark)
        self.people.object = week_tables.people(found, texts, dark)
        self.legend.object = week_chart.legend(found, texts, dark)
        self._cover()
        self.missing.object = week_tables.missing(found, texts, dark)
        self.days.object = week_tables.each_day(found, texts, dark)
        self.binding.object = week_tables.binding(found, texts, dark)
        self.pbx.visible = bool(found.newcomers)
        self.files_hint.object = plan_parts.what_to_do("week.take_hint", found.newcomers, texts)
        self.said.visible = False

    def _cover(self) -> None:
        if self.found is not None:
            self.coverage.object = week_chart.pictures(
                self.found, self.team.value or plan_parts.WHOLE, self.texts, self.session.dark
            )

    def _fill(self, found: WeekFound) -> None:
        texts = self.texts
        table = {"sizing_mode": "stretch_width", "margin": 0, "stylesheets": [week_tables.STYLE]}
        self.verdict = notice("", "success", margin=(0, 0, 10, 0))
        self.tiles = pn.pane.HTML(sizing_mode="stretch_width", margin=(0, 0, 10, 0), stylesheets=[figures.STYLE])
        self.people, self.missing, self.days, self.binding = (pn.pane.HTML(**table) for _ in range(4))
        self.team = plan_parts.team_select(found.teams, texts)
        self.team.param.watch(lambda _: self._cover(), "value")
        self.coverage = pn.pane.HTML(sizing_mode="stretch_width", margin=0, stylesheets=[week_chart.STYLE])
        self.legend = pn.pane.HTML(sizing_mode="stretch_width", margin=0, stylesheets=[LEGEND_STYLE])
        self.pbx = plan_parts.download(texts, "staff.take_pbx", "pbx-with-roster.yaml", self._pbx)
        self.files_hint = hint("", margin=(8, 0, 0, 0))
        self.name = pmui.TextInput(
            label=texts("week.keep_name"), value=self._name(found), sizing_mode="stretch_width", max_width=340, size="small",
            margin=(18, 0, 4, 0),
        )  # fmt: skip
        self.keep = pmui.Button(
            label=texts("week.keep"), variant="outlined", icon="save", size="small", on_click=self._keep,
            margin=(4, 0, 0, 0),
        )  # fmt: skip
        self.said = notice(margin=(8, 0, 0, 0))
        self.view.objects = [
            self.verdict, self.tiles,
            card(texts("week.grid"), self.people, hint(texts("week.grid_hint"), margin=(8, 0, 0, 0))),
            card(texts("week.coverage"), self.team, self.legend, self.coverage),
            card(texts("week.missing"), self.missing),
            card(texts("staff.binding"), hint(texts("week.binding_hint"), margin=(0, 0, 6, 0)), self.binding),
            card(texts("week.days"), self.days),
            card(
                texts("staff.take"),
                pmui.FlexBox(
                    plan_parts.download(texts, "week.take_shifts", "week.csv", partial(self._csv, "roster")),
                    plan_parts.download(texts, "week.take_grid", "people-by-days.csv", partial(self._csv, "grid")),
                    plan_parts.download(texts, "week.take_days", "days.zip", self._zip),
                    plan_parts.download(texts, "week.take_people", "people.yaml", self._people),
                    self.pbx,
                    margin=0, sizing_mode="stretch_width",
                ),
                self.name, self.keep, self.said, self.files_hint,
            ),
        ]  # fmt: skip
        self._filled = True

    # --- files -------------------------------------------------------------------------------------------------------

    def _name(self, found: WeekFound) -> str:
        first = next(iter(found.scenarios.values()))
        return re.sub(r"\W+", " ", f"{first.scenario.rsplit(' ', 1)[0]} rostered").strip()

    def _scenarios(self) -> dict[str, Scenario]:
        """The days, named after the field."""
        assert self.found is not None
        name = str(self.name.value).strip()
        return {day: one.replace(scenario=f"{name} {day}") for day, one in self.found.scenarios.items()}

    def _zip(self) -> io.BytesIO:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for day, one in self._scenarios().items():
                archive.writestr(f"{day}.scenario.yaml", one.dump())
        out.seek(0)
        return out

    def _csv(self, table: str) -> io.StringIO:
        assert self.found is not None
        return plan_parts.csv(getattr(self.found, table))

    def _people(self) -> io.StringIO:
        assert self.found is not None
        return io.StringIO(self.found.workforce.dump())

    def _pbx(self) -> io.StringIO:
        assert self.found is not None
        return io.StringIO(documents.with_newcomers(self._planned_for, self.found.newcomers, self.session.draft.name))

    def _keep(self, _: Any = None) -> None:
        """Keep the days where the pages find scenarios."""
        session, texts = self.session, self.texts
        if not session.may(Right.SAVE_SCENARIO):
            self._tell(session.refusal(Right.SAVE_SCENARIO))
            return
        try:
            paths = [kept.keep_scenario(session.file, one) for one in self._scenarios().values()]
        except kept.NameRefused as refused:
            self._tell(texts(refused.key, refused.name))
        except OSError as error:
            self._tell(texts("own.unwritable", error))
        else:
            self._tell(texts("week.kept", ", ".join(path.name for path in paths)), "success")
            self._kept_days()

    def _tell(self, words: str, severity: str = "error") -> None:
        self.name.error_state = severity == "error"
        self.said.param.update(object=words, severity=severity, visible=True)
