"""Messages in boxes as lamps count them: left, heard, deleted. R-15.10."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from engine.contract import notes as note
from live_bridge.service.mailboxes import Mailboxes
from live_bridge.store import tables
from live_bridge.store.store import Store
from tests.harness import rule


@rule("R-15.10")
def test_messages_are_counted_new_and_heard(tmp_path: Path) -> None:
    """R-15.10: what the database does not have yet counts already, and what is deleted no longer."""
    url = f"sqlite:///{tmp_path / 'live.sqlite'}"
    store, engine = Store(url), sa.create_engine(url)
    row = {"pbx": "example", "call": "c1", "caller": "", "left_at": 1, "length": 5, "file": "c1.wav", "heard": True}
    with engine.begin() as connection:
        connection.execute(sa.insert(tables.voice_messages).values(recording="old", box=101, **row))
    told: list[tuple[int, int, int]] = []
    boxes = Mailboxes(store, "example", lambda *counts: told.append(counts))
    boxes.load()
    boxes.take(2, note.MessageLeft(call="c2", box=101, recording="c2.r1", length_us=5))
    boxes.load()
    boxes.mark("c2.r1", "heard")
    boxes.load()
    boxes.mark("nobody's", "heard")
    with engine.begin() as connection:
        connection.execute(sa.delete(tables.voice_messages))
    boxes.load()
    engine.dispose()
    store.close()
    assert told == [(101, 0, 1), (101, 1, 1), (101, 1, 1), (101, 0, 2), (101, 0, 2), (101, 0, 1)]
