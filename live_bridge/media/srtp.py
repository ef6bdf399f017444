"""Between a phone that encrypts (SRTP, keys by `sdes.py`) and a call's session, which is of plain RTP.

Each leg that encrypts has an `Encryptor`: an outer pair of sockets for the phone, and an inner pair that looks to a call's
session like a phone that speaks plain RTP.

Decides whose packets are taken: those that the far end's key authenticates, from wherever they come, and none else; ours go where
the last one came from, or to the address of the description until then. A key that was used stays with its leg: a new key of the
far end takes effect at once, ours does not change. Ports are of the range of media. Everything but the thread's own loop is
called in the bridge's one thread, and calls back there; after `delete` nothing does. Sources: RFC 3711 (SRTP), RFC 4568, RFC
4961.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable
from typing import Any, Final

from pylibsrtp import Error, Policy, Session

from live_bridge.media import ports, sdes
from live_bridge.media.session import Address, Media

Done = Callable[[bool], None]

LATE: Final = 1024
"""Packets that one may be behind the newest and still be taken."""

LONGEST: Final = 2048
"""Bytes of a packet."""


def _context(key: sdes.Key, kind: int) -> Session:
    """What encrypts, or decrypts, by a key."""
    profiles = (Policy.SRTP_PROFILE_AES128_CM_SHA1_80, Policy.SRTP_PROFILE_AES128_CM_SHA1_32)
    policy = Policy(key=key.secret, ssrc_type=kind, srtp_profile=profiles[sdes.SUITES.index(key.suite)])
    policy.allow_repeat_tx = True
    policy.window_size = LATE
    return Session(policy)


class _Way:
    """RTP or RTCP of one leg: an outer and an inner socket and where each sends. Its methods run in the thread of packets."""

    __slots__ = ("outer", "inner", "far", "inside", "protect", "unprotect", "control")

    def __init__(self, outer: socket.socket, inner: socket.socket, control: bool) -> None:
        self.outer = outer
        self.inner = inner
        self.control = control
        self.far: Any = None
        self.inside: Any = None
        self.protect: Callable[[bytes], bytes] | None = None
        self.unprotect: Callable[[bytes], bytes] | None = None

    def from_phone(self) -> None:
        data, source = self.outer.recvfrom(LONGEST)
        if self.unprotect is None:
            return
        try:
            plain = self.unprotect(data)
        except Error:  # not of the far end, or a repetition
            return
        self.far = source
        if self.inside is not None:
            self.inner.sendto(plain, self.inside)

    def from_session(self) -> None:
        data, source = self.inner.recvfrom(LONGEST)
        if self.protect is None or self.far is None or source != self.inside:
            return
        with contextlib.suppress(Error):  # what is no RTP at all
            self.outer.sendto(self.protect(data), self.far)


class Encryptor:
    """Media of one leg that encrypts. States: new, open (`plain` and `local` are known), deleted. It stands where a `Relay`
    does."""

    def __init__(self, media: Media, six: bool, offered: sdes.Key | None = None) -> None:
        self.plain: Address | None = None
        """Where a call's session sends what the phone shall hear."""
        self.local: Address | None = None
        """What goes into the description for the phone."""
        self.key = sdes.made(offered)
        """What we encrypt with."""
        self.wanted: Callable[[], bool] | None = None
        """See `MediaSession.wanted`."""
        self.deleted = False
        self.six = six
        """Whether the phone's side is of IPv6."""
        self._media = media
        self._theirs: sdes.Key | None = None
        self._remote: Address | None = None
        self._ways: list[_Way] = []
        self.name = media.adopt(self)

    def open(self, ready: Done) -> None:
        """Take ports; `ready` is called a moment later. False: none is left."""
        self._ways = self._bound()
        if self._ways:
            port = self._ways[0].outer.getsockname()[1]
            settings = self._media.settings
            host = self._media.listen_address(self.six)
            self.local = Address(host if self.six else settings.public or host, port)
            self.plain = Address("127.0.0.1", self._ways[0].inner.getsockname()[1])
            if self._media.six:
                self.plain = Address("::1", self.plain.port)
            for way in self._ways:
                session = _context(self.key, Policy.SSRC_ANY_OUTBOUND)
                way.protect = session.protect_rtcp if way.control else session.protect
                self._media.packets.add(((way.outer, way.from_phone), (way.inner, way.from_session)))
        self._media.post(lambda: None if self.deleted else ready(bool(self._ways)))

    def meet(self, remote: Address, key: sdes.Key | None) -> None:
        """The phone listens at `remote`, and encrypts with `key` from now on."""
        changed = key is not None and key != self._theirs
        self._theirs = key or self._theirs
        for way in self._ways:
            if changed and self._theirs is not None:
                session = _context(self._theirs, Policy.SSRC_ANY_INBOUND)
                way.unprotect = session.unprotect_rtcp if way.control else session.unprotect
            if remote != self._remote:
                way.far = _written(Address(remote.ip, remote.port + way.control))
        self._remote = remote

    def join(self, inside: Address) -> None:
        """The phone talks to a call's session at `inside` from now on."""
        for way in self._ways:
            way.inside = _written(Address(inside.ip, inside.port + way.control))

    def delete(self) -> None:
        """Give the ports back."""
        if self.deleted:
            return
        self.deleted = True
        self.wanted = None
        self._media.disown(self.name)
        for way in self._ways:
            self._media.packets.remove((way.outer, way.inner))

    def timed_out(self) -> None:
        """rtp.io knows nothing of it."""

    def _bound(self) -> list[_Way]:
        """Sockets for RTP and RTCP; none when no port is free."""
        wanted = self._media.settings.ports
        outer = ports.taken(self._media.listen_address(self.six), wanted, 2)
        inner = ports.taken("::1" if self._media.six else "127.0.0.1", wanted, 2) if outer else ()
        if not inner:
            for own in outer:
                own.close()
            return []
        return [_Way(outer[0], inner[0], False), _Way(outer[1], inner[1], True)]


def _written(address: Address) -> Any:
    """An address as sockets have it."""
    return (address.ip, address.port, 0, 0) if ":" in address.ip else (address.ip, address.port)
