"""A finding's example call, run: the same preview that `pbx trace` gives.

Decides how a `TrialCall` becomes a call and a script. Leaves running it to `preview.py`.
"""

from __future__ import annotations

from engine.faults import TrialCall
from engine.flow import Flow
from engine.ids import Instant
from engine.preview import Trace, preview
from engine.scripted import Script


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
