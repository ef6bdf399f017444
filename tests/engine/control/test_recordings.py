"""Which talks are recorded, and from when to when (R-24.4)."""

from __future__ import annotations

import pytest

from engine.analysis import preview
from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.causes import Cause
from engine.contract.errors import FlowError
from engine.contract.ids import seconds
from engine.loading import json_schema
from tests.harness import T0, Scene, flow, pbx_text, rule

MENU = "5200: {kind: queue, members: [101], record: RECORD}"
PEOPLE = "101: {record: USER}\n102: {}\n103: {}"


def talk(scene: Scene, until_s: float = 30, leg: str = "c1.1") -> Scene:
    """A call from outside to the queue, answered by 101, who is hung up on by the caller."""
    scene.tell(1, ev.CallArrived(call="c1", called="74951234567", caller="89161234567", trunk="moscow"))
    scene.tell(5, ev.LegAnswered(leg=leg))
    scene.tell(until_s, ev.CallerHungUp(call="c1"))
    return scene


@rule("R-24.4")
@pytest.mark.parametrize(
    ("queue", "user", "trunk", "whole", "recorded"),
    [
        ("default", "default", "default", "false", ""),
        ("on", "default", "default", "false", "queue 5200 says on"),
        ("default", "on", "default", "false", "user 101 says on"),
        ("default", "default", "on", "false", "trunk moscow says on"),
        ("default", "default", "default", "true", "the PBX records all talks"),
        ("off", "on", "on", "true", ""),
        ("on", "off", "on", "true", ""),
        ("on", "on", "off", "true", ""),
        ("true", "default", "default", "off", "queue 5200 says on"),
    ],
)
def test_one_off_beats_every_on_and_one_on_is_enough(
    queue: str, user: str, trunk: str, whole: str, recorded: str
) -> None:
    scene = talk(
        Scene(
            MENU.replace("RECORD", queue),
            PEOPLE.replace("USER", user),
            rest=f'trunks: {{moscow: {{number: "74951234567", to: 5200, record: {trunk}}}}}\nsettings: {{record: {whole}}}',
        )
    )
    if not recorded:
        assert not scene.all(cmd.StartRecording) and not scene.all(note.RecordingStarted)
        return
    started = scene.one(cmd.StartRecording)
    assert started.both and started.recording == "c1.r1" and scene.times(cmd.StartRecording) == [5.0]
    told = scene.one(note.RecordingStarted)
    assert (told.text, told.rule, told.element) == (recorded, "R-24.4", 5200)
    over = scene.one(note.TalkRecorded)
    assert over.recording == "c1.r1" and over.length_us == seconds(25)


@rule("R-24.4")
@pytest.mark.parametrize("who", ["caller", "member", "operator"])
def test_recording_ends_once_whoever_ends_the_talk(who: str) -> None:
    scene = Scene(MENU.replace("RECORD", "on"))
    scene.tell(1, ev.CallArrived(call="c1", called="74951234567", trunk="moscow"))
    scene.tell(5, ev.LegAnswered(leg="c1.1"))
    ending = {
        "caller": ev.CallerHungUp(call="c1"),
        "member": ev.LegEnded(leg="c1.1"),
        "operator": ev.HangupRequested(call="c1"),
    }[who]
    scene.tell(20, ending)
    assert scene.one(note.TalkRecorded).reason == "hangup"
    assert not scene.engine.tenant.calls, "nothing of the call is held"


@rule("R-24.4")
def test_blind_transfer_ends_a_recording_and_the_next_talk_is_decided_anew() -> None:
    users = "101: {}\n102: {record: off}\n103: {}"
    for target, recordings in ((102, ["c1.r1"]), (103, ["c1.r1", "c1.r2"])):
        scene = Scene(MENU.replace("RECORD", "on"), users, rest="settings: {record: true}")
        scene.tell(1, ev.CallArrived(call="c1", called="74951234567", trunk="moscow"))
        scene.tell(5, ev.LegAnswered(leg="c1.1"))
        scene.tell(10, ev.TransferRequested(call="c1", to=str(target), leg="c1.1"))
        assert scene.times(cmd.StopRecording) == [10.0], "before the next phone is picked up"
        scene.tell(15, ev.LegAnswered(leg="c1.2"))
        scene.tell(30, ev.CallerHungUp(call="c1"))
        assert [one.recording for one in scene.all(cmd.StartRecording)] == recordings
        assert [one.recording for one in scene.all(note.TalkRecorded)] == recordings


