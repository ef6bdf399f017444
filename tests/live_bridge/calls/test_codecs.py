"""Two sides of a call and the one codec they come to: nobody hears what they did not offer, and who cannot is refused clearly."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import pytest

from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.causes import Cause
from tests.live_bridge.live import OPERATOR, Live, password
from tests.live_bridge.sip.phone import Dialog, Phone, field, status
from tests.live_bridge.sip.talk import hear_each_other, port_in

SPB = "78121234567"
PCMU, PCMA, G722 = 0, 8, 9


class CodecPhone(Phone):
    """A phone that speaks `payload` alone, and refuses descriptions without it; it may offer more than it speaks first."""

    offers: tuple[int, ...] = ()
    """Codecs of its offers; `payload` when empty."""

    thinks = False
    """Whether it lets an offer inside a call wait."""

    def offer(self, *codecs: int, version: int = 1) -> str:
        """A description with these codecs."""
        line = " ".join(str(codec) for codec in codecs)
        return self.sdp(version=version).replace(f"RTP/AVP {self.payload} ", f"RTP/AVP {line} ")

    def takes(self, message: str) -> bool:
        offered = message.split("m=audio ")[1].split("\r\n")[0].split()[2:]
        return str(self.payload) in offered

    def _behave(self, dialog: Dialog, invite: str, source: tuple[str, int]) -> None:
        if not self.takes(invite):
            self.reply(invite, 488, to=source)
            return
        super()._behave(dialog, invite, source)

    def _request(self, message: str, source: tuple[str, int], known: bool) -> None:
        again = message.startswith("INVITE") and ";tag=" in field(message, "To")
        if again and self.thinks:
            return
        if again and "m=audio" in message and not self.takes(message):
            self.reply(message, 488, to=source)
            return
        super()._request(message, source, known)


MakePhone = Callable[..., CodecPhone]


@pytest.fixture
def make(bridge: Live) -> object:
    made: list[CodecPhone] = []

    def phone(name: str, payload: int, **options: object) -> CodecPhone:
        made.append(CodecPhone(name, bridge.address, payload=payload, **options))  # type: ignore[arg-type]
        return made[-1]

    yield phone
    for one in made:
        one.close()


def user(make: MakePhone, number: int, payload: int) -> CodecPhone:
    phone = make(str(number), payload)
    assert status(phone.register(password(number))) == 200
    phone.on_invite = [(0.0, 180), (0.0, 200)]
    return phone


def ask_for_sales(bridge: Live, caller: CodecPhone, *codecs: int) -> tuple[Dialog, str]:
    """The caller in the greeting, from which key 1 leads to the queue."""
    bridge.driver.submit(ev.OverrideSet(element=5400, mode="match"))
    dialog, answer = caller.call(SPB, body=caller.offer(*codecs))
    assert status(answer) == 200
    bridge.wait_note(note.ElementEntered, element=5000)
    return dialog, answer


def codec_of(message: str) -> int:
    return int(message.split("m=audio ")[1].split()[2])


def test_caller_changes_over_to_the_codec_of_the_phone_that_was_called(bridge: Live, make: MakePhone) -> None:
    """Answered in A-law, which the user's phone does not speak: it is offered mu-law, and the caller is asked to change over."""
    caller, boris = make("84955551000", PCMU, port=OPERATOR), user(make, 101, PCMU)
    dialog, answer = ask_for_sales(bridge, caller, PCMA, PCMU)
    assert codec_of(answer) == PCMA, "our best one first"
    caller.request(dialog, "INFO", "1", kind="application/dtmf")
    bridge.wait_note(note.CallAnswered, user=101)
    assert [codec_of(invite) for invite in boris.heard("INVITE")] == [PCMA, PCMU], "one codec at a time"
    changed = caller.wait(lambda m: m.startswith("INVITE"))
    assert codec_of(changed) == PCMU
    bridge.wait_inside(lambda controller: all(call.bridged is not None for call in controller.executor.calls.values()))
    hear_each_other(caller, port_in(answer), boris, port_in(boris.heard("INVITE")[1]))
    caller.hang_up(dialog)
    boris.wait(lambda m: m.startswith("BYE"))
    bridge.wait_idle()


