"""SimPy around one engine: the outer clock of a simulated day.

Decides how the two clocks go together. Scenario processes (shifts, outages, whatever an analyst writes) are SimPy
processes. Calls live in the inner event list, which runs in bursts: before SimPy takes its next event, everything
inner that is due at or before that instant happens, deadlines of the engine first. So a process always finds the
world as it is at `env.now`. A process that waits for something inner makes a SimPy event and lets `World.trigger`
succeed it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from typing import Any

import simpy

from engine.contract.ids import SECOND_US
from engine.state.flow import Flow
from pbxsim.scenario.check import check
from pbxsim.scenario.scenario import Scenario
from pbxsim.world import event_list as el
from pbxsim.world import flexible_roster, gc_tuning, outages, roster
from pbxsim.world.world import World

Process = Callable[[World], Generator[simpy.Event, Any, Any]]
"""A scenario process: called with the world before the first call, it gives a generator for SimPy."""

BEATS = 64
"""Times a run looks up to report progress and to see whether it is to stop."""


class Cancelled(Exception):
    """The run was told to stop; nothing of it is kept."""


def run(world: World, processes: Sequence[Process] = (), beat: Callable[[float], None] | None = None) -> World:
    """One replication, to the end of its last call. Gives the same world back.

    `beat` is called with the share of the run that is over, and may raise `Cancelled`.
    """
    with gc_tuning.seldom():
        _run(world, processes, beat)
    return world


def _run(world: World, processes: Sequence[Process], beat: Callable[[float], None] | None) -> None:
    env = world.env
    roster.open_up(world)
    world.opened()
    if world.scenario.shifts:
        follows = any(shift.flex_s for shift in world.scenario.shifts)
        env.process((flexible_roster if follows else roster).shifts(world, world.scenario, world.flow))
    for plan in world.scenario.outages:
        env.process(outages.outage(world, plan))
    if world.scenario.account:
        env.process(outages.account(world))
    for process in processes:
        made = process(world)
        if not hasattr(made, "throw"):
            name = getattr(process, "__name__", type(process).__name__)
            raise TypeError(
                f"the scenario process {name} gave {type(made).__name__} and no generator: it waits by "
                "`yield world.env.timeout(seconds)`, at least once"
            )
        env.process(made)
    if beat is not None:
        env.process(_beats(world, beat))
    begin = world.begin
    end_s = (world.end - begin) / SECOND_US
    while True:
        outer = env.peek()
        world.run_until(begin + round(outer * SECOND_US) if math.isfinite(outer) else el.FAR)
        outer = env.peek()
        if math.isinf(outer) or (outer > end_s and world.live == 0 and not world.more):
            break
        if begin + round(outer * SECOND_US) > world.at:
            world.engine.advance(begin + round(outer * SECOND_US))
        env.step()
    if world.end > world.now:  # wrap-up ends and members without a shift stay, whenever the last call was over
        world.run_on(world.end)
        world.engine.advance(world.end)
    world.closed()
    world.duty.close(max(world.now, world.end))
    world.times.staffed_us = world.duty.staffed_us


def _beats(world: World, beat: Callable[[float], None]) -> Generator[simpy.Event, None, None]:
    span = (world.end - world.begin) / SECOND_US
    for i in range(1, BEATS + 1):
        yield world.env.timeout(span / BEATS)
        beat(i / BEATS)


def simulate_once(
    flow: Flow,
    scenario: Scenario,
    replication: int = 0,
    processes: Sequence[Process] = (),
    make: Callable[[Flow, Scenario, int, int], World] = World,
) -> World:
    """One replication in this process, for looking at its world afterwards. Raises ScenarioError."""
    check(scenario, flow)
    return run(make(flow, scenario, scenario.seed, replication), processes)
