"""Offers waiting calls to members: the only code that moves members and that offers calls (R-08.5 to R-08.21).

Dispatch happens on events, never by polling. Between two events this holds: no eligible member is idle while a call waits
that they could take. So a newcomer only needs the best member of its queue, and a member who becomes free only the best call
of their queues. What a call does when its visit in the queue ends is decided by `elements/queue.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from engine.contract import limits
from engine.contract.causes import Cause
from engine.contract.ids import Duration, Instant
from engine.control.strategies import PROGRESSIVE, RING_ALL, RankPool
from engine.state import member as m
from engine.state import queue_state as qs
from engine.state import timers as tm
from engine.state.leg import CANCEL, RINGING, Leg, offers
from engine.state.member import Seat, UserState
from engine.state.queue_state import QueueState, QueueVisit, comes_before, may_take
from engine.state.shared_members import waiting_where_tiers_open
from engine.state.sink import Sink
from engine.state.timers import NEVER, TimerLane, Timers

_ALL_TIERS: Final = 1 << 30


class Dispatcher:
    """Members and waiting calls of one tenant."""

    __slots__ = ("out", "timers", "on_deserted")

    def __init__(self, out: Sink, timers: Timers, on_deserted: Callable[[Instant, QueueState], None]) -> None:
        self.out = out
        self.timers = timers
        self.on_deserted = on_deserted
        """Called for a queue that may have nobody left who serves it."""

    # --- calls -------------------------------------------------------------------------------------------------------

    def enter(self, at: Instant, visit: QueueVisit) -> None:
        """A call starts to wait: offer it at once if somebody is free."""
        queue = visit.queue
        if queue.eligible:
            if queue.plain:
                seat = queue.pool.best(visit, _ALL_TIERS)
                if seat is not None:
                    self._offer(at, visit, seat)
                    return
            elif self._offer_best(at, visit):
                return
        queue.put(visit)

    def requeue(self, at: Instant, visit: QueueVisit) -> None:
        """Nobody rings for this call any more: it waits at its old place, and the next free member is offered it."""
        queue = visit.queue
        if queue.settings.strategy == RING_ALL:
            if queue.serving is visit:
                queue.serving = None
            queue.put(visit)
            self.run(at, queue)
            return
        visit.state = qs.WAITING
        if not self._offer_best(at, visit):
            queue.put(visit)

    def withdraw(self, at: Instant, visit: QueueVisit, reason: str) -> None:
        """The visit is over: withdraw every offer, for `reason` (caller_left, answered_elsewhere, left_queue)."""
        queue = visit.queue
        timers = self.timers
        visit.state = qs.GONE
        queue.let_out(visit)
        if visit.timer is not None:
            timers.cancel(visit.timer)
        visit.limit_born = 0
        visit.relax_born = 0
        if visit.timed:
            timers.cancel(visit.step_timer)
            timers.cancel(visit.announce_timer)
            timers.cancel(visit.relax_timer)
        if visit.offers:
            visit.offers = 0
            for leg in offers(visit):
                self._withdraw_offer(leg, queue, reason)
        if queue.serving is visit:
            queue.serving = None
            self.run(at, queue)

    def answered(self, at: Instant, visit: QueueVisit, leg: Leg) -> None:
        """A member picked up: the others stop ringing, and the member's counters move."""
        queue = visit.queue
        visit.offers -= 1
        self._passed(queue, leg)
        self.withdraw(at, visit, "answered_elsewhere")
        visit.state = qs.TALKING
        if leg.seat is not None:
            membership = leg.seat.membership
            membership.answered += 1
            membership.missed_in_row = 0
        leg.wrap_up_us = queue.settings.wrap_up_us

    def ring_no_answer(self, at: Instant, visit: QueueVisit, leg: Leg, cause: Cause) -> None:
        """A member did not take an offer: note it, spare them for a while, give the call to the next one."""
        queue = visit.queue
        visit.offers -= 1
        self._passed(queue, leg)
        rests = queue.settings.is_asterisk and cause is Cause.NO_ANSWER
        self.out.offer_missed(visit.call, queue.number, leg, cause, at - leg.placed_at)
        user = leg.user
        seat = leg.seat
        if user is not None and seat is not None:
            retry_us = 0 if rests else queue.settings.retry_us
            if cause is not Cause.NO_ANSWER and retry_us < limits.RETRY_FLOOR_US:
                retry_us = limits.RETRY_FLOOR_US
            user.retry_until = max(user.retry_until, at + retry_us)
            membership = seat.membership
            membership.missed_in_row += 1
            most = queue.settings.auto_pause
            if most and membership.missed_in_row >= most and not membership.paused:
                self.pause(at, user, queue.number, "auto", "R-08.12")
        if visit.offers == 0 and visit.state == qs.OFFERED:
            self.timers.cancel(visit.step_timer)
            if rests and queue.settings.retry_us:
                self._next_step(at, visit, queue.settings.retry_us)
            else:
                self.requeue(at, visit)

    def ring_expired(self, at: Instant, leg: Leg) -> None:
        """An offer rang long enough (R-08.9): cancel it and go on to the next member."""
        visit = leg.visit
        if leg.state != RINGING or not isinstance(visit, QueueVisit):
            return
        self._cancel(leg, "timeout")
        self.ring_no_answer(at, visit, leg, Cause.NO_ANSWER)

    def step(self, at: Instant, visit: QueueVisit) -> None:
        """`progressive`: the next member rings in addition to those already ringing. A call that rests is offered again."""
        if visit.state != qs.OFFERED:
            return
        if visit.offers == 0:
            self.requeue(at, visit)
            return
        seat = self._choose(at, visit)
        if seat is not None:
            self._offer(at, visit, seat)
        self._next_step(at, visit, visit.queue.settings.step_us)

    def run(self, at: Instant, queue: QueueState) -> None:
        """Offer waiting calls in order until nobody is left who could take one."""
        if queue.eligible == 0:
            return
        for visit in queue.in_order():
            if queue.eligible == 0:
                return
            if visit.state == qs.WAITING:
                self._offer_best(at, visit)

    def tier_opens(self, at: Instant, queue: QueueState) -> None:
        """A tier opens (R-08.15), perhaps those of other queues with the same members too (R-08.20)."""
        for visit in waiting_where_tiers_open(at, queue):
            if visit.queue.eligible and visit.state == qs.WAITING:
                self._offer_best(at, visit)

    def _offer_best(self, at: Instant, visit: QueueVisit) -> bool:
        queue = visit.queue
        strategy = queue.settings.strategy
        if strategy == RING_ALL:
            return self._ring_all(at, visit)
        seat = self._choose(at, visit)
        if seat is None:
            return False
        self._offer(at, visit, seat)
        if strategy == PROGRESSIVE:
            self._next_step(at, visit, queue.settings.step_us)
        return True

    def _choose(self, at: Instant, visit: QueueVisit) -> Seat | None:
        queue = visit.queue
        highest = _ALL_TIERS
        if queue.tier_wait_us and len(queue.tiers) > 1:
            highest = self._highest_tier(at, visit)
        return queue.pool.best(visit, highest)

    def _highest_tier(self, at: Instant, visit: QueueVisit) -> int:
        """The highest tier open to a call. The queue wakes up when the next one opens to any of its calls."""
        queue = visit.queue
        highest, opens = queue.open_until(at, visit)
        if opens < NEVER and (
            queue.tier_timer is None or not queue.tier_timer.alive or queue.tier_timer.deadline > opens
        ):
            self.timers.cancel(queue.tier_timer)
            queue.tier_timer = self.timers.add(opens, tm.TIER)
            queue.tier_timer.queue = queue
        return highest

    def _ring_all(self, at: Instant, visit: QueueVisit) -> bool:
        queue = visit.queue
        if queue.serving is not None:
            return False
        pool = queue.pool
        assert isinstance(pool, RankPool)
        highest = self._highest_tier(at, visit) if queue.tier_wait_us and len(queue.tiers) > 1 else _ALL_TIERS
        seats = pool.candidates(visit, highest)
        if not seats:
            return False
        queue.serving = visit
        for seat in seats:
            self._offer(at, visit, seat)
        return True

    def _offer(self, at: Instant, visit: QueueVisit, seat: Seat) -> None:
        queue = visit.queue
        out = self.out
        call = visit.call
        user = seat.user
        visit.state = qs.OFFERED
        visit.tried = seat.rank
        if not queue.settings.is_asterisk:
            queue.last_offered = seat.rank
        call.legs += 1
        leg = Leg(call, call.legs, user, queue.settings.ring_us, at, visit)
        leg.seat = seat
        call.add_leg(leg)
        visit.offers += 1
        if out.wants_moves:
            out.leg_started(leg)
        self.rings(user, leg)
        self.timers.watch_ring(leg, queue.rings)
        if out.wants_moves:
            out.call_offered(call, queue.number, leg)
        out.place_leg(leg)

    def _passed(self, queue: QueueState, leg: Leg) -> None:
        """Asterisk's round robin goes on from where a pass of ringing ended, not from who was offered a call last."""
        if leg.seat is not None and queue.settings.is_asterisk:
            queue.last_offered = leg.seat.rank

    def _next_step(self, at: Instant, visit: QueueVisit, after_us: Duration) -> None:
        timer = self.timers.add(at + after_us, tm.VISIT)
        timer.call = visit.call
        timer.visit = visit
        timer.name = "step"
        visit.step_timer = timer
        visit.timed = True

    def _withdraw_offer(self, leg: Leg, queue: QueueState, reason: str) -> None:
        self._passed(queue, leg)
        self.out.offer_withdrawn(leg.call, queue.number, leg, reason)
        self._cancel(leg, reason)

    def _cancel(self, leg: Leg, reason: str) -> None:
        leg.move(CANCEL)
        self.out.cancel_leg(leg, reason)

    # --- members -----------------------------------------------------------------------------------------------------

    def rings(self, user: UserState, leg: Leg) -> None:
        """A phone of `user` starts to ring."""
        user.legs += 1
        if user.timer is not None:
            self.timers.cancel(user.timer)
            user.timer = None
        before = user.state
        after = m.AFTER_RINGS[before]
        if after != before:
            user.state = after
            if self.out.wants_moves:
                self.out.member_changed(user, m.STATES[after], None, "")
        if before == m.IDLE:
            for seat in user.seats:
                if seat.eligible:
                    self._drop(seat)

    def picks_up(self, user: UserState) -> None:
        """`user` answered."""
        before = user.state
        after = m.AFTER_PICKS_UP[before]
        if after == m.REFUSED:
            user.move(m.PICKS_UP)
        if after != before:
            user.state = after
            if self.out.wants_moves:
                self.out.member_changed(user, m.STATES[after], None, "")

    def dials(self, user: UserState) -> None:
        """`user` starts a call of their own."""
        user.own_calls += 1
        if user.timer is not None:
            self.timers.cancel(user.timer)
            user.timer = None
        self._move(user, m.DIALS)

    def hangs_up(self, at: Instant, user: UserState) -> None:
        """A call `user` dialled is over."""
        user.own_calls -= 1
        self._settle(at, user)

    def released(self, at: Instant, user: UserState, leg: Leg) -> None:
        """A leg to `user` is over; wrap-up follows an answered queue call, however it ended (R-08.11)."""
        user.legs -= 1
        seat = leg.seat
        if seat is not None and leg.answered_at >= 0:
            user.last_answered_end = at
            talk_us = at - leg.answered_at
            seat.membership.talk_us += talk_us
            seat.queue.handled_in(talk_us + leg.wrap_up_us)
            settings = seat.queue.settings
            if settings.is_own:
                if leg.wrap_up_us:
                    user.wrap_up_until = at + leg.wrap_up_us
            else:
                user.wrap_up_until = settings.works_until(at, leg.wrap_up_us)
        self._settle(at, user)

    def wait_over(self, at: Instant, user: UserState) -> None:
        """A member's wrap-up or retry wait may be over."""
        user.timer = None
        self._settle(at, user)

    def _settle(self, at: Instant, user: UserState) -> None:
        """Put a user who may have become free into the state that follows."""
        if user.legs:
            return
        if user.own_calls:
            self._move(user, m.ONLY_DIALS)
            return
        if at >= user.wrap_up_until and at >= user.retry_until:
            before = user.state
            if before != m.IDLE:
                user.state = m.AFTER_FREE[before]
                if self.out.wants_moves:
                    self.out.member_changed(user, m.STATES[user.state], None, "")
            self.became_idle(at, user)
        elif at < user.wrap_up_until:
            self._move(user, m.WORKS_ON)
            self._wake(user, user.wrap_up_until, user.seats[0].queue.work if user.seats else None)
        else:
            self._move(user, m.WAITS_TO_RETRY)
            self._wake(user, user.retry_until, None)

    def _wake(self, user: UserState, at: Instant, lane: TimerLane | None) -> None:
        if user.timer is not None and user.timer.alive:
            if user.timer.deadline == at:
                return
            self.timers.cancel(user.timer)
        timer = self.timers.add(at, tm.MEMBER, lane)
        timer.user = user
        user.timer = timer

    def _move(self, user: UserState, event: int) -> None:
        if user.move(event) and self.out.wants_moves:
            self.out.member_changed(user, m.STATES[user.state], None, "")
        if user.state != m.IDLE:
            for seat in user.seats:
                if seat.eligible:
                    self._drop(seat)

    def became_idle(self, at: Instant, user: UserState) -> None:
        """Look at every seat of a user again, and give them a call if one waits that they may take."""
        free = user.state == m.IDLE and len(user.devices) > 0 and not user.do_not_disturb
        wanted = False
        plain = True
        for seat in user.seats:
            queue = seat.queue
            if queue.order or queue.serving is not None:
                wanted = True
            if not queue.plain:
                plain = False
        if wanted and plain and free and self._take_best(at, user):
            return  # who goes from one call to the next need not stand among the idle in between
        for seat in user.seats:
            membership = seat.membership
            may = free and membership.signed_in and not membership.paused
            if may != seat.eligible:
                if may:
                    self._add(seat)
                else:
                    self._drop(seat)
        if wanted and free and not plain:
            self._take_best(at, user)

    def _take_best(self, at: Instant, user: UserState) -> bool:
        """R-08.20: the queue with the larger weight goes first, then the first call in the waiting order of R-08.6 taken over
        all queues of that weight. Whether there was one."""
        best: QueueVisit | None = None
        best_seat: Seat | None = None
        for seat in user.seats:
            queue = seat.queue
            if best_seat is not None and queue.weight < best_seat.queue.weight:
                break  # seats stand by weight
            if not queue.order and queue.serving is None:
                continue
            membership = seat.membership
            if not membership.signed_in or membership.paused:
                continue
            if queue.serving is None:
                visit = queue.first_for(seat)
            else:
                visit = queue.serving if self._may_join(queue, seat) else None
            if visit is not None and queue.tier_wait_us and len(queue.tiers) > 1:
                if seat.tier > self._highest_tier(at, visit):
                    visit = self._first_open_to(at, queue, seat)
            if visit is None:
                continue
            if best is None or comes_before(visit, best):
                best, best_seat = visit, seat
        if best is None or best_seat is None:
            return False
        queue = best_seat.queue
        if queue.settings.strategy == RING_ALL and queue.serving is None:
            self._ring_all(at, best)
        else:
            self._offer(at, best, best_seat)
            if queue.settings.strategy == PROGRESSIVE:
                self._next_step(at, best, queue.settings.step_us)
        return True

    def _first_open_to(self, at: Instant, queue: QueueState, seat: Seat) -> QueueVisit | None:
        """The first waiting call for `seat` whose tier is open: other skills open it at other times (R-08.15, R-08.16)."""
        if queue.serving is None and queue.settings.skills:
            for visit in queue.in_order():
                if may_take(visit, seat) and seat.tier <= self._highest_tier(at, visit):
                    return visit
        return None

    def _may_join(self, queue: QueueState, seat: Seat) -> bool:
        """`ring_all`: somebody who becomes free while everybody rings may ring too."""
        visit = queue.serving
        if visit is None or visit.offers == 0 or not may_take(visit, seat):
            return False
        ringing = offers(visit)[0].seat
        return ringing is not None and seat.tier <= ringing.tier

    def _add(self, seat: Seat) -> None:
        seat.eligible = True
        queue = seat.queue
        queue.eligible += 1
        queue.pool.add(seat)
        if queue.tier_wait_us:
            queue.by_tier[seat.tier].eligible += 1

    def _drop(self, seat: Seat) -> None:
        seat.eligible = False
        queue = seat.queue
        queue.eligible -= 1
        queue.pool.drop(seat)
        if queue.tier_wait_us:
            tier = queue.by_tier[seat.tier]
            tier.eligible -= 1
            queue.last_eligible[seat.rank] = self.out.at
            if tier.eligible == 0:
                tier.empty_since = self.out.at

    # --- what members and operators say ------------------------------------------------------------------------------

    def sign(self, at: Instant, user: UserState, queue: int | None, into: bool) -> None:
        """Sign a user in to or out of one queue or all of theirs; counters of R-08.8 start again at a sign-in."""
        for membership in user.memberships_in(queue):
            if membership.signed_in == into or (membership.static and not into):
                continue
            membership.signed_in = into
            if into:
                membership.answered = 0
                membership.talk_us = 0
                membership.missed_in_row = 0
            self._count(user, membership.queue)
            self.out.member_changed(user, "in" if into else "out", membership.queue, "")
        self._reconsider(at, user)

    def set_static(self, at: Instant, user: UserState, queue: int, static: bool) -> None:
        """A member is always signed in from now on, or comes and goes again (R-08.4)."""
        membership = user.memberships[queue]
        if membership.static != static:
            membership.static = static
            if static:
                self.sign(at, user, queue, True)

    def pause(self, at: Instant, user: UserState, queue: int | None, reason: str, rule: str = "") -> None:
        """A member takes no calls of one queue or of any; a call in progress is finished first."""
        for membership in user.memberships_in(queue):
            if not membership.paused:
                membership.paused = True
                membership.reason = reason
                self._count(user, membership.queue)
                self.out.member_changed(user, "paused", membership.queue, reason or rule)
        self._reconsider(at, user)

    def unpause(self, at: Instant, user: UserState, queue: int | None) -> None:
        """The pause is over."""
        for membership in user.memberships_in(queue):
            if membership.paused:
                membership.paused = False
                membership.reason = ""
                membership.missed_in_row = 0
                self._count(user, membership.queue)
                self.out.member_changed(user, "unpaused", membership.queue, "")
        self._reconsider(at, user)

    def devices_changed(self, at: Instant, user: UserState) -> None:
        """A device came or went, or do-not-disturb changed."""
        self._reconsider(at, user)

    def _reconsider(self, at: Instant, user: UserState) -> None:
        self.became_idle(at, user)
        if any(seat.queue.settings.leave_when_empty and seat.queue.count for seat in user.seats):
            for seat in user.seats:
                self.on_deserted(at, seat.queue)
        if any(seat.queue.tier_wait_us for seat in user.seats):
            for seat in user.seats:
                if seat.queue.tier_wait_us:
                    self.run(at, seat.queue)

    def _count(self, user: UserState, number: int) -> None:
        for seat in user.seats:
            if seat.queue.number == number:
                seat.queue.count_in(seat)
