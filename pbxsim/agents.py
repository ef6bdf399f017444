"""Members: how they answer, how long they talk and work on, and when they are there.

Decides the behaviour of users and of outside numbers, and turns shifts and breaks into what a person would do: a
phone comes and goes, its owner signs in and out, pauses and comes back. Leaves to the engine whom it offers what,
and to `world.py` the moments. Shifts are SimPy processes.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import simpy

from engine.flow import Flow
from engine.ids import SECOND_US, Duration, Instant
from pbxsim.callers import ANSWER, ANSWER_AT_ALL, CELL, OUTSIDE_ANSWER, TALK, WHO_ENDS, WRAP_UP, Caller
from pbxsim.distributions import Constant, Distribution
from pbxsim.scenario import Scenario, Shift

if TYPE_CHECKING:
    from pbxsim.world import World

ANSWERS = 0
IGNORES = 1
REFUSES = 2


class Answers:
    """How one phone is answered, compiled."""

    __slots__ = ("code", "code_at_all", "delay", "delay_us", "weights", "purpose")

    def __init__(self, code: int, delay: Distribution, no_answer: float, refuses: float, purpose: str) -> None:
        self.code = code
        self.code_at_all = code - ANSWER + ANSWER_AT_ALL
        self.purpose = purpose
        self.delay = delay
        self.delay_us = round(delay.seconds * 1e6) if isinstance(delay, Constant) else -1
        self.weights: tuple[float, ...] = ()
        if no_answer or refuses:
            self.weights = (1 - no_answer - refuses, no_answer, refuses)

    def outcome(self, caller: Caller, n: int) -> int:
        """ANSWERS, IGNORES or REFUSES the `n`-th offer of a call, from 0."""
        if not self.weights:
            return ANSWERS
        return caller.lot.choice(self.purpose + " at all", self.code_at_all, self.weights, caller.row, n)

    def after(self, caller: Caller, n: int) -> Duration:
        """Microseconds until the phone is picked up or the call refused."""
        if self.delay_us >= 0:
            return self.delay_us
        return caller.lot.length(self.purpose, self.code, self.delay, caller.row, n)


class Answering:
    """Everybody who answers."""

    __slots__ = ("default", "users", "outside", "back_us")

    def __init__(self, scenario: Scenario) -> None:
        default = scenario.answering.default
        self.default = Answers(ANSWER, default.delay, default.no_answer, default.reject, "answer")
        self.users: dict[int, Answers] = {}
        for number, behaviour in scenario.answering.users.items():
            self.users[number] = Answers(
                ANSWER + number, behaviour.delay, behaviour.no_answer, behaviour.reject, "answer"
            )
        self.back_us = round(scenario.answering.back_s * 1e6)
        outside = scenario.outside
        self.outside = Answers(OUTSIDE_ANSWER, outside.delay, outside.no_answer, outside.busy, "outside answer")


class Talking:
    """How long a caller talks, and with whose hang-up it ends."""

    __slots__ = ("default", "queues", "cells", "factors", "by_caller", "weights", "plain", "wrap_up")

    def __init__(self, scenario: Scenario) -> None:
        talk = scenario.talk
        self.default = talk.default
        self.queues: dict[int, Distribution] = dict(talk.queues)
        self.cells: dict[tuple[int, int], Distribution] = {
            (cell.queue, cell.member): cell.length for cell in talk.cells
        }
        self.factors = dict(talk.members)
        self.by_caller = talk.caller_hangs_up
        self.weights = (talk.caller_hangs_up, 1 - talk.caller_hangs_up)
        self.plain = not self.cells and not self.factors and all(c.talk_factor == 1 for c in scenario.callers.values())
        self.wrap_up: dict[int, Distribution] = dict(scenario.wrap_up)

    def length(self, caller: Caller, element: int, member: int) -> Duration:
        """Microseconds of a talk that begins at `element` with `member` (0 for an outside number)."""
        talks = caller.talks
        caller.talks = talks + 1
        if self.plain:
            length = caller.lot.length(
                "talk", TALK + element, self.queues.get(element, self.default), caller.row, talks
            )
            return length
        distribution = self.cells.get((element, member))
        if distribution is not None:
            length = caller.lot.length("talk", CELL + element * 10_000 + member, distribution, caller.row, talks)
        else:
            length = caller.lot.length(
                "talk", TALK + element, self.queues.get(element, self.default), caller.row, talks
            )
            length = round(length * self.factors.get(member, 1.0))
        return round(length * caller.source.kinds[caller.kind].talk_factor)

    def caller_ends(self, caller: Caller) -> bool:
        """Whether the caller's side hangs up."""
        if self.by_caller <= 0:
            return False
        return (
            self.by_caller >= 1 or caller.lot.choice("who ends", WHO_ENDS, self.weights, caller.row, caller.talks) == 0
        )

    def wrap_up_us(self, caller: Caller, queue: int) -> Duration | None:
        """Work after a talk of `queue`; None leaves it to the flow."""
        distribution = self.wrap_up.get(queue)
        if distribution is None:
            return None
        return caller.lot.length("wrap-up", WRAP_UP + queue, distribution, caller.row, caller.talks)


