"""Who is not listened to over SIP, over HTTP: the list, and taking a ban back (R-15.9).

Decides paths and shapes. Leaves who is banned to `live_bridge/sip/transport/rate_limits.py`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, HTTPException

if TYPE_CHECKING:
    from live_bridge.service.service import Service

log = logging.getLogger(__name__)


def ban_routes(service: Service, needs: Callable[[str], Any]) -> APIRouter:
    """The paths of bans. Whoever may give users passwords may take a ban back."""
    routes = APIRouter()

    @routes.get("/api/bans", dependencies=[needs("calls:read")])
    def bans() -> dict[str, Any]:
        """Addresses that are not listened to now, the next one to be free first; `unheard` are how many more were banned before
        the start and have sent nothing since, so that only their hashes are known."""
        return {
            "bans": [
                {"address": ban.address, "left_s": round(ban.left_s), "reason": ban.reason}
                for ban in service.view.bans()
            ],
            "unheard": service.view.bans_unheard(),
        }

    @routes.delete("/api/bans/{address}")
    def pardon(address: str, by: str = needs("users:write")) -> dict[str, Any]:
        """Listen to an address again, at once."""
        if not service.view.pardon(address):
            raise HTTPException(404, f"{address} is not banned")
        log.warning("the ban of %s is taken back by %s", address, by)
        return {"address": address, "banned": False}

    return routes
