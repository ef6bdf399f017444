"""The Load test page: a scenario on the flow, day after day, with figures and bands that sharpen while it runs.

Decides what is asked and shown; what is shown before anybody asks is the day of `days.py`. Leaves the days to worker
processes (`jobs.py`, `chunks.py`), own scenarios and kept runs to `parts.py`, charts to `views/switch.py`, figures and
intervals of confidence to `pbxsim.results.results`.
"""

from __future__ import annotations

import time
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import panel as pn
import panel_material_ui

from engine.contract.errors import PbxError
from pbxsim.results.results import ALL_QUEUES, Sample
from pbxsim.runs.job import Job
from pbxsim.scenario.scenario import Scenario
from pbxsim.workbench.access.rights import Right
from pbxsim.workbench.design.fields import WIDE
from pbxsim.workbench.loadtest import chunks, days, figures, jobs, scenario_names
from pbxsim.workbench.loadtest.parts import LoadTestParts
from pbxsim.workbench.loadtest.shown_run import ShownRun
from pbxsim.workbench.loadtest.views.switch import Views
from pbxsim.workbench.shell.columns import side
from pbxsim.workbench.shell.page_task import NotDone, PageTask
from pbxsim.workbench.shell.shell import CARD, Session, beside, card, hint, notice

pmui: Any = panel_material_ui
DRAW_EVERY_S = 0.7
MOST_REPS = 1000


def scaled(scenario: Scenario, load: float, seed: int, within_s: float) -> Scenario:
    """A scenario with `load` times its calls, another seed and threshold. Raises ScenarioError."""
    data = scenario.model_dump(mode="python", by_alias=True)
    if load != 1:
        for source in data["arrivals"].values():
            source["calls"] = tuple(calls * load for calls in source["calls"])
            if source["per_hour"] is not None:
                source["per_hour"] *= load
    data["seed"] = seed
    data["measure"]["within_s"] = within_s
    return Scenario.of(data, scenario.scenario)


# --- the page ------------------------------------------------------------------------------------------------------------


