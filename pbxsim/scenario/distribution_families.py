"""Families of lengths in closed form, and what every distribution is: its inverse, its survival, its moments.

Decides the base class and the families of one or two parameters. Leaves tables, mixtures and how a scenario writes a
distribution to `distributions.py`, which hands everything of this file on.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

import numpy as np
import numpy.typing as npt
import pydantic
from pydantic import Field
from scipy import special

Floats = npt.NDArray[np.float64]

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]


class Distribution(pydantic.BaseModel):
    """Base of all kinds. `quantile` takes uniform numbers of [0, 1) and gives seconds; infinity means never."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    def quantile(self, uniform: Floats) -> Floats:
        """The inverse of the distribution function at each of `uniform`, seconds."""
        raise NotImplementedError

    def survival(self, seconds: Floats) -> Floats:
        """P(X > x) for each x of `seconds`, 0 to 1."""
        raise NotImplementedError

    def moments(self) -> tuple[float, float]:
        """Mean in seconds and variance in square seconds; infinite where they do not exist."""
        raise NotImplementedError

    def breaks(self) -> tuple[float, ...]:
        """Where the survival function jumps or bends, seconds: places an integral must be cut at."""
        return ()

    @property
    def mean(self) -> float:
        """Seconds."""
        return self.moments()[0]

    @property
    def scv(self) -> float:
        """Variance over squared mean; 1 for the exponential, 0 for a constant."""
        mean, variance = self.moments()
        return variance / (mean * mean) if mean else 0.0


class Constant(Distribution):
    """Always `seconds`."""

    kind: Literal["constant"] = "constant"
    seconds: NotNegative

    def quantile(self, uniform: Floats) -> Floats:
        return np.full_like(uniform, self.seconds)

    def survival(self, seconds: Floats) -> Floats:
        return (np.asarray(seconds) < self.seconds).astype(np.float64)

    def moments(self) -> tuple[float, float]:
        return self.seconds, 0.0

    def breaks(self) -> tuple[float, ...]:
        return (self.seconds,)


class Never(Distribution):
    """Infinitely long: a caller who never gives up, a phone nobody picks up."""

    kind: Literal["never"] = "never"

    def quantile(self, uniform: Floats) -> Floats:
        return np.full_like(uniform, math.inf)

    def survival(self, seconds: Floats) -> Floats:
        return np.ones_like(np.asarray(seconds, dtype=np.float64))

    def moments(self) -> tuple[float, float]:
        return math.inf, math.inf


class Exponential(Distribution):
    """Without memory, by its mean."""

    kind: Literal["exponential"] = "exponential"
    mean_s: Positive = Field(alias="mean")

    def quantile(self, uniform: Floats) -> Floats:
        return np.asarray(-self.mean_s * np.log1p(-uniform))

    def survival(self, seconds: Floats) -> Floats:
        return np.exp(-np.asarray(seconds) / self.mean_s)

    def moments(self) -> tuple[float, float]:
        return self.mean_s, self.mean_s**2


class Uniform(Distribution):
    """Any length between `low` and `high` alike."""

    kind: Literal["uniform"] = "uniform"
    low: NotNegative = 0.0
    high: Positive

    @pydantic.model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.high < self.low:
            raise ValueError("high must not be below low")
        return self

    def quantile(self, uniform: Floats) -> Floats:
        return self.low + (self.high - self.low) * uniform

    def survival(self, seconds: Floats) -> Floats:
        width = self.high - self.low
        if width == 0:
            return (np.asarray(seconds) < self.low).astype(np.float64)
        return np.clip((self.high - np.asarray(seconds)) / width, 0.0, 1.0)

    def moments(self) -> tuple[float, float]:
        return (self.low + self.high) / 2, (self.high - self.low) ** 2 / 12

    def breaks(self) -> tuple[float, ...]:
        return self.low, self.high


