"""The live world's database, in SQLite and PostgreSQL alike."""

from __future__ import annotations

import gzip
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from engine.analysis.scripted_world import Script, ScriptedWorld
from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.errors import ReplayDiverged
from engine.contract.ids import Instant
from engine.loading.load import load
from engine.records import journal
from engine.records.history import CUT_OFF
from engine.state.flow import Flow
from engine.state.sink import Stamped
from live_bridge.store import tables
from live_bridge.store.bridge_journal import BridgeJournal
from live_bridge.store.journal_store import JournalWriter, latest_run, read_call, read_run, recover, transcript
from live_bridge.store.ladder import ladder
from live_bridge.store.store import (
    KEEP_HISTORY_US,
    KEEP_MESSAGES_US,
    Email,
    SipAccount,
    Store,
    StoreError,
    VersionChange,
)
from tests.live_bridge.databases import kinds, postgres
from tests.live_bridge.journals import Run
from tests.live_bridge.service.test_end_to_end import wait_until

START: Instant = 1_795_415_400_000_000
"""2026-11-23 06:30 UTC, a Monday: the example is open."""

EXAMPLE = Path(__file__).parents[3] / "datasets" / "pbx" / "example" / "pbx.yaml"
HOST = "example.onpbx.ru"


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    with postgres() as url:
        yield url


@pytest.fixture(params=kinds())
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "sqlite":
        store = Store(f"sqlite:///{tmp_path / 'deep' / 'pbx.sqlite'}")
    else:
        store = Store(request.getfixturevalue("postgres_url"))
        with store.engine.begin() as connection:
            for table in reversed(tables.metadata.sorted_tables):
                connection.execute(table.delete())
    yield store
    store.close()


@pytest.fixture(scope="module")
def example() -> Flow:
    return load(EXAMPLE.read_bytes())


def header(flow: Flow) -> journal.Header:
    return journal.Header(engine="test", tzdata="test", flow=flow.digest)


class Written(ScriptedWorld):
    """A scripted world whose every step is journalled as the bridge does it."""

    def __init__(self, flow: Flow, script: Script, start: Instant, writer: JournalWriter) -> None:
        self.writer = writer
        super().__init__(flow, script, start)

    def _set_the_stage(self, at: Instant) -> None:
        engine, writer = self.engine, self.writer

        class Journalled:
            def handle(self, at: Instant, event: ev.Event) -> list[Stamped]:
                said = engine.handle(at, event)
                if not isinstance(event, ev.Advance):
                    writer.append(at, event)
                if said:
                    writer.said(said)
                return said

            def next_deadline(self) -> Instant | None:
                return engine.next_deadline()

        self.engine = Journalled()  # type: ignore[assignment]
        super()._set_the_stage(at)


def arrival(call: str, caller: str = "89991234567", name: str = "") -> ev.CallArrived:
    return ev.CallArrived(call=call, called="84951234567", caller=caller, caller_name=name, trunk="moscow")


def live_day(store: Store, flow: Flow, calls: int = 3, **script: object) -> Run:
    """Calls one after the other, each written by the same writer."""
    writer = Run(store, "example", header(flow), HOST, {"moscow": "operator.example"})
    world = Written(flow, Script(**script), START, writer)  # type: ignore[arg-type]
    for number in range(calls):
        world._over.clear()
        world._keys = world.script.keys
        world.run(arrival(f"c{number}", name="Ivan"))
        world.now += 1_000_000
    return writer


def test_a_ladder_needs_only_the_part_of_a_run_in_which_its_call_lived(store: Store, example: Flow) -> None:
    writer = live_day(store, example, calls=6, keys="1", talk_s=30.0)
    writer.close()
    whole = list(read_run(store, writer.run)[1])
    for record in store.history("example"):
        part = list(read_call(store, writer.run, record.start, record.end))
        assert ladder(part, record.uuid) == ladder(whole, record.uuid) != []
        assert len(part) < len(whole) / 2
    rung = {user for user in (100, 101, 102) if store.history("example", touching=(5200, user))}
    assert rung, "who was rung is known, whether they answered or not"


def test_tables_are_what_the_migrations_make(store: Store) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []


def test_calls_that_ended_are_in_history_with_what_notes_and_events_know(store: Store, example: Flow) -> None:
    live_day(store, example, keys="1", talk_s=30.0).close()
    found = store.history("example")
    assert [record.uuid for record in found] == ["c2", "c1", "c0"] and store.count_history("example") == 3
    assert {(r.caller_id_name, r.from_host, r.to_host, r.accountcode) for r in found} == {
        ("Ivan", "operator.example", HOST, "inbound")
    }
    assert found[0].events[-1].kind == "queue" and found[0].user_talk_us == 30_000_000
    assert store.call("c1") == found[1] and store.call("nobody") is None
    assert store.calls_like("c") == ["c0", "c1", "c2"] or set(store.calls_like("c")) == {"c0", "c1", "c2"}
    assert store.calls_like("%") == []


