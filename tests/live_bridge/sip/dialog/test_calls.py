"""Calls through the example PBX on real SIP and RTP: who gets in, what they hear, and how calls end."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.causes import Cause, Party
from live_bridge.media.session import Address
from tests.live_bridge.live import OPERATOR, Live, password
from tests.live_bridge.media.telephone import tone
from tests.live_bridge.sip.phone import Dialog, Phone, digest, field, status
from tests.live_bridge.sip.talk import hear_each_other, port_in

MOSCOW = "74951234567"
"""Its number rule sends debtors (849555510...) to the mailbox and others to the hours."""

SPB = "78121234567"

MakePhone = Callable[..., Phone]


@pytest.fixture(autouse=True)
def working_hours(bridge: Live) -> None:
    """Whatever the day, these calls come within working hours (R-11.8)."""
    bridge.driver.submit(ev.OverrideSet(element=5400, mode="match"))


def register(phone: Phone, bridge: Live) -> None:
    assert status(phone.register(password(int(phone.name)))) == 200
    user = int(phone.name)
    assert bridge.wait_until(
        lambda: any(isinstance(e, ev.DeviceRegistered) and e.user == user for _, e in bridge.journal)
    )


def queue_up(operator: Phone, bridge: Live) -> Dialog:
    """Call, press 1 in the greeting, and wait in the queue."""
    dialog, answer = operator.call(SPB)
    assert status(answer) == 200
    bridge.wait_note(note.ElementEntered, element=5000)
    assert (
        status(operator.request(dialog, "INFO", "Signal=1\r\nDuration=160\r\n", kind="application/dtmf-relay")) == 200
    )
    bridge.wait_note(note.CallQueued, queue=5200)
    return dialog


def test_call_to_the_trunk_number_reaches_the_greeting_and_hears_it(operator: Phone, bridge: Live) -> None:
    dialog, answer = operator.call(SPB)
    assert status(answer) == 200
    bridge.wait_note(note.ElementEntered, element=5000, kind="greeting")
    assert operator.media.wait_heard(20).any(), "the greeting is heard as RTP (R-05.1)"
    assert status(operator.hang_up(dialog)) == 200
    ended = bridge.wait_note(note.CallEnded)
    assert (ended.cause, ended.party) == (Cause.NORMAL_CLEARING, Party.CALLER)


def test_key_leads_from_the_greeting_to_the_queue_with_music(operator: Phone, phones: MakePhone, bridge: Live) -> None:
    phone = phones("100", bridge)
    phone.on_invite = [(0.0, 180)]
    register(phone, bridge)
    dialog = queue_up(operator, bridge)
    bridge.wait_note(note.CallOffered, queue=5200, member=100)
    operator.media.forget()
    assert operator.media.wait_heard(20).any(), "music while waiting"
    operator.hang_up(dialog)
    bridge.wait_note(note.CallAbandoned, queue=5200)
    phone.wait(lambda m: m.startswith("CANCEL"))


def test_key_by_telephone_event_leads_on_too(operator: Phone, phones: MakePhone, bridge: Live) -> None:
    phone = phones("105", bridge)
    phone.on_invite = [(0.0, 180)]
    register(phone, bridge)
    dialog, answer = operator.call(SPB)
    port = int(answer.split("m=audio ")[1].split()[0])
    bridge.wait_note(note.ElementEntered, element=5000)
    operator.media.press("2", Address("127.0.0.1", port))
    bridge.wait_note(note.KeyPressed, digit="2")
    bridge.wait_note(note.ElementEntered, element=5301)
    operator.hang_up(dialog)


@pytest.mark.parametrize("ends", ["caller", "member"])
def test_registered_phone_rings_answers_and_either_side_hangs_up(
    ends: str, operator: Phone, phones: MakePhone, bridge: Live
) -> None:
    phone = phones("101", bridge)
    register(phone, bridge)
    dialog = queue_up(operator, bridge)
    bridge.wait_note(note.CallAnswered, user=101)
    called = phone.called()
    assert field(called.invite, "From").find("sip:84955551000@") > 0, "the member sees the caller's number"
    if ends == "caller":
        assert status(operator.hang_up(dialog)) == 200
        phone.wait(lambda m: m.startswith("BYE"))
    else:
        assert status(phone.hang_up(called)) == 200
        operator.wait(lambda m: m.startswith("BYE"))
    ended = bridge.wait_note(note.CallEnded)
    assert ended.cause is Cause.NORMAL_CLEARING
    assert ended.party is (Party.CALLER if ends == "caller" else Party.MEMBER)
    bridge.wait_idle()


def test_media_flows_both_ways_once_a_member_answers(operator: Phone, phones: MakePhone, bridge: Live) -> None:
    phone = phones("102", bridge)
    register(phone, bridge)
    dialog = queue_up(operator, bridge)
    bridge.wait_note(note.CallAnswered, user=102)
    to_caller = next(m for m in operator.messages if m.startswith("SIP/2.0 200") and "INVITE" in field(m, "CSeq"))
    hear_each_other(operator, port_in(to_caller), phone, port_in(phone.called().invite))
    operator.hang_up(dialog)


def test_cancel_before_the_answer_ends_the_call_as_cancelled(operator: Phone, phones: MakePhone, bridge: Live) -> None:
    """A group does not answer before a member does (R-02.15)."""
    phone = phones("103", bridge)
    phone.on_invite = [(0.0, 180)]
    register(phone, bridge)
    caller = phones("104", bridge)
    register(caller, bridge)
    dialog, _ = begin_as_user(caller, "103")
    caller.wait(lambda m: status(m) == 180)
    caller.cancel(dialog)
    assert status(caller.final(dialog)) == 487
    phone.wait(lambda m: m.startswith("CANCEL"))
    ended = bridge.wait_note(note.CallEnded)
    assert (ended.cause, ended.party) == (Cause.ORIGINATOR_CANCEL, Party.CALLER)


def begin_as_user(phone: Phone, to: str) -> tuple[Dialog, str]:
    """Call with digest and do not wait for the final answer."""
    dialog = phone.begin(to)
    challenge = phone.final(dialog)
    assert status(challenge) == 401
    dialog.cseq += 1
    proof = digest(field(challenge, "WWW-Authenticate"), phone.name, password(int(phone.name)), "INVITE", dialog.target)
    dialog.invite = phone.build("INVITE", dialog.target, dialog, phone.sdp(), f"Authorization: {proof}")
    phone.send(dialog.invite)
    return dialog, challenge


@pytest.mark.parametrize(
    ("refusal", "cause", "told"),
    [(486, Cause.USER_BUSY, 486), (603, Cause.CALL_REJECTED, 603), (404, Cause.UNALLOCATED_NUMBER, 404)],
)
def test_refusal_of_a_phone_becomes_its_cause_and_the_callers_status(
    refusal: int, cause: Cause, told: int, phones: MakePhone, bridge: Live
) -> None:
    """User 106 has no voicemail, so the call ends with the last leg's cause (R-06.12, R-24.2)."""
    phone, caller = phones("106", bridge), phones("104", bridge)
    phone.on_invite = [(0.0, refusal)]
    register(phone, bridge)
    _, answer = caller.call("106", password=password(104))
    assert status(answer) == told
    assert bridge.wait_note(note.LegFinished).cause is cause
    assert f"cause={ {486: 17, 603: 21, 404: 1}[told] }" in field(answer, "Reason")


