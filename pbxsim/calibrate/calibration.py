"""From a log to a scenario, with the error on weeks it has not seen.

Decides what `pbx calibrate` does and shows: learn from all weeks but the last, say how far simulated days are from those
last weeks and how far Erlang A is, then learn from all weeks, and give the PBX and a scenario of the next working day.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pandas as pd

from engine.state.flow import Flow
from pbxsim.calibrate import days as d
from pbxsim.calibrate import fitting, handling, judge, patience, signins
from pbxsim.calibrate.known import Known, haste
from pbxsim.calibrate.known import known as known_of
from pbxsim.calibrate.model import CalibrationError, Model, members_of, to_yaml
from pbxsim.calibrate.signins import Roster
from pbxsim.calibrate.staffing import Stretch
from pbxsim.forecast import averages
from pbxsim.logs import Log
from pbxsim.logs.calls import want_log
from pbxsim.logs.told import Told, Translate
from pbxsim.results import html
from pbxsim.runs.bars import with_bar
from pbxsim.scenario.scenario import Scenario

UNSEEN_WEEKS: Final = 4
LEARNT_OVER_UNSEEN: Final = 2
"""Weeks to learn from for each unseen one, at least; a shorter log is judged on fewer weeks."""

DEGREES: Final[tuple[judge.Given, ...]] = ("load", "arrivals", "forecast")

TOLD: Final = {
    "load": "calls, staff and talk level given",
    "arrivals": "calls and staff given",
    "forecast": "only the date given",
}

Progress = Callable[[str, float], None]
"""Called with what is done and the share of it all that is over."""


@dataclasses.dataclass(frozen=True)
class Calibration:
    """What a log gave: a model of all of it, and how a model of its earlier weeks did on the unseen ones."""

    model: Model
    log: Log
    table: pd.DataFrame
    unseen: dict[str, pd.DataFrame]
    """By what was given: one row an unseen day with real, simulated and Erlang-A figures. Empty if the log is too short."""
    unseen_from: datetime.date | None
    judged: Model | None
    """The model that was judged: it saw no day from `unseen_from` on."""
    roster: Roster = dataclasses.field(default_factory=Roster)
    """Who was there when, as far as sign-ins in the log tell."""
    known: Known | None = None
    """What the record of a bridge tells of its members, nothing inferred."""

    @functools.cached_property
    def date(self) -> datetime.date:
        """The next working day after the log."""
        last: datetime.date = self.table["day"].max().date()
        for ahead in range(1, 15):
            date = last + datetime.timedelta(days=ahead)
            usual = sum(float(calls.sum()) for calls in self.model.forecast.rates(date).values())
            if usual >= d.FEWEST_CALLS and self.model.forecast.is_usual(date):
                return date
        raise CalibrationError(Told("no working day is expected in the two weeks after the log"))

    @functools.cached_property
    def staff(self) -> tuple[dict[str, frozenset[str]], list[Stretch]]:
        """Members with the queues they serve, and their presence on the last day like `date`."""
        skilled, stretches = judge.planned(self.table, pd.Timestamp(self.date), self.roster)
        return members_of(skilled, stretches, set(self.table["queue"])), stretches

    @functools.cached_property
    def document(self) -> dict[str, Any]:
        """The PBX the log shows, as the data of a `pbx.yaml`."""
        return self.model.document(self.staff[0])

    @functools.cached_property
    def flow(self) -> Flow:
        """The same, loaded."""
        return self.model.flow(self.staff[0])

    @functools.cached_property
    def scenario(self) -> Scenario:
        """The next working day, with the staff of the last day like it."""
        members, stretches = self.staff
        return self.model.expected_day(
            self.date, stretches, members, zone=self.model.zone, talk_level=round(self.talk_level, 4)
        )

    @functools.cached_property
    def talk_level(self) -> float:
        """How much longer than in the whole log talks of `date` are expected to be, as a factor, from those of recent days."""
        levels = judge.talk_levels(self.model, handling.recent(self.table))
        return averages.next_day(levels, pd.Timestamp(self.date))

    def errors(self, given: judge.Given = "load") -> dict[judge.Who, judge.Errors] | None:
        """Errors of the model and of both baselines on unseen days; None if there are none."""
        compared = self.unseen.get(given)
        if compared is None or compared.empty:
            return None
        enough = bool((compared["calls"] >= judge.FEWEST_CALLS).any())
        return {who: judge.errors(compared, who) if enough else judge.errors_of_all(compared, who) for who in judge.WHO}

    def write(self, folder: Path) -> tuple[Path, ...]:
        """Write `pbx.yaml`, `scenario.yaml`, `report.txt` and `losses.json` into a folder, made if need be; of a bridge also
        `staffing.csv` and `pauses.csv`."""
        folder.mkdir(parents=True, exist_ok=True)
        contents = {
            "pbx.yaml": to_yaml(self.document),
            "scenario.yaml": self.scenario.dump(),
            "report.txt": self.report() + "\n",
            "losses.json": json.dumps(self.log.losses.as_dict(), ensure_ascii=False, indent=1) + "\n",
        }
        if self.known is not None:
            contents["staffing.csv"] = self.known.staffing.to_csv(index=False, float_format="%.4f")
            contents["pauses.csv"] = self.known.pauses.to_csv(index=False, float_format="%.2f")
        for name, text in contents.items():
            (folder / name).write_text(text, encoding="utf-8")
        return tuple(folder / name for name in contents)

    def _repr_html_(self) -> str:
        rows = []
        for given in DEGREES:
            for who, error in (self.errors(given) or {}).items():
                lost, wait, level = error.abandonment_points, 100 * error.wait_share, error.service_points
                rows.append(
                    (TOLD[given], judge.WHO[who], str(error.days), f"{lost:.2f}", f"{wait:.1f}", f"{level:.2f}")
                )
        columns = ["given", "model", "days", "abandoned, points", "wait, %", "service level, points"]
        title = f"{len(self.table):,} calls on {self.table['day'].nunique()} days"
        since = (
            f"error on days from {self.unseen_from} on, which the model had not seen"
            if rows
            else "no week was kept unseen"
        )
        return html.block(title, [since, "`.report()` tells everything that was learned"], [html.table(columns, rows)])

    def report(self, translate: Translate = str) -> str:
        """Everything learned and how good it is, for people; the account of the log in another language where it is known."""
        model, table = self.model, self.table
        span = f"{table['day'].min():%Y-%m-%d} to {table['day'].max():%Y-%m-%d}"
        curve = patience.kaplan_meier(table)
        half = curve.loc[curve["still_waiting"] <= 0.75, "wait_s"]
        out = [
            self.log.losses.report(translate),
            "",
            f"{len(table):,} calls on {table['day'].nunique()} days, {span}",
            f"abandoned {100 * table['abandoned'].mean():.1f} %, mean wait {table['wait'].mean():.1f} s, "
            f"answered within 20 s {100 * float((table['answered'] & (table['wait'] <= 20)).mean()):.1f} %",
            f"arrivals: level {model.forecast.level:.2f} of the usual, "
            f"days vary by {100 * model.forecast.day_cv:.0f} % around their weekday",
            f"patience: {model.patience.mean_s:.0f} s waited for one who gives up"
            + (f"; a quarter would have given up after {half.iloc[0]:.0f} s" if len(half) else ""),
            f"talk: {model.talk.mean_s:.0f} s; members' factors {_span(model.talk.members.values())}, "
            f"hours' {_span(model.talk.hours.values())}{self._talk_ahead()}",
            *(self._inferred() if self.known is None else self.known.report()),
        ]
        if model.redials.after_abandon is not None:
            out.append(
                f"redials within the hour: {100 * model.redials.after_abandon:.0f} % of those who gave up, "
                f"{100 * (model.redials.after_talk or 0):.0f} % of those served"
            )
        heads = {kind: s for kind, s in model.head_start_s.items() if s}
        if heads:
            out.append("head starts: " + ", ".join(f"{kind} {s:.0f} s" for kind, s in sorted(heads.items())))
        out += ["", f"{'kind':14}{'calls':>9}{'abandoned':>11}{'wait s':>8}{'talk s':>8}{'patience s':>12}"]
        groups = table.groupby("kind")
        for kind, rows in sorted(groups, key=lambda item: -len(item[1])):
            lost = int(rows["abandoned"].sum())
            theta = f"{rows['wait'].sum() / lost:.0f}" if lost >= 10 else "-"
            out.append(
                f"{kind!s:14}{len(rows):>9,}{100 * rows['abandoned'].mean():>10.1f}%{rows['wait'].mean():>8.1f}"
                f"{model.talk.means_s.get(str(kind), float('nan')):>8.0f}{theta:>12}"
            )
        return "\n".join([*out, "", *self._judgement()])

    def _talk_ahead(self) -> str:
        """How long talks are expected to be on the next working day, if one is expected."""
        try:
            return f"; on {self.date} {self.talk_level:.2f} times as long"
        except CalibrationError:
            return ""

    def _inferred(self) -> list[str]:
        """What calls alone tell of members."""
        model = self.model
        return [
            f"after a talk a member is not ready for {model.unready.busy.moments()[0]:.0f} s on average while others wait, "
            f"{model.unready.quiet.moments()[0]:.0f} s when nobody does; answers after {model.answer_s:.0f} s",
            self._presence(),
        ]

    def _presence(self) -> str:
        """How it is known who was there."""
        inferred = (
            f"members are present {self.model.slack_s:.0f} s before the first and after the last answer of a stretch of work, "
            f"and up to {self.model.flex_s:.0f} s longer while more calls wait for them than of late"
        )
        if not self.roster.tells:
            return inferred
        used, doubted, idle = self.roster.account(self.table)
        if not used and not doubted:
            return f"pauses of members are taken from the log; {inferred}"
        return (
            f"sign-ins and pauses of the log tell presence on {used:,} members' days; on {doubted:,} they do not agree with the "
            f"answers and presence is inferred, on {idle:,} a member who is signed in takes no call and counts as away"
        )

    def _judgement(self) -> list[str]:
        """The error on unseen days, as lines."""
        if not self.unseen or self.unseen_from is None or self.judged is None:
            return ["the log is too short to keep weeks unseen: nothing is known about the error of this model"]
        out = [
            f"error on days from {self.unseen_from} on, which the model judged here had not seen (medians over days)",
            f"{'':36}{'':18}{'days':>5} {'lost, points':>13} {'wait, %':>8} {'within 20 s, points':>20}",
        ]
        for given in DEGREES:
            found = self.errors(given)
            if found is not None:
                chance = judge.floor(self.unseen[given], given)
                told = [(judge.WHO[who], error) for who, error in found.items()]
                for who, error in told + ([("chance alone", chance)] if chance is not None else []):
                    out.append(
                        f"{TOLD[given]:36}{who:18}{error.days:>5} {error.abandonment_points:>13.2f} "
                        f"{100 * error.wait_share:>8.1f} {error.service_points:>20.2f}"
                    )
        return out


@with_bar("calibrating")
def calibrate(
    log: Log,
    *,
    name: str = "log",
    country: str | None = None,
    subdivision: str | None = None,
    unseen_weeks: int = UNSEEN_WEEKS,
    reps: int = 5,
    tuning_calls: int = fitting.TUNING_CALLS,
    processes: int = 1,
    progress: Progress | None = None,
    seed: int = 0,
) -> Calibration:
    """Learn everything a log tells, judge it on its last weeks, and learn again from all of it.

    `country` (ISO 3166, with `subdivision`) names the holiday calendar. Raises CalibrationError if the log lacks what is needed:
    five working days, talk times, calls that were abandoned.
    """
    tell = progress or (lambda text, share: None)
    want_log(log)
    if log.calls.empty:
        raise CalibrationError(Told("{source} holds no calls", source=log.losses.source))
    zone = str(log.calls["arrived_at"].dt.tz)
    table = d.prepared(log.calls, seed)
    known = known_of(log.activity, table["day"].min(), table["day"].max(), haste(table))
    roster = signins.of_log(log, table) if known is None else known.roster
    last = table["day"].max()
    days = (last - table["day"].min()).days + 1
    weeks = min(unseen_weeks, days // (7 * (1 + LEARNT_OVER_UNSEEN)))
    unseen: dict[str, pd.DataFrame] = {}
    judged: Model | None = None
    first: datetime.date | None = None
    if weeks >= 1:
        border = last - pd.Timedelta(weeks=weeks) + pd.Timedelta(days=1)
        train = table[table["day"] < border]
        tell("learning from the earlier weeks", 0.0)
        judged = fitting.fit(
            train,
            zone,
            name,
            country,
            subdivision,
            tuning_calls=tuning_calls,
            processes=processes,
            seed=seed,
            roster=roster,
            known=None
            if known is None
            else known_of(log.activity, train["day"].min(), train["day"].max(), haste(train)),
        )
        first = border.date()
        calendar = d.calendar(table[table["day"] >= border], country, subdivision)
        dates = list(calendar.index[calendar["calls"] >= d.FEWEST_CALLS])
        for i, given in enumerate(DEGREES):
            words, begun = f"unseen days, {TOLD[given]}", 0.3 + 0.15 * i
            tell(words, begun)
            chosen = judge.judged_days(judged, table, train, dates, given, seed, roster)
            unseen[given] = judge.compare(
                judged,
                chosen,
                given,
                reps,
                processes=processes,
                progress=functools.partial(_within, tell, words, begun),
            )
    tell("learning from all weeks", 0.8)
    again = 0 if judged is not None else tuning_calls
    model = fitting.fit(
        table, zone, name, country, subdivision, tuning_calls=again, processes=processes, seed=seed, roster=roster,
        known=known,
    )  # fmt: skip
    if judged is not None:
        model = model.with_slack(judged.slack_s, judged.baseline_slack_s, judged.flex_s)
    tell("done", 1.0)
    return Calibration(model, log, table, unseen, first, judged, roster, known)


def _within(tell: Progress, words: str, begun: float, share: float) -> None:
    tell(words, begun + 0.15 * share)


def _span(factors: Any) -> str:
    values = sorted(factors)
    return f"{values[0]:.2f} to {values[-1]:.2f}" if values else "none"
