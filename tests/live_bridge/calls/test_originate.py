"""Calls that programs ask for: what the first leg hears while the second rings, and that queues leave the user alone (R-19.5)."""

from __future__ import annotations

from engine.contract import events as ev
from engine.contract import notes as note
from live_bridge.calls.ringback import PITCH_HZ
from live_bridge.sip.dialog import sdp
from tests.harness import rule
from tests.live_bridge.live import OPERATOR, Live, MakePhone, phone_of
from tests.live_bridge.media.telephone import level, tone
from tests.live_bridge.sip.phone import Phone
from tests.live_bridge.sip.talk import port_in

SPB = "78121234567"


def ask(bridge: Live, user: int, to: str) -> None:
    bridge.driver.originate(user, "Anna", to)


@rule("R-19.5")
def test_user_hears_ring_back_while_the_other_phone_rings_and_then_the_other_user(
    phones: MakePhone, bridge: Live
) -> None:
    anna, daria = phone_of(103, phones, bridge), phone_of(104, phones, bridge)
    ask(bridge, 103, "104")
    here = anna.called()
    anna.reply(here.invite, 200, anna.sdp())
    there = daria.called()
    daria.reply(there.invite, 180)
    assert level(anna.media.wait_heard(30)[:4800], PITCH_HZ) > 0.04
    daria.reply(there.invite, 200, daria.sdp())
    bridge.wait_note(note.CallAnswered, user=104)
    anna.media.forget()
    daria.media.say(tone(1500, 0.8), port_in(there.invite))
    heard = anna.media.wait_heard(20)
    assert level(heard, 1500) > 0.15 and level(heard, PITCH_HZ) < 0.02
    anna.hang_up(here)
    daria.wait(lambda m: m.startswith("BYE"))
    bridge.wait_idle()


@rule("R-19.5")
def test_what_an_operator_says_takes_the_place_of_ring_back(phones: MakePhone, bridge: Live) -> None:
    anna = phone_of(104, phones, bridge)
    operator = phones("operator", bridge, port=OPERATOR, payload=sdp.OFFERED.codec)
    operator.on_invite = []
    ask(bridge, 104, "89161234567")
    here = anna.called()
    anna.reply(here.invite, 200, anna.sdp())
    there = operator.called()
    assert level(anna.media.wait_heard(30)[:4800], PITCH_HZ) > 0.04
    operator.reply(there.invite, 183, operator.sdp())
    bridge.wait_inside(lambda controller: any(call.side_b is not None for call in controller.executor.calls.values()))
    anna.media.forget()
    operator.media.say(tone(700, 0.8), port_in(there.invite))
    assert level(anna.media.wait_heard(20), 700) > 0.1
    operator.reply(there.invite, 404)
    anna.wait(lambda m: m.startswith("BYE"))
    bridge.wait_idle()


@rule("R-08.5", "R-19.5")
def test_user_rung_for_a_call_that_was_asked_for_is_offered_none_by_queues(
    operator: Phone, phones: MakePhone, bridge: Live
) -> None:
    bridge.driver.submit(ev.OverrideSet(element=5400, mode="match"))
    anna = phone_of(101, phones, bridge, operator.payload)
    ask(bridge, 101, "104")
    asked = anna.called()
    dialog, _ = operator.call(SPB)
    bridge.wait_note(note.ElementEntered, element=5000)
    operator.request(dialog, "INFO", "1", kind="application/dtmf")
    bridge.wait_note(note.CallQueued)
    assert len(anna.heard("INVITE")) == 1, "the queue waits"
    anna.reply(asked.invite, 486)
    offered = anna.wait(lambda m: m.startswith("INVITE") and m != asked.invite)
    anna.reply(offered, 200, anna.sdp())
    bridge.wait_note(note.CallAnswered, user=101)
    operator.hang_up(dialog)
    bridge.wait_idle()
