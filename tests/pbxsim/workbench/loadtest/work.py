"""Work for the tests of the pool. In a file of its own, so that a worker process imports this and not what the tests import."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path


def double(number: int) -> int:
    """Twice the number."""
    return 2 * number


def slow(number: int) -> int:
    """The number, in a moment."""
    time.sleep(0.05)
    return number


def die_once(mark: str) -> str:
    """The mark; the first to come here kills its process."""
    path = Path(mark)
    if not path.exists():
        path.write_text("was here")
        os.kill(os.getpid(), signal.SIGKILL)
    return mark


def die(_: int) -> int:
    """Kills its process."""
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def fail(number: int) -> int:
    """Raises ValueError."""
    raise ValueError(f"no {number}")
