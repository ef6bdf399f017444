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
from pbxsim.logs.told import Told, Translate, speaker
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

Say = Callable[..., str]
"""Gives a template with its values, in the language of the report."""

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

    def write(self, folder: Path, translate: Translate = str) -> tuple[Path, ...]:
        """Write `pbx.yaml`, `scenario.yaml`, `report.txt` and `losses.json` into a folder, made if need be; of a bridge also
        `staffing.csv` and `pauses.csv`. The report is in another language where it is known there."""
        folder.mkdir(parents=True, exist_ok=True)
        contents = {
            "pbx.yaml": to_yaml(self.document),
            "scenario.yaml": self.scenario.dump(),
            "report.txt": self.report(translate) + "\n",
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
        """Everything learned and how good it is, for people; in another language where it is known there."""
        say, model, table = speaker(translate), self.model, self.table
        curve = patience.kaplan_meier(table)
        half = curve.loc[curve["still_waiting"] <= 0.75, "wait_s"]
        out = [
            self.log.losses.report(translate),
            "",
            say(
                "{calls:,} calls on {days} days, {first} to {last}",
                calls=len(table),
                days=table["day"].nunique(),
                first=f"{table['day'].min():%Y-%m-%d}",
                last=f"{table['day'].max():%Y-%m-%d}",
            ),
            say(
                "abandoned {lost:.1f} %, mean wait {wait_s:.1f} s, answered within 20 s {level:.1f} %",
                lost=100 * table["abandoned"].mean(),
                wait_s=table["wait"].mean(),
                level=100 * float((table["answered"] & (table["wait"] <= 20)).mean()),
            ),
            say(
                "arrivals: level {level:.2f} of the usual, days vary by {cv:.0f} % around their weekday",
                level=model.forecast.level,
                cv=100 * model.forecast.day_cv,
            ),
            say("patience: {mean_s:.0f} s waited for one who gives up", mean_s=model.patience.mean_s)
            + (say("; a quarter would have given up after {s:.0f} s", s=half.iloc[0]) if len(half) else ""),
            say(
                "talk: {mean_s:.0f} s; members' factors {members}, hours' {hours}",
                mean_s=model.talk.mean_s,
                members=_span(model.talk.members.values()),
                hours=_span(model.talk.hours.values()),
            )
            + self._talk_ahead(say),
            *(self._inferred(say) if self.known is None else self.known.report(translate)),
        ]
        if model.redials.after_abandon is not None:
            out.append(
                say(
                    "redials within the hour: {lost:.0f} % of those who gave up, {served:.0f} % of those served",
                    lost=100 * model.redials.after_abandon,
                    served=100 * (model.redials.after_talk or 0),
                )
            )
        heads = sorted((kind, s) for kind, s in model.head_start_s.items() if s)
        if heads:
            told = ", ".join(say("{name} {s:.0f} s", name=kind, s=s) for kind, s in heads)
            out.append(say("head starts: {kinds}", kinds=told))
        return "\n".join([*out, "", *self._kinds(say), "", *self._judgement(say)])

    def _kinds(self, say: Say) -> list[str]:
        """What was seen of each kind of call, as the lines of a table."""
        titles = ("kind", "calls", "abandoned", "wait s", "talk s", "patience s")
        lines = [[say(title) for title in titles]]
        for kind, rows in sorted(self.table.groupby("kind"), key=lambda item: -len(item[1])):
            lost = int(rows["abandoned"].sum())
            lines.append(
                [
                    str(kind),
                    f"{len(rows):,}",
                    f"{100 * rows['abandoned'].mean():.1f}%",
                    f"{rows['wait'].mean():.1f}",
                    f"{self.model.talk.means_s.get(str(kind), float('nan')):.0f}",
                    f"{rows['wait'].sum() / lost:.0f}" if lost >= 10 else "-",
                ]
            )
        return _columns(lines, (14, 9, 11, 8, 8, 12), texts=1)

    def _talk_ahead(self, say: Say) -> str:
        """How long talks are expected to be on the next working day, if one is expected."""
        try:
            return say("; on {date} {level:.2f} times as long", date=self.date, level=self.talk_level)
        except CalibrationError:
            return ""

    def _inferred(self, say: Say) -> list[str]:
        """What calls alone tell of members."""
        model = self.model
        return [
            say(
                "after a talk a member is not ready for {busy_s:.0f} s on average while others wait, {quiet_s:.0f} s when nobody "
                "does; answers after {answer_s:.0f} s",
                busy_s=model.unready.busy.moments()[0],
                quiet_s=model.unready.quiet.moments()[0],
                answer_s=model.answer_s,
            ),
            self._presence(say),
        ]

    def _presence(self, say: Say) -> str:
        """How it is known who was there."""
        inferred = say(
            "members are present {slack_s:.0f} s before the first and after the last answer of a stretch of work, and up to "
            "{flex_s:.0f} s longer while more calls wait for them than of late",
            slack_s=self.model.slack_s,
            flex_s=self.model.flex_s,
        )
        if not self.roster.tells:
            return inferred
        used, doubted, idle = self.roster.account(self.table)
        if not used and not doubted:
            return say("pauses of members are taken from the log; {rest}", rest=inferred)
        return say(
            "sign-ins and pauses of the log tell presence on {used:,} members' days; on {doubted:,} they do not agree with the "
            "answers and presence is inferred, on {idle:,} a member who is signed in takes no call and counts as away",
            used=used,
            doubted=doubted,
            idle=idle,
        )

    def _judgement(self, say: Say) -> list[str]:
        """The error on unseen days, as lines."""
        if not self.unseen or self.unseen_from is None or self.judged is None:
            return [say("the log is too short to keep weeks unseen: nothing is known about the error of this model")]
        titles = ("", "", "days", "lost, points", "wait, %", "within 20 s, points")
        lines = [[say(title) for title in titles]]
        for given in DEGREES:
            found = self.errors(given)
            if found is not None:
                chance = judge.floor(self.unseen[given], given)
                told = [(judge.WHO[who], error) for who, error in found.items()]
                for who, error in told + ([("chance alone", chance)] if chance is not None else []):
                    lines.append(
                        [
                            say(TOLD[given]),
                            say(who),
                            str(error.days),
                            f"{error.abandonment_points:.2f}",
                            f"{100 * error.wait_share:.1f}",
                            f"{error.service_points:.2f}",
                        ]
                    )
        return [
            say(
                "error on days from {date} on, which the model judged here had not seen (medians over days)",
                date=self.unseen_from,
            ),
            *_columns(lines, (36, 18, 5, 14, 9, 21), texts=2),
        ]


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


def _span(factors: Any) -> Told:
    values = sorted(factors)
    return Told("{low:.2f} to {high:.2f}", low=values[0], high=values[-1]) if values else Told("not known")


def _columns(lines: list[list[str]], widths: tuple[int, ...], texts: int) -> list[str]:
    """Cells below one another, the first `texts` columns from the left; a column is as wide as its longest cell needs."""
    wide = [max(width, 1 + max(len(line[i]) for line in lines)) for i, width in enumerate(widths)]
    return [
        "".join(f"{cell:{'<' if i < texts else '>'}{wide[i]}}" for i, cell in enumerate(line)).rstrip()
        for line in lines
    ]
