"""Group (R-07): rings several numbers at once; the first answer wins; nobody waits.

Its own no-answer rule overrides its members' (R-06.5): members' devices ring, their forwarding is not asked.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from engine.contract import limits
from engine.contract import notes as note
from engine.contract.causes import Cause
from engine.contract.ids import Instant, seconds
from engine.document.card import Card
from engine.document.faults import NOT_TAKEN, UNREACHABLE, Finding, TrialCall
from engine.document.models import RECORD, BeforeValidator, Field, Head, Model, Output, Parameters, Switch
from engine.numbers.phone_numbers import is_internal
from engine.state.actions import Actions
from engine.state.call import Call, Visit
from engine.state.element import Element, Exit, Step
from engine.state.leg import ANSWERED, RINGING, Leg


class GroupMember(Model):
    """One member: a user, or an outside number (R-07.2)."""

    number: Output = Field(description="A user's internal number, or an outside number (R-07.2).")
    press_one: bool = Field(default=False, description="An outside member presses 1 to accept (R-07.7).")


def _member(value: object) -> object:
    return {"number": value} if isinstance(value, (int, str)) and not isinstance(value, bool) else value


class GroupParameters(Parameters):
    """Parameters of a group (R-07)."""

    kind: Literal["group"] = "group"
    members: tuple[Annotated[GroupMember, BeforeValidator(_member)], ...] = Field(
        min_length=1, max_length=limits.GROUP_MEMBERS, description="1-50 users or outside numbers (R-07.4)."
    )
    ring: float = Field(default=20, ge=5, le=120, description="Seconds all members ring (R-07.4).")
    accept_prompt: str | None = Field(
        default=None, description="Sound that asks an outside member to press 1 (R-07.7)."
    )
    record: Switch = Field(default="default", description=RECORD)
    no_answer: Output = Field(default=None, description="Output when nobody answers (R-07.3).")


class RingingTogether(Visit):
    """One call's visit at a group: the legs that still may win, by member position."""

    def __init__(self) -> None:
        self.legs: list[Leg] = []
        self.asked: dict[int, Leg] = {}
        """Outside members who picked up and are asked to press 1, by the play that asks."""


