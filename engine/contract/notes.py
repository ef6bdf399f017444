"""The facts that the engine reports. Past tense of the business; one frozen struct each; `Note` is the union's base.

History (R-24), wallboard, figures and DataFrames are made from notes and from nothing else, so a simulated and a live
day have the same columns. Wherever a rule of the specification decided, its number stands in `rule` (R-25.7).
"""

from __future__ import annotations

import msgspec

from engine.contract.causes import Cause, Party
from engine.contract.ids import CallId, Duration, Instant, LegId, MessageId, RecordingId


class Note(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Base of everything we report."""


class CallStarted(Note):
    """A call is in, pinned to the version `flow` (R-25.6)."""

    call: CallId
    flow: str
    called: str
    caller: str = ""
    trunk: str | None = None
    user: int | None = None
    origin: str = "trunk"
    widget: str = ""
    """Key of the callback widget it began at (R-17)."""


class ElementEntered(Note):
    """The call is now at `element`."""

    call: CallId
    element: int
    kind: str


class DecisionMade(Note):
    """An element chose. `text` says why in one line; `others` are the outputs not taken (R-25.4)."""

    call: CallId
    element: int
    rule: str
    output: str
    text: str = ""
    others: tuple[str, ...] = ()


class ElementLeft(Note):
    """The call left `element` by `output` towards `to`: an internal number, an outside number, or `hangup`."""

    call: CallId
    element: int
    output: str
    to: str
    rule: str = ""


class KeyPressed(Note):
    """A key was accepted by `element`."""

    call: CallId
    element: int
    digit: str


class CallAnswered(Note):
    """A person answered: `user`, or an outside `number`. `wait_us` runs from entry into the element that rang."""

    call: CallId
    element: int
    leg: LegId
    user: int | None = None
    number: str | None = None
    wait_us: Duration = 0
    rule: str = ""


class CallHeld(Note):
    """A party put the call on hold."""

    call: CallId
    leg: LegId | None = None


class CallResumed(Note):
    """The call was taken off hold."""

    call: CallId
    leg: LegId | None = None


class CallTransferred(Note):
    """A party sent the other one on."""

    call: CallId
    to: str
    leg: LegId | None = None


class CallEnded(Note):
    """The call is over. `talk_us` is the time bridged to a person; `answered_at` None means nobody and nothing picked up."""

    call: CallId
    cause: Cause
    party: Party
    started_at: Instant
    answered_at: Instant | None = None
    talk_us: Duration = 0
    element: int = 0
    rule: str = ""


# --- legs ------------------------------------------------------------------------------------------------------------


class ServiceUsed(Note):
    """A user dialled a code; `done` is false where there was nothing to take, or it may not be. `other` is the call taken."""

    call: CallId
    user: int
    service: str
    argument: str = ""
    done: bool = True
    other: CallId = ""
    rule: str = "R-15.11"


class UserSettingChanged(Note):
    """How a user is reached changed while calls run: `do_not_disturb` on or off, `forwarding` to a number or to nothing."""

    user: int
    setting: str
    value: str = ""


class CallerPresented(Note):
    """An outside leg tells its carrier the caller's number, for the carrier alone if `withheld`. `text` says whose it is."""

    call: CallId
    leg: LegId
    trunk: str
    number: str = ""
    withheld: bool = False
    forwarded_from: str = ""
    because: str = ""
    text: str = ""
    rule: str = "R-04.12"


class LegStarted(Note):
    """We ring somebody."""

    leg: LegId
    call: CallId
    user: int | None = None
    number: str | None = None
    trunk: str | None = None


class LegFinished(Note):
    """The leg is over; `answered` tells whether it ever was picked up."""

    leg: LegId
    call: CallId
    cause: Cause
    answered: bool = False
    talk_us: Duration = 0


# --- queues and members ----------------------------------------------------------------------------------------------


class CallQueued(Note):
    """The call waits in `queue`, at `position` counted from 1."""

    call: CallId
    queue: int
    position: int


class CallRefused(Note):
    """The queue did not take the call: `reason` is full or join_empty (R-08.13)."""

    call: CallId
    queue: int
    reason: str
    rule: str = "R-08.13"


class CallOffered(Note):
    """The call rings at a member."""

    call: CallId
    queue: int
    member: int
    leg: LegId


class OfferMissed(Note):
    """A member did not take an offer: no answer, rejection or an unreachable device, as `cause` says."""

    call: CallId
    queue: int
    member: int
    leg: LegId
    cause: Cause
    ring_us: Duration = 0


class OfferWithdrawn(Note):
    """An offer was taken back, no fault of the member: `reason` is caller_left, answered_elsewhere or left_queue."""

    call: CallId
    queue: int
    member: int
    leg: LegId
    reason: str


class CallAbandoned(Note):
    """The caller hung up while waiting in `queue`."""

    call: CallId
    queue: int
    wait_us: Duration


class CallLeftQueue(Note):
    """The call left `queue` unanswered by `output`: timeout, leave_empty, exit_key or callback_done (R-08.14), or `ended`
    when neither caller nor flow ended it (an operator, R-02.17)."""

    call: CallId
    queue: int
    output: str
    wait_us: Duration
    rule: str = "R-08.14"


class PositionSaid(Note):
    """An announcement gave the caller their position and, if known, the expected wait (R-08.17)."""

    call: CallId
    queue: int
    position: int
    expected_wait_us: Duration | None = None


class CallbackAsked(Note):
    """The caller chose to be called back and keeps the place (R-08.19)."""

    call: CallId
    queue: int


class MemberChanged(Note):
    """A member's state, shared by all queues: idle, ringing, talking, wrap_up, retry_wait, or `away` in a call of
    their own. `paused` and `out` are per queue and come with `queue` set (R-08.4)."""

    member: int
    state: str
    queue: int | None = None
    reason: str = ""


# --- voicemail, web servers, versions, trunks ------------------------------------------------------------------------


class MessageLeft(Note):
    """A caller left a voice message in `box`."""

    call: CallId
    box: int
    recording: RecordingId
    length_us: Duration


class MailboxChecked(Note):
    """A user asked by phone to hear a box: `result` is opened, or why not (R-09.6)."""

    call: CallId
    box: int
    result: str
    new: int = 0
    old: int = 0
    rule: str = "R-09.6"


class MessageMarked(Note):
    """By phone a message was heard, kept as new, or deleted, as `state` says: `heard`, `new` or `deleted`."""

    call: CallId
    box: int
    recording: RecordingId
    state: str
    rule: str = "R-09.6"


class RecordingStarted(Note):
    """From now on both sides of a talk are recorded; `text` names the part of the document that asks for it. When its talk
    is over the recording ends as a TalkRecorded."""

    call: CallId
    recording: RecordingId
    element: int
    rule: str
    text: str = ""


class TalkRecorded(Note):
    """The recording of a talk is there: `reason` is stopped, hangup, limit, or failed, and then there is none."""

    call: CallId
    recording: RecordingId
    length_us: Duration
    reason: str


class MessageDropped(Note):
    """A message was too short, or the box full (R-09.3, R-09.4)."""

    call: CallId
    box: int
    reason: str
    rule: str


class MessageNotSent(Note):
    """An e-mail could not be sent after all tries: the administrator is to know (R-09.4)."""

    call: CallId
    message: MessageId
    reason: str
    rule: str = "R-09.4"


class WebServerUsed(Note):
    """A web server was asked; `outcome` is ok or why it was not usable (R-13.10)."""

    call: CallId
    element: int
    outcome: str
    latency_us: Duration


class TrunkChanged(Note):
    """A trunk's state changed (R-04.10)."""

    trunk: str
    state: str


class AccountStateChanged(Note):
    """The account came into a state (R-01.9), and who said so."""

    state: str
    by: str = ""


class OverrideChanged(Note):
    """A time rule is held by hand, or goes by its own times again (R-11.8); who said so (R-25.10)."""

    element: int
    mode: str
    until: Instant | None = None
    by: str = ""


class NumberForgotten(Note):
    """A number was erased from the memory of talks (R-18.6), and who did it (R-25.10). The note leaves the number out."""

    known: bool
    """Whether it had talked with anybody."""
    by: str = ""


class TrunkRefused(Note):
    """A call needed a trunk that was full or not registered (R-04.8, R-04.10)."""

    call: CallId
    trunk: str
    cause: Cause
    rule: str


class FlowChanged(Note):
    """A version was published, promoted with `share` of new calls, or retired."""

    flow: str
    state: str
    share: float = 0.0
    numbers: tuple[str, ...] = ()
    trunks: tuple[str, ...] = ()
    callers: tuple[str, ...] = ()
    since: Instant | None = None
    until: Instant | None = None
    """The calls that a canary is narrowed to (R-25.6)."""
    by: str = ""
    reason: str = ""
    """Who did it and why, where that was said (R-25.9)."""


class CommandIgnored(Note):
    """An outside request could not be done and changed nothing."""

    reason: str
    call: CallId | None = None
    rule: str = ""
