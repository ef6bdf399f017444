"""Voicemail: prompt, beep, recording, a letter (R-09)."""

from __future__ import annotations

import pytest

from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract import limits
from engine.contract import notes as note
from engine.contract.causes import Cause
from engine.contract.errors import FlowError
from engine.loading.load import examine
from tests.harness import Scene, drained, pbx_text, rule

BOX = "5120: {kind: voicemail, prompt: leave.wav, full_prompt: full.wav, recipients: [a@example.org, b@example.org], MORE}"


def box(more: str = "") -> Scene:
    scene = Scene(BOX.replace(", MORE", f", {more}" if more else ""))
    scene.arrives(0)
    return scene


def left(scene: Scene) -> None:
    scene.until(900)
    drained(scene.engine)


@rule("R-09.5", "R-02.15")
def test_prompt_then_recording_and_no_further_output() -> None:
    scene = box()
    assert [type(m).__name__ for _, m in scene.said if isinstance(m, cmd.Command)] == [
        "Answer",
        "PlayPrompt",
        "CollectKeys",
    ]
    scene.until(3)
    started = scene.one(cmd.StartRecording)
    assert (started.max_us, started.silence_us, started.both) == (180_000_000, 10_000_000, False)
    scene.tell(20, ev.RecordingEnded(recording="c1.r1", length_us=7_000_000, reason="silence"))
    assert (scene.end().cause, scene.end().rule) == (Cause.NORMAL_CLEARING, "R-09.5")
    assert scene.flow.elements[5120].exits == {}
    left(scene)


@rule("R-09.5")
def test_the_prompt_can_be_skipped_with_hash() -> None:
    scene = box()
    scene.presses(1, "5")
    assert not scene.all(cmd.StartRecording)
    scene.presses(1.5, "#")
    assert scene.times(cmd.StartRecording) == [1.5] and scene.one(cmd.StopPrompt)
    scene.hangs_up(2)
    left(scene)


@rule("R-09.3")
def test_hash_ends_the_recording() -> None:
    scene = box()
    scene.presses(13, "#")
    assert scene.one(cmd.StopRecording).recording == "c1.r1"
    assert scene.one(note.MessageLeft).length_us == 10_000_000
    left(scene)


@rule("R-09.3")
def test_hash_ends_the_recording_of_a_box_without_prompt_too() -> None:
    scene = Scene("5120: {kind: voicemail, recipients: [a@example.org]}")
    scene.arrives(0)
    assert scene.one(cmd.CollectKeys).keys == "#"
    scene.presses(5, "#")
    assert scene.one(note.MessageLeft).length_us == 5_000_000
    left(scene)


@rule("R-09.3")
@pytest.mark.parametrize(
    ("length_us", "kept"), [(0, False), (2_999_999, False), (3_000_000, True), (180_000_000, True)]
)
def test_messages_shorter_than_three_seconds_are_dropped_silently(length_us: int, kept: bool) -> None:
    scene = box()
    scene.until(3)
    if length_us < 180_000_000:
        scene.tell(13, ev.RecordingEnded(recording="c1.r1", length_us=length_us, reason="silence"))
    scene.until(200)
    assert len(scene.all(cmd.SendMessage)) == len(scene.all(note.MessageLeft)) == int(kept)
    assert [m.rule for m in scene.all(note.MessageDropped)] == ([] if kept else ["R-09.3"])
    left(scene)


@rule("R-09.3")
def test_a_message_ends_at_180_seconds() -> None:
    scene = box()
    scene.until(183)
    assert scene.one(note.MessageLeft).length_us == 180_000_000 and scene.times(note.CallEnded) == [183.0]
    left(scene)


@rule("R-09.3")
def test_a_caller_who_hangs_up_after_speaking_has_left_a_message() -> None:
    scene = box()
    scene.hangs_up(10)
    assert scene.one(note.MessageLeft).length_us == 7_000_000 and scene.one(cmd.SendMessage).length_us == 7_000_000
    left(scene)


@rule("R-09.3")
def test_a_caller_who_hangs_up_during_the_prompt_leaves_nothing() -> None:
    scene = box()
    scene.hangs_up(2)
    assert not scene.all(cmd.StartRecording) and not scene.all(cmd.SendMessage)
    left(scene)


@rule("R-09.1", "R-09.2")
def test_the_letter_names_recipients_caller_box_length_and_format() -> None:
    for more, format in (("", "mp3"), ("format: wav", "wav")):
        scene = box(more)
        scene.hangs_up(10)
        sent = scene.one(cmd.SendMessage)
        assert sent.recipients == ("a@example.org", "b@example.org")
        assert (sent.caller, sent.box, sent.length_us, sent.recording) == ("89160000001", 5120, 7_000_000, "c1.r1")
        assert (sent.format, sent.kind) == (format, "voicemail")
        left(scene)


@rule("R-09.2")
@pytest.mark.parametrize("text", ["5120: {kind: voicemail, recipients: [%s]}", "5120: {kind: voicemail}"])
def test_a_box_has_at_most_10_recipients(text: str) -> None:
    names = ", ".join(f"n{n}@example.org" for n in range(11))
    users = f"101: {{email: [{names}]}}" if "%" not in text else "101"
    with pytest.raises(FlowError, match=r"R-09\.2"):
        Scene(text.replace("%s", names), users if ":" in users else "101")


@rule("R-09.2")
def test_messages_of_a_box_without_recipients_are_kept_and_sent_to_nobody() -> None:
    scene = Scene("5120: {kind: voicemail}")
    scene.arrives(0)
    scene.hangs_up(10)
    assert len(scene.all(note.MessageLeft)) == 1 and not scene.all(cmd.SendMessage)


