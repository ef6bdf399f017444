"""Calls from the internet, from nobody we know (R-10.3): how many one address may make, and how many it may hold.

Decides nothing else: whether such calls are taken at all stands in the document, where they lead and that they cost nothing
is the engine's (R-10.2, R-10.4). Numbers come from `settings.py`.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final, Protocol

ADDRESSES_REMEMBERED: Final = 10_000
MINUTE_S: Final = 60.0


class Held(Protocol):
    """A call as far as it counts here."""

    @property
    def over(self) -> bool:
        """Whether it is gone."""


class _Source:
    __slots__ = ("begun", "held")

    def __init__(self) -> None:
        self.begun: deque[float] = deque()
        self.held: list[Held] = []


class DirectCalls:
    """Counts direct calls by source address. Not thread-safe; `now_s` is any clock that only goes forward.

    >>> calls = DirectCalls(lambda: 0.0, a_minute=10, at_once=3)
    >>> [calls.admits("192.0.2.1") for _ in range(12)].count(True)
    10
    """

    def __init__(self, now_s: Callable[[], float], *, a_minute: int, at_once: int) -> None:
        self._now_s = now_s
        self._a_minute = a_minute
        self._at_once = at_once
        self._sources: OrderedDict[str, _Source] = OrderedDict()

    def admits(self, host: str) -> bool:
        """Whether one more call from `host` is taken; it counts from now on, as does one that is refused later."""
        source = self._sources.get(host)
        if source is None:
            source = self._sources[host] = _Source()
            if len(self._sources) > ADDRESSES_REMEMBERED:
                self._forget_one()
        self._sources.move_to_end(host)
        now = self._now_s()
        while source.begun and source.begun[0] <= now - MINUTE_S:
            source.begun.popleft()
        source.held = [call for call in source.held if not call.over]
        if len(source.begun) >= self._a_minute or len(source.held) >= self._at_once:
            return False
        source.begun.append(now)
        return True

    def took(self, host: str, call: Held) -> None:
        """A call was taken and is held until it is over."""
        source = self._sources.get(host)
        if source is not None:
            source.held.append(call)

    def _forget_one(self) -> None:
        """The longest quiet address that holds no call; if all do, the longest quiet one."""
        for host, source in self._sources.items():
            if all(call.over for call in source.held):
                del self._sources[host]
                return
        self._sources.popitem(last=False)
