"""SIP as others speak it: ACKs, forks, bodies of parts, characters, keys by INFO, causes; what the field found, by kind."""

from __future__ import annotations

import re
import secrets
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.causes import Cause
from tests.live_bridge.live import Live, password
from tests.live_bridge.sip.phone import Dialog, Phone, digest, field, fields, status
from tests.ports import free_port

SPB = "78121234567"

MakePhone = Callable[..., Phone]


@pytest.fixture(autouse=True)
def working_hours(bridge: Live) -> None:
    bridge.driver.submit(ev.OverrideSet(element=5400, mode="match"))


class Answering(Phone):
    """A telephone that answers an INVITE with messages of our making: `say(phone, invite, source)`."""

    say: Callable[[Any, str, tuple[str, int]], None]

    def _behave(self, dialog: Dialog, invite: str, source: tuple[str, int]) -> None:
        type(self).say(self, invite, source)


def answering(bridge: Live, user: int, say: Callable[[Phone, str, tuple[str, int]], None]) -> Phone:
    phone = type("Says", (Answering,), {"say": staticmethod(say)})(str(user), bridge.address)
    assert status(phone.register(password(user))) == 200
    assert bridge.wait_until(
        lambda: any(isinstance(e, ev.DeviceRegistered) and e.user == user for _, e in bridge.journal)
    )
    return phone


