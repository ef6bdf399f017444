"""Groups: several phones at once (R-07)."""

from __future__ import annotations

import pytest

from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.causes import Cause
from engine.contract.errors import FlowError
from engine.state.leg import ANSWERED
from tests.harness import T0, Scene, drained, rule

MOBILE = "89161234567"
GROUP = "5300: {kind: group, members: [101, 102, 103], no_answer: 5120}\n"
BOX = "5120: {kind: voicemail, recipients: [office@example.org]}"
OUTSIDE = (
    f'5300: {{kind: group, members: [101, {{number: "{MOBILE}", MORE}}], accept_prompt: accept.wav, no_answer: 5120}}\n'
)


def group(text: str = GROUP, **other: str) -> Scene:
    scene = Scene(text.replace(", MORE", "") + BOX, **other)
    scene.arrives(0)
    return scene


def over(scene: Scene, at: float) -> None:
    if "c1" in scene.engine.tenant.calls and not scene.engine.tenant.calls["c1"].over:
        scene.hangs_up(at)
    scene.until(at + 300)
    drained(scene.engine)


@rule("R-07.1", "R-02.15")
def test_a_group_rings_everybody_at_once_and_leaves_the_call_unanswered() -> None:
    scene = group()
    assert [m.target.user for m in scene.all(cmd.PlaceLeg)] == [101, 102, 103]
    assert scene.all(cmd.Progress) and not scene.all(cmd.Answer)
    scene.answers(3, "c1.2")
    assert scene.one(cmd.Answer) and scene.one(cmd.Bridge).leg == "c1.2"
    over(scene, 4)


@rule("R-07.5")
@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1), (3, 1, 2)])
def test_of_answers_in_one_instant_the_lowest_position_wins_whichever_is_told_first(order: tuple[int, ...]) -> None:
    scene = group()
    at = T0 + 3_000_000
    for leg in order:
        scene.engine.handle(at, ev.LegAnswered(leg=f"c1.{leg}"))
    call = scene.engine.tenant.calls["c1"]
    assert call.talking is not None and call.talking.n == 1
    assert [leg.n for leg in call.live_legs if leg.state == ANSWERED] == [1]
    for leg in (2, 3):
        scene.engine.handle(at + 1, ev.LegEnded(leg=f"c1.{leg}"))
    assert call.talking.n == 1 and not call.over
    assert not scene.engine.tenant.users[102].busy() and scene.engine.tenant.users[101].busy()


@rule("R-07.5")
def test_an_answer_a_moment_later_loses_whatever_its_position() -> None:
    scene = Scene(GROUP + BOX, obedient=False)
    scene.arrives(0)
    scene.answers(3, "c1.2")
    scene.engine.handle(T0 + 3_000_001, ev.LegAnswered(leg="c1.1"))
    call = scene.engine.tenant.calls["c1"]
    assert call.talking is not None and call.talking.n == 2
    scene.engine.handle(T0 + 3_000_002, ev.LegEnded(leg="c1.1"))


@rule("R-07.2", "R-07.8")
def test_outside_members_are_called_by_the_outgoing_rules_with_the_group_as_originator() -> None:
    for mode, trunk in (("except", "spb"), ("only", "moscow")):
        rest = f"""
            trunks: {{moscow: {{number: "74951234567", to: 5300}}, spb: {{number: "78121234567"}}}}
            outgoing:
              default: moscow
              rules: [{{mask: "+", output: "0000", operator: spb, mode: only, users: "101"}},
                      {{mask: "8(+)", output: "7$", operator: spb, mode: {mode}, users: "101"}}]
        """
        scene = group(OUTSIDE, rest=rest)
        target = scene.all(cmd.PlaceLeg)[1].target
        assert target == cmd.Outside(number=("7" if trunk == "spb" else "8") + MOBILE[1:], trunk=trunk)
        over(scene, 1)


@rule("R-07.3", "R-07.4")
def test_after_the_ring_time_the_call_leaves_by_no_answer() -> None:
    scene = group()
    scene.until(19.999)
    assert scene.path() == [(5300, "")]
    scene.until(20)
    assert scene.path() == [(5300, "no_answer"), (5120, "")]
    assert {m.reason for m in scene.all(cmd.CancelLeg)} == {"timeout"}
    over(scene, 21)


@rule("R-07.4")
@pytest.mark.parametrize("ring", [4, 121])
def test_ring_time_is_5_to_120(ring: int) -> None:
    with pytest.raises(FlowError, match=r"R-07\.4"):
        Scene(GROUP.replace("no_answer", f"ring: {ring}, no_answer") + BOX)


@rule("R-07.4")
@pytest.mark.parametrize("count", [0, 51])
def test_a_group_has_1_to_50_members(count: int) -> None:
    with pytest.raises(FlowError, match=r"R-07\.4"):
        Scene(f"5300: {{kind: group, members: {list(range(100, 100 + count))}}}", " ".join(map(str, range(100, 160))))


@rule("R-07.4")
def test_the_output_is_taken_at_once_when_nobody_can_be_rung() -> None:
    scene = Scene(GROUP + BOX, registered=False)
    scene.tell(0, ev.DeviceRegistered(user=101))
    scene.dials(0, 101, "102", "own")
    scene.tell(0, ev.DeviceRegistered(user=103))
    scene.tell(0, ev.DoNotDisturbSet(user=103, on=True))
    scene.arrives(1)
    assert scene.path() == [(5300, "no_answer"), (5120, "")] and scene.times(note.ElementLeft, call="c1") == [1.0]
    [decided] = scene.all(note.DecisionMade, call="c1")
    assert decided.rule == "R-07.6" and "101, 102, 103" in decided.text


