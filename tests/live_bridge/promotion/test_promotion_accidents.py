"""Promotion while things go wrong: one clear outcome, nothing half done, a trail that is whole (R-25.5, R-25.6, R-25.9).

A real bridge with its HTTP API each time. A bridge killed in the middle of a promotion and a disk that is full are in
`tests/live_bridge/service/test_accidents.py`.
"""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import msgspec
import pytest

from engine.contract import notes as note
from live_bridge.api.server import serve_api
from live_bridge.calls.clock import Clock
from live_bridge.promotion.control import Standing
from live_bridge.service import service as bridge_service
from live_bridge.service.service import Service
from live_bridge.store import audit, journal_file
from live_bridge.store.store import BUSY_WAIT_S
from tests.harness import rule
from tests.live_bridge.api.test_api import Api
from tests.live_bridge.api.test_versions import live, publish
from tests.live_bridge.service.test_end_to_end import wait_until
from tests.live_bridge.sip.phone import Phone, status

DAY_NS = 86_400 * 10**9

HOLDER = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
database.execute("ROLLBACK")
"""


@contextmanager
def held_by_another_process(api: Api) -> Iterator[None]:
    words = [sys.executable, "-I", "-c", HOLDER, str(api.service.config.folder / "live.sqlite")]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdin is not None and holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        yield
        holder.stdin.close()
        assert holder.wait(20) == 0


def given_to_new_calls(api: Api) -> tuple[str, str | None]:
    """Live version and canary of the engine."""

    def asked(controller: Any) -> tuple[str, str | None]:
        versions = controller.engine.versions
        return versions.live.digest, None if versions.canary is None else versions.canary.digest

    return api.service.driver.ask_inside(asked)


def agreed(api: Api) -> Standing:
    """How versions stand, once the bridge, its engine, its database and what a start would find say the same, and the trail is
    whole: every deed is in it once, in order."""
    service = api.service
    assert service.versions is not None and service.records.settle(20.0)
    standing = service.versions.standing()
    assert given_to_new_calls(api) == (standing.live[-1], standing.canary or None)
    changes = service.store.version_changes("example", starts=True)
    assert msgspec.json.decode(changes[0].standing, type=Standing) == standing, "what a start finds is what holds"
    state = service.records.state
    verdict = audit.verify(service.store, "example", state.signer, state.trail_head)
    assert verdict.whole and verdict.signed, verdict
    assert audit.read_head(service.config.folder) == state.trail_head
    deeds = [
        (one.action, one.flow) for one in audit.entries(service.store, "example") if one.covers.startswith("change")
    ]
    assert deeds == [(one.action, one.flow) for one in reversed(changes)]
    return standing


def deeds(api: Api) -> list[tuple[str, str]]:
    """What was done by whom, the first one first."""
    return [(one.action, one.by) for one in reversed(api.service.store.version_changes("example"))]


@rule("R-25.5", "R-25.6")
def test_promotion_while_another_process_holds_the_database_holds_at_once_and_is_in_it_afterwards(
    api: Api, text: str
) -> None:
    second = publish(api, text.replace("wrap_up: 20", "wrap_up: 25"))
    third = publish(api, text.replace("wrap_up: 20", "wrap_up: 26"))
    assert api.service.records.settle()
    with held_by_another_process(api):
        begun_s = time.monotonic()
        assert api.ask("POST", f"/api/versions/{second}/promote", "versions:write").status_code == 200
        tried = api.ask("POST", f"/api/versions/{third}/promote", "versions:write", json={"share": 0.25})
        assert tried.status_code == 200 and time.monotonic() - begun_s < BUSY_WAIT_S, "nobody waits for the database"
        assert given_to_new_calls(api) == (second, third)
        changes = api.ask("GET", "/api/versions/changes", "versions:read").json()
        assert [one["flow"] for one in changes[:2]] == [third, second]
    standing = agreed(api)
    assert (standing.live[-1], standing.canary, standing.share) == (second, third, 0.25)


@rule("R-25.5", "R-25.6")
def test_two_operators_who_promote_at_once_are_both_told_the_truth(api: Api, text: str) -> None:
    """Real HTTP, both at the same moment, again and again: whoever was last has their way, and both deeds stand in the trail."""
    operators = {
        name: (publish(api, text.replace("wrap_up: 20", f"wrap_up: {25 + n}")), api.token(name, "versions:write"))
        for n, name in enumerate(("Olga", "Petr"))
    }
    notes: list[note.FlowChanged] = []
    leave = api.service.driver.subscribe(
        lambda _, said: notes.append(said) if isinstance(said, note.FlowChanged) else None
    )
    ready = threading.Barrier(2)

    def promotes(name: str) -> list[str]:
        flow, token = operators[name]
        told = []
        with httpx.Client(base_url=api.base, trust_env=False, timeout=20) as client:
            for turn in range(5):
                ready.wait(20)
                answer = client.post(
                    f"/api/versions/{flow}/promote", json={"share": 0.25 if turn == 4 else 1.0},
                    headers={"Authorization": f"Bearer {token}"},
                )  # fmt: skip
                assert answer.status_code == 200, answer.text
                told.append(answer.json()["live"])
        return told

    with ThreadPoolExecutor(2) as both:
        told = dict(zip(operators, both.map(promotes, operators), strict=True))
    leave()
    assert all(told[name][:4] == [operators[name][0]] * 4 for name in operators), (
        "each is told what was live when served"
    )
    standing = agreed(api)
    done = [(by, flow) for action, by, flow in reversed(changes_of(api)) if action == "promote"]
    assert len(done) == 10 and all(operators[by][0] == flow for by, flow in done)
    assert [one.flow for one in notes] == [flow for _, flow in done], "effects in the order of the trail"
    (_, whole), (_, first_try), (_, last_try) = done[-3:]
    assert standing.live[-1] == whole and {first_try, last_try} == {flow for flow, _ in operators.values()}
    assert standing.canary == ("" if last_try == whole else last_try), "a share of the live version itself ends a trial"


def changes_of(api: Api) -> list[tuple[str, str, str]]:
    return [(one.action, one.by, one.flow) for one in api.service.store.version_changes("example")]


class Disk:
    """A disk that does not confirm what it was given, for as long as somebody says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.fails = False
        monkeypatch.setattr(journal_file, "_wait_for_disk", self.wait)

    def wait(self, fd: int) -> None:
        if self.fails:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        os.fdatasync(fd)


