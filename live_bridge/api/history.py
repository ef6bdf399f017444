"""Paths of calls that are over (R-24.1).

Decides shapes and pages. Leaves recordings and voice messages to `recordings.py`, reading to
`store/store.py` and `store/history_export.py`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, HTTPException, Query, Response
from fastapi.responses import StreamingResponse

from engine.records.history import CallRecord
from live_bridge.api.availability import Settled, settled
from live_bridge.promotion.version_names import VersionUnknown
from live_bridge.store import history_export

if TYPE_CHECKING:
    from live_bridge.service.service import Service

log = logging.getLogger(__name__)

PAGE_MOST = 1000

AccountCode = Literal["inbound", "outbound", "local", "missed"]
Language = Literal["en", "ru"]

EXAMPLE_CALL = {
    "uuid": "65a1b2c3d4e5f-1a2b3c4d", "caller_id_name": "", "caller_id_number": "89161234567",
    "destination_number": "74951234567", "from_host": "sip.operator.example", "to_host": "example.onpbx.ru",
    "start_stamp": "2026-11-23T09:30:00.000+03:00", "end_stamp": "2026-11-23T09:31:10.000+03:00", "duration": 70.0,
    "user_talk_time": 60.0, "hangup_cause": "NORMAL_CLEARING", "accountcode": "inbound", "gateway": "moscow", "comment": "",
    "events": [
        {"element": 5200, "kind": "queue", "enter": "2026-11-23T09:30:00.000+03:00", "answer": "2026-11-23T09:30:10.000+03:00",
         "leave": "2026-11-23T09:31:10.000+03:00", "output": "", "to": "", "rule": "R-08.7", "answered_by": "101"}
    ],
    "world": "live", "flow": "5eed…", "version": 7, "version_name": "autumn hours",
    "recordings": [
        {"recording": "65a1b2c3d4e5f-1a2b3c4d.r1", "there": True, "link": "/recordings/65a1b2c3d4e5f-1a2b3c4d.r1.wav?until=…"}
    ],
}  # fmt: skip


def _example(value: Any, media: str = "application/json") -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {media: {"example": value}}}}


def history_routes(service: Service, needs: Callable[[str], Any]) -> APIRouter:
    """The paths under /api/history that give calls; `needs` makes the dependency on a scope."""
    api = APIRouter(tags=["history"], dependencies=[Depends(Settled(service))])
    zone = ZoneInfo(service.flow.head.zone)
    _pages(api, service, needs, zone)
    _exports(api, service, needs, zone)
    return api


def _shown(service: Service, record: CallRecord, zone: ZoneInfo, lang: Language) -> dict[str, object]:
    links = service.links
    recordings = [
        {"recording": name, "there": there, "link": links.path(name) if there else None}
        for name in record.recordings
        for there in [links.file(name) is not None]
    ]
    return {**history_export.row(record, zone, lang, service.records.state.labels()), "recordings": recordings}


Version = Annotated[
    str,
    Query(
        max_length=64, description="Only calls on this version: v7, a name, live, canary, or the beginning of a digest."
    ),
]


def _flow(service: Service, version: str) -> str | None:
    """The digest of the version that is asked for."""
    if not version or service.versions is None:
        return None
    try:
        return service.versions.resolve(version)
    except VersionUnknown as error:
        raise HTTPException(404, str(error)) from None


def _pages(api: APIRouter, service: Service, needs: Callable[[str], Any], zone: ZoneInfo) -> None:
    @api.get(
        "/api/history",
        dependencies=[needs("history:read")],
        responses=_example({"calls": [EXAMPLE_CALL], "next_offset": 100, "next": "/api/history?limit=100&offset=100"}),
    )
    def history(
        response: Response,
        since: int | None = None,
        until: int | None = None,
        number: str | None = None,
        accountcode: AccountCode | None = None,
        version: Version = "",
        limit: Annotated[int, Query(ge=1, le=PAGE_MOST)] = 100,
        offset: Annotated[int, Query(ge=0)] = 0,
        lang: Language = "en",
    ) -> dict[str, Any]:
        """Calls that are over, the latest first, with the fields of R-24.1 and the version each ran on (R-25.6); `since`,
        `until` in microseconds.

        `next`, also in the header `Link` (RFC 8288), leads to the following page; null on the last one.
        """
        chosen = {
            "since": since, "until": until, "number": number, "accountcode": accountcode,
            "version": version or None,
        }  # fmt: skip
        records = service.store.history(
            service.pbx,
            since=since,
            until=until,
            number=number,
            accountcode=accountcode,
            flow=_flow(service, version),
            limit=limit + 1,
            offset=offset,
        )
        following = None
        if len(records) > limit:
            words = {name: value for name, value in chosen.items() if value is not None}
            following = "/api/history?" + urlencode({**words, "limit": limit, "offset": offset + limit, "lang": lang})
            response.headers["Link"] = f'<{following}>; rel="next"'
        return {
            "calls": [_shown(service, record, zone, lang) for record in records[:limit]],
            "next_offset": None if following is None else offset + limit,
            "next": following,
        }


def _exports(api: APIRouter, service: Service, needs: Callable[[str], Any], zone: ZoneInfo) -> None:
    @api.get(
        "/api/history.csv",
        dependencies=[needs("history:read")],
        response_class=StreamingResponse,
        responses=_example("uuid,caller_id_name,caller_id_number,…", "text/csv"),
    )
    def history_csv(
        since: int | None = None,
        until: int | None = None,
        number: str | None = None,
        version: Version = "",
        limit: Annotated[int, Query(ge=0)] = 0,
        lang: Language = "en",
    ) -> StreamingResponse:
        """The same calls as CSV for a spreadsheet, all of them unless `limit` says otherwise."""
        fields = history_export.rows(
            service.store, service.pbx, zone, lang, since=since, until=until, number=number,
            flow=_flow(service, version), limit=limit, labels=service.records.state.labels(),
        )  # fmt: skip
        head = {"Content-Disposition": f'attachment; filename="{service.pbx}-history.csv"', **settled(service)}
        return StreamingResponse(history_export.csv_parts(fields), media_type="text/csv; charset=utf-8", headers=head)

    @api.get("/api/history/{uuid}", dependencies=[needs("history:read")], responses=_example(EXAMPLE_CALL))
    def one_call(uuid: str, lang: Language = "en") -> dict[str, object]:
        """One call. Links to its recordings need no token and live half an hour (R-19.4)."""
        record = service.store.call(uuid)
        if record is None:
            raise HTTPException(404, f"no call {uuid} is in the history")
        return _shown(service, record, zone, lang)
