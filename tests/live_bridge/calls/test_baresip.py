"""baresip as a user's phone: an independent implementation registers, is rung, and both sides hear each other."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.contract import events as ev
from engine.contract import notes as note
from live_bridge.media.session import Address
from tests.harness import rule
from tests.live_bridge.calls.baresip_phone import Baresip, running
from tests.live_bridge.live import Live, password
from tests.live_bridge.media.telephone import level, tone
from tests.live_bridge.sip.phone import Phone, status

pytestmark = pytest.mark.debian


@pytest.fixture
def bridge(start_live: Callable[..., Live]) -> Live:
    """A bridge for phones of before RFC 8760, which give up at a challenge with SHA-256."""
    return start_live(algorithms=("MD5",))


@pytest.fixture
def baresip(bridge: Live, tmp_path: Path) -> Iterator[Baresip]:
    """baresip as user 103, answering by itself and saying 1000 Hz."""
    with running(tmp_path, 103, bridge.port) as phone:
        yield phone


@rule("R-23.5", "R-23.6")
def test_baresip_answers_the_call_from_000_and_the_digits_pressed_on_it_sign_in(baresip: Baresip, bridge: Live) -> None:
    bridge.wait_event(ev.DeviceRegistered, 15.0)
    told: queue.Queue[str] = queue.Queue()
    bridge.driver.ring_for_login(103, "2580", told.put)
    baresip.wait_log("Call established")
    baresip.press("2580")
    assert told.get(timeout=15) == "right", baresip.log
    assert "000" in baresip.log
    bridge.wait_idle()


def test_baresip_registers_answers_and_both_hear_each_other(
    baresip: Baresip, bridge: Live, phones: Callable[..., Phone]
) -> None:
    bridge.wait_event(ev.DeviceRegistered, 15.0)
    caller = phones("104", bridge)
    dialog, answer = caller.call("103", password=password(104), timeout_s=15.0)
    assert status(answer) == 200, baresip.log
    bridge.wait_note(note.CallAnswered, user=103)
    port = int(answer.split("m=audio ")[1].split()[0])
    caller.media.say(tone(600, 2.0), Address("127.0.0.1", port))
    assert level(caller.media.wait_heard(60)[-4000:], 1000) > 0.15
    assert status(caller.hang_up(dialog)) == 200
    bridge.wait_idle()
    baresip.wait_pitch(600)


@rule("R-19.5")
def test_baresip_as_a_supervisor_hears_both_sides_and_is_heard_by_the_one_it_whispers_to(
    baresip: Baresip, bridge: Live, phones: Callable[..., Phone]
) -> None:
    """baresip says 1000 Hz; the two in talk 400 and 2200 Hz."""
    bridge.wait_event(ev.DeviceRegistered, 15.0)
    anna, daria = phones("104", bridge), phones("105", bridge)
    assert status(daria.register(password(105), algorithm="MD5")) == 200
    dialog, answer = anna.call("105", password=password(104))
    assert status(answer) == 200
    call = bridge.wait_note(note.CallAnswered, user=105).call
    bridge.driver.supervise(call, 103, "whisper", 105)
    end_s = time.monotonic() + 10
    while not any(one.heard_by == ("far_side",) for one in bridge.driver.supervised()):
        assert time.monotonic() < end_s, baresip.log
        time.sleep(0.05)
    to_daria = daria.called().invite.split("m=audio ")[1].split()[0]
    speaking = threading.Thread(target=daria.media.say, args=(tone(2200, 2.0), Address("127.0.0.1", int(to_daria))))
    speaking.start()
    anna.media.say(tone(400, 2.0), Address("127.0.0.1", int(answer.split("m=audio ")[1].split()[0])))
    speaking.join()
    daria.media.wait_pitch(1000)
    daria.media.wait_pitch(400)
    anna.media.wait_pitch(2200)
    assert not anna.media.hears(1000), "hears nothing of the whispering"
    assert status(anna.hang_up(dialog)) == 200
    bridge.wait_idle()
    end_s = time.monotonic() + 20
    while min(level(baresip.heard()[4000:12000], pitch) for pitch in (400, 2200)) < 0.05 and time.monotonic() < end_s:
        time.sleep(0.1)
    heard = baresip.heard()
    best = [max(level(heard[at : at + 4000], pitch) for at in range(0, len(heard), 4000)) for pitch in (400, 2200)]
    assert min(best) > 0.1, (best, baresip.log)


@rule("R-19.5")
def test_baresip_is_joined_with_the_other_party_of_the_user_it_talks_with(
    baresip: Baresip, bridge: Live, phones: Callable[..., Phone]
) -> None:
    """104 called baresip and 105, and a program joins these two: 105 hears baresip's 1000 Hz, and baresip hears 105."""
    bridge.wait_event(ev.DeviceRegistered, 15.0)
    anna, daria = phones("104", bridge), phones("105", bridge)
    assert status(daria.register(password(105), algorithm="MD5")) == 200
    calls = []
    for user in ("103", "105"):
        assert status(anna.call(user, password=password(104), timeout_s=15.0)[1]) == 200
        calls.append(bridge.wait_note(note.CallAnswered, user=int(user)).call)
    joined = ev.TransferRequested(call=calls[0], to="105", replaces=calls[1])
    bridge.driver.submit(joined)
    anna.wait(lambda m: m.startswith("BYE"))
    again = daria.wait(lambda m: m.startswith("INVITE") and ";tag=" in m.split("\r\nTo:")[1].split("\r\n")[0])
    port = int(again.split("m=audio ")[1].split()[0])
    daria.media.forget()
    daria.media.say(tone(2200, 2.0), Address("127.0.0.1", port))
    daria.media.wait_pitch(1000)
    daria.hang_up(daria.called())
    bridge.wait_idle()
    heard = baresip.heard()
    assert max(level(heard[at : at + 4000], 2200) for at in range(0, len(heard), 4000)) > 0.1
