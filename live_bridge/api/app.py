"""HTTP and WebSocket around a running bridge (R-19.7, R-19.8).

Decides paths, scopes and shapes; every path is described by /openapi.json. Asks go to the engine as events, like anybody
else's: the engine may ignore them, and says so in its notes. Leaves state to `stream.py`, history to `store.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from fastapi import Depends, FastAPI, HTTPException, Query, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import FileResponse, JSONResponse, PlainTextResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

from engine import events as ev
from engine.history import row
from live_bridge.api import tokens
from live_bridge.api.metrics import Metrics
from live_bridge.api.stream import EventStream
from live_bridge.api.versions import version_routes
from live_bridge.media.recording import file_name
from live_bridge.originate import NobodyThere

if TYPE_CHECKING:
    from live_bridge.service import Service

PAGE_MOST = 1000

Action = Literal["sign-in", "sign-out", "pause", "unpause", "disturb", "do-not-disturb"]

_bearer = HTTPBearer(auto_error=False, description="A token made by `pbx token`.")


class TransferTo(BaseModel):
    """Where a call is sent."""

    to: str = Field(min_length=1, max_length=32, pattern=r"^\+?[0-9*#]+$")


class NewCall(TransferTo):
    """Who calls whom."""

    user: int


class MemberAction(BaseModel):
    """Details of a member's action."""

    queue: int | None = None
    reason: str = Field(default="", max_length=64)


