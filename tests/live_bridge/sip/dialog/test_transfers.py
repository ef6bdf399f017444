"""Hold, blind and attended transfer by the phones of users, with the audio going where the call goes."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import pytest

from engine.contract import events as ev
from engine.contract import notes as note
from tests.live_bridge.live import Live, password
from tests.live_bridge.sip.phone import Dialog, Phone, field, status
from tests.live_bridge.sip.talk import hear_each_other, port_in

SPB = "78121234567"

MakePhone = Callable[..., Phone]


@pytest.fixture
def talking(operator: Phone, phones: MakePhone, bridge: Live) -> tuple[Dialog, str, Phone, Dialog]:
    """A caller in talk with user 103: the caller's dialog and answer, the phone and its dialog."""
    bridge.driver.submit(ev.OverrideSet(element=5400, mode="match"))
    phone = phones("100", bridge)
    phone.on_invite = [(0.0, 200)]
    phone.register(password(100))
    dialog, answer = operator.call(SPB)
    bridge.wait_note(note.ElementEntered, element=5000)
    operator.request(dialog, "INFO", "1", kind="application/dtmf")
    bridge.wait_note(note.CallAnswered, user=100)
    return dialog, answer, phone, phone.called()


def test_caller_on_hold_hears_music_until_taken_back(
    talking: tuple[Dialog, str, Phone, Dialog], operator: Phone, bridge: Live
) -> None:
    dialog, answer, phone, called = talking
    assert "a=recvonly" in phone.request(called, "INVITE", phone.sdp("sendonly", 2))
    bridge.wait_note(note.CallHeld)
    operator.media.forget()
    assert operator.media.wait_heard(20).any(), "music, though nobody speaks"
    assert "a=sendrecv" in phone.request(called, "INVITE", phone.sdp("sendrecv", 3))
    bridge.wait_note(note.CallResumed)
    hear_each_other(operator, port_in(answer), phone, port_in(called.invite))
    operator.hang_up(dialog)
    bridge.wait_idle()


def test_blind_transfer_rings_the_other_user_and_joins_them(
    talking: tuple[Dialog, str, Phone, Dialog], operator: Phone, phones: MakePhone, bridge: Live
) -> None:
    dialog, answer, phone, called = talking
    other = phones("103", bridge)
    other.register(password(103))
    assert status(phone.request(called, "REFER", extra="Refer-To: <sip:103@example.onpbx.ru>")) == 202
    final = phone.wait(lambda m: m.startswith("NOTIFY") and "200 OK" in m)
    assert "terminated" in field(final, "Subscription-State") and field(final, "Event") == "refer"
    phone.wait(lambda m: m.startswith("BYE"))
    bridge.wait_note(note.CallAnswered, user=103)
    hear_each_other(operator, port_in(answer), other, port_in(other.called().invite))
    operator.hang_up(dialog)
    other.wait(lambda m: m.startswith("BYE"))
    bridge.wait_idle()


def test_transfer_to_nobody_is_declined_and_the_talk_goes_on(
    talking: tuple[Dialog, str, Phone, Dialog], operator: Phone, bridge: Live
) -> None:
    dialog, answer, phone, called = talking
    assert status(phone.request(called, "REFER", extra="Refer-To: <sip:nobody@example.onpbx.ru>")) == 202
    final = phone.wait(lambda m: m.startswith("NOTIFY") and "terminated" in field(m, "Subscription-State"))
    assert "603" in final
    hear_each_other(operator, port_in(answer), phone, port_in(called.invite))
    operator.hang_up(dialog)


def test_callers_refer_is_forbidden(talking: tuple[Dialog, str, Phone, Dialog], operator: Phone) -> None:
    """A caller from outside cannot send our users' calls about."""
    dialog = talking[0]
    assert status(operator.request(dialog, "REFER", extra="Refer-To: <sip:89161234567@example.onpbx.ru>")) == 403
    operator.hang_up(dialog)


def test_attended_transfer_joins_caller_and_consulted_user(
    talking: tuple[Dialog, str, Phone, Dialog], operator: Phone, phones: MakePhone, bridge: Live
) -> None:
    dialog, answer, phone, called = talking
    other = phones("103", bridge)
    other.on_invite = [(0.0, 200)]
    other.register(password(103))
    phone.request(called, "INVITE", phone.sdp("sendonly", 2))
    consult, told = phone.call("103", password=password(100))
    assert status(told) == 200
    bridge.wait_note(note.CallAnswered, user=103)

    def tag(value: str) -> str:
        return value.split(";tag=")[1].split(";")[0]

    replaces = quote(f"{consult.call_id};to-tag={tag(consult.theirs)};from-tag={tag(consult.mine)}", safe="")
    refer = f"Refer-To: <sip:103@example.onpbx.ru?Replaces={replaces}>"
    assert status(phone.request(called, "REFER", extra=refer)) == 202
    phone.wait(lambda m: m.startswith("NOTIFY") and "200 OK" in m)
    phone.wait(lambda m: m.startswith("BYE") and field(m, "Call-ID") == called.call_id)
    phone.wait(lambda m: m.startswith("BYE") and field(m, "Call-ID") == consult.call_id)
    moved = other.wait(lambda m: m.startswith("INVITE") and ";tag=" in field(m, "To"))
    bridge.wait_note(note.CallTransferred)
    hear_each_other(operator, port_in(answer), other, port_in(moved))
    assert status(operator.hang_up(dialog)) == 200
    other.wait(lambda m: m.startswith("BYE"))
    bridge.wait_idle()
