"""A day of the load test played over the canvas: which day, and its simulation with everything written down.

Decides which days are offered, and that a day is simulated again for its records when somebody wants to see it: a run keeps
counts alone. Leaves what is played to `diagram/day_replay.py`, playing to the canvas.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Final

import panel as pn
import panel_material_ui

from engine.contract.errors import PbxError
from engine.state.flow import Flow
from pbxsim.results.results import ALL_QUEUES, Results, Sample
from pbxsim.workbench.canvas.component import FlowCanvas
from pbxsim.workbench.canvas.words import canvas_texts
from pbxsim.workbench.diagram import day_replay, graph, kind_styles, trace_rows
from pbxsim.workbench.loadtest import chunks, jobs
from pbxsim.workbench.shell.shell import CARD, Session, card, hint, notice

pmui: Any = panel_material_ui  # its names are made when it is imported, where no type checker sees them
log = logging.getLogger(__name__)

MOST_CALLS: Final = 50_000
"""Calls of a day that is played: it travels to the browser whole."""


class ReplayCard:
    """One browser's replay of days of its load test."""

    def __init__(self, session: Session, flow: Flow, results: Any) -> None:
        self.session, self.texts, self.flow = session, session.texts, flow
        texts = self.texts
        self._results = results
        self._shown: tuple[str, int, int] | None = None
        """Run and day that the canvas has or is getting."""
        self._task: asyncio.Task[None] | None = None
        self._open = self._people = False
        session.at_end(self._stop)
        self.day = pmui.IntInput(
            label=texts("replay.day"), value=1, start=1, width=150, size="small", margin=(6, 10, 6, 0)
        )
        self.day.param.watch(lambda _: self.play(), "value")
        self.picks = [
            pmui.Button(
                label=texts(f"replay.{name}"), variant="outlined", size="small", margin=(6, 8, 6, 0),
                on_click=lambda _, name=name: self._pick(name),
            )
            for name in ("typical", "worst", "best")
        ]  # fmt: skip
        self.status = hint("", margin=(4, 0, 0, 0))
        self.error = notice(margin=(0, 0, 8, 0))
        self.canvas = FlowCanvas(
            texts={**canvas_texts(texts), "empty": texts("nothing_to_show")}, kinds=kind_styles.bricks(texts),
            readonly=True, sizing_mode="stretch_width", height=660, theme="dark" if session.dark else "light",
        )  # fmt: skip
        self.canvas.on("people", lambda message: self._show_people(bool(message["shown"])))
        self._draw()

    def _draw(self) -> None:
        self.canvas.graph = graph.picture(self.session.draft, self.texts, self._people, editable=False)

    def _show_people(self, shown: bool) -> None:
        self._people = shown
        self._draw()
        self.canvas.point_at(None, fit=True)

    # --- which day ---------------------------------------------------------------------------------------------------

    def _pick(self, name: str) -> None:
        results: Results | None = self._results()
        if results is not None:
            self.day.value = day_of(results, name) + 1

    def shown(self, open: bool) -> None:
        """The part is shown, or another one is."""
        self._open = open
        if open:
            self.told()

    def told(self) -> None:
        """There may be new results."""
        results: Results | None = self._results()
        for widget in (self.day, *self.picks):
            widget.disabled = results is None
        if results is None:
            self.status.object = self.texts("replay.first")
            return
        self.day.end = max(results.numbers) + 1
        if self._open and self._run_of(results) != (self._shown or ("", 0, 0))[:2]:
            typical = day_of(results, "typical") + 1
            if self.day.value != typical and self._shown is None:
                self.day.value = typical  # which plays it
            else:
                self.play()

    def _run_of(self, results: Results) -> tuple[str, int]:
        return results.flow_digest, hash(results.scenario.model_dump_json())

    # --- the day -----------------------------------------------------------------------------------------------------

    def play(self) -> None:
        """Simulate the day that is asked for and give it to the canvas."""
        results: Results | None = self._results()
        if results is None or not self._open:
            return
        number = min(max(int(self.day.value or 1), 1), max(results.numbers) + 1) - 1
        wanted = (*self._run_of(results), number)
        if wanted == self._shown:
            return
        self._stop()
        self._shown = wanted
        self.error.visible = False
        self.status.object = self.texts("replay.making", number + 1)
        self._task = asyncio.create_task(self._make(results, number))

    def _stop(self) -> None:
        if self._task is not None and not self._task.done():
            self._task.get_loop().call_soon_threadsafe(self._task.cancel)

    async def _make(self, results: Results, number: int) -> None:
        try:
            chunk = chunks.recorded(self.flow, results.scenario, number)
            sample = [sample async for part in jobs.shared().run(chunks.work, [chunk]) for sample in part][0]
            calls = len(sample.tables["calls"])
            if calls > MOST_CALLS:
                self._fail(self.texts("replay.too_many", number + 1, calls, MOST_CALLS))
                return
            told = await asyncio.to_thread(self._told, results, sample)
            self._later(self.canvas, replay=told)
            self._later(self.status, object=self._summary(results, number, calls))
        except (PbxError, BrokenProcessPool) as error:
            self._fail(self.texts("failed", error))
        except Exception as error:  # what is raised in a task shows nowhere unless it is shown here
            log.error("replay of day %d failed", number + 1, exc_info=error)
            self._fail(self.texts("work_failed", f"{type(error).__name__}: {error}"))

    def _told(self, results: Results, sample: Sample) -> str:
        day = day_replay.replay_of(sample.tables, self.session.draft, self.texts, results)
        return json.dumps(day, ensure_ascii=False, separators=(",", ":"))

    def _summary(self, results: Results, number: int, calls: int) -> str:
        one = results.of([number])
        level = one.figure("service_level").mean
        longest = max((sums.longest_wait_us for sums in one.sums(ALL_QUEUES)), default=0)
        shown = "–" if math.isnan(level) else f"{self.texts.number(100 * level)} %"
        return self.texts("replay.shown", number + 1, calls, shown, trace_rows.clock(longest / 1e6))

    def _fail(self, text: str) -> None:
        self._shown = None
        self._later(self.status, object="")
        self._later(self.error, object=text, visible=True)

    def _later(self, widget: Any, **values: Any) -> None:
        """Change a widget under the document's lock."""
        pn.state.execute(lambda: widget.param.update(**values), schedule=True)

    # --- the page ----------------------------------------------------------------------------------------------------

    def themed(self, theme: str) -> None:
        """Follow the page's theme."""
        self.canvas.theme = theme

    def view(self) -> Any:
        """The part's content."""
        frame = pmui.Paper(
            self.canvas,
            **{**CARD, "sx": {**CARD["sx"], "p": 0, "overflow": "hidden", "display": "flex"}},
        )
        return pmui.Column(
            card(
                self.texts("replay.title"),
                hint(self.texts("replay.hint"), margin=(0, 0, 6, 0)),
                self.error,
                pmui.FlexBox(
                    self.day,
                    *self.picks,
                    hint(self.texts("replay.pick"), margin=(12, 0, 6, 0)),
                    margin=0,
                    sizing_mode="stretch_width",
                    align_items="center",
                ),
                self.status,
            ),
            frame,
            sizing_mode="stretch_width",
            margin=0,
        )  # fmt: skip


def day_of(results: Results, name: str) -> int:
    """The number of the replication in the middle by service level of all queues, or of the worst or the best one."""
    kpis = results.kpis
    levels = (
        kpis[kpis["queue"] == ALL_QUEUES]
        .set_index("replication")["service_level"]
        .fillna(1.0)
        .sort_values(kind="stable")
    )
    places = {"worst": 0, "typical": (len(levels) - 1) // 2, "best": len(levels) - 1}
    return int(levels.index[places[name]])
