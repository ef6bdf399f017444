"""Paths of voice messages and of the PINs by which they are heard by phone (R-09.6).

Decides shapes and status codes: 422 for a PIN that is none, 403 for whoever may not. To hear a message is the right to listen;
whether it is new again or gone is for the user whose box it is, and for who changes users. Leaves whose messages somebody sees
to `service/seen_calls.py`, PINs to `service/voicemail_pins.py`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from engine.records.history import stamp
from live_bridge.api.access.who import LISTEN, Who
from live_bridge.api.availability import Settled
from live_bridge.api.hearing.plays import Listening
from live_bridge.api.hearing.recordings import given
from live_bridge.service.mailboxes import State
from live_bridge.service.voicemail_pins import PinRefused
from live_bridge.store.messages import VoiceMessage

if TYPE_CHECKING:
    from live_bridge.service.service import Service

log = logging.getLogger(__name__)


class NewPin(BaseModel):
    """The PIN of a mailbox."""

    pin: str = Field(
        max_length=32, examples=["4821"], description="4 to 8 digits that are not easily guessed (R-09.6)."
    )


class NewState(BaseModel):
    """What becomes of a message."""

    state: State


def voicemail_routes(service: Service, needs: Callable[[str], Any], sees: Callable[[str], Any]) -> APIRouter:
    """The paths under /api/voice-messages, and those of PINs; `needs` and `sees` make the dependency on a scope."""
    api = APIRouter(tags=["voicemail"])
    _messages(api, service, needs, sees)
    _pins(api, service, needs, sees)
    return api


def _messages(api: APIRouter, service: Service, needs: Callable[[str], Any], sees: Callable[[str], Any]) -> None:
    listening, zone = Listening(service.records.state), ZoneInfo(service.flow.head.zone)
    settled = [Depends(Settled(service))]

    def known(recording: str, who: Who) -> VoiceMessage:
        found = service.seen_calls(who.sight).message(recording)
        if found is None or service.mailboxes.is_deleted(recording):
            raise HTTPException(404, f"there is no message {recording}")
        return found

    @api.get("/api/voice-messages", dependencies=settled)
    def voice_messages(box: int | None = None, who: Who = sees("history:read")) -> list[dict[str, Any]]:
        """Messages left in boxes, the latest first; `there` says whether the sound is still kept."""
        return [
            {
                **{k: v for k, v in msgspec.structs.asdict(message).items() if k != "file"},
                "left_stamp": stamp(message.left_at, zone),
                "there": (service.recordings / message.file).is_file(),
            }
            for message in service.seen_calls(who.sight).messages(box)
            if not service.mailboxes.is_deleted(message.recording)
        ]

    @api.get("/api/voice-messages/{recording}/audio", dependencies=settled)
    def audio(recording: str, request: Request, download: bool = False, who: Who = sees(LISTEN)) -> FileResponse:
        """The WAV of a message; it counts as heard from now on. `download` as for a recording."""
        found = known(recording, who)
        path = service.recordings / found.file
        if not path.is_file():
            raise HTTPException(404, f"there is no message {recording}")
        sound = given(path, request, listening, who, download, recording, found.call)
        _mark(service, recording, "heard")
        return sound

    @api.put("/api/voice-messages/{recording}/state", dependencies=settled)
    def state(recording: str, wanted: NewState, who: Who = sees(LISTEN)) -> dict[str, Any]:
        """A message was heard, is new again, or is deleted, as by phone. Users do so in their own box alone; a token marks what
        it sees, and deletes by DELETE."""
        found = known(recording, who)
        if who.user is None and wanted.state == "deleted":
            raise HTTPException(403, "a token deletes messages by DELETE, with the scope users:write")
        if who.user is not None and who.user != found.box:
            raise HTTPException(403, f"the message is in box {found.box}, which is not yours")
        if wanted.state == "deleted":
            _written_down(service, found, who.name)
        _mark(service, recording, wanted.state)
        return {"recording": recording, "state": wanted.state}

    @api.delete("/api/voice-messages/{recording}", dependencies=settled)
    def delete(recording: str, by: str = needs("users:write")) -> dict[str, Any]:
        """Delete a message of any box; its sound goes as soon as no e-mail waits that brings it."""
        found = service.store.voice_message(service.pbx, recording)
        if found is None or service.mailboxes.is_deleted(recording):
            raise HTTPException(404, f"there is no message {recording}")
        _written_down(service, found, by)
        _mark(service, recording, "deleted")
        return {"recording": recording, "state": "deleted"}


def _mark(service: Service, recording: str, state: State) -> None:
    service.records.state.mark_message(recording, state)
    service.mailboxes.mark(recording, state)


def _written_down(service: Service, message: VoiceMessage, by: str) -> None:
    """Who deleted a message stands in the audit trail before it is gone."""
    service.records.state.keep_deed("message-deleted", "", by, {"recording": message.recording, "box": message.box})


def _pins(api: APIRouter, service: Service, needs: Callable[[str], Any], sees: Callable[[str], Any]) -> None:
    def change(user: int, pin: str | None, by: str) -> dict[str, Any]:
        if user not in service.flow.head.users:
            raise HTTPException(404, f"there is no user {user}")
        try:
            service.pins.change(user, pin, by)
        except PinRefused as refusal:
            raise HTTPException(422, str(refusal)) from None
        log.info("the PIN of mailbox %s is %s by %s", user, "taken away" if pin is None else "set", by)
        return {"user": user, "voicemail_pin": pin is not None}

    @api.put("/api/users/{user}/voicemail-pin")
    def give(user: int, wanted: NewPin, by: str = needs("users:write")) -> dict[str, Any]:
        """Give a user's mailbox a PIN, at once; a lock by wrong ones ends."""
        return change(user, wanted.pin, by)

    @api.delete("/api/users/{user}/voicemail-pin")
    def take_away(user: int, by: str = needs("users:write")) -> dict[str, Any]:
        """Take the PIN away: the mailbox is not heard by phone any more."""
        return change(user, None, by)

    @api.put("/api/voicemail-pin")
    def own(wanted: NewPin, who: Who = sees(LISTEN)) -> dict[str, Any]:
        """A user of the PBX, signed in by phone, gives their own mailbox a PIN."""
        if who.user is None:
            raise HTTPException(403, "this is for users of the PBX: PUT /api/users/…/voicemail-pin is for tokens")
        return change(who.user, wanted.pin, who.name)
