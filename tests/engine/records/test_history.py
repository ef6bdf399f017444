"""History records are made from notes alone (R-24.1, R-24.2)."""

from __future__ import annotations

from datetime import timedelta, timezone

import pytest

from engine.analysis.scripted_world import Script, ScriptedWorld
from engine.contract import events as ev
from engine.contract.causes import Cause, Party
from engine.loading.load import load
from engine.records.history import COLUMNS, CUT_OFF, CallRecord, History, records, row
from engine.state.flow import Flow
from pbxsim import datasets

MONDAY_9_30_MOSCOW = 1_795_415_400_000_000
"""2026-11-23 06:30 UTC: the example is open."""


@pytest.fixture(scope="module")
def example() -> Flow:
    return load(datasets.find("example").read_bytes())


def call(flow: Flow, arrival: ev.CallArrived, **script: object) -> CallRecord:
    world = ScriptedWorld(flow, Script(**script), MONDAY_9_30_MOSCOW)  # type: ignore[arg-type]
    world.run(arrival)
    (record,) = records(world.lines, "example.onpbx.ru")
    return record


INBOUND = ev.CallArrived(call="c1", called="84951234567", caller="89991234567", trunk="moscow")


def test_answered_call_from_outside_is_inbound_and_tells_every_element_with_its_rule(example: Flow) -> None:
    record = call(example, INBOUND, keys="1", talk_s=30.0)
    assert record.accountcode == "inbound" and record.gateway == "moscow" and record.flow == example.digest
    assert (record.caller_id_number, record.destination_number) == ("89991234567", "84951234567")
    assert record.hangup_cause == Cause.NORMAL_CLEARING and record.party == Party.CALLER
    assert record.user_talk_us == 30_000_000 and record.duration_us == record.end - record.start
    kinds = [visit.kind for visit in record.events]
    assert kinds[-2:] == ["greeting", "queue"]
    for before, after in zip(record.events, record.events[1:], strict=False):
        assert before.leave is not None and before.leave <= after.enter
        assert before.output and before.rule.startswith("R-")
    queue = record.events[-1]
    assert queue.answer is not None and queue.enter < queue.answer < (queue.leave or 0) and queue.leave == record.end


def test_call_nobody_answers_is_missed_even_if_it_leaves_a_message(example: Flow) -> None:
    nobody = dict.fromkeys(example.head.users, "no_answer")
    record = call(example, INBOUND, keys="2", users=nobody, message_s=8.0)
    assert record.accountcode == "missed" and record.user_talk_us == 0
    assert record.events[-1].kind == "voicemail" and record.events[-1].answer is None


def test_caller_who_hangs_up_early_has_a_record_with_the_element_left_open_closed(example: Flow) -> None:
    record = call(example, INBOUND, patience_s=3.0)
    assert record.accountcode == "missed" and record.events[-1].kind == "greeting"
    assert record.events[-1].leave == record.end == record.start + 3_000_000


def test_call_between_users_is_local_and_one_to_the_outside_is_outbound(example: Flow) -> None:
    local = call(example, ev.CallArrived(call="c2", called="101", user=103, caller="103", origin="user"))
    assert (local.accountcode, local.gateway) == ("local", "")
    assert local.from_host == local.to_host == "example.onpbx.ru"
    outbound = call(example, ev.CallArrived(call="c3", called="89161234567", user=103, caller="103", origin="user"))
    assert (outbound.accountcode, outbound.gateway) == ("outbound", "moscow")
    assert outbound.from_host == "example.onpbx.ru"


def test_row_has_the_fields_of_the_specification_and_a_comment_in_the_viewers_language(example: Flow) -> None:
    absent = ev.CallArrived(call="c4", called="106", user=103, origin="user")
    record = call(example, absent, users={106: "unreachable"})
    moscow = timezone(timedelta(hours=3))
    fields = row(record, moscow, "ru")
    assert tuple(fields) == COLUMNS
    assert fields["start_stamp"] == "2026-11-23T09:30:00.000+03:00"
    assert (fields["hangup_cause"], fields["comment"]) == ("SUBSCRIBER_ABSENT", "Абонент не в сети")
    assert row(record)["comment"] == "Not registered"


def test_facts_the_notes_lack_are_told_beside_them(example: Flow) -> None:
    world = ScriptedWorld(example, Script(keys="1"), MONDAY_9_30_MOSCOW)
    world.run(INBOUND)
    history = History("example.onpbx.ru")
    found = []
    for at, message in world.lines:
        record = history.take(at, message)
        history.fact("c1", caller_name="Ivan", from_host="operator.example")
        history.fact("unknown", caller_name="nobody")
        if record is not None:
            found.append(record)
    assert [(r.caller_id_name, r.from_host, r.to_host) for r in found] == [
        ("Ivan", "operator.example", "example.onpbx.ru")
    ]


def test_calls_in_progress_when_the_bridge_goes_down_are_closed_with_a_cause(example: Flow) -> None:
    world = ScriptedWorld(example, Script(keys="1"), MONDAY_9_30_MOSCOW)
    world.run(INBOUND, until=MONDAY_9_30_MOSCOW + 5_000_000)
    history = History()
    for at, message in world.lines:
        assert history.take(at, message) is None
    assert "c1" in history and len(history) == 1
    (record,) = history.interrupt(MONDAY_9_30_MOSCOW + 6_000_000)
    assert record.hangup_cause == CUT_OFF == "CUT_OFF" and record.party == Party.US and record.duration_us == 6_000_000
    assert record.events[-1].leave == record.end and len(history) == 0
