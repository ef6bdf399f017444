"""The parts of a scenario that tell who calls and when, how long callers wait, and what they press.

Decides these fields, their units, ranges and defaults. Leaves the scenario as a whole, and what is wrong with it for a given
flow, to `scenario.py`, which hands everything of this file on.
"""

from __future__ import annotations

import bisect
import datetime
import itertools
from typing import Annotated, Any, Literal, Self

import pydantic
from pydantic import BeforeValidator, Field

from engine.numbers.digits import is_digits
from pbxsim.scenario.distributions import (
    AnyDistribution,
    Constant,
    Distribution,
    Exponential,
    Hastened,
    Lognormal,
    NotNegative,
    Positive,
    Share,
)


class ScenarioPart(pydantic.BaseModel):
    """Base of every part of a scenario: unknown fields are refused, values never change after loading."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


def _time_of_day(value: Any) -> Any:
    if isinstance(value, datetime.time):
        return value.hour * 3600 + value.minute * 60 + value.second
    if isinstance(value, str):
        parts = value.strip().split(":")
        if len(parts) in (2, 3) and all(is_digits(part) and len(part) == 2 for part in parts):
            hours, minutes = int(parts[0]), int(parts[1])
            seconds = int(parts[2]) if len(parts) == 3 else 0
            if minutes < 60 and seconds < 60 and hours * 3600 + minutes * 60 + seconds <= 86400:
                return hours * 3600 + minutes * 60 + seconds
    elif isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 86400:
        return value
    raise ValueError('a time of day is written "09:00" or "09:00:30", at most "24:00"')


def written(value: int) -> str:
    """A time of day as people write it."""
    text = f"{value // 3600:02d}:{value // 60 % 60:02d}"
    return f"{text}:{value % 60:02d}" if value % 60 else text


TimeOfDay = Annotated[int, BeforeValidator(_time_of_day), pydantic.PlainSerializer(written, return_type=str)]
"""Seconds after local midnight."""


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Digits = Annotated[str, BeforeValidator(_text)]


# --- who calls -------------------------------------------------------------------------------------------------------


class Busyness(ScenarioPart):
    """A random factor of the whole day, gamma with mean 1: real days differ by more than Poisson noise."""

    cv: Positive = Field(le=3, description="Standard deviation of the factor; 0.17 for the Anonymous Bank's weekdays.")
    shared: str = Field(default="day", description="Sources that name the same factor are busy together.")


class Recorded(ScenarioPart):
    """Calls as they came, instead of rates."""

    at_s: tuple[NotNegative, ...] = Field(description="Seconds after the start of the run, rising.")
    callers: tuple[Digits, ...] = Field(default=(), description="One number a call, or none at all.")

    @pydantic.model_validator(mode="after")
    def _shape(self) -> Self:
        if self.callers and len(self.callers) != len(self.at_s):
            raise ValueError(f"{len(self.at_s)} instants but {len(self.callers)} callers")
        for i, (a, b) in enumerate(zip(self.at_s, self.at_s[1:], strict=False)):
            if b < a:
                raise ValueError(f"recorded calls must be in order of time; call {i + 2} came before call {i + 1}")
        return self


class Arrivals(ScenarioPart):
    """One source of calls: a trunk, an internal number or alias called without one, or a callback widget. Exactly one of `calls`
    with `every_min`, `per_hour` and `recorded` says when."""

    trunk: str | None = Field(default=None, description="Key of the trunk the calls come in on.")
    called: Digits | None = Field(default=None, description="What is dialled; a trunk's own number if empty.")
    widget: str | None = Field(
        default=None, description="Key of the callback widget by which visitors of a website ask to be called (R-17)."
    )
    page: str = Field(default="", description="Path of the page on which they ask.")
    every_min: Literal[5, 15, 30, 60] | None = Field(
        default=None, description="Length of the rates' intervals, minutes."
    )
    calls: tuple[NotNegative, ...] = Field(
        default=(), description="Expected calls in each interval, from the start on."
    )
    per_hour: NotNegative | None = Field(default=None, description="A constant rate, calls an hour.")
    recorded: Recorded | None = None
    busyness: Busyness | None = None
    classes: dict[str, Positive] = Field(default_factory=dict, description="Caller class to weight; empty means all.")

    @pydantic.model_validator(mode="after")
    def _one_way(self) -> Self:
        given = [self.every_min is not None or bool(self.calls), self.per_hour is not None, self.recorded is not None]
        if sum(given) != 1:
            raise ValueError("give exactly one of `calls` with `every_min`, `per_hour`, and `recorded`")
        if bool(self.calls) != (self.every_min is not None):
            raise ValueError("`calls` and `every_min` go together")
        if self.trunk is None and self.called is None and self.widget is None:
            raise ValueError("a source needs the trunk the calls come in on, what is `called`, or a `widget`")
        if self.widget is not None and (self.trunk is not None or self.called is not None):
            raise ValueError("visitors who ask with a `widget` dial nothing: leave out `trunk` and `called`")
        return self


class CallerClass(ScenarioPart):
    """A kind of caller: the numbers they call from, and how they differ from others."""

    weight: Positive = 1.0
    numbers: tuple[Digits, ...] = Field(
        default=(),
        description="Numbers, or patterns in which each `#` is any digit; empty means no number is presented.",
    )
    population: int = Field(default=1000, ge=1, le=100_000, description="Different numbers made from patterns.")
    patience: AnyDistribution | None = None
    talk_factor: Positive = 1.0

    @pydantic.field_validator("numbers", mode="before")
    @classmethod
    def _one_number(cls, value: Any) -> Any:
        return (value,) if isinstance(value, (str, int)) else value


class Crowd(ScenarioPart):
    """How much hastier callers give up, by how many wait already: `factors[i]` from `ahead[i]` callers on.

    A factor multiplies the rate of giving up at every second of the wait. Those who wait anywhere in the PBX count, in all its
    queues. Callers who hear their place, or hear others go before them, do not wait the same before one and before twenty.
    """

    ahead: tuple[int, ...] = Field(min_length=1, max_length=30, description="Numbers of callers, rising from 0.")
    factors: tuple[Positive, ...] = Field(min_length=1)

    @pydantic.model_validator(mode="after")
    def _shape(self) -> Self:
        if len(self.ahead) != len(self.factors):
            raise ValueError(f"{len(self.ahead)} numbers in `ahead` but {len(self.factors)} `factors`")
        if self.ahead[0] != 0 or any(b <= a for a, b in itertools.pairwise(self.ahead)):
            raise ValueError("`ahead` must begin at 0 and rise")
        return self

    def step(self, ahead: int) -> int:
        """Which of the factors holds with so many callers ahead."""
        return bisect.bisect_right(self.ahead, ahead) - 1

    def hastened(self, patience: Distribution, step: int) -> Distribution:
        """A patience under the factor of a step."""
        return patience if self.factors[step] == 1 else Hastened(of=patience, factor=self.factors[step])  # type: ignore[arg-type]


class Patience(ScenarioPart):
    """How long callers wait for a person, from the first ringing or queueing on, before they hang up."""

    default: AnyDistribution = Exponential(mean=120)
    queues: dict[int, AnyDistribution] = Field(
        default_factory=dict, description="By the first queue or group waited in."
    )
    crowd: Crowd | None = Field(default=None, description="Haste by the number of callers who wait already.")


class KeyChoice(ScenarioPart):
    """What callers do at one greeting. `choices` weighs keys or extensions, `none` (nothing pressed) and `hangup`."""

    choices: dict[Digits, Positive] = Field(min_length=1)
    think: AnyDistribution = Constant(seconds=3.0)
    digit_gap: Positive = Field(default=0.5, le=10, description="Seconds between digits of an extension.")

    @pydantic.field_validator("choices", mode="before")
    @classmethod
    def _texts(cls, value: Any) -> Any:
        return {_text(key): weight for key, weight in value.items()} if isinstance(value, dict) else value

    @pydantic.field_validator("choices")
    @classmethod
    def _keys(cls, value: dict[str, float]) -> dict[str, float]:
        for choice in value:
            if choice not in ("none", "hangup") and not (choice and all(c in "0123456789*#" for c in choice)):
                raise ValueError(f"`{choice}` is neither keys (0-9, * and #) nor `none` nor `hangup`")
        return value


class Retry(ScenarioPart):
    """Whether and when a caller who got no person tries again."""

    share: Share
    delay: AnyDistribution = Exponential(mean=600)


class Redial(ScenarioPart):
    """Calls that come again. A caller dials at most `most` times in all."""

    after_abandon: Retry | None = None
    after_busy: Retry | None = None
    after_talk: Retry | None = None
    most: int = Field(default=4, ge=1, le=100)


class Voicemail(ScenarioPart):
    """What callers do at a voice mailbox."""

    message: AnyDistribution = Lognormal(mean=25, scv=0.5)
    no_message: Share = Field(default=0.3, description="Share who hang up instead of speaking.")
