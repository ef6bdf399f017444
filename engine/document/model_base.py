"""What every model of `pbx.yaml` is built on: the base of all parts, and the values that many of them share.

Decides how a part is checked, what an output, a key, a switch and a user's number are. Leaves the parts themselves to
`models.py`, `trunk_models.py` and the kinds of elements.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

import msgspec
import pydantic
from pydantic import BeforeValidator, Field
from pydantic.fields import FieldInfo

from engine.contract import limits
from engine.document.email_addresses import checked_email
from engine.numbers import phone_numbers
from engine.numbers.digits import is_digits

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


def _email(value: Any) -> Any:
    return checked_email(value) if isinstance(value, str) else value


EMail = Annotated[str, BeforeValidator(_email)]
"""An e-mail address (RFC 5321), without the spaces around it."""


def output_fields(model: type[Model]) -> tuple[str, ...]:
    """Names of a model's fields that are outputs."""
    return tuple(
        name
        for name, field in model.model_fields.items()
        if any(isinstance(mark, BeforeValidator) and mark.func is _output for mark in field.metadata)
    )


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
        if not (is_digits(text) and len(text) <= 4) or text[0] == "0":
            raise ValueError(f"{text[:40] or 'an empty text'} is no internal number of a user: 100 to 4999 (R-02.4)")
        return int(text)
    return value


UserNumber = Annotated[int, BeforeValidator(_user_number), Field(ge=limits.USER_FIRST, le=limits.USER_LAST)]
"""A user's internal number. Only as it is dialled: `0100` is another number than `100` (R-02.4)."""
