"""Real browsers as telephones: Chromium with a microphone that plays 700 Hz, and plain telephones on the other side."""

from __future__ import annotations

import threading
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import events as ev
from engine import notes as note
from live_bridge.media.session import Address, Media
from tests.live_bridge.browser.conftest import MICROPHONE_HZ, Web
from tests.live_bridge.live import password
from tests.live_bridge.media.telephone import level, tone
from tests.live_bridge.sip.phone import Phone, field, status

pytestmark = pytest.mark.debian

SAID_HZ = 440.0
"""What a plain telephone says."""


class Voice:
    """A plain telephone that says a tone until it is told to stop."""

    def __init__(self, phone: Phone, description: str) -> None:
        lines = description.split("\r\n")
        host = next(line for line in lines if line.startswith("c=")).split()[2]
        port = int(next(line for line in lines if line.startswith("m=audio")).split()[1])
        self._phone, self._to, self._over = phone, Address(host, port), False
        self._thread = threading.Thread(target=self._say, daemon=True)
        self._thread.start()

    def _say(self) -> None:
        while not self._over:
            self._phone.media.say(tone(SAID_HZ, 0.5), self._to)

    def stop(self) -> None:
        self._over = True
        self._thread.join()


def body(message: str) -> str:
    """What stands below the head."""
    return message.partition("\r\n\r\n")[2]


def hears_the_browser(phone: Phone) -> None:
    """The plain telephone hears what the microphone says."""
    for _ in range(20):
        phone.media.forget()
        heard = phone.media.wait_heard(25, 20.0)
        if level(heard, MICROPHONE_HZ) > 0.1:
            return
    raise AssertionError(f"the browser is not heard: {level(heard, MICROPHONE_HZ)}")


@pytest.mark.parametrize("transport", ["ws", "wss"])
def test_browser_registers_calls_a_greeting_and_hears_it(
    web_of: Callable[..., Web], transport: str, live_media: Media
) -> None:
    web = web_of(transport)
    phone = web.phone(103)
    assert phone.do("call('5001')") == 200
    phone.hears_more()
    assert phone.do("stats()")["state"] == "connected"
    assert phone.do("hangUp()") == 200
    web.live.wait_idle()
    assert live_media.gateways == 0


def test_key_pressed_in_a_browser_chooses(web: Web) -> None:
    """R-05.3, by telephone events (RFC 4733) inside the encrypted stream."""
    phone = web.phone(103)
    assert phone.do("call('5000')") == 200
    phone.hears_more()
    phone.do("press('2')")
    pressed = web.live.wait_event(ev.DigitPressed)
    assert isinstance(pressed, ev.DigitPressed) and pressed.digit == "2" and pressed.leg is None
    phone.do("hangUp()")
    web.live.wait_idle()


def test_plain_phone_calls_a_browser_and_both_hear_each_other(
    web: Web, phones: Callable[..., Phone], live_media: Media
) -> None:
    callee = web.phone(103)
    caller = phones("104", web.live)
    answers: list[tuple[Any, str]] = []
    calling = threading.Thread(target=lambda: answers.append(caller.call("103", password=password(104))))
    calling.start()
    callee.wait("phone.state === 'ringing'")
    assert callee.do("ringing.body.includes('UDP/TLS/RTP/SAVPF')")
    callee.do("answer()")
    calling.join()
    dialog, answer = answers[0]
    assert status(answer) == 200 and "RTP/AVP 0" in body(answer) and "fingerprint" not in body(answer)
    voice = Voice(caller, body(answer))
    callee.hears(SAID_HZ)
    hears_the_browser(caller)
    voice.stop()
    assert status(caller.hang_up(dialog)) == 200
    callee.wait("phone.state === 'ended'")
    web.live.wait_idle()
    assert live_media.gateways == 0


def test_browser_calls_a_plain_phone_holds_resumes_and_hangs_up(web: Web, phones: Callable[..., Phone]) -> None:
    caller = web.phone(103)
    callee = phones("104", web.live, payload=8)
    callee.register(password(104))
    assert caller.do("call('104')") == 200
    web.live.wait_note(note.CallAnswered, user=104)
    invite = callee.called().invite
    assert "RTP/AVP" in body(invite) and "fingerprint" not in body(invite)
    voice = Voice(callee, body(invite))
    caller.hears(SAID_HZ)
    hears_the_browser(callee)
    assert caller.do("hold(true)") == 200
    web.live.wait_event(ev.PartyHeld)
    assert caller.do("hold(false)") == 200
    web.live.wait_event(ev.PartyResumed)
    caller.hears(SAID_HZ)
    hears_the_browser(callee)
    voice.stop()
    assert caller.do("hangUp()") == 200
    web.live.wait_idle()


