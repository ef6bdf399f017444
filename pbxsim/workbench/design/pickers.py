"""Pickers of weekdays, hours, dates and time zones, in place of text that somebody would have to know how to write.

Decides how what is picked is written in the document and read from it. What cannot be read is shown as text, to be corrected.
Leaves what such a text means to `engine/calendar/`.
"""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import panel_material_ui as pmui

from engine.calendar import holidays, schedule
from pbxsim.workbench.design.widgets import WIDE, Write, caption, icon_button, row, small_button
from pbxsim.workbench.document.yaml_edits import Value
from pbxsim.workbench.shell.texts import Texts

OFFICE_HOURS = "09:00-18:00"
_RUN = 3
"""So many weekdays in a row are written as `mon-wed`."""

_AREAS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
_CLOCK = re.compile(r"(\d{1,2})(?::?(\d{2}))?(?::(\d{2}))?", re.ASCII)
_HALVES = [f"{half // 2:02d}:{half % 2 * 30:02d}" for half in range(49)]


# --- weekdays ----------------------------------------------------------------------------------------------------------


def days_written(days: Sequence[int]) -> str:
    """Weekdays, Monday 0, as the document has them.

    >>> days_written([0, 1, 2, 3, 4]), days_written([5, 0]), days_written(range(7)), days_written([])
    ('mon-fri', 'mon, sat', 'all', 'none')
    """
    chosen = sorted(set(days))
    if len(chosen) in (0, 7):
        return "all" if chosen else "none"
    runs: list[list[int]] = []
    for day in chosen:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    names = schedule.WEEKDAYS
    parts = [[f"{names[run[0]]}-{names[run[-1]]}"] if len(run) >= _RUN else [names[d] for d in run] for run in runs]
    return ", ".join(name for part in parts for name in part)


def days_read(value: Any) -> list[int] | None:
    """Weekdays of a setting, or None where it cannot be read; a list of names is understood."""
    text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    try:
        return sorted(schedule.weekdays(text))
    except ValueError:
        return None


def days(value: Any, default: Any, texts: Texts, write: Write) -> list[Any]:
    """Seven buttons."""
    names = texts.weekdays()
    chosen = days_read(default if value is None else value)
    picker = pmui.CheckButtonGroup(
        options={name: day for day, name in enumerate(names)},
        value=chosen or [],
        size="small",
        color="primary",
        margin=(0, 0, 2, 0),
        sx={"& .MuiButtonBase-root": {"px": 1, "minWidth": 36}},
    )
    picker.param.watch(lambda event: write(days_written(event.new)), "value")
    return [picker]


# --- hours -------------------------------------------------------------------------------------------------------------


def clock(text: str) -> str:
    """A time of day as the document has it; itself where it is none.

    >>> clock("9"), clock("9:30"), clock("0915"), clock("noon")
    ('09:00', '09:30', '09:15', 'noon')
    """
    found = _CLOCK.fullmatch(text.strip())
    if not found:
        return text.strip()
    hour, minute, second = found.groups()
    return f"{int(hour):02d}:{minute or '00'}" + (f":{second}" if second else "")


