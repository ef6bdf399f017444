"""What was learned from a log, and what becomes of it: a PBX document and scenarios of its days.

Decides how fitted parts turn into the simulator's own words: a kind of call is a queue with its head start, a member
serves the kinds of the queues he is skilled for, unreadiness after talks is wrap-up, presence is shifts. Leaves fitting to
the files beside it.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import io
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from ruamel.yaml import YAML

from engine.loading import compile
from engine.loading.model_check import check_models
from engine.numbers.digits import is_digits
from engine.state.flow import Flow
from pbxsim.calibrate import staffing
from pbxsim.calibrate.arrivals import Forecast
from pbxsim.calibrate.known import Known
from pbxsim.calibrate.patience import PatienceFit
from pbxsim.calibrate.redial import Redials
from pbxsim.calibrate.staffing import Stretch, Unready
from pbxsim.calibrate.talk import TalkFit
from pbxsim.logs.told import Told, Translate, in_language
from pbxsim.scenario.distributions import Distribution
from pbxsim.scenario.scenario import Scenario

FIRST_QUEUE: Final = 5000
FIRST_USER: Final = 1000
MEMBERS_AT_MOST: Final = 4000
QUEUES_AT_MOST: Final = 900
NOBODY: Final = 4999
"""Member of queues that nobody served: a queue needs one, and this one is never there."""

RUN_HOURS: Final = 26.0
"""A day and two hours, so that calls of late evening end."""

RING_S: Final = 30
"""How long phones ring where no log tells."""

WALL: Final = "UTC"
"""Zone of replayed days: their times are what the clock on the wall showed, whatever it did at night."""


class CalibrationError(Exception):
    """The log cannot be calibrated on: the message says what it lacks and what to do."""

    def told(self, translate: Translate) -> str:
        """The message in another language as far as it is known there."""
        return str(in_language(self.args[0], translate))


@dataclasses.dataclass(frozen=True)
class Model:
    """Everything learned. Two models of one log differ only in the weeks they have seen."""

    kinds: tuple[str, ...]
    queue_of: Mapping[str, str]
    """Queue of the log that a kind belongs to."""
    patience: PatienceFit
    talk: TalkFit
    unready: Unready
    answer_s: float
    head_start_s: Mapping[str, float]
    slack_s: float
    """How long members are present before a stretch's first answer and after its last one."""
    forecast: Forecast
    redials: Redials
    zone: str
    name: str = "log"
    baseline_slack_s: float = 60.0
    """The same for the members that the baseline (`judge.erlang_a`) counts: each has what makes it come out unbiased."""
    flex_s: float = 0.0
    """How much longer than that, on either side, members are there while more calls wait for them than of late."""
    known: Known | None = None
    """What the record of a bridge tells of its members; then queues and users keep their internal numbers."""

    @functools.cached_property
    def numbers(self) -> dict[str, int]:
        """Internal number of each kind's queue."""
        if self.known is not None and all(_is_internal(kind) for kind in self.kinds):
            return {kind: int(kind) for kind in self.kinds}
        return {kind: FIRST_QUEUE + i for i, kind in enumerate(self.kinds)}

    # --- the flow ----------------------------------------------------------------------------------------------------

    def document(self, members: Mapping[str, frozenset[str]], zone: str | None = None) -> dict[str, Any]:
        """The PBX of the log as the data of a `pbx.yaml`: a queue a kind, the members given with the queues they serve."""
        if len(self.kinds) > QUEUES_AT_MOST or len(members) > MEMBERS_AT_MOST:
            text = (
                "{kinds} kinds of call and {members} members; at most {kinds_most} and {members_most} fit a PBX; "
                "read a part of the log"
            )
            raise CalibrationError(
                Told(
                    text,
                    kinds=len(self.kinds),
                    members=len(members),
                    kinds_most=QUEUES_AT_MOST,
                    members_most=MEMBERS_AT_MOST,
                )
            )
        users = users_of(members, self.known is not None)
        elements: dict[int, dict[str, Any]] = {}
        nobody = False
        for kind, number in self.numbers.items():
            queue = self.queue_of[kind]
            mine = [users[agent] for agent in sorted(members) if queue in members[agent]]
            nobody = nobody or not mine
            element: dict[str, Any] = {
                "kind": "queue",
                "name": kind,
                "strategy": "longest_idle",
                "members": mine or [NOBODY],
                "ring": self.known.ring_s.get(queue, RING_S) if self.known is not None else RING_S,
                "max_wait": 0,
                "join_when_empty": "always",
            }
            if self.head_start_s.get(kind):
                element["start_bonus"] = self.head_start_s[kind]
            elements[number] = element
        return {
            "pbx": re.sub(r"[^a-z0-9]", "", self.name.lower()).lstrip("0123456789")[:32].ljust(3, "x"),
            "zone": zone or self.zone,
            "elements": elements,
            "users": {number: {"name": agent} for agent, number in users.items()} | ({NOBODY: {}} if nobody else {}),
        }

    def flow(self, members: Mapping[str, frozenset[str]], zone: str | None = None) -> Flow:
        """The same, loaded."""
        document, problems = check_models(self.document(members, zone))
        if document is None or problems:
            problem = str(problems[0]) if problems else "nothing is in it"
            raise CalibrationError(Told("no PBX can be made of this log: {problem}", problem=problem))
        return compile.compile(document)

    # --- scenarios ---------------------------------------------------------------------------------------------------

    def replay(
        self,
        day: pd.DataFrame,
        stretches: Iterable[Stretch],
        members: Mapping[str, frozenset[str]],
        talk_level: float = 1.0,
        seed: int = 1,
    ) -> Scenario:
        """A day as it came: its calls at their instants, the members present, everything else drawn.

        `day` needs `t` and `kind` alone. `talk_level` is a factor on all talks. On the wall's clock, zone UTC.
        """
        arrivals: dict[str, dict[str, Any]] = {}
        bands = {hour: factor for hour, factor in self.talk.hours.items() if factor != 1}
        factor = (day["t"] // 3600).astype(int).map(bands).fillna(1.0)
        known = day["kind"].where(day["kind"].isin(set(self.kinds)))
        for (kind, level), rows in day.groupby([known, factor], sort=True):
            at = tuple(np.sort(rows["t"].to_numpy(dtype=float)).tolist())
            arrivals[f"{kind} {level:g}"] = {
                "called": str(self.numbers[str(kind)]),
                "recorded": {"at_s": at},
                "classes": {f"talk {level:g}": 1.0},
            }
        levels = sorted({1.0, *bands.values()})
        date = day["day"].iloc[0].date()
        return Scenario.of(
            {
                **self._people(stretches, members),
                "scenario": f"{self.name} {date}",
                "date": date,
                "zone": WALL,
                "hours": RUN_HOURS,
                "seed": seed,
                "arrivals": arrivals,
                "callers": {f"talk {level:g}": {"talk_factor": level * talk_level} for level in levels},
            }
        )

    def expected_day(
        self,
        date: datetime.date,
        stretches: Iterable[Stretch],
        members: Mapping[str, frozenset[str]],
        seed: int = 1,
        zone: str = WALL,
        talk_level: float = 1.0,
    ) -> Scenario:
        """A day not yet seen: rates of the forecast with a random busyness, redials, the members planned. `talk_level` is a
        factor on all talks.

        Callers who come again are not in the rates but dial again in the simulation, as many as the log shows.
        """
        rates = self.forecast.rates(date)
        minutes = self.forecast.every_min
        busyness = {"cv": round(self.forecast.day_cv, 4)} if self.forecast.day_cv > 0.005 else None
        hour_of = np.arange(24 * 60 // minutes) * minutes // 60
        arrivals: dict[str, dict[str, Any]] = {}
        levels = sorted({1.0, *self.talk.hours.values()})
        padding = [0.0] * round((RUN_HOURS - 24) * 60 / minutes)
        for kind, per_interval in rates.items():
            for level in levels:
                mine = np.array([self.talk.hours.get(int(hour), 1.0) == level for hour in hour_of])
                calls = np.where(mine, per_interval * self.redials.first_share, 0.0)
                if calls.sum() > 0.005:
                    source_: dict[str, Any] = {
                        "called": str(self.numbers[kind]),
                        "every_min": minutes,
                        "calls": [round(float(value), 4) for value in calls] + padding,
                        "classes": {f"talk {level:g}": 1.0},
                    }
                    if busyness is not None:
                        source_["busyness"] = busyness
                    arrivals[f"{kind} {level:g}"] = source_
        if not arrivals:
            raise CalibrationError(
                Told("no call is expected on {date}: the log has no working day like it", date=str(date))
            )
        return Scenario.of(
            {
                **self._people(stretches, members),
                "scenario": f"{self.name} {date}",
                "about": f"Calibrated; calls expected: {sum(float(v.sum()) for v in rates.values()):.0f}.",
                "date": date,
                "zone": zone,
                "hours": RUN_HOURS,
                "seed": seed,
                "arrivals": arrivals,
                "callers": {f"talk {level:g}": {"talk_factor": level * talk_level} for level in levels},
                "redial": self._redial(),
            }
        )

    def _redial(self) -> dict[str, Any]:
        """Who calls again, as far as the log tells."""
        out: dict[str, Any] = {}
        for name, share, delay_s in (
            ("after_abandon", self.redials.after_abandon, self.redials.abandon_delay_s),
            ("after_talk", self.redials.after_talk, self.redials.talk_delay_s),
        ):
            if share:
                mean = {"kind": "exponential", "mean": round(max(1.0, delay_s), 1)}
                out[name] = {"share": round(share, 4), "delay": mean}
        return out

    def _people(self, stretches: Iterable[Stretch], members: Mapping[str, frozenset[str]]) -> dict[str, Any]:
        """Everything of a scenario but who calls when."""
        users = users_of(members, self.known is not None)
        shifts: list[dict[str, Any]] = []
        there = set()
        over: dict[int, int] = {}
        for one in staffing.widened(stretches, self.slack_s):
            number = users.get(one.agent)
            if number is None:
                continue
            there.add(number)
            begin, end = int(one.begin), int(np.ceil(one.end))
            if one.told:  # whole seconds: of two spans with a pause of half a second between them the second gives way
                begin = max(begin, over.get(number, 0))
                if end <= begin:
                    continue
                over[number] = end
            after = begin >= 86400
            begin, end = begin - 86400 * after, end - 86400 * after
            shift = {
                "members": [number],
                "from": begin,
                "to": end if end <= 86400 else end - 86400,
                "days": [int(after)],
            }
            if self.flex_s and not one.told and not one.agent.startswith(staffing.STRANGER):
                shift["flex_s"] = self.flex_s
            shifts.append(shift)
        return {
            "patience": {
                "default": self.patience.other,
                "queues": {number: self.patience.of(kind) for kind, number in self.numbers.items()},
                "crowd": self.patience.crowd,
            },
            "talk": {
                "default": self.talk.of(""),
                "queues": {number: self.talk.of(kind) for kind, number in self.numbers.items()},
                "members": {users[agent]: f for agent, f in self.talk.members.items() if agent in users and f > 0},
                "caller_hangs_up": 1.0,
            },
            "answering": self._answering(users),
            "wrap_up": {number: self._wrap_up(kind) for kind, number in self.numbers.items()},
            "wrap_up_quiet": dict.fromkeys(self.numbers.values(), self.unready.quiet) if self._rests else {},
            "shifts": shifts,
            "absent": sorted(set(users.values()) - there) + ([NOBODY] if self._unserved(members) else []),
        }

    def _answering(self, users: Mapping[str, int]) -> dict[str, Any]:
        """How phones are answered: as each member's own rows tell, else by everybody alike."""
        if self.known is None:
            return {"default": {"delay": {"kind": "constant", "seconds": self.answer_s}}}
        mine = {users[agent]: phone for agent, phone in self.known.phones.items() if agent in users}
        return {"default": self.known.phone, "users": mine}

    def _wrap_up(self, kind: str) -> Distribution:
        told = {} if self.known is None else self.known.wrap_up
        return told.get(self.queue_of[kind], self.unready.busy)

    @property
    def _rests(self) -> bool:
        return self.known is None and self.unready.quiet != self.unready.busy

    def _unserved(self, members: Mapping[str, frozenset[str]]) -> bool:
        served = frozenset[str]().union(*members.values())
        return any(self.queue_of[kind] not in served for kind in self.kinds)

    def with_slack(self, slack_s: float, baseline_slack_s: float | None = None, flex_s: float | None = None) -> Model:
        """The same with another slack, and another slack of the baseline or flex where they are given."""
        flex = self.flex_s if flex_s is None else flex_s
        baseline = self.baseline_slack_s if baseline_slack_s is None else baseline_slack_s
        return dataclasses.replace(self, slack_s=slack_s, flex_s=flex, baseline_slack_s=baseline)


def _is_internal(name: str) -> bool:
    """Whether a name is an internal number that a document may have."""
    return is_digits(name) and 3 <= len(name) <= 4 and not name.startswith("0")


def users_of(members: Mapping[str, frozenset[str]], are_numbers: bool = False) -> dict[str, int]:
    """Internal number of each member: their own where their names are such numbers, else in the order of their names."""
    if are_numbers and all(_is_internal(agent) and int(agent) != NOBODY for agent in members):
        return {agent: int(agent) for agent in sorted(members)}
    return {agent: FIRST_USER + i for i, agent in enumerate(sorted(members))}


def members_of(
    skilled: Mapping[str, frozenset[str]], stretches: Iterable[Stretch], queues: Iterable[str]
) -> dict[str, frozenset[str]]:
    """Members of a flow: everybody skilled, and whoever else was present, who then serves all queues."""
    everything = frozenset(queues)
    out = dict(skilled)
    for one in stretches:
        out.setdefault(one.agent, everything)
    return out


def to_yaml(document: dict[str, Any]) -> str:
    """A document's data as YAML text."""
    yaml = YAML()
    yaml.default_flow_style = None
    yaml.width = 110
    text = io.StringIO()
    yaml.dump(document, text)
    return text.getvalue()
