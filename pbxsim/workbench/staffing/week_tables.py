"""A week of shifts in tiles and tables: people by days, who is missing, what each day keeps, what binds, and why there is none.

Decides rows and words alone. Imports no part of Panel.
"""

from __future__ import annotations

import datetime
import html
from typing import Any

import pandas as pd

from pbxsim.results.html import Raw
from pbxsim.rostering.contracts import Misfit
from pbxsim.rostering.week import WEEKS
from pbxsim.workbench.shell import html_tables
from pbxsim.workbench.shell.texts import Texts
from pbxsim.workbench.staffing.tables import BINDING_SHOWN, queue_name, worth
from pbxsim.workbench.staffing.week_work import WeekFound

STYLE = (
    html_tables.STYLE
    + """
td b { font-weight: 600; }
td small { display: block; font-size: 11.5px; line-height: 15px; color: var(--mute); }
.shift { display: block; border-left: 4px solid var(--shift); padding: 1px 0 1px 7px; border-radius: 3px;
  background: color-mix(in srgb, var(--shift) 13%, transparent); white-space: nowrap; }
.early { --shift: #d97706; } .day { --shift: #0d9488; } .late { --shift: #3b82f6; } .night { --shift: #8b5cf6; }
.off { color: var(--mute); }
@media (max-width: 560px) {
  .wide td .shift { display: inline-block; margin-left: 4px; }
  td small { display: inline; margin-left: 6px; }
}
"""
)

BEGINS = ((5, "night"), (10, "early"), (13, "day"), (20, "late"), (24, "night"))
"""Hours before which a shift begins, and what it is called."""


def shift_name(begins: str) -> str:
    """What a shift is called that begins at this time of day.

    >>> [shift_name(at) for at in ("04:30", "09:00", "10:00", "19:30", "22:00")]
    ['night', 'early', 'day', 'late', 'night']
    """
    return next(name for before, name in BEGINS if int(begins[:2]) < before)


def tiles(found: WeekFound, texts: Texts, dark: bool) -> str:
    """Hours and cost of the roster, hours needed and missing, days that keep their targets."""
    kept = found.kept.groupby("day")["met"].all()
    missing_h = float(found.missing["hours"].sum())
    unit = texts("hours_unit")
    people = int((found.hours["shifts"] > 0).sum())
    shown = (
        ("week.paid", texts.number(found.paid_h), unit, texts("week.paid_of", len(found.roster), people)),
        ("week.cost", texts.number(found.cost), "", texts("week.cost_of")),
        ("week.gap", texts.number(100 * found.gap), "%", texts("week.gap_of")),
        ("week.required", texts.number(found.required_h), unit, texts("week.required_of")),
        ("week.missing_h", texts.number(missing_h), unit, texts("week.missing_of")),
        ("week.days_kept", str(int(kept.sum())), "", texts("week.days_kept_of", len(kept))),
    )
    made = "".join(
        f"<div><label>{html.escape(texts(key))}</label><b>{value} <small>{html.escape(of)}</small></b>"
        f"<span>{html.escape(more)}</span></div>"
        for key, value, of, more in shown
    )
    return f'<div class="tiles{" dark" if dark else ""}">{made}</div>'


def verdict(found: WeekFound, texts: Texts) -> str:
    """Whether the days keep their targets."""
    kept = found.kept.groupby("day")["met"].all()
    if found.met:
        return texts("week.met", WEEKS)
    return texts("week.not_met", WEEKS, int((~kept).sum()), len(kept))


def people(found: WeekFound, texts: Texts, dark: bool) -> str:
    """People by days: name and times of each shift, paid hours beside the contract, days off."""
    shifts = {(row["user"], row["weekday"]): row for row in found.roster.to_dict("records")}
    days = [found.first + datetime.timedelta(days=n) for n in range(7)]
    weekdays = [str(column) for column in found.grid.columns[4:11]]
    rows = []
    for row in found.grid.to_dict("records"):
        team = f", {row['team']}" if len(found.teams) > 1 else ""
        who = f"{row['user']}, {row['contract']}{team}"
        least, most = texts.brief(row["least_h"]), texts.brief(row["most_h"])
        rows.append(
            (
                Raw(f"<b>{html.escape(row['name'])}</b><small>{html.escape(who)}</small>"),
                *(_cell(shifts.get((row["user"], weekday)), texts) for weekday in weekdays),
                Raw(f"<b>{texts.brief(row['paid_h'])}</b><small>{texts('week.hours_of', least, most)}</small>"),
                str(row["days_off"]),
            )
        )
    head = (
        texts("week.name"),
        *(f"{texts.weekdays()[day.weekday()]} {day.day}" for day in days),
        texts("week.hours_head"),
        texts("week.off_head"),
    )
    return html_tables.table(head, rows, dark, right=(8, 9))