def test_phone_and_caller_without_a_common_codec_are_not_joined(bridge: Live, make: MakePhone) -> None:
    caller, boris = make("84955551000", PCMU, port=OPERATOR), user(make, 101, G722)
    dialog, _ = ask_for_sales(bridge, caller, PCMU)
    caller.request(dialog, "INFO", "1", kind="application/dtmf")
    failed = bridge.wait_event(ev.LegFailed)
    assert isinstance(failed, ev.LegFailed) and failed.cause is Cause.REQUESTED_CHAN_UNAVAIL
    assert {codec_of(invite) for invite in boris.heard("INVITE")} == {PCMU}
    caller.hang_up(dialog)
    bridge.wait_idle()


def test_caller_who_does_not_change_over_goes_on_and_the_phone_is_let_go(bridge: Live, make: MakePhone) -> None:
    caller, boris = make("84955551000", PCMA, port=OPERATOR), user(make, 101, PCMU)
    dialog, _ = ask_for_sales(bridge, caller, PCMA, PCMU)  # it speaks A-law alone, whatever it offered
    caller.request(dialog, "INFO", "1", kind="application/dtmf")
    bye = boris.wait(lambda m: m.startswith("BYE"))
    assert "cause=44" in field(bye, "Reason")
    assert not dialog.ended
    failed = bridge.wait_event(ev.LegFailed)
    assert isinstance(failed, ev.LegFailed) and failed.cause is Cause.REQUESTED_CHAN_UNAVAIL
    caller.hang_up(dialog)
    bridge.wait_idle()


def test_call_not_answered_yet_is_answered_in_the_codec_of_the_phone(bridge: Live, make: MakePhone) -> None:
    """A user calls a user: nothing was said to the caller before, so nothing has to change."""
    anna, daria = make("103", PCMU), user(make, 104, PCMU)
    dialog, answer = anna.call("104", password=password(103), body=anna.offer(PCMA, PCMU))
    assert status(answer) == 200 and codec_of(answer) == PCMU
    assert not anna.heard("INVITE")
    hear_each_other(anna, port_in(answer), daria, port_in(daria.heard("INVITE")[-1]))
    anna.hang_up(dialog)
    bridge.wait_idle()


def test_re_invite_to_another_codec_is_taken_when_the_other_side_changes_over_too(
    bridge: Live, make: MakePhone
) -> None:
    anna, daria = make("103", PCMA), user(make, 104, PCMA)
    dialog, answer = anna.call("104", password=password(103))
    assert status(answer) == 200
    bridge.wait_note(note.CallAnswered, user=104)
    anna.payload = anna.media.payload = daria.payload = daria.media.payload = PCMU
    taken = anna.request(dialog, "INVITE", anna.offer(PCMU, version=2))
    assert status(taken) == 200 and codec_of(taken) == PCMU
    assert codec_of(daria.heard("INVITE")[-1]) == PCMU
    hear_each_other(anna, port_in(answer), daria, port_in(daria.heard("INVITE")[-1]))
    anna.hang_up(dialog)
    bridge.wait_idle()


def test_re_invite_to_a_codec_the_other_side_lacks_is_refused_and_the_talk_goes_on(
    bridge: Live, make: MakePhone
) -> None:
    anna, daria = make("103", PCMA), user(make, 104, PCMA)
    dialog, answer = anna.call("104", password=password(103))
    bridge.wait_note(note.CallAnswered, user=104)
    refused = anna.request(dialog, "INVITE", anna.offer(G722, version=2))
    assert status(refused) == 488 and field(refused, "Warning").startswith("305 ")
    hear_each_other(anna, port_in(answer), daria, port_in(daria.heard("INVITE")[0]))
    anna.hang_up(dialog)
    bridge.wait_idle()


def begin_change(bridge: Live, make: MakePhone) -> tuple[CodecPhone, CodecPhone, Dialog, str, str]:
    """Anna asks for another codec, and Daria has not yet said whether she takes it: both, Anna's dialog, the answer to her first
    INVITE, and what Daria was asked."""
    anna, daria = make("103", PCMA), user(make, 104, PCMA)
    dialog, answer = anna.call("104", password=password(103))
    bridge.wait_note(note.CallAnswered, user=104)
    daria.thinks = True
    dialog.cseq += 1
    dialog.invite = anna.build("INVITE", dialog.target, dialog, anna.offer(PCMU, version=2))
    start = len(daria.messages)
    anna.send(dialog.invite)
    return anna, daria, dialog, answer, daria.wait(lambda m: m.startswith("INVITE"), start=start)


