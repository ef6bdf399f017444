"""Wrong tokens: logged, and limited by address."""

from __future__ import annotations

import logging

import pytest

from live_bridge.api.access import guesses
from live_bridge.api.access.guesses import Guesses


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_address_with_ten_wrong_tokens_waits_and_others_do_not(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    known = Guesses(clock)
    known.good("pbx_of-the-wallboard")
    with caplog.at_level(logging.WARNING):
        for number in range(guesses.UNHEARD_FROM):
            assert known.may_try("192.0.2.1", f"guess {number}")
            assert known.wrong("192.0.2.1") is (number >= guesses.WRONG_AT_MOST)
    assert not known.may_try("192.0.2.1", "one more")
    assert known.may_try("192.0.2.1", "pbx_of-the-wallboard"), "behind the same proxy"
    assert known.may_try("192.0.2.2", "anything")
    assert len(caplog.records) == guesses.WRONG_AT_MOST + 1, "and no more for each further one"
    assert "192.0.2.1" in caplog.text and not any("guess " in one.getMessage() for one in caplog.records)
    clock.now_s = guesses.WITHIN_S
    assert known.may_try("192.0.2.1", "one more")
    assert (known.count, known.unheard) == (guesses.UNHEARD_FROM, 1)


def test_nothing_grows_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guesses, "ADDRESSES_REMEMBERED", 10)
    monkeypatch.setattr(guesses, "GOOD_REMEMBERED", 10)
    known = Guesses(Clock())
    for number in range(100):
        known.wrong(f"192.0.2.{number}")
        known.good(str(number))
    assert (len(known._wrong), len(known._good)) == (10, 10)
