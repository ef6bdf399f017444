"""No call without its caller and no leg without its phone: every way a leg can die reaches the engine, and the far end gets BYE.

After each of them nothing is held: no call, no leg, no media session, no line of a trunk, no member, no place in a queue.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.causes import Cause
from tests.live_bridge.live import Live, password
from tests.live_bridge.sip.held import assert_nothing_is_held
from tests.live_bridge.sip.phone import Dialog, Phone, field, status

SPB = "78121234567"

MakePhone = Callable[..., Phone]

HEAD = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\n"
PLACE = "c=IN IP4 127.0.0.1\r\nt=0 0\r\n"

UNUSABLE = {
    "keys in the description": HEAD
    + PLACE
    + "m=audio 40000 RTP/SAVP 8\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n",
    "port 0": HEAD + PLACE + "m=audio 0 RTP/AVP 8\r\n",
    "a port beyond the last": HEAD + PLACE + "m=audio 99999 RTP/AVP 8\r\n",
    "no address": HEAD + "t=0 0\r\nm=audio 40000 RTP/AVP 8\r\n",
    "a name for an address": HEAD + "c=IN IP4 phone.example\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\n",
    "video alone": HEAD + PLACE + "m=video 40000 RTP/AVP 96\r\n",
    "no format": HEAD + PLACE + "m=audio 40000 RTP/AVP\r\n",
    "not SDP at all": "hello",
}


@pytest.mark.parametrize("fault", UNUSABLE)
def test_late_offer_answered_with_what_cannot_be_used_ends_the_call(fault: str, operator: Phone, bridge: Live) -> None:
    operator.ack_body = UNUSABLE[fault]
    _, answer = operator.call(SPB, body="")
    assert status(answer) == 200
    operator.wait(lambda m: m.startswith("BYE"))
    assert bridge.wait_note(note.CallEnded).cause is Cause.REQUESTED_CHAN_UNAVAIL
    assert_nothing_is_held(bridge)


def test_late_offer_answered_with_nothing_ends_the_call(operator: Phone, bridge: Live) -> None:
    """RFC 3261 section 13.2.1: the ACK must answer an offer of the 200."""
    operator.call(SPB, body="")
    operator.wait(lambda m: m.startswith("BYE"))
    bridge.wait_note(note.CallEnded)
    assert_nothing_is_held(bridge)


@pytest.fixture
def member(phones: MakePhone, bridge: Live) -> Phone:
    """The phone of user 100, who is called when a caller presses 1."""
    bridge.driver.submit(ev.OverrideSet(element=5400, mode="match"))
    phone = phones("100", bridge)
    assert status(phone.register(password(100))) == 200
    return phone


def queue_up(operator: Phone, bridge: Live) -> Dialog:
    dialog, answer = operator.call(SPB)
    assert status(answer) == 200
    bridge.wait_note(note.ElementEntered, element=5000)
    operator.request(dialog, "INFO", "1", kind="application/dtmf")
    return dialog


@pytest.mark.parametrize("fault", UNUSABLE)
def test_member_who_answers_with_what_cannot_be_used_is_hung_up_and_the_caller_goes_on(
    fault: str, member: Phone, operator: Phone, bridge: Live
) -> None:
    member.on_invite = []
    dialog = queue_up(operator, bridge)
    invite = member.called().invite
    member.reply(invite, 200, UNUSABLE[fault])
    acked = member.wait(lambda m: m.startswith("ACK"))
    ended = member.wait(lambda m: m.startswith("BYE"))
    assert member.messages.index(acked) < member.messages.index(ended)
    assert field(ended, "Call-ID") == field(invite, "Call-ID")
    failed = bridge.wait_event(ev.LegFailed)
    assert isinstance(failed, ev.LegFailed) and failed.cause is Cause.REQUESTED_CHAN_UNAVAIL
    assert bridge.driver.calls_in_progress() == 1, "the caller waits on"
    operator.hang_up(dialog)
    assert_nothing_is_held(bridge)


@pytest.mark.parametrize("contact", ["<sip:100@>", "*", "nonsense", "<sip:100@127.0.0.1:99999>", "<sip:100@h?x>"])
def test_member_whose_contact_cannot_be_used_is_reached_where_they_were_called(
    contact: str, member: Phone, operator: Phone, bridge: Live
) -> None:
    member.on_invite = []
    dialog = queue_up(operator, bridge)
    invite = member.called().invite
    good, member.contact = member.contact, contact
    member.reply(invite, 200, member.sdp())
    member.contact = good
    bridge.wait_note(note.CallAnswered, user=100)
    operator.hang_up(dialog)
    member.wait(lambda m: m.startswith("BYE"))
    assert_nothing_is_held(bridge)


@pytest.fixture
def talking(member: Phone, operator: Phone, bridge: Live) -> tuple[Dialog, Dialog]:
    """A caller in talk with user 100: both dialogs."""
    member.on_invite = [(0.0, 200)]
    dialog = queue_up(operator, bridge)
    bridge.wait_note(note.CallAnswered, user=100)
    return dialog, member.called()


@pytest.mark.parametrize(
    "refer_to",
    [
        "<sip:101@x?Replaces>", "<sip:101@x?Replaces=>", "<sip:101@x?Replaces=a%3Bto-tag%3D1>", "<sip:101@x?=y>", "<sip:101@>",
        "<sip:101@x?Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2&Replaces=b%3Bto-tag%3D1%3Bfrom-tag%3D2>", "<>", "nonsense", "",
        "<sip:101@x:99999>", "<mailto:a@b>", '"A <sip:101@x>', "<sip:101@x>\r\nRefer-To: <sip:102@x>",
    ],
)  # fmt: skip
def test_refer_that_cannot_be_read_is_refused_and_the_call_goes_on(
    refer_to: str, talking: tuple[Dialog, Dialog], member: Phone, operator: Phone, bridge: Live
) -> None:
    for phone, dialog in ((operator, talking[0]), (member, talking[1])):
        assert status(phone.request(dialog, "REFER", extra=f"Refer-To: {refer_to}")) == 400
    assert not member.heard("BYE") and not operator.heard("BYE")
    assert status(operator.request(talking[0], "OPTIONS")) == 200
    operator.hang_up(talking[0])
    member.wait(lambda m: m.startswith("BYE"))
    assert_nothing_is_held(bridge)


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
@pytest.mark.parametrize("fault", ["port 0", "keys in the description", "not SDP at all"])
def test_offer_inside_a_call_that_cannot_be_used_is_refused_and_the_session_kept(
    method: str, fault: str, talking: tuple[Dialog, Dialog], member: Phone, operator: Phone, bridge: Live
) -> None:
    for phone, dialog in ((operator, talking[0]), (member, talking[1])):
        assert status(phone.request(dialog, method, UNUSABLE[fault])) == 488
    assert "m=audio" in operator.request(talking[0], "INVITE", operator.sdp(version=7))
    operator.hang_up(talking[0])
    member.wait(lambda m: m.startswith("BYE"))
    assert_nothing_is_held(bridge)


def test_body_of_another_type_inside_a_call_is_refused(
    talking: tuple[Dialog, Dialog], operator: Phone, bridge: Live
) -> None:
    answer = operator.request(talking[0], "INVITE", "hello", kind="text/plain")
    assert status(answer) == 415 and "application/sdp" in field(answer, "Accept")
    operator.hang_up(talking[0])
    assert_nothing_is_held(bridge)


def test_caller_who_cancels_in_one_breath_cancelled_and_that_is_what_history_says(
    operator: Phone, bridge: Live
) -> None:
    """The caller is gone before its media has ports."""
    bridge.driver.submit(ev.OverrideSet(element=5400, mode="match"))
    for _ in range(10):
        bridge.forget()
        dialog = operator.begin(SPB)
        operator.cancel(dialog)
        assert status(operator.final(dialog)) in (200, 487)
        if status(operator.final(dialog)) == 200:  # it was quicker
            operator.hang_up(dialog)
            bridge.wait_note(note.CallEnded)
            continue
        assert bridge.wait_note(note.CallEnded).cause is Cause.ORIGINATOR_CANCEL
    assert bridge.driver.sizes()["faults"] == 0
    assert_nothing_is_held(bridge)


@pytest.mark.parametrize("where", ["leg_offered", "leg_pressed", "leg_referred"])
def test_fault_of_our_own_ends_the_call_by_the_same_door(
    where: str, talking: tuple[Dialog, Dialog], member: Phone, operator: Phone, bridge: Live,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    """The last safety net: 500, BYE, the ending to the engine, and one line in the log."""

    def breaks(*_: object) -> None:
        raise RuntimeError("something of ours is broken")

    bridge.driver.ask_inside(lambda board: setattr(board, where, breaks))
    if where == "leg_pressed":
        operator.request(talking[0], "INFO", "1", kind="application/dtmf")
    elif where == "leg_offered":
        assert status(operator.request(talking[0], "INVITE", operator.sdp("sendonly", 5))) >= 400
    else:
        answer = member.request(talking[1], "REFER", extra="Refer-To: <sip:103@x>")
        assert status(answer) == 500
    for phone in (operator, member):
        phone.wait(lambda m: m.startswith("BYE"))
    bridge.wait_note(note.CallEnded)
    bridge.driver.ask_inside(lambda board: delattr(board, where))
    assert_nothing_is_held(bridge)
    said = [record for record in caplog.records if "something of ours is broken" in record.getMessage()]
    assert len(said) == 1 and said[0].exc_info is None
