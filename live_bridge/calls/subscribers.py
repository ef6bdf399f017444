"""Who hears of something, from any thread: they come, they leave, and one thread tells all that are there."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

L = TypeVar("L")


class Listeners(Generic[L]):
    """Listeners of one kind, in the order in which they came."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._all: tuple[L, ...] = ()

    def add(self, listener: L) -> Callable[[], None]:
        """Hear from now on; call the result to stop, once or more often."""
        with self._lock:
            self._all = (*self._all, listener)

        def leave() -> None:
            with self._lock:
                self._all = tuple(other for other in self._all if other is not listener)

        return leave

    def now(self) -> tuple[L, ...]:
        """Those that are there; whoever leaves while they are told may still be told this once."""
        return self._all
