"""Paths of calls that are over (R-24.1): pages of them, one of them, its ladder, and all of them as a file.

Decides shapes, pages and what may be asked for. Leaves recordings and voice messages to `recordings.py`, finding to
`store/history_rows.py`, files to `store/history_export.py`, the ladder's words to `store/ladder.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Query, Response
from fastapi.responses import StreamingResponse

from engine.contract.ids import SECOND_US
from engine.records.history import AccountCode, CallRecord, stamp
from live_bridge.api.access.who import Who
from live_bridge.api.availability import Settled, settled
from live_bridge.promotion.version_names import VersionUnknown
from live_bridge.store import history_export
from live_bridge.store.history_rows import CallFilter, Direction, Outcome, Place, place_of
from live_bridge.store.journal_store import read_call
from live_bridge.store.ladder import ladder

if TYPE_CHECKING:
    from live_bridge.service.service import Service

PAGE_MOST = 1000

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
    "world": "live", "flow": "5eed…", "version": 7, "version_name": "autumn hours", "rule": "R-08.7", "party": "caller",
    "recordings": [
        {"recording": "65a1b2c3d4e5f-1a2b3c4d.r1", "there": True, "link": "/recordings/65a1b2c3d4e5f-1a2b3c4d.r1.wav?until=…"}
    ],
}  # fmt: skip


def _example(value: Any, media: str = "application/json") -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {media: {"example": value}}}}


class HistoryQuery:
    """What a request asks of the history. A dependency: its fields are the parameters of the paths that give several calls."""

    def __init__(
        self,
        since: Annotated[int | None, Query(description="Calls from then on, microseconds since 1970.")] = None,
        until: Annotated[int | None, Query(description="Calls before.")] = None,
        number: Annotated[
            str | None,
            Query(max_length=128, description="The caller's number or the called, in any way of writing it."),
        ] = None,
        queue: Annotated[
            int | None, Query(ge=100, le=5999, description="Calls that came to this queue or other element.")
        ] = None,
        member: Annotated[
            int | None, Query(ge=100, le=5999, description="Calls that this user made, was rung for or answered.")
        ] = None,
        direction: Direction | None = None,
        outcome: Annotated[Outcome | None, Query(description="Whether a person talked with the caller.")] = None,
        cause: Annotated[str | None, Query(max_length=32, description="What ended the call: USER_BUSY.")] = None,
        accountcode: AccountCode | None = None,
        version: Annotated[
            str,
            Query(
                max_length=64,
                description="Only calls on this version: v7, a name, live, canary, or the beginning of a digest.",
            ),
        ] = "",
    ) -> None:
        given = {
            "since": since, "until": until, "number": number, "queue": queue, "member": member, "direction": direction,
            "outcome": outcome, "cause": cause, "accountcode": accountcode, "version": version or None,
        }  # fmt: skip
        self.words = {name: value for name, value in given.items() if value is not None}
        """As an address has them."""
        self._version = version
        self._filter = CallFilter(
            since=since, until=until, number=number, direction=direction, outcome=outcome, cause=cause,
            accountcode=accountcode, touching=tuple(one for one in (queue, member) if one is not None),
        )  # fmt: skip

    def of(self, service: Service) -> CallFilter:
        """The same for the database, which knows a version by its digest alone. HTTPException for one that there is not."""
        if not self._version or service.versions is None:
            return self._filter
        try:
            return msgspec.structs.replace(self._filter, flow=service.versions.resolve(self._version))
        except VersionUnknown as error:
            raise HTTPException(404, str(error)) from None


def history_routes(service: Service, sees: Callable[[str], Any]) -> APIRouter:
    """The paths under /api/history that give calls; `sees` makes the dependency on a scope."""
    api = APIRouter(tags=["history"], dependencies=[Depends(Settled(service))])
    zone = ZoneInfo(service.flow.head.zone)
    _pages(api, service, sees, zone)
    _exports(api, service, sees, zone)
    _one(api, service, sees, zone)
    return api


def _shown(service: Service, record: CallRecord, zone: ZoneInfo, lang: Language, who: Who) -> dict[str, object]:
    """A call as people read it; links to its recordings only for who may download (R-23.12)."""
    links = service.links
    found = [
        {"recording": name, "there": there, "link": links.path(name) if there and who.download else None}
        for name in record.recordings
        for there in [links.file(name) is not None]
    ]
    row = history_export.row(record, zone, lang, service.records.state.labels())
    return {**row, "rule": record.rule, "party": str(record.party), "recordings": found}


def _pages(api: APIRouter, service: Service, sees: Callable[[str], Any], zone: ZoneInfo) -> None:
    @api.get(
        "/api/history",
        responses=_example(
            {"calls": [EXAMPLE_CALL], "next_offset": 100, "next": "/api/history?limit=100&before=1795422600000000.65a1"}
        ),
    )
    def history(
        response: Response,
        asked: Annotated[HistoryQuery, Depends()],
        limit: Annotated[int, Query(ge=1, le=PAGE_MOST)] = 100,
        offset: Annotated[int, Query(ge=0, description="Calls to leave out; `before` finds a late page sooner.")] = 0,
        before: Annotated[str, Query(max_length=100, description="Behind this call: take it from `next`.")] = "",
        lang: Language = "en",
        who: Who = sees("history:read"),
    ) -> dict[str, Any]:
        """Calls that are over, the latest first, with the fields of R-24.1 and the version each ran on (R-25.6); `since`,
        `until` in microseconds.

        `next`, also in the header `Link` (RFC 8288), leads to the following page; null on the last one. It names the last call
        of this page, so a page comes as quickly in the middle of a million calls as at their end, and no call comes twice.
        """
        try:
            behind = place_of(before) if before else None
        except ValueError as error:
            raise HTTPException(422, str(error)) from None
        seen = service.seen_calls(who.sight)
        records = seen.history(asked.of(service), before=behind, limit=limit + 1, offset=offset)
        following = None
        if len(records) > limit:
            last = records[limit - 1]
            words = {**asked.words, "limit": limit, "before": Place(last.start, last.uuid).text(), "lang": lang}
            following = "/api/history?" + urlencode(words)
            response.headers["Link"] = f'<{following}>; rel="next"'
        return {
            "calls": [_shown(service, record, zone, lang, who) for record in records[:limit]],
            "next_offset": None if following is None else offset + limit,
            "next": following,
        }


def _exports(api: APIRouter, service: Service, sees: Callable[[str], Any], zone: ZoneInfo) -> None:
    @api.get(
        "/api/history.csv",
        response_class=StreamingResponse,
        responses=_example("uuid,caller_id_name,caller_id_number,…", "text/csv"),
    )
    def history_csv(
        asked: Annotated[HistoryQuery, Depends()],
        limit: Annotated[int, Query(ge=0)] = 0,
        lang: Language = "en",
        who: Who = sees("history:read"),
    ) -> StreamingResponse:
        """The same calls as CSV for a spreadsheet, all of them unless `limit` says otherwise."""
        labels = service.records.state.labels()
        fields = service.seen_calls(who.sight).rows(zone, lang, asked.of(service), limit=limit, labels=labels)
        head = {"Content-Disposition": f'attachment; filename="{service.pbx}-history.csv"', **settled(service)}
        return StreamingResponse(history_export.csv_parts(fields), media_type="text/csv; charset=utf-8", headers=head)


def _one(api: APIRouter, service: Service, sees: Callable[[str], Any], zone: ZoneInfo) -> None:
    def known(uuid: str, who: Who) -> CallRecord:
        record = service.seen_calls(who.sight).call(uuid)
        if record is None:
            raise HTTPException(404, f"no call {uuid} is in the history")
        return record

    @api.get("/api/history/{uuid}", responses=_example({**EXAMPLE_CALL, "messages": []}))
    def one_call(uuid: str, lang: Language = "en", who: Who = sees("history:read")) -> dict[str, object]:
        """One call, with the voice messages it left. Links to its recordings need no token and live half an hour (R-19.4)."""
        record = known(uuid, who)
        messages = [
            {
                "recording": one.recording, "box": one.box, "left_stamp": stamp(one.left_at, zone),
                "length": one.length_us / SECOND_US, "heard": one.heard, "there": (service.recordings / one.file).is_file(),
            }
            for one in service.store.messages_of(uuid)
        ]  # fmt: skip
        return {**_shown(service, record, zone, lang, who), "messages": messages}

    @api.get(
        "/api/history/{uuid}/ladder",
        responses=_example({"rungs": [{
            "stamp": "2026-11-23T09:30:00.000+03:00", "after": 0.0, "source": "caller", "target": "PBX",
            "text": "CallArrived called=74951234567 caller=89161234567 trunk=moscow", "name": "CallArrived",
        }]}),
    )  # fmt: skip
    def steps(uuid: str, who: Who = sees("history:read")) -> dict[str, Any]:
        """What caller, PBX and every leg told each other, in order; keys that were pressed are hidden. Empty when the journal of
        that time is no longer kept (R-24.4)."""
        record, run = known(uuid, who), service.store.run_of(uuid)
        read = [] if run is None else read_call(service.store, run, record.start, record.end)
        found = ladder(read, uuid, service.records.state.labels())
        return {
            "rungs": [
                {
                    "stamp": stamp(rung.at, zone), "after": (rung.at - record.start) / SECOND_US,
                    "source": rung.source, "target": rung.target, "text": rung.text, "name": rung.name,
                }
                for rung in found
            ]
        }  # fmt: skip
