"""What webhooks are to be told (R-19.6), kept in the database in the very step that it tells of: a kill loses nothing.

Decides what is told and in which form, and what is due. Leaves sending and trying again to `outbound/webhooks.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from engine.contract import notes as note
from engine.contract.ids import SECOND_US, CallId, Instant
from engine.records.history import CallRecord
from engine.state.flow import Flow
from live_bridge.config_sections import HookConfig
from live_bridge.store import call_versions
from live_bridge.store import tables as t
from live_bridge.store.call_versions import LabelOf
from live_bridge.store.store import Store

# --- what is told ----------------------------------------------------------------------------------------------------


class HookBook:
    """What of a call's story the webhooks want to hear. `flow` gives the version in force, `domain` is our SIP domain, `label`
    tells number and name of the version that a call is on."""

    def __init__(
        self, hooks: Sequence[HookConfig], domain: str, flow: Callable[[], Flow], label: LabelOf = lambda _: None
    ) -> None:
        self._hooks = tuple(hooks)
        self._domain = domain
        self._flow = flow
        self._label = label
        self._open: dict[CallId, dict[str, Any]] = {}

    def messages(self, at: Instant, message: note.Note) -> Iterator[tuple[str, CallId, bytes]]:
        """Webhook, call and body of everything to be told of one note; the end of a call comes by `ended`."""
        if isinstance(message, note.CallStarted):
            self._open[message.call] = self._facts(message)
            yield from self._told("call_start", at, message.call, self._open[message.call])
        elif isinstance(message, note.LegStarted) and message.call in self._open:
            if message.user is not None:
                facts = {**self._open[message.call], "callee": str(message.user)}
                yield from self._told("call_ringing", at, message.call, facts)
        elif isinstance(message, note.CallAnswered) and message.call in self._open:
            facts = self._open[message.call]
            facts["callee"] = str(message.user) if message.user is not None else message.number or facts["callee"]
            yield from self._told("call_answered", at, message.call, facts)

    def ended(self, record: CallRecord) -> Iterator[tuple[str, CallId, bytes]]:
        """The same of a call that is over, however it ended: `call_end` always, `call_missed` before it if it was."""
        facts = self._open.pop(record.uuid, None) or {
            "direction": "inbound" if record.accountcode == "missed" else record.accountcode,
            "caller": record.caller_id_number,
            "callee": record.destination_number,
            "gateway": record.gateway,
            **self._version(record.flow),
        }
        facts["gateway"] = facts["gateway"] or record.gateway
        more = {
            "call_duration": round(record.duration_us / SECOND_US),
            "dialog_duration": round(record.user_talk_us / SECOND_US),
            "hangup_cause": str(record.hangup_cause),
        }
        if record.accountcode == "missed":
            yield from self._told("call_missed", record.end, record.uuid, facts | more)
        yield from self._told(
            "call_end", record.end, record.uuid, facts | more | {"recordings": list(record.recordings)}
        )

    def _facts(self, started: note.CallStarted) -> dict[str, Any]:
        direction = "inbound"
        if started.user is not None or started.origin in ("api", "callback"):
            direction = "outbound" if self._flow().find(started.called) is None else "local"
        return {
            "direction": direction,
            "caller": started.caller,
            "callee": started.called,
            "gateway": started.trunk or "",
            "origin": started.origin,
            **self._version(started.flow),
        }

    def _version(self, flow: str) -> dict[str, Any]:
        """What is told of the version that a call is on (R-25.6)."""
        return {"flow": flow, **call_versions.fields_of(self._label(flow))}

    def _told(
        self, event: str, at: Instant, call: CallId, facts: Mapping[str, Any]
    ) -> Iterator[tuple[str, CallId, bytes]]:
        body: bytes | None = None
        for hook in self._hooks:
            if event in hook.events:
                if body is None:
                    whole = {
                        "event": event, **facts, "uuid": call, "domain": self._domain, "date": at // SECOND_US, "world": "live",
                    }  # fmt: skip
                    body = msgspec.json.encode(whole)
                yield hook.name, call, body


# --- what waits ------------------------------------------------------------------------------------------------------


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a webhook is to be told."""

    id: int
    hook: str
    call: CallId
    body: bytes
    born_at: Instant
    tries: int


def keep(store: Store, pbx: str, messages: Iterable[tuple[str, CallId, bytes]], at: Instant) -> None:
    """Put messages in the database outside of a step of the engine."""
    rows = [
        {"pbx": pbx, "hook": hook, "call": call, "body": body, "born_at": at, "next_at": at, "tries": 0,
         "state": "waiting", "reason": ""}
        for hook, call, body in messages
    ]  # fmt: skip
    if rows:
        with store.engine.begin() as connection:
            connection.execute(t.hook_letters.insert(), rows)


def due(store: Store, pbx: str, at: Instant, limit: int) -> list[Waiting]:
    """What is to be tried now: of each call and webhook only the earliest that waits."""
    c, other = t.hook_letters.c, t.hook_letters.alias()
    earliest = (
        sa.select(sa.func.min(other.c.id))
        .where(other.c.pbx == pbx, other.c.state == "waiting", other.c.hook == c.hook, other.c.call == c.call)
        .scalar_subquery()
    )
    query = (
        sa.select(t.hook_letters)
        .where(c.pbx == pbx, c.state == "waiting", c.next_at <= at, c.id == earliest)
        .order_by(c.id)
        .limit(limit)
    )
    with store.engine.connect() as connection:
        return [
            Waiting(id=r.id, hook=r.hook, call=r.call, body=bytes(r.body), born_at=r.born_at, tries=r.tries)
            for r in connection.execute(query)
        ]


def by_hook(store: Store, pbx: str) -> dict[str, dict[str, int]]:
    """The same for each webhook that has any."""
    c = t.hook_letters.c
    query = sa.select(c.hook, c.state, sa.func.count()).where(c.pbx == pbx).group_by(c.hook, c.state)
    found: dict[str, dict[str, int]] = {}
    with store.engine.connect() as connection:
        for hook, state, count in connection.execute(query):
            found.setdefault(str(hook), {"waiting": 0, "failed": 0})[str(state)] = int(count)
    return found


def counts(store: Store, pbx: str) -> dict[str, int]:
    """How many wait, and how many were given up and not tidied away yet."""
    c = t.hook_letters.c
    query = sa.select(c.state, sa.func.count()).where(c.pbx == pbx).group_by(c.state)
    with store.engine.connect() as connection:
        found = {str(state): int(count) for state, count in connection.execute(query)}
    return {"waiting": found.get("waiting", 0), "failed": found.get("failed", 0)}
