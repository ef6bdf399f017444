"""A folder of recordings that cannot be written: it is told, and what was said is not lost (R-09.3). With the real rtp.io.

The folder is replaced by a file, which nobody can write into: tests may run as root, which no mode keeps out.
"""

from __future__ import annotations

import logging
import os
import shutil
import time
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest

from live_bridge.media import recording
from live_bridge.media.recording import Recorder, Recording
from live_bridge.media.session import Address, Codec, Media, MediaSession, MediaSettings
from live_bridge.media.sounds import Sounds
from tests.live_bridge.media.telephone import Loop, Telephone, tone
from tests.live_bridge.media.test_recording import speech


@pytest.fixture(scope="module")
def own_media(loop: Loop, sounds: Sounds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Media]:
    folder = tmp_path_factory.mktemp("media")
    media = Media(loop.post, MediaSettings(ports=(21100, 21199), folder=folder), sounds)
    yield media
    media.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "RETRY_S", 0.2)


def block(folder: Path) -> None:
    """Put a file where the folder was."""
    shutil.rmtree(folder)
    folder.write_text("in the way")


def unblock(folder: Path) -> None:
    folder.unlink()


def begun(
    media: Media, loop: Loop, caller: Telephone, name: str, ends: list[Recording]
) -> tuple[MediaSession, Address]:
    session = media.session()
    port = loop.ask(lambda done: session.open(Codec(0, 101), caller.address, done))
    session.record(name, ends.append)
    loop.ask(media.counters)  # the recording has begun
    return session, port


def wait_for(path: Path) -> None:
    end_s = time.monotonic() + 20
    while not path.is_file():
        assert time.monotonic() < end_s, f"{path} is not written"
        time.sleep(0.02)


def test_message_waits_until_the_folder_can_be_written_again(
    own_media: Media, loop: Loop, caller: Telephone, quick: None, caplog: pytest.LogCaptureFixture
) -> None:
    ends: list[Recording] = []
    session, port = begun(own_media, loop, caller, "c1.r1", ends)
    caller.say(tone(600, 1.5), port)
    assert own_media.recordings_problem() == ""
    block(own_media.recordings)
    try:
        session.stop_recording("c1.r1")
        loop.run_until(lambda: bool(ends))
        assert 1_000_000 <= ends[0].length_us <= 2_000_000 and ends[0].reason == "stopped"
        assert "cannot be written" in own_media.recordings_problem()
        assert "tried again" in caplog.text
    finally:
        unblock(own_media.recordings)
    wav = own_media.recordings / "c1.r1.wav"
    wait_for(wav)
    with wave.open(str(wav)) as file:
        assert file.getnframes() >= 8000
    end_s = time.monotonic() + 20
    while own_media.recordings_problem():
        assert time.monotonic() < end_s
        time.sleep(0.02)
    assert list(own_media.recordings.parent.rglob("*.rtp")) == []
    session.delete()


def test_folders_that_were_taken_away_are_made_again(own_media: Media, loop: Loop, caller: Telephone) -> None:
    shutil.rmtree(own_media.recordings)
    shutil.rmtree(own_media.recordings.parent / "spool")
    ends: list[Recording] = []
    session, port = begun(own_media, loop, caller, "c2.r1", ends)
    caller.say(tone(600, 0.5), port)
    session.stop_recording("c2.r1")
    loop.run_until(lambda: bool(ends))
    assert ends[0].path is not None and ends[0].path.is_file() and ends[0].length_us > 300_000
    session.delete()


def test_recording_that_cannot_begin_is_told(
    own_media: Media, loop: Loop, caller: Telephone, caplog: pytest.LogCaptureFixture
) -> None:
    spool = own_media.recordings.parent / "spool"
    block(spool)
    ends: list[Recording] = []
    try:
        with caplog.at_level(logging.ERROR):
            session, port = begun(own_media, loop, caller, "c3.r1", ends)
            caller.say(tone(600, 0.3), port)
            session.stop_recording("c3.r1")
            loop.run_until(lambda: bool(ends))
        assert ends[0].path is None
        assert "spool" in own_media.recordings_problem()
        assert "c3.r1" in caplog.text
        session.delete()
    finally:
        unblock(spool)
    assert own_media.recordings_problem() == ""


def test_packets_of_a_process_that_was_killed_become_a_recording(tmp_path: Path) -> None:
    spool, final = tmp_path / "spool", tmp_path / "recordings"
    for folder in (spool, final):
        folder.mkdir()
    said = speech(600, 0.5, 100.0, 0)
    for raw in (spool / "c4.r1-a.rtp", final / "c5.r1-a.rtp", final / "c5.r1-b.rtp"):
        raw.write_bytes(said)
        os.utime(raw, (1, 1))
    (spool / "c6.r1-a.rtp").write_bytes(b"")
    os.utime(spool / "c6.r1-a.rtp", (1, 1))
    recorder = Recorder(lambda function, *args: function(*args), spool, final)
    recorder.close()
    assert sorted(path.name for path in final.iterdir()) == ["c4.r1.wav", "c5.r1.wav"]
    assert list(spool.iterdir()) == []
    with wave.open(str(final / "c5.r1.wav")) as file:
        assert (file.getnchannels(), file.getnframes()) == (2, 4000)
