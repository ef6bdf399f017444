"""A person's own special days: a mailing, a sale, a day on which nobody answers; past ones to learn from and coming ones.

Decides the form of the file and what is refused in it. Leaves what such days do to calls to `calendar_model.py`.

A file is CSV with the columns `date` and `name`, and `until` and `closed` where they are needed; or YAML, a list of the same or
dates by their name:

    mailing: [2026-09-01, 2026-10-06, 2026-12-01..2026-12-03]
    closed: [2026-12-31]
"""

from __future__ import annotations

import csv
import dataclasses
import datetime
import functools
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "date": ("date", "from", "day", "дата", "с", "день"),
    "until": ("until", "to", "по"),
    "name": ("name", "имя", "название"),
    "closed": ("closed", "закрыто"),
}
"""What a row tells, to the names its column may have."""

CLOSED: Final = ("closed", "закрыто")
"""Names of days on which nobody answers."""

YES: Final = ("yes", "true", "1", "x", "да")
NO: Final = ("", "no", "false", "0", "нет", "none")

DAYS_AT_MOST: Final = 366
"""Of one range."""

_RANGE: Final = re.compile(r"^(.*\S)\s*(?:\.\.|–|—|\s-\s)\s*(\S.*)$")
_FORMS: Final = ("%Y-%m-%d", "%d.%m.%Y")


class OwnDaysError(ValueError):
    """A day, name or file of own days is at fault. `template` and `values` say the same in another language."""

    def __init__(self, template: str, **values: object) -> None:
        super().__init__(template.format(**values))
        self.template = template
        self.values = values


@dataclasses.dataclass(frozen=True)
class OwnDay:
    """One day with its name."""

    date: datetime.date
    name: str
    is_closed: bool = False


@dataclasses.dataclass(frozen=True)
class OwnDays:
    """Days by their dates; a day has one name."""

    days: tuple[OwnDay, ...] = ()

    @classmethod
    def load(cls, path: str | Path) -> OwnDays:
        """The days of a file. Raises OwnDaysError, which names the row."""
        file = Path(path).name
        try:
            text = Path(path).read_text(encoding="utf-8-sig")
        except OSError as error:
            raise OwnDaysError("{file} cannot be read: {reason}", file=file, reason=error.strerror) from None
        except UnicodeDecodeError:
            raise OwnDaysError("{file} is no text in UTF-8", file=file) from None
        is_yaml = Path(path).suffix.lower() in (".yaml", ".yml")
        rows = _of_yaml(text, file) if is_yaml else _of_csv(text, file)
        made = cls(tuple(_checked(rows, file)))
        if not made.days:
            raise OwnDaysError("{file} names no day", file=file)
        return made

    @classmethod
    def of(cls, given: Special) -> OwnDays:
        """From a file, or from names by date or range (`{"2026-11-27": "sale"}`). Raises OwnDaysError."""
        if isinstance(given, OwnDays):
            return given
        if given is None:
            return cls()
        if isinstance(given, (str, Path)):
            return cls.load(given)
        rows = ({"row": n, "date": date, "name": name} for n, (date, name) in enumerate(given.items(), 1))
        return cls(tuple(_checked(rows, "special")))

    def name(self, day: datetime.date) -> str:
        """What the day is called, or empty."""
        found = self._by_date.get(day)
        return found.name if found is not None else ""

    def is_closed(self, day: datetime.date) -> bool:
        """Whether nobody answers on it."""
        found = self._by_date.get(day)
        return found is not None and found.is_closed

    @functools.cached_property
    def _by_date(self) -> dict[datetime.date, OwnDay]:
        return {one.date: one for one in self.days}


Special = str | Path | Mapping[Any, str] | OwnDays | None
"""What `OwnDays.of` takes."""


