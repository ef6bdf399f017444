"""What a running bridge does while the disk is full, the database is held, the clock jumps, or it is killed in the middle.

Issue: one clear outcome, nothing half done, nothing lost. Real SIP and HTTP; the disk is a fault at the one place where the
journal writes, the database is held by another connection, the killed bridge is a process of its own.
"""

from __future__ import annotations

import errno
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.records import journal
from live_bridge.promotion.standing import Standing
from live_bridge.service.service import Service
from live_bridge.store import audit, journal_file, state_journal, store, tables
from live_bridge.store.bridge_journal import BridgeJournal
from live_bridge.store.journal_store import read_run
from live_bridge.store.store import BUSY_WAIT_S, Store, now
from tests.harness import rule
from tests.live_bridge.api.test_api import Api, read
from tests.live_bridge.api.test_versions import live, publish
from tests.live_bridge.prepared import bring_sounds
from tests.live_bridge.service.test_end_to_end import wait_until
from tests.live_bridge.sip.phone import Phone, status
from tests.ports import free_port

PBX = "74951234567"


@pytest.fixture
def caller(api: Api) -> Iterator[Phone]:
    phone = Phone("89991234567", api.sip)
    yield phone
    phone.close()


class FullDisk:
    """Whether the journal's disk is full."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = False
        monkeypatch.setattr(journal_file, "_write", self.write)

    def write(self, fd: int, data: bytes) -> int:
        if self.full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return os.write(fd, data)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[FullDisk]:
    disk = FullDisk(monkeypatch)
    yield disk
    disk.full = False


@contextmanager
def held(api: Api) -> Iterator[None]:
    """The database in the hands of another process."""
    with sqlite3.connect(api.service.config.folder / "live.sqlite", isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")
    other.close()


def health(api: Api) -> Any:
    return api.client.get("/health")


def said(api: Api, part: str) -> str:
    return str(api.ask("GET", "/api/status", "calls:read").json()["parts"][part])


def calls_in_history(api: Api) -> int:
    return len(api.ask("GET", "/api/history?limit=500", "history:read").json()["calls"])


@rule("R-24.1")
def test_full_disk_refuses_new_calls_lets_others_go_on_and_loses_nothing(
    api: Api, caller: Phone, disk: FullDisk
) -> None:
    """R-02.8: a call for help is never refused."""
    caller.call(PBX)
    talking, answer = caller.call(PBX)
    assert status(answer) == 200
    disk.full = True
    first, answer = caller.call(PBX)
    assert status(answer) == 200, "nobody knew yet"
    _, answer = caller.call(PBX)
    assert status(answer) == 503 and "retry-after" in answer.lower()
    user = Phone("100", api.sip)
    try:
        _, answer = user.call("112", password=api.service.new_passwords[100])
        assert "retry-after" not in answer.lower() and "Q.850" in answer, "it was tried: no operator is there in a test"
    finally:
        user.close()
    bad = health(api)
    assert bad.status_code == 503 and bad.json()["parts"]["journal"] == "bad"
    assert "No space left" in said(api, "journal") and "new calls are refused" in said(api, "journal")
    assert status(caller.hang_up(talking)) == 200 == status(caller.hang_up(first))
    disk.full = False
    wait_until(lambda: health(api).status_code == 200, 20.0)
    again, answer = caller.call(PBX)
    assert status(answer) == 200
    caller.hang_up(again)
    wait_until(lambda: api.service.driver.calls_in_progress() <= 1, 20.0)
    api.service.records.feeder.wait()
    assert calls_in_history(api) >= 3, "the first one still talks"
    head, records = read_run(api.service.store, api.service.journal.run)
    journal.replay(head, records, api.service.versions.flows)  # type: ignore[union-attr]


@rule("R-25.5", "R-25.6")
def test_promotion_on_a_full_disk_is_refused_and_nothing_is_changed(api: Api, text: str, disk: FullDisk) -> None:
    first = live(api)
    second = publish(api, text.replace("wrap_up: 20", "wrap_up: 25"))
    disk.full = True
    for method, path in (
        ("POST", f"/api/versions/{second}/promote"), ("POST", f"/api/versions/{second}/retire"),
        ("POST", "/api/users/101/password"),
    ):  # fmt: skip
        scope = "users:write" if "users" in path else "versions:write"
        refused = api.ask(method, path, scope)
        assert refused.status_code == 503 and "nothing was changed" in refused.json()["detail"], refused.text
        assert refused.headers["Retry-After"]
    refused = api.ask(
        "POST", "/api/versions", "versions:write", content=text.replace("wrap_up: 20", "wrap_up: 26"),
        params={"acknowledged_by": "Anna"},
    )  # fmt: skip
    assert refused.status_code == 503
    assert live(api) == first and len(api.ask("GET", "/api/versions", "versions:read").json()["versions"]) == 2
    disk.full = False
    wait_until(lambda: api.service.records.file.failed == "", 20.0)
    promoted = api.ask("POST", f"/api/versions/{second}/promote", "versions:write")
    assert promoted.json()["live"] == second and live(api) == second
    assert api.service.records.settle()
    deeds = [one.action for one in api.service.store.version_changes("example")]
    assert deeds == ["promote", "publish"], "of what was refused nothing is left behind"
    assert trail_of(api.service) == ["publish", "promote"]


@rule("R-25.5", "R-25.6")
def test_everything_is_done_while_another_process_holds_the_database(api: Api, caller: Phone, text: str) -> None:
    first = live(api)
    second = publish(api, text.replace("wrap_up: 20", "wrap_up: 25"))
    before = calls_in_history(api)
    with held(api):
        slowest_s = 0.0
        for _ in range(10):
            begun_s = time.monotonic()
            dialog, answer = caller.call(PBX)
            assert status(answer) == 200
            caller.hang_up(dialog)
            slowest_s = max(slowest_s, time.monotonic() - begun_s)
        assert slowest_s < BUSY_WAIT_S
        begun_s = time.monotonic()
        assert api.ask("POST", f"/api/versions/{second}/promote", "versions:write").json()["live"] == second
        assert live(api) == second
        changes = api.ask("GET", "/api/versions/changes?limit=1", "versions:read").json()
        assert (changes[0]["action"], changes[0]["flow"]) == ("promote", second)
        password = api.ask("POST", "/api/users/101/password", "users:write")
        assert password.status_code == 201
        assert time.monotonic() - begun_s < BUSY_WAIT_S, "people wait for the disk and not for the database"
        phone = Phone("101", api.sip)
        assert status(phone.register(password.json()["password"])) == 200, "the new password holds at once"
        phone.close()
        wait_until(lambda: health(api).json()["parts"]["database"] == "bad", 20.0)
        assert "behind" in said(api, "database")
        assert health(api).status_code == 200, "nobody is needed as long as it is not long"
        late = api.ask("GET", "/api/history", "history:read")
        assert float(late.headers["X-Database-Lag"]) > 0
        assert "pbx_database_lag_s" in api.ask("GET", "/metrics", "metrics:read").text
    wait_until(lambda: health(api).json()["parts"]["database"] == "ok", 20.0)
    assert calls_in_history(api) == before + 10
    assert "X-Database-Lag" not in api.ask("GET", "/api/history", "history:read").headers
    assert api.ask("POST", "/api/versions/rollback", "versions:write").json()["live"] == first
    assert 101 in api.service.store.accounts("example")


@rule("R-09.4", "R-24.4")
def test_a_message_that_is_heard_while_the_database_is_held_counts_as_heard_afterwards(api: Api) -> None:
    message = tables.voice_messages.insert().values(
        recording="c0.r1", pbx="example", call="c0", box=5120, caller="89160000001", left_at=now(), length=8_000_000,
        file="c0.r1.wav", heard=False,
    )  # fmt: skip
    with api.service.store.engine.begin() as connection:
        connection.execute(message)
    api.service.recordings.mkdir(parents=True, exist_ok=True)
    (api.service.recordings / "c0.r1.wav").write_bytes(b"RIFF0000WAVE")
    with held(api):
        begun_s = time.monotonic()
        answer = api.ask("GET", "/api/voice-messages/c0.r1/audio", "recordings:read")
        assert (answer.status_code, answer.content) == (200, b"RIFF0000WAVE")
        assert time.monotonic() - begun_s < BUSY_WAIT_S
    wait_until(lambda: api.service.store.voice_messages("example", 5120)[0].heard, 20.0)


@rule("R-25.5", "R-25.6")
def test_what_was_promoted_while_the_database_was_held_is_live_after_a_kill(api: Api, text: str) -> None:
    """As a killed process leaves it: the files have the promotion, the database does not."""
    second = publish(api, text.replace("wrap_up: 20", "wrap_up: 25"))
    api.service.records.settle()
    with held(api):
        assert api.ask("POST", f"/api/versions/{second}/promote", "versions:write").status_code == 200
        copy = api.service.config.folder.parent / "killed"
        copy.mkdir()
        for name in ("live.sqlite", "live.sqlite-wal"):
            if (api.service.config.folder / name).exists():
                (copy / name).write_bytes((api.service.config.folder / name).read_bytes())
        (copy / "journal").mkdir()
        for path in (api.service.config.folder / "journal").glob("*.journal"):
            (copy / "journal" / path.name).write_bytes(path.read_bytes())
    left = Store(f"sqlite:///{copy / 'live.sqlite'}")
    assert left.version_changes("example")[0].action == "publish"
    BridgeJournal(left, "example", copy).close()
    change = left.version_changes("example")[0]
    assert change.action == "promote"
    assert msgspec.json.decode(change.standing, type=Standing).live[-1] == second
    left.close()


def trail_of(service: Service) -> list[str]:
    """What was done after the first start, by the audit trail, which is whole."""
    assert service.records.settle(10.0)
    state = service.records.state
    verdict = audit.verify(service.store, "example", state.signer, state.trail_head)
    assert verdict.whole and verdict.signed, verdict
    first, *others = [one.action for one in audit.entries(service.store, "example")]
    assert first == "start"
    return others


KILLED = """
import os, sys
from live_bridge.config import demo_config
from live_bridge.promotion import control as promotion
from live_bridge.service.document_file import load_flow
from live_bridge.service.service import Service
from live_bridge.config import LiveConfig
from pathlib import Path
config = demo_config(sys.argv[1], load_flow(LiveConfig(pbx=sys.argv[1]))[0], ("127.0.0.1", int(sys.argv[2])), Path(sys.argv[3]))
service = Service(config)
service.start()
text = Path(sys.argv[1]).read_text().replace("wrap_up: 20", "wrap_up: 25")
digest = service.versions.publish(text, by="t", acknowledged_by="Anna").digest
control = service.versions._control
if sys.argv[4] == "before":
    control._record = lambda deed: os.kill(os.getpid(), 9)
