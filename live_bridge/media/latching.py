"""Who a side of a session is: from where its packets are taken, and where ours go.

A phone behind address translation writes an address nobody can reach, so rtp.io sends to wherever packets come from (latching).
By itself it takes anybody's, and whoever sends first gets the audio. Decides, for each side of each session:

- **nobody there**: nothing is taken, so no packet of before the answer can claim the side.
- **known**: packets are taken from the hosts that signalling named, any port of them: the host of the session description, and
  the host its SIP message came from. The first one is who the side is.
- **open**: nothing came from these hosts for `LEARN_S`, and the description's host is not the one signalling came from, so that
  it may be wrong. The first packet from anywhere is who the side is, and only its host is listened to from then on.

None goes back; only another party on the side, or one that moves by a new description, begins again. Where signalling and the
description name the same host, the side never opens. Runs in the thread of rtp.io's commands. Leaves the filters themselves to
`packet_filter.py`. Sources: RFC 7362 sections 4 and 5 (latching, restricted), rtpproxy's flags S and A, and that it takes any
source for `UPDATE_S` after an update: so an address is written again only when it changes, or when nothing has come from its
party.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
import time
from collections.abc import Callable
from typing import Final

import msgspec

from engine.numbers.digits import is_digits
from live_bridge.media import packet_filter

log = logging.getLogger(__name__)

LEARN_S: Final = 5.0
"""How long packets are awaited from the hosts that signalling named before others are taken."""

UPDATE_S: Final = 10.0
"""For so long after an update rtp.io lets a side that it knew move to another source (its UPDATE_WINDOW)."""

LOOK_S: Final = 0.1
SLOW_LOOK_S: Final = 1.0
"""How often it is looked whether a side has been heard that is being learned: open ones often, as they are to be closed."""

Ask = Callable[[str], str]
"""One command to rtp.io and its answer."""


def is_refusal(answer: str) -> bool:
    """Whether an answer of rtp.io is an error.

    >>> is_refusal("E50"), is_refusal(""), is_refusal("0"), is_refusal("20060 127.0.0.1")
    (True, True, False, False)
    """
    return answer == "" or answer.startswith("E")


class Address(msgspec.Struct, frozen=True):
    """Where RTP goes: an IP address as text and a UDP port."""

    ip: str
    port: int


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One update of a session: who is on `side` from now on, and what else the command says."""

    name: str
    side: str
    """`a` or `b`."""
    ip: str = ""
    port: int = 0
    """Where the party wants to receive; empty: nobody is there."""
    hosts: tuple[str, ...] = ()
    """Where its packets may come from."""
    certain: bool = True
    """Whether packets come from nowhere else: signalling and description name the same host."""
    flags: str = ""
    """Flags of the command besides the address's own."""
    six: bool = False
    """Whether the session's addresses are of IPv6."""
    bind: str = ""
    """Local address of the socket that this creates; empty: the session's own."""
    rest: str = ""
    """What follows the tags."""


def order(
    name: str, side: str, remote: Address | None, signalled_from: str | None, *,
    flags: str = "", six: bool = False, bind: str = "", rest: str = "",
) -> Order:  # fmt: skip
    """The order that puts `remote`, who signals from a host, on a side of a session.

    >>> order("s1", "a", Address("192.168.1.5", 4000), "203.0.113.7").certain
    False
    """
    source = (signalled_from or "").strip("[]")
    ip, port = ("", 0) if remote is None else (remote.ip.strip("[]"), remote.port)
    hosts = tuple(dict.fromkeys(host for host in (ip, source) if _is_numeric(host))) if ip else ()
    return Order(
        name=name,
        side=side,
        ip=ip,
        port=port,
        hosts=hosts,
        certain=len(hosts) < 2,
        flags=flags,
        six=six,
        bind=bind,
        rest=rest,
    )