# --- being there -----------------------------------------------------------------------------------------------------


class Duty:
    """Who is at work, and for how long members of queues were: the denominator of occupancy.

    Time is counted from `count_from` to `count_to`; a member who finishes a call after the end of a shift is at
    work until then.
    """

    __slots__ = ("count_from", "count_to", "since", "left_at", "staffed_us")

    def __init__(self, count_from: Instant, count_to: Instant) -> None:
        self.count_from = count_from
        self.count_to = count_to
        self.since: dict[int, Instant] = {}
        self.left_at: dict[int, Instant] = {}
        self.staffed_us: Duration = 0

    def begins(self, at: Instant, number: int) -> None:
        """A member is at work from now on."""
        self.since.setdefault(number, at)

    def ends(self, at: Instant, number: int) -> None:
        """A member has left, or takes a break."""
        since = self.since.pop(number, None)
        if since is not None:
            self.staffed_us += self.clipped(since, at)
            self.left_at[number] = at

    def overtime(self, at: Instant, number: int) -> None:
        """A member who had left finished a call just now."""
        left = self.left_at.get(number)
        if left is not None and number not in self.since:
            self.staffed_us += self.clipped(left, at)
            self.left_at[number] = at

    def close(self, at: Instant) -> None:
        """The run is over."""
        for number in list(self.since):
            self.ends(at, number)

    def clipped(self, begin: Instant, end: Instant) -> Duration:
        """How much of a span is counted."""
        begin = max(begin, self.count_from)
        end = min(end, self.count_to)
        return end - begin if end > begin else 0


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
    for at, _, what, number, reason in sorted(roster(scenario, flow, world.begin, world.end)):
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


def roster(scenario: Scenario, flow: Flow, begin: Instant, end: Instant) -> list[tuple[Instant, int, str, int, str]]:
    """(instant, order, what, user, reason) for every change from `begin` on; leaving comes before coming."""
    changes: list[tuple[Instant, int, str, int, str]] = []
    days = range(-1, int((end - begin) // (86400 * SECOND_US)) + 2)
    for shift in scenario.shifts:
        for day in shift.days if shift.days is not None else days:
            _shift(changes, shift, scenario, flow, begin, end, day)
    return changes


def _shift(
    changes: list[tuple[Instant, int, str, int, str]],
    shift: Shift,
    scenario: Scenario,
    flow: Flow,
    begin: Instant,
    end: Instant,
    day: int,
) -> None:
    starts = scenario.instant(flow, shift.from_, day)
    over = starts + shift.length_s() * SECOND_US
    if over <= begin or starts >= end:
        return
    for number in shift.members:
        changes.append((max(starts, begin), 2, "in", number, ""))
        changes.append((over, 0, "out", number, ""))
        for break_ in shift.breaks:
            rests = starts + ((break_.at - shift.from_) % 86400) * SECOND_US
            back = rests + round(break_.minutes * 60 * SECOND_US)
            if back <= begin:
                continue
            changes.append((max(rests, begin), 3, "pause", number, break_.reason))
            if back < over:
                changes.append((back, 1, "resume", number, break_.reason))


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
