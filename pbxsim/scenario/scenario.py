"""All inputs of a simulated day as one value: who calls and when, how callers, members, lines and servers behave.

Decides what a scenario file consists of, its outages, servers and measures, and how it is read and written. The parts about
callers stand in `callers.py`, those about members in `members.py`; both are reached from here. What is wrong
with a scenario for a given flow is in `check.py`. Leaves samplers to `distributions.py`, their random numbers to
`world/random_streams.py` and the acting to `world/callers.py`, `world/agents.py` and `world/outages.py`. A scenario and a
seed determine a run: nothing else flows into it.

Times of day are local times of `zone`, `"09:00"` to `"24:00"`; all lengths are seconds unless the name says minutes
or hours.
"""

from __future__ import annotations

import datetime
import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import pydantic
from pydantic import Field
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from engine.account.states import State
from engine.calendar import zones
from engine.contract.errors import PbxError
from engine.contract.ids import SECOND_US, Instant
from pbxsim.scenario import wanted
from pbxsim.scenario.callers import (
    Arrivals,
    Busyness,
    CallerClass,
    Crowd,
    KeyChoice,
    Patience,
    Recorded,
    Redial,
    Retry,
    ScenarioPart,
    TimeOfDay,
    Voicemail,
    written,
)
from pbxsim.scenario.distributions import AnyDistribution, Lognormal, Never, NotNegative, Positive, Share
from pbxsim.scenario.members import Answering, Break, Outside, PhoneBehaviour, Shift, Talk, TalkCell, TalkSkill

if TYPE_CHECKING:
    from engine.state.flow import Flow

CALLS_AT_MOST = 50_000_000
"""Expected calls of one replication; more is a slip of units."""


class ScenarioError(PbxError):
    """The scenario is at fault; `problems` holds everything found wrong."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class Outage(ScenarioPart):
    """A trunk or a user's devices out of service."""

    trunk: str | None = None
    user: int | None = None
    from_: TimeOfDay = Field(alias="from")
    minutes: Positive
    day: int = Field(default=0, ge=0)
    cut_calls: bool = Field(default=True, description="Whether calls on a failing trunk are lost.")
    unpaid: bool = Field(
        default=False, description="The trunk does not fail: it is not paid for, and calls on it go on (R-03.7)."
    )

    @pydantic.model_validator(mode="after")
    def _one(self) -> Self:
        if (self.trunk is None) == (self.user is None):
            raise ValueError("an outage is of a trunk or of a user")
        if self.unpaid and self.trunk is None:
            raise ValueError("only a trunk can be unpaid")
        return self


class AccountChange(ScenarioPart):
    """The account around the PBX comes into a state (R-01.9), which holds until the next change."""

    from_: TimeOfDay = Field(alias="from")
    state: State
    day: int = Field(default=0, ge=0)


class WebServer(ScenarioPart):
    """The stub that answers for the customer's web servers: no request leaves the machine (R-13.11, R-25.3)."""

    latency: AnyDistribution = Lognormal(mean=0.2, scv=1.0)
    failure: Share = 0.0
    status: int = Field(default=200, ge=100, le=599)
    answer: str = ""


class Measure(ScenarioPart):
    """What the figures of R-08.22 and R-08.23 are counted with."""

    within_s: NotNegative = Field(default=20.0, description="T of the service level.")
    short_s: NotNegative = Field(default=5.0, description="Abandoned sooner than this is counted apart.")
    interval_min: Literal[5, 15, 30, 60] = 30
    from_s: NotNegative = Field(default=0.0, description="Calls that arrive earlier warm the system up, uncounted.")


# --- the scenario ----------------------------------------------------------------------------------------------------


