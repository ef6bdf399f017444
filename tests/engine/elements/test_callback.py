"""Callback in a queue: the caller hangs up and keeps the place (R-08.19)."""

from __future__ import annotations

import pytest

from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.causes import Cause
from tests.harness import Scene, drained, rule

QUEUE = "5200: {kind: queue, members: [101], callback_key: 1, callback_done: hangup, max_wait: 60, MORE timeout: 102}"


def busy_queue(more: str = "") -> Scene:
    """Member 101 talks with c0; c1 waits and asks to be called back."""
    scene = Scene(QUEUE.replace("MORE", more))
    scene.arrives(0, "c0", "89160000000")
    scene.answers(1, "c0.1")
    scene.arrives(5)
    scene.presses(8, "1")
    return scene


@rule("R-08.19")
def test_the_key_ends_the_callers_leg_and_the_place_outlasts_the_longest_wait() -> None:
    scene = busy_queue()
    assert scene.one(note.CallbackAsked) and scene.one(cmd.ReleaseCaller).call == "c1"
    assert scene.engine.tenant.trunks["moscow"].in_use == 1, "the caller's line is free again"
    scene.until(400)
    assert not scene.all(note.CallEnded), "the longest wait is for those on the line"


@rule("R-08.19")
def test_a_member_is_found_first_then_the_caller_is_dialled_and_both_are_joined() -> None:
    scene = busy_queue()
    scene.hangs_up(100, "c0")
    scene.until(101)
    assert scene.offers()[-1] == (100.0, "c1", 101)
    scene.answers(102, "c1.1")
    assert scene.all(cmd.PlaceLeg)[-1].target == cmd.Outside(number="89160000001", trunk="moscow")
    scene.answers(110, "c1.2")
    bridge = scene.all(cmd.Bridge)[-1]
    assert (bridge.leg, bridge.other) == ("c1.1", "c1.2")
    assert scene.all(note.CallAnswered)[-1].wait_us == 105_000_000, "from entry to talk"
    scene.ends(150, "c1.2")
    assert scene.end().talk_us == 40_000_000 and not scene.all(cmd.EndCall, call="c1")
    scene.until(200)
    drained(scene.engine)


@rule("R-08.19", "R-08.6")
def test_a_callback_goes_neither_before_nor_after_its_place() -> None:
    scene = busy_queue()
    scene.arrives(20, "c2", "89160000002")
    scene.hangs_up(30, "c0")
    assert scene.offers()[-1][1] == "c1", "it came first"
    scene.until(46)
    assert scene.offers()[-1][1] == "c1", "nobody else is free while 101 rings"
    scene = Scene(QUEUE.replace("MORE", ""))
    scene.arrives(0, "c0", "89160000000")
    scene.answers(1, "c0.1")
    scene.arrives(3, "c2", "89160000002")
    scene.arrives(5)
    scene.presses(8, "1")
    scene.hangs_up(30, "c0")
    assert scene.offers()[-1][1] == "c2", "callbacks get no priority over who waits longer"


@rule("R-08.19")
def test_an_unanswered_callback_is_tried_twice_more_five_minutes_apart() -> None:
    scene = busy_queue()
    scene.hangs_up(10, "c0")
    for attempt in range(3):
        begun = scene.offers()[-1][0]
        assert begun == 10.0 + attempt * (2 + 45 + 300)
        scene.answers(begun + 2, f"c1.{2 * attempt + 1}")
        scene.until(begun + 2 + 46)
        scene.until(begun + 2 + 45 + 301)
    assert scene.one(note.CallLeftQueue).output == "callback_done"
    assert scene.end().cause is Cause.NO_ANSWER
    scene.until(5000)
    drained(scene.engine)


ENTERED = [
    # callback_done, other elements, the path after the queue, cause and rule of the end
    ("5120", "5120: {kind: voicemail, recipients: [a@b.ru]}", [5120], Cause.NO_ANSWER, "R-08.19"),
    ("102", "", [102], Cause.NO_ANSWER, "R-08.19"),
    (
        "5400",
        "5400: {kind: hours, match: 5120, mismatch: 5120}\n5120: {kind: voicemail}",
        [5400, 5120],
        Cause.NO_ANSWER,
        "R-08.19",
    ),
    ("5400", "5400: {kind: hours, match: hangup, mismatch: hangup}", [5400], Cause.NORMAL_CLEARING, "R-02.9"),
    ('"89161234567"', "", [], Cause.NO_ANSWER, "R-08.19"),
    ("", "", [], Cause.NO_ROUTE_DESTINATION, "R-02.11"),
]


