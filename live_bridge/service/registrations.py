"""Registrations over a restart: a phone that is registered stays so, as far as its registration lasts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec

from engine.contract.ids import SECOND_US
from engine.state.flow import Flow
from live_bridge.store.bridge_journal import BridgeJournal
from live_bridge.store.store import now

if TYPE_CHECKING:
    from live_bridge.calls.bridge_view import BridgeView


def keep_registrations(records: BridgeJournal, view: BridgeView) -> None:
    """Write down which devices are registered now."""
    bindings = view.registrations()
    offset_us = now() - time.monotonic_ns() // 1000
    records.state.keep_registrations(
        [
            (b.user, b.device, msgspec.json.encode(b), round(b.expires_at_s * SECOND_US) + offset_us)
            for b in bindings
            if b.transport == "udp"  # a connection does not outlive us, the device comes back by itself
        ]
    )


def restore_registrations(records: BridgeJournal, view: BridgeView, flow: Flow) -> None:
    """Take back the devices that were registered before this start, users of the flow only."""
    from live_bridge.sip.registrar.bindings import EXPIRES_MOST_S, Binding

    at, monotonic_s = now(), time.monotonic()
    kept = records.state.begin_registrations()
    bindings = [
        msgspec.structs.replace(
            msgspec.json.decode(binding, type=Binding),
            # no longer than any registration: the wall clock may have been set back meanwhile
            expires_at_s=monotonic_s + min((expires_at - at) / SECOND_US, EXPIRES_MOST_S),
        )
        for user, _device, binding, expires_at in kept
        if expires_at > at and user in flow.head.users
    ]
    if bindings:
        view.restore_registrations(bindings)