class Scenario(ScenarioPart):
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
    wrap_up_quiet: dict[int, AnyDistribution] = Field(
        default_factory=dict,
        description="The same where nobody waits in any queue as the call ends: members rest when it is quiet.",
    )
    shifts: tuple[Shift, ...] = Field(default=(), description="Users in no shift are there all the time.")
    absent: tuple[int, ...] = Field(default=(), description="Users who are not there at all.")
    outages: tuple[Outage, ...] = ()
    account: tuple[AccountChange, ...] = Field(
        default=(), description="States of the account in order of time; `active` before the first (R-01.10)."
    )
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
                        f"{self.hours:g} hours from {written(self.start)}; {needed:g} are needed, "
                        f"and the rates given end at {written(end % 86400)}"
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

    def scaled(self, calls: float = 1.0, *, talk: float = 1.0, source: str | None = None) -> Scenario:
        """The same day with `calls` times as many calls (of one source, or of all) and talks `talk` times as long.

        Raises ScenarioError where calls were recorded, as those cannot be more or fewer, and for factors that are not positive;
        TypeError for what is no number.
        """
        factors = {"calls": wanted.number("calls", calls), "talk": wanted.number("talk", talk)}
        wrong = [f"{name} is a positive factor, not {value:g}" for name, value in factors.items() if not value > 0]
        if source is not None and source not in self.arrivals:
            wrong.append(f"there are no arrivals `{source}`; there are {', '.join(self.arrivals)}")
        arrivals = dict(self.arrivals)
        for name, one in self.arrivals.items():
            if calls == 1 or (source is not None and name != source):
                continue
            if one.recorded is not None:
                wrong.append(f"arrivals `{name}`: recorded calls cannot be made more or fewer; give rates instead")
            elif one.per_hour is not None:
                arrivals[name] = one.model_copy(update={"per_hour": one.per_hour * calls})
            else:
                arrivals[name] = one.model_copy(update={"calls": tuple(rate * calls for rate in one.calls)})
        if wrong:
            raise ScenarioError(tuple(wrong))
        kinds = {
            name: kind.model_copy(update={"talk_factor": kind.talk_factor * talk})
            for name, kind in self.callers.items()
        }
        return self.replace(arrivals=arrivals, callers=kinds if talk != 1 else self.callers)

    def with_members_like(self, new: Mapping[int, int]) -> Scenario:
        """The same day with new users, each at work and behaving as the one it is like: shifts, breaks, answering, talk."""
        if not new:
            return self
        shifts = tuple(
            shift.model_copy(
                update={"members": (*shift.members, *(one for one, like in new.items() if like in shift.members))}
            )
            for shift in self.shifts
        )
        answering, talk = self.answering, self.talk
        users = {
            **answering.users,
            **{one: answering.users[like] for one, like in new.items() if like in answering.users},
        }
        factors = {**talk.members, **{one: talk.members[like] for one, like in new.items() if like in talk.members}}
        cells = (
            *talk.cells,
            *(
                cell.model_copy(update={"member": one})
                for one, like in new.items()
                for cell in talk.cells
                if cell.member == like
            ),
        )
        return self.replace(
            shifts=shifts,
            answering=answering.model_copy(update={"users": users}),
            talk=talk.model_copy(update={"members": factors, "cells": cells}),
        )

    # --- time --------------------------------------------------------------------------------------------------------

    def zone_of(self, flow: Flow) -> zones.Zone:
        """The zone in which times of day are meant. Raises engine.calendar.zones.UnknownZone."""
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
    "empirical", "piecewise_hazard", "mixture", "bounded", "hastened",
}  # fmt: skip
"""Names of kinds that pydantic puts into the place of an error."""

__all__ = [
    "Answering", "Arrivals", "Break", "Busyness", "CallerClass", "Crowd", "KeyChoice", "Measure", "Never",
    "Outage", "Outside", "PhoneBehaviour", "ScenarioPart", "Patience", "Recorded", "Redial", "Retry", "Scenario",
    "ScenarioError", "Shift", "Talk",
    "TalkCell", "TalkSkill", "TimeOfDay", "Voicemail", "WebServer",
]  # fmt: skip