def create_app(service: Service, stream: EventStream, metrics: Metrics) -> FastAPI:
    """The application around one bridge."""
    app = FastAPI(title="pbx-workbench live bridge", version="1", docs_url=None, redoc_url=None)
    zone = ZoneInfo(service.flow.head.zone)

    def needs(scope: str) -> Any:
        def check(
            request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)] = None
        ) -> str:
            return _allow(None if given is None else given.credentials, scope)

        return Depends(check)

    def _allow(token: str | None, scope: str) -> str:
        """The name of a token that may; HTTPException otherwise."""
        if token is None:
            raise HTTPException(401, "give a token: Authorization: Bearer …", {"WWW-Authenticate": "Bearer"})
        scopes = service.store.token_scopes(tokens.digest(token))
        if scopes is None:
            raise HTTPException(401, "this token is not known here", {"WWW-Authenticate": "Bearer"})
        if scope not in scopes:
            raise HTTPException(403, f"this token may not: it lacks the scope {scope}")
        return service.store.token_name(tokens.digest(token))

    app.include_router(version_routes(service, needs))

    @app.get("/health")
    def health() -> JSONResponse:
        """Whether all is well; 503 when something needs a person."""
        state = service.health()
        return JSONResponse({"ok": state["ok"], "pbx": state["pbx"], "up_s": state["up_s"]}, 200 if state["ok"] else 503)

    @app.get("/metrics", dependencies=[needs("metrics:read")])
    def prometheus() -> PlainTextResponse:
        """Prometheus metrics."""
        return PlainTextResponse(metrics.text(), media_type="text/plain; version=0.0.4")

    @app.get("/api/status", dependencies=[needs("calls:read")])
    def status() -> dict[str, Any]:
        """The whole state of health, with sizes."""
        return {**service.health(), "run": stream.run, "seq": stream.seq}

    # --- calls -------------------------------------------------------------------------------------------------------

    @app.get("/api/calls", dependencies=[needs("calls:read")])
    def calls() -> dict[str, Any]:
        """Calls in progress, and the number of the last event they reflect."""
        return {"run": stream.run, "seq": stream.seq, "calls": [msgspec.to_builtins(call) for call in stream.calls()]}

    @app.post("/api/calls", status_code=202, dependencies=[needs("calls:write")])
    def originate(wanted: NewCall) -> dict[str, str]:
        """Ring a user's phones; when one is picked up, the user calls `to`, under all rules of the user's own calls.

        The id is that of the call to come: its first event is CallStarted with origin `api`. There is none when nobody
        picks up within 30 s.
        """
        person = service.flow.head.users.get(wanted.user)
        if person is None:
            raise HTTPException(404, f"there is no user {wanted.user}")
        try:
            call = service.driver.ask_inside(lambda board: board.originate(wanted.user, person.name, wanted.to))
        except NobodyThere as refusal:
            raise HTTPException(409, str(refusal)) from None
        return {"call": call}

    def known(call: str) -> None:
        if all(one.call != call for one in stream.calls()):
            raise HTTPException(404, f"no call {call} is in progress")

    @app.post("/api/calls/{call}/hangup", status_code=202, dependencies=[needs("calls:write")])
    def hang_up(call: str) -> dict[str, bool]:
        """End a call."""
        known(call)
        service.driver.submit(ev.HangupRequested(call=call))
        return {"accepted": True}

    @app.post("/api/calls/{call}/transfer", status_code=202, dependencies=[needs("calls:write")])
    def transfer(call: str, where: TransferTo) -> dict[str, bool]:
        """Send the caller on to an internal or outside number."""
        known(call)
        service.driver.submit(ev.TransferRequested(call=call, to=where.to))
        return {"accepted": True}

    # --- users and members -------------------------------------------------------------------------------------------

    @app.get("/api/users", dependencies=[needs("calls:read")])
    def users() -> list[dict[str, Any]]:
        """Users with their state as members and the devices they are registered with."""
        bindings = service.driver.ask_inside(lambda board: board.endpoint.registrar.bindings.all())
        devices: dict[int, int] = {}
        for binding in bindings:
            devices[binding.user] = devices.get(binding.user, 0) + 1
        states = stream.members()
        return [
            {"user": number, "name": user.name, "devices": devices.get(number, 0), **states.get(number, {})}
            for number, user in service.flow.head.users.items()
        ]

    @app.post("/api/users/{user}/password", status_code=201, dependencies=[needs("users:write")])
    def password(user: int) -> dict[str, Any]:
        """Give a user a new SIP password, at once. It is told here and never again."""
        try:
            return {"user": user, "password": service.new_password(user)}
        except KeyError:
            raise HTTPException(404, f"there is no user {user}") from None

    @app.post("/api/users/{user}/{action}", status_code=202, dependencies=[needs("members:write")])
    def act(user: int, action: Action, details: MemberAction | None = None) -> dict[str, bool]:
        """Sign a member in or out, pause, do not disturb; `queue` empty means all queues."""
        if user not in service.flow.head.users:
            raise HTTPException(404, f"there is no user {user}")
        service.driver.submit(_MEMBER_EVENTS[action](user, details or MemberAction()))
        return {"accepted": True}

    # --- history -----------------------------------------------------------------------------------------------------

    @app.get("/api/history", dependencies=[needs("history:read")])
    def history(
        since: int | None = None,
        until: int | None = None,
        number: str | None = None,
        accountcode: Literal["inbound", "outbound", "local", "missed"] | None = None,
        limit: Annotated[int, Query(ge=1, le=PAGE_MOST)] = 100,
        offset: Annotated[int, Query(ge=0)] = 0,
        lang: Literal["en", "ru"] = "en",
    ) -> dict[str, Any]:
        """Calls that are over, the latest first, with the fields of R-24.1; `since`, `until` in microseconds."""
        records = service.store.history(
            service.pbx, since=since, until=until, number=number, accountcode=accountcode, limit=limit, offset=offset
        )
        following = offset + limit if len(records) == limit else None
        return {"calls": [row(record, zone, lang) for record in records], "next_offset": following}

    @app.get("/api/history/{uuid}", dependencies=[needs("history:read")])
    def one_call(uuid: str, lang: Literal["en", "ru"] = "en") -> dict[str, object]:
        """One call."""
        record = service.store.call(uuid)
        if record is None:
            raise HTTPException(404, f"no call {uuid} is in the history")
        return row(record, zone, lang)

    @app.get("/api/history/{uuid}/recording", dependencies=[needs("history:read")])
    def talk(uuid: str, recording: str = "") -> FileResponse:
        """The WAV of a call's talk, if it was recorded and is still kept: the caller left, the other side right.

        A call that was transferred may have several; `recording` names one of them, the first is given without it.
        """
        record = service.store.call(uuid)
        names = () if record is None else record.recordings
        found = [name for name in names if recording in ("", name) and (service.recordings / file_name(name)).is_file()]
        if not found:
            raise HTTPException(404, f"there is no recording of call {uuid}")
        return FileResponse(service.recordings / file_name(found[0]), media_type="audio/wav")

    @app.get("/api/voice-messages", dependencies=[needs("history:read")])
    def voice_messages(box: int | None = None) -> list[dict[str, Any]]:
        """Messages left in boxes, the latest first."""
        found = service.store.voice_messages(service.pbx, box)
        return [{k: v for k, v in msgspec.structs.asdict(message).items() if k != "file"} for message in found]

    @app.get("/api/voice-messages/{recording}/audio", dependencies=[needs("history:read")])
    def audio(recording: str) -> FileResponse:
        """The WAV of a message; it counts as heard from now on."""
        found = [m for m in service.store.voice_messages(service.pbx) if m.recording == recording]
        path = service.recordings / found[0].file if found else None
        if path is None or not path.is_file():
            raise HTTPException(404, f"there is no message {recording}")
        service.store.mark_heard(recording)
        return FileResponse(path, media_type="audio/wav")

    # --- events ------------------------------------------------------------------------------------------------------

    @app.websocket("/api/events")
    async def events(socket: WebSocket, run: int | None = None, after: int | None = None) -> None:
        """Everything the engine reports, numbered. `run` and `after` of the last event seen resume without a gap.

        First comes a hello: `resumed` is false when something was lost and the client must read /api/calls anew.
        """
        given = socket.headers.get("authorization", "")
        token = given[7:] if given.lower().startswith("bearer ") else None
        try:
            await asyncio.to_thread(_allow, token, "calls:read")
        except HTTPException as refusal:
            await socket.close(4401 if refusal.status_code == 401 else 4403, str(refusal.detail)[:120])
            return
        await socket.accept()
        await _tell(socket, stream, run, after)

    return app


