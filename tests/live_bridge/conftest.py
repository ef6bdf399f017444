from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from live_bridge.media.session import Media, MediaSettings
from live_bridge.media.sounds import Sounds
from live_bridge.sip.loop import the_loop
from tests.live_bridge import live
from tests.live_bridge.api.test_api import Api
from tests.live_bridge.certificates import Certificate, make_certificate
from tests.live_bridge.live import OPERATOR, Live
from tests.live_bridge.sip.phone import Phone
from tests.ports import free_port, media_ports


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate for 127.0.0.1."""
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="session")
def live_media(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Iterator[Media]:
    folder = tmp_path_factory.mktemp("media")
    media = Media(
        the_loop().post,
        MediaSettings(ports=media_ports(1000), folder=folder),
        Sounds(root / "datasets" / "prompts", folder / "prepared"),
    )
    yield media
    media.close()


@pytest.fixture
def phones() -> Iterator[Callable[..., Phone]]:
    """Make phones that are put away after the test."""
    made: list[Phone] = []

    def make(name: str, bridge: Live, **options: Any) -> Phone:
        phone = Phone(name, bridge.address, **options)
        made.append(phone)
        return phone

    yield make
    for phone in made:
        phone.close()


@pytest.fixture
def start_live(live_media: Media, example_path: Path, phones: Callable[..., Phone]) -> Iterator[Callable[..., Live]]:
    """Start a bridge on a port of its own; it is stopped after the test, and gives every media session back then. Phones are
    put away after it: they answer its last words."""
    started: list[Live] = []

    def begin(engine: Any = None, *, parts: dict[str, Any] | None = None, **changes: Any) -> Live:
        bridge = live.start(
            engine or live.example_engine(example_path),
            live.settings(free_port(), trunk_port=OPERATOR, **changes),
            live_media,
            **(parts or {}),
        )
        started.append(bridge)
        return bridge

    yield begin
    for bridge in started:
        bridge.driver.stop()
    assert len(live_media) == 0, "media sessions are left of calls that are over"


@pytest.fixture
def bridge(start_live: Callable[..., Live]) -> Live:
    """A bridge with the example PBX."""
    return start_live()


@pytest.fixture
def operator(phones: Callable[..., Phone], bridge: Live) -> Phone:
    """The operator of both trunks, on the one port the bridge takes its calls from."""
    return phones("84955551000", bridge, port=OPERATOR)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """A bridge with its API, for this test alone."""
    made = Api(tmp_path)
    yield made
    made.close()


@pytest.fixture
def text(api: Api) -> str:
    """The document it started with."""
    return Path(api.service.config.pbx).read_text(encoding="utf-8")
