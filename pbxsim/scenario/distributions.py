"""Lengths of time as a scenario writes them: how long callers wait, talk, think, and phones ring.

Decides for each kind its parameters, its inverse (`quantile`, so that one uniform number is one draw and two
designs meet the same callers), its mean, variance and survival function. Families in closed form stand in
`distribution_families.py` and are reached from here. Leaves which uniform number belongs to which call to
`world/random_streams.py`.

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
import pydantic
from pydantic import BeforeValidator, Field

from pbxsim.scenario.distribution_families import (
    Constant,
    Distribution,
    Erlang,
    Exponential,
    Floats,
    Gamma,
    Lognormal,
    Never,
    NotNegative,
    Positive,
    Share,
    Uniform,
    Weibull,
)

__all__ = [
    "AT_ONCE", "NEVER", "AnyDistribution", "Bounded", "Constant", "Distribution", "Empirical", "Erlang", "Exponential",
    "Floats", "Gamma", "Hastened", "Hyperexponential", "Lognormal", "Mixture", "Never", "NotNegative", "MixturePart",
    "PiecewiseHazard", "Positive", "Share", "Uniform", "Weibull", "parse",
]  # fmt: skip


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


class MixturePart(pydantic.BaseModel):
    """One part of a mixture."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    weight: Positive
    of: AnyDistribution


class Mixture(Distribution):
    """One of several parts, each with its weight; weights are scaled to sum 1.

    A constant or short uniform part makes a spike: 6 % of talks end within 10 s, whoever talks.
    """

    kind: Literal["mixture"] = "mixture"
    parts: tuple[MixturePart, ...] = Field(min_length=1)

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
        return Mixture(parts=tuple(MixturePart(weight=w, of=Exponential(mean=m)) for w, m in pairs))

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
        return _moments_by_quantiles(self)

    def breaks(self) -> tuple[float, ...]:
        return tuple(sorted({self.least, self.most, *(at for at in self.of.breaks() if self.least < at < self.most)}))


class Hastened(Distribution):
    """`of`, with `factor` times the rate of ending at every age: proportional hazards (Cox 1972). Above 1 is hastier."""

    kind: Literal["hastened"] = "hastened"
    of: AnyDistribution
    factor: Positive

    def quantile(self, uniform: Floats) -> Floats:
        return self.of.quantile(np.asarray(-np.expm1(np.log1p(-uniform) / self.factor)))

    def survival(self, seconds: Floats) -> Floats:
        return np.asarray(np.power(self.of.survival(seconds), self.factor))

    def moments(self) -> tuple[float, float]:
        if isinstance(self.of, Exponential):
            return Exponential(mean=self.of.mean_s / self.factor).moments()
        if isinstance(self.of, PiecewiseHazard):
            rates = tuple(rate * self.factor for rate in self.of.rates)
            return PiecewiseHazard.model_validate({"from": self.of.from_s, "rates": rates}).moments()
        return _moments_by_quantiles(self)

    def breaks(self) -> tuple[float, ...]:
        return self.of.breaks()


def _moments_by_quantiles(distribution: Distribution) -> tuple[float, float]:
    """Mean and variance where there is no closed form: from 4096 places of the inverse."""
    steps = 4096
    values = distribution.quantile((np.arange(steps) + 0.5) / steps)
    if not np.isfinite(values).all():
        return math.inf, math.inf
    return float(values.mean()), float(values.var())


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
        | Bounded
        | Hastened,
        Field(discriminator="kind"),
    ],
    BeforeValidator(_bare_number),
]
"""Any kind, as a field of a scenario; a bare number is a constant number of seconds."""

MixturePart.model_rebuild()
Mixture.model_rebuild()
Bounded.model_rebuild()
Hastened.model_rebuild()

_ADAPTER: pydantic.TypeAdapter[Distribution] = pydantic.TypeAdapter(AnyDistribution)


def parse(value: Any) -> Distribution:
    """A distribution from what a scenario file says. Raises pydantic's ValidationError naming the field at fault."""
    return _ADAPTER.validate_python(value)


NEVER = Never()
AT_ONCE = Constant(seconds=0.0)
