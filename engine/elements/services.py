"""Places of calls that no document names: a slot where a call is parked, and the end of a code that changed something (R-15.11).

Decides what a parked call hears and when it goes back to whoever parked it. Leaves the codes to `control/services.py`.
"""

from __future__ import annotations

from typing import ClassVar, Final

from engine.contract import limits
from engine.contract.causes import Cause
from engine.contract.commands import Phrase
from engine.contract.ids import Instant
from engine.state.actions import Actions
from engine.state.call import Call, Visit
from engine.state.element import Element, Ending, Exit, Step

RULE = "R-15.11"


CHANGED: Final[dict[str, Phrase]] = {
    "disturb_off": "disturb_off",
    "disturb_on": "disturb_on",
    "forward": "forward",
    "forward_off": "forward_off",
}
"""What is said after a code that changed something."""


class Parked(Visit):
    """A call in a slot."""

    def __init__(self, slot: str, by: int | None) -> None:
        self.slot = slot
        self.by = by


class ParkingSlots(Element):
    """All slots of a tenant. `call.dial` is the slot a call is sent to."""

    kind: ClassVar[str] = "parking"
    rule: ClassVar[str] = RULE
    waits: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__(0, "parking")
        self.slots: dict[str, Call] = {}

    def unheard(self) -> Step:
        return Ending(Cause.NO_ANSWER, RULE)

    def enter(self, at: Instant, call: Call, actions: Actions) -> Step:
        if call.dial in self.slots:
            return Ending(Cause.USER_BUSY, RULE)
        visit = Parked(call.dial, call.originator)
        call.visit = visit
        self.slots[visit.slot] = call
        actions.play_music(call, call.flow.head.settings.music)
        visit.timer = actions.wake(at + limits.PARKED_US, call, visit, "parked")
        return None

    def timer_fired(self, at: Instant, call: Call, actions: Actions, name: str) -> Step:
        """Nobody came for it: whoever parked it is rung."""
        visit = call.visit
        assert isinstance(visit, Parked)
        target = None if visit.by is None else call.flow.internal(str(visit.by))
        if target is None:
            return Ending(Cause.NO_ANSWER, RULE)
        exit_ = Exit("return", str(visit.by), RULE)
        exit_.target = target
        return exit_

    def left(self, at: Instant, call: Call, actions: Actions) -> None:
        visit = call.visit
        assert isinstance(visit, Parked)
        self.slots.pop(visit.slot, None)
        actions.cancel_timer(visit.timer)
        if not call.over:
            actions.stop_music(call)


class Confirmation(Element):
    """Where a user is after a code that changed something: they hear a sound, or are hung up at once."""

    kind: ClassVar[str] = "code"
    rule: ClassVar[str] = RULE
    answers: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__(0, "code")

    def enter(self, at: Instant, call: Call, actions: Actions) -> Step:
        actions.answer(at, call)
        codes = call.flow.codes
        if codes.confirm is None and not codes.spoken:
            return Ending(Cause.NORMAL_CLEARING, RULE)
        visit = Visit()
        call.visit = visit
        if codes.confirm is not None:
            actions.play(call, codes.confirm, visit)
            return None
        dialled = codes.find(call.called)
        assert dialled is not None, "nobody comes here but by a code"
        actions.say(call, visit, CHANGED[dialled.service], (), dialled.argument)
        return None

    def prompt_ended(self, at: Instant, call: Call, actions: Actions, play: int, reason: str) -> Step:
        return Ending(Cause.NORMAL_CLEARING, RULE)
