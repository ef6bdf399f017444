"""The auditor: every ten seconds it lays the books of SIP, media, calls and engine side by side and closes what has no partner.

Decides what counts as an orphan: a dialog whose leg nobody holds, a leg whose dialog is gone, a media session without a call, a
call or leg that only the engine or only the bridge knows of, a line of a trunk that nobody holds. Whatever is found so twice in a
row is closed by the door it should have gone by, counted and logged; once is no proof, as a thing may just be on its way from one
book to the next. In a sound bridge it finds nothing: each orphan is a fault of ours. A line too many or too few is told and not
mended, as only the engine's own events may change what it counts. Everything here runs in the loop's thread.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from engine.contract import events as ev
from engine.contract.causes import Cause
from engine.control.held import Held
from live_bridge.calls.call_state import LiveCall, OutboundLeg
from live_bridge.media.session import Media

if TYPE_CHECKING:
    from live_bridge.calls.command_executor import CommandExecutor
    from live_bridge.sip.endpoint import Endpoint
    from live_bridge.sip.loop import Loop, Timer

log = logging.getLogger(__name__)

EVERY_S: Final = 10.0
"""Time between two looks, and so the grace: an orphan lives for at most two of them."""

RECENT_S: Final = 3600.0
"""How long /health tells of an orphan."""


class Engine(Protocol):
    """What is asked of the engine."""

    def held(self) -> Held | None:
        """What it holds; None when it cannot say."""


class Books(Protocol):
    """Whose books are compared, and the doors by which an orphan goes: the call controller."""

    executor: CommandExecutor
    endpoint: Endpoint

    @property
    def engine(self) -> Engine:
        """The engine it runs around now."""

    def feed(self, event: ev.Event) -> None:
        """Tell the engine."""

    def caller_lost(self, call: LiveCall, *, known: bool = True) -> None:
        """A call has no caller any more; `known` is whether the engine knows of the call."""

    def placed_lost(self, placed: OutboundLeg, *, known: bool = True) -> None:
        """A leg has nobody at its end any more; `known` is whether the engine knows of the leg."""


class Orphan(NamedTuple):
    """Something without a partner: its kind for counters, its name, what is missing, and how it is closed."""

    kind: str
    name: str
    lacks: str
    close: Callable[[], None]
    thing: object = None
    """The thing itself: another one of the same name is another orphan."""


class Auditor:
    """Looks at the books of one controller as long as it runs."""

    def __init__(self, controller: Books, loop: Loop, media: Media, every_s: float = EVERY_S) -> None:
        self.closed: Counter[str] = Counter()
        """Orphans closed since the start, by kind."""
        self._controller = controller
        self._loop = loop
        self._media = media
        self._every_s = every_s
        self._suspects: dict[tuple[str, str], Orphan] = {}
        self._last_s: float | None = None
        self._over = False
        self._timer: Timer = loop.later(every_s, self._again)

    @property
    def recent(self) -> int:
        """Orphans closed since the start, if the last one is not long ago; else 0."""
        soon = self._last_s is not None and time.monotonic() - self._last_s < RECENT_S
        return self.closed.total() if soon else 0

    def close(self) -> None:
        """Look no more."""
        self._over = True
        self._timer.cancel()

    def _again(self) -> None:
        if self._over:
            return
        try:
            self.look()
        finally:
            self._timer = self._loop.later(self._every_s, self._again)

    def look(self) -> int:
        """Compare the books once; how many orphans were closed."""
        before, self._suspects = self._suspects, {}
        done = 0
        for orphan in list(self._orphans()):
            known = before.get((orphan.kind, orphan.name))
            if known is None or known.thing is not orphan.thing:
                self._suspects[orphan.kind, orphan.name] = orphan
                continue
            self._close(orphan)
            done += 1
        return done

    def _close(self, orphan: Orphan) -> None:
        self.closed[orphan.kind] += 1
        self._last_s = time.monotonic()
        log.error("orphan: %s %s has %s; it is closed. This is a fault of ours", orphan.kind, orphan.name, orphan.lacks)
        try:
            orphan.close()
        except Exception as fault:
            log.error("closing %s %s failed: %s: %s", orphan.kind, orphan.name, type(fault).__name__, fault)

    # --- the comparison -----------------------------------------------------------------------------------------------

    def _orphans(self) -> Iterator[Orphan]:
        yield from self._of_signalling()
        yield from self._of_media()
        yield from self._of_calls()
        yield from self._of_the_engine()

    def _of_signalling(self) -> Iterator[Orphan]:
        """Dialogs whose leg is over or in nobody's books."""
        for dialog in self._controller.endpoint.dialogs():
            leg, name = dialog.owner, str(dialog.cId)
            if leg.over or not leg.is_at(dialog):
                if not dialog.parting:
                    yield Orphan("dialog", name, "no leg", dialog.part, dialog)
            elif not leg.listener.holds_leg(leg):
                yield Orphan("dialog", name, "no call", leg.lost, dialog)

    def _of_media(self) -> Iterator[Orphan]:
        for session in self._media.forsaken():
            yield Orphan("media", session.name, "no call", session.delete, session)

    def _of_calls(self) -> Iterator[Orphan]:
        """Calls and legs of the bridge whose dialog is gone."""
        controller = self._controller
        for call in controller.executor.calls.values():
            if not call.over and not call.released and call.leg.gone:
                yield Orphan("call", call.id, "no dialog", partial(controller.caller_lost, call), call)
        for placed in controller.executor.legs.values():
            if self._nobody_at(placed) or placed.call.over:
                lacks = "no call" if placed.call.over else "no dialog"
                yield Orphan("leg", placed.id, lacks, partial(controller.placed_lost, placed), placed)

    @staticmethod
    def _nobody_at(placed: OutboundLeg) -> bool:
        if placed.state == "answered":
            return placed.winner is None or placed.winner.gone
        return placed.state == "ringing" and all(branch.gone for branch in placed.branches)

    def _of_the_engine(self) -> Iterator[Orphan]:
        """Calls, legs and lines that only one side knows of."""
        controller, executor = self._controller, self._controller.executor
        held = controller.engine.held()
        if held is None:
            return
        alive = {call.id for call in executor.calls.values() if not call.over}
        for name in sorted(held.calls - alive):
            ended: ev.Event = ev.CallerHungUp(call=name, cause=Cause.REQUESTED_CHAN_UNAVAIL)
            yield Orphan("engine call", name, "no call in the bridge", partial(controller.feed, ended))
        for call in executor.calls.values():
            if call.arrived and not call.over and call.id not in held.calls:
                close = partial(controller.caller_lost, call, known=False)
                yield Orphan("call", call.id, "no call in the engine", close, call)
        for name, answered in held.legs.items():
            if name not in executor.legs:
                kind = ev.LegEnded if answered else ev.LegFailed
                ended = kind(leg=name, cause=Cause.REQUESTED_CHAN_UNAVAIL)
                yield Orphan("engine leg", name, "no leg in the bridge", partial(controller.feed, ended))
        for placed in executor.legs.values():
            if placed.id not in held.legs:
                close = partial(controller.placed_lost, placed, known=False)
                yield Orphan("leg", placed.id, "no leg in the engine", close, placed)
        for key, lines in held.lines.items():
            if lines.taken != lines.held:
                lacks = f"{lines.taken} lines taken and {lines.held} calls and legs that hold one"
                yield Orphan("lines", key, lacks, _told)


def _told() -> None:
    """Nothing can be closed; it stands in the log."""