@rule("R-09.2")
def test_the_recipients_of_the_whole_pbx_get_what_boxes_and_users_without_their_own_do_not() -> None:
    office = "settings: {voicemail_recipients: office@example.org}\n"
    for elements, users, to, box, expected in (
        ("5120: {kind: voicemail}", "101", 5120, 5120, "office@example.org"),
        ("5120: {kind: voicemail, recipients: a@example.org}", "101", 5120, 5120, "a@example.org"),
        ("", "101: {email: anna@example.org}", 101, 101, "anna@example.org"),
        ("", "101", 101, 101, "office@example.org"),
    ):
        scene = Scene(elements, users, to=to, rest=office)
        scene.arrives(0)
        scene.until(30)
        scene.hangs_up(50)
        sent = scene.one(cmd.SendMessage)
        assert (sent.recipients, sent.box) == ((expected,), box)


ADDRESSES = [
    ("anna@example.org", True), ("a.b+c@sub.example.org", True), ('"anna p"@example.org', True), ("a@xn--e1afm.xn--p1ai", True),
    ("почта@пример.рф", True), ("a" * 64 + "@b.ru", True), ("a" * 65 + "@b.ru", False), ("a@" + "b" * 63 + ".ru", True),
    ("a@" + "b" * 64 + ".ru", False), ("a@" + "b." * 130 + "ru", False), ("notanaddress", False), ("example.onpbx.ru", False),
    ("a@b", False), ("@b.ru", False), ("a@", False), ("a@@b.ru", False), ("a@b..ru", False), (".a@b.ru", False),
    ("a.@b.ru", False), ("a..b@b.ru", False), ("a b@b.ru", False), ("a@b c.ru", False), ("a@-b.ru", False), ("a@b-.ru", False),
    ("a@192.0.2.1", False), ("a@b_c.ru", False), ("Anna <a@b.ru>", False), ("a@b.ru, c@d.ru", False), ("a@b.ru\u200b", False),
    ("", False), ("a@b.ru\\nBcc: x@y.ru", False),
]  # fmt: skip


@rule("R-09.2")
@pytest.mark.parametrize(("address", "is_one"), ADDRESSES)
def test_recipients_of_boxes_and_users_are_addresses_of_rfc_5321(address: str, is_one: bool) -> None:
    text = "'" + address.replace("'", "''") + "'"
    for elements, users in (
        (f"5120: {{kind: voicemail, recipients: [{text}]}}", "101"),
        ("", f"101: {{email: {text}}}"),
    ):
        wrong = [fault for fault in examine(pbx_text(elements, users, to=101))[1] if fault.severity == "error"]
        assert (not wrong) is is_one, wrong
        assert {fault.rule for fault in wrong} <= {"R-09.2"}


@rule("R-09.4")
def test_a_full_box_says_so_and_ends_the_call() -> None:
    scene = box()
    scene.hangs_up(10)
    assert scene.engine.tenant.boxes == {5120: 1}
    scene.engine.tenant.boxes[5120] = limits.BOX_MESSAGES - 1
    scene.arrives(20, "c2")
    scene.hangs_up(30, "c2")
    assert scene.one(note.MessageLeft, call="c2")
    scene.arrives(40, "c3")
    assert scene.one(cmd.PlayPrompt, call="c3").prompt == "full.wav"
    scene.presses(41, "#", "c3")
    scene.until(44)
    assert (scene.end("c3").cause, scene.end("c3").rule) == (Cause.NORMAL_CLEARING, "R-09.4")
    assert scene.one(note.MessageDropped).rule == "R-09.4" and not scene.all(cmd.StartRecording, call="c3")
    left(scene)


@rule("R-09.4")
def test_a_full_box_without_a_prompt_for_it_ends_the_call_at_once() -> None:
    scene = Scene("5120: {kind: voicemail, recipients: [a@example.org]}")
    scene.engine.tenant.boxes[5120] = limits.BOX_MESSAGES
    scene.arrives(0)
    assert (scene.end().cause, scene.end().rule) == (Cause.NORMAL_CLEARING, "R-09.4")
    left(scene)


@rule("R-09.4")
def test_a_letter_that_cannot_be_sent_ends_its_call_s_books_all_the_same() -> None:
    scene = Scene("5120: {kind: voicemail, recipients: [a@example.org]}", obedient=False)
    scene.arrives(0)
    scene.hangs_up(10)
    scene.tell(10, ev.RecordingEnded(recording="c1.r1", length_us=10_000_000, reason="hangup"))
    assert list(scene.engine.tenant.calls) == ["c1"]
    scene.tell(86_400, ev.MessageFailed(message="c1.m1", reason="no route to the mail server"))
    drained(scene.engine)


@rule("R-09.3")
def test_a_recording_that_fails_leaves_no_message() -> None:
    scene = box()
    scene.until(3)
    scene.tell(5, ev.RecordingEnded(recording="c1.r1", length_us=60_000_000, reason="failed"))
    assert scene.one(note.MessageDropped).reason == "recording failed" and scene.end()
    left(scene)


@rule("R-09.4")
def test_a_letter_that_cannot_be_sent_is_reported() -> None:
    scene = Scene("5120: {kind: voicemail, recipients: [office@example.org]}", obedient=False)
    scene.arrives(0)
    scene.tell(20, ev.RecordingEnded(recording="c1.r1", length_us=15_000_000, reason="silence"))
    scene.tell(86_500, ev.MessageFailed(message="c1.m1", reason="mail server refused"))
    assert scene.one(note.MessageNotSent).reason == "mail server refused"
    drained(scene.engine)