class Group(Element):
    """A group, compiled."""

    kind: ClassVar[str] = "group"
    rule: ClassVar[str] = "R-07"
    Parameters = GroupParameters
    waits: ClassVar[bool] = True
    members_rule: ClassVar[str] = "R-07.4"
    wrong_member_rule: ClassVar[str] = "R-07.9"
    card: ClassVar[Card] = Card(
        icon="group",
        color="#0f766e",
        color_dark="#2dd4bf",
        block=5300,
        place=5,
        first=("name", "members", "ring", "no_answer"),
    )

    def __init__(self, number: int, parameters: GroupParameters, head: Head) -> None:
        super().__init__(number, parameters.name)
        self.staff = parameters.members
        self.ring_us = seconds(parameters.ring)
        self.accept_prompt = parameters.accept_prompt
        self.record = parameters.record
        self.emergency = head.settings.emergency
        self.no_answer = self.add_exit("no_answer", parameters.no_answer, "R-07.3")

    def members(self) -> tuple[str, ...]:
        return tuple(member.number for member in self.staff if member.number is not None)

    def leaves_at_once(self, exit_: Exit) -> bool:
        return all(is_internal(member) for member in self.members())

    def example_call(self, exit_: Exit, at_once: bool = False) -> TrialCall | None:
        users = self.all_members(UNREACHABLE if at_once else NOT_TAKEN)
        return TrialCall(number=str(self.number), users=users, outside=NOT_TAKEN)

    def unwise(self, start: Instant, end: Instant) -> list[Finding]:
        """Outside members that need not press a key."""
        return [
            Finding(
                code="outside-without-key",
                rule="R-07.7",
                message=f"the mailbox of {member.number} may answer for a person",
                remedy=f"Write {{number: {member.number}, press_one: true}}",
                path=("members", index),
                example=TrialCall(number=str(self.number), users=self.all_members(NOT_TAKEN)),
            )
            for index, member in enumerate(self.staff)
            if member.number is not None
            and not member.press_one
            and (not is_internal(member.number) or member.number in self.emergency)
        ]

    def enter(self, at: Instant, call: Call, actions: Actions) -> Step:
        visit = RingingTogether()
        call.visit = visit
        skipped = []
        for position, member in enumerate(self.staff):
            number = member.number or ""
            user = actions.user(int(number)) if is_internal(number) else None
            if user is not None:
                if not user.reachable() or user.busy():
                    skipped.append(number)
                    continue
                leg = actions.ring_user(at, call, user, self.ring_us, visit)
            else:
                made = actions.ring_outside(at, call, number, self.ring_us, visit, self.number)
                if isinstance(made, tuple):
                    skipped.append(number)
                    continue
                leg = made
            leg.step = position
            visit.legs.append(leg)
        if actions.wants_notes() and skipped:
            actions.note(
                note.DecisionMade(
                    call=call.id,
                    element=self.number,
                    rule="R-07.6",
                    output="ring" if visit.legs else "no_answer",
                    text="skipped, busy or not reachable: " + ", ".join(skipped),
                )
            )
        if not visit.legs:
            return self.no_answer
        visit.timer = actions.wake(at + self.ring_us, call, visit, "ring")
        return None

    def leg_answered(self, at: Instant, call: Call, actions: Actions, leg: Leg) -> Step:
        visit = call.visit
        assert isinstance(visit, RingingTogether)
        if leg.user is None and self.staff[leg.step].press_one:
            if self.accept_prompt is not None:
                visit.asked[actions.play(call, self.accept_prompt, visit, leg)] = leg
            return None
        self._accept(at, call, actions, visit, leg)
        return None

    def collects_leg_key(self, call: Call, leg: Leg, digit: str) -> bool:
        visit = call.visit
        assert isinstance(visit, RingingTogether)
        return digit == "1" and call.talking is None and leg in visit.legs and leg.state == ANSWERED

    def leg_key_pressed(self, at: Instant, call: Call, actions: Actions, leg: Leg, digit: str) -> Step:
        visit = call.visit
        assert isinstance(visit, RingingTogether)
        if digit == "1" and call.talking is None and leg in visit.legs and leg.state == ANSWERED:
            self._accept(at, call, actions, visit, leg)
        return None

    def wins_tie(self, at: Instant, call: Call, leg: Leg) -> bool:
        """Two answers in one instant: the lower position wins, whichever is reported first (R-07.5)."""
        talking = call.talking
        return (
            talking is not None
            and leg.visit is call.visit
            and at == call.talk_from
            and leg.step < talking.step
            and not (leg.user is None and self.staff[leg.step].press_one)
        )

    def _accept(self, at: Instant, call: Call, actions: Actions, visit: RingingTogether, leg: Leg) -> None:
        if call.talking is not None:
            if not self.wins_tie(at, call, leg):
                return
            actions.talk_over(call)
            actions.end_leg(call.talking, Cause.NORMAL_CLEARING)
        actions.cancel_timer(visit.timer)
        for play, asked in list(visit.asked.items()):
            if asked is leg:
                actions.stop_play(call, play)
        others, visit.legs = visit.legs, [leg]
        for other in others:
            if other is not leg:
                self._give_up(actions, other, "answered_elsewhere")
        actions.connect(at, call, leg, self, at - leg.placed_at, "R-07.5")

    def _give_up(self, actions: Actions, leg: Leg, reason: str) -> None:
        if leg.state == RINGING:
            actions.cancel_leg(leg, reason)
        elif leg.state == ANSWERED:
            actions.end_leg(leg, Cause.NORMAL_CLEARING)

    def leg_failed(self, at: Instant, call: Call, actions: Actions, leg: Leg, cause: Cause) -> Step:
        return self._lost(call, actions, leg)

    def leg_ended(self, at: Instant, call: Call, actions: Actions, leg: Leg, cause: Cause) -> Step:
        """An outside member hung up instead of pressing 1."""
        return self._lost(call, actions, leg)

    def _lost(self, call: Call, actions: Actions, leg: Leg) -> Step:
        visit = call.visit
        assert isinstance(visit, RingingTogether)
        if leg in visit.legs:
            visit.legs.remove(leg)
        if not visit.legs and call.talking is None:
            return self._nobody(call, actions, "every member refused or failed", "R-07.6")
        return None

    def timer_fired(self, at: Instant, call: Call, actions: Actions, name: str) -> Step:
        return self._nobody(call, actions, f"nobody answered within {self.ring_us // 1_000_000} s", "R-07.4")

    def _nobody(self, call: Call, actions: Actions, why: str, rule: str) -> Step:
        if actions.wants_notes():
            actions.note(note.DecisionMade(call=call.id, element=self.number, rule=rule, output="no_answer", text=why))
        return self.no_answer

    def left(self, at: Instant, call: Call, actions: Actions) -> None:
        visit = call.visit
        assert isinstance(visit, RingingTogether)
        actions.cancel_timer(visit.timer)
        if call.talking is None:
            legs, visit.legs = visit.legs, []
            for leg in legs:
                self._give_up(actions, leg, "caller_left" if call.over else "timeout")
