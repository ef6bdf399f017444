"""Reports by intervals: how many came, were answered and gave up in each half hour, with mean wait and handling time.

Decides by which names such a report is known and how its rows are read. It tells arrivals and staffing alone: no call's wait, nor
patience. Leaves staffing by it to `pbxsim.staffing`.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import pandas as pd

from pbxsim.logs import calls as c
from pbxsim.logs import cells, guess, times
from pbxsim.logs.lines import Source, name_of, opened
from pbxsim.logs.losses import LogError, Losses
from pbxsim.logs.told import Told

NAMES: Final[dict[str, tuple[str, ...]]] = {
    "start": (
        "interval", "interval start", "start", "start time", "interval start time", "date time", "datetime", "period",
        "half hour", "time", "timestamp", "from", "date", "interval start utc", "starttime", "интервал", "начало", "время",
        "начало интервала", "период", "час", "дата и время", "дата", "intervall", "zeitraum",
    ),
    "queue": (
        "queue", "queue name", "skill", "group", "team", "split", "split skill", "vdn", "service", "csq name", "csq",
        "очередь", "группа", "линия",
    ),
    "offered": (
        "offered", "calls", "calls offered", "offer", "incoming", "received", "calls received", "entered", "inbound",
        "contacts queued", "total calls", "acd calls offered", "offered calls", "ncalls", "volume", "call volume", "contacts",
        "interactions offered", "offered count", "calls presented", "contacts presented", "поступило", "звонков", "звонки",
        "вызовов", "вызовы", "поступило звонков",
        "входящих", "всего звонков", "всего", "anrufe",
    ),
    "answered": (
        "answered", "handled", "calls answered", "calls handled", "acd calls", "contacts handled", "answer", "accepted",
        "answered calls", "handled calls", "interactions handled", "принято", "отвечено", "обслужено", "принято звонков",
        "angenommen",
    ),
    "abandoned": (
        "abandoned", "abandons", "calls abandoned", "aban calls", "lost", "abandon", "contacts abandoned", "missed",
        "abandoned calls", "потеряно", "потеряно звонков", "пропущено", "брошено", "не отвечено", "aufgelegt",
    ),
    "asa_s": (
        "asa", "avg speed of answer", "avg speed ans", "average speed of answer", "avg speed answer", "average wait",
        "avg wait", "asa s",
        "average speed of answer s", "avg wait time", "average queue answer time", "speed of answer", "asa sec", "mean wait",
        "среднее ожидание", "среднее время ожидания", "ср ожидание", "среднее ожидание с", "среднее время ожидания с",
    ),
    "aht_s": (
        "aht", "avg handle", "average handle time", "avg handle time", "aht s", "aht sec", "average handling time",
        "avg handling time", "handle time", "average talk", "avg talk", "avg talk time", "average talk time", "att",
        "mean talk",
        "среднее время обработки", "среднее время разговора", "ср разговор", "аht", "средняя обработка", "аhт",
        "среднее время обслуживания", "средний разговор", "среднее время разговора с", "среднее время обработки с",
    ),
    "acd_s": ("avg acd time", "average acd time"),
    "acw_s": (
        "avg acw time", "average acw time", "avg after call work time", "avg wrap up time", "avg work time",
    ),
    "handle_s": ("total handle time", "total handle time seconds", "sum of handle time", "общее время обработки"),
    "staffed": (
        "staffed", "agents", "positions staffed", "agents staffed", "avg pos staff", "logged in", "staff", "операторов",
        "сотрудников", "операторы", "в смене",
    ),
}  # fmt: skip
"""What a report tells, to the names its columns may have; compared without case and marks."""

MEANS: Final = ("avg", "average", "mean", "asa", "aht", "att", "сред", "ср ")
"""Names of means begin so: with them, what was answered and abandoned are counts of an interval, and offered together."""

DATES: Final = ("date", "day", "дата", "день", "datum")


@dataclasses.dataclass(frozen=True)
class IntervalReport:
    """A row an interval and queue: `start` (zone-aware), `queue`, `offered`, and where it is told `answered`, `abandoned`,
    `asa_s`, `aht_s`, `staffed` (NaN where not)."""

    table: pd.DataFrame
    interval_min: int
    losses: Losses
    first_lines: tuple[str, ...] = ()
    """What its file begins with, for refusals."""

    def refused(self, reason: str) -> LogError:
        """Why the report does not serve, with the account of its lines and the first of them."""
        error = LogError(reason, self.losses)
        error.first_lines = self.first_lines
        return error

    def queues(self) -> list[str]:
        """Names of queues, in the order of the report."""
        return [str(name) for name in self.table["queue"].drop_duplicates()]

    def of(self, queue: str | None = None) -> pd.DataFrame:
        """The rows of one queue, or of all queues together: counts summed, means weighted by the calls they are means of."""
        table = self.table if queue is None else self.table[self.table["queue"] == queue]
        if queue is not None or self.table["queue"].nunique() == 1:
            return table.reset_index(drop=True)
        by = table.groupby("start", sort=True)
        out = by[["offered", "answered", "abandoned", "staffed"]].sum(min_count=1)
        weight = table["answered"].fillna(table["offered"])
        for name in ("asa_s", "aht_s"):
            known = weight.where(table[name].notna(), 0.0)
            top = (table[name].fillna(0) * known).groupby(table["start"]).sum()
            below = known.groupby(table["start"]).sum()
            out[name] = top / below.where(below > 0)
        return out.reset_index().assign(queue="all")


def is_report(names: Sequence[str]) -> bool:
    """Whether these are columns of a report by intervals: a beginning, calls, and a mean or what became of them."""
    found = fields_of(names)
    told = {"answered", "abandoned"} <= found.keys() or bool({"aht_s", "asa_s", "acd_s", "handle_s"} & found.keys())
    means = [cells.plain(found[field]) for field in ("asa_s", "aht_s", "acd_s") if field in found]
    counted = {"answered", "abandoned"} <= found.keys() and any(name.startswith(MEANS) for name in means)
    return "start" in found and (("offered" in found and told) or counted)


def fields_of(names: Sequence[str]) -> dict[str, str]:
    """What a report tells, to the column that tells it."""
    there = guess.by_name(names)
    out = guess.fitting(NAMES, there)
    day = next((there[one] for one in DATES if one in there), None)
    if day is not None and out.get("start") not in (None, day):
        out["date"] = day
    return out


def read(source: Source, zone: str, *, date_format: str | None = None, encoding: str | None = None) -> IntervalReport:
    """The report and the account of every line. `zone` is that of its clock times. Raises LogError, which holds the account and
    the first lines."""
    with cells.beginning_shown(source, encoding):
        return _read(opened(source, encoding), zone, date_format)


def _read(source: Source, zone: str, date_format: str | None) -> IntervalReport:
    c.zone_named(zone)
    losses = Losses(name_of(source))
    rows = cells.rows_of(source)
    rows, place = _header(rows, losses.source)
    raw = cells.table_of(rows, place, losses)
    if is_wide(list(raw.columns)):
        made = _wide(raw, zone, date_format, losses)
    else:
        made = _long(raw, zone, date_format, losses)
    losses.check(rows.total)
    if not len(made):
        raise LogError(Told("{name} holds no interval", name=losses.source), losses)
    steps = made["start"].drop_duplicates().sort_values().diff().dropna()
    minutes = round(float(steps.min() / pd.Timedelta(minutes=1))) if len(steps) else 30
    if minutes not in LENGTHS_MIN:
        text = "the intervals of {name} are {minutes} min long; 5, 15, 30 and 60 are known"
        raise LogError(Told(text, name=losses.source, minutes=minutes), losses)
    made = made.sort_values(["start", "queue"], kind="stable")
    report = IntervalReport(made.reset_index(drop=True), minutes, losses, cells.first_lines(source))
    _believe(report)
    return report


def _header(rows: cells.Rows, name: str) -> tuple[cells.Rows, int]:
    """The rows and the place of the names of columns; those of counts alone are taken only where nothing tells more."""

    def counts_alone(names: Sequence[str]) -> bool:
        return {"start", "offered"} <= fields_of(names).keys()

    for is_one in (is_report, is_wide, counts_alone):

        def is_header(row: Sequence[str], is_one: Callable[[Sequence[str]], bool] = is_one) -> bool:
            return is_one(cells.unique(row))

        place = cells.header_of(rows, is_header)
        if place >= 0:
            return rows, place
        both = cells.folded(rows, is_header)
        if both is not None:
            return both
    text = (
        "{name} is no report by intervals: columns with the interval's beginning and the calls that came are needed, or a column "
        "of days and one for each hour or half hour"
    )
    raise LogError(Told(text, name=name))


HOURS_LEAST: Final = 6
"""Columns named by times of day that make a report of days by hours."""

_HOUR = re.compile(
    r"^(\d{1,2})(?::(\d{2}))?(?::00)?\s*(?:h|ч|час)?\s*([ap]m)?"
    r"(?:\s*[-–—]\s*\d{1,2}(?::\d{2})?(?::\d{2})?\s*(?:[ap]m)?)?$",
    re.IGNORECASE,
)


def hours_of(names: Sequence[str]) -> dict[str, int]:
    """Columns named by a time of day, to the minute of the day they begin at. Of hours 1 to 24 each is the one that ends then.

    >>> hours_of(["Day", "09:00", "9:30 - 10:00", "2 PM", "15", "Total"])
    {'09:00': 540, '9:30 - 10:00': 570, '2 PM': 840, '15': 900}
    """
    out = {}
    for name in names:
        found = _HOUR.match(name.strip())
        if found is not None:
            hour = int(found[1]) if found[3] is None else int(found[1]) % 12 + 12 * (found[3].lower() == "pm")
            out[name] = hour * 60 + int(found[2] or 0)
    late = 60 if 24 * 60 in out.values() and 0 not in out.values() else 0
    return {name: minute - late for name, minute in out.items() if minute - late < 24 * 60}


def is_wide(names: Sequence[str]) -> bool:
    """Whether these are a column of days and columns of times of day."""
    return len(hours_of(names)) >= HOURS_LEAST and _day_of(names) is not None


def _day_of(names: Sequence[str]) -> str | None:
    return next((name for name in names if cells.plain(name) in (*DATES, *NAMES["start"])), None)


def _wide(raw: pd.DataFrame, zone: str, date_format: str | None, losses: Losses) -> pd.DataFrame:
    """Intervals of a table with a row a day and a column an interval. An empty cell tells nothing."""
    names = [name for name in raw.columns if name != cells.LINE]
    day, hours = _day_of(names), hours_of(names)
    assert day is not None
    queue = fields_of([name for name in names if name not in hours]).get("queue")
    raw = _without_totals(raw, losses)
    days = times.instants(raw[day].where(raw[day] != ""), date_format, day)
    numbers = pd.DataFrame({name: times.counts(raw[name]) for name in hours})
    none, first = numbers.isna().all(axis=1), next(iter(hours))
    for hit, reason in (
        (days.isna(), _no_time(day, raw.loc[days.isna(), day])),
        (none, _no_number(first, raw.loc[none, first])),
        ((numbers < 0).any(axis=1), Told("a number of calls below nothing")),
        (
            pd.concat([days, raw[queue]] if queue else [days], axis=1).duplicated(),
            Told("an interval that was there already"),
        ),
    ):
        now = hit.reindex(raw.index)
        losses.drop(reason, raw.loc[now, cells.LINE].tolist())
        raw = raw[~now]
    odd = numbers.loc[raw.index].isna() & (raw[list(hours)] != "")
    for name in odd.columns[odd.any()]:
        held = raw.loc[odd[name]]
        text = "`{column}` is no number of calls, such as “{cell}”: the cell is left out"
        losses.repair(Told(text, column=name, cell=_example(held[name])), held[cells.LINE].tolist())
    losses.keep_rest(raw[cells.LINE].tolist())
    parts = []
    for name, minute in hours.items():
        start = days[raw.index] + pd.Timedelta(minutes=minute)
        part = pd.DataFrame(
            {"start": start, "queue": raw[queue] if queue else "all", "offered": numbers.loc[raw.index, name]}
        )
        parts.append(part[part["offered"].notna()])
    made = pd.concat(parts, ignore_index=True)
    made["start"] = c.localised_first(made["start"], zone)
    for field in ("answered", "abandoned", "staffed", "asa_s", "aht_s"):
        made[field] = np.nan
    return made


def _no_time(column: str, held: pd.Series) -> Told:
    """Why rows are dropped that hold this where a time should stand."""
    cell = _example(held)
    if not cell:
        return Told("`{column}` is no time", column=column)
    return Told("`{column}` is no time, such as “{cell}”", column=column, cell=cell)


def _no_number(column: str, held: pd.Series) -> Told:
    """The same, where a number of calls should stand."""
    cell = _example(held)
    if not cell:
        return Told("`{column}` is no number of calls", column=column)
    return Told("`{column}` is no number of calls, such as “{cell}”", column=column, cell=cell)


def _example(held: pd.Series) -> str:
    """The first cell that is not empty, cut."""
    return next((str(cell)[:CELL_SHOWN] for cell in held if str(cell).strip()), "")


def _without_totals(raw: pd.DataFrame, losses: Losses) -> pd.DataFrame:
    total = cells.are_totals(raw)
    losses.drop(Told("a sum of other rows"), raw.loc[total, cells.LINE].tolist(), meant=True)
    return raw[~total]


def _long(raw: pd.DataFrame, zone: str, date_format: str | None, losses: Losses) -> pd.DataFrame:
    """Intervals of a table with a row an interval and queue."""
    found = fields_of(list(raw.columns))
    raw = _without_totals(raw, losses)
    start = _starts(raw, found, date_format)
    bad = start.isna()
    losses.drop(_no_time(found["start"], raw.loc[bad, found["start"]]), raw.loc[bad, cells.LINE].tolist())
    raw, start = raw[~bad], start[~bad]
    made = pd.DataFrame({"line": raw[cells.LINE], "start": start})
    made["start"] = start if start.dt.tz is not None else c.localised_first(start, zone)
    made["start"] = made["start"].dt.tz_convert(zone)
    made["queue"] = raw[found["queue"]] if "queue" in found else "all"
    for field in ("offered", "answered", "abandoned", "staffed"):
        made[field] = times.counts(raw[found[field]]) if field in found else np.nan
    if "offered" not in found:
        both = made[["answered", "abandoned"]]
        made["offered"] = both.sum(axis=1, min_count=1)
        found["offered"] = found["answered"]
        losses.remark(Told("offered are those answered and abandoned together: no column tells them"), len(made))
    for field in ("asa_s", "aht_s", "acd_s", "acw_s", "handle_s"):
        made[field] = times.seconds(raw[found[field]], times.unit_in(found[field])) if field in found else np.nan
    made["aht_s"] = made["aht_s"].fillna(made.pop("acd_s") + made.pop("acw_s").fillna(0))
    told = made["aht_s"].fillna(
        made["handle_s"] / made["answered"].fillna(made["offered"]).where(lambda calls: calls > 0)
    )
    if bool(told.median() > MILLISECONDS_FROM):
        losses.remark(Told("lengths are milliseconds: talks would last for hours otherwise"), len(made))
        made[["asa_s", "aht_s", "handle_s"]] /= 1000
    calls = made["answered"].fillna(made["offered"])
    made["aht_s"] = made["aht_s"].fillna(made["handle_s"] / calls.where(calls > 0))
    none = made["offered"].isna()
    losses.drop(_no_number(found["offered"], raw.loc[none, found["offered"]]), made.loc[none, "line"].tolist())
    made = made[~none]
    negative = (made[["offered", "answered", "abandoned"]].fillna(0) < 0).any(axis=1)
    losses.drop(Told("a number of calls below nothing"), made.loc[negative, "line"].tolist())
    made = made[~negative]
    twice = made.duplicated(["start", "queue"])
    losses.drop(Told("an interval that was there already"), made.loc[twice, "line"].tolist())
    made = made[~twice]
    losses.keep(made["line"].tolist())
    return made.drop(columns=["line", "handle_s"])


MILLISECONDS_FROM: Final = 7200.0
"""A median handling time of so much is one in milliseconds, as exports of Genesys Cloud have them."""

CELL_SHOWN: Final = 40
"""Characters of a cell that the account shows."""

LENGTHS_MIN: Final = (5, 15, 30, 60)


def _starts(raw: pd.DataFrame, found: dict[str, str], date_format: str | None) -> pd.Series:
    """Beginnings of intervals; `09:00 - 09:30` begins at its first part."""
    text = raw[found["start"]].str.replace(r"\s*[-–—]\s*\d{1,2}:\d{2}(?::\d{2})?\s*(?:[AaPp][Mm])?$", "", regex=True)
    if "date" not in found:
        return times.instants(text.where(text != ""), date_format, found["start"])
    days = times.instants(raw[found["date"]].where(raw[found["date"]] != ""), date_format, found["date"])
    clock = times.time_of_day(text)
    whole = times.instants(text.where(clock.isna() & (text != "")), date_format, found["start"])
    return whole if bool(whole.notna().mean() > 0.5) else days + clock


def _believe(report: IntervalReport) -> None:
    """Raises LogError where a report says what cannot be."""
    table = report.table
    over = (table["answered"].fillna(0) + table["abandoned"].fillna(0)) > table["offered"] * 1.5 + 5
    if bool(over.mean() > 0.2):
        text = (
            "more calls were answered and lost than came, in {count} intervals: the columns are others than they seem"
        )
        raise LogError(Told(text, count=int(over.sum())), report.losses)
    aht = table["aht_s"].dropna()
    if len(aht) and not 5 <= float(aht.median()) <= 7200:
        text = "the mean handling time is {mean} s in half of the intervals: it is in another unit"
        raise LogError(Told(text, mean=f"{float(aht.median()):,.3g}"), report.losses)
