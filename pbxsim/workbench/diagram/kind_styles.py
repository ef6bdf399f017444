"""What people see of each kind of element: icon, colours, order in the palette, block of numbers (R-02.7).

Decides looks only. Kinds, parameters and outputs are the engine's own (`engine/elements/`): a kind added there appears on
the canvas without a change here, with a plain icon.
"""

from __future__ import annotations

import functools
import types
import typing
from typing import Any

import msgspec
import pydantic
from pydantic.fields import FieldInfo

from engine.contract import limits
from engine.document import models
from engine.elements import KINDS
from pbxsim.workbench.shell.texts import Texts


class Look(msgspec.Struct, frozen=True):
    """How a kind looks."""

    icon: str
    color: str
    color_dark: str
    block: int = limits.ELEMENT_FIRST + 800
    """First number suggested for it (R-02.7)."""


LOOKS: dict[str, Look] = {
    "trunk": Look("trunk", "#4f46e5", "#a5b4fc"),
    "hours": Look("hours", "#b45309", "#fbbf24", 5400),
    "number_rule": Look("number_rule", "#0e7490", "#22d3ee", 5500),
    "greeting": Look("greeting", "#7c3aed", "#c4b5fd", 5000),
    "queue": Look("queue", "#2563eb", "#60a5fa", 5200),
    "group": Look("group", "#0f766e", "#2dd4bf", 5300),
    "user": Look("user", "#15803d", "#4ade80", limits.USER_FIRST),
    "voicemail": Look("voicemail", "#be123c", "#fb7185", 5100),
    "http_request": Look("http", "#0369a1", "#38bdf8", 5600),
    "contact_manager": Look("manager", "#a21caf", "#f0abfc", 5700),
}
_OTHER = Look("element", "#475569", "#94a3b8")


def look(kind: str) -> Look:
    """The look of a kind, a plain one for kinds this file does not know."""
    return LOOKS.get(kind, _OTHER)


def palette() -> tuple[str, ...]:
    """Kinds that can be added, in the order people meet them in a call."""
    known = [kind for kind in LOOKS if kind in KINDS or kind in ("trunk", "user")]
    return (*known, *(kind for kind in KINDS if kind not in LOOKS))


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
    """The model of a kind's parameters; trunks and users included; None for an unknown kind."""
    if kind == "trunk":
        return models.Trunk
    if kind == "user":
        return models.User
    return KINDS[kind].Parameters if kind in KINDS else None


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
