"""A sound recorded in the browser, as a Panel component.

Decides what the component is told and what it says: a name and a WAV. Leaves the microphone to `static/recorder.js`, and which
sounds are taken in to `document/sounds.py`.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any, ClassVar

import param
from panel.custom import JSComponent

from pbxsim.workbench.shell.page_script import STATIC
from pbxsim.workbench.shell.texts import Texts

WORDS = (
    "open", "which", "level", "start", "stop", "listen", "name", "replaces", "keep", "again", "drop",
    "denied", "none", "taken", "insecure", "old", "nothing",
)  # fmt: skip


class Recorder(JSComponent):
    """Records a sound; `keep` takes it in, or says why not and gives False: then it stays in the browser."""

    words: Any = param.Dict(default={}, doc="Texts in the viewer's language.")
    suggested: Any = param.String(default="", doc="The name that the next one begins with.")
    taken: Any = param.List(default=[], doc="Names of sounds that a new one would replace.")
    longest_s: Any = param.Number(default=0, doc="It stops by itself then.")
    disabled: Any = param.Boolean(default=False, doc="For who may only look.")

    _esm: ClassVar[Any] = (STATIC / "recorder.js").read_text(encoding="utf-8")
    _stylesheets: ClassVar[list[Any]] = [(STATIC / "recorder.css").read_text(encoding="utf-8")]

    def __init__(self, texts: Texts, longest_s: float, keep: Callable[[str, bytes], bool]) -> None:
        self._keep = keep
        super().__init__(
            words={name: texts(f"recorder.{name}") for name in WORDS},
            longest_s=longest_s,
            sizing_mode="stretch_width",
            margin=(4, 0, 4, 0),
        )

    def _handle_msg(self, msg: Any) -> None:
        try:
            data = base64.b64decode(msg["data"], validate=True)
        except binascii.Error:
            data = b""
        self._send_msg({"kept": self._keep(str(msg["name"]), data)})
