"""What a bridge still holds: every table of calls, of its own and of its engine, for tests that must find them empty."""

from __future__ import annotations

from typing import Any

from engine.state.member import STATES
from live_bridge.calls.call_controller import CallController
from tests.live_bridge.live import Live


def held(live: Live) -> dict[str, Any]:
    """What is not empty, by table."""

    def look(board: CallController) -> dict[str, Any]:
        tenant = live.engine.tenant
        tables: dict[str, Any] = {
            "calls": list(board.executor.calls),
            "legs": list(board.executor.legs),
            "calls of the engine": list(tenant.calls),
            "lines of trunks": {key: trunk.in_use for key, trunk in tenant.trunks.items() if trunk.in_use},
            "members": {
                number: STATES[user.state]
                for number, user in tenant.users.items()
                if STATES[user.state] in ("ringing", "talking", "away")
            },
            "places in queues": [visit.call.id for queue in tenant.queues.values() for visit in queue.inside()],
        }
        return {name: things for name, things in tables.items() if things}

    return live.driver.ask_inside(look)


def assert_nothing_is_held(live: Live, timeout_s: float = 20.0) -> None:
    """Wait until no call is in progress; fail if anything of one is left."""
    live.wait_idle(timeout_s)
    left = held(live)
    assert not left, left
