"""Who may listen to a call in progress, whisper or barge in, and the paths for it (R-19.5, R-23.12).

Decides that it is denied to whoever was not given it: to hear takes the scope `calls:listen`, or, of a user who signed in by
phone, the right to listen, to calls of their filter alone and with their own phone; to be heard takes `calls:write` too, which
no filter gives. Nobody listens with the phone of somebody who is in that call. Each act is an entry of the audit trail, on the
disk before anything rings. Leaves ringing and what can be listened to at all to `calls/ringing/supervision.py`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from engine.account.call_rights import Sight
from engine.contract.ids import CallId
from live_bridge.api.access.who import Who
from live_bridge.api.call_requests import RequestRefused
from live_bridge.api.stream import CallInProgress, EventStream
from live_bridge.calls.ringing.device_ringing import NobodyThere
from live_bridge.calls.ringing.supervision import CannotListen, Mode

if TYPE_CHECKING:
    from live_bridge.service.service import Service

log = logging.getLogger(__name__)

ACTS: dict[Mode, str] = {"listen": "listen-in", "whisper": "whisper", "barge": "barge"}
"""Names of entries in the audit trail."""
END = "listen-end"


class Supervising:
    """Listening to the calls of one bridge, from any thread."""

    def __init__(self, service: Service, stream: EventStream) -> None:
        self._service = service
        self._stream = stream

    def begin(self, call: CallId, user: int, mode: Mode, agent: int | None, who: Who) -> None:
        """Ring a user's phones to let them hear a call, or change the mode they hear it in. Raises RequestRefused."""
        found = self._seen(call, who.sight)
        if self._service.flow.head.users.get(user) is None:
            raise RequestRefused(f"there is no user {user}", 404)
        if who.user is not None and user != who.user:
            raise RequestRefused(f"who signed in by phone listens with their own: {who.user} (R-23.12)", 403)
        if user == found.user or str(user) == found.talking_to:
            raise RequestRefused(f"user {user} is in call {call} already")
        if agent is not None and agent != found.user and str(agent) != found.talking_to:
            raise RequestRefused(f"user {agent} is not in call {call}, and cannot be whispered to there")
        details = {"call": call, "user": user, "agent": agent}
        self._service.records.state.keep_deed(ACTS[mode], found.flow, who.name, details)
        try:
            self._service.driver.supervise(call, user, mode, agent)
        except (CannotListen, NobodyThere) as refusal:
            raise RequestRefused(str(refusal)) from None
        log.info("call %s: %s by %s with the phone of user %s (R-19.5)", call, ACTS[mode], who.name, user)

    def end(self, call: CallId, who: Who) -> None:
        """Let whoever listens to a call leave. Raises RequestRefused when nobody does."""
        found = self._seen(call, who.sight)
        self._service.records.state.keep_deed(END, found.flow, who.name, {"call": call})
        if not self._service.driver.stop_supervising(call, who.user):
            raise RequestRefused(f"nobody listens to call {call}", 404)

    def now(self, sight: Sight) -> list[dict[str, Any]]:
        """Who listens to which call that somebody sees."""
        seen = {one.call for one in self._stream.calls(sight)}
        return [
            {
                "call": one.call,
                "user": one.user,
                "mode": one.mode,
                "heard_by": list(one.heard_by),
                "talking": one.talking,
            }
            for one in self._service.driver.supervised()
            if one.call in seen
        ]

    def _seen(self, call: CallId, sight: Sight) -> CallInProgress:
        found = next((one for one in self._stream.calls(sight) if one.call == call), None)
        if found is None:
            raise RequestRefused(f"no call {call} is in progress", 404)
        return found


class ListenWith(BaseModel):
    """With whose phone, and whom it is about."""

    user: int = Field(examples=[120], description="The user whose phones ring.")
    agent: int | None = Field(
        default=None,
        examples=[101],
        description="Whom is whispered to, where both sides are users; else the user who talks with the outside.",
    )


def supervision_routes(supervising: Supervising, sees: Callable[[str], Any], needs: Callable[[str], Any]) -> APIRouter:
    """The paths; `sees` and `needs` make the dependency on a scope."""
    api = APIRouter(tags=["calls"])

    @api.get("/api/listening")
    def listening(who: Who = sees("calls:listen")) -> list[dict[str, Any]]:
        """Who listens to which call now."""
        return supervising.now(who.sight)

    @api.post("/api/calls/{call}/listen", status_code=202)
    def listen(call: str, wanted: ListenWith, who: Who = sees("calls:listen")) -> dict[str, bool]:
        """Ring a user's phones; whoever picks up hears both sides and is heard by nobody.

        Whoever whispers or has barged in comes back to listening by it, without another ring.
        """
        supervising.begin(call, wanted.user, "listen", wanted.agent, who)
        return {"accepted": True}

    @api.post("/api/calls/{call}/whisper", status_code=202, dependencies=[needs("calls:write")])
    def whisper(call: str, wanted: ListenWith, who: Who = sees("calls:listen")) -> dict[str, bool]:
        """As `listen`, and the user of the call hears the listener; the other side does not."""
        supervising.begin(call, wanted.user, "whisper", wanted.agent, who)
        return {"accepted": True}

    @api.post("/api/calls/{call}/barge", status_code=202, dependencies=[needs("calls:write")])
    def barge(call: str, wanted: ListenWith, who: Who = sees("calls:listen")) -> dict[str, bool]:
        """As `listen`, and both sides hear the listener: three talk."""
        supervising.begin(call, wanted.user, "barge", wanted.agent, who)
        return {"accepted": True}

    @api.delete("/api/calls/{call}/listen", status_code=202)
    def leave(call: str, who: Who = sees("calls:listen")) -> dict[str, bool]:
        """Let whoever listens to a call leave; the call goes on."""
        supervising.end(call, who)
        return {"accepted": True}

    return api
