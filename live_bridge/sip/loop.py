"""The one thread in which everything live happens: SIP, the engine, and the carrying out of its commands.

sippy's dispatcher belongs to the process and to the thread that first imports it, so that thread is made here, once, and
lives as long as the process. Only `post`, `call` and `inside` may be used from other threads. Leaves what runs in it to
the driver.
"""

from __future__ import annotations

import atexit
import logging
import math
import threading
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")

BUSY_HZ = 100.0
"""How often the dispatcher looks at its timers while there is something to do; sippy's own pace, and their resolution."""

IDLE_HZ = 10.0
"""How often it looks while there is not. Most of what an idle bridge costs is these looks, and a machine keeps many."""

IDLE_AFTER_S = 0.25
"""Without a word from another thread, and so without a packet, for so long there is nothing to do but timers."""

START_WITHIN_S = 20.0
"""Longest start of the thread; importing sippy takes about half a second."""


class Timer(Protocol):
    """A deadline that can be taken back."""

    def cancel(self) -> None: ...


class Pace:
    """Stands before the dispatcher's `ElPeriodic` and lets it look at its timers rarely while there is nothing to do.

    A word from another thread wakes the dispatcher at once at any pace, and it looks at the busy pace before a timer is due, so
    timers are as exact as ever. Everything but `call_from_thread` is used in the loop's thread only.
    """

    def __init__(self, dispatcher: Any) -> None:
        self._dispatcher = dispatcher
        self._periodic = dispatcher.elp
        self._bands = (0, self._periodic.addband(IDLE_HZ))
        self._is_idle = False
        self._busy_until_s = 0.0
        self._spoken = True

    def call_from_thread(self, *words: Any, **more: Any) -> None:
        """From any thread: run something in the loop's thread."""
        self._spoken = True
        self._periodic.call_from_thread(*words, **more)

    def procrastinate(self) -> None:
        """Wait for the next look, or for a word from another thread."""
        now_s = self._dispatcher.last_ts.monot
        if self._spoken:
            self._spoken = False
            self._busy_until_s = now_s + IDLE_AFTER_S
        timers = self._dispatcher.tlisteners
        due_s = timers[0].etime.monot if timers else math.inf
        idle = now_s >= self._busy_until_s and due_s - now_s > 2 / IDLE_HZ
        if idle != self._is_idle:
            self._is_idle = idle
            self._periodic.useband(self._bands[idle])
        self._periodic.procrastinate()


class Loop:
    """The dispatcher's thread. Use `the_loop()`: a process has one."""

    def __init__(self) -> None:
        self._ready = threading.Event()
        self._failed: BaseException | None = None
        self._dispatcher: Any = None
        self._timeout: Any = None
        self._thread = threading.Thread(target=self._run, name="sip", daemon=True)
        self._thread.start()
        if not self._ready.wait(START_WITHIN_S):
            raise RuntimeError("the SIP thread did not start; the machine is overloaded, try again")
        if self._failed is not None:
            raise self._failed
        atexit.register(self._stop)

    def _run(self) -> None:
        try:
            # Imported here and nowhere earlier: the dispatcher binds to the importing thread.
            from sippy.Core.EventDispatcher import ED2
            from sippy.Time.Timeout import Timeout

            from live_bridge.sip import sippy_patches

            sippy_patches.install()
            ED2.elp = Pace(ED2)
            self._dispatcher = ED2
            self._timeout = Timeout
        except BaseException as fault:
            self._failed = fault
            self._ready.set()
            return
        self._ready.set()
        ED2.loop()

    def _stop(self) -> None:
        self.post(self._dispatcher.breakLoop)
        self._thread.join(2.0)

    @property
    def inside(self) -> bool:
        """Whether the caller runs in this thread."""
        return threading.current_thread() is self._thread

    def post(self, function: Callable[..., Any], /, *arguments: Any) -> None:
        """Run `function` soon, in the loop's thread. Order of posts from one thread is kept."""
        self._dispatcher.callFromThread(function, *arguments)

    def call(self, function: Callable[..., T], /, *arguments: Any) -> T:
        """Run `function` in the loop's thread, wait, and give its result or raise what it raised. Never from asyncio."""
        if self.inside:
            return function(*arguments)
        result: T = self._dispatcher.callFromThreadSync(function, *arguments)
        return result

    def later(self, delay_s: float, function: Callable[..., Any], /, *arguments: Any) -> Timer:
        """Run `function` after `delay_s` seconds (resolution 10 ms). Loop's thread only."""
        timer: Timer = self._timeout(function, max(delay_s, 0.0), 1, *arguments)
        return timer


_loop: Loop | None = None
_lock = threading.Lock()


def the_loop() -> Loop:
    """The process's loop, started at the first use."""
    global _loop
    with _lock:
        if _loop is None:
            _loop = Loop()
        return _loop
