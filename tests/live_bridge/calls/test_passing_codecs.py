"""Opus and G.729 between two ends that both have them: passed as they are, and left for G.711 when something is to be heard."""

from __future__ import annotations

import shutil
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.contract import events as ev
from engine.contract import notes as note
from live_bridge.sip.dialog import sdp
from live_bridge.sip.settings import PhoneMedia
from tests.live_bridge.calls.baresip_phone import running
from tests.live_bridge.calls.test_codecs import codec_of
from tests.live_bridge.live import OPERATOR, Live, password
from tests.live_bridge.sip.phone import Dialog, Phone, field, status
from tests.live_bridge.sip.talk import hear_each_other, port_in
from tests.ports import free_port, media_ports

SIPP = Path(__file__).parent / "sipp"
MAPS = {"111": "opus/48000/2", "96": "opus/48000/2", "18": "G729/8000"}
FORMATS = {"111": "useinbandfec=1", "96": "useinbandfec=1", "18": "annexb=no"}
PACKETS = 25


class MixedPhone(Phone):
    """A phone with codecs beside G.711: `speaks`, payload types best first. It refuses offers without any of them."""

    speaks: tuple[str, ...] = ("111", "18", "8")

    def sdp(self, direction: str = "sendrecv", version: int = 1, only: str = "") -> str:
        kinds = (only,) if only else self.speaks
        lines = "".join(
            f"a=rtpmap:{kind} {MAPS[kind]}\r\na=fmtp:{kind} {FORMATS[kind]}\r\n" for kind in kinds if kind in MAPS
        )
        described = super().sdp(direction, version)
        return described.replace(f"RTP/AVP {self.payload} ", f"RTP/AVP {' '.join(kinds)} ") + lines

    def _answer(self, message: str) -> str:
        """The first codec of an offer, if it is one of its own: others than Opus by number, Opus by name."""
        kind = message.split("m=audio ")[1].split()[2]
        return (
            kind
            if kind in self.speaks or (MAPS.get(kind) in [MAPS.get(own) for own in self.speaks] and kind in MAPS)
            else ""
        )

    def _behave(self, dialog: Dialog, invite: str, source: tuple[str, int]) -> None:
        kind = self._answer(invite)
        if not kind:
            self.reply(invite, 488, to=source)
            return
        self.reply(invite, 180, to=source)
        self.reply(invite, 200, self.sdp(only=kind), to=source)

    def _request(self, message: str, source: tuple[str, int], known: bool) -> None:
        if message.startswith("INVITE") and ";tag=" in field(message, "To"):
            kind = self._answer(message)
            if kind:
                self.reply(message, 200, self.sdp(version=9, only=kind), to=source)
            else:
                self.reply(message, 488, to=source)
            return
        super()._request(message, source, known)

    def send_packets(self, kind: int, port: int) -> list[bytes]:
        """Packets of a codec that this phone cannot speak itself; what they carry."""
        said = [bytes([number, kind]) * (number + 5) for number in range(PACKETS)]
        for number, data in enumerate(said):
            head = struct.pack(">BBHII", 0x80, kind, number, number * 960, 7)
            self.media._socket.sendto(head + data, ("127.0.0.1", port))
            time.sleep(0.004)
        return said

    def payloads_of(self, kind: int) -> list[bytes]:
        return [packet[12:] for packet in list(self.media.packets) if packet[1] & 0x7F == kind]


@pytest.fixture
def bridge(start_live: Callable[..., Live]) -> Live:
    """Users with Opus and G.729, but for 105."""
    every = PhoneMedia(codecs=("opus", "G729", "PCMA", "PCMU"))
    return start_live(phones=every, phones_of={105: PhoneMedia()}, algorithms=("MD5",))


MakePhone = Callable[..., MixedPhone]


@pytest.fixture
def make(bridge: Live) -> Iterator[MakePhone]:
    made: list[MixedPhone] = []

    def phone(name: str, *speaks: str, port: int = 0) -> MixedPhone:
        made.append(MixedPhone(name, bridge.address, payload=8, port=port))
        made[-1].speaks = speaks or MixedPhone.speaks
        return made[-1]

    yield phone
    for one in made:
        one.close()


def called(make: MakePhone, number: int, *speaks: str) -> MixedPhone:
    phone = make(str(number), *speaks)
    assert status(phone.register(password(number), algorithm="MD5")) == 200
    return phone


def pass_both_ways(one: MixedPhone, to_one: int, other: MixedPhone, to_other: int, kind: int) -> None:
    """Packets go through as they are; the first ones may come before the relay knows who was called."""
    one.media.forget()
    other.media.forget()
    for sender, port, hearer in ((one, to_one, other), (other, to_other, one)):
        said = sender.send_packets(kind, port)[5:]
        end_s = time.monotonic() + 20
        while hearer.payloads_of(kind)[-len(said) :] != said and time.monotonic() < end_s:
            time.sleep(0.02)
        assert hearer.payloads_of(kind)[-len(said) :] == said