else:
    control._driver.ask_inside = lambda question: os.kill(os.getpid(), 9)
print(digest, flush=True)
service.versions.promote(digest, float(sys.argv[5]), by="t")
"""


@rule("R-25.5", "R-25.6")
@pytest.mark.parametrize(("when", "share"), [("before", 1.0), ("after", 1.0), ("after", 0.25)])
def test_bridge_killed_in_the_middle_of_a_promotion_starts_with_one_clear_outcome(
    tmp_path: Path, when: str, share: float, example_path: Path
) -> None:
    """Before it was written down it never happened; afterwards it holds, for the next start finishes it."""
    document = tmp_path / "pbx.yaml"
    document.write_text(example_path.read_text(encoding="utf-8"), encoding="utf-8")
    port = str(free_udp_port())
    root = Path(__file__).parents[3]
    words = [str(document), port, str(tmp_path / "var"), when, str(share)]
    bring_sounds(tmp_path / "var")
    command = [sys.executable, "-W", "ignore", "-c", KILLED, *words]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(root)}, cwd=root, timeout=120,
        check=False,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr
    second = done.stdout.split()[-1]
    from live_bridge.config import LiveConfig, demo_config
    from live_bridge.service.document_file import load_flow

    flow, _ = load_flow(LiveConfig(pbx=str(document)))
    config = demo_config(str(document), flow, ("127.0.0.1", free_udp_port()), tmp_path / "var")
    service = Service(config)
    service.start()
    try:
        assert service.versions is not None
        assert second in service.versions.flows, "it was published"
        assert service.flow.digest == (second if when == "after" and share == 1.0 else flow.digest)
        promoted = [one for one in service.versions.changes() if one.action == "promote"]
        assert len(promoted) == (1 if when == "after" else 0)
        engine: Any = service.driver.ask_inside(lambda controller: controller.engine)
        assert engine.versions.live.digest == service.flow.digest, "the engine gives new calls what the book says"
        tried = engine.versions.canary
        assert (None if tried is None else tried.digest, engine.versions.canary_share) == (
            (second, share) if share < 1.0 else (None, 0.0)
        )
        assert trail_of(service) == ["publish", "promote"][: len(promoted) + 1]
    finally:
        service.stop(drain_s=0)


@rule("R-25.5")
def test_clock_that_jumps_changes_nothing_but_the_time_written_beside_a_deed(
    api: Api, caller: Phone, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten years on and a year back: order, what is live, what a start finds and what is kept stay right."""
    real, off_us = time.time_ns, 0

    def jumped() -> int:
        return real() // 1000 + off_us

    from live_bridge.promotion import version_history

    for module in (store, state_journal, version_history):
        monkeypatch.setattr(module, "now", jumped)
    year_us = 366 * 86400 * 1_000_000
    dialog, _ = caller.call(PBX)
    first = live(api)
    second = publish(api, text.replace("wrap_up: 20", "wrap_up: 25"))
    off_us = 10 * year_us
    assert api.ask("POST", f"/api/versions/{second}/promote", "versions:write").json()["live"] == second
    off_us = -year_us
    assert api.ask("POST", "/api/versions/rollback", "versions:write").json()["live"] == first
    assert live(api) == first
    changes = api.ask("GET", "/api/versions/changes", "versions:read").json()
    assert [one["action"] for one in changes] == ["roll_back", "promote", "publish", "start"], (
        "the latest first, by order and not by clock"
    )
    caller.hang_up(dialog)
    assert api.service.records.settle(5.0)
    off_us = 10 * year_us
    api.service.housekeeping.tidy()
    assert calls_in_history(api) == 1, "a clock that is years ahead takes no history with it"
    kept = msgspec.json.decode(api.service.store.version_changes("example")[0].standing, type=Standing)
    assert kept.live[-1] == first


@rule("R-24.1")
def test_event_stream_goes_on_while_the_database_is_held(api: Api, caller: Phone) -> None:
    with held(api), api.events() as stream:
        read(stream, "hello")
        dialog, answer = caller.call(PBX)
        assert status(answer) == 200
        read(stream, "CallStarted")
        caller.hang_up(dialog)
        read(stream, "CallEnded")


def free_udp_port() -> int:

    return free_port()
