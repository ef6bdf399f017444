"""One's own mailbox by phone. R-09.6, R-15.11."""

from __future__ import annotations

import pytest

from engine.analysis import preview
from engine.analysis.scripted_world import Script
from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.causes import Cause
from engine.translations import trace_ru
from tests.harness import T0, Scene, drained, rule

NEW = ev.BoxMessage(recording="x.r1", caller="89161234567")
SECOND = ev.BoxMessage(recording="y.r1", caller="102")
OLD = ev.BoxMessage(recording="z.r1", new=False)


def at_the_box(*messages: ev.BoxMessage, users: str = "\n      101: {language: ru}\n      102: {}\n") -> Scene:
    """101 has dialled *97 and given the PIN, 5 s ago."""
    scene = Scene("", users, to=101)
    scene.dials(0, 101, "*97")
    scene.tell(5, ev.MailboxOpened(request="c1.q1", messages=messages))
    return scene


def said(scene: Scene) -> list[str]:
    """What was said and played, in order."""
    return [
        m.phrase if isinstance(m, cmd.SayPhrase) else m.recording
        for _, m in scene.said
        if isinstance(m, cmd.SayPhrase | cmd.PlayMessage)
    ]


@rule("R-09.6")
def test_pin_is_asked_by_the_world_and_no_key_of_it_is_taken() -> None:
    """R-09.6: nothing is said and no key collected before the box is open."""
    scene = Scene("", to=101)
    scene.dials(0, 101, "*97")
    assert scene.one(cmd.OpenMailbox) == cmd.OpenMailbox(call="c1", request="c1.q1", box=101)
    assert scene.one(note.ServiceUsed).service == "voicemail" and scene.one(cmd.Answer)
    assert not scene.engine.collects(ev.DigitPressed(call="c1", digit="1")) and not said(scene)
    scene.hangs_up(3)
    scene.tell(3, ev.MailboxRefused(request="c1.q1", reason="failed"))
    drained(scene.engine)


@rule("R-09.6")
@pytest.mark.parametrize(
    ("reason", "phrase"),
    [
        ("no_pin", "pin_none"),
        ("wrong_pin", "pin_wrong"),
        ("no_key", "goodbye"),
        ("locked", "pin_locked"),
        ("failed", "mailbox_closed"),
    ],
)
def test_box_that_is_not_opened_is_told_of_and_the_call_ends(reason: str, phrase: str) -> None:
    """R-09.6."""
    scene = Scene("", to=101)
    scene.dials(0, 101, "*97")
    scene.tell(5, ev.MailboxRefused(request="c1.q1", reason=reason))  # type: ignore[arg-type]
    assert said(scene) == [phrase] and scene.one(note.MailboxChecked).result == reason
    scene.until(20)
    assert scene.end().cause is Cause.NORMAL_CLEARING and scene.end().rule == "R-09.6"
    drained(scene.engine)


@rule("R-09.6")
def test_messages_are_counted_and_played_new_ones_first() -> None:
    """R-09.6: in the user's language; a message that was heard to its end is new no longer."""
    scene = at_the_box(NEW, OLD)
    assert scene.one(note.MailboxChecked) == note.MailboxChecked(call="c1", box=101, result="opened", new=1, old=1)
    assert scene.one(cmd.SayPhrase).numbers == (1, 1) and scene.one(cmd.SayPhrase).language == "ru"
    scene.until(18)
    assert said(scene) == ["messages", "message", "x.r1", "message_menu"]
    assert scene.all(cmd.SayPhrase)[1].digits == "89161234567"
    assert scene.one(note.MessageMarked).state == "heard"
    scene.presses(19, "6")
    scene.until(29)
    assert said(scene)[4:] == ["message", "z.r1", "message_menu"] and len(scene.all(note.MessageMarked)) == 1
    scene.presses(30, "6")
    assert said(scene)[-1] == "no_more_messages"
    scene.presses(31, "1")
    assert scene.all(cmd.SayPhrase)[-1].numbers == (1,), "from the beginning again"
    scene.presses(32, "#")
    scene.until(60)
    assert said(scene)[-1] == "goodbye" and scene.end().cause is Cause.NORMAL_CLEARING
    drained(scene.engine)


