"""The audit trail: every edit of the database is found, and the first entry it broke is named (R-25.5)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from live_bridge.store import audit
from live_bridge.store.bridge_journal import BridgeJournal
from live_bridge.store.signatures import Signer, signer_of
from live_bridge.store.store import Store, VersionChange
from tests.harness import rule

ONE, TWO = "a" * 64, "b" * 64


class Kept:
    """A trail of five entries: two documents, a promotion, evidence, a roll-back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = Store(f"sqlite:///{folder / 'live.sqlite'}")
        self.records = BridgeJournal(self.store, "example", folder)
        self.records.start()
        state = self.records.state
        self.deed("publish", ONE, "pbx: example", name="autumn")
        self.deed("publish", TWO, "pbx: example # 2")
        self.deed("promote", TWO)
        found = audit.Evidence(pbx="example", flow=TWO, at=1, by="t", passed=True, body="{}")
        state.keep_deed("gate", TWO, "t", {"passed": True}, found)
        self.deed("roll_back", ONE)
        assert self.records.settle()

    def deed(self, action: str, flow: str, text: str | None = None, name: str = "") -> None:
        change = VersionChange(
            pbx="example", at=7, action=action, flow=flow, by="Anna", standing=b'{"live":["x"]}', message="why"
        )
        self.records.state.keep_change(change, text, name=name, details={"reason": action})

    def verify(self) -> audit.TrailVerdict:
        return audit.verify(self.store, "example", self.records.state.signer, self.records.state.trail_head)

    def edit(self, query: str) -> None:
        with self.store.engine.begin() as connection:
            connection.exec_driver_sql(query)

    def close(self) -> None:
        self.records.close()
        self.store.close()


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    kept = Kept(tmp_path / "var")
    yield kept
    kept.close()


@rule("R-25.5")
def test_trail_that_nobody_touched_is_whole_and_says_who_did_what(kept: Kept) -> None:
    assert kept.verify() == audit.TrailVerdict(whole=True, entries=5, signed=True)
    trail = audit.entries(kept.store, "example")
    assert [(one.n, one.action, one.by) for one in trail] == [
        (1, "publish", "Anna"), (2, "publish", "Anna"), (3, "promote", "Anna"), (4, "gate", "t"), (5, "roll_back", "Anna"),
    ]  # fmt: skip
    assert [one.before for one in trail[1:]] == [one.digest for one in trail[:-1]]
    assert msgspec.json.decode(trail[0].details)["name"] == "autumn"
    assert kept.records.state.labels() == {ONE: audit.Label(1, "autumn"), TWO: audit.Label(2)}


EDITS = [
    ("UPDATE audit SET \"by\" = 'Boris' WHERE n = 3", 3),
    ("UPDATE audit SET details = '{}' WHERE n = 1", 1),
    ("UPDATE audit SET at = at + 1 WHERE n = 5", 5),
    ("DELETE FROM audit WHERE n = 2", 2),
    ("DELETE FROM audit WHERE n = 5", 5),
    ("DELETE FROM audit", 1),
    ("UPDATE version_changes SET \"by\" = 'Boris' WHERE action = 'promote'", 3),
    ("UPDATE version_changes SET standing = '{}' WHERE action = 'roll_back'", 5),
    ("UPDATE version_changes SET message = '' WHERE id = 2", 2),
    ("DELETE FROM version_changes WHERE action = 'publish' AND id = 1", 1),
    ("INSERT INTO version_changes SELECT 99, pbx, at, action, flow, share, \"by\", acknowledged_by, standing, message "
     "FROM version_changes WHERE id = 3", 6),
    ("UPDATE evidence SET passed = 0", 4),
    ("UPDATE evidence SET body = '{\"passed\":1}'", 4),
    ("DELETE FROM evidence", 4),
    (f"UPDATE flows SET text = 'pbx: other' WHERE digest = '{ONE}'", 1),
    (f"UPDATE flows SET name = 'summer' WHERE digest = '{ONE}'", 5),
    (f"UPDATE flows SET number = 9 WHERE digest = '{TWO}'", 3),
]  # fmt: skip


