"""What the state of the account and unpaid trunks do to calls: none begins, those in progress finish (R-01.10, R-03.7)."""

from __future__ import annotations

import pytest

from engine.account.states import STATES
from engine.analysis import preview
from engine.analysis.scripted_world import Script
from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.causes import Cause
from engine.contract.errors import UnknownLeg
from tests.harness import T0, Scene, flow, rule

GREETING = "5000: {kind: greeting, prompt: welcome.wav, keys: {1: 101}, no_input: 101, invalid: 101}"
REST = 'settings: {direct_sip: true, emergency: ["112"]}'


def scene(state: str = "blocked_debt") -> Scene:
    made = Scene(GREETING, rest=REST)
    made.tell(0, ev.AccountChanged(state=state, by="hosting"))  # type: ignore[arg-type]
    return made


@rule("R-01.10")
@pytest.mark.parametrize("state", STATES)
def test_state_of_the_account_says_whether_a_call_begins(state: str) -> None:
    made = scene(state)
    made.tell(1, ev.CallArrived(call="c1", called="74951234567", trunk="moscow"))
    answered = bool(made.all(cmd.Answer))
    assert answered == (state not in ("blocked_debt", "closed"))
    if not answered:
        assert (made.end("c1").cause, made.end("c1").rule) == (Cause.INCOMING_CALL_BARRED, "R-01.10")
        assert made.engine.tenant.trunks["moscow"].in_use == 0


@rule("R-01.10", "R-14.9")
@pytest.mark.parametrize(
    ("arrival", "cause"),
    [
        (ev.CallArrived(call="c1", called="74951234567", trunk="moscow"), Cause.INCOMING_CALL_BARRED),
        (ev.CallArrived(call="c1", called="5000", origin="direct"), Cause.INCOMING_CALL_BARRED),
        (ev.CallArrived(call="c1", called="89161234567", user=101, origin="user"), Cause.OUTGOING_CALL_BARRED),
        (ev.CallArrived(call="c1", called="102", user=101, origin="user"), Cause.OUTGOING_CALL_BARRED),
        (ev.CallArrived(call="c1", called="5000", origin="callback"), Cause.OUTGOING_CALL_BARRED),
        (ev.CallArrived(call="c1", called="102", user=101, origin="api"), Cause.OUTGOING_CALL_BARRED),
        (ev.CallArrived(call="c1", called="112", user=101, origin="user"), None),
        (ev.CallArrived(call="c1", called="1 1 2", user=101, origin="user"), None),
    ],
    ids=["trunk", "direct", "outside", "inside", "callback", "api", "emergency", "emergency with spaces"],
)
def test_no_call_begins_in_either_direction_but_one_for_help(arrival: ev.CallArrived, cause: Cause | None) -> None:
    made = scene()
    made.tell(1, arrival)
    if cause is None:
        assert made.one(cmd.PlaceLeg).target == cmd.Outside(trunk="moscow", number="112")
    else:
        assert made.end("c1").cause is cause and not made.all(cmd.PlaceLeg) and not made.all(note.ElementEntered)
        assert made.engine.tenant.users[101].own_calls == 0


@rule("R-01.10")
def test_established_calls_finish_and_calls_begin_again_when_it_is_paid() -> None:
    made = Scene(GREETING, rest=REST)
    made.tell(0, ev.CallArrived(call="c1", called="74951234567", trunk="moscow"))
    made.tell(1, ev.AccountChanged(state="blocked_debt"))
    made.tell(2, ev.DigitPressed(call="c1", digit="1"))
    leg = made.one(cmd.PlaceLeg).leg
    made.tell(4, ev.LegAnswered(leg=leg))
    made.tell(5, ev.CallArrived(call="c2", called="74951234567", trunk="moscow"))
    made.tell(6, ev.AccountChanged(state="extended_24h"))
    made.tell(7, ev.CallArrived(call="c3", called="74951234567", trunk="moscow"))
    made.tell(64, ev.CallerHungUp(call="c1"))
    assert made.end("c2").cause is Cause.INCOMING_CALL_BARRED
    assert made.end("c1").talk_us == 60_000_000
    assert [n.state for n in made.all(note.AccountStateChanged)] == ["blocked_debt", "extended_24h"]
    assert made.all(cmd.Answer)[-1].call == "c3"


@rule("R-01.10")
def test_the_same_state_again_is_no_news_and_devices_stay_registered() -> None:
    made = scene()
    assert made.tell(1, ev.AccountChanged(state="blocked_debt")) == []
    assert all(user.devices for user in made.engine.tenant.users.values())


@rule("R-03.6", "R-03.7", "R-04.10")
def test_unpaid_trunk_bars_its_own_calls_alone_whatever_its_registration() -> None:
    made = Scene(
        GREETING, rest='trunks:\n  moscow: {number: "74951234567", to: 5000}\n  spb: {number: "78121234567", to: 5000}'
    )
    made.tell(0, ev.TrunkUnpaid(trunk="moscow"))
    made.tell(1, ev.TrunkStateChanged(trunk="moscow", state="unregistered"))
    made.tell(1, ev.TrunkStateChanged(trunk="moscow", state="registered"))
    made.tell(2, ev.CallArrived(call="in", called="74951234567", trunk="moscow"))
    made.tell(3, ev.CallArrived(call="out", called="89161234567", user=101, origin="user"))
    made.tell(4, ev.CallArrived(call="other", called="78121234567", trunk="spb"))
    made.tell(5, ev.CallArrived(call="inside", called="102", user=103, origin="user"))
    assert (made.end("in").cause, made.end("in").rule) == (Cause.INCOMING_CALL_BARRED, "R-03.7")
    assert made.end("out").cause is Cause.OUTGOING_CALL_BARRED
    assert made.one(note.TrunkRefused).rule == "R-03.7"
    assert made.all(cmd.Answer)[-1].call == "other" and made.all(cmd.PlaceLeg)[-1].call == "inside"
    made.tell(6, ev.TrunkPaid(trunk="moscow"))
    made.tell(7, ev.CallArrived(call="again", called="74951234567", trunk="moscow"))
    assert made.all(cmd.Answer)[-1].call == "again"
    assert [n.state for n in made.all(note.TrunkChanged)] == ["unpaid", "unregistered", "registered", "registered"]
    with pytest.raises(UnknownLeg, match="nowhere"):
        made.engine.handle(T0 + 10**9, ev.TrunkPaid(trunk="nowhere"))


@rule("R-01.10", "R-03.7", "R-25.4")
def test_preview_knows_a_blocked_account_and_an_unpaid_trunk() -> None:
    pbx = flow(GREETING)
    blocked = preview.preview(pbx, T0, trunk="moscow", script=Script(account="blocked_debt"))
    assert (blocked.landing.text, blocked.landing.rule) == ("INCOMING_CALL_BARRED", "R-01.10")
    unpaid = preview.preview(pbx, T0, trunk="moscow", script=Script(trunks={"moscow": "unpaid"}))
    assert (unpaid.landing.text, unpaid.landing.rule) == ("INCOMING_CALL_BARRED", "R-03.7")
    on = preview.preview(pbx, T0, trunk="moscow", script=Script(account="extended_24h"))
    assert on.landing.user == 101
