"""A user hears their mailbox by phone: the same in simulation and on real SIP. R-25.1, R-09.6."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.contract import events as ev
from engine.contract import notes as note
from live_bridge.calls.mailbox_calls import Check
from tests.harness import rule
from tests.live_bridge.live import Live
from tests.live_bridge.media.conftest import write_tone
from tests.live_bridge.sip.phone import Phone
from tests.parity.test_parity import agree
from tests.parity.worlds import PIN, Play

PBX = """
pbx: example
zone: UTC
trunks: {spb: {number: "78121234567", to: 101}}
users: {101: {name: Anna}}
outgoing: {default: spb}
"""


class OneBox:
    """The mailbox of 101, with two new messages."""

    def __init__(self, sound: Path) -> None:
        self._sound = sound

    def standing(self, box: int) -> Check:
        return "right"

    def check(self, box: int, pin: str) -> Check:
        return "right" if pin == PIN[:-1] else "wrong"

    def messages(self, box: int) -> tuple[ev.BoxMessage, ...]:
        return tuple(ev.BoxMessage(recording=f"{box}.r{n}") for n in (1, 2))

    def file(self, recording: str) -> Path:
        return self._sound


@rule("R-25.1", "R-25.2", "R-09.6")
def test_user_hears_one_message_and_deletes_the_other(
    start_live: Callable[..., Live], phones: Callable[..., Phone], tmp_path: Path
) -> None:
    """R-09.6: the first is played to its end and left, the second is deleted before it is heard."""
    write_tone(tmp_path / "message.wav", 600, 2.0)
    play = Play(
        pbx=PBX,
        dials=(101, "*97"),
        presses=((note.MessageMarked, "6"), (note.KeyPressed, "7"), (note.MessageMarked, "#")),
        mailbox=OneBox(tmp_path / "message.wav"),
        set_up=(ev.MailboxCounted(box=101, messages=2),),
    )
    told = agree(play, start_live, phones)
    assert sum("MessageMarked" in line for line in told) == 2 and sum("KeyPressed" in line for line in told) == 3
