"""User (R-06): an employee's devices, then the forwarding list, then voicemail.

Only a call that reached the user directly comes here (R-06.15); groups and queues ring a user's devices without asking these
rules (R-06.5). The first step of the list whose condition holds is taken, and when it fails the list goes on below it.
"""

from __future__ import annotations

from typing import ClassVar, Final

from engine.contract import limits
from engine.contract import notes as note
from engine.contract.causes import Cause, Party
from engine.contract.ids import Duration, Instant, seconds
from engine.document import models
from engine.document.card import Card
from engine.document.models import HANGUP, Head
from engine.elements.ringing import give_up
from engine.elements.voicemail import Voicemail, VoicemailParameters
from engine.numbers import phone_numbers
from engine.state.actions import Actions
from engine.state.call import Call, Visit
from engine.state.element import Element, Ending, Exit, Step
from engine.state.leg import RINGING, Leg

ALWAYS = "always"
NO_ANSWER = "no_answer"
BUSY = "busy"
UNREACHABLE = "unreachable"

FORWARDED: Final = "forwarded by the phone"

_CONDITION = {
    Cause.USER_BUSY: BUSY,
    Cause.CALL_REJECTED: BUSY,
    Cause.SUBSCRIBER_ABSENT: UNREACHABLE,
    Cause.UNALLOCATED_NUMBER: UNREACHABLE,
}
"""Which condition of the list a failed leg to the user's own devices meets; all other causes are `no_answer`."""


class Reaching(Visit):
    """One call's visit at a user: how far down the list it is, and what rings."""

    def __init__(self) -> None:
        self.step = -1
        """Index of the step being tried; -1 while the user's own devices ring."""
        self.condition = NO_ANSWER
        self.cause = Cause.NO_ANSWER
        self.leg: Leg | None = None
        self.redirected = False
        """Whether a phone of the user has sent the call elsewhere: it is followed once."""


def _reason(visit: Reaching, exit_: Exit) -> str:
    """Why a call takes an exit, as people read it."""
    return FORWARDED if exit_.name == "phone" else visit.condition.replace("_", " ")


def _answered_by(visit: Reaching) -> str:
    """The rule by which somebody was rung who now picked up."""
    if visit.step >= 0:
        return "R-06.8"
    return "R-06.16" if visit.redirected else "R-06.10"


