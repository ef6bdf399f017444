"""Intelligent contact manager (R-18): a caller who calls again reaches the employee they last talked with.

Asks its sources in order, then rings the user found, for a set time and without that user's own forwarding. Decides which user is
looked for; leaves the memory of past talks to the tenant and the CRM to the world.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

from engine.contract import limits
from engine.contract import notes as note
from engine.contract.causes import Cause
from engine.contract.ids import Duration, Instant, seconds
from engine.document.card import Card
from engine.document.models import Field, Head, Output, Parameters, field_validator
from engine.elements import web_answers
from engine.elements.http_request import checked_address
from engine.elements.ringing import give_up
from engine.numbers import phone_numbers
from engine.numbers.phone_numbers import is_internal
from engine.state.actions import Actions
from engine.state.call import Call, Visit
from engine.state.element import Element, Step
from engine.state.leg import Leg

CRM = "crm"


class ContactManagerParameters(Parameters):
    """Parameters of a contact manager (R-18)."""

    kind: Literal["contact_manager"] = "contact_manager"
    sources: tuple[Literal["crm", "history"], ...] = Field(
        default=("crm", "history"),
        min_length=1,
        max_length=2,
        description="Who is asked for the caller's user, in this order (R-18.5).",
    )
    crm_address: str | None = Field(
        default=None,
        description="URL that names the responsible user, or crm:NAME (R-18.2).",
    )
    look_back: int = Field(default=90, ge=1, le=3650, description="Days back in which a talk counts (R-18.4).")
    ring: float = Field(default=20, ge=5, le=120, description="Seconds the user found rings (R-18.5).")
    default: Output = Field(default=None, description="Where callers go whom nobody knows (R-18.3).")

    @field_validator("crm_address")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        return None if value is None else checked_address(value)


class Found(msgspec.Struct, frozen=True):
    """The answer of a CRM: the responsible user's internal number, or nothing."""

    user: str | int | None = None
    name: str = ""
    """The caller's, for the phone's display (R-16.1)."""


_FOUND = msgspec.json.Decoder(Found)


class Seeking(Visit):
    """One call's visit at a contact manager: the source asked now, and the leg that rings."""

    def __init__(self) -> None:
        self.source = -1
        self.leg: Leg | None = None


class ContactManager(Element):
    """A contact manager, compiled."""

    kind: ClassVar[str] = "contact_manager"
    rule: ClassVar[str] = "R-18"
    Parameters = ContactManagerParameters
    waits: ClassVar[bool] = False
    asks_servers: ClassVar[bool] = True
    answers: ClassVar[bool] = False
    card: ClassVar[Card] = Card(icon="manager", color="#a21caf", color_dark="#f0abfc", block=5700, place=9)

    def __init__(self, number: int, parameters: ContactManagerParameters, head: Head) -> None:
        super().__init__(number, parameters.name)
        address = parameters.crm_address
        self.sources = tuple(source for source in parameters.sources if source != CRM or address is not None)
        self.address = address or ""
        self.look_back_us = seconds(parameters.look_back * 86_400)
        self.ring_us = seconds(parameters.ring)
        self.default = self.add_exit("default", parameters.default, "R-18.3")

    def enter(self, at: Instant, call: Call, actions: Actions) -> Step:
        visit = Seeking()
        call.visit = visit
        if not phone_numbers.last_digits(call.caller):
            return self._give_up(call, actions, "the caller is anonymous", "R-18.6")
        return self._ask_next(at, call, actions, visit)

    def _ask_next(self, at: Instant, call: Call, actions: Actions, visit: Seeking) -> Step:
        visit.source += 1
        if visit.source >= len(self.sources):
            return self._give_up(call, actions, "no source knows the number", "R-18.3")
        if self.sources[visit.source] == CRM:
            body = msgspec.json.encode({"question": "responsible_user", "number": call.caller}).decode()
            actions.ask_web_server(call, visit, self.address, body, limits.CRM_TIMEOUT_US)
            return None
        known = actions.last_talk(call.caller)
        if known is None or at - known[1] > self.look_back_us:
            return self._ask_next(at, call, actions, visit)
        return self._ring(at, call, actions, visit, known[0], "talked last with")

    def web_server_answered(
        self, at: Instant, call: Call, actions: Actions, status: int, body: str, latency_us: Duration
    ) -> Step:
        visit = call.visit
        assert isinstance(visit, Seeking)
        found = _answer(body) if status == 200 else None
        if found is not None and found.name:
            call.caller_name = web_answers.printed_name(found.name)
        user = None if found is None else _named(found)
        if user is None or user not in call.flow.head.users:
            return self._ask_next(at, call, actions, visit)
        return self._ring(at, call, actions, visit, user, "the CRM names")

    def web_server_failed(self, at: Instant, call: Call, actions: Actions, reason: str, latency_us: Duration) -> Step:
        visit = call.visit
        assert isinstance(visit, Seeking)
        return self._ask_next(at, call, actions, visit)

    def _ring(self, at: Instant, call: Call, actions: Actions, visit: Seeking, number: int, why: str) -> Step:
        user = actions.user(number)
        if user is None or not user.reachable() or user.busy():
            return self._give_up(call, actions, f"{why} {number}, who is absent or busy", "R-18.5")
        if any(membership.paused for membership in user.memberships.values()):
            return self._give_up(call, actions, f"{why} {number}, who is paused", "R-18.5")
        self._explain(call, actions, "ring", f"{why} {number}", "R-18.1")
        visit.leg = actions.ring_user(at, call, user, self.ring_us, visit)
        visit.timer = actions.wake(at + self.ring_us, call, visit, "ring")
        return None

    def leg_answered(self, at: Instant, call: Call, actions: Actions, leg: Leg) -> Step:
        if call.visit is not None:
            actions.cancel_timer(call.visit.timer)
        actions.connect(at, call, leg, self, at - leg.placed_at, "R-18.1")
        return None

    def leg_failed(self, at: Instant, call: Call, actions: Actions, leg: Leg, cause: Cause) -> Step:
        return self._give_up(call, actions, f"{leg.member_number()} did not take it: {cause}", "R-18.5")

    def timer_fired(self, at: Instant, call: Call, actions: Actions, name: str) -> Step:
        return self._give_up(call, actions, f"no answer within {self.ring_us // 1_000_000} s", "R-18.5")

    def _give_up(self, call: Call, actions: Actions, why: str, rule: str) -> Step:
        self._explain(call, actions, "default", why, rule)
        return self.default

    def _explain(self, call: Call, actions: Actions, output: str, why: str, rule: str) -> None:
        if actions.wants_notes():
            others = ("default",) if output != "default" else ()
            actions.note(
                note.DecisionMade(call=call.id, element=self.number, rule=rule, output=output, text=why, others=others)
            )

    def left(self, at: Instant, call: Call, actions: Actions) -> None:
        visit = call.visit
        assert isinstance(visit, Seeking)
        give_up(call, actions, visit, visit.leg)


def _answer(body: str) -> Found | None:
    return None if web_answers.is_too_long(body) else web_answers.read_json(_FOUND, body)


def _named(found: Found) -> int | None:
    """The internal number that a CRM's answer names, or None when it names none."""
    if found.user is None:
        return None
    text = str(found.user).strip() if isinstance(found.user, str) or found.user < limits.ELEMENT_FIRST else ""
    return int(text) if is_internal(text) else None