@rule("R-25.5", "R-25.6")
def test_promotion_that_the_disk_does_not_confirm_is_taken_back_as_soon_as_it_takes_something(
    api: Api, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The promotion may be on the disk or not. The bridge says no, so a start must find no, too."""
    first = live(api)
    second = publish(api, text.replace("wrap_up: 20", "wrap_up: 25"))
    disk = Disk(monkeypatch)
    head = api.service.records.state.trail_head
    disk.fails = True
    refused = api.ask("POST", f"/api/versions/{second}/promote", "versions:write")
    assert refused.status_code == 503 and "taken back" in refused.json()["detail"], refused.text
    assert given_to_new_calls(api) == (first, None) and live(api) == first
    assert audit.read_head(api.service.config.folder) == head, "killed now, no end of the trail would seem to be cut"
    again = api.ask("POST", f"/api/versions/{second}/promote", "versions:write")
    assert again.status_code == 503 and "nothing was changed" in again.json()["detail"]
    disk.fails = False
    wait_until(lambda: not api.service.records.file.failed, 20.0)
    assert api.ask("POST", f"/api/versions/{second}/promote", "versions:write", json={"share": 0.5}).status_code == 200
    standing = agreed(api)
    assert (standing.live[-1], standing.canary) == (first, second)
    assert [action for action, _ in deeds(api)] == ["publish", "promote", "undone", "promote"]


class WallClock:
    """The wall clock of this machine, moved by hand. The monotonic one is real."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.moved_ns = 0
        real = time.time_ns
        monkeypatch.setattr(time, "time_ns", lambda: real() + self.moved_ns)
        monkeypatch.setattr(bridge_service, "Clock", lambda: Clock(utc_ns=lambda: time.time_ns()))


def counted(api: Api) -> int:
    """Calls that count in the canary's figures."""
    figures = api.ask("GET", "/api/versions/canary", "versions:read").json()["canary"]["figures"]
    return sum(figures["service_level"][side]["calls"] for side in ("canary", "live")) if figures else 0


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> WallClock:
    return WallClock(monkeypatch)


@rule("R-25.6", "R-25.9")
def test_wall_clock_that_jumps_during_a_canary_moves_neither_its_share_nor_its_plan_nor_its_figures(
    wall: WallClock, api: Api, text: str, calls: Callable[[Api, int], None]
) -> None:
    """A year on, two years back, and then a start by a clock that stands a day before the canary began."""
    first = live(api)
    second = publish(api, text.replace("wrap_up: 20", "wrap_up: 25"))
    plan = {"shares": [0.5, 1.0], "each_s": 3600, "least_calls": 1}
    assert api.ask("POST", f"/api/versions/{second}/promote", "versions:write", json={"plan": plan}).status_code == 200
    for moved_ns in (0, 365 * DAY_NS, -365 * DAY_NS):
        wall.moved_ns = moved_ns
        calls(api, 3)
    wait_until(lambda: counted(api) == 9, 20.0)
    standing = agreed(api)
    assert (standing.live[-1], standing.canary, standing.share) == (first, second, 0.5), "its half hour is not over"
    assert standing.trial is not None and standing.trial.plan is not None and standing.trial.plan.shares == (1.0,)

    api.service.stop(drain_s=0)
    wall.moved_ns = -DAY_NS
    api.service = Service(api.service.config, extras=(serve_api,))
    api.service.start()
    assert given_to_new_calls(api) == (first, second)
    calls(api, 3)
    wait_until(lambda: counted(api) == 3, 20.0)  # it is watched, from now on
    begun_at = api.ask("GET", "/api/versions/canary", "versions:read").json()["canary"]["begun_at"]
    assert begun_at <= time.time_ns() // 1000 and api.service.versions.standing().share == 0.5  # type: ignore[union-attr]
    assert api.ask("POST", "/api/versions/rollback", "versions:write").status_code == 200
    standing = agreed(api)
    assert (standing.live[-1], standing.canary) == (first, "")
    assert [action for action, _ in deeds(api)] == ["publish", "promote", "roll_back"], (
        "in the order in which they were done"
    )


@pytest.fixture
def calls() -> Callable[[Api, int], None]:
    """Callers who hang up in the greeting."""

    def come(api: Api, count: int) -> None:
        phone = Phone("89991234567", api.sip)
        for _ in range(count):
            dialog, answer = phone.call("74951234567")
            assert status(answer) == 200
            assert status(phone.hang_up(dialog)) == 200
        phone.close()

    return come
