"""A finding's example call, run: the same preview that `pbx trace` gives.

Decides how a `TrialCall` becomes a call and a script. Leaves running it to `analysis/preview.py`.
"""

from __future__ import annotations

from engine.analysis.preview import Trace, preview
from engine.analysis.scripted_world import Script
from engine.contract.ids import Instant
from engine.document.faults import TrialCall
from engine.state.flow import Flow


def run(flow: Flow, trial: TrialCall, at: Instant) -> Trace:
    """The trace of an example call; `at` is when, for those that hold at any time."""
    return preview(
        flow,
        trial.at if trial.at is not None else at,
        called=trial.number,
        trunk=trial.trunk,
        caller=trial.caller,
        user=trial.user,
        origin="direct" if trial.origin == "direct" else "",
        script=Script(keys=trial.keys, users=trial.users, outside=trial.outside),
    )
