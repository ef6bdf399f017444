"""Voicemail (R-09): prompt, beep, recording, a letter. Also the last resort of a user's own rules (R-06.12).

Decides whether a message counts; leaves recording, silence and mail to the world.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from engine.contract import limits
from engine.contract import notes as note
from engine.contract.causes import Cause
from engine.contract.ids import Duration, Instant
from engine.document.card import Card
from engine.document.faults import Finding, TrialCall
from engine.document.models import EMail, Field, Head, Parameters, field_validator
from engine.state.call import Call, Visit
from engine.state.element import Element, Ending, Step

if TYPE_CHECKING:
    from engine.control.tenant import Tenant


class VoicemailParameters(Parameters):
    """Parameters of a voice mailbox (R-09)."""

    kind: Literal["voicemail"] = "voicemail"
    prompt: str | None = Field(default=None, description="Sound before the beep (R-09.5).")
    full_prompt: str | None = Field(default=None, description="Sound when the box is full (R-09.4).")
    recipients: tuple[EMail, ...] = Field(
        default=(), max_length=limits.RECIPIENTS, description="1-10 e-mail addresses (R-09.2)."
    )
    format: Literal["mp3", "wav"] = Field(default="mp3", description="Attachment (R-09.2).")

    @field_validator("recipients", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value


class Speaking(Visit):
    """One call's stay at a mailbox."""

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
        self.recipients = parameters.recipients
        self.format: str = parameters.format

    def unwise(self, start: Instant, end: Instant) -> list[Finding]:
        """Messages that are sent to nobody (R-09.2)."""
        return [] if self.recipients else [no_recipient("recipients", self.words(), TrialCall(number=str(self.number)))]

    def enter(self, at: Instant, call: Call, tenant: Tenant) -> Step:
        tenant.answer(at, call)
        visit = Speaking()
        call.visit = visit
        if tenant.boxes.get(self.number, 0) >= limits.BOX_MESSAGES:
            visit.full = True
            if tenant.out.wants_notes:
                tenant.out.note(note.MessageDropped(call=call.id, box=self.number, reason="box full", rule="R-09.4"))
            if self.full_prompt is None:
                return Ending(Cause.NORMAL_CLEARING, "R-09.4")
            visit.play = tenant.play(call, self.full_prompt, visit)
        elif self.prompt is None:
            self._record(call, visit, tenant)
            tenant.collect(call, self, "#", 1)
        else:
            visit.play = tenant.play(call, self.prompt, visit)
            tenant.collect(call, self, "#", 1)
        return None

    def _record(self, call: Call, visit: Speaking, tenant: Tenant) -> None:
        visit.play = 0
        visit.recording = tenant.record(call, visit, limits.MESSAGE_LONGEST_US, limits.MESSAGE_SILENCE_US)

    def key_pressed(self, at: Instant, call: Call, tenant: Tenant, digit: str) -> Step:
        visit = call.visit
        assert isinstance(visit, Speaking)
        if digit != "#" or visit.full:
            return None
        tenant.out.key_pressed(call, self, digit)
        if visit.recording:
            tenant.stop_recording(call, visit.recording)
        elif visit.play:
            tenant.stop_play(call, visit.play)
            self._record(call, visit, tenant)
        return None

    def prompt_ended(self, at: Instant, call: Call, tenant: Tenant, play: int, reason: str) -> Step:
        visit = call.visit
        assert isinstance(visit, Speaking)
        if play != visit.play:
            return None
        if visit.full:
            return Ending(Cause.NORMAL_CLEARING, "R-09.4")
        self._record(call, visit, tenant)
        return None

    def recording_ended(
        self, at: Instant, call: Call, tenant: Tenant, visit: Visit, recording: int, length_us: Duration, reason: str
    ) -> Step:
        if length_us < limits.MESSAGE_SHORTEST_US or reason == "failed":
            if tenant.out.wants_notes:
                why = "recording failed" if reason == "failed" else "too short"
                tenant.out.note(note.MessageDropped(call=call.id, box=self.number, reason=why, rule="R-09.3"))
        else:
            tenant.boxes[self.number] = tenant.boxes.get(self.number, 0) + 1
            if tenant.out.wants_notes:
                tenant.out.note(
                    note.MessageLeft(
                        call=call.id, box=self.number, recording=f"{call.id}.r{recording}", length_us=length_us
                    )
                )
            if self.recipients:
                tenant.send_voice_message(call, self.number, self.recipients, self.format, recording, length_us)
        return Ending(Cause.NORMAL_CLEARING, "R-09.5")

    def left(self, at: Instant, call: Call, tenant: Tenant) -> None:
        visit = call.visit
        assert isinstance(visit, Speaking)
        if visit.play and not call.over:
            tenant.stop_play(call, visit.play)
        tenant.stop_collecting(call)


def no_recipient(field: str, whose: str, example: TrialCall) -> Finding:
    """What is unwise about mailboxes whose messages nobody is sent (R-09.2)."""
    return Finding(
        code="no-recipient",
        rule="R-09.2",
        message=f"messages for {whose} are sent to nobody: they are heard only in the history of calls",
        remedy=f"Add {field}: with an e-mail address",
        example=example,
    )
