"""One leg we placed: who rings, and its state table.

    RINGING ──picks_up──► ANSWERED ──hang_up──► ENDING ──ended──► OVER
       │ └──failed──────────────┐  └──ended───────────────────────►│
       └──cancel──► CANCELLING ─┴failed────────────────────────────►│
                        └──picks_up──► ENDING

A leg rings from the moment it is placed. Whoever placed it (an element) may cancel it while it rings and hang it up once
answered; the world tells the rest. Two races are rows of their own: a 200 that crosses our CANCEL (RFC 3261 section 9.1)
takes CANCELLING to ENDING, and the engine hangs up; a ringing report that arrives late changes nothing. A missing row is
the driver's fault and changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mypy_extensions import i64, mypyc_attr

from engine.contract import commands as cmd
from engine.contract.errors import SecondEnding
from engine.contract.ids import Duration, Instant

if TYPE_CHECKING:
    from engine.state.call import Call, Visit
    from engine.state.caller_numbers import Presented
    from engine.state.member import Seat, UserState
    from engine.state.queue_state import QueueVisit

RINGING: Final = 0
CANCELLING: Final = 1
ANSWERED: Final = 2
ENDING: Final = 3
OVER: Final = 4
STATES: Final = ("ringing", "cancelling", "answered", "ending", "over")

RANG: Final = 0
PICKS_UP: Final = 1
FAILED: Final = 2
ENDED: Final = 3
CANCEL: Final = 4
HANG_UP: Final = 5
EVENTS: Final = ("rang", "picks_up", "failed", "ended", "cancel", "hang_up")

REFUSED: Final = -1

TABLE: Final[tuple[tuple[int, ...], ...]] = (
    # rang        picks_up  failed   ended    cancel      hang_up
    (RINGING, ANSWERED, OVER, REFUSED, CANCELLING, REFUSED),  # RINGING
    (CANCELLING, ENDING, OVER, REFUSED, CANCELLING, REFUSED),  # CANCELLING
    (ANSWERED, REFUSED, REFUSED, OVER, REFUSED, ENDING),  # ANSWERED
    (ENDING, REFUSED, REFUSED, OVER, REFUSED, ENDING),  # ENDING
    (REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, REFUSED),  # OVER
)


AFTER_PICKS_UP: Final[list[int]] = [row[PICKS_UP] for row in TABLE]
AFTER_ENDED: Final[list[int]] = [row[ENDED] for row in TABLE]
"""Columns of the table, for the two events of nearly every leg."""


@mypyc_attr(free_list_len=1)
class Leg:
    """One leg of one call. `user` or `number` with `trunk` says what it rings. What few legs have: see `Call`."""

    __slots__ = (
        "call", "n", "user", "ring_us", "placed_at", "visit", "state", "trunk", "seat", "answered_at", "over_at",
        "wrap_up_us", "first_id", "born", "__dict__",
    )  # fmt: skip

    number: str | None = None
    presented: Presented | None = None
    """What an outside leg tells its carrier of the caller (R-04.12)."""
    rule: str = ""
    """The rule by which an outside number is dialled: of an outgoing rule, of the default number, of direct SIP."""
    contacts: tuple[str, ...] = ()
    """Where its phone sent the call by itself, once it has (R-06.16)."""
    for_caller: bool = False
    """Whether it stands for the caller, who is called back."""
    step: int = 0
    """What the element that placed it wants to remember: a position in its list."""

    def __init__(
        self, call: Call, n: int, user: UserState | None, ring_us: Duration, at: Instant, visit: Visit | None
    ) -> None:
        self.call = call
        self.n = n
        self.user = user
        self.ring_us = ring_us
        self.placed_at = at
        self.visit = visit
        """The visit that placed it; news about the leg goes to its element while the call is still there."""
        self.state: int = RINGING
        self.trunk: str | None = None
        self.seat: Seat | None = None
        """The seat in a queue it was offered to; None when no queue placed it."""
        self.answered_at: Instant = -1
        self.over_at: Instant = -1
        self.wrap_up_us: Duration = 0
        self.first_id = ""
        """Its id, once an attended transfer has moved it to another call."""
        self.born: i64 = 0
        """Place of its ring limit among other deadlines."""

    @property
    def id(self) -> str:
        """`<call>.<n>` under the call that placed it; it keeps its id when another call takes it over."""
        return self.first_id or f"{self.call.id}.{self.n}"

    def target(self) -> cmd.Target:
        """What it rings, as a message."""
        if self.user is not None:
            return cmd.Devices(user=self.user.number)
        if self.trunk is None:
            return cmd.DirectSip(uri=self.number or "")
        return cmd.Outside(number=self.number or "", trunk=self.trunk or "")

    def member_number(self) -> int:
        """Internal number of the user it rings, 0 for an outside number."""
        return self.user.number if self.user is not None else 0

    def talk_us(self) -> Duration:
        """How long it was answered, once it is over."""
        return self.over_at - self.answered_at if self.answered_at >= 0 and self.over_at >= 0 else 0

    def move(self, event: int) -> int:
        """Change state by the table; raises `SecondEnding` and changes nothing where the table has no row."""
        after = TABLE[self.state][event]
        if after == REFUSED:
            raise SecondEnding(
                f"the driver reported `{EVENTS[event]}` of leg {self.id}, which is {STATES[self.state]}; "
                "a leg is answered or fails once, and ends once after an answer"
            )
        self.state = after
        return after


def offers(visit: QueueVisit) -> list[Leg]:
    """The legs that ring for a visit, as they were placed; a caller who is called back has a leg too, which is no offer."""
    return [leg for leg in visit.call.live_legs if leg.visit is visit and leg.seat is not None and leg.state == RINGING]
