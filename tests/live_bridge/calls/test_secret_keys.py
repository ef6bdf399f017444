"""A card number, pressed in a talk, is between the two who talk: it stands in no journal, history, log or ladder."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from engine.contract import events as ev
from engine.contract import notes as note
from engine.records.journal import Record
from live_bridge.store.ladder import HIDDEN, ladder
from tests.live_bridge.live import Live, password
from tests.live_bridge.sip.phone import Phone, status
from tests.live_bridge.sip.talk import port_in

CARD = "4111111111111111#123"

MakePhone = Callable[..., Phone]


def keys_in(live: Live) -> str:
    return "".join(event.digit for _, event in live.journal if isinstance(event, ev.DigitPressed))


def test_card_number_said_in_a_talk_is_written_down_nowhere(
    bridge: Live, phones: MakePhone, caplog: pytest.LogCaptureFixture
) -> None:
    called, caller = phones("103", bridge), phones("104", bridge)
    called.on_invite = [(0.0, 200)]
    called.register(password(103))
    with caplog.at_level(logging.DEBUG):
        dialog, answer = caller.call("103", password=password(104))
        assert status(answer) == 200
        bridge.wait_note(note.CallAnswered, user=103)
        for key in CARD:
            caller.media.press(key, port_in(answer))
        called.media.wait_digits(*CARD)
        info = {"extra": "", "kind": "application/dtmf-relay"}
        assert status(caller.request(dialog, "INFO", "Signal=4\r\nDuration=100\r\n", **info)) == 200
        called.media.press("7", port_in(called.called().invite))
        assert status(caller.hang_up(dialog)) == 200
        bridge.wait_idle()
    assert keys_in(bridge) == ""
    assert not [said for said in bridge.notes if isinstance(said, note.KeyPressed)]
    assert "DigitPressed" not in caplog.text and CARD[:4] not in caplog.text


def test_key_that_a_menu_asks_for_is_taken_and_hidden_from_people(bridge: Live, phones: MakePhone) -> None:
    """R-05.3. The ladder tells when it was pressed; the exit says what for."""
    caller = phones("104", bridge)
    dialog, answer = caller.call("5000", password=password(104))
    assert status(answer) == 200
    caller.media.press("1", port_in(answer))
    bridge.wait_note(note.KeyPressed, digit="1")
    assert status(caller.hang_up(dialog)) == 200
    bridge.wait_idle()
    call = next(event.call for _, event in bridge.journal if isinstance(event, ev.CallArrived))
    rungs = [
        rung.text
        for rung in ladder([Record(n=n, at=at, event=event) for n, (at, event) in enumerate(bridge.journal)], call)
    ]
    assert f"DigitPressed digit={HIDDEN}" in rungs and not any("digit=1" in text for text in rungs)
