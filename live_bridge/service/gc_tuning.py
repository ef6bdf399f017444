"""How a bridge's process keeps its memory tidy without stopping for it.

Python looks for cycles of objects nobody needs any more, and everything waits meanwhile: with 250 MB of modules and calls a
full look takes 200 to 400 ms, and phones repeat what they have sent after 500 ms (RFC 3261, timer T1). So what was there at the
start is not looked at again, looks are rarer, and calls leave hardly any cycles behind (`sip/dialog/leg.py`). Decides
nothing else.
"""

from __future__ import annotations

import gc
from typing import Final

THRESHOLDS: Final = (10_000, 10, 10)
"""Objects made and not yet freed before the young are looked at, and how many such looks before the next older ones are."""


def settle() -> None:
    """The start is over: what there is now stays. Called once in a process that serves calls, when it has started."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
