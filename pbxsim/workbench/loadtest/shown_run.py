"""A run as it stands on the Load test page: what was simulated, and what came of it. Imports no part of the web application."""

from __future__ import annotations

from dataclasses import dataclass

from engine.state.flow import Flow
from pbxsim.results.results import Results


@dataclass(frozen=True)
class ShownRun:
    """Results with the flow they are of; their scenario is as it was run."""

    results: Results
    flow: Flow
    factor: float = 1.0
    """Calls that the run had for each call of the scenario as it is written in its file."""
