"""What the live world holds for one call of the engine: its SIP legs, its media session, and every thing started and not ended.

Plain books. Decides nothing; `command_executor.py` starts and ends, `call_controller.py` reports.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from engine.contract import commands as cmd
from engine.contract.ids import CallId, LegId, PlayId
from live_bridge.media.session import Codec, Media, MediaSession, Side
from live_bridge.media.sounds import Sound
from live_bridge.sip.dialog.sdp import Choice

if TYPE_CHECKING:
    from live_bridge.sip.dialog.leg import Leg
    from live_bridge.sip.loop import Timer
    from live_bridge.sip.switch import Invitation


class Play:
    """One sound under way that the engine asked for."""

    __slots__ = ("copies", "play", "side", "sound", "timer")

    def __init__(self, play: PlayId, side: Side, sound: Sound | None) -> None:
        self.play = play
        self.sound = sound
        """None while it is being made."""
        self.side: Side = side
        self.timer: Timer | None = None
        self.copies: Path | None = None
        """A folder that lives no longer than the play: copies of a voice message."""

    def forget_copies(self) -> None:
        """It is over."""
        if self.copies is not None:
            shutil.rmtree(self.copies, ignore_errors=True)


class PinEntry:
    """The PIN that the caller of one call is asked for."""

    def __init__(self, command: cmd.OpenMailbox) -> None:
        self.command = command
        self.digits = ""
        self.tries = 0
        self.checking = False
        self.timer: Timer | None = None


class Branch:
    """One device or server. `make` gives a leg to it, `ring` rings that leg; both again for another codec."""

    __slots__ = ("codecs", "make", "plain", "ring", "tried")

    def __init__(
        self,
        make: Callable[[], Leg],
        ring: Callable[[Leg], None],
        codecs: tuple[int, ...] = (),
        may_be_plain: bool = True,
    ) -> None:
        self.plain: bool | None = None if may_be_plain else False
        """Whether it is rung without encryption, since it refused an encrypted offer; None: not yet, False: never."""
        self.make = make
        self.ring = ring
        self.codecs = codecs
        """What a carrier wants to be offered, best first; empty is what the call speaks."""
        self.tried: list[int] = []
        """Codecs offered on it."""


class OutboundLeg:
    """One leg of the engine: as many SIP legs as the user has devices, until one of them answers (R-06.10)."""

    __slots__ = ("id", "call", "state", "branches", "winner", "failures", "trunk", "held", "side", "ways", "codec",
                 "contacts")  # fmt: skip

    def __init__(self, id: LegId, call: LiveCall) -> None:
        self.id = id
        self.call = call
        self.state: Literal["ringing", "answered", "over"] = "ringing"
        self.branches: list[Leg] = []
        """Devices that still ring."""
        self.winner: Leg | None = None
        self.ways: dict[Leg, Branch] = {}
        """By which way each of them is rung."""
        self.codec = -1
        """What was agreed with the winner."""
        self.failures: list[tuple[int, str | None]] = []
        """Status and Reason of each device that failed."""
        self.contacts: tuple[str, ...] = ()
        """Where its devices sent the call by themselves, as the engine dials it (R-06.16)."""
        self.trunk = False
        self.held = False
        self.side: Side = "b"
        """Its side of the call's media; `a` when it stands for a caller who was released or left."""


class LiveCall:
    """One call. `leg` is the caller's; it is over before the books are closed."""

    __slots__ = (
        "id", "leg", "invitation", "session", "choice", "arrived", "over", "answered", "legs", "plays", "recordings",
        "requests", "messages", "music", "side_b", "bridged", "version", "held", "broken", "released",
        "beeps", "early", "far_music", "fax", "fax_alone", "waiting", "pin",
    )  # fmt: skip

    def __init__(self, id: CallId, leg: Leg, invitation: Invitation, choice: Choice) -> None:
        self.id = id
        self.leg = leg
        self.invitation = invitation
        self.choice = choice
        self.session: MediaSession | None = None
        self.arrived = False
        """Whether the engine has been told of it."""
        self.over = False
        """Whether the caller's leg is over and its ending told or asked for."""
        self.answered = False
        self.legs: dict[LegId, OutboundLeg] = {}
        self.plays: dict[PlayId, Play] = {}
        self.recordings: set[str] = set()
        self.requests: set[str] = set()
        self.messages: set[str] = set()
        self.music: str | None = None
        """Name of the music the caller hears."""
        self.far_music: str | None = None
        """Name of the music the far end hears, held by the caller."""
        self.side_b: OutboundLeg | None = None
        """The leg on the far side of the media session."""
        self.bridged: OutboundLeg | None = None
        self.version = 0
        """Of our session descriptions (RFC 3264 section 8)."""
        self.held = False
        self.broken = False
        self.released = False
        """Whether the caller's own leg is gone from it while the call goes on: to be called back (R-08.19), left by a transfer,
        or a leg of another call."""
        self.early: str | None = None
        """The session description the caller got before the answer, with an operator's announcements."""
        self.beeps: dict[str, Timer] = {}
        """Recordings that wait for the end of their beep."""
        self.waiting: list[Callable[[], None]] | None = None
        """What waits until the call has come back from a codec that passes to one of ours, in order; None: nothing does."""
        self.fax: MediaSession | None = None
        """Where the packets of a fax by T.38 pass, from the moment one party asks for it; what is said rests meanwhile."""
        self.fax_alone = False
        """Whether the caller offered a fax without sound, and whoever is called is offered the same; until the two are joined."""
        self.pin: PinEntry | None = None
        """The PIN that the caller is asked for; their keys are its own."""

    def near_leg(self) -> Leg | None:
        """The leg on the caller's side: the caller's own, or the one that stands for a caller who is called back or left."""
        if not self.released:
            return self.leg
        return next((leg.winner for leg in self.legs.values() if leg.side == "a" and leg.state == "answered"), None)

    def holds_nothing(self) -> bool:
        """Whether every thing it started has ended."""
        return not (self.legs or self.plays or self.recordings or self.requests or self.messages)


def codec_of(choice: Choice) -> Codec:
    """What media is told of the codec of a call."""
    return Codec(choice.payload, choice.telephone_event, choice.passes)


def open_session(
    media: Media,
    call: LiveCall,
    on_digit: Callable[[Side, str], None],
    on_lost: Callable[[], None],
    in_books: Callable[[], bool],
) -> MediaSession:
    """A media session for a call, not open yet. `in_books` says whether the call is still known to whoever opens it."""
    session = media.session(on_digit=on_digit, on_lost=on_lost)
    session.wanted = lambda: not call.over and call.session is session and in_books()
    call.session = session
    return session