@pytest.mark.parametrize(("first", "kind"), [("111", 111), ("96", 96), ("18", 18)])
def test_codec_of_both_ends_passes_as_it_is(bridge: Live, make: MakePhone, first: str, kind: int) -> None:
    """The called phone is offered the caller's number for it, and each reads the other's parameters."""
    anna, boris = make("103", first, "8"), called(make, 104)
    dialog, answer = anna.call("104", password=password(103))
    assert status(answer) == 200
    offer = boris.heard("INVITE")[0]
    for message in (offer, answer):
        assert codec_of(message) == kind and f"a=rtpmap:{kind} {MAPS[first]}" in message
        assert f"a=fmtp:{kind} {FORMATS[first]}" in message and "telephone-event" in message
    assert len(boris.heard("INVITE")) == 1 and not anna.heard("INVITE")
    pass_both_ways(anna, port_in(answer).port, boris, port_in(offer).port, kind)
    anna.hang_up(dialog)
    bridge.wait_idle()


def test_phone_without_it_gets_the_call_in_g711(bridge: Live, make: MakePhone) -> None:
    anna, boris = make("103"), called(make, 104, "8")
    dialog, answer = anna.call("104", password=password(103))
    assert status(answer) == 200 and codec_of(answer) == 8
    assert [codec_of(offer) for offer in boris.heard("INVITE")] == [111, 8]
    hear_each_other(anna, port_in(answer), boris, port_in(boris.heard("INVITE")[-1]))
    anna.hang_up(dialog)
    bridge.wait_idle()


def test_it_is_offered_only_where_both_ends_are_set_up_for_it(bridge: Live, make: MakePhone) -> None:
    anna, daria = make("103"), called(make, 105)
    dialog, answer = anna.call("105", password=password(103))
    assert codec_of(answer) == 8 and [codec_of(offer) for offer in daria.heard("INVITE")] == [8]
    anna.hang_up(dialog)
    bridge.wait_idle()
    carrier = make("84955551000", port=OPERATOR)
    bridge.driver.submit(ev.OverrideSet(element=5400, mode="match"))
    dialog, answer = carrier.call("78121234567")
    assert status(answer) == 200 and codec_of(answer) == 8, "the greeting answers in ours"
    carrier.hang_up(dialog)
    bridge.wait_idle()


def test_hold_brings_both_back_to_g711_and_the_held_one_hears_music(bridge: Live, make: MakePhone) -> None:
    anna, boris = make("103"), called(make, 104)
    dialog, answer = anna.call("104", password=password(103))
    bridge.wait_inside(lambda controller: all(call.bridged is not None for call in controller.executor.calls.values()))
    held = anna.request(dialog, "INVITE", anna.sdp("sendonly", version=2, only="111"))
    assert status(held) == 200
    back = boris.wait(lambda m: m.startswith("INVITE") and ";tag=" in field(m, "To"))
    assert codec_of(back) == 8
    assert codec_of(anna.wait(lambda m: m.startswith("INVITE"))) == 8
    boris.media.wait_heard(10)
    resumed = anna.request(dialog, "INVITE", anna.sdp(version=3, only="8"))
    assert status(resumed) == 200
    bridge.wait_event(ev.PartyResumed)
    hear_each_other(anna, port_in(answer), boris, port_in(back))
    anna.hang_up(dialog)
    bridge.wait_idle()


@pytest.mark.debian
def test_g729_of_sipp_reaches_a_phone(bridge: Live, make: MakePhone, tmp_path: Path) -> None:
    """SIPp plays frames of G.729 from a file, 20 ms a packet."""
    sipp = shutil.which("sipp")
    assert sipp is not None, "install Debian's sip-tester (SIPp) for this test"
    frames = bytes(range(200)) * 10
    (tmp_path / "speech.g729").write_bytes(frames)
    boris = called(make, 104)
    done = subprocess.run(
        [sipp, f"127.0.0.1:{bridge.port}", "-sf", str(SIPP / "g729_caller.xml"), "-s", "104", "-au", "103", "-ap", password(103),
         "-auth_uri", f"104@127.0.0.1:{bridge.port}", "-i", "127.0.0.1", "-p", str(free_port()), "-mp", str(media_ports(8)[0]),
         "-m", "1", "-nostdin", "-timeout", "30", "-trace_err"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tmp_path, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, "".join(path.read_text() for path in tmp_path.glob("*errors*"))
    bridge.wait_note(note.CallAnswered, user=104)
    assert codec_of(boris.heard("INVITE")[0]) == 18
    heard = boris.payloads_of(18)
    assert len(heard) >= PACKETS and b"".join(heard)[:400] in frames * 2
    bridge.wait_idle()


@pytest.mark.debian
def test_two_phones_of_baresip_speak_opus_with_each_other(bridge: Live, tmp_path: Path) -> None:
    """They speak 48,000 samples a second; a call of one to the greeting is in G.711."""
    opus = {"modules": ("opus",), "account": "audio_codecs=opus/48000/2,PCMA/8000/1", "rate": 48_000, "channels": 2}
    with (
        running(tmp_path / "one", 103, bridge.port, pitch_hz=700, **opus) as one,  # type: ignore[arg-type]
        running(tmp_path / "two", 104, bridge.port, pitch_hz=1500, **opus) as two,  # type: ignore[arg-type]
    ):
        bridge.wait_until(lambda: sum(isinstance(event, ev.DeviceRegistered) for _, event in bridge.journal) == 2)
        one.command("dial", f"sip:104@127.0.0.1:{bridge.port}")
        bridge.wait_note(note.CallAnswered, user=104)
        one.wait_pitch(1500)
        two.wait_pitch(700)
        assert "opus" in two.log.lower()
        assert bridge.driver.ask_inside(lambda c: [call.choice.codec for call in c.executor.calls.values()]) == [
            sdp.OPUS
        ]
        one.command("hangup", "")
        bridge.wait_idle()
