"""Paths of calls: those in progress, make one, end one, send its caller on (R-19.4, R-19.5); those of today by queue (R-08.22).

Decides shapes, and that who did what is logged. Leaves what can be asked now, and its record, to `call_requests.py`, the state
of calls to `stream.py`, counting to `service/queue_day.py`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from engine.contract.ids import SECOND_US
from live_bridge.api.access.who import Who
from live_bridge.api.call_requests import CallRequests
from live_bridge.api.stream import EventStream
from live_bridge.service.queue_day import QueueDay
from live_bridge.store import call_versions
from live_bridge.store.call_versions import LabelOf

log = logging.getLogger(__name__)


WITHIN_S = 20.0
"""T of R-08.22 where nobody says another."""
SHORT_S = 5.0
"""Of R-08.23."""


class QueueToday(BaseModel):
    """One queue. Counts are of calls that came to it today."""

    queue: int = Field(examples=[5200])
    name: str = Field(examples=["Sales"])
    offered: int = Field(description="Calls that came, refused ones and those that still wait included.")
    answered: int
    answered_within: int = Field(description="Of these, in at most `within_s`.")
    abandoned: int = Field(description="Callers who hung up while they waited, short ones included.")
    abandoned_short: int = Field(description="Of these, sooner than `short_s` (R-08.23).")
    refused: int = Field(description="Calls the queue did not take (R-08.13).")
    timed_out: int = Field(description="Calls that left by `timeout` (R-08.14).")
    left: int = Field(description="Calls that left in another way.")
    service_level: float | None = Field(
        description="Answered within T over answered plus abandoned after T, 0 to 1; null while there is none."
    )
    answer_speed_s: float | None = Field(description="Mean wait of answered calls.")
    wait_s_max: float = Field(description="Longest wait of a call that no longer waits.")
    waiting: int = Field(description="Callers who wait now.")
    waiting_since: int | None = Field(description="When the first of them came, microseconds since 1970.")


class QueuesToday(BaseModel):
    """All queues of the version in force."""

    day: date
    since: int = Field(description="Midnight in the PBX's zone, microseconds since 1970.")
    whole: bool = Field(description="False while calls from before the bridge's start could not be read.")
    within_s: float
    short_s: float
    targets: dict[str, float] = Field(
        description="The account's service targets (R-25.8).", examples=[{"service_level": 0.8}]
    )
    queues: list[QueueToday]


class TransferTo(BaseModel):
    """Where a call is sent."""

    to: str = Field(min_length=1, max_length=32, pattern=r"^\+?[0-9*#]+$", examples=["101"])


class JoinWith(BaseModel):
    """The other of two calls."""

    other: str = Field(min_length=1, max_length=64, description="A call in which the same user talks.")


class NewCall(TransferTo):
    """The user who calls, and the number called."""

    user: int = Field(examples=[100])


def call_routes(
    stream: EventStream,
    day: QueueDay,
    asks: CallRequests,
    label: LabelOf,
    needs: Callable[[str], Any],
    sees: Callable[[str], Any],
) -> APIRouter:
    """The paths under /api/calls, and /api/queues; `label` tells a version's number and name, `needs` and `sees` make the
    dependency on a scope."""
    api = APIRouter()

    @api.get("/api/calls")
    def calls(who: Who = sees("calls:read")) -> dict[str, Any]:
        """Calls in progress, each with the version it is on, and the number of the last event they reflect."""
        found = [
            {**msgspec.to_builtins(call), **call_versions.fields_of(label(call.flow))}
            for call in stream.calls(who.sight)
        ]
        return {"run": stream.run, "seq": stream.seq, "calls": found}

    @api.post("/api/calls", status_code=202)
    def originate(wanted: NewCall, by: str = needs("calls:write")) -> dict[str, str]:
        """Ring a user's phones; when one is picked up, the user calls `to`, under all rules of the user's own calls.

        The id is that of the call to come: its first event is CallStarted with origin `api`. There is none when nobody
        picks up within 30 s.
        """
        call = asks.call(wanted.user, wanted.to, by)
        log.info("call %s of user %s is asked for by %s", call, wanted.user, by)
        return {"call": call}

    @api.post("/api/calls/{call}/hangup", status_code=202)
    def hang_up(call: str, by: str = needs("calls:write")) -> dict[str, bool]:
        """End a call."""
        asks.hang_up(call, by)
        log.info("call %s is ended by %s", call, by)
        return {"accepted": True}

    @api.post("/api/calls/{call}/transfer", status_code=202)
    def transfer(call: str, where: TransferTo, by: str = needs("calls:write")) -> dict[str, bool]:
        """Send the caller on to an internal or outside number, as the user would who talks with them."""
        asks.transfer(call, where.to, by)
        log.info("call %s is transferred by %s", call, by)
        return {"accepted": True}

    @api.post("/api/calls/{call}/bridge", status_code=202)
    def bridge(call: str, wanted: JoinWith, by: str = needs("calls:write")) -> dict[str, bool]:
        """Join the two whom one user talks with in two calls, one of them on hold; the user leaves both."""
        asks.bridge(call, wanted.other, by)
        log.info("calls %s and %s are joined by %s", call, wanted.other, by)
        return {"accepted": True}

    @api.get("/api/queues", dependencies=[needs("calls:read")])
    def queues(
        within_s: Annotated[float, Query(ge=0, le=3600, description="T of the service level.")] = WITHIN_S,
        short_s: Annotated[
            float, Query(ge=0, le=3600, description="Sooner than this is a short abandonment.")
        ] = SHORT_S,
    ) -> QueuesToday:
        """What became of today's calls in each queue (R-08.22), and who waits now.

        A call belongs to the day on which it came to the queue.
        """
        today = day.today()
        within_us, short_us = round(within_s * SECOND_US), round(short_s * SECOND_US)
        found = [
            QueueToday.model_validate({"queue": number, "name": one.name, **today.figures(number, within_us, short_us)})
            for number, one in day.flow.elements.items()
            if one.is_queue
        ]
        return QueuesToday(
            day=today.day, since=today.begins_at, whole=today.whole, within_s=within_s, short_s=short_s,
            targets=day.targets, queues=found,
        )  # fmt: skip

    return api
