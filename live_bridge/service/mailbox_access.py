"""What calls may ask of mailboxes: the PIN and the messages of a box, and where a sound lies (R-09.6).

Decides nothing; puts together `voicemail_pins.py` and `mailboxes.py`.
"""

from __future__ import annotations

from pathlib import Path

from engine.contract import events as ev
from live_bridge.calls.mailbox_calls import Check
from live_bridge.media.recording import file_name
from live_bridge.service.mailboxes import Mailboxes
from live_bridge.service.voicemail_pins import VoicemailPins


class BoxesOfPbx:
    """Implements `calls.mailbox_calls.MailboxAccess`."""

    def __init__(self, boxes: Mailboxes, pins: VoicemailPins, recordings: Path) -> None:
        self._boxes, self._pins, self._recordings = boxes, pins, recordings

    def standing(self, box: int) -> Check:
        """See `MailboxAccess`."""
        return self._pins.standing(box)

    def check(self, box: int, pin: str) -> Check:
        """See `MailboxAccess`."""
        return self._pins.check(box, pin)

    def messages(self, box: int) -> tuple[ev.BoxMessage, ...]:
        """See `MailboxAccess`."""
        return self._boxes.messages(box)

    def file(self, recording: str) -> Path:
        """See `MailboxAccess`."""
        return self._recordings / file_name(recording)
