"""A supervisor's own phone rings, and hears a call, whispers and barges in: SIP and sound of three phones (R-19.5)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.ids import CallId
from live_bridge.calls.ringing.device_ringing import NobodyThere
from live_bridge.calls.ringing.supervision import CannotListen
from live_bridge.media.session import Address
from live_bridge.sip.dialog import sdp
from tests.harness import rule
from tests.live_bridge.live import OPERATOR, Live, MakePhone, password, phone_of
from tests.live_bridge.media.telephone import Telephone, level, tone
from tests.live_bridge.sip.phone import Dialog, Phone, field, status
from tests.live_bridge.sip.talk import heard_at, port_in

ANNA, DARIA, CHIEF = 400, 1000, 1700
"""Pitches they speak at."""


class Floor:
    """Users 103 and 104 in talk, and 105 who may listen."""

    def __init__(self, bridge: Live, anna: Phone, daria: Phone, chief: Phone) -> None:
        self.bridge = bridge
        self.anna, self.daria, self.chief = anna, daria, chief
        self.daria.on_invite = [(0.0, 200)]
        self.dialog, answer = self.anna.call("104", password=password(103))
        assert status(answer) == 200
        self.call: CallId = bridge.wait_note(note.CallAnswered, user=104).call
        self.to = {"anna": heard_at(answer), "daria": heard_at(self.daria.called().invite)}

    def listen(self, mode: str = "listen", agent: int | None = 104) -> Dialog:
        self.bridge.driver.supervise(self.call, 105, mode, agent)  # type: ignore[arg-type]
        here = self.chief.called()
        self.chief.reply(here.invite, 200, self.chief.sdp())
        self.chief.wait(lambda m: m.startswith("ACK"))
        self.to["chief"] = heard_at(here.invite)
        return here

    def wait_heard_by(self, *wanted: str) -> None:
        end_s = time.monotonic() + 20
        while not any(one.talking and one.heard_by == wanted for one in self.bridge.driver.supervised()):
            assert time.monotonic() < end_s, self.bridge.driver.supervised()
            time.sleep(0.02)

    @contextmanager
    def speaking(self, length_s: float) -> Iterator[None]:
        pairs = ((self.anna, ANNA, "anna"), (self.daria, DARIA, "daria"), (self.chief, CHIEF, "chief"))
        """At most so long: nobody speaks on after what is done meanwhile."""
        enough = threading.Event()
        threads = [
            threading.Thread(target=phone.media.say, args=(tone(pitch, length_s, peak=0.2), self.to[name], enough))
            for phone, pitch, name in pairs
        ]
        for one in threads:
            one.start()
        yield
        enough.set()
        for one in threads:
            one.join()

    def wait_three_talk(self) -> None:
        """Until each of the three hears the two others."""
        heard = {"anna": {DARIA, CHIEF}, "daria": {ANNA, CHIEF}, "chief": {ANNA, DARIA}}
        found: dict[str, set[int]] = {}
        end_s = time.monotonic() + 15
        while found != heard:
            assert time.monotonic() < end_s, found
            with self.speaking(1.0):
                found = self.hear()

    def hear(self) -> dict[str, set[int]]:
        time.sleep(0.15)
        found = {}
        named = {"anna": self.anna, "daria": self.daria, "chief": self.chief}
        for phone in named.values():
            phone.media.forget()
        time.sleep(0.4)
        for name, phone in named.items():
            samples = phone.media.heard()
            found[name] = {pitch for pitch in (ANNA, DARIA, CHIEF) if level(samples, pitch) > 0.1}
        return found


@pytest.fixture
def floor(bridge: Live, phones: MakePhone) -> Floor:
    return Floor(bridge, *(phone_of(user, phones, bridge) for user in (103, 104, 105)))


@rule("R-19.5")
def test_supervisor_hears_whispers_barges_in_and_leaves_and_no_phone_is_reinvited(floor: Floor) -> None:
    here = floor.listen()
    assert "sip:104@" in field(here.invite, "From"), "the display shows whose call it is"
    floor.wait_heard_by()
    before = {phone: len(phone.heard("INVITE")) for phone in (floor.anna, floor.daria, floor.chief)}
    with floor.speaking(5.0):
        assert floor.hear() == {"anna": {DARIA}, "daria": {ANNA}, "chief": {ANNA, DARIA}}
        floor.bridge.driver.supervise(floor.call, 105, "whisper", 104)
        floor.wait_heard_by("far_side")
        assert floor.hear() == {"anna": {DARIA}, "daria": {ANNA, CHIEF}, "chief": {ANNA, DARIA}}
        floor.bridge.driver.supervise(floor.call, 105, "whisper", 103)
        floor.wait_heard_by("caller")
        assert floor.hear() == {"anna": {DARIA, CHIEF}, "daria": {ANNA}, "chief": {ANNA, DARIA}}
        floor.bridge.driver.supervise(floor.call, 105, "barge", 104)
        floor.wait_heard_by("caller", "far_side")
        assert floor.hear() == {"anna": {DARIA, CHIEF}, "daria": {ANNA, CHIEF}, "chief": {ANNA, DARIA}}
        floor.chief.hang_up(here)
        assert floor.hear() == {"anna": {DARIA}, "daria": {ANNA}, "chief": set()}
    assert {phone: len(phone.heard("INVITE")) for phone in before} == before, "no re-INVITE"
    assert floor.bridge.driver.supervised() == []
    assert floor.bridge.driver.calls_in_progress() == 1, "the call goes on"
    floor.anna.hang_up(floor.dialog)
    floor.bridge.wait_idle()


@rule("R-19.5")
def test_the_supervisors_leg_ends_with_the_call(floor: Floor) -> None:
    floor.listen("barge")
    floor.wait_heard_by("caller", "far_side")
    floor.anna.hang_up(floor.dialog)
    floor.chief.wait(lambda m: m.startswith("BYE"))
    floor.bridge.wait_idle()


@rule("R-19.5")
def test_the_supervisors_leg_ends_when_the_call_is_transferred(floor: Floor, phones: MakePhone) -> None:
    other = phone_of(106, phones, floor.bridge)
    other.on_invite = [(0.0, 200)]
    floor.listen()
    leg = floor.bridge.driver.ask_inside(lambda controller: controller.talking_leg(floor.call))
    assert leg is not None
    floor.bridge.driver.submit(ev.TransferRequested(call=floor.call, to="106", leg=leg))
    floor.chief.wait(lambda m: m.startswith("BYE"))
    floor.bridge.wait_note(note.CallAnswered, user=106)
    floor.anna.hang_up(floor.dialog)
    floor.bridge.wait_idle()


@rule("R-19.5")
def test_only_the_supervisors_own_phones_ring_and_the_second_stops_when_the_first_is_picked_up(
    floor: Floor, phones: MakePhone
) -> None:
    second = phone_of(105, phones, floor.bridge)
    floor.bridge.driver.supervise(floor.call, 105, "listen", None)
    here = floor.chief.called()
    second.reply(second.wait(lambda m: m.startswith("INVITE")), 180)
    floor.chief.reply(here.invite, 200, floor.chief.sdp())
    second.wait(lambda m: m.startswith("CANCEL"))
    assert not any(isinstance(one, note.CallStarted) and one.call != floor.call for one in floor.bridge.notes)
    floor.anna.hang_up(floor.dialog)
    floor.chief.wait(lambda m: m.startswith("BYE"))
    floor.bridge.wait_idle()


@rule("R-19.5")
def test_ringing_stops_when_the_call_ends_and_when_nobody_picks_up(floor: Floor) -> None:
    floor.bridge.driver.supervise(floor.call, 105, "listen", None)
    here = floor.chief.called()
    floor.chief.reply(here.invite, 486)
    end_s = time.monotonic() + 20
    while floor.bridge.driver.supervised() and time.monotonic() < end_s:
        time.sleep(0.02)
    assert floor.bridge.driver.supervised() == []
    floor.bridge.driver.supervise(floor.call, 105, "listen", None)
    again = floor.chief.wait(lambda m: m.startswith("INVITE") and m != here.invite)
    floor.chief.reply(again, 180)
    floor.anna.hang_up(floor.dialog)
    floor.chief.wait(lambda m: m.startswith("CANCEL"))
    floor.bridge.wait_idle()


@rule("R-19.5")
def test_what_cannot_be_listened_to_is_refused_in_words(floor: Floor) -> None:
    listen = floor.bridge.driver.supervise
    with pytest.raises(CannotListen, match="is not talked"):
        listen("none", 105, "listen", None)
    with pytest.raises(NobodyThere, match="no device"):
        listen(floor.call, 106, "listen", None)
    assert floor.bridge.driver.supervised() == []
    floor.listen()
    with pytest.raises(CannotListen, match="105 listens"):
        listen(floor.call, 102, "listen", None)
    assert floor.bridge.driver.stop_supervising(floor.call)
    floor.chief.wait(lambda m: m.startswith("BYE"))
    assert not floor.bridge.driver.stop_supervising(floor.call)
    floor.anna.hang_up(floor.dialog)
    floor.bridge.wait_idle()


@rule("R-19.5", "R-08.5")
def test_queues_leave_a_supervisor_who_listens_alone(floor: Floor) -> None:
    floor.listen()
    kinds = [type(event) for _, event in floor.bridge.journal]
    assert ev.OriginationBegan in kinds and ev.OriginationEnded not in kinds
    assert floor.bridge.driver.stop_supervising(floor.call)
    floor.bridge.wait_event(ev.OriginationEnded)
    floor.anna.hang_up(floor.dialog)
    floor.bridge.wait_idle()


@rule("R-19.5")
def test_with_a_caller_from_outside_the_user_is_whispered_to(bridge: Live, phones: MakePhone) -> None:
    """The side is found without being named: the carrier's caller never hears the supervisor."""
    anna, chief = phone_of(104, phones, bridge), phone_of(105, phones, bridge)
    operator = phones("operator", bridge, port=OPERATOR, payload=sdp.OFFERED.codec)
    operator.on_invite = [(0.0, 200)]
    _, answer = anna.call("89161234567", password=password(104))
    assert status(answer) == 200
    call = bridge.wait_note(note.CallAnswered, number="89161234567").call
    bridge.driver.supervise(call, 105, "whisper", None)
    here = chief.called()
    chief.reply(here.invite, 200, chief.sdp())
    end_s = time.monotonic() + 20
    while not any(one.heard_by == ("caller",) for one in bridge.driver.supervised()):
        assert time.monotonic() < end_s
        time.sleep(0.02)
    speech = [
        threading.Thread(target=phone.media.say, args=(tone(pitch, 1.5), to))
        for phone, pitch, to in (
            (operator, 700, port_in(operator.called().invite)),
            (chief, CHIEF, port_in(here.invite)),
            (anna, ANNA, port_in(answer)),
        )
    ]
    for one in speech:
        one.start()
    for one in speech:
        one.join()
    anna.media.wait_pitch(CHIEF)
    anna.media.wait_pitch(700)
    operator.media.wait_pitch(ANNA)
    assert not operator.media.hears(CHIEF)
    assert isinstance(port_in(answer), Address)
    operator.hang_up(operator.called())
    chief.wait(lambda m: m.startswith("BYE"))
    bridge.wait_idle()