def _of_csv(text: str, file: str) -> Iterator[dict[str, Any]]:
    head = text.split("\n", 1)[0]
    rows = csv.DictReader(io.StringIO(text), delimiter=max(",;\t", key=head.count))
    there = {(name or "").strip().casefold(): name for name in rows.fieldnames or ()}
    columns = {field: next((there[one] for one in names if one in there), None) for field, names in FIELDS.items()}
    if columns["date"] is None or columns["name"] is None:
        raise OwnDaysError(
            "{file} has no columns date and name; it has {columns}", file=file, columns=", ".join(there) or "–"
        )
    for row in rows:
        told = {field: (row[name] or "").strip() for field, name in columns.items() if name is not None}
        if any(told.values()):
            yield {"row": rows.line_num, **told}


def _of_yaml(text: str, file: str) -> Iterator[dict[str, Any]]:
    try:
        found = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise OwnDaysError("{file} is no YAML: {reason}", file=file, reason=reason) from None
    if isinstance(found, dict):
        entries = [(name, one) for name, held in found.items() for one in (held if isinstance(held, list) else [held])]
        yield from ({"row": n, "name": str(name), "date": one} for n, (name, one) in enumerate(entries, 1))
        return
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise OwnDaysError("{file} is no list of days: each needs date and name", file=file)
    for n, one in enumerate(found, 1):
        there = {str(name).casefold(): value for name, value in one.items()}
        strange = [name for name in there if name not in {word for words in FIELDS.values() for word in words}]
        if strange:
            raise OwnDaysError(
                "{file}, row {row}: `{field}` is no field of a day; there are date, until, name and closed",
                file=file, row=n, field=strange[0],
            )  # fmt: skip
        yield {"row": n} | {
            field: next((there[word] for word in words if word in there), "") for field, words in FIELDS.items()
        }


def _checked(rows: Iterable[Mapping[str, Any]], file: str) -> Iterator[OwnDay]:
    """The days of rows, each held against those before it."""
    seen: dict[datetime.date, str] = {}
    spelled: dict[str, str] = {}
    for row in rows:
        name = str(row.get("name") or "").strip()
        if not name:
            raise OwnDaysError("{file}, row {row}: the day has no name", file=file, row=row["row"])
        known = spelled.setdefault(" ".join(name.casefold().split()), name)
        if known != name:
            raise OwnDaysError(
                "{file}, row {row}: “{name}” is called “{known}” before; write it one way",
                file=file, row=row["row"], name=name, known=known,
            )  # fmt: skip
        is_closed = _is_yes(row, file) or name.casefold() in CLOSED
        for date in _dates(row, file):
            if date in seen:
                raise OwnDaysError(
                    "{file}, row {row}: {date} is “{known}” already; a day has one name",
                    file=file, row=row["row"], date=date, known=seen[date],
                )  # fmt: skip
            seen[date] = name
            yield OwnDay(date, name, is_closed)


def _is_yes(row: Mapping[str, Any], file: str) -> bool:
    word = str(row.get("closed") if row.get("closed") is not None else "").strip().casefold()
    if word not in (*YES, *NO):
        raise OwnDaysError(
            "{file}, row {row}: `{word}` says neither yes nor no of closed", file=file, row=row["row"], word=word
        )
    return word in YES


def _dates(row: Mapping[str, Any], file: str) -> list[datetime.date]:
    """Every date of a row."""
    first, last = row.get("date"), row.get("until") or None
    parts = _RANGE.match(str(first)) if last is None else None
    if parts is not None:
        first, last = parts[1], parts[2]
    begin = _date(first, row, file)
    end = begin if last is None else _date(last, row, file)
    count = (end - begin).days + 1
    if not 1 <= count <= DAYS_AT_MOST:
        raise OwnDaysError(
            "{file}, row {row}: {begin} to {end} is no range of 1 to {most} days",
            file=file, row=row["row"], begin=begin, end=end, most=DAYS_AT_MOST,
        )  # fmt: skip
    return [begin + datetime.timedelta(days=n) for n in range(count)]


def _date(value: Any, row: Mapping[str, Any], file: str) -> datetime.date:
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    for form in _FORMS:
        try:
            return datetime.datetime.strptime(str(value).strip(), form).date()
        except ValueError:
            continue
    raise OwnDaysError(
        "{file}, row {row}: `{value}` is no date; write it as 2026-11-27", file=file, row=row["row"], value=value
    )