@pytest.mark.parametrize("says", [200, 488])
def test_re_invite_that_is_taken_back_under_way_gets_487_and_the_talk_goes_on(
    bridge: Live, make: MakePhone, says: int
) -> None:
    """RFC 3261 sections 9.2 and 14.2. Daria, who changes over meanwhile, is asked to come back."""
    anna, daria, dialog, answer, asked = begin_change(bridge, make)
    anna.cancel(dialog)
    assert status(anna.wait(lambda m: field(m, "CSeq") == f"{dialog.cseq} CANCEL")) == 200
    assert status(anna.final(dialog)) == 487
    daria.thinks = False
    start = len(daria.messages)
    daria.reply(asked, says, daria.sdp(version=9).replace("RTP/AVP 8 ", "RTP/AVP 0 ") if says == 200 else "")
    if says == 200:
        back = daria.wait(lambda m: m.startswith("INVITE"), start=start)
        assert codec_of(back) == PCMA
        daria.wait(lambda m: m.startswith("ACK") and field(m, "CSeq").split()[0] == field(back, "CSeq").split()[0])
    hear_each_other(anna, port_in(answer), daria, port_in(daria.heard("INVITE")[0]))
    again = anna.request(dialog, "INVITE", anna.offer(PCMA, version=3))
    assert status(again) == 200 and codec_of(again) == PCMA
    assert not [m for m in (*anna.messages, *daria.messages) if m.startswith("BYE")]
    assert status(anna.hang_up(dialog)) == 200
    bridge.wait_idle()


def test_same_offer_again_after_it_was_taken_back_is_looked_at_as_the_first_time(bridge: Live, make: MakePhone) -> None:
    anna, daria, dialog, answer, asked = begin_change(bridge, make)
    anna.cancel(dialog)
    assert status(anna.final(dialog)) == 487
    daria.reply(asked, 488)
    daria.thinks = False
    daria.payload = daria.media.payload = anna.payload = anna.media.payload = PCMU
    again = anna.request(dialog, "INVITE", anna.offer(PCMU, version=2))
    assert status(again) == 200 and codec_of(again) == PCMU
    hear_each_other(anna, port_in(answer), daria, port_in(daria.heard("INVITE")[-1]))
    anna.hang_up(dialog)
    bridge.wait_idle()


def test_who_hangs_up_while_their_re_invite_is_under_way_ends_the_call(bridge: Live, make: MakePhone) -> None:
    anna, daria, dialog, _, _ = begin_change(bridge, make)
    number = dialog.cseq
    assert status(anna.hang_up(dialog)) == 200
    assert status(anna.wait(lambda m: field(m, "CSeq") == f"{number} INVITE" and status(m) >= 200)) == 487
    daria.wait(lambda m: m.startswith("BYE"))
    bridge.wait_idle()


def test_update_to_another_codec_is_refused_at_once_and_nobody_changes_over(bridge: Live, make: MakePhone) -> None:
    """RFC 3311 section 5.2: an UPDATE has to be answered at once."""
    anna, daria = make("103", PCMA), user(make, 104, PCMA)
    dialog, answer = anna.call("104", password=password(103))
    bridge.wait_note(note.CallAnswered, user=104)
    assert status(anna.request(dialog, "UPDATE", anna.offer(PCMU, version=2))) == 488
    assert len(daria.heard("INVITE")) == 1
    hear_each_other(anna, port_in(answer), daria, port_in(daria.heard("INVITE")[0]))
    anna.hang_up(dialog)
    bridge.wait_idle()


def test_offer_of_ours_that_meets_one_of_the_far_end_is_sent_again(bridge: Live, make: MakePhone) -> None:
    """RFC 3261 section 14.1: after a 491 within seconds, and the change of codec comes off."""
    anna, daria, dialog, answer, asked = begin_change(bridge, make)
    start = len(daria.messages)
    daria.thinks = False
    daria.payload = daria.media.payload = PCMU
    daria.reply(asked, 491)
    again = daria.wait(lambda m: m.startswith("INVITE"), start=start)
    anna.payload = anna.media.payload = PCMU
    assert status(anna.final(dialog)) == 200
    hear_each_other(anna, port_in(answer), daria, port_in(again))
    anna.hang_up(dialog)
    bridge.wait_idle()