@rule("R-24.4")
@pytest.mark.parametrize(("third", "goes_on"), [("default", True), ("off", False)])
def test_attended_transfer_keeps_a_recording_unless_the_third_person_says_off(third: str, goes_on: bool) -> None:
    scene = Scene(MENU.replace("RECORD", "on"), f"101: {{}}\n102: {{record: {third}}}\n103: {{}}")
    scene.tell(1, ev.CallArrived(call="c1", called="74951234567", trunk="moscow"))
    scene.tell(5, ev.LegAnswered(leg="c1.1"))
    scene.tell(8, ev.CallArrived(call="c2", called="102", user=101, origin="user"))
    scene.tell(9, ev.LegAnswered(leg="c2.1"))
    scene.tell(12, ev.TransferRequested(call="c1", to="102", leg="c1.1", replaces="c2"))
    assert bool(scene.all(cmd.StopRecording)) is not goes_on
    scene.tell(30, ev.CallerHungUp(call="c1"))
    (over,) = scene.all(note.TalkRecorded)
    assert over.length_us == seconds(25 if goes_on else 7)


@rule("R-24.4", "R-09.3")
def test_message_after_a_talk_is_a_recording_of_its_own() -> None:
    scene = Scene(
        "5200: {kind: queue, members: [101], record: on}\n5100: {kind: voicemail, recipients: [a@example.org]}"
    )
    scene.tell(1, ev.CallArrived(call="c1", called="74951234567", trunk="moscow"))
    scene.tell(5, ev.LegAnswered(leg="c1.1"))
    scene.tell(10, ev.TransferRequested(call="c1", to="5100", leg="c1.1"))
    scene.tell(20, ev.RecordingEnded(recording="c1.r2", length_us=seconds(8), reason="silence"))
    assert scene.one(note.TalkRecorded).recording == "c1.r1"
    assert scene.one(note.MessageLeft).recording == "c1.r2"


def test_call_that_fails_to_record_goes_on() -> None:
    scene = Scene(MENU.replace("RECORD", "on"), obedient=False)
    scene.tell(1, ev.CallArrived(call="c1", called="74951234567", trunk="moscow"))
    scene.tell(5, ev.LegAnswered(leg="c1.1"))
    scene.tell(5, ev.RecordingEnded(recording="c1.r1", length_us=0, reason="failed"))
    assert scene.one(note.TalkRecorded).reason == "failed" and not scene.all(note.CallEnded)
    scene.tell(20, ev.CallerHungUp(call="c1"))
    assert len(scene.all(note.TalkRecorded)) == 1, "what has ended is not ended again"
    assert scene.one(note.CallEnded).cause is Cause.NORMAL_CLEARING


@rule("R-25.4")
def test_preview_says_that_a_talk_is_recorded_and_why() -> None:
    trace = preview.preview(flow(MENU.replace("RECORD", "on")), T0, trunk="moscow", caller="89161234567")
    assert "the talk is recorded: queue 5200 says on (R-24.4)" in preview.as_text(trace)
    assert trace.landing.user == 101 and trace.landing.talk_s > 0


def test_documents_without_recording_keep_their_digest_and_wrong_words_are_told() -> None:
    assert "record" not in flow(MENU.replace(", record: RECORD", "")).document.canonical()
    with pytest.raises(FlowError, match=r"record cannot be sometimes.*default, on, off"):
        flow(MENU.replace("RECORD", "sometimes"))
    part = json_schema.json_schema()["$defs"]["QueueParameters"]["properties"]["record"]
    assert part["anyOf"] == [{"enum": ["default", "on", "off"]}, {"type": "boolean"}]
    assert "record: true" in pbx_text(MENU.replace("RECORD", "true"))
