"""Callback in a queue: the caller hangs up and keeps the place (R-08.19)."""

from __future__ import annotations

from engine.contract import commands as cmd
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
