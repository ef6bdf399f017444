"""The rest of the day from a log that ends in it: forecast again, and with a flow and its scenario who would help.

Decides which instant is now and what is known at it: calls that came before the last full half hour. Leaves the forecast to
`forecast/intraday.py`, the day's scenario to `day.py`, members to `relief.py`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Final

import numpy as np
import pandas as pd

from engine.state.flow import Flow
from pbxsim.calibrate import days as d
from pbxsim.forecast import intraday as forecast
from pbxsim.forecast.calendars import Calendar
from pbxsim.forecast.intraday import SLOT_MIN, SLOTS, RestOfDay
from pbxsim.logs.calls import Log, want_log
from pbxsim.results import html
from pbxsim.runs.bars import with_bar
from pbxsim.scenario.check import want_flow
from pbxsim.scenario.scenario import Scenario
from pbxsim.staffing.targets import Targets
from pbxsim.today.day import of_today
from pbxsim.today.relief import Relief, relief

USUAL_TARGETS: Final = Targets(service_level=0.8)


@dataclasses.dataclass(frozen=True)
class Intraday:
    """The rest of a day as it looks now."""

    rest: RestOfDay
    scenario: Scenario | None
    """The day with its calls corrected; None where no scenario was given."""
    relief: Relief | None
    """Who would help; None where no flow and scenario were given."""

    @property
    def now(self) -> str:
        """The last full half hour, HH:MM: calls up to it are known."""
        minute = self.rest.from_slot * SLOT_MIN
        return f"{minute // 60:02}:{minute % 60:02}"

    def _repr_html_(self) -> str:
        whole = self.rest.whole
        said = (
            f"{whole['calls']:,.0f} calls are expected after {self.now}, the evening before {whole['unchanged']:,.0f}"
        )
        if "p10" in whole:
            said += f"; eight of ten such days have {whole['p10']:,.0f} to {whole['p90']:,.0f}"
        table = self.rest.by_interval.round(1).reset_index()
        tables = [
            html.table([str(name) for name in table.columns], [[str(cell) for cell in row] for row in table.to_numpy()])
        ]
        if self.relief is not None and len(self.relief.members):
            rows = [
                [
                    row.team,
                    f"{row[2]:%H:%M}",
                    f"{row[3]:%H:%M}",
                    str(row.members),
                    *(", ".join(map(str, who)) for who in row[5:]),
                ]
                for row in self.relief.members.itertuples()
            ]
            heads = ["team", "from", "to", "members more", "may stay", "may come earlier", "not planned"]
            tables.append(html.table(heads, rows))
        return html.block(f"Rest of {self.rest.date:%A %Y-%m-%d}", [said], tables)


@with_bar("the rest of the day")
def intraday(
    log: Log,
    at: str | pd.Timestamp | None = None,
    flow: Flow | None = None,
    scenario: Scenario | None = None,
    targets: Targets = USUAL_TARGETS,
    *,
    country: str | None = None,
    reps: int = 20,
    processes: int = 1,
    progress: Callable[[float], None] = lambda _: None,
    is_complete: bool = False,
) -> Intraday:
    """Forecast the rest of a day again from its morning, and with `flow` and `scenario` find who would keep the targets in it.

    `at` is an instant in the log's zone ("12:00" of the log's last day, or with a date), its last call's if left out; half hours
    that are over by then are known. `scenario` is the day as it was planned. Raises ValueError where the log is too short to
    tell, ScenarioError.
    """
    if (flow is None) != (scenario is None):
        raise ValueError("give both the flow and the scenario that was planned for the day, or none of them")
    if flow is not None:
        want_flow(flow, scenario)
    want_log(log)
    table = d.prepared(log.calls)
    if not len(table):
        raise ValueError("the log has no calls")
    day, from_slot = moment(table, at, is_complete)
    counted = forecast.counted(table[table["day"] <= day])
    places = np.flatnonzero(counted.days == day)
    seen = counted.calls[places[0]] if len(places) else np.zeros(counted.calls.shape[1:])
    rest = forecast.rest_of_day(counted.before(day), day, seen, from_slot, Calendar(country))
    if flow is None or scenario is None:
        return Intraday(rest, None, None)
    today, who = helped(rest, flow, scenario, targets, reps=reps, processes=processes, progress=progress)
    return Intraday(rest, today, who)


def helped(
    rest: RestOfDay,
    flow: Flow,
    scenario: Scenario,
    targets: Targets = USUAL_TARGETS,
    *,
    reps: int = 20,
    processes: int = 1,
    progress: Callable[[float], None] = lambda _: None,
) -> tuple[Scenario, Relief]:
    """The planned day with the calls of `rest`, and who would help in it. Raises ScenarioError, ValueError."""
    today = of_today(scenario, flow, rest)
    now_s = max(0, rest.from_slot * SLOT_MIN * 60 - today.start)
    return today, relief(flow, today, now_s, targets, reps=reps, processes=processes, report=progress)


def moment(table: pd.DataFrame, at: str | pd.Timestamp | None, is_complete: bool = False) -> tuple[pd.Timestamp, int]:
    """The day meant and its first half hour that is not over. `table` has `day` and `t` of `calibrate/days.py`; where it
    `is_complete` up to `at`, days without a call may lie between.

    Raises ValueError.
    """
    last = table["day"].max() + pd.Timedelta(seconds=float(table.loc[table["day"] == table["day"].max(), "t"].max()))
    if at is None:
        when = last
    else:
        text = f"{last:%Y-%m-%d} {at}" if isinstance(at, str) and len(at) <= 5 else at
        try:
            when = pd.Timestamp(text)
        except ValueError:
            raise ValueError(f"`{at}` is no time; write it as 12:00, or as 2026-11-23 12:00") from None
        when = when.tz_localize(None)
    if not is_complete and when.normalize() > last.normalize() + pd.Timedelta(days=1):
        raise ValueError(f"the log ends on {last:%Y-%m-%d}; it tells nothing of the morning of {when:%Y-%m-%d}")
    slot = int((when - when.normalize()) // pd.Timedelta(minutes=SLOT_MIN))
    if not 0 < slot < SLOTS:
        raise ValueError(f"{when:%H:%M} is no time at which a part of the day is over and another to come")
    return when.normalize(), slot
