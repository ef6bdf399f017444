"""Paths of recorded talks and voice messages (R-24.4).

Decides how a sound is found. To listen is a right of its own, and every play is written down (R-23.12) by `listening.py`. Leaves
reading to `store/store.py`, links and how long they live to `store/links.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import FileResponse

from live_bridge.api.availability import Settled
from live_bridge.api.listening import Listening

if TYPE_CHECKING:
    from live_bridge.service.service import Service

SCOPE = "recordings:read"


def recording_routes(service: Service, needs: Callable[[str], Any]) -> APIRouter:
    """The recordings of calls, by scope and by link, and the paths under /api/voice-messages."""
    api = APIRouter(tags=["history"], dependencies=[Depends(Settled(service))])
    listening = Listening(service.records.state)
    _talks(api, service, listening, needs)
    _messages(api, service, listening, needs)
    return api


def _talks(api: APIRouter, service: Service, listening: Listening, needs: Callable[[str], Any]) -> None:
    @api.get("/api/history/{uuid}/recording")
    def talk(uuid: str, request: Request, recording: str = "", by: str = needs(SCOPE)) -> FileResponse:
        """The WAV of a call's talk, if it was recorded and is still kept: the caller left, the other side right.

        A call that was transferred may have several; `recording` names one of them, the first is given without it.
        """
        record = service.store.call(uuid)
        if record is not None:
            for name in record.recordings:
                path = service.links.file(name)
                if recording in ("", name) and path is not None:
                    listening.note(request, by, name, uuid, record.flow)
                    return FileResponse(path, media_type="audio/wav")
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


def _messages(api: APIRouter, service: Service, listening: Listening, needs: Callable[[str], Any]) -> None:
    @api.get("/api/voice-messages", dependencies=[needs("history:read")])
    def voice_messages(box: int | None = None) -> list[dict[str, Any]]:
        """Messages left in boxes, the latest first."""
        found = service.store.voice_messages(service.pbx, box)
        return [{k: v for k, v in msgspec.structs.asdict(message).items() if k != "file"} for message in found]

    @api.get("/api/voice-messages/{recording}/audio")
    def audio(recording: str, request: Request, by: str = needs(SCOPE)) -> FileResponse:
        """The WAV of a message; it counts as heard from now on."""
        found = service.store.voice_message(service.pbx, recording)
        path = None if found is None else service.recordings / found.file
        if found is None or path is None or not path.is_file():
            raise HTTPException(404, f"there is no message {recording}")
        listening.note(request, by, recording, found.call)
        service.records.state.mark_heard(recording)
        service.mailboxes.heard(recording)
        return FileResponse(path, media_type="audio/wav")
