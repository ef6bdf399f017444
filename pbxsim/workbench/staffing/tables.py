"""A plan in tiles and tables: how much it needs, what binds, who is needed when, which shifts, and why there is none.

Decides rows and words alone. Imports no part of Panel.
"""

from __future__ import annotations

import html
from typing import Any

import pandas as pd

from engine.state.flow import Flow
from pbxsim.results.results import ALL_QUEUES
from pbxsim.staffing.reach import OutOfReachAt
from pbxsim.workbench.shell import html_tables
from pbxsim.workbench.shell.texts import Texts
from pbxsim.workbench.staffing.work import Found

BINDING_SHOWN = 10
SECONDS = ("answer_speed_s",)
"""Targets that are seconds; the others are shares."""


def tiles(found: Found, texts: Texts, dark: bool) -> str:
    """Hours, cost, paid hours and the pool, and the service level that unseen callers met."""
    level = found.check.figure("service_level")
    occupancy = found.check.figure("occupancy")
    bound = texts("staff.bound", texts.number(found.bound)) if found.bound > 0 else texts("staff.no_bound")
    paid = texts.number(found.paid_h) if found.shifts is not None else "–"
    of_paid = texts("staff.no_shifts")
    if found.shifts is not None:
        of_paid = texts("staff.paid_cost", texts.number(found.shifts_cost))
        if found.shifts_bound > 0:
            of_paid += "; " + texts("staff.bound", texts.number(found.shifts_bound))
    within = texts("within", texts.exact(found.scenario.measure.within_s))
    shown = (
        (texts("staff.hours"), texts.number(found.member_hours), texts("hours_unit"), texts("staff.hours_of")),
        (texts("staff.price"), texts.number(found.cost), "", f"{texts('staff.price_of')}; {bound}"),
        (texts("staff.paid"), paid, texts("hours_unit") if found.shifts is not None else "", of_paid),
        (texts("staff.pool"), texts.number(found.pool_cost), "", texts("staff.pool_of")),
        (
            texts("service_level"),
            texts.number(100 * level.mean),
            "%",
            f"{within}; {texts('ci', texts.number(100 * level.low), texts.number(min(100.0, 100 * level.high)))}",
        ),
        (texts("occupancy"), texts.number(100 * occupancy.mean), "%", texts("staff.whole_day")),
    )
    made = "".join(
        f"<div><label>{html.escape(name)}</label><b>{value} <small>{html.escape(unit)}</small></b>"
        f"<span title='{html.escape(more)}'>{html.escape(more)}</span></div>"
        for name, value, unit, more in shown
    )
    return f'<div class="tiles{" dark" if dark else ""}">{made}</div>'


def queue_name(number: int, names: dict[int, str], texts: Texts, group: str = "") -> str:
    """A queue, or a group of queues, as people call it."""
    if group:
        return group
    return texts("all_queues") if number == ALL_QUEUES else f"{number} {names.get(number, '')}".strip()


def worth(target: str, value: float, texts: Texts) -> str:
    """A figure of a target with its unit; a dash where no call tells it."""
    if pd.isna(value):
        return "–"
    if target in SECONDS:
        return texts("seconds", texts.number(value))
    return texts("percent", texts.number(100 * value))


def binding(found: Found, texts: Texts, dark: bool) -> str:
    """The targets nearest to being missed, the worst first, and what one point more of each costs."""
    names = found.check.queue_names
    step = pd.Timedelta(minutes=found.scenario.measure.interval_min)
    rows = []
    for row in found.binding.head(BINDING_SHOWN).itertuples():
        when = texts("staff.whole_day") if pd.isna(row.interval) else _span(row.interval, row.interval + step)
        spare = texts("percent", texts.number(100 * float(row.margin)))
        rows.append(
            (
                when,
                queue_name(int(row.queue), names, texts, str(row.group)),
                texts(f"staff.target.{row.target}"),
                worth(str(row.target), float(row.value), texts),
                worth(str(row.target), float(row.asked), texts),
                spare if row.met else f"{texts('staff.missed')} ({spare})",
                "–" if pd.isna(row.price) else texts.number(float(row.price), 2),
                str(row.team) or "–",
            )
        )
    more = len(found.binding) - BINDING_SHOWN
    head = tuple(texts(f"staff.{name}") for name in ("when", "target", "value", "asked", "margin", "point", "by"))
    return html_tables.table(
        (head[0], texts("queue"), *head[1:]), rows, dark, right=(3, 4, 5, 6), whole=(0,),
        after=texts("more_rows", more) if more > 0 else "",
    )  # fmt: skip


def needed(found: Found, texts: Texts, dark: bool) -> str:
    """Members of each team by interval, intervals alike together."""
    pivot = found.required.pivot(index="interval", columns="team", values="members").astype(int)
    step = pd.Timedelta(minutes=found.scenario.measure.interval_min)
    spans: list[tuple[Any, Any, tuple[int, ...]]] = []
    for at, row in zip(pivot.index, pivot.to_numpy(), strict=True):
        counts = tuple(int(count) for count in row)
        if spans and spans[-1][2] == counts:
            spans[-1] = (spans[-1][0], at + step, counts)
        else:
            spans.append((at, at + step, counts))
    rows = [(_span(begin, end), *map(str, counts)) for begin, end, counts in spans if any(counts)]
    teams = [str(team) for team in pivot.columns]
    return html_tables.table((texts("staff.begin"), *teams), rows, dark, right=range(1, len(teams) + 1), whole=(0,))


def shifts(found: Found, texts: Texts, dark: bool) -> str:
    """Shifts with their breaks, heads and paid hours; empty where none were asked for."""
    if found.shifts is None:
        return ""
    rows = [
        (
            row["team"],
            f"{row['from']} – {row['to']}",
            texts("staff.minutes", row["break_min"]) + f", {row['break']}" if row["break"] else "–",
            str(row["heads"]),
            texts.number(row["paid_h"]),
        )
        for row in found.shifts.to_dict("records")
    ]
    head = (
        texts("staff.team"), texts("staff.begin"), texts("staff.rest"), texts("staff.heads"), texts("staff.paid_h"),
    )  # fmt: skip
    return html_tables.table(head, rows, dark, right=(3, 4), whole=(1,))


def out_of_reach(told: tuple[tuple[OutOfReachAt, ...], int], flow: Flow, texts: Texts) -> str:
    """Why no plan keeps the targets, and what would help; as Markdown."""
    places, more = told
    names = {number: element.name for number, element in flow.elements.items()}
    lines = [texts("staff.out"), ""]
    for place in places:
        when = texts("staff.from", place.at) if place.at else texts("staff.whole_day")
        if place.day is not None:
            when = f"{texts.weekday_date(place.day)} {when}"
        words = texts(
            "staff.out_place",
            queue_name(place.queue, names, texts, place.group),
            when,
            texts(f"staff.target.{place.target}"),
            worth(place.target, place.value, texts),
            place.members,
            worth(place.target, place.asked, texts),
            texts(f"staff.helps.{place.helps}"),
        )
        lines.append(f"- {words}")
    if more:
        lines += ["", texts("staff.out_more", more)]
    return "\n".join(lines)


def _span(begin: Any, end: Any) -> str:
    return f"{begin:%H:%M} – {end:%H:%M}"