@rule("R-07.5")
def test_the_first_answer_wins_and_the_others_are_cancelled_as_answered_elsewhere_in_the_same_instant() -> None:
    scene = group()
    scene.answers(3, "c1.3")
    assert [(m.leg, m.reason) for m in scene.all(cmd.CancelLeg)] == [
        ("c1.1", "answered_elsewhere"),
        ("c1.2", "answered_elsewhere"),
    ]
    assert scene.times(cmd.CancelLeg) == [3.0, 3.0]
    assert scene.one(note.CallAnswered).user == 103
    over(scene, 4)


@rule("R-07.5")
def test_of_two_answers_in_one_instant_told_in_the_order_of_legs_the_lower_position_wins() -> None:
    scene = Scene(GROUP + BOX, obedient=False)
    scene.arrives(0)
    scene.answers(3, "c1.1")
    scene.answers(3, "c1.2")
    assert scene.one(note.CallAnswered).user == 101
    assert scene.one(cmd.EndLeg).leg == "c1.2", "its 200 crossed our CANCEL"
    assert scene.one(cmd.Bridge).leg == "c1.1"


@rule("R-07.6")
def test_busy_members_and_those_on_do_not_disturb_are_skipped() -> None:
    scene = Scene(GROUP + BOX)
    scene.tell(0, ev.DoNotDisturbSet(user=101, on=True))
    scene.dials(0, 102, "101", "own")
    scene.arrives(1)
    assert [m.user for m in scene.all(note.LegStarted, call="c1")] == [103]


@rule("R-07.6")
def test_a_member_that_rejects_is_dropped_and_the_others_go_on() -> None:
    scene = group()
    scene.fails(2, "c1.1", Cause.CALL_REJECTED)
    scene.fails(3, "c1.3", Cause.USER_BUSY)
    assert scene.path() == [(5300, "")] and scene.legs() == ["c1.2 ringing"]
    scene.fails(4, "c1.2", Cause.CALL_REJECTED)
    assert scene.path() == [(5300, "no_answer"), (5120, "")] and scene.times(note.ElementLeft) == [4.0]
    over(scene, 5)


@rule("R-07.7")
def test_without_press_one_a_mobile_operators_mailbox_can_answer_the_call() -> None:
    scene = group(OUTSIDE)
    scene.answers(3, "c1.2")
    assert scene.one(note.CallAnswered).number == MOBILE
    over(scene, 4)


@rule("R-07.7")
def test_an_outside_member_who_is_to_accept_is_asked_and_joined_only_after_pressing_one() -> None:
    scene = group(OUTSIDE.replace("MORE", "press_one: true"))
    scene.answers(3, "c1.2")
    asked = scene.one(cmd.PlayPrompt)
    assert (asked.prompt, asked.leg) == ("accept.wav", "c1.2") and not scene.all(cmd.Bridge)
    assert scene.legs() == ["c1.1 ringing", "c1.2 answered"]
    scene.presses(4, "2", leg="c1.2")
    assert not scene.all(cmd.Bridge)
    scene.presses(5, "1", leg="c1.2")
    assert scene.one(cmd.Bridge).leg == "c1.2" and scene.one(cmd.CancelLeg).leg == "c1.1"
    over(scene, 9)


@rule("R-07.7")
def test_a_colleague_who_answers_while_the_mobile_is_asked_wins() -> None:
    scene = group(OUTSIDE.replace("MORE", "press_one: true"))
    scene.answers(3, "c1.2")
    scene.answers(4, "c1.1")
    assert scene.one(cmd.Bridge).leg == "c1.1" and scene.one(cmd.EndLeg).leg == "c1.2"
    over(scene, 9)


@rule("R-07.7", "R-07.4")
@pytest.mark.parametrize("hangs_up", [True, False])
def test_an_outside_member_who_never_presses_one_has_not_answered(hangs_up: bool) -> None:
    scene = group(OUTSIDE.replace("MORE", "press_one: true"))
    scene.fails(1, "c1.1")
    scene.answers(3, "c1.2")
    if hangs_up:
        scene.ends(10, "c1.2")
        assert scene.times(note.ElementLeft) == [10.0]
    else:
        scene.until(20)
        assert scene.one(cmd.EndLeg).leg == "c1.2"
    assert scene.path() == [(5300, "no_answer"), (5120, "")]
    over(scene, 21)


@rule("R-07.9")
@pytest.mark.parametrize("member", ["5301", "5200"])
def test_a_group_or_queue_cannot_be_a_member_of_a_group(member: str) -> None:
    with pytest.raises(FlowError, match=r"R-07\.9"):
        Scene(
            f"""
            5300: {{kind: group, members: [101, {member}]}}
            5301: {{kind: group, members: [102]}}
            5200: {{kind: queue, members: [103]}}
            """
        )


@rule("R-06.5", "R-07.3")
def test_the_members_own_forwarding_is_ignored() -> None:
    scene = group(users=f'101: {{no_answer: "{MOBILE}", ring: 5}}\n102: {{}}\n103: {{}}')
    scene.until(20)
    assert len(scene.all(note.LegStarted)) == 3 and scene.path()[-1] == (5120, "")
    over(scene, 21)


@rule("R-07.5")
def test_caller_who_hangs_up_while_a_group_rings_stops_every_phone() -> None:
    scene = group()
    scene.hangs_up(2)
    assert [m.reason for m in scene.all(cmd.CancelLeg)] == ["caller_left"] * 3
    assert scene.end().cause is Cause.ORIGINATOR_CANCEL
    over(scene, 3)
