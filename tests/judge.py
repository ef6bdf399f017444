"""A naive judge of queues: it hears what the engine hears and says, and works out from the rules alone what must hold.

It keeps its own plain books (no heaps, no pools, no caches) and after every event looks at every waiting call and every
member. Slow and simple on purpose: it shares nothing with the engine but the document.
"""

from __future__ import annotations

from engine.contract import events as ev
from engine.contract import limits
from engine.contract import notes as note
from engine.contract.causes import Cause
from engine.contract.ids import Instant
from engine.elements import of_kind
from engine.elements.queue import Queue
from engine.state.flow import Flow
from engine.state.sink import Stamped


class Stay:
    """One call's wait in one queue of one version."""

    def __init__(self, call: str, flow: Flow, queue: Queue, at: Instant, order: int) -> None:
        self.call = call
        self.flow = flow
        self.queue = queue
        self.at = at
        self.order = order
        self.offers: dict[str, int] = {}
        """Legs that ring for it, with their members."""
        self.released = False

    def required(self, at: Instant) -> dict[str, int]:
        """Skills still required (R-08.16)."""
        skills = dict(self.queue.skills)
        for after_us, skill in self.queue.relax:
            if at >= self.at + after_us:
                skills.pop(skill, None)
        return skills

    def key(self) -> tuple[int, int]:
        """Place in the waiting order (R-08.6); no call here has a priority or a bonus of its own."""
        return (self.at, self.order)


class Member:
    """What the judge knows of one user."""

    def __init__(self) -> None:
        self.devices: set[str] = set()
        self.disturb = False
        self.out: set[int] = set()
        self.paused: set[int] = set()
        self.legs: set[str] = set()
        self.own: set[str] = set()
        self.wrap_until: Instant = 0
        self.retry_until: Instant = 0
        self.call_waiting = False

    def idle(self, at: Instant) -> bool:
        """In no call of any kind, wrap-up and retry wait over (R-08.5)."""
        return not self.legs and not self.own and at >= self.wrap_until and at >= self.retry_until

    def may_take(self, queue: int, at: Instant) -> bool:
        """Eligible, tier and skills apart (R-08.5)."""
        free = bool(self.devices) and not self.disturb and self.idle(at)
        return free and queue not in self.out and queue not in self.paused


