"""Codes that users dial on their phones: pick-up, park, do-not-disturb, forwarding, voicemail (R-15.11).

Decides the fields and their defaults. Leaves finding a code in what was dialled to `state/service_codes.py`, what it does to
`control/services.py`.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from engine.document.model_base import Model

_CODE = re.compile(r"[*#][0-9*#]{1,5}")


def _code(value: Any) -> Any:
    if value is None or value is False:
        return None
    text = str(value).strip()
    if not _CODE.fullmatch(text):
        raise ValueError("a code is * or # and 1 to 5 of 0-9, * and #, and so never an emergency number (R-15.11)")
    return text


Code = Annotated[str | None, BeforeValidator(_code)]
"""What a phone dials; `off` for none."""


class Codes(Model):
    """The codes of the whole PBX."""

    group_pickup: Code = Field(
        default="*8", description="Takes the call that rings in one of one's own groups (R-15.11)."
    )
    pickup: Code = Field(default="**", description="Before a user's number: takes the call that rings there (R-15.11).")
    park: Code = Field(
        default="*5",
        description="Before a slot of 1 or 2 digits: a transfer parks a call there, dialling gets it (R-15.11).",
    )
    disturb_off: Code = Field(default="*78", description="Do not disturb: no more calls (R-06.11).")
    disturb_on: Code = Field(default="*79", description="Calls are taken again (R-06.11).")
    forward: Code = Field(default="*72", description="Before a number: one's calls go there (R-15.11).")
    forward_off: Code = Field(default="*73", description="They come again (R-15.11).")
    voicemail: Code = Field(default="*97", description="The user's own voice mailbox, by PIN (R-09.6).")
    spoken: bool = Field(default=True, description="Say what a code changed, where `confirm` names no sound.")
    confirm: str | None = Field(
        default=None, description="Sound after a code that changed something, in place of words."
    )

    @model_validator(mode="after")
    def _different(self) -> Codes:
        codes = [code for name, code in self if isinstance(code, str) and name != "confirm"]
        twice = next((code for code in codes if codes.count(code) > 1), None)
        if twice is not None:
            raise ValueError(f"two codes are {twice}: nobody could say which is meant (R-15.11)")
        return self
