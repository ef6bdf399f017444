"""One request that comes by two ways: the second copy is not another call (RFC 3261 section 8.2.2.2).

A proxy that forks, and finds us behind two of its targets, sends the same INVITE twice, each copy with a Via branch of its own.
Decides which is the second. Leaves the answer, 482, to `endpoint.py`. No state but what was seen in the last minute.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Final

KEPT_S: Final = 32.0
"""A copy that comes later than that (64 T1) belongs to no transaction any more; kept for up to twice as long."""


class MergedRequests:
    """Remembers what has come and by which way. `now_s` is any clock that only goes forward.

    >>> seen = MergedRequests(lambda: 0.0)
    >>> [seen.is_copy("call", "z9hG4bK1"), seen.is_copy("call", "z9hG4bK1"), seen.is_copy("call", "z9hG4bK2")]
    [False, False, True]
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._turned_s = now_s()
        self._seen: dict[Hashable, str] = {}
        self._seen_before: dict[Hashable, str] = {}

    def is_copy(self, request: Hashable, branch: str) -> bool:
        """Whether `request` (Call-ID, From tag and CSeq) has come by another way than `branch`; it is remembered if not."""
        now = self._now_s()
        if now - self._turned_s >= KEPT_S:
            self._seen_before = self._seen if now - self._turned_s < 2 * KEPT_S else {}
            self._seen, self._turned_s = {}, now
        first = self._seen.get(request) or self._seen_before.get(request)
        if first is None:
            self._seen[request] = branch
        return first is not None and first != branch
