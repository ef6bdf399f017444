"""The pydantic models of `pbx.yaml`: what a PBX document may say, field by field.

Decides types, ranges and defaults of everything that is not one element kind's own; those stand with their kind in
`elements/` and take what they need of pydantic from here. Leaves the reading of YAML text to `yaml_text.py`, what is wrong
between fields (dangling outputs, loops) to `loading/validation.py` and `analysis/check.py`, and the meaning to the elements.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

import msgspec
import pydantic
from pydantic import AfterValidator as AfterValidator
from pydantic import BeforeValidator as BeforeValidator
from pydantic import Field as Field
from pydantic import field_validator as field_validator
from pydantic import model_validator as model_validator
from pydantic.fields import FieldInfo

from engine.contract import limits
from engine.document.email_addresses import checked_email
from engine.numbers import phone_numbers

HANGUP = "hangup"
"""The output that ends a call with NORMAL_CLEARING (R-02.9)."""


AnyModel = TypeVar("AnyModel", bound=pydantic.BaseModel)


class Model(pydantic.BaseModel):
    """Base of every part of the document: unknown fields are refused, values never change after loading."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def idle_outputs(cls, settings: Mapping[str, Any]) -> dict[str, str]:
        """Outputs that no call takes under these settings, each with the reason in a few words.

        `settings` may be unchecked and incomplete, as in a form that is being filled in.
        """
        return {}


class Problem(msgspec.Struct, frozen=True):
    """One thing a model refused, as the library tells it; `yaml_text.py` says it in people's words."""

    path: tuple[str | int, ...]
    """Below the value that was checked; a last part `[key]` means the key itself."""
    kind: str
    """The library's name of the error: `missing`, `int_parsing`, `value_error`…"""
    context: dict[str, object]
    value: object
    message: str
    fields: tuple[str, ...] = ()
    """Names that were possible, where an unknown one was found."""
    description: str = ""
    """The model's description of the field; it names the rule."""


def checked(model: type[AnyModel], data: object) -> tuple[AnyModel | None, tuple[Problem, ...]]:
    """`data` as a value of `model`, or everything it refuses."""
    try:
        return model.model_validate(data), ()
    except pydantic.ValidationError as error:
        problems = []
        for item in error.errors(include_url=False):
            path = tuple(item["loc"])
            owner, field = _owner(model, path)
            problems.append(
                Problem(
                    path=path,
                    kind=item["type"],
                    context=dict(item.get("ctx", {})),
                    value=item.get("input"),
                    message=item["msg"],
                    fields=tuple(info.alias or name for name, info in owner.model_fields.items()) if owner else (),
                    description=(field.description or "") if field else "",
                )
            )
        return None, tuple(problems)


Owner = tuple[type[pydantic.BaseModel] | None, FieldInfo | None]


def _owner(model: type[pydantic.BaseModel], path: tuple[str | int, ...]) -> Owner:
    """The model that holds the last part of `path`, and that part's field if the model has one."""
    owner: type[pydantic.BaseModel] | None = None
    field: FieldInfo | None = None
    annotation: object = model
    for part in path:
        annotation = _container(annotation)
        if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
            owner = annotation
            field = next((info for name, info in owner.model_fields.items() if part == (info.alias or name)), None)
            if field is None:
                break
            annotation = field.annotation
        elif get_origin(annotation) is dict:
            annotation = get_args(annotation)[1]
        elif get_origin(annotation) in (tuple, list):
            annotation = get_args(annotation)[0]
        else:
            break
    return owner, field


def _container(annotation: object) -> object:
    """The part that can be looked into: the model, mapping or list among an annotation's alternatives."""
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        return annotation
    if get_origin(annotation) in (dict, tuple, list):
        return annotation
    for argument in get_args(annotation):
        inner = _container(argument)
        if inner is not None:
            return inner
    return None


def output_fields(model: type[Model]) -> tuple[str, ...]:
    """Names of a model's fields that are outputs."""
    return tuple(
        name
        for name, field in model.model_fields.items()
        if any(isinstance(mark, BeforeValidator) and mark.func is _output for mark in field.metadata)
    )


class Parameters(Model):
    """Base of an element kind's parameters. A kind adds `kind: Literal["..."]` and its own fields."""

    kind: str = Field(description="The kind of element (R-02.2).")
    name: str = Field(default="", description="What people call this element.")
    outside_legs_for_direct_sip: bool = Field(
        default=False, description="Outside legs allowed for direct SIP calls (R-10.4)."
    )
    x: float | None = Field(default=None, description="Place on the canvas; no meaning for calls.")
    y: float | None = Field(default=None, description="Place on the canvas; no meaning for calls.")


