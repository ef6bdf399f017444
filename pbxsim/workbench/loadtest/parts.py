"""The parts of the Load test page: figures, a day played, an own scenario with a log beside it, kept runs.

Decides which one is shown and that a part is made when it is first asked for: forms cost time when a session opens.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel_material_ui

from engine.state.flow import Flow
from pbxsim.results.results import Results
from pbxsim.workbench.loadtest.drawing import Drawing
from pbxsim.workbench.loadtest.learn_card import LearnCard
from pbxsim.workbench.loadtest.learning import Learned
from pbxsim.workbench.loadtest.replay_card import ReplayCard
from pbxsim.workbench.loadtest.runs_card import RunsCard
from pbxsim.workbench.loadtest.scenario_form import ScenarioForm
from pbxsim.workbench.loadtest.shown_run import ShownRun
from pbxsim.workbench.shell.columns import middle
from pbxsim.workbench.shell.shell import Session, card, hint

pmui: Any = panel_material_ui  # its names are made when it is imported, where no type checker sees them

NAMES = ("figures", "replay", "own", "runs")


class LoadTestParts:
    """One browser's parts. `flow` is None while the document has errors: then there are figures alone."""

    def __init__(
        self, session: Session, flow: Flow | None, shown: Callable[[], ShownRun | None], kept_as: Callable[[str], None]
    ) -> None:
        self.session, self.flow, self._shown, self._kept_as = session, flow, shown, kept_as
        self.form: ScenarioForm | None = None
        self.log: LearnCard | None = None
        self.runs: RunsCard | None = None
        self.replay: ReplayCard | None = None
        self.buttons = {
            name: pmui.Button(
                label=session.texts(f"part.{name}"), size="small", disable_elevation=True, margin=(0, 8, 8, 0),
                disabled=flow is None and name != NAMES[0], on_click=lambda _, name=name: self.open(name),
            )
            for name in NAMES
        }  # fmt: skip
        self.places: dict[str, Any] = {
            name: pmui.Column(sizing_mode="stretch_width", margin=0, visible=False) for name in NAMES
        }
        self.drawing = Drawing()
        self._before, self._after = (pmui.Column(sizing_mode="stretch_width", margin=0) for _ in range(2))
        drawn = card("", hint(session.texts("own.drawn")), self.drawing.pane)
        self.places["own"].objects = [self._before, drawn, self._after]
        self.open(NAMES[0])

    def open(self, name: str) -> None:
        """Show a part, and make it if need be."""
        for other, place in self.places.items():
            place.visible = other == name
            self.buttons[other].variant = "contained" if other == name else "outlined"
        if self.flow is not None and name == "own" and self.form is None:
            self.form = ScenarioForm(self.session, self.flow, self.drawing, self._kept_as)
            self.log = LearnCard(self.session, str(self.flow.document.head.zone), self._learned)
            title, *more = self.form.before()
            self._before.objects, self._after.objects = [title, self.log.view(), *more], self.form.after()
        elif self.flow is not None and name == "runs" and self.runs is None:
            self.runs = RunsCard(self.session, self._shown, self._zone)
            self.places[name].objects = [self.runs.view()]
            self.told()
        elif self.flow is not None and name == "replay" and self.replay is None:
            self.replay = ReplayCard(self.session, self.flow, self._results)
            self.places[name].objects = [self.replay.view()]
        if name == "runs" and self.runs is not None:
            self.runs.refresh()
        if self.replay is not None:
            self.replay.shown(name == "replay")

    def _results(self) -> Results | None:
        run = self._shown()
        return None if run is None else run.results

    def _learned(self, found: Learned) -> None:
        if self.form is not None:
            self.form.take_over(found)

    def _zone(self, results: Results) -> str:
        assert self.flow is not None
        return results.scenario.zone or str(self.flow.document.head.zone)

    def told(self) -> None:
        """There are new results."""
        run = self._shown()
        if self.runs is not None and run is not None:
            self.runs.suggest(run)
        if self.replay is not None:
            self.replay.told()

    def themed(self, theme: str) -> None:
        """Follow the page's theme."""
        self.drawing.themed(theme)
        if self.log is not None:
            self.log.draw()
        if self.runs is not None:
            self.runs.draw()
        if self.replay is not None:
            self.replay.themed(theme)

    def view(self, *figures: Any) -> Any:
        """The switch, and the parts under it."""
        self.places[NAMES[0]].objects = list(figures)
        return middle(
            pmui.FlexBox(*self.buttons.values(), margin=0, sizing_mode="stretch_width"),
            *self.places.values(),
        )
