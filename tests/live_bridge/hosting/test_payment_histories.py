"""A few hundred histories of payments against the naive judge; ten thousand at night."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from live_bridge.hosting import ledger
from live_bridge.hosting.database import Database
from tests.harness import rule
from tests.live_bridge.hosting.judge import acts, hold_against


@rule("R-21.7", "R-21.12")
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=acts)
def test_payments_agree_with_a_naive_judge(sqlite: Database, history: list[tuple[str, int, int, int]]) -> None:
    hold_against(sqlite, history)


def test_books_of_all_these_histories_cancel_out(sqlite: Database) -> None:
    with sqlite.reading() as connection:
        assert ledger.faults(connection) == []
