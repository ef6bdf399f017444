"""Save and reload on the Design page: into which file, what stands against it, and the draft that waits beside the file.

Decides what a person is asked, and that who may not save or edit is told so. Leaves which file a text belongs in, and
conflicts, to `workbench/document/draft.py`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import panel_material_ui as pmui

from engine.contract.errors import PbxError
from pbxsim.workbench.access.rights import Right
from pbxsim.workbench.document import files
from pbxsim.workbench.document.refusals import Conflict
from pbxsim.workbench.shell.shell import Session

Say = Callable[..., None]
"""Shows a sentence of a severity, with widgets below it."""


class Saving:
    """The two buttons of one Design page; `changed` is called when the document or its files are others."""

    def __init__(self, session: Session, say: Say, hide: Callable[[], None], changed: Callable[[bool], None]) -> None:
        self.session, self.draft, texts = session, session.draft, session.texts
        self.texts, self._say, self._hide, self._changed = texts, say, hide, changed
        button: dict[str, Any] = {"size": "small", "margin": (0, 8, 0, 0)}
        self.save_button = pmui.Button(
            label=texts("save"),
            icon="save",
            variant="contained",
            disable_elevation=True,
            on_click=lambda _: self.save(),
            **button,
        )
        self.reload_button = pmui.Button(
            label=texts("reload"), icon="refresh", variant="outlined", on_click=lambda _: self.reload(), **button
        )
        self.reload_button.disabled = not session.may(Right.EDIT)

    def refresh(self) -> None:
        """Show whether there is something to save, and as what."""
        self.save_button.param.update(
            disabled=not (self.draft.can_save and self.session.may(Right.SAVE)),
            label=self.texts("save" if self.draft.flow is not None else "save_draft"),
        )

    def _may(self, right: Right) -> bool:
        """Whether who sits there may; if not, it is said why."""
        if not self.session.may(right):
            self._say(self.session.refusal(right), "error")
            return False
        return True

    def save(self, overwrite: bool = False) -> None:
        """Write the document to its file, or to the draft file while it has errors."""
        if not self.draft.can_save or not self._may(Right.SAVE):
            return
        try:
            path = self.draft.save(overwrite)
        except Conflict as error:
            theirs = self.reload if error.subject == self.draft.name else self.open_kept
            self._say(
                self.texts("conflict", error.subject),
                "warning",
                self._choice(
                    (self.texts("overwrite"), "error", lambda: self.save(overwrite=True)),
                    (self.texts("load_theirs"), "primary", theirs),
                ),
            )
            return
        except (PbxError, OSError) as error:
            self._say(self.texts("refused", error), "error")
            return
        if path == self.draft.path:
            self._say(self.texts("saved_now", path.name), "success")
        else:
            self._say(self.texts("kept_now", path.name, self.draft.name), "warning")
        self._changed(False)

    def reload(self) -> None:
        """Take the text of the file again."""
        self._take(self.draft.reload, self.draft.name)

    def open_kept(self) -> None:
        """Take the text of the draft file."""
        if self.draft.path is not None:
            self._take(self.draft.open_kept, files.draft_of(self.draft.path).name)

    def offer_kept(self) -> None:
        """Say that a draft with errors was saved, if one lies beside the file and this page does not show it."""
        waiting = self.draft.waiting()
        if waiting is None or not self.session.may(Right.EDIT):
            return
        saved = dt.datetime.fromtimestamp(waiting.stat().st_mtime).astimezone()
        self._say(
            self.texts("kept_waits", waiting.name, self.texts.moment(saved)),
            "info",
            self._choice(
                (self.texts("kept_open"), "primary", self.open_kept),
                (self.texts("kept_delete"), "error", self._delete_kept),
                (self.texts("dismiss"), "default", self._hide),
            ),
        )

    def _take(self, load: Callable[[], None], name: str) -> None:
        if not self._may(Right.EDIT):
            return
        try:
            load()
        except (PbxError, OSError) as error:
            self._say(self.texts("refused", error), "error")
            return
        self._changed(True)
        self._say(self.texts("reloaded", name), "success")

    def _delete_kept(self) -> None:
        waiting = self.draft.waiting()
        if not self._may(Right.SAVE):
            return
        try:
            if waiting is not None:
                waiting.unlink(missing_ok=True)
        except OSError as error:
            self._say(self.texts("refused", error), "error")
            return
        self._hide()

    def _choice(self, *answers: tuple[str, str, Callable[[], None]]) -> Any:
        buttons = [
            pmui.Button(
                label=label,
                color=color,
                variant="outlined",
                size="small",
                margin=(0, 8, 6, 0),
                on_click=lambda _, act=act: act(),
            )
            for label, color, act in answers
        ]
        return pmui.FlexBox(*buttons, margin=0, sizing_mode="stretch_width")
