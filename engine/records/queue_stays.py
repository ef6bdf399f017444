"""Stays of calls in queues, and what became of each, from the visits of the history (R-08.22, R-24.1).

Decides what counts as answered, abandoned, refused, timed out or left, of calls that are over and of calls in progress: history,
wallboard and whoever counts by hand come to the same figures. Leaves adding up to who asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal

import msgspec

from engine.contract.causes import Party
from engine.contract.ids import Duration, Instant
from engine.records.history import ElementVisit

Outcome = Literal["waiting", "answered", "abandoned", "refused", "timed_out", "left"]

QUEUE: Final = "queue"
REFUSALS: Final = frozenset({"full", "join_empty"})
"""Outputs of calls that a queue did not take (R-08.13)."""
TIMEOUT: Final = "timeout"


class Stay(msgspec.Struct, frozen=True):
    """One call's stay in one queue. `wait_us` runs to the answer or to its end; 0 of a call that was refused or still waits."""

    queue: int
    entered_at: Instant
    outcome: Outcome
    wait_us: Duration = 0


def stays(visits: Sequence[ElementVisit], party: Party | None) -> Iterator[Stay]:
    """Stays of one call, in order; `party` ended it, None while it is in progress.

    >>> waits = ElementVisit(element=5200, kind="queue", enter=10, leave=70)
    >>> [(one.outcome, one.wait_us) for one in stays([waits], Party.CALLER)]
    [('abandoned', 60)]
    """
    for place, visit in enumerate(visits):
        if visit.kind != QUEUE:
            continue
        is_last = place == len(visits) - 1
        outcome: Outcome
        end = visit.leave
        if visit.answer is not None:
            outcome, end = "answered", visit.answer
        elif visit.output in REFUSALS:
            outcome, end = "refused", None
        elif visit.output:
            outcome = "timed_out" if visit.output == TIMEOUT else "left"
        elif not is_last:
            outcome = "left"  # somebody took it elsewhere
        elif party is None:
            outcome, end = "waiting", None
        else:
            outcome = "abandoned" if party == Party.CALLER else "left"
        yield Stay(visit.element, visit.enter, outcome, 0 if end is None else max(0, end - visit.enter))
