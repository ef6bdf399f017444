"""Who would land elsewhere with a version, over the API (R-25.8).

Decides shapes. Leaves what is asked to `promotion/elsewhere.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Response

from engine.contract.ids import Instant
from engine.records.gate import Elsewhere
from engine.records.history import CallRecord
from live_bridge.api.availability import settled
from live_bridge.api.version_access import VersionAccess, refusals
from live_bridge.promotion.elsewhere import DAYS

if TYPE_CHECKING:
    from live_bridge.service.service import Service


def found_of(service: Service, access: VersionAccess, digest: str, days: int = DAYS, against: str = "") -> Elsewhere:
    """Who would land elsewhere with a version than with another one, the live one if none is named."""

    def history(since: Instant, limit: int) -> Sequence[CallRecord]:
        return service.store.history(service.pbx, since=since, limit=limit)

    with refusals():
        return access.versions.elsewhere(digest, history, days=days, against=against)


def elsewhere_routes(service: Service, needs: Callable[[str], Any]) -> APIRouter:
    """The path under /api/versions; `needs` makes the dependency on a scope."""
    api = APIRouter(prefix="/api/versions", tags=["versions"])
    access = VersionAccess(service)

    @api.get("/{version}/elsewhere", dependencies=[needs("versions:read")])
    def elsewhere(
        version: str,
        response: Response,
        days: Annotated[
            int, Query(ge=1, le=1098, description="Days of the bridge's own history that are asked about.")
        ] = DAYS,
        against: Annotated[str, Query(max_length=64, description="The version it is held against.")] = "live",
    ) -> dict[str, Any]:
        """Whose calls would land elsewhere: every minute of the year to come by number and kind of caller, and the calls of the
        last days, out of the history, as both versions would have taken them."""
        response.headers.update(settled(service))
        digest, other = access.known(version), access.known(against)
        found = found_of(service, access, digest, days, other)
        named = {"flow": other, **access.labelled(other)}
        return {
            "flow": digest, **access.labelled(digest), "against": named, "days": days, **msgspec.to_builtins(found)
        }  # fmt: skip

    return api
