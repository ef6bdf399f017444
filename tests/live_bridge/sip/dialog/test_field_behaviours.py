"""What the public suites of other telephone systems ask of one that answers: our own messages, for the behaviours they try.

`docs/live-sip.md` lists their scenarios and what becomes of each.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

import pytest

from engine.contract import events as ev
from engine.contract import notes as note
from tests.live_bridge.live import OPERATOR, Live, password
from tests.live_bridge.sip.phone import Dialog, Phone, digest, field, fields, status
from tests.live_bridge.sip.talk import hear_each_other, port_in

SPB = "78121234567"

MakePhone = Callable[..., Phone]


@pytest.fixture
def up(operator: Phone, bridge: Live) -> Dialog:
    """A call that hears the greeting."""
    bridge.driver.submit(ev.OverrideSet(element=5400, mode="match"))
    dialog, answer = operator.call(SPB)
    assert status(answer) == 200
    return dialog


@pytest.fixture
def talking(phones: MakePhone, bridge: Live) -> tuple[Phone, Dialog, str, Phone]:
    """One user talks with another: the caller, their dialog, our answer, and the one called."""
    boris, daria = phones("101", bridge), phones("104", bridge)
    boris.on_invite = [(0.0, 180), (0.0, 200)]
    assert status(boris.register(password(101))) == 200
    dialog, answer = daria.call("101", password=password(104))
    assert status(answer) == 200
    bridge.wait_note(note.CallAnswered, user=101)
    return daria, dialog, answer, boris


def is_well(operator: Phone, bridge: Live) -> None:
    """The bridge takes another call, and nothing is left of those before."""
    dialog, answer = operator.call(SPB)
    assert status(answer) == 200
    assert status(operator.hang_up(dialog)) == 200
    bridge.wait_idle()


def end_all(bridge: Live) -> None:
    """Every call ends, as if its far end had been found to be gone."""
    bridge.driver.ask_inside(lambda board: [call.leg.lost() for call in list(board.executor.calls.values())])


def raw(operator: Phone, **changed: str) -> str:
    """An INVITE as text, with lines put in place of others; an empty one is left out. Its Call-ID is `x-NUMBER`."""
    lines = {
        "first": f"INVITE sip:{SPB}@127.0.0.1:{operator.server[1]} SIP/2.0",
        "via": f"Via: SIP/2.0/UDP 127.0.0.1:{operator.port};branch=z9hG4bK{secrets.token_hex(6)};rport",
        "from": f"From: <sip:84955551000@127.0.0.1>;tag={secrets.token_hex(4)}",
        "to": f"To: <sip:{SPB}@127.0.0.1>",
        "call_id": f"Call-ID: x-{secrets.token_hex(6)}",
        "cseq": "CSeq: 1 INVITE",
        "contact": f"Contact: {operator.contact}",
        "forwards": "Max-Forwards: 70",
        "kind": "Content-Type: application/sdp",
        **changed,
    }
    body = operator.sdp()
    return "\r\n".join([*(line for line in lines.values() if line), f"Content-Length: {len(body)}", "", body])


def answer_to(phone: Phone, message: str, timeout_s: float = 20.0) -> str:
    """Send a message and wait for its final answer."""
    phone.send(message)
    call_id = field(message, "Call-ID")
    return phone.wait(lambda m: status(m) >= 200 and field(m, "Call-ID") == call_id, timeout_s)


# --- what begins a call -----------------------------------------------------------------------------------------------


def test_ack_of_nobody_is_passed_over(operator: Phone, bridge: Live) -> None:
    said = raw(operator, first=f"ACK sip:{SPB}@127.0.0.1 SIP/2.0", cseq="CSeq: 1 ACK")
    for _ in range(3):
        operator.send(said)
    is_well(operator, bridge)
    assert not [m for m in operator.messages if field(m, "Call-ID").startswith("x-")], "an ACK has no answer"


@pytest.mark.parametrize(
    "contact", ["", "Contact: *", "Contact: <mailto:a@b.ru>", "Contact: <tel:+74951234567>", "Contact: x"]
)
def test_invite_whose_contact_is_no_sip_address_is_refused(contact: str, operator: Phone, bridge: Live) -> None:
    """RFC 3261 section 8.1.1.8: it must be one SIP or SIPS URI."""
    assert status(answer_to(operator, raw(operator, contact=contact))) in (400, 416)
    is_well(operator, bridge)


@pytest.mark.parametrize("method", ["INFO", "I" * 3000, "INVITE INVITE"])
def test_cseq_of_another_method_is_refused(method: str, operator: Phone, bridge: Live) -> None:
    """RFC 3261 section 8.1.1.5, and a method of thousands of letters."""
    assert status(answer_to(operator, raw(operator, cseq=f"CSeq: 1 {method}"))) == 400
    is_well(operator, bridge)


@pytest.mark.parametrize("shown", ['"Anonymous" <sip:anonymous@anonymous.invalid>', "<sip:anonymous@anonymous.invalid>",
                                   "<sip:127.0.0.1>", '"" <sip:Restricted@10.0.0.1>'])  # fmt: skip
def test_caller_without_a_number_is_nobody_and_the_call_comes_in(shown: str, operator: Phone, bridge: Live) -> None:
    bridge.driver.submit(ev.OverrideSet(element=5400, mode="match"))
    said = raw(operator, **{"from": f"From: {shown};tag={secrets.token_hex(4)}"})
    answer = answer_to(operator, said)
    assert status(answer) == 200
    started = bridge.wait_note(note.CallStarted)
    assert not any(char.isdigit() for char in started.caller)


def test_number_in_a_tel_uri_is_called(operator: Phone, bridge: Live) -> None:
    """RFC 3966, in Request-URI, To and From."""
    bridge.driver.submit(ev.OverrideSet(element=5400, mode="match"))
    said = raw(
        operator, first=f"INVITE tel:+{SPB} SIP/2.0", to=f"To: <tel:+{SPB}>",
        **{"from": f"From: <tel:+74955551000>;tag={secrets.token_hex(4)}"},
    )  # fmt: skip
    assert status(answer_to(operator, said)) == 200
    assert bridge.wait_note(note.CallStarted).caller.endswith("4955551000")


@pytest.mark.parametrize(("handling", "code"), [(";handling=required", 415), ("", 415), (";handling=optional", 200)])
def test_body_that_must_be_understood_and_is_not_is_refused(
    handling: str, code: int, operator: Phone, bridge: Live
) -> None:
    """RFC 3261 section 20.11. One that may be passed over leaves an INVITE without an offer, which gets ours."""
    bridge.driver.submit(ev.OverrideSet(element=5400, mode="match"))
    operator.ack_body = operator.sdp()
    said = raw(operator, kind=f"Content-Type: application/unknown\r\nContent-Disposition: signal{handling}")
    answer = answer_to(operator, said)
    assert status(answer) == code
    if code == 415:
        assert "application/sdp" in field(answer, "Accept")
    else:
        assert "m=audio" in answer


@pytest.mark.parametrize(
    ("more", "ports"),
    [
        ("m=video 40002 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n", "+0"),
        ("m=audio 40004 RTP/AVP 0\r\n", "+0"),
        (
            "m=video 40002 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n"
            "m=application 40006 UDP/BFCP *\r\nm=audio 40008 RTP/AVP 0\r\n",
            "+000",
        ),
        ("m=image 40010 udptl t38\r\n", "+0"),
        ("m=message 40012 TCP/MSRP *\r\n", "+0"),
    ],
)  # fmt: skip
def test_streams_we_do_not_take_are_answered_each_in_its_place_with_port_0(
    more: str, ports: str, operator: Phone, bridge: Live
) -> None:
    """RFC 3264 section 6: as many streams as the offer, one of them ours. The same in a re-INVITE that adds them."""
    bridge.driver.submit(ev.OverrideSet(element=5400, mode="match"))
    dialog, answer = operator.call(SPB, body=operator.sdp() + more)
    assert status(answer) == 200
    added = operator.request(dialog, "INVITE", operator.sdp(version=2) + more)
    less = operator.request(dialog, "INVITE", operator.sdp(version=3) + more.replace("m=video 40002", "m=video 0"))
    for said in (answer, added, less):
        assert status(said) == 200
        got = "".join("+" if port != "0" else "0" for port in re.findall(r"^m=\S+ (\d+)", said, re.MULTILINE))
        assert got == ports, said
        for line in (r"^o=\S+ \d+ \d+ IN IP4 \S+\r?$", r"^s=.+$", r"^t=0 0\r?$"):
            assert re.search(line, said, re.MULTILINE), f"RFC 8866 section 5: {line}"
    assert status(operator.hang_up(dialog)) == 200


def test_route_that_proxies_asked_for_is_taken_by_our_bye(phones: MakePhone, bridge: Live) -> None:
    """RFC 3261 section 12.1.1: Record-Route of the INVITE is the route set, and Contact is the Request-URI."""
    bridge.driver.submit(ev.OverrideSet(element=5400, mode="match"))
    operator = phones("84955551000", bridge, port=OPERATOR)
    via = f"<sip:127.0.0.1:{operator.port};lr>"
    dialog, answer = operator.call(SPB, extra=f"Record-Route: {via}, <sip:127.0.0.3;lr>")
    assert status(answer) == 200 and via in field(answer, "Record-Route")
    end_all(bridge)
    bye = operator.wait(lambda m: m.startswith("BYE"))
    assert bye.split()[1] == operator.contact.strip("<>")
    assert ", ".join(fields(bye, "Route")).replace(" ", "") == f"{via},<sip:127.0.0.3;lr>"


# --- inside a call ----------------------------------------------------------------------------------------------------


def test_re_invite_before_the_ack_of_the_first_has_an_answer_and_the_call_goes_on(
    operator: Phone, bridge: Live
) -> None:
    """RFC 5407 section 3.1.4."""
    bridge.driver.submit(ev.OverrideSet(element=5400, mode="match"))
    said = raw(operator)
    operator.send(said)  # not `call`: nobody acknowledges by itself what is not in `dialogs`
    call_id = field(said, "Call-ID")
    answer = operator.wait(lambda m: status(m) == 200 and field(m, "Call-ID") == call_id)
    dialog = Dialog(
        call_id, field(said, "From"), field(answer, "To"), field(answer, "Contact").strip("<>"), operator.server, 1
    )
    again = operator.request(dialog, "INVITE", operator.sdp(version=2))
    assert status(again) in (200, 491, 500)
    for number in (1, dialog.cseq):
        dialog.cseq = number
        operator.send(operator.build("ACK", dialog.target, dialog))
    dialog.cseq = 2
    assert status(operator.request(dialog, "INFO")) == 200
    assert status(operator.hang_up(dialog)) == 200
    bridge.wait_idle()


def test_re_invite_that_crosses_our_bye_has_an_answer_and_nothing_is_left(
    operator: Phone, up: Dialog, bridge: Live
) -> None:
    """RFC 5407 section 3.1.3."""
    end_all(bridge)
    operator.wait(lambda m: m.startswith("BYE"))
    assert status(operator.request(up, "INVITE", operator.sdp(version=2))) in (200, 481, 487, 500)
    bridge.wait_idle()


def test_re_invite_with_replaces_replaces_nothing(talking: tuple[Phone, Dialog, str, Phone], bridge: Live) -> None:
    """RFC 3891 section 3: only an INVITE that begins a dialog may take another's place."""
    daria, dialog, answer, boris = talking
    other = boris.called()
    mine, theirs = (re.search(r"tag=([^;>\s]+)", text) for text in (other.mine, other.theirs))
    assert mine is not None and theirs is not None
    value = f"Replaces: {other.call_id};from-tag={mine.group(1)};to-tag={theirs.group(1)}"
    again = daria.request(dialog, "INVITE", daria.sdp(version=2), extra=value)
    assert status(again) in (200, 400)
    hear_each_other(daria, port_in(answer), boris, port_in(other.invite))
    assert status(daria.hang_up(dialog)) == 200
    bridge.wait_idle()


