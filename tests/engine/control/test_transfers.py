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


# --- by the user who placed the call, and joining calls of every kind (RFC 5589 section 7) ----------------------------


def states(scene: Scene, member: int) -> list[str]:
    return [m.state for m in scene.all(note.MemberChanged, member=member)]


def test_user_who_placed_the_call_sends_the_other_party_on_and_is_free_at_once() -> None:
    scene = Scene(QUEUE)
    scene.dials(0, 101, "102", "c1")
    scene.answers(2, "c1.1")
    said = scene.tell(10, ev.TransferRequested(call="c1", to="103"))
    assert [m.leg for m in said if isinstance(m, cmd.ReplaceCaller)] == ["c1.1"], "102 stands for the caller now"
    assert [m.caller for m in said if isinstance(m, cmd.PlaceLeg)] == ["102"], "and is who calls"
    assert states(scene, 101)[-1] == "idle"
    scene.answers(14, "c1.2")
    assert scene.all(cmd.Bridge)[-1].leg == "c1.2"
    scene.ends(30, "c1.1")
    assert scene.end("c1").party == "caller", "102 hung up"
    scene.until(100)
    assert states(scene, 102)[-1] == states(scene, 103)[-1] == "idle"
    drained(scene.engine)


def test_deputy_may_press_keys_hold_and_send_the_call_on_again() -> None:
    scene = Scene("5000: {kind: greeting, prompt: welcome.wav, keys: {1: 103}, no_input: hangup, invalid: hangup}")
    scene.dials(0, 101, "102", "c1")
    scene.answers(2, "c1.1")
    scene.tell(10, ev.TransferRequested(call="c1", to="5000"))
    scene.tell(12, ev.DigitPressed(call="c1", digit="1"))
    scene.answers(14, "c1.2")
    scene.tell(15, ev.PartyHeld(call="c1", leg="c1.1"))
    assert scene.all(cmd.PlayMusic)[-1].leg == "c1.2", "103 hears music while 102 holds"
    scene.tell(16, ev.TransferRequested(call="c1", to="101", leg="c1.1"))
    assert scene.all(cmd.ReplaceCaller)[-1].leg == "c1.2" and states(scene, 102)[-1] == "idle"
    scene.answers(18, "c1.3")
    scene.ends(20, "c1.3")
    assert scene.end("c1").party == "member"
    scene.until(100)
    drained(scene.engine)


def test_user_who_placed_both_calls_joins_the_two_called() -> None:
    scene = Scene(QUEUE)
    scene.dials(0, 101, "102", "c1")
    scene.answers(2, "c1.1")
    scene.tell(3, ev.PartyHeld(call="c1"))
    scene.dials(4, 101, "103", "c2")
    scene.answers(6, "c2.1")
    scene.tell(10, ev.TransferRequested(call="c1", to="103", replaces="c2"))
    bridge = scene.all(cmd.Bridge)[-1]
    assert (bridge.call, bridge.leg) == ("c1", "c2.1") and scene.all(cmd.ReplaceCaller)[-1].leg == "c1.1"
    assert states(scene, 101)[-1] == "idle" and scene.end("c2").party == "member"
    scene.ends(30, "c2.1")
    scene.until(100)
    drained(scene.engine)


def test_user_joins_who_called_them_with_whom_they_called_by_a_request_on_either_call() -> None:
    for request in (
        ev.TransferRequested(call="c1", to="103", leg="c1.1", replaces="c2"),
        ev.TransferRequested(call="c2", to="101", replaces="c1", replaces_leg="c1.1"),
    ):
        scene = in_talk()
        scene.dials(10, 101, "103", "c2")
        scene.answers(12, "c2.1")
        scene.tell(20, request)
        bridge = scene.all(cmd.Bridge)[-1]
        assert (bridge.call, bridge.leg) == ("c1", "c2.1")
        assert scene.end("c2").party == "member"
        scene.hangs_up(50)
        scene.until(100)
        drained(scene.engine)


def test_user_joins_two_who_called_them_and_lines_stay_taken_until_both_are_gone() -> None:
    scene = Scene(
        "5300: {kind: group, members: [101], ring: 20, no_answer: hangup}", users="101: {call_waiting: true}\n102: {}"
    )
    scene.arrives(0)
    scene.answers(2, "c1.1")
    scene.arrives(3, "c2")
    scene.answers(5, "c2.1")
    trunk = scene.engine.tenant.trunks["moscow"]
    assert trunk.in_use == 2
    scene.tell(10, ev.TransferRequested(call="c1", to="x", leg="c1.1", replaces="c2", replaces_leg="c2.1"))
    adopted = scene.all(cmd.AdoptCaller)[-1]
    assert (adopted.call, adopted.other) == ("c1", "c2") and scene.all(cmd.Bridge)[-1].leg == adopted.leg
    assert trunk.in_use == 2 and states(scene, 101)[-1] == "idle"
    scene.ends(20, adopted.leg)
    assert scene.end("c1").party == "network" and trunk.in_use == 0
    scene.until(100)
    drained(scene.engine)


