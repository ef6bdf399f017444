"""How good forecasts are: made on simulated days, at every half-hour, and held against what then happened there.

A simulated day stands for the real one: it has its own random numbers, and the twin learns of it what it would learn of a bridge,
its present state and its events. Decides which half-hours are judged: the second one of every forecast, whose calls come half an
hour to an hour later. Leaves the forecast to `forecast.py`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Generator
from typing import Any

import simpy

from engine.contract import notes as note
from engine.contract.ids import Instant
from engine.control.present import Present
from engine.records.forecast import Band
from engine.records.told import told
from engine.state.flow import Flow
from pbxsim.scenario.scenario import Scenario
from pbxsim.twin.forecast import forecast
from pbxsim.twin.observer import Event, Observer
from pbxsim.world import driver
from pbxsim.world.event_world import EventWorld
from pbxsim.world.resumed_world import DaySoFar, Lost, Start
from pbxsim.world.world import World

EVERY_S = 1800.0


@dataclasses.dataclass(frozen=True)
class Look:
    """What is known at one instant of a day."""

    present: Present
    known: dict[str, DaySoFar]
    lost: tuple[Lost, ...]


@dataclasses.dataclass(frozen=True)
class Watched:
    """A whole day as a twin sees it."""

    observer: Observer
    looks: list[Look]
    events: list[Event]


@dataclasses.dataclass(frozen=True)
class Judged:
    """One half-hour of one queue: the band of its mean wait, of its service level, and what they were."""

    day: int
    queue: int
    begin: Instant
    wait_band: Band
    wait_s: float
    service_band: Band | None
    service_level: float | None

    @property
    def held(self) -> bool:
        """Whether the band of waits held."""
        return self.wait_band.holds(self.wait_s)


def watched_day(
    flow: Flow, scenario: Scenario, day: int, from_hour: float, to_hour: float, every_s: float = EVERY_S
) -> Watched:
    """A simulated day as a twin sees it: its events to the end, and looks at it from one hour after its start to another."""
    observer = Observer(flow, scenario, scenario.begin(flow))
    looks: list[Look] = []
    events: list[Event] = []

    def look(world: World) -> Generator[simpy.Event, Any, None]:
        yield world.env.timeout(from_hour * 3600)
        while world.env.now <= to_hour * 3600:
            observer.look(world.now)
            looks.append(Look(world.engine.present(world.now), observer.known(), observer.lost()))
            yield world.env.timeout(every_s)

    def tell(at: Instant, message: note.Note) -> None:
        event = {"at": at, **told(message, "simulation")}
        events.append(event)
        observer.take(event)

    def make(flow: Flow, scenario: Scenario, seed: int, replication: int) -> EventWorld:
        return EventWorld(flow, scenario, replication, tell)

    world = driver.simulate_once(flow, scenario, day, (look,), make)
    observer.look(max(world.now, world.end))
    return Watched(observer, looks, events)


def judge(
    flow: Flow,
    scenario: Scenario,
    days: range,
    from_hour: float,
    to_hour: float,
    replications: int,
    every_s: float = EVERY_S,
) -> list[Judged]:
    """Every half-hour of these days in which calls came, of every queue. The twin's own random numbers are others."""
    twin = scenario.replace(seed=scenario.seed + 1_000_003)
    found: list[Judged] = []
    for day in days:
        watched = watched_day(flow, scenario, day, from_hour, to_hour, every_s)
        for look in watched.looks:
            start = Start(look.present, known=look.known, lost=look.lost)
            for queue in forecast(flow, twin, start, replications).queues:
                ahead = queue.half_hours[-1]
                seen = watched.observer.interval(queue.queue, ahead.begin, ahead.end)
                if ahead.wait_s is not None and seen.wait_s is not None:
                    found.append(
                        Judged(
                            day,
                            queue.queue,
                            ahead.begin,
                            ahead.wait_s,
                            seen.wait_s,
                            ahead.service_level,
                            seen.service_level,
                        )
                    )
    return found


def share_held(judged: list[Judged]) -> float:
    """Share of half-hours whose mean wait lay within its band, which is made to hold eight of ten."""
    return sum(one.held for one in judged) / len(judged)
