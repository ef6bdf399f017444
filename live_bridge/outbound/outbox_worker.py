"""A thread that looks when somebody knocks, and now and then by itself: for what waits in the database to be sent.

Decides when it looks and that a look that breaks is not the last one. Leaves what is looked for to `webhooks.py` and `mail.py`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)


class OutboxWorker:
    """Calls `look` in a thread named `name` after each knock, and every `every_s` seconds when nobody knocks. `look` may
    take its time; it stops soon once `closing` is set."""

    def __init__(self, name: str, look: Callable[[], None], every_s: float) -> None:
        self.closing = False
        self._look = look
        self._every_s = every_s
        self._knock = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin; what waits from before is looked for at once."""
        self._knock.set()
        self._thread.start()

    def knock(self) -> None:
        """Look now. From any thread."""
        self._knock.set()

    def close(self, within_s: float) -> None:
        """Stop after what is in hand, and wait for it so long."""
        self.closing = True
        self._knock.set()
        self._thread.join(within_s)

    def _run(self) -> None:
        while True:
            self._knock.wait(self._every_s)
            self._knock.clear()
            if self.closing:
                return
            try:
                self._look()
            except Exception:
                log.exception("looking for %s failed; the next look is in %s s", self._thread.name, self._every_s)