def test_two_colleagues_who_both_called_are_joined_and_busy_until_they_are_done() -> None:
    scene = Scene(QUEUE, users="101: {call_waiting: true}\n102: {}\n103: {}")
    scene.dials(0, 102, "101", "c1")
    scene.answers(2, "c1.1")
    scene.dials(3, 103, "101", "c2")
    scene.answers(5, "c2.1")
    scene.tell(10, ev.TransferRequested(call="c1", to="x", leg="c1.1", replaces="c2", replaces_leg="c2.1"))
    leg = scene.all(cmd.AdoptCaller)[-1].leg
    assert states(scene, 101)[-1] == "idle" and scene.engine.tenant.users[103].busy()
    scene.ends(20, leg)
    scene.until(100)
    assert not scene.engine.tenant.users[103].busy() and states(scene, 103)[-1] == "idle"
    drained(scene.engine)


def test_nobody_joins_calls_of_somebody_else() -> None:
    scene = in_talk()
    scene.dials(10, 102, "103", "c2")
    scene.answers(12, "c2.1")
    for request in (
        ev.TransferRequested(call="c1", to="103", leg="c1.1", replaces="c2"),
        ev.TransferRequested(call="c1", to="103", leg="c1.1", replaces="c2", replaces_leg="c2.1"),
        ev.TransferRequested(call="c2", to="101", replaces="c1", replaces_leg="c1.1"),
        ev.TransferRequested(call="c1", to="103", replaces="c2"),
    ):
        assert [type(m) for m in scene.tell(20, request)] == [note.CommandIgnored]
    scene.hangs_up(30)
    scene.ends(31, "c2.1")
    scene.until(100)
    drained(scene.engine)


def test_both_may_hold_and_each_hears_music_until_the_other_takes_the_call_back() -> None:
    scene = in_talk()
    scene.tell(10, ev.PartyHeld(call="c1"))
    scene.tell(11, ev.PartyHeld(call="c1", leg="c1.1"))
    scene.tell(12, ev.PartyResumed(call="c1", leg="c1.1"))
    scene.tell(13, ev.PartyResumed(call="c1"))
    music = [m.leg for m in scene.all(cmd.PlayMusic)[-2:]]
    assert music == ["c1.1", None] and [m.leg for m in scene.all(cmd.StopMusic)[-2:]] == [None, "c1.1"]
    scene.hangs_up(30)
    scene.until(100)
    drained(scene.engine)


def test_caller_takes_the_place_of_a_party() -> None:
    """INVITE with Replaces (RFC 3891): of the called user, of the caller, and of a phone that only rings."""
    scene = Scene(QUEUE)
    scene.dials(0, 101, "102", "c1")
    scene.answers(2, "c1.1")
    scene.tell(
        10,
        ev.CallArrived(
            call="c2", called="102", caller="103", user=103, origin="user", replaces="c1", replaces_leg="c1.1"
        ),
    )
    leg = scene.all(cmd.AdoptCaller)[-1].leg
    assert scene.all(cmd.EndLeg)[-1].leg == "c1.1" and scene.all(cmd.Bridge)[-1].leg == leg
    scene.tell(20, ev.CallArrived(call="c3", called="101", caller="102", user=102, origin="user", replaces="c1"))
    assert scene.all(cmd.Bridge)[-1].call == "c3" and scene.end("c1").party == "member"
    scene.hangs_up(30, "c3")
    scene.dials(40, 101, "102", "c4")
    scene.tell(
        41,
        ev.CallArrived(
            call="c5", called="102", caller="103", user=103, origin="user", replaces="c4", replaces_leg="c4.1"
        ),
    )
    assert scene.all(cmd.CancelLeg)[-1].leg == "c4.1" and scene.all(cmd.Answer)[-1].call == "c4"
    scene.hangs_up(50, "c4")
    scene.dials(60, 101, "5200", "c6")
    scene.tell(61, ev.CallArrived(call="c7", called="101", caller="103", user=103, origin="user", replaces="c6"))
    assert scene.end("c7").party == "us", "nobody talks there"
    scene.hangs_up(70, "c6")
    scene.until(100)
    drained(scene.engine)
