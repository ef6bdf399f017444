"""The settings of a time rule in a document (R-11).

Apart from `hours.py`, which decides what a time rule does, because that file is compiled and models are not.
"""

from __future__ import annotations

from typing import Any, Literal

from engine.calendar import holidays, schedule
from engine.contract import limits
from engine.document.models import Field, Output, Parameters, field_validator


class HoursParameters(Parameters):
    """All given parts must hold; several intervals are alternatives (R-11.4)."""

    kind: Literal["hours"] = "hours"
    days: str = Field(default="all", description="Weekdays on which the rule holds, such as `mon-fri` (R-11.4).")
    open: tuple[str, ...] = Field(
        default=("00:00-24:00",),
        min_length=1,
        max_length=limits.TIME_INTERVALS,
        description="Up to ten intervals such as `09:00-21:00`; an end not after its start is on the next day (R-11.4).",
    )
    dates: tuple[str, ...] = Field(
        default=(), description="Dates on which the rule holds: `2027-01-01..2027-01-08`, yearly `12-31` (R-11.4)."
    )
    zone: str | None = Field(default=None, description="`GMT+5` or an IANA name; the account's if left out (R-11.6).")
    calendar: str | None = Field(default=None, description="Name of a holiday calendar (R-11.4).")
    holidays: Literal["closed", "open"] = Field(
        default="closed", description="Days of the calendar never count, or always (R-11.4)."
    )
    match: Output = Field(default=None, description="Output while the rule holds (R-11.1).")
    mismatch: Output = Field(default=None, description="Output otherwise (R-11.1).")

    @field_validator("open", "dates", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(","))
        return value

    @field_validator("days", mode="before")
    @classmethod
    def _joined(cls, value: Any) -> Any:
        if isinstance(value, (list, tuple)) and all(isinstance(part, str) for part in value):
            return ",".join(value)
        return value

    @field_validator("days")
    @classmethod
    def _weekdays(cls, value: str) -> str:
        schedule.weekdays(value)
        return value

    @field_validator("open")
    @classmethod
    def _intervals(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            schedule.interval(text)
        return value

    @field_validator("dates")
    @classmethod
    def _spans(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            holidays.span(text)
        return value
