"""What will happen in the simulated world, and in which order.

Decides that things happen in the order (instant, birth), that what happens at once happens before time goes on, and
names the kinds of happenings. Times live here and not in SimPy because a SimPy event costs ten times as much;
SimPy's clock is the outer one (see `driver.py`). Leaves what a happening does to `world.py`.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from engine.ids import Instant

TALK_OVER: Final = 0
"""The member's side hangs up. Thing: the leg."""
PICKS_UP: Final = 1
"""A phone is answered. Thing: the leg."""
GIVES_UP: Final = 2
"""A caller's patience is over. Thing: the caller; number: the token it was planned under."""
KEY: Final = 3
"""A caller presses a key. Thing: the caller; number: the token."""
PROMPT_OVER: Final = 4
"""A sound has been heard to its end. Thing: the caller; number: the play."""
LEG_OVER: Final = 5
"""A leg we hung up is gone. Thing: the leg."""
CANCELLED: Final = 6
"""A leg we cancelled is gone. Thing: the leg; number: index of the cause."""
PROMPT_STOPPED: Final = 7
"""A sound we stopped is silent. Thing: the caller; number: the play."""
CALLER_DONE: Final = 8
"""The caller's side ends a talk. Thing: the leg."""
REFUSES: Final = 9
"""A member refuses an offer. Thing: the leg."""
REDIAL: Final = 10
"""A caller tries again. Thing: the caller of the attempt before."""
SPOKEN: Final = 11
"""A caller has left a voice message and hangs up. Thing: the caller; number: the recording."""
RECORDING_FULL: Final = 12
"""A recording reached its longest. Thing: the caller; number: the recording."""
RECORDING_STOPPED: Final = 13
"""A recording we stopped has ended. Thing: the caller; number: the recording."""
WEB: Final = 14
"""A web server answers, or does not. Thing: the request."""
MESSAGE: Final = 15
"""A letter is sent. Thing: the caller."""
LOOK_AT_PAUSE: Final = 16
"""An offer was missed where many in a row pause the member (R-08.12). Thing: the leg."""
COMES_BACK: Final = 17
"""A member paused so comes back. Thing: the leg that was missed."""

FAR: Final = 1 << 62
"""Later than everything."""

Entry = tuple[Instant, int, int, object, int]
"""Instant, birth, kind, thing, number."""


class EventList:
    """Happenings to come. A cancelled one stays until its turn and is found void then, as its thing has moved on."""

    __slots__ = ("heap", "soon", "born")

    def __init__(self) -> None:
        self.heap: list[Entry] = []
        self.soon: deque[tuple[int, object, int]] = deque()
        """Kind, thing and number of what happens at this very instant, in order."""
        self.born = 0
