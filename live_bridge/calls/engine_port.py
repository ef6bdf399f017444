"""What the live world needs of an engine, and how it writes down what passes between them.

Promises, and two words about events. Leaves the loop around the engine to `call_controller.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import msgspec

from engine.contract import events as ev
from engine.contract.ids import CallId, Duration, Instant
from engine.control.held import Held
from engine.control.present import Present
from engine.control.visitors import Offer
from engine.state.flow import Flow
from engine.state.sink import Stamped


class AnyEngine(Protocol):
    """What is needed of an engine (`engine.Engine`)."""

    def handle(self, at: Instant, event: ev.Event) -> list[Stamped]: ...

    def next_deadline(self) -> Instant | None: ...

    def prompt_length(self, call: CallId, prompt: str) -> Duration | None: ...

    def know(self, flow: Flow) -> None: ...

    def held(self) -> Held | None: ...

    def present(self, at: Instant) -> Present: ...

    def collects(self, event: ev.DigitPressed) -> bool: ...

    def callback_offer(self, at: Instant, widget: str, page: str) -> Offer | None: ...

    def last_talk(self, number: str) -> tuple[int, Instant] | None: ...


Journal = Callable[[Instant, ev.Event], None]
"""Writes down one event from outside. Called when the engine has taken it and before anything it asked for is done."""

Said = Callable[[list[Stamped]], None]
"""Takes everything the engine said in one step, before it is done."""


def shown(event: ev.Event) -> ev.Event:
    """An event as a log may have it: a key is nobody's but the caller's."""
    return msgspec.structs.replace(event, digit="•") if isinstance(event, ev.DigitPressed) else event


def call_of(event: ev.Event) -> CallId | None:
    """The call an event is about."""
    name = getattr(event, "call", None)
    if isinstance(name, str):
        return name
    for field in ("leg", "play", "recording", "request", "message"):
        text = getattr(event, field, None)
        if isinstance(text, str):
            return text.rpartition(".")[0]
    return None