@rule("R-09.6")
def test_message_is_deleted_kept_or_left() -> None:
    """R-09.6: keys are taken while something is said; deleting makes room in the box at once."""
    scene = Scene("", to=101)
    scene.engine.tenant.boxes[101] = 3
    scene.dials(0, 101, "*97")
    scene.tell(5, ev.MailboxOpened(request="c1.q1", messages=(NEW, SECOND, OLD)))
    scene.presses(6, "7")
    assert [(m.recording, m.state) for m in scene.all(note.MessageMarked)] == [("x.r1", "deleted")]
    assert scene.engine.tenant.boxes == {101: 2}
    scene.until(15)
    assert said(scene) == ["messages", "deleted", "message", "y.r1"]
    scene.presses(16, "5")
    scene.until(21)
    scene.presses(22, "6")
    assert [(m.recording, m.state) for m in scene.all(note.MessageMarked)][1:] == [("y.r1", "heard")]
    scene.presses(23, "4")
    scene.presses(24, "9")
    assert [(m.recording, m.state) for m in scene.all(note.MessageMarked)][2:] == [("y.r1", "new")]
    scene.presses(25, "0")
    scene.hangs_up(26)
    assert len(scene.all(note.MessageMarked)) == 3, "what was only begun stays new"
    drained(scene.engine)


@rule("R-09.6")
def test_caller_who_presses_nothing_is_asked_twice_and_let_go() -> None:
    """R-09.6."""
    scene = at_the_box(NEW)
    scene.until(60)
    assert said(scene) == ["messages", "message", "x.r1", "message_menu", "message_menu", "goodbye"]
    assert scene.end().cause is Cause.NORMAL_CLEARING
    empty = at_the_box()
    empty.until(20)
    assert said(empty) == ["no_messages"] and empty.end().cause is Cause.NORMAL_CLEARING
    last = at_the_box(NEW)
    last.presses(6, "7")
    last.until(30)
    assert said(last)[-2:] == ["deleted", "no_more_messages"] and last.end().cause is Cause.NORMAL_CLEARING


@rule("R-09.6")
def test_message_that_cannot_be_played_stays_new() -> None:
    """R-09.6."""
    scene = at_the_box(NEW)
    scene.until(13.5)
    scene.tell(13.6, ev.PromptEnded(play=scene.one(cmd.PlayMessage).play, reason="failed"))
    assert said(scene)[-1] == "message_menu" and not scene.all(note.MessageMarked)


@rule("R-09.4")
def test_world_says_how_full_a_box_is() -> None:
    """R-09.4: messages of before, deleted in the panel or grown too old count as the world says."""
    scene = Scene("      5120: {kind: voicemail, full_prompt: full.wav}\n", to=5120)
    scene.tell(0, ev.MailboxCounted(box=5120, messages=100))
    scene.arrives(1)
    assert scene.one(note.MessageDropped).reason == "box full"
    scene.tell(2, ev.MailboxCounted(box=5120, messages=99))
    scene.arrives(3, call="c2")
    assert scene.one(cmd.StartRecording).call == "c2"


@rule("R-09.6", "R-25.4")
def test_preview_tells_what_a_user_hears_at_the_box() -> None:
    """R-25.4: in both languages."""
    scene = Scene("", to=101)
    script = Script(keys="7#", mailbox=("89161234567", ""))
    trace = preview.preview(scene.flow, T0, user=101, called="*97", script=script)
    why = [line for step in trace.steps for line in step.why]
    assert "mailbox 101: 2 new messages, 0 heard ones (R-09.6)" in why and "message deleted (R-09.6)" in why
    for line in why:
        assert trace_ru.in_language(line, "ru") != line
