"""Asterisk queue_log: every line is accounted for, and what is written reads back the same."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbxsim.logs import LogError, queue_log
from pbxsim.logs import calls as c
from tests.pbxsim.logs.strategies import TABLES, same

LOG = b"""\
1400000000|NONE|NONE|NONE|QUEUESTART|
1400000001|NONE|sales|SIP/101|ADDMEMBER|
1400000010|1.1|sales|NONE|ENTERQUEUE||79161234567|1
1400000012|1.1|sales|SIP/102|RINGNOANSWER|15000
1400000020|1.1|sales|SIP/101|CONNECT|10|1.2|4
1400000080|1.1|sales|SIP/101|COMPLETECALLER|10|60|1
1400000090|1.3|sales|NONE|ENTERQUEUE||anonymous|1
1400000120|1.3|sales|NONE|ABANDON|1|1|30
1400000130|1.4|sales|NONE|ENTERQUEUE|||2
1400000430|1.4|sales|NONE|EXITWITHTIMEOUT|1|2|300
1400000440|1.5|sales|NONE|ENTERQUEUE||555|1
1400000450|1.5|sales|SIP/101|CONNECT|10|1.6|3
1400000500|1.5|sales|SIP/101|BLINDTRANSFER|200|internal|10|50|1
"""


def test_a_day_reads_as_calls_and_members() -> None:
    log = queue_log.read(LOG, zone="Europe/Moscow")
    assert log.calls["outcome"].tolist() == [c.ANSWERED, c.ABANDONED, c.TIMED_OUT, c.ANSWERED]
    assert log.calls["wait_s"].tolist() == [10, 30, 300, 10]
    assert log.calls["talk_s"].tolist()[0] == 60 and log.calls["talk_s"].tolist()[3] == 50
    assert log.calls["ring_s"].tolist()[0] == 4
    assert log.calls["agent"].tolist() == ["SIP/101", None, None, "SIP/101"]
    assert str(log.calls["arrived_at"].dt.tz) == "Europe/Moscow"
    assert log.staff[["agent", "queue", "event"]].values.tolist() == [["SIP/101", "sales", "in"]]
    assert log.losses.dropped == {"not about calls or members: QUEUESTART": [1]}
    assert (log.losses.total, log.losses.kept_count) == (13, 12)


def test_shuffled_lines_give_the_same_calls_and_are_counted() -> None:
    lines = LOG.splitlines(keepends=True)
    random.Random(3).shuffle(lines)
    log = queue_log.read(b"".join(lines))
    same(log.calls, queue_log.read(LOG).calls)
    assert log.losses.repaired["out of order: put back by its time"]
    assert log.losses.total == len(lines)


def test_repeated_lines_are_dropped_and_counted() -> None:
    log = queue_log.read(LOG + LOG)
    same(log.calls, queue_log.read(LOG).calls)
    assert len(log.losses.dropped["repeated"]) == 13


def test_a_log_cut_at_both_ends_tells_what_it_lost() -> None:
    lines = LOG.splitlines(keepends=True)
    head_gone = queue_log.read(b"".join(lines[4:]))
    first = head_gone.calls.iloc[0]
    assert (first["wait_s"], first["talk_s"]) == (10, 60)
    assert head_gone.losses.repaired == {"ENTERQUEUE missing: arrival taken from the hold time": [1, 2]}
    tail_gone = queue_log.read(b"".join(lines[:-1])[:-20])
    assert tail_gone.losses.dropped["a call without an ending: the log was cut, or the call was still waiting"] == [11]
    assert sum(map(len, tail_gone.losses.dropped.values())) >= 2


def test_a_talk_without_its_end_has_no_length() -> None:
    log = queue_log.read(b"".join(LOG.splitlines(keepends=True)[:-1]))
    last = log.calls.iloc[-1]
    assert last["outcome"] == c.ANSWERED and math.isnan(last["talk_s"])
    assert "the end of the talk is missing: its length is unknown" in log.losses.repaired


def test_what_is_no_queue_log_is_refused() -> None:
    with pytest.raises(LogError, match="no queue_log line"):
        queue_log.read(b"hello\nworld\n")
    with pytest.raises(LogError, match="no time zone"):
        queue_log.read(LOG, zone="Mars/Olympus")


@settings(max_examples=60, deadline=None)
@given(TABLES)
def test_what_is_written_reads_back_the_same(calls) -> None:
    log = queue_log.read(queue_log.write(calls).encode(), zone="Europe/Amsterdam")
    same(log.calls, calls)
    assert log.losses.dropped_count == 0


@settings(max_examples=60, deadline=None)
@given(TABLES, st.data())
def test_torn_logs_account_for_every_line(calls, data) -> None:
    lines = queue_log.write(calls).splitlines()
    torn = [line[: data.draw(st.integers(0, 80))] if data.draw(st.booleans()) else line for line in lines]
    order = data.draw(st.permutations(torn + torn[:3]))
    text = "\n".join(order) + "\n"
    try:
        log = queue_log.read(text.encode())
    except LogError:
        return
    assert log.losses.total == len(order)


def test_a_caller_who_comes_back_into_the_same_queue_in_the_same_second_is_two_stays() -> None:
    again = b"""\
1790000000|1.1|700|NONE|ENTERQUEUE||79160000001|1
1790000180|1.1|700|NONE|EXITWITHTIMEOUT|1|1|180
1790000180|1.1|700|NONE|ENTERQUEUE||79160000001|1
1790000278|1.1|700|NONE|ABANDON|1|1|98
1790001000|1.2|700|NONE|ENTERQUEUE||79160000002|1
1790001005|1.2|700|PJSIP/201|CONNECT|5|1.3|5
1790001065|1.2|700|PJSIP/201|COMPLETEAGENT|5|60|1
1790001065|1.2|700|NONE|ENTERQUEUE||79160000002|1
1790001065|1.2|700|NONE|EXITWITHKEY|1|1|1|0
"""
    expected = [(c.TIMED_OUT, 180.0), (c.ABANDONED, 98.0), (c.ANSWERED, 5.0), (c.LEFT, 0.0)]
    lines = again.splitlines(keepends=True)
    swapped = b"".join([lines[0], lines[2], lines[1], *lines[3:]])
    for text in (again, swapped):
        log = queue_log.read(text)
        assert [(row.outcome, row.wait_s) for row in log.calls.itertuples()] == expected
        assert log.losses.dropped_count == 0
