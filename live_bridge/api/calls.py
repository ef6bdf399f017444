"""Paths of calls in progress: see them, make one, end one, send its caller on (R-19.4, R-19.5).

Decides shapes, and that who did what is logged. Leaves what can be asked now to `call_requests.py`, the state of calls to
`stream.py`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import msgspec
from fastapi import APIRouter
from pydantic import BaseModel, Field

from live_bridge.api.call_requests import CallRequests
from live_bridge.api.stream import EventStream
from live_bridge.store import call_versions
from live_bridge.store.call_versions import LabelOf

log = logging.getLogger(__name__)


class TransferTo(BaseModel):
    """Where a call is sent."""

    to: str = Field(min_length=1, max_length=32, pattern=r"^\+?[0-9*#]+$", examples=["101"])


class NewCall(TransferTo):
    """The user who calls, and the number called."""

    user: int = Field(examples=[100])


def call_routes(stream: EventStream, asks: CallRequests, label: LabelOf, needs: Callable[[str], Any]) -> APIRouter:
    """The paths under /api/calls; `label` tells a version's number and name, `needs` makes the dependency on a scope."""
    api = APIRouter()

    @api.get("/api/calls", dependencies=[needs("calls:read")])
    def calls() -> dict[str, Any]:
        """Calls in progress, each with the version it is on, and the number of the last event they reflect."""
        found = [{**msgspec.to_builtins(call), **call_versions.fields_of(label(call.flow))} for call in stream.calls()]
        return {"run": stream.run, "seq": stream.seq, "calls": found}

    @api.post("/api/calls", status_code=202)
    def originate(wanted: NewCall, by: str = needs("calls:write")) -> dict[str, str]:
        """Ring a user's phones; when one is picked up, the user calls `to`, under all rules of the user's own calls.

        The id is that of the call to come: its first event is CallStarted with origin `api`. There is none when nobody
        picks up within 30 s.
        """
        call = asks.call(wanted.user, wanted.to)
        log.info("call %s of user %s is asked for by %s", call, wanted.user, by)
        return {"call": call}

    @api.post("/api/calls/{call}/hangup", status_code=202)
    def hang_up(call: str, by: str = needs("calls:write")) -> dict[str, bool]:
        """End a call."""
        asks.hang_up(call)
        log.info("call %s is ended by %s", call, by)
        return {"accepted": True}

    @api.post("/api/calls/{call}/transfer", status_code=202)
    def transfer(call: str, where: TransferTo, by: str = needs("calls:write")) -> dict[str, bool]:
        """Send the caller on to an internal or outside number, as the user would who talks with them."""
        asks.transfer(call, where.to)
        log.info("call %s is transferred by %s", call, by)
        return {"accepted": True}

    return api
