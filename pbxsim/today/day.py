"""The scenario of a day under way: until now the calls that came, from now on those that are expected since.

Decides which kinds of call of a log a source brings: those of the queue that its calls enter at once, else all together. Leaves
the forecast to `forecast/intraday.py`.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from engine.numbers.digits import is_digits
from engine.state.flow import Flow
from pbxsim.forecast.intraday import SLOT_MIN, SLOTS, RestOfDay
from pbxsim.scenario.callers import Arrivals
from pbxsim.scenario.names import queues_of
from pbxsim.scenario.scenario import Scenario, ScenarioError

BUSYNESS_AT_LEAST: Final = 0.005
"""A smaller variation of days is none."""


def of_today(scenario: Scenario, flow: Flow, rest: RestOfDay) -> Scenario:
    """The day of `rest` by a scenario: its rates times what came over what was said of it the evening before, half hour by half
    hour, and from now on times what is expected now. A day that varies (`busyness`) varies as much as the rest of it still may.

    Raises ScenarioError where calls of the scenario are recorded.
    """
    recorded = [name for name, source in scenario.arrivals.items() if source.recorded is not None]
    if recorded:
        raise ScenarioError(
            tuple(f"arrivals `{name}`: recorded calls are no expectation; give rates instead" for name in recorded)
        )
    arrivals = {name: _of_source(source, scenario, flow, rest) for name, source in scenario.arrivals.items()}
    return scenario.replace(date=rest.date.date(), arrivals=arrivals)


def kind_of(source: Arrivals, flow: Flow, rest: RestOfDay) -> str | None:
    """The kind of the log that a source brings: the one called as the queue that its calls enter at once, or numbered so; None
    where the calls go elsewhere first, or the log knows no such kind."""
    entered = source.called
    if source.trunk is not None and source.trunk in flow.trunks and entered is None:
        entered = str(flow.document.head.trunks[source.trunk].to)
    known = queues_of(flow)
    number = int(entered) if entered is not None and is_digits(entered) else None
    if number not in known:
        return None
    called = {str(number), known[number].strip().casefold()}
    return next((kind for kind in rest.kinds if kind.strip().casefold() in called), None)


def _of_source(source: Arrivals, scenario: Scenario, flow: Flow, rest: RestOfDay) -> Arrivals:
    factors = rest.factors(kind_of(source, flow, rest))
    every = source.every_min if source.every_min is not None else SLOT_MIN
    rates = (
        source.calls
        if source.every_min is not None
        else (source.per_hour or 0.0) * every / 60 * np.ones(math.ceil(scenario.hours * 60 / every))
    )
    calls = []
    for n, rate in enumerate(rates):
        begin = scenario.start // 60 + n * every
        slots = np.arange(begin // SLOT_MIN, -(-(begin + every) // SLOT_MIN))
        today = slots[slots < SLOTS]
        calls.append(float(rate) * (float(factors[today].mean()) if len(today) else 1.0))
    changes: dict[str, object] = {"calls": tuple(calls), "every_min": every, "per_hour": None}
    if source.busyness is not None and not math.isnan(rest.spread):
        cv = min(source.busyness.cv, rest.spread)
        changes["busyness"] = source.busyness.model_copy(update={"cv": cv}) if cv > BUSYNESS_AT_LEAST else None
    return source.model_copy(update=changes)
