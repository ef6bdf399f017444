"""What can be said of a figure from several replications: its value, how sure it is, and whether two designs differ.

Decides the statistics: t-intervals over replications, ratios of sums with the delta method, paired differences
under common random numbers, control variates by regression, MSER-5 truncation and batch means for one long run.
Leaves the definition of figures to `metrics.py`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from pbxsim.scenario.distributions import Floats


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval of confidence; NaN bounds where there are too few replications to say."""

    mean: float
    low: float
    high: float
    replications: int
    confidence: float = 0.95

    @property
    def half_width(self) -> float:
        """Half the interval's length."""
        return (self.high - self.low) / 2

    def __str__(self) -> str:
        return f"{self.mean:.6g} [{self.low:.6g}, {self.high:.6g}]"


def mean_of(values: Sequence[float] | Floats, confidence: float = 0.95) -> Estimate:
    """The mean of independent values with its t-interval.

    >>> str(mean_of([1.0, 2.0, 3.0]))
    '2 [-0.484138, 4.48414]'
    """
    data = np.asarray(values, dtype=np.float64)
    return ratio_of(data, np.ones_like(data), confidence)


def ratio_of(above: Sequence[float] | Floats, below: Sequence[float] | Floats, confidence: float = 0.95) -> Estimate:
    """The ratio of sums over replications, with an interval by the delta method (Law 2015, section 9.4).

    NaN where nothing at all was counted below the line.
    """
    y = np.asarray(above, dtype=np.float64)
    x = np.asarray(below, dtype=np.float64)
    if len(y) != len(x):
        raise ValueError(f"{len(y)} values above the line but {len(x)} below")
    n = len(y)
    total = float(x.sum())
    if n == 0 or total == 0:
        return Estimate(math.nan, math.nan, math.nan, n, confidence)
    ratio = float(y.sum()) / total
    if n == 1:
        return Estimate(ratio, math.nan, math.nan, 1, confidence)
    rest = y - ratio * x
    error = math.sqrt(float(rest @ rest) / (n - 1) / n) / (total / n)
    half = float(special.stdtrit(n - 1, 0.5 + confidence / 2)) * error
    return Estimate(ratio, ratio - half, ratio + half, n, confidence)


def paired(first: Sequence[float] | Floats, second: Sequence[float] | Floats, confidence: float = 0.95) -> Estimate:
    """`second` minus `first`, replication by replication: under common random numbers most noise cancels."""
    one, two = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if len(one) != len(two):
        raise ValueError(f"{len(one)} replications cannot be paired with {len(two)}")
    return mean_of(two - one, confidence)


def paired_ratio(first: tuple[Floats, Floats], second: tuple[Floats, Floats], confidence: float = 0.95) -> Estimate:
    """The difference of two ratios of sums, `second` minus `first`, by the delta method on pairs of replications."""
    (y1, x1), (y2, x2) = first, second
    n = len(y1)
    if not n == len(x1) == len(y2) == len(x2):
        raise ValueError("replications that are to be paired must be as many")
    if n == 0 or not x1.sum() or not x2.sum():
        return Estimate(math.nan, math.nan, math.nan, n, confidence)
    r1, r2 = float(y1.sum() / x1.sum()), float(y2.sum() / x2.sum())
    if n == 1:
        return Estimate(r2 - r1, math.nan, math.nan, 1, confidence)
    rest = (y2 - r2 * x2) / x2.mean() - (y1 - r1 * x1) / x1.mean()
    error = math.sqrt(float(rest @ rest) / (n - 1) / n)
    half = float(special.stdtrit(n - 1, 0.5 + confidence / 2)) * error
    return Estimate(r2 - r1, r2 - r1 - half, r2 - r1 + half, n, confidence)


def controlled(
    values: Sequence[float] | Floats, controls: Floats, expected: Sequence[float] | Floats, confidence: float = 0.95
) -> Estimate:
    """The mean of `values`, corrected for how far the `controls` (one row a replication) came out from what is
    `expected`.

    The coefficients come from linear regression (Lavenberg and Welch 1981). A control that never varies is left
    out. With too few replications for the regression this is the plain mean.
    """
    y = np.asarray(values, dtype=np.float64)
    c = np.asarray(controls, dtype=np.float64).reshape(len(y), -1) - np.asarray(expected, dtype=np.float64)
    c = c[:, np.ptp(c, axis=0) > 1e-12]
    n, q = c.shape
    if q == 0 or n < q + 3:
        return mean_of(y, confidence)
    design = np.column_stack([np.ones(n), c])
    inverse = np.linalg.pinv(design.T @ design)
    coefficients = inverse @ design.T @ y
    rest = y - design @ coefficients
    degrees = n - q - 1
    error = math.sqrt(float(rest @ rest) / degrees * float(inverse[0, 0]))
    half = float(special.stdtrit(degrees, 0.5 + confidence / 2)) * error
    mean = float(coefficients[0])
    return Estimate(mean, mean - half, mean + half, n, confidence)


# --- one long run ----------------------------------------------------------------------------------------------------


def warm_up(values: Sequence[float] | Floats, batch: int = 5) -> int:
    """How many of the first `values` to leave out, by MSER-5 (White 1997): the cut that makes the rest's mean surest.

    At most half of the values are left out; if the best cut lies there, the run is too short, and ValueError says so.
    """
    data = np.asarray(values, dtype=np.float64)
    count = len(data) // batch
    if count < 10:
        raise ValueError(f"{len(data)} values are too few to find a warm-up; at least {10 * batch} are needed")
    batches = data[: count * batch].reshape(count, batch).mean(axis=1)
    # Sums over the tail from each cut on, all at once.
    tail = np.cumsum(batches[::-1])[::-1]
    squares = np.cumsum((batches**2)[::-1])[::-1]
    left = count - np.arange(count)
    spread = np.maximum(squares - tail**2 / left, 0.0) / left**2
    best = int(np.argmin(spread[: count // 2 + 1]))
    if best == count // 2:
        raise ValueError("the run is still warming up in its second half; make it longer")
    return best * batch


def batch_means(values: Sequence[float] | Floats, batches: int = 20, confidence: float = 0.95) -> Estimate:
    """The mean of a stationary series, with an interval from the means of equal batches.

    Batches are made fewer while neighbours still go together (lag-1 correlation above its 95 % bound), down to 10.
    Raises ValueError when even those do: the series is too short for an interval.
    """
    data = np.asarray(values, dtype=np.float64)
    for count in (batches, batches * 3 // 4, batches // 2):
        count = max(count, 10)
        if len(data) < count:
            raise ValueError(f"{len(data)} values are too few for {count} batches")
        means = data[: len(data) // count * count].reshape(count, -1).mean(axis=1)
        centred = means - means.mean()
        square = float(centred @ centred)
        lag = float(centred[1:] @ centred[:-1]) / square if square else 0.0
        if lag <= 1.96 / math.sqrt(count):
            return mean_of(means, confidence)
    raise ValueError("batches of this series still go together; make the run longer")
