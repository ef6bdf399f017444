"""Where the data that comes with the project lies, and which PBX a word on the command line means.

Decides: a checkout has `datasets/` beside the packages, an installed wheel has the same folder inside `engine`; a PBX
is named by a path or by the name of a folder under `datasets/pbx`. Leaves reading the document to `engine.document.yaml_text`.
"""

from __future__ import annotations

import os
from pathlib import Path

import engine


def folder() -> Path:
    """The `datasets` folder of this installation."""
    package = Path(engine.__file__).parent
    shipped = package / "_datasets"
    return shipped if shipped.is_dir() else package.parent / "datasets"


def known() -> tuple[str, ...]:
    """Names of the PBXs that come with the project."""
    return tuple(sorted(path.parent.name for path in (folder() / "pbx").glob("*/pbx.yaml")))


def find(word: str) -> Path:
    """The document that `word` means: an existing file, a folder that holds `pbx.yaml`, or the name of a known PBX.

    Raises FileNotFoundError, with what could have been meant, when it is none of these.
    """
    path = Path(os.path.expanduser(word))  # of os.path: nobody's home and a name too long are no file, and no exception
    if os.path.isfile(path):
        return path
    if os.path.isfile(path / "pbx.yaml"):
        return path / "pbx.yaml"
    if word in known():
        return folder() / "pbx" / word / "pbx.yaml"
    raise FileNotFoundError(word)
