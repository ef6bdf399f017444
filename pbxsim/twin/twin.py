"""The twin itself: what it knows of one PBX from look to look.

Decides which day of the scenario it is, which forecasts are kept to be held against what happens, and when they are judged: the
look nearest to every full half-hour, of which the second half-hour counts, once its calls are answered or gone. Knows no network
and no clock: whoever runs it hands in states and events (`cli/beside/twin.py` for a bridge). Leaves figures to `forecast.py`,
events to `observer.py`.
"""

from __future__ import annotations

import datetime
from collections import deque
from typing import Final

import msgspec

from engine.contract.ids import SECOND_US, Instant
from engine.control.present import Present
from engine.records.forecast import Forecast, Happened, Outlook, QueueForecast
from engine.state.flow import Flow
from pbxsim.scenario.scenario import Scenario, ScenarioError
from pbxsim.twin.forecast import REPLICATIONS, forecast
from pbxsim.twin.observer import Event, Observer
from pbxsim.world.resumed_world import SETTLE_US, Start

HALF_HOUR_US: Final = 1800 * SECOND_US
HAPPENED_KEPT: Final = 16


class Twin:
    """Follows one version of one PBX under one scenario, whose date is moved to the day it is."""

    def __init__(
        self, flow: Flow, scenario: Scenario, replications: int = REPLICATIONS, cap_us: int = SETTLE_US
    ) -> None:
        self.flow, self.template, self.replications = flow, scenario, replications
        self.cap_us = cap_us
        """After the end of a half-hour, until it is judged though calls of it still wait."""
        self.scenario: Scenario | None = None
        self.observer: Observer | None = None
        self.last_kept: Instant = -HALF_HOUR_US
        self.open: deque[tuple[int, Outlook, Instant]] = deque()
        """Queue, what was said of a half-hour, when."""
        self.happened: dict[int, deque[Happened]] = {}
        self.covered: dict[int, int] = {}
        self.judged: dict[int, int] = {}

    def take(self, event: Event) -> None:
        """One event of the PBX. Those before the first look of a day tell nothing yet."""
        if self.observer is not None:
            self.observer.take(event)

    def begin(self, at: Instant) -> Observer:
        """Follow the day of `at` from now on; what was known of another day is forgotten. Raises ScenarioError."""
        self.scenario = on_day_of(self.template, self.flow, at)
        self.observer = Observer(self.flow, self.scenario, at)
        self.open.clear()
        self.happened, self.covered, self.judged = {}, {}, {}
        self.last_kept = -HALF_HOUR_US
        return self.observer

    def look(self, present: Present) -> Forecast:
        """What a state says of the next hour, what came of earlier looks, and drift. Raises ScenarioError."""
        return self.told(self.simulate(self.start(present)))

    def start(self, present: Present) -> Start:
        """The first third of a look: what is known at its instant. Raises ScenarioError."""
        at = present.at
        observer = self.observer
        if observer is None or self.scenario is None or not _covers(self.scenario, self.flow, at):
            observer = self.begin(at)
        observer.look(at)
        return Start(present, known=observer.known(), lost=observer.lost())

    def simulate(self, start: Start) -> Forecast:
        """The second, which takes the time and touches nothing that events move: it may run in a thread of its own."""
        assert self.scenario is not None
        return forecast(self.flow, self.scenario, start, self.replications)

    def told(self, made: Forecast) -> Forecast:
        """The third: with what came of earlier looks, and drift."""
        observer, at = self.observer, made.at
        assert observer is not None
        self._judge(observer, at)
        if at - at % HALF_HOUR_US > self.last_kept:
            self.last_kept = at
            self.open.extend((queue.queue, queue.half_hours[-1], at) for queue in made.queues)
        return msgspec.structs.replace(
            made,
            queues=tuple(self._with_past(queue) for queue in made.queues),
            drift=observer.drift(),
            watched_since=observer.since,
        )

    def _judge(self, observer: Observer, at: Instant) -> None:
        """Hold half-hours that are over against what was said of them."""
        left: deque[tuple[int, Outlook, Instant]] = deque()
        for queue, outlook, said_at in self.open:
            if at < outlook.end or (
                observer.waits(queue, outlook.begin, outlook.end) and at < outlook.end + self.cap_us
            ):
                left.append((queue, outlook, said_at))
                continue
            seen = observer.interval(queue, outlook.begin, outlook.end)
            told = Happened(
                begin=outlook.begin,
                end=outlook.end,
                offered=seen.offered,
                answered=seen.answered,
                abandoned=seen.abandoned,
                wait_s=seen.wait_s,
                service_level=seen.service_level,
                ahead_s=(outlook.end - said_at) / SECOND_US,
                wait_band=outlook.wait_s,
                service_band=outlook.service_level,
            )
            self.happened.setdefault(queue, deque(maxlen=HAPPENED_KEPT)).append(told)
            if outlook.wait_s is not None and seen.wait_s is not None:
                self.judged[queue] = self.judged.get(queue, 0) + 1
                self.covered[queue] = self.covered.get(queue, 0) + outlook.wait_s.holds(seen.wait_s)
        self.open = left

    def _with_past(self, queue: QueueForecast) -> QueueForecast:
        return msgspec.structs.replace(
            queue,
            happened=tuple(self.happened.get(queue.queue, ())),
            covered=self.covered.get(queue.queue, 0),
            judged=self.judged.get(queue.queue, 0),
        )


def on_day_of(scenario: Scenario, flow: Flow, at: Instant) -> Scenario:
    """The scenario on the day whose hours hold `at`. Raises ScenarioError where its hours do not."""
    today = datetime.datetime.fromtimestamp(at / SECOND_US, scenario.zone_of(flow).tzinfo).date()
    for day in (today, today - datetime.timedelta(days=1)):
        moved = scenario if scenario.date == day else scenario.replace(date=day)
        if _covers(moved, flow, at):
            return moved
    raise ScenarioError((f"the scenario `{scenario.scenario}` says nothing about this hour of the day",))


def _covers(scenario: Scenario, flow: Flow, at: Instant) -> bool:
    begin = scenario.begin(flow)
    return begin <= at < begin + round(scenario.hours * 3600 * SECOND_US)
