"""From the journal's files into the database: once each, in order, whatever is held, killed, refused or put back in between."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from engine.analysis.scripted_world import Script
from engine.contract import events as ev
from engine.contract.ids import SECOND_US
from engine.records import journal
from engine.state.flow import Flow
from live_bridge.store import entries, feeder, journal_segments
from live_bridge.store import tables as t
from live_bridge.store.bridge_journal import BridgeJournal
from live_bridge.store.journal_store import read_run, read_running
from live_bridge.store.store import FEEDER_WAIT_S, SipAccount, Store, VersionChange
from tests.live_bridge.databases import kinds
from tests.live_bridge.journals import Run
from tests.live_bridge.service.test_end_to_end import wait_until
from tests.live_bridge.store.test_store import (
    HOST,
    START,
    Written,
    arrival,
    example,
    header,
    postgres_url,
    store,
)
from tests.ports import free_port

__all__ = ["example", "postgres_url", "store"]


@contextmanager
def held(store: Store) -> Iterator[None]:
    """The database in the hands of another process."""
    with store.engine.connect() as other:
        if store.is_sqlite:
            other.exec_driver_sql("BEGIN EXCLUSIVE")
        else:
            other.exec_driver_sql("LOCK TABLE history, journal, outputs, journal_positions IN ACCESS EXCLUSIVE MODE")
        yield
        other.rollback()


class Calls:
    """One engine whose calls, one after the other, are written by `writer`."""

    def __init__(self, writer: Run, flow: Flow, first: int = 0) -> None:
        self._world = Written(flow, Script(keys="1", talk_s=20.0), START + first * 3600 * SECOND_US, writer)
        self._next = first

    def make(self, count: int = 1) -> None:
        world = self._world
        for number in range(self._next, self._next + count):
            world._over, world._keys = {}, "1"
            world.run(arrival(f"c{number}"))
            world.now += SECOND_US
        self._next += count


def test_database_held_by_another_process_keeps_nobody_waiting_and_catches_up(store: Store, example: Flow) -> None:
    """R-24.1: calls are written as fast as ever, it is told how far the database is behind, and nothing is missing afterwards."""
    writer = Run(store, "example", header(example), HOST)
    calls = Calls(writer, example)
    calls.make(2)
    writer.settle()
    slowest_s = 0.0
    with held(store):
        for _ in range(10):
            begun_s = time.monotonic()
            calls.make()
            slowest_s = max(slowest_s, time.monotonic() - begun_s)
        wait_until(lambda: writer.records.feeder.said() != "ok")
        told = writer.records.feeder.said()
        assert "behind" in told and "entries wait in the journal" in told and "lock" in told, told
        assert writer.records.feeder.lag_s > 0 and not writer.records.settle()
    assert slowest_s < FEEDER_WAIT_S, "ten calls were not written while another process held the database"
    writer.settle()
    assert writer.records.feeder.said() == "ok" and writer.records.feeder.lag_s == 0
    writer.close()
    assert store.count_history("example") == 12
    head, records = read_run(store, writer.run)
    journal.replay(head, records, {example.digest: example})


def test_what_waits_when_the_bridge_stops_comes_at_the_next_start(store: Store, example: Flow, tmp_path: Path) -> None:
    writer = Run(store, "example", header(example), HOST, folder=tmp_path)
    writer.settle()
    with held(store):
        Calls(writer, example).make(3)
        super(Run, writer).close()
        writer.records.feeder.close(within_s=0.3)
        writer.records.file.close()
        assert feeder.waiting(store, tmp_path / "journal")[0] > 0 if store.is_sqlite else True
    BridgeJournal(store, "example", tmp_path).close()
    assert store.count_history("example") == 3 and feeder.waiting(store, tmp_path / "journal")[0] == 0
    head, records = read_run(store, writer.run)
    journal.replay(head, records, {example.digest: example})


KILLED = """
import sys
from pathlib import Path
from engine.loading.load import load
from live_bridge.store import feeder
from live_bridge.store.store import Store
from tests.live_bridge.databases import kinds
from tests.live_bridge.journals import Run
from tests.live_bridge.store.test_feeder import Calls
from tests.live_bridge.store.test_store import EXAMPLE, HOST, header
feeder.BATCH_BYTES, feeder.PACE_S = 3000, 0.0
store = Store(sys.argv[1])
flow = load(EXAMPLE.read_bytes())
writer = Run(store, "example", header(flow), HOST, folder=Path(sys.argv[2]))
print(writer.run, flush=True)
calls = Calls(writer, flow, int(sys.argv[3]))
for number in range(int(sys.argv[3]), 1000000):
    calls.make()
    print(number, flush=True)
