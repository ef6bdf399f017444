"""What members did is kept beside the history, from what the engine said and heard: nothing has to be inferred."""

from __future__ import annotations

import io
import json
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.causes import Cause
from engine.contract.ids import SECOND_US
from engine.loading.load import load
from live_bridge.store import activity_export
from live_bridge.store.member_activity import EVENTS, MemberBook, seats_of
from live_bridge.store.store import KEEP_ACTIVITY_US, Store
from tests.harness import rule
from tests.live_bridge.journals import Run
from tests.live_bridge.store.test_store import EXAMPLE, HOST, START, header, live_day

UTC = ZoneInfo("UTC")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(f"sqlite:///{tmp_path / 'pbx.sqlite'}")


def told(book: MemberBook, *said: tuple[float, ev.Event | note.Note]) -> list[tuple[object, ...]]:
    """Second, member, event, queue, reason and length in seconds of the rows made of messages."""
    rows = []
    for at_s, message in said:
        at = round(at_s * SECOND_US)
        take = book.take_event if isinstance(message, ev.Event) else book.take_note
        for kind, (_, when, member, event, queue, reason, _call, lasted) in take(at, message):  # type: ignore[arg-type]
            assert kind == "member_activity" and event in EVENTS
            length = None if lasted is None else lasted / SECOND_US
            rows.append((when / SECOND_US, member, event, queue, reason, length))
    return rows


@rule("R-08.4", "R-24.1")
def test_one_offer_taken_is_ringing_talk_and_wrap_up_with_their_lengths() -> None:
    book = MemberBook("example", lambda _: {})
    rows = told(
        book,
        (0, note.LegStarted(leg="c1.1", call="c1", user=100)),
        (0, note.CallOffered(call="c1", queue=5200, member=100, leg="c1.1")),
        (0, note.MemberChanged(member=100, state="ringing")),
        (4, note.MemberChanged(member=100, state="talking")),
        (4, note.CallAnswered(call="c1", element=5200, leg="c1.1", user=100, wait_us=9_000_000)),
        (64, note.LegFinished(leg="c1.1", call="c1", cause=Cause.NORMAL_CLEARING, answered=True, talk_us=60 * SECOND_US)),
        (64, note.MemberChanged(member=100, state="wrap_up")),
        (79.5, note.MemberChanged(member=100, state="idle")),
    )  # fmt: skip
    assert rows == [
        (0, 100, "answered", 5200, "", 4),
        (4, 100, "talked", 5200, "", 60),
        (64, 100, "wrap_up", 5200, "", 15.5),
    ]


def test_missed_offers_begin_when_they_rang_and_withdrawn_ones_are_no_fault() -> None:
    book = MemberBook("example", lambda _: {})
    rows = told(
        book,
        (0, note.CallOffered(call="c1", queue=5200, member=100, leg="c1.1")),
        (20, note.OfferMissed(call="c1", queue=5200, member=100, leg="c1.1", cause=Cause.NO_ANSWER, ring_us=20_000_000)),
        (20, note.MemberChanged(member=100, state="retry_wait")),
        (30, note.MemberChanged(member=100, state="idle")),
        (40, note.CallOffered(call="c1", queue=5200, member=101, leg="c1.2")),
        (45, note.OfferWithdrawn(call="c1", queue=5200, member=101, leg="c1.2", reason="caller_left")),
    )  # fmt: skip
    assert rows == [(0, 100, "missed", 5200, "NO_ANSWER", 20), (20, 100, "retry_wait", None, "", 10)]


def test_phones_count_from_the_first_to_the_last_and_refreshing_says_nothing() -> None:
    book = MemberBook("example", lambda _: {})
    rows = told(
        book,
        (1, ev.DeviceRegistered(user=100, device="desk")),
        (2, ev.DeviceRegistered(user=100, device="desk")),
        (3, ev.DeviceRegistered(user=100, device="mobile")),
        (4, ev.DeviceUnregistered(user=100, device="desk")),
        (5, ev.DeviceUnregistered(user=100, device="mobile")),
        (6, ev.DeviceUnregistered(user=100, device="mobile")),
        (7, ev.DoNotDisturbSet(user=100, on=True)),
        (8, ev.DoNotDisturbSet(user=100, on=True)),
        (9, ev.DoNotDisturbSet(user=100, on=False)),
    )
    assert [(row[0], row[2]) for row in rows] == [(1, "reachable"), (5, "unreachable"), (7, "dnd"), (9, "dnd_over")]


def test_numbers_outside_are_not_in_what_is_kept_of_a_transfer() -> None:
    book = MemberBook("example", lambda _: {})
    rows = told(
        book,
        (0, note.LegStarted(leg="c1.1", call="c1", user=100)),
        (1, note.CallTransferred(call="c1", to="+79161234567", leg="c1.1")),
        (2, note.CallTransferred(call="c1", to="5300", leg="c1.1")),
    )
    assert [row[4] for row in rows] == ["outside", "5300"] and rows[0][1] == 100


def test_a_start_names_the_seats_and_a_promotion_those_that_are_new() -> None:
    flow = load(EXAMPLE.read_bytes())
    seats = seats_of(flow)
    book = MemberBook("example", lambda digest: {**seats, 999: [5200]} if digest == "new" else seats)
    begun = [row[1] for row in book.begin(0, "old")]
    assert begun[0][3] == "started" and {row[2] for row in begun[1:]} == set(seats)
    assert told(book, (5, ev.FlowPromoted(flow="new"))) == [(5, 999, "in", 5200, "", None)]


@rule("R-24.4")
def test_a_day_is_written_read_in_pages_exported_and_deleted_when_old(store: Store) -> None:
    flow = load(EXAMPLE.read_bytes())
    run = live_day(store, flow, 3)
    run.close()
    first = activity_export.page(store, "example", limit=3)
    rest = activity_export.page(store, "example", after=first[-1][0])
    everything = activity_export.page(store, "example")
    assert [*first, *rest] == everything and len(everything) > 6
    assert {one.event for _, one in everything} >= {"started", "stopped", "reachable"}
    assert not activity_export.page(store, "another")
    file = io.BytesIO()
    count = activity_export.write(activity_export.rows(store, "example", UTC), "json", file)
    lines = [json.loads(line) for line in file.getvalue().splitlines()]
    assert count == len(lines) == len(everything) and tuple(lines[0]) == activity_export.COLUMNS
    text = io.BytesIO()
    assert activity_export.write(activity_export.rows(store, "example", UTC), "csv", text) == count
    table = io.BytesIO()
    assert activity_export.write(activity_export.rows(store, "example", UTC), "parquet", table) == count
    latest = max(one.at for _, one in everything)
    assert store.tidy(latest + KEEP_ACTIVITY_US + 1, Path("/none"))["member_activity"] == count


def test_a_run_of_an_older_version_has_no_activity_and_goes_on(store: Store) -> None:
    """Nothing about members is needed to open or replay what was written before."""
    run = Run(store, "example", header(load(EXAMPLE.read_bytes())), HOST)
    run.append(START, ev.DeviceRegistered(user=100))
    run.close()
    assert [one.event for _, one in activity_export.page(store, "example", member=100)] == ["reachable"]
