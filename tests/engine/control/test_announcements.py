"""Both sides of a talk hear that it is recorded before it is (R-24.4)."""

from __future__ import annotations

import pytest

from engine.analysis import preview
from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.errors import FlowError
from engine.contract.ids import seconds
from engine.loading import json_schema
from engine.loading.load import load
from tests.harness import T0, Scene, flow, rule

QUEUE = "5200: {kind: queue, members: [101], record: on}"
TOLD = "settings: {record_prompt: leave.wav}"


def talking(elements: str = QUEUE, users: str = "101 102 103", rest: str = TOLD, obedient: bool = True) -> Scene:
    """A call from outside, picked up by 101 five seconds later."""
    scene = Scene(elements, users, rest=rest, obedient=obedient)
    scene.tell(1, ev.CallArrived(call="c1", called="74951234567", caller="89161234567", trunk="moscow"))
    scene.answers(5, "c1.1")
    return scene


@rule("R-24.4")
def test_both_hear_the_announcement_are_joined_when_it_is_over_and_recorded_from_then_on() -> None:
    scene = talking()
    assert [(play.prompt, play.leg) for play in scene.all(cmd.PlayPrompt)] == [
        ("leave.wav", None),
        ("leave.wav", "c1.1"),
    ]
    assert scene.times(note.CallAnswered) == [5.0] and not scene.all(cmd.Bridge)
    scene.until(20)
    assert scene.times(cmd.Bridge) == scene.times(cmd.StartRecording) == scene.times(note.RecordingStarted) == [8.0]
    scene.hangs_up(30)
    assert scene.one(note.TalkRecorded).length_us == seconds(22)
    assert scene.one(note.CallEnded).talk_us == seconds(25), "who hears the announcement is served already"
    assert not scene.engine.tenant.calls


@rule("R-24.4")
@pytest.mark.parametrize("queue", ["default", "off"])
def test_nothing_is_announced_of_a_talk_that_is_not_recorded(queue: str) -> None:
    users = "101: {}\n102: {record: on}"
    scene = talking(QUEUE.replace("record: on", f"record: {queue}"), users)
    assert scene.times(cmd.Bridge) == [5.0] and not scene.all(cmd.PlayPrompt)


@rule("R-24.4")
@pytest.mark.parametrize("who", ["caller", "member", "operator"])
def test_whoever_leaves_while_it_is_announced_ends_the_call_unrecorded(who: str) -> None:
    scene = talking()
    ending = {
        "caller": ev.CallerHungUp(call="c1"),
        "member": ev.LegEnded(leg="c1.1"),
        "operator": ev.HangupRequested(call="c1"),
    }[who]
    scene.tell(6, ending)
    scene.until(60)
    assert not scene.all(cmd.Bridge) and not scene.all(cmd.StartRecording)
    assert scene.one(note.CallEnded).talk_us == seconds(1)
    assert not scene.engine.tenant.calls, "nothing of the call is held"


@rule("R-24.4")
@pytest.mark.parametrize(
    ("elements", "users", "to"),
    [
        ("5300: {kind: group, members: [101], record: on}", "101 102", None),
        ("5300: {kind: group, members: [102]}", "101: {record: on}\n102: {}", 101),
    ],
    ids=["group", "user"],
)
def test_groups_and_users_announce_too(elements: str, users: str, to: int | None) -> None:
    scene = Scene(elements, users, to, TOLD)
    scene.arrives(1)
    scene.answers(5, "c1.1")
    scene.until(20)
    assert scene.times(cmd.Bridge) == scene.times(cmd.StartRecording) == [8.0]


@rule("R-24.4", "R-07.7")
def test_outside_member_hears_the_announcement_after_the_key() -> None:
    scene = Scene(
        '5300: {kind: group, members: [{number: "89167654321", press_one: true}], accept_prompt: wrong.wav, record: on}',
        rest=TOLD,
    )
    scene.arrives(1)
    scene.answers(5, "c1.1")
    scene.presses(6, "1", leg="c1.1")
    assert [play.prompt for play in scene.all(cmd.PlayPrompt)] == ["wrong.wav", "leave.wav", "leave.wav"]
    scene.until(20)
    assert scene.times(cmd.Bridge) == scene.times(cmd.StartRecording) == [9.0]


