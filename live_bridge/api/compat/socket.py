"""The reference service's WebSocket beside ours: commands and events in real time (R-19.5), on ports of its own.

Decides names and forms. `{"command": …, "reqId": …, "data": {…}}` is answered under the same `reqId`; events come as
`{"event": …, "data": {…}}` once their group is subscribed to. A client shows its token, or a pair of keys, as `?key=`. What
is not done here is refused in words. Leaves doing to `api/call_requests.py`, ports to `server.py`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.ids import SECOND_US, CallId, Instant
from engine.numbers.digits import is_digits
from live_bridge.api.access.guesses import TOO_MANY, Guesses
from live_bridge.api.call_requests import CallRequests, RequestRefused, can_be_dialled
from live_bridge.api.compat import keys
from live_bridge.api.compat.keys import Holder
from live_bridge.api.hearing.supervision import Supervising
from live_bridge.callback.callbacks import HERE, CallbackRefused, Callbacks
from live_bridge.calls.ringing.supervision import Mode
from live_bridge.calls.subscribers import Listeners
from live_bridge.store.call_numbers import NumberBook

if TYPE_CHECKING:
    from live_bridge.service.service import Service

CHANNELS = ("create", "answer", "bridge", "hold", "unhold", "destroy")
GROUPS = {"channel": {f"channel_{name}" for name in CHANNELS}, "user_blf": {"user_blf"},
          "user_registration": {"user_registration"}, "callback": {"callback"}}  # fmt: skip
ALSO = {"call": "channel", "calls": "channel", "blf": "user_blf", "registration": "user_registration"}
"""Other words for the same groups; an event's own name subscribes to that event alone."""

COMMANDS = ("make_call", "transfer", "bridge", "callback", "hangup_call")
"""Those that take `calls:write`."""

WAITING_MOST = 1000
"""Events a slow client may be behind; one more and it is let go."""

CLIENTS_MOST = 200

Listener = Callable[[str, dict[str, Any], frozenset[int]], None]
"""Told an event's name, the event, and the internal numbers that its call touched so far or that it is about."""