class UserRules(Element):
    """One user's own rules, compiled."""

    kind: ClassVar[str] = "user"
    rule: ClassVar[str] = "R-06"
    Parameters = models.User
    waits: ClassVar[bool] = True
    section: ClassVar[str] = "users"
    card: ClassVar[Card] = Card(
        icon="user",
        color="#15803d",
        color_dark="#4ade80",
        shape="person",
        block=limits.USER_FIRST,
        place=6,
        first=("name", "ring", "no_answer", "voicemail", "forwarding"),
    )

    def __init__(self, number: int, parameters: models.User, head: Head) -> None:
        super().__init__(number, parameters.name)
        self.ring_us = seconds(parameters.ring)
        self.phone_forwarding = parameters.phone_forwarding
        self.direct_sip = parameters.direct_sip
        self.steps = parameters.steps()
        self.no_answer_step = len(parameters.forwarding) if parameters.no_answer is not None else -1
        """Index of the no-answer number among the steps; -1 without one."""
        self.step_exits = tuple(
            self.add_exit(f"{step.when} {i}", step.to, "R-06.8") for i, step in enumerate(self.steps, start=1)
        )
        self.mailbox: Voicemail | None = None
        if parameters.voicemail:
            settings = VoicemailParameters.model_construct(
                name=parameters.name, recipients=parameters.email, format="mp3", prompt=None, full_prompt=None
            )
            self.mailbox = Voicemail(number, settings, head)

    def enter(self, at: Instant, call: Call, actions: Actions) -> Step:
        if self.number in call.users_visited:
            return Ending(Cause.NO_ANSWER, "R-06.14")
        call.users_visited += (self.number,)
        visit = Reaching()
        call.visit = visit
        call.originator = self.number
        user = actions.user(self.number)
        assert user is not None
        if user.forward_to and self.phone_forwarding:
            step = self._follow_phone(at, call, actions, visit, (user.forward_to,))
            return (
                step
                if step is not None or visit.leg is not None
                else self._try_list(at, call, actions, visit, BUSY, Cause.USER_BUSY)
            )
        if self.steps and self.steps[0].when == ALWAYS:
            return self._try_list(at, call, actions, visit, ALWAYS, Cause.NO_ANSWER)
        if not user.reachable():
            return self._try_list(at, call, actions, visit, UNREACHABLE, Cause.SUBSCRIBER_ABSENT)
        if user.busy():
            return self._try_list(at, call, actions, visit, BUSY, Cause.USER_BUSY)
        visit.leg = actions.ring_user(at, call, user, self.ring_us, visit)
        visit.timer = actions.wake(at + self.ring_us, call, visit, "ring")
        return None

    # --- the list (R-06.8) -------------------------------------------------------------------------------------------

    def _try_list(
        self, at: Instant, call: Call, actions: Actions, visit: Reaching, condition: str, cause: Cause
    ) -> Step:
        """Go down the list from below the step tried last."""
        visit.condition = condition
        visit.because = condition
        visit.cause = cause
        visit.leg = None
        index = visit.step + 1
        while index < len(self.steps):
            if self._holds(index, condition):
                visit.step = index
                step = self._try_step(at, call, actions, visit, index)
                if step is not None or visit.leg is not None:
                    return step
            index += 1
        visit.step = len(self.steps)
        return self._last_resort(call, actions, visit)

    def _holds(self, index: int, condition: str) -> bool:
        """Whether a step is taken under `condition`; the no-answer number is, whatever failed (R-06.3, R-06.8)."""
        return index == self.no_answer_step or self.steps[index].when in (ALWAYS, condition)

    def _try_step(self, at: Instant, call: Call, actions: Actions, visit: Reaching, index: int) -> Step:
        """Take one step; a leg that rings stands in `visit.leg`, and with neither leg nor answer the step failed."""
        last = not any(self._holds(later, visit.condition) for later in range(index + 1, len(self.steps)))
        return self._dial(at, call, actions, visit, self.step_exits[index], seconds(self.steps[index].ring), last)

    def _dial(
        self, at: Instant, call: Call, actions: Actions, visit: Reaching, exit_: Exit, ring_us: Duration, last: bool
    ) -> Step:
        target = exit_.target
        if target is not None:
            if not isinstance(target, UserRules):
                return self._take(call, actions, exit_, visit, "R-06.8", "goes on to an element")
            if last and self.mailbox is None:
                return self._take(
                    call, actions, exit_, visit, "R-06.6", f"hand-over to {target.number}, whose rules apply"
                )
            user = actions.user(target.number)
            if user is None or target.number in call.users_visited or not user.reachable() or user.busy():
                return None
            why = f"{_reason(visit, exit_)}: only the devices of {exit_.to} ring"
            self._explain(call, actions, exit_, "R-06.13" if last else "R-06.8", why)
            visit.leg = actions.ring_user(at, call, user, ring_us, visit)
        elif exit_.to is None or exit_.to == HANGUP:
            return self._take(call, actions, exit_, visit, "R-06.8", "ends the list")
        else:
            made = actions.ring_outside(at, call, exit_.to, ring_us, visit, self.number)
            if isinstance(made, tuple):
                visit.cause = made[0]
                return None
            visit.leg = made
        visit.timer = actions.wake(at + ring_us, call, visit, "ring")
        return None

    def _follow_phone(
        self, at: Instant, call: Call, actions: Actions, visit: Reaching, contacts: tuple[str, ...]
    ) -> Step:
        """A phone of the user sent the call elsewhere: the first of its contacts that can be used is dialled, as a step of the
        list would be (R-06.16). With neither leg nor answer none could."""
        visit.redirected = True
        visit.condition = BUSY
        visit.leg = None
        last = not any(self._holds(later, BUSY) for later in range(len(self.steps)))
        for contact in contacts:
            exit_ = Exit("phone", contact, "R-06.16")
            exit_.target = call.flow.find(contact)
            if contact.startswith(("sip:", "sips:")):
                made = actions.ring_direct(at, call, contact, self.ring_us, visit) if self.direct_sip else None
                if isinstance(made, Leg):
                    visit.leg = made
                    visit.timer = actions.wake(at + self.ring_us, call, visit, "ring")
            elif exit_.target is not None or phone_numbers.cleaned(contact) is not None:
                step = self._dial(at, call, actions, visit, exit_, self.ring_us, last)
                if step is not None:
                    return step
            if visit.leg is not None:
                if exit_.target is None:
                    self._explain(call, actions, exit_, "R-06.16", f"the phone forwards to {contact}")
                return None
        return None

    def _last_resort(self, call: Call, actions: Actions, visit: Reaching) -> Step:
        if self.mailbox is None:
            return Ending(visit.cause, "R-06.12", Party.NETWORK)
        exit_ = Exit("voicemail", str(self.number), "R-06.12")
        exit_.target = self.mailbox
        return self._take(call, actions, exit_, visit, "R-06.12", "everything else failed")

    def _take(self, call: Call, actions: Actions, exit_: Exit, visit: Reaching, rule: str, why: str) -> Exit:
        self._explain(call, actions, exit_, rule, f"{_reason(visit, exit_)}: {why}")
        return exit_

    def _explain(self, call: Call, actions: Actions, exit_: Exit, rule: str, text: str) -> None:
        if actions.wants_notes():
            others = tuple(name for name in self.exits if name != exit_.name)
            actions.note(
                note.DecisionMade(
                    call=call.id, element=self.number, rule=rule, output=exit_.name, text=text, others=others
                )
            )

    # --- news about legs ---------------------------------------------------------------------------------------------

    def leg_answered(self, at: Instant, call: Call, actions: Actions, leg: Leg) -> Step:
        visit = call.visit
        assert isinstance(visit, Reaching)
        actions.cancel_timer(visit.timer)
        actions.connect(at, call, leg, self, at - leg.placed_at, _answered_by(visit))
        return None

    def leg_failed(self, at: Instant, call: Call, actions: Actions, leg: Leg, cause: Cause) -> Step:
        visit = call.visit
        assert isinstance(visit, Reaching)
        if leg is not visit.leg:
            return None
        actions.cancel_timer(visit.timer)
        if leg.contacts and self.phone_forwarding and visit.step < 0 and not visit.redirected:
            visit.cause = cause
            step = self._follow_phone(at, call, actions, visit, leg.contacts)
            if step is not None or visit.leg is not None:
                return step
            cause = visit.cause
        condition = _CONDITION.get(cause, NO_ANSWER) if visit.step < 0 else visit.condition
        return self._try_list(at, call, actions, visit, condition, cause)

    def timer_fired(self, at: Instant, call: Call, actions: Actions, name: str) -> Step:
        visit = call.visit
        assert isinstance(visit, Reaching)
        if visit.leg is not None and visit.leg.state == RINGING:
            actions.cancel_leg(visit.leg, "timeout")
        condition = NO_ANSWER if visit.step < 0 else visit.condition
        return self._try_list(at, call, actions, visit, condition, Cause.NO_ANSWER)

    def left(self, at: Instant, call: Call, actions: Actions) -> None:
        visit = call.visit
        assert isinstance(visit, Reaching)
        give_up(call, actions, visit, visit.leg)
