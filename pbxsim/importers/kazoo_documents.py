"""The documents of a Kazoo export, with the line each begins in, and what may be asked of their values.

Decides in which wrappers documents are looked for. Leaves what they mean to `kazoo.py`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from engine.numbers.digits import is_digits
from pbxsim.importers import texts
from pbxsim.importers.draft import ImportRefused
from pbxsim.importers.losses import Place

BYTES_AT_MOST: Final = 4 * 1024**2

Document = Mapping[str, Any]


def documents_of(path: Path) -> list[Document]:
    """The documents of a file: one, a list of them, or those of an answer under `data` or of a view under `rows` (`doc`).
    Raises ImportRefused."""
    text = texts.text_of(path, BYTES_AT_MOST)
    try:
        json.loads(text)
        yaml = YAML(typ="rt", pure=True)  # JSON is YAML, and that reader knows lines; no string of JSON has a bare tab
        yaml.allow_duplicate_keys = True
        found = yaml.load(text.replace("\t", " "))
    except (ValueError, RecursionError, YAMLError) as error:
        raise ImportRefused(f"{path.name} is no JSON: {str(error).splitlines()[0]}") from None
    return list(_unpacked(found))


def _unpacked(found: Any) -> Iterator[Document]:
    if isinstance(found, list):
        for one in found:
            yield from _unpacked(one)
    elif isinstance(found, Mapping):
        inner = found.get("data", found.get("rows", found.get("doc")))
        if isinstance(inner, list) or (isinstance(inner, Mapping) and "module" not in found):
            yield from _unpacked(inner)
        else:
            yield found


def mapping_of(value: Any) -> Document:
    """What an object has; nothing where there is none."""
    return value if isinstance(value, Mapping) else {}


def place_of(node: Any, file: str) -> Place:
    """The line a node begins in."""
    return Place(file, int(getattr(getattr(node, "lc", None), "line", 0) or 0) + 1)


def listed_of(value: Any) -> Sequence[Any]:
    """What a list has; nothing where there is none."""
    return value if isinstance(value, list) else ()


def string_of(value: Any) -> str:
    """A text; an empty one where it is something else."""
    return value if isinstance(value, str) else ""


def whole_of(value: Any, otherwise: int) -> int:
    """A whole number, also one written as text; `otherwise` where it is none."""
    if isinstance(value, float):
        return int(value) if math.isfinite(value) else otherwise
    return int(value) if isinstance(value, int) or (isinstance(value, str) and is_digits(value)) else otherwise
