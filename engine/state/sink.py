"""Where the engine puts what it asks and reports: one method for each command and each frequent note.

`Sink` does nothing; a world that needs speed overrides the methods it cares for and reads what it needs from the call
and leg objects. `MessageSink` is the sink behind `Engine.handle`: it writes every command and note down as a message.
A method of a sink never calls the engine; it schedules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mypy_extensions import mypyc_attr

from engine.contract import commands as cmd
from engine.contract import notes as note
from engine.contract.causes import Cause, Party
from engine.contract.ids import Duration, Instant, RecordingId

if TYPE_CHECKING:
    from engine.state.call import Call
    from engine.state.element import Element, Exit
    from engine.state.leg import Leg
    from engine.state.member import UserState

Message = cmd.Command | note.Note
Stamped = tuple[Instant, Message]
"""One thing the engine says, and the instant at which it holds."""


@mypyc_attr(allow_interpreted_subclasses=True)
class Sink:
    """A sink that keeps nothing. `at` is the instant of the step in progress; the engine sets it."""

    wants_notes: bool = False
    """Whether rare notes are to be built at all: they cost time that a bare simulation does not want to pay."""

    wants_moves: bool = True
    """Whether notes of every move are to be given: element entered and left, queued, offered, legs and members. A run that
    keeps only sums needs none of them."""

    def __init__(self) -> None:
        self.at: Instant = 0

    # --- commands ----------------------------------------------------------------------------------------------------

    def progress(self, call: Call) -> None:
        """See `commands.Progress`."""

    def answer(self, call: Call) -> None:
        """See `commands.Answer`."""

    def end_call(self, call: Call, cause: Cause) -> None:
        """See `commands.EndCall`."""

    def place_leg(self, leg: Leg) -> None:
        """See `commands.PlaceLeg`."""

    def cancel_leg(self, leg: Leg, reason: str) -> None:
        """See `commands.CancelLeg`."""

    def end_leg(self, leg: Leg, cause: Cause) -> None:
        """See `commands.EndLeg`."""

    def release_caller(self, call: Call) -> None:
        """See `commands.ReleaseCaller`."""

    def replace_caller(self, call: Call, leg: Leg) -> None:
        """See `commands.ReplaceCaller`."""

    def adopt_caller(self, call: Call, leg: Leg, other: Call) -> None:
        """See `commands.AdoptCaller`."""

    def bridge(self, call: Call, leg: Leg) -> None:
        """See `commands.Bridge`; `call.customer` is the leg that stands for a released caller."""

    def play(self, call: Call, play: int, prompt: str, leg: Leg | None) -> None:
        """See `commands.PlayPrompt`."""

    def stop_play(self, call: Call, play: int) -> None:
        """See `commands.StopPrompt`."""

    def play_music(self, call: Call, prompt: str) -> None:
        """See `commands.PlayMusic`."""

    def stop_music(self, call: Call) -> None:
        """See `commands.StopMusic`."""

    def play_music_to(self, leg: Leg, prompt: str) -> None:
        """See `commands.PlayMusic`, to a leg."""

    def stop_music_to(self, leg: Leg) -> None:
        """See `commands.StopMusic`, to a leg."""

    def say_position(self, call: Call, play: int, position: int, expected_wait_us: Duration | None) -> None:
        """See `commands.SayPosition`."""

    def say_phrase(
        self, call: Call, play: int, phrase: cmd.Phrase, numbers: tuple[int, ...], digits: str, language: str
    ) -> None:
        """See `commands.SayPhrase`."""

    def play_message(self, call: Call, play: int, recording: RecordingId) -> None:
        """See `commands.PlayMessage`."""

    def open_mailbox(self, call: Call, request: int, box: int, language: str) -> None:
        """See `commands.OpenMailbox`."""

    def collect_keys(self, call: Call, element: Element, keys: str, max_digits: int) -> None:
        """See `commands.CollectKeys`."""

    def stop_collecting(self, call: Call) -> None:
        """See `commands.StopCollecting`."""

    def start_recording(
        self, call: Call, recording: int, max_us: Duration, silence_us: Duration | None, both: bool
    ) -> None:
        """See `commands.StartRecording`."""

    def stop_recording(self, call: Call, recording: int) -> None:
        """See `commands.StopRecording`."""

    def ask_web_server(self, call: Call, request: int, url: str, body: str, timeout_us: Duration) -> None:
        """See `commands.AskWebServer`."""

    def send_message(self, command: cmd.SendMessage) -> None:
        """See `commands.SendMessage`."""

    # --- frequent notes ----------------------------------------------------------------------------------------------

    def call_started(self, call: Call) -> None:
        """See `notes.CallStarted`."""

    def element_entered(self, call: Call, element: Element) -> None:
        """See `notes.ElementEntered`."""

    def element_left(self, call: Call, element: Element, exit_: Exit) -> None:
        """See `notes.ElementLeft`."""

    def key_pressed(self, call: Call, element: Element, digit: str) -> None:
        """See `notes.KeyPressed`."""

    def call_queued(self, call: Call, queue: int, position: int) -> None:
        """See `notes.CallQueued`."""

    def call_offered(self, call: Call, queue: int, leg: Leg) -> None:
        """See `notes.CallOffered`."""

    def offer_missed(self, call: Call, queue: int, leg: Leg, cause: Cause, ring_us: Duration) -> None:
        """See `notes.OfferMissed`."""

    def offer_withdrawn(self, call: Call, queue: int, leg: Leg, reason: str) -> None:
        """See `notes.OfferWithdrawn`."""

    def call_answered(self, call: Call, element: Element, leg: Leg, wait_us: Duration, rule: str) -> None:
        """See `notes.CallAnswered`."""

    def call_abandoned(self, call: Call, queue: int, wait_us: Duration) -> None:
        """See `notes.CallAbandoned`."""

    def call_left_queue(self, call: Call, queue: int, output: str, wait_us: Duration, rule: str) -> None:
        """See `notes.CallLeftQueue`."""

    def call_refused(self, call: Call, queue: int, reason: str) -> None:
        """See `notes.CallRefused`."""

    def call_ended(self, call: Call, cause: Cause, party: Party, rule: str) -> None:
        """See `notes.CallEnded`."""

    def leg_started(self, leg: Leg) -> None:
        """See `notes.LegStarted`."""

    def leg_finished(self, leg: Leg, cause: Cause) -> None:
        """See `notes.LegFinished`."""

    def member_changed(self, user: UserState, state: str, queue: int | None, reason: str) -> None:
        """See `notes.MemberChanged`."""

    # --- the rest ----------------------------------------------------------------------------------------------------

    def note(self, message: note.Note) -> None:
        """A note without a method of its own; only built when `wants_notes`."""


class MessageSink(Sink):
    """Writes everything down as `(instant, message)`, in order; `take` hands it over."""

    wants_notes = True

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[Stamped] = []

    def take(self) -> list[Stamped]:
        """What was written since the last call, which is then forgotten here."""
        lines, self.lines = self.lines, []
        return lines

    def _put(self, message: Message) -> None:
        self.lines.append((self.at, message))

    def progress(self, call: Call) -> None:
        self._put(cmd.Progress(call=call.id))

    def answer(self, call: Call) -> None:
        self._put(cmd.Answer(call=call.id))

    def end_call(self, call: Call, cause: Cause) -> None:
        self._put(cmd.EndCall(call=call.id, cause=cause))

    def place_leg(self, leg: Leg) -> None:
        told = leg.presented
        self._put(
            cmd.PlaceLeg(
                leg=leg.id,
                call=leg.call.id,
                target=leg.target(),
                ring_timeout_us=leg.ring_us,
                caller=leg.call.caller if told is None else told.number,
                caller_name=leg.call.caller_name if told is None else told.name,
                withheld=told is not None and told.withheld,
                forwarded_from="" if told is None else told.forwarded_from,
                because="" if told is None else told.because,
                for_caller=leg.for_caller,
            )
        )

    def cancel_leg(self, leg: Leg, reason: str) -> None:
        self._put(cmd.CancelLeg(leg=leg.id, reason=reason))  # type: ignore[arg-type]

    def end_leg(self, leg: Leg, cause: Cause) -> None:
        self._put(cmd.EndLeg(leg=leg.id, cause=cause))

    def release_caller(self, call: Call) -> None:
        self._put(cmd.ReleaseCaller(call=call.id))

    def replace_caller(self, call: Call, leg: Leg) -> None:
        self._put(cmd.ReplaceCaller(call=call.id, leg=leg.id))

    def adopt_caller(self, call: Call, leg: Leg, other: Call) -> None:
        self._put(cmd.AdoptCaller(call=call.id, leg=leg.id, other=other.id))

    def bridge(self, call: Call, leg: Leg) -> None:
        other = call.customer.id if call.customer is not None else None
        self._put(cmd.Bridge(call=call.id, leg=leg.id, other=other))

    def play(self, call: Call, play: int, prompt: str, leg: Leg | None) -> None:
        self._put(cmd.PlayPrompt(call=call.id, play=f"{call.id}.p{play}", prompt=prompt, leg=leg.id if leg else None))

    def stop_play(self, call: Call, play: int) -> None:
        self._put(cmd.StopPrompt(call=call.id, play=f"{call.id}.p{play}"))

    def play_music(self, call: Call, prompt: str) -> None:
        self._put(cmd.PlayMusic(call=call.id, prompt=prompt))

    def stop_music(self, call: Call) -> None:
        self._put(cmd.StopMusic(call=call.id))

    def play_music_to(self, leg: Leg, prompt: str) -> None:
        self._put(cmd.PlayMusic(call=leg.call.id, prompt=prompt, leg=leg.id))

    def stop_music_to(self, leg: Leg) -> None:
        self._put(cmd.StopMusic(call=leg.call.id, leg=leg.id))

    def say_position(self, call: Call, play: int, position: int, expected_wait_us: Duration | None) -> None:
        self._put(
            cmd.SayPosition(
                call=call.id, play=f"{call.id}.p{play}", position=position, expected_wait_us=expected_wait_us
            )
        )

    def say_phrase(
        self, call: Call, play: int, phrase: cmd.Phrase, numbers: tuple[int, ...], digits: str, language: str
    ) -> None:
        self._put(
            cmd.SayPhrase(
                call=call.id,
                play=f"{call.id}.p{play}",
                phrase=phrase,
                numbers=numbers,
                digits=digits,
                language=language,
            )
        )

    def play_message(self, call: Call, play: int, recording: RecordingId) -> None:
        self._put(cmd.PlayMessage(call=call.id, play=f"{call.id}.p{play}", recording=recording))

    def open_mailbox(self, call: Call, request: int, box: int, language: str) -> None:
        self._put(cmd.OpenMailbox(call=call.id, request=f"{call.id}.q{request}", box=box, language=language))

    def collect_keys(self, call: Call, element: Element, keys: str, max_digits: int) -> None:
        self._put(cmd.CollectKeys(call=call.id, element=element.number, keys=keys, max_digits=max_digits))

    def stop_collecting(self, call: Call) -> None:
        self._put(cmd.StopCollecting(call=call.id))

    def start_recording(
        self, call: Call, recording: int, max_us: Duration, silence_us: Duration | None, both: bool
    ) -> None:
        self._put(
            cmd.StartRecording(
                call=call.id, recording=f"{call.id}.r{recording}", max_us=max_us, silence_us=silence_us, both=both
            )
        )

    def stop_recording(self, call: Call, recording: int) -> None:
        self._put(cmd.StopRecording(call=call.id, recording=f"{call.id}.r{recording}"))

    def ask_web_server(self, call: Call, request: int, url: str, body: str, timeout_us: Duration) -> None:
        self._put(
            cmd.AskWebServer(call=call.id, request=f"{call.id}.q{request}", url=url, body=body, timeout_us=timeout_us)
        )

    def send_message(self, command: cmd.SendMessage) -> None:
        self._put(command)

    def call_started(self, call: Call) -> None:
        self._put(
            note.CallStarted(
                call=call.id,
                flow=call.flow.digest,
                called=call.called,
                caller=call.caller,
                trunk=call.trunk,
                user=call.user,
                origin=call.origin,
                widget=call.visitor.widget if call.visitor is not None else "",
            )
        )

    def element_entered(self, call: Call, element: Element) -> None:
        self._put(note.ElementEntered(call=call.id, element=element.number, kind=element.kind))

    def element_left(self, call: Call, element: Element, exit_: Exit) -> None:
        self._put(
            note.ElementLeft(
                call=call.id, element=element.number, output=exit_.name, to=exit_.to or "", rule=exit_.rule
            )
        )

    def key_pressed(self, call: Call, element: Element, digit: str) -> None:
        self._put(note.KeyPressed(call=call.id, element=element.number, digit=digit))

    def call_queued(self, call: Call, queue: int, position: int) -> None:
        self._put(note.CallQueued(call=call.id, queue=queue, position=position))

    def call_offered(self, call: Call, queue: int, leg: Leg) -> None:
        self._put(note.CallOffered(call=call.id, queue=queue, member=leg.member_number(), leg=leg.id))

    def offer_missed(self, call: Call, queue: int, leg: Leg, cause: Cause, ring_us: Duration) -> None:
        self._put(
            note.OfferMissed(
                call=call.id, queue=queue, member=leg.member_number(), leg=leg.id, cause=cause, ring_us=ring_us
            )
        )

    def offer_withdrawn(self, call: Call, queue: int, leg: Leg, reason: str) -> None:
        self._put(note.OfferWithdrawn(call=call.id, queue=queue, member=leg.member_number(), leg=leg.id, reason=reason))

    def call_answered(self, call: Call, element: Element, leg: Leg, wait_us: Duration, rule: str) -> None:
        self._put(
            note.CallAnswered(
                call=call.id,
                element=element.number,
                leg=leg.id,
                user=leg.user.number if leg.user else None,
                number=leg.number,
                wait_us=wait_us,
                rule=rule,
            )
        )

    def call_abandoned(self, call: Call, queue: int, wait_us: Duration) -> None:
        self._put(note.CallAbandoned(call=call.id, queue=queue, wait_us=wait_us))

    def call_left_queue(self, call: Call, queue: int, output: str, wait_us: Duration, rule: str) -> None:
        self._put(note.CallLeftQueue(call=call.id, queue=queue, output=output, wait_us=wait_us, rule=rule))

    def call_refused(self, call: Call, queue: int, reason: str) -> None:
        self._put(note.CallRefused(call=call.id, queue=queue, reason=reason))

    def call_ended(self, call: Call, cause: Cause, party: Party, rule: str) -> None:
        self._put(
            note.CallEnded(
                call=call.id,
                cause=cause,
                party=party,
                started_at=call.started_at,
                answered_at=call.answered_at if call.answered else None,
                talk_us=call.talk_us,
                element=call.element.number if call.element else 0,
                rule=rule,
            )
        )

    def leg_started(self, leg: Leg) -> None:
        self._put(
            note.LegStarted(
                leg=leg.id,
                call=leg.call.id,
                user=leg.user.number if leg.user else None,
                number=leg.number,
                trunk=leg.trunk,
            )
        )

    def leg_finished(self, leg: Leg, cause: Cause) -> None:
        self._put(
            note.LegFinished(
                leg=leg.id, call=leg.call.id, cause=cause, answered=leg.answered_at >= 0, talk_us=leg.talk_us()
            )
        )

    def member_changed(self, user: UserState, state: str, queue: int | None, reason: str) -> None:
        self._put(note.MemberChanged(member=user.number, state=state, queue=queue, reason=reason))

    def note(self, message: note.Note) -> None:
        self._put(message)