@pytest.mark.parametrize(
    "steps", [[(0.0, 183), (0.05, 180), (0.1, 200)], [(0.0, 180), (0.05, 183), (0.05, 180), (0.1, 200)]]
)
def test_ringing_after_early_media_changes_nothing(
    steps: list[tuple[float, int]], phones: MakePhone, bridge: Live
) -> None:
    boris, daria = phones("101", bridge), phones("104", bridge)
    boris.on_invite = steps
    assert status(boris.register(password(101))) == 200
    dialog, answer = daria.call("101", password=password(104))
    assert status(answer) == 200
    hear_each_other(daria, port_in(answer), boris, port_in(boris.called().invite))
    assert status(daria.hang_up(dialog)) == 200
    bridge.wait_idle()


def test_phone_that_forwards_to_itself_for_ever_is_left(phones: MakePhone, bridge: Live) -> None:
    """R-06.14, R-02.14: the forward loop ends, whoever is asked again and again."""

    class Circle(Phone):
        def reply(
            self, request: str, code: int, body: str = "", extra: str = "", to: tuple[str, int] | None = None
        ) -> None:
            super().reply(request, code, body, "Contact: <sip:101@127.0.0.1>" if code == 302 else extra, to)

    daria = phones("104", bridge)
    boris = Circle("101", bridge.address)
    try:
        boris.on_invite = [(0.0, 302)]
        assert status(boris.register(password(101))) == 200
        dialog = daria.begin("101")
        challenge = daria.final(dialog)
        dialog.cseq += 1
        proof = digest(field(challenge, "WWW-Authenticate"), "104", password(104), "INVITE", dialog.target)
        daria.send(daria.build("INVITE", dialog.target, dialog, daria.sdp(), f"Authorization: {proof}"))
        assert status(daria.final(dialog)) in (200, 480, 486, 603)  # 200: the mailbox
        assert len(boris.heard("INVITE")) <= 2
        daria.hang_up(dialog)
        bridge.wait_idle()
    finally:
        boris.close()


