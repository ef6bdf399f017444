"""Lengths of time as a scenario writes them: how long callers wait, talk, think, and phones ring.

Decides for each kind its parameters, its inverse (`quantile`, so that one uniform number is one draw and two
designs meet the same callers), its mean, variance and survival function. Leaves which uniform number belongs to
which call to `streams.py`.

All values are seconds. A bare number in a scenario is a `Constant`.

>>> parse({"kind": "exponential", "mean": 120}).mean
120.0
>>> float(parse(20).quantile(np.array([0.3]))[0])
20.0
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, Self

import numpy as np
import numpy.typing as npt
import pydantic
from pydantic import BeforeValidator, Field
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


class Empirical(Distribution):
    """Lengths as observed; each of `values` is as likely as any other, and `smooth` draws between neighbours too."""

    kind: Literal["empirical"] = "empirical"
    values: tuple[NotNegative, ...] = Field(min_length=1)
    smooth: bool = False

    @pydantic.field_validator("values", mode="after")
    @classmethod
    def _sorted(cls, values: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(sorted(values))

    def quantile(self, uniform: Floats) -> Floats:
        ordered = np.asarray(self.values)
        if self.smooth and len(ordered) > 1:
            return np.asarray(np.interp(uniform * (len(ordered) - 1), np.arange(len(ordered)), ordered))
        return np.asarray(ordered[np.minimum((uniform * len(ordered)).astype(np.int64), len(ordered) - 1)])

    def survival(self, seconds: Floats) -> Floats:
        ordered = np.asarray(self.values)
        if self.smooth and len(ordered) > 1:
            rank = np.interp(seconds, ordered, np.arange(len(ordered)), left=0, right=len(ordered) - 1)
            return np.asarray(1 - rank / (len(ordered) - 1))
        return np.asarray(1 - np.searchsorted(ordered, seconds, side="right") / len(ordered))

    def moments(self) -> tuple[float, float]:
        ordered = np.asarray(self.values)
        if self.smooth and len(ordered) > 1:
            left, right = ordered[:-1], ordered[1:]
            mean = float(np.mean((left + right) / 2))
            second = float(np.mean((left * left + left * right + right * right) / 3))
            return mean, max(0.0, second - mean * mean)
        return float(ordered.mean()), float(ordered.var())

    def breaks(self) -> tuple[float, ...]:
        return tuple(sorted(set(self.values)))


class PiecewiseHazard(Distribution):
    """A rate of giving up that depends on the time waited: `rates[i]` per second from `from_s[i]` to `from_s[i+1]`.

    The last rate holds for ever; a last rate of 0 leaves a share who never give up. `from_s` begins at 0. Waiting
    callers show peaks just after each announcement (Brown et al. 2005, section 5.2), which no smooth family has.
    """

    kind: Literal["piecewise_hazard"] = "piecewise_hazard"
    from_s: tuple[NotNegative, ...] = Field(alias="from", min_length=1)
    rates: tuple[NotNegative, ...] = Field(min_length=1)

    @pydantic.model_validator(mode="after")
    def _shape(self) -> Self:
        if len(self.from_s) != len(self.rates):
            raise ValueError(f"{len(self.from_s)} beginnings in `from` but {len(self.rates)} `rates`")
        if self.from_s[0] != 0:
            raise ValueError("the first piece must begin at 0 s")
        if any(b <= a for a, b in zip(self.from_s, self.from_s[1:], strict=False)):
            raise ValueError("`from` must rise")
        return self

    def _table(self) -> tuple[Floats, Floats, Floats]:
        begins = np.asarray(self.from_s, dtype=np.float64)
        rates = np.asarray(self.rates, dtype=np.float64)
        hazard = np.concatenate([[0.0], np.cumsum(np.diff(begins) * rates[:-1])])
        return begins, rates, hazard

    def quantile(self, uniform: Floats) -> Floats:
        begins, rates, hazard = self._table()
        wanted = -np.log1p(-uniform)
        piece = np.searchsorted(hazard, wanted, side="right") - 1
        with np.errstate(divide="ignore", invalid="ignore"):
            beyond = (wanted - hazard[piece]) / rates[piece]
        return np.asarray(
            np.where(
                rates[piece] > 0, begins[piece] + beyond, np.where(wanted > hazard[piece], math.inf, begins[piece])
            )
        )

    def survival(self, seconds: Floats) -> Floats:
        begins, rates, hazard = self._table()
        at = np.asarray(seconds, dtype=np.float64)
        piece = np.searchsorted(begins, at, side="right") - 1
        return np.asarray(np.exp(-(hazard[piece] + rates[piece] * (at - begins[piece]))))

    def moments(self) -> tuple[float, float]:
        begins, rates, hazard = self._table()
        if rates[-1] == 0:
            return math.inf, math.inf
        mean = second = 0.0
        for i, (begin, rate) in enumerate(zip(begins, rates, strict=True)):
            alive = math.exp(-hazard[i])
            if i + 1 == len(begins):
                mean += alive / rate
                second += 2 * alive * (begin / rate + 1 / rate**2)
                break
            width = begins[i + 1] - begin
            if rate == 0:
                mean += alive * width
                second += alive * ((begin + width) ** 2 - begin**2)
            else:
                left = math.exp(-rate * width)
                mean += alive * (1 - left) / rate
                second += 2 * alive * (begin * (1 - left) / rate + (1 - left * (1 + rate * width)) / rate**2)
        return mean, second - mean**2

    def breaks(self) -> tuple[float, ...]:
        return self.from_s


class Part(pydantic.BaseModel):
    """One part of a mixture."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    weight: Positive
    of: AnyDistribution


