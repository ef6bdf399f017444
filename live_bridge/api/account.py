"""Paths by which the hosting process tells the state of the account and whether bought trunks are paid for (R-01.10, R-03.6).

Decides shapes. Leaves keeping and doing to `service/account_state.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field

from engine.account.states import State
from engine.contract.ids import Instant
from live_bridge.service.account_state import NoSuchTrunk

if TYPE_CHECKING:
    from live_bridge.service.service import Service

TELLS = "account:write"
"""The scope of the hosting process."""


class AccountTold(BaseModel):
    """The state of the account (R-01.9)."""

    state: State
    since: Instant | None = Field(
        default=None, ge=0, description="When it came into this state, microseconds since 1970; empty is now."
    )


class BalanceTold(BaseModel):
    """What is on the account."""

    balance: Decimal = Field(max_digits=14, decimal_places=2, description="RUB; below zero what is owed.")


class TrunkTold(BaseModel):
    """Whether a bought trunk is paid for."""

    paid: bool


def account_routes(service: Service, needs: Callable[[str], Any]) -> APIRouter:
    """The paths; `needs` makes the dependency on a scope."""
    api = APIRouter()

    @api.get("/api/account", dependencies=[needs(TELLS)])
    def account() -> dict[str, Any]:
        """The state of the account as it was told last, and trunks that are not paid for."""
        return {"world": "live", **msgspec.to_builtins(service.account.told)}

    @api.put("/api/account", status_code=202)
    def change(wanted: AccountTold, by: str = needs(TELLS)) -> dict[str, Any]:
        """The account came into a state. It holds after a restart too; calls in progress finish (R-01.10)."""
        return {"accepted": True, **msgspec.to_builtins(service.account.change(wanted.state, wanted.since, by))}

    @api.put("/api/account/balance", status_code=202, dependencies=[needs(TELLS)])
    def balance(wanted: BalanceTold) -> dict[str, Any]:
        """The balance is another: employees with that right see it (R-23.2)."""
        service.account.tell_balance(wanted.balance)
        return {"accepted": True}

    @api.put("/api/account/trunks/{trunk}", status_code=202)
    def pay(trunk: str, wanted: TrunkTold, by: str = needs(TELLS)) -> dict[str, Any]:
        """A bought trunk is paid for, or no longer."""
        try:
            return {"accepted": True, **msgspec.to_builtins(service.account.pay(trunk, wanted.paid, by))}
        except NoSuchTrunk as error:
            raise HTTPException(404, str(error)) from None

    return api
