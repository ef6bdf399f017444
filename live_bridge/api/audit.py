"""The audit trail over the API: who did what to versions, who listened to what, and whether the trail is as it was written
(R-25.5, R-25.8, R-23.12).

Decides shapes. Leaves what an entry covers and how a trail is verified to `store/audit.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from fastapi import APIRouter, HTTPException, Query, Response

from live_bridge.api.availability import RETRY_AFTER_S, settled
from live_bridge.store import audit

if TYPE_CHECKING:
    from live_bridge.service.service import Service


def audit_routes(service: Service, needs: Callable[[str], Any]) -> APIRouter:
    """The path under /api/versions; `needs` makes the dependency on a scope."""
    api = APIRouter(prefix="/api/versions", tags=["versions"])

    @api.get("/audit", dependencies=[needs("versions:read")])
    def trail(
        response: Response,
        limit: Annotated[int, Query(ge=1, le=10_000, description="The latest entries.")] = 100,
        verify: Annotated[bool, Query(description="Verify the whole trail and what it covers.")] = False,
    ) -> dict[str, Any]:
        """Every deed done to versions and every play of a recording, the latest first, each a signed entry over the one before.
        With `verify`, whether the trail and the rows that it covers are as they were written, and the first entry that is not."""
        response.headers.update(lag := settled(service))
        state, verdict = service.records.state, None
        if verify:
            if lag:
                words = "the database is behind: the trail is verified when it has every entry; try again in a moment"
                raise HTTPException(503, words, {"Retry-After": str(RETRY_AFTER_S)})
            verdict = audit.verify(service.store, service.pbx, state.signer, state.trail_head)
        found = audit.entries(service.store, service.pbx, limit=limit)[::-1]
        return {
            "entries": [audit.shown(one, state.labels()) for one in found],
            "head": {"n": state.trail_head[0], "digest": state.trail_head[1]},
            "verdict": None if verdict is None else msgspec.to_builtins(verdict),
        }

    return api
