"""Paths that give what members did: sign-ins, pauses, offers, talks and work after calls; and calls as JSON lines.

Decides shapes and the scope: how people spend their working day is read with a scope of its own, `activity:read`. Leaves rows to
`store/activity_export.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, HTTPException, Query
from fastapi.responses import StreamingResponse

from live_bridge.api.access.who import Who
from live_bridge.api.availability import Settled, settled
from live_bridge.store import activity_export
from live_bridge.store.history_rows import CallFilter
from live_bridge.store.member_activity import EVENTS

if TYPE_CHECKING:
    from live_bridge.service.service import Service

LINES = "application/x-ndjson"

EXAMPLE = {
    "at": "2026-11-23T10:00:00.000+05:00", "member": 100, "event": "paused", "queue": 5200, "reason": "lunch", "call": "",
    "lasted": None,
}  # fmt: skip


def activity_routes(service: Service, needs: Callable[[str], Any], sees: Callable[[str], Any]) -> APIRouter:
    """The paths; `needs` and `sees` make the dependency on a scope."""
    api = APIRouter(tags=["activity"], dependencies=[Depends(Settled(service))])
    zone = ZoneInfo(service.flow.head.zone)

    @api.get(
        "/api/activity",
        dependencies=[needs("activity:read")],
        responses={200: {"content": {"application/json": {"example": {"activity": [EXAMPLE], "next": None}}}}},
    )
    def activity(
        since: int | None = None,
        until: int | None = None,
        member: int | None = None,
        event: str | None = None,
        after: Annotated[str, Query(pattern=r"^(\d+-\d+)?$", description="Where the page before ended.")] = "",
        limit: Annotated[int, Query(ge=1, le=5000)] = 1000,
    ) -> dict[str, Any]:
        """What members did, the earliest first; `since`, `until` in microseconds. `member` 0 is the bridge itself.

        `next` leads to the following page; null on the last one.
        """
        if event is not None and event not in EVENTS:
            raise HTTPException(422, f"`{event[:20]}` is none of the events: {', '.join(EVENTS)}")
        chosen = {"since": since, "until": until, "member": member, "event": event}
        first, _, second = after.partition("-")
        found = activity_export.page(
            service.store, service.pbx, since=since, until=until, member=member, event=event,
            after=(int(first), int(second)) if after else None, limit=limit + 1,
        )  # fmt: skip
        following = None
        if len(found) > limit:
            words = {name: value for name, value in chosen.items() if value is not None}
            at, number = found[limit - 1][0]
            following = "/api/activity?" + urlencode({**words, "limit": limit, "after": f"{at}-{number}"})
        return {"activity": [activity_export.shown(one, zone) for _, one in found[:limit]], "next": following}

    @api.get(
        "/api/activity.jsonl",
        dependencies=[needs("activity:read")],
        response_class=StreamingResponse,
        responses={200: {"content": {LINES: {"example": EXAMPLE}}}},
    )
    def activity_lines(since: int | None = None, until: int | None = None) -> StreamingResponse:
        """The same, all of it, a JSON value a line."""
        fields = activity_export.rows(service.store, service.pbx, zone, since=since, until=until)
        return StreamingResponse(activity_export.json_lines(fields), media_type=LINES, headers=settled(service))

    @api.get(
        "/api/history.jsonl",
        response_class=StreamingResponse,
        responses={200: {"content": {LINES: {"example": {"uuid": "65a1b2c3d4e5f-1a2b3c4d"}}}}},
    )
    def history_lines(
        since: int | None = None, until: int | None = None, who: Who = sees("history:read")
    ) -> StreamingResponse:
        """Calls with the fields of R-24.1 and their versions, all of a span, the latest first, a JSON value a line."""
        wanted, labels = CallFilter(since=since, until=until), service.records.state.labels()
        fields = service.seen_calls(who.sight).rows(zone, "en", wanted, labels=labels)
        return StreamingResponse(activity_export.json_lines(fields), media_type=LINES, headers=settled(service))

    return api
