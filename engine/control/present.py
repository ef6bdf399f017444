"""The present of one engine as plain data: members, waiting callers and talks, each with since when.

Decides what belongs to it: all that bears on how long callers will wait. No caller's number is in it, and no number that a user
dialled. Changes nothing. `resume.py` is the way back, from this data to an engine that goes on from there.
"""

from __future__ import annotations

import msgspec

from engine.contract.ids import CallId, Duration, Instant
from engine.control.tenant import Tenant
from engine.state import member as m
from engine.state import queue_state as qs
from engine.state.call import Call
from engine.state.flow import Flow
from engine.state.leg import ANSWERED, RINGING, Leg
from engine.state.member import UserState
from engine.state.queue_state import QueueVisit

FORMAT = 1
"""Number of this form; a reader refuses what it does not know."""


class PresentSeat(msgspec.Struct, frozen=True, kw_only=True):
    """What a member is in one queue."""

    queue: int
    signed_in: bool
    paused: bool = False
    reason: str = ""
    answered: int = 0
    """Calls taken since the sign-in, and their talk: what `fewest_calls` and `least_talk` go by (R-08.8)."""
    talk_us: Duration = 0
    missed_in_row: int = 0


class PresentMember(msgspec.Struct, frozen=True, kw_only=True):
    """One user. `state` is one of R-08.4."""

    user: int
    state: str
    since: Instant | None = None
    """When the state began; None where the engine does not keep it."""
    devices: int = 0
    do_not_disturb: bool = False
    wrap_up_until: Instant = 0
    retry_until: Instant = 0
    last_answered_end: Instant = -1
    """End of the last answered queue call; -1 for none (R-08.8)."""
    seats: tuple[PresentSeat, ...] = ()


class PresentLeg(msgspec.Struct, frozen=True, kw_only=True):
    """A leg that rings or talks."""

    n: int
    user: int | None = None
    """None for an outside number."""
    trunk: str | None = None
    queue: int | None = None
    """The queue that offered the call, None when no queue did."""
    placed_at: Instant
    answered_at: Instant | None = None
    """None while it rings."""
    ring_us: Duration = 0


class PresentWait(msgspec.Struct, frozen=True, kw_only=True):
    """A call's stay in a queue, as long as nobody has answered it."""

    queue: int
    entered_at: Instant
    since: Instant
    """Entry moved back by the start bonus: what the order goes by (R-08.6)."""
    priority: int = 0
    skills: dict[str, int] | None = None
    relaxed: int = 0
    """Skills given up so far (R-08.16)."""
    tried: int | None = None
    """The member tried last, for `linear` and `progressive`."""


class PresentCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call in progress."""

    id: CallId
    started_at: Instant
    called: str = ""
    """What was dialled; empty for a call that a user dialled."""
    trunk: str | None = None
    user: int | None = None
    """The user who dialled it."""
    origin: str = "trunk"
    element: int = 0
    """Where it is; 0 is an outside number."""
    kind: str = ""
    entered_at: Instant = 0
    """When it came to that element."""
    answered: bool = False
    released: bool = False
    """Whether its caller hung up and keeps the place, to be called back (R-08.19)."""
    placed: int = 0
    """Legs placed so far."""
    talking: int | None = None
    """The leg that talks with the caller."""
    wait: PresentWait | None = None
    legs: tuple[PresentLeg, ...] = ()


class PresentQueue(msgspec.Struct, frozen=True, kw_only=True):
    """What a queue remembers."""

    queue: int
    last_offered: int | None = None
    """The member offered a call last: round robin goes on from there."""
    empty_since: dict[int, Instant] = {}
    """By tier, since when nobody in it could take a call (R-08.15)."""


class Present(msgspec.Struct, frozen=True, kw_only=True):
    """One tenant at one instant."""

    at: Instant
    flow: str
    """Digest of the live version."""
    members: tuple[PresentMember, ...] = ()
    queues: tuple[PresentQueue, ...] = ()
    calls: tuple[PresentCall, ...] = ()
    """As they came."""
    format: int = FORMAT


def present_of(tenant: Tenant, flow: Flow, at: Instant) -> Present:
    """What a tenant is at `at`, which must be the instant up to which its engine has been brought."""
    calls = [call for call in tenant.calls.values() if not call.over]
    legs: dict[int, list[Leg]] = {}
    dialled: dict[int, Instant] = {}
    """When each user's own first call began."""
    for call in calls:
        if call.user is not None:
            dialled.setdefault(call.user, call.started_at)
        for leg in call.live_legs:
            if leg.user is not None:
                legs.setdefault(leg.user.number, []).append(leg)
    return Present(
        at=at,
        flow=flow.digest,
        members=tuple(
            _member(tenant.users[number], legs.get(number, []), dialled.get(number)) for number in sorted(tenant.users)
        ),
        queues=tuple(_queue(queue) for _, queue in sorted(tenant.queues_of(flow).items())),
        calls=tuple(_call(call) for call in calls),
    )


