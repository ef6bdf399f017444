"""Legs whose media needs a go-between: where they are, seen from a call, and how it comes about.

A browser's leg has a gateway (`media/gateway.py`), a party of the other IP version than our sessions' a relay (`media/relay.py`),
a phone that encrypts an encryptor (`media/srtp.py`), which stands where a relay does; any other leg is where its session
description says. Decides which legs get one: a gateway those whose offer is a browser's, and those to devices that registered
over WebSocket; a relay those whose description, or whose SIP, is of IPv6 where media has addresses of both versions. A go-between
goes with its leg. Leaves calls to `command_executor.py` and `call_controller.py`. Everything here runs in the loop's thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from live_bridge.media import sdes
from live_bridge.media.gateway import Gateway
from live_bridge.media.relay import Relay
from live_bridge.media.session import Address, Media, MediaSession, Side
from live_bridge.media.srtp import Encryptor

if TYPE_CHECKING:
    from live_bridge.sip.dialog.leg import Leg
    from live_bridge.sip.registrar.bindings import Binding

log = logging.getLogger(__name__)

Ready = Callable[[bool], None]

NOWHERE: Final = ("0.0.0.0", "::")
"""Addresses of who wants to receive nowhere (RFC 3264 section 8.4)."""


def is_device(binding: Binding) -> bool:
    """Whether a device is a browser: none other registers over WebSocket."""
    return binding.transport in ("ws", "wss")


def prepare(media: Media, leg: Leg, ready: Ready) -> None:
    """Give a leg a gateway, so that a browser can be offered something. `ready(False)`: no port is left."""
    leg.gateway = gateway = Gateway(media)
    gateway.wanted = lambda: not leg.over and leg.gateway is gateway

    def opened(good: bool) -> None:
        if not leg.over:
            ready(good)

    gateway.open(opened)


def let_in(media: Media, leg: Leg, ready: Ready) -> None:
    """A browser offered: give its leg a gateway and let it in. `ready(False)`: no port is left."""

    def prepared(good: bool) -> None:
        if good:
            meet(leg, ready)
        else:
            ready(False)

    prepare(media, leg, prepared)


def stand_between(media: Media, leg: Leg, host: str, ready: Ready) -> None:
    """Give a leg whose far end is at `host` a relay if it needs one, or encrypts. `ready(False)`: no port is left."""
    if leg.encrypts:
        between: Encryptor | Relay = Encryptor(media, ":" in host, None if leg.remote is None else leg.remote.key)
    elif media.needs_relay(host.strip("[]")):
        between = Relay(media)
    else:
        ready(True)
        return
    leg.relay = between
    between.wanted = lambda: not leg.over and leg.relay is between

    def opened(good: bool) -> None:
        if leg.over:
            between.delete()
            return
        if good:
            _meet(leg)
        ready(good)

    between.open(opened)


def _meet(leg: Leg) -> None:
    """Tell what stands between where the far end is, and by which key it encrypts."""
    if leg.remote is None or leg.relay is None or leg.remote.host in NOWHERE:
        return
    address = Address(leg.remote.host, leg.remote.port)
    if isinstance(leg.relay, Encryptor):
        leg.relay.meet(address, leg.remote.key)
    else:
        leg.relay.meet(address, leg.source)


def key_of(leg: Leg) -> sdes.Key | None:
    """What we encrypt with on a leg; None where we do not."""
    return leg.relay.key if isinstance(leg.relay, Encryptor) else None


def encrypts_as_agreed(leg: Leg) -> bool:
    """Whether the far end's description has a key if and only if its leg encrypts, by the suite that was agreed on."""
    ours, theirs = key_of(leg), None if leg.remote is None else leg.remote.key
    if ours is None or theirs is None:
        return ours is None and theirs is None
    return (ours.tag, ours.suite) == (theirs.tag, theirs.suite)