"""


def test_killed_while_it_feeds_every_entry_is_there_once(tmp_path: Path, example: Flow) -> None:
    """Three bridges in a row are killed with the database behind the files; the position and the rows are one transaction."""
    url = f"sqlite:///{tmp_path / 'x.sqlite'}"
    root = Path(__file__).parents[3]
    ended, runs = -1, []
    for _ in range(3):
        command = [sys.executable, "-W", "ignore", "-c", KILLED, url, str(tmp_path), str(ended + 1000)]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(root)}, cwd=root
        ) as process:
            assert process.stdout is not None
            runs.append(int(process.stdout.readline()))
            ended = [int(process.stdout.readline()) for _ in range(25)][-1]
            process.send_signal(signal.SIGKILL)
    store = Store(url)
    BridgeJournal(store, "example", tmp_path).close()
    assert store.count_history("example") >= 75
    for run in runs:
        head, records = read_run(store, run)
        kept = list(records)
        assert [record.n for record in kept] == list(range(1, len(kept) + 1))
        journal.replay(head, kept[:-1], {example.digest: example})
    store.close()


@pytest.mark.parametrize("name", ["Iv\0an", "И" * 5000])
def test_row_that_a_database_cannot_take_is_made_fit_and_stops_nothing(store: Store, example: Flow, name: str) -> None:
    """R-24.1: PostgreSQL takes no NUL in a text and none longer than its column."""
    writer = Run(store, "example", header(example), HOST, {"moscow": name})
    Calls(writer, example).make(3)
    writer.settle()
    assert writer.records.feeder.refused == 0 and writer.records.feeder.said() == "ok"
    writer.close()
    found = store.history("example")
    assert len(found) == 3 and all(record.from_host for record in found)


def test_row_that_is_wrong_for_ever_is_set_aside_with_the_reason(store: Store, example: Flow, tmp_path: Path) -> None:
    writer = Run(store, "example", header(example), HOST, folder=tmp_path)
    writer.records.file.append(entries.encode([("outputs", (999_999, 1, b"[]"))]))
    Calls(writer, example).make(1)
    writer.settle()
    refused = tmp_path / "journal" / "refused.jsonl"
    told = msgspec.json.decode(refused.read_bytes().splitlines()[0])
    assert told["kind"] == "outputs" and told["values"][0] == 999_999 and "oreign" in told["reason"].lower() + "oreign"
    assert writer.records.feeder.refused == 1 and "refused" in writer.records.feeder.said()
    assert refused.stat().st_mode & 0o777 == 0o600
    writer.close()
    assert store.count_history("example") == 1


def test_database_put_back_to_a_backup_gets_what_it_lost_from_the_files(tmp_path: Path, example: Flow) -> None:
    """The position goes back with the rows; what is kept of the journal brings it forward again."""
    path = tmp_path / "x.sqlite"
    store = Store(f"sqlite:///{path}")
    first = Run(store, "example", header(example), HOST, folder=tmp_path)
    Calls(first, example).make(2)
    first.close()
    store.checkpoint()
    store.close()
    shutil.copy(path, tmp_path / "backup")
    store = Store(f"sqlite:///{path}")
    second = Run(store, "example", header(example), HOST, folder=tmp_path)
    Calls(second, example, 10).make(3)
    second.close()
    store.close()
    for leftover in tmp_path.glob("x.sqlite*"):
        leftover.unlink()
    shutil.copy(tmp_path / "backup", path)
    store = Store(f"sqlite:///{path}")
    assert store.count_history("example") == 2
    BridgeJournal(store, "example", tmp_path).close()
    assert store.count_history("example") == 5
    for run in (first.run, second.run):
        head, records = read_run(store, run)
        journal.replay(head, records, {example.digest: example})
    store.close()


def test_files_go_when_the_database_has_them_and_they_are_many_or_old(
    store: Store, example: Flow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kept(**bounds: float) -> list[int]:
        for _ in range(4):
            writer = Run(store, "example", header(example), HOST, folder=tmp_path)
            Calls(writer, example, writer.run * 10).make(2)
            writer.close()
        records = BridgeJournal(store, "example", tmp_path, **bounds)  # type: ignore[arg-type]
        records.feeder._tidy()
        records.close()
        return journal_segments.segments(tmp_path / "journal")

    assert len(kept()) == 5, "they are young and small"
    assert len(kept(keep_bytes=30_000)) < 6
    for number in journal_segments.segments(tmp_path / "journal"):
        os.utime(journal_segments.path_of(tmp_path / "journal", number), (0, 0))
    left = kept(keep_s=3600.0)
    assert len(left) == 5, "the old ones went, these four starts and this one stay"


def test_file_that_the_database_does_not_have_never_goes(store: Store, example: Flow, tmp_path: Path) -> None:
    writer = Run(store, "example", header(example), HOST, folder=tmp_path)
    writer.settle()
    with held(store):
        Calls(writer, example).make(1)
        super(Run, writer).close()
        writer.records.feeder._keep_bytes, writer.records.feeder._keep_s = 0, 0.0
        writer.records.feeder._tidy()
        writer.records.feeder.close(within_s=0.1)
        writer.records.file.close()
    records = BridgeJournal(store, "example", tmp_path, keep_bytes=0, keep_s=0.0)
    records.feeder._tidy()
    records.close()
    assert store.count_history("example") == 1
    assert len(journal_segments.segments(tmp_path / "journal")) == 1


def test_engine_that_broke_is_rebuilt_from_the_files_while_the_database_is_held(store: Store, example: Flow) -> None:
    writer = Run(store, "example", header(example), HOST)
    calls = Calls(writer, example)
    calls.make()
    writer.settle()
    with held(store):
        calls.make()
        writer.flush()
        records = list(read_running(store, writer.records.file, writer.run))
    assert [record.n for record in records] == list(range(1, len(records) + 1))
    assert sum(isinstance(record.event, ev.CallArrived) for record in records) == 2
    journal.replay(writer.header, records, {example.digest: example})
    writer.close()


def test_versions_passwords_and_registrations_are_there_before_the_database_has_them(
    store: Store, example: Flow, tmp_path: Path
) -> None:
    """R-25.5: also after a kill, from the files."""
    store.remember_tokens()
    records = BridgeJournal(store, "example", tmp_path)
    records.start()
    state = records.state
    old = SipAccount(user=100, realm=HOST, ha1_sha256="a" * 64, ha1_md5="a" * 32)
    state.keep_account(old)
    assert records.feeder.wait() and state.accounts("example") == {100: old}
    change = VersionChange(pbx="example", at=1, action="publish", flow="f" * 64, standing=b"{}")
    new = msgspec.structs.replace(old, ha1_md5="b" * 32)
    with held(store):
        state.keep_change(change, "pbx: example")
        state.keep_account(new)
        state.keep_registrations([(101, "1", b"x", 9), (102, "1", b"y", 9)])
        state.keep_registrations([(101, "1", b"z", 10)])
        wait_until(lambda: records.feeder.failed != "")
        assert state.changes(10) == [change] and state.flow_text("f" * 64) == "pbx: example"
        assert state.accounts("example") == {100: new}
        records.feeder.close(within_s=0.1)
        records.file.close()
    BridgeJournal(store, "example", tmp_path).close()
    assert store.version_changes("example") == [change] and store.flow_text("f" * 64) == "pbx: example"
    assert store.accounts("example") == {100: new}
    assert store.registrations("example") == [(101, "1", b"z", 10)]


@pytest.mark.parametrize(
    ("writes", "left"),
    [
        ([("registrations", (1, "p")), ("registration_over", (1,))], []),
        ([("registration_over", (1,)), ("registrations", (1, "p"))], [(1, "p")]),
        ([("registrations", (1, "p")), ("registration_over", (1,)), ("registrations", (1, "q"))], [(1, "q")]),
        ([("registrations", (1, "p")), ("registrations", (1, "q"))], [(1, "q")]),
    ],
)
def test_many_entries_at_once_leave_what_one_by_one_would(
    writes: list[entries.Write], left: list[tuple[int, str]]
) -> None:
    def whole(values: tuple[object, ...]) -> tuple[object, ...]:
        return ("example", values[0], "1", *((b"x", 9) if len(values) > 1 else ()))

    made = [(kind, (*whole(values), *values[1:])) for kind, values in writes]
    columns = {**entries.COLUMNS, "registrations": (*entries.COLUMNS["registrations"], "mark")}
    done = dict(entries.ordered(made, columns))
    assert [(row[1], row[-1]) for row in done.get("registrations", [])] == left
    assert "registration_over" in done


def test_entry_of_an_older_version_without_a_new_column_is_brought_in(store: Store, example: Flow) -> None:
    """Values are named at the head of their segment: `recordings` came after `events`."""
    older = [name for name in entries.COLUMNS["history"] if name != "recordings"]
    assert "recordings" not in entries.statement("history", older, "?")
    assert t.history.c.recordings.server_default is not None


class Way:
    """A way to a database server that somebody may cut: a server that restarts, or a network that is gone."""

    def __init__(self, server: int) -> None:
        self._server = server
        self._open: list[socket.socket] = []
        self._listening: socket.socket | None = None
        self.port = free_port()
        self.mend()

    def mend(self) -> None:
        listening = socket.create_server(("127.0.0.1", self.port))
        self._listening = listening
        threading.Thread(target=self._serve, args=(listening,), daemon=True).start()

    def cut(self) -> None:
        listening, self._listening = self._listening, None
        for one in (*self._open, *([listening] if listening is not None else [])):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._open.clear()

    def _serve(self, listening: socket.socket) -> None:
        while True:
            try:
                near, _ = listening.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._server))
            self._open += [near, far]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    @staticmethod
    def _carry(one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize("kind", [kind for kind in kinds() if kind != "sqlite"])
def test_database_server_that_goes_away_and_comes_back_gets_everything(
    kind: str, postgres_url: str, example: Flow, tmp_path: Path
) -> None:
    """Connections break in the middle; what people ask for is answered from what was known."""
    url = sa.make_url(postgres_url)
    way = Way(int(str(url.port)))
    with Store(postgres_url).engine.begin() as connection:
        for table in reversed(t.metadata.sorted_tables):
            connection.execute(table.delete())
    there = Store(url.set(port=way.port).render_as_string(hide_password=False))
    there.keep_token("wallboard", "d" * 64, ["calls:read"])
    there.remember_tokens()
    writer = Run(there, "example", header(example), HOST, folder=tmp_path)
    calls = Calls(writer, example)
    calls.make(2)
    writer.settle()
    state = writer.records.state
    account = SipAccount(user=100, realm=HOST, ha1_sha256="a" * 64, ha1_md5="a" * 32)
    state.keep_account(account)
    assert state.accounts("example") == {100: account}
    for cut in range(2):
        way.cut()
        calls.make(3)
        wait_until(lambda: writer.records.feeder.said() != "ok", 20.0)
        change = VersionChange(pbx="example", at=cut, action="publish", flow="f" * 64, standing=b"{}")
        state.keep_change(change, "pbx: example")
        assert state.changes(1) == [change] and state.flow_text("f" * 64) == "pbx: example"
        assert state.accounts("example") == {100: account}
        assert there.token_scopes("d" * 64) == {"calls:read"} and there.token_name("d" * 64) == "wallboard"
        assert writer.records.feeder.lag_s > 0
        way.mend()
        writer.settle()
        assert writer.records.feeder.said() == "ok"
    writer.close()
    assert there.count_history("example") == 8 and len(there.version_changes("example")) == 2
    head, records = read_run(there, writer.run)
    journal.replay(head, records, {example.digest: example})
    there.close()
    way.cut()
