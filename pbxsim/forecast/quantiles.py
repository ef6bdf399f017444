"""Ranges of counts by half hour: chance of Poisson around an expectation that itself varies from day to day.

Calls of a half hour are taken for negative binomial: a Poisson count whose rate has a gamma factor of mean 1 (Avramidis,
Deslandes and L'Ecuyer 2004). The variance of that factor is the day's, known from how far days were off, and the interval's and
the kind's own, learned from days that are over (`intraday.learn`).
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from scipy import stats

from pbxsim.forecast.calendars import Floats

SHARES: Final = {"p10": 0.1, "p90": 0.9}
LEAST: Final = 1e-6
"""A smaller variance is none."""


def of_counts(expected: Floats, variance: Floats | float) -> dict[str, Floats]:
    """Quantiles of counts with these means, whose rate has a factor of this `variance`; whole numbers."""
    varies = np.maximum(LEAST, np.broadcast_to(variance, expected.shape))
    told = {name: stats.nbinom.ppf(share, 1 / varies, 1 / (1 + expected * varies)) for name, share in SHARES.items()}
    return {name: np.where(expected > 0, values, 0.0) for name, values in told.items()}


def of_day(limits: tuple[float, float], calls: float) -> float:
    """Variance of a day's factor beside Poisson, from the p10 and p90 of its calls."""
    low, high = limits
    if not (low > 0 and calls > 0):
        return 0.0
    width = float(stats.norm.ppf(SHARES["p90"]) - stats.norm.ppf(SHARES["p10"]))
    return max(0.0, (math.log(high / low) / width) ** 2 - 1 / calls)
