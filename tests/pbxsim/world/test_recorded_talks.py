"""Talks recorded by the document's word in a simulated day: noted, ended, and no call moves for it (R-24.4, R-25.3)."""

from __future__ import annotations

from datetime import date

from engine.contract import notes as note
from engine.loading.load import load
from pbxsim.scenario.distributions import Constant
from pbxsim.scenario.members import PhoneBehaviour
from pbxsim.scenario.scenario import Answering, Arrivals, Patience, Recorded, Scenario, Talk
from pbxsim.world import driver
from tests.harness import rule
from tests.heard import HeardWorld

PBX = """
pbx: example
zone: UTC
trunks: {spb: {number: "78121234567", to: 5200}}
elements:
  5200: {kind: queue, members: [100, 101], record: RECORD}
users: {100: {}, 101: {record: off}}
prompts: {music.wav: 20.0}
"""


def day(record: str, pbx: str = PBX, patience_s: float = 600.0) -> list[note.Note]:
    """Three calls of a minute each, of which 101 takes one."""
    scenario = Scenario(
        date=date(2026, 11, 23),
        hours=1,
        arrivals={"caller": Arrivals(trunk="spb", recorded=Recorded(at_s=(10.0, 20.0, 200.0), callers=("8916",) * 3))},
        answering=Answering(users={user: PhoneBehaviour(delay=Constant(seconds=2)) for user in (100, 101)}),
        talk=Talk(default=Constant(seconds=60)),
        patience=Patience(default=Constant(seconds=patience_s)),
    )
    world = driver.simulate_once(load(pbx.replace("RECORD", record)), scenario, make=HeardWorld)
    assert isinstance(world, HeardWorld)
    assert not world.engine.tenant.calls, "nothing is held"
    return [message for _, message in world.ear.lines if isinstance(message, note.Note)]


@rule("R-24.4")
def test_talks_are_noted_as_recorded_and_everything_else_stays_as_it_was() -> None:
    notes = day("on")
    answered = {one.call: one.user for one in notes if isinstance(one, note.CallAnswered)}
    recorded = [one for one in notes if isinstance(one, note.TalkRecorded)]
    assert {answered[one.call] for one in recorded} == {100}
    assert all(one.length_us == 60_000_000 and one.reason == "hangup" for one in recorded)
    plain = [one for one in notes if not isinstance(one, note.TalkRecorded | note.RecordingStarted)]
    assert [str(one).split("flow=")[0] for one in plain] == [str(one).split("flow=")[0] for one in day("default")]


@rule("R-24.4")
def test_announcement_comes_before_the_talk_and_takes_nothing_of_it() -> None:
    told = PBX.replace("prompts: {", "settings: {record_prompt: told.wav}\nprompts: {told.wav: 5.0, ")
    notes = day("on", told)
    recorded = [one for one in notes if isinstance(one, note.TalkRecorded)]
    talked = [one for one in notes if isinstance(one, note.CallEnded)]
    assert all(one.length_us == 60_000_000 for one in recorded) and recorded
    assert sorted(one.talk_us for one in talked) == [60_000_000, 65_000_000, 65_000_000]


@rule("R-24.4")
def test_nobody_loses_patience_while_it_is_announced() -> None:
    told = PBX.replace("prompts: {", "settings: {record_prompt: told.wav}\nprompts: {told.wav: 5.0, ")
    ended = [one for one in day("on", told, patience_s=4.0) if isinstance(one, note.CallEnded)]
    assert sorted(one.talk_us for one in ended) == [60_000_000, 65_000_000, 65_000_000]