def _member(user: UserState, own: list[Leg], dialled: Instant | None) -> PresentMember:
    since: Instant | None = None
    if user.state == m.TALKING:
        since = min([leg.answered_at for leg in own if leg.state == ANSWERED], default=None)
    elif user.state == m.RINGING:
        since = min([leg.placed_at for leg in own if leg.state == RINGING], default=None)
    elif user.state == m.WRAP_UP:
        since = user.last_answered_end
    elif user.state == m.AWAY:
        since = dialled
    return PresentMember(
        user=user.number,
        state=m.STATES[user.state],
        since=since,
        devices=len(user.devices),
        do_not_disturb=user.do_not_disturb,
        wrap_up_until=user.wrap_up_until,
        retry_until=user.retry_until,
        last_answered_end=user.last_answered_end,
        seats=tuple(
            PresentSeat(
                queue=number,
                signed_in=membership.signed_in,
                paused=membership.paused,
                reason=membership.reason,
                answered=membership.answered,
                talk_us=membership.talk_us,
                missed_in_row=membership.missed_in_row,
            )
            for number, membership in sorted(user.memberships.items())
        ),
    )


def _queue(queue: qs.QueueState) -> PresentQueue:
    last = queue.seats[queue.last_offered].user.number if queue.last_offered >= 0 else None
    tiers = {tier.number: tier.empty_since for tier in queue.tiers} if queue.tier_wait_us else {}
    return PresentQueue(queue=queue.number, last_offered=last, empty_since=tiers)


def _call(call: Call) -> PresentCall:
    element, visit = call.element, call.visit
    wait: PresentWait | None = None
    if isinstance(visit, QueueVisit) and visit.state in (qs.WAITING, qs.OFFERED, qs.BETWEEN_TRIES):
        tried = visit.queue.seats[visit.tried].user.number if visit.tried >= 0 else None
        wait = PresentWait(
            queue=visit.queue.number,
            entered_at=visit.entered_at,
            since=visit.since,
            priority=int(visit.priority),
            skills=visit.skills,
            relaxed=visit.relaxed,
            tried=tried,
        )
    talking = call.talking
    if talking is None and isinstance(visit, QueueVisit) and visit.state == qs.CALLING_BACK:
        talking = visit.member  # the member waits for the caller to be reached
    return PresentCall(
        id=call.id,
        started_at=call.started_at,
        called=call.called if call.user is None else "",
        trunk=call.trunk,
        user=call.user,
        origin=call.origin,
        element=element.number if element is not None else 0,
        kind=element.kind if element is not None else "",
        entered_at=call.entered_at,
        answered=call.answered,
        released=call.released,
        placed=int(call.legs),
        talking=None if talking is None else talking.n,
        wait=wait,
        legs=tuple(_leg(leg) for leg in call.live_legs if leg.state in (RINGING, ANSWERED)),
    )


def _leg(leg: Leg) -> PresentLeg:
    return PresentLeg(
        n=leg.n,
        user=leg.user.number if leg.user is not None else None,
        trunk=leg.trunk,
        queue=leg.seat.queue.number if leg.seat is not None else None,
        placed_at=leg.placed_at,
        answered_at=leg.answered_at if leg.state == ANSWERED else None,
        ring_us=leg.ring_us,
    )
