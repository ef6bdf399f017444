"""Holiday calendars: a country, dates, an iCalendar file, and what the year looks like (R-11.4).

Decides what is picked and how a year is drawn. Which days a calendar holds is the engine's word (`engine/calendar/holidays.py`).
"""

from __future__ import annotations

import calendar as months
import datetime as dt
import html
from functools import cache
from importlib import resources
from typing import Any

import panel as pn
import panel_material_ui as pmui

from engine.calendar import holidays, zones
from engine.document import models
from pbxsim.workbench.design.panels.base import Host, ListPanel
from pbxsim.workbench.design.widgets import WIDE, caption, icon_button, row, small_button
from pbxsim.workbench.document import lists
from pbxsim.workbench.shell.texts import Texts
from pbxsim.workbench.shell.texts_countries import COUNTRIES_RU
from pbxsim.workbench.shell.texts_help import help_of

STYLE = """
:host { font: 12px/1.35 Roboto, sans-serif; }
.year { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 12px 18px; color: #0f172a; }
.year { align-items: start; }
.year.dark { color: #e8eef9; }
caption { text-align: left; font-weight: 600; padding: 0 0 3px; text-transform: capitalize; }
table { border-collapse: collapse; }
td { width: 20px; height: 18px; padding: 0; text-align: center; font-variant-numeric: tabular-nums; }
td.on { background: #b91c1c; color: #fff; border-radius: 4px; font-weight: 600; }
td.rest { color: #55657c; }
.dark td.rest { color: #9fb0ca; }
"""


@cache
def country_names(language: str) -> dict[str, str]:
    """Countries whose holidays are known, by their two letters: `RU Russia`. Other codes for the same are left out."""
    text = (resources.files("tzdata") / "zoneinfo" / "iso3166.tab").read_text(encoding="utf-8")
    names = dict(line.split("\t")[:2] for line in text.splitlines() if line and not line.startswith("#"))
    codes = [code for code in holidays.countries() if code in names or code in COUNTRIES_RU]
    if language == "ru":
        names |= COUNTRIES_RU
    return {code: f"{code} {names.get(code, '')}".strip() for code in codes}


