"""One queue while calls run: who waits in which order, who could take them, and which tier is open.

Holds the order of R-08.6 and the tiers of R-08.15. Leaves who is chosen to `control/strategies.py` and every move to
`control/dispatcher.py`. One state belongs to one queue of one version; members and their counters are shared by all
versions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mypy_extensions import i64, mypyc_attr

from engine.contract import limits
from engine.contract.ids import Duration, Instant
from engine.state.call import Call, Visit
from engine.state.member import Seat
from engine.state.queue_settings import QueueSettings
from engine.state.timers import DEAD_KEPT, NEVER, RingLane, Timer, TimerLane, VisitLane

if TYPE_CHECKING:
    from engine.state.leg import Leg

WAITING: Final = 0
OFFERED: Final = 1
TALKING: Final = 2
GONE: Final = 3
CALLING_BACK: Final = 4
"""A member has picked up and the caller is being called back (R-08.19)."""
BETWEEN_TRIES: Final = 5
"""The caller did not answer the callback and is tried again later (R-08.19)."""


@mypyc_attr(free_list_len=1)
class QueueVisit(Visit):
    """One call's visit in a queue. The place in the order never changes, whatever is offered and missed."""

    __slots__ = (
        "call", "queue", "entered_at", "since", "priority", "birth", "offers", "state", "tried", "skills", "timed",
        "announcing", "listed", "limit_born", "relax_born", "timer", "inside", "before", "after",
    )  # fmt: skip

    relaxed: int = 0
    step_timer: Timer | None = None
    announce_timer: Timer | None = None
    relax_timer: Timer | None = None
    last_announced: int = 0
    tries: int = 0
    """Callbacks that were not answered."""
    member: Leg | None = None
    """The member who picked up and waits for the caller to be called back."""

    def __init__(self, call: Call, queue: QueueState, at: Instant, since: Instant, priority: i64, birth: i64) -> None:
        self.call = call
        self.queue = queue
        self.entered_at = at
        self.since = since
        """Entry moved back by the start bonus: what the order goes by (R-08.6)."""
        self.priority: i64 = priority
        self.birth: i64 = birth
        self.offers: i64 = 0
        """Members who ring for it."""
        self.limit_born: i64 = 0
        """Place of the end of its longest wait among other deadlines; 0 when it has none."""
        self.relax_born: i64 = 0
        """The same of its first relaxation."""
        self.timer = None
        self.inside = False
        """Whether it counts as waiting in its queue, an offer that rings included."""
        self.before: QueueVisit | None = None
        self.after: QueueVisit | None = None
        """Its neighbours among those inside."""
        self.state: int = WAITING
        self.tried = -1
        """Rank of the seat tried last by `linear` and `progressive`."""
        self.skills: dict[str, int] | None = None
        self.timed = False
        """Whether it ever had a deadline of its own."""
        self.announcing = 0
        self.listed = False
        """Whether it stands in the queue's order, be it over or not."""


class Tier:
    """One tier of a queue: how many could take a call now, how many are signed in, since when it has been empty."""

    __slots__ = ("number", "eligible", "signed_in", "empty_since")

    def __init__(self, number: int) -> None:
        self.number = number
        self.eligible = 0
        self.signed_in = 0
        self.empty_since: Instant = 0


class Pool:
    """The eligible seats of one queue, and the choice among them."""

    def add(self, seat: Seat) -> None:
        """`seat` could take a call from now on."""
        raise NotImplementedError

    def drop(self, seat: Seat) -> None:
        """`seat` can take no call any more."""
        raise NotImplementedError

    def best(self, visit: QueueVisit, highest_tier: int) -> Seat | None:
        """The seat that `visit` is offered to, up to `highest_tier`; None when there is none."""
        raise NotImplementedError


