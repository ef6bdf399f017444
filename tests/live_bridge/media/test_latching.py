"""Whose packets a side of a session takes, with real RTP from several hosts of this machine (RFC 7362)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from live_bridge.media import latching
from live_bridge.media.session import Address, Codec, Media, MediaSession, MediaSettings
from live_bridge.media.sounds import Sounds
from tests.live_bridge.media.telephone import Loop, Telephone, tone

MULAW = Codec(0, 101)

Maker = Callable[..., Telephone]


@pytest.fixture
def telephones() -> Iterator[Maker]:
    """Makes telephones, closed after the test."""
    made: list[Telephone] = []

    def make(ip: str) -> Telephone:
        made.append(Telephone(ip=ip))
        return made[-1]

    yield make
    for telephone in made:
        telephone.close()


@pytest.fixture(scope="module", params=["one address", "two addresses"])
def any_media(
    request: pytest.FixtureRequest, loop: Loop, sounds: Sounds, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Media]:
    """rtp.io with one listening address, and with one of each family: it is told to latch differently."""
    listen = ("127.0.0.1",) if request.param == "one address" else ("127.0.0.1", "::1")
    ports = (20700, 20899) if len(listen) == 1 else (20900, 21099)
    media = Media(loop.post, MediaSettings(listen=listen, ports=ports, folder=tmp_path_factory.mktemp("media")), sounds)
    yield media
    media.close()


def music_for(media: Media, loop: Loop, says: Address, source: str) -> tuple[MediaSession, Address]:
    """A session whose caller hears music, and where the caller sends to."""
    session = media.session()
    port = loop.ask(lambda done: session.open(MULAW, says, done, signalled_from=source))
    assert isinstance(port, Address)
    loop.ask(lambda done: session.play("a", media.sounds["low.wav"], loop=True, started=done))
    return session, port


def heard(telephone: Telephone, packets: int, within_s: float = 4.0) -> bool:
    """Whether at least so many packets have come, or come in time: a loaded machine may be late."""
    end_s = time.monotonic() + within_s
    while len(telephone.packets) < packets and time.monotonic() < end_s:
        time.sleep(0.02)
    return len(telephone.packets) >= packets


def hears(telephone: Telephone) -> bool:
    """Whether the music goes to it now."""
    telephone.forget()
    return heard(telephone, 20)


def packets_in(telephone: Telephone, seconds: float = 0.5) -> int:
    telephone.forget()
    time.sleep(seconds)
    return len(telephone.packets)


def test_stranger_who_speaks_first_gets_nothing(any_media: Media, loop: Loop, telephones: Maker) -> None:
    caller, stranger = telephones("127.0.0.2"), telephones("127.0.0.200")
    session, port = music_for(any_media, loop, caller.address, "127.0.0.2")
    stranger.say(tone(500, 0.4), port)
    assert packets_in(stranger) == 0
    assert hears(caller)
    caller.say(tone(500, 0.2), port)
    stranger.say(tone(500, 0.4), port)
    assert packets_in(stranger) == 0 and hears(caller)
    session.delete()


@pytest.mark.parametrize("says", ["192.168.1.50", "127.0.0.77", "203.0.113.9", "127.0.0.2"])
def test_phone_behind_translation_hears_whatever_address_it_writes(
    any_media: Media, loop: Loop, telephones: Maker, says: str
) -> None:
    caller, stranger = telephones("127.0.0.2"), telephones("127.0.0.200")
    session, port = music_for(any_media, loop, Address(says, 41000), "127.0.0.2")
    stranger.say(tone(500, 0.2), port)
    caller.say(tone(500, 0.2), port)
    assert hears(caller), "its own packets tell where it is"
    stranger.say(tone(500, 0.2), port)
    assert hears(caller) and packets_in(stranger) == 0
    session.delete()


def test_nobody_takes_a_side_before_its_party_answers(any_media: Media, loop: Loop, telephones: Maker) -> None:
    caller, member, stranger = telephones("127.0.0.2"), telephones("127.0.0.3"), telephones("127.0.0.200")
    session, port = music_for(any_media, loop, caller.address, "127.0.0.2")
    session.stop("a")
    to_member = session.address_for("b")
    stranger.say(tone(500, 0.2), to_member)
    loop.ask(lambda done: session.connect("b", member.address, done, signalled_from="127.0.0.3"))
    stranger.say(tone(500, 0.2), to_member)
    member.say(tone(500, 0.1), to_member)
    for one in (member, stranger):
        one.forget()
    caller.say(tone(700, 0.3), port)
    assert heard(member, 14) and stranger.packets == []
    session.delete()


def test_side_opens_to_the_first_source_after_a_while_and_never_changes_back(
    any_media: Media, loop: Loop, telephones: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(latching, "LEARN_S", 1.5)
    elsewhere, proxy, stranger = telephones("127.0.0.7"), telephones("127.0.0.8"), telephones("127.0.0.200")
    session, port = music_for(any_media, loop, Address("192.168.1.50", 41000), "127.0.0.8")
    elsewhere.say(tone(500, 0.2), port)
    assert packets_in(elsewhere, 0.2) == 0, "not yet"
    time.sleep(1.5)
    elsewhere.say(tone(500, 0.4), port)
    assert hears(elsewhere)
    for late in (proxy, stranger):
        late.say(tone(500, 0.3), port)
        assert packets_in(late, 0.2) == 0
    assert hears(elsewhere)
    session.delete()


def test_side_whose_signalling_and_description_agree_never_opens(
    any_media: Media, loop: Loop, telephones: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(latching, "LEARN_S", 0.3)
    caller, stranger = telephones("127.0.0.2"), telephones("127.0.0.200")
    session, port = music_for(any_media, loop, caller.address, "127.0.0.2")
    stranger.say(tone(500, 1.0), port)
    assert packets_in(stranger) == 0 and hears(caller)
    session.delete()


def test_next_party_takes_the_place_of_one_behind_translation(any_media: Media, loop: Loop, telephones: Maker) -> None:
    """Who left is neither heard nor hears; who comes may be behind translation, too."""
    caller, first, second = telephones("127.0.0.2"), telephones("127.0.0.3"), telephones("127.0.0.4")
    session, port = music_for(any_media, loop, caller.address, "127.0.0.2")
    session.stop("a")
    to_member = session.address_for("b")
    loop.ask(lambda done: session.connect("b", Address("192.168.1.3", 4000), done, signalled_from="127.0.0.3"))
    first.say(tone(500, 0.2), to_member)
    caller.say(tone(700, 0.2), port)
    assert heard(first, 6)
    loop.ask(lambda done: session.connect("b", Address("192.168.1.4", 4000), done, signalled_from="127.0.0.4"))
    first.say(tone(500, 0.2), to_member)
    second.say(tone(500, 0.2), to_member)
    first.forget()
    caller.say(tone(700, 0.3), port)
    assert heard(second, 14) and first.packets == []
    session.delete()


def test_party_that_leaves_hears_nothing_more(any_media: Media, loop: Loop, telephones: Maker) -> None:
    caller, member = telephones("127.0.0.2"), telephones("127.0.0.3")
    session, port = music_for(any_media, loop, caller.address, "127.0.0.2")
    session.stop("a")
    loop.ask(lambda done: session.connect("b", member.address, done))
    caller.say(tone(700, 0.2), port)
    assert heard(member, 6)
    loop.ask(lambda done: session.connect("b", None, done))
    member.forget()
    caller.say(tone(700, 0.2), port)
    assert member.packets == []
    loop.ask(lambda done: session.connect("b", member.address, done))
    caller.say(tone(700, 0.2), port)
    assert heard(member, 6), "it may come back"
    session.delete()


def test_codec_change_moves_nobody(any_media: Media, loop: Loop, telephones: Maker) -> None:
    """An update that names the same party leaves it where it was heard, and nobody else can take its place then."""
    caller, stranger = telephones("127.0.0.2"), telephones("127.0.0.2")
    said = Address("192.168.1.50", 41000)
    session, port = music_for(any_media, loop, said, "127.0.0.2")
    caller.say(tone(500, 0.2), port)
    session.codec = Codec(0, 96)
    loop.ask(lambda done: session.connect("a", said, done, signalled_from="127.0.0.2"))
    stranger.say(tone(500, 0.2), port)
    assert hears(caller) and packets_in(stranger) == 0, "not even from the same host"
    session.delete()


def test_sockets_are_found_among_many(media: Media, loop: Loop, tmp_path: Path, telephones: Maker) -> None:
    """Descriptors come and go between sessions; each session's sockets are guarded all the same."""
    caller, stranger = telephones("127.0.0.2"), telephones("127.0.0.200")
    held = [(tmp_path / str(number)).open("w") for number in range(200)]
    sessions = [music_for(media, loop, caller.address, "127.0.0.2")[0] for _ in range(10)]
    for file in held[::3]:
        file.close()
    for session in sessions[::2]:
        session.delete()
    last, port = music_for(media, loop, caller.address, "127.0.0.2")
    stranger.say(tone(500, 0.2), port)
    assert packets_in(stranger, 0.2) == 0
    for file in held:
        file.close()
    for session in [*sessions, last]:
        session.delete()
