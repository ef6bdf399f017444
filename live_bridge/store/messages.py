"""Voice messages and e-mails in the live world's database (R-09).

Decides nothing of when they are sent or deleted. Leaves reading and writing as such to `rows.py`.
"""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from engine.contract.ids import Duration, Instant
from live_bridge.store import tables as t
from live_bridge.store.rows import Rows


class VoiceMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One message in a box (R-09)."""

    recording: str
    pbx: str
    call: str
    box: int
    caller: str
    left_at: Instant
    length_us: Duration
    file: str
    heard: bool = False


class Email(msgspec.Struct, frozen=True, kw_only=True):
    """One e-mail to be sent: `command` is the engine's SendMessage as JSON."""

    message: str
    pbx: str
    command: bytes
    born_at: Instant
    next_at: Instant
    tries: int = 0
    state: str = "waiting"
    reason: str = ""


class MessageRows(Rows):
    """The rows of messages and e-mails."""

    # --- voice messages ----------------------------------------------------------------------------------------------

    def voice_messages(self, pbx: str, box: int | None = None) -> list[VoiceMessage]:
        """Messages in one box, or in all, the latest first."""
        c = t.voice_messages.c
        query = sa.select(t.voice_messages).where(c.pbx == pbx).order_by(c.left_at.desc())
        if box is not None:
            query = query.where(c.box == box)
        return [_message(found) for found in self._all(query)]

    def voice_message(self, pbx: str, recording: str) -> VoiceMessage | None:
        """One message, or None."""
        c = t.voice_messages.c
        found = self._all(sa.select(t.voice_messages).where(c.recording == recording, c.pbx == pbx))
        return _message(found[0]) if found else None

    def messages_of(self, call: str) -> list[VoiceMessage]:
        """Messages that the caller of a call left, the first one first."""
        c = t.voice_messages.c
        return [
            _message(found)
            for found in self._all(sa.select(t.voice_messages).where(c.call == call).order_by(c.left_at))
        ]

    # --- e-mails -----------------------------------------------------------------------------------------------------

    def emails_waiting(self, pbx: str) -> list[Email]:
        """Letters not sent and not given up, the next one due first."""
        c = t.letters.c
        query = sa.select(t.letters).where(c.pbx == pbx, c.state == "waiting").order_by(c.next_at)
        return [Email(**found._mapping) for found in self._all(query)]

    def letter_tried(self, message: str, state: str, reason: str, next_at: Instant) -> None:
        """One more try of an e-mail: how it stands now."""
        c = t.letters
        with self._writing() as connection:
            connection.execute(
                c.update()
                .where(c.c.message == message)
                .values(state=state, reason=reason[:500], next_at=next_at, tries=c.c.tries + 1)
            )

    def emails_failed(self, pbx: str) -> list[Email]:
        """Letters given up, for the administrator (R-09.4)."""
        query = sa.select(t.letters).where(t.letters.c.pbx == pbx, t.letters.c.state == "failed")
        return [Email(**found._mapping) for found in self._all(query)]


def _message(found: Any) -> VoiceMessage:
    return VoiceMessage(
        recording=found.recording, pbx=found.pbx, call=found.call, box=found.box, caller=found.caller, left_at=found.left_at,
        length_us=found.length, file=found.file, heard=found.heard,
    )  # fmt: skip
