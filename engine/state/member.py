"""A user as one who answers calls, and that user's seats in queues, with the state table of a member (R-08.4).

The state is shared by all queues and all versions: a person has one pair of ears. Signing in and pausing are per queue and
stand in the `Membership`. Only `control/dispatcher.py` moves members; this file says which moves exist.

    idle         could take a call
    ringing      a phone of theirs rings, for a queue, a group or a direct call
    talking      in a call
    wrap_up      work after a call, no queue offers anything (R-08.9)
    retry_wait   did not answer an offer, is left alone for a while (R-08.9)
    away         in a call they dialled themselves

Races: a wrap-up or retry wait that is interrupted by a direct call goes on afterwards if its end is still to come; a leg
that is cancelled keeps its member ringing until the world says it is over, so no phone rings for two calls. One who dialled
while a phone rang is `away` again when that leg is over and their own call is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mypy_extensions import i64

from engine.contract.errors import EngineBug
from engine.contract.ids import Duration, Instant

if TYPE_CHECKING:
    from engine.state.queue_state import QueueState
    from engine.state.timers import Timer

IDLE: Final = 0
RINGING: Final = 1
TALKING: Final = 2
WRAP_UP: Final = 3
RETRY_WAIT: Final = 4
AWAY: Final = 5
STATES: Final = ("idle", "ringing", "talking", "wrap_up", "retry_wait", "away")

RINGS: Final = 0
PICKS_UP: Final = 1
DIALS: Final = 2
FREE: Final = 3
WORKS_ON: Final = 4
WAITS_TO_RETRY: Final = 5
ONLY_DIALS: Final = 6
EVENTS: Final = ("rings", "picks_up", "dials", "free", "works_on", "waits_to_retry", "only_dials")

REFUSED: Final = -1

TABLE: Final[tuple[tuple[int, ...], ...]] = (
    # rings    picks_up  dials   free  works_on waits_to_retry only_dials
    (RINGING, REFUSED, AWAY, IDLE, WRAP_UP, RETRY_WAIT, REFUSED),  # IDLE
    (RINGING, TALKING, RINGING, IDLE, WRAP_UP, RETRY_WAIT, AWAY),  # RINGING
    (TALKING, TALKING, TALKING, IDLE, WRAP_UP, RETRY_WAIT, AWAY),  # TALKING
    (RINGING, REFUSED, AWAY, IDLE, WRAP_UP, RETRY_WAIT, REFUSED),  # WRAP_UP
    (RINGING, REFUSED, AWAY, IDLE, WRAP_UP, RETRY_WAIT, REFUSED),  # RETRY_WAIT
    (AWAY, TALKING, AWAY, IDLE, WRAP_UP, RETRY_WAIT, AWAY),  # AWAY
)

AFTER_RINGS: Final[list[int]] = [row[RINGS] for row in TABLE]
AFTER_PICKS_UP: Final[list[int]] = [row[PICKS_UP] for row in TABLE]
AFTER_FREE: Final[list[int]] = [row[FREE] for row in TABLE]
"""Columns of the table, for the moves that every offered call makes."""


class Membership:
    """What one user is in one queue, shared by all versions of the flow."""

    __slots__ = ("queue", "static", "signed_in", "paused", "reason", "answered", "talk_us", "missed_in_row")

    def __init__(self, queue: int) -> None:
        self.queue = queue
        self.static = False
        """Whether they are always signed in, as the live version has it (R-08.4)."""
        self.signed_in = True
        self.paused = False
        self.reason = ""
        self.answered = 0
        self.talk_us: Duration = 0
        self.missed_in_row = 0


class IdleChain:
    """The eligible seats of one tier, the longest idle first (`strategies.IdlePool`)."""

    __slots__ = ("tier", "first", "last")

    def __init__(self, tier: int) -> None:
        self.tier: i64 = tier
        self.first: Seat | None = None
        self.last: Seat | None = None


class Seat:
    """One user's place in one queue of one version: rank and skills from the document, eligibility from the moment."""

    __slots__ = (
        "queue", "user", "membership", "position", "tier", "weight", "skills", "rank", "suits", "eligible", "key",
        "signed_in", "unpaused", "chain", "before", "after",
    )  # fmt: skip

    def __init__(
        self,
        queue: QueueState,
        user: UserState,
        membership: Membership,
        position: int,
        tier: int,
        weight: float,
        skills: dict[str, int],
    ) -> None:
        self.queue = queue
        self.user = user
        self.membership = membership
        self.position = position
        self.tier: i64 = tier
        self.weight = weight
        self.skills = skills
        self.rank: i64 = 0
        """Index among the queue's seats sorted by (tier, position, number)."""
        self.suits = True
        """Whether they have the skills that the queue asks for as a call enters."""
        self.eligible = False
        self.signed_in = False
        self.unpaused = False
        """Whether its queue counts it as signed in, and as one who is not paused besides."""
        self.key: i64 = 0
        """What a pool that goes by a key sorts it by, while it is in it."""
        self.chain: IdleChain | None = None
        self.before: Seat | None = None
        self.after: Seat | None = None
        """Its chain and neighbours there, where the queue goes by who has been idle longest."""


class UserState:
    """One user's state. `number` is the internal number."""

    __slots__ = (
        "number",
        "devices",
        "do_not_disturb",
        "forward_to",
        "call_waiting",
        "state",
        "legs",
        "own_calls",
        "wrap_up_until",
        "retry_until",
        "last_answered_end",
        "timer",
        "seats",
        "memberships",
    )

    def __init__(self, number: int) -> None:
        self.number = number
        self.devices: dict[str, None] = {}
        self.do_not_disturb = False
        self.forward_to = ""
        """Where their own calls go by a code they dialled (R-15.11); empty is nowhere else."""
        self.call_waiting = False
        self.state = IDLE
        self.legs = 0
        """Legs to this user that live."""
        self.own_calls = 0
        self.wrap_up_until: Instant = 0
        self.retry_until: Instant = 0
        self.last_answered_end: Instant = -1
        """End of the last answered queue call; -1 sorts those who never had one first (R-08.8)."""
        self.timer: Timer | None = None
        self.seats: list[Seat] = []
        self.memberships: dict[int, Membership] = {}

    def memberships_in(self, queue: int | None) -> list[Membership]:
        """Those of one queue, or of all by number."""
        if queue is None:
            return [self.memberships[number] for number in sorted(self.memberships)]
        found = self.memberships.get(queue)
        return [found] if found is not None else []

    def reachable(self) -> bool:
        """Whether at least one device is registered."""
        return bool(self.devices)

    def busy(self) -> bool:
        """Every registered device is in a call and call waiting is off, or do-not-disturb is on (R-06.11)."""
        if self.do_not_disturb:
            return True
        if self.call_waiting:
            return False
        return self.legs + self.own_calls >= max(1, len(self.devices))

    def move(self, event: int) -> bool:
        """Change state by the table; whether it changed. Raises `EngineBug` where the table has no row."""
        after = TABLE[self.state][event]
        if after == REFUSED:
            raise EngineBug(f"member {self.number} is {STATES[self.state]} and cannot take `{EVENTS[event]}`")
        changed = after != self.state
        self.state = after
        return changed
