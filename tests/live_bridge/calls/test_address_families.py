"""Media where the bridge listens on IPv4 and IPv6: both versions in one call, and phones behind address translation on either."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.contract import events as ev
from engine.contract import notes as note
from live_bridge.media.session import Media, MediaSettings
from live_bridge.media.sounds import Sounds
from live_bridge.sip.loop import the_loop
from live_bridge.sip.settings import Listen
from tests.harness import rule
from tests.live_bridge import live
from tests.live_bridge.calls.test_supervision import Floor
from tests.live_bridge.live import OPERATOR, Live, password
from tests.live_bridge.media.telephone import Telephone, tone
from tests.live_bridge.sip.phone import Dialog, Phone, status
from tests.live_bridge.sip.talk import hear_each_other, heard_at
from tests.ports import free_port, media_ports

FOUR, SIX, BEHIND = "127.0.0.1", "::1", "behind address translation"

MakePhone = Callable[..., Phone]


class TranslatedPhone(Phone):
    """A phone at 127.0.0.9 that believes it is at an address nobody can reach."""

    def sdp(self, direction: str = "sendrecv", version: int = 1) -> str:
        """Its description, with its private address and a port that is not the translated one."""
        text = super().sdp(direction, version).replace(f"m=audio {self.media.address.port} ", "m=audio 41000 ")
        return text.replace("127.0.0.9", "192.168.1.50")


@pytest.fixture(scope="module")
def both_media(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Iterator[Media]:
    folder = tmp_path_factory.mktemp("media")
    settings = MediaSettings(listen=(FOUR, SIX), ports=media_ports(600), folder=folder)
    media = Media(the_loop().post, settings, Sounds(root / "datasets" / "prompts", folder / "prepared"))
    yield media
    media.close()


@pytest.fixture
def bridge(both_media: Media, example_path: Path) -> Iterator[Live]:
    """A bridge that listens on both versions; every session is given back after the test."""
    listen = (Listen(host=FOUR, port=free_port()), Listen(host=SIX, port=free_port()))
    settings = live.settings(free_port(), trunk_port=OPERATOR, listen=listen)
    started = live.start(live.example_engine(example_path), settings, both_media)
    yield started
    started.driver.stop()
    assert (len(both_media), both_media.gateways) == (0, 0)


@pytest.fixture
def make(bridge: Live) -> Iterator[MakePhone]:
    """Registered phones of users, by where they are."""
    made: list[Phone] = []
    ports = bridge.driver.ask_inside(lambda board: [line.listen.port for line in board.endpoint.lines])

    def phone(user: int, where: str, payload: int = 0) -> Phone:
        if where == BEHIND:
            made.append(TranslatedPhone(str(user), (FOUR, ports[0]), host="127.0.0.9", payload=payload))
        else:
            made.append(Phone(str(user), (where, ports[where == SIX]), host=where, payload=payload))
        made[-1].on_invite = [(0.0, 180), (0.0, 200)]
        assert status(made[-1].register(password(user))) == 200
        return made[-1]

    yield phone
    for one in made:
        one.close()


def connect(bridge: Live, caller: Phone, called: Phone) -> tuple[Dialog, str, str]:
    """One user calls another: the caller's dialog, and both descriptions of ours."""
    dialog, answer = caller.call(called.name, password=password(int(caller.name)), body=caller.sdp())
    assert status(answer) == 200, answer
    bridge.wait_note(note.CallAnswered, user=int(called.name))
    return dialog, answer, called.called().invite


@pytest.mark.parametrize("one", [FOUR, SIX, BEHIND])
@pytest.mark.parametrize("other", [FOUR, SIX, BEHIND])
def test_users_hear_each_other_wherever_they_are(bridge: Live, make: MakePhone, one: str, other: str) -> None:
    caller, called = make(104, one), make(103, other)
    dialog, answer, invite = connect(bridge, caller, called)
    for phone, said in ((caller, answer), (called, invite)):
        assert (":" in heard_at(said).ip) == (":" in phone.host), "each is offered an address it can reach"
    hear_each_other(caller, heard_at(answer), called, heard_at(invite))
    assert status(caller.hang_up(dialog)) == 200
    bridge.wait_idle()


