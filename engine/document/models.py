"""The pydantic models of `pbx.yaml`: what a PBX document may say, field by field.

Decides types, ranges and defaults of everything that is not one element kind's own; those stand with their kind in
`elements/` and take what they need of pydantic from here. Leaves the reading of YAML text to `yaml_text.py`, what is wrong
between fields (dangling outputs, loops) to `loading/validation.py` and `analysis/check.py`, and the meaning to the elements.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import pydantic
from pydantic import AfterValidator as AfterValidator
from pydantic import BeforeValidator as BeforeValidator
from pydantic import Field as Field
from pydantic import field_validator as field_validator
from pydantic import model_validator as model_validator

from engine.contract import limits
from engine.document.code_models import Codes as Codes
from engine.document.model_base import HANGUP as HANGUP
from engine.document.model_base import RECORD as RECORD
from engine.document.model_base import EMail as EMail
from engine.document.model_base import Key as Key
from engine.document.model_base import Model as Model
from engine.document.model_base import Output as Output
from engine.document.model_base import Problem as Problem
from engine.document.model_base import Seconds as Seconds
from engine.document.model_base import Switch as Switch
from engine.document.model_base import UserNumber as UserNumber
from engine.document.model_base import _output as _output
from engine.document.model_base import checked as checked
from engine.document.model_base import output_fields as output_fields
from engine.document.trunk_models import PARTNERS as PARTNERS
from engine.document.trunk_models import OwnNumber as OwnNumber
from engine.document.trunk_models import SipAccount as SipAccount
from engine.document.trunk_models import Trunk as Trunk
from engine.document.trunk_models import is_foreign_8800 as is_foreign_8800
from engine.document.widget_models import Widget as Widget
from engine.document.widget_models import WidgetKey as WidgetKey
from engine.numbers import phone_numbers
from engine.numbers.digits import is_digits

PLACE = "Place on the canvas; no meaning for calls."


class Parameters(Model):
    """Base of an element kind's parameters. A kind adds `kind: Literal["..."]` and its own fields."""

    kind: str = Field(description="The kind of element (R-02.2).")
    name: str = Field(default="", description="What people call this element.")
    outside_legs_for_direct_sip: bool = Field(
        default=False, description="Outside legs allowed for direct SIP calls (R-10.4)."
    )
    x: float | None = Field(default=None, description=PLACE)
    y: float | None = Field(default=None, description=PLACE)


class ForwardingStep(Model):
    """One step of a user's forwarding list (R-06.8)."""

    when: Literal["always", "no_answer", "busy", "unreachable"] = Field(
        description="The condition under which this step is taken (R-06.8)."
    )
    to: Output = Field(description="Where the call goes then (R-06.8).")
    ring: float = Field(default=30, ge=5, le=120, description="Seconds this step rings (R-06.9).")


