"""Example calls of findings, completed: who dials, and the draw by which chance chooses as the finding says.

An element makes a call that shows what it says of itself, but knows neither the users nor the engine. Decides what is filled
in. Leaves running a call to `preview.py`.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from engine.analysis.preview import Trace, preview
from engine.analysis.scripted_world import Script
from engine.contract.ids import Instant
from engine.document.faults import TrialCall
from engine.state.flow import Flow

DRAWS_TRIED = 1000
"""A choice that is taken by one call in a hundred is missed by so many draws with a probability of 0.00004."""


def run(flow: Flow, call: TrialCall, at: Instant) -> Trace:
    """The trace of an example call, as `pbx trace` gives it; `at` is when, for those that hold at any time."""
    return preview(
        flow,
        call.at if call.at is not None else at,
        called=call.number,
        trunk=call.trunk,
        caller=call.caller,
        user=call.user,
        origin="direct" if call.origin == "direct" else "",
        script=Script(keys=call.keys, users=call.users, outside=call.outside),
        draw_seed=call.draw_seed,
    )


def from_inside(flow: Flow, call: TrialCall) -> TrialCall | None:
    """The same call, dialled by the first user; None where there is nobody to dial."""
    user = next(iter(flow.head.users), None)
    return None if user is None else msgspec.structs.replace(call, user=user, origin="user")


def drawn(flow: Flow, call: TrialCall, at: Instant, shows: Callable[[Trace], bool]) -> TrialCall:
    """The same call with the first draw whose trace `shows` what is meant; as it stands where none of many does."""
    for seed in range(DRAWS_TRIED):
        tried = msgspec.structs.replace(call, draw_seed=seed)
        if shows(run(flow, tried, at)):
            return tried
    return call