def _cell(shift: Any, texts: Texts) -> Raw:
    if shift is None:
        return Raw(f'<span class="off">{html.escape(texts("week.off"))}</span>')
    kind = shift_name(shift["from"])
    rest = f"<small>{html.escape(texts('week.rest', shift['break']))}</small>" if shift["break"] else ""
    name = html.escape(texts(f"week.shift.{kind}"))
    return Raw(f'<span class="shift {kind}">{shift["from"]}–{shift["to"]} <small>{name}</small>{rest}</span>')


def missing(found: WeekFound, texts: Texts, dark: bool) -> str:
    """Members whom nobody on the roster can be, with day, time, team and what would help."""
    rows = []
    for row in found.missing.to_dict("records"):
        helps = texts(f"week.fills.{row['helps']}") + (f" ({row['names']})" if row["names"] else "")
        rows.append(
            (
                texts.weekday_date(row["day"]),
                f"{row['from']} – {row['to']}",
                row["team"],
                texts.brief(row["members"]),
                texts.brief(row["hours"]),
                helps,
            )
        )
    head = ("week.day", "staff.begin", "staff.team", "week.members_head", "week.short_head", "week.helps")
    if not rows:
        return f'<div class="wb{" dark" if dark else ""}"><p>{html.escape(texts("week.nobody_missing"))}</p></div>'
    return html_tables.table([texts(name) for name in head], rows, dark, right=(3, 4), whole=(0, 1))


def each_day(found: WeekFound, texts: Texts, dark: bool) -> str:
    """What each day and queue keeps in unseen weeks."""
    rows = []
    for row in found.kept.to_dict("records"):
        rows.append(
            (
                texts.weekday_date(row["day"]),
                queue_name(int(row["queue"]), dict(found.queue_names), texts, str(row["group"])),
                texts.amount(round(row["calls"])),
                *(
                    worth(target, row[target], texts)
                    for target in ("service_level", "abandoned_share", "answer_speed_s")
                ),
                "–" if pd.isna(row["worst_interval"]) else worth("service_level", row["worst_interval"], texts),
                texts("week.yes" if row["met"] else "week.no"),
            )
        )
    names = ("calls", "lost", "wait", "worst", "keeps")
    calls, lost, wait, worst, keeps = (texts(f"week.{name}") for name in names)
    head = (texts("week.day"), texts("queue"), calls, texts("staff.target.service_level"), lost, wait, worst, keeps)
    return html_tables.table(head, rows, dark, right=(2, 3, 4, 5, 6), whole=(0,))


def binding(found: WeekFound, texts: Texts, dark: bool) -> str:
    """The targets nearest to being missed, the worst first."""
    rows = []
    for row in found.binding.head(BINDING_SHOWN).to_dict("records"):
        spare = texts("percent", texts.number(100 * row["margin"]))
        when = _from(row["from"], found.interval_min) if row["from"] else texts("staff.whole_day")
        rows.append(
            (
                f"{texts.weekday_date(row['day'])}, {when}",
                queue_name(int(row["queue"]), dict(found.queue_names), texts, str(row["group"])),
                texts(f"staff.target.{row['target']}"),
                worth(row["target"], row["value"], texts),
                worth(row["target"], row["asked"], texts),
                spare if row["margin"] >= 0 else f"{texts('staff.missed')} ({spare})",
            )
        )
    more = len(found.binding) - BINDING_SHOWN
    when, *heads = (texts(f"staff.{name}") for name in ("when", "target", "value", "asked", "margin"))
    return html_tables.table(
        (when, texts("queue"), *heads), rows, dark, right=(3, 4, 5), whole=(0,),
        after=texts("more_rows", more) if more > 0 else "",
    )  # fmt: skip


def misfits(told: tuple[Misfit, ...], texts: Texts) -> str:
    """Contracts that nobody's week can keep, and what would help; as Markdown."""
    lines = [texts("week.misfits"), ""]
    for one in told:
        days = texts.days(one.days) if one.days != "no day" else "–"
        hours = (texts.exact(one.least_h), texts.exact(one.most_h))
        lines.append("- " + texts("week.misfit", one.who, one.contract, *hours, days, texts(f"week.helps.{one.helps}")))
    return "\n".join(lines)


def _from(begins: str, interval_min: int) -> str:
    end = (int(begins[:2]) * 60 + int(begins[3:]) + interval_min) % 1440
    return f"{begins} – {end // 60:02d}:{end % 60:02d}"
