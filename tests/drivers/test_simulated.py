"""The simulated world is held to the contract of drivers. Its endings are counted by the engine's own books."""

from __future__ import annotations

from collections.abc import Generator
from datetime import date
from typing import Any

import pytest
import simpy

from engine.contract import events as ev
from engine.loading.load import load
from pbxsim.scenario.distributions import Constant
from pbxsim.scenario.scenario import (
    Answering,
    Arrivals,
    KeyChoice,
    Outside,
    Patience,
    PhoneBehaviour,
    Recorded,
    Scenario,
    Talk,
    Voicemail,
)
from pbxsim.world import driver as simulation
from pbxsim.world.world import World
from tests.drivers.contract import Doing, Driver, DriverContract, Record
from tests.heard import HeardWorld

ARRIVES_S = 10.0


class Simulated(Driver):
    """One replication with one caller."""

    def play(self, document: str, doing: Doing) -> Record:
        flow = load(document)
        behaviours = {
            user: PhoneBehaviour(no_answer=1.0) if after is None else PhoneBehaviour(delay=Constant(seconds=after))
            for user, after in doing.answers_s.items()
        }
        behaviours |= {user: PhoneBehaviour(delay=Constant(seconds=0), reject=1.0) for user in doing.rejects}
        choice = KeyChoice(choices={doing.key or "none": 1.0}, think=Constant(seconds=doing.key_after_s))
        scenario = Scenario(
            date=date(2026, 11, 23),
            hours=1,
            arrivals={
                "caller": Arrivals(trunk="moscow", recorded=Recorded(at_s=(ARRIVES_S,), callers=("84955551000",)))
            },
            keys={5000: choice},
            patience=Patience(default=Constant(seconds=36_000)),
            answering=Answering(users=behaviours),
            absent=tuple(user for user in flow.head.users if user not in behaviours),
            outside=Outside(
                delay=Constant(seconds=doing.outside_s or 1),
                no_answer=1.0 if doing.outside_s is None else 0.0,
                busy=0.0,
            ),
            talk=Talk(default=Constant(seconds=doing.talk_s), caller_hangs_up=1.0),
            voicemail=Voicemail(message=Constant(seconds=doing.message_s), no_message=0.0),
        )

        def people(world: World) -> Generator[simpy.Event, Any, None]:
            if doing.trunk_down:
                world.send(ev.TrunkStateChanged(trunk="moscow", state="failed"))
            if doing.hangs_up_at_s is None:
                return
            yield world.env.timeout(ARRIVES_S + doing.hangs_up_at_s)
            for call in [call for call in world.engine.tenant.calls.values() if not call.over]:
                world.send(ev.CallerHungUp(call=call.id))

        world = simulation.simulate_once(flow, scenario, processes=[people], make=HeardWorld)
        assert isinstance(world, HeardWorld)
        world.run_out()
        return Record(said=world.ear.lines, told=None, engine=world.engine)


class TestSimulated(DriverContract):
    """The suite, in the simulated world."""

    @pytest.fixture
    def driver(self) -> Driver:
        return Simulated()