class QueueState:
    """One queue of one version."""

    __slots__ = (
        "settings",
        "number",
        "may_reorder",
        "weight",
        "seats",
        "pool",
        "order",
        "head",
        "count",
        "first_inside",
        "last_inside",
        "serving",
        "born",
        "last_offered",
        "tiers",
        "by_tier",
        "last_eligible",
        "tier_wait_us",
        "tier_timer",
        "signed_in",
        "unpaused",
        "eligible",
        "handle_times",
        "handled",
        "rings",
        "limits",
        "relaxations",
        "work",
        "plain",
    )

    def __init__(self, number: int, settings: QueueSettings) -> None:
        self.settings = settings
        self.number = number
        self.weight = settings.weight
        self.may_reorder = settings.may_reorder
        """Whether some waiting call may sort behind a newcomer: only a bonus or a priority can bring that about."""
        self.seats: list[Seat] = []
        self.pool: Pool = None  # type: ignore[assignment]  # made once the seats are known
        self.order: list[QueueVisit] = []
        """Those who wait for an offer, first to last, and among them some who no longer do."""
        self.head: i64 = 0
        """Place of the first that may still wait."""
        self.count: i64 = 0
        """Calls waiting or being offered."""
        self.first_inside: QueueVisit | None = None
        self.last_inside: QueueVisit | None = None
        """The ends of their chain, in which they stand as they came."""
        self.serving: QueueVisit | None = None
        """The call that rings everybody, under `ring_all`."""
        self.born: i64 = 0
        self.last_offered = -1
        """Rank of the seat last offered a call (round robin)."""
        self.tiers: list[Tier] = []
        self.by_tier: dict[int, Tier] = {}
        self.last_eligible: list[Instant] = []
        """By rank, when a member could last take a call; kept where tiers wait."""
        self.tier_wait_us = settings.tier_wait_us
        self.tier_timer: Timer | None = None
        self.signed_in = 0
        self.unpaused = 0
        self.eligible: i64 = 0
        self.plain = settings.strategy not in ("ring_all", "progressive") and not settings.tier_wait_us
        """Whether a call is offered to exactly one member at a time and every tier is open."""
        self.handle_times: list[Duration] = []
        """Of the calls answered last, in no order."""
        self.handled = 0
        self.rings = RingLane(settings.ring_us)
        """Where the ring limits of its offers stand."""
        self.limits = VisitLane(settings.max_wait_us, False)
        self.relaxations = VisitLane(settings.first_relaxation_us, True)
        self.work = TimerLane()
        """Where the ends of work after calls stand, which has one length, nearly always."""

    def seat_all(self, seats: list[Seat]) -> None:
        """Fix ranks and tiers once all seats are known; `strategies.make_pool` follows."""
        self.seats = sorted(seats, key=lambda seat: (seat.tier, seat.position, seat.user.number))
        self.last_eligible = [self._eligible_elsewhere(seat) for seat in self.seats]
        for rank, seat in enumerate(self.seats):
            seat.rank = rank
            seat.suits = has_skills(seat, self.settings.skills)
            if seat.tier not in self.by_tier:
                self.by_tier[seat.tier] = Tier(seat.tier)
            tier = self.by_tier[seat.tier]
            tier.empty_since = max(tier.empty_since, self.last_eligible[rank])
        self.tiers = [self.by_tier[number] for number in sorted(self.by_tier)]

    def count_in(self, seat: Seat) -> None:
        """Bring its counts in line with whether a member is signed in, and not paused."""
        signed_in = seat.membership.signed_in
        unpaused = signed_in and not seat.membership.paused
        if signed_in != seat.signed_in:
            seat.signed_in = signed_in
            change = 1 if signed_in else -1
            self.signed_in += change
            self.by_tier[seat.tier].signed_in += change
        if unpaused != seat.unpaused:
            seat.unpaused = unpaused
            self.unpaused += 1 if unpaused else -1

    def carry_on(self, before: QueueState) -> None:
        """Take over, from the same queue of the version before, the member offered a call last: round robin goes on from there
        (R-08.8), and how long its last calls took (R-08.18)."""
        self.handle_times = list(before.handle_times)
        self.handled = before.handled
        if before.last_offered >= 0:
            last = before.seats[before.last_offered].user
            self.last_offered = next((seat.rank for seat in self.seats if seat.user is last), self.last_offered)

    def _eligible_elsewhere(self, seat: Seat) -> Instant:
        """When a member could last take a call of the same queue in another version: a promotion opens no tier early."""
        last: Instant = 0
        for other in seat.user.seats:
            if other.queue is not self and other.queue.number == self.number and other.queue.tier_wait_us:
                last = max(last, other.queue.last_eligible[other.rank])
        return last

    def is_empty(self) -> bool:
        """Whether nobody serves it, as its join rule has it (R-08.13)."""
        rule = self.settings.join_when_empty
        if rule == "signed_in":
            return self.signed_in == 0
        if rule == "unpaused":
            return self.unpaused == 0
        if rule == "idle":
            return self.eligible == 0
        return False

    def is_deserted(self) -> bool:
        """Whether callers who wait are to leave: nobody serves the queue, or nobody is signed in if anybody may join."""
        return self.is_empty() or (self.settings.join_when_empty == "always" and self.signed_in == 0)

    # --- who is inside -----------------------------------------------------------------------------------------------

    def take_in(self, visit: QueueVisit) -> None:
        """`visit` counts as waiting from now on, behind all others."""
        last = self.last_inside
        visit.inside = True
        visit.before = last
        if last is None:
            self.first_inside = visit
        else:
            last.after = visit
        self.last_inside = visit
        self.count += 1

    def let_out(self, visit: QueueVisit) -> None:
        """`visit` does not count any more. Harmless when it did not."""
        if not visit.inside:
            return
        before, after = visit.before, visit.after
        visit.inside = False
        visit.before = visit.after = None
        if before is None:
            self.first_inside = after
        else:
            before.after = after
        if after is None:
            self.last_inside = before
        else:
            after.before = before
        self.count -= 1

    def inside(self) -> list[QueueVisit]:
        """Every call waiting or being offered, as they came."""
        found: list[QueueVisit] = []
        visit = self.first_inside
        while visit is not None:
            found.append(visit)
            visit = visit.after
        return found

    # --- the order of waiting calls (R-08.6) -------------------------------------------------------------------------

    def put(self, visit: QueueVisit) -> None:
        """Let `visit` wait for an offer, at the place its priority and entry give it."""
        visit.state = WAITING
        if visit.listed:
            return
        visit.listed = True
        order = self.order
        end: i64 = len(order)
        if end - self.head > 2 * self.count + DEAD_KEPT:
            self._let_go_of_the_dead()
            order = self.order
            end = len(order)
        order.append(visit)
        if end > self.head and comes_before(visit, order[end - 1]):
            low = self.head
            while low < end:
                middle = (low + end) >> 1
                if comes_before(order[middle], visit):
                    low = middle + 1
                else:
                    end = middle
            order.pop()
            order.insert(low, visit)

    def _let_go_of_the_dead(self) -> None:
        """Those before the head, and those behind it who no longer wait."""
        behind = self.order[self.head :]
        for visit in behind:
            visit.listed = visit.state == WAITING
        self.order = [visit for visit in behind if visit.listed]
        self.head = 0

    def first(self) -> QueueVisit | None:
        """The first call that waits for an offer."""
        order = self.order
        head = self.head
        end: i64 = len(order)
        while head < end:
            visit = order[head]
            if visit.state == WAITING:
                if head > DEAD_KEPT:
                    del order[:head]
                    head = 0
                self.head = head
                return visit
            visit.listed = False
            head += 1
        order.clear()
        self.head = 0
        return None

    def first_for(self, seat: Seat) -> QueueVisit | None:
        """The first waiting call that `seat` may take, skills considered."""
        visit = self.first()
        if visit is None or may_take(visit, seat):
            return visit
        asked: dict[str, int] | None = visit.skills  # which the seat lacks; calls of a queue mostly ask for the same
        order = self.order
        place = self.head + 1
        end: i64 = len(order)
        while place < end:
            other = order[place]
            place += 1
            if other.state == WAITING and other.skills is not asked:
                if may_take(other, seat):
                    return other
                asked = other.skills
        return None

    def in_order(self) -> list[QueueVisit]:
        """Every call waiting for an offer, first to last."""
        return [visit for visit in self.order[self.head :] if visit.state == WAITING]

    def position(self, visit: QueueVisit) -> int:
        """Place of a waiting call among all not yet answered, counted from 1."""
        if (
            visit.priority == 0
            and visit.since >= visit.entered_at
            and visit.birth == self.born
            and not self.may_reorder
        ):
            return self.count
        return 1 + sum([1 for other in self.inside() if other is not visit and comes_before(other, visit)])

    # --- tiers (R-08.15) ---------------------------------------------------------------------------------------------

    def open_until(self, at: Instant, visit: QueueVisit) -> tuple[int, Instant]:
        """The highest tier open to a call, and when the next one opens (`NEVER` when only an event can open it)."""
        if visit.skills:
            return self._open_to_skilled(at, visit)
        opens: Instant = 0
        highest = self.tiers[0].number if self.tiers else 0
        for tier in self.tiers:
            if opens > at:
                return highest, opens
            highest = tier.number
            if tier.signed_in:
                opens = NEVER if tier.eligible else max(opens, tier.empty_since + self.tier_wait_us)
        return highest, NEVER

    def _open_to_skilled(self, at: Instant, visit: QueueVisit) -> tuple[int, Instant]:
        """The same for a call that requires skills: members who lack one are not eligible for it (R-08.16), so a tier
        counts only those who have them.
        """
        opens: Instant = 0
        highest = self.tiers[0].number if self.tiers else 0
        for tier in self.tiers:
            if opens > at:
                return highest, opens
            highest = tier.number
            able = [seat for seat in self.seats if seat.tier == highest and may_take(visit, seat)]
            if any([seat.membership.signed_in for seat in able]):
                if any([seat.eligible for seat in able]):
                    opens = NEVER
                else:
                    opens = max(opens, max([self.last_eligible[seat.rank] for seat in able]) + self.tier_wait_us)
        return highest, NEVER

    # --- expected wait (R-08.18) -------------------------------------------------------------------------------------

    def handled_in(self, length_us: Duration) -> None:
        """A call took a member so long, work after it included; only the last ones count."""
        times = self.handle_times
        if len(times) < limits.HANDLE_TIMES_KEPT:
            times.append(length_us)
        else:
            times[self.handled % limits.HANDLE_TIMES_KEPT] = length_us
        self.handled += 1

    def expected_wait_us(self, position: int) -> Duration | None:
        """Position over members signed in, times the mean handle time; None before enough calls were answered."""
        if len(self.handle_times) < limits.HANDLE_TIMES_NEEDED:
            return None
        working = sum(
            1 for seat in self.seats if seat.membership.signed_in and not seat.membership.paused and seat.user.devices
        )
        if working == 0:
            return None
        return position * (sum(self.handle_times) // len(self.handle_times)) // working


def comes_before(one: QueueVisit, other: QueueVisit) -> bool:
    """The order of R-08.6, in one queue or over several (R-08.20): priority, then entry, then the id of the call. Calls that
    entered one queue in the same instant stand as they came, which is finer than their ids."""
    if one.priority != other.priority:
        return one.priority > other.priority
    if one.since != other.since:
        return one.since < other.since
    if one.queue is other.queue:
        return one.birth < other.birth
    first = one.call.id
    second = other.call.id
    return (len(first), first) < (len(second), second)


def may_take(visit: QueueVisit, seat: Seat) -> bool:
    """Whether `seat` has every skill the call still requires, at the level it requires (R-08.16)."""
    required = visit.skills
    if not required:
        return True
    if required is seat.queue.settings.skills:
        return seat.suits
    return has_skills(seat, required)


def has_skills(seat: Seat, required: dict[str, int]) -> bool:
    """Whether `seat` has every one of these skills, at the level given."""
    held = seat.skills
    for skill, level in required.items():
        if held.get(skill, 0) < level:
            return False
    return True
