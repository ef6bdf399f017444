"""Conversations of Genesys Cloud with more than one queue, other media, and what is none."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from pbxsim import logs


def session(media: str = "voice", at: str = "2026-11-23T09:00:00.000Z", **metrics: float) -> dict[str, Any]:
    told = [{"name": name, "value": value, "emitDate": at} for name, value in metrics.items()]
    return {"mediaType": media, "segments": [{"segmentStart": at, "queueId": "q-17"}], "metrics": told}


def conversation(id: str, *participants: tuple[str, str, dict[str, Any]], direction: str = "inbound") -> dict[str, Any]:
    people = [{"purpose": purpose, "participantName": name, "sessions": [one]} for purpose, name, one in participants]
    return {"conversationId": id, "originatingDirection": direction, "participants": people}


FOUND = [
    conversation(
        "c1", ("customer", "", {**session(), "ani": "tel:+74951234567"}), ("acd", "Sales", session(tFlowOut=60_000)),
        ("acd", "Support", session(at="2026-11-23T09:01:00.000Z", tAnswered=12_000)),
        ("agent", "Anna", session(tTalkComplete=90_000)),
    ),
    conversation("c2", ("acd", "", session(tAbandon=7_500))),
    conversation("c3", ("acd", "Chats", session("chat", tAnswered=1_000))),
    conversation("c4", ("acd", "Sales", session(tAnswered=1_000)), direction="outbound"),
    conversation("c5", ("ivr", "Menu", session())),
    conversation("c6", ("acd", "Sales", session())),
    {"conversationId": 7},
]  # fmt: skip


def test_every_queue_of_a_conversation_is_a_stay_and_all_others_are_accounted_for() -> None:
    log = logs.read(json.dumps({"conversations": FOUND}).encode(), zone="Europe/Moscow")
    calls = log.calls.set_index("call_id")
    assert list(calls.index) == ["c1.1", "c2", "c1.2"]
    assert list(calls["queue"]) == ["Sales", "q-17", "Support"] and list(calls["outcome"]) == [
        "left",
        "abandoned",
        "answered",
    ]
    assert (
        list(calls["wait_s"]) == [60, 7.5, 12]
        and calls.loc["c1.2", "talk_s"] == 90
        and calls.loc["c1.2", "agent"] == "Anna"
    )
    assert math.isnan(calls.loc["c1.1", "talk_s"]) and calls.loc["c1.1", "agent"] is None
    assert str(calls.loc["c1.2", "arrived_at"]) == "2026-11-23 12:01:00+03:00"
    told = log.losses.report()
    for words in (
        "not a telephone call",
        "outgoing",
        "never waited in a queue",
        "has no segmentStart",
        "not a conversation",
    ):
        assert words in told


def test_a_file_without_any_stay_is_refused() -> None:
    with pytest.raises(logs.LogError, match="no call of a queue"):
        logs.read(json.dumps({"conversations": FOUND[2:6]}).encode())