class LoadTest:
    """One browser's Load test page."""

    def __init__(self, session: Session) -> None:
        self.session, self.texts, self.draft = session, session.texts, session.draft
        self.may_run = session.may(Right.SIMULATE)
        self.files = days.scenarios(session.file)
        names = list(self.files)
        first = days.first_of(names, str(self.draft.data.get("pbx", "")))
        shown = scenario_names.options(self.files, self.texts.language)
        self.scenario = pmui.Select(label=self.texts("scenario"), options=shown, value=first, **WIDE)
        self.about = hint("", margin=(0, 0, 4, 0))
        self.load = pmui.FloatInput(
            label=f"{self.texts('load')}, ×", value=1.0, step=0.1, start=0.1, end=20, format="0.0[0]", **WIDE
        )
        self.reps = pmui.IntInput(label=self.texts("reps"), value=50, step=10, start=2, end=MOST_REPS, **WIDE)
        self.threshold = pmui.FloatInput(
            label=self.texts("threshold"), value=20, step=5, start=0, end=600, format="0[.]0", **WIDE
        )
        self.seed = pmui.IntInput(label=self.texts("seed"), value=1, start=0, end=2**31, **WIDE)
        for field in ("load", "reps", "threshold", "seed"):
            getattr(self, field).helper_text = self.texts(f"{field}_help")
        self.task = PageTask(session, self.texts("run"), self.run, self._fail, self.texts("ready"))
        self.error = notice(margin=(0, 0, 10, 0))
        self.doubts = pmui.Column(sizing_mode="stretch_width", margin=0)
        self.queue = pmui.Select(label=self.texts("queue"), options=self._queues(), value=ALL_QUEUES, **WIDE)
        self.queue.visible = len(self._queues()) > 2
        self.tiles = pn.pane.HTML(
            sizing_mode="stretch_width", margin=(0, 0, 10, 0), stylesheets=[figures.STYLE], visible=False
        )
        self.empty_hint = hint(self.texts("no_results"))
        self.empty = card("", self.empty_hint)
        self.views = Views(session)
        self.charts = self.views.content()
        self.run_shown: ShownRun | None = None
        self.parts = LoadTestParts(session, self.draft.flow, lambda: self.run_shown, self._kept)
        self.scenario.param.watch(lambda _: self._describe(), "value")
        self.queue.param.watch(lambda _: self._draw(), "value")
        self._describe()
        if self.draft.flow is None:
            self._fail(self.texts("run_errors"))
            self.task.allow(False)
            self.task.say("")  # it is not ready
        elif pn.state.curdoc is not None:
            pn.state.onload(self.arrive)

    def _queues(self) -> dict[str, int]:
        flow = self.draft.flow
        queues = [e for e in flow.elements.values() if e.is_queue] if flow is not None else []
        return {
            self.texts("all_queues"): ALL_QUEUES,
            **{f"{queue.number} {queue.name}".strip(): queue.number for queue in queues},
        }

    def _read(self) -> Scenario | None:
        path = self.files.get(self.scenario.value or "")
        if path is None:
            return None
        try:
            return days.scenario(path)
        except (PbxError, OSError) as error:
            self._fail(str(error))
            return None

    def _kept(self, name: str) -> None:
        """Choose a scenario that was kept just now."""
        self.files = days.scenarios(self.session.file)
        shown = scenario_names.options(self.files, self.texts.language)
        self.scenario.param.update(options=shown, value=name if name in self.files else self.scenario.value)
        self._describe()

    def _describe(self) -> None:
        self.error.visible = False
        scenario = self._read()
        if scenario is not None:
            self.about.object = scenario_names.about(scenario, self.texts.language)
            self.seed.value, self.threshold.value = scenario.seed, scenario.measure.within_s

    def _fail(self, text: str) -> None:
        self.error.object, self.error.visible = text, True

    # --- running -----------------------------------------------------------------------------------------------------

    async def arrive(self) -> None:
        """Show the day that was simulated before anybody asked, or is being simulated."""
        flow, scenario = self.draft.flow, self._read()
        if flow is None or scenario is None:
            return
        try:
            day = days.shared().day(flow, scenario)
        except PbxError as error:
            self._fail(self.texts("own.not_of_this_pbx", error))
            return
        self.task.begin(lambda: self._follow(day), str, gives_way=True)

    async def _follow(self, day: days.BackgroundRun) -> None:
        drawn = 0.0
        self.task.later(lambda: self.empty_hint.param.update(object=self.texts("arriving", day.reps)))
        async for done in day.follow():
            self._progress(done, day.reps, day.took_s)
            if done >= 2 and time.monotonic() - drawn > DRAW_EVERY_S and not day.over:
                drawn = time.monotonic()
                self._later(day.job, list(day.samples))
        if day.error:
            raise NotDone(self.texts("failed", day.error))
        if day.samples:
            self._later(day.job, list(day.samples))
        self._finished(day.samples, day.took_s)

    async def run(self, _: Any = None) -> None:
        """Start a run; it goes on after this returns."""
        if not self.session.may(Right.SIMULATE):
            self._fail(self.session.refusal(Right.SIMULATE))
            return
        if self.task.runs:
            return
        flow, scenario = self.draft.flow, self._read()
        self.error.visible = flow is None
        if flow is None or scenario is None:
            return
        reps = int(self.reps.value or 2)
        factor = float(self.load.value or 1)
        try:
            scenario = scaled(scenario, factor, int(self.seed.value or 0), float(self.threshold.value or 0))
            pieces = chunks.cut(flow, scenario, reps)
        except PbxError as error:
            self._fail(str(error))
            return
        samples: list[Sample] = []
        job = Job(flow, scenario, keep_records=False)
        self.task.begin(
            lambda: self._run(job, factor, pieces, reps, samples), lambda: self.texts("cancelled", len(samples), reps)
        )

    async def _run(self, job: Job, factor: float, pieces: list[chunks.Chunk], reps: int, samples: list[Sample]) -> None:
        """Wait for the workers and show what comes."""
        self.task.say(self.texts("progress", 0, reps, "0.0"), 0)
        began = drawn = time.monotonic()
        try:
            async for part in jobs.shared().run(chunks.work, pieces):
                samples += part
                now = time.monotonic()
                self._progress(len(samples), reps, now - began)
                if now - drawn > DRAW_EVERY_S and len(samples) >= 2:
                    drawn = now
                    self._later(job, list(samples), factor)
            self._finished(samples, time.monotonic() - began)
        except (PbxError, BrokenProcessPool) as error:
            raise NotDone(self.texts("failed", error)) from error
        finally:
            if samples:
                self._later(job, list(samples), factor)

    def _progress(self, done: int, reps: int, took_s: float) -> None:
        left = took_s / done * (reps - done) if done else 0.0
        text = self.texts("progress", done, reps, self.texts.number(took_s))
        self.task.say(text + (self.texts("left", f"{left:.0f}") if left >= 1 else ""), round(100 * done / reps))

    def _finished(self, samples: list[Sample], took_s: float) -> None:
        total = f"{sum(sample.started for sample in samples):,}".replace(",", " ")
        self.task.say(self.texts("finished", len(samples), self.texts.number(took_s), total))

    def _later(self, job: Job, samples: list[Sample], factor: float = 1.0) -> None:
        def show() -> None:
            self.run_shown = ShownRun(job.results(samples), job.flow, factor)
            self._draw()
            self.parts.told()

        self.task.later(show)

    def _draw(self) -> None:
        if self.run_shown is None:
            return
        results = self.run_shown.results
        queue = self.queue.value if self.queue.value in (ALL_QUEUES, *results.queues) else ALL_QUEUES
        self.tiles.object = figures.tiles_html(results, queue, self.texts, self.session.dark)
        self.views.draw(self.run_shown, queue)
        if not self.tiles.visible:
            self.empty.visible = False
            self.tiles.visible = self.charts.visible = True
        doubts = [hint(f"⚠ {text}", margin=(4, 0)) for text in results.warnings]
        if len(doubts) != len(self.doubts.objects):
            self.doubts.objects = doubts

    def themed(self, theme: str) -> None:
        """Follow the page's theme."""
        self.views.themed(theme)
        self.parts.themed(theme)
        self._draw()

    def view(self) -> Any:
        """The page's content."""
        left = side(
            self.error,
            card(
                self.texts("page.loadtest"),
                self.scenario,
                self.about,
                self.load,
                self.reps,
                self.threshold,
                self.seed,
                self.task.buttons(visible=self.may_run),
                hint(self.session.refusal(Right.SIMULATE), visible=not self.may_run),
                self.task.bar,
                self.task.status,
                self.doubts,
            ),
            pmui.Paper(self.queue, **{**CARD, "visible": self.queue.visible}),
        )
        return beside(left, self.parts.view(self.empty, self.tiles, self.charts))


def page() -> Any:
    """The Load test page of a new session."""
    session = Session("loadtest")
    test = LoadTest(session)
    return session.frame(test.view(), test.themed)
