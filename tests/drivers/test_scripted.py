"""The scripted world of previews is held to the contract of drivers."""

from __future__ import annotations

import pytest

from engine.analysis import scripted_world
from engine.contract import events as ev
from engine.contract.ids import seconds
from engine.loading.load import load
from tests.drivers.contract import Doing, Driver, DriverContract, Record
from tests.harness import T0


class Scripted(Driver):
    """`engine.analysis.scripted_world`, its script made from what people do."""

    def play(self, document: str, doing: Doing) -> Record:
        flow = load(document)
        users = {number: scripted_world.UNREACHABLE for number in flow.head.users}
        users |= {number: scripted_world.NO_ANSWER for number, after in doing.answers_s.items() if after is None}
        users |= {number: scripted_world.ANSWERS for number, after in doing.answers_s.items() if after is not None}
        users |= dict.fromkeys(doing.rejects, scripted_world.REJECTS)
        delays = [after for after in (*doing.answers_s.values(), doing.outside_s) if after is not None]
        script = scripted_world.Script(
            keys=doing.key,
            key_after_s=doing.key_after_s,
            users=users,
            answer_after_s=min(delays, default=1.0),
            outside=scripted_world.ANSWERS if doing.outside_s is not None else scripted_world.NO_ANSWER,
            talk_s=doing.talk_s,
            message_s=doing.message_s,
            trunks={"moscow": "failed"} if doing.trunk_down else {},
        )
        world = scripted_world.ScriptedWorld(flow, script, T0)
        called = flow.trunks["moscow"].number
        if doing.hangs_up_at_s is not None:
            world.later(T0 + seconds(doing.hangs_up_at_s), ev.CallerHungUp(call="c1"))
        world.run(ev.CallArrived(call="c1", called=called, caller="84955551000", trunk="moscow"))
        return Record(said=world.lines, told=world.events, engine=world.engine)


class TestScripted(DriverContract):
    """The suite, in the scripted world."""

    @pytest.fixture
    def driver(self) -> Driver:
        return Scripted()

    def test_a_group_s_losers_are_cancelled(self, driver: Driver) -> None:
        """Everybody of a script picks up after the same time, so here the first placed wins."""
        record = self.run(driver, key="2", answers_s={101: None, 102: 3.0})
        assert [type(m).__name__ for _, m in record.said].count("CancelLeg") == 2