async def _tell(socket: WebSocket, stream: EventStream, run: int | None, after: int | None) -> None:
    loop, news = asyncio.get_running_loop(), asyncio.Event()
    leave = stream.listen(lambda: _knock(loop, news))
    # A client says nothing; reading is how its going is noticed.
    gone = asyncio.create_task(_until_gone(socket))
    try:
        seen = after if after is not None and run == stream.run else stream.seq
        missed, whole = stream.since(seen)
        resumed = run == stream.run and after is not None and whole
        await socket.send_json({"type": "hello", "run": stream.run, "seq": stream.seq, "resumed": resumed})
        while not gone.done():
            for one in missed:
                await socket.send_json({"seq": one.seq, "at": one.at, **one.event})
                seen = one.seq
            waiting = asyncio.create_task(news.wait())
            await asyncio.wait({waiting, gone}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            news.clear()
            missed, whole = stream.since(seen)
            if not whole:
                await socket.close(4408, "too slow: events were lost, connect again")
                return
    except (WebSocketDisconnect, RuntimeError):
        return
    finally:
        leave()
        gone.cancel()


def _knock(loop: asyncio.AbstractEventLoop, news: asyncio.Event) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(news.set)


async def _until_gone(socket: WebSocket) -> None:
    try:
        while True:
            await socket.receive_text()
    except (WebSocketDisconnect, RuntimeError, KeyError):
        return


_MEMBER_EVENTS: dict[str, Callable[[int, MemberAction], ev.Event]] = {
    "sign-in": lambda user, d: ev.MemberSignedIn(user=user, queue=d.queue),
    "sign-out": lambda user, d: ev.MemberSignedOut(user=user, queue=d.queue),
    "pause": lambda user, d: ev.MemberPaused(user=user, queue=d.queue, reason=d.reason),
    "unpause": lambda user, d: ev.MemberUnpaused(user=user, queue=d.queue),
    "disturb": lambda user, d: ev.DoNotDisturbSet(user=user, on=False),
    "do-not-disturb": lambda user, d: ev.DoNotDisturbSet(user=user, on=True),
}