class Judge:
    """Hears every event with what was said to it; `look` raises AssertionError when a rule fell."""

    def __init__(self, flows: dict[str, Flow]) -> None:
        self.flows = flows
        self.members: dict[int, Member] = {}
        self.queues_of: dict[int, set[int]] = {}
        for flow in flows.values():
            for number, settings in flow.head.users.items():
                self.members.setdefault(number, Member()).call_waiting = settings.call_waiting
                self.queues_of.setdefault(number, set())
        self.stays: dict[str, Stay] = {}
        self.flow_of: dict[str, Flow] = {}
        self.user_of: dict[str, int] = {}
        self.over: set[str] = set()
        self.leg_queue: dict[str, Queue] = {}
        """Legs that a queue placed."""
        self.picked_up: set[str] = set()
        self.crossed: set[str] = set()
        """Legs that were taken back before any answer came."""
        self.last_free: dict[tuple[int, int], Instant] = {}
        """By queue and member: when they could last take a call of it, tier and skills apart."""
        self.calls_started = 0
        self.calls_ended = 0
        self.last_said: Instant = 0
        self.order = 0

    def install(self, flow: Flow) -> None:
        """A version is in force: its members are members from now on, signed in until they say otherwise (R-08.4)."""
        for element in of_kind(flow.elements.values(), Queue):
            for seat in element.staff:
                self.queues_of[seat.user].add(element.number)

    # --- hearing -----------------------------------------------------------------------------------------------------

    def hear(self, at: Instant, event: ev.Event, said: list[Stamped]) -> None:
        """One event and what the engine said to it. What fell due before the event was said before it took effect."""
        if not isinstance(event, ev.Advance):  # what fell due says itself when somebody began to ring
            self._mark_free(at)
        self.before(at, event)
        for when, message in said:
            assert self.last_said <= when <= at, f"said at {when} after {self.last_said}, told at {at}"
            self.last_said = when
            self._note(when, message)

    def before(self, at: Instant, event: ev.Event) -> None:
        """What the event itself says, before the engine answers to it."""
        match event:
            case ev.DeviceRegistered(user=user, device=device):
                self.members[user].devices.add(device)
            case ev.DeviceUnregistered(user=user, device=device):
                self.members[user].devices.discard(device)
            case ev.DoNotDisturbSet(user=user, on=on):
                self.members[user].disturb = on
            case ev.MemberSignedIn(user=user, queue=queue):
                self.members[user].out -= self._named(user, queue)
            case ev.MemberSignedOut(user=user, queue=queue):
                self.members[user].out |= self._named(user, queue)
            case ev.MemberPaused(user=user, queue=queue):
                self.members[user].paused |= self._named(user, queue)
            case ev.MemberUnpaused(user=user, queue=queue):
                self.members[user].paused -= self._named(user, queue)
            case ev.LegAnswered(leg=leg):
                self.picked_up.add(leg)
                for stay in self.stays.values():
                    if stay.released:
                        stay.offers.pop(leg, None)
            case ev.LegEnded(leg=leg, wrap_up_us=wrap_up_us):
                self._ended(at, leg, wrap_up_us)
            case ev.CallArrived(call=call, user=user) if user is not None:
                self.user_of[call] = user
            case ev.FlowPublished(flow=digest) | ev.FlowPromoted(flow=digest):
                self.install(self.flows[digest])

    def _named(self, user: int, queue: int | None) -> set[int]:
        mine = self.queues_of[user]
        return set(mine) if queue is None else mine & {queue}

    def _ended(self, at: Instant, leg: str, wrap_up_us: int | None) -> None:
        queue = self.leg_queue.get(leg)
        if queue is None:
            return
        user = next((user for user in self.members.values() if leg in user.legs), None)
        work_us = queue.settings.wrap_up_us if wrap_up_us is None else wrap_up_us
        if user is not None and work_us and leg in self.answered_by_queue():
            user.wrap_until = at + work_us

    def answered_by_queue(self) -> set[str]:
        """Legs whose answer was no crossing of our own cancel."""
        return self.picked_up - self.crossed

    def _note(self, at: Instant, message: object) -> None:
        match message:
            case note.CallStarted(call=call, flow=digest):
                self.calls_started += 1
                assert call not in self.flow_of, f"{call} started twice"
                self.flow_of[call] = self.flows[digest]
                if call in self.user_of:
                    self.members[self.user_of[call]].own.add(call)
            case note.CallEnded(call=call):
                assert call not in self.over, f"{call} ended twice"
                self.over.add(call)
                self.calls_ended += 1
                self.stays.pop(call, None)
                if call in self.user_of:
                    self.members[self.user_of[call]].own.discard(call)
            case note.CallQueued(call=call, queue=queue):
                self.order += 1
                flow = self.flow_of[call]
                [element] = of_kind([flow.elements[queue]], Queue)
                self.stays[call] = Stay(call, flow, element, at, self.order)
            case note.LegStarted(leg=leg, user=user) if user is not None:
                member = self.members[user]
                self._mark_free(at, user)
                member.legs.add(leg)
                if not member.call_waiting:
                    calls = len(member.legs) + len(member.own)
                    assert calls <= max(1, len(member.devices)), f"{user} is on {member.legs} and {member.own}"
            case note.LegFinished(leg=leg):
                for member in self.members.values():
                    member.legs.discard(leg)
                self.crossed.discard(leg)
                self.picked_up.discard(leg)
                self.leg_queue.pop(leg, None)
            case note.CallOffered(call=call, queue=queue, member=number, leg=leg):
                self._offered(at, call, queue, number, leg)
            case note.OfferMissed(call=call, queue=queue, member=number, leg=leg, cause=cause):
                stay = self.stays[call]
                del stay.offers[leg]
                retry_us = stay.queue.settings.retry_us
                if cause is not Cause.NO_ANSWER:
                    retry_us = max(retry_us, limits.RETRY_FLOOR_US)
                member = self.members[number]
                member.retry_until = max(member.retry_until, at + retry_us)
                self.crossed.add(leg)
            case note.OfferWithdrawn(call=call, leg=leg):
                self.crossed.add(leg)
                if call in self.stays:
                    self.stays[call].offers.pop(leg, None)
            case note.CallAnswered(call=call):
                self.stays.pop(call, None)
            case note.CallLeftQueue(call=call) | note.CallAbandoned(call=call):
                self.stays.pop(call, None)
            case note.CallbackAsked(call=call):
                self.stays[call].released = True
            case note.MemberChanged(member=number, state="paused", queue=queue) if queue is not None:
                self.members[number].paused.add(queue)

    def _offered(self, at: Instant, call: str, queue: int, number: int, leg: str) -> None:
        """R-08.5: only to those who could take it; R-08.6: to the first in order; R-08.10: never twice at once."""
        stay = self.stays[call]
        member = self.members[number]
        assert stay.queue.number == queue
        assert member.legs == {leg}, f"{number} is offered {call} while on {member.legs - {leg}}"
        assert not member.own, f"{number} is offered {call} while in a call of their own"
        assert member.devices and not member.disturb, f"{number} cannot be reached"
        assert queue not in member.out and queue not in member.paused, f"{number} is out or paused in {queue}"
        assert at >= member.wrap_until and at >= member.retry_until, f"{number} is to be left alone"
        seat = next(seat for seat in stay.queue.staff if seat.user == number)
        assert has_skills(seat.skills, stay.required(at)), f"{number} lacks a skill {call} requires"
        assert self._open(at, stay, seat.tier), f"{number} is offered {call} though tier {seat.tier} is shut to it"
        if stay.queue.strategy not in ("ring_all", "progressive"):
            assert not stay.offers, f"{call} rings at two members of {queue}"
        if stay.queue.strategy not in ("ring_all", "progressive"):
            for other in self.stays.values():
                if other is not stay and other.queue is stay.queue and not other.offers and not other.released:
                    if other.key() < stay.key():
                        may = has_skills(seat.skills, other.required(at)) and self._open(at, other, seat.tier)
                        assert not may, f"{number} passes over {other.call}"
        stay.offers[leg] = number
        self.leg_queue[leg] = stay.queue

    # --- looking -----------------------------------------------------------------------------------------------------

    def look(self, at: Instant) -> None:
        """No eligible member idle while a call waits that they may take (R-08.7)."""
        self._mark_free(at)
        serving = {id(stay.queue) for stay in self.stays.values() if stay.offers and stay.queue.strategy == "ring_all"}
        for stay in self.stays.values():
            if stay.offers or stay.released or id(stay.queue) in serving:
                continue
            required = stay.required(at)
            for seat in stay.queue.staff:
                member = self.members[seat.user]
                if member.may_take(stay.queue.number, at) and has_skills(seat.skills, required):
                    assert not self._open(at, stay, seat.tier), (
                        f"{seat.user} is idle while {stay.call} waits in queue {stay.queue.number} since {stay.at}, now {at}"
                    )

    def _mark_free(self, at: Instant, only: int | None = None) -> None:
        """Who could take a call until now, everybody or only one."""
        for user in self.queues_of if only is None else (only,):
            for queue in self.queues_of[user]:
                if self.members[user].may_take(queue, at):
                    self.last_free[(queue, user)] = at

    def _open(self, at: Instant, stay: Stay, tier: int) -> bool:
        """R-08.15 with R-08.16: of those in each lower tier who have the skills, nobody is signed in, or nobody could take
        the call for `tier_wait`.
        """
        queue = stay.queue
        if not queue.settings.tier_wait_us:
            return True
        able = [seat for seat in queue.staff if seat.tier < tier and has_skills(seat.skills, stay.required(at))]
        for lower in {seat.tier for seat in able}:
            users = [seat.user for seat in able if seat.tier == lower]
            seen = max(self.last_free.get((queue.number, user), -queue.settings.tier_wait_us) for user in users)
            if (
                any(queue.number not in self.members[user].out for user in users)
                and at < seen + queue.settings.tier_wait_us
            ):
                return False
        return True


def has_skills(held: dict[str, int], required: dict[str, int]) -> bool:
    """R-08.16."""
    return all(held.get(skill, 0) >= level for skill, level in required.items())
