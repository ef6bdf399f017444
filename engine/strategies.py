"""Who of those who could take a call is offered it: the nine strategies of R-08.8.

Two kinds of pool hold the eligible seats of a queue. A `KeyedPool` is for strategies whose key does not change while a
member is idle: a heap, logarithmic in members. A `RankPool` is for strategies that go by place: a sorted list of ranks.
Leaves to `dispatch.py` when somebody is chosen and what happens then.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from typing import Final

from engine.call import share
from engine.errors import EngineBug
from engine.member import Seat
from engine.queue_state import QueueState, Waiting, may_take

RING_ALL: Final = "ring_all"
LINEAR: Final = "linear"
ROUND_ROBIN: Final = "round_robin"
LONGEST_IDLE: Final = "longest_idle"
FEWEST_CALLS: Final = "fewest_calls"
LEAST_TALK: Final = "least_talk"
RANDOM: Final = "random"
WEIGHTED_RANDOM: Final = "weighted_random"
PROGRESSIVE: Final = "progressive"

ALL: Final = (
    RING_ALL,
    LINEAR,
    ROUND_ROBIN,
    LONGEST_IDLE,
    FEWEST_CALLS,
    LEAST_TALK,
    RANDOM,
    WEIGHTED_RANDOM,
    PROGRESSIVE,
)


class Pool:
    """The eligible seats of one queue, and the choice among them."""

    def add(self, seat: Seat) -> None:
        """`seat` could take a call from now on."""
        raise NotImplementedError

    def drop(self, seat: Seat) -> None:
        """`seat` can take no call any more."""
        raise NotImplementedError

    def best(self, stay: Waiting, highest_tier: int) -> Seat | None:
        """The seat that `stay` is offered to, up to `highest_tier`; None when there is none."""
        raise NotImplementedError


class KeyedPool(Pool):
    """Eligible seats by a key that is fixed while they are idle, in order: tier, key, rank."""

    def __init__(self, queue: QueueState, strategy: str) -> None:
        self.longest_idle = strategy == LONGEST_IDLE
        self.fewest_calls = strategy == FEWEST_CALLS
        self.seats: list[tuple[int, int, int, Seat]] = []

    def add(self, seat: Seat) -> None:
        if self.longest_idle:
            key = seat.user.last_answered_end
        elif self.fewest_calls:
            key = seat.membership.answered
        else:
            key = seat.membership.talk_us
        entry = (seat.tier, key, seat.rank, seat)
        seat.entry = entry
        seats = self.seats
        if not seats or seats[-1] < entry:
            seats.append(entry)  # under `longest_idle` nearly always, as it is the one who has just become free
        else:
            insort(seats, entry)

    def drop(self, seat: Seat) -> None:
        seats = self.seats
        entry = seat.entry
        seat.entry = None
        if entry is not None:
            del seats[0 if seats[0] is entry else bisect_left(seats, entry)]

    def best(self, stay: Waiting, highest_tier: int) -> Seat | None:
        for entry in self.seats:
            if entry[0] > highest_tier:
                return None
            if stay.skills is None or may_take(stay, entry[3]):
                return entry[3]
        return None


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

    def candidates(self, stay: Waiting, highest_tier: int) -> list[Seat]:
        """The seats of the lowest tier that has one for `stay`, by rank."""
        seats = self.queue.seats
        found: list[Seat] = []
        for rank in self.ranks:
            seat = seats[rank]
            if seat.tier > highest_tier or (found and seat.tier != found[0].tier):
                break
            if stay.skills is None or may_take(stay, seat):
                found.append(seat)
        return found

    def best(self, stay: Waiting, highest_tier: int) -> Seat | None:
        if not self.ranks:
            return None
        strategy = self.strategy
        if strategy == RANDOM or strategy == WEIGHTED_RANDOM:
            return self._drawn(self.candidates(stay, highest_tier), stay)
        after = self.queue.last_offered if strategy == ROUND_ROBIN else stay.tried
        seats = self.queue.seats
        if stay.skills is None:
            first = seats[self.ranks[0]]
            if first.tier > highest_tier:
                return None
            index = bisect_right(self.ranks, after)
            if index < len(self.ranks) and seats[self.ranks[index]].tier == first.tier:
                return seats[self.ranks[index]]
            return first
        found = self.candidates(stay, highest_tier)
        for seat in found:
            if seat.rank > after:
                return seat
        return found[0] if found else None

    def _drawn(self, found: list[Seat], stay: Waiting) -> Seat | None:
        if not found:
            return None
        point = share(stay.call.draw(stay.queue.number, stay.call.legs))
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
    if strategy in (LONGEST_IDLE, FEWEST_CALLS, LEAST_TALK):
        return KeyedPool(queue, strategy)
    return RankPool(queue, strategy)
