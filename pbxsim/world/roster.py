"""Shifts and breaks as what a person would do: a phone comes and goes, its owner signs in and out, pauses and comes back.

Decides when members are there. Shifts are one SimPy process. Leaves shifts that follow the queue to `flexible_roster.py`.
"""

from __future__ import annotations

from collections.abc import Generator

import simpy

from engine.contract.ids import SECOND_US, Instant
from engine.state.flow import Flow
from pbxsim.scenario.scenario import Scenario, Shift
from pbxsim.world.world import World

Change = tuple[Instant, int, str, int, str]
"""Instant, order at that instant, what, user, reason of a break."""


def open_up(world: World) -> None:
    """Before the first call: those without a shift are there; those with one, and those absent, are not."""
    scenario = world.scenario
    planned = {member for shift in scenario.shifts for member in shift.members}
    away = planned | set(scenario.absent)
    for number in sorted(world.flow.head.users):
        user = world.engine.tenant.users[number]
        if number in away:
            world.engine.sign(world.begin, user, None, False)
        else:
            world.engine.device_registered(world.begin, user)
            if user.seats:
                world.duty.begins(world.begin, number)


def shifts(world: World, scenario: Scenario, flow: Flow) -> Generator[simpy.Event, None, None]:
    """All shifts and breaks of all members, in order of time: one SimPy process for the whole roster."""
    yield from follow(world, roster(scenario, flow, world.begin, world.end))


def follow(world: World, changes: list[Change]) -> Generator[simpy.Event, None, None]:
    """These changes, each at its instant."""
    for at, _, what, number, reason in sorted(changes):
        delay = (at - world.begin) / SECOND_US - world.env.now
        if delay > 0:
            yield world.env.timeout(delay)
        if what == "in":
            come(world, number)
        elif what == "out":
            leave(world, number)
        elif what == "pause":
            rest(world, number, reason)
        else:
            resume(world, number)


def roster(scenario: Scenario, flow: Flow, begin: Instant, end: Instant) -> list[Change]:
    """Every change from `begin` on; leaving comes before coming."""
    changes: list[Change] = []
    for shift, starts, over in shift_days(scenario, flow, begin, end):
        rests = breaks(shift, starts, begin)
        for number in shift.members:
            changes.append((max(starts, begin), 2, "in", number, ""))
            changes.append((over, 0, "out", number, ""))
            for at, back, reason in rests:
                changes.append((at, 3, "pause", number, reason))
                if back < over:
                    changes.append((back, 1, "resume", number, reason))
    return changes


def shift_days(scenario: Scenario, flow: Flow, begin: Instant, end: Instant) -> list[tuple[Shift, Instant, Instant]]:
    """(shift, start, end) for every day of every shift that lasts beyond `begin` and starts before `end`."""
    found: list[tuple[Shift, Instant, Instant]] = []
    days = range(-1, int((end - begin) // (86400 * SECOND_US)) + 2)
    for shift in scenario.shifts:
        for day in shift.days if shift.days is not None else days:
            starts = scenario.instant(flow, shift.from_, day)
            over = starts + shift.length_s() * SECOND_US
            if over > begin and starts < end:
                found.append((shift, starts, over))
    return found


def breaks(shift: Shift, starts: Instant, begin: Instant) -> list[tuple[Instant, Instant, str]]:
    """(start, end, reason) for every break, of the day of a shift that starts at `starts`, that is not over at `begin`."""
    found: list[tuple[Instant, Instant, str]] = []
    for one in shift.breaks:
        rests = starts + ((one.at - shift.from_) % 86400) * SECOND_US
        back = rests + round(one.minutes * 60 * SECOND_US)
        if back > begin:
            found.append((max(rests, begin), back, one.reason))
    return found


def come(world: World, number: int) -> None:
    """A user comes to work: the phone registers, its owner signs in everywhere."""
    at = world.now
    user = world.engine.tenant.users[number]
    world.engine.do_not_disturb(at, user, False)
    world.engine.unpause(at, user, None)
    world.engine.device_registered(at, user)
    world.engine.sign(at, user, None, True)
    if user.seats:
        world.duty.begins(at, number)


def leave(world: World, number: int) -> None:
    """A user goes: a call in progress is finished first, nothing new comes."""
    at = world.now
    user = world.engine.tenant.users[number]
    world.engine.sign(at, user, None, False)
    world.engine.device_unregistered(at, user)
    world.duty.ends(at, number)


def rest(world: World, number: int, reason: str) -> None:
    """A break begins."""
    at = world.now
    user = world.engine.tenant.users[number]
    world.engine.pause(at, user, None, reason)
    world.engine.do_not_disturb(at, user, True)
    world.duty.ends(at, number)


def resume(world: World, number: int) -> None:
    """A break is over."""
    at = world.now
    user = world.engine.tenant.users[number]
    world.engine.do_not_disturb(at, user, False)
    world.engine.unpause(at, user, None)
    if user.seats:
        world.duty.begins(at, number)
