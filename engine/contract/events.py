"""The reports of the outside to the engine. Past tense; one frozen struct each; `Event` is the union's base.

A driver feeds these to `Engine.handle(at, event)` one at a time. Ids of calls are born outside; ids of legs, plays,
recordings, requests and messages were born in a command and come back here in that command's one ending event.
Times do not stand in events: the instant travels beside them.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from engine.contract.causes import Cause
from engine.contract.ids import CallId, Duration, Instant, LegId, MessageId, PlayId, RecordingId, RequestId


class Event(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Base of everything that happens to a PBX."""


# --- calls -----------------------------------------------------------------------------------------------------------


class CallArrived(Event):
    """Somebody calls us: a trunk, one of our users, or (R-10) an address on the internet.

    Exactly one of `trunk` and `user` is set, or neither for direct SIP and API calls.
    """

    call: CallId
    called: str
    """The number dialled, as presented: a trunk's number, an internal number, an alias, an outside number."""
    caller: str = ""
    """The caller's number as presented; empty when anonymous or missing (R-12.5)."""
    caller_name: str = ""
    trunk: str | None = None
    """Key of the trunk the call came in on."""
    user: int | None = None
    """Internal number of the user who dials."""
    origin: Literal["trunk", "user", "direct", "api", "callback"] = "trunk"
    widget: str = ""
    """Key of the callback widget by which a visitor of a website asked to be called; `caller` is their number then, and nobody is
    on the line yet (R-17.4)."""
    page: str = ""
    """The path of the page on which they asked."""
    replaces: CallId | None = None
    """The call in which the caller takes a party's place at once, and comes to no element (INVITE with Replaces, RFC 3891)."""
    replaces_leg: LegId | None = None
    """The leg whose place it is there; None is that call's caller."""
    draw_seed: int = 0
    """Entropy of this call: every draw made for it is a hash of this, an element and a count."""


class CallerHungUp(Event):
    """The caller's own leg is over: CANCEL before the answer, BYE after it, or the network lost it."""

    call: CallId
    cause: Cause = Cause.NORMAL_CLEARING


class DigitPressed(Event):
    """A key: `0`–`9`, `*` or `#` (RFC 4733 or SIP INFO, R-05.3)."""

    call: CallId
    digit: str
    leg: LegId | None = None
    """The leg that pressed it; None is the caller."""


class PartyHeld(Event):
    """A party put the other one on hold (re-INVITE with a=sendonly or a=inactive, RFC 3264 section 8.4)."""

    call: CallId
    leg: LegId | None = None


class PartyResumed(Event):
    """The holding party took the call back."""

    call: CallId
    leg: LegId | None = None


class TransferRequested(Event):
    """A party asks that the other one be sent to `to` (REFER, RFC 3515)."""

    call: CallId
    to: str
    leg: LegId | None = None
    """The leg that asks; None is the caller."""
    replaces: CallId | None = None
    """Attended transfer (RFC 3891): another call of the party that asks; the two it talks to are joined."""
    replaces_leg: LegId | None = None
    """The leg that asks, in that other call; None is its caller."""


class HangupRequested(Event):
    """An operator or the API ends a call."""

    call: CallId


# --- legs we placed --------------------------------------------------------------------------------------------------


class LegRinging(Event):
    """The far end of `leg` rings (SIP: 180 or 183). May come never, once, or often."""

    leg: LegId


class LegAnswered(Event):
    """The far end of `leg` picked up (SIP: 2xx to our INVITE)."""

    leg: LegId


class LegFailed(Event):
    """`leg` ended without an answer: refused, cancelled by us, timed out, not reachable."""

    leg: LegId
    cause: Cause
    contacts: tuple[str, ...] = ()
    """Where a phone that forwards the call by itself sends it (SIP: 3xx), best first: a number as dialled here, or the `sip:`
    address of somewhere else."""


class LegEnded(Event):
    """An answered `leg` is over, by its own hang-up or by our `EndLeg`."""

    leg: LegId
    cause: Cause = Cause.NORMAL_CLEARING
    wrap_up_us: Duration | None = None
    """Work after the call as far as the world knows it (a simulated member's own); None takes the queue's setting."""


# --- media and messages ----------------------------------------------------------------------------------------------


class PromptEnded(Event):
    """The one ending of a `PlayPrompt`: it ran out, was stopped, or could not be played."""

    play: PlayId
    reason: Literal["finished", "stopped", "failed"] = "finished"


class RecordingEnded(Event):
    """The one ending of a `StartRecording`."""

    recording: RecordingId
    length_us: Duration
    reason: Literal["stopped", "silence", "limit", "hangup", "failed"] = "stopped"


class WebServerAnswered(Event):
    """A web server answered an `AskWebServer` in time; `body` is at most `limits.HTTP_ANSWER_BYTES` long."""

    request: RequestId
    status: int
    body: str
    latency_us: Duration


class WebServerFailed(Event):
    """No usable answer: `reason` is one of timeout, refused, tls, protocol, too_large, forbidden_address,
    redirect."""

    request: RequestId
    reason: str
    latency_us: Duration


class MessageSent(Event):
    """The one good ending of a `SendMessage`."""

    message: MessageId


class MessageFailed(Event):
    """The one bad ending of a `SendMessage`, after all retries (R-09.4)."""

    message: MessageId
    reason: str


class BoxMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message in a mailbox, for whoever listens by phone."""

    recording: RecordingId
    caller: str = ""
    new: bool = True


class MailboxOpened(Event):
    """The one good ending of an `OpenMailbox`: what is in the box, in the order in which it is to be heard, new ones first."""

    request: RequestId
    messages: tuple[BoxMessage, ...] = ()


class MailboxRefused(Event):
    """The one bad ending of an `OpenMailbox`: no PIN is set, it was wrong or not given, nobody may try now, the box cannot
    be read, or the caller has gone."""

    request: RequestId
    reason: Literal["no_pin", "wrong_pin", "no_key", "locked", "failed"]


class MailboxCounted(Event):
    """How many messages are in a box, as the world has it: some were there before, were deleted or grew too old (R-09.4)."""

    box: int
    messages: int


# --- users, members, trunks ------------------------------------------------------------------------------------------


class DeviceRegistered(Event):
    """A device of `user` registered (or refreshed); `device` tells one device of a user from another."""

    user: int
    device: str = "1"


class DeviceUnregistered(Event):
    """A device's registration ended or expired."""

    user: int
    device: str = "1"


class DoNotDisturbSet(Event):
    """A user switched do-not-disturb on or off (R-06.11)."""

    user: int
    on: bool


class ForwardingSet(Event):
    """A user's own calls go to another number from now on; empty ends that (R-15.11)."""

    user: int
    to: str = ""


class MemberSignedIn(Event):
    """A user signed in to a queue, or to all queues that list them (`queue` None) (R-08.4)."""

    user: int
    queue: int | None = None


class MemberSignedOut(Event):
    """A user signed out of a queue, or of all of them; a call in progress is finished first."""

    user: int
    queue: int | None = None


class MemberPaused(Event):
    """A member takes no calls of a queue, or of all of them, for `reason`; a call in progress is finished first."""

    user: int
    queue: int | None = None
    reason: str = ""


class MemberUnpaused(Event):
    """The pause is over."""

    user: int
    queue: int | None = None


class OriginationBegan(Event):
    """A program asked for a call of `user`, whose phones ring now (R-19.5): queues offer them nothing until OriginationEnded."""

    user: int


class OriginationEnded(Event):
    """The phones rung for a call that was asked for no longer ring: nobody picked up, or the call has arrived just before."""

    user: int


class TrunkStateChanged(Event):
    """A trunk registered, lost its registration, failed, was barred or is not paid for (R-04.10, R-03.7)."""

    trunk: str
    state: Literal["registered", "unregistered", "failed", "barred", "unpaid"]


class TrunkPaid(Event):
    """The balance that a bought trunk is charged to is above zero again (R-03.6)."""

    trunk: str


class TrunkUnpaid(Event):
    """The balance that a bought trunk is charged to is used up: calls in and out through it are barred (R-03.6, R-03.7), whatever
    its registration; calls in progress go on."""

    trunk: str


class AccountChanged(Event):
    """The account around the PBX came into a state (R-01.9). While it is blocked for debt or closed no new call starts in either
    direction (R-01.10); established calls finish, and emergency numbers stay open (R-14.9)."""

    state: Literal["trial", "active", "blocked_debt", "extended_24h", "closed"]
    by: str = ""
    """Who said so, for the history."""


class OverrideSet(Event):
    """A time rule is held open or shut by hand, until `until` if given (R-11.8)."""

    element: int
    mode: Literal["auto", "match", "mismatch"]
    until: Instant | None = None
    by: str = ""
    """The person who set it, for the history (R-25.10)."""


class NumberErased(Event):
    """A person asked that their number be forgotten (R-18.6). The journal that keeps this event must not name the number once
    more, so a world says which talk was the last of it: no talk is nothing to forget. Journals of before name the number."""

    number: str = ""
    user: int | None = None
    """Who talked with it last."""
    talked_at: Instant | None = None
    """When."""
    by: str = ""
    """The person who did it, for the history (R-25.10)."""


# --- versions and time -----------------------------------------------------------------------------------------------


class FlowPublished(Event):
    """A version may now be promoted. Its content is found by its digest beside the journal."""

    flow: str


class FlowPromoted(Event):
    """`flow` takes `share` of new calls, chosen by each call's own draw; the version promoted before takes the rest.

    With any of `numbers`, `trunks`, `callers`, `since` and `until` it is a canary, with a share of 1 too: of calls that all of
    them choose it takes the share, and of others none (R-25.6). A call that dialled one of `numbers` or came by one of `trunks`
    is chosen."""

    flow: str
    share: float = 1.0
    numbers: tuple[str, ...] = ()
    """Numbers dialled, as masks (R-14.12)."""
    trunks: tuple[str, ...] = ()
    """Keys of trunks."""
    callers: tuple[str, ...] = ()
    """Callers' numbers, as masks after R-12.4."""
    since: Instant | None = None
    until: Instant | None = None
    """New calls from `since` and before `until`; all others go to the live version."""
    by: str = ""
    """Who did it: a person, or the canary rule (R-25.9)."""
    reason: str = ""
    """Why, in a line, where nobody asked for it."""


class FlowRetired(Event):
    """`flow` takes no new calls; calls on it run to their end."""

    flow: str


class Advance(Event):
    """Nothing happened; the clock reached a deadline. Never journalled."""
