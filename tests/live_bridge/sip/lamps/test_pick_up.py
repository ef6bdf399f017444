"""Codes on the wire: a phone takes a call that rings at another one, and one that is parked. R-15.11."""

from __future__ import annotations

from collections.abc import Callable

from engine.contract import notes as note
from engine.control.engine import Engine
from engine.loading.load import load
from live_bridge.media.session import Address
from tests.harness import rule
from tests.live_bridge.live import OPERATOR, Live, password
from tests.live_bridge.media.telephone import level, tone
from tests.live_bridge.sip.phone import Phone, field, status

DOCUMENT = """
pbx: example
trunks: {moscow: {number: "74951234567", to: 102}}
users: {101: {}, 102: {voicemail: false}, 103: {}}
outgoing: {default: moscow}
"""


@rule("R-15.11")
def test_ringing_call_is_picked_up_and_a_parked_one_is_got(
    start_live: Callable[..., Live], phones: Callable[..., Phone]
) -> None:
    """R-15.11: both hear each other; the phone that rang is told that another one answered."""
    live = start_live(Engine(load(DOCUMENT)))
    vera, anna, third = (phones(user, live) for user in ("102", "101", "103"))
    operator = phones("84955551000", live, port=OPERATOR)
    vera.on_invite = [(0.0, 180)]
    assert status(vera.register(password(102))) == 200
    call = operator.begin("74951234567")
    vera.called()
    taken, answer = anna.call("**102", password=password(101))
    assert status(answer) == 200
    reply = operator.final(call)
    assert status(reply) == 200
    vera.wait(lambda m: m.startswith("CANCEL"))
    live.wait_note(note.CallAnswered, user=101)
    operator.media.say(tone(600, 2.0), Address("127.0.0.1", int(reply.split("m=audio ")[1].split()[0])))
    assert level(anna.media.wait_heard(60)[-4000:], 600) > 0.1
    refer = anna.request(taken, "REFER", extra=f"Refer-To: <sip:*51@127.0.0.1:{live.port}>")
    assert status(refer) == 202
    live.wait_note(note.ElementEntered, kind="parking")
    got, answer = third.call("*51", password=password(103))
    assert status(answer) == 200
    live.wait_note(note.ServiceUsed, service="park", done=True)
    third.media.say(tone(900, 2.0), Address("127.0.0.1", int(answer.split("m=audio ")[1].split()[0])))
    assert level(operator.media.wait_heard(100)[-4000:], 900) > 0.1
    third.hang_up(got)
    operator.wait(lambda m: m.startswith("BYE"))
    _, nothing = third.call("*51", password=password(103))
    assert (status(nothing), "cause=3" in field(nothing, "Reason")) == (404, True)
