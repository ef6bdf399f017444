"""Paths of recorded talks and voice messages (R-24.4).

Decides how a sound is found. To listen and to take a sound away are rights of their own, and every play is written down (R-23.12)
by `plays.py`. Leaves which calls somebody sees to `service/seen_calls.py`, links and how long they live to `store/links.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import FileResponse

from live_bridge.api.access.who import LISTEN, Who
from live_bridge.api.availability import Settled
from live_bridge.api.hearing.plays import Listening

if TYPE_CHECKING:
    from live_bridge.service.service import Service


def recording_routes(service: Service, sees: Callable[[str], Any]) -> APIRouter:
    """The recordings of calls, by scope and by link, and the paths under /api/voice-messages; `sees` makes the dependency on a
    scope."""
    api = APIRouter(tags=["history"], dependencies=[Depends(Settled(service))])
    listening = Listening(service.records.state)
    _talks(api, service, listening, sees)
    _messages(api, service, listening, sees)
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
                    return _given(path, request, listening, who, download, name, uuid, record.flow)
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


def _given(
    path: Path, request: Request, listening: Listening, who: Who, download: bool, name: str, call: str, flow: str = ""
) -> FileResponse:
    """A sound for who may have it, written down first."""
    if download and not who.download:
        raise HTTPException(403, "to download recordings is a right of its own: an administrator gives it (R-23.12)")
    listening.note(request, who.name, name, call, flow)
    return FileResponse(path, media_type="audio/wav", filename=f"{name}.wav" if download else None)


def _messages(api: APIRouter, service: Service, listening: Listening, sees: Callable[[str], Any]) -> None:
    @api.get("/api/voice-messages")
    def voice_messages(box: int | None = None, who: Who = sees("history:read")) -> list[dict[str, Any]]:
        """Messages left in boxes, the latest first."""
        found = service.seen_calls(who.sight).messages(box)
        return [{k: v for k, v in msgspec.structs.asdict(message).items() if k != "file"} for message in found]

    @api.get("/api/voice-messages/{recording}/audio")
    def audio(recording: str, request: Request, download: bool = False, who: Who = sees(LISTEN)) -> FileResponse:
        """The WAV of a message; it counts as heard from now on. `download` as for a recording."""
        found = service.seen_calls(who.sight).message(recording)
        path = None if found is None else service.recordings / found.file
        if found is None or path is None or not path.is_file():
            raise HTTPException(404, f"there is no message {recording}")
        given = _given(path, request, listening, who, download, recording, found.call)
        service.records.state.mark_message(recording, "heard")
        service.mailboxes.mark(recording, "heard")
        return given