def test_history_can_be_asked_by_time_number_kind_and_page(store: Store, example: Flow) -> None:
    live_day(store, example, keys="1").close()
    records = store.history("example")
    assert store.history("example", since=records[1].start) == records[:2]
    assert store.history("example", until=records[1].start) == records[2:]
    assert store.history("example", number="89991234567", limit=1, offset=1) == records[1:2]
    assert store.history("example", number="84951234567") == records
    assert store.history("example", number="1") == [] == store.history("other")
    assert store.history("example", accountcode="missed") == []


def test_journal_replays_to_the_same_words(store: Store, example: Flow) -> None:
    """Also what deadlines said between two events is compared, where a replay says it."""
    nobody = dict.fromkeys(example.head.users, "no_answer")
    writer = live_day(store, example, keys="1", users=nobody, message_s=6.0)
    writer.close()
    head, records = read_run(store, writer.run)
    kept = list(records)
    assert head == header(example) and [record.n for record in kept] == list(range(1, len(kept) + 1))
    journal.replay(head, kept, {example.digest: example})
    spoken = [line for record in kept for line in record.said or ()]
    assert spoken == list(transcript(store, writer.run)) and len(spoken) > 50


def test_replay_of_a_changed_journal_tells_the_first_difference(store: Store, example: Flow) -> None:
    writer = live_day(store, example, calls=1, keys="1")
    writer.settle()
    head, records = read_run(store, writer.run)
    kept = list(records)
    place = next(n for n, record in enumerate(kept) if isinstance(record.event, ev.DigitPressed))
    pressed = kept[place].event
    assert isinstance(pressed, ev.DigitPressed)
    kept[place] = msgspec.structs.replace(kept[place], event=msgspec.structs.replace(pressed, digit="2"))
    with pytest.raises(ReplayDiverged, match=rf"record {kept[place].n} \(DigitPressed\)"):
        journal.replay(head, kept, {example.digest: example})
    writer.close()


def test_voice_message_is_in_its_box_and_can_be_heard(store: Store, example: Flow, tmp_path: Path) -> None:
    """R-09: the debtor of the example is sent to the mailbox."""
    writer = Run(store, "example", header(example))
    Written(example, Script(message_s=8.0), START, writer).run(arrival("c1", caller="84955551000"))
    writer.close()
    (message,) = store.voice_messages("example", 5120)
    assert (message.recording, message.caller, message.length_us) == ("c1.r1", "84955551000", 8_000_000)
    assert message.file == "c1.r1.wav" and not message.heard
    books = BridgeJournal(store, "example", tmp_path)
    books.state.mark_message("c1.r1", "heard")
    books.state.mark_message("c9.r1", "heard")
    books.start()
    assert books.settle(20.0) and books.close()
    assert store.voice_messages("example")[0].heard and store.voice_messages("example", 5121) == []


def test_calls_cut_off_by_a_crash_are_closed_at_the_next_start_and_only_once(store: Store, example: Flow) -> None:
    writer = Run(store, "example", header(example), HOST)
    world = Written(example, Script(keys="1"), START, writer)
    world.run(arrival("over"), until=START + 400_000_000)
    world._over.clear()
    world.run(arrival("cut"), until=world.now + 3_000_000)
    assert writer.open_calls == 1
    writer.leave()

    (record,) = recover(store, "example", HOST)
    assert record.uuid == "cut" and record.hangup_cause == CUT_OFF and record.events[-1].kind == "greeting"
    assert {r.uuid for r in store.history("example")} == {"over", "cut"}
    assert recover(store, "example", HOST) == [] and store.count_history("example") == 2


def test_orderly_stop_closes_calls_in_progress_and_leaves_nothing_to_recover(store: Store, example: Flow) -> None:
    writer = Run(store, "example", header(example))
    Written(example, Script(keys="1"), START, writer).run(arrival("c1"), until=START + 3_000_000)
    writer.close()
    assert [record.hangup_cause for record in store.history("example")] == [CUT_OFF]
    assert recover(store, "example") == []


def test_latest_run_is_found_by_pbx_and_by_call(store: Store, example: Flow) -> None:
    assert latest_run(store) is None
    first = live_day(store, example, calls=1)
    second = Run(store, "example", header(example))
    assert latest_run(store, "example") == latest_run(store) == second.run and latest_run(store, "other") is None
    assert latest_run(store, call="c0") == first.run and latest_run(store, call="c9") is None
    with pytest.raises(KeyError):
        read_run(store, 99999)
    first.close()
    second.close()


