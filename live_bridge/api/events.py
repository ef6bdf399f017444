"""The WebSocket of everything the engine reports, numbered, so that a client that was away goes on without a gap.

Leaves what is kept for those who come back to `stream.py`.
"""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, HTTPException, WebSocket, WebSocketDisconnect

from engine.account.call_rights import Sight
from live_bridge.api.access.scopes import Access
from live_bridge.api.access.who import CALLS, HEADER
from live_bridge.api.stream import EventStream, Numbered
from live_bridge.store import call_versions
from live_bridge.store.call_versions import LabelOf


def event_routes(stream: EventStream, access: Access, label: LabelOf) -> APIRouter:
    """/api/events; `label` tells a version's number and name."""
    api = APIRouter()

    @api.websocket("/api/events")
    async def events(socket: WebSocket, run: int | None = None, after: int | None = None) -> None:
        """Everything the engine reports of calls that are seen, numbered; what is of a call with the version that the call is on
        (R-25.6). `run` and `after` of the last event seen resume without a gap.

        First comes a hello: `resumed` is false when something was lost and the client must read /api/calls again.
        """
        given = socket.headers.get("authorization", "")
        token = given[7:] if given.lower().startswith("bearer ") else None
        try:
            host, user = socket.client.host if socket.client else "", socket.headers.get(HEADER)
            who = await asyncio.to_thread(
                access.allow, token, "calls:read", host, None, user, socket.headers.get(CALLS)
            )
        except HTTPException as refusal:
            await socket.close(4000 + refusal.status_code, str(refusal.detail)[:120])
            return
        await socket.accept()
        await _follow(socket, stream, label, run, after, who.sight)

    return api


async def _follow(
    socket: WebSocket, stream: EventStream, label: LabelOf, run: int | None, after: int | None, sight: Sight
) -> None:
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
                if sight.sees(one.touched):
                    await socket.send_json(_line(one, label))
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


def _line(one: Numbered, label: LabelOf) -> dict[str, Any]:
    version = {"flow": one.flow, **call_versions.fields_of(label(one.flow))} if one.flow else {}
    return {"seq": one.seq, "at": one.at, **one.event, **version}


def _knock(loop: asyncio.AbstractEventLoop, news: asyncio.Event) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(news.set)


async def _until_gone(socket: WebSocket) -> None:
    try:
        while True:
            await socket.receive_text()
    except (WebSocketDisconnect, RuntimeError, KeyError):
        return
