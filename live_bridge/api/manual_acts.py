"""Paths of what people do by hand: time rules held open or shut, numbers erased, and who did so when (R-25.10).

Decides shapes. Leaves keeping and doing to `service/manual_acts.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel, Field

from engine.contract.ids import SECOND_US, Instant
from live_bridge.service.manual_acts import NothingOfTheKind
from live_bridge.store.store import now

if TYPE_CHECKING:
    from live_bridge.service.service import Service


class Hold(BaseModel):
    """How a time rule is to be held."""

    mode: Literal["auto", "match", "mismatch"] = Field(
        description="`auto` goes by the rule's own times again (R-11.8)."
    )
    until: Instant | datetime | None = Field(
        default=None,
        description="Microseconds since 1970 or ISO 8601 with an offset; empty is until somebody says otherwise.",
    )


class Number(BaseModel):
    """A person's number."""

    number: str = Field(min_length=3, max_length=64, examples=["+7 916 123-45-67"])


def manual_act_routes(service: Service, needs: Callable[[str], Any]) -> APIRouter:
    """The paths; `needs` makes the dependency on a scope."""
    api = APIRouter()
    acts = service.acts

    @api.get("/api/overrides", dependencies=[needs("calls:read")])
    def overrides() -> list[dict[str, Any]]:
        """Every time rule of the version in force, how it is held, until when, by whom and since when."""
        return [msgspec.to_builtins(one) for one in acts.overrides()]

    @api.post("/api/overrides/{element}", status_code=202)
    def hold(element: int, wanted: Hold, by: str = needs("rules:write")) -> dict[str, Any]:
        """Hold a time rule by hand, or let it go by its own times again. It holds after a restart too."""
        until = _instant(wanted.until)
        if until is not None and until <= now():
            raise HTTPException(422, "that time has passed (R-11.8)")
        try:
            return {"accepted": True, **msgspec.to_builtins(acts.hold(element, wanted.mode, until, by))}
        except NothingOfTheKind as error:
            raise HTTPException(404, str(error)) from None

    @api.post("/api/numbers/erase", status_code=202)
    def erase(wanted: Number, by: str = needs("rules:write")) -> dict[str, bool]:
        """Forget which user a number talked with, on that person's request (R-18.6)."""
        try:
            acts.erase(wanted.number, by)
        except ValueError as error:
            raise HTTPException(422, str(error)) from None
        return {"accepted": True}

    @api.get("/api/acts", dependencies=[needs("history:read")])
    def history(limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> list[dict[str, Any]]:
        """Who did what by hand and when, the latest first."""
        return [
            {"at": act.at, "act": act.act, "details": msgspec.json.decode(act.details), "by": act.by}
            for act in acts.history(limit)
        ]

    return api


def _instant(moment: Instant | datetime | None) -> Instant | None:
    if isinstance(moment, datetime):
        if moment.tzinfo is None:
            raise HTTPException(422, "say the offset from UTC: 2026-11-23T18:00:00+03:00 (R-11.8)")
        return round(moment.timestamp() * SECOND_US)
    return moment
