"""All inputs of a simulated day as one value: who calls and when, how callers, members, lines and servers behave.

Decides the fields of a scenario file, their units, ranges and defaults, and what is wrong with a scenario for a
given flow. Leaves samplers to `distributions.py`, their random numbers to `streams.py` and the acting to
`callers.py`, `agents.py` and `trunks.py`. A scenario and a seed determine a run: nothing else flows into it.

Times of day are local times of `zone`, `"09:00"` to `"24:00"`; all lengths are seconds unless the name says minutes
or hours.
"""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import pydantic
from pydantic import BeforeValidator, Field
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from engine import zones
from engine.errors import PbxError
from engine.ids import SECOND_US, Instant
from pbxsim.distributions import AnyDistribution, Constant, Exponential, Lognormal, Never, NotNegative, Positive, Share

if TYPE_CHECKING:
    from engine.flow import Flow

CALLS_AT_MOST = 50_000_000
"""Expected calls of one replication; more is a slip of units."""


class ScenarioError(PbxError):
    """The scenario is at fault; `problems` holds everything found wrong."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class Part(pydantic.BaseModel):
    """Base of every part of a scenario: unknown fields are refused, values never change after loading."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


def _time_of_day(value: Any) -> Any:
    if isinstance(value, datetime.time):
        return value.hour * 3600 + value.minute * 60 + value.second
    if isinstance(value, str):
        parts = value.strip().split(":")
        if len(parts) in (2, 3) and all(part.isdigit() and len(part) == 2 for part in parts):
            hours, minutes = int(parts[0]), int(parts[1])
            seconds = int(parts[2]) if len(parts) == 3 else 0
            if minutes < 60 and seconds < 60 and hours * 3600 + minutes * 60 + seconds <= 86400:
                return hours * 3600 + minutes * 60 + seconds
    elif isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 86400:
        return value
    raise ValueError('a time of day is written "09:00" or "09:00:30", at most "24:00"')


def _written(value: int) -> str:
    text = f"{value // 3600:02d}:{value // 60 % 60:02d}"
    return f"{text}:{value % 60:02d}" if value % 60 else text


TimeOfDay = Annotated[int, BeforeValidator(_time_of_day), pydantic.PlainSerializer(_written, return_type=str)]
"""Seconds after local midnight."""


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Digits = Annotated[str, BeforeValidator(_text)]


# --- who calls -------------------------------------------------------------------------------------------------------


class Busyness(Part):
    """A random factor of the whole day, gamma with mean 1: real days differ by more than Poisson noise."""

    cv: Positive = Field(le=3, description="Standard deviation of the factor; 0.17 for the Anonymous Bank's weekdays.")
    shared: str = Field(default="day", description="Sources that name the same factor are busy together.")


class Recorded(Part):
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


class Arrivals(Part):
    """One source of calls: a trunk, or an internal number or alias called without one. Exactly one of `calls` with
    `every_min`, `per_hour` and `recorded` says when."""

    trunk: str | None = Field(default=None, description="Key of the trunk the calls come in on.")
    called: Digits | None = Field(default=None, description="What is dialled; a trunk's own number if empty.")
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
        if self.trunk is None and self.called is None:
            raise ValueError("a source needs the trunk the calls come in on, or what is `called`")
        return self


class CallerClass(Part):
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


class Patience(Part):
    """How long callers wait for a person, from the first ringing or queueing on, before they hang up."""

    default: AnyDistribution = Exponential(mean=120)
    queues: dict[int, AnyDistribution] = Field(
        default_factory=dict, description="By the first queue or group waited in."
    )


class KeyChoice(Part):
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


class Retry(Part):
    """Whether and when a caller who got no person tries again."""

    share: Share
    delay: AnyDistribution = Exponential(mean=600)


class Redial(Part):
    """Calls that come again. A caller dials at most `most` times in all."""

    after_abandon: Retry | None = None
    after_busy: Retry | None = None
    after_talk: Retry | None = None
    most: int = Field(default=4, ge=1, le=100)


