"""Who would land elsewhere with another version: over the year to come, and of the bridge's own calls of late (R-25.8).

Decides which calls of the history are asked about: those from outside, by the number of the trunk they came on. Leaves where a
call lands to `engine/analysis/compare.py`, which asks the elements of both versions. Some 0.2 s for 20,000 calls; never in the
thread of the calls.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Final

from engine.analysis import compare, reach
from engine.analysis.compare import LoggedCall
from engine.analysis.elsewhere import in_short
from engine.contract.ids import SECOND_US, Instant
from engine.records.gate import Elsewhere
from engine.records.history import CallRecord
from engine.state.flow import Flow
from live_bridge.store.rows import StoreError

log = logging.getLogger(__name__)

DAYS: Final = 30
"""Of the history, where nobody says how many."""

CALLS_MOST: Final = 20_000
"""Calls of the history that are asked about, the latest."""

DAY_US: Final = 86400 * SECOND_US

FROM_OUTSIDE: Final = ("inbound", "missed")

History = Callable[[Instant, int], Sequence[CallRecord]]
"""The latest calls that began at an instant or later, so many at most. StoreError."""


def elsewhere(live: Flow, flow: Flow, now: Instant, history: History, days: int = DAYS) -> Elsewhere:
    """Who would land elsewhere with `flow` than with `live`: over a year from `now` on, and of the calls of the last days. While
    the database does not answer, the year alone is told."""
    begun = now - now % (60 * SECOND_US)
    return in_short(compare.compare(live, flow, *reach.year(live, begun), _calls(live, now, history, days)))


def _calls(live: Flow, now: Instant, history: History, days: int) -> list[LoggedCall] | None:
    try:
        found = history(now - days * DAY_US, CALLS_MOST)
    except StoreError as error:
        log.warning("who of late callers would land elsewhere is not told: %s", error)
        return None
    calls = []
    for record in found:
        if record.accountcode in FROM_OUTSIDE:
            trunk = live.trunks.get(record.gateway)
            number = record.destination_number if trunk is None else trunk.number
            calls.append(LoggedCall(at=record.start, number=number, caller=record.caller_id_number))
    return calls