class CalendarsPanel(ListPanel):
    """The panel of one Design page."""

    part = "calendars"
    item_icon = "event"

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.year = dt.date.today().year
        self.turns = (
            icon_button("chevron_left", self.texts("calendars.before"), lambda: self._turn(-1), margin=0),
            icon_button("chevron_right", self.texts("calendars.after"), lambda: self._turn(1), margin=0),
        )
        self.looking += self.turns
        self.picture = pn.pane.HTML(sizing_mode="stretch_width", margin=(6, 0), stylesheets=[STYLE])

    def items(self) -> list[tuple[str, str, str]]:
        """Calendars by name, with what they hold."""
        found = []
        for name in self.draft.section("calendars"):
            raw = self.draft.raw(f"calendar:{name}")
            dates = raw.get("dates")
            count = len(dates) if isinstance(dates, list) else 1 if dates else 0
            parts = [str(raw.get("country") or ""), self.texts("calendars.dates", count) if count else ""]
            parts.append("iCalendar" if raw.get("ics") else "")
            found.append((f"calendar:{name}", name, " · ".join(part for part in parts if part)))
        return found

    def create(self) -> str:
        """The holidays of Russia, to begin with."""
        return f"calendar:{lists.add_calendar(self.draft, 'RU')}"

    def remove(self, id: str) -> None:
        """Take a calendar away, unless a time rule uses it."""
        lists.remove_calendar(self.draft, id.partition(":")[2])

    def around(self, id: str) -> tuple[list[Any], list[Any]]:
        """Name and country above, iCalendar and the year below."""
        name, raw = id.partition(":")[2], self.draft.raw(id)
        title = pmui.TextInput(
            label=self.texts.field("name"), value=name, helper_text=self.texts("calendars.name_help"), **WIDE
        )
        title.param.watch(lambda event: self._rename(name, event.new), "value")
        return [title, *self._countries(id, raw)], [*self._ics(id, raw), *self._year(raw)]

    def _rename(self, old: str, new: str) -> None:
        def edit() -> None:
            lists.rename_calendar(self.draft, old, new)
            self.chosen = f"calendar:{new.strip()}"

        self.host.apply(edit)

    def _countries(self, id: str, raw: Any) -> list[Any]:
        known, code = country_names(self.texts.language), str(raw.get("country") or "")
        options = {self.texts("nowhere"): "", **{name: code for code, name in known.items()}}
        if code not in options.values():
            options[code] = code
        country = pmui.Select(
            label=self.texts.field("country"),
            options=options,
            value=code,
            helper_text=self._help(models.Calendar, "country"),
            searchable=True,
            **WIDE,
        )

        def chosen(event: Any) -> None:
            def edit() -> None:
                with self.draft.step():
                    self.draft.set(id, ("country",), event.new or None)
                    self.draft.set(id, ("subdivision",), None)

            self.host.apply(edit)

        country.param.watch(chosen, "value")
        parts = holidays.countries().get(code, ())
        if not parts and not raw.get("subdivision"):
            return [country]
        part = str(raw.get("subdivision") or "")
        region = pmui.Select(
            label=self.texts.field("subdivision"),
            options={
                self.texts("nowhere"): "",
                **{one: one for one in dict.fromkeys([*parts, *([part] if part else [])])},
            },
            value=part,
            helper_text=self._help(models.Calendar, "subdivision"),
            **WIDE,
        )
        region.param.watch(
            lambda event: self.host.apply(lambda: self.draft.set(id, ("subdivision",), event.new or None)), "value"
        )
        return [country, region]

    def _help(self, model: Any, field: str) -> str:
        return help_of(model.model_fields[field].description or "", self.texts.language)

    def _ics(self, id: str, raw: Any) -> list[Any]:
        drop = pmui.FileInput(
            label=self.texts("calendars.ics"), accept=".ics", variant="outlined", size="small", margin=(4, 0)
        )

        def dropped(event: Any) -> None:
            if event.new:
                text = event.new.decode("utf-8-sig", errors="replace").replace("\r\n", "\n")
                self.host.apply(lambda: self.draft.set(id, ("ics",), text))

        drop.param.watch(dropped, "value")
        head = caption(self.texts.field("ics"), margin=(8, 0, 0, 0))
        if not raw.get("ics"):
            return [head, drop]
        count = str(raw["ics"]).count("BEGIN:VEVENT")
        gone = small_button(
            self.texts("calendars.ics_gone"),
            "close",
            lambda: self.host.apply(lambda: self.draft.set(id, ("ics",), None)),
        )
        return [head, caption(self.texts("calendars.ics_holds", count)), row(drop, gone)]

    def _year(self, raw: Any) -> list[Any]:
        self.picture.object = year_html(raw, self.year, self._zone(), self.texts, self.host.session.dark)
        head = row(
            self.turns[0],
            pmui.Typography(str(self.year), variant="subtitle2", margin=(0, 6), align="center"),
            self.turns[1],
            margin=(10, 0, 0, 0),
        )
        return [head, self.picture]

    def _turn(self, by: int) -> None:
        self.year += by
        self.show()

    def _zone(self) -> zones.Zone:
        try:
            return zones.parse(str(self.draft.data.get("zone") or "Europe/Moscow"))
        except zones.UnknownZone:
            return zones.parse("UTC")


def year_html(raw: Any, year: int, zone: zones.Zone, texts: Texts, dark: bool) -> str:
    """Twelve months, the days of a calendar marked; empty where it cannot be read."""
    try:
        days = holidays.Days(models.Calendar.model_validate(dict(raw)), zone.tzinfo).of_year(year)
    except (ValueError, NotImplementedError, KeyError):
        return ""
    tables = []
    for month in range(1, 13):
        name = texts.months()[month - 1]
        rows = "".join(
            "<tr>" + "".join(_cell(day, month, days) for day in week) + "</tr>"
            for week in months.Calendar().monthdatescalendar(year, month)
        )
        tables.append(f"<table><caption>{html.escape(name)}</caption><tbody>{rows}</tbody></table>")
    return f'<div class="year{" dark" if dark else ""}">{"".join(tables)}</div>'


def _cell(day: dt.date, month: int, marked: frozenset[int]) -> str:
    if day.month != month:
        return "<td></td>"
    kind = "on" if zones.day_number(day) in marked else "rest" if day.weekday() >= 5 else ""
    return f'<td class="{kind}">{day.day}</td>'
