"""The call from 000 at real phones: keys by RFC 4733 and INFO, and what is not consulted (R-23.4 to R-23.7, R-23.11)."""

from __future__ import annotations

import queue
from collections.abc import Callable

import pytest

from engine.account.sip_login import Outcome
from engine.contract import notes as note
from engine.contract.ids import SECOND_US, Instant
from live_bridge.calls.clock import Clock
from live_bridge.sip.dialog import sdp
from tests.harness import rule
from tests.live_bridge.live import OPERATOR, Live, MakePhone, phone_of
from tests.live_bridge.sip.phone import field, status
from tests.live_bridge.sip.talk import port_in


class Jumping(Clock):
    """The bridge's clock, which a test sets forward."""

    ahead_us = 0

    def now(self) -> Instant:
        return super().now() + self.ahead_us


class Login:
    """One login call, and what it tells."""

    def __init__(self, bridge: Live, user: int | None, code: str = "0417") -> None:
        self._told: queue.Queue[Outcome] = queue.Queue()
        bridge.driver.ring_for_login(user, code, self._told.put)

    def outcome(self) -> Outcome:
        return self._told.get(timeout=20)


@rule("R-23.5", "R-23.6")
def test_a_call_from_000_rings_and_the_digits_pressed_as_tones_are_read(phones: MakePhone, bridge: Live) -> None:
    anna = phone_of(103, phones, bridge)
    login = Login(bridge, 103)
    here = anna.called()
    assert "sip:000@" in field(here.invite, "From")
    anna.reply(here.invite, 200, anna.sdp())
    anna.media.wait_heard(5)
    for digit in "0417":
        anna.media.press(digit, port_in(here.invite))
    assert login.outcome() == "right"
    anna.wait(lambda m: m.startswith("BYE"))
    bridge.wait_idle()
    assert not any(isinstance(one, note.CallStarted) for one in bridge.notes), "it is no call of the PBX"


@rule("R-23.6", "R-23.10")
@pytest.mark.parametrize(("pressed", "outcome"), [("0417", "right"), ("0418", "wrong")])
def test_digits_by_info_are_read_and_a_wrong_code_ends_the_call(
    phones: MakePhone, bridge: Live, pressed: str, outcome: str
) -> None:
    anna = phone_of(103, phones, bridge)
    login = Login(bridge, 103)
    here = anna.called()
    anna.reply(here.invite, 200, anna.sdp())
    anna.wait(lambda m: m.startswith("ACK"))
    for digit in pressed:
        assert status(anna.request(here, "INFO", digit, kind="application/dtmf")) == 200
    assert login.outcome() == outcome
    anna.wait(lambda m: m.startswith("BYE"))
    bridge.wait_idle()


@rule("R-23.10")
@pytest.mark.parametrize(("after_s", "outcome"), [(29.5, "right"), (30.1, "late")])
def test_digits_after_thirty_seconds_are_too_late(
    phones: MakePhone, start_live: Callable[..., Live], after_s: float, outcome: str
) -> None:
    clock = Jumping()
    bridge = start_live(parts={"clock": clock})
    anna = phone_of(103, phones, bridge)
    login = Login(bridge, 103)
    here = anna.called()
    anna.reply(here.invite, 200, anna.sdp())
    anna.wait(lambda m: m.startswith("ACK"))
    clock.ahead_us = round(after_s * SECOND_US)
    for digit in "0417":
        anna.request(here, "INFO", digit, kind="application/dtmf")
    assert login.outcome() == outcome


@rule("R-23.7", "R-23.11")
def test_no_forwarding_is_consulted(phones: MakePhone, bridge: Live) -> None:
    """User 100 of the example has a `no_answer` outside; the phone itself forwards too."""
    anna = phone_of(100, phones, bridge)
    operator = phones("operator", bridge, port=OPERATOR, payload=sdp.OFFERED.codec)
    login = Login(bridge, 100)
    here = anna.called()
    anna.reply(here.invite, 302, extra="Contact: <sip:89161234567@127.0.0.1>\r\n")
    assert login.outcome() == "unanswered"
    assert not operator.heard("INVITE") and not any(isinstance(one, note.CallStarted) for one in bridge.notes)
    bridge.wait_idle()


@rule("R-23.4", "R-23.11")
@pytest.mark.parametrize("user", [None, 104])
def test_nobody_rings_without_a_registered_phone(bridge: Live, user: int | None) -> None:
    assert Login(bridge, user).outcome() == "unanswered"


@rule("R-23.5")
def test_who_hangs_up_is_not_signed_in_and_a_second_phone_stops_ringing(phones: MakePhone, bridge: Live) -> None:
    anna, other = phone_of(103, phones, bridge), phone_of(103, phones, bridge)
    login = Login(bridge, 103)
    here = anna.called()
    other.reply(other.wait(lambda m: m.startswith("INVITE")), 180)
    anna.reply(here.invite, 200, anna.sdp())
    other.wait(lambda m: m.startswith("CANCEL"))
    anna.wait(lambda m: m.startswith("ACK"))
    anna.hang_up(here)
    assert login.outcome() == "late"
    bridge.wait_idle()


@rule("R-23.5")
def test_a_bridge_that_stops_ends_them(phones: MakePhone, bridge: Live) -> None:
    anna = phone_of(103, phones, bridge)
    login = Login(bridge, 103)
    here = anna.called()
    anna.reply(here.invite, 200, anna.sdp())
    anna.wait(lambda m: m.startswith("ACK"))
    bridge.driver.stop()
    assert login.outcome() == "unanswered"
