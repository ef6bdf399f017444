"""How far simulated days are from real ones, and how far the usual formula is: the error of a calibration.

Decides what a model is given of a day it has not seen, and what is compared. Given is one of

- `load`: the calls' instants and queues, who was present (`staffing.presence`), and how long talks were that day on the whole;
- `arrivals`: the same without the talks' level;
- `forecast`: the date alone; calls from the forecast, staff of the last like weekdays.

Presence and talk level come from who talked when: from the answered calls' beginnings and ends; presence from sign-ins where
the log has them (`signins.py`). Never given: whether a call
waited, how long, or whether it was abandoned. Two baselines are Erlang A (Garnett et al. 2002) hour by hour, all queues one pool,
on the same calls and the same talks (wrap-up included):

- `erlang_a_heads`, as it is done in a spreadsheet: the members seen in an hour serve in all of it;
- `erlang_a`, tuned: the same presence as the model, by the minute, and how much longer than their answers members were present
  (slack) is found for it on training days as for the model, apart.

Under `forecast` too they are computed on the calls as they came, which the model does not get: there they have more than it.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Final, Literal

import numpy as np
import pandas as pd

from pbxsim.calibrate import days as d
from pbxsim.calibrate import staffing
from pbxsim.calibrate.model import Model, members_of
from pbxsim.calibrate.signins import Roster
from pbxsim.calibrate.staffing import Stretch
from pbxsim.calibrate.talk import LONGEST_S
from pbxsim.results import queueing_theory
from pbxsim.runs import run

Given = Literal["load", "arrivals", "forecast"]
Who = Literal["simulated", "erlang_a", "erlang_a_heads"]
WHO: Final[dict[Who, str]] = {
    "simulated": "model",
    "erlang_a_heads": "Erlang A per hour",
    "erlang_a": "Erlang A, tuned",
}
"""What foretells a day, and its name for people."""

WITHIN_S: Final = 20.0
FIGURES: Final = ("abandoned", "wait_s", "within_20s")

HOURS: Final = 26
"""Of a day, those after midnight that belong to it included."""

DAYS_APART: Final = 1009
"""How far the seeds of two days in a row are apart: with one seed for all, a long talk at noon would be long on all of them."""

FEWEST_CALLS: Final = 200
"""Days with fewer calls are simulated and told, but not in the medians: one call is half a point there."""


@dataclasses.dataclass(frozen=True)
class UnseenDay:
    """One day to be judged: what is given, and what really happened."""

    date: datetime.date
    calls: pd.DataFrame
    """`day`, `t`, `kind`: nothing about waits."""
    stretches: tuple[Stretch, ...]
    members: Mapping[str, frozenset[str]]
    talk_level: float
    real: tuple[float, float, float]
    """Abandoned share, mean wait in seconds, share of all answered within 20 s."""


def facts(day: pd.DataFrame) -> tuple[float, float, float]:
    """Abandoned share, mean wait of all calls, and share of all calls answered within 20 s."""
    within = day["answered"] & (day["wait"] <= WITHIN_S)
    return float(day["abandoned"].mean()), float(day["wait"].mean()), float(within.mean())


def judged_days(
    model: Model,
    table: pd.DataFrame,
    train: pd.DataFrame,
    dates: Sequence[pd.Timestamp],
    given: Given,
    seed: int = 0,
    roster: Roster | None = None,
) -> list[UnseenDay]:
    """The days `dates` of `table`, with what is given of them."""
    roster = roster or Roster()
    out: list[UnseenDay] = []
    if not len(dates):
        return out
    window = pd.Timedelta(days=staffing.SKILLS_DAYS)
    queues = set(table["queue"])
    near = table[(table["day"] >= min(dates) - window) & (table["day"] <= max(dates))]
    served = near.loc[near["answered"] & near["agent"].notna(), ["day", "agent", "queue", "answered"]]
    by_day = dict(iter(near.groupby("day")))
    for date in dates:
        day = by_day[date]
        known = roster.skills(staffing.skills(served, date - window, date))
        stretches = roster.presence(day, date, known)
        level = 1.0
        if given == "forecast":
            known, stretches = planned(train, date, roster)
        elif given == "load":
            level = talk_level(model, day)
        kinds = d.redrawn_kinds(day[["day", "t", "kind", "queue", "wait"]], train, seed)[["day", "t", "kind"]]
        members = members_of(known, stretches, queues)
        out.append(UnseenDay(date.date(), kinds, tuple(stretches), members, level, facts(day)))
    return out


def talk_level(model: Model, day: pd.DataFrame) -> float:
    """Talk of the day over what the model expects of the same calls by the same members, drawn to 1 on small days."""
    served = day[day["answered"] & day["talk"].notna()]
    expected = float(model.talk.expected_s(served).sum())
    prior = 20 * model.talk.mean_s
    return (float(served["talk"].clip(upper=LONGEST_S).sum()) + prior) / (expected + prior)


def talk_levels(model: Model, table: pd.DataFrame) -> pd.Series:
    """`talk_level` of each day, by day."""
    levels = {day: talk_level(model, calls) for day, calls in table.groupby("day")}
    return pd.Series(list(levels.values()), index=pd.DatetimeIndex(list(levels)), dtype=float)


def planned(
    train: pd.DataFrame, date: pd.Timestamp, roster: Roster | None = None
) -> tuple[dict[str, frozenset[str]], list[Stretch]]:
    """Presence of the last ordinary day of the same weekday in training: the roster one would expect."""
    roster = roster or Roster()
    calendar = d.calendar(train)
    alike = calendar[(calendar["weekday"] == date.day_of_week) & ~calendar["special"]].index
    before = alike[alike < date] if bool((alike < date).any()) else alike
    if len(before) == 0:
        return {}, []
    last = before.max()
    skilled = roster.skills(staffing.skills(train, last - pd.Timedelta(days=staffing.SKILLS_DAYS), last))
    return skilled, roster.presence(train[train["day"] == last], last, skilled)


# --- simulation ------------------------------------------------------------------------------------------------------


def simulated(model: Model, day: UnseenDay, given: Given, reps: int, seed: int = 1) -> np.ndarray:
    """One row a replication: abandoned share, mean wait in seconds, share answered within 20 s, mean talk in seconds."""
    flow = model.flow(day.members, zone="UTC")
    seed += DAYS_APART * day.date.toordinal()
    if given == "forecast":
        scenario = model.expected_day(day.date, day.stretches, day.members, seed, talk_level=day.talk_level)
    else:
        scenario = model.replay(day.calls, day.stretches, day.members, day.talk_level, seed)
    results = run.simulate(flow, scenario, reps, processes=1, keep_records=False)
    rows = []
    for sample in results.samples:
        sums = sample.sums()
        offered = max(1.0, sums.offered)
        talk_s = sums.talk_us / 1e6 / max(1.0, sums.handled)
        rows.append((sums.abandoned / offered, sums.wait_us / 1e6 / offered, sums.answered_within / offered, talk_s))
    return np.array(rows)


def erlang_a(model: Model, day: UnseenDay) -> tuple[float, float, float]:
    """The figures of the tuned baseline."""
    return _by_hour(
        model, day, staffing.present_per_hour(staffing.widened(day.stretches, model.baseline_slack_s), HOURS)
    )


def erlang_a_heads(model: Model, day: UnseenDay) -> tuple[float, float, float]:
    """The figures of the baseline that counts the members seen in each hour."""
    return _by_hour(model, day, staffing.heads_per_hour(day.stretches, HOURS))


def _by_hour(model: Model, day: UnseenDay, present: np.ndarray) -> tuple[float, float, float]:
    """Erlang A for each hour with so many members, weighted by its calls."""
    hour = (day.calls["t"] // 3600).astype(int).to_numpy()
    counts = np.bincount(hour, minlength=HOURS)
    talk = day.calls["kind"].map(model.talk.means_s).fillna(model.talk.mean_s).to_numpy(dtype=float)
    handle = np.bincount(hour, talk, minlength=HOURS) / np.maximum(counts, 1)
    handle = (
        handle
        * np.array([model.talk.hours.get(h, 1.0) for h in range(HOURS)])
        * day.talk_level
        * _staff_factor(model, day)
    )
    handle = handle + model.unready.all.moments()[0] + model.answer_s
    total = np.zeros(3)
    for h in range(HOURS):
        if counts[h]:
            total += counts[h] * np.array(
                erlang_a_of_hour(counts[h] / 3600, handle[h], model.patience.mean_s, present[h])
            )
    lost, wait, within = total / max(1, counts.sum())
    return float(lost), float(wait), float(within)


def baseline(model: Model, days: Sequence[UnseenDay]) -> pd.DataFrame:
    """One row a day: real figures and those of the tuned baseline."""
    rows = []
    for day in days:
        row: dict[str, object] = {"date": day.date, "calls": len(day.calls)}
        for name, real, base in zip(FIGURES, day.real, erlang_a(model, day), strict=True):
            row |= {name: real, f"{name}_erlang_a": base}
        rows.append(row)
    return pd.DataFrame(rows)


def _staff_factor(model: Model, day: UnseenDay) -> float:
    """Talk factor of those present, by their time."""
    time = sum(one.end - one.begin + 1 for one in day.stretches)
    told = sum((one.end - one.begin + 1) * model.talk.members.get(one.agent, 1.0) for one in day.stretches)
    return told / time if time else 1.0


def erlang_a_of_hour(rate: float, handle_s: float, patience_s: float, members: float) -> tuple[float, float, float]:
    """The figures (`FIGURES`) of an hour by Erlang A; with a fraction of a member between the whole numbers around it. `rate` is
    in calls a second."""
    low = int(members)
    share = members - low
    out = np.zeros(3)
    for n, weight in ((low, 1 - share), (low + 1, share)):
        if weight <= 0:
            continue
        if n == 0:
            out += weight * np.array([1.0, patience_s, 0.0])
            continue
        out += weight * np.array(_of_members(rate, handle_s, patience_s, n))
    return float(out[0]), float(out[1]), float(out[2])


@functools.lru_cache(maxsize=10_000)
def _of_members(rate: float, handle_s: float, patience_s: float, members: int) -> tuple[float, float, float]:
    """The same of a whole number of members, one at least. Kept: tuning asks for the same hours again at every step."""
    figures = queueing_theory.erlang_a(rate, 1 / handle_s, 1 / patience_s, members)
    return figures.abandoned_share, figures.wait, figures.answered_within(WITHIN_S)


def compare(
    model: Model,
    days: Sequence[UnseenDay],
    given: Given,
    reps: int,
    seed: int = 1,
    processes: int = 1,
    progress: Callable[[float], None] | None = None,
    baselines: bool = True,
) -> pd.DataFrame:
    """One row a day: real, simulated (mean and spread of replications) and, unless not wanted, baselines' figures. `progress` is
    told the share of days that are over."""
    jobs = [(model, day, given, reps, seed, baselines) for day in days]
    rows: list[dict[str, object]] = []

    def gather(results: Iterable[dict[str, object]]) -> None:
        for row in results:
            rows.append(row)
            if progress is not None:
                progress(len(rows) / len(jobs))

    if processes > 1 and len(jobs) > 3:
        with ProcessPoolExecutor(processes) as pool:
            gather(pool.map(_one, jobs, chunksize=max(1, len(jobs) // (4 * processes))))
    else:
        gather(map(_one, jobs))
    return pd.DataFrame(rows)


def _one(job: tuple[Model, UnseenDay, Given, int, int, bool]) -> dict[str, object]:
    model, day, given, reps, seed, baselines = job
    drawn = simulated(model, day, given, reps, seed)
    others = {"erlang_a": erlang_a(model, day), "erlang_a_heads": erlang_a_heads(model, day)} if baselines else {}
    row: dict[str, object] = {"date": day.date, "calls": len(day.calls)}
    for i, name in enumerate(FIGURES):
        row[name] = day.real[i]
        row[f"{name}_simulated"] = float(drawn[:, i].mean())
        row[f"{name}_spread"] = float(drawn[:, i].std(ddof=1)) if reps > 1 else float("nan")
        row |= {f"{name}_{who}": told[i] for who, told in others.items()}
        row[f"{name}_drawn"] = tuple(drawn[:, i].tolist())
    row["talk_drawn"] = tuple(drawn[:, 3].tolist())
    return row


@dataclasses.dataclass(frozen=True)
class Errors:
    """Medians over days of absolute errors: points of abandonment, share of mean wait, points of service level."""

    days: int
    abandonment_points: float
    wait_share: float
    service_points: float
    abandonment_bias_points: float
    wait_bias_share: float
    service_bias_points: float = 0.0
    service_spread_points: float = 0.0
    """Median distance of a day's error of the service level from its bias."""

    def row(self) -> str:
        """For a table."""
        return (
            f"{self.abandonment_points:8.2f} {100 * self.wait_share:8.1f} {self.service_points:8.2f}"
            f" {self.abandonment_bias_points:+8.2f} {100 * self.wait_bias_share:+8.1f}"
        )