def test_two_browsers_talk(web: Web, live_media: Media) -> None:
    caller, callee = web.phone(103), web.phone(104)
    caller.page.evaluate("void (window.called = phone.call('104'))")
    callee.wait("phone.state === 'ringing'")
    callee.do("answer()")
    assert caller.page.evaluate("called") == 200
    caller.hears(MICROPHONE_HZ)
    callee.hears(MICROPHONE_HZ)
    assert callee.do("hangUp()") == 200
    caller.wait("phone.state === 'ended'")
    web.live.wait_idle()
    assert live_media.gateways == 0


@pytest.mark.parametrize("way", ["restart", "renew"])
def test_browser_that_comes_by_another_path_or_with_other_keys_is_heard_again(
    web: Web, phones: Callable[..., Phone], way: str
) -> None:
    """A new path keeps the keys (ICE restart); a page that lost everything but its call brings new ones."""
    caller = web.phone(103)
    callee = phones("104", web.live, payload=8)
    callee.register(password(104))
    assert caller.do("call('104')") == 200
    web.live.wait_note(note.CallAnswered, user=104)
    voice = Voice(callee, body(callee.called().invite))
    caller.hears(SAID_HZ)
    assert caller.do(f"{way}()") == 200
    caller.wait("phone.pc.connectionState === 'connected'")
    caller.hears_more()
    caller.hears(SAID_HZ)
    hears_the_browser(callee)
    voice.stop()
    caller.do("hangUp()")
    web.live.wait_idle()


def test_browsers_and_plain_phones_of_one_user_ring_together_and_the_loser_hears_it(
    web: Web, phones: Callable[..., Phone], live_media: Media
) -> None:
    """R-06.10: every device rings, each with a description of its own kind."""
    first, second = web.phone(103), web.phone(103)
    plain = phones("103", web.live)
    plain.on_invite = [(0.0, 180)]
    plain.register(password(103))
    caller = phones("104", web.live)
    calling = threading.Thread(target=caller.call, args=("103",), kwargs={"password": password(104)})
    calling.start()
    first.wait("phone.state === 'ringing'")
    second.wait("phone.state === 'ringing'")
    assert "fingerprint" not in plain.called().invite
    second.do("answer()")
    calling.join()
    first.wait("phone.state === 'cancelled'")
    assert "elsewhere" in field(plain.wait(lambda m: m.startswith("CANCEL")), "Reason")
    assert live_media.gateways == 1
    second.do("hangUp()")
    web.live.wait_idle()
    assert live_media.gateways == 0


def test_browser_that_refuses_and_one_that_is_given_up_leave_nothing(
    web: Web, phones: Callable[..., Phone], live_media: Media
) -> None:
    callee = web.phone(103)
    caller = phones("104", web.live)
    calling = threading.Thread(target=caller.call, args=("103",), kwargs={"password": password(104)})
    calling.start()
    callee.wait("phone.state === 'ringing'")
    callee.do("reject(486)")
    calling.join()
    web.live.wait_idle()
    assert live_media.gateways == 0


def test_message_spoken_in_a_browser_is_recorded(
    web_of: Callable[..., Web], live_media: Media, example_path: Path
) -> None:
    """R-09: the recording is of what was said, not of what went over the wire."""
    web = web_of()
    phone = web.phone(103)
    assert phone.do("call('5120')") == 200
    web.live.wait_until(lambda: any(type(message).__name__ == "StartRecording" for _, message in web.live.said))
    phone.page.wait_for_timeout(3000)
    phone.do("hangUp()")
    ended = web.live.wait_event(ev.RecordingEnded)
    assert isinstance(ended, ev.RecordingEnded) and ended.length_us > 1_000_000
    web.live.wait_idle()
    path = max(live_media.recordings.glob("*.wav"), key=lambda file: file.stat().st_mtime)
    with wave.open(str(path)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        assert file.getframerate() == 8000
    assert level(samples[4000:12000], MICROPHONE_HZ) > 0.1


def test_page_that_is_closed_in_a_call_ends_it(web: Web, live_media: Media) -> None:
    web.live.driver.ask_inside(lambda board: setattr(board.endpoint.connections, "grace_s", 0.2))
    phone = web.phone(103)
    assert phone.do("call('5001')") == 200
    phone.page.close()
    web.live.wait_note(note.CallEnded)
    web.live.wait_idle()
    assert live_media.gateways == 0
