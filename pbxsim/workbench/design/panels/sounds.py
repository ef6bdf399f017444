"""The sounds of a document: listen, upload, record, length, and where each is used (R-05.2).

Decides what is shown. Leaves which sounds may be taken in, and their length, to `document/sounds.py`.
"""

from __future__ import annotations

from itertools import count
from typing import Any

import panel as pn
import panel_material_ui as pmui

from pbxsim.workbench.access.rights import Right
from pbxsim.workbench.design.panels.base import Host, ListPanel
from pbxsim.workbench.design.recorder import Recorder
from pbxsim.workbench.design.widgets import WIDE, caption
from pbxsim.workbench.diagram.messages import Target
from pbxsim.workbench.document import sounds
from pbxsim.workbench.document.refusals import EditRefused


class SoundsPanel(ListPanel):
    """The panel of one Design page."""

    part = "sounds"
    item_icon = "volume_up"
    has_form = False

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.file = pmui.FileInput(
            label=self.texts("sounds.upload"),
            accept=".wav,.mp3",
            variant="outlined",
            size="small",
            margin=(0, 0, 4, 0),
            max_file_size=sounds.LARGEST_BYTES,
        )
        self.file.param.watch(self._uploaded, "value")
        self.recorder = Recorder(self.texts, sounds.LONGEST_S, self._take)
        self.list.objects = [self.list.objects[0], self.file, self.recorder, *self.list.objects[2:]]

    def items(self) -> list[tuple[str, str, str]]:
        """Sounds with their lengths and users; those that come with the project at the end."""
        own = self.draft.section("prompts")
        found = []
        for name, length_s in sounds.table(self.draft, self.texts.language).items():
            language = None if name in own else sounds.language_of(name)
            parts = [
                self.texts("seconds", self.texts.number(length_s)) if length_s is not None else "",
                self.texts(f"sounds.in_{language}") if language else "",
            ]
            used = ", ".join(self._used(name))
            parts.append(used if used else self.texts("sounds.unused" if name in own else "sounds.shipped"))
            found.append((name, name, " · ".join(part for part in parts if part)))
        return found

    def refresh(self) -> None:
        """Show the list and the chosen one, and which names are taken."""
        super().refresh()
        known = list(sounds.table(self.draft, self.texts.language))
        free = next(name for n in count(1) if (name := f"recording-{n}.wav") not in known)
        self.recorder.param.update(suggested=free, taken=known)

    def create(self) -> str:
        """Sounds come by upload and by microphone."""
        raise EditRefused("this document has no file to load")

    def remove(self, id: str) -> None:
        """Take a sound out of the document, unless it is used; its file stays."""
        if self._used(id):
            raise EditRefused("{0} is used", "R-02.13", subject=id)
        self.draft.put(("prompts", id), None)

    def go(self, at: Target) -> str:
        """A sound by its name."""
        self.choose(at.item)
        return self.texts("sounds.length")

    def around(self, id: str) -> tuple[list[Any], list[Any]]:
        """The sound itself and its length."""
        file = sounds.file_of(self.draft, id)
        shown: list[Any] = [pmui.Typography(id, variant="subtitle2", margin=(0, 0, 6, 0))]
        if file is None:
            shown.append(caption(self.texts("sounds.lost")))
        else:
            data = file.read_bytes()
            shown.append(pn.pane.Audio(data, name=id, sizing_mode="stretch_width", margin=(0, 0, 6, 0)))
            if text := sounds.text_of(id, data):
                shown.append(caption(self.texts("sounds.says", text)))
        if id not in self.draft.section("prompts"):
            return [*shown, caption(self.texts("sounds.shipped_help"))], []
        length = self.draft.section("prompts")[id]
        field = pmui.FloatInput(
            label=self.texts("sounds.length"),
            value=length if isinstance(length, (int, float)) else None,
            start=0.01,
            end=3600,
            step=0.1,
            helper_text=self.texts("sounds.length_help"),
            **WIDE,
        )
        field.param.watch(
            lambda event: self.host.apply(lambda: self.draft.put(("prompts", id), event.new), form=False), "value"
        )
        return [*shown, field], []

    def _used(self, name: str) -> list[str]:
        """Who plays a sound."""
        found = [self.draft.title(id) for id in self.draft.section("elements") if name in self.draft.raw(id).values()]
        whole = (*self.draft.raw("settings").values(), *self.draft.raw("codes").values())
        return [*found, *([self.texts("part.settings")] if name in [str(one) for one in whole] else [])]

    def _uploaded(self, event: Any) -> None:
        data, name = event.new, self.file.filename
        if data and name:
            self._take(str(name[0] if isinstance(name, list) else name), data[0] if isinstance(data, list) else data)

    def _take(self, name: str, data: bytes) -> bool:
        session = self.host.session
        if not session.may(Right.SAVE):
            self.host.say(session.refusal(Right.SAVE), "error")
            return False

        def edit() -> None:
            sounds.take_in(self.draft, name, data)
            self.chosen = name

        return self.host.apply(edit)
