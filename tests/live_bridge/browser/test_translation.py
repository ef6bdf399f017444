"""A browser behind an address translation whose mapping nobody names (symmetric NAT) and is replaced in the middle of a call."""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from aioice import stun

from engine.contract import notes as note
from live_bridge.media.session import Media
from tests.live_bridge.browser.conftest import Web
from tests.live_bridge.browser.test_browser import SAID_HZ, Voice, body, hears_the_browser
from tests.live_bridge.live import password
from tests.live_bridge.sip.phone import Phone

pytestmark = pytest.mark.debian


class Translation:
    """Passes packets between one browser and one port, which sees them come from an address that the browser does not know."""

    def __init__(self) -> None:
        self.inside = self._made("0.0.0.0")
        self.outside = self._made("127.0.0.2")
        self.to = ("127.0.0.1", 0)
        self.username = ""
        """Of the last check that passed."""
        self._browser: tuple[str, int] | None = None
        self._old: list[socket.socket] = []
        self._over = False
        self._thread = threading.Thread(target=self._pass, daemon=True)
        self._thread.start()

    @staticmethod
    def _made(ip: str) -> socket.socket:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.bind((ip, 0))
        made.setblocking(False)
        return made

    def map_anew(self) -> None:
        """The mapping was forgotten: another address and another port from now on, and nothing comes by the old one."""
        self._old.append(self.outside)
        self.outside = self._made("127.0.0.3")

    def _pass(self) -> None:
        while not self._over:
            with selectors.DefaultSelector() as ready:
                for own in (self.inside, self.outside):
                    ready.register(own, selectors.EVENT_READ)
                for key, _ in ready.select(0.05):
                    data, source = key.fileobj.recvfrom(4096)  # type: ignore[union-attr]
                    if key.fileobj is self.inside:
                        self._browser = source
                        self._noted(data)
                        if self.to[1]:
                            self.outside.sendto(data, self.to)
                    elif self._browser is not None:
                        self.inside.sendto(data, self._browser)

    def _noted(self, data: bytes) -> None:
        if data[:1] < b"\x04":
            self.username = stun.parse_message(data).attributes.get("USERNAME", self.username)

    def close(self) -> None:
        self._over = True
        self._thread.join()
        for own in (self.inside, self.outside, *self._old):
            own.close()


@pytest.fixture
def translation() -> Iterator[Translation]:
    made = Translation()
    yield made
    made.close()


def test_browser_behind_a_symmetric_translation_talks_whatever_a_stranger_forges_and_when_its_mapping_changes(
    web: Web, phones: Callable[..., Phone], translation: Translation, live_media: Media
) -> None:
    """RFC 8445 section 7.3.1.3 (peer-reflexive), RFC 7675 (the path changes and consent goes on)."""
    callee = phones("104", web.live, payload=8)
    callee.register(password(104))
    caller = web.phone(103)
    caller.page.evaluate(
        """port => {
            const set = RTCPeerConnection.prototype.setRemoteDescription;
            RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
                const host = /a=candidate:.*/.exec(this.localDescription.sdp)[0].split(" ")[4];
                const [line, real] = /a=candidate:1 1 UDP \\d+ \\S+ (\\d+) typ host/.exec(sdp);
                window.real = Number(real);
                const near = host.includes(":") || host.endsWith(".local") ? "127.0.0.1" : host;
                return set.call(this, { type, sdp: sdp.replace(/(a=candidate:1 1 UDP \\d+) \\S+ \\d+/, `$1 ${near} ${port}`) });
            };
        }""",
        translation.inside.getsockname()[1],
    )
    caller.page.evaluate("void (window.called = phone.call('104'))")
    caller.wait("window.real")
    translation.to = ("127.0.0.1", int(caller.page.evaluate("real")))
    assert caller.page.evaluate("called") == 200
    web.live.wait_note(note.CallAnswered, user=104)
    caller.wait("phone.pc.connectionState === 'connected'")
    voice = Voice(callee, body(callee.called().invite))
    caller.hears(SAID_HZ)
    hears_the_browser(callee)

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.9", 0))
        stranger.setblocking(False)
        forged = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        forged.attributes = {"USERNAME": translation.username, "PRIORITY": 2_130_706_431, "USE-CANDIDATE": None}
        forged.add_message_integrity(b"a password that was guessed")
        stranger.sendto(bytes(forged), translation.to)
        caller.hears_more()
        caller.hears(SAID_HZ)
        with pytest.raises(BlockingIOError):
            stranger.recv(2000)

    translation.map_anew()
    caller.hears_more()
    caller.hears(SAID_HZ)
    callee.media.forget()
    hears_the_browser(callee)
    assert caller.do("stats()")["state"] == "connected"
    voice.stop()
    caller.do("hangUp()")
    web.live.wait_idle()
    assert live_media.gateways == 0