class User(Model):
    """An employee with an internal number (R-06)."""

    name: str = Field(default="", description="The employee's name; Latin letters show on every phone (R-06.2).")
    ring: float = Field(default=30, ge=5, le=120, description="Seconds the devices ring (R-06.9).")
    forwarding: tuple[ForwardingStep, ...] = Field(
        default=(),
        max_length=limits.FORWARDING_STEPS,
        description="Steps tried in order when this user is called directly, at most 10 (R-06.8).",
    )
    no_answer: Output = Field(default=None, description="No-answer number, such as a mobile: the last step (R-06.3).")
    call_waiting: bool = Field(default=False, description="A second call rings while this user talks (R-06.11).")
    voicemail: bool = Field(default=True, description="Takes a message when nobody answers at all (R-06.12).")
    phone_forwarding: bool = Field(
        default=True, description="A phone that sends a call elsewhere by itself is followed (R-06.16)."
    )
    email: tuple[EMail, ...] = Field(
        default=(), max_length=limits.RECIPIENTS, description="Recipients of voice messages, at most 10 (R-09.2)."
    )
    outside_number: OwnNumber | None = Field(
        default=None, description="The number outside calls of this user present, instead of the trunk's (R-04.12)."
    )
    anonymous: bool = Field(default=False, description="Outside calls of this user present no number (R-04.12).")
    language: Literal["en", "ru"] | None = Field(
        default=None, description="Language in which the PBX speaks to this user; none is that of the bridge."
    )
    record: Switch = Field(default="default", description=RECORD)
    direct_sip: bool = Field(default=False, description="May call addresses on the internet (R-06.7).")
    outside_legs_for_direct_sip: bool = Field(
        default=False, description="Forwarding to outside numbers allowed for direct SIP calls (R-10.4)."
    )
    x: float | None = Field(default=None, description=PLACE)
    y: float | None = Field(default=None, description=PLACE)

    @pydantic.field_validator("email", mode="before")
    @classmethod
    def _email_list(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @classmethod
    def idle_outputs(cls, settings: Mapping[str, Any]) -> dict[str, str]:
        return {} if settings.get("no_answer") else {"no_answer": "an empty one is no step of the list"}

    def steps(self) -> tuple[ForwardingStep, ...]:
        """The whole list, the no-answer number of R-06.3 included as its last step."""
        if self.no_answer is None:
            return self.forwarding
        return (*self.forwarding, ForwardingStep(when="no_answer", to=self.no_answer, ring=self.ring))


class OutgoingRule(Model):
    """One outgoing rule (R-14.4)."""

    name: str = Field(default="", description="What people call this rule.")
    mask: str = Field(
        description="Dialled numbers it fits: d a digit, + any digits, p a plus, ( ) what $ stands for (R-14.12)."
    )
    output: str = Field(description="The number that is sent; $ is what stood in ( ), 0000 bars the call (R-14.12).")
    operator: str = Field(description="The trunk the call leaves by (R-14.4).")
    mode: Literal["except", "only"] = Field(
        default="except", description="Works for all but the users listed, or for them only (R-14.5)."
    )
    users: str = Field(default="", description="The users listed: internal numbers separated by `;` (R-14.5).")
    failover: str | None = Field(default=None, description="Trunk to try when that one is down or full (R-14.20).")
    caller_number: OwnNumber | None = Field(
        default=None, description="The number these calls present, before the user's and the trunk's (R-04.12)."
    )
    anonymous: bool = Field(default=False, description="These calls present no number (R-04.12).")

    @pydantic.field_validator("mask", "output", "users", mode="before")
    @classmethod
    def _text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class Outgoing(Model):
    """Calls to outside numbers (R-14)."""

    default: str | None = Field(default=None, description="The trunk of calls that no rule fits (R-14.1).")
    rules: tuple[OutgoingRule, ...] = Field(
        default=(), max_length=limits.OUTGOING_RULES, description="Checked in this order, at most 500 (R-14.9)."
    )


class Calendar(Model):
    """A holiday calendar: a country of the `holidays` package, dates, or dates read from an iCalendar file."""

    country: str | None = Field(default=None, description="The country whose public holidays are in it (R-11.4).")
    subdivision: str | None = Field(
        default=None, description="A part of the country with holidays of its own (R-11.4)."
    )
    dates: tuple[str, ...] = Field(
        default=(), description="Days beside them: `2026-12-31`, `2027-01-01..2027-01-08`, yearly `12-31` (R-11.4)."
    )
    ics: str | None = Field(
        default=None, max_length=limits.CALENDAR_TEXT, description="Text of an iCalendar file (R-11.4)."
    )

    @pydantic.field_validator("dates", mode="before")
    @classmethod
    def _dates(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value


def _alias(value: Any) -> Any:
    text = str(value).lower()
    if not (1 <= len(text) <= 64 and all(c in "abcdefghijklmnopqrstuvwxyz0123456789._-" for c in text)):
        raise ValueError("an alias has 1 to 64 of a-z, 0-9, dot, underscore and hyphen (R-10.2)")
    if is_digits(text):
        raise ValueError("an alias of digits only would be an internal number (R-10.2)")
    return text


Alias = Annotated[str, BeforeValidator(_alias)]


def _one_alias(value: Any) -> Any:
    """Aliases differ in more than case (R-10.2): of two that do not, nobody could say which is meant."""
    if isinstance(value, dict):
        seen: dict[str, str] = {}
        for name in value:
            first = seen.setdefault(str(name).lower(), str(name))
            if first != str(name):
                raise ValueError(f"the aliases {first} and {name} are one: case makes no difference (R-10.2)")
    return value


def _emergency(value: Any) -> Any:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return phone_numbers.emergency_number(text) if isinstance(text, str) else text


EmergencyNumber = Annotated[str, BeforeValidator(_emergency)]
"""An emergency number as it is dialled, cleaned (R-02.8)."""


class Settings(Model):
    """The settings of the whole PBX."""

    emergency: tuple[EmergencyNumber, ...] = Field(
        default=("112",), description="Numbers for help, which nothing bars (R-02.8)."
    )
    music: str = Field(default="music.wav", description="Music while waiting and on hold.")
    record: bool = Field(default=False, description="Record every talk, unless a part of the PBX says off (R-24.4).")
    record_prompt: str | None = Field(
        default=None, description="Sound that both sides hear before a talk is recorded (R-24.4)."
    )
    voicemail_recipients: tuple[EMail, ...] = Field(
        default=(),
        max_length=limits.RECIPIENTS,
        description="Recipients of the messages of boxes and users that name none, at most 10 (R-09.2).",
    )
    direct_sip: bool = Field(
        default=False, description="Calls from the internet to this SIP domain are taken (R-10.3)."
    )
    caller_form: Literal["off", "8", "7", "+7"] = Field(
        default="off", description="Form into which callers' Russian numbers are rewritten for number rules (R-12.4)."
    )
    codes: Codes = Field(default=Codes(), description="Codes that users dial on their phones (R-15.11).")
    aliases: Annotated[dict[Alias, Output], BeforeValidator(_one_alias)] = Field(
        default_factory=dict, description="Names that direct SIP calls may dial, and where they lead (R-10.2)."
    )

    @pydantic.field_validator("emergency", "voicemail_recipients", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return (value,) if isinstance(value, (str, int)) and not isinstance(value, bool) else value


DOMAIN_SUFFIX = "onpbx.ru"
"""The ending of SIP domains where the installation says nothing else (R-01.4, R-01.6)."""


class Head(Model):
    """Everything of a PBX but its elements; `state/flow.py` adds those from the registry of kinds."""

    pbx: str = Field(pattern=r"^[a-zA-Z][a-zA-Z0-9]{2,31}$", description="Account name (R-01.6).")
    zone: str = Field(default="Europe/Moscow", description="Time zone of the account (R-11.6).")
    settings: Settings = Field(default=Settings(), description="Settings of the whole PBX.")
    trunks: dict[str, Trunk] = Field(default_factory=dict, description="External numbers by key (R-04.1).")
    users: dict[UserNumber, User] = Field(default_factory=dict, description="Employees by internal number (R-06.1).")
    outgoing: Outgoing = Field(
        default=Outgoing(), description="Rules and the default trunk of calls to outside numbers (R-14.4)."
    )
    calendars: dict[str, Calendar] = Field(default_factory=dict, description="Holiday calendars by name (R-11.4).")
    widgets: dict[WidgetKey, Widget] = Field(
        default_factory=dict, max_length=limits.WIDGETS, description="Callback widgets of websites by key (R-17.1)."
    )
    prompts: dict[str, Annotated[float, Field(gt=0, le=3600)]] = Field(
        default_factory=dict, description="Length of each sound in seconds: one table for every world."
    )

    @property
    def sip_domain(self) -> str:
        """The SIP domain of the account where the installation gives it no other (R-01.4)."""
        return f"{self.pbx.lower()}.{DOMAIN_SUFFIX}"
