"""A browser's path checks answered (ICE, lite), and its packets passed between the path it chose and rtp.io that knows none.

Decides whose packets are taken: those from an address that a check came from whose user name and integrity are right, named by a
candidate or not (peer-reflexive), so that a browser behind any address translation is let in. Ours go to where the last such
check with USE-CANDIDATE came from, or until there is one to the first. So a browser whose address changes in the middle of a call
is followed with its next check, some 3 s later. A check that is not right gets no answer: nobody learns anything.

Leaves encryption to rtp.io. `check`, `from_browser` and `from_rtpio` run in the thread of packets, the rest in the bridge's one
thread. Sources: RFC 8445 (ICE; lite: 2.5, 7.3), RFC 8489 (STUN; short-term credential: 9.1), RFC 7983 (STUN told from others by
the first byte), RFC 7675 (consent: the browser asks, we answer).
"""

from __future__ import annotations

import logging
import secrets
import socket
import struct
from typing import Any, Final

import msgspec
from aioice import stun

from live_bridge.media import ports
from live_bridge.media.latching import Address
from live_bridge.media.packet_thread import PacketThread

log = logging.getLogger(__name__)

LONGEST: Final = 2048
"""Bytes of a packet."""

PATHS: Final = 16
"""Addresses of one browser that are known at a time; the oldest is forgotten for another."""

ROLE_CONFLICT: Final = (487, "Role Conflict")
"""We check no paths, so the browser has to choose (RFC 8445 section 6.1.1)."""


class Credentials(msgspec.Struct, frozen=True):
    """Our user name and password for checks (RFC 8839 section 5.4)."""

    ufrag: str
    password: str


def made() -> Credentials:
    """New ones: 32 bits and 128 bits of chance, where 24 and 128 are wanted."""
    return Credentials(secrets.token_hex(4), secrets.token_hex(16))


class IceAgent:
    """Sockets of one browser's leg. States: bound, expecting (somebody may come), closed."""

    def __init__(self, outer: socket.socket, inner: socket.socket, packets: PacketThread) -> None:
        self.local = Address(*outer.getsockname()[:2])
        """Where the browser sends to."""
        self.inside = Address(*inner.getsockname()[:2])
        """Where rtp.io sends what the browser shall get."""
        self._outer = outer
        self._inner = inner
        self._packets = packets
        self._logins: dict[str, bytes] = {}
        """Our passwords by the user names of checks: those of now, and of before the browser's last change of path."""
        self._paths: dict[Any, None] = {}
        self._far: Any = None
        packets.add(((outer, self.from_browser), (inner, self.from_rtpio)))

    def expect(self, own: Credentials, ufrag: str, gateway: Address) -> None:
        """Take checks of the browser whose user name is `ufrag`; what it sends is for rtp.io at `gateway`."""
        self._inner.connect((gateway.ip, gateway.port))
        self._logins = {
            **dict(list(self._logins.items())[-1:]),
            f"{own.ufrag}:{ufrag}": own.password.encode(),
        }

    def close(self) -> None:
        """Give the ports back."""
        self._packets.remove((self._outer, self._inner))

    # --- in the thread of packets --------------------------------------------------------------------------------------

    def from_browser(self) -> None:
        """Take one packet that came from outside; OSError when there is none."""
        data, source = self._outer.recvfrom(LONGEST)
        if source in self._paths and data and data[0] > 3:
            self._inner.send(data)
        elif data and data[0] <= 3:
            answer = self.check(data, source)
            if answer:
                self._outer.sendto(answer, source)

    def from_rtpio(self) -> None:
        """Take one packet of rtp.io; OSError when there is none."""
        data = self._inner.recv(LONGEST)
        if self._far is not None:
            self._outer.sendto(data, self._far)

    def check(self, data: bytes, source: tuple[Any, ...]) -> bytes:
        """A message of STUN came from `source`: what is answered, nothing to who is not the browser."""
        try:
            asked = stun.parse_message(data)
        except (ValueError, LookupError, struct.error):
            return b""
        password = self._logins.get(asked.attributes.get("USERNAME", ""))
        request = (asked.message_method, asked.message_class) == (stun.Method.BINDING, stun.Class.REQUEST)
        if not request or password is None or not asked.check_message_integrity(password):
            return b""
        answer = stun.Message(asked.message_method, stun.Class.RESPONSE, asked.transaction_id)
        if "ICE-CONTROLLED" in asked.attributes:
            answer.message_class = stun.Class.ERROR
            answer.attributes["ERROR-CODE"] = ROLE_CONFLICT
        else:
            answer.attributes["XOR-MAPPED-ADDRESS"] = source[:2]
            self._checked(source, "USE-CANDIDATE" in asked.attributes)
        answer.add_message_integrity(password)
        return bytes(answer)

    def _checked(self, source: Any, chosen: bool) -> None:
        """A check from `source` was right."""
        if source not in self._paths:
            while len(self._paths) >= PATHS:
                self._paths.pop(next(one for one in self._paths if one != self._far))
            self._paths[source] = None
        if self._far is None or (chosen and source != self._far):
            log.debug("media of a browser goes to %s port %d", *source[:2])
            self._far = source


def bound(host: str, media_ports: tuple[int, int], packets: PacketThread) -> IceAgent | None:
    """An agent with a port of media at `host`; None when none is left."""
    outer = ports.taken(host, media_ports, 1)
    if not outer:
        return None
    inner = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    inner.setblocking(False)
    inner.bind(("127.0.0.1", 0))
    return IceAgent(outer[0], inner, packets)