def go_over(media: Media, leg: Leg, ready: Ready) -> None:
    """The far end of `leg` offers from an address of the other IP version: the leg gets the relay it needs now, or loses the one
    it needs no more. `ready(False)`: no port is left. Nothing has changed then, nor when the offer was taken back meanwhile, and
    of that nobody hears."""
    asked, before = leg.asked, leg.relay
    if before is not None:
        leg.relay = None
        before.delete()
        ready(True)
        return
    relay = Relay(media)
    relay.wanted = lambda: not relay.deleted and not leg.over

    def opened(good: bool) -> None:
        if leg.over or leg.asked is not asked or not good:
            relay.delete()
            if not leg.over and leg.asked is asked:
                ready(False)
            return
        leg.relay = relay
        relay.wanted = lambda: not leg.over and leg.relay is relay
        ready(True)

    relay.open(opened)


def reaches(leg: Leg, session: MediaSession) -> bool:
    """Whether the address in the far end's description is of the IP version its leg was given media for."""
    remote = leg.remote
    if remote is None or leg.gateway is not None or remote.host in NOWHERE:
        return True
    return (":" in remote.host) == (session.six if leg.relay is None else leg.relay.six)


def meet(leg: Leg, ready: Ready) -> None:
    """Tell a leg's gateway who the browser is, as its description says."""
    peer = None if leg.remote is None else leg.remote.peer
    if leg.gateway is None or peer is None:
        ready(False)
        return

    def met(good: bool) -> None:
        if not leg.over:
            ready(good)

    leg.gateway.meet(peer, met)


def answered(leg: Leg, session: MediaSession) -> bool:
    """The far end of a leg answered our offer: let a browser in. False if it answered as something else than was offered."""
    peer = None if leg.remote is None else leg.remote.peer
    if (leg.gateway is None) != (peer is None) or not reaches(leg, session) or not encrypts_as_agreed(leg):
        return False
    if leg.gateway is not None and leg.gateway.peer != peer:

        def met(good: bool) -> None:
            if not good:
                log.error("a browser could not be let in; its call ends")
                leg.lost()

        meet(leg, met)
    return True


def address_of(leg: Leg) -> Address | None:
    """Where a call's session sends what the far end of `leg` shall hear; None when that is not known."""
    if leg.gateway is not None:
        return leg.gateway.plain  # type: ignore[no-any-return]
    if leg.relay is not None:
        return leg.relay.plain  # type: ignore[no-any-return]
    return None if leg.remote is None else Address(leg.remote.host, leg.remote.port)


def source_of(leg: Leg) -> str | None:
    """The host that the far end of a leg signals from, if a call's session hears it without a go-between."""
    return None if leg.gateway is not None or leg.relay is not None else leg.source


def connect(leg: Leg, session: MediaSession, side: Side, ready: Callable[[Address | None], None] | None = None) -> None:
    """Put the far end of `leg` on one side of a call's session; see `MediaSession.connect`."""
    address = address_of(leg)
    if address is None:
        return
    _meet(leg)
    session.connect(side, address, ready, source_of(leg))
    join(leg, session, side)


def join(leg: Leg, session: MediaSession, side: Side) -> None:
    """Let a go-between talk to a session that knows of it already; nothing to do for other legs."""
    for between in (leg.gateway, leg.relay):
        if between is not None:
            between.join(session.inside_address_for(side))


def comes_anew(leg: Leg) -> bool:
    """Whether a browser's new offer is of another path or other keys than before (RFC 8839 section 4.4.3, RFC 8842)."""
    peer = None if leg.remote is None else leg.remote.peer
    if peer is None or leg.gateway is None or leg.gateway.peer is None:
        return False
    known = leg.gateway.peer
    return bool((peer.ufrag, peer.fingerprint) != (known.ufrag, known.fingerprint))


def let_in_anew(media: Media, leg: Leg, ready: Ready) -> None:
    """A browser that lost its network comes by another path: paths are checked again. One that was loaded again has other
    keys: it gets another gateway, and must be connected again. `ready(False)`: it could not be done, and nothing has
    changed."""
    before, peer = leg.gateway, None if leg.remote is None else leg.remote.peer
    assert before is not None and peer is not None and before.peer is not None
    if peer.fingerprint == before.peer.fingerprint:

        def known_again(good: bool) -> None:
            if not leg.over:
                ready(good)

        before.restart(peer, known_again)
        return

    def let_in_again(good: bool) -> None:
        if good:
            before.delete()
        else:
            leg.gateway.delete()
            leg.gateway = before
        ready(good)

    let_in(media, leg, let_in_again)