def listed(value: Any) -> list[str]:
    """The items of a setting that may be one text or a list of them."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return [str(item) for item in value] if isinstance(value, (list, tuple)) else []


def one_or_many(items: Sequence[str], was: Any) -> Value:
    """A list as it was written: one text stays a text where it was one, or where there was nothing."""
    if len(items) == 1 and not isinstance(was, list):
        return items[0]
    return list(items) or None


def hours(label: str, value: Any, default: Any, texts: Texts, write: Write) -> list[Any]:
    """A line an interval: from and to, by half hours or as it is typed."""
    items = listed(default if value is None else value)

    def put(at: int, begin: str, end: str) -> None:
        changed = [*items]
        changed[at] = f"{clock(begin)}-{clock(end)}"
        items[:] = changed
        write(one_or_many(changed, value))

    def field(name: str, shown: str, changed: Callable[[str], None]) -> Any:
        options = list(dict.fromkeys([*_HALVES, shown])) if shown else _HALVES
        made = pmui.AutocompleteInput(
            label=name,
            value=shown,
            options=options,
            restrict=False,
            min_characters=0,
            **{**WIDE, "margin": (7, 6, 0, 0)},
        )
        made.param.watch(lambda event: changed(event.new or ""), "value")
        return made

    rows: list[Any] = [caption(label, margin=(6, 0, 0, 0))]
    for i, item in enumerate(items):
        begin, _, end = (part.strip() for part in item.partition("-"))

        def begins(text: str, i: int = i) -> None:
            put(i, text, items[i].partition("-")[2])

        def ends(text: str, i: int = i) -> None:
            put(i, items[i].partition("-")[0], text)

        def gone(i: int = i) -> None:
            write(one_or_many([*items[:i], *items[i + 1 :]], value))

        parts = [field(texts("hours.from"), begin, begins), field(texts("hours.to"), end, ends)]
        if len(items) > 1:
            parts.append(icon_button("close", texts("delete"), gone))
        rows.append(row(*parts))
    rows.append(small_button(texts("hours.add"), "add", lambda: write([*items, OFFICE_HOURS])))
    return rows


# --- dates -------------------------------------------------------------------------------------------------------------


def date_written(first: dt.date, last: dt.date | None, yearly: bool) -> str:
    """A date or a range as the document has it.

    >>> date_written(dt.date(2027, 1, 1), dt.date(2027, 1, 8), False), date_written(dt.date(2027, 12, 31), None, True)
    ('2027-01-01..2027-01-08', '12-31')
    """
    form = "%m-%d" if yearly else "%Y-%m-%d"
    ends = [first] if last is None or last == first else [first, last]
    return "..".join(day.strftime(form) for day in ends)


def dates(label: str, value: Any, texts: Texts, write: Write, today: dt.date | None = None) -> list[Any]:
    """A line a date or range: from, to, every year."""
    today = today or dt.date.today()
    items = listed(value)
    rows: list[Any] = [caption(label, margin=(6, 0, 0, 0))]

    def put(at: int, text: str | None) -> None:
        write(one_or_many([*items[:at], *([text] if text else []), *items[at + 1 :]], value))

    for i, item in enumerate(items):
        rows += _date_rows(item, i, put, texts, today)
    rows.append(small_button(texts("dates.add"), "add", lambda: write([*items, today.isoformat()])))
    return rows


def _date_rows(item: str, at: int, put: Callable[[int, str | None], None], texts: Texts, today: dt.date) -> list[Any]:
    def gone(**settings: Any) -> Any:
        return icon_button("close", texts("delete"), lambda: put(at, None), **settings)

    try:
        span = holidays.span(item)
        year = today.year if span.yearly else 0
        first, last = (dt.date(y or year, m, d) for y, m, d in (span.first, span.last))
    except ValueError:  # not a date, or 29 February of another year
        text = pmui.TextInput(label=texts.field("dates"), value=item, **WIDE)
        text.param.watch(lambda event: put(at, event.new.strip() or None), "value")
        return [row(text, gone())]
    pickers = [
        pmui.DatePicker(label=texts(name), value=day, format=texts.date_format, **{**WIDE, "margin": (7, 6, 0, 0)})
        for name, day in (("hours.from", first), ("hours.to", last))
    ]
    yearly = pmui.Checkbox(label=texts("dates.yearly"), value=span.yearly, size="small", margin=0, align="center")

    def changed(_: Any) -> None:
        begin, end = pickers[0].value, pickers[1].value
        if begin is not None:
            later = end if end is not None and (end > begin or yearly.value) else None
            put(at, date_written(begin, later, bool(yearly.value)))

    for widget in (*pickers, yearly):
        widget.param.watch(changed, "value")
    return [row(*pickers), row(yearly, gone(margin=0, align="center"), margin=(0, 0, 4, 0))]


# --- time zones --------------------------------------------------------------------------------------------------------


@cache
def zones() -> tuple[str, ...]:
    """Zones by place, and those that never change their clocks."""
    places = sorted(name for name in zoneinfo.available_timezones() if name.partition("/")[0] in _AREAS and "/" in name)
    fixed = ["UTC", *(f"GMT{hour:+d}" for hour in range(-12, 15) if hour)]
    return (*places, *fixed)


def zone(label: str, value: Any, default: str, write: Write) -> list[Any]:
    """One of all time zones, found by typing a part of its name."""
    shown = str(value) if value else ""
    picker = pmui.AutocompleteInput(
        label=label,
        value=shown,
        options=list(dict.fromkeys([*([shown] if shown else []), *zones()])),
        placeholder=default,
        restrict=False,
        min_characters=0,
        search_strategy="includes",
        case_sensitive=False,
        **WIDE,
    )
    picker.param.watch(lambda event: write((event.new or "").strip() or None), "value")
    return [picker]
