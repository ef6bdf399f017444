"""Several queues with members in common: whose call goes first (R-08.20).

Decides the one order of their calls where several wake up in the same instant. Leaves the order within a queue to
`queue_state.py` and every move to `control/dispatcher.py`.
"""

from __future__ import annotations

import functools

from engine.contract.ids import Instant
from engine.state.queue_state import QueueState, QueueVisit, comes_before


def waiting_where_tiers_open(at: Instant, queue: QueueState) -> list[QueueVisit]:
    """The calls that wait in a queue one of whose tiers opens, and in those that share members with it, or with one another, and
    wake up in the same instant: by weight, then in the order of R-08.6, whichever of the queues wakes up first."""
    queues = [queue]
    for one in queues:  # it grows on the way
        for seat in one.seats:
            for other in seat.user.seats:
                timer = other.queue.tier_timer
                if timer is not None and timer.alive and timer.deadline == at and other.queue not in queues:
                    queues.append(other.queue)
    if len(queues) == 1:
        return queue.in_order()
    found = [visit for one in queues for visit in one.in_order()]
    return sorted(found, key=functools.cmp_to_key(_compare))


def _compare(one: QueueVisit, other: QueueVisit) -> int:
    if one is other:
        return 0
    if one.queue.weight != other.queue.weight:
        return other.queue.weight - one.queue.weight
    return -1 if comes_before(one, other) else 1
