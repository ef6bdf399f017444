"""A talk that is recorded is announced on the wire: both phones hear the sound, then each other (R-24.4)."""

from __future__ import annotations

from collections.abc import Callable

from engine.contract import events as ev
from engine.contract import notes as note
from engine.control.engine import Engine
from engine.loading.load import load
from tests.harness import rule
from tests.live_bridge.live import OPERATOR, Live, password
from tests.live_bridge.sip.phone import Phone, status
from tests.live_bridge.sip.talk import hear_each_other, port_in

PBX = """
pbx: example
zone: UTC
trunks: {spb: {number: "78121234567", to: 5300}}
elements:
  5300: {kind: group, members: [100]}
users:
  100: {name: Anna}
settings: {record: true, record_prompt: beep.wav}
prompts: {music.wav: 20.0, beep.wav: 0.4}
"""


@rule("R-24.4")
def test_both_phones_hear_the_announcement_and_then_each_other(
    start_live: Callable[..., Live], phones: Callable[..., Phone]
) -> None:
    live = start_live(Engine(load(PBX)))
    member = phones("100", live)
    assert status(member.register(password(100))) == 200
    assert live.wait_until(lambda: any(isinstance(event, ev.DeviceRegistered) for _, event in live.journal))
    caller = phones("84955551000", live, port=OPERATOR)
    dialog, answer = caller.call("78121234567")
    assert status(answer) == 200
    live.wait_note(note.RecordingStarted)
    caller.media.wait_pitch(1000)  # the beep stands for the announcement
    member.media.wait_pitch(1000)
    hear_each_other(caller, port_in(answer), member, port_in(member.called().invite))
    caller.hang_up(dialog)
    assert live.wait_note(note.TalkRecorded).length_us > 0


@rule("R-24.4")
def test_talk_whose_announcement_is_missing_goes_on_unrecorded(
    start_live: Callable[..., Live], phones: Callable[..., Phone]
) -> None:
    live = start_live(Engine(load(PBX.replace("beep.wav", "nobody-has-it.wav"))))
    member = phones("100", live)
    assert status(member.register(password(100))) == 200
    assert live.wait_until(lambda: any(isinstance(event, ev.DeviceRegistered) for _, event in live.journal))
    caller = phones("84955551000", live, port=OPERATOR)
    dialog, answer = caller.call("78121234567")
    assert status(answer) == 200
    live.wait_note(note.DecisionMade, rule="R-24.4")
    hear_each_other(caller, port_in(answer), member, port_in(member.called().invite))
    caller.hang_up(dialog)
    live.wait_note(note.CallEnded)
    assert not any(isinstance(one, note.RecordingStarted | note.TalkRecorded) for one in live.notes)
