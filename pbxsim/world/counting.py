"""What a simulated world counts while calls run: stays in queues by interval, whole calls, time of members.

Decides what belongs to which count, by the definitions of `results/metrics.py`. A sink of the engine, so it hears of
everything in the order it happens. Leaves what happens to `world.py`, which is one of these, and rows of tables to
`recording_world.py`.
"""

from __future__ import annotations

from typing import Final

from mypy_extensions import mypyc_attr

from engine.contract.causes import Cause, Party
from engine.contract.ids import SECOND_US, Duration, Instant
from engine.state.call import Call
from engine.state.element import Element
from engine.state.flow import Flow
from engine.state.leg import Leg
from engine.state.sink import Sink
from pbxsim.results.metrics import CallCounts, MemberTimes, Tally
from pbxsim.results.stays import StayCounts, WaitingLine, class_of
from pbxsim.scenario.scenario import Scenario
from pbxsim.world.agents import StaffedTime, Talking
from pbxsim.world.callers import Caller

NO_LINE: Final = Cause.NORMAL_CIRCUIT_CONGESTION
LINE_DOWN: Final = Cause.REQUESTED_CHAN_UNAVAIL
BARRED: Final = Cause.INCOMING_CALL_BARRED
BY_CALLER: Final = Party.CALLER
"""Constants of this file, as looking up a name of an enumeration costs as much as pushing an event."""

TALKED: Final = 0
BUSY: Final = 1
ABANDONED: Final = 2
ELSEWHERE: Final = 3
"""What a call came to, as far as it bears on dialling again: a person, no line or not let in, nobody in time, anything else."""


