"""Keys between a party that presses them by SIP INFO and one that knows RFC 4733, and the other way round."""

from __future__ import annotations

import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.contract import events as ev
from engine.contract import notes as note
from live_bridge.media.session import Address
from tests.live_bridge.calls.baresip_phone import running
from tests.live_bridge.live import Live, password
from tests.live_bridge.media.telephone import tone
from tests.live_bridge.sip.phone import Phone, field, status
from tests.live_bridge.sip.talk import port_in


class InfoPhone(Phone):
    """A telephone that knows no events of RFC 4733."""

    def sdp(self, direction: str = "sendrecv", version: int = 1) -> str:
        return super().sdp(direction, version).replace(" 101\r\na=rtpmap:101 telephone-event/8000", "")


@pytest.fixture
def bridge(start_live: Callable[..., Live]) -> Live:
    return start_live(algorithms=("MD5",))


def talking(bridge: Live) -> None:
    bridge.wait_inside(
        lambda controller: (
            bool(controller.executor.calls)
            and all(call.bridged is not None for call in controller.executor.calls.values())
        )
    )


def test_keys_by_info_become_events_among_the_voice(bridge: Live, phones: Callable[..., Phone]) -> None:
    """Two keys one after the other: each is one event in the stream of the voice, which goes on as before."""
    anna, boris = InfoPhone("103", bridge.address), phones("104", bridge)
    assert status(boris.register(password(104), algorithm="MD5")) == 200
    dialog, answer = anna.call("104", password=password(103))
    offer = boris.heard("INVITE")[0]
    assert "telephone-event" not in answer and "a=rtpmap:101 telephone-event" in offer
    talking(bridge)
    speaking = threading.Thread(target=anna.media.say, args=(tone(700, 2.0), port_in(answer)))
    speaking.start()
    boris.media.wait_heard(10)
    for key in "5#":
        anna.request(dialog, "INFO", f"Signal={key}\r\nDuration=160\r\n", kind="application/dtmf-relay")
    boris.media.wait_digits("5", "#")
    speaking.join()
    packets = list(boris.media.packets)
    assert len({packet[8:12] for packet in packets}) == 1, "one source"
    numbers = [struct.unpack_from("!H", packet, 2)[0] for packet in packets]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "no gap, no number twice"
    events = [packet for packet in packets if packet[1] & 0x7F == 101]
    assert len(events) == 18 and [packet[13] >> 7 for packet in events] == ([0] * 6 + [1] * 3) * 2
    assert [bool(packet[1] & 0x80) for packet in events[:2]] == [True, False]
    assert not boris.heard("INFO"), "not told twice"
    anna.hang_up(dialog)
    bridge.wait_idle()
    anna.close()


def test_keys_by_info_go_on_as_info_where_no_voice_passes_or_no_events_are_known(
    bridge: Live, phones: Callable[..., Phone]
) -> None:
    anna, boris = phones("103", bridge), phones("104", bridge)
    carla = InfoPhone("105", bridge.address)
    for phone, user in ((boris, 104), (carla, 105)):
        assert status(phone.register(password(user), algorithm="MD5")) == 200
    for user, other in (("104", boris), ("105", carla)):
        dialog, _ = anna.call(user, password=password(103))
        talking(bridge)
        anna.request(dialog, "INFO", "Signal=7\r\nDuration=160\r\n", kind="application/dtmf-relay")
        assert "Signal=7" in other.wait(lambda m: m.startswith("INFO"))
        anna.hang_up(dialog)
        bridge.wait_idle()
    carla.close()


def test_keys_among_the_voice_are_told_by_info_to_who_knows_no_events(
    bridge: Live, phones: Callable[..., Phone]
) -> None:
    """In both directions, and once each."""
    anna, boris = InfoPhone("103", bridge.address), phones("104", bridge)
    assert status(boris.register(password(104), algorithm="MD5")) == 200
    dialog, _ = anna.call("104", password=password(103))
    talking(bridge)
    boris.media.press("9", port_in(boris.heard("INVITE")[0]))
    told = anna.wait(lambda m: m.startswith("INFO"))
    assert "Signal=9" in told and field(told, "Content-Type") == "application/dtmf-relay"
    time.sleep(0.3)
    assert len(anna.heard("INFO")) == 1
    anna.hang_up(dialog)
    bridge.wait_idle()
    anna.close()


@pytest.mark.debian
def test_baresip_hears_a_key_that_was_pressed_by_info(
    bridge: Live, phones: Callable[..., Phone], tmp_path: Path
) -> None:
    with running(tmp_path / "one", 103, bridge.port) as phone:
        bridge.wait_event(ev.DeviceRegistered, 15.0)
        anna = phones("104", bridge)
        dialog, answer = anna.call("103", password=password(104), timeout_s=15.0)
        assert status(answer) == 200
        bridge.wait_note(note.CallAnswered, user=103)
        talking(bridge)
        port = Address("127.0.0.1", port_in(answer).port)
        speaking = threading.Thread(target=anna.media.say, args=(tone(600, 2.0), port))
        speaking.start()
        time.sleep(0.3)
        anna.request(dialog, "INFO", "Signal=5\r\nDuration=160\r\n", kind="application/dtmf-relay")
        phone.wait_log("received event: '5' (end=1)")
        speaking.join()
        anna.hang_up(dialog)
        bridge.wait_idle()
