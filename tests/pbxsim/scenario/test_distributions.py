"""Samplers: inverse, mean, variance and survival of every kind agree with each other, and bad parameters are
refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pydantic
import pytest

from pbxsim.scenario import distributions
from pbxsim.scenario.distributions import parse

KINDS: list[dict[str, Any]] = [
    {"kind": "exponential", "mean": 120},
    {"kind": "uniform", "low": 2, "high": 9},
    {"kind": "lognormal", "mean": 200, "scv": 1.4},
    {"kind": "lognormal", "mu": 4.9, "sigma": 0.88},
    {"kind": "weibull", "shape": 0.7, "scale": 90},
    {"kind": "gamma", "mean": 40, "scv": 0.5},
    {"kind": "erlang", "phases": 3, "mean": 60},
    {"kind": "hyperexponential", "means": [10, 300], "weights": [1, 3]},
    {"kind": "piecewise_hazard", "from": [0, 5, 10, 60], "rates": [0.002, 0.0, 0.01, 0.004]},
    {"kind": "mixture", "parts": [{"weight": 6, "of": {"kind": "uniform", "high": 10}}, {"weight": 94, "of": 180}]},
    {"kind": "empirical", "values": [3, 1, 4, 1, 5, 9, 2, 6]},
    {"kind": "empirical", "values": [3, 1, 4, 1.5, 5, 9, 2, 6], "smooth": True},
    {"kind": "bounded", "of": {"kind": "exponential", "mean": 50}, "least": 10, "most": 120},
    {"kind": "constant", "seconds": 7},
    {"kind": "hastened", "of": {"kind": "exponential", "mean": 90}, "factor": 1.7},
    {"kind": "hastened", "of": {"kind": "weibull", "shape": 0.9, "scale": 60}, "factor": 0.8},
    {"kind": "hastened", "of": {"kind": "piecewise_hazard", "from": [0, 10], "rates": [0.01, 0.004]}, "factor": 3},
]
MIDDLE = (np.arange(200_000) + 0.5) / 200_000


@pytest.mark.parametrize("value", KINDS, ids=str)
def test_quantiles_have_the_stated_mean_and_variance(value: dict[str, Any]) -> None:
    distribution = parse(value)
    drawn = distribution.quantile(MIDDLE)
    mean, variance = distribution.moments()
    assert drawn.mean() == pytest.approx(mean, rel=2e-3)
    assert drawn.var() == pytest.approx(variance, rel=2e-2, abs=1e-9)
    assert drawn.min() >= 0


@pytest.mark.parametrize("value", KINDS, ids=str)
def test_survival_is_the_share_of_quantiles_above(value: dict[str, Any]) -> None:
    distribution = parse(value)
    drawn = np.sort(distribution.quantile(MIDDLE))
    for at in (0.0, 4.2, 33.3, 150.0):
        above = 1 - np.searchsorted(drawn, at, side="right") / len(drawn)
        assert float(distribution.survival(np.asarray([at]))[0]) == pytest.approx(above, abs=2e-4)


@pytest.mark.parametrize("value", KINDS, ids=str)
def test_what_is_written_is_read_back(value: dict[str, Any]) -> None:
    distribution = parse(value)
    assert parse(distribution.model_dump(by_alias=True, exclude_none=True)) == distribution


def test_a_hazard_that_ends_at_zero_leaves_callers_who_never_give_up() -> None:
    distribution = parse({"kind": "piecewise_hazard", "from": [0, 10], "rates": [0.05, 0.0]})
    drawn = distribution.quantile(np.asarray([0.1, 0.3, 0.5, 0.99]))
    assert drawn[0] < drawn[1] < 10
    assert math.isinf(drawn[2]) and math.isinf(drawn[3])
    assert float(distribution.survival(np.asarray([1e9]))[0]) == pytest.approx(math.exp(-0.5))
    assert math.isinf(distribution.mean)


def test_a_bare_number_is_a_constant() -> None:
    assert parse(20) == distributions.Constant(seconds=20)


@pytest.mark.parametrize(
    "value",
    [
        -1,
        "soon",
        {"kind": "exponential", "mean": 0},
        {"kind": "exponential", "mean": -3},
        {"kind": "exponential", "mean": math.inf},
        {"kind": "exponential"},
        {"kind": "exponential", "mean": 3, "median": 2},
        {"kind": "normal", "mean": 3},
        {"kind": "lognormal", "mean": 3},
        {"kind": "lognormal", "mean": 3, "scv": 1, "mu": 1, "sigma": 1},
        {"kind": "uniform", "low": 5, "high": 4},
        {"kind": "hyperexponential", "means": [1, 2], "weights": [1]},
        {"kind": "piecewise_hazard", "from": [1, 5], "rates": [0.1, 0.1]},
        {"kind": "piecewise_hazard", "from": [0, 5, 5], "rates": [0.1, 0.1, 0.1]},
        {"kind": "piecewise_hazard", "from": [0], "rates": [-0.1]},
        {"kind": "empirical", "values": []},
        {"kind": "empirical", "values": [-1]},
        {"kind": "mixture", "parts": []},
        {"kind": "bounded", "of": 3, "least": 5, "most": 4},
        True,
    ],
    ids=str,
)
def test_impossible_parameters_are_refused(value: object) -> None:
    with pytest.raises(pydantic.ValidationError):
        parse(value)
