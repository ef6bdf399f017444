"""Paths of recorded talks and voice messages (R-24.4).

Decides how long a link lives. Who listens to what is logged (R-23.12). Leaves reading to `store/store.py`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import FileResponse

from live_bridge.api.availability import Settled

if TYPE_CHECKING:
    from live_bridge.service.service import Service

log = logging.getLogger(__name__)


def recording_routes(service: Service, needs: Callable[[str], Any]) -> APIRouter:
    """The recordings of calls, by scope and by link, and the paths under /api/voice-messages."""
    api = APIRouter(tags=["history"], dependencies=[Depends(Settled(service))])
    _talks(api, service, needs)
    _messages(api, service, needs)
    return api


def _talks(api: APIRouter, service: Service, needs: Callable[[str], Any]) -> None:
    @api.get("/api/history/{uuid}/recording")
    def talk(uuid: str, recording: str = "", by: str = needs("history:read")) -> FileResponse:
        """The WAV of a call's talk, if it was recorded and is still kept: the caller left, the other side right.

        A call that was transferred may have several; `recording` names one of them, the first is given without it.
        """
        record = service.store.call(uuid)
        names = () if record is None else record.recordings
        for name in names:
            path = service.links.file(name)
            if recording in ("", name) and path is not None:
                log.info("the recording %s was given to %s (R-23.12)", name, by)
                return FileResponse(path, media_type="audio/wav")
        raise HTTPException(404, f"there is no recording of call {uuid}")

    @api.get("/recordings/{recording}.wav")
    def linked(recording: str, request: Request, until: int = 0, signature: str = "") -> FileResponse:
        """A recording by a link of ours, for half an hour (R-19.4)."""
        path = service.links.file(recording)
        if not service.links.good(recording, until, signature) or path is None:
            raise HTTPException(404, "this link is not one of ours, or its half hour is over: ask for a new one")
        log.info(
            "the recording %s was given by a link to %s (R-23.12)", recording, request.client and request.client.host
        )
        return FileResponse(path, media_type="audio/wav")


def _messages(api: APIRouter, service: Service, needs: Callable[[str], Any]) -> None:
    @api.get("/api/voice-messages", dependencies=[needs("history:read")])
    def voice_messages(box: int | None = None) -> list[dict[str, Any]]:
        """Messages left in boxes, the latest first."""
        found = service.store.voice_messages(service.pbx, box)
        return [{k: v for k, v in msgspec.structs.asdict(message).items() if k != "file"} for message in found]

    @api.get("/api/voice-messages/{recording}/audio")
    def audio(recording: str, by: str = needs("history:read")) -> FileResponse:
        """The WAV of a message; it counts as heard from now on."""
        found = [m for m in service.store.voice_messages(service.pbx) if m.recording == recording]
        path = service.recordings / found[0].file if found else None
        if path is None or not path.is_file():
            raise HTTPException(404, f"there is no message {recording}")
        service.records.state.mark_heard(recording)
        service.mailboxes.heard(recording)
        log.info("the message %s was given to %s (R-23.12)", recording, by)
        return FileResponse(path, media_type="audio/wav")