class Mixture(Distribution):
    """One of several parts, each with its weight; weights are scaled to sum 1.

    A constant or short uniform part makes a spike: 6 % of talks end within 10 s, whoever talks.
    """

    kind: Literal["mixture"] = "mixture"
    parts: tuple[Part, ...] = Field(min_length=1)

    def _shares(self) -> list[float]:
        total = sum(part.weight for part in self.parts)
        return [part.weight / total for part in self.parts]

    def quantile(self, uniform: Floats) -> Floats:
        """One uniform number chooses the part and, stretched again, the place in it. Not monotone, but still one
        draw a call."""
        out = np.empty_like(uniform)
        low = 0.0
        shares = self._shares()
        for i, (share, part) in enumerate(zip(shares, self.parts, strict=True)):
            last = i + 1 == len(shares)
            chosen = (uniform >= low) if last else (uniform >= low) & (uniform < low + share)
            stretched = np.clip((uniform[chosen] - low) / share, 0.0, 1 - 2**-53)
            out[chosen] = part.of.quantile(stretched)
            low += share
        return out

    def survival(self, seconds: Floats) -> Floats:
        at = np.asarray(seconds, dtype=np.float64)
        total = np.zeros_like(at)
        for share, part in zip(self._shares(), self.parts, strict=True):
            total = total + share * part.of.survival(at)
        return total

    def moments(self) -> tuple[float, float]:
        mean = second = 0.0
        for share, part in zip(self._shares(), self.parts, strict=True):
            part_mean, part_variance = part.of.moments()
            mean += share * part_mean
            second += share * (part_variance + part_mean**2)
        return mean, second - mean**2 if math.isfinite(mean) else math.inf

    def breaks(self) -> tuple[float, ...]:
        return tuple(sorted({at for part in self.parts for at in part.of.breaks()}))


class Hyperexponential(Distribution):
    """Several kinds of callers, each exponential: `means` in seconds with `weights`, scaled to sum 1."""

    kind: Literal["hyperexponential"] = "hyperexponential"
    means: tuple[Positive, ...] = Field(min_length=1)
    weights: tuple[Positive, ...] = Field(min_length=1)

    @pydantic.model_validator(mode="after")
    def _shape(self) -> Self:
        if len(self.means) != len(self.weights):
            raise ValueError(f"{len(self.means)} means but {len(self.weights)} weights")
        return self

    def mixture(self) -> Mixture:
        """The same as a mixture."""
        pairs = zip(self.weights, self.means, strict=True)
        return Mixture(parts=tuple(Part(weight=w, of=Exponential(mean=m)) for w, m in pairs))

    def quantile(self, uniform: Floats) -> Floats:
        return self.mixture().quantile(uniform)

    def survival(self, seconds: Floats) -> Floats:
        return self.mixture().survival(seconds)

    def moments(self) -> tuple[float, float]:
        return self.mixture().moments()


class Bounded(Distribution):
    """`of`, cut to lie between `least` and `most` seconds: what is drawn outside lies on the bound."""

    kind: Literal["bounded"] = "bounded"
    of: AnyDistribution
    least: NotNegative = 0.0
    most: Positive

    @pydantic.model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.most < self.least:
            raise ValueError("most must not be below least")
        return self

    def quantile(self, uniform: Floats) -> Floats:
        return np.clip(self.of.quantile(uniform), self.least, self.most)

    def survival(self, seconds: Floats) -> Floats:
        at = np.asarray(seconds, dtype=np.float64)
        return np.where(at < self.least, 1.0, np.where(at >= self.most, 0.0, self.of.survival(at)))

    def moments(self) -> tuple[float, float]:
        steps = 4096
        middle = (np.arange(steps) + 0.5) / steps
        values = self.quantile(middle)
        return float(values.mean()), float(values.var())

    def breaks(self) -> tuple[float, ...]:
        return tuple(sorted({self.least, self.most, *(at for at in self.of.breaks() if self.least < at < self.most)}))


def _bare_number(value: Any) -> Any:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return {"kind": "constant", "seconds": value}
    return value


AnyDistribution = Annotated[
    Annotated[
        Constant
        | Never
        | Exponential
        | Uniform
        | Lognormal
        | Weibull
        | Gamma
        | Erlang
        | Hyperexponential
        | Empirical
        | PiecewiseHazard
        | Mixture
        | Bounded,
        Field(discriminator="kind"),
    ],
    BeforeValidator(_bare_number),
]
"""Any kind, as a field of a scenario; a bare number is a constant number of seconds."""

Part.model_rebuild()
Mixture.model_rebuild()
Bounded.model_rebuild()

_ADAPTER: pydantic.TypeAdapter[Distribution] = pydantic.TypeAdapter(AnyDistribution)


def parse(value: Any) -> Distribution:
    """A distribution from what a scenario file says. Raises pydantic's ValidationError naming the field at fault."""
    return _ADAPTER.validate_python(value)


NEVER = Never()
AT_ONCE = Constant(seconds=0.0)
