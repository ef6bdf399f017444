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
from engine.contract.events import BoxMessage
from engine.contract.ids import Duration, Instant
from engine.document.card import Card
from engine.document.faults import NOT_TAKEN, Finding, TrialCall
from engine.document.models import Model, Switch
from engine.numbers.phone_numbers import is_internal

if TYPE_CHECKING:
    from engine.numbers.masks import Mask
    from engine.state.actions import Actions
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
    """Base of all kinds. A kind sets the class variables and `exits`, and overrides the handlers and answers it needs.

    Handlers say what happens to a call. Answers say what is true of the element without a call; those who analyse, draw and
    edit flows ask for them, so that nobody outside the kinds needs to know one by its class.
    """

    kind: ClassVar[str] = ""
    rule: ClassVar[str] = ""
    """The section of the specification, for messages: `R-08`."""
    Parameters: ClassVar[type[Model]]
    waits: ClassVar[bool] = True
    """Whether a call that passes waits for a person, a key or a timer (R-02.14)."""
    answers: ClassVar[bool] = False
    """Whether entering picks up the caller's leg (R-02.15)."""
    asks_servers: ClassVar[bool] = False
    """Whether it asks a server outside, whose answer a preview may be given (R-13.11)."""
    needs_caller: ClassVar[bool] = True
    """Whether it can do nothing for a call whose caller was to be called back and is not reached (R-08.19)."""
    section: ClassVar[str] = "elements"
    """The section of the document it stands in."""
    card: ClassVar[Card] = Card()
    """How it looks on the canvas, in forms and in drawings."""
    goes_by_time: ClassVar[bool] = False
    """Whether time decides where calls go that pass at once."""
    compares_callers: ClassVar[bool] = False
    """Whether it tells callers apart by `fits`."""
    is_queue: ClassVar[bool] = False
    """Whether calls wait here for members, under notes and figures of its number (R-08)."""
    members_rule: ClassVar[str] = "R-02.1"
    """The rule that says who may be a member, for messages."""
    wrong_member_rule: ClassVar[str] = ""
    """The rule that forbids elements as members, where it is another one."""
    outside_members: ClassVar[bool] = True
    """Whether outside numbers may be members."""
    no_outputs_rule: ClassVar[str] = "R-02.11"
    """The rule for an element all of whose outputs are empty."""

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
        self.passing_us: Duration = 0
        """How long a call that passes at once is kept here: the length of a sound without keys."""

    def add_exit(self, name: str, to: str | None, rule: str) -> Exit:
        """Declare one output; the order of declaration is the order people see."""
        exit_ = Exit(name, to, rule)
        self.exits[name] = exit_
        return exit_

    def unheard(self) -> Step:
        """What becomes of a call with nobody on the line to hear, where it only speaks (R-17.4); None where it rings people."""
        return None

    # --- answers: what is true of the element without a call ---------------------------------------------------------

    def words(self) -> str:
        """What people call it: `queue 5200 «Sales»`."""
        name = f" «{self.name}»" if self.name else ""
        return f"{self.kind.replace('_', ' ')} {self.number}{name}"

    def members(self) -> tuple[str, ...]:
        """Numbers this element rings without sending the call there: edges people want to see, but not outputs."""
        return ()

    def instant_exits(self, caller: str, at: Instant) -> list[tuple[Exit, float]]:
        """Exits of a call that passes at once, each with its share of such calls; empty where it waits for people or keys.

        Shares make up 1: one exit with share 1 unless the choice is by chance. Whether a call passes at all must not depend on
        `caller` and `at`. A rule held by hand (R-11.8) is not looked at.
        """
        return []

    def passes(self) -> bool:
        """Whether calls pass at once, so that time, number and chance alone say where they go."""
        return len(self.instant_exits("", 0)) > 0

    def changes(self, start: Instant, end: Instant) -> list[Instant]:
        """`start`, then every instant before `end` from which on `instant_exits` may answer otherwise, in order."""
        return [start]

    def fits(self, caller: str) -> bool:
        """Whether it knows this caller; asked where it compares callers."""
        return False

    def literals(self) -> tuple[str, ...]:
        """Prefixes and whole numbers it compares callers with."""
        return ()

    def mask_entries(self) -> tuple[Mask, ...]:
        """Masks it compares callers with."""
        return ()

    def never_taken(self) -> dict[str, str]:
        """Outputs that no call can take as the element is set, each with the reason in a few words."""
        return {}

    def leaves_at_once(self, exit_: Exit) -> bool:
        """Whether a call can leave by `exit_` in the instant in which it entered, if need be because nobody is free."""
        return not self.waits

    def example_call(self, exit_: Exit, at_once: bool = False) -> TrialCall | None:
        """A call to this element that leaves by `exit_`, with `at_once` in the instant of its entry; None if that takes more
        than one call. Who dials, and the draw of a choice by chance, are filled in by whoever asks.
        """
        return TrialCall(number=str(self.number), users=self.all_members(NOT_TAKEN), outside=NOT_TAKEN)

    def all_members(self, state: str) -> dict[int, str]:
        """Every user among the members in one state, as an example call has it."""
        return {int(member): state for member in self.members() if is_internal(member)}

    def may_ring_outside(self) -> bool:
        """Whether a server may send a call from here to any outside number (R-02.9)."""
        return False

    def may_reach_any_number(self) -> bool:
        """Whether a call may go from here to any internal number, as a caller or a server names it."""
        return False

    def if_empty(self, exit_: Exit) -> Finding:
        """What is unwise about an output that calls take and that leads nowhere (R-02.11)."""
        return Finding(
            code="empty-output",
            rule="R-02.11",
            message=f"calls that leave the {self.words()} by {exit_.name} end with no route set",
            remedy=f"Write {exit_.name}: with a number, or hangup",
        )

    def unwise(self, start: Instant, end: Instant) -> list[Finding]:
        """What is unwise about the element by itself, looked at over a time."""
        return []

    def install(self, actions: Actions, version: str) -> None:
        """A tenant makes room for a version with this element: prepare what must be kept while calls run."""

    def put_in_force(self, actions: Actions) -> None:
        """The version becomes the live one: its settings hold for what all versions share."""

    # --- handlers: each gives the exit to leave by, or None to stay -------------------------------------------------

    def enter(self, at: Instant, call: Call, actions: Actions) -> Step:
        """The call arrives here. Prepare `call.visit` if anything must be remembered."""
        raise NotImplementedError(self.kind)

    def collects_key(self, call: Call, digit: str) -> bool:
        """Whether a key the caller presses now is asked for. One that is not may be a secret for somebody else: it changes
        nothing, and nobody writes it down."""
        return False

    def collects_leg_key(self, call: Call, leg: Leg, digit: str) -> bool:
        """The same for the far end of a leg of this visit."""
        return False

    def key_pressed(self, at: Instant, call: Call, actions: Actions, digit: str) -> Step:
        """The caller pressed a key."""
        return None

    def leg_key_pressed(self, at: Instant, call: Call, actions: Actions, leg: Leg, digit: str) -> Step:
        """The far end of a leg of this visit pressed a key."""
        return None

    def prompt_ended(self, at: Instant, call: Call, actions: Actions, play: int, reason: str) -> Step:
        """A play this visit started is over."""
        actions.announcement_ended(call, play, reason)
        return None

    def timer_fired(self, at: Instant, call: Call, actions: Actions, name: str) -> Step:
        """A deadline of this visit passed."""
        return None

    def leg_ringing(self, at: Instant, call: Call, actions: Actions, leg: Leg) -> Step:
        """A leg of this visit rings."""
        return None

    def wins_tie(self, at: Instant, call: Call, leg: Leg) -> bool:
        """Whether a leg that is being cancelled, and that answers in the very instant in which another one won, goes first."""
        return False

    def leg_answered(self, at: Instant, call: Call, actions: Actions, leg: Leg) -> Step:
        """A leg of this visit was picked up."""
        return None

    def leg_failed(self, at: Instant, call: Call, actions: Actions, leg: Leg, cause: Cause) -> Step:
        """A leg of this visit ended without an answer."""
        return None

    def leg_ended(self, at: Instant, call: Call, actions: Actions, leg: Leg, cause: Cause) -> Step:
        """A leg of this visit that was picked up, and never joined to the caller, is over."""
        return None

    def recording_ended(
        self, at: Instant, call: Call, actions: Actions, visit: Visit, recording: int, length_us: Duration, reason: str
    ) -> Step:
        """A recording that `visit` started is over; its caller may have gone, and then the answer means nothing."""
        return None

    def web_server_answered(
        self, at: Instant, call: Call, actions: Actions, status: int, body: str, latency_us: Duration
    ) -> Step:
        """A web server answered this visit's request."""
        return None

    def web_server_failed(self, at: Instant, call: Call, actions: Actions, reason: str, latency_us: Duration) -> Step:
        """This visit's request came to nothing."""
        return None

    def mailbox_opened(self, at: Instant, call: Call, actions: Actions, messages: tuple[BoxMessage, ...]) -> Step:
        """The caller proved that the box this visit asked for is theirs."""
        return None

    def mailbox_refused(self, at: Instant, call: Call, actions: Actions, reason: str) -> Step:
        """The caller did not, or the box cannot be read."""
        return None

    def deserted(self, at: Instant, call: Call, actions: Actions) -> Step:
        """Nobody serves the queue any more in which the call waits here (R-08.13)."""
        return None

    def left(self, at: Instant, call: Call, actions: Actions) -> None:
        """The call leaves or its caller hangs up while here: give back everything this visit holds."""