class Voicemail(Part):
    """What callers do at a voice mailbox."""

    message: AnyDistribution = Lognormal(mean=25, scv=0.5)
    no_message: Share = Field(default=0.3, description="Share who hang up instead of speaking.")


# --- who answers -----------------------------------------------------------------------------------------------------


class Behaviour(Part):
    """How somebody's phone is answered. A delay past the ring time is no answer too."""

    delay: AnyDistribution = Lognormal(mean=5, scv=0.3)
    no_answer: Share = 0.0
    reject: Share = 0.0

    @pydantic.model_validator(mode="after")
    def _shares(self) -> Self:
        if self.no_answer + self.reject > 1:
            raise ValueError("no_answer and reject are shares of all offers and sum to 1 at most")
        return self


class Answering(Part):
    """Behaviour of users, by internal number where they differ."""

    default: Behaviour = Behaviour()
    users: dict[int, Behaviour] = Field(default_factory=dict)
    back_s: Positive = Field(
        default=300.0, description="Until a member whom missed offers paused comes back (R-08.12)."
    )


class Outside(Part):
    """Behaviour of outside numbers that calls are forwarded to."""

    delay: AnyDistribution = Lognormal(mean=12, scv=0.2)
    no_answer: Share = 0.3
    busy: Share = 0.05


class TalkCell(Part):
    """Talk of one member in one queue."""

    queue: int
    member: int
    length: AnyDistribution


class Talk(Part):
    """Length of conversations: of a queue or group, or of one member in it; `members` are factors on that."""

    default: AnyDistribution = Lognormal(mean=180, scv=1.4)
    queues: dict[int, AnyDistribution] = Field(default_factory=dict)
    members: dict[int, Positive] = Field(
        default_factory=dict, description="Factor on the length; 0.9 is a quick member."
    )
    cells: tuple[TalkCell, ...] = ()
    caller_hangs_up: Share = Field(default=0.5, description="Share of talks that the caller's side ends.")


class Break(Part):
    """Time off the queue within a shift; a call in progress is finished first."""

    at: TimeOfDay
    minutes: Positive
    reason: str = "break"


class Shift(Part):
    """Members at work. At the end a call in progress is finished first (R-08.4)."""

    members: tuple[int, ...] = Field(min_length=1)
    from_: TimeOfDay = Field(alias="from")
    to: TimeOfDay
    breaks: tuple[Break, ...] = ()
    days: tuple[int, ...] | None = Field(
        default=None, description="Days of the run, 0 the first; empty means every day."
    )

    @pydantic.model_validator(mode="after")
    def _within(self) -> Self:
        if self.to == self.from_:
            raise ValueError("a shift has a length")
        for rest in self.breaks:
            begin = (rest.at - self.from_) % 86400
            if begin + rest.minutes * 60 > self.length_s():
                raise ValueError(f"the break at {_written(rest.at)} does not lie within the shift")
        return self

    def length_s(self) -> int:
        """Seconds; a shift that ends before it begins ends on the next day."""
        return (self.to - self.from_) % 86400 or 86400


class Outage(Part):
    """A trunk or a user's devices out of service."""

    trunk: str | None = None
    user: int | None = None
    from_: TimeOfDay = Field(alias="from")
    minutes: Positive
    day: int = Field(default=0, ge=0)
    cut_calls: bool = Field(default=True, description="Whether calls on a failing trunk are lost.")

    @pydantic.model_validator(mode="after")
    def _one(self) -> Self:
        if (self.trunk is None) == (self.user is None):
            raise ValueError("an outage is of a trunk or of a user")
        return self


class WebServer(Part):
    """The stub that answers for the customer's web servers: no request leaves the machine (R-13.11, R-25.3)."""

    latency: AnyDistribution = Lognormal(mean=0.2, scv=1.0)
    failure: Share = 0.0
    status: int = Field(default=200, ge=100, le=599)
    answer: str = ""


class Measure(Part):
    """What the figures of R-08.22 and R-08.23 are counted with."""

    within_s: NotNegative = Field(default=20.0, description="T of the service level.")
    short_s: NotNegative = Field(default=5.0, description="Abandoned sooner than this is counted apart.")
    interval_min: Literal[5, 15, 30, 60] = 30
    from_s: NotNegative = Field(default=0.0, description="Calls that arrive earlier warm the system up, uncounted.")


