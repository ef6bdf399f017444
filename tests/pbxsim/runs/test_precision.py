"""Sequential stopping, paired comparison, control variates, warm-up and batch means."""

from __future__ import annotations

import numpy as np
import pytest

from pbxsim.results import estimate, queueing_theory
from pbxsim.runs.precision import compare, controlled, expected_calls, simulate_until, steady_state
from pbxsim.runs.run import simulate
from tests.pbxsim.worlds import example, exponential, one_queue, steady


def test_replications_go_on_until_the_interval_is_narrow_enough() -> None:
    scenario = steady(60, 4, exponential(180), exponential(120))
    found = simulate_until(one_queue(4), scenario, "service_level", half_width=0.02, processes=1)
    assert found.figure("service_level").half_width <= 0.02
    assert 10 < found.replications < 1000
    assert [sample.replication for sample in found.samples] == list(range(found.replications))
    bounded = simulate_until(one_queue(4), scenario, "service_level", half_width=0.0001, most=15, processes=1)
    assert bounded.replications == 15
    by_share = simulate_until(one_queue(4), scenario, "wait_s", relative=0.2, processes=1)
    wait = by_share.figure("wait_s")
    assert wait.half_width <= 0.2 * wait.mean


def test_impossible_wishes_are_refused() -> None:
    scenario = steady(60, 1, 60, 60)
    for wishes in ({}, {"half_width": 0.1, "relative": 0.1}, {"half_width": -1}, {"half_width": 0.1, "least": 3}):
        with pytest.raises(ValueError):
            simulate_until(one_queue(2), scenario, **wishes)  # type: ignore[arg-type]  # that is the point
    with pytest.raises(ValueError, match="other callers"):
        compare((one_queue(2), scenario), (one_queue(3), scenario.replace(seed=2)), 2)


def test_a_comparison_on_the_same_callers_is_far_surer() -> None:
    """One member more of ten: with common random numbers the variance of the difference falls several times."""
    scenario = steady(190, 4, exponential(180), exponential(120))
    found = compare((one_queue(10), scenario), (one_queue(11), scenario), 20, processes=1)
    better = found.figure("service_level")
    assert better.low > 0
    table = found.table.set_index("figure")
    assert table.loc["service_level", "sure"]
    assert table.loc["service_level", "variance_ratio"] > 3
    assert table.loc["calls", "difference"] == 0


def test_control_variates_narrow_the_interval_and_keep_the_mean() -> None:
    scenario = steady(190, 4, exponential(180), exponential(120))
    found = simulate(one_queue(10), scenario, 60, processes=1, keep_records=False)
    plain = found.figure("service_level")
    better = controlled(found, "service_level")
    assert better.half_width < 0.8 * plain.half_width
    assert abs(better.mean - plain.mean) < 2 * plain.half_width


def test_expected_calls_follow_the_rates_and_the_warm_up() -> None:
    _, scenario = example()
    assert expected_calls(scenario) == pytest.approx(366.06 + 73.2, abs=0.3)
    late = scenario.replace(measure={"from_s": 12 * 3600})
    assert expected_calls(late) < 0.75 * expected_calls(scenario)
    assert expected_calls(steady(60, 3, 1, 1, measure={"from_s": 1800})) == pytest.approx(150)


def test_a_long_run_finds_its_steady_state() -> None:
    scenario = steady(120, 400, exponential(300), exponential(600), measure={"interval_min": 30})
    found = simulate(one_queue(10), scenario, 1, processes=1, keep_records=False)
    wait, cut = steady_state(found, "wait_s")
    exact = queueing_theory.erlang_a(120 / 3600, 1 / 300, 1 / 600, 10).wait
    assert abs(wait.mean - exact) <= 3 * wait.half_width / 2.093
    assert 0 <= cut < 400


def test_the_warm_up_of_a_falling_start_is_found() -> None:
    rng = np.random.default_rng(4)
    series = rng.normal(10, 1, 1000) + 40 * np.exp(-np.arange(1000) / 30)
    cut = estimate.warm_up(series)
    assert 60 <= cut <= 250
    with pytest.raises(ValueError, match="too few"):
        estimate.warm_up(series[:20])
    with pytest.raises(ValueError, match="still warming up"):
        estimate.warm_up(np.arange(200.0))


def test_batch_means_refuse_a_series_that_never_settles() -> None:
    rng = np.random.default_rng(5)
    settled = estimate.batch_means(rng.normal(3, 1, 2000))
    assert settled.low < 3 < settled.high
    with pytest.raises(ValueError, match="still go together"):
        estimate.batch_means(np.arange(2000.0) + rng.normal(0, 1, 2000))


def test_ratio_intervals_cover_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(6)
    covered = 0
    for _ in range(400):
        below = rng.poisson(200, 15)
        above = rng.binomial(below, 0.8)
        found = estimate.ratio_of(above, below)
        covered += found.low <= 0.8 <= found.high
    assert 0.91 <= covered / 400 <= 0.98
