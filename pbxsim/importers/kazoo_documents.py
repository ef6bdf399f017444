"""The documents of a Kazoo export, with the line each begins in, and what may be asked of their values.

Decides in which wrappers documents are looked for. Leaves what they mean to `kazoo.py`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from engine.numbers.digits import is_digits
from pbxsim.importers import texts
from pbxsim.importers.draft import ImportRefused
from pbxsim.importers.losses import Place

BYTES_AT_MOST: Final = 4 * 1024**2

Document = Mapping[str, Any]

_MARK = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\n]', re.DOTALL)


def documents_of(path: Path) -> list[Document]:
    """The documents of a file: one, a list of them, or those of an answer under `data` or of a view under `rows` (`doc`).
    Raises ImportRefused."""
    text = texts.text_of(path, BYTES_AT_MOST)
    lines = iter(_lines(text))
    try:
        found = json.loads(text, object_pairs_hook=lambda pairs: LinedObject(pairs, next(lines, 1)))
    except (ValueError, RecursionError) as error:
        raise ImportRefused(f"{path.name} is no JSON: {str(error).splitlines()[0]}") from None
    return list(_unpacked(found))


class LinedObject(dict[str, Any]):
    """An object with the line it begins in; of a key that is there twice the last counts."""

    def __init__(self, pairs: Sequence[tuple[str, Any]], line: int) -> None:
        super().__init__(pairs)
        self.line = line


def _lines(text: str) -> Iterator[int]:
    """The line in which each object begins, in the order in which they end, as a reader of JSON hands them over."""
    line, begun = 1, []
    for found in _MARK.finditer(text):
        mark = found[0]
        if mark == "\n":
            line += 1
        elif mark == "{":
            begun.append(line)
        elif mark == "}" and begun:
            yield begun.pop()


def _unpacked(found: Any) -> Iterator[Document]:
    ahead = [found]
    while ahead:
        one = ahead.pop()
        if isinstance(one, list):
            ahead += reversed(one)
        elif isinstance(one, Mapping):
            inner = one.get("data", one.get("rows", one.get("doc")))
            if isinstance(inner, list) or (isinstance(inner, Mapping) and "module" not in one):
                ahead.append(inner)
            else:
                yield one


def mapping_of(value: Any) -> Document:
    """What an object has; nothing where there is none."""
    return value if isinstance(value, Mapping) else {}


def place_of(node: Any, file: str) -> Place:
    """The line a node begins in."""
    return Place(file, node.line if isinstance(node, LinedObject) else 1)


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