@rule("R-25.5")
@pytest.mark.parametrize(("query", "broken"), EDITS)
def test_edit_of_any_row_is_found_and_the_first_broken_entry_named(kept: Kept, query: str, broken: int) -> None:
    kept.edit(query)
    found = kept.verify()
    assert not found.whole and found.broken == broken and found.problem, found


@rule("R-25.5")
def test_trail_that_somebody_wrote_again_without_the_key_is_found(kept: Kept) -> None:
    """Whoever has the database can compute digests, and can not sign."""
    stranger, before = Signer(b"another key"), audit.START
    for entry in audit.entries(kept.store, "example"):
        by = "Boris" if entry.n == 2 else entry.by
        forged = msgspec.structs.replace(entry, by=by, before=before).closed(
            stranger if entry.n >= 2 else kept.records.state.signer
        )
        before = forged.digest
        with kept.store.engine.begin() as connection:
            connection.execute(
                sa.text('UPDATE audit SET "by" = :b, before = :p, digest = :d, signature = :s WHERE n = :n'),
                {"b": by, "p": forged.before, "d": forged.digest, "s": forged.signature, "n": entry.n},
            )
    assert audit.verify(kept.store, "example").whole, "the chain alone cannot tell"
    found = kept.verify()
    assert found.broken == 2 and "did not sign" in found.problem
    key = signer_of(kept.folder)
    assert key is not None and (kept.folder / "promotion-key").stat().st_mode & 0o077 == 0


@rule("R-25.5")
def test_trail_goes_on_after_a_restart_and_notices_that_its_end_was_cut(tmp_path: Path) -> None:
    first = Kept(tmp_path / "var")
    first.close()
    store = Store(f"sqlite:///{tmp_path / 'var' / 'live.sqlite'}")
    with store.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM audit WHERE n >= 4"))
        connection.execute(sa.text("DELETE FROM version_changes WHERE action = 'roll_back'"))
    again = BridgeJournal(store, "example", tmp_path / "var")
    again.start()
    assert again.state.trail_head[0] == 5, "the folder knows how many there were"
    again.state.keep_deed("promote", ONE, "Anna", {})
    assert again.settle()
    found = audit.verify(store, "example", again.state.signer, again.state.trail_head)
    assert found.broken == 4 and "missing" in found.problem
    again.close()
    store.close()


@rule("R-25.5")
def test_database_from_before_there_was_a_trail_is_numbered_and_sealed(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    store = Store(f"sqlite:///{folder / 'live.sqlite'}")
    with store.engine.begin() as connection:
        for place, digest in enumerate((TWO, ONE)):
            connection.execute(
                sa.text("INSERT INTO flows (digest, pbx, stored_at, text) VALUES (:d, 'example', :at, 'pbx: example')"),
                {"d": digest, "at": place},
            )
            connection.execute(
                sa.text(
                    'INSERT INTO version_changes (pbx, at, action, flow, share, "by", acknowledged_by, standing) '
                    "VALUES ('example', :at, 'publish', :d, 1.0, 't', '', X'7b7d')"
                ),
                {"d": digest, "at": place},
            )
    records = BridgeJournal(store, "example", folder)
    records.start()
    assert records.state.labels() == {TWO: audit.Label(1), ONE: audit.Label(2)}, "in the order in which they came"
    assert records.settle()
    state = records.state
    assert audit.verify(store, "example", state.signer, state.trail_head).whole
    with store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE version_changes SET \"by\" = 'u' WHERE id = 1"))
    found = audit.verify(store, "example", state.signer, state.trail_head)
    assert found.broken == 1 and "before it" in found.problem
    records.close()
    store.close()
