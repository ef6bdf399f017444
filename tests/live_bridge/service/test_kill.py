"""Killed while calls come in at fifty a second: what had ended is in history, what had not is closed, phones are found."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.loading.load import load
from engine.records import journal
from engine.records.history import CUT_OFF
from live_bridge.store.journal_store import latest_run, read_run
from tests.live_bridge.service.test_end_to_end import Bridge, document, phone, start, wait_until
from tests.live_bridge.sip.phone import Phone, status
from tests.ports import free_port

pytestmark = pytest.mark.debian

RATE = 50
BEFORE_S = 4
CALL_MS = 800

__all__ = ["document", "phone", "start"]


def test_killed_at_fifty_calls_a_second_nothing_that_ended_is_lost(
    start: Callable[..., Bridge],
    phone: Callable[..., Phone],
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    program = shutil.which("sipp")
    assert program is not None, "install Debian's sip-tester (SIPp) for this test"
    first = start()
    boris = phone("101", first)
    assert status(boris.register(first.password(101))) == 200
    store = first.store()
    wait_until(lambda: len(store.registrations("example")) == 1, 20.0)
    caller = subprocess.Popen(
        [program, "-sn", "uac", f"127.0.0.1:{first.port}", "-s", "74951234567", "-i", "127.0.0.1", "-p", str(free_port()),
         "-mp", str(free_port()), "-r", str(RATE), "-l", "500", "-d", str(CALL_MS), "-nostdin"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tmp_path,
    )  # fmt: skip
    try:
        enough = RATE * BEFORE_S * 3 // 4
        wait_until(lambda: sum(line["type"] == "CallEnded" for line in list(first.lines)) > enough, 60.0)
        first.process.kill()
        first.process.wait()
    finally:
        caller.kill()
        caller.wait()
    first._reader.join()
    started = {line["call"] for line in first.lines if line["type"] == "CallStarted"}
    ended = {line["call"] for line in first.lines if line["type"] == "CallEnded"}
    assert started > ended, "some were in progress"

    begun_s = time.monotonic()
    second = start()
    record_property("ready again after s", round(time.monotonic() - begun_s, 2))
    causes = {record.uuid: record.hangup_cause for record in store.history("example", limit=10_000)}
    assert ended <= set(causes), "every call that had ended is in history"
    assert all(causes[call] != CUT_OFF for call in ended)
    # What was told of is in the journal; the journal may have more than was still read from the dying process.
    assert started <= set(causes)
    assert {causes[call] for call in set(causes) - ended if call in started} <= {CUT_OFF, *(causes[c] for c in ended)}
    assert CUT_OFF in causes.values(), "calls in progress are closed with a cause"
    run = latest_run(store, "example", call=next(iter(ended)))
    assert run is not None
    _, records = read_run(store, run)
    assert sum(1 for _ in records) >= len(ended)
    store.close()

    boris.server = second.address
    boris.on_invite = [(0.0, 180), (0.1, 200)]
    other = phone("89991234567", second)
    dialog, answer = other.call("74951234567")
    assert status(answer) == 200
    other.request(dialog, "INFO", "Signal=1\r\nDuration=160\r\n", kind="application/dtmf-relay")
    assert second.wait("CallAnswered", timeout_s=20.0)["user"] == 101, "the phone was found without registering again"
    other.hang_up(dialog)
    assert second.stop() == 0


def test_killed_while_another_process_held_the_database_nothing_is_lost_at_the_next_start(
    start: Callable[..., Bridge], phone: Callable[..., Phone]
) -> None:
    """R-24.1: the files have what the database could not take; calls in progress are closed with a cause."""
    first = start()
    store = first.store()
    caller = phone("89991234567", first)
    with sqlite3.connect(first.folder / "live.sqlite", isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        for _ in range(5):
            dialog, answer = caller.call("74951234567")
            assert status(answer) == 200
            caller.hang_up(dialog)
        _, answer = caller.call("74951234567")
        assert status(answer) == 200
        wait_until(lambda: sum(line["type"] == "CallEnded" for line in list(first.lines)) == 5, 20.0)
        first.process.kill()
        first.process.wait()
        other.execute("ROLLBACK")
    other.close()
    first._reader.join()
    assert store.count_history("example") == 0
    ended = {line["call"] for line in first.lines if line["type"] == "CallEnded"}
    second = start()
    causes = {record.uuid: record.hangup_cause for record in store.history("example")}
    assert len(causes) == 6 and ended < set(causes)
    assert [call for call, cause in causes.items() if cause == CUT_OFF] == list(set(causes) - ended)
    store.close()
    assert second.stop() == 0


def test_start_while_another_process_holds_the_database_takes_calls_and_closes_the_old_ones_later(
    start: Callable[..., Bridge], phone: Callable[..., Phone]
) -> None:
    """R-24.1: nobody is without a telephone because somebody makes a backup."""
    first = start()
    store = first.store()
    boris = phone("101", first)
    assert status(boris.register(first.password(101))) == 200
    caller = phone("89991234567", first)
    with sqlite3.connect(first.folder / "live.sqlite", isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        dialog, answer = caller.call("74951234567")
        assert status(answer) == 200
        caller.hang_up(dialog)
        _, answer = caller.call("74951234567")
        assert status(answer) == 200
        wait_until(lambda: any(line["type"] == "CallEnded" for line in list(first.lines)), 20.0)
        time.sleep(6.0)  # registrations are written every five seconds
        first.process.kill()
        first.process.wait()
        second = start()
        caller = phone("89991234568", second)
        dialog, answer = caller.call("74951234567")
        assert status(answer) == 200
        boris.server = second.address
        boris.on_invite = [(0.0, 180), (0.1, 200)]
        caller.request(dialog, "INFO", "Signal=1\r\nDuration=160\r\n", kind="application/dtmf-relay")
        assert second.wait("CallAnswered", timeout_s=20.0)["user"] == 101, (
            "the phone was found without registering again"
        )
        caller.hang_up(dialog)
        second.wait("CallEnded")
        other.execute("ROLLBACK")
    other.close()
    wait_until(lambda: store.count_history("example") == 3, 20.0)
    causes = [record.hangup_cause for record in store.history("example")]
    assert causes.count(CUT_OFF) == 1
    assert second.stop() == 0
    runs = {latest_run(store, call=record.uuid) for record in store.history("example")}
    assert len(runs) == 2
    for run in runs:
        assert run is not None
        head, records = read_run(store, run)
        text = store.flow_text(head.flow)
        assert text is not None
        flow = load(text)
        journal.replay(head, list(records), {flow.digest: flow})
    store.close()
