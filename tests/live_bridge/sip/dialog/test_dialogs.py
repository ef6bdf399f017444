"""Inside a dialog: every request is answered, hops are counted, and odd requests outside one are refused."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from engine.contract import events as ev
from engine.contract import notes as note
from tests.live_bridge.live import Live, password
from tests.live_bridge.sip.phone import Dialog, Phone, digest, field, status

SPB = "78121234567"

MakePhone = Callable[..., Phone]


@pytest.fixture
def up(operator: Phone, bridge: Live) -> Dialog:
    """A call that hears the greeting."""
    bridge.driver.submit(ev.OverrideSet(element=5400, mode="match"))
    dialog, answer = operator.call(SPB)
    assert status(answer) == 200
    return dialog


@pytest.mark.parametrize(
    ("method", "code"),
    [
        ("OPTIONS", 200), ("UPDATE", 200), ("INFO", 200), ("MESSAGE", 405), ("PUBLISH", 405), ("SUBSCRIBE", 489),
        ("NOTIFY", 489), ("PRACK", 481), ("REFER", 400), ("FOO", 501),
    ],
)  # fmt: skip
def test_every_method_in_a_dialog_is_answered_and_the_call_goes_on(
    method: str, code: int, up: Dialog, operator: Phone, bridge: Live
) -> None:
    answer = operator.request(up, method)
    assert status(answer) == code
    if code in (405, 501):
        assert "INVITE" in field(answer, "Allow")
    assert status(operator.hang_up(up)) == 200


@pytest.mark.parametrize(("method", "code"), [("UPDATE", 200), ("MESSAGE", 405), ("INFO", 405), ("FOO", 501)])
def test_every_method_in_an_early_dialog_is_answered(method: str, code: int, phones: MakePhone, bridge: Live) -> None:
    phone, caller = phones("103", bridge), phones("104", bridge)
    phone.on_invite = [(0.0, 180)]
    phone.register(password(103))
    dialog = caller.begin("103")
    challenge = caller.final(dialog)
    dialog.cseq += 1
    proof = digest(field(challenge, "WWW-Authenticate"), "104", password(104), "INVITE", dialog.target)
    dialog.invite = caller.build("INVITE", dialog.target, dialog, caller.sdp(), f"Authorization: {proof}")
    caller.send(dialog.invite)
    ringing = caller.wait(lambda m: status(m) == 180)
    bare, dialog.theirs = dialog.theirs, field(ringing, "To")
    assert status(caller.request(dialog, method)) == code
    dialog.theirs = bare
    caller.cancel(dialog)
    bridge.wait_note(note.CallEnded)


def test_info_of_a_type_we_do_not_read_says_which_we_do(up: Dialog, operator: Phone) -> None:
    answer = operator.request(up, "INFO", "x", kind="application/unknown")
    assert status(answer) == 415
    assert "application/dtmf-relay" in field(answer, "Accept")


def test_reinvite_without_an_offer_gets_ours_again(up: Dialog, operator: Phone) -> None:
    """The stock stack takes it for a hold."""
    operator.ack_body = operator.sdp(version=2)
    answer = operator.request(up, "INVITE")
    assert status(answer) == 200
    assert "a=sendrecv" in answer and "0.0.0.0" not in answer
    operator.ack_body = ""
    assert status(operator.hang_up(up)) == 200


def test_reinvite_with_the_same_offer_is_a_refresh(up: Dialog, operator: Phone) -> None:
    assert status(operator.request(up, "INVITE", operator.sdp())) == 200
    assert status(operator.hang_up(up)) == 200


def test_moved_caller_hears_the_greeting_at_its_new_place(
    up: Dialog, operator: Phone, phones: MakePhone, bridge: Live
) -> None:
    other = phones("elsewhere", bridge)
    answer = operator.request(up, "INVITE", other.sdp(version=3))
    assert status(answer) == 200
    assert other.media.wait_heard(10).any()
    operator.hang_up(up)


def test_old_cseq_in_a_dialog_is_refused(up: Dialog, operator: Phone) -> None:
    operator.request(up, "OPTIONS")
    up.cseq = 0
    assert status(operator.request(up, "OPTIONS")) == 500


def test_request_to_an_unknown_dialog_gets_481(operator: Phone, bridge: Live) -> None:
    target = f"sip:b@127.0.0.1:{bridge.port}"
    dialog = Dialog("nobody", "<sip:a@127.0.0.1>;tag=1", "<sip:b@127.0.0.1>;tag=2", target, operator.server, 1)
    assert status(operator.request(dialog, "BYE")) == 481
    assert status(operator.request(dialog, "INVITE", operator.sdp())) == 481


def test_reliable_provisional_responses_are_declined(operator: Phone, bridge: Live) -> None:
    _, answer = operator.call(SPB, extra="Require: 100rel")
    assert status(answer) == 420
    assert field(answer, "Unsupported") == "100rel"


def test_options_outside_a_dialog_says_what_we_can(operator: Phone, bridge: Live) -> None:
    target = f"sip:b@127.0.0.1:{bridge.port}"
    dialog = Dialog("ping", "<sip:a@127.0.0.1>;tag=1", "<sip:b@127.0.0.1>", target, operator.server, 1)
    answer = operator.request(dialog, "OPTIONS")
    assert status(answer) == 200
    assert "REFER" in field(answer, "Allow") and field(answer, "Accept") == "application/sdp, multipart/mixed"


def test_hops_are_counted_down_over_us(phones: MakePhone, bridge: Live) -> None:
    """Two PBXs that forward to each other come to an end."""
    phone, caller = phones("103", bridge), phones("104", bridge)
    phone.register(password(103))
    dialog = caller.begin("103")
    challenge = caller.final(dialog)
    dialog.cseq += 1
    proof = digest(field(challenge, "WWW-Authenticate"), "104", password(104), "INVITE", dialog.target)
    invite = caller.build("INVITE", dialog.target, dialog, caller.sdp(), f"Authorization: {proof}")
    caller.send(re.sub("Max-Forwards: 70", "Max-Forwards: 7", invite))
    assert field(phone.called().invite, "Max-Forwards") == "6"
    assert status(caller.final(dialog)) == 200
    caller.hang_up(dialog)


def test_hold_and_resume_are_answered_and_told(phones: MakePhone, bridge: Live) -> None:
    phone, caller = phones("103", bridge), phones("104", bridge)
    phone.register(password(103))
    dialog, answer = caller.call("103", password=password(104))
    assert status(answer) == 200
    held = caller.request(dialog, "INVITE", caller.sdp("sendonly", 2))
    assert status(held) == 200 and "a=recvonly" in held
    resumed = caller.request(dialog, "INVITE", caller.sdp("sendrecv", 3))
    assert status(resumed) == 200 and "a=sendrecv" in resumed
    caller.hang_up(dialog)
    bridge.wait_idle()
