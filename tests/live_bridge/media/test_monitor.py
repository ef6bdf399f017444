"""Listening to a talk of two telephones: what each of three hears, told apart by pitch (R-19.5)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from scipy.io import wavfile

from live_bridge.media import codecs
from live_bridge.media.mixing import Addition, Ear, Mouth, added, at_rate, parted
from live_bridge.media.monitor import Monitor
from live_bridge.media.recording import Recording
from live_bridge.media.session import Address, Codec, Media, Side
from tests.harness import rule
from tests.live_bridge.media.telephone import Loop, Telephone, level, tone

CALLER, MEMBER, LISTENER = 400, 1000, 1700
"""Pitches."""


class Talk:
    """Two telephones in talk, and a third that may listen."""

    def __init__(self, media: Media, loop: Loop, payload: int, listens: int) -> None:
        self.media, self.loop = media, loop
        self.caller, self.member, self.listener = Telephone(payload), Telephone(payload), Telephone(listens)
        self.session, self.own = media.session(), media.session()
        loop.ask(lambda done: self.session.open(Codec(payload, 101), self.caller.address, done))
        loop.ask(lambda done: self.session.connect("b", self.member.address, done))
        loop.ask(lambda done: self.own.open(Codec(listens, 101), self.listener.address, done))
        self.monitor = Monitor(media, self.session, self.own, self.later)

    def later(self, after_s: float, function: Callable[[], None]) -> None:
        threading.Timer(after_s, self.loop.post, (function,)).start()

    def listen(self) -> None:
        assert self.loop.ask(self.monitor.open) is True

    def speak_to(self, *sides: Side) -> bool:
        told = {side: Address("127.0.0.1", 9) for side in sides}  # as a description behind address translation
        return bool(self.loop.ask(lambda done: self.monitor.speak_to(told, done)))

    @contextmanager
    def speaking(self, length_s: float | None = None) -> Iterator[None]:
        """All three speak at once, for so long, or until the block ends."""
        ways = [
            (self.caller, CALLER, self.session.address_for("a")),
            (self.member, MEMBER, self.session.address_for("b")),
            (self.listener, LISTENER, self.own.address_for("a")),
        ]
        over = threading.Event()

        def speak(phone: Telephone, pitch: int, to: Address) -> None:
            said = tone(pitch, length_s or 1.0, codecs.SAMPLE_RATE[phone.payload], 0.2)
            phone.say(said, to)
            while length_s is None and not over.is_set():
                phone.say(said, to)

        threads = [threading.Thread(target=speak, args=way) for way in ways]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            over.set()
            for thread in threads:
                thread.join()

    def wait_heard(self, **wanted: set[int]) -> None:
        """Wait until each hears just this; fails when it does not come to it."""
        end_s = time.monotonic() + 20
        while (found := self.hear()) != wanted:
            assert time.monotonic() < end_s, found

    def hear(self, length_s: float = 0.5) -> dict[str, set[int]]:
        """What each hears from now on."""
        phones = {"caller": self.caller, "member": self.member, "listener": self.listener}
        time.sleep(0.15)  # what is on its way
        for phone in phones.values():
            phone.forget()
        time.sleep(length_s)
        found = {}
        for name, phone in phones.items():
            rate = codecs.SAMPLE_RATE[phone.payload]
            samples = phone.heard()
            found[name] = {pitch for pitch in (CALLER, MEMBER, LISTENER) if level(samples, pitch, rate) > 0.1}
        return found

    def close(self) -> None:
        self.monitor.delete()
        for session in (self.session, self.own):
            session.delete()
        for phone in (self.caller, self.member, self.listener):
            phone.close()


@pytest.fixture
def talk(request: pytest.FixtureRequest, media: Media, loop: Loop) -> Iterator[Talk]:
    payload, listens = getattr(request, "param", (0, 0))
    made = Talk(media, loop, payload, listens)
    yield made
    made.close()
    deadline = time.monotonic() + 20
    while len(media.mixer) or any(thread.name == "mixer" for thread in threading.enumerate()):
        assert time.monotonic() < deadline, "the mixer runs although nobody listens"
        time.sleep(0.01)


@rule("R-19.5")
@pytest.mark.parametrize("talk", [(0, 0), (8, 0), (9, 8), (0, 9)], indirect=True)
def test_listener_hears_both_is_heard_by_none_then_by_one_then_by_both(talk: Talk) -> None:
    both = {CALLER, MEMBER}
    with talk.speaking():
        talk.wait_heard(caller={MEMBER}, member={CALLER}, listener=set())
        talk.listen()
        talk.wait_heard(caller={MEMBER}, member={CALLER}, listener=both)
        assert talk.speak_to("b")
        talk.wait_heard(caller={MEMBER}, member={CALLER, LISTENER}, listener=both)
        assert talk.speak_to("a", "b")
        talk.wait_heard(caller={MEMBER, LISTENER}, member={CALLER, LISTENER}, listener=both)
        assert talk.speak_to("a")
        talk.wait_heard(caller={MEMBER, LISTENER}, member={CALLER}, listener=both)
        talk.monitor.delete()
        talk.wait_heard(caller={MEMBER}, member={CALLER}, listener=set())


@rule("R-19.5")
def test_no_packet_is_lost_or_comes_twice_and_head_and_pace_stay(talk: Talk) -> None:
    """Each packet the caller sent arrives once, in order, of one source, while listening and speaking begin and end."""
    with talk.speaking(4.0):
        time.sleep(0.3)
        talk.listen()
        time.sleep(0.3)
        for sides in (("b",), ("a", "b"), ()):
            assert talk.speak_to(*sides)  # type: ignore[arg-type]
            time.sleep(0.3)
        talk.monitor.delete()
    for phone in (talk.member, talk.caller):
        phone.wait_heard(200)
    for phone, other in ((talk.member, talk.caller), (talk.caller, talk.member)):
        sequence = [int.from_bytes(packet[2:4], "big") for packet in phone.packets]
        assert sequence == list(range(sequence[0], sequence[0] + len(sequence))), "a packet was lost or came twice"
        assert len(sequence) == 200 and {int.from_bytes(p[8:12], "big") for p in phone.packets} == {other.address.port}


@rule("R-19.5", "R-06.9")
def test_a_recording_under_way_has_the_two_sides_and_not_the_listener(talk: Talk) -> None:
    ended: list[Recording] = []
    talk.session.record("monitored.r1", ended.append, both=True)
    with talk.speaking(3.0):
        talk.listen()
        assert talk.speak_to("a", "b")
        time.sleep(1.0)
        talk.monitor.delete()
    talk.session.stop_recording("monitored.r1")
    talk.loop.run_until(lambda: bool(ended))
    assert ended[0].path is not None
    rate, sound = wavfile.read(ended[0].path)
    for channel, own, other in ((0, CALLER, MEMBER), (1, MEMBER, CALLER)):
        samples = np.asarray(sound[:, channel], dtype=np.int16)
        assert level(samples, own, rate) > 0.15
        assert level(samples, other, rate) < 0.01 and level(samples, LISTENER, rate) < 0.01
    assert not list(talk.media.recordings.glob("probe*")), "packets taken for their address are deleted"


@rule("R-19.5")
def test_keys_pass_while_somebody_speaks_and_are_told(talk: Talk) -> None:
    pressed: list[tuple[str, str]] = []
    talk.session.on_digit = lambda side, digit: pressed.append((side, digit))
    with talk.speaking(1.5):
        talk.listen()
        assert talk.speak_to("b")
    talk.caller.press("7", talk.session.address_for("a"))
    talk.loop.run_until(lambda: bool(pressed))
    talk.member.wait_digits("7")
    assert pressed == [("a", "7")]


@rule("R-19.5")
def test_a_talk_that_ends_first_takes_nothing_with_it(talk: Talk) -> None:
    with talk.speaking(1.5):
        talk.listen()
        assert talk.speak_to("a", "b")
        talk.session.delete()
    talk.monitor.delete()
    assert talk.media.gateways == 0


# --- arithmetic -------------------------------------------------------------------------------------------------------


def packets_of(samples: codecs.Samples, payload: int = 0) -> list[bytes]:
    mouth, size = Mouth(payload, 77), codecs.SAMPLE_RATE[payload] // 50
    return [mouth.said(samples[at : at + size]) for at in range(0, len(samples), size)]


def heard_by(ear: Ear, packets: list[bytes]) -> codecs.Samples:
    out = []
    for packet in packets:
        parts = parted(packet)
        assert parts is not None
        ear.hear(parts)
        out.append(ear.take(ear.rate // 50))
    return np.concatenate(out)


def test_a_voice_comes_out_of_its_packets_two_frames_later() -> None:
    said = tone(440, 1.0)
    heard = heard_by(Ear(8000), packets_of(said))
    assert level(heard[320:], 440) > 0.28 and not heard[:320].any()


def test_packets_out_of_order_are_put_right_and_lost_ones_are_silence() -> None:
    packets = packets_of(tone(440, 0.4))
    mixed = packets[:4] + [packets[5], packets[4]] + packets[7:]
    ear = Ear(8000)
    heard = heard_by(ear, mixed)
    straight = heard_by(Ear(8000), packets)
    assert np.array_equal(heard[: 160 * 8], straight[: 160 * 8])
    assert not heard[160 * 8 : 160 * 9].any(), "the one that was lost"


def test_a_new_source_and_a_jump_of_stamps_go_on_at_once() -> None:
    ear = Ear(8000)
    heard_by(ear, packets_of(tone(440, 0.2)))
    later = Mouth(0, 5_000_000)
    again = heard_by(ear, [later.said(tone(440, 0.02)) for _ in range(10)])
    assert np.abs(again[480:]).max() > 5000


def test_what_is_no_voice_passes_as_it_is() -> None:
    addition = Addition()
    keys = bytes([0x80, 101, 0, 1]) + bytes(8) + b"\x07\x0a\x00\xa0"
    assert addition.passed(keys) == keys and addition.passed(b"x") == b"x"
    assert parted(b"\x80\x00" + bytes(3)) is None and parted(bytes([0x90]) + bytes(11)) is None


def test_loud_sums_are_clipped_and_rates_change_without_a_jump() -> None:
    loud = np.full(4, 30_000, dtype=np.int16)
    assert added(loud, loud).tolist() == [32767] * 4 and added(-loud, -loud).tolist() == [-32768] * 4
    assert at_rate(np.array([2, 4, 6, 9], dtype=np.int16), 16_000, 8_000).tolist() == [3, 7]
    assert at_rate(np.array([2, 4], dtype=np.int16), 8_000, 16_000).tolist() == [2, 2, 4, 4]
