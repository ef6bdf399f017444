"""The ten defects of the stock SIP stack that we shield against, each with the traffic that shows it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

import pytest

from engine.contract import events as ev
from engine.contract import notes as note
from live_bridge.calls.call_controller import CallController
from live_bridge.sip.loop import the_loop
from tests.live_bridge.live import OPERATOR, Live, password
from tests.live_bridge.sip.phone import Phone, field, status

SPB = "78121234567"

MakePhone = Callable[..., Phone]


def options(
    phone: Phone, via: str | None = None, extra: str = "", version: str = "SIP/2.0", cseq: str = "1 OPTIONS"
) -> str:
    """An OPTIONS request as text; its Call-ID is new."""
    return (
        f"OPTIONS sip:{phone.server[0]} {version}\r\nVia: {via or f'SIP/2.0/UDP 127.0.0.1:{phone.port}'}"
        f";branch=z9hG4bK{secrets.token_hex(6)}\r\nFrom: <sip:x@127.0.0.1>;tag={secrets.token_hex(4)}\r\n"
        f"To: <sip:{phone.server[0]}>\r\nCall-ID: {secrets.token_hex(8)}\r\nCSeq: {cseq}\r\n{extra}Content-Length: 0\r\n\r\n"
    )


def ask(phone: Phone, message: str, timeout_s: float = 20.0) -> str:
    """Send a request and wait for its answer."""
    phone.send(message)
    call_id = field(message, "Call-ID")
    return phone.wait(lambda m: status(m) >= 200 and field(m, "Call-ID") == call_id, timeout_s)


def alive(phone: Phone) -> bool:
    """Whether the bridge still answers."""
    return status(ask(phone, options(phone))) == 200


def test_1_six_packets_with_a_port_above_65535_do_not_mute_us(phones: MakePhone, bridge: Live) -> None:
    """Each kills one of the stock stack's sender threads; after six it never answers again."""
    phone = phones("x", bridge)
    for _ in range(6):
        assert status(ask(phone, options(phone, via="SIP/2.0/UDP 127.0.0.1:99999"))) == 400
    for _ in range(6):
        phone.send(options(phone, via="SIP/2.0/UDP 127.0.0.1:70000;rport"))
    assert alive(phone)


def test_2_peer_whose_contact_says_transport_in_capitals_gets_its_bye(phones: MakePhone, bridge: Live) -> None:
    operator = phones("84955551000", bridge, port=OPERATOR, contact_parameters=";transport=UDP")
    bridge.driver.submit(ev.OverrideSet(element=5400, mode="match"))
    _, answer = operator.call(SPB)
    assert status(answer) == 200
    bridge.driver.submit(ev.HangupRequested(call=bridge.wait_note(note.CallStarted).call))
    operator.wait(lambda m: m.startswith("BYE"))
    bridge.wait_idle()


def test_3_packets_leave_in_the_order_they_were_written(phones: MakePhone, bridge: Live) -> None:
    phone = phones("x", bridge)

    def send(controller: CallController) -> None:
        server = next(iter(controller.endpoint.lines[0].manager.l4r.cache_l2s.values()))
        for number in range(200):
            server.send_to(f"SIP/2.0 100 {number:03d}\r\n", ("127.0.0.1", phone.port))

    bridge.driver.ask_inside(send)
    phone.wait(lambda m: m.startswith("SIP/2.0 100 199"))
    assert [int(m.split()[2]) for m in phone.messages] == list(range(200))


def test_4_body_that_ends_too_early_gets_400_and_not_silence(phones: MakePhone, bridge: Live) -> None:
    phone = phones("x", bridge)
    message = options(phone).replace(
        "Content-Length: 0\r\n\r\n", "Content-Type: text/plain\r\nContent-Length: 90\r\n\r\nshort"
    )
    assert status(ask(phone, message)) == 400


