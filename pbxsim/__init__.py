"""The simulated telephone world: callers, members and lines around the one engine, on SimPy's clock.

    import pbxsim
    flow = pbxsim.load_flow("pbx.yaml")
    results = pbxsim.simulate(flow, pbxsim.Scenario.load("scenario.yaml"), reps=20)
    results.summary

Decides what an analyst reaches with one import; everything stands in the modules named here.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.flow import Flow
    from pbxsim.driver import Cancelled
    from pbxsim.precision import Comparison, compare, simulate_until
    from pbxsim.results import Results
    from pbxsim.run import simulate
    from pbxsim.scenario import Scenario, ScenarioError
    from pbxsim.shifts import Patterns
    from pbxsim.staffing import Plan, Targets, staff

_PLACES = {
    "simulate": "pbxsim.run",
    "Results": "pbxsim.results",
    "Scenario": "pbxsim.scenario",
    "ScenarioError": "pbxsim.scenario",
    "Cancelled": "pbxsim.driver",
    "Comparison": "pbxsim.precision",
    "compare": "pbxsim.precision",
    "simulate_until": "pbxsim.precision",
    "Patterns": "pbxsim.shifts",
    "Plan": "pbxsim.staffing",
    "Targets": "pbxsim.staffing",
    "staff": "pbxsim.staffing",
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
    """The flow of a PBX document in a file. Raises OSError if it cannot be read, engine.errors.FlowError if it is
    at fault."""
    from engine import source

    return source.load(Path(path).read_bytes(), str(path))


def __getattr__(name: str) -> Any:
    """Loads what is asked for: pandas and SciPy take a second that a command line without them should not pay."""
    if name in _PLACES:
        import importlib

        return getattr(importlib.import_module(_PLACES[name]), name)
    raise AttributeError(f"module pbxsim has no attribute {name}")
