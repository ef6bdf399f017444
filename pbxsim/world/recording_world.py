"""Everything one replication did, row by row, from the engine's notes (R-24): a world that also writes things down.

Decides the rows of the tables; `results/frames.py` gives them columns, units and zones. A simulated day is recorded from
the same notes as a live one, so both have the same tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.contract import notes as note
from engine.contract.causes import Cause, Party
from engine.contract.ids import Duration, Instant
from engine.state import member as m
from engine.state.call import Call
from engine.state.element import Element, Exit
from engine.state.flow import Flow
from engine.state.leg import Leg
from pbxsim.scenario.scenario import Scenario
from pbxsim.world.callers import Caller
from pbxsim.world.world import World

if TYPE_CHECKING:
    from engine.state.member import UserState

Row = tuple[object, ...]


class RecordingWorld(World):
    """A world that keeps a row for every call, stay in a queue, offer, leg, element visited and state of a member."""

    def __init__(self, flow: Flow, scenario: Scenario, seed: int, replication: int) -> None:
        self.calls: list[Row] = []
        self.visits: list[Row] = []
        self.offers: list[Row] = []
        self.legs: list[Row] = []
        self.elements: list[Row] = []
        self.members: list[Row] = []
        self.notes: list[tuple[Instant, note.Note]] = []
        """Rare notes: decisions, voice messages, refusals of trunks, announcements."""
        self.open_visits: dict[str, list[object]] = {}
        self.open_elements: dict[str, tuple[int, str, Instant]] = {}
        self.persons: dict[str, tuple[Instant, int, str]] = {}
        """By call: when the first person answered, who, and the outside number."""
        self.states: dict[int, tuple[str, str, Instant]] = {}
        self.recording = False
        """Set once the world is open: what happens before belongs to nobody."""
        super().__init__(flow, scenario, seed, replication)
        self.wants_notes = True
        self.wants_moves = True

    # --- calls -------------------------------------------------------------------------------------------------------

    def element_entered(self, call: Call, element: Element) -> None:
        self.open_elements[call.id] = (element.number, element.kind, self.at)

    def element_left(self, call: Call, element: Element, exit_: Exit) -> None:
        number, kind, entered = self.open_elements.pop(call.id)
        self.elements.append((call.id, number, kind, entered, self.at, exit_.name, exit_.to or "", exit_.rule))

    def call_answered(self, call: Call, element: Element, leg: Leg, wait_us: Duration, rule: str) -> None:
        super().call_answered(call, element, leg, wait_us, rule)
        if call.id not in self.persons:
            self.persons[call.id] = (self.at, leg.member_number(), leg.number or "")
        if leg.seat is not None:
            self._offer_over(leg, leg.seat.queue.number, "answered", self.at - leg.placed_at, "")
            self._visit_over(call, "answered", wait_us, leg.member_number())

    def call_ended(self, call: Call, cause: Cause, party: Party, rule: str) -> None:
        super().call_ended(call, cause, party, rule)
        caller: Caller = call  # type: ignore[assignment]  # every call here is one
        opened = self.open_elements.pop(call.id, None)
        if opened is not None:
            self.elements.append((call.id, *opened, self.at, "", "", rule))
        person = self.persons.pop(call.id, None)
        started = call.started_at
        self.calls.append(
            (
                call.id,
                caller.source.name,
                caller.source.kinds[caller.kind].name,
                caller.attempt,
                call.caller,
                call.called,
                call.trunk or "",
                started,
                call.answered_at if call.answered else None,
                self.at,
                str(cause),
                str(party),
                rule,
                (person[0] if person else self.at) - started,
                call.talk_us,
                person[1] if person else 0,
                person[2] if person else "",
                call.element.number if call.element is not None else 0,
                self._outcome(caller, cause, party),
            )
        )

    def _outcome(self, caller: Caller, cause: Cause, party: Party) -> str:
        if caller.talked:
            return "talked"
        if cause in (Cause.NORMAL_CIRCUIT_CONGESTION, Cause.REQUESTED_CHAN_UNAVAIL) and not caller.answered:
            return "busy"
        if cause is Cause.INCOMING_CALL_BARRED and not caller.answered:
            return "barred"
        if caller.recordings:
            return "voicemail"
        if party is Party.CALLER:
            return "abandoned" if caller.waited else "hung_up"
        return "other"

    # --- queues ------------------------------------------------------------------------------------------------------

    def call_queued(self, call: Call, queue: int, position: int) -> None:
        self.open_visits[call.id] = [queue, self.at, position]

    def call_refused(self, call: Call, queue: int, reason: str) -> None:
        super().call_refused(call, queue, reason)
        self.visits.append((call.id, queue, self.at, self.at, reason, 0, 0, 0))

    def call_abandoned(self, call: Call, queue: int, wait_us: Duration) -> None:
        super().call_abandoned(call, queue, wait_us)
        self._visit_over(call, "abandoned", wait_us, 0)

    def call_left_queue(self, call: Call, queue: int, output: str, wait_us: Duration, rule: str) -> None:
        super().call_left_queue(call, queue, output, wait_us, rule)
        self._visit_over(call, output, wait_us, 0)

    def _visit_over(self, call: Call, outcome: str, wait_us: Duration, member: int) -> None:
        queue, entered, position = self.open_visits.pop(call.id)
        self.visits.append((call.id, queue, entered, self.at, outcome, wait_us, member, position))

    # --- legs --------------------------------------------------------------------------------------------------------

    def leg_finished(self, leg: Leg, cause: Cause) -> None:
        answered = leg.answered_at if leg.answered_at >= 0 else None
        ring_us = (leg.answered_at if leg.answered_at >= 0 else leg.over_at) - leg.placed_at
        row = (
            leg.id,
            leg.call.id,
            leg.member_number(),
            leg.number or "",
            leg.trunk or "",
            leg.placed_at,
            answered,
            leg.over_at,
            ring_us,
            leg.talk_us(),
            str(cause),
        )
        self.legs.append(row)

    def offer_missed(self, call: Call, queue: int, leg: Leg, cause: Cause, ring_us: Duration) -> None:
        super().offer_missed(call, queue, leg, cause, ring_us)
        self._offer_over(leg, queue, "missed", ring_us, str(cause))

    def offer_withdrawn(self, call: Call, queue: int, leg: Leg, reason: str) -> None:
        self._offer_over(leg, queue, "withdrawn", self.at - leg.placed_at, reason)

    def _offer_over(self, leg: Leg, queue: int, outcome: str, ring_us: Duration, why: str) -> None:
        self.offers.append((leg.call.id, queue, leg.member_number(), leg.placed_at, outcome, ring_us, why))

    # --- members -----------------------------------------------------------------------------------------------------

    def member_changed(self, user: UserState, state: str, queue: int | None, reason: str) -> None:
        if self.recording:
            self._put_state(user, reason)

    def _put_state(self, user: UserState, reason: str) -> None:
        label = state_of(user)
        before = self.states.get(user.number)
        if before is not None and before[0] == label:
            return
        at = self.at
        if before is not None and at > before[2]:
            self.members.append((user.number, before[0], before[1], before[2], at, at - before[2]))
        self.states[user.number] = (label, reason, at)

    def opened(self) -> None:
        self.recording = True
        for number in sorted(self.engine.tenant.users):
            self._put_state(self.engine.tenant.users[number], "")

    def closed(self) -> None:
        at = max(self.now, self.end)
        for number, (label, reason, since) in sorted(self.states.items()):
            if at > since:
                self.members.append((number, label, reason, since, at, at - since))

    def note(self, message: note.Note) -> None:
        self.notes.append((self.at, message))


def state_of(user: UserState) -> str:
    """What a member is to people: out or paused everywhere, or what R-08.4 calls the state."""
    if user.state != m.IDLE or not user.memberships:
        return m.STATES[user.state]
    signed_in = [membership for membership in user.memberships.values() if membership.signed_in]
    if not signed_in:
        return "out"
    return "paused" if all(membership.paused for membership in signed_in) else "idle"