def test_database_that_is_wrong_is_told_and_gets_everything_when_it_is_right_again(store: Store, example: Flow) -> None:
    """R-24.1."""
    writer = Run(store, "example", header(example))
    writer.settle()
    with store.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE journal RENAME TO journal_gone"))
    try:
        for call in ("c1", "c2"):
            writer.append(START, ev.CallArrived(call=call, called="1"))
            writer.said([(START, note.CallStarted(call=call, flow=example.digest, called="1"))])
        wait_until(lambda: "journal" in writer.records.feeder.said())
        assert writer.failed == "" and writer.records.feeder.waiting == 2
    finally:
        with store.engine.begin() as connection:
            connection.execute(sa.text("ALTER TABLE journal_gone RENAME TO journal"))
    writer.settle()
    assert writer.records.feeder.said() == "ok"
    writer.close()
    assert {record.uuid for record in store.history("example")} == {"c1", "c2"}, "history lost nothing"
    assert len(list(read_run(store, writer.run)[1])) == 2


def test_emails_accounts_tokens_and_documents_are_kept(store: Store) -> None:
    store.keep_flow("example", "d1", "pbx: example")
    store.keep_flow("example", "d1", "pbx: example")
    assert store.flow_text("d1") == "pbx: example" and store.flow_text("d2") is None

    letter = Email(message="c1.m1", pbx="example", command=b"{}", born_at=1, next_at=2)
    with store.engine.begin() as connection:
        connection.execute(tables.letters.insert().values(**msgspec.structs.asdict(letter)))
    store.letter_tried("c1.m1", "waiting", "greylisted", 60)
    (waiting,) = store.emails_waiting("example")
    assert (waiting.tries, waiting.next_at, waiting.reason) == (1, 60, "greylisted")
    store.letter_tried("c1.m1", "failed", "no such mailbox", 60)
    assert store.emails_waiting("example") == [] and store.emails_failed("example")[0].tries == 2

    account = SipAccount(user=101, realm=HOST, ha1_sha256="a" * 64, ha1_md5="b" * 32)
    store.keep_account("example", msgspec.structs.replace(account, ha1_md5="c" * 32))
    store.keep_account("example", account)
    assert store.accounts("example") == {101: account} and store.accounts("other") == {}

    store.keep_token("wallboard", "d" * 64, ["calls:read"])
    assert store.token_scopes("d" * 64) == {"calls:read"} and store.token_scopes("e" * 64) is None
    assert store.drop_token("wallboard") and not store.drop_token("wallboard")


def test_tidying_deletes_what_is_too_old_and_nothing_else(store: Store, example: Flow, tmp_path: Path) -> None:
    """R-24.4, R-09.4."""
    writer = Run(store, "example", header(example))
    Written(example, Script(message_s=8.0), START, writer).run(arrival("c1", caller="84955551000"))
    writer.close()
    (tmp_path / "c1.r1.wav").write_bytes(b"RIFF")
    acts = [{"pbx": "example", "at": START, "act": act, "details": "{}", "by": "oleg"} for act in ("pause", "override")]
    with store.engine.begin() as connection:
        connection.execute(tables.manual_acts.insert(), acts)
    assert store.tidy(START + KEEP_MESSAGES_US // 2, tmp_path)["history"] == 0
    assert len(store.voice_messages("example")) == 1
    gone = store.tidy(START + KEEP_MESSAGES_US + 3600_000_000, tmp_path)
    assert gone["voice_messages"] == 1 and not (tmp_path / "c1.r1.wav").exists()
    assert store.count_history("example") == 1
    assert {act.act for act in store.manual_acts("example")} == {"pause", "override"}
    assert [act.act for act in store.manual_acts("example", 1, lasting=True)] == ["override"]
    store.tidy(START + KEEP_HISTORY_US + 3600_000_000, tmp_path)
    assert store.count_history("example") == 0
    assert [act.act for act in store.manual_acts("example")] == ["override"], "what still holds stays"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("not a url", "is no database URL"),
        ("sqlite:////proc/none/pbx.sqlite", "cannot be made"),
        ("postgresql+psycopg://u:secret@127.0.0.1:1/x", "cannot be opened"),
    ],
)
def test_database_that_cannot_be_opened_is_told_without_its_password(url: str, words: str) -> None:
    with pytest.raises((StoreError, OSError)) as refusal:
        Store(url)
    if isinstance(refusal.value, StoreError):
        assert words in str(refusal.value) and "secret" not in str(refusal.value)


def test_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.sqlite'}"
    store = Store(url)
    with store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    with pytest.raises(StoreError, match="newer version"):
        Store(url)


KILLED = """
import sys
from tests.live_bridge.store.test_store import *
store = Store(sys.argv[1])
flow = load(EXAMPLE.read_bytes())
writer = Run(store, "example", header(flow), HOST, folder=Path(sys.argv[2]))
world = Written(flow, Script(keys="1", talk_s=20.0), START, writer)
for number in range(1000000):
    world._over, world._keys = {}, "1"
    world.run(arrival(f"c{number}"))
    print(number, flush=True)
"""


