"""Forms from the models: every setting of a kind as a field with type, bounds, choices, default and help.

Decides which input a setting gets, from the JSON Schema of its model, and how its value is written and read as text.
Leaves the widgets to `fields.py`. A setting no input fits is shown as it stands and edited in the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec

from pbxsim.workbench.diagram import kind_styles
from pbxsim.workbench.document.yaml_edits import Value

Input = Literal[
    "text",
    "integer",
    "number",
    "flag",
    "choice",
    "limit",
    "texts",
    "entries",
    "members",
    "output",
    "outputs",
    "steps",
    "sound",
    "calendar",
    "days",
    "hours",
    "dates",
    "zone",
    "trunk",
    "preset",
    "address",
    "users",
    "written",
]

HIDDEN = {"kind", "x", "y"}

ELSEWHERE: dict[str, set[str]] = {
    "trunk": {"sip"},
    "outgoing": {"rules"},
    "settings": {"codes", "aliases"},
    "calendar": {"country", "subdivision", "ics"},
    "widget": {"pages"},
    "head": {"settings", "trunks", "users", "outgoing", "calendars", "prompts", "widgets"},
}
"""Settings of a kind that have a place of their own on the page."""

_BY_NAME: dict[str, Input] = {
    "members": "members",
    "calendar": "calendar",
    "days": "days",
    "open": "hours",
    "dates": "dates",
    "zone": "zone",
}
"""Settings that are what their name says wherever they stand."""

_OF_KIND: dict[tuple[str, str], Input] = {
    ("rule", "operator"): "trunk",
    ("rule", "failover"): "trunk",
    ("rule", "users"): "users",
    ("outgoing", "default"): "trunk",
    ("trunk", "operator"): "preset",
    ("codes", "confirm"): "sound",
    ("contact_manager", "crm_address"): "address",
    ("http_request", "address"): "address",
    ("widget", "managers"): "texts",
}
"""Settings that name something else of the document, by kind."""


class FormField(msgspec.Struct, frozen=True, kw_only=True):
    """One setting of a card."""

    name: str
    input: Input
    first: bool
    help: str = ""
    required: bool = False
    default: Any = None
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()


def fields_of(kind: str) -> list[FormField]:
    """The settings of a kind, those people reach for first before the rest; empty for an unknown kind."""
    model = kind_styles.model_of(kind)
    if model is None:
        return []
    schema = model.model_json_schema()  # by alias, as the document has it
    definitions = schema.get("$defs", {})
    outputs = dict(kind_styles.outputs_of(kind))
    first = kind_styles.look(kind).first
    found = []
    for name, part in schema["properties"].items():
        if name in HIDDEN or name in ELSEWHERE.get(kind, ()):
            continue
        part = _resolved(part, definitions)
        shape = outputs.get(name)
        input: Input = (
            "output"
            if shape == "one"
            else "outputs"
            if shape == "map"
            else "steps"
            if shape == "list"
            else _OF_KIND.get((kind, name)) or _input(name, part, definitions)
        )
        numeric = next((p for p in _alternatives(part, definitions) if p.get("type") in ("integer", "number")), {})
        found.append(
            FormField(
                name=name,
                input=input,
                first=name in first or not first,
                help=part.get("description", ""),
                required=name in schema.get("required", ()),
                default=part.get("default"),
                least=numeric.get("minimum"),
                most=numeric.get("maximum"),
                choices=_choices(part, definitions),
            )
        )
    order = {name: i for i, name in enumerate(first)}
    return sorted(found, key=lambda field: order.get(field.name, len(order)))


def _resolved(part: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    reference = part.get("$ref")
    if reference:
        return {**definitions[reference.rpartition("/")[2]], **{k: v for k, v in part.items() if k != "$ref"}}
    return dict(part)


def _alternatives(part: Mapping[str, Any], definitions: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for option in part.get("anyOf", [part]):
        option = _resolved(option, definitions)
        if option.get("type") != "null":
            yield option


def _choices(part: Mapping[str, Any], definitions: Mapping[str, Any]) -> tuple[str, ...]:
    found: list[str] = []
    for option in _alternatives(part, definitions):
        found += [str(item) for item in option.get("enum", [option["const"]] if "const" in option else [])]
    return tuple(found)


def _input(name: str, part: Mapping[str, Any], definitions: Mapping[str, Any]) -> Input:
    if name in _BY_NAME:
        return _BY_NAME[name]
    if name == "prompt" or name.endswith("_prompt") or name == "music":
        return "sound"
    options = list(_alternatives(part, definitions))
    types = {str(option.get("type")) for option in options}
    if any("enum" in option for option in options):
        return "choice"
    if any("const" in option for option in options):
        return "limit" if "integer" in types else "choice"
    if types == {"boolean"}:
        return "flag"
    if types == {"integer"}:
        return "integer"
    if types == {"number"}:
        return "number"
    if types == {"string"}:
        return "text"
    if types == {"array"}:
        items = _resolved(options[0].get("items", {}), definitions)
        if items.get("type") == "string":
            return "texts"
        properties = set(items.get("properties", {}))
        if properties == {"number", "kind"}:
            return "entries"
    return "written"


# --- values as text ----------------------------------------------------------------------------------------------------


def texts_shown(value: Any) -> str:
    """A list of texts on one line.

    >>> texts_shown(["09:00-13:00", "14:00-18:00"])
    '09:00-13:00, 14:00-18:00'
    """
    return ", ".join(str(item) for item in value) if isinstance(value, list) else "" if value is None else str(value)


def texts_read(text: str, was: Any = None) -> Value:
    """The reverse of `texts_shown`; one text stays a text where it was one. None for nothing."""
    items = [item.strip() for item in text.replace("\n", ",").split(",") if item.strip()]
    if not items:
        return None
    return items[0] if len(items) == 1 and isinstance(was, str) else items


def entries_shown(value: Any) -> str:
    """Entries of a number rule, one a line; the kind stands before the number unless it is a prefix (R-12.3).

    >>> print(entries_shown(["849555510", {"number": "84951112233", "kind": "exact"}]))
    849555510
    exact 84951112233
    """
    items = value if isinstance(value, list) else [] if value is None else [value]
    lines = []
    for item in items:
        kind = item.get("kind", "prefix") if isinstance(item, dict) else "prefix"
        number = item.get("number", "") if isinstance(item, dict) else item
        lines.append(str(number) if kind == "prefix" else f"{kind} {number}")
    return "\n".join(lines)


def entries_read(text: str) -> Value:
    """The reverse of `entries_shown`."""
    items: list[Value] = []
    for line in text.splitlines():
        kind, _, number = line.strip().partition(" ")
        if kind in ("prefix", "exact", "mask") and number.strip():
            items.append(number.strip() if kind == "prefix" else {"number": number.strip(), "kind": kind})
        elif line.strip():
            items.append(line.strip())
    return items or None


def number_read(value: float | None) -> Value:
    """A number as a person would write it: `20`, not `20.0`."""
    return int(value) if value is not None and float(value).is_integer() else value


def written_shown(value: Any) -> str:
    """A value no input fits, on one line."""
    return json.dumps(value, ensure_ascii=False, default=str)