def errors(table: pd.DataFrame, who: Who = "simulated") -> Errors:
    """Errors over the days of enough calls."""
    return errors_of_all(table[table["calls"] >= FEWEST_CALLS], who)


def errors_of_all(days: pd.DataFrame, who: Who = "simulated") -> Errors:
    """Errors over all days given."""
    lost = 100 * (days[f"abandoned_{who}"] - days["abandoned"])
    wait = days[f"wait_s_{who}"] / days["wait_s"].clip(lower=1e-9) - 1
    level = 100 * (days[f"within_20s_{who}"] - days["within_20s"])
    return Errors(
        len(days), float(lost.abs().median()), float(wait.abs().median()), float(level.abs().median()),
        float(lost.median()), float(wait.median()), float(level.median()), float((level - level.median()).abs().median()),
    )  # fmt: skip


def floor(table: pd.DataFrame, given: Given) -> Errors | None:
    """The error of a model that is right in everything: each replication in turn is the real day, and the mean of the others
    foretells it. No model gets below it, as chance decides the rest of a day. None with fewer than three replications.

    Under `load` the day's talk level is given, so what the mean talk of a replication explains of its figures is taken out, by
    regression within days (a control variate: Lavenberg and Welch 1981).
    """
    days = table[table["calls"] >= FEWEST_CALLS] if bool((table["calls"] >= FEWEST_CALLS).any()) else table
    if days.empty or len(days["talk_drawn"].iloc[0]) < 3:
        return None
    talk = np.array(days["talk_drawn"].tolist())
    longer = talk / talk.mean(axis=1, keepdims=True) - 1
    reps = talk.shape[1]
    others: dict[str, np.ndarray] = {}
    drawn: dict[str, np.ndarray] = {}
    for name in FIGURES:
        values = np.array(days[f"{name}_drawn"].tolist())
        if given == "load" and float((longer**2).sum()) > 0:
            usual = values.mean(axis=1, keepdims=True)
            unit = usual if name == "wait_s" else np.ones_like(usual)
            moved = (values - usual) * unit
            slope = float((moved * longer).sum() / max(1e-12, float(((unit * longer) ** 2).sum())))
            values = values - slope * unit * longer
        drawn[name] = values
        others[name] = (values.sum(axis=1, keepdims=True) - values) / (reps - 1)
    found = []
    for j in range(reps):
        one = {"calls": days["calls"].to_numpy()}
        for name in FIGURES:
            one |= {name: drawn[name][:, j], f"{name}_simulated": others[name][:, j]}
        found.append(dataclasses.astuple(errors_of_all(pd.DataFrame(one))))
    means = np.mean(found, axis=0)
    return Errors(len(days), *(float(value) for value in means[1:]))


def months_of(table: pd.DataFrame) -> Iterator[tuple[str, pd.Series]]:
    """Each calendar month of the table, with the rows that lie in it."""
    month = table["day"].dt.strftime("%Y-%m")
    for name in sorted(month.unique()):
        yield name, month == name
