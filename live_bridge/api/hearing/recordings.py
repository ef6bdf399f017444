"""Paths of recorded talks (R-24.4).

Decides how a sound is found. To listen and to take a sound away are rights of their own, and every play is written down (R-23.12)
by `plays.py`. Leaves which calls somebody sees to `service/seen_calls.py`, links and how long they live to `store/links.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import FileResponse

from live_bridge.api.access.who import LISTEN, Who
from live_bridge.api.availability import Settled
from live_bridge.api.hearing.plays import Listening

if TYPE_CHECKING:
    from live_bridge.service.service import Service


def recording_routes(service: Service, sees: Callable[[str], Any]) -> APIRouter:
    """The recordings of calls, by scope and by link; `sees` makes the dependency on a scope."""
    api = APIRouter(tags=["history"], dependencies=[Depends(Settled(service))])
    listening = Listening(service.records.state)
    _talks(api, service, listening, sees)
    return api


def _talks(api: APIRouter, service: Service, listening: Listening, sees: Callable[[str], Any]) -> None:
    @api.get("/api/history/{uuid}/recording")
    def talk(
        uuid: str, request: Request, recording: str = "", download: bool = False, who: Who = sees(LISTEN)
    ) -> FileResponse:
        """The WAV of a call's talk, if it was recorded and is still kept: the caller left, the other side right.

        A call that was transferred may have several; `recording` names one of them, the first is given without it. With
        `download` it is a file to be kept, which is a right of its own.
        """
        record = service.seen_calls(who.sight).call(uuid)
        if record is not None:
            for name in record.recordings:
                path = service.links.file(name)
                if recording in ("", name) and path is not None:
                    return given(path, request, listening, who, download, name, uuid, record.flow)
        raise HTTPException(404, f"there is no recording of call {uuid}")

    @api.get("/recordings/{recording}.wav")
    def linked(recording: str, request: Request, until: int = 0, signature: str = "") -> FileResponse:
        """A recording by a link of ours, for half an hour (R-19.4)."""
        path = service.links.file(recording)
        if not service.links.good(recording, until, signature) or path is None:
            raise HTTPException(404, "this link is not one of ours, or its half hour is over: ask for a new one")
        host = request.client.host if request.client is not None else ""
        listening.note(request, f"link {host}".strip(), recording, recording.rpartition(".r")[0])
        return FileResponse(path, media_type="audio/wav")


def given(
    path: Path, request: Request, listening: Listening, who: Who, download: bool, name: str, call: str, flow: str = ""
) -> FileResponse:
    """A sound for who may have it, written down first."""
    if download and not who.download:
        raise HTTPException(403, "to download recordings is a right of its own: an administrator gives it (R-23.12)")
    listening.note(request, who.name, name, call, flow)
    return FileResponse(path, media_type="audio/wav", filename=f"{name}.wav" if download else None)