@rule("R-24.4", "R-08.19")
def test_who_is_called_back_hears_it_as_well() -> None:
    scene = Scene('5200: {kind: queue, members: [101], record: on, callback_key: "1"}', rest=TOLD)
    scene.tell(0.5, ev.MemberPaused(user=101, reason="break"))
    scene.tell(1, ev.CallArrived(call="c1", called="74951234567", caller="89161234567", trunk="moscow"))
    scene.presses(2, "1")
    scene.tell(3, ev.MemberUnpaused(user=101))
    scene.answers(5, "c1.1")
    scene.answers(9, "c1.2")
    assert scene.times(cmd.PlayPrompt) == [9.0, 9.0]
    scene.until(20)
    assert (scene.one(cmd.Bridge).other, *scene.times(cmd.Bridge)) == ("c1.2", 12.0)
    assert scene.times(cmd.StartRecording) == [12.0]


@rule("R-24.4")
@pytest.mark.parametrize("reason", ["failed", "stopped"])
def test_what_could_not_be_announced_is_not_recorded_and_the_talk_goes_on(reason: str) -> None:
    scene = talking(obedient=False)
    scene.tell(5, ev.PromptEnded(play="c1.p1", reason=reason))
    assert not scene.all(cmd.Bridge), "the other side still hears it"
    scene.tell(8, ev.PromptEnded(play="c1.p2"))
    assert scene.times(cmd.Bridge) == [8.0] and not scene.all(cmd.StartRecording)
    assert "not recorded" in scene.all(note.DecisionMade)[-1].text
    assert not scene.all(note.CallEnded)


@rule("R-24.4")
def test_hold_breaks_the_announcement_off_and_it_begins_anew_after_it() -> None:
    scene = talking()
    scene.tell(6, ev.PartyHeld(call="c1", leg="c1.1"))
    assert scene.times(cmd.StopPrompt) == [6.0, 6.0] and scene.times(cmd.Bridge) == [6.0]
    scene.tell(20, ev.PartyResumed(call="c1", leg="c1.1"))
    scene.until(40)
    assert scene.times(cmd.PlayPrompt) == [5.0, 5.0, 20.0, 20.0]
    assert scene.times(cmd.StartRecording) == [23.0] and scene.times(cmd.Bridge) == [6.0]


@rule("R-24.4")
def test_blind_transfer_breaks_it_off_and_the_next_one_is_told() -> None:
    scene = talking(rest=TOLD.replace("{record_prompt", "{record: true, record_prompt"))
    scene.tell(6, ev.TransferRequested(call="c1", to="103", leg="c1.1"))
    scene.until(10)
    assert not scene.all(cmd.Bridge) and not scene.all(cmd.StartRecording)
    scene.answers(15, "c1.2")
    scene.until(30)
    assert scene.times(cmd.PlayPrompt) == [5.0, 5.0, 15.0, 15.0]
    assert scene.times(cmd.Bridge) == scene.times(cmd.StartRecording) == [18.0]


@rule("R-24.4")
def test_attended_transfer_tells_whoever_comes_unless_it_is_recorded_already() -> None:
    for at_s, told in ((6.5, [5.0, 5.0, 6.5, 6.5]), (12, [5.0, 5.0])):
        scene = talking()
        scene.tell(5.5, ev.CallArrived(call="c2", called="102", user=101, origin="user"))
        scene.answers(6, "c2.1")
        scene.tell(at_s, ev.TransferRequested(call="c1", to="102", leg="c1.1", replaces="c2"))
        scene.until(20)
        assert scene.times(cmd.PlayPrompt) == told
        assert scene.times(cmd.StartRecording) == [told[-1] + 3 if len(told) > 2 else 8.0]
        assert scene.times(cmd.Bridge, call="c1") == ([6.5] if len(told) > 2 else [8.0, 12.0])
        scene.hangs_up(30)
        assert len(scene.all(note.TalkRecorded)) == 1


@rule("R-25.4")
def test_preview_follows_a_talk_that_is_announced() -> None:
    trace = preview.preview(flow(QUEUE, rest=TOLD), T0, trunk="moscow", caller="89161234567")
    assert "the talk is recorded: queue 5200 says on (R-24.4)" in preview.as_text(trace)
    assert trace.landing.user == 101


def test_sound_without_a_length_is_refused_and_a_document_without_the_setting_keeps_its_digest() -> None:
    with pytest.raises(FlowError, match=r"told.wav has no length"):
        flow(QUEUE, rest="settings: {record_prompt: told.wav}")
    assert "record_prompt" not in flow(QUEUE).document.canonical()
    assert "record_prompt" in json_schema.json_schema()["$defs"]["Settings"]["properties"]
    told = flow(QUEUE, rest=TOLD)
    assert load(str(told.document.canonical())).digest == told.digest