def test_user_without_devices_is_absent(phones: MakePhone, bridge: Live) -> None:
    caller = phones("104", bridge)
    _, answer = caller.call("106", password=password(104))
    assert status(answer) == 480
    assert bridge.wait_note(note.CallEnded).cause is Cause.SUBSCRIBER_ABSENT


def test_number_that_nobody_has_is_not_found(phones: MakePhone, operator: Phone, bridge: Live) -> None:
    """4321 is nobody's, so it goes out by the default number as dialled (R-14.2), and the operator knows it no more."""
    operator.on_invite = [(0.0, 404)]
    caller = phones("104", bridge)
    _, answer = caller.call("4321", password=password(104))
    assert status(answer) == 404
    assert operator.called().invite.startswith("INVITE sip:4321@")
    assert bridge.wait_note(note.CallEnded).cause is Cause.UNALLOCATED_NUMBER


def test_operator_calling_a_number_that_is_no_trunk_is_not_found(operator: Phone, bridge: Live) -> None:
    _, answer = operator.call("70000000000")
    assert status(answer) == 404
    assert bridge.journal[-1][1] == ev.OverrideSet(element=5400, mode="match"), "the engine never heard of it"


def test_call_from_an_unknown_address_is_forbidden(phones: MakePhone, bridge: Live) -> None:
    stranger = phones("84950000000", bridge)
    _, answer = stranger.call(SPB)
    assert status(answer) == 403


def test_user_with_a_wrong_password_is_forbidden(phones: MakePhone, bridge: Live) -> None:
    caller = phones("104", bridge)
    _, answer = caller.call("103", password="guess")
    assert status(answer) == 403


def test_user_cannot_call_under_another_users_number(phones: MakePhone, bridge: Live) -> None:
    thief = phones("104", bridge)
    dialog = thief.begin("103", caller="100")
    challenge = thief.final(dialog)
    dialog.cseq += 1
    proof = digest(field(challenge, "WWW-Authenticate"), "104", password(104), "INVITE", dialog.target)
    thief.send(thief.build("INVITE", dialog.target, dialog, thief.sdp(), f"Authorization: {proof}"))
    assert status(thief.final(dialog)) == 403


