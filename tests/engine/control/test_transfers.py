"""What people in a call do with it: hold, blind transfer, attended transfer."""

from __future__ import annotations

from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract import notes as note
from tests.harness import Scene, drained, rule

QUEUE = "5200: {kind: queue, members: [101], wrap_up: 20, timeout: hangup}"


def in_talk() -> Scene:
    scene = Scene(QUEUE)
    scene.arrives(0)
    scene.answers(2, "c1.1")
    return scene


@rule("R-08.11")
def test_wrap_up_follows_a_transferred_call() -> None:
    scene = in_talk()
    scene.tell(30, ev.TransferRequested(call="c1", to="103", leg="c1.1"))
    assert scene.all(note.MemberChanged, member=101)[-1].state == "wrap_up"
    assert scene.path() == [(5200, "transfer"), (103, "")]
    scene.answers(33, "c1.2")
    scene.hangs_up(60)
    assert scene.end().talk_us == (28 + 27) * 1_000_000
    assert scene.times(note.MemberChanged, member=101, state="idle")[-1] == 50.0
    scene.until(100)
    drained(scene.engine)


def test_a_transfer_to_an_outside_number_is_dialled_for_the_user_who_asks() -> None:
    rest = """
        outgoing: {default: moscow, rules: [{mask: "+", output: "0000", operator: moscow, mode: only, users: "101"}]}
    """
    scene = Scene(QUEUE, rest=rest)
    scene.arrives(0)
    scene.answers(2, "c1.1")
    scene.tell(30, ev.TransferRequested(call="c1", to="89161234567", leg="c1.1"))
    assert scene.end().cause == "OUTGOING_CALL_BARRED", "101 is barred, also when 101 transfers (R-14.10)"
    scene.until(100)
    drained(scene.engine)


def test_a_held_caller_hears_music_until_the_call_is_taken_back() -> None:
    scene = in_talk()
    scene.tell(10, ev.PartyHeld(call="c1", leg="c1.1"))
    scene.tell(11, ev.PartyHeld(call="c1", leg="c1.1"))
    scene.tell(20, ev.PartyResumed(call="c1", leg="c1.1"))
    assert scene.times(cmd.PlayMusic)[-1] == 10.0 and scene.times(cmd.StopMusic) == [20.0]
    assert scene.times(note.CallHeld) == [10.0] and scene.times(note.CallResumed) == [20.0]
    scene.hangs_up(30)
    scene.until(100)
    drained(scene.engine)


def test_attended_transfer_joins_the_caller_with_whom_the_user_talks_to() -> None:
    scene = in_talk()
    scene.dials(10, 101, "103", "c2")
    scene.answers(12, "c2.1")
    scene.tell(20, ev.TransferRequested(call="c1", to="103", leg="c1.1", replaces="c2"))
    assert scene.end("c2").party == "member"
    bridge = scene.all(cmd.Bridge)[-1]
    assert (bridge.call, bridge.leg) == ("c1", "c2.1"), "the leg keeps its id in the other call"
    scene.ends(50, "c2.1")
    assert scene.end("c1").talk_us == (18 + 30) * 1_000_000
    scene.until(100)
    drained(scene.engine)


def test_a_transfer_that_cannot_be_done_changes_nothing_and_says_why() -> None:
    scene = in_talk()
    for event in (
        ev.TransferRequested(call="c1", to="nowhere", leg="c1.1"),
        ev.TransferRequested(call="c1", to="103"),
        ev.TransferRequested(call="c1", to="103", leg="c1.1", replaces="c1"),
    ):
        said = scene.tell(10, event)
        assert [type(m) for m in said] == [note.CommandIgnored] and said[0].reason  # type: ignore[attr-defined]
    assert scene.path() == [(5200, "")]
    scene.hangs_up(30)
    scene.until(100)
    drained(scene.engine)


def test_a_caller_who_leaves_while_the_transfer_rings_leaves_nothing_behind() -> None:
    scene = in_talk()
    scene.tell(10, ev.TransferRequested(call="c1", to="103", leg="c1.1"))
    scene.hangs_up(12)
    scene.until(100)
    drained(scene.engine)
