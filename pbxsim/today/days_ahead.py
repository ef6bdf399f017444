"""The days after a log: calls expected, their ranges and how far methods were off, as a table and a picture for notebooks.

Decides what is shown of them. Leaves the forecast to `forecast/outlook.py`, which calls count to `calibrate/days.py`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pandas as pd

from pbxsim.calibrate import days as d
from pbxsim.forecast.calendars import Calendar
from pbxsim.forecast.outlook import Outlook, outlook
from pbxsim.forecast.own_days import OwnDays, Special
from pbxsim.logs.calls import Log, want_log
from pbxsim.results import html
from pbxsim.results.days_plot import plot_of
from pbxsim.results.plots import Plot
from pbxsim.runs.bars import with_bar


@dataclasses.dataclass(frozen=True)
class DaysAhead:
    """What is expected of the days after a log."""

    outlook: Outlook
    history: pd.Series
    """Calls of each day of the log, by day."""

    @property
    def days(self) -> pd.DataFrame:
        """One row a day, by date: `calls`, `p10`, `p90`, `horizon` (day, week, month), `method`, `holiday` and `special`, the
        name of an own day (or empty)."""
        return self.outlook.days

    @property
    def errors(self) -> pd.DataFrame:
        """How far methods were off on the log's last days, per cent of the calls (WAPE): a row a method, a column a horizon."""
        return self.outlook.errors

    @property
    def special(self) -> pd.DataFrame:
        """What own days do, a row a name: `past_days` of the log, `factor` on the calls (NaN without a past day)."""
        return self.outlook.special

    def plot(self) -> Plot:
        """The last weeks of the log and the days after it, with the range that holds four days of five."""
        return plot_of(self.history, self.days.assign(holiday=self._names()))

    def _names(self) -> list[str]:
        """The holiday and the own day that each day is, or empty."""
        both = self.days[["holiday", "special"]].itertuples(index=False)
        return [", ".join(name for name in names if name) for names in both]

    def _repr_html_(self) -> str:
        rows = [
            [
                f"{date:%a %Y-%m-%d}",
                f"{row.calls:,.0f}",
                f"{row.p10:,.0f} to {row.p90:,.0f}",
                str(row.method),
                name,
            ]
            for date, row, name in zip(self.days.index, self.days.itertuples(), self._names(), strict=True)
        ]
        off = [
            [str(name), *("–" if value != value else f"{value:.1f}" for value in row)]
            for name, row in zip(self.errors.index, self.errors.to_numpy().tolist(), strict=True)
        ]
        judged = ", ".join(f"{count} {name} ahead" for name, count in self.outlook.judged_days.items())
        tables = [
            html.table(["day", "calls", "four days of five", "method", "holiday or own day"], rows),
            html.table(["off, % of calls", *(f"{name} ahead" for name in self.errors)], off),
        ]
        if len(self.special):
            own = [
                [str(name), str(past), "–" if factor != factor else f"{factor:.2f}"]
                for name, past, factor in self.special.itertuples()
            ]
            tables.append(html.table(["own day", "past days", "times the calls"], own))
        return html.block(
            f"{len(rows)} days after {self.history.index[-1]:%A %Y-%m-%d}", [f"Days judged: {judged}"], tables
        )


@with_bar("judging methods")
def days_ahead(
    log: Log,
    days: int = 14,
    *,
    country: str | None = None,
    special: Special = None,
    progress: Callable[[float], None] = lambda _: None,
) -> DaysAhead:
    """Forecast the calls of `days` days after a log; holidays are those of `country` (ISO 3166 code).

    `special` are days of one's own, past ones to learn from and coming ones: a file, or names by date (`{"2026-11-27":
    "sale"}`), see `forecast/own_days.py`. Raises OwnDaysError (a ValueError) where they are at fault, ValueError where the
    log has no day that was worked, or `days` is less than one, NotImplementedError for a country without a calendar of
    holidays.
    """
    if days < 1:
        raise ValueError(f"{days} days: ask for one at least")
    want_log(log)
    table = d.prepared(log.calls)
    if not len(table):
        raise ValueError("the log has no calls")
    history = table.groupby("day").size()
    return DaysAhead(outlook(history, Calendar(country, own=OwnDays.of(special)), days, progress=progress), history)
