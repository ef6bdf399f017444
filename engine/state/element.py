"""What every kind of element is: parameters from the document, exits by name, and what it does with a call.

One kind is one file under `elements/`; `elements/__init__.py` lists them. An element object belongs to one version of the
flow, holds only what the document said (compiled), and is shared by all calls on that version: what a call did here stands
in the call's `visit`. Every handler returns the exit the call leaves by, or None to stay. Only `control/call_flow.py` moves
calls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from mypy_extensions import mypyc_attr

from engine.contract.causes import Cause, Party
from engine.contract.ids import Duration, Instant
from engine.control import recordings
from engine.document.models import Model, Switch

if TYPE_CHECKING:
    from engine.control.tenant import Tenant
    from engine.state.call import Call, Visit
    from engine.state.leg import Leg


class Exit:
    """One way out of one element: the output's name, where it leads, and the rule that sends calls there.

    `to` is an internal number, an outside number, `hangup`, or None for an empty output (R-02.11).
    """

    __slots__ = ("name", "to", "rule", "target")

    def __init__(self, name: str, to: str | None, rule: str) -> None:
        self.name = name
        self.to = to
        self.rule = rule
        self.target: Element | None = None
        """The element `to` names, set when the flow is compiled; None for the rest."""

    def __repr__(self) -> str:
        return f"Exit({self.name!r}, {self.to!r}, {self.rule!r})"


class Ending:
    """Returned instead of an `Exit`: the call ends here with `cause`, by `rule`, without an output being taken."""

    __slots__ = ("cause", "rule", "party")

    def __init__(self, cause: Cause, rule: str, party: Party = Party.FLOW) -> None:
        self.cause = cause
        self.rule = rule
        self.party = party


Step = Exit | Ending | None
"""What a handler answers: leave by an exit, end the call, or (None) stay."""


@mypyc_attr(allow_interpreted_subclasses=True)
class Element:
    """Base of all kinds. A kind sets the class variables, `exits`, and overrides the handlers it needs."""

    kind: ClassVar[str] = ""
    rule: ClassVar[str] = ""
    """The section of the specification, for messages: `R-08`."""
    Parameters: ClassVar[type[Model]]
    waits: ClassVar[bool] = True
    """Whether a call that passes waits for a person, a key or a timer (R-02.14)."""
    answers: ClassVar[bool] = False
    """Whether entering picks up the caller's leg (R-02.15)."""

    def __init__(self, number: int, name: str) -> None:
        self.number = number
        self.name = name
        self.place = -1
        """Index among the elements of its flow, so that a call finds by it what a run keeps for each element."""
        self.exits: dict[str, Exit] = {}
        self.outside_legs_for_direct_sip = False
        """Whether direct SIP calls may cause chargeable legs from here (R-10.4)."""
        self.record: Switch = "default"
        """Whether talks this element brings about are recorded (R-24.4)."""

    def add_exit(self, name: str, to: str | None, rule: str) -> Exit:
        """Declare one output; the order of declaration is the order people see."""
        way = Exit(name, to, rule)
        self.exits[name] = way
        return way

    def members(self) -> tuple[str, ...]:
        """Numbers this element rings without sending the call there: edges people want to see, but not outputs."""
        return ()

    # --- handlers: each gives the exit to leave by, or None to stay -------------------------------------------------

    def enter(self, at: Instant, call: Call, tenant: Tenant) -> Step:
        """The call arrives here. Prepare `call.visit` if anything must be remembered."""
        raise NotImplementedError(self.kind)

    def key_pressed(self, at: Instant, call: Call, tenant: Tenant, digit: str) -> Step:
        """The caller pressed a key."""
        return None

    def leg_key_pressed(self, at: Instant, call: Call, tenant: Tenant, leg: Leg, digit: str) -> Step:
        """The far end of a leg of this visit pressed a key."""
        return None

    def prompt_ended(self, at: Instant, call: Call, tenant: Tenant, play: int, reason: str) -> Step:
        """A play this visit started is over."""
        recordings.heard(tenant, call, play, reason)
        return None

    def timer_fired(self, at: Instant, call: Call, tenant: Tenant, name: str) -> Step:
        """A deadline of this visit passed."""
        return None

    def leg_ringing(self, at: Instant, call: Call, tenant: Tenant, leg: Leg) -> Step:
        """A leg of this visit rings."""
        return None

    def leg_answered(self, at: Instant, call: Call, tenant: Tenant, leg: Leg) -> Step:
        """A leg of this visit was picked up."""
        return None

    def leg_failed(self, at: Instant, call: Call, tenant: Tenant, leg: Leg, cause: Cause) -> Step:
        """A leg of this visit ended without an answer."""
        return None

    def leg_ended(self, at: Instant, call: Call, tenant: Tenant, leg: Leg, cause: Cause) -> Step:
        """A leg of this visit that was picked up, and never joined to the caller, is over."""
        return None

    def recording_ended(
        self, at: Instant, call: Call, tenant: Tenant, visit: Visit, recording: int, length_us: Duration, reason: str
    ) -> Step:
        """A recording that `visit` started is over; its caller may have gone, and then the answer means nothing."""
        return None

    def web_server_answered(
        self, at: Instant, call: Call, tenant: Tenant, status: int, body: str, latency_us: Duration
    ) -> Step:
        """A web server answered this visit's request."""
        return None

    def web_server_failed(self, at: Instant, call: Call, tenant: Tenant, reason: str, latency_us: Duration) -> Step:
        """This visit's request came to nothing."""
        return None

    def left(self, at: Instant, call: Call, tenant: Tenant) -> None:
        """The call leaves or its caller hangs up while here: give back everything this visit holds."""


def is_internal(to: str | None) -> bool:
    """Whether an output is written like an internal number: 3 or 4 digits, 100 to 5999.

    >>> is_internal("5200"), is_internal("89161234567"), is_internal("hangup"), is_internal("099"), is_internal("²²²²")
    (True, False, False, False, False)
    """
    if to is None or not 3 <= len(to) <= 4 or not (to.isascii() and to.isdigit()):
        return False
    return to[0] != "0" and (len(to) == 3 or to <= "5999")
