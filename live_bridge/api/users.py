"""Paths of users: their state as members and devices, a new password, signing in and out, pauses.

Decides shapes, and that who did what is logged. Leaves what an act does to the engine, which may ignore it and says so in its
notes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field

from engine.contract import events as ev
from live_bridge.api.call_requests import refuse_static
from live_bridge.api.stream import EventStream

if TYPE_CHECKING:
    from live_bridge.service.service import Service

log = logging.getLogger(__name__)

Action = Literal["sign-in", "sign-out", "pause", "unpause", "disturb", "do-not-disturb"]


class MemberAction(BaseModel):
    """Details of a member's action."""

    queue: int | None = Field(default=None, examples=[5200])
    reason: str = Field(default="", max_length=64, examples=["lunch"])


EVENTS: dict[str, Callable[[int, MemberAction], ev.Event]] = {
    "sign-in": lambda user, d: ev.MemberSignedIn(user=user, queue=d.queue),
    "sign-out": lambda user, d: ev.MemberSignedOut(user=user, queue=d.queue),
    "pause": lambda user, d: ev.MemberPaused(user=user, queue=d.queue, reason=d.reason),
    "unpause": lambda user, d: ev.MemberUnpaused(user=user, queue=d.queue),
    "disturb": lambda user, d: ev.DoNotDisturbSet(user=user, on=False),
    "do-not-disturb": lambda user, d: ev.DoNotDisturbSet(user=user, on=True),
}
"""The event of each action."""


def user_routes(service: Service, stream: EventStream, needs: Callable[[str], Any]) -> APIRouter:
    """The paths under /api/users; `needs` makes the dependency on a scope."""
    api = APIRouter()

    @api.get("/api/users", dependencies=[needs("calls:read")])
    def users() -> list[dict[str, Any]]:
        """Users with their state as members and the devices they are registered with."""
        devices = service.view.devices()
        states = stream.members()
        return [
            {"user": number, "name": user.name, "devices": devices[number], **states.get(number, {})}
            for number, user in service.flow.head.users.items()
        ]

    @api.post("/api/users/{user}/password", status_code=201)
    def password(user: int, by: str = needs("users:write")) -> dict[str, Any]:
        """Give a user a new SIP password, at once. It is told here and never again."""
        try:
            made = service.new_password(user)
        except KeyError:
            raise HTTPException(404, f"there is no user {user}") from None
        log.info("user %s is given a new password by %s", user, by)
        return {"user": user, "password": made}

    @api.post("/api/users/{user}/{action}", status_code=202)
    def act(
        user: int, action: Action, details: MemberAction | None = None, by: str = needs("members:write")
    ) -> dict[str, bool]:
        """Sign a member in or out, pause, do not disturb; `queue` empty means all queues."""
        if user not in service.flow.head.users:
            raise HTTPException(404, f"there is no user {user}")
        event = EVENTS[action](user, details or MemberAction())
        if isinstance(event, ev.MemberSignedOut):
            refuse_static(service.flow, user, event.queue)
        service.driver.submit(event)
        log.info("%s of user %s by %s", action, user, by)
        return {"accepted": True}

    return api
