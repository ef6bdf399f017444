"""Who of those who could take a call is offered it: the nine strategies of R-08.8.

Three kinds of pool hold the eligible seats of a queue. A `KeyedPool` is for strategies whose key does not change while a
member is idle: a list in order of that key. An `IdlePool` is for the one of them under which who becomes free nearly always
comes last: chains. A `RankPool` is for strategies that go by place: a sorted list of ranks.
Leaves to `dispatcher.py` when somebody is chosen and what happens then.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from typing import Final

from mypy_extensions import i64

from engine.contract.errors import EngineBug
from engine.state.call import share
from engine.state.member import IdleChain, Seat
from engine.state.queue_state import Pool, QueueState, QueueVisit, may_take

RING_ALL: Final = "ring_all"
LINEAR: Final = "linear"
ROUND_ROBIN: Final = "round_robin"
LONGEST_IDLE: Final = "longest_idle"
FEWEST_CALLS: Final = "fewest_calls"
LEAST_TALK: Final = "least_talk"
RANDOM: Final = "random"
WEIGHTED_RANDOM: Final = "weighted_random"
PROGRESSIVE: Final = "progressive"

TAKEN_KEPT: Final = 64
"""Seats that were taken and still stand before the others: letting go of many at once is cheaper."""


class IdlePool(Pool):
    """Eligible seats by tier, then by who has been idle longest, then by rank: a chain for each tier."""

    def __init__(self, queue: QueueState) -> None:
        self.chains = [IdleChain(tier.number) for tier in queue.tiers]
        for seat in queue.seats:
            seat.chain = next(chain for chain in self.chains if chain.tier == seat.tier)

    def add(self, seat: Seat) -> None:
        seat.key = seat.user.last_answered_end
        chain = seat.chain
        assert chain is not None
        before = chain.last
        first = chain.first
        if first is not None and _before(seat, first):
            before = None
        while before is not None and _before(seat, before):
            before = before.before
        after = first if before is None else before.after
        seat.before = before
        seat.after = after
        if before is None:
            chain.first = seat
        else:
            before.after = seat
        if after is None:
            chain.last = seat
        else:
            after.before = seat

    def drop(self, seat: Seat) -> None:
        chain = seat.chain
        assert chain is not None
        before, after = seat.before, seat.after
        if before is None:
            chain.first = after
        else:
            before.after = after
        if after is None:
            chain.last = before
        else:
            after.before = before
        seat.before = seat.after = None

    def best(self, visit: QueueVisit, highest_tier: int) -> Seat | None:
        lacking: dict[str, int] | None = None  # what the last one who could not has; many members have the same skills
        for chain in self.chains:
            if chain.tier > highest_tier:
                return None
            seat = chain.first
            if seat is not None and visit.skills is None:
                return seat
            while seat is not None:
                if seat.skills is not lacking:
                    if may_take(visit, seat):
                        return seat
                    lacking = seat.skills
                seat = seat.after
        return None


class KeyedPool(Pool):
    """Eligible seats by a key that is fixed while they are idle, in order: tier, key, rank. Who is taken stands first mostly,
    and moves no other.
    """

    def __init__(self, queue: QueueState, strategy: str) -> None:
        self.fewest_calls = strategy == FEWEST_CALLS
        self.seats: list[Seat] = []
        self.head: i64 = 0
        """Seats before it have been taken."""

    def add(self, seat: Seat) -> None:
        if self.fewest_calls:
            seat.key = seat.membership.answered
        else:
            seat.key = seat.membership.talk_us
        seats = self.seats
        seats.append(seat)
        place: i64 = len(seats) - 1
        head = self.head
        if place > head and _before(seat, seats[place - 1]):
            place = self._place(seat, place)
            seats.pop()
            seats.insert(place, seat)

    def _place(self, seat: Seat, end: i64) -> i64:
        """Where `seat` is or belongs, up to `end`."""
        seats = self.seats
        low = self.head
        while low < end:
            middle = (low + end) >> 1
            if _before(seats[middle], seat):
                low = middle + 1
            else:
                end = middle
        return low

    def drop(self, seat: Seat) -> None:
        seats = self.seats
        head = self.head
        if seats[head] is seat:
            head += 1
            if head > TAKEN_KEPT or head == len(seats):
                del seats[:head]
                head = 0
            self.head = head
            return
        place = self._place(seat, len(seats))
        if place >= len(seats) or seats[place] is not seat:
            raise EngineBug(
                f"member {seat.user.number} leaves the pool of queue {seat.queue.number} without being in it"
            )
        del seats[place]

    def best(self, visit: QueueVisit, highest_tier: int) -> Seat | None:
        seats = self.seats
        place = self.head
        end: i64 = len(seats)
        lacking: dict[str, int] | None = None  # what the last one who could not has; many members have the same skills
        while place < end:
            seat = seats[place]
            if seat.tier > highest_tier:
                return None
            if visit.skills is None:
                return seat
            if seat.skills is not lacking:
                if may_take(visit, seat):
                    return seat
                lacking = seat.skills
            place += 1
        return None


def _before(one: Seat, other: Seat) -> bool:
    if one.tier != other.tier:
        return one.tier < other.tier
    if one.key != other.key:
        return one.key < other.key
    return one.rank < other.rank


class RankPool(Pool):
    """Eligible seats by rank (tier, position, number)."""

    def __init__(self, queue: QueueState, strategy: str) -> None:
        self.queue = queue
        self.strategy = strategy
        self.ranks: list[int] = []

    def add(self, seat: Seat) -> None:
        insort(self.ranks, seat.rank)

    def drop(self, seat: Seat) -> None:
        index = bisect_left(self.ranks, seat.rank)
        if index >= len(self.ranks) or self.ranks[index] != seat.rank:
            raise EngineBug(
                f"member {seat.user.number} leaves the pool of queue {self.queue.number} without being in it"
            )
        del self.ranks[index]

    def candidates(self, visit: QueueVisit, highest_tier: int) -> list[Seat]:
        """The seats of the lowest tier that has one for `visit`, by rank."""
        seats = self.queue.seats
        found: list[Seat] = []
        for rank in self.ranks:
            seat = seats[rank]
            if seat.tier > highest_tier or (found and seat.tier != found[0].tier):
                break
            if visit.skills is None or may_take(visit, seat):
                found.append(seat)
        return found

    def best(self, visit: QueueVisit, highest_tier: int) -> Seat | None:
        if not self.ranks:
            return None
        strategy = self.strategy
        if strategy == RANDOM or strategy == WEIGHTED_RANDOM:
            return self._drawn(self.candidates(visit, highest_tier), visit)
        after = self.queue.last_offered if strategy == ROUND_ROBIN else visit.tried
        seats = self.queue.seats
        if visit.skills is None:
            first = seats[self.ranks[0]]
            if first.tier > highest_tier:
                return None
            index = bisect_right(self.ranks, after)
            if index < len(self.ranks) and seats[self.ranks[index]].tier == first.tier:
                return seats[self.ranks[index]]
            return first
        found = self.candidates(visit, highest_tier)
        for seat in found:
            if seat.rank > after:
                return seat
        return found[0] if found else None

    def _drawn(self, found: list[Seat], visit: QueueVisit) -> Seat | None:
        if not found:
            return None
        point = share(visit.call.draw(visit.queue.number, visit.call.legs))
        if self.strategy == RANDOM:
            return found[int(point * len(found))]
        total = sum(seat.weight for seat in found)
        mark = point * total
        for seat in found:
            mark -= seat.weight
            if mark < 0:
                return seat
        return found[-1]


def make_pool(queue: QueueState, strategy: str) -> Pool:
    """The pool that holds the eligible seats of `queue` under `strategy`."""
    if strategy == LONGEST_IDLE:
        return IdlePool(queue)
    if strategy in (FEWEST_CALLS, LEAST_TALK):
        return KeyedPool(queue, strategy)
    return RankPool(queue, strategy)
