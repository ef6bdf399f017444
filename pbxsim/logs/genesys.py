"""Conversation details of Genesys Cloud's analytics API as JSON, read into calls: a stay for each session in a queue.

Source: Genesys Cloud developer documentation, analytics conversation detail. A voice session of an `acd` participant waits from
its first segment for `tAnswered` or `tAbandon` milliseconds; `tFlowOut` takes it to another queue. Who answered is the next
participant of purpose `agent`, who talks for `tTalkComplete`, or `tTalk` and `tHeld`. Segments tell the queue by its id, the
participant by its name, which is taken first. Outgoing conversations and other media are left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final

import pandas as pd

from pbxsim.logs import calls as c
from pbxsim.logs import contacts
from pbxsim.logs.contacts import NEVER_WAITED, NO_CALL, OUTGOING
from pbxsim.logs.lines import Source

MARKS: Final = ('"conversationId"', '"participants"')
ENDS: Final = (("tAnswered", c.ANSWERED), ("tAbandon", c.ABANDONED), ("tFlowOut", c.LEFT))
"""Metric of a session to the outcome of its stay."""


def read(source: Source, zone: str = "UTC") -> c.Log:
    """Calls and the account of every conversation (counted from 1). Times are UTC or have an offset; `zone` is whose days to
    count in. Raises LogError if nothing is a conversation."""
    return contacts.read(source, zone, _stays)


def _stays(record: Any, number: int) -> tuple[list[contacts.Row], str]:
    """The stays of a conversation, or why it has none."""
    if not isinstance(record, dict) or not isinstance(record.get("conversationId"), str):
        return [], "not a conversation: a JSON object with conversationId and participants is needed"
    if str(record.get("originatingDirection", "inbound")).lower() != "inbound":
        return [], OUTGOING
    people = _objects(record.get("participants"))
    waiting = [
        (place, session) for place, one in enumerate(people) if one.get("purpose") == "acd" for session in _voice(one)
    ]
    if not waiting:
        return [], NEVER_WAITED if any(_voice(one) for one in people) else NO_CALL
    caller = next((str(session["ani"]) for one in people for session in _voice(one) if session.get("ani")), None)
    rows: list[contacts.Row] = []
    for place, session in waiting:
        spans = _objects(session.get("segments"))
        arrived = pd.to_datetime(str(spans[0].get("segmentStart")) if spans else "", utc=True, errors="coerce")
        ended = next(((outcome, _metric(session, name)) for name, outcome in ENDS if _metric(session, name) >= 0), None)
        if pd.isna(arrived) or ended is None:
            return [], "a session of a queue has no segmentStart, or none of tAnswered, tAbandon and tFlowOut"
        outcome, wait = ended
        agent = next((one for one in people[place + 1 :] if one.get("purpose") == "agent" and _voice(one)), {})
        if outcome != c.ANSWERED:
            agent = {}
        queue = people[place].get("participantName") or next(
            (str(one["queueId"]) for one in spans if one.get("queueId")), "all"
        )
        id = record["conversationId"] if len(waiting) == 1 else f"{record['conversationId']}.{len(rows) + 1}"
        name = str(agent.get("participantName") or agent.get("userId") or "") or None
        rows.append((id, arrived, str(queue), wait, outcome, _talk(agent), name, caller, number))
    return rows, ""


def _talk(agent: dict[str, Any]) -> float:
    """Seconds on hold are talk, too; NaN where no metric tells."""
    whole, parts = 0.0, 0.0
    told = False
    for session in _voice(agent):
        complete = _metric(session, "tTalkComplete")
        single = [value for value in (_metric(session, "tTalk"), _metric(session, "tHeld")) if value >= 0]
        told |= complete >= 0 or bool(single)
        whole += max(0.0, complete)
        parts += sum(single)
    return (whole or parts) if told else math.nan


def _metric(session: dict[str, Any], name: str) -> float:
    """The sum of a metric in seconds; -1 where it is not there."""
    found = [one.get("value") for one in _objects(session.get("metrics")) if one.get("name") == name]
    good = [float(value) for value in found if isinstance(value, (int, float)) and math.isfinite(value) and value >= 0]
    return sum(good) / 1000 if good else -1.0


def _voice(participant: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        one
        for one in _objects(participant.get("sessions"))
        if str(one.get("mediaType", "voice")).lower() in ("voice", "callback")
    ]


def _objects(found: Any) -> list[dict[str, Any]]:
    return list(_of(found))


def _of(found: Any) -> Iterator[dict[str, Any]]:
    if isinstance(found, list):
        yield from (one for one in found if isinstance(one, dict))
