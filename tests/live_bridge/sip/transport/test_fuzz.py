"""Broken messages of every kind, both ways, by a seed: requests and answers, offers and ACKs, REFERs and digests.

None of them may reach a traceback or the last safety net, the bridge must answer a good request all the while, and at the end
nothing may be left: no call, no leg, no dialog, no media session, no line, no member, no place in a queue, and no orphan.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from engine.control.engine import Engine
from engine.loading.load import load
from live_bridge.media.session import Media
from live_bridge.sip.settings import CarrierAddress, TrunkPeers
from tests.live_bridge.live import OPERATOR, Live
from tests.live_bridge.sip.held import held
from tests.live_bridge.sip.hostile import World
from tests.live_bridge.sip.phone import Phone
from tests.live_bridge.sip.transport.test_sippy_patches import alive
from tests.live_bridge.sip.transport.test_torture import reports

DOCUMENT = """
pbx: fuzz
zone: UTC
trunks:
  moscow: {number: "74951234567", lines: 200, to: 5301}
  spb: {number: "78121234567", lines: 200, to: 5201}
elements:
  5301: {kind: group, name: Ring, members: [100, 101, {number: "89160000001"}], ring: 10, no_answer: 5201}
  5201: {kind: queue, name: Wait, strategy: ring_all, members: [100, 101, 102, 103], max_wait: 20, wrap_up: 0, timeout: hangup}
users:
  100: {name: Anna, call_waiting: true, voicemail: false}
  101: {name: Boris, call_waiting: true, voicemail: false}
  102: {name: Vera, call_waiting: true, voicemail: false}
  103: {name: Gleb, call_waiting: true, voicemail: false}
outgoing: {default: moscow}
"""

PEERS = (CarrierAddress(host="127.0.0.1", port=OPERATOR),)
TRUNKS = {
    "moscow": TrunkPeers(
        number="74951234567", peers=PEERS, host="127.0.0.1", port=OPERATOR, login="us", password="secret", qualify=False
    ),
    "spb": TrunkPeers(number="78121234567", peers=PEERS, host="127.0.0.1", port=OPERATOR, qualify=False),
}

PEACE_S = 90.0
"""Longest time until all is over: calls whose 200 nobody acknowledged are given up after 32 s (RFC 3261 section 13.3.1.4)."""


@pytest.mark.parametrize(
    ("count", "seed"),
    [
        (700, 1889),
        pytest.param(30_000, 20261129, marks=pytest.mark.nightly),
    ],
)
def test_broken_messages_both_ways_leave_no_traceback_and_nothing_behind(
    count: int,
    seed: int,
    phones: Callable[..., Phone],
    start_live: Callable[..., Live],
    live_media: Media,
    caplog: pytest.LogCaptureFixture,
) -> None:
    live = start_live(
        Engine(load(DOCUMENT)),
        trunks=TRUNKS,
        media_six=False,
        requests_per_s=1e6,
        requests_burst=10**6,
        failures_to_ban=10**6,
    )
    caplog.set_level(logging.INFO)
    reports()
    probe = phones("x", live)
    world = World(live, seed, OPERATOR)
    try:

        def still_answers(_: World) -> None:
            assert alive(probe)
            live.driver.ask_inside(
                lambda controller: controller.hang_up_all()
            )  # or they would take every port of media

        world.fight(count, still_answers)
        assert alive(probe)
        assert world.heard["INVITE"] and world.heard["200"], "the fight was one, both ways"
        live.driver.ask_inside(lambda controller: controller.hang_up_all())

        def peace() -> bool:
            return not held(live) and not live.driver.sizes()["dialogs"] and not len(live_media)

        world.make_peace(PEACE_S, peace)
    finally:
        world.close()
    traced = [record for record in caplog.records if record.exc_info or record.levelno >= logging.ERROR]
    assert not traced, [(record.getMessage(), record.exc_text) for record in traced[:10]]
    sizes = live.driver.sizes()
    left = {
        name: size
        for name, size in sizes.items()
        if name in ("dialogs", "calls", "legs", "faults", "orphans", "caught")
    }
    assert not held(live) and not any(left.values()), (held(live), left)
    assert not len(live_media)
    assert "Traceback" not in caplog.text