# --- registering ------------------------------------------------------------------------------------------------------


def registered(phone: Phone, contact: str, extra: str = "Expires: 300") -> str:
    """The answer to a REGISTER with these header lines, once the password was proved."""
    proof = ""
    for _ in range(2):
        phone._register_cseq += 1
        number = phone._register_cseq
        phone.send(
            "REGISTER sip:127.0.0.1 SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP 127.0.0.1:{phone.port};branch=z9hG4bK{secrets.token_hex(8)};rport\r\n"
            f"From: <sip:{phone.name}@127.0.0.1>;tag={secrets.token_hex(4)}\r\nTo: <sip:{phone.name}@127.0.0.1>\r\n"
            f"Call-ID: reg-{phone.name}\r\nCSeq: {number} REGISTER\r\nMax-Forwards: 70\r\n"
            + "".join(f"{line}\r\n" for line in (contact, extra, proof) if line)
            + "Content-Length: 0\r\n\r\n"
        )
        answer = phone.wait(lambda m, n=number: status(m) >= 200 and field(m, "CSeq") == f"{n} REGISTER")  # type: ignore[misc]
        if status(answer) != 401:
            return answer
        challenge = field(answer, "WWW-Authenticate")
        proof = "Authorization: " + digest(
            challenge, phone.name, password(int(phone.name)), "REGISTER", "sip:127.0.0.1"
        )
    return answer


