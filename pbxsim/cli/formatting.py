"""One form of a PBX document: indentation, spacing and line ends made regular; comments, order and every scalar kept
as written.

Decides nothing about meaning: a text whose data would change is refused. ruamel.yaml does the work; plain scalars are
not resolved, so that no phone number is mistaken for a number on the way.
"""

from __future__ import annotations

import io
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.resolver import VersionedResolver

from engine.document import yaml_text

WIDTH = 120


class _PlainText(VersionedResolver):
    """Takes every scalar for text: no pattern is ever tried."""

    @property
    def versioned_resolver(self) -> dict[str, Any]:
        return {}


class Changed(Exception):
    """Formatting would change what the document says; nothing is written."""


def formatted(text: str, name: str = "pbx.yaml") -> str:
    """The text in its one form. Raises FlowError for text that is no YAML, Changed if the data would not stay the same.

    >>> formatted("pbx:   demo\\nusers:\\n     100: {name:   Anna}\\n")
    'pbx: demo\\nusers:\\n  100: {name: Anna}\\n'
    """
    before, _ = yaml_text.parse(text, name)
    yaml = YAML(typ="rt", pure=True)
    yaml.Resolver = _PlainText
    yaml.preserve_quotes = True
    yaml.width = WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    sink = io.StringIO()
    yaml.dump(yaml.load(text), sink)
    # Blanks alone: a no-break space, or a line separator within quotation marks, is part of a value.
    after = "\n".join(line.rstrip(" \t\r") for line in sink.getvalue().split("\n")).rstrip("\n") + "\n"
    if yaml_text.parse(after, name)[0] != before:
        raise Changed(name)
    return after
