"""Wrong tokens and keys of the HTTP API: who sent them is logged, and who sends many has to wait.

Decides how many wrong ones an address may send until it is told to wait (429), and how many until what it sends is not even
looked up; whoever shows a good one goes on all the same, as behind a proxy all are one address. Tokens are never written down.
Thread-safe.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final

from live_bridge.api.access import tokens

log = logging.getLogger(__name__)

WRONG_AT_MOST: Final = 20
WITHIN_S: Final = 60.0
"""So many wrong ones from one address in so many seconds; further ones are told to wait."""

UNHEARD_FROM: Final = 100
"""From so many on in that time only what has been good before is taken, and nothing is looked up."""

ADDRESSES_REMEMBERED: Final = 10_000
GOOD_REMEMBERED: Final = 1_000

TOO_MANY: Final = "too many wrong tokens came from this address: wait a minute"


class Guesses:
    """What was tried lately on all HTTP ports of one bridge."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._lock = threading.Lock()
        self._wrong: OrderedDict[str, deque[float]] = OrderedDict()
        self._good: OrderedDict[str, None] = OrderedDict()
        """Digests of what was good."""
        self.count = 0
        """Wrong ones so far."""
        self.unheard = 0
        """Requests refused without a look."""

    def may_try(self, host: str, key: str) -> bool:
        """Whether it is looked at what an address sends."""
        with self._lock:
            wrong = self._wrong.get(host)
            if wrong is None or tokens.digest(key) in self._good:
                return True
            self._forget_old(wrong)
            if len(wrong) < UNHEARD_FROM:
                return True
            self.unheard += 1
            return False

    def good(self, key: str) -> None:
        """It was a good one."""
        with self._lock:
            digest = tokens.digest(key)
            self._good[digest] = None
            self._good.move_to_end(digest)
            if len(self._good) > GOOD_REMEMBERED:
                self._good.popitem(last=False)

    def wrong(self, host: str, what: str = "token") -> bool:
        """It was a wrong one; whether there were too many from this address."""
        with self._lock:
            self.count += 1
            known = self._wrong.setdefault(host, deque())
            self._forget_old(known)
            known.append(self._now_s())
            self._wrong.move_to_end(host)
            if len(self._wrong) > ADDRESSES_REMEMBERED:
                self._wrong.popitem(last=False)
            number = len(known)
        if number <= WRONG_AT_MOST or number == UNHEARD_FROM:
            words = {WRONG_AT_MOST: ": it is told to wait", UNHEARD_FROM: ": nothing new is looked up for it"}
            log.warning("a wrong %s from %s%s", what, host, words.get(number, ""))
        return number > WRONG_AT_MOST

    def _forget_old(self, wrong: deque[float]) -> None:
        while wrong and wrong[0] <= self._now_s() - WITHIN_S:
            wrong.popleft()
