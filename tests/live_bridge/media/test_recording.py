"""From packets to sound: what is laid out where, and what damaged files do."""

from __future__ import annotations

import struct
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from live_bridge.media import codecs
from live_bridge.media.recording import file_name, lay_out, read_packets, to_wav
from tests.live_bridge.media.telephone import level, tone


def packet(arrived_s: float, stamp: int, data: bytes, payload: int = 0, source: int = 7, extra: bytes = b"") -> bytes:
    rtp = struct.pack("!BBHII", 0x80, payload, 1, stamp & 0xFFFFFFFF, source) + extra + data
    return struct.pack("<20sdH", b"", arrived_s, len(rtp)) + rtp


def speech(pitch_hz: float, length_s: float, start_s: float, stamp: int, source: int = 7) -> bytes:
    data = codecs.encode(tone(pitch_hz, length_s), codecs.PCMU)
    return b"".join(
        packet(start_s + n / 8000, stamp + n, data[n : n + 160], source=source) for n in range(0, len(data), 160)
    )


def test_packets_are_laid_out_by_time_stamp_in_any_order_and_holes_are_silence() -> None:
    data = codecs.encode(tone(500, 0.06), codecs.PCMU)
    early, middle, late = (packet(n / 50, 4294967200 + n * 160, data[n * 160 : n * 160 + 160]) for n in range(3))
    whole, rate = lay_out(read_packets(early + middle + late)[0])
    assert rate == 8000 and len(whole) == 480
    assert np.array_equal(lay_out(read_packets(early + late + middle + middle)[0])[0], whole), "across the stamp's end"
    holed, _ = lay_out(read_packets(early + late)[0])
    assert len(holed) == 480 and not holed[160:320].any() and np.array_equal(holed[320:], whole[320:])


def test_new_speaker_begins_when_it_arrives() -> None:
    """A transfer: another source with stamps of its own takes over side b."""
    data = speech(500, 1.0, 100.0, 0) + speech(1500, 1.0, 102.0, 999_999_999, source=8)
    laid, _ = lay_out(read_packets(data)[0])
    assert len(laid) == 24000
    assert level(laid[:8000], 500) > 0.2 and not laid[8000:16000].any() and level(laid[16000:], 1500) > 0.2


def test_jump_of_the_stamps_is_no_hour_of_silence() -> None:
    data = speech(500, 0.2, 100.0, 0) + speech(500, 0.2, 100.2, 8000 * 3600)
    assert len(lay_out(read_packets(data)[0])[0]) == 3200


def test_keys_comfort_noise_extensions_and_padding_are_not_sound() -> None:
    voice = codecs.encode(tone(500, 0.02), codecs.PCMU)
    rtp = struct.pack("!BBHII", 0x80 | 0x10 | 0x20 | 1, 0, 1, 0, 7) + bytes(4) + struct.pack("!HH", 1, 1) + bytes(4)
    rtp += voice + b"\0\0\0\4"
    head = struct.pack("<20sdH", b"", 1.0, len(rtp))
    data = head + rtp + packet(1.02, 160, b"\1\2\3\4", payload=101) + packet(1.04, 320, b"x", payload=13)
    found, _ = read_packets(data)
    assert found[0].data == voice and len(lay_out(found)[0]) == 160


def test_two_sides_are_laid_side_by_side_by_their_arrival(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(speech(500, 1.0, 50.0, 0))
    (tmp_path / "b").write_bytes(speech(1500, 1.0, 51.0, 777))
    assert to_wav([tmp_path / "a", tmp_path / "b"], tmp_path / "x.wav") == 2_000_000
    with wave.open(str(tmp_path / "x.wav"), "rb") as file:
        frames = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, 2)
    assert level(frames[:8000, 0], 500) > 0.2 and not frames[8000:, 0].any()
    assert not frames[:8000, 1].any() and level(frames[8000:, 1], 1500) > 0.2


def test_side_with_g722_makes_a_wide_recording(tmp_path: Path) -> None:
    data = codecs.encode(tone(3500, 0.5, 16000), codecs.G722_PAYLOAD)
    packets = b"".join(packet(n / 8000, n, data[n : n + 160], payload=9) for n in range(0, len(data), 160))
    (tmp_path / "a").write_bytes(packets)
    assert to_wav([tmp_path / "a"], tmp_path / "x.wav") == 500_000
    with wave.open(str(tmp_path / "x.wav"), "rb") as file:
        assert file.getframerate() == 16000
        assert level(np.frombuffer(file.readframes(8000), dtype="<i2"), 3500, 16000) > 0.2


def test_nothing_recorded_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(packet(1.0, 0, b"\1\2\3\4", payload=101))
    assert to_wav([tmp_path / "a", tmp_path / "none"], tmp_path / "x.wav") == 0 and not (tmp_path / "x.wav").exists()


@given(st.binary(max_size=400), st.integers(0, 200))
def test_damaged_files_are_read_as_far_as_they_go(noise: bytes, cut: int) -> None:
    good = speech(500, 0.04, 1.0, 0)
    for data in (noise, good[:cut], good + noise):
        packets, used = read_packets(data)
        assert used <= len(data)
        lay_out([one for one in packets if one.payload != 9])


@pytest.mark.parametrize("recording", ["c1.r1", "../../etc/passwd", "", ".hidden", "a b;rm", "звонок"])
def test_any_id_gives_a_harmless_file_name(recording: str) -> None:
    name = file_name(recording)
    assert "/" not in name and not name.startswith(".") and " " not in name and name.endswith(".wav")
