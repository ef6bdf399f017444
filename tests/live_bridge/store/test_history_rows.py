"""Calls are found among others by what the History page asks, page after page, each by an index (R-24.1)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks import history as measured
from live_bridge.store import tables as t
from live_bridge.store.history_rows import CallFilter, Place, place_of
from live_bridge.store.store import Store
from tests.harness import rule

CALLS = 2000


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    made = Store(f"sqlite:///{tmp_path_factory.mktemp('history') / 'pbx.sqlite'}")
    measured.fill(made, CALLS)
    yield made
    made.close()


KNOWN = list(measured.calls(CALLS))[::-1]
"""The same calls, the latest first."""


def seen(store: Store, wanted: CallFilter, most: int = 7) -> list[str]:
    """All calls that a filter finds, page after page."""
    found: list[str] = []
    before: Place | None = None
    while True:
        page = store.history(measured.PBX, wanted, before=before, limit=most)
        found += [one.uuid for one in page]
        if len(page) < most:
            return found
        before = place_of(Place(page[-1].start, page[-1].uuid).text())


def touches(record: Any, number: int) -> bool:
    return any(visit.element == number or visit.by == str(number) for visit in record.events)


@rule("R-24.1", "R-25.6")
@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        (CallFilter(), lambda one: True),
        (CallFilter(since=KNOWN[700].start, until=KNOWN[40].start), lambda one: KNOWN[700].start <= one.start < KNOWN[40].start),
        (CallFilter(number="8 (916) 000-00-07"), lambda one: one.caller_id_number == "89160000007"),
        (CallFilter(number="+74951234567", outcome="unanswered"),
         lambda one: one.destination_number == "74951234567" and one.user_talk_us == 0),
        (CallFilter(touching=(5300,)), lambda one: touches(one, 5300)),
        (CallFilter(touching=(5200, 104)), lambda one: touches(one, 5200) and touches(one, 104)),
        (CallFilter(touching=(104,), number="84951234567"),
         lambda one: touches(one, 104) and one.destination_number == "74951234567"),
        (CallFilter(direction="inbound", until=KNOWN[9].start),
         lambda one: one.accountcode != "local" and one.start < KNOWN[9].start),
        (CallFilter(direction="local"), lambda one: one.accountcode == "local"),
        (CallFilter(direction="inbound", accountcode="missed"), lambda one: one.accountcode == "missed"),
        (CallFilter(direction="inbound", accountcode="local"), lambda one: False),
        (CallFilter(direction="inbound", touching=(5300,)), lambda one: one.accountcode != "local" and touches(one, 5300)),
        (CallFilter(outcome="answered", flow=measured.VERSIONS[3]),
         lambda one: one.user_talk_us > 0 and one.flow == measured.VERSIONS[3]),
        (CallFilter(cause="INVALID_NUMBER_FORMAT"), lambda one: one.hangup_cause == "INVALID_NUMBER_FORMAT"),
        (CallFilter(touching=(5200,), flow=measured.VERSIONS[20], outcome="unanswered"),
         lambda one: touches(one, 5200) and one.flow == measured.VERSIONS[20] and one.user_talk_us == 0),
    ],
)  # fmt: skip
def test_every_filter_finds_its_calls_and_no_other_each_once_and_in_order(
    store: Store, wanted: CallFilter, fits: Any
) -> None:
    assert seen(store, wanted, 97) == [one.uuid for one in KNOWN if fits(one)]


def test_calls_of_one_instant_stand_on_one_page_or_the_other(tmp_path: Path) -> None:
    made = Store(f"sqlite:///{tmp_path / 'pbx.sqlite'}")
    measured.fill(made, 20)
    with made.engine.begin() as connection:
        connection.execute(t.history.update().values(start_stamp=5))
    found = seen(made, CallFilter(), 3)
    assert len(found) == 20 and found == sorted(found, reverse=True)
    made.close()


@pytest.mark.parametrize("name", sorted(measured.ASKED))
def test_every_filter_is_answered_by_an_index_that_has_calls_in_their_order(store: Store, name: str) -> None:
    """No step reads a table from one end to the other or sorts what it found, but for the merging of pages."""
    wanted = measured.ASKED[name]
    steps = measured.plan(store, wanted, Place(KNOWN[1000].start, KNOWN[1000].uuid))
    searches = [step for step in steps if step.startswith("SEARCH")]
    assert searches and not any(step.startswith("SCAN") and "anon_" not in step for step in steps)
    assert any("(start_stamp,uuid)<(?,?)" in step for step in searches), "it goes on where the page before ended"
    merged = any("COMPOUND" in step for step in steps)
    assert merged or not any("TEMP B-TREE" in step for step in steps)


@pytest.mark.parametrize("word", ["", "7", ".", "x.y", "1795422600000000.", "9" * 30 + ".c1"])
def test_a_place_that_no_page_named_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="is no place in the history"):
        place_of(word)
