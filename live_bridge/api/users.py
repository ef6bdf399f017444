"""Paths of users: their state as members and devices, a new password, signing in and out, pauses.

Decides shapes, and that who did what is logged. Leaves the record of an act to `call_requests.py` and what it does to the engine,
which may ignore it and says so in its notes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field

from engine.contract import events as ev
from engine.control.present import PresentMember
from live_bridge.api.call_requests import CallRequests
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


def user_routes(service: Service, stream: EventStream, asks: CallRequests, needs: Callable[[str], Any]) -> APIRouter:
    """The paths under /api/users; `needs` makes the dependency on a scope."""
    api = APIRouter()

    @api.get("/api/users", dependencies=[needs("calls:read")])
    def users() -> list[dict[str, Any]]:
        """Users with their state as members and the devices they are registered with; each with `since` when, in microseconds
        since 1970, as far as this run of the bridge knows.

        `voicemail_pin` says whether their mailbox has a PIN, without which it is not heard by phone (R-09.6).
        `state` is idle, ringing, talking, wrap_up, retry_wait or away; `queues` says where a member is in, out or paused.
        """
        devices, told, changed = service.view.devices(), stream.members(), stream.devices_since()
        states = {one.user: one for one in service.view.present().members}
        return [
            {
                "user": number,
                "name": user.name,
                "devices": devices[number],
                "devices_since": changed.get(number),
                "voicemail_pin": service.pins.has(number),
                "voicemail_locked_until": service.pins.locked_until(number),
                **_state(states.get(number), told.get(number, {})),
            }
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
        wanted = details or MemberAction()
        said = wanted.model_dump(exclude_defaults=True)
        asks.act_on_member(user, action, EVENTS[action](user, wanted), said, by)
        log.info("%s of user %s by %s", action, user, by)
        return {"accepted": True}

    return api


def _state(member: PresentMember | None, told: dict[str, Any]) -> dict[str, Any]:
    """What a member does now, and since when: what the engine does not keep its notes told."""
    if member is None:
        return {}
    since = member.since if member.since is not None or told.get("state") != member.state else told.get("since")
    queues = {}
    for seat in member.seats:
        state = "out" if not seat.signed_in else "paused" if seat.paused else "in"
        last = told.get("queues", {}).get(str(seat.queue), {})
        queues[str(seat.queue)] = {
            "state": state,
            "reason": seat.reason if seat.paused else "",
            "since": last.get("since") if last.get("state") == state else None,
        }
    return {"state": member.state, "since": since, "do_not_disturb": member.do_not_disturb, "queues": queues}
