"""The canvas as the painter of `flow.show()`, `trace.show()` and `pbxsim.replay()` in a notebook.

Decides what is lit up, and which day is played. Leaves the picture to `widget.py`, what is played to `diagram/day_replay.py`, and
which flow a trace ran on to `pbxsim/showing.py`.
"""

from __future__ import annotations

import json

from engine.analysis.preview import Trace
from engine.state.flow import Flow
from pbxsim.results.results import Results
from pbxsim.runs.job import Job
from pbxsim.scenario.check import want_flow
from pbxsim.workbench.canvas.widget import FlowWidget
from pbxsim.workbench.diagram import day_replay, trace_rows
from pbxsim.workbench.document.draft import Draft
from pbxsim.workbench.shell.texts import Texts


def draw_flow(flow: Flow, language: str = "en", people: bool = False) -> FlowWidget:
    """The widget of a flow."""
    return FlowWidget.of(_draft(flow), language, people)


def draw_trace(trace: Trace, flow: Flow, language: str = "en") -> FlowWidget:
    """The same, the path of a call lit up."""
    draft, texts = _draft(flow), Texts(language)
    widget = FlowWidget.of(draft, language, people=trace.landing.user is not None)
    lines = trace_rows.lines_of(trace, draft, texts)
    widget.overlay = trace_rows.overlay_of(trace, lines, draft, widget.graph)
    return widget


def replay(flow: Flow, results: Results, day: int = 1, language: str = "en", people: bool = False) -> FlowWidget:
    """A day of a simulation played over the canvas: dots are calls on their way, cards tell who waits and who talks.

    `day` counts from 1 as the replications do from 0; the day is simulated again with everything written down, so results need no
    records. `people` shows every user as a card. Raises ValueError for results of another flow and for a day they do not have.
    """
    want_flow(flow)
    if results.flow_digest != flow.digest:
        raise ValueError(
            f"these results are of version {results.flow_digest[:12]} and this flow is {flow.digest[:12]}: give the flow that "
            "was simulated"
        )
    if day - 1 not in results.numbers:
        raise ValueError(
            f"there is no day {day}: the results have {results.replications}, from 1 to {max(results.numbers) + 1}"
        )
    draft, scenario = _draft(flow), results.scenario
    tables = Job(flow, scenario, keep_records=True).one(day - 1).tables
    widget = FlowWidget.of(draft, language, people, height="640px")
    widget.replay = json.dumps(day_replay.replay_of(tables, draft, Texts(language), results), ensure_ascii=False)
    return widget


def _draft(flow: Flow) -> Draft:
    return Draft(json.dumps(flow.document.as_data(), ensure_ascii=False))
