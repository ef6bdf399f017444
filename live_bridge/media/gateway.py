"""Between a browser and a call: encrypted media with path checks outside, plain RTP inside.

A gateway is a session of rtp.io of its own, with two sides, and an agent (`ice_agent.py`) between it and the browser. The agent
answers path checks; the session's outer side answers the DTLS handshake, and en- and decrypts; the inner one looks to a call's
session (`session.py`) like any telephone. So prompts, keys, recordings and transfers know nothing of browsers, ten browsers can
ring at once with keys of their own, and one that changes its call needs no re-INVITE. It costs five more ports of media and two
hops inside this process.

Decides in which order things are told, so that no handshake is ever taken from a certificate nobody vouched for: the DTLS module
works only once the fingerprint is known, and path checks can only succeed from then on. The outer side is bound to the loopback:
from elsewhere nothing comes to it but by the agent. Everything is called and calls back in the bridge's one thread; after
`delete` no callback comes. Leaves descriptions to `secure.py`. Source: rtpproxy's module `dtls_gw` (4); IPv4 only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from engine.numbers.digits import is_digits
from live_bridge.media import ice_agent
from live_bridge.media.ice_agent import Credentials, IceAgent
from live_bridge.media.rtpio import is_refusal
from live_bridge.media.secure import BrowserPeer, Local
from live_bridge.media.session import Address, Media

Done = Callable[[bool], None]

LOOPBACK: Final = "127.0.0.1"

_NOWHERE: Final = Address("0.0.0.0", 0)


class Gateway:
    """Media of one browser's leg. States: new, open (`plain` and `local` are known), met (the browser is known), deleted."""

    def __init__(self, media: Media) -> None:
        self.plain: Address | None = None
        """Where a call's session sends what the browser shall hear."""
        self.local: Local | None = None
        """What goes into the description for the browser."""
        self.peer: BrowserPeer | None = None
        self.wanted: Callable[[], bool] | None = None
        """See `MediaSession.wanted`."""
        self.deleted = False
        self._outside = _NOWHERE
        self._media = media
        self._agent: IceAgent | None = None
        self.name = media.adopt(self)

    def open(self, ready: Done) -> None:
        """Take ports and make keys. `ready(False)`: no port is left, or rtp.io is gone."""

        def inner(answer: str) -> None:
            self.plain = _address(answer)
            if self.plain is None or not self._media.speaks(_NOWHERE.ip):
                ready(False)
                return
            # DTLS is switched on for its fingerprint, and off again until the browser's is known.
            self._update("i", _NOWHERE, ["M4:1 S", "M4:1 U"], outer, bind=f"L{LOOPBACK}")

        def outer(answer: str) -> None:
            media = self._media
            fingerprint, outside = _fingerprint(answer), _address(answer)
            if fingerprint and outside is not None:
                self._outside = outside
                self._agent = ice_agent.bound(media.listen_address(False), media.settings.ports, media.packets)
            if self._agent is not None:
                ip, port = self._agent.local.ip, self._agent.local.port
                own = ice_agent.made()
                self.local = Local(
                    ip=media.settings.public or ip,
                    port=port,
                    fingerprint=fingerprint,
                    ufrag=own.ufrag,
                    password=own.password,
                )
            ready(self.local is not None)

        self._media.send(f"U {self.name} 0.0.0.0 0 to {self._notify}", self._guarded(inner))

    def meet(self, peer: BrowserPeer, done: Done) -> None:
        """The browser said who it is: let it in."""
        self.peer = peer

        def known(answer: str) -> None:
            good = _good(answer) and self._expect(peer)
            done(good)

        inside = _NOWHERE if self._agent is None else self._agent.inside
        self._update("o", inside, [f"M4:1 A SHA-256 {peer.fingerprint}"], known)

    def join(self, inside: Address) -> None:
        """The browser talks to a call's session at `inside` from now on."""
        self._update("i", inside, [], lambda answer: None)

    def restart(self, peer: BrowserPeer, done: Done) -> None:
        """The same browser, by its certificate, comes by another path: check paths again (RFC 8445 section 9) and keep the keys.
        `local` is new when `done(True)` is called."""
        self.peer = peer
        own = ice_agent.made()
        if self.local is not None:
            self.local = msgspec.structs.replace(self.local, ufrag=own.ufrag, password=own.password)
        good = self._expect(peer)
        self._media.post(lambda: None if self.deleted else done(good))

    def delete(self) -> None:
        """Give the ports back."""
        if self.deleted:
            return
        self.deleted = True
        self.wanted = None
        self._gone()
        self._media.send(f"D {self.name} to ti")

    def timed_out(self) -> None:
        """rtp.io dropped the session by itself: the browser never came, or was silent for hours."""
        self.deleted = True
        self._gone()

    def _gone(self) -> None:
        self._media.disown(self.name)
        if self._agent is not None:
            self._agent.close()

    def _expect(self, peer: BrowserPeer) -> bool:
        """Let a browser's checks succeed; whether they can."""
        if self._agent is None or self.local is None:
            return False
        own = Credentials(self.local.ufrag, self.local.password)
        self._agent.expect(own, peer.ufrag, self._outside)
        return True

    # --- rtp.io -------------------------------------------------------------------------------------------------------

    @property
    def _notify(self) -> str:
        return f"{self._media.notify_address} {self.name}"

    def _update(
        self, side: str, remote: Address, parts: list[str], reply: Callable[[str], None], *, bind: str = ""
    ) -> None:
        if self.deleted:
            return
        other = "i" if side == "o" else "o"
        command = f"U{bind} {self.name} {remote.ip} {remote.port} t{side} t{other} {self._notify}"
        self._media.send(" && ".join([command, *parts]), self._guarded(reply))

    def _guarded(self, reply: Callable[[str], None]) -> Callable[[str], None]:
        def answered(answer: str) -> None:
            if not self.deleted:
                reply(answer)

        return answered


def _fingerprint(answer: str) -> str:
    """Of our certificate, from `port ip && actpass SHA-256 fingerprint`; empty for a refusal."""
    words = [part.split() for part in answer.split("&&")]
    return words[1][2] if len(words) > 1 and len(words[1]) == 3 else ""


def _good(answer: str) -> bool:
    """Whether all parts of a command went well: those that did need not be answered for, one that failed is the last."""
    return _address(answer) is not None and not answer.endswith("-1")


def _address(answer: str) -> Address | None:
    """The address in rtp.io's answer to U, None for a refusal."""
    words = answer.partition("&&")[0].split()
    if is_refusal(answer) or not words or not is_digits(words[0]) or words[0] == "0":
        return None
    ip = words[1] if len(words) > 1 else "127.0.0.1"
    return Address("127.0.0.1" if ip == "0.0.0.0" else ip, int(words[0]))
