"""The garbage collector during a run.

Decides how often Python looks for circles of dead objects while calls are simulated: hardly ever. Calls, legs and timers
let go of each other when they are over, so counting references frees them at once; looking for circles among the living
would cost a third of a run and find next to nothing. What was there before goes out of its sight. The world of a run is a
circle itself: those of earlier runs are looked for as a run begins, once a second at most, so that many runs need little more
memory than one.
"""

from __future__ import annotations

import gc
import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

THRESHOLDS: Final = (200_000, 20, 100)
"""Objects more than before the last look that cause one, and looks at the young before the older are looked at too."""

LOOK_EVERY_S = 1.0
"""Seconds of simulating between two looks for worlds of earlier runs: a look takes about a hundredth of a second."""

WHOLE_LOOK_EVERY: Final = 50
"""Looks after which everything is looked at, what had gone out of sight included."""

_lock = threading.Lock()
_runs = 0
_looks = 0
_looked_at_s = -math.inf
_before: tuple[int, int, int] = (0, 0, 0)
_hidden = 0
"""Objects out of sight since our last whole look; another number now tells that somebody else freezes objects."""


@contextmanager
def seldom() -> Iterator[None]:
    """For the time of a run, let the collector look seldom; runs at the same time share it, the last one puts it back."""
    global _runs, _before
    with _lock:
        _runs += 1
        if _runs == 1:
            _before = gc.get_threshold()
            _tidy()
            gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        with _lock:
            _runs -= 1
            if _runs == 0:
                gc.set_threshold(*_before)


def _tidy() -> None:
    """Forget the worlds of earlier runs, and hide what is not theirs."""
    global _looks, _hidden, _looked_at_s
    if time.perf_counter() - _looked_at_s < LOOK_EVERY_S:
        return
    if (
        _looks == 0 and gc.get_freeze_count() == 0
    ):  # no run was before, and a look at all that was imported takes a while
        gc.freeze()
        _hidden = gc.get_freeze_count()
    elif _looks % WHOLE_LOOK_EVERY == 0 and gc.get_freeze_count() <= _hidden:
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        _hidden = gc.get_freeze_count()
    else:
        gc.collect()
    _looks += 1
    _looked_at_s = time.perf_counter()
