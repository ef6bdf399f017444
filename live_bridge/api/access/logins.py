"""Paths by which a program lets a user sign in by phone (R-23.3 to R-23.7): a try is begun, and asked about until it is over.

Decides shapes and status codes: 429 with `Retry-After` while an address is locked. Leaves everything else to
`service/sip_logins.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import msgspec
from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field

from engine.account.sip_login import ADDRESS_MOST
from engine.contract.ids import SECOND_US
from live_bridge.service.sip_logins import LoginRefused
from live_bridge.store.store import now

if TYPE_CHECKING:
    from live_bridge.service.service import Service

SCOPE: Final = "logins:begin"


class NewLogin(BaseModel):
    """Who wants to sign in, and from where."""

    address: str = Field(min_length=1, max_length=ADDRESS_MOST, examples=["101@example.onpbx.ru"])
    host: str = Field(default="", max_length=64, description="Where the program was asked from, for the audit trail.")


def login_routes(service: Service, needs: Callable[[str], Any]) -> APIRouter:
    """The paths under /api/sip-logins; `needs` makes the dependency on a scope."""
    api = APIRouter(prefix="/api/sip-logins", tags=["logins"])

    @api.post("", status_code=201)
    def begin(wanted: NewLogin, by: str = needs(SCOPE)) -> dict[str, Any]:
        """Call a user's phones from 000. Whoever asked sees the digits and presses them on the phone within 30 s of the answer.

        The answer is the same, and as soon, for an address that is nobody's.
        """
        try:
            return dict(msgspec.to_builtins(service.logins.begin(wanted.address, by, wanted.host)))
        except LoginRefused as refusal:
            left_s = 60 if refusal.until is None else max(1, -(-(refusal.until - now()) // SECOND_US))
            raise HTTPException(429, str(refusal), {"Retry-After": str(left_s)}) from None

    @api.get("/{login}", dependencies=[needs(SCOPE)])
    def state(login: str) -> dict[str, Any]:
        """How a try stands: `waiting`, `done` with the user, told once, or `over`, after about a minute whatever the reason."""
        return dict(msgspec.to_builtins(service.logins.state(login)))

    return api