def test_what_was_written_before_a_kill_is_there_after_the_next_start(tmp_path: Path, example: Flow) -> None:
    """Every call that had ended is in history; the journal replays up to its last whole record."""
    url = f"sqlite:///{tmp_path / 'x.sqlite'}"
    root = Path(__file__).parents[3]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    command = [sys.executable, "-W", "ignore", "-c", KILLED, url, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, cwd=root) as process:
        assert process.stdout is not None
        ended = [int(process.stdout.readline()) for _ in range(40)][-1]
        process.send_signal(signal.SIGKILL)
    store = Store(url)
    BridgeJournal(store, "example", tmp_path).close()
    assert len(recover(store, "example", HOST)) <= 1
    kept = {record.uuid for record in store.history("example", limit=10**6)}
    assert {f"c{number}" for number in range(ended + 1)} <= kept
    run = latest_run(store, "example")
    assert run is not None
    head, records = read_run(store, run)
    journal.replay(head, list(records)[:-1], {example.digest: example})
    store.close()


def test_deeds_done_to_versions_are_kept_in_order_with_their_doers(store: Store, tmp_path: Path) -> None:
    """R-25.5."""
    deeds = [
        VersionChange(
            pbx="example", at=START, action="publish", flow="a" * 64, by="t", acknowledged_by="Анна", standing=b"{}"
        ),
        VersionChange(pbx="example", at=START, action="promote", flow="a" * 64, share=0.1, by="t", standing=b'{"x":1}'),
    ]
    records = BridgeJournal(store, "example", tmp_path)
    records.start()
    for deed in deeds:
        records.state.keep_change(deed)
    records.close()
    assert store.version_changes("example") == deeds[::-1]
    assert store.version_changes("example", limit=1) == deeds[1:] and store.version_changes("other") == []


@pytest.mark.parametrize("kind", [kind for kind in kinds() if kind != "sqlite"])
def test_test_server_ends_with_the_tests_that_were_killed(kind: str) -> None:
    reachable = Path(tempfile.mkdtemp(prefix="pbx-killed-"))
    reachable.chmod(0o755)
    code = (
        "import time\n"
        "from tests.live_bridge.databases import postgres\n"
        "with postgres() as url:\n"
        "    print(url, flush=True)\n"
        "    time.sleep(600)\n"
    )
    root = Path(__file__).parents[3]
    tests = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=root,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(reachable)},
    )
    assert tests.stdout is not None
    url = tests.stdout.readline().strip()
    tests.kill()
    tests.wait()
    tests.stdout.close()
    port = int(str(sa.make_url(url).port))
    end_s = time.monotonic() + 20
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                break
        assert time.monotonic() < end_s, "the server outlives its tests"
        time.sleep(0.05)
    shutil.rmtree(reachable)


def test_database_written_before_the_journal_had_files_opens_and_replays_word_for_word(tmp_path: Path) -> None:
    """R-24.1: a database of commit 131eba0 with four runs, the last one killed while a call was in its greeting."""
    path = tmp_path / "live.sqlite"
    with sqlite3.connect(path) as old:
        old.executescript(
            gzip.decompress((Path(__file__).parent / "data" / "live-131eba0.sql.gz").read_bytes()).decode()
        )
    old.close()
    store = Store(f"sqlite:///{path}")
    records = BridgeJournal(store, "example", tmp_path)
    (cut,) = recover(store, "example", HOST)
    assert cut.uuid == "cut" and cut.hangup_cause == CUT_OFF and cut.events[-1].kind == "greeting"
    assert {one.uuid for one in store.history("example")} == {"c0", "c1", "c2", "m1", "over", "cut"}
    for one in store.history("example"):
        for number in {visit.element for visit in one.events}:
            assert one.uuid in {found.uuid for found in store.history("example", touching=(number,))}, "old calls too"
    assert [message.recording for message in store.voice_messages("example")] == ["m1.r1"]
    runs = [latest_run(store, call=call) for call in ("c0", "m1", "over")]
    assert len(set(runs)) == 3
    for run in runs:
        assert run is not None
        head, found = read_run(store, run)
        text = store.flow_text(head.flow)
        assert text is not None
        flow = load(text)
        assert flow.digest == head.flow
        kept = list(found)
        journal.replay(head, kept, {flow.digest: flow})
        assert sum(len(record.said or ()) for record in kept) > 10
    (change,) = store.version_changes("example")
    assert change.action == "publish" and store.flow_text(change.flow) is not None
    assert set(store.accounts("example")) == {101} and store.token_scopes("d" * 64) == {"calls:read"}
    assert len(store.registrations("example")) == 1
    records.close()
    store.close()
