"""Gateways without a browser: ports and keys they take, give back, and cannot get. Browsers have a folder of their own."""

from __future__ import annotations

import time

from live_bridge.media.gateway import Gateway
from live_bridge.media.secure import BrowserPeer
from live_bridge.media.session import Address, Media
from tests.live_bridge.media.telephone import Loop

PEER = BrowserPeer(fingerprint=":".join(f"{number:02X}" for number in range(32)), ufrag="cIoG")


def opened(media: Media, loop: Loop) -> Gateway:
    gateway = Gateway(media)
    assert loop.ask(gateway.open)
    return gateway


def test_open_gateway_has_ports_and_keys_of_its_own(media: Media, loop: Loop) -> None:
    one, other = opened(media, loop), opened(media, loop)
    first, last = media.settings.ports
    for gateway in (one, other):
        assert gateway.plain is not None and gateway.plain.port in range(first, last + 1)
        assert gateway.local is not None and len(gateway.local.password) >= 22 and len(gateway.local.ufrag) >= 4
    assert one.local is not None and other.local is not None
    assert (one.local.port, one.local.password) != (other.local.port, other.local.password)
    assert one.local.fingerprint == other.local.fingerprint, "one certificate a process"
    assert media.gateways == 2


def test_browser_is_let_in_and_comes_by_another_path(media: Media, loop: Loop) -> None:
    gateway = opened(media, loop)
    assert loop.ask(lambda done: gateway.meet(PEER, done))
    gateway.join(Address("127.0.0.1", 9))
    before = gateway.local
    assert loop.ask(lambda done: gateway.restart(PEER, done))
    assert gateway.local is not None and before is not None
    assert gateway.local.port == before.port and gateway.local.password != before.password


def test_browser_that_cannot_be_let_in_is_told_of(media: Media, loop: Loop) -> None:
    gateway = opened(media, loop)
    broken = BrowserPeer(fingerprint="AA", ufrag=PEER.ufrag)
    assert not loop.ask(lambda done: gateway.meet(broken, done))


def test_deleted_gateway_gives_its_ports_back_and_is_silent(media: Media, loop: Loop) -> None:
    """Many more than there are ports for; rtp.io gives ports back a moment after it was told."""
    first, last = media.settings.ports
    left = last - first
    end_s = time.monotonic() + 10.0
    while left:
        gateway = Gateway(media)
        left -= bool(loop.ask(gateway.open))
        gateway.delete()
        assert time.monotonic() < end_s, f"{left} more were to come"
    gateway.delete()
    gateway.meet(PEER, lambda good: (_ for _ in ()).throw(AssertionError("a callback after the end")))
    assert media.gateways == 0 and loop.ask(media.counters)["active sessions"] == 1, "the keeper"


def test_gateway_without_a_port_left_says_so(media: Media, loop: Loop) -> None:
    first, last = media.settings.ports
    made = [Gateway(media) for _ in range((last - first) // 4 + 2)]
    answers = [loop.ask(gateway.open) for gateway in made]
    assert answers[0] and not answers[-1]
    for gateway in made:
        gateway.delete()
    opened(media, loop)


def test_gateway_that_rtp_io_drops_is_forgotten(media: Media, loop: Loop) -> None:
    gateway = opened(media, loop)
    media._notified(gateway.name)
    assert gateway.deleted and media.gateways == 0
