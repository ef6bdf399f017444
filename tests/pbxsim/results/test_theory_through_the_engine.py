"""The full flow engine against exact formulas: what is simulated must be the textbook's queue when the PBX is one.

Each row runs 20 replications and compares with the formula. The bound is three standard errors of the replications'
own spread, so one comparison in 370 would fail by chance with another seed; the seeds here are fixed and stated.
Warm-up is left out.
"""

from __future__ import annotations

import math
from typing import Any

import pytest

from pbxsim.results import queueing_theory
from pbxsim.results.estimate import Estimate
from pbxsim.results.results import Results
from pbxsim.runs.run import simulate
from pbxsim.scenario.distributions import parse
from tests.pbxsim.worlds import exponential, one_queue, steady

SEED = 20_261_123
REPS = 20


def within_three_errors(found: Estimate, exact: float) -> None:
    # The 95 % interval of 20 replications is 2.093 standard errors to each side.
    error = found.half_width / 2.093
    assert abs(found.mean - exact) <= 3 * error, (
        f"{found} against {exact:.6g}: {(found.mean - exact) / error:.2f} errors"
    )
    assert error < 0.25 * abs(exact) + 1e-9, "too little was simulated to say anything"


def run(agents: int, per_hour: float, hours: float, talk: Any, patience: Any, **fields: Any) -> Results:
    flow = one_queue(agents, fields.pop("lines", "unlimited"))
    scenario = steady(per_hour, hours, talk, patience, seed=SEED, **fields)
    return simulate(flow, scenario, REPS, keep_records=False, processes=1)


@pytest.mark.parametrize(
    ("arrivals_per_h", "service_s", "patience_s", "agents", "hours"),
    [(120.0, 300.0, 600.0, 10, 24.0), (360.0, 240.0, 120.0, 24, 10.0), (240.0, 180.0, 60.0, 10, 12.0)],
)
def test_exponential_patience_agrees_with_erlang_a(
    arrivals_per_h: float, service_s: float, patience_s: float, agents: int, hours: float
) -> None:
    found = run(
        agents,
        arrivals_per_h,
        hours,
        exponential(service_s),
        exponential(patience_s),
        measure={"from_s": 3600, "interval_min": 60},
    )
    exact = queueing_theory.erlang_a(arrivals_per_h / 3600, 1 / service_s, 1 / patience_s, agents)
    within_three_errors(found.figure("waited_share"), exact.wait_share)
    within_three_errors(found.figure("abandoned_of_offered"), exact.abandoned_share)
    within_three_errors(found.figure("wait_s"), exact.wait)
    within_three_errors(found.figure("service_level_of_offered"), exact.answered_within(20))
    within_three_errors(found.figure("occupancy"), exact.occupancy)


@pytest.mark.parametrize(
    "patience",
    [
        {"kind": "constant", "seconds": 60},
        {"kind": "uniform", "low": 0, "high": 240},
        {"kind": "hyperexponential", "means": [210, 30], "weights": [1, 1]},
        {"kind": "lognormal", "mean": 120, "scv": 1},
    ],
    ids=lambda value: value["kind"],
)
def test_general_patience_agrees_with_baccelli_and_hebuterne(patience: dict[str, Any]) -> None:
    """Deterministic patience shows errors that Erlang A hides: there P(Ab) is far smaller for the same mean."""
    found = run(10, 240.0, 12.0, exponential(150), patience, measure={"from_s": 3600, "interval_min": 60})
    exact = queueing_theory.m_m_n_g(240 / 3600, 1 / 150, parse(patience), 10)
    within_three_errors(found.figure("waited_share"), exact.wait_share)
    within_three_errors(found.figure("abandoned_of_offered"), exact.abandoned_share)
    within_three_errors(found.figure("wait_s"), exact.wait)


def test_endless_patience_agrees_with_erlang_c() -> None:
    found = run(8, 100.0, 60.0, exponential(180), {"kind": "never"}, measure={"from_s": 7200, "interval_min": 60})
    within_three_errors(found.figure("waited_share"), queueing_theory.erlang_c(5.0, 8))
    within_three_errors(found.figure("answer_speed_s"), queueing_theory.m_m_n(100 / 3600, 1 / 180, 8).wait)
    assert found.figure("abandoned").mean == 0


def test_full_trunk_agrees_with_erlang_b() -> None:
    """R-04.8: ten lines, members enough for all of them."""
    found = run(
        12, 160.0, 30.0, exponential(180), {"kind": "never"}, lines=10, measure={"from_s": 3600, "interval_min": 60}
    )
    within_three_errors(found.figure("calls_busy_share"), queueing_theory.erlang_b(8.0, 10))
    assert found.figure("waited_share").mean == 0
    assert math.isclose(found.figure("offered").mean + found.figure("calls_busy").mean, found.figure("calls").mean)
