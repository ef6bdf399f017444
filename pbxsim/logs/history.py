"""History of onlinePBX as JSON, read into calls: its API's answer, or an export of ours (R-24.1).

Source: R-24.1 and the vendor's `mongo_history/search.json`: a list of records, bare or under `data`, each with `uuid`,
`start_stamp`, `duration`, `user_talk_time`, `accountcode` (inbound, outbound, local, missed), `destination_number` and
`events`. Who answered stands only inside `events`. The vendor's window is one week; a longer one is cut silently, which shows
as days without calls.
"""

from __future__ import annotations

import json
import math
from typing import Any, Final

import pandas as pd

from pbxsim.logs import calls as c
from pbxsim.logs.lines import Source, name_of, text_of
from pbxsim.logs.losses import LogError, Losses
from pbxsim.logs.told import Told

INCOMING: Final = frozenset({"inbound", "missed"})
WAITING_KINDS: Final = frozenset({"queue", "fifo", "group", "callcenter"})
PERSON_KINDS: Final = frozenset({"user", "extension", "agent", "member"})
RECORDS_AT_MOST: Final = 5_000_000


def read(source: Source, zone: str = "UTC") -> c.Log:
    """Incoming calls and the account of every record (counted from 1).

    Stamps are Unix seconds. The wait is from the queue's entry, if events tell it, else from the call's start. Outgoing and
    local calls are dropped and counted. Raises LogError if this is no JSON of a history.
    """
    c.zone_named(zone)
    losses = Losses(name_of(source), unit="record")
    try:
        found = json.loads(text_of(source))
    except (ValueError, RecursionError) as error:
        raise LogError(Told("{name} is no JSON: {reason}; export it again", name=losses.source, reason=error)) from None
    records = found.get("data", found.get("records")) if isinstance(found, dict) else found
    if not isinstance(records, list) or len(records) > RECORDS_AT_MOST:
        raise LogError(Told("{name} holds no list of calls, bare or under `data`", name=losses.source))
    rows = []
    seen: set[str] = set()
    for number, record in enumerate(records, start=1):
        row, reason = _row(record, number)
        if row is None:
            losses.drop(reason, [number], meant=isinstance(reason, Told))
        elif row[0] in seen:
            losses.drop("repeated", [number], meant=True)
        else:
            seen.add(str(row[0]))
            rows.append(row)
            if reason:
                losses.repair(reason, [number])
            else:
                losses.keep([number])
    losses.check(len(records))
    names = ["call_id", "arrived_at", "queue", "wait_s", "outcome", "talk_s", "agent", "caller", "line"]
    table = pd.DataFrame(rows, columns=names)
    table["arrived_at"] = pd.to_datetime(table["arrived_at"].astype("float64"), unit="s", utc=True)
    return c.Log(c.tidy(table, zone), c.no_staff(), losses)


def _row(record: Any, number: int) -> tuple[tuple[object, ...] | None, str]:
    """One call, or None with the reason; with a call, the reason is what was repaired."""
    if not isinstance(record, dict):
        return None, "not a record of a call"
    kind = str(record.get("accountcode", "inbound"))
    if kind not in INCOMING:
        return None, Told("not an incoming call: {kind}", kind=kind[:20])
    start = _stamp(record.get("start_stamp"))
    if start is None:
        return None, "start_stamp is no Unix time"
    length = _stamp(record.get("duration"))
    talk = _stamp(record.get("user_talk_time")) or 0.0
    raw = record.get("events")
    events = [event for event in raw if isinstance(event, dict)] if isinstance(raw, list) else []
    waiting = next((e for e in events if str(e.get("type", e.get("kind", ""))) in WAITING_KINDS), None)
    queue = str((waiting or {}).get("number") or record.get("destination_number") or "")
    entered = _stamp((waiting or {}).get("start_stamp", (waiting or {}).get("entered_stamp"))) or start
    answers = [
        (at, str(event.get("number") or ""))
        for event in events
        if (at := _stamp(event.get("answered_stamp"))) is not None
        and at > 0
        and str(event.get("type", event.get("kind", ""))) in PERSON_KINDS
    ]
    repaired = ""
    agent: str | None = None
    if answers:
        at, name = min(answers)
        wait, agent = at - entered, name or None
    elif talk > 0 and length is not None:
        wait = length - talk - (entered - start)
        repaired = "no event tells the answer: wait taken from duration less talk"
    elif length is not None:
        wait = length - (entered - start)
    else:
        return None, "neither duration nor an answer tells how long the call waited"
    if wait < 0:
        return None, "the call ends before it begins"
    answered = bool(answers) or talk > 0
    call = str(record.get("uuid") or f"r{number}")
    caller = str(record.get("caller_id_number") or "") or None
    outcome = c.ANSWERED if answered else c.ABANDONED
    told = talk if answered else math.nan
    return (call, entered, queue, wait, outcome, told, agent, caller, number), repaired


def _stamp(value: Any) -> float | None:
    """Seconds as a number or as digits; None if it is neither."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) and number >= 0 else None


def write(calls: pd.DataFrame, domain: str = "example.onpbx.ru") -> str:
    """The calls as history JSON; `read` gives the same calls back, timed out and left calls as abandoned."""
    records = []
    epochs = (calls["arrived_at"].dt.tz_convert("UTC").dt.tz_localize(None) - pd.Timestamp(0)) / pd.Timedelta(seconds=1)
    for start, row in zip(epochs, calls.itertuples(index=False), strict=True):
        answered = row.outcome == c.ANSWERED
        talk = 0.0 if not answered or math.isnan(row.talk_s) else row.talk_s
        queue: dict[str, object] = {"type": "queue", "number": row.queue, "start_stamp": start}
        events = [queue]
        if answered:
            events.append({"type": "user", "number": row.agent or "", "answered_stamp": start + row.wait_s})
        records.append(
            {
                "uuid": row.call_id,
                "caller_id_number": row.caller or "",
                "destination_number": row.queue,
                "from_host": "",
                "to_host": domain,
                "start_stamp": start,
                "end_stamp": start + row.wait_s + talk,
                "duration": row.wait_s + talk,
                "user_talk_time": talk,
                "accountcode": "inbound" if answered else "missed",
                "events": events,
            }
        )
    return json.dumps({"status": "1", "data": records}, ensure_ascii=False)
