"""The live bridge's own export: visits of queues, what members did, and the account of every line."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from pbxsim import logs, russian_logs
from pbxsim.logs import LogError, bridge
from pbxsim.logs import calls as c

DAY = "2026-11-23T"
ZONE = "+05:00"


def at(clock: str) -> str:
    return f"{DAY}{clock}.000{ZONE}"


def visit(clock: str, **more: Any) -> dict[str, Any]:
    plain = {
        "element": 5200, "kind": "queue", "enter": at(clock), "answer": None, "leave": None, "output": "", "to": "",
        "rule": "", "answered_by": "",
    }  # fmt: skip
    return {**plain, **more}


def call(uuid: str, clock: str, *events: dict[str, Any], end: str = "10:30:00", **more: Any) -> dict[str, Any]:
    plain = {
        "uuid": uuid, "caller_id_name": "", "caller_id_number": "79161234567", "destination_number": "74951234567",
        "from_host": "", "to_host": "", "start_stamp": at(clock), "end_stamp": at(end), "duration": 60.0,
        "user_talk_time": 0.0, "hangup_cause": "NORMAL_CLEARING", "accountcode": "inbound", "gateway": "moscow",
        "comment": "", "events": list(events), "world": "live",
    }  # fmt: skip
    return {**plain, **more}


def act(clock: str, member: int, event: str, queue: int | None = None, **more: Any) -> dict[str, Any]:
    return {
        "at": at(clock), "member": member, "event": event, "queue": queue, "reason": "", "call": "", "lasted": None, **more,
    }  # fmt: skip


GREETING = visit("10:00:00", element=5000, kind="greeting", leave=at("10:00:10"), output="key 1", to="5200")

CALLS = [
    call("a", "10:00:00", GREETING, visit("10:00:10", answer=at("10:00:40"), leave=at("10:05:00"), answered_by="101")),
    call("b", "10:01:00", visit("10:01:00"), end="10:01:25", accountcode="missed"),
    call("c", "10:02:00", visit("10:02:00", leave=at("10:04:00"), output="timeout", to="5120")),
    call("d", "10:03:00", visit("10:03:00", leave=at("10:03:00"), output="full", to="hangup")),
    call("e", "10:04:00", visit("10:04:00", leave=at("10:04:20"), output="exit", to="5100")),
    call("f", "10:05:00", visit("10:05:00"), hangup_cause="CUT_OFF"),
    call("g", "10:06:00", visit("10:06:00", kind="group", element=5100)),
    call("h", "10:07:00", accountcode="outbound"),
    call("a", "10:00:00"),
]
ACTS = [
    act("06:00:00", 0, "started", reason="digest"),
    act("06:00:00", 101, "in", 5200),
    act("10:00:34", 101, "answered", 5200, call="a", lasted=6.0),
    act("10:00:40", 101, "talked", 5200, call="a", lasted=90.0),
    act("11:00:00", 101, "paused", 5200, reason="lunch"),
    act("11:30:00", 101, "unpaused", 5200),
]


def lines(rows: list[dict[str, Any]], more: str = "") -> bytes:
    return ("".join(json.dumps(row) + "\n" for row in rows) + more).encode()


def test_visits_of_queues_are_calls_and_the_rest_is_accounted_for() -> None:
    log = bridge.read([lines(CALLS, '{"uuid": "torn\n\n'), lines(ACTS)], "Asia/Yekaterinburg")
    calls = log.calls.set_index("call_id")
    assert calls["outcome"].to_dict() == {
        "a": c.ANSWERED, "b": c.ABANDONED, "c": c.TIMED_OUT, "d": c.REFUSED, "e": c.LEFT,
    }  # fmt: skip
    assert calls["wait_s"].to_dict() == {"a": 30, "b": 25, "c": 120, "d": 0, "e": 20}
    assert (calls.loc["a", "agent"], calls.loc["a", "queue"], calls.loc["a", "ring_s"]) == ("101", "5200", 6)
    assert (log.losses.kept_count, log.losses.dropped_count) == (13, 4)
    report = log.losses.report()
    assert "not an incoming call: outbound" in report and "or torn" in report and "repeated" in report
    assert log.losses.remarks["the bridge went down while they waited: left out"] == 1
    assert sum(log.losses.remarks.values()) == 3, (
        "one cut off, and two of those that came waited in no queue that counts"
    )


def test_the_talk_is_the_members_own_and_not_what_follows_a_transfer() -> None:
    calls = bridge.read([lines(CALLS), lines(ACTS)]).calls.set_index("call_id")
    assert calls.loc["a", "talk_s"] == 90
    assert bridge.read([lines(CALLS)]).calls.set_index("call_id").loc["a", "talk_s"] == 260


def test_what_members_did_and_calls_as_they_came_are_kept_beside() -> None:
    log = bridge.read([lines(ACTS), lines(CALLS)])
    assert log.activity is not None and log.entries is not None
    assert list(log.activity.columns) == list(bridge.ACTIVITY_COLUMNS) and len(log.activity) == 6
    assert log.activity["event"].tolist()[:2] == ["started", "in"], "rows of one instant stay in the bridge's order"
    assert log.staff["event"].tolist() == ["in", "pause", "unpause"]
    assert list(log.entries.columns) == list(bridge.ENTRY_COLUMNS)
    assert log.entries["call_id"].tolist() == ["a", "b", "c", "d", "e", "f", "g"]
    assert log.entries["choices"].iloc[0] == ((5000, "key 1"),)


def test_days_are_counted_by_the_offset_of_the_stamps_or_by_the_zone_named() -> None:
    assert str(bridge.read([lines(CALLS)]).calls["arrived_at"].dt.tz) == "Etc/GMT-5"
    assert str(bridge.read([lines(CALLS)], "Europe/Moscow").calls["arrived_at"].dt.tz) == "Europe/Moscow"
    other = json.loads(lines(CALLS[:1]).decode().replace("+05:00", "+06:00").replace('"a"', '"z"'))
    with pytest.raises(LogError, match="name it"):
        bridge.read([lines([*CALLS, other])])


def test_parts_may_overlap_be_compressed_and_be_empty(tmp_path: Path) -> None:
    (tmp_path / "2026").mkdir()
    (tmp_path / "2026" / "history-1.jsonl.gz").write_bytes(gzip.compress(lines(CALLS[:3])))
    (tmp_path / "2026" / "history-2.jsonl").write_bytes(lines(CALLS[2:]))
    (tmp_path / "activity.jsonl").write_bytes(lines(ACTS))
    (tmp_path / "empty.jsonl").write_bytes(b"")
    files = bridge.files_in(tmp_path)
    assert [file.name for file in files] == ["history-1.jsonl.gz", "history-2.jsonl", "activity.jsonl", "empty.jsonl"]
    whole = bridge.read([lines(CALLS), lines(ACTS)])
    assert bridge.read(files).calls.drop(columns="line").equals(whole.calls.drop(columns="line"))
    with pytest.raises(LogError, match="holds no .jsonl"):
        bridge.files_in(tmp_path / "nothing")


def test_the_format_is_found_and_is_no_other_history() -> None:
    assert logs.format_of(lines(CALLS)) == logs.format_of(lines(ACTS)) == "bridge"
    assert logs.format_of(b'{"status": "1", "data": []}') == "history"
    assert logs.read_all([lines(CALLS), lines(ACTS)]).activity is not None
    with pytest.raises(LogError, match="no line of the export is a call"):
        logs.read(lines(ACTS))


def test_an_export_without_a_call_shows_its_account_and_its_first_lines() -> None:
    for read in (bridge.read, logs.read_all):
        with pytest.raises(LogError, match="no line of the export is a call") as refused:
            read([lines(ACTS, "torn\n")], zone="Asia/Yekaterinburg")
        assert "6 kept, 0 repaired, 1 dropped" in str(refused.value)
        assert refused.value.first_lines[0].startswith('{"at": "2026-11-23T06:00:00.000+05:00"')
        told = refused.value.told(russian_logs.translate)
        assert "в выгрузке ни одна строка не звонок" in told and "не звонок и не действие сотрудника" in told
