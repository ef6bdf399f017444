"""The phone's face as a Panel component.

Decides how words and messages travel: what a page is shown by values, what only one browser may know (a credential) by a message
that stands in no state.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import param
from bokeh.embed.bundle import extension_dirs

from pbxsim.workbench.bundles import BundledComponent
from pbxsim.workbench.phone import DIST, SCRIPT, STYLE

extension_dirs["pbx-workbench-phone"] = DIST

Message = dict[str, Any]


class PhoneFace(BundledComponent):
    """Shows a phone and reports what a person wants of it: `begin`, `dial`, `end`."""

    texts: Any = param.Dict(default={}, doc="Texts in the viewer's language.")
    book: Any = param.Dict(default={}, doc="users, trunks, numbers: each of number and title; may, and why_not.")
    asked: Any = param.Dict(default={}, doc="What the address asks for: as, to, caller.")
    theme: Any = param.Selector(default="light", objects=["light", "dark"])

    _bundle: ClassVar[Any] = SCRIPT
    _stylesheets: ClassVar[list[Any]] = [STYLE]

    def __init__(self, heard: Callable[[Message], None], **params: Any) -> None:
        self._heard = heard
        super().__init__(**params)

    def tell(self, message: Message) -> None:
        """Send one message to the browser."""
        self._send_msg(message)

    def _handle_msg(self, msg: Message) -> None:
        self._heard(msg)
