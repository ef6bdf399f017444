"""Paths of the twin: the bridge's present for a simulation that goes on from it, and the forecast that comes back.

Decides shapes, the scopes and how large a forecast may be. The last one posted is kept in memory until the bridge stops: the
twin, a process of its own, makes a new one every minute. Leaves the present to `engine/control/present.py`, the form of a
forecast to `engine/records/forecast.py`, and every figure to whoever posts it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from engine.contract.ids import SECOND_US, Instant
from engine.control.present import Present
from engine.records import forecast as form
from live_bridge.api.stream import EventStream
from live_bridge.store.store import now

if TYPE_CHECKING:
    from live_bridge.service.service import Service

LARGEST_BYTES = 1 << 20
JSON = "application/json"


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """The last forecast, when it came, and the name of the token it came with."""

    forecast: form.Forecast | None = None
    received_at: Instant | None = None
    age_s: float | None = None
    by: str = ""


def twin_routes(service: Service, stream: EventStream, needs: Callable[[str], Any]) -> APIRouter:
    """The paths; `needs` makes the dependency on a scope."""
    api = APIRouter(tags=["twin"])
    lock = threading.Lock()
    kept: list[Board] = [Board()]

    @api.get("/api/twin/state", dependencies=[needs("calls:read")], responses=_told(Present))
    def state() -> Response:
        """Members, waiting callers, offers and talks now, with since when in microseconds since 1970. No caller's number."""
        return _json(_with_states(service.view.present(), stream))

    @api.get("/api/twin", dependencies=[needs("calls:read")], responses=_told(Board))
    def board() -> Response:
        """The last forecast that a twin posted, and how old it is; `forecast` is null before the first one."""
        with lock:
            last = kept[0]
        age_s = None if last.received_at is None else max(0, now() - last.received_at) / SECOND_US
        return _json(msgspec.structs.replace(last, age_s=age_s))

    @api.post("/api/twin", status_code=202)
    async def post(request: Request, by: str = needs("twin:write")) -> dict[str, bool]:
        """Put a forecast in the place of the last one; what `pbx twin` does every minute. At most 1 MiB."""
        found = _checked(await _body(request), service)
        with lock:
            kept[0] = Board(forecast=found, received_at=now(), by=by)
        return {"accepted": True}

    return api


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_BYTES:
            raise HTTPException(413, f"a forecast takes at most {LARGEST_BYTES} bytes")
    return bytes(body)


def _checked(body: bytes, service: Service) -> form.Forecast:
    try:
        found = msgspec.json.decode(body, type=form.Forecast)
    except msgspec.DecodeError as error:
        raise HTTPException(422, f"this is no forecast: {error}") from None
    if found.format != form.FORMAT:
        raise HTTPException(422, f"the forecast has form {found.format}, this bridge takes {form.FORMAT}")
    intervals = [len(queue.intervals) + len(queue.half_hours) + len(queue.happened) for queue in found.queues]
    if (
        len(found.queues) > form.QUEUES_MOST
        or len(found.drift) > form.DRIFTS_MOST
        or max(intervals, default=0) > form.INTERVALS_MOST
    ):
        raise HTTPException(422, "a forecast holds fewer queues, intervals and tests of drift")
    if found.flow != service.flow.digest:
        raise HTTPException(409, f"the forecast is of version {found.flow[:12]}, which is not the live one")
    return found


def _with_states(present: Present, stream: EventStream) -> Present:
    """With the beginnings of members' states that the engine does not keep and its notes told."""
    told = stream.members()
    members = []
    for member in present.members:
        state = told.get(member.user, {})
        if member.since is None and state.get("state") == member.state:
            member = msgspec.structs.replace(member, since=state.get("since"))
        members.append(member)
    return msgspec.structs.replace(present, members=tuple(members))


def _json(value: msgspec.Struct) -> Response:
    return Response(msgspec.json.encode(value), media_type=JSON)


def _told(kind: type[msgspec.Struct]) -> dict[int | str, dict[str, Any]]:
    """The answer of a path for /openapi.json, with the whole schema in place."""
    (schema,), parts = msgspec.json.schema_components([kind], ref_template="{name}")
    return {200: {"content": {JSON: {"schema": _whole(schema, parts)}}}}


def _whole(schema: Any, parts: dict[str, Any]) -> Any:
    if isinstance(schema, dict):
        if "$ref" in schema:
            return _whole(parts[schema["$ref"]], parts)
        return {name: _whole(value, parts) for name, value in schema.items()}
    return [_whole(value, parts) for value in schema] if isinstance(schema, list) else schema
