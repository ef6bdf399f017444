"""The requests of the engine to the world. Imperative; one frozen struct each; `Command` is the union's base.

A command that starts something names the events that end it and gets exactly one of them, also when it is refused,
stopped or overtaken by a hang-up. Commands without "Ends in" start nothing and end in nothing.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from engine.contract.causes import Cause
from engine.contract.ids import CallId, Duration, LegId, MessageId, PlayId, RecordingId, RequestId


class Command(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Base of everything we ask for."""


# --- what a leg is placed to -----------------------------------------------------------------------------------------


class Devices(msgspec.Struct, frozen=True, tag=True):
    """All registered devices of a user; they ring together and the first answer wins (R-06.10)."""

    user: int


class Outside(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    """An outside number through a trunk, as it is to be sent."""

    number: str
    trunk: str


class DirectSip(msgspec.Struct, frozen=True, tag=True):
    """An address on the internet, without trunk and outgoing rule (R-10.5)."""

    uri: str


Target = Devices | Outside | DirectSip


# --- the caller's leg ------------------------------------------------------------------------------------------------


class Progress(Command):
    """Let the caller hear ringing (SIP: 180)."""

    call: CallId


class Answer(Command):
    """Pick up the caller's leg (SIP: 200). Given at most once a call."""

    call: CallId


class ReleaseCaller(Command):
    """Hang up the caller's answered leg while the call goes on without it: a callback keeps the place (R-08.19). Plays end
    as after EndCall; a later Bridge names the leg that stands for the caller."""

    call: CallId


class ReplaceCaller(Command):
    """Hang up the caller's leg; from now on `leg`, which is answered, stands for the caller and hears what the caller would: a
    user who placed the call sent the other party on."""

    call: CallId
    leg: LegId


class AdoptCaller(Command):
    """The caller of call `other` becomes the answered leg `leg` of `call`, and is picked up if that was not done yet: two callers
    are joined, or one takes another party's place (RFC 3891, RFC 5589). Call `other` ends without an effect on the caller. `leg`
    ends in LegEnded like any other."""

    call: CallId
    leg: LegId
    other: CallId


class EndCall(Command):
    """End the caller's leg: refuse it before the answer, hang up after it. The last command about a call, but for the
    CancelLeg and EndLeg of its legs. When the caller's leg is over, by this or by a hang-up, the driver ends every play
    and recording of the call by itself, each with its one ending event."""

    call: CallId
    cause: Cause


# --- legs ------------------------------------------------------------------------------------------------------------


class PlaceLeg(Command):
    """Ring `target`. Ends in exactly one of LegAnswered, LegFailed; then LegEnded if answered."""

    leg: LegId
    call: CallId
    target: Target
    ring_timeout_us: Duration
    """After this the engine cancels by itself; a driver needs it only for what it tells the far end."""
    caller: str = ""
    """The caller's number: to a user as the call has it, to a carrier as it is to be presented (R-04.12)."""
    caller_name: str = ""
    withheld: bool = False
    """Whether the number is for the carrier alone, and not for who is called (RFC 3323)."""
    forwarded_from: str = ""
    """The number of ours that the call was forwarded from (RFC 5806, RFC 7044)."""
    because: Literal["", "unconditional", "no_answer", "busy", "unreachable"] = ""
    """Why it was forwarded."""
    for_caller: bool = False
    """Whether it stands for the caller, who is called back (R-08.19, R-17.4)."""


class CancelLeg(Command):
    """Stop ringing. The leg still ends in LegFailed, or in LegAnswered if the answer crossed (RFC 3261 section 9.1)."""

    leg: LegId
    reason: Literal["timeout", "answered_elsewhere", "caller_left", "left_queue"]


class EndLeg(Command):
    """Hang up an answered leg. Ends in LegEnded."""

    leg: LegId
    cause: Cause = Cause.NORMAL_CLEARING


class Bridge(Command):
    """Join caller and leg: music stops, media flows both ways until either ends."""

    call: CallId
    leg: LegId
    other: LegId | None = None
    """The leg that stands for a caller who was released and called back."""


# --- media -----------------------------------------------------------------------------------------------------------


class PlayPrompt(Command):
    """Play a sound once to the caller, or to one leg. Ends in PromptEnded."""

    call: CallId
    play: PlayId
    prompt: str
    """Name of the sound; its length stands in the flow's table of prompts."""
    leg: LegId | None = None


class StopPrompt(Command):
    """Stop a play. Its PromptEnded still comes, with reason `stopped` or, if it crossed, `finished`."""

    call: CallId
    play: PlayId


class PlayMusic(Command):
    """Let the caller, or one leg that is held, hear music until StopMusic, Bridge, PlayPrompt, SayPosition or EndCall. Starts
    nothing that ends."""

    call: CallId
    prompt: str
    leg: LegId | None = None


class StopMusic(Command):
    """Silence the music of `PlayMusic`."""

    call: CallId
    leg: LegId | None = None


class SayPosition(Command):
    """Tell a waiting caller position and expected wait (R-08.17). Ends in PromptEnded."""

    call: CallId
    play: PlayId
    position: int
    expected_wait_us: Duration | None = None


Phrase = Literal[
    "messages", "no_messages", "message", "message_menu", "deleted", "kept", "no_more_messages", "goodbye", "pin_wrong",
    "pin_locked", "pin_none", "mailbox_closed", "disturb_off", "disturb_on", "forward", "forward_off",
]  # fmt: skip
"""What the PBX says by itself, in words of the world's own."""


class SayPhrase(Command):
    """Say something to the caller. Ends in PromptEnded."""

    call: CallId
    play: PlayId
    phrase: Phrase
    numbers: tuple[int, ...] = ()
    """What is counted in it: new and old messages, or which message it is."""
    digits: str = ""
    """A number that is read out digit by digit."""
    language: str = ""
    """The language of whoever listens; empty is that of the world."""


class PlayMessage(Command):
    """Play a voice message to the caller. Ends in PromptEnded."""

    call: CallId
    play: PlayId
    recording: RecordingId


class OpenMailbox(Command):
    """Let the caller prove by a PIN that the box is theirs, and say what is in it. The world asks for the PIN and reads its keys:
    they come to no engine and no journal. Ends in exactly one of MailboxOpened, MailboxRefused."""

    call: CallId
    request: RequestId
    box: int
    language: str = ""


class CollectKeys(Command):
    """From now on the caller's keys mean something. Live media listens, a simulated caller thinks and presses."""

    call: CallId
    element: int
    keys: str
    """The keys that have a meaning here, in order: `12*`."""
    max_digits: int = 1


class StopCollecting(Command):
    """The caller's keys mean nothing any more."""

    call: CallId


class StartRecording(Command):
    """Record what the caller says (voicemail, after a beep that is not part of it) or both sides of a call (`both`).
    Ends in RecordingEnded."""

    call: CallId
    recording: RecordingId
    max_us: Duration
    silence_us: Duration | None = None
    both: bool = False


class StopRecording(Command):
    """End a recording. Its RecordingEnded still comes."""

    call: CallId
    recording: RecordingId


# --- the rest of the world -------------------------------------------------------------------------------------------


class AskWebServer(Command):
    """POST call data to the customer's server (R-13). Ends in exactly one of WebServerAnswered, WebServerFailed."""

    call: CallId
    request: RequestId
    url: str
    body: str
    timeout_us: Duration


class SendMessage(Command):
    """Send an e-mail (R-09.1). Ends in exactly one of MessageSent, MessageFailed."""

    call: CallId
    message: MessageId
    kind: Literal["voicemail", "lead", "callback"]
    """A voice message; a visitor of a website whom nobody could call; what became of a callback (R-17.2)."""
    recipients: tuple[str, ...]
    recording: RecordingId | None = None
    box: int = 0
    format: Literal["mp3", "wav"] = "mp3"
    caller: str = ""
    length_us: Duration = 0
    """Of the recording, or of the talk after a callback."""
    site: str = ""
    """The site of the widget, as people call it."""
    page: str = ""
    user: int | None = None
    """The user who took a callback."""
    cause: Cause | None = None
    """Why a callback came to no talk."""