class Lognormal(Distribution):
    """Talk times (Brown et al. 2005, section 4.3). Give `mean` and `scv`, or `mu` and `sigma` of the logarithm."""

    kind: Literal["lognormal"] = "lognormal"
    mean_s: Positive | None = Field(default=None, alias="mean")
    scv_: Positive | None = Field(default=None, alias="scv")
    mu: Annotated[float, Field(allow_inf_nan=False)] | None = None
    sigma: Positive | None = None

    @pydantic.model_validator(mode="after")
    def _one_way(self) -> Self:
        by_mean = self.mean_s is not None and self.scv_ is not None
        by_log = self.mu is not None and self.sigma is not None
        if (
            by_mean == by_log
            or (self.mean_s is None) != (self.scv_ is None)
            or (self.mu is None) != (self.sigma is None)
        ):
            raise ValueError("a lognormal takes either mean and scv, or mu and sigma")
        return self

    def log_parameters(self) -> tuple[float, float]:
        """Mean and standard deviation of the logarithm."""
        if self.mu is not None and self.sigma is not None:
            return self.mu, self.sigma
        assert self.mean_s is not None and self.scv_ is not None
        variance = math.log1p(self.scv_)
        return math.log(self.mean_s) - variance / 2, math.sqrt(variance)

    def quantile(self, uniform: Floats) -> Floats:
        mu, sigma = self.log_parameters()
        return np.asarray(np.exp(mu + sigma * special.ndtri(uniform)))

    def survival(self, seconds: Floats) -> Floats:
        mu, sigma = self.log_parameters()
        with np.errstate(divide="ignore"):
            return np.asarray(special.ndtr((mu - np.log(np.asarray(seconds, dtype=np.float64))) / sigma))

    def moments(self) -> tuple[float, float]:
        mu, sigma = self.log_parameters()
        mean = math.exp(mu + sigma**2 / 2)
        return mean, mean**2 * math.expm1(sigma**2)


class Weibull(Distribution):
    """Patience that grows (`shape` below 1) or wears out (above 1). `scale` is the 63rd percentile, seconds."""

    kind: Literal["weibull"] = "weibull"
    shape: Positive
    scale: Positive

    def quantile(self, uniform: Floats) -> Floats:
        return np.asarray(self.scale * np.power(-np.log1p(-uniform), 1 / self.shape))

    def survival(self, seconds: Floats) -> Floats:
        return np.asarray(np.exp(-np.power(np.asarray(seconds) / self.scale, self.shape)))

    def moments(self) -> tuple[float, float]:
        mean = self.scale * math.gamma(1 + 1 / self.shape)
        return mean, self.scale**2 * math.gamma(1 + 2 / self.shape) - mean**2


class Gamma(Distribution):
    """By its mean and squared coefficient of variation."""

    kind: Literal["gamma"] = "gamma"
    mean_s: Positive = Field(alias="mean")
    scv_: Positive = Field(alias="scv")

    def quantile(self, uniform: Floats) -> Floats:
        return np.asarray(special.gammaincinv(1 / self.scv_, uniform) * (self.mean_s * self.scv_))

    def survival(self, seconds: Floats) -> Floats:
        return np.asarray(special.gammaincc(1 / self.scv_, np.asarray(seconds) / (self.mean_s * self.scv_)))

    def moments(self) -> tuple[float, float]:
        return self.mean_s, self.scv_ * self.mean_s**2


class Erlang(Distribution):
    """The sum of `phases` exponential lengths, `mean` in all."""

    kind: Literal["erlang"] = "erlang"
    phases: int = Field(ge=1, le=1000)
    mean_s: Positive = Field(alias="mean")

    def quantile(self, uniform: Floats) -> Floats:
        return np.asarray(special.gammaincinv(self.phases, uniform) * (self.mean_s / self.phases))

    def survival(self, seconds: Floats) -> Floats:
        return np.asarray(special.gammaincc(self.phases, np.asarray(seconds) * (self.phases / self.mean_s)))

    def moments(self) -> tuple[float, float]:
        return self.mean_s, self.mean_s**2 / self.phases
