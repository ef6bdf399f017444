"""A user hears their mailbox by phone: PIN, keys by INFO and RFC 4733, the lamp. R-09.6, R-15.10, R-15.11."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract import notes as note
from engine.control.engine import Engine
from engine.loading.load import load
from live_bridge.media.session import Address, Media
from live_bridge.service.mailbox_access import BoxesOfPbx
from live_bridge.service.mailboxes import Mailboxes
from live_bridge.service.voicemail_pins import VoicemailPins
from live_bridge.store.store import Store
from tests.harness import rule
from tests.live_bridge.calls.baresip_phone import running
from tests.live_bridge.live import OPERATOR, Live, password
from tests.live_bridge.media.telephone import tone
from tests.live_bridge.sip.lamps.test_lamps import Desk
from tests.live_bridge.sip.phone import Dialog, Phone, status

DOCUMENT = """
pbx: example
trunks: {moscow: {number: "74951234567", to: 101}}
users: {101: {language: ru}, 102: {}}
outgoing: {default: moscow}
"""


class Trail:
    """An audit trail that remembers."""

    def __init__(self) -> None:
        self.deeds: list[tuple[str, str, dict[str, object]]] = []

    def keep_deed(self, action: str, flow: str, by: str, details: dict[str, object]) -> None:
        self.deeds.append((action, by, details))


class Box:
    """A bridge with mailboxes, and 101's phone."""

    def __init__(self, live: Live, boxes: Mailboxes, pins: VoicemailPins, phone: Phone) -> None:
        self.live, self.boxes, self.pins, self.phone = live, boxes, pins, phone
        self.dialog: Dialog
        self.port = 0

    def dial(self) -> None:
        """Call the mailbox."""
        self.dialog, answer = self.phone.call("*97", password=password(101))
        assert status(answer) == 200
        self.port = int(answer.split("m=audio ")[1].split()[0])

    def press(self, keys: str, by_info: bool = True) -> None:
        """Keys, by SIP INFO or as RFC 4733 packets."""
        for key in keys:
            if by_info:
                body = f"Signal={key}\r\nDuration=160\r\n"
                assert status(self.phone.request(self.dialog, "INFO", body, kind="application/dtmf-relay")) == 200
            else:
                self.phone.media.press(key, Address("127.0.0.1", self.port))

    def wait_said(self, kind: type[cmd.Command], **facts: object) -> None:
        """A command of the engine."""
        self.live.wait_until(
            lambda: any(isinstance(m, kind) and all(getattr(m, k) == v for k, v in facts.items())
                        for _, m in self.live.said)
        )  # fmt: skip
        assert [m for _, m in self.live.said if isinstance(m, kind)], f"no {kind.__name__} {facts}"


@pytest.fixture
def box(start_live: Callable[..., Live], phones: Callable[..., Phone], live_media: Media, tmp_path: Path) -> Box:
    live = start_live(Engine(load(DOCUMENT)), algorithms=("MD5", "SHA-256"))
    store = Store(f"sqlite:///{tmp_path / 'live.sqlite'}")
    boxes = Mailboxes(store, "example", live.driver.tell_messages)
    pins = VoicemailPins(tmp_path, Trail())
    live.driver.subscribe(boxes.take)
    live.driver.open_mailboxes(BoxesOfPbx(boxes, pins, live_media.recordings))
    return Box(live, boxes, pins, phones("101", live))


def leave_message(live: Live, operator: Phone, pitch_hz: float) -> None:
    """Somebody calls 101, who is not there, and says 4 s of a tone."""
    call = operator.begin("74951234567")
    answer = operator.final(call)
    assert status(answer) == 200
    live.wait_until(lambda: any(isinstance(m, cmd.StartRecording) for _, m in live.said))
    operator.media.say(tone(pitch_hz, 5.0), Address("127.0.0.1", int(answer.split("m=audio ")[1].split()[0])))
    operator.hang_up(call)
    live.wait_note(note.MessageLeft)


