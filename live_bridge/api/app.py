"""HTTP and WebSocket around a running bridge (R-19.7, R-19.8).

Decides paths, scopes and shapes; every path is described by /openapi.json. Asks go to the engine as events, like anybody
else's: the engine may ignore them, and says so in its notes. Leaves state to `stream.py`, what is over to `history.py`,
versions to `versions.py`, the reference service's own API to `api/compat/routes.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from fastapi import Depends, FastAPI, HTTPException, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse, PlainTextResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

from engine.contract import events as ev
from live_bridge.api import tokens
from live_bridge.api.call_requests import CallRequests, RequestRefused, refuse_static
from live_bridge.api.compat.routes import compat_routes
from live_bridge.api.history import history_routes
from live_bridge.api.metrics import Metrics
from live_bridge.api.stream import EventStream
from live_bridge.api.versions import version_routes

if TYPE_CHECKING:
    from live_bridge.service.service import Service

Action = Literal["sign-in", "sign-out", "pause", "unpause", "disturb", "do-not-disturb"]

_bearer = HTTPBearer(auto_error=False, description="A token made by `pbx token`.")


class TransferTo(BaseModel):
    """Where a call is sent."""

    to: str = Field(min_length=1, max_length=32, pattern=r"^\+?[0-9*#]+$", examples=["101"])


class NewCall(TransferTo):
    """Who calls whom."""

    user: int = Field(examples=[100])


class MemberAction(BaseModel):
    """Details of a member's action."""

    queue: int | None = Field(default=None, examples=[5200])
    reason: str = Field(default="", max_length=64, examples=["lunch"])


def create_app(service: Service, stream: EventStream, metrics: Metrics, asks: CallRequests) -> FastAPI:
    """The application around one bridge."""
    app = FastAPI(title="pbx-workbench live bridge", version="1", docs_url=None, redoc_url=None)

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
    app.include_router(history_routes(service, needs))

    @app.exception_handler(RequestRefused)
    def unable(_: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, error.status if isinstance(error, RequestRefused) else 500)

    @app.get("/health")
    def health() -> JSONResponse:
        """Whether all is well, as a whole and part by part; 503 when something needs a person."""
        state = service.health()
        parts = {name: "ok" if said == "ok" else "bad" for name, said in state["parts"].items()}
        told = {"ok": state["ok"], "pbx": state["pbx"], "up_s": state["up_s"], "parts": parts}
        return JSONResponse(told, 200 if state["ok"] else 503)

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
        return {"call": asks.call(wanted.user, wanted.to)}

    @app.post("/api/calls/{call}/hangup", status_code=202, dependencies=[needs("calls:write")])
    def hang_up(call: str) -> dict[str, bool]:
        """End a call."""
        asks.hang_up(call)
        return {"accepted": True}

    @app.post("/api/calls/{call}/transfer", status_code=202, dependencies=[needs("calls:write")])
    def transfer(call: str, where: TransferTo) -> dict[str, bool]:
        """Send the caller on to an internal or outside number, as the user would who talks with them."""
        asks.transfer(call, where.to)
        return {"accepted": True}

    # --- users and members -------------------------------------------------------------------------------------------

    @app.get("/api/users", dependencies=[needs("calls:read")])
    def users() -> list[dict[str, Any]]:
        """Users with their state as members and the devices they are registered with."""
        devices = service.view.devices()
        states = stream.members()
        return [
            {"user": number, "name": user.name, "devices": devices[number], **states.get(number, {})}
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
        event = _MEMBER_EVENTS[action](user, details or MemberAction())
        if isinstance(event, ev.MemberSignedOut):
            refuse_static(service.flow, user, event.queue)
        service.driver.submit(event)
        return {"accepted": True}

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

    if service.config.http is not None and service.config.http.compatible is not None:
        app.include_router(compat_routes(service, stream, asks, service.domain))
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
