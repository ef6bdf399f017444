"""Mailboxes by phone: the PIN is asked for and read here, and messages are made ready and played (R-09.6).

Decides that a PIN is asked for up to three times a call, with `#` or a pause after it, and that its keys go nowhere else: not to
the engine, the journal or a log. Leaves which PIN is right and what is in a box to a `MailboxAccess`, everything that is said
once the box is open to the engine. All of it runs in the loop's thread, but what takes time: that runs in a thread of its own.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, Protocol

from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract.errors import PbxError
from engine.contract.ids import SECOND_US, CallId, Duration
from live_bridge.calls.call_state import LiveCall, PinEntry, Play
from live_bridge.calls.clock import Clock
from live_bridge.calls.media_player import Player
from live_bridge.media.session import Media
from live_bridge.media.sounds import Sound, prepare

if TYPE_CHECKING:
    from live_bridge.sip.loop import Loop

log = logging.getLogger(__name__)

PIN_LONGEST: Final = 8
TRIES: Final = 3
"""PINs that may be given in one call."""

FIRST_KEY_US: Final[Duration] = 15 * SECOND_US
NEXT_KEY_US: Final[Duration] = 4 * SECOND_US
"""Wait for the first key of a PIN, from the beginning of the question, and for the next one; then what is there is the PIN."""

Check = Literal["right", "wrong", "locked", "no_pin"]


class MailboxAccess(Protocol):
    """What is needed of the boxes of a PBX."""

    def standing(self, box: int) -> Check:
        """`no_pin` or `locked` where no PIN can be given now, else `right`. Loop's thread."""

    def check(self, box: int, pin: str) -> Check:
        """Whether a PIN is the box's; a wrong one is counted. From any thread but the loop's, as it takes time."""

    def messages(self, box: int) -> tuple[ev.BoxMessage, ...]:
        """What is in a box, in the order in which it is to be heard."""

    def file(self, recording: str) -> Path:
        """The WAV of a message, which may be gone."""


class NoMailboxes:
    """Where nothing is kept: every box is closed."""

    def standing(self, box: int) -> Check:
        """See `MailboxAccess`."""
        return "no_pin"

    def check(self, box: int, pin: str) -> Check:
        """See `MailboxAccess`."""
        return "no_pin"

    def messages(self, box: int) -> tuple[ev.BoxMessage, ...]:
        """See `MailboxAccess`."""
        return ()

    def file(self, recording: str) -> Path:
        """See `MailboxAccess`."""
        return Path(recording)


