"""HTTP request (R-13): the customer's own server steers the call.

Decides what is asked and which commands of an answer are obeyed. Leaves the request itself, its signature and the refusal of
private addresses to the world; in simulation and preview no request leaves the machine (R-13.11).
"""

from __future__ import annotations

import re
from typing import ClassVar, Final, Literal
from urllib.parse import urlsplit

import msgspec

from engine.contract import limits
from engine.contract import notes as note
from engine.contract.causes import Cause
from engine.contract.ids import Duration, Instant
from engine.document.card import Card
from engine.document.models import Field, Head, Output, Parameters, field_validator
from engine.elements import web_answers
from engine.numbers import phone_numbers
from engine.numbers.phone_numbers import is_internal
from engine.state.actions import Actions
from engine.state.call import Call, Visit
from engine.state.element import Element, Ending, Exit, Step

CRM_SCHEME: Final = "crm:"
"""Begins an address that is the name of a CRM which the bridge is integrated with (R-16.5)."""

_CRM: Final = re.compile(CRM_SCHEME + r"[a-z][a-z0-9_-]{0,31}", re.ASCII)

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def checked_address(value: str) -> str:
    """A web address as R-13.3 and R-13.6 allow it, trimmed, or the name of a CRM, `crm:sales`. Raises ValueError."""
    text = value.strip()
    if _CRM.fullmatch(text):
        return text
    if not 1 <= len(text) <= limits.HTTP_ADDRESS_POINTS:
        raise ValueError(f"an address has 1 to {limits.HTTP_ADDRESS_POINTS} characters, this one {len(text)} (R-13.3)")
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"{text} is no web address: {error} (R-13.6)") from None
    if not host or parts.username is not None or parts.password is not None or parts.fragment:
        raise ValueError(f"{text} is no web address without name, password and fragment (R-13.6)")
    if parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK):
        return text
    raise ValueError("an address begins with https://, or with http:// on this machine alone (R-13.6)")


class HttpRequestParameters(Parameters):
    """Parameters of an HTTP request (R-13.2)."""

    kind: Literal["http_request"] = "http_request"
    address: str = Field(
        description="URL that takes call data as a POST, at most 750 characters (R-13.3); crm:NAME gives the caller's name."
    )
    default: Output = Field(default=None, description="Where the call goes when no answer sends it elsewhere (R-13.2).")
    outside: bool = Field(default=False, description="An answer may transfer to outside numbers (R-02.9).")

    @field_validator("address")
    @classmethod
    def _address(cls, value: str) -> str:
        return checked_address(value)


class Order(msgspec.Struct, frozen=True):
    """One command of an answer, as the server wrote it (R-13.8)."""

    command: str
    to: str | int = ""
    name: str = ""
    value: str | int = ""
    prompt: str = ""


class Orders(msgspec.Struct, frozen=True):
    """A whole answer."""

    commands: list[Order]


_ORDERS = msgspec.json.Decoder(Orders)
_NAME = msgspec.json.Decoder(str)


class Asking(Visit):
    """One call's visit at an HTTP request: what was asked, and which commands are still to be obeyed."""

    def __init__(self) -> None:
        self.request = 0
        self.play = 0
        self.orders: list[Order] = []


