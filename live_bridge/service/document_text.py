"""A PBX's document as data that can be changed and written again: comments, order, quotation marks and long lines stay.

Leaves what is changed to who changes it, and whether it is sound to the engine.
"""

from __future__ import annotations

import io
from typing import cast

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap


def read(text: str) -> CommentedMap:
    """The data of a document. Raises YAMLError for a text that is none.

    >>> data = read("# ours\\npbx: shop\\n")
    >>> data["pbx"] = "office"
    >>> written(data)
    '# ours\\npbx: office\\n'
    """
    return cast("CommentedMap", _yaml().load(text))


def written(data: CommentedMap) -> str:
    """The document of its data."""
    out = io.StringIO()
    _yaml().dump(data, out)
    return out.getvalue()


def _yaml() -> YAML:
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = 4096
    return yaml
