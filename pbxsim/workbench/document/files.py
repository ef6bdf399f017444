"""The file of a document in edit: read whole, written whole or not at all.

Decides how bytes become text and back. Leaves when to write, and whether it may, to `draft.py`.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

MODE = 0o644
"""Rights of a file that did not exist before."""


def draft_of(path: Path) -> Path:
    """The file beside a document that holds what was saved with errors: `pbx.draft.yaml`; of such a file, itself."""
    return path if path.stem.endswith(".draft") else path.with_name(f"{path.stem}.draft{path.suffix}")


def read(path: Path) -> str:
    """The text of a file, without a byte order mark; bytes that are no UTF-8 become replacement characters. Raises OSError."""
    return path.read_bytes().decode("utf-8-sig", errors="replace")


def write(path: Path, text: str, mode: int = MODE) -> None:
    """Put `text` in the place of a file at once: whoever reads it finds the old text or the new one. Raises OSError.

    `mode` are the rights of a file that did not exist before.
    """
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        os.chmod(temporary, path.stat().st_mode & 0o777 if path.exists() else mode)
        os.replace(temporary, path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