def test_register_without_contact_tells_who_is_registered(phones: MakePhone, bridge: Live) -> None:
    """RFC 3261 section 10.2.3."""
    phone = phones("101", bridge)
    assert not fields(registered(phone, "", ""), "Contact")
    assert status(registered(phone, f"Contact: {phone.contact}")) == 200
    told = registered(phone, "", "")
    assert status(told) == 200 and phone.contact.strip("<>") in ", ".join(fields(told, "Contact"))


@pytest.mark.parametrize("extra", ["", "Expires: 300"])
def test_star_without_expires_0_takes_nobody_out(extra: str, phones: MakePhone, bridge: Live) -> None:
    """RFC 3261 section 10.2.2."""
    phone = phones("101", bridge)
    assert status(registered(phone, f"Contact: {phone.contact}")) == 200
    assert status(registered(phone, "Contact: *", extra)) == 400
    assert fields(registered(phone, "", ""), "Contact"), "it is there as before"
    assert status(registered(phone, "Contact: *", "Expires: 0")) == 200
    assert not fields(registered(phone, "", ""), "Contact")


def test_more_contacts_than_devices_are_refused_and_none_of_them_is_taken(phones: MakePhone, bridge: Live) -> None:
    """R-06.10: five devices."""
    phone = phones("101", bridge)
    many = ", ".join(f"<sip:101@127.0.0.1:{port}>" for port in range(7000, 7006))
    assert status(registered(phone, f"Contact: {many}")) in (403, 503)
    assert not fields(registered(phone, "", ""), "Contact")


def test_one_of_two_contacts_is_taken_out_and_the_other_stays(phones: MakePhone, bridge: Live) -> None:
    phone = phones("101", bridge)
    other = "<sip:101@127.0.0.1:7001>"
    assert status(registered(phone, f"Contact: {phone.contact}, {other}")) == 200
    left = registered(phone, f"Contact: {other};expires=0", "")
    assert status(left) == 200
    assert [phone.contact.strip("<>") in one for one in fields(left, "Contact")] == [True]


def test_path_is_not_supported_and_who_requires_it_is_told(phones: MakePhone, bridge: Live) -> None:
    """RFC 3327: a registrar that does not keep it must not take a REGISTER that requires it."""
    phone = phones("101", bridge)
    refused = registered(phone, f"Contact: {phone.contact}", "Require: path\r\nPath: <sip:127.0.0.1:9;lr>")
    assert status(refused) == 420 and "path" in field(refused, "Unsupported")
