"""Calls that users steer from their phones, in preview, in simulation and on real SIP (R-15.11).

Beside them: what no world may notice. A login from 000 and a supervisor who listens change nothing of what is decided, so there
is nothing of them for preview and simulation to show: they tell the call, and the bridge tells the same of it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from engine.analysis import preview
from engine.analysis.scripted_world import Script
from engine.contract import events as ev
from engine.contract import notes as note
from engine.loading.load import load
from tests.harness import rule
from tests.live_bridge.live import Live
from tests.live_bridge.sip.phone import Phone
from tests.parity.preview_world import MONDAY, previewed
from tests.parity.test_parity import PBX, agree
from tests.parity.worlds import Dials, Play, comparable, live, simulated

CODES = PBX + "settings: {codes: {spoken: false}}\n"
"""Codes that say nothing and hang up at once."""
TO_VERA = CODES.replace('"78121234567", to: 5000', '"78121234567", to: 102')
OFFICE = CODES.replace('"78121234567", to: 5000', '"78121234567", to: 5300')

Worlds = tuple[Callable[..., Live], Callable[..., Phone]]


@pytest.fixture
def worlds(start_live: Callable[..., Live], phones: Callable[..., Phone]) -> Worlds:
    return start_live, phones


def but_of(member: int, told: list[str]) -> list[str]:
    """What was told, without what that member is meanwhile: their phone is busy."""
    return [line for line in told if not (line.startswith("MemberChanged") and f"('member', {member})" in line)]


HANGS_UP = (2.0, ev.CallerHungUp(call="c1"))


@rule("R-15.11", "R-25.1")
def test_a_call_that_rings_at_a_user_is_picked_up_by_another(worlds: Worlds) -> None:
    play = Play(pbx=TO_VERA, answers_s={102: None, 103: None}, in_ring=(Dials(103, "**102"),), in_talk=(HANGS_UP,))
    told = agree(play, *worlds)
    assert any("ServiceUsed" in line and "'pickup'" in line and "('other', 'c1')" in line for line in told)
    assert any("CallAnswered" in line and "('user', 103)" in line for line in told)


@rule("R-15.11", "R-25.1")
def test_a_call_of_ones_group_is_picked_up_with_the_short_code(worlds: Worlds) -> None:
    play = Play(pbx=OFFICE, answers_s={102: None, 103: None}, in_ring=(Dials(103, "*8"),), in_talk=(HANGS_UP,))
    told = agree(play, *worlds)
    assert any("ServiceUsed" in line and "'group_pickup'" in line and "('other', 'c1')" in line for line in told)


@rule("R-15.11", "R-25.1")
def test_a_pick_up_by_somebody_of_no_group_finds_no_call(worlds: Worlds) -> None:
    play = Play(pbx=OFFICE, answers_s={102: 3.0, 100: None}, in_ring=(Dials(100, "*8"),), in_talk=(HANGS_UP,))
    told = agree(play, *worlds)
    assert any("ServiceUsed" in line and "('done', False)" in line for line in told)
    assert any("CallAnswered" in line and "('user', 102)" in line for line in told)


@rule("R-15.11", "R-25.1")
def test_a_parked_call_is_fetched_from_another_phone(worlds: Worlds) -> None:
    play = Play(
        pbx=TO_VERA,
        answers_s={102: 0.5, 103: None},
        in_talk=(
            (1.0, ev.TransferRequested(call="c1", to="*51", leg="c1.1")),
            (2.0, Dials(103, "*51")),
            (4.0, ev.CallerHungUp(call="c1")),
        ),
    )
    told = agree(play, *worlds)
    assert any("ElementEntered" in line and "'parking'" in line for line in told)
    assert any("CallAnswered" in line and "('user', 103)" in line for line in told)


@rule("R-15.11", "R-06.8", "R-25.1")
def test_forwarding_set_from_a_phone_sends_the_next_call_on(worlds: Worlds) -> None:
    play = Play(pbx=TO_VERA, answers_s={102: None, 103: 0.5}, codes=(Dials(102, "*72103"),))
    told = agree(play, *worlds)
    assert any("UserSettingChanged" in line and "'forwarding'" in line and "'103'" in line for line in told)
    assert any("CallAnswered" in line and "('user', 103)" in line for line in told)


@rule("R-15.11", "R-06.8", "R-25.1")
def test_forwarding_taken_back_rings_the_phone_again(worlds: Worlds) -> None:
    play = Play(pbx=TO_VERA, answers_s={102: 0.5, 103: None}, codes=(Dials(102, "*72103"), Dials(102, "*73")))
    told = agree(play, *worlds)
    assert any("CallAnswered" in line and "('user', 102)" in line for line in told)


@rule("R-06.11", "R-25.1")
def test_do_not_disturb_from_a_phone_is_what_preview_says_of_it(worlds: Worlds) -> None:
    pbx = TO_VERA.replace("102: {name: Vera}", "102: {name: Vera, no_answer: 103}")
    play = Play(pbx=pbx, answers_s={102: 0.5, 103: 0.5}, codes=(Dials(102, "*78"),))
    told = agree(play, *worlds)
    seen = preview.preview(load(pbx), MONDAY, trunk="spb", script=Script(users={102: "do_not_disturb"}))
    assert any("UserSettingChanged" in line and "'on'" in line for line in told)
    answered = [line for line in told if "CallAnswered" in line]
    assert seen.landing.user == (103 if answered else None)


@rule("R-11.8", "R-25.1", "R-25.4")
def test_a_time_rule_held_open_is_what_preview_says_of_it(worlds: Worlds) -> None:
    held = ev.OverrideSet(element=5400, mode="match")
    told = agree(Play(pbx=PBX, keys="3", set_up=(held,), answers_s={100: 0.5}), *worlds)
    script = Script(keys="3", overrides={5400: "match"}, users={101: "unreachable", 102: "unreachable"})
    seen = preview.preview(load(PBX), MONDAY, trunk="spb", script=script)
    assert seen.landing.user == 100 and any("CallAnswered" in line and "('user', 100)" in line for line in told)
    assert any("R-11.8" in line for line in told)


@rule("R-06.7", "R-25.1")
def test_a_transfer_to_a_group_rings_it(worlds: Worlds) -> None:
    play = Play(
        pbx=TO_VERA,
        answers_s={102: 0.5, 103: 0.5},
        in_talk=((1.0, ev.TransferRequested(call="c1", to="5300", leg="c1.1")), (4.0, ev.CallerHungUp(call="c1"))),
    )
    told = agree(play, *worlds)
    assert sum("CallAnswered" in line for line in told) == 2


@rule("R-23.11", "R-25.1")
def test_a_login_from_000_is_noticed_in_no_decision(worlds: Worlds) -> None:
    """Another phone rings from 000 while the call comes in: the bridge tells what the simulation tells, which knows of none."""
    play = Play(pbx=TO_VERA, answers_s={102: 0.5, 103: None})
    expected = simulated(play)
    assert previewed(play)[0] == expected

    class WithLogin(Live):
        def wait_until(self, holds: Callable[[], bool], timeout_s: float = 20.0) -> bool:
            if not self.logged and any(isinstance(one, note.LegStarted) for one in self.notes):
                self.logged = True
                self.driver.ring_for_login(103, "0417", lambda _: None)
            return super().wait_until(holds, timeout_s)

        logged = False

    def begin(*arguments: Any, **more: Any) -> Live:
        bridge = worlds[0](*arguments, **more)
        bridge.__class__ = WithLogin
        return bridge

    told, bridge = live(play, begin, worlds[1])
    assert isinstance(bridge, WithLogin) and bridge.logged and but_of(103, told) == but_of(103, expected)


@rule("R-19.5", "R-25.1")
def test_a_supervisor_who_listens_is_noticed_in_no_decision(worlds: Worlds) -> None:
    play = Play(pbx=TO_VERA, answers_s={102: 0.5, 103: 0.0}, talk_s=2.0)
    expected = simulated(play)
    assert previewed(play)[0] == expected
    heard: list[str] = []

    def begin(*arguments: Any, **more: Any) -> Live:
        bridge = worlds[0](*arguments, **more)

        def supervise() -> None:
            call = bridge.wait_note(note.CallAnswered).call
            bridge.driver.supervise(call, 103, "barge", None)
            while not heard and bridge.driver.calls_in_progress():
                heard.extend(one.mode for one in bridge.driver.supervised() if one.talking)
                time.sleep(0.02)

        threading.Thread(target=supervise, daemon=True).start()
        return bridge

    told, bridge = live(play, begin, worlds[1])
    assert heard == ["barge"] and but_of(103, told) == but_of(103, expected)
    assert told == comparable(bridge.notes)
