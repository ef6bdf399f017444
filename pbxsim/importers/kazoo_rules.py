"""Kazoo's temporal rules as time rules: daily, weekly, monthly, yearly and of one date.

Source: Kazoo's schema of temporal rules and its module temporal_route. Decides which recurrences a time rule of ours can say: the
second Tuesday of a month is a Tuesday from the 8th to the 14th; every second week is none. A rule's last second is in it there.
"""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import Any, Final

from engine.calendar import zones
from engine.contract import limits
from engine.contract.ids import SECOND_US
from pbxsim.importers import days
from pbxsim.importers.kazoo_documents import Document, listed_of, whole_of

DAY_S: Final = 86400
LAST_S: Final = 200 * 366 * DAY_S
"""Seconds after 1970 beyond which no date is looked for."""

WEEKDAYS: Final = {
    "monday": "mon", "tuesday": "tue", "wednesday": "wed", "wensday": "wed", "thursday": "thu", "friday": "fri",
    "saturday": "sat", "sunday": "sun",
}  # fmt: skip
"""Kazoo's own spelling of Wednesday in its early schema is among them."""
ORDINALS: Final = (*days.ORDINALS, "last", "every")
NEVER: Final = "this form of time is not recognised; it never holds here"

_EPOCH_S: Final = 62_167_219_200
"""1970 in Kazoo's count of seconds, which begins with the year 0."""


@dataclasses.dataclass(frozen=True)
class RuleHours:
    """Settings of a time rule, and what differs."""

    settings: dict[str, Any]
    effect: str


def hours_of(rule: Document, zone: str = "UTC") -> RuleHours | str:
    """What a rule is here, or why it is nothing. Its single dates are those of `zone`.

    >>> hours_of({"cycle": "yearly", "month": 9, "ordinal": "first", "wdays": ["monday"]}).settings
    {'days': 'mon', 'open': ['00:00-24:00'], 'dates': ['09-01..09-07']}
    """
    if rule.get("enabled") is False:
        return "is switched off there"
    if rule.get("enabled") is True:
        return RuleHours({"days": "all", "open": ["00:00-24:00"]}, "is switched on by hand there; it always holds here")
    opens, closes = whole_of(rule.get("time_window_start"), 0), whole_of(rule.get("time_window_stop"), DAY_S)
    if not rule or whole_of(rule.get("interval"), 1) != 1 or not (0 <= opens < DAY_S and 0 <= closes <= DAY_S):
        return NEVER
    found = _days(rule, zones.parse(zone))
    if found is None:
        return NEVER
    settings, effect = found
    opened = f"{_clock(opens)}-{_clock(min(DAY_S, closes + 1))}"
    settings["open"] = [opened if opens or closes < DAY_S - 1 else "00:00-24:00"]
    if listed_of(rule.get("exclude")):
        effect = "its exclusions are not kept"
    return RuleHours({key: settings[key] for key in ("days", "open", "dates") if key in settings}, effect)


def _days(rule: Document, zone: zones.Zone) -> tuple[dict[str, Any], str] | None:
    """Weekdays and dates, and what differs; None where they cannot be said."""
    cycle = rule.get("cycle")
    first, last = _date(rule.get("start_date"), zone), _date(rule.get("end_date"), zone)
    if cycle == "date":
        return ({"days": "all", "dates": [first.isoformat()]}, "") if first else None
    weekdays = list(dict.fromkeys(WEEKDAYS[str(one)] for one in listed_of(rule.get("wdays")) if str(one) in WEEKDAYS))
    settings: dict[str, Any] = {"days": "all"}
    if cycle in ("daily", "weekly"):
        if weekdays and cycle == "weekly":
            settings["days"] = ",".join(weekdays)
        if first and last and last >= first:
            settings["dates"] = [f"{first.isoformat()}..{last.isoformat()}"]
        return settings, ""
    month = whole_of(rule.get("month"), 0)
    months = range(1, 13) if cycle == "monthly" else (month,)
    if cycle not in ("monthly", "yearly") or (cycle == "yearly" and not 1 <= month <= 12):
        return None
    listed = {whole_of(one, 0) for one in listed_of(rule.get("days"))} & set(range(1, 32))
    ordinal = str(rule.get("ordinal") or "every")
    chosen = days.among(months, listed) if listed else days.of_ordinal(months, ordinal)
    if not chosen or ordinal not in ORDINALS or not (listed or weekdays):
        return None
    if not listed:
        settings["days"] = ",".join(weekdays)
    if dates := days.spans(chosen):
        settings["dates"] = list(dates)
    effect = "begins or ends on a date there; it comes back without end here" if last else ""
    if not listed and ordinal == "last" and (2, 22) in chosen:
        effect = effect or "the last such day of February may be two days here in a leap year"
    return settings, effect


def _date(value: Any, zone: zones.Zone) -> date | None:
    """A day of Kazoo's seconds since the year 0."""
    at = whole_of(value, 0) - _EPOCH_S
    if not 0 <= at < LAST_S:
        return None
    found = zones.date_of((at + zone.offset_s(at * SECOND_US)) // DAY_S)
    return found if limits.FIRST_YEAR <= found.year <= limits.LAST_YEAR else None


def _clock(second: int) -> str:
    shown = f"{second // 3600:02}:{second // 60 % 60:02}"
    return f"{shown}:{second % 60:02}" if second % 60 else shown