class Channels:
    """Turns notes and registrations into that API's events. Fed in the thread of the calls; listeners must only hand over."""

    def __init__(self) -> None:
        self._listeners = Listeners[Listener]()
        self._calls: dict[CallId, dict[str, Any]] = {}
        self._legs: dict[str, int] = {}
        self._numbers = NumberBook()
        self._devices: dict[int, set[str]] = {}

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Hear every event from now on; call the result to stop."""
        return self._listeners.add(listener)

    def hear(self, at: Instant, event: ev.Event) -> None:
        """An event from outside, as it is taken down: registrations are no notes."""
        if isinstance(event, ev.DeviceRegistered | ev.DeviceUnregistered):
            there = self._devices.setdefault(event.user, set())
            came = isinstance(event, ev.DeviceRegistered)
            if (event.device in there) is not came:
                (there.add if came else there.discard)(event.device)
                state = "register" if came else "unregister"
                self._tell("user_registration", at, {"uid": str(event.user), "state": state, "devices": len(there)})

    def take(self, at: Instant, message: note.Note) -> None:
        """A note; a subscriber of the driver."""
        self._numbers.take(message)
        if isinstance(message, note.CallStarted):
            self._calls[message.call] = {
                "uuid": message.call, "caller": message.caller, "callee": message.called,
                "gateway": message.trunk or "", "direction": "inbound" if message.user is None else "outbound",
            }  # fmt: skip
            self._channel("create", at, message.call)
            if message.origin == "callback":
                self._tell("callback", at, {**self._calls[message.call], "queue": "", "widget": message.widget})
            if message.user is not None:
                self._legs[message.call] = message.user
                self._blf(at, message.user, "ringing", message.call)
        elif isinstance(message, note.LegStarted) and message.user is not None:
            self._legs[message.leg] = message.user
            self._blf(at, message.user, "ringing", message.call)
        elif isinstance(message, note.LegFinished):
            user = self._legs.pop(message.leg, None)
            if user is not None:
                self._blf(at, user, "hangup", message.call)
        elif isinstance(message, note.CallAnswered) and message.call in self._calls:
            by = str(message.user) if message.user is not None else message.number or ""
            self._calls[message.call]["callee"] = by or self._calls[message.call]["callee"]
            self._channel("answer", at, message.call)
            self._channel("bridge", at, message.call)
            for user in (message.user, self._legs.get(message.call)):
                if user is not None:
                    self._blf(at, user, "answered", message.call)
        elif isinstance(message, note.CallHeld):
            self._channel("hold", at, message.call)
        elif isinstance(message, note.CallResumed):
            self._channel("unhold", at, message.call)
        elif isinstance(message, note.CallbackAsked):
            self._tell(
                "callback", at, {**self._calls.get(message.call, {"uuid": message.call}), "queue": str(message.queue)}
            )
        elif isinstance(message, note.CallEnded) and message.call in self._calls:
            self._channel("destroy", at, message.call, hangup_cause=str(message.cause))
            user = self._legs.pop(message.call, None)
            if user is not None:
                self._blf(at, user, "hangup", message.call)
            del self._calls[message.call]
            self._numbers.forget(message.call)

    def _channel(self, name: str, at: Instant, call: CallId, **more: str) -> None:
        facts = self._calls.get(call)
        if facts is not None:
            self._tell(f"channel_{name}", at, {**facts, **more})

    def _blf(self, at: Instant, user: int, status: str, call: CallId) -> None:
        self._tell("user_blf", at, {"uid": str(user), "status": status, "uuid": call})

    def _tell(self, event: str, at: Instant, data: dict[str, Any]) -> None:
        touched = frozenset((int(data["uid"]),)) if "uid" in data else self._numbers.of(data["uuid"])
        for listener in self._listeners.now():
            listener(event, {"event": event, "data": {**data, "date": at // SECOND_US, "world": "live"}}, touched)


class Client:
    """What one client asks. Used in threads that may wait."""

    def __init__(self, asks: CallRequests, supervising: Supervising, callbacks: Callbacks, who: Holder) -> None:
        self.wanted: set[str] = set()
        self._asks = asks
        self._supervising = supervising
        self._callbacks = callbacks
        self._who = who
        self._sight = who.who.sight

    def do(self, text: str) -> dict[str, Any]:
        """The answer to one message."""
        try:
            message = json.loads(text)
            command, data = str(message["command"]), message.get("data") or {}
            told: dict[str, Any] = {"command": command, "reqId": message.get("reqId")}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return {"command": "", "status": "0", "comment": 'send {"command": "…", "reqId": "…", "data": {…}}'}
        if not isinstance(data, dict):
            return {**told, "status": "0", "comment": "data is a mapping"}
        try:
            return {**told, "status": "1", **self._command(command, data)}
        except RequestRefused as error:
            return {**told, "status": "0", "comment": str(error)}

    def _command(self, command: str, data: dict[str, Any]) -> dict[str, Any]:
        if command == "subscribe":
            return self._subscribe(data)
        if command == "eavesdrop":
            return self._eavesdrop(data)
        if command not in COMMANDS:
            raise RequestRefused(f"commands are {', '.join(COMMANDS)}, eavesdrop and subscribe")
        self._needs("calls:write")
        if command == "bridge":
            self._asks.bridge(_word(data, "uuid"), _word(data, "other_uuid"), self._who.name)
            return {}
        if command == "callback":
            return self._callback(data)
        if command == "hangup_call":
            self._asks.hang_up(_word(data, "uuid"), self._who.name)
            return {}
        to = _word(data, "to")
        if not can_be_dialled(to):
            raise RequestRefused("to must be a number")
        if command == "transfer":
            self._asks.transfer(_word(data, "uuid"), to, self._who.name)
            return {}
        return {"data": {"uuid": self._asks.call(_user(data, "from"), to, self._who.name)}}

    def _callback(self, data: dict[str, Any]) -> dict[str, Any]:
        """Call a visitor `number` by a widget, as its site would (R-17.3)."""
        page = str(data.get("page", "/"))[:500]
        try:
            call = self._callbacks.ask(_word(data, "widget"), _word(data, "number")[:32], page, HERE, self._who.name)
        except CallbackRefused as refusal:
            raise RequestRefused(str(refusal), refusal.status) from None
        return {"data": {"uuid": call}}

    def _eavesdrop(self, data: dict[str, Any]) -> dict[str, Any]:
        """The phones of user `from` ring, and hear call `uuid`; `mode` is listen (when it is not said), whisper or barge."""
        self._needs("calls:listen")
        mode = str(data.get("mode", "listen"))
        if mode not in ("listen", "whisper", "barge"):
            raise RequestRefused("mode is listen, whisper or barge")
        if mode != "listen":
            self._needs("calls:write")
        agent = _user(data, "agent") if data.get("agent") else None
        call, user = _word(data, "uuid"), _user(data, "from")
        self._supervising.begin(call, user, cast(Mode, mode), agent, self._who.who)
        return {}

    def _subscribe(self, data: dict[str, Any]) -> dict[str, Any]:
        self._needs("calls:read")
        given = data.get("eventGroups", data.get("events", []))
        words = [str(word) for word in given] if isinstance(given, list) else [str(given)]
        every = set().union(*GROUPS.values())
        wanted: set[str] = set()
        for word in words:
            name = ALSO.get(word, word)
            if name not in GROUPS and name not in every:
                raise RequestRefused(f"there is no group {word}; there are {', '.join(GROUPS)}")
            wanted |= GROUPS.get(name, {name})
        self.wanted |= wanted
        return {"event": "subscribed", "data": {"eventGroups": words}}

    def sees(self, touched: frozenset[int]) -> bool:
        """Whether an event is seen."""
        return self._sight.sees(touched)

    def _needs(self, scope: str) -> None:
        if scope not in ("calls:read", "calls:listen") and self._who.who.is_limited:
            raise RequestRefused("this key sees the calls of some numbers only, and does nothing to any (R-23.12)")
        if scope not in self._who.scopes:
            raise RequestRefused(f"this key may not: its token lacks the scope {scope}")


def _word(data: dict[str, Any], name: str) -> str:
    text = str(data.get(name, "")).strip()
    if not text:
        raise RequestRefused(f"{name} is missing in data")
    return text


def _user(data: dict[str, Any], name: str) -> int:
    text = _word(data, name)
    if not (is_digits(text) and len(text) <= 4):
        raise RequestRefused(f"{name} must be the internal number of a user")
    return int(text)


def socket_app(
    service: Service,
    channels: Channels,
    asks: CallRequests,
    supervising: Supervising,
    callbacks: Callbacks,
    guesses: Guesses,
) -> FastAPI:
    """The application of both ports."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    store = service.store
    clients = 0

    def holder(key: str) -> Holder | None:
        return keys.token_holder(store, key) or keys.holder(service.records.state, store, key)

    @app.websocket("/")
    async def serve(socket: WebSocket, key: str = "") -> None:
        nonlocal clients
        host = socket.client.host if socket.client is not None else ""
        if not guesses.may_try(host, key):
            await socket.close(4429, TOO_MANY)
            return
        who = await asyncio.to_thread(holder, key)
        if who is not None:
            guesses.good(key)
        else:
            guesses.wrong(host, "key")
            await socket.close(4401, "this key is not known here")
            return
        if clients >= CLIENTS_MOST:
            await socket.close(4429, "too many clients")
            return
        clients += 1
        try:
            await socket.accept()
            await _converse(socket, Client(asks, supervising, callbacks, who), channels)
        finally:
            clients -= 1

    return app


async def _converse(socket: WebSocket, client: Client, channels: Channels) -> None:
    loop, outbox = asyncio.get_running_loop(), asyncio.Queue[dict[str, Any] | None](WAITING_MOST)

    def put(message: dict[str, Any]) -> None:
        if outbox.full():
            outbox.get_nowait()
            while not outbox.empty():
                outbox.get_nowait()
            outbox.put_nowait(None)
        else:
            outbox.put_nowait(message)

    def heard(event: str, message: dict[str, Any], touched: frozenset[int]) -> None:
        if event in client.wanted and client.sees(touched) and not loop.is_closed():
            loop.call_soon_threadsafe(put, message)

    async def send() -> None:
        while (message := await outbox.get()) is not None:
            await socket.send_json(message)
        await socket.close(4408, "too slow: events were lost, connect again")

    leave = channels.listen(heard)
    sender = asyncio.create_task(send())
    try:
        while not sender.done():
            text = await socket.receive_text()
            put(await asyncio.to_thread(client.do, text))
    except (WebSocketDisconnect, RuntimeError, KeyError):
        return
    finally:
        leave()
        sender.cancel()
