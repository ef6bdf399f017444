"""The JSON Schema of a PBX document, from which editors complete and check while people type.

Decides how the schema of the head and those of the kinds become one. Leaves fields and texts to `document/models.py` and
the kinds.
"""

from __future__ import annotations

import json
from typing import Any

from engine.document.models import Head
from engine.elements import KINDS

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """The schema of a whole document (JSON Schema, draft 2020-12)."""
    schema = Head.model_json_schema(ref_template="#/$defs/{model}")
    definitions: dict[str, Any] = schema.setdefault("$defs", {})
    choices = []
    for kind, element in sorted(KINDS.items()):
        part = element.Parameters.model_json_schema(ref_template="#/$defs/{model}")
        definitions.update(part.pop("$defs", {}))
        part["required"] = sorted({*part.get("required", ()), "kind"})
        part["properties"]["kind"] = {"const": kind, "type": "string", "description": f"A {kind.replace('_', ' ')}."}
        name = element.Parameters.__name__
        definitions[name] = part
        choices.append({"$ref": f"#/$defs/{name}"})
    schema["properties"]["elements"] = {
        "type": "object",
        "description": "Elements by internal number, 5000 to 5999 (R-02.7).",
        "propertyNames": {"pattern": "^5[0-9]{3}$"},
        "additionalProperties": {"oneOf": choices},
    }
    _relax(schema)
    return {"$schema": DIALECT, "title": "PBX", **{key: schema[key] for key in schema if key != "title"}}


def json_schema_text() -> str:
    """The same as text, with a stable order of keys."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


_SINGLES = ("members", "entries", "open", "dates", "email", "recipients", "emergency")
"""Lists that may be written as one value, or hold bare numbers instead of mappings."""

_BARE = {"type": ["string", "integer"]}


def _relax(schema: dict[str, Any]) -> None:
    """Allow what the models accept beside their own form: numbers where text is meant, one value for a list."""
    for part in (schema, *schema["$defs"].values()):
        for name, field in part.get("properties", {}).items():
            _outputs(field)
            if name in _SINGLES and field.get("type") == "array":
                field["items"] = {"anyOf": [field.get("items", {}), _BARE]}
                one = {
                    key: field.pop(key) for key in [k for k in field if k not in ("description", "default", "title")]
                }
                field["anyOf"] = [one, _BARE]
            elif name == "record" and "enum" in field:
                del field["type"]
                field["anyOf"] = [{"enum": field.pop("enum")}, {"type": "boolean"}]
            elif field.get("type") == "string" and name in ("number", "mask", "output", "users", "days"):
                field["type"] = ["string", "integer"]
                if name == "days":
                    field["type"] = ["string", "array"]


def _outputs(field: dict[str, Any]) -> None:
    """Outputs and texts that may be missing take numbers too: `timeout: 5120`."""
    for holder in (field, field.get("additionalProperties", {})):
        choices = holder.get("anyOf") if isinstance(holder, dict) else None
        if choices is not None and {"type": "string"} in choices and {"type": "null"} in choices:
            choices.append({"type": "integer"})
