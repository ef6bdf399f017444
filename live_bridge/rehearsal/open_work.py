"""What a rehearsal has begun on SIP, in media or in the engine, and what of it is not done yet.

Decides the words for it, and what is written down when something does not come to its end in time. Leaves waiting to
the conductor.
"""

from __future__ import annotations

import logging
from typing import Final, TypeAlias

import msgspec

from engine.contract.ids import CallId, Instant

log = logging.getLogger(__name__)

PATIENCE_S: Final = 5.0
"""Longest time something that was begun may take on SIP or in media, before the rehearsal goes on without it."""

Key: TypeAlias = tuple[str, object]
"""What it is, and of which leg, line, call or recording."""


class Late(msgspec.Struct, frozen=True):
    """Something that did not come to its end in time."""

    at: Instant
    what: str
    call: CallId
    """Id on the bridge or in the plan; empty when it is of no call."""


class OpenWork:
    """The book of what was begun and is not done."""

    def __init__(self) -> None:
        self.late: list[Late] = []
        self._open: dict[Key, tuple[str, CallId]] = {}

    def __bool__(self) -> bool:
        return bool(self._open)

    def begin(self, key: Key, words: str, call: CallId = "") -> None:
        """Something begins; `words` tell people what is waited for."""
        self._open[key] = (words, call)

    def done(self, *keys: Key) -> None:
        """It is done, or can never be; what is not open is passed over."""
        for key in keys:
            self._open.pop(key, None)

    def give_up(self, at: Instant) -> None:
        """Write down what is still open as late, and wait for it no longer."""
        for key, (words, call) in self._open.items():
            log.warning("rehearsal: %s: not within %.0f s (%s)", words, PATIENCE_S, key[0])
            self.late.append(Late(at, words, call))
        self._open.clear()
