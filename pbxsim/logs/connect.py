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
from pbxsim.logs import contacts
from pbxsim.logs.contacts import NEVER_WAITED, NO_CALL, OUTGOING
from pbxsim.logs.lines import Source

CAME_IN: Final = frozenset({"INBOUND", "TRANSFER", "QUEUE_TRANSFER", "CALLBACK", ""})
"""Ways a contact begins that make somebody wait for an agent."""

MARK: Final = '"ContactId"'


def read(source: Source, zone: str = "UTC") -> c.Log:
    """Calls and the account of every record (counted from 1). Times are UTC or have an offset; `zone` is whose days to count in.

    Raises LogError if nothing is a contact record.
    """
    return contacts.read(source, zone, _stays)


def _stays(record: Any, number: int) -> tuple[list[contacts.Row], str]:
    """The one stay of a contact, or why it has none."""
    if not isinstance(record, dict) or not isinstance(record.get("ContactId"), str):
        return [], "not a contact record: a JSON object with ContactId is needed"
    if record.get("Channel", "VOICE") != "VOICE":
        return [], NO_CALL
    if str(record.get("InitiationMethod") or "").upper() not in CAME_IN:
        return [], OUTGOING
    queue = record.get("Queue")
    agent: dict[str, Any] = record["Agent"] if isinstance(record.get("Agent"), dict) else {}
    if not isinstance(queue, dict) or not queue.get("EnqueueTimestamp"):
        return [], NEVER_WAITED
    arrived = pd.to_datetime(str(queue["EnqueueTimestamp"]), utc=True, errors="coerce")
    wait = _length(queue.get("Duration"))
    if pd.isna(arrived) or math.isnan(wait):
        return [], "Queue.EnqueueTimestamp is no time, or Queue.Duration no number of seconds"
    answered = bool(agent.get("ConnectedToAgentTimestamp"))
    hold = _length(agent.get("CustomerHoldDuration"))
    talk = _length(agent.get("AgentInteractionDuration")) if answered else math.nan
    talk += 0.0 if math.isnan(hold) else hold
    caller = record.get("CustomerEndpoint")
    address = caller.get("Address") if isinstance(caller, dict) else None
    row = (
        record["ContactId"],
        arrived,
        str(queue.get("Name") or queue.get("ARN") or "all"),
        wait,
        c.ANSWERED if answered else c.ABANDONED,
        talk,
        str(agent.get("Username") or "") or None if answered else None,
        address,
        number,
    )
    return [row], ""


def _length(value: Any) -> float:
    good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0
    return float(value) if good else math.nan
