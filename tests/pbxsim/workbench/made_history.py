"""Weeks of calls to the example's queue as a bridge keeps them, up to a moment of a day that is busier than usual."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
import numpy as np

from engine.contract.causes import Cause, Party
from engine.contract.ids import SECOND_US
from engine.records.history import CallRecord, ElementVisit, row
from live_bridge.store import tables
from live_bridge.store.history_rows import history_row
from live_bridge.store.store import Store

QUEUE = 5200
BUSY = 1.5
"""Times as many calls come today."""


def records(now: dt.datetime, days: int = 56, per_half_hour: float = 6.0) -> list[CallRecord]:
    """Calls of the days before `now` and of its own until then: `per_half_hour` from 8 to 20 o'clock, a sixth of it else."""
    rng, made = np.random.default_rng(5), []
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    for day in range(-days, 1):
        level = BUSY if day == 0 else rng.gamma(40, 1 / 40)
        date = midnight + dt.timedelta(days=day)
        for half in range(48):
            mean = per_half_hour if 16 <= half < 40 else per_half_hour / 6
            for second in np.sort(rng.uniform(0, 1800, rng.poisson(mean * level))):
                at = date + dt.timedelta(seconds=half * 1800 + float(second))
                if at + dt.timedelta(seconds=90) < now:
                    made.append(_call(f"made-{day}-{len(made)}", int(at.timestamp() * SECOND_US), rng))
    return made


def _call(uuid: str, at: int, rng: np.random.Generator) -> CallRecord:
    answer, end = at + 10 * SECOND_US, at + int(rng.uniform(40, 80)) * SECOND_US
    visit = ElementVisit(element=QUEUE, kind="queue", enter=at, answer=answer, leave=end, by="101", rule="R-08.1")
    return CallRecord(
        uuid=uuid, caller_id_name="", caller_id_number="79160000000", destination_number="74951234567", from_host="",
        to_host="example.onpbx.ru", start=at, end=end, duration_us=end - at, user_talk_us=end - answer,
        hangup_cause=Cause.NORMAL_CLEARING, party=Party.CALLER, accountcode="inbound", gateway="moscow", flow="f" * 64,
        rule="R-08.1", events=(visit,),
    )  # fmt: skip


def write(calls: list[CallRecord], file: Path, zone: dt.tzinfo) -> Path:
    """The same as `history.jsonl`, the latest first as the bridge gives them."""
    file.write_bytes(b"".join(msgspec.json.encode(row(one, zone)) + b"\n" for one in reversed(calls)))
    return file


def remember(calls: list[CallRecord], folder: Path) -> None:
    """Put them into the database of a bridge, as calls of a run that is over."""
    store = Store(f"sqlite:///{folder / 'live.sqlite'}")
    with store.engine.begin() as connection:
        connection.execute(tables.history.insert(), [history_row(one, "example", 0) for one in calls])
    store.close()
