"""Contact records of Amazon Connect, a JSON value a line or a list of them, read into calls.

Source: Amazon Connect administrator guide, "Contact records data model". A contact waits from `Queue.EnqueueTimestamp` for
`Queue.Duration` seconds and talks for `Agent.AgentInteractionDuration`, and is on hold for `Agent.CustomerHoldDuration` more.
Only calls that came in and entered a queue count.
"""

from __future__ import annotations

import math
from typing import Any, Final

import pandas as pd

from pbxsim.logs import calls as c
from pbxsim.logs.lines import Source, name_of, text_of
from pbxsim.logs.losses import LogError, Losses
from pbxsim.logs.records import values
from pbxsim.logs.told import Told

CAME_IN: Final = frozenset({"INBOUND", "TRANSFER", "QUEUE_TRANSFER", "CALLBACK", ""})
"""Ways a contact begins that make somebody wait for an agent."""

NO_CALL: Final = "not a telephone call"
OUTGOING: Final = "outgoing: the contact centre called"
NEVER_WAITED: Final = "it never waited in a queue"
MEANT: Final = (NO_CALL, OUTGOING, NEVER_WAITED)
"""Why a record is left out although nothing is wrong with it."""

MARK: Final = '"ContactId"'


def read(source: Source, zone: str = "UTC") -> c.Log:
    """Calls and the account of every record (counted from 1). Times are UTC or have an offset; `zone` is whose days to count in.

    Raises LogError if nothing is a contact record.
    """
    c.zone_named(zone)
    losses = Losses(name_of(source), unit="record")
    rows = []
    total = 0
    for number, record in enumerate(values(text_of(source), losses.source), start=1):
        total = number
        row, problem = _row(record, number)
        if row is None:
            losses.drop(Told(problem), [number], meant=problem in MEANT)
        else:
            rows.append(row)
            losses.keep([number])
    if total and not rows:
        raise LogError(Told("{source} holds no call of a queue", source=losses.source), losses)
    losses.check(total)
    names = ["call_id", "arrived_at", "queue", "wait_s", "outcome", "talk_s", "agent", "caller", "line"]
    table = pd.DataFrame(rows, columns=names)
    table["arrived_at"] = pd.to_datetime(table["arrived_at"], utc=True)
    return c.Log(c.tidy(table, zone), c.no_staff(), losses)


def _row(record: Any, number: int) -> tuple[tuple[object, ...] | None, str]:
    """A contact as a row, or why it is none."""
    if not isinstance(record, dict) or not isinstance(record.get("ContactId"), str):
        return None, "not a contact record: a JSON object with ContactId is needed"
    if record.get("Channel", "VOICE") != "VOICE":
        return None, NO_CALL
    if str(record.get("InitiationMethod") or "").upper() not in CAME_IN:
        return None, OUTGOING
    queue = record.get("Queue")
    agent: dict[str, Any] = record["Agent"] if isinstance(record.get("Agent"), dict) else {}
    if not isinstance(queue, dict) or not queue.get("EnqueueTimestamp"):
        return None, NEVER_WAITED
    arrived = pd.to_datetime(str(queue["EnqueueTimestamp"]), utc=True, errors="coerce")
    wait = _length(queue.get("Duration"))
    if pd.isna(arrived) or math.isnan(wait):
        return None, "Queue.EnqueueTimestamp is no time, or Queue.Duration no number of seconds"
    answered = bool(agent.get("ConnectedToAgentTimestamp"))
    hold = _length(agent.get("CustomerHoldDuration"))
    talk = _length(agent.get("AgentInteractionDuration")) if answered else math.nan
    talk += 0.0 if math.isnan(hold) else hold
    caller = record.get("CustomerEndpoint")
    address = caller.get("Address") if isinstance(caller, dict) else None
    return (
        record["ContactId"],
        arrived,
        str(queue.get("Name") or queue.get("ARN") or "all"),
        wait,
        c.ANSWERED if answered else c.ABANDONED,
        talk,
        str(agent.get("Username") or "") or None if answered else None,
        address,
        number,
    ), ""


def _length(value: Any) -> float:
    good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0
    return float(value) if good else math.nan