@pytest.mark.parametrize("pretended", ["000", "101", "5000", "+101"])
def test_nobody_outside_presents_an_internal_number(pretended: str, operator: Phone, bridge: Live) -> None:
    """R-23.11: the call comes in as anonymous."""
    dialog, answer = operator.call(SPB, caller=pretended)
    assert status(answer) == 200
    assert bridge.wait_note(note.CallStarted).caller == ""
    operator.hang_up(dialog)


def test_debtor_goes_to_the_mailbox_by_the_number_rule(operator: Phone, bridge: Live) -> None:
    dialog, answer = operator.call(MOSCOW, caller="84955551000")
    assert status(answer) == 200
    bridge.wait_note(note.ElementEntered, element=5120, kind="voicemail")
    operator.hang_up(dialog)


def test_voice_message_is_recorded_and_reported(operator: Phone, bridge: Live) -> None:
    dialog, answer = operator.call(MOSCOW, caller="84955551000")
    port = int(answer.split("m=audio ")[1].split()[0])
    bridge.wait_note(note.ElementEntered, element=5120)
    operator.request(dialog, "INFO", "#", kind="application/dtmf")  # skips the prompt
    assert bridge.wait_until(lambda: any(type(m).__name__ == "StartRecording" for _, m in bridge.said))
    bridge.wait_inside(lambda controller: not any(call.beeps for call in controller.executor.calls.values()))
    operator.media.say(tone(600, 3.6), Address("127.0.0.1", port))
    operator.hang_up(dialog)
    left = bridge.wait_note(note.MessageLeft, box=5120)
    assert left.length_us >= 3_000_000
    bridge.wait_idle()


def test_all_devices_ring_and_losers_hear_answered_elsewhere(phones: MakePhone, bridge: Live) -> None:
    """R-06.10: first answer wins; the other is cancelled with its reason, though it had not even rung yet."""
    desk, mobile, caller = phones("103", bridge), phones("103", bridge), phones("104", bridge)
    desk.on_invite = [(0.0, 180), (0.15, 200)]
    mobile.on_invite = [(0.0, 100), (0.0, 180)]
    register(desk, bridge)
    register(mobile, bridge)
    dialog, answer = caller.call("103", password=password(104))
    assert status(answer) == 200
    cancelled = mobile.wait(lambda m: m.startswith("CANCEL"))
    assert "cause=200" in field(cancelled, "Reason")
    caller.hang_up(dialog)
    desk.wait(lambda m: m.startswith("BYE"))


def test_answer_that_crosses_our_cancel_is_hung_up(phones: MakePhone, bridge: Live) -> None:
    """RFC 3261 section 9.1."""
    phone, caller = phones("103", bridge), phones("104", bridge)
    phone.on_invite = [(0.0, 180)]
    register(phone, bridge)
    dialog, _ = begin_as_user(caller, "103")
    called = phone.called()
    bridge.wait_event(ev.LegRinging)
    called.ended = True  # it will not answer the CANCEL with 487
    caller.cancel(dialog)
    phone.wait(lambda m: m.startswith("CANCEL"))
    phone.reply(called.invite, 200, phone.sdp())
    phone.wait(lambda m: m.startswith("ACK"))
    phone.wait(lambda m: m.startswith("BYE"))
    bridge.wait_note(note.CallEnded)


def test_hangup_by_the_operator_of_the_pbx_ends_both_sides(operator: Phone, phones: MakePhone, bridge: Live) -> None:
    phone = phones("100", bridge)
    register(phone, bridge)
    queue_up(operator, bridge)
    answered = bridge.wait_note(note.CallAnswered, user=100)
    bridge.driver.submit(ev.HangupRequested(call=answered.call))
    operator.wait(lambda m: m.startswith("BYE"))
    phone.wait(lambda m: m.startswith("BYE"))
    assert bridge.wait_note(note.CallEnded).party is Party.OPERATOR


def test_call_without_an_offer_gets_ours_and_hears_the_greeting(phones: MakePhone, bridge: Live) -> None:
    """RFC 3261 section 13.2.1: our 200 offers, the ACK answers."""
    operator = phones("84955551000", bridge, port=OPERATOR, payload=8)
    operator.ack_body = operator.sdp()
    dialog, answer = operator.call(SPB, body="")
    assert status(answer) == 200 and "m=audio" in answer
    assert operator.media.wait_heard(20).any()
    operator.hang_up(dialog)
    bridge.wait_note(note.CallEnded)


def test_offer_without_a_codec_of_ours_is_not_acceptable(operator: Phone, bridge: Live) -> None:
    _, answer = operator.call(SPB, body=operator.sdp().replace("RTP/AVP 0 101", "RTP/AVP 18 101"))
    assert status(answer) == 488
