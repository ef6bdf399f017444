"""A call's stay in a queue: entry, limits, announcements, outputs (R-08.9 to R-08.18, R-08.22, R-08.23)."""

from __future__ import annotations

import pytest

from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.causes import Cause, Party
from tests.harness import Scene, drained, rule

BOX = "5120: {kind: voicemail, recipients: [office@example.org]}"


def queue(settings: str, members: str = "[101]") -> str:
    return f"5200: {{kind: queue, members: {members}, {settings}}}\n{BOX}"


def over(scene: Scene, at: float) -> None:
    for call in list(scene.engine.tenant.calls):
        if call in scene.engine.tenant.calls and not scene.engine.tenant.calls[call].over:
            scene.hangs_up(at, call)
    scene.until(at + 8000)
    drained(scene.engine)


@rule("R-02.15", "R-08.1")
def test_a_queue_answers_the_call_and_plays_music_until_a_member_picks_up() -> None:
    scene = Scene(queue("music: notice.wav"))
    said = scene.arrives(0)
    assert [type(m).__name__ for m in said if isinstance(m, cmd.Command)] == ["Answer", "PlayMusic", "PlaceLeg"]
    assert scene.one(cmd.PlayMusic).prompt == "notice.wav"
    scene.answers(3, "c1.1")
    assert scene.one(cmd.Bridge).leg == "c1.1"
    answered = scene.one(note.CallAnswered)
    assert (answered.user, answered.wait_us, answered.rule) == (101, 3_000_000, "R-08.7")
    over(scene, 4)


@rule("R-08.9")
@pytest.mark.parametrize("limit", [0, 600])
def test_the_longest_wait_is_600_seconds_and_0_is_none(limit: int) -> None:
    scene = Scene(queue(f"max_wait: {limit}, timeout: hangup"))
    scene.tell(0, ev.MemberPaused(user=101))
    scene.arrives(0)
    scene.until(7200)
    assert scene.times(note.CallLeftQueue, output="timeout") == ([600.0] if limit else [])
    over(scene, 7201)


@rule("R-08.9")
def test_defaults_are_ring_15_retry_5_wrap_up_0_and_wait_600() -> None:
    scene = Scene(queue("timeout: hangup"))
    scene.arrives(0)
    scene.until(20)
    assert scene.one(cmd.PlaceLeg, leg="c1.1").ring_timeout_us == 15_000_000
    assert [at for at, *_ in scene.offers()] == [0.0, 20.0]
    scene.answers(21, "c1.2")
    scene.hangs_up(30)
    assert scene.states(101)[-1] == "idle"
    over(scene, 31)


# --- limits (R-08.13) -------------------------------------------------------------------------------------------------


@rule("R-08.13", "R-08.14")
def test_a_full_queue_sends_the_call_out_by_full_without_answering_it() -> None:
    scene = Scene(queue("waiting: 2, full: hangup"))
    scene.arrives(0, "c1")
    scene.arrives(0, "c2")
    scene.arrives(1, "c3")
    assert scene.path("c3") == [(5200, "full")] and not scene.all(cmd.Answer, call="c3")
    assert scene.one(note.CallRefused).reason == "full"
    scene.answers(2, "c1.1")
    scene.arrives(3, "c4")
    assert scene.path("c4") == [(5200, "")], "a call in talk does not wait"
    over(scene, 4)


@rule("R-08.13")
@pytest.mark.parametrize(
    ("join", "out", "paused", "talking", "joins"),
    [
        ("signed_in", True, False, False, False),
        ("signed_in", False, True, False, True),
        ("signed_in", False, False, True, True),
        ("always", True, False, False, True),
        ("unpaused", True, False, False, False),
        ("unpaused", False, True, False, False),
        ("unpaused", False, False, True, True),
        ("idle", False, True, False, False),
        ("idle", False, False, True, False),
        ("idle", False, False, False, True),
    ],
)
def test_join_when_empty(join: str, out: bool, paused: bool, talking: bool, joins: bool) -> None:
    scene = Scene(queue(f"join_when_empty: {join}, join_empty: 5120"))
    if out:
        scene.tell(0, ev.MemberSignedOut(user=101))
    if paused:
        scene.tell(0, ev.MemberPaused(user=101))
    if talking:
        scene.dials(0, 101, "102", "own")
    scene.arrives(1)
    assert scene.path() == ([(5200, "")] if joins else [(5200, "join_empty"), (5120, "")])
    assert [m.reason for m in scene.all(note.CallRefused)] == ([] if joins else ["join_empty"])
    over(scene, 2)


@rule("R-08.13")
@pytest.mark.parametrize("leave", [True, False])
def test_leave_when_empty_sends_those_who_wait_out_when_the_last_member_goes(leave: bool) -> None:
    scene = Scene(queue(f"leave_when_empty: {str(leave).lower()}, leave_empty: 5120"))
    scene.arrives(0, "c1")
    scene.arrives(1, "c2")
    scene.tell(5, ev.MemberSignedOut(user=101))
    expected = [(5200, "leave_empty"), (5120, "")] if leave else [(5200, "")]
    assert scene.path("c1") == scene.path("c2") == expected
    assert len(scene.all(note.CallLeftQueue, output="leave_empty")) == (2 if leave else 0)
    over(scene, 6)


