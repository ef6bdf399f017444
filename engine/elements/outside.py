"""An outside number as a place a call can be at: dialled by the outgoing rules (R-14), answered or not, nothing after it.

Not a kind anybody writes in a document: an output that names an outside number leads here (R-02.9), and so does a user who
dials one (R-14.10).
"""

from __future__ import annotations

from typing import ClassVar

from engine.contract import limits
from engine.contract.causes import Cause, Party
from engine.contract.ids import Instant
from engine.elements.ringing import give_up
from engine.state.actions import Actions
from engine.state.call import Call, Visit
from engine.state.element import Element, Ending, Step
from engine.state.leg import Leg


class Ringing(Visit):
    """The leg that rings outside."""

    def __init__(self) -> None:
        self.leg: Leg | None = None


class OutsideNumber(Element):
    """The one outside world of a tenant; which number is dialled stands in the call."""

    kind: ClassVar[str] = "outside"
    rule: ClassVar[str] = "R-14"

    def __init__(self) -> None:
        super().__init__(0, "outside")

    def enter(self, at: Instant, call: Call, actions: Actions) -> Step:
        visit = Ringing()
        call.visit = visit
        if call.dial.startswith(("sip:", "sips:")):
            made = actions.ring_direct(at, call, call.dial, limits.OUTSIDE_RING_US, visit)
        else:
            made = actions.ring_outside(at, call, call.dial, limits.OUTSIDE_RING_US, visit, call.originator)
        if isinstance(made, tuple):
            return Ending(made[0], made[1])
        visit.leg = made
        visit.timer = actions.wake(at + limits.OUTSIDE_RING_US, call, visit, "ring")
        return None

    def leg_answered(self, at: Instant, call: Call, actions: Actions, leg: Leg) -> Step:
        if call.visit is not None:
            actions.cancel_timer(call.visit.timer)
        actions.connect(at, call, leg, self, at - leg.placed_at, leg.rule)
        return None

    def leg_failed(self, at: Instant, call: Call, actions: Actions, leg: Leg, cause: Cause) -> Step:
        return Ending(cause, "R-24.2", Party.NETWORK)

    def timer_fired(self, at: Instant, call: Call, actions: Actions, name: str) -> Step:
        return Ending(Cause.NO_ANSWER, "R-24.2", Party.NETWORK)

    def left(self, at: Instant, call: Call, actions: Actions) -> None:
        visit = call.visit
        assert isinstance(visit, Ringing)
        give_up(call, actions, visit, visit.leg)