# --- the scenario ----------------------------------------------------------------------------------------------------


class Scenario(Part):
    """One simulated day, or any number of hours from `start` on `date`."""

    scenario: str = Field(default="unnamed", description="A name for people.")
    about: str = ""
    date: datetime.date
    zone: str | None = Field(default=None, description="IANA name or `GMT+5`; the flow's own zone if empty.")
    start: TimeOfDay = 0
    hours: Positive = Field(default=24.0, le=100_000)
    seed: int = Field(default=1, ge=0, lt=1 << 63)
    arrivals: dict[str, Arrivals] = Field(min_length=1)
    callers: dict[str, CallerClass] = Field(default_factory=lambda: {"anyone": CallerClass()}, min_length=1)
    patience: Patience = Patience()
    keys: dict[int, KeyChoice] = Field(default_factory=dict)
    redial: Redial = Redial()
    voicemail: Voicemail = Voicemail()
    answering: Answering = Answering()
    outside: Outside = Outside()
    talk: Talk = Talk()
    wrap_up: dict[int, AnyDistribution] = Field(
        default_factory=dict, description="Work after a call by queue, instead of the flow's fixed time."
    )
    shifts: tuple[Shift, ...] = Field(default=(), description="Users in no shift are there all the time.")
    absent: tuple[int, ...] = Field(default=(), description="Users who are not there at all.")
    outages: tuple[Outage, ...] = ()
    prompts: dict[str, Positive] = Field(default_factory=dict, description="Lengths that replace those of the flow.")
    web: WebServer = WebServer()
    measure: Measure = Measure()

    @pydantic.model_validator(mode="after")
    def _covered(self) -> Self:
        expected = 0.0
        for name, source in self.arrivals.items():
            if source.every_min is not None:
                needed = self.hours * 60 / source.every_min
                if len(source.calls) * source.every_min != round(self.hours * 60, 6):
                    end = self.start + len(source.calls) * source.every_min * 60
                    raise ValueError(
                        f"arrivals `{name}`: {len(source.calls)} rates of {source.every_min} minutes do not cover the "
                        f"{self.hours:g} hours from {_written(self.start)}; {needed:g} are needed, "
                        f"and the rates given end at {_written(end % 86400)}"
                    )
                expected += sum(source.calls)
            elif source.per_hour is not None:
                expected += source.per_hour * self.hours
            elif source.recorded is not None and source.recorded.at_s and source.recorded.at_s[-1] >= self.hours * 3600:
                raise ValueError(f"arrivals `{name}`: recorded calls come after the {self.hours:g} hours of the run")
            for label in source.classes:
                if label not in self.callers:
                    raise ValueError(f"arrivals `{name}`: there is no caller class `{label}`")
        if expected > CALLS_AT_MOST:
            raise ValueError(f"{expected:g} calls are expected; at most {CALLS_AT_MOST:,} can be simulated in one run")
        return self

    # --- files -------------------------------------------------------------------------------------------------------

    @classmethod
    def parse(cls, text: str, name: str = "scenario") -> Scenario:
        """A scenario from YAML text. Raises ScenarioError with every field at fault; `name` stands in messages."""
        try:
            data = YAML(typ="safe", pure=True).load(text)
        except MarkedYAMLError as error:
            mark = error.problem_mark
            where = f"{name}:{mark.line + 1}" if mark is not None else name
            raise ScenarioError((f"{where}: this is not YAML: {error.problem}",)) from None
        if not isinstance(data, dict):
            raise ScenarioError((f"{name}: a scenario is a mapping with `date:`, `arrivals:`, ...",))
        return cls.of(data, name)

    @classmethod
    def of(cls, data: dict[str, Any], name: str = "scenario") -> Scenario:
        """A scenario from plain data. Raises ScenarioError with every field at fault."""
        try:
            return cls.model_validate(data)
        except pydantic.ValidationError as error:
            raise ScenarioError(tuple(_told(item, name) for item in error.errors(include_url=False))) from None

    @classmethod
    def load(cls, path: str | Path) -> Scenario:
        """A scenario from a YAML file. Raises OSError if it cannot be read, ScenarioError if it is at fault."""
        return cls.parse(Path(path).read_text(encoding="utf-8"), str(path))

    def dump(self) -> str:
        """The scenario as YAML text, without what is left at its default; `parse` gives the same scenario back."""
        data = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        data["date"] = self.date
        yaml = YAML()
        yaml.default_flow_style = None
        yaml.width = 116
        text = io.StringIO()
        yaml.dump(_with_kinds(data, self), text)
        return text.getvalue()

    def replace(self, **changes: Any) -> Scenario:
        """A copy with some fields changed and everything checked again. Raises ScenarioError."""
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        return Scenario.of({**fields, **changes}, self.scenario)

    # --- time --------------------------------------------------------------------------------------------------------

    def zone_of(self, flow: Flow) -> zones.Zone:
        """The zone in which times of day are meant. Raises engine.zones.UnknownZone."""
        return zones.parse(self.zone) if self.zone is not None else flow.zone

    def instant(self, flow: Flow, seconds_of_day: float, day: int = 0) -> Instant:
        """The instant at which clocks show a time of day, `day` days after `date`."""
        whole, part = divmod(seconds_of_day, 1)
        extra, rest = divmod(int(whole), 86400)
        midnight = datetime.datetime.combine(self.date + datetime.timedelta(days=day + extra), datetime.time())
        local = (midnight + datetime.timedelta(seconds=rest)).replace(tzinfo=self.zone_of(flow).tzinfo)
        return round(local.timestamp()) * SECOND_US + round(part * SECOND_US)

    def begin(self, flow: Flow) -> Instant:
        """First instant of the run."""
        return self.instant(flow, self.start)

    # --- against a flow ----------------------------------------------------------------------------------------------

    def check(self, flow: Flow) -> None:
        """Raise ScenarioError with everything the scenario names that the flow does not have."""
        problems = tuple(self.problems(flow))
        if problems:
            raise ScenarioError(problems)

    def problems(self, flow: Flow) -> Iterator[str]:
        """Everything the scenario names that the flow does not have."""
        from pbxsim.scenario_check import problems

        return problems(self, flow)