@rule("R-08.14", "R-08.19")
@pytest.mark.parametrize(("done", "elements", "path", "cause", "rule_number"), ENTERED)
def test_callback_done_is_entered_after_the_last_try(
    done: str, elements: str, path: list[int], cause: Cause, rule_number: str
) -> None:
    """What needs nobody on the line does its work; the rest is entered, and the call ends there."""
    scene = tried_in_vain(QUEUE.replace("callback_done: hangup", f"callback_done: {done}") + "\n" + elements)
    assert [number for number, _ in scene.path()][1:] == path
    assert scene.path()[0] == (5200, "callback_done")
    assert (scene.end().cause, scene.end().rule) == (cause, rule_number)
    scene.until(9000)
    drained(scene.engine)


@rule("R-08.14", "R-13.5")
def test_a_server_is_told_of_a_callback_in_vain_and_plays_nothing_to_nobody() -> None:
    ask = '5600: {kind: http_request, address: "https://crm.example.org/x", default: 102}'
    scene = tried_in_vain(QUEUE.replace("callback_done: hangup", "callback_done: 5600") + "\n" + ask)
    assert scene.one(cmd.AskWebServer)
    body = '{"commands":[{"command":"play","prompt":"welcome.wav"},{"command":"transfer","to":"102"}]}'
    scene.tell(752, ev.WebServerAnswered(request="c1.q1", status=200, body=body, latency_us=1))
    assert [number for number, _ in scene.path()] == [5200, 5600, 102]
    assert not scene.all(cmd.PlayPrompt) and scene.end().rule == "R-08.19"
    scene.until(9000)
    drained(scene.engine)


def tried_in_vain(text: str) -> Scene:
    """The caller c1 has been called back three times and did not answer."""
    scene = Scene(text.replace("MORE", ""))
    scene.arrives(0, "c0", "89160000000")
    scene.answers(1, "c0.1")
    scene.arrives(5)
    scene.presses(8, "1")
    scene.hangs_up(10, "c0")
    for attempt in range(3):
        begun = scene.offers()[-1][0]
        scene.answers(begun + 2, f"c1.{2 * attempt + 1}")
        scene.until(begun + 2 + 45 + (300 if attempt < 2 else 0))
    assert scene.one(note.CallLeftQueue).output == "callback_done"
    return scene


@rule("R-08.19")
def test_a_member_who_hangs_up_while_the_caller_rings_gives_the_call_back() -> None:
    scene = busy_queue()
    scene.hangs_up(10, "c0")
    scene.answers(12, "c1.1")
    scene.ends(15, "c1.1")
    assert scene.one(cmd.CancelLeg, leg="c1.2")
    assert scene.offers()[-1] == (15.0, "c1", 101)


@rule("R-08.19")
def test_an_anonymous_caller_cannot_ask_and_waits_on() -> None:
    scene = Scene(QUEUE.replace("MORE", ""))
    scene.arrives(0, "c0", "89160000000")
    scene.answers(1, "c0.1")
    scene.arrives(5, caller="")
    scene.presses(8, "1")
    assert not scene.all(note.CallbackAsked)
    scene.until(66)
    assert scene.path() == [(5200, "timeout"), (102, "")]


@rule("R-08.19", "R-08.13")
def test_callbacks_stay_when_callers_on_the_line_are_sent_out_of_an_empty_queue() -> None:
    from engine.contract import events as ev

    scene = busy_queue("leave_when_empty: true, leave_empty: 102,")
    scene.arrives(20, "c2", "89160000002")
    scene.tell(30, ev.MemberSignedOut(user=101))
    assert scene.path("c2")[-1] == (102, "")
    assert not scene.all(note.CallEnded, call="c1")
    scene.tell(40, ev.MemberSignedIn(user=101))
    scene.hangs_up(50, "c0")
    assert scene.offers()[-1] == (50.0, "c1", 101)


@rule("R-08.19")
def test_an_operator_can_end_a_callback_at_every_point() -> None:
    from engine.contract import events as ev

    for moments in ((), (10.0,), (10.0, 12.0)):
        scene = busy_queue()
        for at in moments:
            if at == 10.0:
                scene.hangs_up(10, "c0")
            else:
                scene.answers(12, "c1.1")
        scene.tell(20, ev.HangupRequested(call="c1"))
        assert scene.end().party == "operator"
        if "c0" in scene.engine.tenant.calls:
            scene.hangs_up(30, "c0")
        scene.until(1000)
        drained(scene.engine)
