"""A world that goes on from the present of a running PBX: what a forecast simulates.

Decides what those who are already there will still do: a talk that has lasted ends by what is left of its length, a caller who
has waited gives up by what is left of their patience, a phone that rings is picked up by what is left of its delay. Newcomers
come as the scenario has it from this instant on; those who gave up a while ago may still dial again; members come, rest and go
by the roster from now on, and until then stay what they are. Leaves the engine's part to `engine/control/resume.py`, the laws
of what is left to `scenario/residual.py`, forecasts to `twin/`.

Counts are by interval from the present on. A call that waits already is counted apart, in `inherited`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Generator, Mapping

import numpy as np
import simpy

from engine.contract.ids import SECOND_US, Duration, Instant
from engine.control.present import Present, PresentCall, PresentWait
from engine.control.resume import go_on, resume
from engine.state.call import Call
from engine.state.flow import Flow
from engine.state.leg import Leg
from engine.state.queue_state import QueueVisit
from pbxsim.results.metrics import Tally
from pbxsim.scenario.distributions import Distribution, Floats, Gamma
from pbxsim.scenario.residual import remaining
from pbxsim.scenario.scenario import Retry, Scenario
from pbxsim.world import event_list as el
from pbxsim.world import gc_tuning, outages, roster
from pbxsim.world.agents import Answers, StaffedTime
from pbxsim.world.callers import ArrivalStream, Caller
from pbxsim.world.random_streams import NEVER_US
from pbxsim.world.world import World

SETTLE_US = 15 * 60 * SECOND_US
"""Time simulated after the last interval, so that those who came in it are answered, or give up."""

FIRST_ROW_STEP = 64
"""Newcomers begin at such a row of their source, behind those who are there already."""


@dataclasses.dataclass(frozen=True)
class DaySoFar:
    """Calls of the day so far that bear on how busy the rest of it is: how many came, and how many were expected."""

    came: int = 0
    expected: float = 0.0


@dataclasses.dataclass(frozen=True)
class Lost:
    """A caller who got nobody and may dial again. `why` is `abandoned`, `busy` or `talked`."""

    source: str
    attempt: int
    since: Instant
    why: str = "abandoned"


@dataclasses.dataclass(frozen=True)
class Start:
    """Where a forecast begins, and how far it goes."""

    present: Present
    horizon_us: Duration = 3600 * SECOND_US
    interval_us: Duration = 300 * SECOND_US
    known: Mapping[str, DaySoFar] = dataclasses.field(default_factory=dict)
    """By the name under which sources are busy together (`Busyness.shared`)."""
    lost: tuple[Lost, ...] = ()

    @property
    def intervals(self) -> int:
        """How many intervals are forecast."""
        return int(self.horizon_us // self.interval_us)


class ResumedWorld(World):
    """One replication from a present on. `at_ends[queue]` holds how many wait at the end of each interval."""

    def __init__(self, flow: Flow, scenario: Scenario, seed: int, replication: int, start: Start) -> None:
        super().__init__(flow, scenario, seed, replication)
        self.start = start
        present = start.present
        day_begins = self.begin
        self.begin = self.at = self.count_from = present.at
        self.end = present.at + start.horizon_us
        self.interval_us = start.interval_us
        count = start.intervals + -(-SETTLE_US // start.interval_us)
        self.tallies = {number: [None] * count for number in self.tallies}
        self.tally_rows = [self.tallies.get(number) for number in flow.elements]
        self.last_interval = count - 1
        self.count_stays(count)
        self.duty = StaffedTime(self.begin, self.end)
        self.inherited = {number: Tally() for number in self.tallies}
        self.at_ends: dict[int, list[int]] = {number: [] for number in self.tallies}
        self.left_out: list[str] = []
        first = -(-(len(present.calls) + len(start.lost) + 1) // FIRST_ROW_STEP) * FIRST_ROW_STEP
        self.arrivals = ArrivalStream(
            scenario, day_begins, self.streams, (present.at - day_begins) / SECOND_US, first, self._factors()
        )
        for source in (*self.sources, self.guests):
            source.prefix = f"later-{source.prefix}"  # ids are used once, and those who are there have theirs
        self._by_trunk = {source.trunk: source for source in reversed(self.sources)}
        self._row = 0
        self._drawn = 0
        self._uniforms: Floats = self.streams.uniforms("what is left", 0, 64)

    def _factors(self) -> dict[str, float]:
        """How busy the rest of the day is, given what came so far: a gamma factor is conjugate to Poisson counts."""
        factors: dict[str, float] = {}
        for arrivals in self.scenario.arrivals.values():
            busy = arrivals.busyness
            if busy is not None and busy.shared not in factors:
                known = self.start.known.get(busy.shared, DaySoFar())
                shape = 1 / busy.cv**2
                law = Gamma(mean=(shape + known.came) / (shape + known.expected), scv=1 / (shape + known.came))
                factors[busy.shared] = self.streams.one(f"busyness of {busy.shared}", law)
        return factors

    # --- those who are there ------------------------------------------------------------------------------------------

    def take_up(self) -> None:
        """Let the engine hold the present, and everybody in it go on."""
        present = self.start.present
        resumed = resume(self.engine, present, self._make)
        self.left_out = resumed.left_out
        self.live += self.engine.tenant.calls.count
        for ahead, (call, wait) in enumerate(resumed.waiting):
            self._waits_on(call, wait, ahead)
        for leg in resumed.ringing:
            self._rings_on(leg)
        for call, leg in resumed.talking:
            self._talks_on(call, leg)
        self._members()
        for lost in self.start.lost:
            self._may_dial_again(lost)
        go_on(self.engine, self.at, resumed)

    def _make(self, told: PresentCall) -> Call:
        source = self._by_trunk.get(told.trunk) if told.user is None else None
        caller = (source or self.guests).make(self._row, 1)
        self._row += 1
        caller.given_id = told.id
        caller.trunk, caller.user, caller.origin = told.trunk, told.user, told.origin
        caller.called = told.called or caller.called
        caller.offers = told.placed
        caller.waits = caller.waited = told.wait is not None
        caller.talked = told.talking is not None
        caller.talks = 1 if told.talking is not None else 0
        if told.wait is not None:
            caller.tally = self.inherited.get(told.wait.queue)
            caller.tallied = 1
            element = self.flow.elements.get(told.wait.queue)
            caller.waits_at = element.place if element is not None else -1
        return caller

    def _waits_on(self, call: Call, wait: PresentWait, ahead: int) -> None:
        caller: Caller = call  # type: ignore[assignment]  # every call here is one
        self.inherited[wait.queue].offered += 1
        self.stay_moves(wait.queue, 1)
        if not caller.waits or caller.released:
            return
        patience = caller.source.kinds[caller.kind].patience
        if patience is None:
            patience = self.patience_at.get(wait.queue, self.patience)
        if self.crowd is not None:
            patience = self.crowd.hastened(patience, self.crowd.step(ahead))
        rest = self._rest_us(patience, self.at - wait.entered_at)
        if rest < NEVER_US:
            self.events.push(self.at + rest, el.GIVES_UP, caller, caller.token)

    def _talks_on(self, call: Call, leg: Leg) -> None:
        caller: Caller = call  # type: ignore[assignment]  # every call here is one
        element = call.element.number if call.element is not None else 0
        law, factor = self.talking.law(caller, element, leg.member_number())
        rest = round(int(self._rest_us(law, round(int(self.at - leg.answered_at) / factor))) * factor)
        kind = el.CALLER_DONE if self.talking.caller_ends(caller) else el.TALK_OVER
        self.events.push(self.at + rest, kind, leg, 0)

    def _rings_on(self, leg: Leg) -> None:
        answering = self.answering
        user = leg.user
        answers: Answers = answering.outside if user is None else answering.users.get(user.number, answering.default)
        rung = self.at - leg.placed_at
        kind = el.PICKS_UP
        if answers.weights:
            answered, ignored, refused = answers.weights
            alive = float(np.asarray(answers.delay.survival(np.asarray([rung / SECOND_US])))[0])
            whole = (answered + refused) * alive + ignored
            point = self._uniform() * whole
            if point >= (answered + refused) * alive:
                return
            if point >= answered * alive:
                kind = el.REFUSES
        rest = self._rest_us(answers.delay, rung)
        if rung + rest <= leg.ring_us:
            self.events.push(self.at + rest, kind, leg, 0)

    def _members(self) -> None:
        """Members who are there are on duty; those whom missed offers paused come back (R-08.12)."""
        for number, user in sorted(self.engine.tenant.users.items()):
            held = list(user.memberships.values())
            if user.reachable() and any(one.signed_in and not one.paused for one in held):
                self.duty.begins(self.at, number)
            for seat in user.seats:
                if seat.membership.paused and seat.membership.reason == "auto":
                    missed = Leg(self.guests.make(0, 1), 0, user, 0, self.at, None)
                    missed.seat = seat
                    self.events.push(self.at + self.answering.back_us, el.COMES_BACK, missed, 0)

    def _may_dial_again(self, lost: Lost) -> None:
        """One who got nobody dials again as likely as it still is, after what is left of the delay."""
        redial = self.scenario.redial
        told: dict[str, Retry | None] = {
            "abandoned": redial.after_abandon, "busy": redial.after_busy, "talked": redial.after_talk,
        }  # fmt: skip
        retry = told[lost.why]
        source = next((one for one in self.sources if one.name == lost.source), None)
        if retry is None or source is None or lost.attempt >= redial.most:
            return
        elapsed = self.at - lost.since
        alive = retry.share * float(np.asarray(retry.delay.survival(np.asarray([elapsed / SECOND_US])))[0])
        row = self._row
        self._row += 1
        if self._uniform() * (1 - retry.share + alive) < alive:
            self.live += 1
            rest = self._rest_us(retry.delay, elapsed)
            self.events.push(self.at + rest, el.REDIAL, source.make(row, lost.attempt), 0)

    def _uniform(self) -> float:
        """The next number of this replication for what is left of things; they are asked for in one order always."""
        if self._drawn == len(self._uniforms):
            self._uniforms = self.streams.uniforms("what is left", 0, 2 * len(self._uniforms))
        self._drawn += 1
        return float(self._uniforms[self._drawn - 1])

    def _rest_us(self, law: Distribution, elapsed: Duration) -> Duration:
        rest = remaining(law, elapsed / SECOND_US, np.asarray([self._uniform()]))[0]
        return round(min(float(rest) * 1e6, float(NEVER_US)))

    # --- the run ------------------------------------------------------------------------------------------------------

    def run(self) -> ResumedWorld:
        """The whole replication; gives itself back."""
        with gc_tuning.seldom():
            self._run()
        return self

    def _run(self) -> None:
        env = self.env
        self.take_up()
        changes = roster.roster(self.scenario, self.flow, self.begin, self.end + SETTLE_US)
        env.process(roster.follow(self, [change for change in changes if change[0] > self.begin]))
        for plan in self.scenario.outages:
            if self.scenario.instant(self.flow, plan.from_, plan.day) > self.begin:
                env.process(outages.outage(self, plan))
        env.process(self._look())
        last_s = (self.start.horizon_us + SETTLE_US) / SECOND_US
        while env.peek() <= last_s:
            self._until(env.peek())
            env.step()
        self._until(last_s)
        self.closed()

    def _until(self, outer_s: float) -> None:
        limit = self.begin + round(outer_s * SECOND_US)
        self.run_on(limit)
        if limit > self.at:
            self.engine.advance(limit)

    def _look(self) -> Generator[simpy.Event, None, None]:
        for _ in range(self.start.intervals):
            yield self.env.timeout(self.interval_us / SECOND_US)
            for number, queue in self.engine.tenant.queues_of(self.flow).items():
                self.at_ends[number].append(int(queue.count))

    def closed(self) -> None:
        """Those who still wait have waited so long at least."""
        for queue in self.engine.tenant.queues_of(self.flow).values():
            for visit in queue.inside():
                tally = visit.call.tally if isinstance(visit.call, Caller) else None
                if tally is not None and isinstance(visit, QueueVisit):
                    tally.waited += 1
                    tally.wait_us += self.at - visit.entered_at
                    tally.longest_wait_us = max(tally.longest_wait_us, self.at - visit.entered_at)
