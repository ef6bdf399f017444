"""Session timers (RFC 4028): refreshes are answered and sent, and a far end that vanished is let go."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.causes import Cause
from live_bridge.sip.dialog import session_timer
from tests.live_bridge.live import OPERATOR, Live, password
from tests.live_bridge.sip.phone import Phone, field, status

SPB = "78121234567"

MakePhone = Callable[..., Phone]


@pytest.fixture
def quick(start_live: Callable[..., Live], monkeypatch: pytest.MonkeyPatch) -> Live:
    """A bridge whose shortest session interval is 2 s."""
    monkeypatch.setattr(session_timer, "LEAST_S", 2)
    live = start_live(session_expires_s=2)
    live.driver.submit(ev.OverrideSet(element=5400, mode="match"))
    return live


def test_too_short_an_interval_gets_422(operator: Phone) -> None:
    _, answer = operator.call(SPB, extra="Supported: timer\r\nSession-Expires: 30")
    assert (status(answer), field(answer, "Min-SE")) == (422, "90")


def test_caller_that_can_refresh_is_asked_to(operator: Phone, bridge: Live) -> None:
    dialog, answer = operator.call(SPB, extra="Supported: timer\r\nSession-Expires: 600")
    assert field(answer, "Session-Expires") == "600;refresher=uac"
    assert field(answer, "Require") == "timer"
    refreshed = operator.request(dialog, "UPDATE", extra="Supported: timer\r\nSession-Expires: 600;refresher=uac")
    assert status(refreshed) == 200 and field(refreshed, "Session-Expires") == "600;refresher=uac"
    operator.hang_up(dialog)


def test_caller_that_knows_no_timer_is_refreshed_by_us(quick: Live, phones: MakePhone) -> None:
    operator = phones("84955551000", quick, port=OPERATOR)
    dialog, answer = operator.call(SPB)
    assert field(answer, "Session-Expires") == "2;refresher=uas"
    first = operator.wait(lambda m: m.startswith("INVITE"))
    assert field(first, "Session-Expires") == "2;refresher=uac"

    def version(message: str) -> str:
        found = re.search(r"^o=.*$", message, re.MULTILINE)
        return found.group(0) if found else ""

    assert version(first) == version(answer), "nothing changed, so the description is the same"
    operator.wait(lambda m: m.startswith("INVITE") and field(m, "CSeq") != field(first, "CSeq"))
    operator.hang_up(dialog)


def test_caller_that_stops_refreshing_is_let_go(quick: Live, phones: MakePhone) -> None:
    operator = phones("84955551000", quick, port=OPERATOR)
    operator.call(SPB, extra="Supported: timer\r\nSession-Expires: 2")
    operator.wait(lambda m: m.startswith("BYE"))
    assert quick.wait_note(note.CallEnded).cause is Cause.NO_USER_RESPONSE


def test_called_phone_that_answers_no_refresh_ends_the_call(
    quick: Live, phones: MakePhone, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, caller = phones("103", quick), phones("104", quick)
    phone.on_invite = [(0.0, 200)]
    phone.register(password(103))
    _, answer = caller.call("103", password=password(104), extra="Supported: timer\r\nSession-Expires: 2;refresher=uas")
    assert status(answer) == 200
    refused = phone.called()
    monkeypatch.setattr(phone, "_request", lambda message, source, known: phone.reply(message, 481, to=source))
    assert refused.call_id
    caller.wait(lambda m: m.startswith("BYE"))
    quick.wait_idle()


@pytest.mark.parametrize(
    ("value", "knows", "ours", "terms"),
    [
        (None, False, 1800, session_timer.Terms(1800, "us")),
        (None, True, 0, None),
        ("3600", True, 1800, session_timer.Terms(1800, "peer")),
        ("600;refresher=uac", False, 0, session_timer.Terms(600, "us")),
        ("60", False, 1800, session_timer.Terms(90, "us")),
        ("rubbish", True, 0, None),
    ],
)
def test_terms_of_an_answered_call(
    value: str | None, knows: bool, ours: int, terms: session_timer.Terms | None
) -> None:
    assert session_timer.for_answer(value, knows, ours) == terms
