"""The simulated telephone world: callers, members and lines around the one engine, on SimPy's clock.

    import pbxsim
    flow = pbxsim.load_flow("pbx.yaml")
    results = pbxsim.simulate(flow, pbxsim.Scenario.load("scenario.yaml"), reps=20)
    results.summary

    datasets   example PBXs and scenarios that come with the project
    logs       logs of real systems as one table of calls (in Russian: russian_logs)
    importers  configurations of other PBXs as a document
    scenario   what a run is asked to do
    results    what a run gives, and the formulas it is held against
    world      one replication around one engine
    runs       where replications run, and how many are enough
    staffing   the fewest members and the cheapest shifts
    calibrate  from a log to a scenario
    forecast   how many calls will come
    backtest   callers that really came, through another version
    rostering  weeks of shifts under contracts
    today      the rest of a day from its morning, who would help, and the days after a log
    twin       the next hour of a running PBX, beside what happens
    workbench  the web application
    cli        the command `pbx`

A room imports only from those above it; docs/architecture.md draws them and walks through them. Decides what an analyst reaches
with one import; everything stands in the modules named here.
"""

from __future__ import annotations

import importlib
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import engine as engine  # settles first whether what is compiled runs, see engine/compiled.py
from engine.state import pictures
from pbxsim.showing import CanvasPainter

if TYPE_CHECKING:
    from engine.analysis.preview import Trace
    from engine.analysis.scripted_world import Script
    from engine.state.flow import Flow
    from pbxsim.results.results import Results
    from pbxsim.rostering.contracts import Workforce
    from pbxsim.rostering.week import WeekPlan, week
    from pbxsim.runs.precision import Comparison, compare, simulate_until
    from pbxsim.runs.run import simulate
    from pbxsim.scenario.scenario import Scenario, ScenarioError
    from pbxsim.staffing.plan import Plan, staff
    from pbxsim.staffing.shifts import Patterns
    from pbxsim.staffing.targets import Targets
    from pbxsim.staffing.what_if import what_if, with_lines, with_members, with_settings, with_strategy
    from pbxsim.today.days_ahead import DaysAhead, days_ahead
    from pbxsim.today.intraday import Intraday, intraday
    from pbxsim.workbench.canvas.painter import replay
    from pbxsim.world.driver import Cancelled

_ROOMS = {"teams": "pbxsim.staffing.teams", "theory": "pbxsim.results.queueing_theory"}
"""Modules that programs outside this project import from here."""

_FOLDERS = (
    "backtest",
    "calibrate",
    "datasets",
    "forecast",
    "importers",
    "logs",
    "results",
    "rostering",
    "runs",
    "scenario",
    "staffing",
    "today",
    "twin",
    "workbench",
    "world",
)
"""Rooms that an analyst may look into."""

_PLACES = {
    "simulate": "pbxsim.runs.run",
    "Results": "pbxsim.results.results",
    "Scenario": "pbxsim.scenario.scenario",
    "ScenarioError": "pbxsim.scenario.scenario",
    "Cancelled": "pbxsim.world.driver",
    "Comparison": "pbxsim.runs.precision",
    "DaysAhead": "pbxsim.today.days_ahead",
    "days_ahead": "pbxsim.today.days_ahead",
    "Intraday": "pbxsim.today.intraday",
    "compare": "pbxsim.runs.precision",
    "intraday": "pbxsim.today.intraday",
    "simulate_until": "pbxsim.runs.precision",
    "Patterns": "pbxsim.staffing.shifts",
    "Plan": "pbxsim.staffing.plan",
    "Targets": "pbxsim.staffing.targets",
    "replay": "pbxsim.workbench.canvas.painter",
    "staff": "pbxsim.staffing.plan",
    "WeekPlan": "pbxsim.rostering.week",
    "Workforce": "pbxsim.rostering.contracts",
    "week": "pbxsim.rostering.week",
    "what_if": "pbxsim.staffing.what_if",
    "with_lines": "pbxsim.staffing.what_if",
    "with_members": "pbxsim.staffing.what_if",
    "with_settings": "pbxsim.staffing.what_if",
    "with_strategy": "pbxsim.staffing.what_if",
}

__all__ = [
    "Cancelled",
    "Comparison",
    "DaysAhead",
    "Intraday",
    "Patterns",
    "Plan",
    "Results",
    "Scenario",
    "ScenarioError",
    "Targets",
    "WeekPlan",
    "Workforce",
    "compare",
    "days_ahead",
    "intraday",
    "load_flow",
    "replay",
    "simulate",
    "simulate_until",
    "staff",
    "trace",
    "week",
    "what_if",
    "with_lines",
    "with_members",
    "with_settings",
    "with_strategy",
]


def load_flow(path: str | Path) -> Flow:
    """The flow of a PBX document in a file. Raises OSError if it cannot be read, engine.contract.errors.FlowError if it is
    at fault."""
    from engine.loading.load import load

    if not isinstance(path, (str, Path)):
        raise TypeError(f"the path of a PBX document is wanted here and not {type(path).__name__}")
    return _painter.remember(load(Path(path).read_bytes(), str(path)))


def trace(
    flow: Flow,
    number: str,
    at: str | datetime | None = None,
    *,
    caller: str = "",
    user: int | None = None,
    script: Script | None = None,
) -> Trace:
    """Where one call goes, step by step with its rules; `trace.show()` draws its path.

    `number` is what is dialled: a trunk's number in any form, or by `user` anything that user may dial. `at` is a date and time
    ("2026-11-23 09:30", in the account's zone without an offset), now if left out; `script` says what people press and do. Raises
    engine.analysis.preview.NoTrunkNumber, ValueError for what is no time, KeyError for an unknown user.
    """
    from engine.analysis import preview
    from engine.calendar import zones
    from engine.contract.ids import SECOND_US
    from pbxsim.scenario.check import want_flow

    want_flow(flow)
    when = round(time.time()) * SECOND_US if at is None else zones.instant(str(at), flow.zone)
    return preview.preview(_painter.remember(flow), when, called=number, caller=caller, user=user, script=script)


def __getattr__(name: str) -> Any:
    """Loads what is asked for: pandas and SciPy take a second that a command line without them should not pay."""
    if name in _PLACES:
        return getattr(importlib.import_module(_PLACES[name]), name)
    if name in _ROOMS:
        return importlib.import_module(_ROOMS[name])
    if name in _FOLDERS:
        return importlib.import_module(f"pbxsim.{name}")
    raise AttributeError(f"module pbxsim has no attribute {name}")


def __dir__() -> list[str]:
    """Everything there is to reach from here, loaded yet or not: what completion shows."""
    return sorted({*__all__, *_ROOMS, *_FOLDERS})


_painter = CanvasPainter(lambda: importlib.import_module("pbxsim.workbench.canvas.painter"))
pictures.paint_with(_painter)
