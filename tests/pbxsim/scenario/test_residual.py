"""What is left of a length: the law of the rest is S(e + x) / S(e), whatever the kind (Cox 1962, Renewal Theory, section 2.2)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pbxsim.scenario.distributions import parse
from pbxsim.scenario.residual import MOST_HAZARD, hazard, remaining

GRID = (np.arange(40_000) + 0.5) / 40_000
"""As many uniform numbers, evenly laid: the share of draws beyond x is the survival function, to 1/40,000."""

SHORT = {"kind": "uniform", "low": 1, "high": 10}
LONG = {"kind": "lognormal", "mu": 4.8497, "sigma": 0.9542}
KINDS: dict[str, Any] = {
    "uniform": {"kind": "uniform", "low": 20, "high": 200},
    "exponential": {"kind": "exponential", "mean": 120},
    "lognormal": LONG,
    "weibull": {"kind": "weibull", "shape": 0.7, "scale": 90},
    "gamma": {"kind": "gamma", "mean": 100, "scv": 0.4},
    "erlang": {"kind": "erlang", "phases": 3, "mean": 150},
    "hyperexponential": {"kind": "hyperexponential", "means": [20, 300], "weights": [2, 1]},
    "empirical": {"kind": "empirical", "values": [5, 30, 61, 90, 140, 200], "smooth": True},
    "piecewise": {"kind": "piecewise_hazard", "from": [0, 5, 60, 70], "rates": [0.02, 0.004, 0.03, 0.002]},
    "mixture": {"kind": "mixture", "parts": [{"weight": 0.3, "of": SHORT}, {"weight": 0.7, "of": LONG}]},
    "hastened": {"kind": "hastened", "of": {"kind": "weibull", "shape": 1.5, "scale": 200}, "factor": 1.7},
    "hastened mixture": {
        "kind": "hastened",
        "of": {"kind": "mixture", "parts": [{"weight": 1, "of": SHORT}, {"weight": 1, "of": LONG}]},
        "factor": 0.5,
    },
    "bounded": {"kind": "bounded", "of": LONG, "least": 30, "most": 400},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("elapsed_s", [0.0, 4.0, 25.0, 64.0, 130.0])
def test_the_rest_follows_the_law_given_the_age(kind: str, elapsed_s: float) -> None:
    law = parse(KINDS[kind])
    alive = law.survival(np.asarray([elapsed_s]))[0]
    rest = remaining(law, elapsed_s, GRID)
    assert (rest >= 0).all()
    for x in (0.5, 3.0, 20.0, 55.0, 111.0, 300.0, 1000.0):
        expected = law.survival(np.asarray([elapsed_s + x]))[0] / alive
        assert (rest > x).mean() == pytest.approx(expected, abs=2e-3), (kind, elapsed_s, x)


def test_a_law_without_memory_forgets_and_a_constant_is_over_at_its_length() -> None:
    assert np.array_equal(
        remaining(parse(KINDS["exponential"]), 500.0, GRID), parse(KINDS["exponential"]).quantile(GRID)
    )
    assert set(remaining(parse(60), 45.0, GRID)) == {15.0}
    assert np.isinf(remaining(parse({"kind": "never"}), 45.0, GRID)).all()


def test_what_has_outlived_its_law_is_drawn_as_if_it_began_now() -> None:
    assert set(remaining(parse(60), 61.0, GRID)) == {60.0}
    assert remaining(parse(KINDS["uniform"]), 900.0, GRID).max() <= 200


def test_the_hazard_is_that_of_the_survival_function_and_bounded() -> None:
    assert hazard(parse(KINDS["exponential"]), 240.0) == pytest.approx(2.0)
    assert hazard(parse(KINDS["piecewise"]), 60.0) == pytest.approx(5 * 0.02 + 55 * 0.004)
    assert hazard(parse(60), 61.0) == MOST_HAZARD
