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
from engine.state.timers import DEAD_KEPT, NEVER, RingLane, StayLane, Timer, TimerLane

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
    """One call's stay in a queue. The place in the order never changes, whatever is offered and missed."""

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


class QueueSettings:
    """What the document says of a queue, as far as its state and the dispatcher go by it. Times in microseconds."""

    __slots__ = (
        "strategy", "ring_us", "retry_us", "wrap_up_us", "max_wait_us", "first_relaxation_us", "auto_pause", "join_when_empty",
        "leave_when_empty", "tier_wait_us", "step_us", "weight", "skills", "may_reorder",
    )  # fmt: skip

    def __init__(
        self,
        strategy: str,
        ring_us: Duration,
        retry_us: Duration,
        wrap_up_us: Duration,
        max_wait_us: Duration,
        first_relaxation_us: Duration,
        auto_pause: int,
        join_when_empty: str,
        leave_when_empty: bool,
        tier_wait_us: Duration,
        step_us: Duration,
        weight: int,
        skills: dict[str, int],
        may_reorder: bool,
    ) -> None:
        self.strategy = strategy
        self.ring_us = ring_us
        self.retry_us = retry_us
        self.wrap_up_us = wrap_up_us
        self.max_wait_us = max_wait_us
        self.first_relaxation_us = first_relaxation_us
        """When the first required skill is given up; 0 where none ever is."""
        self.auto_pause = auto_pause
        self.join_when_empty = join_when_empty
        self.leave_when_empty = leave_when_empty
        self.tier_wait_us = tier_wait_us
        self.step_us = step_us
        self.weight = weight
        self.skills = skills
        self.may_reorder = may_reorder
        """Whether a newcomer may stand before a call that came earlier."""


class SeatSettings:
    """What the document says of one member of a queue (R-08.4)."""

    __slots__ = ("user", "position", "tier", "weight", "skills", "static")

    def __init__(
        self, user: int, position: int, tier: int, weight: float, skills: dict[str, int], static: bool = False
    ) -> None:
        self.user = user
        self.position = position
        self.tier = tier
        self.weight = weight
        self.skills = skills
        self.static = static


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

    def best(self, stay: QueueVisit, highest_tier: int) -> Seat | None:
        """The seat that `stay` is offered to, up to `highest_tier`; None when there is none."""
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
        """Those who wait for an offer, first to last, and among them some who do no more."""
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
        self.limits = StayLane(settings.max_wait_us, False)
        self.relaxations = StayLane(settings.first_relaxation_us, True)
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

    def take_in(self, stay: QueueVisit) -> None:
        """`stay` counts as waiting from now on, behind all others."""
        last = self.last_inside
        stay.inside = True
        stay.before = last
        if last is None:
            self.first_inside = stay
        else:
            last.after = stay
        self.last_inside = stay
        self.count += 1

    def let_out(self, stay: QueueVisit) -> None:
        """`stay` does not count any more. Harmless when it did not."""
        if not stay.inside:
            return
        before, after = stay.before, stay.after
        stay.inside = False
        stay.before = stay.after = None
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
        stay = self.first_inside
        while stay is not None:
            found.append(stay)
            stay = stay.after
        return found

    # --- the order of waiting calls (R-08.6) -------------------------------------------------------------------------

    def put(self, stay: QueueVisit) -> None:
        """Let `stay` wait for an offer, at the place its priority and entry give it."""
        stay.state = WAITING
        if stay.listed:
            return
        stay.listed = True
        order = self.order
        end: i64 = len(order)
        if end - self.head > 2 * self.count + DEAD_KEPT:
            self._let_go_of_the_dead()
            order = self.order
            end = len(order)
        order.append(stay)
        if end > self.head and comes_before(stay, order[end - 1]):
            low = self.head
            while low < end:
                middle = (low + end) >> 1
                if comes_before(order[middle], stay):
                    low = middle + 1
                else:
                    end = middle
            order.pop()
            order.insert(low, stay)

    def _let_go_of_the_dead(self) -> None:
        """Those before the head, and those behind it who wait no more."""
        behind = self.order[self.head :]
        for stay in behind:
            stay.listed = stay.state == WAITING
        self.order = [stay for stay in behind if stay.listed]
        self.head = 0

    def first(self) -> QueueVisit | None:
        """The first call that waits for an offer."""
        order = self.order
        head = self.head
        end: i64 = len(order)
        while head < end:
            stay = order[head]
            if stay.state == WAITING:
                if head > DEAD_KEPT:
                    del order[:head]
                    head = 0
                self.head = head
                return stay
            stay.listed = False
            head += 1
        order.clear()
        self.head = 0
        return None

    def first_for(self, seat: Seat) -> QueueVisit | None:
        """The first waiting call that `seat` may take, skills considered."""
        stay = self.first()
        if stay is None or may_take(stay, seat):
            return stay
        asked: dict[str, int] | None = stay.skills  # which the seat lacks; calls of a queue mostly ask for the same
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
        return [stay for stay in self.order[self.head :] if stay.state == WAITING]

    def position(self, stay: QueueVisit) -> int:
        """Place of a waiting call among all not yet answered, counted from 1."""
        if stay.priority == 0 and stay.since >= stay.entered_at and stay.birth == self.born and not self.may_reorder:
            return self.count
        return 1 + sum([1 for other in self.inside() if other is not stay and comes_before(other, stay)])

    # --- tiers (R-08.15) ---------------------------------------------------------------------------------------------

    def open_until(self, at: Instant, stay: QueueVisit) -> tuple[int, Instant]:
        """The highest tier open to a call, and when the next one opens (`NEVER` when only an event can open it)."""
        if stay.skills:
            return self._open_to_skilled(at, stay)
        opens: Instant = 0
        highest = self.tiers[0].number if self.tiers else 0
        for tier in self.tiers:
            if opens > at:
                return highest, opens
            highest = tier.number
            if tier.signed_in:
                opens = NEVER if tier.eligible else max(opens, tier.empty_since + self.tier_wait_us)
        return highest, NEVER

    def _open_to_skilled(self, at: Instant, stay: QueueVisit) -> tuple[int, Instant]:
        """The same for a call that requires skills: members who lack one are not eligible for it (R-08.16), so a tier
        counts only those who have them.
        """
        opens: Instant = 0
        highest = self.tiers[0].number if self.tiers else 0
        for tier in self.tiers:
            if opens > at:
                return highest, opens
            highest = tier.number
            able = [seat for seat in self.seats if seat.tier == highest and may_take(stay, seat)]
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


def may_take(stay: QueueVisit, seat: Seat) -> bool:
    """Whether `seat` has every skill the call still requires, at the level it requires (R-08.16)."""
    required = stay.skills
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