def _with_kinds(data: Any, model: Any) -> Any:
    """Put back the `kind` of distributions, which is a default and yet must be written."""
    if isinstance(model, pydantic.BaseModel) and isinstance(data, dict):
        out = {}
        if hasattr(model, "quantile"):
            out["kind"] = dict(model)["kind"]
        for name, info in type(model).model_fields.items():
            key = info.alias or name
            if key in data and key != "kind":
                out[key] = _with_kinds(data[key], getattr(model, name))
        return out
    if isinstance(model, dict) and isinstance(data, dict):
        return {
            key: _with_kinds(data[str(key)] if str(key) in data else data[key], value) for key, value in model.items()
        }
    if isinstance(model, (list, tuple)) and isinstance(data, list):
        return [_with_kinds(item, value) for item, value in zip(data, model, strict=True)]
    return data


def _told(item: Any, name: str) -> str:
    """One of pydantic's findings as a line for people: where, what, and the value found."""
    place = ".".join(str(part) for part in item["loc"] if not (isinstance(part, str) and part in _TAGS))
    message = item["msg"].removeprefix("Value error, ")
    value = item.get("input")
    shown = f" (found {value!r})" if isinstance(value, (int, float, str, bool)) and len(repr(value)) < 60 else ""
    return f"{name}: {place + ': ' if place else ''}{message}{shown}"


_TAGS = {
    "constant", "never", "exponential", "uniform", "lognormal", "weibull", "gamma", "erlang", "hyperexponential",
    "empirical", "piecewise_hazard", "mixture", "bounded",
}  # fmt: skip
"""Names of kinds that pydantic puts into the place of an error."""

__all__ = ["Never", "Scenario", "ScenarioError"]
