"""A bridge that is started again goes on behind the last instant of the run before, also when the clock was set back since."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable

import pytest

from live_bridge.store.journal_store import last_instant
from tests.live_bridge.service.test_end_to_end import Bridge, document, phone, start, wait_until
from tests.live_bridge.sip.phone import Phone, status

pytestmark = pytest.mark.debian

US = 1_000_000

__all__ = ["document", "phone", "start"]


@pytest.mark.parametrize(
    ("ahead_s", "carried_on"), [(600, True), pytest.param(30 * 86_400, False, marks=pytest.mark.nightly)]
)
def test_calls_of_a_bridge_started_again_begin_after_those_of_before(
    start: Callable[..., Bridge], phone: Callable[..., Phone], ahead_s: int, carried_on: bool
) -> None:
    """Ten minutes are gone on from. A month ahead was a clock that was wrong: the bridge takes the time as it is, and says so."""
    first = start()
    store = first.store()
    assert first.stop() == 0
    ended_at = time.time_ns() // 1000 + ahead_s * US
    with sqlite3.connect(first.folder / "live.sqlite") as database:
        database.execute("UPDATE runs SET ended_at = ?", (ended_at,))
    database.close()
    assert last_instant(store, "example") == ended_at
    second = start()
    caller = phone("89991234567", second)
    dialog, answer = caller.call("74951234567")
    assert status(answer) == 200
    caller.hang_up(dialog)
    wait_until(lambda: store.count_history("example") == 1, 20.0)
    begun = store.history("example")[0].start
    if carried_on:
        assert ended_at <= begun < ended_at + 300 * US
    else:
        assert abs(begun - time.time_ns() // 1000) < 300 * US
    store.close()
    assert second.stop() == 0