def _is_numeric(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


class _Side:
    """One side of a session."""

    __slots__ = ("ip", "port", "hosts", "certain", "sockets", "version", "used", "locked", "opened", "order", "last",
                 "count", "begun_s", "written_s", "look_s")  # fmt: skip

    def __init__(self) -> None:
        self.ip = ""
        self.port = 0
        self.hosts: tuple[str, ...] | None = ()
        self.certain = True
        self.sockets: tuple[int, ...] | None = None
        """Descriptors of its RTP and RTCP sockets; empty when they were not found."""
        self.version = 4
        self.used = False
        """Whether rtp.io had an address for it before."""
        self.locked = False
        """Whether only the host that was heard is listened to."""
        self.opened = False
        self.order: Order | None = None
        """What is repeated while it is being learned; None when it is not."""
        self.last: Order | None = None
        """What was said of it last."""
        self.count = 0
        self.begun_s = self.written_s = self.look_s = 0.0


Key = tuple[str, str]
"""Session and side."""


class Latches:
    """All sides of all sessions of one rtp.io. `listen` is the address that a socket is bound to when rtp.io names none."""

    def __init__(self, listen: str, now_s: Callable[[], float] = time.monotonic) -> None:
        self._listen = listen
        self._nobody = {ip: _discard(ip) for ip in ("127.0.0.1", "::1")}
        """Sockets that take nothing: where the audio of a side goes whose party has left."""
        self._now_s = now_s
        self._sides: dict[Key, _Side] = {}
        self._ways: dict[Key, str] = {}
        """Sides whose sound goes to a packet port first, and its address and number; see `divert`."""
        self._learning: dict[Key, _Side] = {}
        self._warned = False

    # --- updates ------------------------------------------------------------------------------------------------------

    def update(self, order: Order, ask: Ask) -> str:
        """Carry an update out; rtp.io's answer, which names the socket that faces the other side."""
        key, other_key = (order.name, order.side), (order.name, "b" if order.side == "a" else "a")
        first = key not in self._sides and other_key not in self._sides
        side = self._sides.setdefault(key, _Side())
        other = self._sides.setdefault(other_key, _Side())
        changed = (order.ip, order.port, order.hosts) != (
            side.ip,
            side.port,
            side.hosts if not side.opened else order.hosts,
        )
        if changed:
            side.ip, side.port, side.hosts, side.certain = order.ip, order.port, order.hosts, order.certain
            side.locked = side.opened = False
            self._learning.pop(key, None)
            self._filter(side)
        learn = changed and bool(order.ip) and (side.used or not order.certain)
        if learn:
            side.count = 0 if first else _heard(order, ask)
        low = packet_filter.lowest_free() if other.sockets is None else 0
        if changed and not order.ip and side.used:
            written = self._left(order)
        else:
            written = order
        answer = self._say(written, ask, first=first, write=changed, locked=side.locked)
        side.last = order
        if other.sockets is None:
            self._face(other, answer, low)
        side.used = side.used or bool(order.ip)
        if learn:
            side.order = order
            side.begun_s = side.written_s = self._now_s()
            side.look_s = side.begun_s + (SLOW_LOOK_S if order.certain else LEARN_S)
            self._learning[key] = side
        return answer

    def divert(self, name: str, side: str, way: str, ask: Ask) -> bool:
        """Let what a side would be sent go to a packet port instead, named `address number`; empty: to the side again. Nothing
        else changes: from where its packets are taken, what is recorded, which keys are heard. False where it cannot be."""
        key = (name, side)
        known = self._sides.get(key)
        if known is None or known.last is None:
            return False
        self._ways.pop(key, None)
        if is_refusal(ask(_command(known.last, first=False, write=False, locked=known.locked, way=way))):
            return False
        if way:
            self._ways[key] = way
        return True

    def is_diverted(self, name: str, side: str) -> bool:
        """Whether what a side would be sent goes to a packet port."""
        return (name, side) in self._ways

    def facing(self, name: str, side: str) -> int | None:
        """The descriptor of the socket that faces a side, for RTP; None when it was not found."""
        known = self._sides.get((name, side))
        return known.sockets[0] if known is not None and known.sockets else None

    def _say(self, order: Order, ask: Ask, *, first: bool, write: bool, locked: bool) -> str:
        """Tell rtp.io an update; a side that is diverted stays so."""
        answer = ask(_command(order, first=first, write=write, locked=locked))
        way = self._ways.get((order.name, order.side))
        if way is not None:
            ask(_command(order, first=False, write=False, locked=locked, way=way))
        return answer

    def forget(self, name: str) -> None:
        """A session is over."""
        for side in ("a", "b"):
            self._ways.pop((name, side), None)
            self._sides.pop((name, side), None)
            self._learning.pop((name, side), None)

    def clear(self) -> None:
        """Every session is over."""
        self._sides.clear()
        self._ways.clear()
        self._learning.clear()

    def close(self) -> None:
        """No more updates."""
        self.clear()
        for discard in self._nobody.values():
            if discard is not None:
                discard.close()

    def _left(self, order: Order) -> Order:
        """The update of a side whose party has left: rtp.io keeps the last address it had, so it gets one where nobody is."""
        ip = "::1" if order.six else "127.0.0.1"
        discard = self._nobody[ip]
        return order if discard is None else msgspec.structs.replace(order, ip=ip, port=discard.getsockname()[1])

    # --- sockets ------------------------------------------------------------------------------------------------------

    def _face(self, side: _Side, answer: str, low: int) -> None:
        """The socket that faces `side` was made just now: find it and guard it."""
        words = answer.partition("&&")[0].split()
        if not words or not is_digits(words[0]) or words[0] == "0":
            return
        ip, port = (words[1] if len(words) > 1 else self._listen), int(words[0])
        side.version = 6 if ":" in ip else 4
        found = self.sockets(ip, port, low)
        side.sockets = found
        self._filter(side)

    def sockets(self, ip: str, port: int, low: int) -> tuple[int, ...]:
        """Descriptors of rtp.io's sockets for RTP and RTCP; empty when they are not found, which is logged once."""
        found = [packet_filter.find(ip, one, low) for one in (port, port + 1)] if packet_filter.SUPPORTED else [None]
        fds = tuple(fd for fd in found if fd is not None)
        if len(fds) < len(found) and not self._warned:
            self._warned = True
            log.error(
                "media on %s port %d cannot be guarded: whoever sends to it first is taken for the party", ip, port
            )
        return fds

    def _filter(self, side: _Side) -> None:
        for fd in side.sockets or ():
            guard(fd, side.version, side.hosts)

    # --- learning -----------------------------------------------------------------------------------------------------

    def wait_s(self) -> float | None:
        """Seconds until `look` has something to do; None when nothing is being learned."""
        if not self._learning:
            return None
        return max(0.0, min(side.look_s for side in self._learning.values()) - self._now_s())

    def look(self, ask: Ask) -> None:
        """Go on with every side that is being learned."""
        now = self._now_s()
        for key, side in list(self._learning.items()):
            if side.look_s <= now and self._step(side, now, ask):
                del self._learning[key]

    def _step(self, side: _Side, now: float, ask: Ask) -> bool:
        """One look at a side; whether it is known now."""
        order = side.order
        assert order is not None
        if _heard(order, ask) > side.count:
            if side.opened:
                side.locked = True
                self._say(order, ask, first=False, write=False, locked=True)
            return True
        if not side.certain and not side.opened and now - side.begun_s >= LEARN_S:
            log.info(
                "session %s side %s: nothing from %s, others are taken", order.name, order.side, ", ".join(order.hosts)
            )
            side.opened, side.hosts = True, None
            self._say(order, ask, first=False, write=True, locked=False)
            side.written_s = now
            self._filter(side)
        elif side.used and now - side.written_s >= UPDATE_S - 2 * SLOW_LOOK_S:
            self._say(order, ask, first=False, write=True, locked=False)
            side.written_s = now
        side.look_s = now + (LOOK_S if side.opened else SLOW_LOOK_S)
        return False


def _discard(ip: str) -> socket.socket | None:
    """A socket that takes nothing; None where there is no such address."""
    made = socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        made.bind((ip, 0))
        if packet_filter.SUPPORTED:
            packet_filter.attach(made.fileno(), 6 if ":" in ip else 4, ())
    except OSError:
        made.close()
        return None
    return made


def guard(fd: int, version: int, hosts: tuple[str, ...] | None) -> None:
    """Let a socket take packets of `hosts` only; what the kernel refuses is logged."""
    try:
        packet_filter.attach(fd, version, hosts)
    except OSError as fault:
        log.error("a media socket cannot be guarded: %s", fault.strerror)


def _tags(side: str) -> str:
    return "ta tb" if side == "a" else "tb ta"


def _command(order: Order, *, first: bool, write: bool, locked: bool, way: str = "") -> str:
    """The update as rtp.io reads it. `write`: with the party's address; `first`: the session does not exist yet; `way`: see
    `divert`."""
    nowhere = "::" if order.six else "0.0.0.0"
    ip, port = (order.ip, order.port) if write and order.ip else (nowhere, 0)
    bind = f"L[{order.bind}]" if ":" in order.bind else f"L{order.bind}" if order.bind else ""
    flags = ("6" if ":" in ip else "") + ("A" if locked else "S") + bind + order.flags
    tags = _tags(order.side)
    return f"U{flags} {order.name} {way or f'{ip} {port}'} {tags.split()[0] if first else tags}{order.rest}"


def _heard(order: Order, ask: Ask) -> int:
    """Packets of a side so far; 0 when rtp.io does not know the session."""
    words = ask(f"Qv {order.name} ta tb npkts_ina npkts_ino").split()
    figures = [int(word.partition("=")[2]) for word in words if is_digits(word.partition("=")[2])]
    return figures[0 if order.side == "a" else 1] if len(figures) == 2 else 0