class HttpRequest(Element):
    """An HTTP request, compiled."""

    kind: ClassVar[str] = "http_request"
    rule: ClassVar[str] = "R-13"
    Parameters = HttpRequestParameters
    waits: ClassVar[bool] = False
    asks_servers: ClassVar[bool] = True
    needs_caller: ClassVar[bool] = False
    answers: ClassVar[bool] = False
    card: ClassVar[Card] = Card(icon="http", color="#0369a1", color_dark="#38bdf8", block=5600, place=8)

    def __init__(self, number: int, parameters: HttpRequestParameters, head: Head) -> None:
        super().__init__(number, parameters.name)
        self.address = parameters.address
        self.domain = head.sip_domain
        self.outside = parameters.outside
        self.emergency = frozenset(head.settings.emergency)
        self.default = self.add_exit("default", parameters.default, "R-13.2")

    def may_ring_outside(self) -> bool:
        return self.outside

    def may_reach_any_number(self) -> bool:
        return True

    def enter(self, at: Instant, call: Call, actions: Actions) -> Step:
        visit = Asking()
        call.visit = visit
        request = f"{call.id}.q{call.requests + 1}"
        body = request_body(self, at, call, request)
        visit.request = actions.ask_web_server(call, visit, self.address, body, limits.HTTP_TIMEOUT_US)
        return None

    def web_server_failed(self, at: Instant, call: Call, actions: Actions, reason: str, latency_us: Duration) -> Step:
        return self._unusable(call, actions, reason, latency_us)

    def web_server_answered(
        self, at: Instant, call: Call, actions: Actions, status: int, body: str, latency_us: Duration
    ) -> Step:
        visit = call.visit
        assert isinstance(visit, Asking)
        if status != 200:
            return self._unusable(call, actions, f"status {status}", latency_us)
        orders = read_orders(body)
        if isinstance(orders, str):
            return self._unusable(call, actions, orders, latency_us)
        for order in orders:
            if order.command == "transfer" and self._target(call, str(order.to)) is None:
                return self._unusable(call, actions, f"unknown target {str(order.to)[:40]}", latency_us)
            if order.command == "play" and order.prompt not in call.flow.prompt_us:
                return self._unusable(call, actions, f"unknown prompt {order.prompt[:40]}", latency_us)
        if actions.wants_notes():
            actions.note(note.WebServerUsed(call=call.id, element=self.number, outcome="ok", latency_us=latency_us))
        visit.orders = orders
        return self._obey(call, actions, visit)

    def prompt_ended(self, at: Instant, call: Call, actions: Actions, play: int, reason: str) -> Step:
        visit = call.visit
        assert isinstance(visit, Asking)
        if play != visit.play:
            return None
        visit.play = 0
        return self._obey(call, actions, visit)

    def _obey(self, call: Call, actions: Actions, visit: Asking) -> Step:
        """Carry out commands until one moves the call, plays something, or none is left."""
        while visit.orders:
            order = visit.orders.pop(0)
            match order.command:
                case "transfer":
                    exit_ = self._target(call, str(order.to))
                    assert exit_ is not None, "looked at when the answer came"
                    return self._decide(call, actions, exit_, f"the server says transfer to {order.to}")
                case "hangup":
                    return Ending(Cause.NORMAL_CLEARING, "R-13.8")
                case "set_name":
                    call.caller_name = web_answers.printed_name(order.name)
                case "set_var":
                    call.variables = {**(call.variables or {}), order.name: str(order.value)}
                case "set_priority":
                    call.priority = web_answers.priority(order.value) or 0
                case _:
                    # Before the answer nothing is heard, as this element never answers, nor by a caller who has gone.
                    if call.answered and not call.released:
                        visit.play = actions.play(call, order.prompt, visit)
                        return None
        return self._decide(call, actions, self.default, "the server sends the call nowhere else")

    def _target(self, call: Call, to: str) -> Exit | None:
        """Where a transfer leads: an internal number, an alias, or where the document allows it an outside number (R-02.9); None
        for anything else."""
        exit_ = Exit("transfer", to, "R-13.5")
        exit_.target = call.flow.find(to)
        if exit_.target is None:
            number = phone_numbers.cleaned(to)
            if not self.outside or number is None or (is_internal(number) and number not in self.emergency):
                return None
            exit_.to = number
            exit_.rule = "R-02.9"
        return exit_

    def _unusable(self, call: Call, actions: Actions, outcome: str, latency_us: Duration) -> Step:
        if actions.wants_notes():
            actions.note(note.WebServerUsed(call=call.id, element=self.number, outcome=outcome, latency_us=latency_us))
        return self._decide(call, actions, self.default, f"no usable answer: {outcome}", "R-13.10")

    def _decide(self, call: Call, actions: Actions, exit_: Exit, why: str, rule: str = "") -> Exit:
        if actions.wants_notes():
            others = () if exit_ is self.default else ("default",)
            actions.note(
                note.DecisionMade(
                    call=call.id,
                    element=self.number,
                    rule=rule or exit_.rule,
                    output=exit_.name,
                    text=why,
                    others=others,
                )
            )
        return exit_

    def left(self, at: Instant, call: Call, actions: Actions) -> None:
        visit = call.visit
        assert isinstance(visit, Asking)
        if visit.play and not call.over:
            actions.stop_play(call, visit.play)


def request_body(element: HttpRequest, at: Instant, call: Call, request: str) -> str:
    """The body of the request (R-13.7)."""
    return msgspec.json.encode(
        {
            "version": 1,
            "request_id": request,
            "call_id": call.id,
            "domain": element.domain,
            "element": element.number,
            "caller_number": call.caller,
            "caller_name": call.caller_name,
            "called_number": call.called,
            "trunk": call.trunk,
            "started_at": call.started_at // 1_000_000,
            "vars": call.variables or {},
            "digits": call.digits,
        }
    ).decode()


def read_orders(body: str) -> list[Order] | str:
    """The commands of an answer up to the first that ends the list, or why it is not usable (R-13.8 to R-13.10)."""
    text = body.strip()
    if web_answers.is_too_long(text):
        return "answer too long"
    if text.startswith("set_name:"):
        name = web_answers.read_json(_NAME, text[9:].strip())
        return "bad body" if name is None else [Order(command="set_name", name=name)]
    orders = web_answers.read_json(_ORDERS, text)
    if orders is None:
        return "bad body"
    if len(orders.commands) > limits.HTTP_COMMANDS:
        return "too many commands"
    kept: list[Order] = []
    for order in orders.commands:
        if order.command not in ("transfer", "set_name", "set_var", "set_priority", "play", "hangup"):
            return f"unknown command {order.command[:40]}"
        if order.command == "set_priority" and web_answers.priority(order.value) is None:
            return "priority is no number"
        kept.append(order)
        if order.command in ("transfer", "hangup"):
            break
    return kept
