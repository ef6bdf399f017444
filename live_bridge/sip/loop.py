"""The one thread in which everything live happens: SIP, the engine, and the carrying out of its commands.

sippy's dispatcher belongs to the process and to the thread that first imports it, so that thread is made here, once, and
lives as long as the process. Only `post`, `call` and `inside` may be used from other threads. Leaves what runs in it to
the driver.
"""

from __future__ import annotations

import atexit
import logging
import threading
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")

START_WITHIN_S = 20.0
"""Longest start of the thread; importing sippy takes about half a second."""


class Timer(Protocol):
    """A deadline that can be taken back."""

    def cancel(self) -> None: ...


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
