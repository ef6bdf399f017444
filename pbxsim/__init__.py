"""The simulated telephone world: callers, members and lines around the one engine, on SimPy's clock.

    import pbxsim
    flow = pbxsim.load_flow("pbx.yaml")
    results = pbxsim.simulate(flow, pbxsim.Scenario.load("scenario.yaml"), reps=20)
    results.summary

    datasets   example PBXs and scenarios that come with the project
    logs       logs of real systems as one table of calls
    scenario   what a run is asked to do
    results    what a run gives, and the formulas it is held against
    world      one replication around one engine
    runs       where replications run, and how many are enough
    staffing   the fewest members and the cheapest shifts
    calibrate  from a log to a scenario
    workbench  the web application
    cli        the command `pbx`

A room imports only from those above it; docs/architecture.md draws them and walks through them. Decides what an analyst reaches
with one import; everything stands in the modules named here.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import engine as engine  # settles first whether what is compiled runs, see engine/compiled.py

if TYPE_CHECKING:
    from engine.state.flow import Flow
    from pbxsim.results.results import Results
    from pbxsim.runs.precision import Comparison, compare, simulate_until
    from pbxsim.runs.run import simulate
    from pbxsim.scenario.scenario import Scenario, ScenarioError
    from pbxsim.staffing.plan import Plan, staff
    from pbxsim.staffing.shifts import Patterns
    from pbxsim.staffing.targets import Targets
    from pbxsim.world.driver import Cancelled

_ROOMS = {"teams": "pbxsim.staffing.teams"}
"""Modules that programs outside this project import from here."""

_PLACES = {
    "simulate": "pbxsim.runs.run",
    "Results": "pbxsim.results.results",
    "Scenario": "pbxsim.scenario.scenario",
    "ScenarioError": "pbxsim.scenario.scenario",
    "Cancelled": "pbxsim.world.driver",
    "Comparison": "pbxsim.runs.precision",
    "compare": "pbxsim.runs.precision",
    "simulate_until": "pbxsim.runs.precision",
    "Patterns": "pbxsim.staffing.shifts",
    "Plan": "pbxsim.staffing.plan",
    "Targets": "pbxsim.staffing.targets",
    "staff": "pbxsim.staffing.plan",
}

__all__ = [
    "Cancelled",
    "Comparison",
    "Patterns",
    "Plan",
    "Results",
    "Scenario",
    "ScenarioError",
    "Targets",
    "compare",
    "load_flow",
    "simulate",
    "simulate_until",
    "staff",
]


def load_flow(path: str | Path) -> Flow:
    """The flow of a PBX document in a file. Raises OSError if it cannot be read, engine.contract.errors.FlowError if it is
    at fault."""
    from engine.loading.load import load

    return load(Path(path).read_bytes(), str(path))


def __getattr__(name: str) -> Any:
    """Loads what is asked for: pandas and SciPy take a second that a command line without them should not pay."""
    if name in _PLACES:
        return getattr(importlib.import_module(_PLACES[name]), name)
    if name in _ROOMS:
        return importlib.import_module(_ROOMS[name])
    raise AttributeError(f"module pbxsim has no attribute {name}")
