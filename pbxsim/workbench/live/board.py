"""The wallboard as Panel components: on the Live page with what may be done, on a television without.

Decides how values and messages travel: each part of a board is a value of its own and is sent when it changed, and only then.
Durations are counted and figures coloured in the browser. Leaves rows to `rows.py`, what is done to `acts.py`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Set
from typing import Any, ClassVar

import param
from panel.custom import JSComponent

from pbxsim.workbench.access.rights import Right
from pbxsim.workbench.live import rows
from pbxsim.workbench.live.following import Following
from pbxsim.workbench.shell.page_script import STATIC
from pbxsim.workbench.shell.texts import Texts
from pbxsim.workbench.shell.texts_board import BOARD

Message = dict[str, Any]
Handler = Callable[[Message], None]
UNKNOWN = "unknown"


def _script(name: str) -> str:
    """A script of the browser and what both share: modules that Panel loads cannot import one another."""
    return "\n".join((STATIC / one).read_text(encoding="utf-8") for one in ("board_parts.js", name))


class _Board(JSComponent):
    words = param.Dict(default={}, doc="Texts in the viewer's language, by name.")
    about = param.Dict(default={}, doc="The clock, the PBX, what the viewer may do, and why nothing comes.")
    queues = param.List(default=[])
    groups = param.List(default=[])
    people = param.List(default=[])
    calls = param.List(default=[])
    summary = param.Dict(default={}, doc="People by state.")
    limits = param.Dict(default={}, doc="The thresholds.")
    theme: Any = param.Selector(default="light", objects=["light", "dark"])

    _stylesheets: ClassVar[list[Any]] = [(STATIC / "board.css").read_text(encoding="utf-8")]

    def __init__(self, texts: Texts, handler: Handler | None = None, **params: Any) -> None:
        self._handler = handler
        words = {name.removeprefix("board."): texts(name, "{0}") for name in BOARD if name.startswith("board.")}
        states = {name: texts(f"member.{name}") for name in rows.STATES}
        super().__init__(
            words=words | {"language": texts.language, "states": states},
            sizing_mode="stretch_width",
            margin=0,
            **params,
        )

    def _handle_msg(self, msg: Message) -> None:
        if self._handler is not None:
            self._handler(msg)

    def show_now(self, known: Following, texts: Texts, rights: Set[Right] = frozenset(), television: str = "") -> None:
        """Show what is known now; what is as before is not sent again. `rights` are those of whoever looks, `television` is the
        address of that mode."""
        may_act = Right.ACT in rights
        now = time.time_ns() // 1000
        state, today = known.state, known.today
        limits = {name: getattr(known.thresholds, name) for name in known.thresholds.__struct_fields__}
        values: dict[str, Any] = {
            "calls": rows.calls(state, texts, rights),
            "queues": rows.queues(state, today),
            "groups": rows.groups(state, texts),
            "people": rows.people(state, texts, may_act),
            "summary": rows.summary(state),
            "limits": limits,
        }
        about = {
            "day": str(today.get("day", "")),
            "pbx": str(known.health.get("pbx", "")),
            "lost": "",
            "whole": bool(today.get("whole", True)),
            "may_act": may_act,
            "may_listen": Right.LISTEN in rights,
            "numbers": [[str(one.user), state.name(one.user)] for one in state.members.values()],
            "offset_s": known.zone.offset_s(now),
            "tv": television,
        }
        if about | {"now": self.about.get("now")} != self.about:
            values["about"] = about | {"now": now // 1000}
        values["css_classes"] = [name for name in self.css_classes if name != UNKNOWN]
        changed = {name: value for name, value in values.items() if getattr(self, name) != value}
        if changed:
            self.param.update(**changed)

    def say_lost(self, words: str) -> None:
        """Say why nothing comes; what was shown last stays, and is seen to be old."""
        if self.about.get("lost") != words:
            self.about = {**self.about, "lost": words}


class Desk(_Board):
    """On the Live page."""

    _esm: ClassVar[Any] = _script("board.js")


class Wall(_Board):
    """On a television: nothing but why until something is known, as figures of no queue would be read as today's."""

    _esm: ClassVar[Any] = _script("wall.js")
    _stylesheets: ClassVar[list[Any]] = [
        *_Board._stylesheets,
        f":host(.{UNKNOWN}) :is(header, .grid, footer) {{ visibility: hidden; }}",
    ]

    def __init__(self, texts: Texts, **params: Any) -> None:
        super().__init__(texts, css_classes=[UNKNOWN], **params)
