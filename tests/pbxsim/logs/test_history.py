"""onlinePBX history JSON: incoming calls with who answered, and the account of the others."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from pbxsim.logs import LogError, history
from pbxsim.logs import calls as c
from tests.pbxsim.logs.strategies import TABLES, same

RECORDS = [
    {
        "uuid": "a", "caller_id_number": "79161234567", "destination_number": "5200", "start_stamp": 1400000000,
        "end_stamp": 1400000080, "duration": 80, "user_talk_time": 60, "accountcode": "inbound",
        "events": [{"type": "user", "number": "101", "answered_stamp": 1400000020}],
    },
    {"uuid": "b", "destination_number": "5200", "start_stamp": 1400000100, "duration": 30, "user_talk_time": 0,
     "accountcode": "missed", "events": []},
    {"uuid": "c", "start_stamp": 1400000100, "duration": 30, "accountcode": "outbound"},
    {"uuid": "d", "destination_number": "5200", "start_stamp": 1400000200, "duration": 50, "user_talk_time": 40,
     "accountcode": "inbound"},
    {"uuid": "a", "start_stamp": 1, "duration": 3, "accountcode": "inbound"},
    {"uuid": "e", "start_stamp": "yesterday", "accountcode": "inbound"},
    "nonsense",
]  # fmt: skip


@pytest.mark.parametrize("wrapped", [RECORDS, {"status": "1", "data": RECORDS}])
def test_incoming_calls_are_read_and_the_rest_is_accounted_for(wrapped: object) -> None:
    log = history.read(json.dumps(wrapped).encode(), zone="Asia/Yekaterinburg")
    assert log.calls["call_id"].tolist() == ["a", "b", "d"]
    assert log.calls["wait_s"].tolist() == [20, 30, 10]
    assert log.calls["outcome"].tolist() == [c.ANSWERED, c.ABANDONED, c.ANSWERED]
    assert log.calls["agent"].tolist() == ["101", None, None]
    assert (log.losses.kept_count, log.losses.repaired_count, log.losses.dropped_count) == (2, 1, 4)
    assert log.losses.unit == "record"


@pytest.mark.parametrize("text", [b"{", b"{}", b'{"data": 3}'])
def test_what_is_no_history_is_refused(text: bytes) -> None:
    with pytest.raises(LogError):
        history.read(text)


@settings(max_examples=40, deadline=None)
@given(TABLES)
def test_what_is_written_reads_back_the_same(calls) -> None:
    calls = calls[calls["outcome"].isin([c.ANSWERED, c.ABANDONED])]
    log = history.read(history.write(calls).encode(), zone="Europe/Amsterdam")
    same(log.calls, calls, without=("line", "priority", "ring_s"))
