"""What happens, numbered: notes of the engine kept for clients that come back, and the state of things they add up to.

Decides the numbering (1, 2, 3… within one run of the bridge), how much is kept, and what "in progress" means. Fed in the
thread that owns the calls, read from any. Leaves HTTP and WebSocket to `app.py`.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from engine.account.call_rights import EVERYTHING, Sight
from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.ids import CallId, Instant
from engine.records.told import told
from live_bridge.calls.subscribers import Listeners
from live_bridge.sip.registrar.bindings import Binding
from live_bridge.store.call_numbers import NumberBook

KEPT = 10_000
"""Events a client may have missed and still get."""


SEATS = {"unpaused": "in"}
"""Of what is told of a member in a queue: what the member is from then on, where that is another word."""


class Numbered(msgspec.Struct, frozen=True):
    """One event of the stream."""

    seq: int
    at: Instant
    event: dict[str, Any]
    flow: str = ""
    """Digest of the version its call is on; empty for what is of no call."""
    touched: frozenset[int] = frozenset()
    """Internal numbers that its call touched so far, or the member it is about: who sees those is told (R-23.12)."""


class CallInProgress(msgspec.Struct, kw_only=True):
    """A call now."""

    call: CallId
    caller: str
    called: str
    trunk: str | None
    user: int | None
    started_at: Instant
    flow: str
    element: int | None = None
    kind: str = ""
    talking_to: str | None = None
    """Internal number of the user, or the outside number, that answered."""
    held: bool = False


class EventStream:
    """All notes since the start, the last `KEPT` of them word for word. `run` names this start of the bridge."""

    def __init__(self, run: int) -> None:
        self.run = run
        self._lock = threading.Lock()
        self._seq = 0
        self._kept: deque[Numbered] = deque(maxlen=KEPT)
        self._calls: dict[CallId, CallInProgress] = {}
        self._members: dict[int, dict[str, Any]] = {}
        self._devices: dict[int, dict[str, Instant | None]] = {}
        """When each device of a user registered; None before this start."""
        self._numbers = NumberBook()
        self._devices_since: dict[int, Instant] = {}
        """When a user's first device came, or the last one went."""
        self._listeners = Listeners[Callable[[], None]]()

    def take(self, at: Instant, message: note.Note) -> None:
        """One note; the driver's subscriber."""
        event = told(message, "live")
        with self._lock:
            self._seq += 1
            self._numbers.take(message)
            self._kept.append(Numbered(self._seq, at, event, self._flow(message), self._touched(message)))
            self._follow(at, message)
        for listener in self._listeners.now():
            listener()

    def begin(self, registered: Iterable[Binding]) -> None:
        """Devices that were registered before anybody listened."""
        with self._lock:
            for binding in registered:
                self._devices.setdefault(binding.user, {}).setdefault(binding.device, None)

    def hear(self, at: Instant, event: ev.Event) -> None:
        """An event from outside, as it is taken down: registrations are no notes."""
        if isinstance(event, ev.DeviceRegistered | ev.DeviceUnregistered):
            with self._lock:
                there = self._devices.setdefault(event.user, {})
                before = bool(there)
                if isinstance(event, ev.DeviceRegistered):
                    there[event.device] = at
                else:
                    there.pop(event.device, None)
                if bool(there) != before:
                    self._devices_since[event.user] = at

    def devices_since(self) -> dict[int, Instant]:
        """Since when users have devices, or none; of those where it changed since the start."""
        with self._lock:
            return dict(self._devices_since)

    def registered_since(self, user: int) -> dict[str, Instant | None]:
        """Since when each device of a user is registered; None when that was before this start."""
        with self._lock:
            return dict(self._devices.get(user, {}))

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` after each event, in the thread of the calls: it must only knock. Call the result to stop."""
        return self._listeners.add(listener)

    @property
    def seq(self) -> int:
        """Number of the last event."""
        return self._seq

    def since(self, seq: int) -> tuple[list[Numbered], bool]:
        """Events after number `seq`, and whether none between was lost to the bound."""
        with self._lock:
            first = self._kept[0].seq if self._kept else self._seq + 1
            if seq >= self._seq:
                return [], seq == self._seq
            start = max(0, seq + 1 - first)
            return [self._kept[n] for n in range(start, len(self._kept))], seq + 1 >= first

    def calls(self, sight: Sight = EVERYTHING) -> list[CallInProgress]:
        """Calls in progress that somebody sees, the oldest first."""
        with self._lock:
            return [
                msgspec.structs.replace(call)
                for call in self._calls.values()
                if sight.sees(self._numbers.of(call.call))
            ]

    def members(self) -> dict[int, dict[str, Any]]:
        """Last state told of each member."""
        with self._lock:
            return {user: dict(state) for user, state in self._members.items()}

    def _touched(self, message: note.Note) -> frozenset[int]:
        call = getattr(message, "call", None)
        if call:
            return self._numbers.of(call)
        about = getattr(message, "member", None)
        return frozenset() if about is None else frozenset((about,))

    def _flow(self, message: note.Note) -> str:
        if isinstance(message, note.CallStarted):
            return message.flow
        call = self._calls.get(getattr(message, "call", None) or "")
        return "" if call is None else call.flow

    def _follow(self, at: Instant, message: note.Note) -> None:
        if isinstance(message, note.CallStarted):
            self._calls[message.call] = CallInProgress(
                call=message.call, caller=message.caller, called=message.called, trunk=message.trunk, user=message.user,
                started_at=at, flow=message.flow,
            )  # fmt: skip
        elif isinstance(message, note.MemberChanged):
            state = self._members.setdefault(message.member, {"state": "", "queues": {}})
            if message.queue is None:
                state["state"] = message.state
                state["since"] = at
            else:
                now = SEATS.get(message.state, message.state)
                state["queues"][str(message.queue)] = {"state": now, "reason": message.reason, "since": at}
        else:
            call = self._calls.get(getattr(message, "call", None) or "")
            if call is not None:
                self._follow_call(call, message)

    def _follow_call(self, call: CallInProgress, message: note.Note) -> None:
        if isinstance(message, note.ElementEntered):
            call.element, call.kind, call.talking_to = message.element, message.kind, None
        elif isinstance(message, note.CallAnswered):
            call.talking_to = message.number if message.user is None else str(message.user)
        elif isinstance(message, note.CallHeld):
            call.held = True
        elif isinstance(message, note.CallResumed):
            call.held = False
        elif isinstance(message, note.CallEnded):
            del self._calls[call.call]
            self._numbers.forget(call.call)
