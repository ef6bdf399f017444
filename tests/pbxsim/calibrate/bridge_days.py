"""Working days with known parameters as a bridge exports them: made by the engine, written by the bridge's own code.

The notes of simulated days go into the bridge's history and its book of members, and the rows come out as its API gives them.
"""

from __future__ import annotations

import dataclasses
import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from engine.contract import notes as note
from engine.contract.ids import Instant
from engine.loading.load import load
from engine.records.history import CallRecord, History, row
from engine.state.flow import Flow
from live_bridge.store.activity_export import shown
from live_bridge.store.entries import Write
from live_bridge.store.member_activity import Activity, MemberBook, seats_of
from pbxsim.runs.events import follow
from pbxsim.scenario.scenario import Scenario

ZONE = "Europe/Berlin"
MONDAY = datetime.date(2026, 9, 7)

PATIENCE_S = {5200: 60.0, 5201: 150.0}
TALK_S = {5200: 120.0, 5201: 240.0}
TALK_SCV = 0.5
WRAP_UP_S = {5200: 25.0, 5201: 12.0}
"""Exponential for 5200, always the same for 5201."""

ANSWER_S = 4.0
NO_ANSWER = 0.05
SELDOM_ANSWERS = 103
SELDOM = 0.3
RING_S = 20
SHIFTS = {(100, 101, 102): (9 * 3600, 17 * 3600, 12 * 3600, 45), (103, 104): (10 * 3600, 18 * 3600, 13 * 3600, 30)}
"""Members to: from, to, lunch at, minutes of lunch."""

PER_HOUR = {"sales": 55.0, "support": 25.0}

PBX = """
pbx: known
zone: Europe/Berlin
trunks:
  sales: {number: "4930111111", to: 5200}
  support: {number: "4930222222", to: 5201}
elements:
  5200: {kind: queue, name: Sales, members: [100, 101, 103], ring: 20, max_wait: 600, wrap_up: 0, timeout: hangup}
  5201: {kind: queue, name: Support, members: [101, 102, 104], ring: 20, max_wait: 600, wrap_up: 0, timeout: hangup}
users:
  100: {name: Ada}
  101: {name: Bob}
  102: {name: Eve}
  103: {name: Max}
  104: {name: Pia}
"""


def flow() -> Flow:
    """The PBX of these days."""
    return load(PBX)


def scenario(date: datetime.date, per_hour: float = 1.0, **changes: Any) -> Scenario:
    """One working day of it; `per_hour` is a factor on the arrivals."""
    open_ = [0.0] * 9 + [1.0] * 9 + [0.0] * 6
    exponential = {number: {"kind": "exponential", "mean": mean} for number, mean in PATIENCE_S.items()}
    data = {
        "date": date,
        "hours": 24,
        "seed": date.toordinal(),
        "arrivals": {
            name: {"trunk": name, "every_min": 60, "calls": [rate * per_hour * one for one in open_]}
            for name, rate in PER_HOUR.items()
        },
        "callers": {"anyone": {"numbers": ["4917########"]}},
        "patience": {"queues": exponential},
        "talk": {"queues": {n: {"kind": "lognormal", "mean": mean, "scv": TALK_SCV} for n, mean in TALK_S.items()}},
        "wrap_up": {5200: {"kind": "exponential", "mean": WRAP_UP_S[5200]}, 5201: WRAP_UP_S[5201]},
        "answering": {
            "default": {"delay": {"kind": "lognormal", "mean": ANSWER_S, "scv": 0.2}, "no_answer": NO_ANSWER},
            "users": {SELDOM_ANSWERS: {"delay": ANSWER_S, "no_answer": SELDOM}},
        },
        "shifts": [
            {
                "members": list(members),
                "from": begin,
                "to": end,
                "breaks": [{"at": lunch, "minutes": minutes, "reason": "lunch"}],
            }
            for members, (begin, end, lunch, minutes) in SHIFTS.items()
        ],
    }
    return Scenario.of({**data, **changes})


@dataclasses.dataclass
class Export:
    """What the bridge would give: rows of both files, and what it has in its database."""

    history: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    activity: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    records: list[CallRecord] = dataclasses.field(default_factory=list)
    members: list[Activity] = dataclasses.field(default_factory=list)

    def write(self, folder: Path) -> list[Path]:
        """Both files in a folder, the calls latest first as the bridge sends them."""
        folder.mkdir(parents=True, exist_ok=True)
        paths = [folder / "history.jsonl", folder / "activity.jsonl"]
        for path, rows in zip(paths, (self.history[::-1], self.activity), strict=True):
            path.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in rows))
        return paths


def export(days: int, first: datetime.date = MONDAY, pbx: Flow | None = None, **more: Any) -> Export:
    """Working days from `first` on. Each is a run of the bridge of its own, begun at midnight."""
    pbx = pbx or flow()
    zone = ZoneInfo(ZONE)
    out = Export()
    date = first
    for _ in range(days):
        _day(pbx, scenario(date, **more), zone, out)
        date += datetime.timedelta(days=3 if date.weekday() == 4 else 1)
    return out


def _day(pbx: Flow, day: Scenario, zone: ZoneInfo, out: Export) -> None:
    history, book = History("known.example"), MemberBook("known", lambda _: seats_of(pbx))

    def keep(writes: list[Write]) -> None:
        for _, (_pbx, *values) in writes:
            made = Activity(**dict(zip(Activity.__struct_fields__, values, strict=True)))
            made = msgspec.structs.replace(made, call=made.call and f"{day.date}-{made.call}")
            out.members.append(made)
            out.activity.append(shown(made, zone))

    def tell(at: Instant, message: note.Note) -> None:
        keep(book.take_note(at, message))
        record = history.take(at, message)
        if record is not None:
            record = msgspec.structs.replace(record, uuid=f"{day.date}-{record.uuid}")
            out.records.append(record)
            out.history.append(row(record, zone))

    begin = day.begin(pbx)
    keep(book.begin(begin, pbx.digest))
    follow(pbx, day, tell)
    keep(book.end(begin + 86_400_000_000 - 1))
