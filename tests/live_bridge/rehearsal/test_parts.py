"""Parts of a rehearsal by themselves: its clock, its messages and its speech."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.loading.load import load
from live_bridge.media.recording import Packet, lay_out
from live_bridge.media.sounds import Sounds
from live_bridge.rehearsal import bridge, messages
from live_bridge.rehearsal.speech import Speech
from live_bridge.rehearsal.staged_clock import NEVER, StagedClock
from tests.parity.rehearsals import RICH

NOBODY: Any = None
"""The loop: a clock that is set needs none."""


def test_the_clock_stands_still_until_it_is_set() -> None:
    clock = StagedClock(1_000)
    assert clock.now() == clock.now() == 1_000 and clock.drift_us() == 0
    clock.set(5_000)
    assert clock.now() == 5_000
    with pytest.raises(ValueError, match="does not go back"):
        clock.set(4_999)


def test_timers_fall_due_in_order_of_their_instants_and_births_and_never_early() -> None:
    clock = StagedClock(0)
    done: list[str] = []
    clock.later(NOBODY, 20, done.append, "third")
    clock.later(NOBODY, 10, done.append, "first")
    clock.later(NOBODY, 10, done.append, "second")
    clock.later(NOBODY, 5, done.append, "never").cancel()
    assert clock.next_due() == 10 and clock.take() is None
    for at in (10, 20):
        clock.set(at)
        while (timer := clock.take()) is not None:
            timer.function(*timer.arguments)
    assert done == ["first", "second", "third"] and clock.next_due() == NEVER


def test_a_message_comes_back_as_it_was_written() -> None:
    data = messages.write(
        "INFO sip:a@b SIP/2.0", [("CSeq", "4 INFO"), ("Call-ID", "x")], "Signal=1\r\n", "application/dtmf-relay"
    )
    read = messages.read(data)
    assert (read.method, read.number, read.call_id, read.status, read.body) == ("INFO", 4, "x", 0, "Signal=1\r\n")
    reply = messages.read(messages.answer(read, 486, "<sip:a@b>", "t"))
    assert reply.status == 486 and reply.method == "INFO" and reply.get("To").endswith(";tag=t")


def test_what_is_no_message_is_refused() -> None:
    with pytest.raises(ValueError, match="no SIP message"):
        messages.read(b"GET / HTTP/1.1\r\n\r\n")


def test_a_minute_of_speech_is_sent_in_a_moment_and_is_a_minute_in_the_recording() -> None:
    ear, mouth = Speech("127.0.0.1"), Speech("127.0.0.1")
    try:
        count = mouth.say(("127.0.0.1", ear.port), 60_000_000)
        heard = [ear.socket.recv(2000) for _ in range(count)]
    finally:
        ear.close()
        mouth.close()
    packets = [
        Packet(0.0, data[1] & 0x7F, int.from_bytes(data[4:8]), int.from_bytes(data[8:12]), data[12:]) for data in heard
    ]
    samples, rate = lay_out(packets)
    assert count < 150 and len(samples) / rate == pytest.approx(60.0, abs=0.001)


def test_sounds_nobody_has_are_silence_of_their_length(tmp_path: Path) -> None:
    flow = load(RICH)
    made = bridge.sounds(flow, bridge.shipped_prompts(), tmp_path / "prompts", tmp_path / "measured")
    sounds = Sounds(made, tmp_path / "prepared")
    assert sounds["own.wav"].length_us == 3_500_000 and not sounds.check(flow.head.prompts)
    assert sounds.position(2, None, "en") is not None, "the phrases of ours are there too"