def test_caller_in_a_greeting_may_change_the_codec(bridge: Live, make: MakePhone) -> None:
    caller = make("84955551000", PCMU, port=OPERATOR)
    dialog, answer = ask_for_sales(bridge, caller, PCMA)
    assert codec_of(answer) == PCMA
    taken = caller.request(dialog, "INVITE", caller.offer(PCMU, version=2))
    assert status(taken) == 200 and codec_of(taken) == PCMU
    caller.media.forget()
    caller.media.wait_heard(10)
    assert {packet[1] & 0x7F for packet in caller.media.packets[-5:]} == {PCMU}
    caller.hang_up(dialog)
    bridge.wait_idle()


def test_attended_transfer_between_codecs_brings_both_sides_to_one(bridge: Live, make: MakePhone) -> None:
    """The caller talks mu-law, the consultation was A-law, and the phone that is handed over speaks A-law alone."""
    caller = make("84955551000", PCMU, port=OPERATOR)
    boris, daria = user(make, 101, PCMU), user(make, 104, PCMA)
    dialog, answer = ask_for_sales(bridge, caller, PCMU)
    caller.request(dialog, "INFO", "1", kind="application/dtmf")
    bridge.wait_note(note.CallAnswered, user=101)
    called = boris.called()
    boris.payload = PCMA  # it speaks both
    consult, told = boris.call("104", password=password(101), body=boris.offer(PCMA))
    assert status(told) == 200 and codec_of(told) == PCMA
    bridge.wait_note(note.CallAnswered, user=104)
    daria.payload = daria.media.payload = PCMU  # and this one can change over

    def tag(value: str) -> str:
        return value.split(";tag=")[1].split(";")[0]

    replaces = quote(f"{consult.call_id};to-tag={tag(consult.theirs)};from-tag={tag(consult.mine)}", safe="")
    refer = f"Refer-To: <sip:104@example.onpbx.ru?Replaces={replaces}>"
    assert status(boris.request(called, "REFER", extra=refer)) == 202
    moved = daria.wait(lambda m: m.startswith("INVITE") and ";tag=" in field(m, "To"))
    assert codec_of(moved) == PCMU
    bridge.wait_note(note.CallTransferred)
    hear_each_other(caller, port_in(answer), daria, port_in(moved))
    caller.hang_up(dialog)
    daria.wait(lambda m: m.startswith("BYE"))
    bridge.wait_idle()


def test_attended_transfer_without_a_common_codec_ends_the_leg_with_its_cause(bridge: Live, make: MakePhone) -> None:
    caller = make("84955551000", PCMU, port=OPERATOR)
    boris, daria = user(make, 101, PCMU), user(make, 104, PCMA)
    dialog, _ = ask_for_sales(bridge, caller, PCMU)
    caller.request(dialog, "INFO", "1", kind="application/dtmf")
    bridge.wait_note(note.CallAnswered, user=101)
    called = boris.called()
    consult, told = boris.call("104", password=password(101), body=boris.offer(PCMA))
    assert status(told) == 200

    def tag(value: str) -> str:
        return value.split(";tag=")[1].split(";")[0]

    replaces = quote(f"{consult.call_id};to-tag={tag(consult.theirs)};from-tag={tag(consult.mine)}", safe="")
    boris.request(called, "REFER", extra=f"Refer-To: <sip:104@example.onpbx.ru?Replaces={replaces}>")
    bye = daria.wait(lambda m: m.startswith("BYE"))
    assert "cause=44" in field(bye, "Reason")
    caller.hang_up(dialog)
    bridge.wait_idle()


def test_call_asked_for_by_a_program_takes_the_codec_of_the_users_phone(bridge: Live, make: MakePhone) -> None:
    anna, daria = user(make, 103, PCMU), user(make, 104, PCMU)
    bridge.driver.originate(103, "Anna", "104")
    bridge.wait_note(note.CallAnswered, user=104)
    assert [codec_of(invite) for invite in anna.heard("INVITE")] == [PCMA, PCMU]
    here = next(d for d in anna.dialogs.values() if codec_of(d.invite) == PCMU)
    hear_each_other(anna, port_in(here.invite), daria, port_in(daria.heard("INVITE")[-1]))
    anna.hang_up(here)
    bridge.wait_idle()
