"""The days of a week as small pictures: members needed by simulation beside those in shifts and those who are on the queue.

Decides which lines there are and that days share one scale. Leaves drawing to `chart.py`. Imports no part of Panel.
"""

from __future__ import annotations

import datetime

import pandas as pd

from pbxsim.workbench.shell.texts import Texts
from pbxsim.workbench.staffing import chart
from pbxsim.workbench.staffing.week_work import WeekFound

LINES: chart.Lines = (
    ("planned", "week.of_planned", chart.AMBER, ""),
    ("expected", "week.of_expected", chart.TEAL, "7 4"),
)

STYLE = (
    chart.STYLE
    + """
.days { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 380px), 1fr)); gap: 10px 18px; color: #0f172a; }
.days.dark { color: #e8eef9; }
h3 { font-size: 12.5px; font-weight: 600; margin: 0 0 2px; }
text { font-size: 27px; }
@media (max-width: 560px) { text { font-size: 36px; } }
"""
)


def courses(found: WeekFound, team: str) -> dict[datetime.date, pd.DataFrame]:
    """By day, one row an interval: at, needed, planned, expected (planned without absence and time off the queue). `team` empty
    is all of them."""
    table = found.required if not team else found.required[found.required["team"] == team]
    whole = table.groupby(["day", "from"], sort=True)[["members", "planned"]].sum()
    made = {}
    for day in sorted(set(found.required["day"])):
        starts = pd.date_range(pd.Timestamp(day), periods=1440 // found.interval_min, freq=f"{found.interval_min}min")
        of_day = whole.loc[day] if day in whole.index.get_level_values("day") else whole.iloc[:0].droplevel("day")
        rows = of_day.reindex([f"{at:%H:%M}" for at in starts]).fillna(0.0)
        made[day] = pd.DataFrame(
            {
                "at": starts,
                "needed": rows["members"].to_numpy(),
                "planned": rows["planned"].to_numpy(),
                "expected": rows["planned"].to_numpy() * found.workforce.on_queue,
            }
        )
    return made


def pictures(found: WeekFound, team: str, texts: Texts, dark: bool) -> str:
    """Every day on which anybody is needed or planned."""
    days = courses(found, team)
    highest = max((float(table[["needed", "planned"]].to_numpy().max()) for table in days.values()), default=1.0)
    parts = []
    for day, table in days.items():
        name = texts.weekday_date(day)
        told = texts(
            "week.coverage_of",
            name,
            texts.exact(float(table["needed"].max())),
            texts.brief(float(table["planned"].max())),
        )
        svg = chart.drawing(
            chart.busy(table, "needed", "planned"), _lines(found), found.interval_min, told, texts, max(1.0, highest)
        )
        parts.append(f"<div><h3>{name}</h3>{svg}</div>")
    return f'<div class="days{" dark" if dark else ""}">{"".join(parts)}</div>'


def legend(found: WeekFound, texts: Texts, dark: bool) -> str:
    """What the lines mean."""
    days = courses(found, "")
    return chart.signs(next(iter(days.values())), _lines(found), texts, dark) if days else ""


def _lines(found: WeekFound) -> chart.Lines:
    """Those that differ."""
    return LINES if found.workforce.on_queue < 1 else LINES[:1]
