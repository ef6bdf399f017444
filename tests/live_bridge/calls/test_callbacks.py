"""Visitors of websites are called back over real SIP: a manager answers, then the visitor, and both hear each other (R-17.4)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.causes import Cause
from engine.control.engine import Engine
from engine.loading.load import load
from live_bridge.calls import callbacks
from live_bridge.media.session import Media
from live_bridge.sip.dialog import sdp
from tests.harness import rule
from tests.live_bridge.live import OPERATOR, Live, password
from tests.live_bridge.sip.phone import Dialog, Phone, field, status
from tests.live_bridge.sip.talk import hear_each_other, port_in

PBX = """
pbx: example
trunks: {moscow: {number: "74951234567", to: 5200}}
outgoing: {default: moscow}
users: {101: {name: Anna}, 102: {name: Boris}, 103: {}}
elements:
  5200: {kind: queue, members: [101, 102], ring: 20, max_wait: 60, timeout: hangup}
prompts: {music.wav: 20.0}
widgets:
  shop: {name: shop.example, origins: https://shop.example, managers: [101, 102, 103], lead: lead@shop.example}
  line: {origins: https://shop.example, mode: logic, element: 5200}
"""

MakePhone = Callable[..., Phone]
VISITOR = "79161234567"


@pytest.fixture
def bridge(start_live: Callable[..., Live]) -> Live:
    return start_live(Engine(load(PBX)))


def manager(user: int, phones: MakePhone, bridge: Live, payload: int = sdp.OFFERED.codec) -> Phone:
    phone = phones(str(user), bridge, payload=payload)
    phone.on_invite = []
    assert status(phone.register(password(user))) == 200
    return phone


def carrier(phones: MakePhone, bridge: Live, payload: int = sdp.OFFERED.codec) -> Phone:
    phone = phones("operator", bridge, port=OPERATOR, payload=payload)
    phone.on_invite = []
    return phone


def ask(bridge: Live, media: Media, widget: str) -> str:
    def begin(controller: object) -> str:
        call = controller.new_id()  # type: ignore[attr-defined]
        callbacks.begin(controller, media, call=call, widget=widget, page="/", number=VISITOR)  # type: ignore[arg-type]
        return str(call)

    return bridge.driver.ask_inside(begin)


def joined(anna: Phone, operator: Phone) -> tuple[Dialog, Dialog]:
    """The manager picks up, then the visitor."""
    here = anna.called()
    anna.reply(here.invite, 200, anna.sdp())
    there = operator.called()
    operator.reply(there.invite, 180)
    return here, there


@rule("R-17.3", "R-17.4")
@pytest.mark.parametrize("widget", ["shop", "line"])
def test_manager_first_then_the_visitor_and_both_hear_each_other(
    widget: str, phones: MakePhone, bridge: Live, live_media: Media
) -> None:
    anna, operator = manager(101, phones, bridge), carrier(phones, bridge)
    call = ask(bridge, live_media, widget)
    here, there = joined(anna, operator)
    assert "shop.example" in field(here.invite, "From") and "89161234567" in field(here.invite, "From")
    assert there.invite.startswith("INVITE sip:89161234567@") and "74951234567" in field(there.invite, "From")
    assert len(anna.media.wait_heard(20)) > 0, "music while the visitor rings"
    operator.reply(there.invite, 200, operator.sdp())
    answered = bridge.wait_note(note.CallAnswered, call=call, user=101)
    assert answered.element == (101 if widget == "shop" else 5200)
    anna.media.forget()
    hear_each_other(anna, port_in(here.invite), operator, port_in(there.invite))
    operator.hang_up(there)
    anna.wait(lambda m: m.startswith("BYE"))
    assert bridge.wait_note(note.CallEnded, call=call).talk_us > 0
    bridge.wait_idle()
    started = bridge.wait_note(note.CallStarted, call=call)
    assert (started.origin, started.widget) == ("callback", widget)


@rule("R-17.4")
def test_a_visitor_with_no_codec_of_ours_is_not_reached_and_the_manager_is_let_go(
    phones: MakePhone, bridge: Live, live_media: Media
) -> None:
    anna, operator = manager(101, phones, bridge), carrier(phones, bridge)
    operator.on_invite = [(0.0, 488)]
    ask(bridge, live_media, "shop")
    here = anna.called()
    anna.reply(here.invite, 200, anna.sdp())
    anna.wait(lambda m: m.startswith("BYE"))
    assert bridge.wait_note(note.CallEnded).talk_us == 0
    assert len(operator.heard("INVITE")) > 1, "other codecs are tried"
    bridge.wait_idle()


@rule("R-17.4")
def test_a_manager_who_refuses_gives_way_to_the_next_and_three_make_a_lead(
    phones: MakePhone, bridge: Live, live_media: Media
) -> None:
    anna, boris = manager(101, phones, bridge), manager(102, phones, bridge)
    anna.on_invite = [(0.0, 486)]
    ask(bridge, live_media, "shop")
    there = boris.called()
    boris.reply(there.invite, 603)
    ended = bridge.wait_note(note.CallEnded)
    assert (ended.cause, ended.rule) == (Cause.NO_ANSWER, "R-17.4")
    leads = [m for _, m in bridge.said if isinstance(m, cmd.SendMessage)]
    assert [(m.kind, m.caller, m.recipients) for m in leads] == [("lead", "89161234567", ("lead@shop.example",))]
    bridge.wait_idle()


@rule("R-17.4")
@pytest.mark.parametrize("who", ["visitor", "manager", "operator"])
def test_whoever_does_not_wait_ends_it_and_nothing_is_left(
    who: str, phones: MakePhone, bridge: Live, live_media: Media
) -> None:
    anna, operator = manager(101, phones, bridge), carrier(phones, bridge)
    call = ask(bridge, live_media, "shop")
    here, there = joined(anna, operator)
    if who == "visitor":
        operator.reply(there.invite, 486)
        anna.wait(lambda m: m.startswith("BYE"))
    elif who == "manager":
        anna.hang_up(here)
        operator.wait(lambda m: m.startswith("CANCEL"))
    else:
        bridge.driver.submit(ev.HangupRequested(call=call))
        anna.wait(lambda m: m.startswith("BYE"))
    assert bridge.wait_note(note.CallEnded, call=call).talk_us == 0
    bridge.wait_idle()


@rule("R-17.4")
def test_an_outside_manager_is_the_far_end_and_the_visitor_the_caller(
    phones: MakePhone, start_live: Callable[..., Live], live_media: Media
) -> None:
    bridge = start_live(Engine(load(PBX.replace("managers: [101, 102, 103]", 'managers: ["89990000000"]'))))
    operator = carrier(phones, bridge)
    ask(bridge, live_media, "shop")
    first = operator.called()
    assert first.invite.startswith("INVITE sip:89990000000@")
    operator.reply(first.invite, 200, operator.sdp())
    second = operator.wait(lambda m: m.startswith("INVITE sip:89161234567@"))
    operator.reply(second, 200, operator.sdp())
    bridge.wait_note(note.CallAnswered, number="89990000000")
    sides = bridge.driver.ask_inside(
        lambda controller: sorted(leg.side for call in controller.executor.calls.values() for leg in call.legs.values())
    )
    assert sides == ["a", "b"]
    operator.hang_up(first)
    bridge.wait_note(note.CallEnded)
    bridge.wait_idle()