@pytest.fixture
def elsewhere() -> Any:
    """Somebody at another address, who must hear nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as heard:
        heard.bind(("127.0.0.1", 0))
        heard.settimeout(0.3)
        yield heard


def with_tag(invite: str, tag: str) -> str:
    """The INVITE as if it had a To tag already, so that an answer to it has this one."""
    return invite.replace(f"To: {field(invite, 'To')}", f"To: {field(invite, 'To')};tag={tag}")


def nothing_heard(by: socket.socket) -> None:
    with pytest.raises(TimeoutError):
        by.recvfrom(65535)


# --- acknowledging ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [302, 404, 486, 500, 603])
@pytest.mark.parametrize("routed", [False, True])
def test_ack_of_a_refusal_goes_where_the_invite_went(
    code: int, routed: bool, phones: MakePhone, bridge: Live, elsewhere: socket.socket
) -> None:
    """RFC 3261 section 17.1.1.3; Contact and Record-Route of a refusal mean nothing for it."""
    port = elsewhere.getsockname()[1]

    def refuse(phone: Phone, invite: str, source: tuple[str, int]) -> None:
        kept, phone.contact = phone.contact, f"<sip:elsewhere@127.0.0.1:{port}>"
        phone.reply(invite, code, extra=f"Record-Route: <sip:127.0.0.1:{port};lr>" if routed else "", to=source)
        phone.contact = kept

    phone, caller = answering(bridge, 103, refuse), phones("104", bridge)
    caller.call("103", password=password(104))
    ack = phone.wait(lambda m: m.startswith("ACK"))
    invite = phone.heard("INVITE")[0]
    assert ack.split()[1] == invite.split()[1]
    assert field(ack, "Via").split(";rport")[0] == field(invite, "Via").split(";rport")[0]
    nothing_heard(elsewhere)
    phone.close()


def test_every_phone_behind_a_forking_proxy_that_picks_up_is_acknowledged_and_all_but_one_hung_up(
    phones: MakePhone, bridge: Live
) -> None:
    """RFC 3261 section 13.2.2.4."""

    def picked_up_thrice(phone: Phone, invite: str, source: tuple[str, int]) -> None:
        phone.reply(invite, 200, phone.sdp(), to=source)
        for tag in ("second", "third"):
            phone.reply(with_tag(invite, tag), 200, phone.sdp(), to=source)

    phone, caller = answering(bridge, 103, picked_up_thrice), phones("104", bridge)
    dialog, answer = caller.call("103", password=password(104))
    assert status(answer) == 200
    for tag in ("second", "third"):
        phone.wait(lambda m, tag=tag: m.startswith("ACK") and f"tag={tag}" in field(m, "To"))  # type: ignore[misc]
        phone.wait(lambda m, tag=tag: m.startswith("BYE") and f"tag={tag}" in field(m, "To"))  # type: ignore[misc]
    phone.wait(lambda m: m.startswith("ACK") and "tag=103-" in field(m, "To"))
    assert not [m for m in phone.heard("BYE") if "tag=103-" in field(m, "To")], "the first one stays"
    caller.hang_up(dialog)
    bridge.wait_idle()
    phone.close()


def test_pick_up_that_comes_after_a_refusal_is_acknowledged_and_hung_up(phones: MakePhone, bridge: Live) -> None:
    def changes_its_mind(phone: Phone, invite: str, source: tuple[str, int]) -> None:
        phone.reply(invite, 486, to=source)
        time.sleep(0.2)
        phone.reply(with_tag(invite, "late"), 200, phone.sdp(), to=source)

    phone, caller = answering(bridge, 103, changes_its_mind), phones("104", bridge)
    dialog, _ = caller.call("103", password=password(104))
    phone.wait(lambda m: m.startswith("ACK") and "tag=late" in field(m, "To"))
    phone.wait(lambda m: m.startswith("BYE") and "tag=late" in field(m, "To"))
    caller.hang_up(dialog)  # it was led to the voicemail box
    bridge.wait_idle()
    phone.close()


# --- one call that comes twice, and messages too large ----------------------------------------------------------------


def test_same_invite_by_two_ways_is_one_call(operator: Phone, bridge: Live) -> None:
    """RFC 3261 section 8.2.2.2."""
    dialog = operator.begin(SPB)
    operator.send(re.sub("branch=z9hG4bK[0-9a-f]+", "branch=z9hG4bKtheotherway", dialog.invite))
    second = operator.wait(lambda m: status(m) >= 200 and "theotherway" in field(m, "Via"))
    assert status(second) == 482
    assert status(operator.wait(lambda m: status(m) >= 200 and "theotherway" not in field(m, "Via"))) == 200
    assert len([e for _, e in bridge.journal if isinstance(e, ev.CallArrived)]) == 1
    operator.hang_up(dialog)


def test_copy_of_an_invite_after_its_ack_is_no_other_call(operator: Phone, bridge: Live) -> None:
    """RFC 6026: a proxy may repeat it in other words, so that it is not the same packet."""
    dialog, answer = operator.call(SPB)
    assert status(answer) == 200
    bridge.wait_event(ev.CallArrived)
    heard = len(operator.messages)
    operator.send(dialog.invite.replace("Max-Forwards: 70", "Max-Forwards: 69"))
    assert status(operator.wait(lambda m: status(m) >= 200, start=heard)) == 200
    assert status(operator.request(dialog, "INVITE", operator.sdp(version=2))) == 200, "another one is a re-INVITE"
    assert len([e for _, e in bridge.journal if isinstance(e, ev.CallArrived)]) == 1
    assert status(operator.hang_up(dialog)) == 200


@pytest.mark.parametrize("extra", ["X-Long: " + "a" * 20_000, "\r\n".join(f"X-{i}: a" for i in range(300))])
def test_message_too_large_says_so(extra: str, operator: Phone, bridge: Live) -> None:
    dialog, answer = operator.call(SPB, extra=extra)
    assert status(answer) == 513
    assert [e for _, e in bridge.journal if isinstance(e, ev.CallArrived)] == []


# --- bodies -----------------------------------------------------------------------------------------------------------


def parts(description: str, *others: str, kind: str = "mixed", boundary: str = "uniq") -> tuple[str, str]:
    pieces = [f"Content-Type: application/sdp\r\n\r\n{description}", *others]
    body = "".join(f"--{boundary}\r\n{piece}\r\n" for piece in pieces) + f"--{boundary}--\r\n"
    return body, f'multipart/{kind};boundary="{boundary}"'


ISUP = "Content-Type: application/isup;version=itu-t92+\r\nContent-Disposition: signal;handling=optional\r\n\r\n\x01\x10\x01"
TEXT = "Content-Type: text/plain\r\n\r\nhello"
MUST = "Content-Type: application/unheard-of\r\nContent-Disposition: render;handling=required\r\n\r\nx"


@pytest.mark.parametrize(
    ("others", "kind", "code"),
    [
        ((), "mixed", 200), ((ISUP,), "mixed", 200), ((TEXT,), "mixed", 200), ((TEXT,), "related", 200),
        ((MUST,), "mixed", 415), ((TEXT,), "alternative", 200),
    ],
)  # fmt: skip
def test_description_is_found_among_parts(
    others: tuple[str, ...], kind: str, code: int, operator: Phone, bridge: Live
) -> None:
    """RFC 5621."""
    body, content_type = parts(operator.sdp(), *others, kind=kind)
    dialog = Dialog("p" + secrets.token_hex(6), f"<sip:a@127.0.0.1>;tag={secrets.token_hex(4)}", f"<sip:{SPB}@127.0.0.1>",
                    f"sip:{SPB}@127.0.0.1:{bridge.port}", operator.server, 1)  # fmt: skip
    operator.dialogs[dialog.call_id] = dialog
    operator.send(operator.build("INVITE", dialog.target, dialog, body, kind=content_type))
    answer = operator.final(dialog)
    assert status(answer) == code
    if code == 200:
        assert "m=audio" in answer
        again, content_type = parts(operator.sdp("sendonly", 2), *others)
        held = operator.request(dialog, "INVITE", again, kind=content_type)
        assert status(held) == 200 and "a=recvonly" in held
        operator.hang_up(dialog)
    else:
        assert "multipart/mixed" in field(answer, "Accept")


def test_body_of_parts_without_an_end_is_refused(operator: Phone, bridge: Live) -> None:
    dialog, answer = operator.call(SPB, body="--x\r\nhello", extra="X-Y: z\r\nContent-Type: multipart/mixed;boundary=x")
    assert status(answer) == 400


def test_phone_may_answer_in_parts(phones: MakePhone, bridge: Live) -> None:

    def by_hand(phone: Phone, invite: str, source: tuple[str, int]) -> None:
        body, kind = parts(phone.sdp(), TEXT)
        lines = ["SIP/2.0 200 OK", *(f"Via: {v}" for v in fields(invite, "Via")), f"From: {field(invite, 'From')}",
                 f"To: {field(invite, 'To')};tag=103-parts", f"Call-ID: {field(invite, 'Call-ID')}",
                 f"CSeq: {field(invite, 'CSeq')}", f"Contact: {phone.contact}", f"Content-Type: {kind}",
                 f"Content-Length: {len(body)}", "", body]  # fmt: skip
        phone.send("\r\n".join(lines), source)

    phone, caller = answering(bridge, 103, by_hand), phones("104", bridge)
    dialog, answer = caller.call("103", password=password(104))
    assert status(answer) == 200
    caller.hang_up(dialog)
    phone.close()


@pytest.mark.parametrize("direction", ["sendrecv", "sendonly", "recvonly", "inactive"])
def test_first_offer_is_answered_in_its_direction(direction: str, operator: Phone, bridge: Live) -> None:
    dialog, answer = operator.call(SPB, body=operator.sdp(direction))
    turned = {"sendonly": "recvonly", "recvonly": "sendonly"}.get(direction, direction)
    assert status(answer) == 200 and f"a={turned}" in answer
    operator.hang_up(dialog)


# --- characters -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("contact", ["a%23b", "a%3Bb", "a%20b", "a%25b", "%D0%96", "a%3Fb"])
def test_characters_of_the_user_part_stay_escaped(contact: str, phones: MakePhone, bridge: Live) -> None:
    phone, caller = phones("103", bridge), phones("104", bridge)
    phone.register(password(103), contact=f"<sip:{contact}@127.0.0.1:{phone.port}>")
    dialog, answer = caller.call("103", password=password(104))
    assert status(answer) == 200
    assert phone.heard("INVITE")[0].split()[1].startswith(f"sip:{contact}@")
    caller.hang_up(dialog)


# --- callers of operators ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sender", "extra", "caller"),
    [
        ("anonymous", 'P-Asserted-Identity: "Ivan" <sip:84955551000@op.example>', "84955551000"),
        ("78120000000", "P-Asserted-Identity: <tel:+74955551000>", "+74955551000"),
        ("78120000000", "P-Asserted-Identity: <sip:x@op.example>, <tel:84955551000;phone-context=ru>", "84955551000"),
        ("78120000000", "P-Asserted-Identity: <tel:+74955551000>\r\nPrivacy: id", "78120000000"),
        ("anonymous", "P-Asserted-Identity: <tel:+74955551000>\r\nPrivacy: id", ""),
        ("84955551000", "P-Asserted-Identity: <sip:101@op.example>", ""),
        ("84955551000", "P-Asserted-Identity: nonsense", "84955551000"),
    ],
)
def test_operator_that_asserts_a_number_is_believed(
    sender: str, extra: str, caller: str, operator: Phone, bridge: Live
) -> None:
    """RFC 3325. Nobody from outside is one of ours, whoever asserts it (R-23.11)."""
    dialog, answer = operator.call(SPB, caller=sender, extra=extra)
    assert status(answer) == 200
    arrived = bridge.wait_event(ev.CallArrived)
    assert isinstance(arrived, ev.CallArrived) and arrived.caller == caller
    operator.hang_up(dialog)


def test_phone_cannot_assert_who_it_is(phones: MakePhone, bridge: Live) -> None:
    phone, caller = phones("103", bridge), phones("104", bridge)
    phone.register(password(103))
    dialog, _ = caller.call("103", password=password(104), extra="P-Asserted-Identity: <sip:101@example.onpbx.ru>")
    arrived = bridge.wait_event(ev.CallArrived)
    assert isinstance(arrived, ev.CallArrived) and arrived.caller == "104"
    caller.hang_up(dialog)


# --- keys, early UPDATE, causes ---------------------------------------------------------------------------------------


def test_keys_by_info_are_passed_on_both_ways(phones: MakePhone, bridge: Live) -> None:
    phone, caller = phones("103", bridge), phones("104", bridge)
    phone.register(password(103))
    dialog, _ = caller.call("103", password=password(104))
    bridge.wait_note(note.CallAnswered)
    caller.request(dialog, "INFO", "Signal=5\r\nDuration=160\r\n", kind="application/dtmf-relay")
    told = phone.wait(lambda m: m.startswith("INFO"))
    assert "Signal=5" in told and field(told, "Content-Type") == "application/dtmf-relay"
    phone.request(phone.called(), "INFO", "#", kind="application/dtmf")
    assert "Signal=#" in caller.wait(lambda m: m.startswith("INFO"))
    caller.hang_up(dialog)


def test_update_with_an_offer_before_the_answer_has_to_wait(phones: MakePhone, bridge: Live) -> None:
    """RFC 3311 section 5.2: our answer to the caller's offer, and the phone's to ours, are still to come."""
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
    early = caller.request(dialog, "UPDATE", caller.sdp(version=2))
    assert status(early) == 500 and 0 <= int(field(early, "Retry-After")) <= 10
    called = phone.called()
    assert status(phone.request(called, "UPDATE", phone.sdp(version=2))) == 491
    assert status(phone.request(called, "UPDATE")) == 200
    dialog.theirs = bare
    caller.cancel(dialog)
    assert bridge.wait_note(note.CallEnded).cause == Cause.ORIGINATOR_CANCEL


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        (302, Cause.CALL_REJECTED), (305, Cause.CALL_REJECTED), (400, Cause.REQUESTED_CHAN_UNAVAIL),
        (415, Cause.REQUESTED_CHAN_UNAVAIL), (500, Cause.REQUESTED_CHAN_UNAVAIL), (501, Cause.REQUESTED_CHAN_UNAVAIL),
        (486, Cause.USER_BUSY), (480, Cause.NO_ANSWER), (603, Cause.CALL_REJECTED),
    ],
)  # fmt: skip
def test_refusal_of_a_phone_has_a_cause_that_fits(
    code: int, cause: Cause, phones: MakePhone, start_live: Callable[..., Live], example_path: Any
) -> None:
    """R-24.2: a phone is no carrier, and none of its answers is a loop."""
    phones_live = start_live()
    phone, caller = phones("103", phones_live), phones("104", phones_live)
    phone.on_invite = [(0.0, code)]
    phone.register(password(103))
    caller.call("103", password=password(104), timeout_s=20)
    finished = phones_live.wait_note(note.LegFinished)
    assert finished.cause == cause


# --- callers who are gone at once -------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [SPB, "74951234567"])
def test_caller_gone_in_the_same_breath_has_cancelled(number: str, operator: Phone, bridge: Live) -> None:
    for _ in range(5):
        bridge.forget()
        dialog = operator.begin(number)
        operator.cancel(dialog)
        if (
            status(operator.final(dialog)) == 200
        ):  # CANCEL came after the answer: it has no effect (RFC 3261 section 9.2)
            operator.hang_up(dialog)
            bridge.wait_idle()
            continue
        assert bridge.wait_note(note.CallEnded).cause == Cause.ORIGINATOR_CANCEL
    bridge.wait_idle()


def test_stream_too_large_is_told_before_it_ends(start_live: Callable[..., Live]) -> None:
    from live_bridge.sip.settings import Listen

    udp, tcp = free_port(), free_port()
    start_live(listen=(Listen(host="127.0.0.1", port=udp), Listen(host="127.0.0.1", port=tcp, transport="tcp")))
    for long in ("Content-Length: 900000\r\n\r\n", "X-Long: " + "a" * 40_000):
        with socket.create_connection(("127.0.0.1", tcp), 5) as stream:
            stream.sendall(
                f"INVITE sip:{SPB}@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:1;branch=z9hG4bKx\r\nMax-Forwards: 70\r\n"
                f"From: <sip:a@b>;tag=1\r\nTo: <sip:{SPB}@b>\r\nCall-ID: large\r\nCSeq: 1 INVITE\r\n"
                f"Contact: <sip:a@127.0.0.1:1>\r\n{long}".encode()
            )
            assert stream.recv(65535).startswith(b"SIP/2.0 513 ")


# --- where sound cannot go, and offers that cannot be used -------------------------------------------------------------

NOWHERE = [
    "IN IP4 localhost", "IN IP4 sip.example.org", "IN IP6 2001:db8::7", "IN IP6 127.0.0.1", "IN IP4 ::1", "IN IP4 224.0.0.9",
    "IN IP4 not..an..address", "IN IP4", "IN IP4 256.1.1.1", "ATM NSAP 47", "IN IP4 127.0.0.1 127.0.0.2", "",
]  # fmt: skip


def going_to(description: str, address: str) -> str:
    return re.sub(r"(?m)^c=.*\r$", f"c={address}\r", description)


@pytest.mark.parametrize("address", NOWHERE)
def test_offer_with_an_address_where_no_sound_can_go_is_refused_and_nothing_is_lost(
    address: str, operator: Phone, bridge: Live, caplog: pytest.LogCaptureFixture
) -> None:
    _, answer = operator.call(SPB, body=going_to(operator.sdp(), address))
    assert status(answer) == 488 and "305" in field(answer, "Warning")
    assert [e for _, e in bridge.journal if isinstance(e, ev.CallArrived)] == []
    dialog, answer = operator.call(SPB)
    assert status(operator.request(dialog, "INVITE", going_to(operator.sdp(version=2), address))) == 488
    assert status(operator.request(dialog, "INVITE", operator.sdp(version=3))) == 200, "the session is as it was"
    assert status(operator.hang_up(dialog)) == 200
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
    assert not [e for _, e in bridge.journal if isinstance(e, ev.CallerHungUp) and e.cause != Cause.NORMAL_CLEARING]


def test_phone_that_answers_with_an_address_where_no_sound_can_go_is_hung_up(phones: MakePhone, bridge: Live) -> None:
    def nowhere(phone: Phone, invite: str, source: tuple[str, int]) -> None:
        phone.reply(invite, 200, going_to(phone.sdp(), "IN IP6 2001:db8::7"), to=source)

    phone, caller = answering(bridge, 103, nowhere), phones("104", bridge)
    dialog, _ = caller.call("103", password=password(104))
    phone.wait(lambda m: m.startswith("BYE"))
    caller.hang_up(dialog)  # it was led to the voicemail box
    bridge.wait_idle()
    phone.close()


IMAGE = "m=image 4000 udptl t38\r\na=T38FaxVersion:0\r\na=T38FaxRateManagement:transferredTCF\r\n"


@pytest.mark.parametrize(
    "change",
    [
        lambda sdp: re.sub(r"m=audio.*", "", sdp, flags=re.DOTALL) + IMAGE,
        lambda sdp: re.sub(r"m=audio.*", "m=audio 0 RTP/AVP 8\r\n", sdp, flags=re.DOTALL) + IMAGE,
        lambda sdp: re.sub(r"m=audio \d+", "m=audio 0", sdp),
        lambda sdp: sdp.replace("RTP/AVP", "RTP/SAVP"),
        lambda sdp: re.sub(r"RTP/AVP .*", "RTP/AVP 18 101\r", sdp),
        lambda sdp: re.sub(r"RTP/AVP .*", "RTP/AVP x\r", sdp),
        lambda sdp: "v=0\r\n",
    ],
)
@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_offer_in_a_call_that_cannot_be_used_is_refused_and_the_session_kept(
    method: str, change: Callable[[str], str], operator: Phone, bridge: Live
) -> None:
    """RFC 3261 section 14.2, RFC 3264 section 6: T.38 and encryption we do not speak, streams without a port, foreign codecs."""
    dialog, answer = operator.call(SPB)
    assert status(answer) == 200
    assert status(operator.request(dialog, method, change(operator.sdp(version=2)))) == 488
    good = operator.request(dialog, method, operator.sdp("sendonly", 3))
    assert status(good) == 200 and "a=recvonly" in good
    operator.media.forget()
    assert status(operator.request(dialog, method, operator.sdp(version=4))) == 200
    assert operator.media.wait_heard(10).any(), "the greeting goes on"
    operator.hang_up(dialog)
    bridge.wait_idle()


@pytest.mark.parametrize("direction", ["sendonly", "recvonly", "inactive", "sendrecv"])
def test_offer_in_a_call_is_answered_in_its_direction(direction: str, operator: Phone, bridge: Live) -> None:
    dialog, _ = operator.call(SPB)
    answer = operator.request(dialog, "INVITE", operator.sdp(direction, 2))
    turned = {"sendonly": "recvonly", "recvonly": "sendonly"}.get(direction, direction)
    assert status(answer) == 200 and f"a={turned}\r\n" in answer
    operator.hang_up(dialog)


# --- phones that forward by themselves (R-06.16) ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "contacts", "rings"),
    [
        (302, "<sip:104@{host}:{port}>", "104"), (301, "<sip:104@example.onpbx.ru>", "104"),
        (300, "<sip:nobody@{host}:{port}>;q=0.1, <sip:104@{host}:{port}>;q=0.9", "104"),
        (302, "<sip:89161234567@{host}:{port}>", "outside"), (302, "<tel:89161234567>", "outside"),
        (302, "<sip:friend@192.0.2.7>", ""), (305, "<sip:104@{host}:{port}>", "104"), (302, "", ""),
    ],
)  # fmt: skip
def test_phone_that_forwards_by_itself_is_followed(
    code: int, contacts: str, rings: str, operator: Phone, phones: MakePhone, bridge: Live
) -> None:
    def forward(phone: Phone, invite: str, source: tuple[str, int]) -> None:
        kept, phone.contact = phone.contact, contacts.format(host="127.0.0.1", port=bridge.port) or "<sip:x@127.0.0.1>"
        phone.reply(invite, code, to=source)
        phone.contact = kept

    phone, other, caller = answering(bridge, 103, forward), phones("104", bridge), phones("105", bridge)
    other.register(password(104))
    dialog, answer = caller.call("103", password=password(105))
    if rings:
        assert status(answer) == 200
        (other if rings == "104" else operator).wait(lambda m: m.startswith("ACK"))
    else:
        assert "cause=25" not in field(answer, "Reason")
    if status(answer) == 200:
        caller.hang_up(dialog)
    bridge.wait_idle()
    phone.close()
