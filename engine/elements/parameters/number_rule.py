"""The settings of a number rule in a document (R-12).

Apart from `number_rule.py`, which decides which callers match, because that file is compiled and models are not.
"""

from __future__ import annotations

from typing import Any, Literal

from engine.contract import limits
from engine.document.models import Field, Model, Output, Parameters, field_validator, model_validator
from engine.numbers import masks, phone_numbers


class Entry(Model):
    """One entry: a prefix unless it says otherwise (R-12.3)."""

    number: str = Field(description="The prefix, the whole number, or the mask (R-12.3).")
    kind: Literal["prefix", "exact", "mask"] = Field(
        default="prefix", description="Whether a caller's number begins with it, is it, or fits it as a mask (R-12.3)."
    )

    @field_validator("number", mode="before")
    @classmethod
    def _text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value

    @model_validator(mode="after")
    def _readable(self) -> Entry:
        if self.kind == "mask":
            masks.parse(self.number)
        elif phone_numbers.cleaned(self.number) is None:
            raise ValueError(f"{self.number!r} is no beginning of a number (R-12.4)")
        return self


class NumberRuleParameters(Parameters):
    """Any entry that fits is a match (R-12.3)."""

    kind: Literal["number_rule"] = "number_rule"
    entries: tuple[Entry, ...] = Field(
        min_length=1,
        max_length=limits.NUMBER_ENTRIES,
        description="Beginnings of callers' numbers; any that fits is a match (R-12.3).",
    )
    match: Output = Field(default=None, description="Output for callers that fit an entry (R-12.1).")
    mismatch: Output = Field(default=None, description="Output for all others, anonymous ones included (R-12.5).")

    @field_validator("entries", mode="before")
    @classmethod
    def _entries(cls, value: Any) -> Any:
        if isinstance(value, (str, int)) and not isinstance(value, bool):
            value = (value,)
        if isinstance(value, (list, tuple)):
            return tuple({"number": item} if isinstance(item, (str, int)) else item for item in value)
        return value
