"""The garbage collector during a run.

Decides how often Python looks for circles of dead objects while calls are simulated: hardly ever. Calls, legs and timers
let go of each other when they are over, so counting references frees them at once; looking for circles among the living
would cost a third of a run and find next to nothing. What was there before goes out of its sight for the time.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

THRESHOLDS: Final = (200_000, 20, 100)
"""Objects more than before the last look that cause one, and looks at the young before the older are looked at too."""

_lock = threading.Lock()
_runs = 0
_before: tuple[int, int, int] = (0, 0, 0)
_froze = False


@contextmanager
def seldom() -> Iterator[None]:
    """For the time of a run, let the collector look seldom; runs at the same time share it, the last one puts it back."""
    global _runs, _before, _froze
    with _lock:
        _runs += 1
        if _runs == 1:
            _before = gc.get_threshold()
            _froze = gc.get_freeze_count() == 0
            if _froze:
                gc.freeze()
            gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        with _lock:
            _runs -= 1
            if _runs == 0:
                gc.set_threshold(*_before)
                if _froze:
                    gc.unfreeze()
