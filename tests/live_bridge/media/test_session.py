"""Sessions on the real rtp.io, heard and spoken to over loopback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from live_bridge.media.recording import Recording
from live_bridge.media.session import Address, Codec, Media, MediaSession, MediaSettings, Stats
from live_bridge.media.sounds import Sounds
from tests.live_bridge.media.telephone import PRESS_PACKETS, Loop, Telephone, level, tone

MULAW = Codec(0, 101)
LOUD = 0.2
"""Tones are sent at 0.3 of full scale."""


class Call:
    """One open session with its keys."""

    def __init__(self, media: Media, loop: Loop, caller: Telephone, codec: Codec = MULAW) -> None:
        self.keys: list[tuple[str, str]] = []
        self.session: MediaSession = media.session(on_digit=lambda side, digit: self.keys.append((side, digit)))
        answer = loop.ask(lambda done: self.session.open(codec, caller.address, done))
        assert isinstance(answer, Address)
        self.port: Address = answer


def open_sockets() -> int:
    return len(os.listdir("/proc/self/fd"))


def wait_until(condition: Callable[[], bool], timeout_s: float = 20.0) -> None:
    end_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end_s, f"not in {timeout_s} s"
        time.sleep(0.01)


def both_speak(one: Telephone, to_one: Address, other: Telephone, to_other: Address) -> None:
    speaking = threading.Thread(target=one.say, args=(tone(500, 0.5), to_one))
    speaking.start()
    other.say(tone(1500, 0.5), to_other)
    speaking.join()


def test_caller_hears_the_greeting(media: Media, loop: Loop, caller: Telephone) -> None:
    call = Call(media, loop, caller)
    assert loop.ask(lambda done: call.session.play("a", media.sounds["high.wav"], started=done)) is True
    heard = caller.wait_heard(49)
    assert level(heard, 1000) > LOUD
    assert level(heard, 400) < 0.01
    assert len(caller.packets[0]) == 12 + 160, "20 ms in a packet"


def test_caller_with_g722_hears_the_wide_greeting(media: Media, loop: Loop) -> None:
    wide = Telephone(payload=9)
    call = Call(media, loop, wide, Codec(9, 101))
    call.session.play("a", media.sounds["high.wav"])
    assert level(wide.wait_heard(49), 1000, 16000) > LOUD
    wide.close()


def test_caller_with_alaw_and_without_events_hears_the_greeting(media: Media, loop: Loop) -> None:
    alaw = Telephone(payload=8)
    call = Call(media, loop, alaw, Codec(8))
    call.session.play("a", media.sounds["low.wav"])
    assert level(alaw.wait_heard(49), 400) > LOUD
    alaw.close()


def test_music_loops_until_it_is_stopped(media: Media, loop: Loop, caller: Telephone) -> None:
    call = Call(media, loop, caller)
    call.session.play("a", media.sounds["low.wav"], loop=True)
    assert level(caller.wait_heard(75)[-4000:], 400) > LOUD, "still there after its own length of 1 s"
    assert loop.ask(lambda done: call.session.stop("a", done)) is True
    before = loop.ask(media.counters)["packets transmitted"]
    call.session.stop("a")
    assert loop.ask(media.counters)["packets transmitted"] - before <= 1


def test_second_sound_replaces_the_first(media: Media, loop: Loop, caller: Telephone) -> None:
    call = Call(media, loop, caller)
    call.session.play("a", media.sounds["low.wav"], loop=True)
    caller.wait_heard(10)
    call.session.play("a", media.sounds["high.wav"])
    heard = caller.wait_heard(60)
    assert level(heard[-4000:], 1000) > LOUD and level(heard[-4000:], 400) < 0.05


def test_sound_that_is_not_there_is_refused(media: Media, loop: Loop, caller: Telephone) -> None:
    call = Call(media, loop, caller)
    gone = media.sounds["low.wav"].__class__("gone.wav", media.sounds.prepared / "gone", 1_000_000)
    assert loop.ask(lambda done: call.session.play("a", gone, started=done)) is False


def test_keys_of_both_sides_arrive_once_each(media: Media, loop: Loop, caller: Telephone, member: Telephone) -> None:
    """R-05.3: RFC 4733 events; the other party hears them too."""
    call = Call(media, loop, caller)
    caller.press("1", call.port)
    caller.press("1", call.port)
    caller.press("#", call.port)
    loop.run_until(lambda: len(call.keys) >= 3)
    # The first of a key's three last packets makes it known; the two after it must not reach the member.
    wait_until(lambda: loop.ask(call.session.stats).from_a >= 3 * PRESS_PACKETS)
    assert loop.ask(lambda done: call.session.connect("b", member.address, done)) is not None
    member.press("9", call.session.address_for("b"))
    caller.press("*", call.port)
    loop.run_until(lambda: len(call.keys) >= 5)
    assert call.keys == [("a", "1"), ("a", "1"), ("a", "#"), ("b", "9"), ("a", "*")]
    caller.wait_digits("9")
    member.wait_digits("*")


def test_bridge_passes_sound_both_ways_and_a_transfer_keeps_the_callers_port(
    media: Media, loop: Loop, caller: Telephone, member: Telephone
) -> None:
    call = Call(media, loop, caller)
    announced = call.session.address_for("b")
    assert loop.ask(lambda done: call.session.connect("b", member.address, done)) == call.port
    both_speak(caller, call.port, member, announced)
    assert level(caller.wait_heard(20), 1500) > LOUD
    assert level(member.wait_heard(20), 500) > LOUD

    third = Telephone()
    assert loop.ask(lambda done: call.session.connect("b", third.address, done)) == call.port
    caller.forget()
    member.forget()
    both_speak(caller, call.port, third, announced)
    assert level(caller.wait_heard(20), 1500) > LOUD
    assert level(third.wait_heard(20), 500) > LOUD
    assert len(member.heard()) == 0, "who was replaced hears nothing"
    third.close()


def test_held_caller_hears_music_and_then_the_member_again(
    media: Media, loop: Loop, caller: Telephone, member: Telephone
) -> None:
    call = Call(media, loop, caller)
    loop.ask(lambda done: call.session.connect("b", member.address, done))
    call.session.play("a", media.sounds["low.wav"], loop=True)
    caller.wait_heard(5)
    both_speak(caller, call.port, member, call.session.address_for("b"))
    assert level(caller.heard(), 1500) < 0.02, "the member is not heard under the music"
    loop.ask(lambda done: call.session.stop("a", done))
    caller.forget()
    both_speak(caller, call.port, member, call.session.address_for("b"))
    assert level(caller.wait_heard(20), 1500) > LOUD


def read_wav(recording: Recording) -> tuple[np.ndarray, int]:
    assert recording.path is not None
    with wave.open(str(recording.path), "rb") as file:
        frames = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
        return frames.reshape(-1, file.getnchannels()), file.getframerate()


def test_voice_message_becomes_a_wav_with_what_was_said(media: Media, loop: Loop, caller: Telephone) -> None:
    call = Call(media, loop, caller)
    endings: list[Recording] = []
    call.session.record("call 1.r1", endings.append)
    loop.ask(media.counters)
    beep = caller.wait_heard(19)
    caller.say(tone(700, 1.0), call.port)
    call.session.stop_recording("call 1.r1")
    loop.run_until(lambda: bool(endings))
    frames, rate = read_wav(endings[0])
    assert endings[0].recording == "call 1.r1" and endings[0].reason == "stopped"
    assert rate == 8000 and frames.shape[1] == 1 and 7500 < frames.shape[0] <= 8000, "at most some packets on the way"
    assert endings[0].length_us == frames.shape[0] * 125
    assert level(frames[:, 0], 700) > LOUD
    assert level(beep, 2000) > LOUD, "a beep comes first (R-09.5)"
    assert level(frames[:, 0], 2000) < 0.01, "and is not in the message"
    assert {path.suffix for path in media.recordings.iterdir()} == {".wav"}, "raw packets are gone"
    call.session.stop_recording("call 1.r1")
    loop.ask(media.counters)
    assert len(endings) == 1


def test_recording_of_both_sides_has_the_caller_left_and_the_member_right(
    media: Media, loop: Loop, caller: Telephone, member: Telephone
) -> None:
    call = Call(media, loop, caller)
    loop.ask(lambda done: call.session.connect("b", member.address, done))
    endings: list[Recording] = []
    call.session.record("c2.r1", endings.append, both=True)
    both_speak(caller, call.port, member, call.session.address_for("b"))
    call.session.stop_recording("c2.r1")
    loop.run_until(lambda: bool(endings))
    frames, _ = read_wav(endings[0])
    assert level(frames[:, 0], 500) > LOUD and level(frames[:, 0], 1500) < 0.01
    assert level(frames[:, 1], 1500) > LOUD and level(frames[:, 1], 500) < 0.01


def test_hang_up_ends_a_recording_once_and_keeps_what_was_said(media: Media, loop: Loop, caller: Telephone) -> None:
    call = Call(media, loop, caller)
    endings: list[Recording] = []
    call.session.record("c3.r1", endings.append)
    caller.say(tone(700, 0.4), call.port)
    call.session.delete()
    loop.run_until(lambda: bool(endings))
    assert endings[0].reason == "hangup" and read_wav(endings[0])[0].shape[0] >= 2880
    call.session.record("c3.r2", endings.append)
    loop.run_until(lambda: len(endings) == 2)
    assert endings[1] == Recording("c3.r2", None, 0, "failed"), "a deleted session records nothing, and says so"


def test_recording_ends_at_its_limit(media: Media, loop: Loop, caller: Telephone) -> None:
    call = Call(media, loop, caller)
    endings: list[Recording] = []
    call.session.record("c4.r1", endings.append, max_us=300_000, silence_us=10_000_000)
    caller.say(tone(700, 0.5), call.port)
    loop.run_until(lambda: bool(endings))
    assert endings[0].reason == "limit" and endings[0].length_us > 0


def test_recording_ends_after_silence(media: Media, loop: Loop, caller: Telephone) -> None:
    """R-09.3: silence ends a message; also when the telephone sends silent packets."""
    call = Call(media, loop, caller)
    endings: list[Recording] = []
    call.session.record("c5.r1", endings.append, max_us=60_000_000, silence_us=1_000_000)
    caller.say(np.append(tone(700, 0.6), tone(300, 1.6, peak=0.002)), call.port)
    loop.run_until(lambda: bool(endings))
    frames, _ = read_wav(endings[0])
    assert endings[0].reason == "silence" and level(frames[:4000, 0], 700) > LOUD


def test_recording_in_which_nothing_came_has_no_file(media: Media, loop: Loop, caller: Telephone) -> None:
    call = Call(media, loop, caller)
    endings: list[Recording] = []
    call.session.record("c6.r1", endings.append)
    call.session.stop_recording("c6.r1")
    loop.run_until(lambda: bool(endings))
    assert endings == [Recording("c6.r1", None, 0, "stopped")]


def test_deleted_session_frees_its_ports_and_calls_nobody_back(media: Media, loop: Loop, caller: Telephone) -> None:
    loop.ask(media.counters)
    calls = [Call(media, loop, caller) for _ in range(10)]
    assert loop.ask(media.counters)["active sessions"] == 11 and len(media) == 10
    late: list[object] = []
    for call in calls:
        call.session.play("a", media.sounds["low.wav"], started=late.append)
        call.session.connect("b", None, late.append)
        call.session.delete()
        call.session.play("a", media.sounds["low.wav"], started=late.append)
        call.session.delete()
    assert loop.ask(media.counters)["active sessions"] == 1 and len(media) == 0
    assert late == []


def test_no_free_port_is_told_and_ends_when_a_call_ends(loop: Loop, media: Media, caller: Telephone) -> None:
    """Two hundred ports are 49 calls of two pairs each, and our own keeper; a stranger may hold some of them."""
    loop.ask(media.counters)
    before = open_sockets()
    sessions = [media.session() for _ in range(60)]
    answers = [loop.ask(lambda done, s=s: s.open(Codec(0, 101), caller.address, done)) for s in sessions]
    assert 40 <= sum(answer is not None for answer in answers) <= 49 and answers[-1] is None
    for session in sessions:
        session.delete()
    wait_until(lambda: open_sockets() <= before + 4)
    again = media.session()
    assert loop.ask(lambda done: again.open(Codec(0), caller.address, done)) is not None


def test_ports_of_a_quiet_call_are_freed_although_no_packet_ever_comes(
    loop: Loop, media: Media, caller: Telephone
) -> None:
    """rtp.io closes the sockets of a deleted session only when some other socket gets a packet."""
    loop.ask(media.counters)
    before = open_sockets()
    session = media.session()
    loop.ask(lambda done: session.open(Codec(0), caller.address, done))
    assert open_sockets() == before + 4
    session.delete()
    wait_until(lambda: open_sockets() == before)


def test_stats_count_what_the_caller_sent(media: Media, loop: Loop, caller: Telephone, member: Telephone) -> None:
    call = Call(media, loop, caller)
    loop.ask(lambda done: call.session.connect("b", member.address, done))
    caller.say(tone(700, 0.2), call.port)
    member.wait_heard(10)
    stats = loop.ask(call.session.stats)
    assert isinstance(stats, Stats)
    assert (stats.from_a, stats.from_b, stats.relayed) == (10, 0, 10)


def test_caller_without_offer_is_connected_later(media: Media, loop: Loop, caller: Telephone) -> None:
    session = media.session()
    port = loop.ask(lambda done: session.open(Codec(0, 101), None, done))
    assert loop.ask(lambda done: session.connect("a", caller.address, done)) == session.address_for("b")
    assert session.address_for("a") == port
    session.play("a", media.sounds["high.wav"])
    assert level(caller.wait_heard(20), 1000) > LOUD


def test_calls_deleted_while_they_hear_music_never_stop_the_relay(
    loop: Loop, sounds: Sounds, caller: Telephone, tmp_path: Path
) -> None:
    """A player at work on a stream that is deleted used to lock up rtp.io: once in 20,000 deletions, sooner under load."""
    media = Media(loop.post, MediaSettings(ports=(20300, 20599), folder=tmp_path), sounds)
    for _ in range(100):
        sessions = [media.session() for _ in range(60)]
        for session in sessions:
            loop.ask(lambda done, s=session: s.open(Codec(0, 101), caller.address, done))
            loop.ask(lambda done, s=session: s.play("a", sounds["low.wav"], loop=True, started=done))
        for session in sessions:
            session.delete()
        assert loop.ask(media.counters)["active sessions"] == 1
    media.close()


def test_a_relay_that_stands_still_is_told_once_and_holds_nothing_up(
    loop: Loop, sounds: Sounds, caller: Telephone, tmp_path: Path
) -> None:
    gone: list[str] = []
    media = Media(loop.post, MediaSettings(ports=(20600, 20699), folder=tmp_path), sounds, lambda: gone.append("gone"))
    Call(media, loop, caller)
    assert media.alive
    nobody, line = socket.socketpair()
    line.settimeout(0.2)
    media._rtpio._line = line
    assert loop.ask(media.counters) == {}
    assert loop.ask(media.counters) == {}
    loop.run_until(lambda: bool(gone))
    assert gone == ["gone"] and not media.alive
    media.close()
    nobody.close()


LEFT_BEHIND = """
import pathlib, sys, threading, time
from live_bridge.media.rtpio import RtpIo
folder = pathlib.Path(sys.argv[1])
address, ports = ("127.0.0.1",), (20600, 20699)
rtpio = RtpIo(
    lambda run, *given: run(*given), print, listen=address, ports=ports, spool=folder, final=folder, setup_s=1
)
begun = threading.Event()
rtpio.send(f"U left 127.0.0.1 9 t {rtpio.notify_address} left", lambda answer: begun.set())
assert begun.wait(10)
rtpio._gone = True
rtpio.close()
sessions, looks, end = "", 0, time.monotonic() + 20
while looks < 200 and time.monotonic() < end:
    rtpio._line.send(b"I\\n")
    sessions = rtpio._line.recv(65536).decode().split("active sessions: ")[1].split()[0]
    looks += sessions == "0"
    time.sleep(0.01)
sys.exit(0 if sessions == "0" else f"{sessions} sessions have not timed out")
"""


def test_sessions_of_a_closed_relay_that_time_out_end_no_process(root: Path, tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-c", LEFT_BEHIND, str(tmp_path)],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert told.returncode == 0, told.stderr


def test_after_close_everything_is_refused_and_nothing_hangs(
    media: Media, loop: Loop, caller: Telephone, tmp_path: Path
) -> None:
    other = Media(loop.post, MediaSettings(ports=(20200, 20299), folder=tmp_path), media.sounds)
    other.close()
    other.close()
    session = other.session()
    assert loop.ask(lambda done: session.open(Codec(0), caller.address, done)) is None


@pytest.mark.parametrize("line", ["", "dtmf/", "dtmf/s1/a", "dtmf/s1/c 5", "dtmf/s1/a 55", "dtmf/s1/a D 1 2 0", "s99"])
def test_notification_that_makes_no_sense_is_ignored(media: Media, loop: Loop, caller: Telephone, line: str) -> None:
    call = Call(media, loop, caller)
    media._notified(line)
    assert call.keys == []
