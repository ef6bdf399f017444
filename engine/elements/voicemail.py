"""Voicemail (R-09): prompt, beep, recording, an e-mail. Also the last resort of a user's own rules (R-06.12).

Decides whether a message counts; leaves recording, silence and mail to the world.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from engine.contract import limits
from engine.contract import notes as note
from engine.contract.causes import Cause
from engine.contract.ids import Duration, Instant
from engine.document.card import Card
from engine.document.faults import Finding, TrialCall
from engine.document.models import EMail, Field, Head, Parameters, field_validator
from engine.state.actions import Actions
from engine.state.call import Call, Visit
from engine.state.element import Element, Ending, Step


class VoicemailParameters(Parameters):
    """Parameters of a voice mailbox (R-09)."""

    kind: Literal["voicemail"] = "voicemail"
    prompt: str | None = Field(default=None, description="Sound before the beep (R-09.5).")
    full_prompt: str | None = Field(default=None, description="Sound when the box is full (R-09.4).")
    recipients: tuple[EMail, ...] = Field(
        default=(),
        max_length=limits.RECIPIENTS,
        description="E-mail addresses that get the messages, at most 10 (R-09.2).",
    )
    format: Literal["mp3", "wav"] = Field(default="mp3", description="Form of the attached message (R-09.2).")

    @field_validator("recipients", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value


class Speaking(Visit):
    """One call's visit at a mailbox."""

    def __init__(self) -> None:
        self.play = 0
        self.recording = 0
        self.full = False


class Voicemail(Element):
    """A voice mailbox, compiled. `number` is the box."""

    kind: ClassVar[str] = "voicemail"
    rule: ClassVar[str] = "R-09"
    Parameters = VoicemailParameters
    waits: ClassVar[bool] = True
    answers: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        icon="voicemail",
        color="#be123c",
        color_dark="#fb7185",
        shape="store",
        block=5100,
        place=7,
        first=("name", "prompt", "recipients"),
    )

    def __init__(self, number: int, parameters: VoicemailParameters, head: Head) -> None:
        super().__init__(number, parameters.name)
        self.prompt = parameters.prompt
        self.full_prompt = parameters.full_prompt
        self.recipients = parameters.recipients or head.settings.voicemail_recipients
        self.format: str = parameters.format

    def unwise(self, start: Instant, end: Instant) -> list[Finding]:
        """Messages that are sent to nobody (R-09.2)."""
        return [] if self.recipients else [no_recipient("recipients", self.words(), TrialCall(number=str(self.number)))]

    def unheard(self) -> Step:
        return Ending(Cause.NO_ANSWER, "R-17.4")

    def enter(self, at: Instant, call: Call, actions: Actions) -> Step:
        actions.answer(at, call)
        visit = Speaking()
        call.visit = visit
        if actions.messages_in(self.number) >= limits.BOX_MESSAGES:
            visit.full = True
            if actions.wants_notes():
                actions.note(note.MessageDropped(call=call.id, box=self.number, reason="box full", rule="R-09.4"))
            if self.full_prompt is None:
                return Ending(Cause.NORMAL_CLEARING, "R-09.4")
            visit.play = actions.play(call, self.full_prompt, visit)
        elif self.prompt is None:
            self._record(call, visit, actions)
            actions.collect(call, self, "#", 1)
        else:
            visit.play = actions.play(call, self.prompt, visit)
            actions.collect(call, self, "#", 1)
        return None

    def _record(self, call: Call, visit: Speaking, actions: Actions) -> None:
        visit.play = 0
        visit.recording = actions.record(call, visit, limits.MESSAGE_LONGEST_US, limits.MESSAGE_SILENCE_US)

    def collects_key(self, call: Call, digit: str) -> bool:
        visit = call.visit
        assert isinstance(visit, Speaking)
        return digit == "#" and not visit.full

    def key_pressed(self, at: Instant, call: Call, actions: Actions, digit: str) -> Step:
        visit = call.visit
        assert isinstance(visit, Speaking)
        if digit != "#" or visit.full:
            return None
        actions.key_pressed(call, self, digit)
        if visit.recording:
            actions.stop_recording(call, visit.recording)
        elif visit.play:
            actions.stop_play(call, visit.play)
            self._record(call, visit, actions)
        return None

    def prompt_ended(self, at: Instant, call: Call, actions: Actions, play: int, reason: str) -> Step:
        visit = call.visit
        assert isinstance(visit, Speaking)
        if play != visit.play:
            return None
        if visit.full:
            return Ending(Cause.NORMAL_CLEARING, "R-09.4")
        self._record(call, visit, actions)
        return None

    def recording_ended(
        self, at: Instant, call: Call, actions: Actions, visit: Visit, recording: int, length_us: Duration, reason: str
    ) -> Step:
        if length_us < limits.MESSAGE_SHORTEST_US or reason == "failed":
            if actions.wants_notes():
                why = "recording failed" if reason == "failed" else "too short"
                actions.note(note.MessageDropped(call=call.id, box=self.number, reason=why, rule="R-09.3"))
        else:
            actions.message_left(self.number)
            if actions.wants_notes():
                actions.note(
                    note.MessageLeft(
                        call=call.id, box=self.number, recording=f"{call.id}.r{recording}", length_us=length_us
                    )
                )
            if self.recipients:
                actions.send_voice_message(call, self.number, self.recipients, self.format, recording, length_us)
        return Ending(Cause.NORMAL_CLEARING, "R-09.5")

    def left(self, at: Instant, call: Call, actions: Actions) -> None:
        visit = call.visit
        assert isinstance(visit, Speaking)
        if visit.play and not call.over:
            actions.stop_play(call, visit.play)
        actions.stop_collecting(call)


def no_recipient(field: str, whose: str, example: TrialCall) -> Finding:
    """A mailbox whose messages are sent to nobody is unwise (R-09.2)."""
    return Finding(
        code="no-recipient",
        rule="R-09.2",
        message=f"messages for {whose} are sent to nobody: they are heard only in the history of calls",
        remedy=f"Add {field}: with an e-mail address, or settings: {{voicemail_recipients: ...}} for all that have none",
        example=example,
    )
