"""An external number in `pbx.yaml`: its lines, where its calls begin, and how its carrier wants numbers written and shown.

Decides the fields and which of them an operator's preset may fill in (R-04.11). Leaves the presets to `carrier_presets.py`, which
number a call presents to `control/presented_caller.py`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pydantic
from pydantic import AfterValidator, BeforeValidator, Field

from engine.contract import limits
from engine.document.carrier_presets import CallerField, Forwarding
from engine.document.model_base import RECORD, Model, Output, Switch
from engine.numbers import phone_numbers
from engine.numbers.phone_numbers import Form


def _trunk_name(value: str) -> str:
    if not 1 <= len(value.encode()) <= limits.TRUNK_NAME_BYTES:
        raise ValueError("a trunk's name has 1 to 70 Latin or 35 Russian letters: at most 70 bytes (R-04.3)")
    return value


class SipAccount(Model):
    """How a trunk registers with its carrier, where `live.yaml` says nothing of it. The password is only named here; it stands in
    the bridge's secrets."""

    host: str = Field(default="", description="The carrier's SIP server; its preset's if not given (R-04.11).")
    port: int = Field(default=5060, ge=1, le=65535, description="The server's port.")
    transport: Literal["udp", "tcp", "tls"] = Field(
        default="udp", description="How SIP messages travel; tls is encrypted."
    )
    login: str = Field(default="", description="The account's login at the carrier.")
    password_name: str = Field(
        default="",
        description="Name of the secret in the bridge's configuration; the password itself never stands here.",
    )
    register_: bool = Field(
        default=True, alias="register", description="Register there, so that the carrier knows where to send calls."
    )
    expires: int = Field(default=300, ge=60, le=86400, description="Seconds a registration holds.")


PARTNERS = ("voximplant",)
"""Partner carriers: their numbers need country and area code (R-03.14), and calls go out with their 8800 numbers (R-03.15)."""


def _own_number(value: Any) -> Any:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return phone_numbers.trunk_number(text) if isinstance(text, str) else text


OwnNumber = Annotated[str, BeforeValidator(_own_number)]
"""A number that a call may present, cleaned: 2 to 15 digits with an optional plus (R-04.13)."""


def is_foreign_8800(number: str, operator: str) -> bool:
    """Whether a trunk is a federal 8800 number of a carrier who is no partner (R-03.15)."""
    return (phone_numbers.national(number) or "").startswith("800") and operator.strip().lower() not in PARTNERS


class Trunk(Model):
    """An external number (R-04)."""

    number: OwnNumber = Field(description="The number callers dial, as the operator presents it.")
    name: Annotated[str, AfterValidator(_trunk_name)] | None = Field(
        default=None, description="What people call this number (R-04.2)."
    )
    operator: str = Field(default="Другой", description="Preset of settings that suit a carrier (R-04.4).")
    lines: int | Literal["unlimited"] = Field(default="unlimited", description="Simultaneous calls (R-04.8).")
    to: Output = Field(default=None, description="First element of incoming calls (R-04.9).")
    same_number_for_forwarding: bool = Field(
        default=False, description="Calls forwarded outside leave by the number they came in on (R-04.5)."
    )
    outgoing_allowed: bool = Field(
        default=True, description="Whether calls go out through it; no for another operator's 8800 number (R-03.16)."
    )
    called_form: Form | None = Field(
        default=None, description="Form in which the carrier wants called numbers; the preset's if not given (R-04.11)."
    )
    caller_form: Form | None = Field(
        default=None, description="Form in which it wants callers' numbers; the preset's if not given (R-04.11)."
    )
    caller_in: tuple[CallerField, ...] | None = Field(
        default=None,
        min_length=1,
        description="Header fields that tell it the caller's number; the preset's if not given (R-04.11).",
    )
    forward_caller: Literal["trunk", "original"] = Field(
        default="trunk",
        description="The number forwarded calls present: this trunk's, or the first caller's (R-04.12).",
    )
    forwarded_in: Forwarding | None = Field(
        default=None, description="Header field that names the number a call was forwarded from (R-04.12)."
    )
    allowed_numbers: tuple[OwnNumber, ...] = Field(
        default=(),
        max_length=limits.ALLOWED_NUMBERS,
        description="Numbers beside those of the trunks that calls through this one may present (R-04.12).",
    )
    record: Switch = Field(default="default", description=RECORD)
    sip: SipAccount | None = Field(default=None, description="How this number registers with its carrier (R-04.1).")

    @pydantic.model_validator(mode="before")
    @classmethod
    def _outgoing_of_8800(cls, data: Any) -> Any:
        """Nothing goes out through another carrier's 8800 number unless the document says so (R-03.16)."""
        if isinstance(data, dict) and "outgoing_allowed" not in data:
            number = phone_numbers.cleaned(str(data.get("number", "")))
            if number is not None and is_foreign_8800(number, str(data.get("operator", ""))):
                return {**data, "outgoing_allowed": False}
        return data

    @pydantic.field_validator("allowed_numbers", "caller_in", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return (value,) if isinstance(value, (str, int)) and not isinstance(value, bool) else value

    @pydantic.field_validator("lines")
    @classmethod
    def _lines_range(cls, value: int | str) -> int | str:
        if isinstance(value, int) and not 1 <= value <= limits.TRUNK_LINES:
            raise ValueError("lines is 1 to 1000 or unlimited (R-04.8)")
        return value
