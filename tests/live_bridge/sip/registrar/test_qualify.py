"""Phones are asked whether they are there, and one that fell silent is not rung any more."""

from __future__ import annotations

from collections.abc import Callable

from engine.contract import events as ev
from tests.live_bridge.live import Live, password
from tests.live_bridge.sip.phone import Phone, field, status

MakePhone = Callable[..., Phone]

TIMEOUT = 408
"""What the transaction layer says when nobody answered. (`live_bridge/sip/registrar/qualify.py` is imported in the
loop's thread only.)"""


class Response:
    """An answer of the transaction layer."""

    def __init__(self, code: int) -> None:
        self.code = code

    def getSCode(self) -> tuple[int, str]:  # noqa: N802 (the stack's name)
        return self.code, ""


def test_registered_phone_is_asked_and_stays(phones: MakePhone, start_live: Callable[..., Live]) -> None:
    bridge = start_live(qualify_s=0.2)
    phone = phones("101", bridge)
    assert status(phone.register(password(101))) == 200
    asked = phone.wait(lambda m: m.startswith("OPTIONS"))
    assert asked.startswith(f"OPTIONS sip:101@127.0.0.1:{phone.port} ")
    phone.wait(lambda m: m.startswith("OPTIONS") and field(m, "Call-ID") != field(asked, "Call-ID"))
    assert bridge.driver.sizes()["registrations"] == 1


def silence(bridge: Live, phone: Phone, *codes: int) -> int:
    """Let the qualifier hear these answers; the number of registrations left."""

    def hear(controller: object) -> int:
        endpoint = controller.endpoint  # type: ignore[attr-defined]
        asker = endpoint.qualifier
        (binding,) = endpoint.registrar.bindings.all()
        for code in codes:
            asker._answered(binding, Response(code))
        return len(endpoint.registrar.bindings.all())

    return bridge.driver.ask_inside(hear)


def test_phone_that_answered_and_fell_silent_is_taken_out(phones: MakePhone, bridge: Live) -> None:
    phone = phones("101", bridge)
    assert status(phone.register(password(101))) == 200
    assert silence(bridge, phone, 405, TIMEOUT, 200, TIMEOUT) == 1, "any answer will do, and counts again"
    assert silence(bridge, phone, TIMEOUT) == 0
    bridge.wait_event(ev.DeviceUnregistered)
    assert status(phone.register(password(101))) == 200, "it comes back by registering"


def test_phone_that_never_answers_options_stays(phones: MakePhone, bridge: Live) -> None:
    phone = phones("101", bridge)
    assert status(phone.register(password(101))) == 200
    assert silence(bridge, phone, *[TIMEOUT] * 5) == 1
