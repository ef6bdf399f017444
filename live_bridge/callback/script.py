"""The script of the widget as sites get it: `script.js` without indentation and comments, so that it stays light (R-17.1).

Decides nothing else: the browser runs the very statements of the file, whose lines all end where a statement may.
"""

from __future__ import annotations

import functools
import re
from importlib.resources import files
from typing import Final

BYTES_AT_MOST: Final = 15_000
"""Weight of the whole widget, uncompressed; a test holds it."""

_COMMENT: Final = re.compile(r"/\*.*?\*/\s*", re.DOTALL)
_INDENT: Final = re.compile(r"^\s+", re.MULTILINE)


@functools.cache
def script() -> bytes:
    """The text of `/widget/KEY.js`."""
    text = files("live_bridge.callback").joinpath("script.js").read_text(encoding="utf-8")
    return _INDENT.sub("", _COMMENT.sub("", text)).encode()
