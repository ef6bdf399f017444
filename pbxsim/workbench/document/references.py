"""Places in a document that name something else: outputs, members, aliases. Decides what one is, and reads them of an entry.

Leaves which entries there are, and what may be done with them, to `draft.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from pbxsim.workbench.document.yaml_edits import Path


class Reference(msgspec.Struct, frozen=True):
    """One place in the document that names an internal number, an outside number or `hangup`."""

    owner: str
    """Card it belongs to: `5400`, `100`, `trunk:moscow`; empty for the PBX itself (an alias)."""
    port: str
    """Output it is: `match`, `keys.1`, `forwarding.0`; `members` for a member."""
    path: Path
    to: str


def outputs(id: str, path: Path, field: str, shape: str, value: Any) -> Iterator[Reference]:
    """References of one field of an entry: `shape` says whether it holds one output, several by name, or a list of steps."""
    if shape == "one" and value is not None and not isinstance(value, (dict, list)):
        yield Reference(id, field, (*path, field), str(value))
    elif shape == "map" and isinstance(value, dict):
        for key, to in value.items():
            if to is not None:
                yield Reference(id, f"{field}.{key}", (*path, field, str(key)), str(to))
    elif shape == "list" and isinstance(value, list):
        for i, step in enumerate(value):
            if isinstance(step, dict) and step.get("to") is not None:
                yield Reference(id, f"{field}.{i}", (*path, field, i, "to"), str(step["to"]))
