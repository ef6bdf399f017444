"""Between a browser and a call: encrypted media with path checks outside, plain RTP inside.

A gateway is a session of rtp.io of its own, with two sides. The outer one answers the browser's ICE checks and DTLS handshake,
and en- and decrypts; the inner one looks to a call's session (`session.py`) like any telephone. So prompts, keys, recordings and
transfers know nothing of browsers, ten browsers can ring at once with keys of their own, and one that changes its call needs no
re-INVITE. It costs four more ports and one hop inside this process.

Decides in which order rtp.io hears of things, so that no handshake is ever taken from a certificate nobody vouched for: the DTLS
module works only once the fingerprint is known, and path checks can only succeed from then on. Everything is called and calls
back in the bridge's one thread; after `delete` no callback comes. Leaves descriptions to `secure.py`.
Source: rtpproxy's modules `dtls_gw` (4) and `ice_lite` (5); IPv4 only.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote

import msgspec

from live_bridge.media.rtpio import is_refusal
from live_bridge.media.secure import BrowserPeer, Local
from live_bridge.media.session import Address, Media

Done = Callable[[bool], None]

_NOWHERE = Address("0.0.0.0", 0)


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
        self._inside = _NOWHERE
        self._media = media
        self.name = media.adopt(self)

    def open(self, ready: Done) -> None:
        """Take ports and make keys. `ready(False)`: no port is left, or rtp.io is gone."""

        def inner(answer: str) -> None:
            self.plain = _address(answer)
            if self.plain is None:
                ready(False)
                return
            # DTLS is switched on for its fingerprint, and off again until the browser's is known.
            self._update("i", _NOWHERE, ["M4:1 S", "M4:1 U", "M5:1 S"], outer)

        def outer(answer: str) -> None:
            self.local = self._local(answer)
            ready(self.local is not None)

        self._media.send(f"U {self.name} 0.0.0.0 0 to {self._notify}", self._guarded(inner))

    def meet(self, peer: BrowserPeer, signalling_ip: str, done: Done) -> None:
        """The browser said who it is: let it in. `signalling_ip` is where its SIP comes from."""
        self.peer = peer
        parts = [f"M4:1 A SHA-256 {peer.fingerprint}", *_paths(peer, signalling_ip)]
        self._update("o", _NOWHERE, parts, lambda answer: done(_good(answer)))

    def join(self, inside: Address) -> None:
        """The browser talks to a call's session at `inside` from now on."""
        self._inside = inside
        self._update("i", inside, [], lambda answer: None)

    def restart(self, peer: BrowserPeer, signalling_ip: str, done: Done) -> None:
        """The same browser, by its certificate, comes by another path: check paths again (RFC 8445 section 9) and keep the keys.
        `local` is new when `done(True)` is called."""
        self.peer = peer

        def forgotten(answer: str) -> None:
            self._update("i", self._inside, ["M5:1 S"], offered)

        def offered(answer: str) -> None:
            words = answer.partition("&&")[2].split()
            if self.local is None or not _good(answer) or len(words) < 2:
                done(False)
                return
            self.local = msgspec.structs.replace(self.local, ufrag=words[0], password=words[1])
            self._update("o", _NOWHERE, _paths(peer, signalling_ip), lambda last: done(_good(last)))

        self._update("o", _NOWHERE, ["M5:1 D"], forgotten)

    def delete(self) -> None:
        """Give the ports back."""
        if self.deleted:
            return
        self.deleted = True
        self.wanted = None
        self._media.disown(self.name)
        self._media.send(f"D {self.name} to ti")

    def timed_out(self) -> None:
        """rtp.io dropped the session by itself: the browser never came, or was silent for hours."""
        self.deleted = True
        self._media.disown(self.name)

    # --- rtp.io -------------------------------------------------------------------------------------------------------

    @property
    def _notify(self) -> str:
        return f"{self._media.notify_address} {self.name}"

    def _update(self, side: str, remote: Address, parts: list[str], reply: Callable[[str], None]) -> None:
        if self.deleted:
            return
        other = "i" if side == "o" else "o"
        command = f"U {self.name} {remote.ip} {remote.port} t{side} t{other} {self._notify}"
        self._media.send(" && ".join([command, *parts]), self._guarded(reply))

    def _guarded(self, reply: Callable[[str], None]) -> Callable[[str], None]:
        def answered(answer: str) -> None:
            if not self.deleted:
                reply(answer)

        return answered

    def _local(self, answer: str) -> Local | None:
        """`port ip && actpass SHA-256 fingerprint && 0 && ufrag password c:candidate`."""
        address = _address(answer)
        words = [part.split() for part in answer.split("&&")]
        if address is None or len(words) != 4 or len(words[1]) != 3 or len(words[3]) < 3:
            return None
        candidate = unquote(words[3][2][2:]).split()
        own = candidate[4] if len(candidate) > 4 else address.ip
        return Local(
            ip=self._media.settings.public or own,
            port=address.port,
            fingerprint=words[1][2],
            ufrag=words[3][0],
            password=words[3][1],
        )


def _paths(peer: BrowserPeer, signalling_ip: str) -> list[str]:
    """Parts of a command that let a browser's path checks succeed."""
    return [
        f"M5:1 A {peer.ufrag} {peer.password}",
        *(
            f"M5:1 C {number} 1 UDP {1000 - number} {source.ip} {source.port} typ host"
            for number, source in enumerate(peer.sources(signalling_ip))
        ),
    ]


def _good(answer: str) -> bool:
    """Whether all parts of a command went well: those that did need not be answered for, one that failed is the last."""
    return _address(answer) is not None and not answer.endswith("-1")


def _address(answer: str) -> Address | None:
    """The address in rtp.io's answer to U, None for a refusal."""
    words = answer.partition("&&")[0].split()
    if is_refusal(answer) or not words or not words[0].isdigit() or words[0] == "0":
        return None
    ip = words[1] if len(words) > 1 else "127.0.0.1"
    return Address("127.0.0.1" if ip == "0.0.0.0" else ip, int(words[0]))
