"""What is left of a length of which some has passed: a talk that has lasted, a wait that was borne so far.

Decides the law of the rest given the elapsed part, P(X - e > x | X > e) = S(e + x) / S(e) (Cox 1962, Renewal Theory, section
2.2), drawn through the inverse as every length here is, and the cumulated hazard that a test of lengths still under way needs.
A mixture keeps its parts, each weighed by how likely it is to have lasted so long: after five minutes hardly any talk is one of
the short ones. Leaves the families to `distributions.py`.

>>> from pbxsim.scenario.distributions import parse
>>> float(remaining(parse({"kind": "uniform", "low": 0, "high": 10}), 4.0, np.array([0.5]))[0])
3.0
"""

from __future__ import annotations

from typing import Final

import numpy as np

from pbxsim.scenario.distributions import (
    Bounded,
    Distribution,
    Exponential,
    Floats,
    Hastened,
    Hyperexponential,
    Mixture,
)

OUTLIVED: Final = 1e-12
"""A length that reaches an age with no greater probability has outlived its law, and says nothing about the rest."""

MOST_HAZARD: Final = 25.0
"""The cumulated hazard of one length is counted up to here: beyond it the law has nothing to say."""


def remaining(distribution: Distribution, elapsed_s: float, uniform: Floats) -> Floats:
    """Seconds still to come after `elapsed_s`, for each uniform number of [0, 1); infinity means never.

    What has lasted longer than its law allows is drawn as if it began now.
    """
    if elapsed_s <= 0 or isinstance(distribution, Exponential):
        return distribution.quantile(uniform)
    if isinstance(distribution, Hyperexponential):
        return remaining(distribution.mixture(), elapsed_s, uniform)
    if _alive(distribution, elapsed_s) <= OUTLIVED:
        return distribution.quantile(uniform)
    if isinstance(distribution, Mixture):
        return _of_mixture(distribution, elapsed_s, uniform)
    if isinstance(distribution, Hastened):
        slower = -np.expm1(np.log1p(-uniform) / distribution.factor)
        return remaining(distribution.of, elapsed_s, slower)
    if isinstance(distribution, Bounded):
        if elapsed_s < distribution.least:
            return distribution.quantile(uniform) - elapsed_s
        rest = remaining(distribution.of, elapsed_s, uniform)
        return np.minimum(rest, distribution.most - elapsed_s)
    whole = distribution.quantile(1.0 - _alive(distribution, elapsed_s) * (1.0 - uniform))
    return np.asarray(np.maximum(whole - elapsed_s, 0.0))


def _of_mixture(mixture: Mixture, elapsed_s: float, uniform: Floats) -> Floats:
    weights = np.asarray([part.weight * _alive(part.of, elapsed_s) for part in mixture.parts])
    shares = weights / weights.sum()
    edges = np.cumsum(shares)
    chosen = np.minimum(np.searchsorted(edges, uniform, side="right"), len(shares) - 1)
    out = np.empty_like(uniform)
    for i, part in enumerate(mixture.parts):
        mine = chosen == i
        if mine.any():
            stretched = np.clip((uniform[mine] - (edges[i] - shares[i])) / shares[i], 0.0, 1 - 2**-53)
            out[mine] = remaining(part.of, elapsed_s, stretched)
    return out


def hazard(distribution: Distribution, seconds: float) -> float:
    """The cumulated hazard -log S(x): the ends expected by age x of one that is replaced as it ends."""
    return float(min(-np.log(max(_alive(distribution, seconds), 1e-300)), MOST_HAZARD))


def _alive(distribution: Distribution, seconds: float) -> float:
    return float(np.asarray(distribution.survival(np.asarray([seconds], dtype=np.float64)))[0])