@rule("R-09.6", "R-15.10")
def test_user_listens_to_their_message_and_deletes_it(box: Box, phones: Callable[..., Phone]) -> None:
    """R-09.6: PIN by INFO, then the message's own sound, then the keys as RTP; the lamp goes out; no PIN in any record."""
    live = box.live
    box.pins.change(101, "4821", "admin")
    desk = Desk(phones("101", live), 101)
    lamp, answer = desk.subscribe("101", "message-summary")
    assert status(answer) == 200
    leave_message(live, phones("84955551000", live, port=OPERATOR), 700)
    desk.notified(lamp, "Messages-Waiting: yes", "Voice-Message: 1/0")
    box.dial()
    live.wait_note(note.ServiceUsed, service="voicemail")
    box.press("4820#")
    assert len(box.phone.media.wait_heard(50)), "it says that the PIN is wrong"
    live.wait_inside(lambda c: any(one.pin and one.pin.tries == 1 and not one.pin.checking
                                   for one in c.executor.calls.values()))  # fmt: skip
    box.press("4821#")
    checked = live.wait_note(note.MailboxChecked)
    assert (checked.result, checked.new, checked.old) == ("opened", 1, 0)
    box.wait_said(cmd.SayPhrase, phrase="message")
    box.wait_said(cmd.PlayMessage)
    box.phone.media.wait_pitch(700)
    live.wait_note(note.MessageMarked, state="heard")
    desk.notified(lamp, "Messages-Waiting: no", "Voice-Message: 0/1")
    box.press("9", by_info=False)
    live.wait_note(note.MessageMarked, state="new")
    desk.notified(lamp, "Messages-Waiting: yes", "Voice-Message: 1/0")
    box.press("4", by_info=False)
    live.wait_until(lambda: sum(isinstance(m, cmd.SayPhrase) and m.phrase == "message" for _, m in live.said) == 2)
    box.press("7", by_info=False)
    live.wait_note(note.MessageMarked, state="deleted")
    desk.notified(lamp, "Messages-Waiting: no", "Voice-Message: 0/0")
    assert live.wait_note(note.CallEnded, party="flow", rule="R-09.6", timeout_s=30.0)
    live.wait_idle()
    told = [event.digit for _, event in live.journal if isinstance(event, ev.DigitPressed)]
    assert told == ["9", "4", "7"], "the keys of a PIN come to no journal"
    messages = [m.language for _, m in live.said if isinstance(m, cmd.SayPhrase)]
    assert set(messages) == {"ru"}
    assert not list((live.driver._media.sounds.prepared / "messages").iterdir()), "no copy of a message stays"


@rule("R-09.6")
def test_box_is_locked_by_wrong_pins_and_closed_without_one(box: Box) -> None:
    """R-09.6: three tries a call, the fifth wrong one locks; a caller who hangs up while asked leaves nothing behind."""
    box.dial()
    assert box.live.wait_note(note.MailboxChecked).result == "no_pin"
    box.phone.hang_up(box.dialog)
    box.live.wait_note(note.CallEnded)
    box.pins.change(101, "4821", "admin")
    for expected in ("wrong_pin", "locked"):
        box.live.forget()
        box.dial()
        for wrong in ("1111#", "2222#", "3333#"):
            box.press(wrong)
            if wrong == "2222#" and expected == "locked":
                break
            if wrong != "3333#":
                tries = int(wrong[0])
                box.live.wait_inside(
                    lambda c, tries=tries: any(  # type: ignore[misc]
                        one.pin is not None and one.pin.tries == tries and not one.pin.checking
                        for one in c.executor.calls.values()
                    )
                )
        assert box.live.wait_note(note.MailboxChecked).result == expected
        box.phone.hang_up(box.dialog)
        box.live.wait_note(note.CallEnded)
    box.live.forget()
    box.pins.change(101, "4821", "admin")
    box.dial()
    box.press("48")
    box.phone.hang_up(box.dialog)
    box.live.wait_note(note.CallEnded)
    box.live.wait_idle()


@pytest.mark.debian
@rule("R-09.6", "R-15.10")
def test_baresip_hears_the_message_and_its_lamp_goes_out(
    box: Box, phones: Callable[..., Phone], tmp_path: Path
) -> None:
    """R-09.6: an independent phone dials, gives the PIN by RFC 4733, and hears what the caller said."""
    live = box.live
    box.pins.change(101, "4821", "admin")
    desk = Desk(phones("101", live), 101)
    lamp, _ = desk.subscribe("101", "message-summary")
    leave_message(live, phones("84955551000", live, port=OPERATOR), 700)
    desk.notified(lamp, "Voice-Message: 1/0")
    with running(tmp_path / "baresip", 101, live.port) as baresip:
        live.wait_event(ev.DeviceRegistered)
        baresip.command("dial", f"sip:*97@127.0.0.1:{live.port}")
        live.wait_note(note.ElementEntered, kind="mailbox")
        baresip.press("4821#")
        assert live.wait_note(note.MailboxChecked).result == "opened", baresip.log
        box.wait_said(cmd.PlayMessage)
        baresip.wait_pitch(700)
        live.wait_note(note.MessageMarked, state="heard")
        desk.notified(lamp, "Messages-Waiting: no", "Voice-Message: 0/1")
        baresip.press("7")
        live.wait_note(note.MessageMarked, state="deleted")
        desk.notified(lamp, "Voice-Message: 0/0")
        live.wait_note(note.CallEnded, party="flow", rule="R-09.6", timeout_s=30.0)
