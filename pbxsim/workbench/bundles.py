"""Panel components whose JavaScript is a bundle of ours.

Decides that the address of a bundle carries the hash of its content, or browsers would keep an old one.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, ClassVar

from panel.custom import JSComponent


class BundledComponent(JSComponent):
    """Base of a component that is one bundle, and its style."""

    _bundle: ClassVar[Any] = None

    @classmethod
    def _render_esm(cls, compiled: Any = True, server: bool = False) -> str:
        esm = str(super()._render_esm(compiled=compiled, server=server))
        if server and esm.endswith(".js"):
            esm += "?" + hashlib.sha256(Path(cls._bundle).read_bytes()).hexdigest()[:12]
        return esm