def _output(value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, bool):
        raise ValueError("an output is an internal number, an outside number or hangup (R-02.9)")
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        text = phone_numbers.visible(value).strip()
        if text == "":
            return None
        if text == HANGUP:
            return HANGUP
        cleaned = phone_numbers.cleaned(text)
        if cleaned is not None:
            return cleaned
    raise ValueError("an output is an internal number, an outside number or hangup (R-02.9)")


Output = Annotated[str | None, BeforeValidator(_output)]
"""Where a call goes next, as text: internal number (`5200`), outside number (`89161234567`), `hangup`, or None."""


def _key(value: Any) -> Any:
    text = str(value)
    if len(text) == 1 and text in "0123456789*#":
        return text
    raise ValueError("a key is one of 0-9, * and # (R-05.3)")


Key = Annotated[str, BeforeValidator(_key)]


def _duration(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("a length in seconds is a number")
    return value


Seconds = Annotated[float, BeforeValidator(_duration), Field(ge=0)]
"""A length in seconds; becomes microseconds when the flow is compiled."""


def _switch(value: Any) -> Any:
    return ("off", "on")[value] if isinstance(value, bool) else value


Switch = Annotated[Literal["default", "on", "off"], BeforeValidator(_switch)]
"""`on`, `off`, or what the whole PBX says; `true` and `false` are understood."""

RECORD = "Record talks, both sides; one off beats every on (R-24.4)."


def _user_number(value: Any) -> Any:
    if isinstance(value, str):
        text = value.strip()
        if not (text.isascii() and text.isdigit() and len(text) <= 4) or text[0] == "0":
            raise ValueError(f"{text[:40] or 'an empty text'} is no internal number of a user: 100 to 4999 (R-02.4)")
        return int(text)
    return value


UserNumber = Annotated[int, BeforeValidator(_user_number), Field(ge=limits.USER_FIRST, le=limits.USER_LAST)]
"""A user's internal number. Only as it is dialled: `0100` is another number than `100` (R-02.4)."""


def _trunk_name(value: str) -> str:
    if not 1 <= len(value.encode()) <= limits.TRUNK_NAME_BYTES:
        raise ValueError("a trunk's name has 1 to 70 Latin or 35 Russian letters: at most 70 bytes (R-04.3)")
    return value


class SipAccount(Model):
    """How a trunk registers with its carrier. The password is only named here; it stands in the bridge's secrets."""

    host: str
    port: int = Field(default=5060, ge=1, le=65535)
    transport: Literal["udp", "tcp", "tls"] = "udp"
    login: str = ""
    password_name: str = Field(default="", description="Name of the secret in the bridge's configuration.")
    register_: bool = Field(default=True, alias="register")
    expires: int = Field(default=300, ge=60, le=86400, description="Seconds.")


PARTNERS = ("voximplant",)
"""Partner carriers: their numbers need country and area code (R-03.14), and calls go out with their 8800 numbers (R-03.15)."""


def is_foreign_8800(number: str, operator: str) -> bool:
    """Whether a trunk is a federal 8800 number of a carrier who is no partner (R-03.15)."""
    return (phone_numbers.national(number) or "").startswith("800") and operator.strip().lower() not in PARTNERS


class Trunk(Model):
    """An external number (R-04)."""

    number: str = Field(description="The number callers dial, as the operator presents it.")
    name: Annotated[str, AfterValidator(_trunk_name)] | None = None
    operator: str = "Другой"
    lines: int | Literal["unlimited"] = Field(default="unlimited", description="Simultaneous calls (R-04.8).")
    to: Output = Field(default=None, description="First element of incoming calls (R-04.9).")
    same_number_for_forwarding: bool = Field(default=False, description="R-04.5.")
    outgoing_allowed: bool = Field(
        default=True, description="Whether calls go out through it; no for another operator's 8800 number (R-03.16)."
    )
    record: Switch = Field(default="default", description=RECORD)
    sip: SipAccount | None = None

    @pydantic.model_validator(mode="before")
    @classmethod
    def _outgoing_of_8800(cls, data: Any) -> Any:
        """Nothing goes out through another carrier's 8800 number unless the document says so (R-03.16)."""
        if isinstance(data, dict) and "outgoing_allowed" not in data:
            number = phone_numbers.cleaned(str(data.get("number", "")))
            if number is not None and is_foreign_8800(number, str(data.get("operator", ""))):
                return {**data, "outgoing_allowed": False}
        return data

    @pydantic.field_validator("number", mode="before")
    @classmethod
    def _number(cls, value: Any) -> Any:
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        return phone_numbers.trunk_number(text) if isinstance(text, str) else text

    @pydantic.field_validator("lines")
    @classmethod
    def _lines_range(cls, value: int | str) -> int | str:
        if isinstance(value, int) and not 1 <= value <= limits.TRUNK_LINES:
            raise ValueError("lines is 1 to 1000 or unlimited (R-04.8)")
        return value


def _email(value: Any) -> Any:
    return checked_email(value) if isinstance(value, str) else value


EMail = Annotated[str, BeforeValidator(_email)]
"""An e-mail address (RFC 5321), without the spaces around it."""


class ForwardingStep(Model):
    """One step of a user's forwarding list (R-06.8)."""

    when: Literal["always", "no_answer", "busy", "unreachable"]
    to: Output
    ring: float = Field(default=30, ge=5, le=120, description="Seconds (R-06.9).")


class User(Model):
    """An employee with an internal number (R-06)."""

    name: str = ""
    ring: float = Field(default=30, ge=5, le=120, description="Seconds the devices ring (R-06.9).")
    forwarding: tuple[ForwardingStep, ...] = Field(default=(), max_length=limits.FORWARDING_STEPS)
    no_answer: Output = Field(default=None, description="No-answer number; the last step of the list (R-06.3).")
    call_waiting: bool = Field(default=False, description="R-06.11.")
    voicemail: bool = Field(default=True, description="Last resort after the list (R-06.12).")
    phone_forwarding: bool = Field(
        default=True, description="A phone that sends a call elsewhere by itself is followed (R-06.16)."
    )
    email: tuple[EMail, ...] = Field(
        default=(), max_length=limits.RECIPIENTS, description="Recipients of voice messages, at most 10 (R-09.2)."
    )
    record: Switch = Field(default="default", description=RECORD)
    direct_sip: bool = Field(default=False, description="May call addresses on the internet (R-06.7).")
    outside_legs_for_direct_sip: bool = Field(
        default=False, description="Forwarding to outside numbers allowed for direct SIP calls (R-10.4)."
    )
    x: float | None = None
    y: float | None = None

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

    name: str = ""
    mask: str
    output: str
    operator: str = Field(description="Key of the trunk the call leaves by.")
    mode: Literal["except", "only"] = "except"
    users: str = Field(default="", description="Internal numbers separated by `;` (R-14.5).")
    failover: str | None = Field(default=None, description="Trunk to try when that one is down or full (R-14.20).")

    @pydantic.field_validator("mask", "output", "users", mode="before")
    @classmethod
    def _text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class Outgoing(Model):
    """Calls to outside numbers (R-14)."""

    default: str | None = Field(default=None, description="Key of the default external number (R-14.1).")
    rules: tuple[OutgoingRule, ...] = Field(
        default=(), max_length=limits.OUTGOING_RULES, description="Checked in this order, at most 500 (R-14.9)."
    )


class Calendar(Model):
    """A holiday calendar: a country of the `holidays` package, dates, or dates read from an iCalendar file."""

    country: str | None = None
    subdivision: str | None = None
    dates: tuple[str, ...] = Field(
        default=(), description="`2026-12-31`, `2027-01-01..2027-01-08`, yearly `12-31` (R-11.4)."
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
    if text.isdecimal():
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

    emergency: tuple[EmergencyNumber, ...] = Field(default=("112",), description="Emergency numbers (R-02.8).")
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
    direct_sip: bool = Field(default=False, description="Direct inbound SIP (R-10.3).")
    caller_form: Literal["off", "8", "7", "+7"] = Field(
        default="off", description="Form into which callers' Russian numbers are rewritten for number rules (R-12.4)."
    )
    aliases: Annotated[dict[Alias, Output], BeforeValidator(_one_alias)] = Field(
        default_factory=dict, description="Alias to output (R-10.2)."
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
    zone: str = Field(default="Europe/Moscow", description="Time zone of the account.")
    settings: Settings = Settings()
    trunks: dict[str, Trunk] = Field(default_factory=dict)
    users: dict[UserNumber, User] = Field(default_factory=dict)
    outgoing: Outgoing = Outgoing()
    calendars: dict[str, Calendar] = Field(default_factory=dict)
    prompts: dict[str, Annotated[float, Field(gt=0, le=3600)]] = Field(
        default_factory=dict, description="Length of each sound in seconds: one table for every world."
    )

    @property
    def sip_domain(self) -> str:
        """The SIP domain of the account where the installation gives it no other (R-01.4)."""
        return f"{self.pbx.lower()}.{DOMAIN_SUFFIX}"
