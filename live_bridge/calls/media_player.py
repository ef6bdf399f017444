"""What callers hear and what is recorded of them: plays, music, positions, messages.

Decides that each play and each recording ends exactly once, by itself, by a stop, by another sound in its place, or by a
hang-up. Leaves who hears what to the engine, legs to `command_executor.py`, RTP to `media/`. Everything here runs in the
loop's thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract.ids import CallId, Duration, LegId, PlayId
from live_bridge.calls import webrtc_legs
from live_bridge.calls.call_state import LiveCall, OutboundLeg, Play
from live_bridge.calls.clock import Clock
from live_bridge.calls.ringback import NAME, ringback
from live_bridge.media.recording import Recording
from live_bridge.media.session import Media, Side
from live_bridge.media.sounds import Sound

if TYPE_CHECKING:
    from live_bridge.sip.loop import Loop

log = logging.getLogger(__name__)

PromptLength = Callable[[CallId, str], Duration | None]
"""Length of a prompt by the table of the version a call is on; None when the table lacks it."""

RINGBACK = NAME
"""Name of the tone a caller hears that we called ourselves."""

BEEP = "beep.wav"
"""Sound before a voice message (R-09.5); not part of the recording."""


class Player:
    """Sounds and recordings of all calls of a `CommandExecutor`, whose books it reads. `tidy` forgets a call that holds nothing;
    `connect_far_side` gives a leg the far side of its call's media, so that it can hear."""

    def __init__(
        self,
        loop: Loop,
        media: Media,
        feed: Callable[[ev.Event], None],
        calls: Mapping[CallId, LiveCall],
        legs: Mapping[LegId, OutboundLeg],
        *,
        tidy: Callable[[LiveCall], None],
        connect_far_side: Callable[[LiveCall, OutboundLeg], None],
        prompt_length: PromptLength,
        clock: Clock,
        language: str,
    ) -> None:
        self._loop = loop
        self._media = media
        self._feed = feed
        self._calls = calls
        self._legs = legs
        self._tidy = tidy
        self._connect_far_side = connect_far_side
        self._prompt_length = prompt_length
        self._clock = clock
        self._language = language

    # --- sounds -------------------------------------------------------------------------------------------------------

    def _sound(self, name: str) -> Sound | None:
        return self._media.sounds.get(name)

    def play_prompt(self, command: cmd.PlayPrompt) -> None:
        """See `commands.PlayPrompt`. The length by the table of the call's version is what counts, in every world."""
        sound = self._sound(command.prompt)
        length = self._prompt_length(command.call, command.prompt)
        if sound is None:
            log.error("the sound %s is missing; add it to the prompts", command.prompt)
        self._start_play(command.call, command.play, command.leg, sound, length)

    def say_position(self, command: cmd.SayPosition) -> None:
        """See `commands.SayPosition`."""
        sound = self._media.sounds.position(command.position, command.expected_wait_us, self._language)
        self._start_play(command.call, command.play, None, sound, None)

    def say_phrase(self, command: cmd.SayPhrase) -> None:
        """See `commands.SayPhrase`."""
        language = command.language or self._language
        sound = self._media.sounds.said(command.phrase, command.numbers, command.digits, language)
        self._start_play(command.call, command.play, None, sound, None)

    def _start_play(
        self, call_id: CallId, play_id: PlayId, leg: LegId | None, sound: Sound | None, length: Duration | None
    ) -> None:
        call = self._calls.get(call_id)
        if call is None or call.over or call.session is None or sound is None:
            self._feed(ev.PromptEnded(play=play_id, reason="stopped" if call is None or call.over else "failed"))
            return
        side: Side = "a"
        if leg is not None:
            placed = self._legs.get(leg)
            if placed is None or placed.winner is None:
                self._feed(ev.PromptEnded(play=play_id, reason="failed"))
                return
            side = "b"
            if call.side_b is not placed:
                self._connect_far_side(call, placed)
        else:
            call.music = None
            near = call.near_leg() if call.released else None
            if near is not None:  # called back, and told something before the two are joined
                webrtc_legs.connect(near, call.session, "a")
        for other in [other for other in call.plays.values() if other.side == side]:
            self.end_play(call, other, "stopped", silence=False)
        play = Play(play_id, side, sound)
        call.plays[play_id] = play
        self.begin(call, play, sound, length)

    def expect(self, call: LiveCall, play_id: PlayId) -> Play:
        """A play to the caller whose sound is still being made: what was heard before is over, and `begin` comes later."""
        call.music = None
        for other in [other for other in call.plays.values() if other.side == "a"]:
            self.end_play(call, other, "stopped")
        play = call.plays[play_id] = Play(play_id, "a", None)
        return play

    def begin(self, call: LiveCall, play: Play, sound: Sound, length: Duration | None = None) -> None:
        """Let a play be heard, for `length` if that is known elsewhere."""
        assert call.session is not None
        play.sound = sound

        def started(good: bool) -> None:
            if not good and call.plays.get(play.play) is play:
                self.end_play(call, play, "failed", silence=False)

        call.session.play(play.side, sound, started=started)
        lasts_us = sound.length_us if length is None else length
        play.timer = self._clock.later(self._loop, lasts_us, self._prompt_over, call, play)

    def _prompt_over(self, call: LiveCall, play: Play) -> None:
        play.timer = None
        if play.play in call.plays:
            self.end_play(call, play, "finished", silence=False)

    def end_play(self, call: LiveCall, play: Play, reason: str, *, silence: bool = True) -> None:
        """A play is over: its one ending is told, and `silence` stops what is still heard of it."""
        if call.plays.pop(play.play, None) is None:
            return
        if play.timer is not None:
            play.timer.cancel()
            play.timer = None
        play.forget_copies()
        if silence and call.session is not None:
            call.session.stop(play.side)
        self._feed(ev.PromptEnded(play=play.play, reason=reason))  # type: ignore[arg-type]
        self._tidy(call)

    def stop_prompt(self, command: cmd.StopPrompt) -> None:
        """See `commands.StopPrompt`."""
        call = self._calls.get(command.call)
        play = None if call is None else call.plays.get(command.play)
        if call is not None and play is not None:
            self.end_play(call, play, "stopped")

    def play_music(self, command: cmd.PlayMusic) -> None:
        """See `commands.PlayMusic`."""
        call = self._calls.get(command.call)
        sound = self._sound(command.prompt)
        if call is None or call.over or call.session is None:
            return
        side: Side = "a" if command.leg is None else "b"
        for play in [play for play in call.plays.values() if play.side == side]:
            self.end_play(call, play, "stopped", silence=False)
        if sound is None:
            log.error("the music %s is missing; add it to the prompts", command.prompt)
        elif side == "a":
            call.music = command.prompt
            call.session.play("a", sound, loop=True)
        else:
            placed = self._legs.get(command.leg or "")
            if placed is not None and call.side_b is None:  # whoever answered a callback waits for the visitor
                self._connect_far_side(call, placed)
            if placed is not None and call.side_b is placed:
                call.far_music = command.prompt
                call.session.play("b", sound, loop=True)

    def stop_music(self, command: cmd.StopMusic) -> None:
        """See `commands.StopMusic`."""
        call = self._calls.get(command.call)
        if call is not None and command.leg is not None:
            self.stop_far_music(call)
        elif call is not None and call.music is not None and call.session is not None:
            call.music = None
            call.session.stop("a")

    def stop_far_music(self, call: LiveCall) -> None:
        """The far end is not held any more, or there is none."""
        if call.far_music is not None and call.session is not None:
            call.far_music = None
            call.session.stop("b")

    def begin_again(self, call: LiveCall) -> None:
        """The caller's codec is another one now: what the caller hears begins again in it. How long it lasts does not change."""
        if call.session is None or call.over:
            return
        for play in call.plays.values():
            if play.sound is not None:
                call.session.play(play.side, play.sound)
        if call.music is not None:
            sound = ringback(self._media.sounds) if call.music == RINGBACK else self._sound(call.music)
            if sound is not None:
                call.session.play("a", sound, loop=True)
        far = None if call.far_music is None else self._sound(call.far_music)
        if far is not None:
            call.session.play("b", far, loop=True)

    def play_ringback(self, call: LiveCall) -> None:
        """A caller that we called hears that somebody is rung, until something else is to be heard."""
        if (
            call.over
            or call.session is None
            or call.music is not None
            or any(play.side == "a" for play in call.plays.values())
        ):
            return
        call.music = RINGBACK
        call.session.play("a", ringback(self._media.sounds), loop=True)

    # --- recordings ---------------------------------------------------------------------------------------------------

    def start_recording(self, command: cmd.StartRecording) -> None:
        """See `commands.StartRecording`: a beep first, unless both sides are recorded."""
        call = self._calls.get(command.call)
        if call is None or call.over or call.session is None:
            self._feed(ev.RecordingEnded(recording=command.recording, length_us=0, reason="failed"))
            return
        name = command.recording
        call.recordings.add(name)

        def done(recording: Recording) -> None:
            if name not in call.recordings:
                return
            call.recordings.discard(name)
            self._feed(ev.RecordingEnded(recording=name, length_us=recording.length_us, reason=recording.reason))
            self._tidy(call)

        def begin() -> None:
            call.beeps.pop(name, None)
            if call.session is not None and not call.over:
                call.session.record(name, done, both=command.both, max_us=command.max_us, silence_us=command.silence_us)

        beep = None if command.both else self._sound(BEEP)
        if beep is None:
            begin()
            return
        call.session.play("a", beep)
        call.beeps[name] = self._clock.later(self._loop, beep.length_us, begin)

    def beep_cut(self, call: LiveCall, name: str, reason: str) -> None:
        """A recording ends before it began."""
        call.beeps.pop(name).cancel()
        call.recordings.discard(name)
        self._feed(ev.RecordingEnded(recording=name, length_us=0, reason=reason))  # type: ignore[arg-type]

    def stop_recording(self, command: cmd.StopRecording) -> None:
        """See `commands.StopRecording`."""
        call = self._calls.get(command.call)
        if call is None or call.session is None:
            return
        if command.recording in call.beeps:
            self.beep_cut(call, command.recording, "stopped")
            call.session.stop("a")
            self._tidy(call)
            return
        call.session.stop_recording(command.recording)