def test_phones_of_both_versions_ring_at_once_and_either_may_answer(bridge: Live, make: MakePhone) -> None:
    """R-06.10: one user, two devices."""
    caller = make(104, FOUR)
    four, six = make(103, FOUR), make(103, SIX)
    four.on_invite = [(0.0, 180)]
    dialog, answer = caller.call("103", password=password(104), body=caller.sdp())
    assert status(answer) == 200
    hear_each_other(caller, heard_at(answer), six, heard_at(six.called().invite))
    assert status(caller.hang_up(dialog)) == 200
    bridge.wait_idle()


@pytest.mark.parametrize("who", ["caller", "called"])
@pytest.mark.parametrize(("at", "to", "other"), [(FOUR, SIX, SIX), (SIX, FOUR, SIX)])
def test_party_that_moves_to_the_other_version_is_heard_there(
    bridge: Live, make: MakePhone, who: str, at: str, to: str, other: str
) -> None:
    """By re-INVITE, there and back: the other side hears nothing of it."""
    moving, staying = (make(104, at), make(103, other)) if who == "caller" else (make(103, at), make(104, other))
    caller, called = (moving, staying) if who == "caller" else (staying, moving)
    dialog, answer, invite = connect(bridge, caller, called)
    mine = dialog if who == "caller" else called.called()
    stays_at = heard_at(invite if who == "caller" else answer)
    for version, host in enumerate((to, at), start=2):
        moving.media.close()
        moving.media = Telephone(moving.payload, ip=host)
        moved = moving.request(mine, "INVITE", moving.sdp(version=version))
        assert status(moved) == 200, moved
        assert (":" in heard_at(moved).ip) == (":" in host)
        hear_each_other(moving, heard_at(moved), staying, stays_at)
    assert status(caller.hang_up(dialog)) == 200
    bridge.wait_idle()


def test_update_of_the_other_version_is_refused_and_the_call_goes_on(bridge: Live, make: MakePhone) -> None:
    """RFC 3311 section 5.2: an UPDATE has to be answered at once, and ports of the other version take a moment."""
    caller, called = make(104, FOUR), make(103, SIX)
    dialog, answer, invite = connect(bridge, caller, called)
    moved = caller.sdp(version=2).replace("IP4 127.0.0.1", "IP6 ::1")
    assert status(caller.request(dialog, "UPDATE", moved)) == 488
    hear_each_other(caller, heard_at(answer), called, heard_at(invite))
    assert status(caller.hang_up(dialog)) == 200
    bridge.wait_idle()


def test_stranger_who_sends_first_to_either_side_of_a_call_gets_nothing(bridge: Live, make: MakePhone) -> None:
    caller, called = make(104, FOUR), make(103, SIX)
    dialog, answer, invite = connect(bridge, caller, called)
    stranger = Phone("stranger", (FOUR, 9), host="127.0.0.200")
    try:
        speaking = threading.Thread(target=stranger.media.say, args=(tone(500, 0.6), heard_at(answer)))
        speaking.start()
        speaking.join()
        hear_each_other(caller, heard_at(answer), called, heard_at(invite))
        assert stranger.media.packets == []
    finally:
        stranger.close()
    assert status(caller.hang_up(dialog)) == 200
    bridge.wait_idle()


@rule("R-19.5")
@pytest.mark.parametrize("where", [(SIX, FOUR, FOUR), (FOUR, SIX, SIX)], ids=["caller at IPv6", "others at IPv6"])
def test_supervisor_hears_and_is_heard_whoever_of_the_three_is_at_ipv6(
    bridge: Live, make: MakePhone, where: tuple[str, str, str]
) -> None:
    floor = Floor(bridge, *(make(user, at, payload=8) for user, at in zip((103, 104, 105), where, strict=True)))
    floor.chief.on_invite = []
    floor.listen("barge")
    floor.wait_heard_by("caller", "far_side")
    floor.wait_three_talk()
    dialog = floor.daria.called()
    assert status(floor.daria.request(dialog, "INVITE", body=floor.daria.sdp("sendonly", version=2))) == 200
    bridge.wait_event(ev.PartyHeld)
    assert status(floor.daria.request(dialog, "INVITE", body=floor.daria.sdp(version=3))) == 200
    bridge.wait_event(ev.PartyResumed)
    floor.wait_three_talk()
    floor.anna.hang_up(floor.dialog)
    floor.chief.wait(lambda m: m.startswith("BYE"))
    bridge.wait_idle()
