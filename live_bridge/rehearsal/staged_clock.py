"""The clock of a rehearsal: it stands still until everything that was begun is done, and then jumps to what comes next.

Decides how time passes for calls while a bridge is rehearsed: deadlines of the engine, prompts and beeps fall due at exactly the
instants of the simulation, however long SIP takes. Leaves to `conductor.py` when it goes on. SIP's own timers are real.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from engine.contract.ids import Duration, Instant
from live_bridge.calls.clock import Clock

if TYPE_CHECKING:
    from live_bridge.sip.loop import Loop

NEVER: Final = 1 << 62


class StagedTimer:
    """One thing that falls due; a `loop.Timer`."""

    def __init__(self, due: Instant, born: int, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        self.due, self.born = due, born
        self.function, self.arguments = function, arguments
        self.off = False

    def cancel(self) -> None:
        """Take it back."""
        self.off = True

    def __lt__(self, other: StagedTimer) -> bool:
        return (self.due, self.born) < (other.due, other.born)


class StagedClock(Clock):
    """A `Clock` that somebody sets. `later` is called in the loop's thread, the rest from the conductor's."""

    def __init__(self, begin: Instant) -> None:
        super().__init__(monotonic_ns=lambda: 0, utc_ns=lambda: 0)
        self._at = begin
        self._born = 0
        self._due: list[StagedTimer] = []
        self._lock = threading.Lock()

    def now(self) -> Instant:
        return self._at

    def set(self, at: Instant) -> None:
        """Jump. An instant before the present one is no instant of a rehearsal: ValueError."""
        if at < self._at:
            raise ValueError(f"a rehearsal does not go back: {at} is before {self._at}")
        self._at = at

    def not_before(self, at: Instant) -> bool:
        self._at = max(self._at, at)
        return True

    def ahead_us(self) -> int:
        return 0

    def drift_us(self) -> int:
        """A rehearsal has a day of its own: no clock of the machine moves it."""
        return 0

    def later(self, loop: Loop, after_us: Duration, function: Callable[..., Any], /, *arguments: Any) -> StagedTimer:
        with self._lock:
            self._born += 1
            timer = StagedTimer(self._at + max(0, int(after_us)), self._born, function, arguments)
            heapq.heappush(self._due, timer)
        return timer

    def next_due(self) -> Instant:
        """When the next timer falls due; `NEVER` when there is none."""
        with self._lock:
            while self._due and self._due[0].off:
                heapq.heappop(self._due)
            return self._due[0].due if self._due else NEVER

    def take(self) -> StagedTimer | None:
        """The timer that is due now, which is then the caller's to run in the loop's thread; None when there is none."""
        if self.next_due() > self._at:
            return None
        with self._lock:
            return heapq.heappop(self._due)