@mypyc_attr(allow_interpreted_subclasses=True)
class Counting(Sink):
    """A sink that counts, and makes nothing happen."""

    def __init__(self, flow: Flow, scenario: Scenario) -> None:
        super().__init__()
        self.wants_moves = False
        self.begin: Instant = scenario.begin(flow)
        self.end: Instant = self.begin + round(scenario.hours * 3600 * SECOND_US)
        self.at = self.begin
        self.talking = Talking(scenario, flow)
        measure = scenario.measure
        self.within_us = round(measure.within_s * 1e6)
        self.short_us = round(measure.short_s * 1e6)
        self.interval_us = measure.interval_min * 60 * SECOND_US
        self.count_from: Instant = self.begin + round(measure.from_s * 1e6)
        intervals = -(-(self.end - self.begin) // self.interval_us)
        self.tallies: dict[int, list[Tally | None]] = {
            number: [None] * intervals for number, element in flow.elements.items() if element.is_queue
        }
        self.tally_rows: list[list[Tally | None] | None] = [self.tallies.get(number) for number in flow.elements]
        """The same by the place of the element."""
        self.last_interval = intervals - 1
        self.count_stays(intervals)
        self.uncounted = Tally()
        self.counts = CallCounts()
        self.times = MemberTimes()
        self.duty = StaffedTime(self.count_from, self.end)
        self.started = 0
        """Calls that came, warm-up included."""

    def count_stays(self, intervals: int) -> None:
        """Begin to count stays in so many intervals from `begin` on."""
        begin, interval_us = self.begin, self.interval_us
        self.stays: dict[int, StayCounts] = {
            number: StayCounts(begin, interval_us, intervals) for number in self.tallies
        }
        self.all_waiting = (
            WaitingLine(begin, interval_us, intervals) if len(self.stays) != 1 else next(iter(self.stays.values())).line
        )
        """Those of all queues together; of the one queue where there is one."""

    def waiting(self) -> int:
        """Callers who wait in queues now, those whose offer rings included."""
        raise NotImplementedError

    # --- stays in queues ---------------------------------------------------------------------------------------------

    def tally_in(self, row: list[Tally | None]) -> Tally:
        """Where a stay that begins now is counted, of a queue whose intervals are `row`."""
        at = self.at
        if at < self.count_from:
            return self.uncounted
        i = (at - self.begin) // self.interval_us
        if i > self.last_interval:
            i = self.last_interval
        tally = row[i]
        if tally is None:
            tally = row[i] = Tally()
        return tally

    def stay_moves(self, queue: int, by: int) -> StayCounts:
        """A stay in a queue begins (1) or is over (-1)."""
        stays = self.stays[queue]
        line = stays.line
        line.move(self.at, by)
        if self.all_waiting is not line:
            self.all_waiting.move(self.at, by)
        return stays

    def call_refused(self, call: Call, queue: int, reason: str) -> None:
        tally = self.tally_in(self.tallies[queue])
        tally.offered += 1
        tally.refused += 1

    def call_answered(self, call: Call, element: Element, leg: Leg, wait_us: Duration, rule: str) -> None:
        caller: Caller = call  # type: ignore[assignment]  # every call here is one
        tally = caller.tally
        if tally is None or leg.seat is None:
            return
        stays = self.stay_moves(leg.seat.queue.number, -1)
        if tally is not self.uncounted:
            stays.answered[class_of(wait_us)] += 1
        tally.answered += 1
        if wait_us:
            tally.waited += 1
            tally.wait_us += wait_us
            tally.answered_wait_us += wait_us
            if wait_us > tally.longest_wait_us:
                tally.longest_wait_us = wait_us
        if wait_us <= self.within_us:
            tally.answered_within += 1

    def call_abandoned(self, call: Call, queue: int, wait_us: Duration) -> None:
        caller: Caller = call  # type: ignore[assignment]  # every call here is one
        tally = caller.tally
        assert tally is not None
        stays = self.stay_moves(queue, -1)
        if tally is not self.uncounted:
            stays.abandoned[class_of(wait_us)] += 1
        tally.abandoned += 1
        if wait_us < self.short_us:
            tally.abandoned_short += 1
        if wait_us <= self.within_us:
            tally.abandoned_within += 1
        self._waited(tally, wait_us)
        caller.tally = None

    def call_left_queue(self, call: Call, queue: int, output: str, wait_us: Duration, rule: str) -> None:
        caller: Caller = call  # type: ignore[assignment]  # every call here is one
        tally = caller.tally
        assert tally is not None
        self.stay_moves(queue, -1)
        if output == "timeout":
            tally.timed_out += 1
        else:
            tally.left += 1
        self._waited(tally, wait_us)
        caller.tally = None

    def _waited(self, tally: Tally, wait_us: Duration) -> None:
        if wait_us:
            tally.waited += 1
            tally.wait_us += wait_us
            if wait_us > tally.longest_wait_us:
                tally.longest_wait_us = wait_us

    # --- time of members ---------------------------------------------------------------------------------------------

    def count_ringing(self, at: Instant, leg: Leg) -> None:
        """A phone stops ringing unanswered."""
        user = leg.user
        if user is not None and user.seats:
            if self.duty.left_at and user.number not in self.duty.since:
                self.duty.overtime(at, user.number)
            self.times.ring_us += self.duty.clipped(leg.placed_at, at)

    def count_talk(self, at: Instant, leg: Leg) -> Duration | None:
        """An answered leg is about to end: count it, and give the work after it if the scenario has its own."""
        user = leg.user
        if user is None or not user.seats:
            return None
        duty = self.duty
        if duty.left_at and user.number not in duty.since:
            duty.overtime(at, user.number)
        answered = leg.answered_at
        own: Duration | None = None
        wrap_up_us = 0
        if leg.seat is not None:
            caller: Caller = leg.call  # type: ignore[assignment]  # every call here is one
            wrap_up_us = leg.wrap_up_us
            talking = self.talking
            if talking.wraps_up:
                quiet = bool(talking.wrap_up_quiet) and self.waiting() == 0
                own = talking.wrap_up_us(caller, leg.seat.queue.number, quiet)
                if own is not None:
                    wrap_up_us = own
            tally = caller.tally
            if tally is not None:
                tally.handled += 1
                tally.talk_us += at - answered
                tally.wrap_up_us += wrap_up_us
        times = self.times
        if leg.placed_at >= duty.count_from and at + wrap_up_us <= duty.count_to:
            times.ring_us += answered - leg.placed_at
            times.talk_us += at - answered
            times.wrap_up_us += wrap_up_us
        else:
            times.ring_us += duty.clipped(leg.placed_at, answered)
            times.talk_us += duty.clipped(answered, at)
            times.wrap_up_us += duty.clipped(at, at + wrap_up_us)
        return own

    # --- whole calls -------------------------------------------------------------------------------------------------

    def count_call(self, caller: Caller, cause: Cause, party: Party) -> int:
        """A call is over: count it, and say what it came to."""
        counts = self.counts
        counted = caller.started_at >= self.count_from
        if counted:
            counts.calls += 1
            if caller.attempt > 1:
                counts.redials += 1
        if caller.talked:
            if counted:
                counts.talked += 1
            return TALKED
        if (cause is NO_LINE or cause is LINE_DOWN) and not caller.answered:
            if counted:
                counts.busy += 1
            return BUSY
        if cause is BARRED and not caller.answered:
            if counted:
                counts.barred += 1
            return BUSY
        if caller.recordings:
            if counted:
                counts.voicemail += 1
        elif party is BY_CALLER:
            if caller.waited:
                if counted:
                    counts.abandoned += 1
                return ABANDONED
            if counted:
                counts.hung_up += 1
        elif counted:
            counts.other += 1
        return ELSEWHERE
