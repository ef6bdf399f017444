"""`pbx …` with a clock that is ahead: `python -m tests.live_bridge.hosting.clocked FILE WORDS…`.

The file holds how far, in microseconds, and is read at every question, so a story lets days pass while processes run. Nothing of
the product knows of it: the one clock that the hosting process and its commands are given by `store/rows.py` is another one here.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import live_bridge.store.rows


def main(file: str, *words: str) -> None:
    """Run a command."""
    ahead = Path(file)
    live_bridge.store.rows.now = lambda: time.time_ns() // 1000 + int(ahead.read_text())
    from live_bridge.cli.commands import app  # only now: whoever imports `now` gets this one

    app(list(words))


if __name__ == "__main__":
    main(*sys.argv[1:])
