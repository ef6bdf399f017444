"""All that an engine holds at one instant, for the world around it to compare with what it holds itself.

Decides nothing and changes nothing. An auditor of a live world (`live_bridge/calls/auditor.py`) looks for what only one of them
knows of.
"""

from __future__ import annotations

import msgspec

from engine.contract.ids import CallId, LegId
from engine.control.tenant import Tenant
from engine.state.leg import ANSWERED, ENDING


class Lines(msgspec.Struct, frozen=True):
    """Lines of one trunk: how many count as taken, and how many calls and legs there are that hold one."""

    taken: int
    held: int


class Held(msgspec.Struct, frozen=True):
    """Calls that are not over, living legs with whether each was answered, and the lines of every trunk by its key."""

    calls: frozenset[CallId] = frozenset()
    legs: dict[LegId, bool] = {}
    lines: dict[str, Lines] = {}


def held_by(tenant: Tenant) -> Held:
    """What a tenant holds now."""
    calls: set[CallId] = set()
    legs: dict[LegId, bool] = {}
    owners = dict.fromkeys(tenant.trunks, 0)
    for call in tenant.calls.values():
        if not call.over:
            calls.add(call.id)
            if call.line is not None and not call.released:
                owners[call.line.key] += 1
        living = call.live_legs if call.customer is None else [*call.live_legs, call.customer]
        for leg in {leg.id: leg for leg in living}.values():
            legs[leg.id] = leg.state in (ANSWERED, ENDING)
            if leg.trunk is not None:
                owners[leg.trunk] = owners.get(leg.trunk, 0) + 1
    lines = {key: Lines(trunk.in_use, owners[key]) for key, trunk in tenant.trunks.items()}
    return Held(frozenset(calls), legs, lines)
