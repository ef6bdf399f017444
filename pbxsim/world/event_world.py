"""A world that tells everything that happens in it, as the live bridge's event stream does (R-19.8).

Decides that each note is told the moment it holds. Leaves the tables of a day to `recording_world.py`, which reads the same
moves and builds no notes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.contract import notes as note
from engine.contract.causes import Cause, Party
from engine.contract.ids import Duration, Instant
from engine.state.call import Call
from engine.state.element import Element, Exit
from engine.state.flow import Flow
from engine.state.leg import Leg
from engine.state.sink import MessageSink
from pbxsim.scenario.scenario import Scenario
from pbxsim.world.world import World

if TYPE_CHECKING:
    from engine.state.member import UserState

Tell = Callable[[Instant, note.Note], None]


class EventWorld(World):
    """One replication, its notes given to `tell` in order. It is the same day as without."""

    def __init__(self, flow: Flow, scenario: Scenario, replication: int, tell: Tell) -> None:
        self._tell = tell
        self._notes = MessageSink()
        super().__init__(flow, scenario, scenario.seed, replication)
        self.wants_notes = True
        self.wants_moves = True

    @property
    def _now(self) -> MessageSink:
        """Where a note of the present instant is written; those before it are told."""
        self._hand_over()
        self._notes.at = self.at
        return self._notes

    def _hand_over(self) -> None:
        for at, message in self._notes.take():
            if isinstance(message, note.Note):
                self._tell(at, message)

    def closed(self) -> None:
        super().closed()
        self._hand_over()

    # --- notes -------------------------------------------------------------------------------------------------------

    def call_started(self, call: Call) -> None:
        self._now.call_started(call)
        super().call_started(call)

    def element_entered(self, call: Call, element: Element) -> None:
        self._now.element_entered(call, element)
        super().element_entered(call, element)

    def element_left(self, call: Call, element: Element, exit_: Exit) -> None:
        self._now.element_left(call, element, exit_)
        super().element_left(call, element, exit_)

    def key_pressed(self, call: Call, element: Element, digit: str) -> None:
        self._now.key_pressed(call, element, digit)
        super().key_pressed(call, element, digit)

    def call_queued(self, call: Call, queue: int, position: int) -> None:
        self._now.call_queued(call, queue, position)
        super().call_queued(call, queue, position)

    def call_offered(self, call: Call, queue: int, leg: Leg) -> None:
        self._now.call_offered(call, queue, leg)
        super().call_offered(call, queue, leg)

    def offer_missed(self, call: Call, queue: int, leg: Leg, cause: Cause, ring_us: Duration) -> None:
        self._now.offer_missed(call, queue, leg, cause, ring_us)
        super().offer_missed(call, queue, leg, cause, ring_us)

    def offer_withdrawn(self, call: Call, queue: int, leg: Leg, reason: str) -> None:
        self._now.offer_withdrawn(call, queue, leg, reason)
        super().offer_withdrawn(call, queue, leg, reason)

    def call_answered(self, call: Call, element: Element, leg: Leg, wait_us: Duration, rule: str) -> None:
        self._now.call_answered(call, element, leg, wait_us, rule)
        super().call_answered(call, element, leg, wait_us, rule)

    def call_abandoned(self, call: Call, queue: int, wait_us: Duration) -> None:
        self._now.call_abandoned(call, queue, wait_us)
        super().call_abandoned(call, queue, wait_us)

    def call_left_queue(self, call: Call, queue: int, output: str, wait_us: Duration, rule: str) -> None:
        self._now.call_left_queue(call, queue, output, wait_us, rule)
        super().call_left_queue(call, queue, output, wait_us, rule)

    def call_refused(self, call: Call, queue: int, reason: str) -> None:
        self._now.call_refused(call, queue, reason)
        super().call_refused(call, queue, reason)

    def call_ended(self, call: Call, cause: Cause, party: Party, rule: str) -> None:
        self._now.call_ended(call, cause, party, rule)
        super().call_ended(call, cause, party, rule)

    def leg_started(self, leg: Leg) -> None:
        self._now.leg_started(leg)
        super().leg_started(leg)

    def leg_finished(self, leg: Leg, cause: Cause) -> None:
        self._now.leg_finished(leg, cause)
        super().leg_finished(leg, cause)

    def member_changed(self, user: UserState, state: str, queue: int | None, reason: str) -> None:
        self._now.member_changed(user, state, queue, reason)
        super().member_changed(user, state, queue, reason)

    def note(self, message: note.Note) -> None:
        self._now.note(message)
        super().note(message)