def test_5_bodies_that_are_not_ascii_are_counted_in_bytes(phones: MakePhone, bridge: Live) -> None:
    phone = phones("x", bridge)
    for body in ("это не по-английски".encode(), bytes(range(128, 256))):
        message = options(phone).replace(
            "Content-Length: 0", f"Content-Type: text/plain\r\nContent-Length: {len(body)}"
        )
        phone.send(message.encode() + body)
        call_id = field(message, "Call-ID")
        assert status(phone.wait(lambda m, call_id=call_id: field(m, "Call-ID") == call_id)) == 200  # type: ignore[misc]


def test_5_header_that_is_not_utf8_is_no_end_of_the_world(phones: MakePhone, bridge: Live) -> None:
    phone = phones("x", bridge)
    message = options(phone, extra="Subject: @@@@\r\n")
    phone.send(message.encode().replace(b"@@@@", b"\xff\xfe\x80\xc0"))
    phone.wait(lambda m: status(m) == 200)


def test_6_exception_above_the_stack_answers_500_and_leaves_nothing(
    operator: Phone, bridge: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("on purpose")

    monkeypatch.setattr(CallController, "call_arrived", broken)
    _, answer = operator.call(SPB)
    assert status(answer) == 500
    monkeypatch.undo()
    end_s = time.monotonic() + 20
    while bridge.driver.sizes()["server transactions"] and time.monotonic() < end_s:
        time.sleep(0.02)
    assert bridge.driver.sizes()["server transactions"] == 0
    _, answer = operator.call(SPB)
    assert status(answer) == 200


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (lambda m: m.replace("Contact:", "X-Contact:"), 400),
        (lambda m: m.replace("CSeq: 1 INVITE", "CSeq: 1 OPTIONS"), 400),
        (lambda m: m.replace("SIP/2.0\r\n", "SIP/7.0\r\n", 1), 505),
        (lambda m: m.replace("Max-Forwards: 70", "Max-Forwards: 0"), 483),
    ],
    ids=["no contact", "another method in CSeq", "another version", "no forwards left"],
)
def test_7_request_the_stock_stack_takes_or_chokes_on_is_refused(
    damage: Callable[[str], str], code: int, phones: MakePhone, bridge: Live
) -> None:
    phone = phones("x", bridge)
    dialog = phone.begin(SPB)
    invite = dialog.invite.replace(dialog.call_id, "other" + dialog.call_id)
    assert status(ask(phone, damage(invite))) == code


def test_8_copy_of_a_body_keeps_its_type() -> None:
    def types() -> tuple[str, str]:
        from live_bridge.sip.dialog.our_messages import Body

        body = Body("SIP/2.0 200 OK\r\n", "message/sipfrag;version=2.0")
        return str(body.getCopy().mtype), str(body.getCopy())

    assert the_loop().call(types) == ("message/sipfrag;version=2.0", "SIP/2.0 200 OK\r\n")


def test_9_hangup_before_the_answer_is_not_an_error_of_ours(phones: MakePhone, bridge: Live) -> None:
    phone, caller = phones("103", bridge), phones("104", bridge)
    phone.on_invite = [(0.0, 180)]
    phone.register(password(103))
    caller.call("103", password=None)
    dialog = caller.begin("103")
    challenge = caller.final(dialog)
    assert status(challenge) == 401

    def hang_up_when_ringing() -> None:
        bridge.wait_event(ev.LegRinging)
        bridge.driver.submit(ev.HangupRequested(call=bridge.wait_note(note.CallStarted).call))

    import threading

    threading.Thread(target=hang_up_when_ringing, daemon=True).start()
    _, answer = caller.call("103", password=password(104))
    assert status(answer) == 480
    assert "Q.850" in field(answer, "Reason")


def test_10_bad_packets_write_nothing_to_standard_output(
    phones: MakePhone, bridge: Live, capfd: pytest.CaptureFixture[str]
) -> None:
    phone = phones("x", bridge)
    for number in range(200):
        phone.send(f"INVITE sip:{number} SIP/2.0\r\nVia: nonsense\r\n\r\n" + "x" * 300)
        phone.send(options(phone, extra=f"Contact: <sip:a@127.0.0.1:>\r\nRoute: {number}\r\n"))
    assert alive(phone)
    out, err = capfd.readouterr()
    assert out == "" and "Traceback" not in err