# --- outputs (R-08.14) ------------------------------------------------------------------------------------------------


@rule("R-08.14", "R-02.11")
@pytest.mark.parametrize("output", ["timeout", "full", "join_empty", "leave_empty", "exit"])
def test_an_empty_output_of_a_queue_ends_the_call_with_no_route(output: str) -> None:
    settings = {
        "timeout": "max_wait: 5, ring: 5",
        "full": "waiting: 1",
        "join_empty": "join_when_empty: idle",
        "leave_empty": "leave_when_empty: true",
        "exit": 'exit_key: "9"',
    }[output]
    scene = Scene(queue(settings))
    if output in ("full", "join_empty"):
        scene.arrives(0, "c0")
    scene.arrives(1, "c1")
    if output == "leave_empty":
        scene.tell(2, ev.MemberSignedOut(user=101))
    elif output == "exit":
        scene.presses(2, "9")
    scene.until(6.5)
    end = scene.end("c1")
    assert (end.cause, end.rule, end.party) == (Cause.NO_ROUTE_DESTINATION, "R-02.11", Party.FLOW)
    assert scene.path("c1") == [(5200, output)]
    over(scene, 7)


@rule("R-08.14")
def test_the_exit_key_leaves_and_other_keys_mean_nothing() -> None:
    scene = Scene(queue('exit_key: "*", exit: 5120'))
    scene.arrives(0)
    assert scene.one(cmd.CollectKeys).keys == "*"
    scene.presses(1, "1")
    assert scene.path() == [(5200, "")]
    scene.presses(2, "*")
    assert scene.path() == [(5200, "exit"), (5120, "")]
    assert scene.one(note.CallLeftQueue).output == "exit_key" and scene.states(101)[-1] == "idle"
    over(scene, 3)


@rule("R-08.14")
def test_the_exit_key_means_nothing_in_talk() -> None:
    scene = Scene(queue('exit_key: "*", exit: 5120'))
    scene.arrives(0)
    scene.answers(1, "c1.1")
    scene.presses(2, "*")
    assert scene.path() == [(5200, "")] and scene.all(cmd.StopCollecting)
    over(scene, 3)


# --- announcements (R-08.17, R-08.18) ---------------------------------------------------------------------------------


@rule("R-08.17")
def test_position_is_said_every_so_often_and_music_goes_on_after_it() -> None:
    scene = Scene(queue("announce_position: true, announce_every: 30, max_wait: 0"))
    scene.tell(0, ev.MemberPaused(user=101))
    scene.arrives(0, "c1")
    scene.arrives(10, "c2")
    scene.until(75)
    assert scene.times(note.PositionSaid, call="c2") == [40.0, 70.0]
    assert {m.position for m in scene.all(note.PositionSaid, call="c2")} == {2}
    assert scene.times(cmd.PlayMusic, call="c2") == [10.0, 44.0, 74.0]
    over(scene, 76)


@rule("R-08.17")
def test_a_call_being_offered_is_not_interrupted_by_an_announcement() -> None:
    scene = Scene(queue("announce_position: true, announce_every: 15, ring: 20, retry: 30"))
    scene.arrives(0)
    scene.until(31)
    assert scene.times(note.PositionSaid) == [30.0], "at 15 s the phone rang"
    over(scene, 32)


@rule("R-08.17")
def test_an_announcement_does_not_stop_dispatch_and_ends_with_the_answer() -> None:
    scene = Scene(queue("announce_position: true, announce_every: 30"))
    scene.tell(0, ev.MemberPaused(user=101))
    scene.arrives(0)
    scene.until(31)
    scene.tell(31, ev.MemberUnpaused(user=101))
    assert scene.offers() == [(31.0, "c1", 101)]
    scene.answers(32, "c1.1")
    assert scene.times(cmd.StopPrompt) == [32.0]
    over(scene, 33)


@rule("R-08.17")
def test_a_message_follows_the_position_and_stands_alone_without_it() -> None:
    for position, expected in (("true", ["SayPosition", "PlayPrompt"]), ("false", ["PlayPrompt"])):
        scene = Scene(queue(f"announce_position: {position}, announce_every: 60, announce_prompt: notice.wav"))
        scene.tell(0, ev.MemberPaused(user=101))
        scene.arrives(0)
        scene.until(70)
        spoken = [type(m).__name__ for _, m in scene.said if isinstance(m, cmd.SayPosition | cmd.PlayPrompt)]
        assert spoken == expected
        over(scene, 71)


@rule("R-08.17")
def test_announcements_are_never_closer_than_15_seconds() -> None:
    from engine.contract.errors import FlowError

    with pytest.raises(FlowError, match=r"R-08\.17"):
        Scene(queue("announce_position: true, announce_every: 14"))


