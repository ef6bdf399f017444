"""Two traces side by side: where they part, what is no difference, and what follows from what."""

from __future__ import annotations

import pytest

from engine.contract import notes as note
from engine.contract.causes import Cause, Party
from engine.records import rehearsal, traces
from engine.records.traces import Line
from tests.harness import rule


def started(call: str, at: int = 0) -> tuple[int, note.Note]:
    return at, note.CallStarted(call=call, flow="f", called="74951234567", trunk="moscow")


def trace(*said: tuple[int, note.Note]) -> list[Line]:
    (lines,) = traces.of_calls(said).values()
    return lines


def left(at: int, call: str = "x", queue: int = 5200, wait_us: int = 7) -> tuple[int, note.Note]:
    return at, note.CallAbandoned(call=call, queue=queue, wait_us=wait_us)


def test_calls_of_different_ids_have_the_same_trace() -> None:
    one = trace(started("moscow-1"), (5, note.CallOffered(call="moscow-1", queue=5200, member=100, leg="moscow-1.1")))
    other = trace(started("66a-7"), (5, note.CallOffered(call="66a-7", queue=5200, member=100, leg="66a-7.1")))
    assert traces.part(one, other) is None


@rule("R-25.7")
def test_the_first_note_that_says_something_else_is_where_they_part() -> None:
    one = trace(started("x"), left(5), left(9))
    other = trace(started("x"), left(5, queue=5300), left(9))
    parting = traces.part(one, other)
    assert parting is not None and parting.step == 2 and not parting.only_time and parting.more == 0
    told = traces.difference("x", parting, "unexplained")
    assert told.expected == "CallAbandoned queue=5200" and told.seen == "CallAbandoned queue=5300"


def test_a_trace_that_ends_sooner_parts_there() -> None:
    parting = traces.part(trace(started("x"), left(5)), trace(started("x")))
    assert parting is not None and parting.step == 2 and parting.seen is None and parting.at == 5


def test_time_counts_beyond_the_resolution_alone() -> None:
    one, other = trace(started("x"), left(5_000, wait_us=2_000)), trace(started("x"), left(5_400, wait_us=2_900))
    assert traces.part(one, other, 1_000) is None
    parting = traces.part(one, other, 500)
    assert parting is not None and parting.only_time and parting.apart_us == 900


def test_what_else_is_said_comes_before_what_is_only_said_later() -> None:
    one, other = trace(started("x"), left(5), left(9)), trace(started("x"), left(6), left(9, queue=5300))
    parting = traces.part(one, other)
    assert parting is not None and parting.step == 3 and not parting.only_time


def test_a_recordings_length_is_as_exact_as_its_packets() -> None:
    def message(length_us: int) -> list[Line]:
        return trace(started("x"), (5, note.MessageLeft(call="x", box=5120, recording="x.r1", length_us=length_us)))

    assert traces.part(message(5_000_000), message(5_019_000), 1_000, 40_000) is None
    parting = traces.part(message(5_000_000), message(5_119_000), 1_000, 40_000)
    assert parting is not None and parting.recorded and parting.apart_us == 119_000


def test_the_same_notes_in_another_order_within_the_resolution_are_simultaneous() -> None:
    one, other = trace(started("x"), left(5), left(5, queue=5300)), trace(started("x"), left(5, queue=5300), left(5))
    parting = traces.part(one, other)
    assert parting is not None and traces.turned_over(one, other, parting.step, 1_000)
    apart = trace(started("x"), left(5, queue=5300), left(9_000))
    assert not traces.turned_over(one, apart, 2, 1_000)


def test_rules_that_notes_name_are_found() -> None:
    end = note.CallEnded(call="x", cause=Cause.NORMAL_CLEARING, party=Party.FLOW, started_at=0, rule="R-09.5")
    assert traces.rules_in(trace(started("x"), (9, end))[1], None) == ("R-09.5",)


def test_a_difference_follows_from_an_earlier_one_that_shares_a_queue() -> None:
    partings = {"a": (5, {("queue", 5200)}), "b": (9, {("queue", 5200)}), "c": (9, {("queue", 5300)})}
    assert traces.follows(partings, "b", {("queue", 5200)}) == "a"
    assert traces.follows(partings, "c", {("queue", 5300)}) == ""
    assert traces.follows(partings, "a", {("queue", 5200)}) == ""


def test_no_cause_is_invented() -> None:
    parting = traces.part(trace(started("x")), trace(started("x"), left(5)))
    assert parting is not None
    with pytest.raises(ValueError, match="no cause"):
        traces.difference("x", parting, "bad luck")


@pytest.mark.parametrize("text", [b"", b"{}", b"[1]", b'{"format": "pbx rehearsal 1"}'])
def test_what_is_no_plan_is_refused_in_words(text: bytes) -> None:
    with pytest.raises(rehearsal.PlanError, match="rehearsal plan"):
        rehearsal.decode_plan(text)


def test_a_plan_of_another_form_is_refused() -> None:
    plan = rehearsal.Plan("pbx rehearsal 9", "f", "text", "s", 1, ())
    with pytest.raises(rehearsal.PlanError, match="make the plan again"):
        rehearsal.decode_plan(rehearsal.encode_plan(plan))
