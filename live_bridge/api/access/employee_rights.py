"""Paths of what employees may see: each user's filter and rights, and one's own (R-23.8, R-23.9, R-23.12).

Decides shapes and status codes: 422 for a filter that is none. Leaves keeping to `service/user_rights.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field

from engine.account.call_rights import FILTER_MOST, Rights
from engine.account.refusals import AccountRefused
from live_bridge.api.access.who import Who

if TYPE_CHECKING:
    from live_bridge.service.service import Service


class NewRights(BaseModel):
    """All rights of a user."""

    filter: str = Field(
        default="",
        max_length=FILTER_MOST,
        examples=["100;102-110"],
        description="Whose calls are seen beside one's own; * is all.",
    )
    listen: bool = Field(default=True, description="Hear recordings and voice messages of calls that are seen.")
    download: bool = Field(default=False, description="Take them away as files and links.")
    balance: bool = Field(default=False, description="See the balance of the account.")


def rights_routes(service: Service, needs: Callable[[str], Any], sees: Callable[[str], Any]) -> APIRouter:
    """The paths under /api/rights; `needs` and `sees` make the dependency on a scope."""
    api = APIRouter(prefix="/api/rights", tags=["rights"])

    @api.get("", dependencies=[needs("users:write")])
    def rights() -> list[dict[str, Any]]:
        """What each user may who signs in by phone."""
        return [
            {"user": number, "name": user.name, **msgspec.structs.asdict(service.rights.of(number))}
            for number, user in service.flow.head.users.items()
        ]

    @api.get("/own")
    def own(who: Who = sees("history:read")) -> dict[str, Any]:
        """Whose calls whoever asks sees, and what they may do with recordings."""
        return {
            "user": who.user,
            "all": who.sight.all,
            "numbers": [list(one) for one in who.sight.ranges],
            "listen": who.listen,
            "download": who.download,
            "balance": who.balance,
            "balance_rub": None if not who.balance or (told := service.account.balance) is None else str(told),
        }

    @api.put("/{user}")
    def change(user: int, wanted: NewRights, by: str = needs("users:write")) -> dict[str, Any]:
        """Give a user these rights; they hold at once."""
        if service.rights_of(user) is None:
            raise HTTPException(404, f"there is no user {user}")
        try:
            kept = service.rights.change(user, Rights(**wanted.model_dump()), by)
        except AccountRefused as refusal:
            raise HTTPException(422, str(refusal)) from None
        return {"user": user, **msgspec.structs.asdict(kept)}

    return api
