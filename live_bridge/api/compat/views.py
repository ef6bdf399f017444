"""The product's things in the words of the reference service's API (R-19.3): history, users, groups, queues, greetings, blocks.

Decides only names and forms, texts mostly, as that API's clients expect them. Nothing here asks or changes anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.contract.ids import SECOND_US
from engine.elements import of_kind
from engine.elements.greeting import Greeting
from engine.elements.group import Group
from engine.elements.number_rule import NumberRule
from engine.elements.queue import Queue
from engine.records.history import CallRecord, ElementVisit
from engine.state.flow import Flow


def call(record: CallRecord) -> dict[str, Any]:
    """A call of the history: Unix seconds, the called number of an incoming call being where it was answered."""
    return {
        "uuid": record.uuid,
        "caller_id_name": record.caller_id_name,
        "caller_id_number": record.caller_id_number,
        "destination_number": _destination(record),
        "from_host": record.from_host,
        "to_host": record.to_host,
        "start_stamp": record.start // SECOND_US,
        "end_stamp": record.end // SECOND_US,
        "duration": round(record.duration_us / SECOND_US),
        "user_talk_time": round(record.user_talk_us / SECOND_US),
        "hangup_cause": str(record.hangup_cause),
        "accountcode": record.accountcode,
        "gateway": record.gateway,
        "events": [_event(visit) for visit in record.events],
    }


def _event(visit: ElementVisit) -> dict[str, Any]:
    return {
        "type": visit.kind,
        "number": visit.by or str(visit.element),
        "start_stamp": visit.enter // SECOND_US,
        "answered_stamp": None if visit.answer is None else visit.answer // SECOND_US,
        "end_stamp": None if visit.leave is None else visit.leave // SECOND_US,
    }


def _destination(record: CallRecord) -> str:
    if record.accountcode in ("outbound", "local"):
        return record.destination_number
    answered = [visit for visit in record.events if visit.answer is not None]
    rang = [visit for visit in record.events if visit.kind in ("user", "group", "queue")]
    found = (answered or rang)[-1:]
    return str(found[0].element) if found else record.destination_number


def users(flow: Flow) -> list[dict[str, Any]]:
    """Users, texts all."""
    return [
        {
            "num": str(number), "name": user.name, "email": ";".join(user.email), "ring": f"{user.ring:g}",
            "no_answer": user.no_answer or "", "voicemail": "1" if user.voicemail else "0", "enabled": "1",
        }
        for number, user in sorted(flow.head.users.items())
    ]  # fmt: skip


def groups(flow: Flow) -> list[dict[str, Any]]:
    """Groups; members as `101;102`."""
    return [
        {
            "num": str(one.number), "name": one.name, "users": ";".join(one.members()),
            "timeout": str(one.ring_us // SECOND_US), "no_answer": one.no_answer.to or "",
        }
        for one in of_kind(flow.elements.values(), Group)
    ]  # fmt: skip


def queues(flow: Flow, members: Mapping[int, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Queues; members as `201:1;202:0`, the figure telling whether they are signed in."""

    def signed(user: int, queue: int) -> str:
        state = members.get(user, {}).get("queues", {}).get(str(queue), {}).get("state", "")
        return f"{user}:{0 if state == 'out' else 1}"

    return [
        {
            "num": str(one.number), "name": one.name,
            "users": ";".join(signed(seat.user, one.number) for seat in one.staff),
            "strategy": one.strategy, "max_wait": str(one.max_wait_us // SECOND_US), "timeout": str(one.ring_us // SECOND_US),
        }
        for one in of_kind(flow.elements.values(), Queue)
    ]  # fmt: skip


def greetings(flow: Flow) -> list[dict[str, Any]]:
    """Greetings with their keys."""
    found = []
    for one in of_kind(flow.elements.values(), Greeting):
        outputs = {name: exit_.to or "" for name, exit_ in one.exits.items()}
        keys = {name.removeprefix("key "): to for name, to in outputs.items() if name.startswith("key ")}
        rest = {name: to for name, to in outputs.items() if not name.startswith("key ")}
        found.append({"num": str(one.number), "name": one.name, "prompt": one.prompt, "keys": keys, **rest})
    return found


def block_rules(flow: Flow) -> list[int]:
    """Number rules that hang up on whoever fits: what stands for a blocklist here (R-12)."""
    return [one.number for one in of_kind(flow.elements.values(), NumberRule) if one.match.to == "hangup"]


def blocked(flow: Flow) -> list[dict[str, Any]]:
    """Callers who are hung up on."""
    found = []
    for number in block_rules(flow):
        parameters: Any = flow.document.elements[number]
        found += [{"number": one.number, "kind": one.kind, "rule": str(number)} for one in parameters.entries]
    return found
