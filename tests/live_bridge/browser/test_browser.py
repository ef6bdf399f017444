"""Real browsers as telephones: Chromium with a microphone that plays 700 Hz, and plain telephones on the other side."""

from __future__ import annotations

import threading
import wave
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest

from engine.contract import events as ev
from engine.contract import notes as note
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


def test_message_spoken_in_a_browser_is_recorded(web: Web, live_media: Media) -> None:
    """R-09: the recording is of what was said, not of what went over the wire."""
    phone = web.phone(103)
    assert phone.do("call('5120')") == 200
    spool = live_media.settings.folder / "spool"
    phone.until(lambda: sum(file.stat().st_size for file in spool.glob("*.rtp")) > 20_000, "nothing is recorded")  # 2 s
    phone.do("hangUp()")
    ended = web.live.wait_event(ev.RecordingEnded)
    assert isinstance(ended, ev.RecordingEnded) and ended.length_us > 1_000_000
    web.live.wait_idle()
    path = max(live_media.recordings.glob("*.wav"), key=lambda file: file.stat().st_mtime)
    with wave.open(str(path)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        assert file.getframerate() == 8000
    assert level(samples[4000:12000], MICROPHONE_HZ) > 0.1


@pytest.fixture
def talking(web: Web, phones: Callable[..., Phone]) -> tuple[Phone, Any, str, Phone]:
    """Two plain telephones talk: the caller with its dialog and answer, and the one called."""
    caller, called = phones("104", web.live), phones("105", web.live)
    called.register(password(105))
    dialog, answer = caller.call("105", password=password(104))
    web.live.wait_note(note.CallAnswered, user=105)
    return caller, dialog, answer, called


def test_call_is_transferred_to_a_browser(web: Web, talking: tuple[Phone, Any, str, Phone]) -> None:
    caller, dialog, answer, called = talking
    browser = web.phone(103)
    assert status(called.request(called.called(), "REFER", extra="Refer-To: <sip:103@example.onpbx.ru>")) == 202
    browser.wait("phone.state === 'ringing'")
    browser.do("answer()")
    called.wait(lambda m: m.startswith("NOTIFY") and "200 OK" in m)
    voice = Voice(caller, body(answer))
    browser.hears(SAID_HZ)
    hears_the_browser(caller)
    voice.stop()
    caller.hang_up(dialog)
    browser.wait("phone.state === 'ended'")
    web.live.wait_idle()


def test_browser_that_was_consulted_gets_the_call_without_a_new_description(
    web: Web, talking: tuple[Phone, Any, str, Phone], live_media: Media
) -> None:
    """Attended transfer: the gateway looks to another call, and the browser is asked nothing."""
    caller, dialog, answer, called = talking
    browser = web.phone(103)
    first = called.called()
    consulting: list[tuple[Any, str]] = []
    thread = threading.Thread(target=lambda: consulting.append(called.call("103", password=password(105))))
    thread.start()
    browser.wait("phone.state === 'ringing'")
    browser.do("answer()")
    thread.join()
    consult = consulting[0][0]
    web.live.wait_note(note.CallAnswered, user=103)
    tags = [value.split(";tag=")[1].split(";")[0] for value in (consult.theirs, consult.mine)]
    replaces = quote(f"{consult.call_id};to-tag={tags[0]};from-tag={tags[1]}", safe="")
    refer = f"Refer-To: <sip:103@example.onpbx.ru?Replaces={replaces}>"
    assert status(called.request(first, "REFER", extra=refer)) == 202
    web.live.wait_note(note.CallTransferred)
    voice = Voice(caller, body(answer))
    browser.hears(SAID_HZ)
    hears_the_browser(caller)
    assert [line.startswith("< INVITE") for line in browser.do("log")].count(True) == 1
    assert live_media.gateways == 1
    voice.stop()
    assert browser.do("hangUp()") == 200
    caller.wait(lambda m: m.startswith("BYE"))
    web.live.wait_idle()


def test_call_that_a_program_asks_for_rings_the_users_browser(web: Web, live_media: Media) -> None:
    """R-19.5."""
    phone = web.phone(103)
    web.live.driver.originate(103, "Gleb", "5001")
    phone.wait("phone.state === 'ringing'")
    phone.do("answer()")
    phone.hears_more()
    assert phone.do("hangUp()") == 200
    web.live.wait_idle()
    assert live_media.gateways == 0


def test_nobody_whose_certificate_was_not_named_hears_or_is_heard(web: Web) -> None:
    """The fingerprint binds the media to the signalling (RFC 8122): here another one stands in the description."""
    phone = web.phone(103)
    phone.page.evaluate(
        "() => { const true_one = phone.described.bind(phone);"
        " phone.described = async () => (await true_one()).replace(/(sha-256 )(..)/, (_, name, two) =>"
        " name + (two === '00' ? '11' : '00')) }"
    )
    assert phone.do("call('5001')") == 200
    phone.wait("phone.pc.iceConnectionState === 'connected'")
    call = web.live.wait_note(note.CallStarted).call
    web.live.wait_note(note.CallEnded, call=call)
    assert phone.do("stats()")["bytes"] == 0


def test_page_that_is_closed_in_a_call_ends_it(web: Web, live_media: Media) -> None:
    web.live.driver.ask_inside(lambda controller: setattr(controller.endpoint.connections, "grace_s", 0.2))
    phone = web.phone(103)
    assert phone.do("call('5001')") == 200
    phone.page.close()
    web.live.wait_note(note.CallEnded)
    web.live.wait_idle()
    assert live_media.gateways == 0
