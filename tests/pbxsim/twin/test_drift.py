"""Drift: what differs is flagged with its size, what holds is left alone, however often one looks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.records.forecast import Drift
from pbxsim.scenario.scenario import Scenario
from pbxsim.twin import backtest
from pbxsim.twin.drift import Evidence
from pbxsim.twin.observer import Observer
from tests.pbxsim.worlds import example, exponential, one_queue, steady


def evidence(ratio: float, events: int, cv: float = 0.0, seed: int = 1) -> tuple[Evidence, bool]:
    """Evidence after a look at every event of a Poisson stream that is `ratio` times as fast, and whether it was ever flagged."""
    found = Evidence("arrivals", "main", cv)
    for gap in np.random.default_rng(seed).exponential(1 / ratio, events):
        found.expected += float(gap)
        found.look()
        found.seen += 1
        found.look()
    return found, found.told(1).flagged


def test_a_scenario_that_holds_is_hardly_ever_flagged_though_one_looks_at_every_event() -> None:
    """300 streams, 400 looks each, seeds 1 to 300: at most 5 % are ever flagged, and the interval holds the truth in 95 %."""
    told = [evidence(1.0, 200, seed=seed) for seed in range(1, 301)]
    assert sum(flagged for _, flagged in told) / 300 <= 0.05
    inside = [one.told(1).low <= 1.0 <= one.told(1).high for one, _ in told]
    assert sum(inside) / 300 >= 0.95


@pytest.mark.parametrize("ratio", [0.6, 1.5, 2.0])
def test_what_comes_faster_or_slower_is_flagged_with_its_size(ratio: float) -> None:
    told = evidence(ratio, 300)[0].told(5)
    assert told.flagged and told.p <= 0.05
    assert told.low < ratio < told.high and told.high / told.low < 1.7
    assert told.ratio == pytest.approx(ratio, rel=0.15)


def test_a_busy_day_that_the_scenario_allows_is_no_drift() -> None:
    assert evidence(1.3, 400)[1]
    assert not evidence(1.3, 400, cv=0.173)[1]
    assert evidence(2.5, 400, cv=0.173)[1]


def test_nothing_seen_says_nothing() -> None:
    told = Evidence("talk", "5200").told(3)
    assert (told.seen, told.expected, told.ratio, told.p, told.flagged) == (0, 0.0, 1.0, 1.0, False)


def drifts(observer: Observer) -> dict[str, Drift]:
    """What an observer found, by what it is about."""
    return {one.what: one for one in observer.drift()}


def day(**fields: Any) -> Scenario:
    """Eight hours of a steady stream to members who cannot quite keep up."""
    answering = {"default": {"delay": {"kind": "lognormal", "mean": 4, "scv": 0.3}, "no_answer": 0.02}}
    return steady(60, 8, exponential(200), exponential(90), answering=answering).replace(**fields)


@pytest.mark.parametrize(
    ("what", "ratio", "changes"),
    [
        ("arrivals", 1.5, {"arrivals": {"main": {"trunk": "main", "per_hour": 90}}}),
        ("patience", 2.0, {"patience": {"default": exponential(45)}}),
        ("talk", 0.5, {"talk": {"default": exponential(400)}}),
    ],
)
def test_a_real_day_that_differs_in_one_thing_is_flagged_for_that_thing(
    what: str, ratio: float, changes: dict[str, Any]
) -> None:
    flow = one_queue(3)
    real = backtest.watched_day(flow, day(**changes), 11, 8.0, 8.0)
    seen = Observer(flow, day(), day().begin(flow))
    for event in real.events:
        seen.take(event)
    seen.look(real.observer.at)
    found = drifts(seen)
    assert found[what].flagged and found[what].low < ratio < found[what].high
    assert [name for name, one in found.items() if one.flagged] == [what]


def test_days_of_the_example_are_not_flagged() -> None:
    """Six days of its own scenario, busyness, redials and all; seeds 300 to 305."""
    flow, scenario = example()
    for number in range(300, 306):
        observer = backtest.watched_day(flow, scenario, number, 12.0, 20.0).observer
        found = drifts(observer)
        assert not [one for one in observer.drift() if one.flagged], number
        assert found["talk"].seen > 100 and found["patience"].expected > 5
