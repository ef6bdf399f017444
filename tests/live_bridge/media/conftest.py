from __future__ import annotations

import wave
from collections.abc import Iterator
from pathlib import Path

import pytest

from live_bridge.media.session import Media, MediaSettings
from live_bridge.media.sounds import Sounds
from tests.live_bridge.media.telephone import Loop, Telephone, tone
from tests.ports import media_ports


def write_tone(path: Path, pitch_hz: float, length_s: float, rate: int = 16000) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(tone(pitch_hz, length_s, rate).tobytes())


@pytest.fixture(scope="session")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Sounds:
    folder = tmp_path_factory.mktemp("prompts")
    write_tone(folder / "high.wav", 1000, 1.0)
    write_tone(folder / "low.wav", 400, 1.0)
    write_tone(folder / "beep.wav", 2000, 0.4)
    return Sounds(folder, tmp_path_factory.mktemp("prepared"))


@pytest.fixture(scope="module")
def loop() -> Loop:
    return Loop()


@pytest.fixture(scope="module")
def media(loop: Loop, sounds: Sounds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Media]:
    """One rtp.io for all tests of a file: each stays until the process ends."""
    folder = tmp_path_factory.mktemp("media")
    media = Media(loop.post, MediaSettings(ports=media_ports(200), folder=folder), sounds)
    yield media
    media.close()


@pytest.fixture(autouse=True)
def hang_up(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever calls a test leaves are ended after it."""
    yield
    if "media" in request.fixturenames:
        request.getfixturevalue("media").delete_all()


@pytest.fixture
def caller() -> Iterator[Telephone]:
    telephone = Telephone()
    yield telephone
    telephone.close()


@pytest.fixture
def member() -> Iterator[Telephone]:
    telephone = Telephone()
    yield telephone
    telephone.close()