@rule("R-19.5")
@pytest.mark.parametrize("direction", ["sendonly", "inactive"])
def test_phone_that_comes_back_from_hold_hears_the_supervisor_again_and_is_heard(floor: Floor, direction: str) -> None:
    floor.listen("barge")
    floor.wait_heard_by("caller", "far_side")
    floor.wait_three_talk()
    dialog = floor.daria.called()
    held = floor.daria.request(dialog, "INVITE", body=floor.daria.sdp(direction, version=2))
    assert status(held) == 200
    floor.bridge.wait_event(ev.PartyHeld)
    assert [one.talking for one in floor.bridge.driver.supervised()] == [True], "hold ends nothing"
    assert status(floor.daria.request(dialog, "INVITE", body=floor.daria.sdp(version=3))) == 200
    floor.bridge.wait_event(ev.PartyResumed)
    floor.wait_three_talk()
    floor.anna.hang_up(floor.dialog)
    floor.chief.wait(lambda m: m.startswith("BYE"))
    floor.bridge.wait_idle()


@rule("R-19.5")
def test_phone_that_moves_its_media_goes_on_hearing_the_supervisor_there(floor: Floor) -> None:
    """By re-INVITE, as telephones do that change networks."""
    floor.listen("barge")
    floor.wait_heard_by("caller", "far_side")
    dialog, before = floor.daria.called(), floor.daria.media
    floor.daria.media = Telephone(payload=before.payload)
    assert status(floor.daria.request(dialog, "INVITE", body=floor.daria.sdp(version=2))) == 200
    heard = {"anna": {DARIA, CHIEF}, "daria": {ANNA, CHIEF}, "chief": {ANNA, DARIA}}
    try:
        with floor.speaking(8.0):
            end_s = time.monotonic() + 6
            while (found := floor.hear()) != heard:
                assert time.monotonic() < end_s, found
            before.forget()
            floor.hear()
            assert not before.packets, "nothing goes to where it was"
    finally:
        before.close()
    floor.anna.hang_up(floor.dialog)
    floor.bridge.wait_idle()