@rule("R-08.18")
def test_expected_wait_is_position_over_members_times_mean_handle_time_after_ten_calls() -> None:
    scene = Scene(queue("announce_position: true, announce_every: 15, wrap_up: 10, max_wait: 0", "[101, 102]"))
    at = 0.0
    for n in range(10):
        scene.arrives(at, f"c{n}")
        scene.answers(at, f"c{n}.1")
        scene.hangs_up(at + 20 + n, f"c{n}")
        at += 50
        if n == 8:
            nine = at
            scene.tell(at, ev.MemberPaused(user=101))
            scene.tell(at, ev.MemberPaused(user=102))
            scene.arrives(at, "early")
            scene.until(at + 16)
            scene.hangs_up(at + 16, "early")
            scene.tell(at + 17, ev.MemberUnpaused(user=101))
            scene.tell(at + 17, ev.MemberUnpaused(user=102))
            at += 20
    assert scene.times(note.PositionSaid, call="early") == [nine + 15]
    assert scene.one(note.PositionSaid, call="early").expected_wait_us is None
    scene.arrives(at, "t1")
    scene.arrives(at, "t2")
    scene.answers(at, "t1.1")
    scene.answers(at, "t2.1")
    for n in (1, 2, 3):
        scene.arrives(at, f"w{n}")
    scene.until(at + 15)
    waits = [m.expected_wait_us for m in scene.all(note.PositionSaid) if m.call.startswith("w")]
    mean_us = (sum(20 + n for n in range(10)) + 10 * 10) * 100_000  # talk and wrap-up of ten calls
    assert waits == [mean_us // 2, mean_us * 2 // 2, mean_us * 3 // 2]
    over(scene, at + 16)


# --- figures (R-08.22, R-08.23) ---------------------------------------------------------------------------------------


@rule("R-08.22", "R-08.23")
def test_every_call_that_enters_leaves_exactly_one_fact_for_the_figures() -> None:
    scene = Scene(queue("waiting: 2, max_wait: 30, timeout: hangup, full: hangup"))
    scene.arrives(0, "answered")
    scene.arrives(0, "short")
    scene.arrives(0, "refused")
    scene.answers(5, "answered.1")
    scene.hangs_up(5, "short")
    scene.arrives(6, "timed-out")
    scene.until(36)
    facts = {
        m.call: (type(m).__name__, getattr(m, "wait_us", None))
        for _, m in scene.said
        if isinstance(m, note.CallAnswered | note.CallAbandoned | note.CallRefused | note.CallLeftQueue)
    }
    assert facts == {
        "answered": ("CallAnswered", 5_000_000),
        "short": ("CallAbandoned", 5_000_000),
        "refused": ("CallRefused", None),
        "timed-out": ("CallLeftQueue", 30_000_000),
    }
    over(scene, 40)


# --- callback (R-08.19) -----------------------------------------------------------------------------------------------


@rule("R-08.19")
def test_a_caller_who_is_called_back_sees_the_number_they_dialled_and_the_member_sees_the_caller() -> None:
    scene = Scene(queue('callback_key: "1"'))
    scene.tell(0, ev.MemberPaused(user=101))
    scene.arrives(1)
    scene.presses(5, "1")
    assert scene.one(cmd.ReleaseCaller) and scene.engine.tenant.trunks["moscow"].in_use == 0
    scene.tell(9, ev.MemberUnpaused(user=101))
    scene.answers(11, "c1.1")
    member, customer = scene.all(cmd.PlaceLeg)
    assert (member.caller, customer.caller) == ("89160000001", "74951234567")
    assert customer.target == cmd.Outside(number="89160000001", trunk="moscow")
    scene.answers(15, "c1.2")
    assert scene.one(cmd.Bridge) == cmd.Bridge(call="c1", leg="c1.1", other="c1.2")
    scene.ends(20, "c1.1")
    assert [m.leg for m in scene.all(cmd.EndLeg)] == ["c1.2"]
    scene.until(21)
    drained(scene.engine)


@rule("R-08.13")
def test_a_queue_anybody_may_join_is_left_when_the_last_member_signs_out() -> None:
    scene = Scene(
        "5200: {kind: queue, members: [101], join_when_empty: always, leave_when_empty: true, leave_empty: 102, timeout: hangup}"
    )
    scene.arrives(0, "c0", "89160000000")
    scene.answers(1, "c0.1")
    scene.arrives(2)
    scene.tell(10, ev.MemberSignedOut(user=101))
    assert scene.path() == [(5200, "leave_empty"), (102, "")]


@rule("R-02.17", "R-08.22")
def test_a_waiting_call_that_an_operator_ends_is_not_counted_as_abandoned() -> None:
    scene = Scene("5200: {kind: queue, members: [101], timeout: hangup}")
    scene.arrives(0)
    scene.tell(5, ev.HangupRequested(call="c1"))
    assert not scene.all(note.CallAbandoned)
    assert scene.one(note.CallLeftQueue).output == "ended"
    scene.until(60)
    drained(scene.engine)
