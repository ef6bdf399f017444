"""A world that goes on from a present: what is left of talks and patience, who comes, and that nobody is lost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.contract.ids import SECOND_US, Instant
from engine.control.present import Present, PresentCall, PresentLeg, PresentMember, PresentSeat, PresentWait
from engine.state.flow import Flow
from pbxsim.scenario.scenario import Scenario
from pbxsim.world import driver
from pbxsim.world.resumed_world import DaySoFar, Lost, ResumedWorld, Start
from pbxsim.world.world import World
from tests.harness import rule
from tests.pbxsim.worlds import FIRST, example, exponential, one_queue, steady

QUEUE = 5200


def crowded(flow: Flow, scenario: Scenario, waiting: int, waited_s: float = 0.0, talked_s: float = 100.0) -> Present:
    """Every member talks since `talked_s`, and `waiting` callers have waited since `waited_s`."""
    at: Instant = scenario.begin(flow) + 1800 * SECOND_US
    members, calls = [], []
    since = at - round(talked_s * SECOND_US)
    for number in flow.head.users:
        seat = PresentSeat(queue=QUEUE, signed_in=True)
        members.append(PresentMember(user=number, state="talking", since=since, devices=1, seats=(seat,)))
        leg = PresentLeg(n=1, user=number, queue=QUEUE, placed_at=since, answered_at=since, ring_us=SECOND_US)
        calls.append(
            PresentCall(
                id=f"t{number}", started_at=since, trunk="main", element=QUEUE, kind="queue", answered=True, placed=1,
                talking=1, legs=(leg,),
            )
        )  # fmt: skip
    entered = at - round(waited_s * SECOND_US)
    for n in range(waiting):
        wait = PresentWait(queue=QUEUE, entered_at=entered, since=entered)
        calls.append(
            PresentCall(
                id=f"w{n}", started_at=entered, trunk="main", element=QUEUE, kind="queue", answered=True, wait=wait
            )
        )
    return Present(at=at, flow=flow.digest, members=tuple(members), calls=tuple(calls))


def run(flow: Flow, scenario: Scenario, start: Start, replications: int) -> list[ResumedWorld]:
    return [ResumedWorld(flow, scenario, scenario.seed, number, start).run() for number in range(replications)]


def quiet(patience: Any, talk: Any, hours: float = 4, **fields: Any) -> Scenario:
    """A day on which nobody new calls."""
    return steady(0, hours, talk, patience, **fields)


def test_those_who_wait_are_served_in_order_at_the_rate_at_which_talks_end() -> None:
    """Without arrivals and impatience the k-th of the queue waits k talks of a member among n: mean (k + 1) / 2 * talk / n."""
    flow, scenario = one_queue(10), quiet({"kind": "never"}, exponential(120))
    worlds = run(flow, scenario, Start(crowded(flow, scenario, 50)), 60)
    waits = [world.inherited[QUEUE].wait_us / 1e6 / 50 for world in worlds]
    assert all(world.inherited[QUEUE].answered == 50 for world in worlds)
    expected = 51 / 2 * 120 / 10
    assert np.mean(waits) == pytest.approx(expected, abs=3.5 * np.std(waits) / 60**0.5)


def test_patience_that_has_run_goes_on_running() -> None:
    flow = one_queue(2)
    scenario = quiet({"kind": "uniform", "low": 0, "high": 100}, {"kind": "constant", "seconds": 7000})
    worlds = run(flow, scenario, Start(crowded(flow, scenario, 20, waited_s=60)), 20)
    assert all(world.inherited[QUEUE].abandoned == 20 for world in worlds)
    waits = [world.inherited[QUEUE].wait_us / 1e6 / 20 for world in worlds]
    assert np.mean(waits) == pytest.approx(80.0, abs=1.5)  # uniform between 60 and 100, and not between 60 and 160


def test_a_talk_ends_by_what_is_left_of_it() -> None:
    flow = one_queue(1)
    scenario = quiet({"kind": "never"}, {"kind": "constant", "seconds": 180})
    world = run(flow, scenario, Start(crowded(flow, scenario, 2, waited_s=10, talked_s=100)), 1)[0]
    assert world.inherited[QUEUE].answered == 2
    assert world.inherited[QUEUE].wait_us / SECOND_US == pytest.approx((10 + 80) + (10 + 80 + 180))


def test_newcomers_come_at_the_rate_of_the_scenario_and_of_the_day_so_far() -> None:
    flow = one_queue(30)
    busy = {"main": {"trunk": "main", "per_hour": 120, "busyness": {"cv": 0.25}}}
    scenario = steady(1, 4, exponential(60), {"kind": "never"}, arrivals=busy)
    present = crowded(flow, scenario, 0)

    def came(known: dict[str, DaySoFar]) -> list[float]:
        worlds = run(flow, scenario, Start(present, known=known), 40)
        return [sum(tally.offered for tally in world.tallies[QUEUE][:12] if tally is not None) for world in worlds]

    plain, twice = came({}), came({"day": DaySoFar(came=2000, expected=1000.0)})
    assert np.mean(plain) == pytest.approx(120, abs=4 * 120 * 0.27 / 40**0.5)
    assert np.mean(twice) == pytest.approx(120 * 2016 / 1016, abs=4 * 238**0.5 / 40**0.5)
    assert np.std(twice) < np.std(plain)  # what is known of the day narrows it


def test_callers_who_got_nobody_may_still_dial_again() -> None:
    flow = one_queue(30)
    redial = {"after_abandon": {"share": 0.5, "delay": exponential(600)}}
    scenario = quiet({"kind": "never"}, exponential(60), redial=redial)
    present = crowded(flow, scenario, 0)
    lost = tuple(Lost("main", 1, present.at - 600 * SECOND_US) for _ in range(40))
    worlds = run(flow, scenario, Start(present, lost=lost), 25)
    again = [sum(tally.offered for tally in world.tallies[QUEUE] if tally is not None) for world in worlds]
    still = 0.5 * np.exp(-1) / (0.5 + 0.5 * np.exp(-1)) * (1 - np.exp(-6))
    assert np.mean(again) == pytest.approx(40 * still, abs=4 * (40 * still * (1 - still) / 25) ** 0.5)


def test_members_come_rest_and_go_by_the_roster_from_the_present_on() -> None:
    flow = one_queue(2)
    scenario = quiet(
        {"kind": "never"},
        {"kind": "constant", "seconds": 30},
        start="09:00",
        shifts=[
            {"members": [FIRST], "from": "09:00", "to": "09:40"},
            {"members": [FIRST + 1], "from": "09:50", "to": "13:00"},
        ],
    )
    present = crowded(flow, scenario, 3, talked_s=10)  # at 09:30 both are there, one of them off the roster
    world = run(flow, scenario, Start(present), 1)[0]
    states = {member.user: member for member in world.engine.present(world.engine.now).members}
    assert states[FIRST].devices == 0 and not states[FIRST].seats[0].signed_in
    assert states[FIRST + 1].devices == 1 and states[FIRST + 1].seats[0].signed_in


@rule("R-25.1", "R-25.3")
def test_a_present_taken_in_the_middle_of_the_example_day_goes_on_and_loses_nobody() -> None:
    flow, scenario = example()
    taken: list[tuple[Present, int]] = []

    def look(world: World) -> Any:
        for _ in range(19):
            yield world.env.timeout(3600 * (9.5 if not taken else 0.5))
            taken.append((world.engine.present(world.now), world.engine.tenant.calls.count))

    driver.simulate_once(flow, scenario, 4, (look,))
    assert sum(held for _, held in taken) > 20
    for present, held in taken:
        world = ResumedWorld(flow, scenario, 1, 0, Start(present))
        world.take_up()
        assert not world.left_out
        assert world.engine.tenant.calls.count == held == world.live
        again = world.engine.present(present.at)
        assert [(call.id, call.wait, call.talking) for call in again.calls] == [
            (call.id, call.wait, call.talking) for call in present.calls
        ]
        assert [(one.user, one.state, one.since) for one in again.members if one.state == "talking"] == [
            (one.user, one.state, one.since) for one in present.members if one.state == "talking"
        ]
        world = ResumedWorld(flow, scenario, 1, 0, Start(present)).run()
        assert ResumedWorld(flow, scenario, 1, 0, Start(present)).run().counts.values() == world.counts.values()
