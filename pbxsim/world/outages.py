"""Lines to the outside: trunks and devices that fail for a while, trunks and accounts that are not paid.

Decides what an outage looks like from inside: the registration goes, calls on the line are lost if the scenario
says so, and everything comes back. Leaves to the engine what callers meet meanwhile (R-04.8, R-04.10, R-01.10). Outages are
SimPy processes.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import simpy

from engine.account.states import State
from engine.contract.causes import Cause
from engine.contract.ids import SECOND_US, Instant
from engine.state.flow import Flow
from engine.state.leg import ANSWERED, CANCELLING, ENDING, RINGING
from pbxsim.scenario.scenario import Outage, Scenario

if TYPE_CHECKING:
    from pbxsim.world.world import World


def outage(world: World, plan: Outage) -> Generator[simpy.Event, None, None]:
    """One outage, from its beginning to its end."""
    starts = world.scenario.instant(world.flow, plan.from_, plan.day)
    ends = starts + round(plan.minutes * 60 * SECOND_US)
    if ends <= world.begin or starts >= world.end:
        return
    if starts > world.begin:
        yield world.env.timeout((starts - world.begin) / SECOND_US)
    if plan.trunk is not None and plan.unpaid:
        world.engine.trunk_paid(world.now, plan.trunk, False)
    elif plan.trunk is not None:
        fail(world, plan.trunk, plan.cut_calls)
    elif plan.user is not None:
        world.engine.device_unregistered(world.now, world.engine.user_of(plan.user))
    yield world.env.timeout((ends - world.now) / SECOND_US)
    if plan.trunk is not None and plan.unpaid:
        world.engine.trunk_paid(world.now, plan.trunk, True)
    elif plan.trunk is not None:
        world.engine.trunk_changed(world.now, plan.trunk, "registered")
    elif plan.user is not None:
        world.engine.device_registered(world.now, world.engine.user_of(plan.user))


def account(world: World) -> Generator[simpy.Event, None, None]:
    """The states of the account, one after another; the last one before the run holds at its beginning (R-01.10)."""
    scenario = world.scenario
    for at, state in changes_of_account(scenario, world.flow):
        if at > world.now:
            yield world.env.timeout((at - world.now) / SECOND_US)
        world.engine.account_changed(world.now, state)


def changes_of_account(scenario: Scenario, flow: Flow) -> list[tuple[Instant, State]]:
    """When the account comes into which state, in order of time."""
    changes = [(scenario.instant(flow, one.from_, one.day), one.state) for one in scenario.account]
    return sorted(changes, key=lambda change: change[0])


def fail(world: World, trunk: str, cut_calls: bool) -> None:
    """A trunk loses its registration, and with `cut_calls` every call on it."""
    at = world.now
    world.engine.trunk_changed(at, trunk, "unregistered")
    if not cut_calls:
        return
    for call in list(world.engine.tenant.calls.values()):
        if call.over:
            continue
        for leg in call.live_legs:
            if leg.trunk != trunk:
                continue
            if leg.state in (RINGING, CANCELLING):
                world.engine.leg_failed(at, leg, Cause.REQUESTED_CHAN_UNAVAIL)
            elif leg.state in (ANSWERED, ENDING):
                world.engine.leg_ended(at, leg, Cause.REQUESTED_CHAN_UNAVAIL)
        if call.trunk == trunk and not call.over:
            world.engine.caller_hung_up(at, call, Cause.REQUESTED_CHAN_UNAVAIL)