class MailboxCalls:
    """Those of all calls of a `CommandExecutor`, whose books it reads."""

    def __init__(
        self,
        loop: Loop,
        media: Media,
        player: Player,
        feed: Callable[[ev.Event], None],
        calls: Mapping[CallId, LiveCall],
        *,
        tidy: Callable[[LiveCall], None],
        clock: Clock,
        language: str,
    ) -> None:
        self.access: MailboxAccess = NoMailboxes()
        """Set by whoever keeps messages, before calls come."""
        self._loop, self._media, self._player, self._feed, self._calls = loop, media, player, feed, calls
        self._tidy, self._clock, self._language = tidy, clock, language
        self._worker = ThreadPoolExecutor(1, "mailboxes")
        self._folder = media.sounds.prepared / "messages"
        shutil.rmtree(self._folder, ignore_errors=True)  # what a killed bridge left

    def close(self) -> None:
        """No more calls."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    # --- the PIN ------------------------------------------------------------------------------------------------------

    def open_mailbox(self, command: cmd.OpenMailbox) -> None:
        """See `commands.OpenMailbox`."""
        call = self._calls.get(command.call)
        if call is None or call.over or call.session is None:
            self._feed(ev.MailboxRefused(request=command.request, reason="failed"))
            return
        call.pin = PinEntry(command)
        call.requests.add(command.request)
        standing = self.access.standing(command.box)
        if standing == "no_pin" or standing == "locked":
            self._over(call, ev.MailboxRefused(request=command.request, reason=standing))
        else:
            self._ask(call, call.pin, "enter_pin")

    def press(self, call: LiveCall, digit: str) -> bool:
        """A key of the caller; whether it belongs to a PIN, and so to nobody else."""
        pin = call.pin
        if pin is None:
            return False
        if pin.checking:
            return True
        if not pin.digits and digit != "#" and call.session is not None:
            call.session.stop("a")  # who knows what to do need not hear the question
        if digit in "0123456789":
            pin.digits += digit
        if digit == "#" or len(pin.digits) >= PIN_LONGEST:
            self._given(call, pin)
        else:
            self._wait(call, pin, NEXT_KEY_US)
        return True

    def caller_gone(self, call: LiveCall) -> None:
        """The caller has left: an open question is over."""
        if call.pin is not None:
            self._over(call, ev.MailboxRefused(request=call.pin.command.request, reason="failed"))

    def _ask(self, call: LiveCall, pin: PinEntry, phrase: str) -> None:
        pin.digits = ""
        sound = self._media.sounds.said(phrase, (), "", pin.command.language or self._language)
        if sound is not None and call.session is not None:
            call.session.play("a", sound)
        self._wait(call, pin, FIRST_KEY_US)

    def _wait(self, call: LiveCall, pin: PinEntry, wait_us: Duration) -> None:
        if pin.timer is not None:
            pin.timer.cancel()
        pin.timer = self._clock.later(self._loop, wait_us, self._given, call, pin)

    def _given(self, call: LiveCall, pin: PinEntry) -> None:
        if pin.timer is not None:
            pin.timer.cancel()
            pin.timer = None
        if not pin.digits:
            self._over(call, ev.MailboxRefused(request=pin.command.request, reason="no_key"))
            return
        pin.checking = True
        given, pin.digits = pin.digits, ""
        pin.tries += 1
        box = pin.command.box

        def check() -> None:
            try:
                found: Check | None = self.access.check(box, given)
            except Exception:
                log.exception("the PIN of box %s could not be checked", box)
                found = None
            self._loop.post(self._checked, call, pin, found)

        self._worker.submit(check)

    def _checked(self, call: LiveCall, pin: PinEntry, found: Check | None) -> None:
        if call.pin is not pin:
            return
        pin.checking = False
        request = pin.command.request
        if found == "right":
            self._over(call, ev.MailboxOpened(request=request, messages=self.access.messages(pin.command.box)))
        elif found == "wrong" and pin.tries < TRIES:
            self._ask(call, pin, "pin_again")
        elif found == "wrong":
            self._over(call, ev.MailboxRefused(request=request, reason="wrong_pin"))
        else:
            self._over(call, ev.MailboxRefused(request=request, reason=found or "failed"))

    def _over(self, call: LiveCall, event: ev.MailboxOpened | ev.MailboxRefused) -> None:
        pin, call.pin = call.pin, None
        if pin is not None and pin.timer is not None:
            pin.timer.cancel()
        call.requests.discard(event.request)
        self._feed(event)
        self._tidy(call)

    # --- messages -----------------------------------------------------------------------------------------------------

    def play_message(self, command: cmd.PlayMessage) -> None:
        """See `commands.PlayMessage`. Until its sound is ready the call is silent; a copy lives as long as the play."""
        call = self._calls.get(command.call)
        if call is None or call.over or call.session is None:
            self._feed(ev.PromptEnded(play=command.play, reason="stopped"))
            return
        play = self._player.expect(call, command.play)
        play.copies = self._folder / command.play
        path, payload = self.access.file(command.recording), call.choice.codec

        def make() -> None:
            sound: Sound | None = None
            try:
                play_folder = self._folder / command.play
                play_folder.mkdir(parents=True, exist_ok=True)
                sound = prepare(path, path.name, play_folder, (payload,))
            except (PbxError, OSError) as error:
                log.error("a voice message cannot be played: %s", error)
            self._loop.post(self._made, call, play, sound)

        self._worker.submit(make)

    def _made(self, call: LiveCall, play: Play, sound: Sound | None) -> None:
        if call.plays.get(play.play) is not play:
            play.forget_copies()
        elif sound is None:
            self._player.end_play(call, play, "failed", silence=False)
        else:
            self._player.begin(call, play, sound)
