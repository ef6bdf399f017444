"""What people see of each kind of element, asked of the kinds themselves: looks, palette, model, outputs.

Decides the looks of trunks, which are no elements, and the order of the palette. Leaves all else to the engine's kinds
(`engine/elements/`, `document/card.py`): a kind added there appears on the canvas without a change here.
"""

from __future__ import annotations

import functools
import types
import typing
from typing import Any

import pydantic
from pydantic.fields import FieldInfo

from engine.document import models
from engine.document.card import Card
from engine.elements import KINDS, USER
from pbxsim.workbench.shell.texts import Texts

TRUNK = Card(icon="trunk", color="#4f46e5", color_dark="#a5b4fc", place=0, first=("name", "number", "lines", "to"))
"""Trunks are no elements, so their looks stand here."""


MODELS: dict[str, type[pydantic.BaseModel]] = {
    "trunk": models.Trunk,
    "user": models.User,
    "sip": models.SipAccount,
    "rule": models.OutgoingRule,
    "outgoing": models.Outgoing,
    "calendar": models.Calendar,
    "widget": models.Widget,
    "settings": models.Settings,
    "codes": models.Codes,
    "head": models.Head,
}
"""Models of what is no element."""


def look(kind: str) -> Card:
    """The looks of a kind, plain ones for an unknown kind."""
    if kind == "trunk":
        return TRUNK
    if kind == "user":
        return USER.card
    return KINDS[kind].card if kind in KINDS else Card()


def palette() -> tuple[str, ...]:
    """Kinds that can be added, in the order people meet them in a call."""
    return tuple(sorted(("trunk", "user", *KINDS), key=lambda kind: look(kind).place))


def bricks(texts: Texts) -> list[dict[str, str]]:
    """The palette as the canvas wants it."""
    return [
        {
            "id": kind,
            "label": texts.kind(kind),
            "help": texts.help(kind),
            "icon": look(kind).icon,
            "color": look(kind).color,
            "color_dark": look(kind).color_dark,
            "entry": "yes" if kind == "trunk" else "",
        }
        for kind in palette()
    ]


def model_of(kind: str) -> type[pydantic.BaseModel] | None:
    """The model of a kind's parameters; trunks, users and the parts beside the canvas included; None for an unknown kind."""
    return MODELS.get(kind) or (KINDS[kind].Parameters if kind in KINDS else None)


@functools.cache
def outputs_of(kind: str) -> tuple[tuple[str, str], ...]:
    """Fields that hold outputs, in order, with their shape: `one` output, a `map` of outputs, or a `list` of steps."""
    model = model_of(kind)
    shapes = ((info.alias or name, output_shape(info)) for name, info in (model.model_fields if model else {}).items())
    return tuple((name, shape) for name, shape in shapes if shape)


def output_shape(info: FieldInfo) -> str:
    """`one`, `map`, `list`, or empty for a field without outputs."""
    if _is_output(info.annotation, info.metadata):
        return "one"
    for kind in (info.annotation, *typing.get_args(info.annotation)):
        origin, arguments = typing.get_origin(kind), typing.get_args(kind)
        if origin is dict and len(arguments) == 2 and _annotated_output(arguments[1]):
            return "map"
        if (
            origin in (tuple, list)
            and arguments
            and isinstance(arguments[0], type)
            and issubclass(arguments[0], pydantic.BaseModel)
        ):
            if any(_is_output(field.annotation, field.metadata) for field in arguments[0].model_fields.values()):
                return "list"
    return ""


def _annotated_output(annotation: Any) -> bool:
    arguments = typing.get_args(annotation)
    return typing.get_origin(annotation) is typing.Annotated and _is_output(arguments[0], arguments[1:])


def _is_output(annotation: Any, metadata: Any) -> bool:
    if any(getattr(item, "func", None) is models._output for item in metadata or ()):
        return True
    if typing.get_origin(annotation) not in (typing.Union, types.UnionType):
        return False
    return any(_annotated_output(argument) for argument in typing.get_args(annotation))
