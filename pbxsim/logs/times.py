"""Dates, times and lengths as other programs write them.

Decides which writings are known, and that one with two meanings (day or month first) is refused and never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
import pandas as pd

from pbxsim.logs.losses import LogError
from pbxsim.logs.told import Told

Unit = Literal["s", "ms", "us", "min", "h", "day"]
UNITS: Final[dict[Unit, float]] = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "min": 60.0, "h": 3600.0, "day": 86400.0}

YEARS: Final = range(1980, 2200)
"""Years that a time of a call can be of; others are faults of a clock or of the file."""

FORMS: Final = (
    "%d-%b-%Y %H:%M:%S", "%d-%b-%y %H:%M:%S", "%d %b %Y %H:%M:%S", "%d %B %Y %H:%M:%S", "%b %d, %Y %H:%M:%S",
    "%B %d, %Y %H:%M:%S", "%b %d, %Y, %I:%M:%S %p", "%b %d, %Y %I:%M:%S %p", "%B %d, %Y %I:%M:%S %p",
    "%a %b %d %H:%M:%S %Y", "%a, %d %b %Y %H:%M:%S", "%a, %d %b %Y %H:%M:%S %z", "%d/%b/%Y:%H:%M:%S %z",
    "%d/%b/%Y %H:%M:%S", "%b %d, %Y, %I:%M %p", "%d-%b-%Y %H:%M", "%d %b %Y %H:%M", "%b %d, %Y %I:%M %p",
    "%d-%b-%Y", "%d %b %Y", "%b %d, %Y", "%Y%m%d %H:%M:%S", "%Y%m%d%H%M%S",
)  # fmt: skip
"""Forms with names of months, and without marks between numbers."""

_NUMBERS = re.compile(
    r"^(\d{1,4})([./-])(\d{1,2})\2(\d{2,4})(?:,?[ T]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?\s*([AaPp]\.?[Mm]\.?)?)?"
    r"\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?$"
)
_WORDS = re.compile(
    r"^(?:p(?:(\d+)d)?t)?"
    r"(?:(\d+(?:\.\d+)?)\s*(?:h|hours?|hrs?|ч|час\w*)\.?\s*)?"
    r"(?:(\d+(?:\.\d+)?)\s*(?:m|mins?|minutes?|мин\w*|м)\.?\s*)?"
    r"(?:(\d+(?:\.\d+)?)\s*(?:s|secs?|seconds?|с|сек\w*)\.?\s*)?"
    r"(?:(\d+(?:\.\d+)?)\s*(?:ms|msecs?|milliseconds?|мс)\.?)?$"
)
"""A length in words or as ISO 8601 has it: days, hours, minutes, seconds, milliseconds."""

_COMPACT = r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?"
"""A date and a time as one number, with seconds or without; as seconds or milliseconds it would be of no year of calls."""

SPREADSHEET_BEGAN: Final = pd.Timestamp("1899-12-30")
DAYS_OF_A_SPREADSHEET: Final = (29_221.0, 73_051.0)
"""Days since then of 1980 and 2100: a date of a spreadsheet that was saved as a number."""

_WEEKDAY = re.compile(
    r"^(?:mon|tue|wed|thu|fri|sat|sun|пн|вт|ср|чт|пт|сб|вс|mo|di|mi|do|fr|sa|so)[^\W\d]*\.?,?\s+(?=\d{1,4}[./-]\d)",
    re.I,
)
"""The name of a weekday before a date of numbers."""

_ZONED = re.compile(r"(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})\s*$")


def instants(cells: pd.Series, date_format: str | None, name: str) -> pd.Series:
    """Clock times without a zone, or instants where the cells have their offset or count seconds; NaT where there is none.

    Cells without text are missing, and so are times of no year that a call can be of. `name` is that of the column. Raises
    LogError where day and month cannot be told apart.
    """
    found = _read(cells, date_format, name)
    return found.where(found.dt.year.between(YEARS.start, YEARS.stop - 1))


def _read(cells: pd.Series, date_format: str | None, name: str) -> pd.Series:
    if date_format is not None:
        return _by_format(cells, date_format)
    number = pd.to_numeric(cells, errors="coerce")
    if bool(number.notna().any()) and bool((number.notna() | cells.isna()).mean() > 0.9):
        big = float(number.median())
        if bool(cells.dropna().str.fullmatch(_COMPACT).mean() > 0.9):
            short = cells.str.len() == len("yyyymmddhhmm")
            return _by_format(cells.where(~short, cells + "00"), "%Y%m%d%H%M%S")
        if DAYS_OF_A_SPREADSHEET[0] < big < DAYS_OF_A_SPREADSHEET[1] and bool((number % 1 != 0).mean() > 0.5):
            return (SPREADSHEET_BEGAN + pd.to_timedelta(number, unit="D")).dt.round("s")
        if big < 1e8:
            return pd.Series(pd.NaT, index=cells.index)
        unit = "s" if big < 1e11 else "ms" if big < 1e14 else "us"
        return pd.to_datetime(number, unit=unit, utc=True, errors="coerce")
    cells = cells.str.replace(_WEEKDAY, "", regex=True)
    known = cells.dropna()
    shaped = known.str.extract(_NUMBERS)
    if len(known) == 0 or float(shaped[0].notna().mean()) < 0.5:
        best = max((_by_format(cells, form) for form in FORMS), key=lambda one: int(one.notna().sum()))
        if len(known) and bool(best.notna().any()):
            return best
        iso = pd.to_datetime(cells, format="ISO8601", errors="coerce", utc=True)
        zoned = cells.str.contains(_ZONED, na=False)
        return iso if bool(zoned.any()) else iso.dt.tz_localize(None)
    return _of_numbers(cells, shaped, _order(shaped, name))


def _by_format(cells: pd.Series, form: str) -> pd.Series:
    aware = "%z" in form or "%Z" in form
    return pd.to_datetime(cells, format=form, errors="coerce", utc=aware)


def _order(shaped: pd.DataFrame, name: str) -> tuple[int, int, int]:
    """Places of year, month and day among the three numbers. Raises LogError where it is not told."""
    first, third = shaped[0].dropna(), shaped[3].dropna()
    if bool((first.str.len() == 4).mean() > 0.5):
        return (0, 2, 3)
    one, two = pd.to_numeric(shaped[0]), pd.to_numeric(shaped[2])
    day_first, month_first = bool((one > 12).any()), bool((two > 12).any())
    if bool((shaped[1] == ".").all() if len(third) else False) or (day_first and not month_first):
        return (3, 2, 0)
    if month_first and not day_first:
        return (3, 0, 2)
    if day_first and month_first:
        return (3, 2, 0) if int((one > 12).sum()) > int((two > 12).sum()) else (3, 0, 2)
    if bool(shaped[8].notna().any()):
        return (3, 0, 2)  # a clock of twelve hours goes with month first
    text = (
        "column `{name}`: nothing tells whether the day or the month stands first; say it with "
        '`date_format`, such as "%d/%m/%Y %H:%M:%S" or "%m/%d/%Y %I:%M:%S %p"'
    )
    raise LogError(Told(text, name=name))


def _of_numbers(cells: pd.Series, shaped_known: pd.DataFrame, order: tuple[int, int, int]) -> pd.Series:
    shaped = shaped_known.reindex(cells.index)
    number = {place: pd.to_numeric(shaped[place], errors="coerce") for place in (0, 2, 3, 4, 5, 6)}
    year = number[order[0]].where(number[order[0]] > 99, number[order[0]] + 2000)
    hour = number[4].fillna(0)
    half = shaped[8].str.replace(".", "", regex=False).str.lower()
    impossible = half.notna() & ((hour < 1) | (hour > 12))
    hour = hour.where(half.isna(), hour % 12 + 12 * (half == "pm"))
    part = pd.to_numeric("0." + shaped[7].fillna("0"), errors="coerce")
    months, days = number[order[1]], number[order[2]]
    good = (
        year.notna()
        & months.between(1, 12)
        & days.between(1, 31)
        & (hour < 24)
        & (number[5].fillna(0) < 60)
        & ~impossible
    )
    frame = pd.DataFrame(
        {
            "year": year.where(good),
            "month": months.where(good),
            "day": days.where(good),
            "hour": hour.where(good),
            "minute": number[5].fillna(0).where(good),
            "second": number[6].fillna(0).where(good),
        }
    )
    whole = pd.to_datetime(frame, errors="coerce")
    at = whole + pd.to_timedelta(part, unit="s")
    offset = shaped[9]
    if not bool(offset.notna().any()):
        return at
    signs = offset.str.extract(r"([+-])(\d{2}):?(\d{2})")
    minutes = pd.to_numeric(signs[1]) * 60 + pd.to_numeric(signs[2])
    shift = (minutes.where(signs[0] != "-", -minutes)).fillna(0)
    return (at - pd.to_timedelta(shift, unit="min")).where(offset.notna()).dt.tz_localize("UTC")


def time_of_day(cells: pd.Series) -> pd.Series:
    """Seconds after midnight as a length: `9:01`, `9:01:32`, `09:01:32 AM`; NaT where there is none."""
    found = cells.str.extract(r"^(\d{1,2}):(\d{2})(?::(\d{2}(?:[.,]\d+)?))?\s*([AaPp]\.?[Mm]\.?)?$")
    hour = pd.to_numeric(found[0], errors="coerce")
    half = found[3].str.replace(".", "", regex=False).str.lower()
    hour = hour.where(half.isna(), hour % 12 + 12 * (half == "pm"))
    second = pd.to_numeric(found[2].str.replace(",", ".", regex=False), errors="coerce").fillna(0)
    return pd.to_timedelta(hour * 3600 + pd.to_numeric(found[1], errors="coerce") * 60 + second, unit="s")


def seconds(cells: pd.Series, unit: Unit | None = None) -> pd.Series:
    """Lengths as seconds: numbers of `unit` with a point or a comma, `H:MM:SS`, `M:SS`, `:SS`, `PT3M51S`, `3m 51s`, `1500 ms`.

    NaN where there is none.
    """
    text = cells.astype("str").str.strip().str.replace("\u00a0", " ", regex=False).where(cells.notna())
    point = text.str.replace(r"(?<=\d) (?=\d{3}\b)", "", regex=True)
    both = point.str.contains(",", na=False) & point.str.contains(".", regex=False, na=False)
    point = point.where(~both, point.str.replace(",", "", regex=False)).str.replace(",", ".", regex=False)
    value = pd.to_numeric(point, errors="coerce") * UNITS[unit or "s"]
    value = value.where(np.isfinite(value))
    rest = value.isna() & text.notna()
    if not bool(rest.any()):
        return value.astype("float64")
    other = point[rest]
    clock = other.str.extract(r"^(-)?(?:(\d+) days? )?(?:(\d+):)?(\d{0,4}):(\d{2}(?:\.\d+)?)$")
    n = {place: pd.to_numeric(clock[place], errors="coerce") for place in (1, 2, 3, 4)}
    shown = n[1].fillna(0) * 86400 + n[2].fillna(0) * 3600 + n[3].fillna(0) * 60 + n[4]
    shown = shown.where(clock[0].isna(), -shown)
    words = other.str.lower().str.extract(_WORDS)
    parts = words.apply(lambda part: pd.to_numeric(part, errors="coerce"))
    said = (parts.fillna(0) * [86400, 3600, 60, 1, 0.001]).sum(axis=1).where(parts.notna().any(axis=1))
    return value.where(~rest, shown.where(shown.notna(), said).reindex(value.index)).astype("float64")


def counts(cells: pd.Series) -> pd.Series:
    """Numbers of calls: whole ones may have any mark between thousands. NaN where there is none.

    >>> counts(pd.Series(["1,234", "12.345.678", "1 234", "17", "2.5", "–"])).tolist()
    [1234.0, 12345678.0, 1234.0, 17.0, 2.5, nan]
    """
    text = cells.astype("str").str.strip()
    marked = text.str.fullmatch(r"[1-9]\d{0,2}(?:[.,'’\s\u00a0\u202f]\d{3})+")
    nothing = text.str.fullmatch(r"\d+[.,]000")  # 12.000 in every marked cell is twelve, with places after its point
    if bool(marked.any()) and not bool(nothing[marked].all()):
        text = text.where(~marked, text.str.replace(r"\D", "", regex=True))
    return seconds(text)


def without_unit(name: str) -> str:
    """A column's name as it is compared, without the unit at its end.

    >>> without_unit("Wait Time (in seconds)"), without_unit("Talk, min"), without_unit("Queue")
    ('wait time', 'talk', 'queue')
    """
    words = [word for word in re.split(r"[\W_]+", name.casefold()) if word]
    if len(words) > 1 and unit_in(words[-1]) is not None:
        words.pop()
        if len(words) > 1 and words[-1] in ("in", "в"):
            words.pop()
    return " ".join(words)


def unit_in(name: str) -> Unit | None:
    """The unit that a column's name tells, if it tells one.

    >>> unit_in("talk_ms"), unit_in("Ожидание, с"), unit_in("Talk Time (min)"), unit_in("talk")
    ('ms', 's', 'min', None)
    """
    last = re.split(r"[\W_]+", name.casefold().strip(" )]."))
    words: Sequence[tuple[Unit, frozenset[str]]] = (
        ("ms", frozenset({"ms", "msec", "msecs", "millis", "milliseconds", "мс", "миллисекундах"})),
        ("us", frozenset({"us", "usec", "microseconds", "мкс"})),
        ("min", frozenset({"min", "mins", "minutes", "мин", "минуты", "минут", "минутах", "minuten"})),
        ("h", frozenset({"h", "hours", "hrs", "ч", "часы", "часов", "часах", "stunden"})),
        ("s", frozenset({"s", "sec", "secs", "seconds", "с", "сек", "секунд", "секунды", "секундах", "sekunden"})),
    )
    return next((unit for unit, known in words if last and last[-1] in known), None)
